"""Runs that are done leave their batch, and nobody can tell from the numbers of the others."""

import gc
import weakref
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.problems import Instance, draw
from core.spec import Cell, ExperimentSpec
from core.training import Ending, Frame, Pace, Result, Signal, loop
from core.training.batch import Batch
from core.training.slots import FIRST_LEAVING, kept_slots, leaving_steps, slot_arrays
from core.training.state import MemberState, pack, unpack
from tests.core.training.memory import NAGGING, Memory, cells_of, interrupted, lasts, run
from tests.core.training.test_methods import COMPLETION, SENSING
from tests.core.training.ways import way as way

RATES = {"path": "/optimizer/learning_rate", "values": [0.1, 3.0, 4.0, 0.05, 8.0, 0.02]}
"""At 3 and above nothing converges: those diverge within some hundred steps."""
LEVELS = {"path": "/detect/test_threshold", "values": [0.98, 0.9, 0.3]}
MIXED: dict[str, dict[str, Any]] = {
    "one design": {"sweep": {"axes": [RATES, LEVELS]}},
    "a design each": {"sweep": {"axes": [RATES], "seeds": {"count": 3}}},
    "deep": {
        "model": {"depth": 2, "init": {"kind": "constant", "scale": 0.3}},
        "sweep": {"axes": [{**RATES, "values": [0.1, 8.0, 0.05, 6.0, 0.02]}], "seeds": {"count": 3}},
    },
    "complex": {
        "problem": {"basis": "fourier"},
        "optimizer": {"kind": "proximal"},
        "sweep": {"axes": [RATES, LEVELS]},
    },
    "matrices": {
        "problem": COMPLETION,
        "regularization": {"nuclear": 1e-3},
        "sweep": {"axes": [RATES, {"path": "/detect/test_threshold", "values": [0.9, 0.5]}]},
    },
    "measurements": {
        "problem": SENSING,
        "sweep": {"axes": [{**RATES, "values": [0.01, 60.0, 0.005, 90.0]}], "seeds": {"count": 2}},
    },
    "projected": {
        "optimizer": {"kind": "projected_subgradient"},
        "sweep": {
            "axes": [
                LEVELS,
                {"path": "/regularization/l1", "logspace": {"start": 1e-5, "stop": 1e-2, "num": 4}},
            ]
        },
    },
    "closed form": {
        "regularization": {"l2_squared": 1e-3},
        "engine": "closed_form",
        "sweep": {"axes": [RATES, LEVELS]},
    },
}


def mixed(name: str, **over: Any) -> list[Cell]:
    """Runs of which some diverge and some stop once they have generalised, at many different steps."""
    fields = {
        "rng": "default",
        "steps": 1200,
        "allow_unstable": True,
        "regularization": {"l1": 1e-3},
        "detect": {"train_threshold": 0.05},
        "stop": {"when_generalised": True},
        "record": {"first": 10, "parameters_per_decade": 5},
    }
    return cells_of(**{**fields, **MIXED[name], **over})


def sizes(memory: Memory) -> list[int]:
    """How many had a slot, hand-over by hand-over."""
    return [len(frame.members) for frame in memory.frames]


def vector_names(memory: Memory) -> set[str]:
    return {part.name for frame in memory.frames for part in frame.vectors}


def assert_same(a: Memory, b: Memory, member: int) -> None:
    """Bit for bit."""
    assert np.array_equal(a.steps(member), b.steps(member))
    for metric in b.frames[0].names:
        assert np.array_equal(a.series(metric, member), b.series(metric, member), equal_nan=True)
    for part in vector_names(b):
        ours, theirs = a.vectors(part, member), b.vectors(part, member)
        assert np.array_equal(ours[0], theirs[0])
        assert np.array_equal(ours[1], theirs[1], equal_nan=True)
    assert a.crossings.get(member) == b.crossings.get(member)
    assert_same_result(a.results[member], b.results[member])


def assert_same_result(a: Result, b: Result) -> None:
    """NaN is NaN; of files a linear run has some only when it is handed over at its very last step."""
    assert repr(replace(a, artifacts={})) == repr(replace(b, artifacts={}))


@pytest.mark.parametrize("name", MIXED)
def test_whoever_stays_and_whoever_leaves_is_as_alone(name: str) -> None:
    cells = mixed(name)
    together, _ = run(cells)
    ends = [result.last_step for result in together.results.values()]
    assert min(ends) < 1200
    assert len(set(ends)) > 2 or name == "measurements"
    for member, cell in enumerate(cells):
        alone, _ = run([cell])
        ours, own = together.results[member], alone.results[0]
        assert _told(ours) == _told(own)
        assert np.array_equal(together.steps(member), alone.steps())
        assert together.crossings.get(member) == alone.crossings.get(0)
        # What grows without bound doubles its rounding with every step.
        tolerance = 1e-12 if own.diverged_at is None else 1e-9
        with np.errstate(invalid="ignore"):
            for metric in ("train_error", "test_error", "l1_norm"):
                expected = pytest.approx(alone.series(metric), rel=tolerance, abs=1e-13, nan_ok=True)
                assert together.series(metric, member) == expected
        for part in vector_names(alone):
            (steps, rows), (own_steps, own_rows) = together.vectors(part, member), alone.vectors(part)
            assert np.array_equal(steps, own_steps)
            # Squares of squares overflow there, and decompositions leave such columns as they are.
            with np.errstate(invalid="ignore"):
                few = np.abs(own_rows).reshape(len(own_rows), -1).max(axis=1) < 1e77
            assert rows[few] == pytest.approx(own_rows[few], rel=1e-9, abs=1e-12, nan_ok=True)


def _told(result: Result) -> tuple[object, ...]:
    return result.outcome, result.t1, result.t2, result.diverged_at, result.last_step


@pytest.mark.parametrize("name", MIXED)
def test_the_batch_shrinks_to_those_that_are_open(name: str) -> None:
    cells = mixed(name)
    memory, _ = run(cells)
    found = sizes(memory)
    assert found == sorted(found, reverse=True)
    if name == "closed form":
        assert set(found) == {len(cells)}
        return
    assert found[-1] < len(cells)
    last = memory.frames[-1]
    assert set(last.results) <= set(last.members)
    assert all(frame.values.shape[2] == len(frame.members) for frame in memory.frames)


@pytest.mark.parametrize("name", MIXED)
def test_a_batch_stopped_around_its_leavings_goes_on_bit_for_bit(name: str) -> None:
    cells = mixed(name)
    calm, _ = run(cells)
    memory = interrupted(cells, [40, 63, 64, 77, 108, 110, 127, 255, 256, 300, 512], Pace(poll=0.0))
    for member in range(len(cells)):
        assert_same(memory, calm, member)


class Killed(Exception):
    """What no process survives."""


class Old(Memory):
    """Keeps no state that is younger than a step, and is killed at another."""

    def __init__(self, newest: int, killed: int) -> None:
        super().__init__(signal=self._live)
        self._newest, self._killed = newest, killed

    def save(self, step: int, states: Mapping[int, bytes]) -> None:
        if step <= self._newest:
            super().save(step, states)

    def _live(self, step: int) -> Signal:
        if step >= self._killed:
            raise Killed
        return Signal()


@pytest.mark.parametrize(("newest", "killed"), [(-1, 300), (60, 300), (150, 700), (300, 301)])
@pytest.mark.parametrize("name", ["one design", "a design each"])
def test_a_batch_that_was_killed_shrinks_where_it_would_have(name: str, newest: int, killed: int) -> None:
    """Members whose end was told after the state was kept are no part of what goes on."""
    cells = mixed(name)
    calm, _ = run(cells)
    before = Old(newest, killed)
    with pytest.raises(Killed):
        run(cells, before, pace=NAGGING)
    left = [member for member in range(len(cells)) if member not in before.results]
    assert 0 < len(left) < len(cells)
    after = Memory(states={member: before.states[member] for member in left if before.states})
    begin = unpack(after.states[left[0]]).step if after.states else -1
    run(cells, after, left, ended=lasts(before))
    for member in left:
        there = calm.steps(member) > begin
        assert np.array_equal(after.steps(member), calm.steps(member)[there])
        for metric in calm.frames[0].names:
            expected = calm.series(metric, member)[there]
            assert np.array_equal(after.series(metric, member), expected, equal_nan=True)
        assert_same_result(after.results[member], calm.results[member])


def _drop_after(step: int, members: frozenset[int], now: int) -> Signal:
    return Signal(drop=members if now > step else frozenset())


def test_cancelled_runs_leave_too() -> None:
    cells = cells_of(rng="default", steps=600, sweep={"seeds": {"count": 8}})
    gone = frozenset(range(3))
    memory, ending = run(cells, Memory(signal=partial(_drop_after, 310, gone)), pace=NAGGING)
    assert ending is Ending.FINISHED
    assert memory.frames[-1].members == (3, 4, 5, 6, 7)
    assert next(frame.step for frame in memory.frames if len(frame.members) < 8) > 362
    for member in range(3, 8):
        alone, _ = run([cells[member]])
        assert memory.series("test_error", member) == pytest.approx(alone.series("test_error"), rel=1e-12)
    assert max(memory.steps(0)) <= 311


def test_runs_that_are_not_trained_leave_too() -> None:
    cells = cells_of(rng="default", steps=200, sweep={"seeds": {"count": 8}})
    memory, _ = run(cells, active=[2, 5], pace=NAGGING)
    assert sizes(memory)[0] == 8
    assert memory.frames[-1].members == (2, 5)


def test_a_few_free_slots_are_not_worth_a_new_batch() -> None:
    cells = cells_of(rng="default", steps=200, sweep={"seeds": {"count": 8}})
    memory, _ = run(cells, active=range(1, 8), pace=NAGGING)
    assert set(sizes(memory)) == {8}


def test_states_that_name_no_slots_belong_to_the_whole_batch() -> None:
    """As those do that were kept before batches shrank."""
    cells = mixed("one design")
    calm, _ = run(cells)
    memory = Memory(signal=lambda step: Signal(drain=step >= 520))
    run(cells, memory, pace=NAGGING)
    left = sorted(memory.states)
    assert sizes(memory)[-1] < len(cells)
    memory.signal = lambda step: Signal()
    memory.states = {member: pack(_without_slots(unpack(s))) for member, s in memory.states.items()}
    before = len(memory.frames)
    run(cells, memory, left, pace=NAGGING)
    assert sizes(memory)[before] == len(cells)
    assert sizes(memory)[-1] < len(cells)
    for member in left:
        expected = calm.series("test_error", member)
        assert memory.series("test_error", member) == pytest.approx(expected, rel=1e-12)


def _without_slots(state: MemberState) -> MemberState:
    return replace(state, extra={name: array for name, array in state.extra.items() if name != "slots"})


def _state(members: list[int] | None, planned: int = 4) -> MemberState:
    extra = {} if members is None else slot_arrays(members, planned)
    return MemberState(100, np.zeros(1), np.zeros(3, np.int64), extra)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], (0, 1, 2, 3)),
        ([_state(None), _state(None)], (0, 1, 2, 3)),
        ([_state([0, 1, 2, 3])], (0, 1, 2, 3)),
        ([_state([1, 3]), _state([1, 3])], (1, 3)),
        ([_state([1, 3]), _state([1, 2, 3])], (0, 1, 2, 3)),
        ([_state([1, 3]), _state(None)], (0, 1, 2, 3)),
        ([_state([0, 2])], (0, 1, 2, 3)),
        ([_state([1, 3], planned=5)], (0, 1, 2, 3)),
    ],
)
def test_slots_are_those_of_the_states_where_they_fit(
    states: list[MemberState], expected: tuple[int, ...]
) -> None:
    assert kept_slots([unpack(pack(state)) for state in states], 4, [1, 3]) == expected


def test_leavings_lie_a_fifth_apart() -> None:
    spec = cells_of(steps=10_000)[0].spec
    steps = leaving_steps(spec, 10_000, np.array([0, 10_000]))
    assert steps[:6] == [64, 76, 91, 108, 128, 152]
    assert (steps[0], steps[-1]) == (FIRST_LEAVING, 9742)
    assert all(1.17 < b / a < 1.21 for a, b in pairwise(steps))


@pytest.mark.parametrize("steps", [1, 63, 64])
def test_a_short_training_keeps_its_batch(steps: int) -> None:
    assert leaving_steps(cells_of(steps=steps)[0].spec, steps, np.array([0, steps])) == []


def test_the_closed_form_keeps_its_batch() -> None:
    spec = cells_of(regularization={"l2_squared": 1e-3}, engine="closed_form", steps=10_000)[0].spec
    assert leaving_steps(spec, 10_000, np.arange(10_001)) == []


def test_data_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def counted(spec: ExperimentSpec) -> Instance:
        seeds.append(spec.seed)
        return draw(spec)

    monkeypatch.setattr("core.training.linear.data.draw", counted)
    memory, _ = run(mixed("a design each"))
    assert len(set(sizes(memory))) > 1
    assert sorted(seeds) == list(range(3))


def test_the_old_batch_is_gone_before_the_new_one_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[weakref.ref[object]] = []

    class Watched(Batch):
        def __init__(self, *arguments: Any) -> None:
            assert all(reference() is None for reference in alive)
            super().__init__(*arguments)
            alive.extend((weakref.ref(self.engine), weakref.ref(self.records)))

    monkeypatch.setattr(loop, "Batch", Watched)
    gc.disable()
    try:
        run(mixed("one design"))
    finally:
        gc.enable()
    assert len(alive) > 2


def test_a_batch_may_be_given_back_while_it_is_built_anew() -> None:
    """Then the latest checkpoint stands."""
    cells = mixed("a design each")
    calm, _ = run(cells)
    asked: list[int] = []

    def stop_inside(step: int) -> Signal:
        # The loop asks once at a leaving, and for each member of the new batch.
        asked.append(step)
        return Signal(drain=step > 0 and asked.count(step) > 1)

    memory = Memory(signal=stop_inside)
    ending = run(cells, memory, pace=NAGGING)[1]
    assert ending is Ending.DRAINED
    stopped = asked[-1]
    assert stopped in leaving_steps(cells[0].spec, 1200, np.array([0]))
    kept = {unpack(state).step for state in memory.states.values()}
    assert kept == {stopped}
    memory.signal = lambda step: Signal()
    run(cells, memory, sorted(memory.states), pace=Pace(flush=0.0, poll=0.0))
    for member in range(len(cells)):
        assert_same(memory, calm, member)


def test_a_frame_tells_of_those_that_have_a_slot() -> None:
    memory, _ = run(mixed("one design"))
    frame: Frame = memory.frames[-1]
    assert len(frame.lengths) == len(frame.members)
    assert all(len(part.lengths) == len(frame.members) for part in frame.vectors)
    assert set(frame.crossings) <= set(frame.members)
