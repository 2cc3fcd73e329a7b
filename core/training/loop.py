"""The one training loop: advance to the next event, record, detect, hand over, keep the state."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.spec import Cell
from core.training.endings import Endings
from core.training.heap import give_back
from core.training.layout import lay_out
from core.training.linear.program import LinearProgram
from core.training.network.program import NetworkProgram
from core.training.numerics import numerics
from core.training.ports import Checkpoints, Control, Ending, Frame, Pace, Recorder
from core.training.program import Program
from core.training.state import pack, unpack

FIRST_FLUSH = 0.1
"""Seconds until the first records are handed over, so that a new run shows at once."""
FLUSH_SHARE = 0.02
"""Of the time may go into handing records over: those of many runs are handed over less often."""
RAREST_FLUSH = 5
"""Times the usual pause, whatever storing takes."""


def _nothing() -> None:
    """No interlude."""


def train(
    cells: Sequence[Cell],
    active: Collection[int],
    device: str,
    *,
    recorder: Recorder,
    checkpoints: Checkpoints,
    control: Control,
    pace: Pace,
    interlude: Callable[[], None] = _nothing,
) -> Ending:
    """Trains the `active` members of a planned batch on `device` until all have ended or were dropped.

    `cells` are all planned members in cell order; those that are not active keep their place in the tensors,
    so that the others compute the same bits whoever is missing. Members with a checkpoint go on from it.

    `interlude` is called after every hand-over, with nothing half done: until it returns, the process is its
    own for other work, training included.

    Raises MemoryError or torch.OutOfMemoryError when the batch does not fit, and what the ports raise.
    """
    try:
        with numerics(cells[0].spec):
            loop = _Loop(cells, active, torch.device(device), recorder, checkpoints, control, pace)
            return loop.run(interlude)
    except _GivenUp as given_up:
        return given_up.ending


def next_pause(before: float, took: float, usual: float) -> float:
    """Seconds until the next hand-over, after one that took `took` seconds and came `before` after another.

    Pauses double up to the usual one, and grow beyond it where handing over costs more than its share.
    """
    return max(min(2 * before, usual), min(took / FLUSH_SHARE, RAREST_FLUSH * usual))


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
        self.layout, self.control = lay_out(cells, active), control
        self.checked = 0  # the step that is being checked
        build = NetworkProgram if cells[0].spec.is_network else LinearProgram
        self.program: Program = build(cells, self.layout, device, self.attend)
        self.engine, self.records = self.program.engine, self.program.records
        self.endings = Endings(cells, self.layout, self.records.schedule, self.program.theory)
        self.recorder, self.checkpoints, self.pace = recorder, checkpoints, pace

    def attend(self) -> None:
        """Says that the loop is alive, and where, while it sets up or searches for a crossing.

        Raises _GivenUp where nobody wants it any more: then the latest checkpoint stands, and a search begins
        anew from there.
        """
        signal = self.control.poll(self.checked)
        if signal.drop.issuperset(self.layout.active):
            raise _GivenUp(Ending.FINISHED)
        if signal.drain:
            raise _GivenUp(Ending.DRAINED)

    def run(self, interlude: Callable[[], None]) -> Ending:
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
                flush = ended or save or full or now - flushed >= patience
                if flush:
                    self.flush(step)
                    flushed = time.monotonic()
                    patience = next_pause(patience, flushed - now, self.pace.flush)
                if not self.endings.open:
                    return Ending.FINISHED
                if save:
                    self.checkpoints.save(step, self.states(step))
                    saved = time.monotonic()
                if signal.drain:
                    return Ending.DRAINED
                if flush:
                    interlude()
            check = engine.next_check(step)
            while step < check:
                recorded = int(events[place])
                target = min(recorded, check)
                engine.advance(step, target)
                step = target
                if step == recorded:
                    records.record(place)
                    place += 1
            self.checked = step
            engine.check(step)

    def flush(self, step: int) -> None:
        """Hands over what was recorded, with the crossings and endings that it shows."""
        self.engine.resolve()
        steps, values = self.records.take()
        first = self.engine.first[:, self.layout.group, self.layout.run]  # (3, B)
        settled = self.endings.settle(step, steps, values, first, self.records.names)
        vectors = self.records.take_vectors(settled.ends)
        results = {
            member: replace(result, artifacts=self.program.files(member, result, step))
            for member, result in settled.results.items()
        }
        if len(steps) or results or settled.crossings or vectors:
            lengths = np.searchsorted(steps, settled.ends, side="right")
            names, crossings = self.records.names, settled.crossings
            self.recorder.write(Frame(steps, names, values, lengths, step, results, crossings, vectors))
        give_back()

    def states(self, step: int) -> dict[int, bytes]:
        states = self.program.states(step, self.endings.open)
        return {
            member: pack(replace(state, extra={**state.extra, **self.endings.latest(member)}))
            for member, state in states.items()
        }

    def resume(self, states: Mapping[int, bytes]) -> int:
        """Puts members where their checkpoints left them; the step they are at, 0 without checkpoints."""
        if not states:
            return 0
        members = {member: unpack(data) for member, data in states.items()}
        steps = {state.step for state in members.values()}
        if len(steps) != 1 or set(members) != set(self.layout.active):
            raise ValueError(f"all active members resume from one step. Got {sorted(steps)} instead.")
        first: NDArray[np.int64] = self.engine.first.copy()
        for member, kept in members.items():
            first[:, self.layout.group[member], self.layout.run[member]] = kept.first
        self.program.restore(members)
        step = steps.pop()
        self.engine.go_on(first, step)
        extra = {member: state.extra for member, state in members.items()}
        self.endings.resume(first[:, self.layout.group, self.layout.run], extra)
        return step
