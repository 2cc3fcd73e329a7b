"""A batch of linear models as the loop runs it."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.models import linear_batch
from core.problems import Facts, factor_shapes
from core.spec import Cell, design_key, engine_of
from core.training.engine import Engine
from core.training.layout import Layout
from core.training.linear.closed_form import ClosedForm
from core.training.linear.compiled import Compiled, serves
from core.training.linear.data import load
from core.training.linear.detector import MAX_GAP
from core.training.linear.jump import ExactJump
from core.training.linear.measure import LinearMeter
from core.training.linear.methods import make_step
from core.training.linear.stepping import Stepping, solution_step
from core.training.ports import Result
from core.training.records import Records
from core.training.state import MemberState, real_parts, save_arrays

GAP_WORK = 4e9
"""Floating-point operations between two checks at most."""
SVD_WORK = 30.0
"""Floating-point operations of a decomposition over n1 n2 min(n1, n2), as its time compares with products."""
SOLUTION_STEP = 1
"""The step of a convex run that holds the solution; there is no other."""
_ANCHORED = ExactJump, Compiled
"""Engines whose steps depend on more than the state of the model."""


class LinearProgram:
    """See core.training.program.Program."""

    def __init__(
        self,
        cells: Sequence[Cell],
        layout: Layout,
        device: torch.device,
        attend: Callable[[], None],
        drawn: Mapping[str, Facts],
    ) -> None:
        spec = cells[0].spec
        shape = spec.linear_problem.shape
        last = SOLUTION_STEP if engine_of(spec) == "convex" else spec.steps
        self._cells, self._layout = cells, layout
        self._data = load(cells, layout, device, attend, drawn)
        shapes = factor_shapes(shape, spec.linear_model.depth)
        self._model = linear_batch(self._data.map, self._data.state, shapes, shape)
        self.records = Records(spec, layout, LinearMeter(self._model, self._data), last, device)
        self.engine = self._make_engine(last, attend)
        self.theory = self._data.theory

    @property
    def drawn(self) -> dict[str, Facts]:
        group, facts = self._layout.group, self._data.facts
        return {design_key(self._cells[m].spec): facts[int(group[m])] for m in self._layout.active}

    def states(self, step: int, members: Collection[int]) -> dict[int, MemberState]:
        state = self._model.state.cpu().numpy()
        states = {}
        for member in members:
            g, r = self._layout.group[member], self._layout.run[member]
            extra = self.engine.anchor(member, step) if isinstance(self.engine, _ANCHORED) else {}
            states[member] = MemberState(step, state[g, r], self.engine.first[:, g, r], extra)
        return states

    def restore(self, states: Mapping[int, MemberState]) -> None:
        state = self._model.state.cpu().numpy().copy()
        for member, kept in states.items():
            state[self._layout.group[member], self._layout.run[member]] = kept.state
            if isinstance(self.engine, _ANCHORED):
                self.engine.restore(member, kept.first, kept.extra)
        self._model.state.copy_(torch.from_numpy(state))
        self._model.refresh()

    def files(self, member: int, result: Result, step: int) -> dict[str, bytes]:
        """`parameters`, and `factors.0` ... of a deep model, where the run ends with its batch.

        Complex arrays are two, with `.re` and `.im` behind their names.
        """
        if result.last_step != step:
            return {}
        g, r = self._layout.group[member], self._layout.run[member]
        parameters = self._model.parameters[g, r].cpu().numpy().reshape(self._model.shape)
        arrays = {"step": np.array([step], dtype=np.int64), **real_parts("parameters", parameters)}
        if len(self._model.factors) > 1:
            for i, factor in enumerate(self._model.factors):
                arrays |= real_parts(f"factors.{i}", factor[g, r].cpu().numpy())
        return {"parameters.safetensors": save_arrays(arrays)}

    def _make_engine(self, last: int, attend: Callable[[], None]) -> Engine:
        spec, model, data = self._cells[0].spec, self._model, self._data
        events: NDArray[np.int64] = self.records.events
        match engine_of(spec):
            case "closed_form":
                return ClosedForm(model, data, self._cells, self._layout, events, attend)
            case "exact_jump":
                return ExactJump(model, data, self._cells, self._layout, events, attend)
            case "convex":
                step = solution_step(model, data, self._cells, self._layout, attend)
                return Stepping(model, data, step, last, 1)
            case _:
                method, device = spec.optimizer.kind, model.state.device
                if serves(spec, device):
                    # The compiler is loaded by the batches that need it alone.
                    from core.kernels.jacobi import LANES
                    from core.training.linear.packing import lay_out_runs

                    # Lanes without a run of their own take as long as the others.
                    gap = self._gap(LANES if bool(data.nuclear.any()) else 1)
                    runs = lay_out_runs(method, model, data, self._layout)
                    return Compiled(model, runs, self._layout, last, gap)
                gap = min(MAX_GAP, self._gap())
                return Stepping(model, data, make_step(method, model, data), last, gap)

    def _gap(self, lanes: int = 1) -> int:
        """Steps between two checks at most: bounds how long the loop is deaf; the rings have room.

        Runs are taken in sets of `lanes`, the last of which may be filled up.
        """
        runs = -(-self._layout.groups * self._layout.runs // lanes) * lanes
        work = self._data.map.work
        if bool(self._data.nuclear.any()):
            for factor in self._model.factors:
                work += SVD_WORK * factor.shape[2] * factor.shape[3] * min(factor.shape[2:])
        return max(1, min(int(GAP_WORK / (runs * work)), self.records.capacity // 2))
