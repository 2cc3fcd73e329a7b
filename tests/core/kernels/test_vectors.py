"""Compiled steps of vector models: blocks, single runs, pieces, and what they notice."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.kernels.moves import METHODS
from core.kernels.products import BLOCK
from core.kernels.vectors import VectorRuns

Array = NDArray[np.float64]
NO_LEVEL = -1.0


class Problem:
    """Runs of one design whose rates and strengths differ."""

    def __init__(self, runs: int, *, rows: int = 13, n: int = 21, depth: int = 1) -> None:
        rng = np.random.default_rng(7)
        self.x = rng.standard_normal((1, rows, n)) / np.sqrt(rows)
        self.truth = np.where(np.arange(n) < 3, rng.standard_normal(n), 0.0)[None]
        self.y = np.einsum("gij,gj->gi", self.x, self.truth)
        self.norms = np.stack([np.linalg.norm(self.y, axis=1), np.linalg.norm(self.truth, axis=1)])
        self.settings = np.zeros((3, 1, runs))
        self.settings[0] = 0.1 / (1 + np.arange(runs) % 5)
        self.settings[1], self.settings[2] = 1e-3 * (np.arange(runs) % 3), 1e-2 / (1 + np.arange(runs))
        self.levels = np.full((2, 1, runs), NO_LEVEL)
        self.depth, self.start = depth, rng.standard_normal((1, runs, depth * n)) / 3

    def runs(self, method: str = "subgradient", which: list[int] | None = None) -> tuple[VectorRuns, Array]:
        """All runs, or those named, and their state."""
        kept = which if which is not None else list(range(self.start.shape[1]))
        parts = self.settings[:, :, kept], self.levels[:, :, kept]
        runs = VectorRuns(
            method, self.depth, self.x, self.y, self.truth, self.norms, *parts, runs=[len(kept)]
        )
        return runs, self.start[:, kept].copy()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_run_by_itself_is_the_run_in_a_block(method: str, depth: int) -> None:
    if method == "projected_subgradient" and depth > 1:
        return
    problem = Problem(BLOCK, depth=depth)
    together, state = problem.runs(method)
    together.advance(state, 0, 300)
    for member in (0, 5, BLOCK - 1):
        alone, own = problem.runs(method, [member])
        alone.advance(own, 0, 300)
        assert np.abs(own[0, 0] - state[0, member]).max() < 1e-13


def test_a_run_has_the_same_bits_in_any_block() -> None:
    problem = Problem(2 * BLOCK)
    everyone, state = problem.runs()
    everyone.advance(state, 0, 500)
    others = [3, *range(BLOCK, 2 * BLOCK - 1)]
    some, own = problem.runs(which=others)
    some.advance(own, 0, 500)
    assert np.array_equal(own[0], state[0, others])


@pytest.mark.parametrize("runs", [1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_pieces_are_the_whole_bit_for_bit(runs: int) -> None:
    problem = Problem(runs, depth=2)
    problem.levels[0] = 0.3
    whole, state = problem.runs()
    whole.advance(state, 0, 400)
    pieces, parts = problem.runs()
    for step, target in ((0, 0), (0, 1), (1, 57), (57, 58), (58, 400)):
        pieces.advance(parts, step, target)
    assert np.array_equal(parts, state)
    assert np.array_equal(pieces.found, whole.found)
    assert np.any(whole.found[0] > 0)


def test_what_was_found_before_stays_found() -> None:
    problem = Problem(BLOCK)
    problem.levels[:] = 1e9
    runs, state = problem.runs()
    first: Any = np.full((3, 1, BLOCK), -1)
    first[:2, 0, 0] = 5, 7
    runs.go_on(first)
    runs.advance(state, 10, 20)
    assert runs.found[:, 0, 0].tolist() == [5, 7, -1]
    assert runs.found[:, 0, 1].tolist() == [10, 10, -1]


@pytest.mark.parametrize("runs", [1, BLOCK])
def test_the_first_step_out_of_the_numbers_is_noted(runs: int) -> None:
    problem = Problem(runs)
    problem.settings[0, 0, 0] = 50.0
    alone, state = problem.runs()
    alone.advance(state, 0, 1000)
    a, diverged = problem.start[0, 0].copy(), None
    rate, ridge, lasso = problem.settings[:, 0, 0]
    for step in range(1001):
        residual = problem.x[0] @ a - problem.y[0]
        with np.errstate(all="ignore"):
            if not np.sqrt(np.sum(residual**2)) < np.inf:
                diverged = step
                break
        a = a - rate * (problem.x[0].T @ residual + ridge * a + lasso * np.sign(a))
    assert diverged is not None
    assert alone.found[2, 0, 0] == diverged
    assert np.all(alone.found[2, 0, 1:] == -1)
    assert np.isfinite(state[0, 1:]).all()


@pytest.mark.parametrize("n", [13, 20, 21, 22, 23])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_run_that_diverges_does_not_touch_those_after_it(n: int, depth: int) -> None:
    problem = Problem(4, n=n, depth=depth)
    problem.settings[0, 0, 0] = 1e3
    runs, state = problem.runs()
    runs.advance(state, 0, 400)
    assert not np.isfinite(state[0, 0]).all()
    for member in (1, 2, 3):
        alone, own = problem.runs(which=[member])
        alone.advance(own, 0, 400)
        assert np.array_equal(own[0, 0], state[0, member])
    assert (runs.found[2, 0, 1:] < 0).all()
