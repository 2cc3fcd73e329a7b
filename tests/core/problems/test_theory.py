"""Theory from the instance: bounds, delay law, regime, and the step-size condition."""

import math
from typing import Any

import numpy as np
import pytest

from core.convex import reference
from core.problems import check_stability, draw, theory
from core.spec import SpecInvalid, expand, parse_spec
from tests.core.spec.test_parse import BASE

GOLDEN = {**BASE, "rng": "numpy-legacy", "seed": 1, "regularization": {"l1": 1e-5}}


def predicted(**over: Any) -> dict[str, Any]:
    return theory(parse_spec({**GOLDEN, **over}))


def test_the_golden_run() -> None:
    t = predicted(problem={"kind": "sparse_recovery", "snr": 1e8})
    assert t["delay"] == pytest.approx(69546.3, rel=1e-6)
    assert t["sigma_max"] ** 2 == pytest.approx(7.11956, rel=1e-6)
    assert t["step_bound"] == pytest.approx(2 / 7.11956, rel=1e-6)
    assert t["plateau_test_error"] == pytest.approx(0.8449, abs=5e-5)
    assert t["in_regime"] is True
    assert t["regime"] == ()


def test_predictions_are_their_formulas() -> None:
    spec = parse_spec({**GOLDEN, "regularization": {"l1": 1e-4, "l2_squared": 1e-3}})
    it, t = draw(spec), theory(spec)
    eigenvalues = np.linalg.eigvalsh(it.design @ it.design.T)
    rho = np.abs(1 - 0.1 * (eigenvalues + 1e-3)).max()
    solution = np.linalg.pinv(it.design) @ it.targets
    distance = np.linalg.norm(np.full(100, 1e-6) - solution)
    assert t["rho"] == pytest.approx(rho, rel=1e-10)
    expected = -math.log(1 + (1 - rho) * distance / (0.1 * 1.1e-3)) / math.log(rho)
    assert t["t1"] == pytest.approx(expected, rel=1e-9)
    assert t["delay"] == pytest.approx(np.abs(solution - it.truth).max() / 1e-5, rel=1e-9)


def test_the_golden_floors_and_bounds() -> None:
    t = predicted()
    assert t["train_floor"] == pytest.approx(16.905e-5, rel=1e-4)
    assert t["floor_per_dimension"] == pytest.approx(0.07026e-5, rel=1e-4)
    assert t["projection_bound"] == pytest.approx(0.84495, abs=5e-6)
    assert t["train_plateau"] == pytest.approx(41.5e-5, rel=0.03)
    # Over 1: small strengths leave more than the support of a*, and yet go to a*.
    assert t["certificate"] == pytest.approx(1.2895, abs=5e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("problem", "name"),
    [
        ({"kind": "sparse_recovery", "measurements": 50}, "l1"),
        ({"kind": "sparse_recovery", "measurements": 26}, "l1"),
        ({"kind": "sparse_recovery", "measurements": 12}, "l1"),
        ({"kind": "sparse_recovery", "measurements": 50, "basis": "fourier"}, "l1"),
        ({"kind": "matrix_completion", "measurements": 95}, "nuclear"),
        ({"kind": "matrix_sensing", "measurements": 90, "rank": 1}, "nuclear"),
    ],
)
def test_floors_are_what_the_exact_minimiser_leaves(problem: dict[str, Any], name: str, seed: int) -> None:
    """The slope of the penalised minimiser at strength 0, wherever the norm recovers the truth."""
    spec = parse_spec({**BASE, "seed": seed, "problem": problem, "regularization": {name: 1e-7}})
    it, t = draw(spec), theory(spec)
    recovered = np.linalg.norm(reference(it.operator, it.targets) - it.truth) < 1e-8
    # Of matrices the slope is known while the certificate is below 1 alone.
    assert (t["test_floor"] is not None) == (recovered and (it.truth.ndim == 1 or t["certificate"] <= 1))
    if t["test_floor"] is None:
        return
    strengths = spec.regularization
    a = reference(it.operator, it.targets, strengths.l1, nuclear=strengths.nuclear)
    residual, error = it.operator.apply(a) - it.targets, a - it.truth
    norm = np.linalg.norm
    assert t["train_floor"] == pytest.approx(norm(residual) / norm(it.targets), rel=1e-3)
    assert t["test_floor"] == pytest.approx(norm(error) / norm(it.truth), rel=1e-3)
    assert t["floor_per_dimension"] == pytest.approx(np.abs(error).mean(), rel=1e-3)


def test_matrices_have_spectral_norms_in_place_of_entries() -> None:
    problem = {"kind": "matrix_completion", "measurements": 60}
    spec = parse_spec({**BASE, "problem": problem, "regularization": {"nuclear": 1e-4}})
    it, t = draw(spec), theory(spec)
    gap = it.operator.adjoint(it.targets) - it.truth
    assert t["delay"] == pytest.approx(np.linalg.norm(gap, 2) / 1e-5, rel=1e-9)
    assert t["sigma_max"] == 1.0
    assert t["step_bound"] == pytest.approx(2.0)
    assert t["rho"] == pytest.approx(0.9)
    hidden = np.linalg.norm(gap) / np.linalg.norm(it.truth)
    assert t["projection_bound"] == pytest.approx(hidden) == t["plateau_test_error"]


def test_the_delay_goes_as_one_over_rate_times_strength() -> None:
    base = predicted()["delay"]
    assert predicted(regularization={"l1": 1e-6})["delay"] == pytest.approx(10 * base, rel=1e-12)
    half = {"kind": "subgradient", "learning_rate": 0.05}
    assert predicted(optimizer=half)["delay"] == pytest.approx(2 * base, rel=1e-12)


@pytest.mark.parametrize(
    ("over", "unmet"),
    [
        ({"model": {"kind": "linear", "depth": 2}}, "depth 1"),
        ({"regularization": {"l2_squared": 1e-5}}, "an l1 penalty alone"),
        ({"problem": {"kind": "sparse_recovery", "measurements": 100}}, "fewer measurements than dimensions"),
        ({"optimizer": {"kind": "subgradient", "learning_rate": 1.0}}, "a learning rate below step_bound"),
        ({"regularization": {"l1": 10.0}}, "a strength below ||X^H y||_inf"),
    ],
)
def test_what_leaves_the_regime_is_named(over: dict[str, Any], unmet: str) -> None:
    t = predicted(**over)
    assert t["in_regime"] is False
    assert unmet in t["regime"]


def test_nothing_is_predicted_without_a_penalty() -> None:
    t = predicted(regularization={})
    assert t["delay"] is None
    assert t["t1"] is None


def check(**over: Any) -> None:
    spec = parse_spec({**GOLDEN, **over})
    check_stability(spec, expand(spec))


def rate(value: float, kind: str = "subgradient") -> dict[str, Any]:
    return {"optimizer": {"kind": kind, "learning_rate": value}}


def test_the_bound_decides() -> None:
    bound = predicted()["step_bound"]
    check(**rate(bound * 0.999999))
    with pytest.raises(SpecInvalid) as caught:
        check(**rate(bound))
    (error,) = caught.value.errors
    assert error.pointer == "/optimizer/learning_rate"
    assert f"{bound:.6g}" in error.message
    assert error.value == bound


def test_the_first_cell_over_the_bound_is_named_at_its_axis() -> None:
    axes = [{"path": "/optimizer/learning_rate", "values": [0.1, 0.2, 0.3, 0.4]}]
    with pytest.raises(SpecInvalid) as caught:
        check(sweep={"axes": axes})
    (error,) = caught.value.errors
    assert error.pointer == "/sweep/axes/0"
    assert "cell 2" in error.message
    assert error.value == 0.3


@pytest.mark.parametrize("kind", ["subgradient", "projected_subgradient"])
def test_the_strength_without_which_the_rate_would_do_is_named_too(kind: str) -> None:
    with pytest.raises(SpecInvalid) as caught:
        check(**rate(0.1, kind), regularization={"l2_squared": 30.0})
    at_rate, at_strength = caught.value.errors
    assert (at_rate.pointer, at_strength.pointer) == (
        "/optimizer/learning_rate",
        "/regularization/l2_squared",
    )
    assert at_strength.value == 30.0
    most = float(at_strength.message.split("below ")[1].split(" ")[0])
    check(**rate(0.1, kind), regularization={"l2_squared": 0.999 * most})
    with pytest.raises(SpecInvalid):
        check(**rate(0.1, kind), regularization={"l2_squared": 1.001 * most})


def test_many_designs_are_judged_by_expectation() -> None:
    expected = 2 / (1 + math.sqrt(100 / 30)) ** 2
    seeds = {"seeds": {"count": 65}}
    check(**rate(expected * 0.999), sweep=seeds)
    with pytest.raises(SpecInvalid, match="expected sigma_max"):
        check(**rate(expected), sweep=seeds)


def test_what_theory_does_not_bound_passes() -> None:
    check(**rate(5.0), allow_unstable=True)
    check(**rate(5.0), model={"kind": "linear", "depth": 2})
    check(**rate(5.0, "projected_subgradient"))
    with pytest.raises(SpecInvalid):
        check(**rate(5.0, "projected_subgradient"), regularization={"l2_squared": 0.5})
    with pytest.raises(SpecInvalid):
        check(**rate(5.0, "proximal"))
