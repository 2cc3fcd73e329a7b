"""The one training loop: advance to the next event, record, detect, hand over, keep the state."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.models import linear_batch
from core.problems import factor_shapes
from core.spec import Cell, engine_of
from core.training.closed_form import ClosedForm
from core.training.data import load
from core.training.detector import MAX_GAP
from core.training.endings import Endings
from core.training.engine import Engine, Stepping, solution_step
from core.training.layout import lay_out
from core.training.methods import make_step
from core.training.ports import Checkpoints, Control, Ending, Frame, Pace, Recorder, Result
from core.training.records import Records
from core.training.state import MemberState, final_parameters, pack, unpack

FIRST_FLUSH = 0.1
"""Seconds until the first records are handed over, so that a new run shows at once."""
GAP_WORK = 4e9
"""Floating-point operations between two checks at most."""
SVD_WORK = 30.0
"""Floating-point operations of a decomposition over n1 n2 min(n1, n2), as its time compares with products."""
SOLUTION_STEP = 1
"""The step of a convex run that holds the solution; there is no other."""


def train(
    cells: Sequence[Cell],
    active: Collection[int],
    device: str,
    *,
    recorder: Recorder,
    checkpoints: Checkpoints,
    control: Control,
    pace: Pace,
) -> Ending:
    """Trains the `active` members of a planned batch on `device` until all have ended or were dropped.

    `cells` are all planned members in cell order; those that are not active keep their place in the tensors,
    so that the others compute the same bits whoever is missing. Members with a checkpoint go on from it.

    Raises MemoryError or torch.OutOfMemoryError when the batch does not fit, and what the ports raise.
    """
    try:
        return _Loop(cells, active, torch.device(device), recorder, checkpoints, control, pace).run()
    except _GivenUp as given_up:
        return given_up.ending


class _GivenUp(Exception):
    """Set-up is not wanted any more."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value)
        self.ending = ending


class _Loop:
    def __init__(
        self,
        cells: Sequence[Cell],
        active: Collection[int],
        device: torch.device,
        recorder: Recorder,
        checkpoints: Checkpoints,
        control: Control,
        pace: Pace,
    ) -> None:
        spec = cells[0].spec
        self.cells, self.layout, self.control = cells, lay_out(cells, active), control
        last = SOLUTION_STEP if engine_of(spec) == "convex" else spec.steps
        self.data = load(cells, self.layout, device, self.attend)
        shapes = factor_shapes(spec.problem.shape, spec.model.depth)
        self.model = linear_batch(self.data.map, self.data.state, shapes, spec.problem.shape)
        self.records = Records(spec, self.layout, self.model, self.data, last)
        self.engine = self.make_engine(last)
        self.endings = Endings(cells, self.layout, self.records.schedule, self.data.theory)
        self.recorder, self.checkpoints, self.pace = recorder, checkpoints, pace

    def make_engine(self, last: int) -> Engine:
        spec, model, data = self.cells[0].spec, self.model, self.data
        match engine_of(spec):
            case "closed_form":
                return ClosedForm(model, data, self.cells, self.layout, self.records.events, self.attend)
            case "convex":
                step = solution_step(model, data, self.cells, self.layout, self.attend)
                return Stepping(model, data, step, last, 1)
            case "loop":
                step = make_step(spec.optimizer.kind, model, data)
                return Stepping(model, data, step, last, self.gap())

    def gap(self) -> int:
        """Steps between two checks at most: bounds how long the loop is deaf; the rings have room."""
        runs = self.layout.groups * self.layout.runs
        work = self.data.map.work
        if bool(self.data.nuclear.any()):
            for factor in self.model.factors:
                work += SVD_WORK * factor.shape[2] * factor.shape[3] * min(factor.shape[2:])
        return max(1, min(MAX_GAP, int(GAP_WORK / (runs * work)), self.records.capacity // 2))

    def attend(self) -> None:
        """Says during set-up that the loop is alive. Raises _GivenUp where nobody wants it any more."""
        signal = self.control.poll(0)
        if signal.drop.issuperset(self.layout.active):
            raise _GivenUp(Ending.FINISHED)
        if signal.drain:
            raise _GivenUp(Ending.DRAINED)

    def run(self) -> Ending:
        events, engine, records = self.records.events, self.engine, self.records
        step = self.resume(self.checkpoints.load())
        if step == 0:
            records.record(place=0)
            engine.check(0)
        place = int(np.searchsorted(events, step, side="right"))
        looked = flushed = saved = time.monotonic()
        patience = min(FIRST_FLUSH, self.pace.flush)
        while True:
            now = time.monotonic()
            ended = step == engine.last
            full = records.free <= engine.gap
            if ended or full or now - looked >= self.pace.poll:
                looked = now
                signal = self.control.poll(step)
                self.endings.drop(signal.drop)
                save = signal.drain or now - saved >= self.pace.checkpoint
                if ended or save or full or now - flushed >= patience:
                    self.flush(step)
                    flushed, patience = time.monotonic(), min(2 * patience, self.pace.flush)
                if not self.endings.open:
                    return Ending.FINISHED
                if save:
                    self.checkpoints.save(step, self.states(step))
                    saved = time.monotonic()
                if signal.drain:
                    return Ending.DRAINED
            check = engine.next_check(step)
            while step < check:
                recorded = int(events[place])
                target = min(recorded, check)
                engine.advance(step, target)
                step = target
                if step == recorded:
                    records.record(place)
                    place += 1
            engine.check(step)

    def flush(self, step: int) -> None:
        """Hands over what was recorded, with the crossings and endings that it shows."""
        self.engine.resolve()
        steps, values = self.records.take()
        first = self.engine.first[:, self.layout.group, self.layout.run]  # (3, B)
        settled = self.endings.settle(step, steps, values, first, self.records.names)
        vectors = self.records.take_vectors(settled.ends)
        results = {
            member: self.with_parameters(member, result) if result.last_step == step else result
            for member, result in settled.results.items()
        }
        if len(steps) or results or settled.crossings or vectors:
            lengths = np.searchsorted(steps, settled.ends, side="right")
            names, crossings = self.records.names, settled.crossings
            self.recorder.write(Frame(steps, names, values, lengths, step, results, crossings, vectors))

    def with_parameters(self, member: int, result: Result) -> Result:
        """The result with what the run has learned, where the model still holds it."""
        g, r = self.layout.group[member], self.layout.run[member]
        factors = [factor[g, r].cpu().numpy() for factor in self.model.factors]
        parameters = self.model.parameters[g, r].cpu().numpy().reshape(self.model.shape)
        kept = final_parameters(result.last_step, parameters, factors)
        return replace(result, artifacts={"parameters.safetensors": kept})

    def states(self, step: int) -> dict[int, bytes]:
        state = self.model.state.cpu().numpy()
        states = {}
        for member in self.endings.open:
            g, r = self.layout.group[member], self.layout.run[member]
            states[member] = pack(MemberState(step, state[g, r], self.engine.first[:, g, r]))
        return states

    def resume(self, states: Mapping[int, bytes]) -> int:
        """Puts members where their checkpoints left them; the step they are at, 0 without checkpoints."""
        if not states:
            return 0
        members = {member: unpack(data) for member, data in states.items()}
        steps = {state.step for state in members.values()}
        if len(steps) != 1 or set(members) != set(self.layout.active):
            raise ValueError(f"all active members resume from one step. Got {sorted(steps)} instead.")
        state = self.model.state.cpu().numpy().copy()
        first: NDArray[np.int64] = self.engine.first.copy()
        for member, kept in members.items():
            g, r = self.layout.group[member], self.layout.run[member]
            state[g, r], first[:, g, r] = kept.state, kept.first
        self.model.state.copy_(torch.from_numpy(state))
        self.model.refresh()
        step = steps.pop()
        self.engine.go_on(first, step)
        self.endings.resume(first[:, self.layout.group, self.layout.run])
        return step
