"""The one training loop: advance to the next event, record, detect, hand over, keep the state."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from core.problems import Facts
from core.spec import Cell
from core.training.batch import Batch
from core.training.endings import Endings
from core.training.heap import give_back
from core.training.layout import lay_out
from core.training.network.longer import as_if_longer
from core.training.numerics import numerics
from core.training.ports import Checkpoints, Control, Ending, Frame, Pace, Recorder, Result
from core.training.saving import Saving
from core.training.slots import SHARE, kept_slots, leaving_steps, slot_arrays
from core.training.state import MemberState, pack, unpack

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
    ended: Mapping[int, int] | None = None,
) -> Ending:
    """Trains the `active` members of a planned batch on `device` until all have ended or were dropped.

    `cells` are all planned members in cell order, and at first all have a slot in the tensors. Those that are
    done leave it at steps that are known beforehand, so that the others compute the same bits whenever they
    are trained with the same members. `ended` has the last steps of members that ended in an earlier
    training of the batch: they keep their slots until then. Members with a checkpoint go on from it.

    `interlude` is called after every hand-over, with nothing half done: until it returns, the process is its
    own for other work, training included.

    Raises MemoryError or torch.OutOfMemoryError when the batch does not fit, and what the ports raise.
    """
    try:
        with numerics(cells[0].spec):
            loop = _Loop(
                cells, active, ended or {}, torch.device(device), recorder, checkpoints, control, pace
            )
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
        ended: Mapping[int, int],
        device: torch.device,
        recorder: Recorder,
        checkpoints: Checkpoints,
        control: Control,
        pace: Pace,
    ) -> None:
        self.cells, self.active, self.ended, self.device = cells, active, ended, device
        self.recorder, self.control, self.pace = recorder, control, pace
        self.saving = Saving(pace.checkpoint)
        states = _unpacked(checkpoints.load(), active, cells)
        self.checked = next((state.step for state in states.values()), 0)  # the step that is being checked
        self.batch = self.build(kept_slots(states.values(), len(cells), active), active, {})
        self.events = self.batch.records.events
        self.endings = Endings(cells, active, self.batch.records.schedule, self.batch.theory)
        last = self.batch.engine.last
        leavings = leaving_steps(cells[0].spec, last, self.batch.records.schedule)
        self.leavings = [step for step in leavings if step >= self.checked] + [last]
        if states:
            self.batch.go_on(states, self.checked)
            self.endings.resume(states)
        else:
            self.batch.records.record(place=0)
            self.batch.engine.check(0)

    def build(self, members: Sequence[int], active: Collection[int], drawn: Mapping[str, Facts]) -> Batch:
        return Batch(self.cells, members, active, self.device, self.attend, drawn)

    def attend(self) -> None:
        """Says that the loop is alive, and where, while it sets up or searches for a crossing.

        Raises _GivenUp where nobody wants it any more: then the latest checkpoint stands, and a search begins
        anew from there.
        """
        signal = self.control.poll(self.checked)
        if signal.drop.issuperset(self.active):
            raise _GivenUp(Ending.FINISHED)
        if signal.drain:
            raise _GivenUp(Ending.DRAINED)

    def run(self, interlude: Callable[[], None]) -> Ending:
        step = self.checked
        looked = flushed = time.monotonic()
        patience = min(FIRST_FLUSH, self.pace.flush)
        while True:
            now = time.monotonic()
            ended = step == self.batch.engine.last
            due = step == self.leavings[0]  # The last step is the last of them.
            full = self.batch.records.free <= self.batch.engine.gap
            if due or full or now - looked >= self.pace.poll:
                looked = now
                signal = self.control.poll(step)
                self.endings.drop(signal.drop)
                save = signal.drain or self.saving.due(now)
                leaving = due and not ended and self.leave_at(step)
                flush = ended or leaving or save or full or now - flushed >= patience
                if flush:
                    kept = self.flush(step, save)
                    flushed = time.monotonic()
                    took = 0.0 if kept else flushed - now
                    patience = next_pause(patience, took, self.pace.flush)
                if not self.endings.open:
                    return Ending.FINISHED
                if signal.drain:
                    return Ending.DRAINED
                if flush:
                    interlude()
                if due:
                    del self.leavings[0]
                if leaving:
                    self.leave(step)
            step = self.advance(step)

    def advance(self, step: int) -> int:
        """Goes to the next check, with records on the way; the step of the check."""
        engine, records = self.batch.engine, self.batch.records
        check = min(engine.next_check(step), self.leavings[0])
        place = int(np.searchsorted(self.events, step, side="right"))
        while step < check:
            recorded = int(self.events[place])
            target = min(recorded, check)
            engine.advance(step, target)
            step = target
            if step == recorded:
                records.record(place)
                place += 1
        self.checked = step
        engine.check(step)
        return step

    def flush(self, step: int, save: bool) -> bool:
        """Hands over what was recorded, with the crossings and endings that it shows.

        With it go the states of the members that train on, if they are to be saved or due; whether they did.
        """
        began, batch, records = time.monotonic(), self.batch, self.batch.records
        batch.engine.resolve()
        steps, values = records.take()
        settled = self.endings.settle(step, batch.members, steps, values, batch.first, records.names)
        vectors = records.take_vectors(settled.ends)
        results = {
            member: replace(result, artifacts=batch.files(member, result, step))
            for member, result in settled.results.items()
        }
        if any(name in news for news in settled.crossings.values() for name in ("t1", "t2")):
            self.saving.crossed()
        save = save or self.saving.due(began)
        states = self.states(step, [*(self.endings.open if save else ()), *self.whole(step, results)])
        if len(steps) or results or settled.crossings or vectors or states:
            lengths = np.searchsorted(steps, settled.ends, side="right")
            told = results, settled.crossings, vectors, states
            self.recorder.write(Frame(batch.members, steps, records.names, values, lengths, step, *told))
        if save:
            self.saving.saved(began)
        give_back()
        return save

    def whole(self, step: int, results: Mapping[int, Result]) -> list[int]:
        """Members that ended with the last step of all: with more steps they could go on from it."""
        if step < self.batch.engine.last:
            return []
        return [member for member, result in results.items() if result.last_step == step]

    def leave_at(self, step: int) -> bool:
        """Whether so many are done at `step` that the rest goes on in a smaller batch, or all are.

        Nothing is handed over to tell: with many runs that would cost more than their slots.
        """
        self.batch.engine.resolve()
        still = self.endings.lasting(step, self.batch.members, self.batch.first)
        members = self.slotted(still, step)
        if len(members) == len(self.batch.members):
            return False
        return not still or lay_out([self.cells[m] for m in members], ()).slots <= SHARE * self.batch.slots

    def slotted(self, still: Sequence[int], step: int) -> list[int]:
        """Who keeps a slot after `step`, if `still` are those who train on."""
        going = set(still)
        return [m for m in self.batch.members if m in going or self.ended.get(m, step) > step]

    def leave(self, step: int) -> None:
        """Builds the batch anew without those that are done."""
        still = self.endings.open
        members = self.slotted(still, step)
        states, drawn = self.batch.states(step, still), self.batch.drawn
        # The memory of the old batch is free before the new one needs its own.
        del self.batch
        give_back()
        self.batch = self.build(members, still, drawn)
        self.batch.go_on(states, step)

    def states(self, step: int, members: Collection[int]) -> dict[int, bytes]:
        """The states of members, each with who has a slot now."""
        if not members:
            return {}
        slots = slot_arrays(self.batch.members, len(self.cells))
        return {
            member: pack(replace(state, extra={**state.extra, **slots, **self.endings.latest(member)}))
            for member, state in self.batch.states(step, members).items()
        }


def _unpacked(
    states: Mapping[int, bytes], active: Collection[int], cells: Sequence[Cell]
) -> dict[int, MemberState]:
    """The states of all active members, which must be of one step; none where there are no checkpoints."""
    members = {member: _taken_up(unpack(data), cells[member]) for member, data in states.items()}
    steps = {state.step for state in members.values()}
    if members and (len(steps) != 1 or set(members) != set(active)):
        raise ValueError(f"all active members resume from one step. Got {sorted(steps)} instead.")
    return members


def _taken_up(kept: MemberState, cell: Cell) -> MemberState:
    return as_if_longer(kept, cell.spec) if cell.spec.is_network else kept
