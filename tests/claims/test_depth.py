"""C15, C18 and C20: what depth finds without a penalty, and with weight decay."""

import numpy as np
import pytest

from core.convex import reference
from core.problems import draw
from tests.claims.table import Claims
from tests.claims.trained import GOLDEN_SIGNAL, Run, record, trained

NUMBERS = [10, 20, 30, 40]
PUBLISHED = {
    1: [0.1516, 0.1423, 0.1327, 0.1202],
    2: [0.1258, 0.0360, 0.0200, 0.0174],
    3: [0.1220, 0.0173, 0.0140, 0.0131],
}
"""Least ‖a - a*‖_2 over 1e6 steps for N = 10, 20, 30, 40, by depth."""
SYMMETRIC = {1e-2: 0.0207, 1e-3: 0.0039, 1e-4: 0.00079}
"""‖a - a*‖_2 after 3e5 steps of depth 2, by start."""


def least_errors(depth: int, numbers: list[int], steps: int) -> list[float]:
    """Least ‖a - a*‖_2 over the steps, from the published start; oracle stopping."""
    start = {"kind": "constant", "scale": 1e-6 if depth == 1 else 1e-2}
    runs = trained(
        ("/problem/measurements", numbers),
        model={"depth": depth, "init": start},
        regularization={},
        steps=steps,
        record=record("test_error", per_decade=200),
    )
    return [GOLDEN_SIGNAL * float(run.series("test_error").min()) for run in runs]


@pytest.mark.parametrize(("depth", "steps"), [(1, 10**6), (2, 12_000)])
def test_c15_depth_approaches_the_signal(claims: Claims, depth: int, steps: int) -> None:
    _published(claims, depth, steps)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("depth", [2, 3])
def test_c15_depth_approaches_the_signal_over_a_million_steps(claims: Claims, depth: int) -> None:
    _published(claims, depth, 10**6)


def _published(claims: Claims, depth: int, steps: int) -> None:
    errors = least_errors(depth, NUMBERS, steps)
    for number, error, published in zip(NUMBERS, errors, PUBLISHED[depth], strict=True):
        setting = f"published start, L = {depth}, N = {number}, {steps:,} steps: least ‖a - a*‖_2"
        claims.number("C15", setting, error, published, rel=0.02)


def test_c18_a_symmetric_start_recovers_below_the_floor(claims: Claims) -> None:
    floor = 0.0127  # The negative part of a*, out of reach of the published start.
    runs = trained(
        ("/model/init/scale", list(SYMMETRIC)),
        model={"depth": 2, "init": {"kind": "sign_symmetric", "scale": 1.0}},
        regularization={},
        steps=300_000,
        record=record("test_error"),
    )
    errors = [GOLDEN_SIGNAL * float(run.series("test_error")[-1]) for run in runs]
    for start, error in zip(SYMMETRIC, errors, strict=True):
        setting = f"L = 2, N = 30, sign-symmetric start {start}: ‖a - a*‖_2 after 300,000 steps"
        claims.number("C18", setting, error, SYMMETRIC[start], rel=0.05)
    claims.between("C18", "L = 2, start 1e-4, against the floor", errors[-1], 0, floor)
    shallow = least_errors(1, [30], 300_000)[0]
    claims.number("C18", "L = 1, N = 30: least ‖a - a*‖_2", shallow, 0.1327, rel=0.05)


def decayed(steps: int) -> Run:
    """Depth 2 with weight decay on its factors."""
    return trained(
        model={"depth": 2, "init": {"kind": "sign_symmetric", "scale": 1.0}},
        optimizer={"learning_rate": 0.05},
        regularization={"l2_squared": 1e-3},
        detect={"train_threshold": 1e-2, "test_threshold": 0.1},
        steps=steps,
        record=record("test_error", "parameters"),
    )[0]


def test_c20_depth_with_weight_decay_groks(claims: Claims) -> None:
    run = decayed(110_000)
    claims.number("C20", "L = 2, l2_squared 1e-3: t1 (train < 1e-2)", run.result.t1, 61)
    claims.number("C20", "L = 2, l2_squared 1e-3: t2 (test < .1)", run.result.t2, 1.08e5, rel=0.01)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_c20_depth_with_weight_decay_ends_at_the_lasso_solution(claims: Claims) -> None:
    run = decayed(1_000_000)
    last = float(run.series("test_error")[-1])
    claims.number("C20", "L = 2, l2_squared 1e-3: final test error", last, 0.0215, off=5e-5)
    instance = draw(run.spec)
    # The least (beta/2)(u^2 + v^2) with uv = a is beta |a|.
    lasso = reference(instance.operator, instance.targets, 1e-3)
    distance = np.linalg.norm(run.vectors("parameters")[-1] - lasso) / np.linalg.norm(lasso)
    claims.between("C20", "final relative distance to the lasso solution", float(distance), 0, 1e-3)
