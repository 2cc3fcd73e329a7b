"""Low rank: the matrix and its measurements, entries (completion) or rank-one forms (sensing)."""

import math

import numpy as np
from numpy.typing import NDArray

from core.problems import legacy
from core.problems.instance import Instance
from core.problems.operators import Array, Entries, Operator, RankOne
from core.problems.streams import Stream, generator
from core.spec import selected_rows
from core.spec.problem import MatrixCompletion, MatrixSensing

Places = NDArray[np.int64]


def draw_low_rank(problem: MatrixCompletion | MatrixSensing, seed: int, rng: str) -> Instance:
    """The instance of a seed.

    The factors of A*, then the order of the entries or the rows of the measurements, one after the other:
    instances of one seed that differ in coherence or measurements share all the rest.
    """
    data = generator(seed, Stream.DATA)
    if rng == "numpy-legacy":
        left, right = legacy.low_rank_factors(seed, problem.rows, problem.columns, problem.rank)
    else:
        left = data.standard_normal((problem.rows, problem.rank))
        right = data.standard_normal((problem.columns, problem.rank))
    truth = left @ right.T
    truth *= math.sqrt(problem.rows * problem.columns) / np.linalg.norm(truth)
    operator: Operator
    if isinstance(problem, MatrixCompletion):
        operator = Entries((problem.rows, problem.columns), _entries(problem, truth, data, seed, rng))
    else:
        operator = _rank_one(problem, truth, data, seed, rng)
    targets = operator.apply(truth)
    if problem.snr is not None:
        power = problem.rows * problem.columns / (problem.measurements * problem.snr)
        noise = generator(seed, Stream.NOISE).standard_normal(problem.measurements)
        targets = targets + math.sqrt(power) * noise
    return Instance(operator, targets, truth)


def leverage(truth: Array, rank: int) -> Array:
    """mu_i + nu_j with mu_i = (n1/r) ||U_i||^2, nu_j = (n2/r) ||V_j||^2 of the thin SVD. Shape (n1, n2)."""
    left, _, right = np.linalg.svd(truth, full_matrices=False)
    mu = len(truth) / rank * (left[:, :rank] ** 2).sum(axis=1)
    nu = truth.shape[1] / rank * (right[:rank] ** 2).sum(axis=0)
    return np.asarray(mu[:, None] + nu[None, :])


def _entries(
    problem: MatrixCompletion, truth: Array, data: np.random.Generator, seed: int, rng: str
) -> Places:
    """Row-major positions: those of the largest leverage, then uniform ones among the rest. Shape (N,)."""
    size, count = truth.size, selected_rows(problem.measurements, problem.coherence)
    by_leverage = np.argsort(-leverage(truth, problem.rank), axis=None, kind="stable")
    if rng == "numpy-legacy":
        return legacy.entries(seed, by_leverage, problem.measurements, count)
    order = data.permutation(size)
    chosen = by_leverage[:count]
    rest = order[~np.isin(order, chosen)][: problem.measurements - count]
    return np.concatenate([chosen, rest])


def _rank_one(
    problem: MatrixSensing, truth: Array, data: np.random.Generator, seed: int, rng: str
) -> RankOne:
    """Rows l_k, r_k as designs of sparse recovery in the bases of the singular vectors of A*."""
    left_basis, _, right_basis_t = np.linalg.svd(truth)
    n, count = problem.measurements, selected_rows(problem.measurements, problem.coherence)
    if rng == "numpy-legacy":
        sides = [legacy.rows(seed, n, size, problem.coherence) for size in problem.shape]
    else:
        # Selected columns have streams of their own: how many are drawn must not move the rows.
        streams = data.spawn(2)
        both = data.standard_normal((n, sum(problem.shape))) / math.sqrt(n)
        rows = (both[:, : problem.rows], both[:, problem.rows :])
        sides = [(m, _columns(stream, m.shape[1], count)) for m, stream in zip(rows, streams, strict=True)]
    left, right = (
        _select(m, chosen, basis) @ basis
        for (m, chosen), basis in zip(sides, (left_basis, right_basis_t.T), strict=True)
    )
    return RankOne(left, right)


def _columns(stream: np.random.Generator, size: int, count: int) -> Places:
    """Columns in random order, each once before any comes again. Shape (count,)."""
    rounds = [stream.permutation(size) for _ in range(math.ceil(count / size))]
    return np.concatenate([*rounds, np.empty(0, dtype=np.int64)])[:count]


def _select(rows: Array, chosen: Places, basis: Array) -> Array:
    selected = rows.copy()
    selected[: len(chosen)] = basis.T[chosen]
    return selected
