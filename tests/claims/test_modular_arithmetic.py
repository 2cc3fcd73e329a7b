"""C32 to C37: modular addition, p = 97, as published."""

import math
import statistics
from typing import Any

import pytest

from core.spec import layers_of
from tests.claims.networks import increasing, modular, peak
from tests.claims.table import Claims
from tests.claims.trained import Run

GOLDEN = "p = 97, full batch, betas .9, .99, alpha 1e-3, l2 1e-6"
TIMES = {
    ("l1", 1e-5): 1270,
    ("l1", 1e-6): 1900,
    ("l1", 1e-7): 2670,
    ("l2", 5e-5): 1590,
    ("l2", 1e-6): 2950,
    ("nuclear", 1e-4): 990,
    ("nuclear", 1e-6): 2410,
}
"""t2 at alpha 1e-2 by penalty and strength."""


def test_c32_parameters_and_their_norms_at_the_start(claims: Claims) -> None:
    norms = {"metrics": ["l1_norm", "l2_norm", "nuclear_norm"]}
    run = modular(problem={"split": "published"}, record=norms, steps=1)[0]
    problem = run.spec.network_problem
    claims.number("C32", "parameters", sum(layer.size for layer in layers_of(run.spec)), 22_720)
    claims.number("C32", "pairs that are trained on", problem.train_rows, 3763)
    claims.number("C32", "pairs that are tested on", problem.test_rows, 5646)
    claims.number("C32", "‖theta‖_2 at step 0", run.at("l2_norm", 0), 13.1, off=0.15)
    claims.number("C32", "‖theta‖_1 at step 0", run.at("l1_norm", 0), 1545, off=15)
    claims.number("C32", "sum of nuclear norms at step 0", run.at("nuclear_norm", 0), 174, rel=0.05)


@pytest.mark.slow
def test_c33_the_golden_network_overfits_first(claims: Claims) -> None:
    run = modular(seeds=(1, 1), regularization={"l2": 1e-6}, steps=2400)[0]
    claims.number("C33", f"{GOLDEN}, seed 1: t1", run.result.t1, 540, off=30)
    _overfitted(claims, run)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_c33_the_golden_network_groks(claims: Claims) -> None:
    """t1 and t2 differ from seed to seed, and t2 of one seed by some percent with the rounding of float32."""
    stop = {"when_generalised": True, "patience_factor": 1}
    runs = modular(seeds=(0, 3), regularization={"l2": 1e-6}, steps=12_000, stop=stop)
    for run in runs:
        _overfitted(claims, run)
    memorised = [math.inf if run.result.t1 is None else run.result.t1 for run in runs]
    claims.number("C33", f"{GOLDEN}: median t1 of 3 seeds", statistics.median(memorised), 540, off=30)
    times = [math.inf if run.result.t2 is None else run.result.t2 for run in runs]
    claims.between("C33", f"{GOLDEN}: median t2 of 3 seeds", statistics.median(times), 6500, 10_000)
    claims.between("C33", f"{GOLDEN}: largest t2 of 3 seeds", max(times), 6500, 12_000)


def _overfitted(claims: Claims, run: Run) -> None:
    setting = f"{GOLDEN}, seed {run.spec.seed}"
    (norm, step), (loss, _) = peak(run, "l2_norm"), peak(run, "test_loss")
    claims.number("C33", f"{setting}: largest ‖theta‖_2", norm, 92.6, off=1.5)
    claims.number("C33", f"{setting}: step of the largest ‖theta‖_2", step, 2160, off=100)
    claims.number("C33", f"{setting}: largest test loss", loss, 40, off=2)


@pytest.mark.slow
def test_c34_a_longer_memory_of_squares_delays(claims: Claims) -> None:
    """The strength and the rate with which betas .9, .99 grok at 1590."""
    _not_yet(claims, 1e-2, 5e-5, 2000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c34_a_longer_memory_of_squares_delays_as_published(claims: Claims) -> None:
    _not_yet(claims, 1e-3, 1e-6, 10_000)


def _not_yet(claims: Claims, alpha: float, strength: float, steps: int) -> None:
    method = {"learning_rate": alpha, "betas": [0.9, 0.999]}
    run = modular(optimizer=method, regularization={"l2": strength}, steps=steps)[0]
    setting = f"betas .9, .999, alpha {alpha:g}, l2 {strength:g}: test accuracy at {steps:,}"
    claims.between("C34", setting, run.at("test_accuracy", steps), 0, 0.05)


@pytest.mark.slow
def test_c35_all_three_penalties_grok(claims: Claims) -> None:
    for penalty, strength in (("l2", 5e-5), ("nuclear", 1e-4)):
        _delay(claims, "C35", 1e-2, penalty, strength, TIMES[penalty, strength])


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("penalty", ["l1", "l2", "nuclear"])
def test_c35_a_smaller_strength_takes_longer(claims: Claims, penalty: str) -> None:
    known = {strength: time for (name, strength), time in TIMES.items() if name == penalty}
    times = [_delay(claims, "C35", 1e-2, penalty, strength, time) for strength, time in known.items()]
    measured = ", ".join("none" if time is None else f"{time:,}" for time in times)
    setting = f"alpha 0.01, t2 of {penalty} for ever smaller strengths"
    claims.holds("C35", setting, "increasing", measured, increasing(times))


def _delay(
    claims: Claims, claim: str, alpha: float, penalty: str, strength: float, claimed: int
) -> int | None:
    method: dict[str, Any] = {"learning_rate": alpha, "batch_size": 2048 if penalty == "nuclear" else None}
    run = modular(
        optimizer=method,
        regularization={penalty: strength},
        steps=round(1.3 * claimed),
        stop={"when_generalised": True, "patience_factor": 1},
    )[0]
    setting = f"alpha {alpha:g}, {penalty} {strength:g}: t2"
    claims.number(claim, setting, run.result.t2, claimed, rel=0.2)
    return run.result.t2


@pytest.mark.slow
def test_c35_and_c37_with_l1_the_norm_grows_after_generalisation(claims: Claims) -> None:
    _grown(claims, 2400)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c37_with_l1_the_norm_grows_after_generalisation_as_published(claims: Claims) -> None:
    _grown(claims, 6090)


def _grown(claims: Claims, steps: int) -> None:
    run = modular(optimizer={"learning_rate": 1e-2}, regularization={"l1": 1e-5}, steps=steps)[0]
    claims.number("C35", f"alpha 0.01, l1 1e-05, {steps:,} steps: t2", run.result.t2, 1270, rel=0.2)
    understood = run.series("test_accuracy") >= 0.999
    norm, entries = run.series("l2_norm")[understood], run.series("l1_norm")[understood]
    setting = f"alpha 0.01, l1 1e-05, {steps:,} steps, while test accuracy >= .999"
    growth = float(norm[-1] / norm.min())
    claims.between("C37", f"{setting}: last ‖theta‖_2 over its least", growth, 1.25, math.inf)
    lowest = float(entries[-1] / entries.min())
    claims.between("C37", f"{setting}: last ‖theta‖_1 over its least", lowest, 1, 1.01)
