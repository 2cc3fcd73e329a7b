"""C21 and C22: measurements that see single coordinates are coherent, and hurt recovery."""

import math
import statistics

import pytest

from core.problems import theory
from tests.claims.table import Claims
from tests.claims.trained import record, trained
from tests.core.training.memory import cells_of

SHARES = [0.0, 0.1, 0.2, 0.3, 0.5]
SEEDS = (0, 11)


def test_c21_selected_measurements_delay_and_prevent_recovery(claims: Claims) -> None:
    _selected(claims, 1e-4, 1e-2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c21_selected_measurements_delay_and_prevent_recovery_at_the_published_strength(
    claims: Claims,
) -> None:
    _selected(claims, 1e-5, 1e-3)


def _selected(claims: Claims, beta: float, threshold: float) -> None:
    steps = round(0.5 / (0.1 * beta))
    runs = trained(
        ("/problem/coherence", SHARES),
        seeds=SEEDS,
        regularization={"l1": beta},
        rng="default",
        steps=steps,
        record=record("test_error"),
        detect={"train_threshold": 100 * beta, "test_threshold": threshold},
    )
    medians = [
        statistics.median(
            math.inf if run.result.t2 is None else run.result.t2
            for run in runs
            if run.spec.problem.identity()["coherence"] == share
        )
        for share in SHARES
    ]
    setting = f"N = 30, l1 {beta}, {SEEDS[1]} seeds, {steps:,} steps: median t2"
    for share, median in zip(SHARES, medians, strict=True):
        words = f"{median:,.0f}" if math.isfinite(median) else "none"
        earlier = [m for s, m in zip(SHARES, medians, strict=True) if s < share]
        grows = all(m < median or m == median == math.inf for m in earlier)
        met = math.isfinite(median) if share == 0 else math.isinf(median) if share == 0.5 else grows
        claimed = {0.0: "finite", 0.5: "none"}.get(share, "grows")
        claims.holds("C21", f"{setting}, tau {share}", claimed, words, met)


@pytest.mark.parametrize("basis", ["identity", "orthonormal"])
def test_c22_one_selected_measurement_is_fully_coherent(claims: Claims, basis: str) -> None:
    axes = [
        {"path": "/problem/measurements", "values": [1, 2, 4, 5, 6, 9, 10, 11, 49, 50, 99]},
        {"path": "/problem/coherence", "values": [0.0, 0.01, 0.1, 0.5, 1.0]},
    ]
    cells = cells_of(
        problem={"basis": basis}, steps=1, sweep={"axes": axes, "seeds": {"start": 1, "count": 2}}
    )
    found: dict[bool, list[float]] = {True: [], False: []}
    for cell in cells:
        problem = cell.spec.linear_problem
        selected = round(problem.identity()["coherence"] * problem.measurements) >= 1
        found[selected].append(theory(cell.spec)["mutual_coherence"])
    setting = f"{basis} basis, N 1 .. 99, tau 0 .. 1: coherence"
    claims.between("C22", f"{setting} with a selected row, least", min(found[True]), 1 - 1e-12, 1 + 1e-12)
    claims.between("C22", f"{setting} without one, largest", max(found[False]), 0, 0.99)
