"""The maps of the problems: adjoints, decompositions and least squares agree with dense linear algebra."""

import math

import numpy as np
import pytest

from core.problems import Dense, Entries, Operator, RankOne, least_squares, project
from core.problems.instance import Instance
from core.problems.operators import Numbers
from tests.core.training.oracle import matrix_of

_random = np.random.default_rng(1)
_complex = _random.standard_normal((4, 6)) + 1j * _random.standard_normal((4, 6))
OPERATORS: dict[str, Operator] = {
    "wide": Dense(_random.standard_normal((4, 6))),
    "tall": Dense(_random.standard_normal((9, 6))),
    "of rank 2": Dense(_random.standard_normal((5, 2)) @ _random.standard_normal((2, 6))),
    "complex": Dense(_complex),
    "entries": Entries((3, 4), np.array([11, 0, 5, 7])),
    "rank one": RankOne(_random.standard_normal((5, 3)), _random.standard_normal((5, 4))),
    "more rank-one rows than entries": RankOne(
        _random.standard_normal((20, 3)), _random.standard_normal((20, 4))
    ),
}


def _dense(operator: Operator) -> Numbers:
    return matrix_of(Instance(operator, np.zeros(operator.rows), None))


def _numbers(name: str, *shape: int) -> Numbers:
    real = _random.standard_normal(shape)
    return real + 1j * _random.standard_normal(shape) if name == "complex" else real


@pytest.mark.parametrize("name", OPERATORS)
def test_a_map_and_its_adjoint_are_its_matrix(name: str) -> None:
    operator = OPERATORS[name]
    x, a, r = _dense(operator), _numbers(name, 2, *operator.shape), _numbers(name, 2, operator.rows)
    assert np.allclose(operator.apply(a), a.reshape(2, -1) @ x.T)
    assert np.allclose(operator.adjoint(r).reshape(2, -1), r @ x.conj())
    inner = np.vdot(r, operator.apply(a)), np.vdot(operator.adjoint(r), a)
    assert inner[0] == pytest.approx(inner[1])


@pytest.mark.parametrize("name", OPERATORS)
def test_the_decomposition_has_the_nonzero_singular_values(name: str) -> None:
    operator = OPERATORS[name]
    known, x = operator.decomposition, _dense(operator)
    singular = np.linalg.svd(x, compute_uv=False)
    assert np.allclose(known.singular, singular[: np.linalg.matrix_rank(x)])
    # X X^H = U S^2 U^H
    r = _numbers(name, operator.rows)
    assert np.allclose(known.combine(known.singular**2 * known.coordinates(r)), x @ x.conj().T @ r)


@pytest.mark.parametrize("name", OPERATORS)
def test_least_squares_is_the_pseudo_inverse(name: str) -> None:
    operator = OPERATORS[name]
    y, a, inverse = (
        _numbers(name, operator.rows),
        _numbers(name, *operator.shape),
        np.linalg.pinv(_dense(operator)),
    )
    assert np.allclose(least_squares(operator, y).ravel(), inverse @ y)
    assert np.allclose(project(operator, a).ravel(), inverse @ _dense(operator) @ a.ravel())


def test_many_measurements_form_no_kronecker_product() -> None:
    rows, side = 50, 2000
    operator = RankOne(_random.standard_normal((rows, side)), _random.standard_normal((rows, side)))
    y = _random.standard_normal(rows)
    assert math.prod(operator.shape) * rows * 8 > 10**9
    assert np.allclose(operator.apply(least_squares(operator, y)), y)
