"""t1, t2, divergence and early stops are exact to the step."""

import math
from typing import Any

import numpy as np
import pytest

from core.spec import Outcome
from core.training import Pace
from core.training.linear.detector import MAX_GAP, next_check
from tests.core.training.memory import cells_of, run
from tests.core.training.oracle import trace
from tests.core.training.ways import way as way


def test_the_golden_run_groks_at_its_published_steps() -> None:
    memory, _ = run(cells_of(problem={"snr": 1e8}, steps=120_000))
    result = memory.results[0]
    assert result.outcome is Outcome.GROKKED
    assert (result.t1, result.t2) == (60, 100_347)
    assert memory.crossings[0] == {"t1": 60, "t2": 100_347}
    published = {
        1_000: (4.128513790e-4, 0.82804582, 0.60586046),
        10_000: (4.192990739e-4, 0.70371566, 0.48249554),
        100_000: (2.878678478e-4, 0.00286110356, 0.29119190),
    }
    for step, values in published.items():
        for name, value in zip(("train_error", "test_error", "l1_norm"), values, strict=True):
            assert memory.at(name, step) == pytest.approx(value, rel=2e-8)


@pytest.mark.parametrize("threshold", [0.9, 0.5, 0.1, 0.05, 0.01])
def test_steps_between_checks_are_found(threshold: float) -> None:
    over: dict[str, Any] = {
        "regularization": {"l1": 1e-4},
        "detect": {"train_threshold": 1e-1, "test_threshold": threshold},
        "steps": 15_000,
    }
    memory, _ = run(cells_of(**over))
    expected = trace(cells_of(**over)[0].spec)
    result = memory.results[0]
    assert result.t1 == expected.first(expected.train, 1e-1)
    assert result.t2 == expected.first(expected.test, threshold)
    assert result.t2 is not None


def test_each_run_of_a_batch_has_its_own_steps() -> None:
    axes = [
        {"path": "/regularization/l1", "values": [1e-4, 2e-4, 1e-3]},
        {"path": "/optimizer/learning_rate", "values": [0.05, 0.1]},
        {"path": "/detect/test_threshold", "values": [0.5, 0.05]},
    ]
    cells = cells_of(detect={"train_threshold": 0.05}, steps=12_000, sweep={"axes": axes})
    memory, _ = run(cells)
    for member, cell in enumerate(cells):
        expected = trace(cell.spec)
        result = memory.results[member]
        assert result.t1 == expected.first(expected.train, 0.05)
        assert result.t2 == expected.first(expected.test, cell.spec.detect.levels[1])


def test_checks_are_dense_at_first_and_within_a_thousandth_after() -> None:
    step, gaps = 0, []
    while step < 10**6:
        following = next_check(step)
        assert following == step + 1 or (following - step) <= step / 1000
        gaps.append(following - step)
        step = following
    assert max(gaps) == MAX_GAP
    assert gaps[:1000] == [1] * 1000


@pytest.mark.parametrize(
    ("over", "outcome"),
    [
        ({"problem": {"measurements": 20}, "steps": 5000}, Outcome.MEMORISED_ONLY),
        ({"steps": 20}, Outcome.NEVER_MEMORISED),
        ({"detect": {"test_threshold": 2.0}}, Outcome.GENERALISED_AT_ONCE),
        ({"problem": {"measurements": 200}, "detect": {"test_threshold": 0.1}}, Outcome.GENERALISED_AT_ONCE),
        (
            {"regularization": {"l1": 1e-3}, "detect": {"train_threshold": 0.1, "test_threshold": 0.1}},
            Outcome.GROKKED,
        ),
    ],
)
def test_outcomes(over: dict[str, Any], outcome: Outcome) -> None:
    memory, _ = run(cells_of(**over))
    assert memory.results[0].outcome is outcome


def test_a_threshold_met_at_the_start_is_met_at_step_zero() -> None:
    memory, _ = run(cells_of(detect={"train_threshold": 2.0, "test_threshold": 2.0}))
    assert (memory.results[0].t1, memory.results[0].t2) == (0, 0)


def test_divergence_is_a_result_with_its_step_and_its_series_up_to_there() -> None:
    cells = cells_of(optimizer={"learning_rate": 0.5}, allow_unstable=True, steps=5000)
    memory, _ = run(cells)
    result = memory.results[0]
    with np.errstate(over="ignore", invalid="ignore"):
        first = int(np.flatnonzero(~np.isfinite(trace(cells[0].spec).train))[0])
    assert result.outcome is Outcome.DIVERGED
    assert result.diverged_at == result.last_step == first
    assert memory.steps()[-1] <= first
    assert np.isfinite(memory.series("train_error")[:-1]).all()


def test_a_late_divergence_is_found_to_the_step() -> None:
    # Just above the bound the growth takes thousands of steps, so that the crossing lies between two checks.
    cells = cells_of(optimizer={"learning_rate": 0.2829}, allow_unstable=True, steps=60_000)
    memory, _ = run(cells)
    result = memory.results[0]
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(trace(cells[0].spec).train)
    assert result.diverged_at == int(np.flatnonzero(~finite)[0]) > 10_000


def test_the_final_metrics_do_not_depend_on_when_records_were_handed_over() -> None:
    record = {"first": 0, "per_decade": None}
    cells = cells_of(optimizer={"learning_rate": 0.5}, allow_unstable=True, steps=5000, record=record)
    late, _ = run(cells)
    soon, _ = run(cells, pace=Pace(flush=0.0, poll=0.0))
    assert late.results[0].final == soon.results[0].final
    assert late.results[0].final["train_error"] == late.at("train_error", 0)


def test_a_diverged_member_leaves_the_others_alone() -> None:
    axes = [{"path": "/optimizer/learning_rate", "values": [0.1, 5.0]}]
    cells = cells_of(allow_unstable=True, steps=2000, sweep={"axes": axes})
    memory, _ = run(cells)
    assert memory.results[1].outcome is Outcome.DIVERGED
    assert memory.results[0].outcome is Outcome.MEMORISED_ONLY
    assert memory.steps(0)[-1] == 2000


def test_divergence_need_not_stop_a_run() -> None:
    stop = {"on_divergence": False}
    memory, _ = run(cells_of(optimizer={"learning_rate": 5.0}, allow_unstable=True, stop=stop))
    assert memory.results[0].outcome is Outcome.DIVERGED
    assert memory.steps()[-1] == memory.results[0].last_step == 1000
    assert math.isnan(memory.results[0].final["train_error"])


@pytest.mark.parametrize("factor", [1.0, 1.2, 3.0])
def test_a_run_stops_at_the_first_recorded_step_after_its_patience(factor: float) -> None:
    over: dict[str, Any] = {
        "regularization": {"l1": 1e-3},
        "detect": {"train_threshold": 0.1, "test_threshold": 0.1},
        "steps": 20_000,
    }
    long, _ = run(cells_of(**over))
    short, _ = run(cells_of(**over, stop={"when_generalised": True, "patience_factor": factor}))
    t2 = long.results[0].t2
    assert t2 is not None
    end = next(step for step in long.steps() if step >= factor * t2)
    assert short.results[0].last_step == short.steps()[-1] == end < 20_000
    assert (short.results[0].t1, short.results[0].t2) == (long.results[0].t1, t2)
    kept = len(short.steps())
    assert np.array_equal(short.series("test_error"), long.series("test_error")[:kept])
