"""C38 to C41: students of a random teacher, with weight penalties and with its Jacobian."""

import math

import numpy as np
import pytest

from tests.claims.networks import first_below, half_plateau, increasing, plateau, teacher
from tests.claims.table import Claims
from tests.claims.trained import Run

START = {"per_decade": None, "first": 100, "metrics": ["train_loss", "test_loss"]}
"""Every step of a run of 100."""
PLATEAU = 1e-3
"""Strength of l1 up to which the test loss stands still after t1; with more it falls from the start on."""
LATER = {1e-2: 400, 1e-3: 1200, 1e-4: 4000, 1e-5: 15_000, 1e-6: 60_000}
"""Steps that show the half plateau, by strength of l1."""


@pytest.mark.parametrize("strength", [1e-6, 1e-4, 1e-2])
def test_c38_memorisation_takes_about_60_steps(claims: Claims, strength: float) -> None:
    _memorised(claims, strength, 3)


@pytest.mark.slow
@pytest.mark.parametrize("strength", [1e-6, 1e-4, 1e-3, 1e-2])
def test_c38_memorisation_takes_about_60_steps_for_most_teachers(claims: Claims, strength: float) -> None:
    runs = _memorised(claims, strength, 30)
    if strength <= PLATEAU:
        _plateaus(claims, strength, runs)


def _plateaus(claims: Claims, strength: float, runs: list[Run]) -> None:
    """Read off at .61 to .65, the upper quarter of teachers; a plain trainer in torch has this median too."""
    shares = [now / run.at("test_loss", 0) for run in runs if (now := plateau(run)) is not None]
    setting = f"l1 {strength:g}, {len(runs)} seeds, test loss at t1 over that at the start: median"
    claims.number("C38", setting, float(np.median(shares)), 0.59, rel=0.05)


def _memorised(claims: Claims, strength: float, seeds: int) -> list[Run]:
    runs = teacher(seeds=(0, seeds), regularization={"l1": strength}, record=START, steps=100)
    setting = f"l1 {strength:g}, {seeds} seeds"
    times = float(np.median([np.nan if run.result.t1 is None else run.result.t1 for run in runs]))
    claims.between("C38", f"{setting}: median t1 (train loss 1e-2)", times, 57, 63)
    return runs


def test_c39_the_half_plateau_time_is_a_power_of_the_strength(claims: Claims) -> None:
    _power(claims, [1e-2, 1e-3, 1e-4], 1)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_c39_the_half_plateau_time_is_a_power_of_the_strength_over_four_decades(claims: Claims) -> None:
    _power(claims, list(LATER), 3)


def _power(claims: Claims, strengths: list[float], seeds: int) -> None:
    times = [_half_plateau("l1", strength, LATER[strength], seeds) for strength in strengths]
    slope = float(np.polyfit(np.log(strengths), np.log(times), 1)[0])
    setting = f"slope of the half-plateau time in l1, {min(strengths):g} to {max(strengths):g}, {seeds} seeds"
    claims.number("C39", setting, slope, -0.61, off=0.06)


def test_c39_a_student_ends_below_ridge_regression(claims: Claims) -> None:
    _below_ridge(claims, 1e-2, 1200, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("strength", "steps"), [(1e-2, 3000), (1e-3, 8000)])
def test_c39_students_end_below_ridge_regression(claims: Claims, strength: float, steps: int) -> None:
    _below_ridge(claims, strength, steps, 3)


def _below_ridge(claims: Claims, strength: float, steps: int, seeds: int) -> None:
    runs = teacher(seeds=(0, seeds), regularization={"l1": strength}, steps=steps)
    median = float(np.median([run.at("test_r2", steps) for run in runs]))
    setting = f"l1 {strength:g}, {steps:,} steps"
    claims.between("C39", f"{setting}, seeds to {seeds - 1}: median of the final R²", median, 0.1, 0.55)
    for run in runs:
        share = run.at("test_loss", steps) / run.at("ridge_baseline", 0)
        told = f"{setting}, seed {run.spec.seed}: test loss over that of tuned ridge"
        claims.between("C39", told, share, 1, math.inf)


def test_c40_l1_is_faster_than_the_nuclear_norm_and_that_than_l2(claims: Claims) -> None:
    _order(claims, 1e-2, {"l1": 400, "nuclear": 1500, "l2": 4000}, 1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c40_l1_is_faster_than_the_nuclear_norm_and_that_than_l2_as_published(claims: Claims) -> None:
    _order(claims, 1e-3, {"l1": 1200, "nuclear": 4500, "l2": 15_000}, 3)


def _order(claims: Claims, strength: float, steps: dict[str, int], seeds: int) -> None:
    times = [_half_plateau(penalty, strength, steps[penalty], seeds) for penalty in steps]
    setting = f"half-plateau times of l1, nuclear, l2 at {strength:g}, {seeds} seeds"
    measured = ", ".join(f"{time:,.0f}" for time in times)
    claims.holds("C40", setting, "increasing", measured, increasing(times))


def _half_plateau(penalty: str, strength: float, steps: int, seeds: int) -> float:
    """The median over seeds; not a number where a run has none."""
    record = {"metrics": ["train_loss", "test_loss"]}
    runs = teacher(seeds=(0, seeds), regularization={penalty: strength}, record=record, steps=steps)
    return float(np.median([np.nan if (time := half_plateau(run)) is None else time for run in runs]))


def test_c41_jacobians_teach(claims: Claims) -> None:
    run = _sobolev(claims, 1500, 1)[0]
    claims.between("C41", "seed 0, 1,500 steps: ‖theta‖_1", run.at("l1_norm", 1500), 500, math.inf)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c41_jacobians_teach_what_ridge_regression_cannot(claims: Claims) -> None:
    steps = 11_000
    for run in _sobolev(claims, steps, 3):
        setting = f"seed {run.spec.seed}, {steps:,} steps"
        claims.number("C41", f"{setting}: test loss", run.at("test_loss", steps), 0.011, rel=0.2)
        share = run.at("test_loss", steps) / run.at("ridge_baseline", 0)
        claims.between("C41", f"{setting}: test loss over that of tuned ridge", share, 0, 0.5)
        claims.number("C41", f"{setting}: R²", run.at("test_r2", steps), 0.86, off=0.1)
        claims.between("C41", f"{setting}: ‖theta‖_1", run.at("l1_norm", steps), 2000, math.inf)


def _sobolev(claims: Claims, steps: int, seeds: int) -> list[Run]:
    runs = teacher(seeds=(0, seeds), regularization={"sobolev_1": 0.1}, steps=steps)
    for run in runs:
        time = first_below(run, "test_loss", 0.1)
        claims.number("C41", f"seed {run.spec.seed}: first step with test loss .1", time, 1060, rel=0.15)
    return runs
