"""Compiled steps of matrix models: lanes, single runs, pieces, and what they notice."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.kernels.jacobi import LANES
from core.kernels.matrices import FULL_ENOUGH, MatrixRuns
from core.kernels.measured import Measured
from core.kernels.moves import METHODS

Array = NDArray[np.float64]
NO_LEVEL = -1.0
FEW = int(FULL_ENOUGH * LANES) - 1
"""Runs that are trained one by one."""


class Problem:
    """As many designs as runs; rates and strengths differ."""

    def __init__(self, runs: int, shape: tuple[int, int] = (6, 5), *, sensing: bool = False) -> None:
        rng = np.random.default_rng(7)
        n1, n2 = shape
        self.shape, self.count = shape, 2 * n1 * n2 // 3
        self.truth = rng.standard_normal((runs, n1, 2)) @ rng.standard_normal((runs, 2, n2))
        self.left, self.right = np.zeros((runs, 0, n1)), np.zeros((runs, 0, n2))
        self.mask = np.zeros((runs, 0))
        if sensing:
            self.left = rng.standard_normal((runs, self.count, n1)) / np.sqrt(self.count)
            self.right = rng.standard_normal((runs, self.count, n2))
            self.targets = np.einsum("gki,gij,gkj->gk", self.left, self.truth, self.right)
        else:
            self.mask = np.zeros((runs, n1 * n2))
            for row in self.mask:
                row[rng.permutation(n1 * n2)[: self.count]] = 1.0
            self.targets = self.mask * self.truth.reshape(runs, -1)
        self.settings = np.zeros((4, runs, 1))
        self.settings[0, :, 0] = 0.05 / (1 + np.arange(runs) % 3)
        self.settings[1, :, 0] = 1e-3 * (np.arange(runs) % 2)
        self.settings[3, :, 0] = 1e-2 / (1 + np.arange(runs))
        self.levels = np.full((2, runs, 1), NO_LEVEL)
        self.start = rng.standard_normal((runs, 1, n1 * n2))

    def runs(self, method: str = "subgradient", which: list[int] | None = None) -> tuple[MatrixRuns, Array]:
        """All runs, or those named, and their state."""
        kept = which if which is not None else list(range(len(self.start)))
        truth = self.truth[kept].reshape(len(kept), -1)
        norms = np.stack([np.linalg.norm(self.targets[kept], axis=1), np.linalg.norm(truth, axis=1)])
        data = (self.left[kept], self.right[kept], self.mask[kept], self.targets[kept], truth)
        measured = Measured(self.shape, *data, norms)
        parts = self.settings[:, kept].copy(), self.levels[:, kept].copy()
        places = [(place, 0) for place in range(len(kept))]
        return MatrixRuns(method, measured, *parts, places), self.start[kept].copy()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sensing", [False, True])
@pytest.mark.parametrize("shape", [(6, 5), (5, 6), (9, 9), (1, 4)])
def test_a_run_by_itself_is_the_run_in_lanes(method: str, sensing: bool, shape: tuple[int, int]) -> None:
    if sensing and method == "projected_subgradient":
        return
    problem = Problem(LANES, shape, sensing=sensing)
    problem.levels[0], problem.levels[1] = 0.8, 1.0
    together, state = problem.runs(method)
    together.advance(state, 0, 300)
    for member in (0, 1, LANES - 1):
        alone, own = problem.runs(method, [member])
        alone.advance(own, 0, 300)
        assert np.abs(own[0] - state[member]).max() < 1e-12
        assert np.array_equal(alone.found[:, 0], together.found[:, member])


@pytest.mark.parametrize("runs", [1, FEW, LANES, LANES + 1])
def test_pieces_are_the_whole_bit_for_bit(runs: int) -> None:
    """Also where another object goes on, from what the first one has kept."""
    problem = Problem(runs, (8, 7))
    problem.levels[0] = 0.7
    whole, state = problem.runs()
    whole.advance(state, 0, 700)
    pieces, parts = problem.runs()
    for step, target in ((0, 0), (0, 1), (1, 57), (57, 58), (58, 300), (300, 700)):
        pieces.advance(parts, step, target)
        others, _ = problem.runs()
        for g in range(runs):
            others.restore(g, 0, pieces.anchor(g, 0))
        others.go_on(pieces.found)
        pieces = others
    assert np.array_equal(parts, state)
    assert np.array_equal(pieces.found, whole.found)
    assert np.any(whole.found[0] > 0)


@pytest.mark.parametrize("runs", [FEW, LANES])
def test_what_was_found_before_stays_found(runs: int) -> None:
    problem = Problem(runs)
    problem.levels[:] = 1e9
    found, state = problem.runs()
    first: Any = np.full((3, runs, 1), -1)
    first[:2, 0, 0] = 5, 7
    found.go_on(first)
    found.advance(state, 10, 20)
    assert found.found[:, 0, 0].tolist() == [5, 7, -1]
    assert (found.found[:2, 1:] == 10).all()


@pytest.mark.parametrize("runs", [FEW, LANES])
@pytest.mark.parametrize("method", METHODS)
def test_a_run_that_diverges_is_noted_and_touches_no_other(runs: int, method: str) -> None:
    problem = Problem(runs)
    problem.settings[0, 0, 0] = 50.0
    together, state = problem.runs(method)
    together.advance(state, 0, 1500)
    calm = Problem(runs)
    others, own = calm.runs(method)
    others.advance(own, 0, 1500)
    if method != "projected_subgradient":
        assert together.found[2, 0, 0] > 0
        assert not np.isfinite(state[0]).all()
    assert (together.found[2, 1:] == -1).all()
    assert np.array_equal(state[1:], own[1:])
