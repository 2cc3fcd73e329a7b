"""The closed form and the loop are each other's oracle."""

from typing import Any

import numpy as np
import pytest

from core.spec import Cell, engine_of
from tests.core.training.memory import Memory, cells_of, run
from tests.core.training.test_methods import COMPLETION, OWN, SENSING

RIDGE = {"l2_squared": 1e-3}
CASES: dict[str, dict[str, Any]] = {
    "sparse": {},
    "sparse, no penalty": {"regularization": {}},
    "proximal": {"optimizer": {"kind": "proximal"}},
    "oscillating": {"optimizer": {"learning_rate": 0.2}, "rng": "numpy-legacy"},
    "more rows than columns": {"problem": {"measurements": 130, "snr": 10.0}},
    "fourier": {"problem": {"basis": "fourier"}},
    "fourier from noise": {"problem": {"basis": "fourier"}, "model": {"init": {"kind": "normal"}}},
    "completion": {"problem": {**COMPLETION, "snr": 100.0}},
    "completion from noise": {"problem": COMPLETION, "model": {"init": {"kind": "normal", "scale": 3.0}}},
    "sensing": {"problem": SENSING},
    "own data": {"problem": OWN, "model": {"init": {"kind": "normal"}}},
    "own data, split": {
        "problem": {**OWN, "true_parameters": None, "test_fraction": 0.25},
        "model": {"init": {"kind": "constant", "scale": 2.0}},
    },
    "own data, nothing to test on": {"problem": {**OWN, "true_parameters": None}},
}


def _both(over: dict[str, Any], steps: int) -> tuple[Memory, Memory, list[Cell]]:
    axes = [
        {"path": "/regularization/l2_squared", "values": [1e-3, 1e-1]},
        {"path": "/detect/train_threshold", "values": [0.3, 1e-2]},
    ]
    if over.get("regularization") == {}:
        axes = axes[1:]
    spec = {
        "rng": "default",
        "regularization": RIDGE,
        "model": {"init": {"kind": "constant", "scale": 1.0}},
        "detect": {"test_threshold": 0.97},
        "sweep": {"axes": axes, "seeds": {"count": 2}},
        "steps": steps,
        **over,
    }
    if over.get("problem", {}).get("kind") == "dataset" and "test_fraction" not in over["problem"]:
        spec["sweep"] = {"axes": axes}
    formula = cells_of(**spec, engine="closed_form")
    assert engine_of(formula[0].spec) == "closed_form"
    return run(formula)[0], run(cells_of(**spec, engine="loop"))[0], formula


@pytest.mark.parametrize("name", CASES)
def test_the_closed_form_is_the_loop(name: str) -> None:
    formula, loop, cells = _both(CASES[name], 5000)
    names = set(formula.frames[0].names)
    for member in range(len(cells)):
        assert np.array_equal(formula.steps(member), loop.steps(member))
        for metric in names & {"train_error", "test_error", "l2_norm", "l1_norm", "gradient_norm"}:
            expected = loop.series(metric, member)
            scale = np.abs(expected).max()
            assert formula.series(metric, member) == pytest.approx(expected, rel=1e-8, abs=1e-11 * scale)
        assert formula.crossings.get(member) == loop.crossings.get(member)
        assert formula.results[member].outcome == loop.results[member].outcome
    assert any(formula.crossings.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_closed_form_is_the_loop_for_a_hundred_thousand_steps(name: str) -> None:
    formula, loop, cells = _both(CASES[name], 100_000)
    for member in range(len(cells)):
        for metric in ("train_error", "l2_norm"):
            expected = loop.series(metric, member)
            scale = np.abs(expected).max()
            assert formula.series(metric, member) == pytest.approx(expected, rel=1e-8, abs=1e-11 * scale)
        assert formula.crossings.get(member) == loop.crossings.get(member)


@pytest.mark.parametrize("measurements", [30, 60, 130])
@pytest.mark.parametrize("threshold", [1e-7, 1e-8, 1e-9])
def test_small_thresholds_are_met_at_the_same_step(measurements: int, threshold: float) -> None:
    """Nothing but rounding is left of ||X a - y||, and with more rows than columns of ||a - a*||."""
    over = {
        "problem": {"measurements": measurements},
        "regularization": {},
        "detect": {"train_threshold": threshold, "test_threshold": threshold},
        "rng": "default",
        "steps": 14_000 if measurements == 130 else 4000,
        "record": {"first": 0, "per_decade": 1, "metrics": ["train_error"]},
        "sweep": {"seeds": {"count": 6}},
    }
    formula, _ = run(cells_of(**over, engine="closed_form"))
    loop, _ = run(cells_of(**over, engine="loop"))
    assert formula.crossings == loop.crossings
    names = {"t1", "t2"} if measurements == 130 else {"t1"}
    assert [set(found) for found in loop.crossings.values()] == [names] * 6


def test_a_run_can_take_the_error_that_another_ended_with_as_its_threshold() -> None:
    over = {"regularization": {"l2_squared": 1e-5}, "steps": 10**12, "engine": "closed_form"}
    first, _ = run(cells_of(**over))
    final = first.results[0].final["train_error"]
    second, _ = run(cells_of(**over, detect={"train_threshold": final}))
    third, _ = run(cells_of(**over, detect={"train_threshold": final * (1 - 1e-9)}))
    assert second.results[0].last_step == third.results[0].last_step == 10**12
    assert third.results[0].t1 is None


def test_both_diverge_at_the_same_step() -> None:
    over = {"regularization": RIDGE, "optimizer": {"learning_rate": 0.5}, "allow_unstable": True}
    formula, _ = run(cells_of(**over, steps=5000, engine="closed_form"))
    loop, _ = run(cells_of(**over, steps=5000, engine="loop"))
    assert formula.results[0].outcome == loop.results[0].outcome == "diverged"
    steps = formula.results[0].diverged_at, loop.results[0].diverged_at
    assert steps[0] is not None
    # The last factor of 10^154 may fall on either side of a step.
    assert steps[0] == pytest.approx(steps[1], abs=1)


def test_a_drop_without_recovery_takes_no_time_for_a_hundred_million_steps() -> None:
    """Claim C12: the l2 penalty alone falls from a large start and never finds the signal."""
    cells = cells_of(
        problem={"snr": 1e8},
        regularization={"l2_squared": 1e-5},
        model={"init": {"kind": "constant", "scale": 10.0}},
        steps=10**8,
    )
    assert engine_of(cells[0].spec) == "closed_form"
    memory, _ = run(cells)
    assert memory.results[0].t1 == 118
    assert memory.at("test_error", 1000) == pytest.approx(548.6, rel=1e-5)
    assert memory.series("test_error")[-1] == pytest.approx(0.84495, abs=1e-5)
    assert memory.series("l2_norm")[-1] == pytest.approx(0.08402, abs=1e-5)
    assert memory.results[0].outcome == "memorised_only"
