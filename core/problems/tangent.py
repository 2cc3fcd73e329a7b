"""The objective near the truth: where a penalised minimiser ends for small strengths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.problems.active_set import OPTIMAL, minimise_l1
from core.problems.instance import Instance
from core.problems.operators import Numbers

MAX_IMAGE = 2_000_000
"""Numbers in the image of a tangent space that is still looked at."""
STRUCTURE = 1e-9
"""Singular values and entries of the truth that are smaller, relative to the largest, are zero."""


@dataclass(frozen=True, slots=True)
class Floors:
    """First-order effect of a penalty of strength beta -> 0 at the truth: a minimiser at a* + beta d.

    d minimises 1/2 ||X d||^2 + <e, d> + R(d off T), where T is the tangent space of the structure of a* (its
    support; matrices of its row or column space), e the penalty's gradient there, and R the penalty. While
    the dual certificate is below 1 that is d = -(P X'X P)^-1 e within T. A minimiser exists only where a*
    itself is the solution of min ||a||_1 (min ||A||_*) subject to X a = y.

    Attributes:
        train: ||X d|| / ||y||.
        test: ||d|| / ||a*||.
        per_dimension: ||d||_1 / n.
        certificate: size of the dual certificate off the tangent space; below 1 the minimiser keeps the
            structure of a* for small beta.
    """

    train: float | None
    test: float | None
    per_dimension: float | None
    certificate: float


def floors(instance: Instance) -> Floors | None:
    """The floors of the l1 penalty on vectors, the nuclear norm on matrices.

    None where the truth is unknown or zero, where the measurements do not determine the tangent space, or
    where it is too large to look at.
    """
    truth = instance.true_parameters
    if truth is None or not truth.any():
        return None
    return _on_support(instance, truth) if truth.ndim == 1 else _on_rank(instance, truth)


def _on_support(instance: Instance, truth: Numbers) -> Floors | None:
    support = np.abs(truth) > STRUCTURE * np.abs(truth).max()
    if instance.operator.rows * np.count_nonzero(support) > MAX_IMAGE:
        return None
    design = instance.design
    signs = truth[support] / np.abs(truth[support])
    solved = _solve(design[:, support], signs)
    if solved is None:
        return None
    move = np.zeros_like(design[0])
    move[support] = -solved
    dual = instance.operator.adjoint(design @ move)
    certificate = float(np.abs(dual[~support]).max(initial=0.0))
    if certificate > 1 + OPTIMAL:
        found = None if np.iscomplexobj(design) else _beyond_support(instance, support, signs)
        if found is None:
            return Floors(None, None, None, certificate)
        move = found
    return _floors(instance, truth, move, certificate)


def _beyond_support(instance: Instance, support: NDArray[np.bool_], signs: Numbers) -> Numbers | None:
    slope = np.zeros(len(support))
    slope[support] = signs
    return minimise_l1(instance.design, np.zeros_like(instance.targets), 1.0, slope=slope)


def _on_rank(instance: Instance, truth: Numbers) -> Floors | None:
    if truth.size > MAX_IMAGE:
        return None
    singular = np.linalg.svd(truth, compute_uv=False)
    rank = int(np.count_nonzero(singular > STRUCTURE * singular[0]))
    inside = (np.arange(len(truth)) < rank)[:, None] | (np.arange(truth.shape[1]) < rank)[None, :]
    measured, unknown = instance.operator.rows, int(np.count_nonzero(inside))
    # Before the square factors, which are large where the matrix is long.
    if unknown > measured or measured * unknown > MAX_IMAGE:
        return None
    left, _, right = np.linalg.svd(truth)
    i, j = np.nonzero(inside)
    image = instance.operator.apply(left.T[i][:, :, None] * right[j][:, None, :]).T
    solved = _solve(image, ((i == j) & (i < rank)).astype(np.float64))
    if solved is None:
        return None
    dual = left.T @ instance.operator.adjoint(image @ solved) @ right.T
    certificate = float(np.linalg.norm(dual[rank:, rank:], 2)) if rank < min(truth.shape) else 0.0
    if certificate > 1 + OPTIMAL:
        return Floors(None, None, None, certificate)
    move = np.zeros(truth.shape)
    move[inside] = -solved
    return _floors(instance, truth, left @ move @ right, certificate)


def _solve(image: Numbers, gradient: Numbers) -> Numbers | None:
    """(M'M)^-1 e, or None where M has no full column rank."""
    _, singular, right = np.linalg.svd(image, full_matrices=False)
    if len(singular) < image.shape[1] or singular[-1] <= singular[0] * len(image) * np.finfo(np.float64).eps:
        return None
    solved: Numbers = right.conj().T @ ((right @ gradient) / singular**2)
    return solved


def _floors(instance: Instance, truth: Numbers, move: Numbers, certificate: float) -> Floors:
    targets = float(np.linalg.norm(instance.targets))
    return Floors(
        train=float(np.linalg.norm(instance.operator.apply(move))) / targets if targets > 0 else None,
        test=float(np.linalg.norm(move)) / float(np.linalg.norm(truth)),
        per_dimension=float(np.abs(move).sum()) / truth.size,
        certificate=certificate,
    )
