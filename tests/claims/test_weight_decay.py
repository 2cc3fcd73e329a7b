"""C12 and C13: the squared l2 norm alone makes the test error fall, and never finds the signal."""

import math
from typing import Any

import numpy as np
import pytest

from core.spec import engine_of
from tests.claims.table import Claims
from tests.claims.trained import record, trained

FIGURE_7: dict[str, Any] = {
    "problem": {"snr": 1e8},
    "regularization": {"l2_squared": 1e-5},
    "model": {"init": {"kind": "constant", "scale": 10.0}},
}
STARTS = [
    {"kind": "zeros"},
    {"kind": "constant", "scale": 1e-6},
    {"kind": "constant", "scale": 10.0},
    {"kind": "normal", "scale": 1.0},
    {"kind": "least_squares", "scale": 1.0},
]


def test_c12_the_test_error_drops_without_recovery(claims: Claims) -> None:
    run = trained(**FIGURE_7, steps=10**8)[0]
    claims.number("C12", "figure 7: t1", run.result.t1, 118)
    claims.number("C12", "figure 7: test error at 1e3", run.at("test_error", 1000), 548.6, off=0.05)
    fall = run.at("test_error", 1000) / run.at("test_error", 1_000_000)
    claims.number("C12", "figure 7: e-folding time", 999_000 / math.log(fall), 1e6, rel=0.01)
    last = float(run.series("test_error")[-1])
    claims.number("C12", "figure 7: final test error", last, 0.84495, off=1e-5)
    bound = run.result.theory["projection_bound"]
    claims.number("C12", "figure 7: final test error, against the projection bound", last, bound, off=1e-5)
    claims.number("C12", "figure 7: final ‖a‖_2", float(run.series("l2_norm")[-1]), 0.08402, off=5e-6)


def test_c12_iteration_is_the_closed_form(claims: Claims) -> None:
    kept = record("train_error", "test_error", "parameters", per_decade=50, first=200)
    formula, loop = (
        trained(**FIGURE_7, steps=100_000, record=kept, engine=engine)[0]
        for engine in ("closed_form", "loop")
    )
    assert (engine_of(formula.spec), engine_of(loop.spec)) == ("closed_form", "loop")
    setting = "figure 7 to 1e5: loop over closed form"
    a, b = formula.vectors("parameters"), loop.vectors("parameters")
    distance = np.linalg.norm(a - b, axis=1) / np.linalg.norm(a, axis=1)
    claims.between("C12", f"{setting}, ‖difference of a‖ / ‖a‖", float(distance.max()), 0, 1e-8)
    test, other = formula.series("test_error"), loop.series("test_error")
    relative = float(np.abs(test / other - 1).max())
    claims.between("C12", f"{setting}, relative difference of the test error", relative, 0, 1e-8)
    # The residual is what is left of a sum of terms of the size of a: rounding counts against its start.
    train, other = formula.series("train_error"), loop.series("train_error")
    scaled = float(np.abs(train - other).max() / train[0])
    claims.between("C12", f"{setting}, difference of the train error over its start", scaled, 0, 1e-8)


@pytest.mark.parametrize("start", STARTS, ids=lambda start: f"{start['kind']}-{start.get('scale', 0)}")
def test_c13_no_start_is_recovered_from(claims: Claims, start: dict[str, object]) -> None:
    runs = trained(
        ("/problem/measurements", range(1, 100)),
        ("/regularization/l2_squared", [1e-5, 1e-2]),
        regularization={},
        model={"init": start},
        optimizer={"learning_rate": 0.01},
        steps=10**12,
        rng="default",
        record=record("test_error", per_decade=1),
    )
    above = [float(run.series("test_error")[-1]) - run.result.theory["projection_bound"] for run in runs]
    words = f"{start['kind']} start" + (f" of scale {start['scale']:g}" if "scale" in start else "")
    setting = f"{words}, N = 1 .. 99: least final test error over the projection bound"
    claims.between("C13", setting, min(above), -1e-6, math.inf)
