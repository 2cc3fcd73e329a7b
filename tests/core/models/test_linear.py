"""Models: gradients against finite differences, projections against least squares, every map and depth."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.models import DenseMap, EntriesMap, LinearBatch, Map, RankOneMap, linear_batch
from core.problems import factor_shapes

Numbers = NDArray[Any]
GROUPS, RUNS, ROWS = 2, 3, 4
RANDOM = np.random.default_rng(0)


def _normal(*shape: int, complex_: bool = False) -> Numbers:
    real = RANDOM.standard_normal(shape)
    return real + 1j * RANDOM.standard_normal(shape) if complex_ else real


def _dense(complex_: bool) -> tuple[Map, tuple[int, ...], bool]:
    design, targets = _normal(GROUPS, ROWS, 7, complex_=complex_), _normal(GROUPS, 1, ROWS, complex_=complex_)
    return DenseMap(torch.from_numpy(design), torch.from_numpy(targets)), (7,), complex_


def _entries() -> tuple[Map, tuple[int, ...], bool]:
    mask = (RANDOM.random((GROUPS, 1, 12)) < 0.5).astype(np.float64)
    targets = mask * _normal(GROUPS, 1, 12)
    return EntriesMap(torch.from_numpy(mask), torch.from_numpy(targets)), (4, 3), False


def _rank_one() -> tuple[Map, tuple[int, ...], bool]:
    left, right = _normal(GROUPS, ROWS, 3), _normal(GROUPS, ROWS, 4)
    targets = torch.from_numpy(_normal(GROUPS, 1, ROWS))
    return RankOneMap(torch.from_numpy(left), torch.from_numpy(right), targets, RUNS), (3, 4), False


MAPS: dict[str, Callable[[], tuple[Map, tuple[int, ...], bool]]] = {
    "real design": lambda: _dense(False),
    "complex design": lambda: _dense(True),
    "entries": _entries,
    "rank one": _rank_one,
}


def _model(kind: str, depth: int) -> LinearBatch:
    map_, shape, complex_ = MAPS[kind]()
    shapes = factor_shapes(shape, depth)
    state = _normal(GROUPS, RUNS, sum(map(math.prod, shapes)), complex_=complex_)
    return linear_batch(map_, torch.from_numpy(state), shapes, shape)


def _loss(model: LinearBatch, state: Numbers) -> Numbers:
    model.state.copy_(torch.from_numpy(state))
    model.refresh()
    return np.asarray(0.5 * (np.abs(model.residual.numpy()) ** 2).sum(axis=-1))


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", MAPS)
def test_the_gradient_is_the_finite_difference(kind: str, depth: int) -> None:
    """Complex: the real part moves the loss along the real axis, the imaginary part along the other."""
    model = _model(kind, depth)
    state, gradient = model.state.numpy().copy(), model.gradient().numpy().copy()
    assert gradient.shape == state.shape
    h, scale = 1e-6, np.abs(gradient).max()
    for place in range(state.shape[-1]):
        for direction, part in ((1.0, gradient.real), (1j, gradient.imag)):
            if direction == 1j and not np.iscomplexobj(state):
                continue
            moved = np.zeros_like(state)
            moved[..., place] = h * direction
            difference = (_loss(model, state + moved) - _loss(model, state - moved)) / (2 * h)
            assert np.allclose(part[..., place], difference, rtol=1e-6, atol=1e-8 * scale)


@pytest.mark.parametrize("kind", MAPS)
def test_a_projection_meets_the_targets_by_the_shortest_way(kind: str) -> None:
    model = _model(kind, 1)
    before = model.parameters.numpy().copy()
    model.project()
    assert np.abs(model.residual.numpy()).max() < 1e-12
    way = model.parameters.numpy() - before
    # What lies in the row space is projected to where zero is: to the least-squares solution.
    assert np.allclose(_projected(model, way), _projected(model, np.zeros_like(way)), atol=1e-10)


def _projected(model: LinearBatch, state: Numbers) -> Numbers:
    model.state.copy_(torch.from_numpy(state))
    model.refresh()
    model.project()
    return model.parameters.numpy().copy()


@pytest.mark.parametrize("depth", [2, 3])
def test_the_parameters_are_the_product_of_the_factors(depth: int) -> None:
    vector, matrix = _model("real design", depth), _model("rank one", depth)
    entrywise = np.prod([factor.numpy() for factor in vector.factors], axis=0)
    assert np.allclose(vector.parameters.numpy(), entrywise, rtol=1e-14)
    whole = matrix.factors[0].numpy()
    for factor in matrix.factors[1:]:
        whole = whole @ factor.numpy()
    assert np.allclose(matrix.matrices.numpy(), whole, rtol=1e-12)
