"""A batch of networks as the loop runs it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch

from core.problems import Facts, theory
from core.spec import Cell, chosen_metrics
from core.spec.network_size import network_size, step_flops
from core.training.layout import Layout
from core.training.network.data import load_networks
from core.training.network.engine import NetworkEngine
from core.training.network.evaluation import make_evaluator
from core.training.network.keeper import Keeper
from core.training.network.measure import NetworkMeter
from core.training.network.stepper import Stepper
from core.training.ports import Result
from core.training.records import Records
from core.training.state import MemberState

GAP_WORK = 1e10
"""Floating-point operations between two looks of the loop at most."""
STEP_WORK = 1e7
"""Floating-point operations in the time that the calls of a step take, however small the network."""
_PREVIOUS, _PREVIOUS_STEP = "previous", "previous_step"


class NetworkProgram:
    """See core.training.program.Program."""

    # Data of networks are drawn in less time than some of their steps take, and are not taken over.
    drawn: Mapping[str, Facts] = MappingProxyType({})

    def __init__(
        self,
        cells: Sequence[Cell],
        layout: Layout,
        device: torch.device,
        attend: Callable[[], None],
        drawn: Mapping[str, Facts],
    ) -> None:
        spec, size = cells[0].spec, network_size(cells[0].spec)
        derivatives = "jacobian_distance" in chosen_metrics(spec)
        data = load_networks(cells, layout.active, device, attend, derivatives)
        self._stepper = Stepper(cells, data)
        network = self._stepper.network
        classes = spec.network_problem.task == "classification"
        meter = NetworkMeter(self._stepper, data, make_evaluator(network, self._stepper.loss, data, classes))
        self._keeper = Keeper(cells, network)
        self.records = Records(spec, layout, meter, spec.steps, device)
        work = STEP_WORK + len(cells) * (step_flops(size) + 20 * size.parameters)
        self.engine = NetworkEngine(
            cells,
            self._stepper,
            data,
            meter,
            self._keeper,
            self.records.schedule,
            max(1, int(GAP_WORK / work)),
            attend,
        )
        self.theory = {member: theory(cells[member].spec) for member in layout.active}

    def states(self, step: int, members: Collection[int]) -> dict[int, MemberState]:
        state, previous = self._stepper.state.cpu().numpy(), self.engine.previous
        states = {}
        for member in members:
            extra = self._keeper.arrays(member)
            if previous is not None:
                extra[_PREVIOUS] = previous[1][:, member].cpu().numpy()
                extra[_PREVIOUS_STEP] = np.array([previous[0]], dtype=np.int64)
            states[member] = MemberState(step, state[:, member], self.engine.first[:, 0, member], extra)
        return states

    def restore(self, states: Mapping[int, MemberState]) -> None:
        state = self._stepper.state.cpu().clone()
        previous, began = state.clone(), None
        for member, kept in states.items():
            state[:, member] = torch.from_numpy(kept.state)
            self._keeper.restore(member, kept.extra)
            if _PREVIOUS in kept.extra:
                previous[:, member] = torch.from_numpy(kept.extra[_PREVIOUS])
                began = int(kept.extra[_PREVIOUS_STEP][0])
        self._stepper.state.copy_(state)
        if began is not None:
            self.engine.previous = began, previous.to(self._stepper.state.device)

    def files(self, member: int, result: Result, step: int) -> dict[str, bytes]:
        """Parameters at t1, t2 and the last step, and those that were asked for, layer by layer."""
        return self._keeper.files(member, result, step)
