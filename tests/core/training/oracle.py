"""A plain NumPy loop, written from the formulas of the methods, that the engine must agree with."""

import math
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.problems import Dense, Entries, Instance, RankOne, draw, start
from core.spec import ExperimentSpec, GradientMethod

Array = NDArray[np.float64]
Numbers = NDArray[Any]
MOST = 1e5
"""Growth of rounding errors, some 1e-16, that leaves agreement to 1e-9 certain."""


@dataclass
class Trace:
    """Parameters, factors and errors of every step."""

    parameters: Numbers  # (T + 1, *shape)
    factors: list[list[Numbers]]
    train: Array  # (T + 1,)
    test: Array  # (T + 1,)
    decided: int  # steps before it owe no sign (phase, singular vector) to rounding

    def first(self, errors: Array, threshold: float) -> int | None:
        hits = np.flatnonzero(errors <= threshold)
        return int(hits[0]) if len(hits) else None


def matrix_of(it: Instance) -> Numbers:
    """X as a matrix of N rows, from the definition of each problem."""
    match it.operator:
        case Dense(design=design):
            return design
        case Entries(size=size, places=places):
            return np.eye(math.prod(size))[places]
        case RankOne(left=left, right=right):
            return np.stack([np.outer(a, b).ravel() for a, b in zip(left, right, strict=True)])
    raise TypeError(it.operator)


def trace(spec: ExperimentSpec) -> Trace:
    """One run, step by step."""
    it, method = draw(spec), spec.optimizer
    assert isinstance(method, GradientMethod)
    x, y, alpha, strengths = matrix_of(it), it.targets, method.learning_rate, spec.regularization
    u, inverse, shape = start(spec, it), np.linalg.pinv(x), spec.linear_problem.shape
    kept, decided, growth = [u], spec.steps + 1, 1.0
    for step in range(spec.steps):
        # Proximal maps bring points nearer to each other.
        if method.kind != "proximal":
            more = _amplification(u, alpha * strengths.l1, alpha * strengths.nuclear)
            growth = min(growth * more, 1e100)
        if growth > MOST:
            decided = min(decided, step + 1)
        residual = x @ product(u).ravel() - y
        gradients = factor_gradients(u, (x.conj().T @ residual).reshape(shape))
        moved = []
        for factor, gradient in zip(u, gradients, strict=True):
            whole = gradient + strengths.l2_squared * factor
            if method.kind != "proximal":
                whole = whole + strengths.l1 * sign(factor) + strengths.nuclear * polar(factor)
            moved.append(factor - alpha * whole)
        if method.kind == "proximal":
            moved = [
                shrink_spectrum(shrink(w, alpha * strengths.l1), alpha * strengths.nuclear) for w in moved
            ]
        if method.kind == "projected_subgradient":
            moved = [moved[0] - (inverse @ (x @ moved[0].ravel() - y)).reshape(shape)]
        u = moved
        kept.append(u)
    a = np.stack([product(factors) for factors in kept])
    flat = a.reshape(len(a), -1)
    train = np.linalg.norm(flat @ x.T - y, axis=1) / (np.linalg.norm(y) or 1.0)
    return Trace(a, kept, train, _test_error(it, flat), decided)


def product(factors: list[Numbers]) -> Numbers:
    """Entrywise of vectors, a matrix product of matrices."""
    return reduce(np.multiply if factors[0].ndim == 1 else np.matmul, factors)


def factor_gradients(factors: list[Numbers], gradient: Numbers) -> list[Numbers]:
    """The chain rule."""
    found = []
    for i in range(len(factors)):
        before, after = factors[:i], factors[i + 1 :]
        if factors[0].ndim == 1:
            others = reduce(np.multiply, before + after, np.ones_like(gradient))
            found.append(others.conj() * gradient)
            continue
        part = gradient if not before else product(before).T @ gradient
        found.append(part if not after else part @ product(after).T)
    return found


def sign(a: Numbers) -> Numbers:
    """a / |a|, with 0 for 0."""
    return np.where(a == 0, 0, a / np.where(a == 0, 1, np.abs(a)))


def polar(a: Numbers) -> Numbers:
    """U V' over the nonzero singular values; 0 for vectors, which have none."""
    if a.ndim == 1:
        return np.zeros_like(a)
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    kept = singular > singular[0] * max(a.shape) * np.finfo(np.float64).eps
    return np.asarray(left[:, kept] @ right[kept])


def shrink(a: Numbers, threshold: float) -> Numbers:
    return sign(a) * np.maximum(np.abs(a) - threshold, 0.0)


def shrink_spectrum(a: Numbers, threshold: float) -> Numbers:
    if a.ndim == 1 or threshold == 0:
        return a
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    return np.asarray(left @ np.diag(np.maximum(singular - threshold, 0.0)) @ right)


def _amplification(factors: list[Numbers], l1: float, nuclear: float) -> float:
    """How much the penalties' gradients, times alpha, may multiply a rounding error in one step."""
    most = 1.0
    for factor in factors:
        size = np.abs(factor)
        if l1 > 0 and np.iscomplexobj(factor):
            most = max(most, 1.0 + l1 / size[size > 0].min(initial=np.inf))
        elif l1 > 0 and np.any((size > 0) & (size < 1e-10 * size.max())):
            return np.inf
        if nuclear > 0:
            smallest = float(np.linalg.svd(factor, compute_uv=False)[-1])
            most = max(most, 1.0 + nuclear / smallest if smallest > 0 else np.inf)
    return most


def _test_error(it: Instance, a: Numbers) -> Array:
    if it.true_parameters is not None:
        truth = it.true_parameters.ravel()
        return np.asarray(np.linalg.norm(a - truth, axis=1) / np.linalg.norm(truth))
    if it.held_out is None:
        return np.full(len(a), np.inf)
    there = it.held_out
    residual = a @ there.operator.design.T - there.targets
    return np.asarray(np.linalg.norm(residual, axis=1) / np.linalg.norm(there.targets))
