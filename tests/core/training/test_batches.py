"""A run gives the same series alone, in a batch, and stopped and taken up again."""

import random
from functools import partial
from typing import Any

import numpy as np
import pytest

from core.spec import plan
from core.training import Ending, Pace, Signal
from tests.core.training.memory import Memory, cells_of, lasts, run
from tests.core.training.test_methods import COMPLETION, SENSING
from tests.core.training.ways import way as way

GRID = {
    "axes": [
        {"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-3, "num": 20}},
        {"path": "/optimizer/learning_rate", "linspace": {"start": 0.01, "stop": 0.1, "num": 10}},
    ]
}


def relative(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.abs(a - b) / np.abs(b)))


def test_a_run_alone_is_the_run_in_a_batch_of_200() -> None:
    cells = cells_of(rng="default", steps=100_000, sweep=GRID)
    together, _ = run(cells)
    alone, _ = run([cells[37]])
    assert np.array_equal(together.steps(37), alone.steps(0))
    assert relative(together.series("test_error", 37), alone.series("test_error")) < 1e-12
    assert relative(together.series("train_error", 37), alone.series("train_error")) < 1e-10
    assert (together.results[37].t1, together.results[37].t2) == (alone.results[0].t1, alone.results[0].t2)


@pytest.mark.parametrize(
    "over",
    [
        {"problem": {"basis": "fourier"}, "regularization": {"l2_squared": 1e-3}},
        {"problem": COMPLETION, "regularization": {"l2_squared": 1e-3}},
        {"problem": COMPLETION, "regularization": {"nuclear": 1e-3}},
        {"problem": {**SENSING, "measurements": 25}, "regularization": {"nuclear": 1e-3}},
        {"problem": SENSING, "model": {"depth": 3, "init": {"kind": "normal", "scale": 2.0}}},
        {"problem": COMPLETION, "optimizer": {"kind": "projected_subgradient"}, "regularization": {}},
    ],
)
@pytest.mark.parametrize("engine", ["loop", "auto"])
def test_a_grid_of_everything_is_one_program_and_each_run_is_as_alone(
    over: dict[str, Any], engine: str
) -> None:
    """Rates, strengths, seeds, measurements, selection and starts side by side."""
    axes = [
        {"path": "/optimizer/learning_rate", "values": [0.02, 0.03]},
        {"path": "/problem/measurements", "values": [15, 22]},
        {"path": "/problem/coherence", "values": [0.0, 0.5]},
        {"path": "/model/init/scale", "values": [0.5, 1.0]},
    ]
    if over.get("problem", {}).get("kind") == "matrix_sensing":
        axes.pop(2)
    sweep = {"axes": axes, "seeds": {"count": 2}}
    cells = cells_of(**over, rng="default", steps=1000, sweep=sweep, engine=engine)
    assert len(plan(cells)) == 1
    together, _ = run(cells)
    for member in range(0, len(cells), 7):
        alone, _ = run([cells[member]])
        for metric in ("train_error", "test_error", "l1_norm"):
            expected = alone.series(metric)
            assert together.series(metric, member) == pytest.approx(expected, rel=1e-8, abs=1e-13)
        assert together.crossings.get(member) == alone.crossings.get(0)


def test_designs_with_fewer_rows_share_a_batch() -> None:
    axes = [{"path": "/problem/measurements", "values": [10, 30, 55]}]
    cells = cells_of(rng="default", steps=3000, sweep={"axes": axes, "seeds": {"count": 3}})
    assert len(plan(cells)) == 1
    together, _ = run(cells)
    for member, cell in enumerate(cells):
        alone, _ = run([cell])
        assert relative(together.series("test_error", member), alone.series("test_error")) < 1e-12
        assert relative(together.series("train_error", member), alone.series("train_error")) < 1e-10


@pytest.mark.parametrize("kind", ["subgradient", "proximal", "projected_subgradient"])
def test_missing_members_change_no_bit_of_the_others(kind: str) -> None:
    sweep = {"axes": GRID["axes"][:1], "seeds": {"count": 2}}
    cells = cells_of(rng="default", optimizer={"kind": kind}, steps=2000, sweep=sweep)
    whole, _ = run(cells)
    part, _ = run(cells, active=[3, 17, 30], ended=lasts(whole))
    for member in (3, 17, 30):
        assert np.array_equal(whole.series("train_error", member), part.series("train_error", member))
        assert whole.results[member].final == part.results[member].final
    assert set(part.results) == {3, 17, 30}
    assert all(frame.lengths[0] == 0 for frame in part.frames)


def test_missing_members_with_more_test_data_change_no_bit_of_the_others() -> None:
    """The shape of the test product decides its rounding, and so the test error's last bits."""
    random = np.random.default_rng(0)
    design, targets = (random.standard_normal((40, 30)) / 7).tolist(), random.standard_normal(40).tolist()
    problems = [
        {
            "kind": "dataset",
            "inputs": design,
            "targets": targets,
            "test_inputs": (random.standard_normal((rows, 30)) / 7).tolist(),
            "test_targets": random.standard_normal(rows).tolist(),
        }
        for rows in (1, 37, 3, 6, 5)
    ]
    sweep = {"axes": [{"path": "/problem", "values": problems}]}
    cells = cells_of(problem=problems[0], rng="default", steps=300, sweep=sweep)
    assert len(plan(cells)) == 1
    whole, _ = run(cells)
    for member in (0, 2, 3, 4):
        part, _ = run(cells, active=[member], ended=lasts(whole))
        assert np.array_equal(whole.series("test_error", member), part.series("test_error", member))


RESUMED: dict[str, dict[str, Any]] = {
    "depth 1": {"model": {"init": {"kind": "constant", "scale": 0.3}}},
    "depth 3": {"model": {"depth": 3, "init": {"kind": "constant", "scale": 0.3}}},
    "complex": {"problem": {"basis": "fourier"}, "model": {"init": {"kind": "normal"}}},
    "matrices": {"problem": COMPLETION, "regularization": {"nuclear": 1e-3}},
    "deep matrices": {
        "problem": SENSING,
        "model": {"depth": 2, "init": {"kind": "normal", "scale": 0.5}},
        "optimizer": {"learning_rate": 0.02},
    },
    "projected": {"optimizer": {"kind": "projected_subgradient"}},
    "closed form": {"regularization": {"l2_squared": 1e-3}, "engine": "closed_form"},
}


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", RESUMED)
def test_a_run_drained_at_any_step_goes_on_bit_for_bit(name: str, seed: int) -> None:
    axes = [
        {"path": "/detect/test_threshold", "values": [0.3, 0.95]},
        {"path": "/optimizer/learning_rate", "values": [0.01, 0.02]},
    ]
    cells = cells_of(
        **{
            "rng": "default",
            "steps": 4000,
            "detect": {"train_threshold": 0.05},
            "record": {"first": 10, "parameters_per_decade": 5},
            **RESUMED[name],
            "sweep": {"axes": axes, "seeds": {"count": 2}},
        }
    )
    calm, _ = run(cells)
    stops = sorted(random.Random(seed).sample(range(1, 4000), 3))
    memory = Memory()

    def interrupt(step: int) -> Signal:
        return Signal(drain=bool(stops) and step >= stops[0])

    memory.signal = interrupt
    while run(cells, memory, pace=Pace(flush=0.0, checkpoint=0.0, poll=0.0))[1] is Ending.DRAINED:
        stops.pop(0)
    assert not stops
    for member in range(len(cells)):
        assert np.array_equal(memory.steps(member), calm.steps(member))
        for metric in ("train_error", "test_error", "gradient_ratio"):
            assert np.array_equal(memory.series(metric, member), calm.series(metric, member))
        for part in {part.name for frame in calm.frames for part in frame.vectors}:
            assert np.array_equal(memory.vectors(part, member)[1], calm.vectors(part, member)[1])
        assert memory.results[member] == calm.results[member]
        assert memory.crossings.get(member) == calm.crossings.get(member)


def test_a_dropped_member_is_heard_of_no_more() -> None:
    cells = cells_of(steps=3000, sweep={"axes": GRID["axes"][1:]})
    memory = Memory()
    memory.signal = lambda step: Signal(drop=frozenset({2}) if step > 500 else frozenset())
    _, ending = run(cells, memory, pace=Pace(flush=0.0, poll=0.0))
    assert ending is Ending.FINISHED
    assert set(memory.results) == set(range(10)) - {2}
    assert memory.steps(2)[-1] < 3000


def test_training_ends_when_every_member_is_dropped() -> None:
    memory = Memory(signal=lambda step: Signal(drop=frozenset({0}) if step else frozenset()))
    _, ending = run(cells_of(steps=10**9), memory)
    assert ending is Ending.FINISHED
    assert not memory.results


def always(signal: Signal, step: int) -> Signal:
    return signal


def test_set_up_listens_too() -> None:
    cells = cells_of(steps=10, sweep={"seeds": {"count": 3}})
    for signal, ending in (
        (Signal(drain=True), Ending.DRAINED),
        (Signal(drop=frozenset({0, 1, 2})), Ending.FINISHED),
    ):
        memory, ended = run(cells, Memory(signal=partial(always, signal)))
        assert ended is ending
        assert not memory.frames
        assert not memory.states


def test_every_recorded_step_is_handed_over_once() -> None:
    memory, _ = run(cells_of(steps=5000, record={"first": 5000}), pace=Pace(flush=0.0, poll=0.0))
    assert len(memory.frames) > 1
    assert memory.steps().tolist() == list(range(5001))


def test_states_of_different_steps_are_refused() -> None:
    cells = cells_of(steps=100, sweep={"seeds": {"count": 2}})
    memory = Memory(signal=lambda step: Signal(drain=step > 0))
    run(cells, memory, pace=Pace(poll=0.0))
    del memory.states[1]
    with pytest.raises(ValueError, match="resume from one step"):
        run(cells, Memory(states=memory.states))
