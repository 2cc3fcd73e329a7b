"""Instances are what their fields say, and parts of one seed stay put when others change."""

from typing import Any

import numpy as np
import pytest

from core.problems import Instance, draw, least_squares, start
from core.problems.sparse_recovery import fourier_basis
from core.spec import parse_spec
from tests.core.spec.test_parse import BASE


def instance(seed: int = 0, rng: str = "default", **problem: Any) -> Instance:
    spec = {**BASE, "seed": seed, "rng": rng, "problem": {"kind": "sparse_recovery", **problem}}
    return draw(parse_spec(spec))


def test_the_golden_instance_is_rebuilt() -> None:
    golden = instance(1, "numpy-legacy", snr=1e8)
    support = np.flatnonzero(golden.truth)
    assert support.tolist() == [33, 80, 81, 84, 93]
    expected = [0.09596368, 0.01080866, -0.01273031, 0.10152629, 0.06985542]
    assert golden.truth[support] == pytest.approx(expected, abs=5e-9)
    assert golden.design[0, :3] == pytest.approx([0.29656353, -0.11169093, -0.09643053], abs=5e-9)
    assert np.linalg.norm(golden.design, 2) ** 2 == pytest.approx(7.11956, abs=5e-6)
    noise = golden.targets - golden.design @ golden.truth
    assert noise[:3] == pytest.approx([6.60823577e-06, -2.48877530e-06, -2.14873237e-06], abs=1e-13)
    solution = least_squares(golden.operator, golden.targets)
    gap = solution - golden.truth
    assert np.abs(gap).max() == pytest.approx(0.0695463, abs=5e-8)
    assert np.abs(solution).sum() == pytest.approx(0.63293, abs=5e-6)


@pytest.mark.parametrize("rng", ["default", "numpy-legacy"])
@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_an_instance_has_its_shape_sparsity_and_targets(rng: str, seed: int) -> None:
    it = instance(seed, rng, dimension=40, sparsity=7, measurements=13)
    assert it.design.shape == (13, 40)
    assert np.count_nonzero(it.truth) == 7
    assert np.array_equal(it.targets, it.design @ it.truth)


def test_fields_of_one_seed_leave_the_others_alone() -> None:
    base = instance()
    assert np.array_equal(instance(sparsity=9).design, base.design)
    assert np.array_equal(instance(snr=10.0).design, base.design)
    assert np.array_equal(instance(measurements=50).truth, base.truth)
    few, many = instance(measurements=10).design, instance(measurements=40).design
    assert np.allclose(few * np.sqrt(10), many[:10] * np.sqrt(40), rtol=1e-14)
    assert not np.array_equal(instance(1).design, base.design)


@pytest.mark.parametrize("rng", ["default", "numpy-legacy"])
def test_selected_rows_observe_single_coordinates(rng: str) -> None:
    # round(0.7 x 90) is 63; truncation would give 62
    design = instance(rng=rng, measurements=90, coherence=0.7).design
    ones = [row for row in design if np.count_nonzero(row) == 1 and row.max() == 1.0]
    assert len(ones) == 63
    assert len({int(np.argmax(row)) for row in ones}) == 63


def test_selected_rows_of_an_orthonormal_basis_observe_coordinates_too() -> None:
    design = instance(basis="orthonormal", measurements=20, coherence=0.5, dimension=30).design
    assert np.allclose(np.sort(np.abs(design[:10]), axis=1)[:, -2:], [0.0, 1.0], atol=1e-12)


def test_the_fourier_basis_is_unitary_and_makes_everything_complex() -> None:
    basis = fourier_basis(12)
    j, k = np.meshgrid(np.arange(12), np.arange(12))
    assert np.allclose(basis, np.exp(-2j * np.pi * j * k / 12) / np.sqrt(12))
    assert np.allclose(basis @ basis.conj().T, np.eye(12))
    plain, it = instance(seed=3), instance(seed=3, basis="fourier")
    # X = M Phi with the same real M and signal as with the identity.
    assert np.allclose(it.design, plain.design @ fourier_basis(100))
    assert np.array_equal(it.truth, plain.truth)
    assert np.allclose(it.targets, it.design @ it.truth)
    assert np.iscomplexobj(it.design)


def test_selected_rows_of_the_fourier_basis_are_its_columns() -> None:
    design = instance(basis="fourier", measurements=20, coherence=0.5, dimension=30).design
    columns = fourier_basis(30).T @ fourier_basis(30)
    for row in design[:10]:
        assert np.abs(columns - row).sum(axis=1).min() < 1e-10


def test_complex_noise_is_circular_and_has_the_same_variance() -> None:
    it = instance(measurements=5000, snr=4.0, basis="fourier")
    noise = it.targets - it.design @ it.truth
    variance = 5 / 100 / (5000 * 4.0)
    assert np.var(noise.real) == pytest.approx(variance / 2, rel=0.1)
    assert np.var(noise.imag) == pytest.approx(variance / 2, rel=0.1)
    assert abs(np.mean(noise.real * noise.imag)) < 0.05 * variance


def test_laws_of_signal_design_and_noise() -> None:
    normal, sign = instance(dimension=4000, sparsity=2000), instance(sparsity=50, signal="sign")
    assert np.var(normal.truth[normal.truth != 0]) == pytest.approx(1 / 4000, rel=0.15)
    assert set(np.unique(sign.truth)) == {-1.0, 0.0, 1.0}
    assert np.var(normal.design) == pytest.approx(1 / 30, rel=0.02)
    loud, quiet = instance(measurements=5000, snr=4.0), instance(measurements=5000)
    assert np.var(loud.targets - quiet.targets) == pytest.approx(5 / 100 / (5000 * 4.0), rel=0.1)


def test_seed_zero_is_a_seed() -> None:
    assert np.array_equal(instance(0).design, instance(0).design)
    assert np.array_equal(instance(0, "numpy-legacy").design, instance(0, "numpy-legacy").design)


@pytest.mark.parametrize(
    ("init", "depth", "expected"),
    [
        ({"kind": "constant", "scale": 0.5}, 1, np.full((1, 100), 0.5)),
        ({"kind": "constant", "scale": 0.5}, 3, np.full((3, 100), 0.5)),
        ({"kind": "zeros"}, 2, np.zeros((2, 100))),
        ({"kind": "sign_symmetric", "scale": 2.0}, 2, np.stack([np.full(100, 2.0), np.zeros(100)])),
    ],
)
def test_fixed_starts(init: dict[str, Any], depth: int, expected: np.ndarray[Any, Any]) -> None:
    spec = parse_spec({**BASE, "model": {"kind": "linear", "depth": depth, "init": init}})
    assert np.array_equal(start(spec, draw(spec)), expected)


def test_a_least_squares_start_is_the_pseudo_inverse_solution() -> None:
    spec = parse_spec({**BASE, "model": {"kind": "linear", "init": {"kind": "least_squares", "scale": 2.0}}})
    it = draw(spec)
    assert np.allclose(start(spec, it)[0], 2.0 * np.linalg.pinv(it.design) @ it.targets, atol=1e-12)


def test_a_complex_normal_start_is_circular() -> None:
    init = {"kind": "normal", "scale": 3.0}
    problem = {"kind": "sparse_recovery", "basis": "fourier", "dimension": 1000}
    spec = parse_spec({**BASE, "problem": problem, "model": {"kind": "linear", "init": init}})
    (first,) = start(spec, draw(spec))
    assert np.var(first.real) == pytest.approx(9 / 2000, rel=0.15)
    assert np.var(first.imag) == pytest.approx(9 / 2000, rel=0.15)


@pytest.mark.parametrize(
    ("depth", "shapes"), [(1, [(4, 7)]), (2, [(4, 4), (4, 7)]), (3, [(4, 4), (4, 4), (4, 7)])]
)
def test_factors_of_a_matrix_start_as_truncated_identities(depth: int, shapes: list[tuple[int, int]]) -> None:
    problem = {"kind": "matrix_completion", "rows": 4, "columns": 7, "measurements": 20}
    model = {"kind": "linear", "depth": depth, "init": {"kind": "constant", "scale": 0.5}}
    spec = parse_spec({**BASE, "problem": problem, "model": model})
    factors = start(spec, draw(spec))
    assert [factor.shape for factor in factors] == shapes
    assert all(np.array_equal(factor, 0.5 * np.eye(*factor.shape)) for factor in factors)


def test_a_normal_start_has_its_own_stream() -> None:
    init = {"kind": "normal", "scale": 3.0}
    one = parse_spec({**BASE, "model": {"kind": "linear", "init": init}})
    more = parse_spec(
        {**BASE, "problem": {"kind": "sparse_recovery", "measurements": 50}, "model": one.model.model_dump()}
    )
    first = start(one, draw(one))
    assert np.array_equal(first, start(more, draw(more)))
    assert np.std(first) == pytest.approx(0.3, rel=0.3)
