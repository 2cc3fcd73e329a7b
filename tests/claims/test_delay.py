"""C2 to C4 and C6: when the golden instance is memorised, and when it is understood."""

import numpy as np
import pytest

from tests.claims.table import Claims
from tests.claims.trained import GOLDEN_GAP, Run, record, tick, trained

MEMORISED = {0.1: 56, 0.0825: 68, 0.055: 104, 0.0275: 209, 0.01: 578}
"""t1 by learning rate at l1 1e-6."""
GOLDEN_TEST = {1_000: 0.82804582, 10_000: 0.70371566, 100_000: 0.00286110356, 1_000_000: 2.19096068e-4}
GOLDEN_TRAIN = {
    1_000: 4.128513790e-4,
    10_000: 4.192990739e-4,
    100_000: 2.878678478e-4,
    1_000_000: 2.208609114e-4,
}
GOLDEN_L1 = {1_000: 0.60586046, 10_000: 0.48249554, 100_000: 0.29119190, 1_000_000: 0.29086998}


def golden(steps: int) -> Run:
    """The golden run with its published noise."""
    kept = {**record("train_error", "test_error", "l1_norm"), "every": 1000}
    return trained(problem={"snr": 1e8}, steps=steps, record=kept)[0]


def test_c2_the_golden_run_memorises_at_60_and_groks_at_101000(claims: Claims) -> None:
    run = golden(102_000)
    _values(claims, run)
    claims.number("C2", "golden, SNR 1e8: t1", run.result.t1, 60)
    claims.number("C2", "golden, SNR 1e8: t2", run.result.t2, 100_347, off=1)
    claims.number("C2", "golden, SNR 1e8: t2 on the published schedule", tick(run.result.t2), 101_000)


@pytest.mark.slow
def test_c2_the_golden_run_over_a_million_steps(claims: Claims) -> None:
    _values(claims, golden(1_000_000))


def _values(claims: Claims, run: Run) -> None:
    series = {"train_error": GOLDEN_TRAIN, "test_error": GOLDEN_TEST, "l1_norm": GOLDEN_L1}
    for name, published in series.items():
        for step, value in published.items():
            if step <= run.steps[-1]:
                setting = f"golden, SNR 1e8: {name} at {step:,}"
                claims.number("C2", setting, run.at(name, step), value, rel=1e-6)


def test_c3_memorisation_takes_one_over_alpha(claims: Claims) -> None:
    runs = trained(
        ("/optimizer/learning_rate", list(MEMORISED)),
        regularization={"l1": 1e-6},
        steps=700,
        record=record("train_error", "test_error", first=700),
    )
    found = [run.result.t1 for run in runs]
    for (alpha, step), t1 in zip(MEMORISED.items(), found, strict=True):
        claims.number("C3", f"t1, alpha {alpha}, l1 1e-6", t1, step, off=1)
    claims.number("C3", "slope of log t1 in log alpha", _slope(list(MEMORISED), found), -1, off=0.03)


def test_c4_what_is_memorised_is_the_least_squares_solution(claims: Claims) -> None:
    run = trained(steps=100, record=record("test_error", first=100))[0]
    assert run.result.t1 is not None
    expected = run.result.theory["plateau_test_error"]
    claims.number("C4", "‖a_LS - a*‖ / ‖a*‖, golden", expected, 0.8449, off=5e-5)
    claims.number("C4", "test error at t1, golden", run.at("test_error", run.result.t1), expected, rel=0.01)


def test_c6_the_delay_is_one_over_alpha_beta(claims: Claims) -> None:
    _delays(claims, [(0.1, 1e-5), (0.0825, 1e-5), (0.055, 1e-5)])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_c6_the_delay_is_one_over_alpha_beta_over_two_decades(claims: Claims) -> None:
    rates = [0.1, 0.0275, 0.01, 0.005]
    _delays(claims, [(alpha, beta) for beta in (1e-5, 1e-6) for alpha in rates])


def _delays(claims: Claims, settings: list[tuple[float, float]]) -> None:
    products = [alpha * beta for alpha, beta in settings]
    axes = {"paths": ["/optimizer/learning_rate", "/regularization/l1"], "values": settings}
    runs = trained(
        axes,
        steps=round(0.105 / min(products)),
        stop={"when_generalised": True, "patience_factor": 1},
        record=record("test_error"),
    )
    found = [run.result.t2 for run in runs]
    for (alpha, beta), step in zip(settings, found, strict=True):
        constant = None if step is None else step * alpha * beta / GOLDEN_GAP
        claims.number("C6", f"t2 αβ / ‖a_LS - a*‖_∞, alpha {alpha}, l1 {beta}", constant, 1.443, off=0.005)
    setting = f"slope of log t2 in log αβ, αβ {min(products):.3g} to {max(products):.3g}"
    claims.number("C6", setting, _slope(products, found), -1, off=0.005)


def _slope(x: list[float], y: list[int | None]) -> float:
    return float(np.polyfit(np.log(x), np.log(np.array(y, np.float64)), 1)[0])
