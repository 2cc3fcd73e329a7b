"""C5 and C7: what errors the penalty leaves before and after the transition of the golden instance."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.claims.table import Claims
from tests.claims.trained import Run, record, trained

RATES = [0.1, 0.0825, 0.055, 0.0275]
Slope = Callable[[float], float]
FLOORS: dict[str, tuple[Slope, float]] = {
    "subgradient": (lambda alpha: 0.070 + 0.65 * alpha, 0.03),
    "proximal": (lambda alpha: 0.0703, 0.01),
    "projected_subgradient": (lambda alpha: 0.58 * alpha, 0.05),
}
"""‖a - a*‖_1 / n over beta, and its tolerance."""


def test_c5_the_train_error_has_two_levels(claims: Claims) -> None:
    _levels(claims, 1e-4, RATES)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_c5_the_train_error_has_two_levels_at_the_published_strength(claims: Claims) -> None:
    _levels(claims, 1e-5, RATES)


def _levels(claims: Claims, beta: float, rates: list[float]) -> None:
    last = round(0.2 / (min(rates) * beta))
    for run in _runs("subgradient", beta, rates, last, "train_error"):
        t1, t2 = run.result.t1, run.result.t2
        assert t1 is not None
        assert t2 is not None
        setting = f"alpha {_alpha(run)}, l1 {beta}: train error / beta"
        before = _mean(run, "train_error", 2 * t1, t2 / 10)
        after = _mean(run, "train_error", 1.1 * t2, last)
        claims.number("C5", f"{setting} to a tenth of the delay", before / beta, 42.1, rel=0.01)
        claims.between("C5", f"{setting} after t2", after / beta, 16.9, 18.3)


@pytest.mark.parametrize("method", FLOORS)
def test_c7_floors_are_proportional_to_beta(claims: Claims, method: str) -> None:
    _floors(claims, method, 1e-4, RATES)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("method", FLOORS)
def test_c7_floors_are_proportional_to_beta_at_the_published_strength(claims: Claims, method: str) -> None:
    _floors(claims, method, 1e-5, [*RATES, 0.01])


def _floors(claims: Claims, method: str, beta: float, rates: list[float]) -> None:
    slope, tolerance = FLOORS[method]
    last = round(0.2 / (min(rates) * beta))
    for run in _runs(method, beta, rates, last, "l1_error_per_dimension"):
        floor = _mean(run, "l1_error_per_dimension", 0.75 * last, last) / beta
        setting = f"{method}, alpha {_alpha(run)}, l1 {beta}: ‖a - a*‖_1 / (n beta)"
        claims.number("C7", setting, floor, slope(_alpha(run)), rel=tolerance)


def _runs(method: str, beta: float, rates: list[float], last: int, metric: str) -> list[Run]:
    # Thresholds scale with the floors.
    levels = {"train_threshold": 100 * beta, "test_threshold": 100 * beta}
    over: dict[str, Any] = {"optimizer": {"kind": method}, "regularization": {"l1": beta}, "detect": levels}
    kept = {**record(metric, first=1000), "every": 50}
    return trained(("/optimizer/learning_rate", rates), **over, steps=last, record=kept)


def _alpha(run: Run) -> float:
    assert run.spec.optimizer.kind != "convex"
    return run.spec.optimizer.learning_rate


def _mean(run: Run, name: str, first: float, last: float) -> float:
    """Mean over the recorded multiples of 50: the iterates oscillate about their level."""
    kept = (run.steps >= first) & (run.steps <= last) & (run.steps % 50 == 0)
    return float(np.mean(run.series(name)[kept]))
