"""Claims C6 and C7: the delay law and the error floors of the three methods."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.claims.runs import SPARSE_RECORD, axis, golden_gap, trained
from tests.claims.table import Table

FLOORS: dict[str, tuple[Callable[[float], float], float]] = {
    "subgradient": (lambda alpha: 0.070 + 0.65 * alpha, 0.03),
    "proximal": (lambda alpha: 0.0703, 0.01),
    "projected_subgradient": (lambda alpha: 0.58 * alpha, 0.05),
}


def _constants(rates: list[float], beta: float, steps: int) -> list[float]:
    """t2 alpha beta / ||a_LS - a*||_inf for each rate."""
    sweep = {"axes": [axis("/optimizer/learning_rate", *rates)]}
    memory = trained(steps=steps, regularization={"l1": beta}, record=SPARSE_RECORD, sweep=sweep)
    found = [memory.results[member].t2 for member in range(len(rates))]
    return [
        t2 * rate * beta / golden_gap() if t2 is not None else np.inf
        for t2, rate in zip(found, rates, strict=True)
    ]


def _check_law(table: Table, setting: str, products: list[float], constants: list[float]) -> None:
    table.row("C6", f"{setting}: t2 alpha beta / gap", 1.443, constants, ".005")
    assert constants == pytest.approx([1.443] * len(constants), abs=0.005)
    # t2 = c / (alpha beta): c that drifts would change the slope from -1.
    slope = float(np.polyfit(np.log(products), np.log(np.array(constants) / products), 1)[0])
    table.row("C6", f"{setting}: slope of t2 in alpha beta", -1.0, slope, ".005")
    assert slope == pytest.approx(-1.0, abs=0.005)


def test_c6_the_delay_goes_as_one_over_rate_times_strength(table: Table) -> None:
    rates = [0.1, 0.0825, 0.055, 0.0275]
    constants = _constants(rates, 1e-5, 370_000)
    _check_law(table, "beta 1e-5, alpha .1 to .0275", [rate * 1e-5 for rate in rates], constants)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_c6_over_four_decades(table: Table) -> None:
    low, high = [0.1, 0.0275, 0.005], [0.1, 0.055, 0.0275, 0.01, 0.005]
    constants = [*_constants(high, 1e-5, 2_020_000), *_constants(low, 1e-6, 20_200_000)]
    products = [rate * 1e-5 for rate in high] + [rate * 1e-6 for rate in low]
    _check_law(table, "alpha .1 to .005, beta 1e-5 and 1e-6", products, constants)


def _floor(kind: str, alpha: float, beta: float) -> float:
    """Mean of ||a - a*||_1 / n over the last sixth of 2.2 t2, over beta."""
    steps = int(2.2 * 1.443 * 0.0695463 / (alpha * beta))
    memory = trained(
        steps=steps,
        regularization={"l1": beta},
        optimizer={"kind": kind, "learning_rate": alpha},
        record={
            "first": 0,
            "per_decade": None,
            "every": max(1, steps // 3000),
            "metrics": ["l1_error_per_dimension"],
        },
    )
    late = memory.steps() > 5 * steps // 6
    return float(memory.series("l1_error_per_dimension")[late].mean()) / beta


def _check_floor(table: Table, kind: str, alpha: float, beta: float) -> None:
    law, tolerance = FLOORS[kind]
    measured, claimed = _floor(kind, alpha, beta), law(alpha)
    setting = f"{kind}, alpha {alpha:g}, beta {beta:g}: floor / beta"
    table.row("C7", setting, claimed, measured, f"{100 * tolerance:.0f} %")
    assert measured == pytest.approx(claimed, rel=tolerance)


@pytest.mark.parametrize("alpha", [0.1, 0.05])
@pytest.mark.parametrize("kind", FLOORS)
def test_c7_floors_of_the_methods(table: Table, kind: str, alpha: float) -> None:
    _check_floor(table, kind, alpha, 1e-4)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("alpha", [0.1, 0.01])
@pytest.mark.parametrize("kind", FLOORS)
def test_c7_floors_at_the_published_strength(table: Table, kind: str, alpha: float) -> None:
    _check_floor(table, kind, alpha, 1e-5)
