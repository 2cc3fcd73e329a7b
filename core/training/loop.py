"""The one training loop: advance to the next event, record, detect, hand over, keep the state."""

import time
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from core.models import LinearBatch
from core.spec import Cell, chosen_metrics, recorded_steps, ring_points
from core.training.data import load
from core.training.detector import MAX_GAP, Detector, next_check
from core.training.endings import Endings
from core.training.layout import lay_out
from core.training.measure import measure
from core.training.methods import make_step
from core.training.ports import Checkpoints, Control, Ending, Frame, Pace, Recorder
from core.training.ring import Ring
from core.training.state import MemberState, pack, unpack

FIRST_FLUSH = 0.1
"""Seconds until the first records are handed over, so that a new run shows at once."""
GAP_WORK = 4e9
"""Floating-point operations between two checks at most: bounds how long the loop is deaf."""


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
        self.steps = spec.steps
        self.layout = lay_out(cells, active)
        self.control = control
        self.data = load(cells, self.layout, device, self.attend)
        self.model = LinearBatch(self.data.design, self.data.targets, self.data.factors)
        self.take_step = make_step(spec.optimizer.kind, self.model, self.data)
        self.detector = Detector(self.model, self.data, self.take_step)
        self.names = chosen_metrics(spec.record.metrics)
        self.schedule = recorded_steps(spec.record, spec.steps)
        groups, runs = self.layout.groups, self.layout.runs
        self.ring = Ring(ring_points(groups * runs, len(self.names)), len(self.names), groups, runs, device)
        self.endings = Endings(cells, self.layout, self.schedule, self.data.theory)
        work = 4.0 * groups * runs * self.data.design.shape[1] * spec.problem.dimension
        self.max_gap = max(1, min(MAX_GAP, int(GAP_WORK / work)))
        self.recorder, self.checkpoints, self.pace = recorder, checkpoints, pace

    def attend(self) -> None:
        """Says during set-up that the loop is alive. Raises _GivenUp where nobody wants it any more."""
        signal = self.control.poll(0)
        if signal.drop.issuperset(self.layout.active):
            raise _GivenUp(Ending.FINISHED)
        if signal.drain:
            raise _GivenUp(Ending.DRAINED)

    def run(self) -> Ending:
        step = self.resume(self.checkpoints.load())
        if step == 0:
            self.record(0)
            self.detector.check(0)
        place = int(np.searchsorted(self.schedule, step, side="right"))
        looked = flushed = saved = time.monotonic()
        patience = min(FIRST_FLUSH, self.pace.flush)
        while True:
            now = time.monotonic()
            ended = step == self.steps
            if ended or self.ring.free <= self.max_gap or now - looked >= self.pace.poll:
                looked = now
                signal = self.control.poll(step)
                self.endings.drop(signal.drop)
                save = signal.drain or now - saved >= self.pace.checkpoint
                if ended or save or self.ring.free <= self.max_gap or now - flushed >= patience:
                    self.flush(step)
                    flushed, patience = time.monotonic(), min(2 * patience, self.pace.flush)
                if not self.endings.open:
                    return Ending.FINISHED
                if save:
                    self.checkpoints.save(step, self.states(step))
                    saved = time.monotonic()
                if signal.drain:
                    return Ending.DRAINED
            check = min(next_check(step, self.max_gap), self.steps)
            while step < check:
                recorded = int(self.schedule[place])
                target = min(recorded, check)
                for _ in range(target - step):
                    self.take_step()
                step = target
                if step == recorded:
                    self.record(step)
                    place += 1
            self.detector.check(step)

    def record(self, step: int) -> None:
        measure(self.names, self.model, self.data, self.ring.slot(step))

    def flush(self, step: int) -> None:
        """Hands over what was recorded, with the crossings and endings that it shows."""
        self.detector.resolve()
        steps, values = self.ring.take()
        members = values[:, :, self.layout.group, self.layout.run]  # (K, M, B)
        first = self.detector.first[:, self.layout.group, self.layout.run]  # (3, B)
        crossings, lengths, results = self.endings.settle(step, steps, members, first, self.names)
        if len(steps) or results or crossings:
            self.recorder.write(Frame(steps, self.names, members, lengths, step, results, crossings))

    def states(self, step: int) -> dict[int, bytes]:
        factors = self.model.factors.cpu().numpy()
        states = {}
        for member in self.endings.open:
            g, r = self.layout.group[member], self.layout.run[member]
            state = MemberState(step, factors[:, g, r], self.detector.first[:, g, r])
            states[member] = pack(state)
        return states

    def resume(self, states: Mapping[int, bytes]) -> int:
        """Puts members where their checkpoints left them; the step they are at, 0 without checkpoints."""
        if not states:
            return 0
        members = {member: unpack(data) for member, data in states.items()}
        steps = {state.step for state in members.values()}
        if len(steps) != 1 or set(members) != set(self.layout.active):
            raise ValueError(f"all active members resume from one step. Got {sorted(steps)} instead.")
        factors = self.model.factors.cpu().numpy().copy()
        first: NDArray[np.int64] = self.detector.first.copy()
        for member, state in members.items():
            g, r = self.layout.group[member], self.layout.run[member]
            factors[:, g, r], first[:, g, r] = state.factors, state.first
        self.model.factors.copy_(torch.from_numpy(factors))
        self.model.refresh()
        step = steps.pop()
        self.detector.set_first(first, step)
        self.endings.resume(first[:, self.layout.group, self.layout.run])
        return step
