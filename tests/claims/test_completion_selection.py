"""C31: entries of large leverage help completion, unlike selected rows in sparse recovery."""

import math
import statistics
from collections.abc import Mapping

import pytest

from tests.claims.table import Claims
from tests.claims.trained import record, trained

Times = list[float]


def test_c31_selected_entries_help(claims: Claims) -> None:
    _helped(claims, 1.0, 1e-3, [0.8, 1.0], 9)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c31_selected_entries_help_at_a_smaller_strength(claims: Claims) -> None:
    _helped(claims, 1.0, 1e-4, [0.5, 0.8, 0.9, 1.0], 9)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_c31_selected_entries_help_at_the_published_setting(claims: Claims) -> None:
    times = _times([0.0, 0.9], 0.1, 1e-5, 3, 5_000_000)
    for share, found in times.items():
        setting = f"N = 70, figure 8 (5e6 steps), 3 seeds, tau {share}"
        recovered = sum(map(math.isfinite, found))
        claims.number("C31", f"{setting}: seeds recovered", recovered, 0 if share == 0 else 3)
    slowest = max(times[0.9])
    claims.between("C31", "N = 70, figure 8, tau 0.9: latest t2 of 3 seeds", slowest, 1.5e6, 4.2e6)


def _helped(claims: Claims, alpha: float, beta: float, shares: list[float], seeds: int) -> None:
    # About three times as long as the shares from .5 on take in figure 8.
    steps = round(12 / (alpha * beta))
    times = _times([0.0, *shares], alpha, beta, seeds, steps)
    setting = f"N = 70, alpha {alpha:g}, nuclear {beta}, {steps:,} steps, {seeds} seeds, tau"
    for share, found in times.items():
        recovered = sum(map(math.isfinite, found))
        low, high = (0, seeds // 3) if share == 0 else (seeds // 2 + 1, seeds)
        claims.between("C31", f"{setting} {share}: seeds recovered", recovered, low, high)
        if share >= 0.8:
            # A run that did not recover took more than the steps that it had.
            pairs = zip(times[0.0], found, strict=True)
            speed = statistics.median(min(a, steps) / min(b, steps) for a, b in pairs)
            claims.between("C31", f"{setting} {share}: median speed-up at least", speed, 3, math.inf)


def _times(shares: list[float], alpha: float, beta: float, seeds: int, steps: int) -> Mapping[float, Times]:
    """t2 by share and seed, infinite where there is none."""
    runs = trained(
        ("/problem/coherence", shares),
        seeds=(0, seeds),
        problem={"kind": "matrix_completion", "measurements": 70},
        rng="default",
        optimizer={"learning_rate": alpha},
        regularization={"nuclear": beta},
        steps=steps,
        detect={"train_threshold": 1e-2, "test_threshold": 1e-2},
        record=record("test_error"),
    )
    found = [math.inf if run.result.t2 is None else float(run.result.t2) for run in runs]
    return {share: found[place * seeds :][:seeds] for place, share in enumerate(shares)}
