"""Networks that are done leave their batch, and the others train on as if nothing had been."""

from typing import Any

import numpy as np
import pytest

from core.spec import Cell
from core.training import Pace, Signal
from core.training.slots import FIRST_LEAVING, leaving_steps
from core.training.state import unpack
from tests.core.networks import DIGITS, MODULAR, TEACHER, network_cells
from tests.core.training.memory import NAGGING, Memory, interrupted, lasts, run

STEPS = 400
MODULAR_LEVELS = [(0.3, 0.1), (0.5, 0.12), (0.9, 0.15), (0.9999, 0.9999)]
TEACHER_LEVELS = [(1.0, 0.3), (1.0, 0.2), (0.5, 0.05), (1e-9, 1e-9)]
DIGIT_LEVELS = [(0.2, 0.2), (0.4, 0.5), (0.7, 0.6), (0.9999, 0.9999)]
MIXED: dict[str, dict[str, Any]] = {
    "adam": {"base": MODULAR},
    "adam, minibatches": {"base": MODULAR, "optimizer": {"batch_size": 17}},
    "refined": {"base": MODULAR, "record": {"first": 3, "every": 20, "refine_crossings": True}},
    "powers of two": {"base": MODULAR, "record": {"first": 30, "checkpoints": "powers_of_two"}},
    "momentum": {
        "base": TEACHER,
        "optimizer": {"kind": "sgd", "learning_rate": 1e-2, "momentum": 0.9},
    },
    "a schedule, slopes": {
        "base": TEACHER,
        "optimizer": {"learning_rate": 1e-2, "schedule": {"kind": "cosine", "warmup_steps": 30}},
        "regularization": {"sobolev_1": 0.05},
    },
    "weights that decay, minibatches": {
        "base": DIGITS,
        "optimizer": {"learning_rate": 1e-2, "batch_size": 64},
        "precision": "float32",
    },
}
LEVELS = {"modular_arithmetic": MODULAR_LEVELS, "teacher_student": TEACHER_LEVELS, "dataset": DIGIT_LEVELS}


def mixed(name: str) -> list[Cell]:
    """Runs that stop once they have generalised, by levels of which the last is not met."""
    over = {
        "steps": STEPS,
        "record": {"first": 10, "every": 25},
        "regularization": {"l1": 1e-5},
        "stop": {"when_generalised": True, "patience_factor": 7.0},
        **MIXED[name],
    }
    levels = LEVELS[over["base"]["problem"]["kind"]]
    values = [{"train_threshold": train, "test_threshold": test} for train, test in levels]
    sweep = {"axes": [{"path": "/detect", "values": values}], "seeds": {"count": 2}}
    return network_cells(over.pop("base"), **over, sweep=sweep)


def assert_same(a: Memory, b: Memory, member: int) -> None:
    """Bit for bit, files included."""
    assert np.array_equal(a.steps(member), b.steps(member))
    for metric in b.frames[0].names:
        assert np.array_equal(a.series(metric, member), b.series(metric, member), equal_nan=True)
    assert a.results[member] == b.results[member]
    assert a.crossings.get(member) == b.crossings.get(member)


@pytest.mark.parametrize("name", MIXED)
def test_whoever_stays_and_whoever_leaves_is_as_alone(name: str) -> None:
    cells = mixed(name)
    together, _ = run(cells)
    assert any(FIRST_LEAVING < end < STEPS for end in lasts(together).values())
    assert len(together.frames[-1].members) < len(cells)
    tolerance = 1e-9 if cells[0].spec.precision == "float64" else 1e-2
    for member in range(0, len(cells), 3):
        alone, _ = run([cells[member]])
        assert np.array_equal(together.steps(member), alone.steps())
        for metric in ("train_loss", "test_loss"):
            assert together.series(metric, member) == pytest.approx(alone.series(metric), rel=tolerance)
        assert together.results[member].artifacts.keys() == alone.results[0].artifacts.keys()
        if cells[0].spec.precision == "float64":
            assert together.crossings.get(member) == alone.crossings.get(0)
            assert together.results[member].last_step == alone.results[0].last_step


@pytest.mark.parametrize("name", MIXED)
def test_a_batch_stopped_around_its_leavings_goes_on_bit_for_bit(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The loop looks up after every step, not at evaluations alone.
    monkeypatch.setattr("core.training.network.program.GAP_WORK", 1.0)
    cells = mixed(name)
    calm, _ = run(cells)
    schedule = calm.steps(int(np.argmax([len(calm.steps(member)) for member in range(len(cells))])))
    at = leaving_steps(cells[0].spec, STEPS, schedule)
    stops = {near for step in at[:4] for near in (step - 1, step, step + 1)}
    memory = interrupted(cells, sorted(stops), Pace(poll=0.0))
    for member in range(len(cells)):
        assert_same(memory, calm, member)


class Killed(Exception):
    """What no process survives."""


@pytest.mark.parametrize("name", ["adam, minibatches", "refined"])
def test_a_batch_that_was_killed_shrinks_where_it_would_have(name: str) -> None:
    """Members whose end was told after the state was kept are no part of what goes on."""
    cells = mixed(name)
    calm, _ = run(cells)
    killed = next(end for end in sorted(lasts(calm).values()) if end > FIRST_LEAVING) + 1

    def live(step: int) -> Signal:
        if step >= killed:
            raise Killed
        return Signal()

    before = Memory(signal=live)
    with pytest.raises(Killed):
        run(cells, before, pace=Pace(flush=0.0, poll=0.0))
    left = [member for member in range(len(cells)) if member not in before.results]
    assert 0 < len(left) < len(cells)
    after, _ = run(cells, active=left, ended=lasts(before))
    for member in left:
        assert_same(after, calm, member)


def test_networks_leave_where_they_are_evaluated() -> None:
    """Elsewhere it is not known what was crossed."""
    [cell] = network_cells(MODULAR, steps=3000, record={"first": 0, "per_decade": None, "every": 100})
    steps = leaving_steps(cell.spec, 3000, np.arange(0, 3001, 100))
    assert steps[-8:] == [900, 1100, 1300, 1500, 1800, 2100, 2500, 2900]


def test_a_checkpoint_knows_who_had_a_slot() -> None:
    cells = mixed("adam")
    memory = Memory(signal=lambda step: Signal(drain=step >= 370))
    run(cells, memory, pace=NAGGING)
    slots = memory.frames[-1].members
    assert len(slots) < len(cells)
    for state in memory.states.values():
        assert np.flatnonzero(unpack(state).extra["slots"]).tolist() == list(slots)
