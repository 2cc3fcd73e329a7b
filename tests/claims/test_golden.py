"""Claims C2 to C5: the golden run, memorisation, the plateau and what is left after it."""

import numpy as np
import pytest

from tests.claims.runs import TICK, axis, ticked, trained
from tests.claims.table import Table
from tests.core.training.memory import Memory


@pytest.fixture(scope="module")
def golden() -> Memory:
    return trained(steps=125_000, record="paper")


def test_c2_t1_and_t2(golden: Memory, table: Table) -> None:
    measured = ticked(golden, "train_error"), ticked(golden, "test_error")
    exact = golden.results[0].t1, golden.results[0].t2
    table.row("C2", "golden, published schedule: t1, t2", (60, 101_000), measured, "1 tick")
    table.row("C2", "golden, to the step: t1, t2", (60, 100_364), exact, "exact")
    assert measured == (60, 101_000)
    assert exact == (60, 100_364)


def test_c2_with_noise(table: Table) -> None:
    memory = trained(problem={"snr": 1e8}, steps=101_000)
    measured = memory.results[0].t1, memory.results[0].t2
    table.row("C2", "golden, SNR 1e8, to the step: t1, t2", (60, 100_347), measured, "exact")
    assert measured == (60, 100_347)


def test_c3_memorisation_goes_as_one_over_the_learning_rate(table: Table) -> None:
    rates = [0.1, 0.0825, 0.055, 0.0275, 0.01]
    claimed = [56, 68, 104, 209, 578]
    memory = trained(regularization={"l1": 1e-6}, sweep={"axes": [axis("/optimizer/learning_rate", *rates)]})
    found = [memory.results[member].t1 for member in range(5)]
    measured = [step for step in found if step is not None]
    slope = float(np.polyfit(np.log(rates), np.log(measured), 1)[0])
    table.row("C3", "l1 1e-6, alpha .1, .0825, .055, .0275, .01: t1", claimed, measured, "1")
    table.row("C3", "slope of t1 in alpha", -1.0, slope, ".03")
    assert np.abs(np.array(measured) - claimed).max() <= 1
    assert slope == pytest.approx(-1.0, abs=0.03)


def test_c4_the_test_error_at_t1_is_that_of_least_squares(golden: Memory, table: Table) -> None:
    t1 = golden.results[0].t1
    assert t1 is not None
    measured = golden.at("test_error", t1)
    table.row("C4", "golden: test error at t1", 0.8449, measured, "1 %")
    assert measured == pytest.approx(0.8449, rel=0.01)
    assert golden.results[0].theory["plateau_test_error"] == pytest.approx(0.8449, abs=5e-5)


def test_c5_the_train_error_waits_at_a_multiple_of_the_strength(golden: Memory, table: Table) -> None:
    steps, error = golden.steps(), golden.series("train_error") / 1e-5
    before = float(np.median(error[(steps >= TICK) & (steps <= 10 * TICK)]))
    after = float(np.median(error[steps > 105_000]))
    table.row("C5", "golden: train error / beta, median of steps 1e3 to 1e4", 42.1, before, "1 %")
    table.row("C5", "golden: train error / beta, median after t2", "16.9 to 18.3", after, "interval")
    assert before == pytest.approx(42.1, rel=0.01)
    assert 16.9 <= after <= 18.3
