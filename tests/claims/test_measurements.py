"""C9 to C11: how many measurements recovery takes, how long it takes, and that the method does not matter."""

import itertools
import math

import numpy as np
import pytest

from core.convex import reference
from core.problems import draw
from tests.claims.table import Claims
from tests.claims.trained import Run, record, tick, trained

METHODS = ["subgradient", "proximal", "projected_subgradient"]
UNDERSTOOD = {
    30: 101_000, 40: 51_000, 50: 39_000, 60: 29_000, 70: 20_000, 80: 14_000, 90: 6_000, 100: 4_000
}  # fmt: skip
MEMORISED = {30: 60, 40: 101, 50: 163, 60: 556, 70: 926, 80: 3_000, 90: 5_000, 100: 4_000}
TICK = 1000


def over_measurements(
    numbers: list[int], steps: int, sparsity: int = 5, method: str = METHODS[0]
) -> list[Run]:
    """One run for each N."""
    return trained(
        ("/problem/measurements", numbers),
        problem={"sparsity": sparsity},
        optimizer={"kind": method},
        steps=steps,
        record=record("test_error", "l0_norm", "parameters"),
    )


@pytest.fixture(scope="module")
def golden() -> dict[int, Run]:
    """The golden signal seen through 30 to 100 measurements."""
    return dict(zip(UNDERSTOOD, over_measurements(list(UNDERSTOOD), 102_000), strict=True))


@pytest.mark.parametrize("method", METHODS[1:])
def test_c9_the_methods_understand_at_the_same_time(
    claims: Claims, golden: dict[int, Run], method: str
) -> None:
    # A square design leaves the projection nothing to do: it ends at a* in one step.
    numbers = [n for n in golden if n < 100]
    other = dict(zip(numbers, over_measurements(numbers, 102_000, method=method), strict=True))
    for number, run in other.items():
        _same_time(claims, f"s = 5, N = {number}", method, run, golden[number])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("sparsity", "least"), [(10, 50), (15, 50)])
@pytest.mark.parametrize("method", METHODS[1:])
def test_c9_the_methods_understand_at_the_same_time_whatever_the_sparsity(
    claims: Claims, sparsity: int, least: int, method: str
) -> None:
    numbers = list(range(least, 100, 10))
    plain, other = (over_measurements(numbers, 250_000, sparsity, kind) for kind in (METHODS[0], method))
    for number, run, expected in zip(numbers, other, plain, strict=True):
        _same_time(claims, f"s = {sparsity}, N = {number}", method, run, expected)


def _same_time(claims: Claims, setting: str, method: str, run: Run, reference: Run) -> None:
    assert reference.result.t2 is not None
    claims.number("C9", f"{setting}: t2 of {method}", run.result.t2, reference.result.t2, off=TICK)


def test_c9_proximal_steps_end_with_exact_zeros(claims: Claims) -> None:
    for method, expected in (("proximal", True), ("subgradient", False)):
        last = over_measurements([40], 60_000, method=method)[0].vectors("parameters")[-1]
        zeros = int((last == 0).sum())
        setting = f"N = 40, {method}: entries that are zero"
        claims.holds("C9", setting, "95" if expected else "0", str(zeros), zeros == (95 if expected else 0))


def test_c10_recovery_takes_more_than_20_measurements(claims: Claims) -> None:
    _not_recovered(claims, 300_000)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_c10_recovery_takes_more_than_20_measurements_however_long(claims: Claims) -> None:
    _not_recovered(claims, 1_000_000)


def _not_recovered(claims: Claims, steps: int) -> None:
    for run in over_measurements([10, 20], steps):
        setting = f"N = {run.spec.linear_problem.measurements}: test error"
        assert run.result.t2 is None
        least = float(run.series("test_error").min())
        claims.between("C10", f"{setting}, least in {steps:,} steps", least, 0.1, math.inf)
        # However long the run, it goes to the interpolation of least l1 norm.
        instance = draw(run.spec)
        limit = reference(instance.operator, instance.targets) - instance.truth
        error = float(np.linalg.norm(limit) / np.linalg.norm(instance.truth))
        claims.between("C10", f"{setting} of the interpolation of least l1 norm", error, 0.1, math.inf)


@pytest.mark.parametrize("number", UNDERSTOOD)
def test_c10_more_measurements_memorise_later_and_understand_sooner(
    claims: Claims, golden: dict[int, Run], number: int
) -> None:
    result = golden[number].result
    claims.number("C10", f"N = {number}: t1", tick(result.t1), MEMORISED[number], off=1)
    claims.number("C10", f"N = {number}: t2", tick(result.t2), UNDERSTOOD[number], off=TICK)


def test_c11_the_delay_goes_to_zero(claims: Claims, golden: dict[int, Run]) -> None:
    delays = [run.result.t2 - run.result.t1 for run in golden.values() if run.result.t1 and run.result.t2]
    assert len(delays) == len(golden)
    words = ", ".join(f"{delay:,}" for delay in delays)
    falls = all(a > b for a, b in itertools.pairwise(delays))
    claims.holds("C11", "t2 - t1 for N = 30, 40 .. 100", "decreases", words, falls)
    claims.between("C11", "t2 - t1 at N = n, over that at N = 30", delays[-1] / delays[0], 0, 0.01)
