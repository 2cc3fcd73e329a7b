"""The steps of a run while its signed active set stays: an affine iteration in closed form."""

import numpy as np
from numpy.typing import NDArray

from core.problems.operators import Array
from core.training.linear.jump.lasso import Goal, Lasso
from core.training.linear.jump.modes import Modes, Steps
from core.training.linear.jump.search import FARTHEST, certain_until

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Relative errors of sums, generously. What is closer than that rounding decides in the loop too."""


class Segment:
    """a_S(t) = a_S(0) + M phi(t), in the right singular vectors of X_S.

    With X_S = U Sigma V' and the first displacement g = a_S(1) - a_S(0), the part of g along v_k grows by the
    factor phi_k(t) of the loss alpha (sigma_k^2 + beta_2), and the rest, in the null space, by that of the
    loss alpha beta_2: linearly in t without an l2 penalty. Small singular values need an SVD of X_S:
    eigenvalues of X_S'X_S have lost half of their digits.

    Attributes:
        active: S, the coordinates that are not zero at the start. Shape (m,).
    """

    def __init__(self, lasso: Lasso, start: Array) -> None:
        self._lasso, self._start = lasso, start
        self.active = np.flatnonzero(start)
        self._residual = lasso.residual(start)
        columns = lasso.design[:, self.active]
        left, singular, right = np.linalg.svd(columns, full_matrices=False)
        # A singular value that is lost in rounding is none: it would turn the null space.
        size = max(columns.shape) * np.finfo(np.float64).eps
        kept = singular > singular[0] * size
        left, singular, right = left[:, kept], singular[kept], right[kept]
        pull = lasso.l2_squared * start[self.active] + lasso.l1 * np.sign(start[self.active])
        along = right @ pull
        losses = lasso.rate * np.append(singular**2 + lasso.l2_squared, lasso.l2_squared)
        self._modes = Modes(losses)
        first = -lasso.rate * (singular * (self._residual @ left) + along)
        hidden = -lasso.rate * _outside(pull, right)
        self._moves: Array = np.column_stack([right.T * first, hidden])  # (m, J)
        self._pushes: Array = left * (singular * first)  # (N, J - 1), of the residual

    @property
    def bytes(self) -> int:
        """Of what is kept."""
        return self._moves.nbytes + self._pushes.nbytes

    def at(self, taken: int) -> Array:
        """The state after so many steps. Shape (n,)."""
        state = self._start.copy()
        moved = self._start[self.active] + self._moves @ self._modes.sums(np.array([taken]))[:, 0]
        # A coordinate that rounding alone has carried over zero has arrived there.
        moved[np.sign(moved) != np.sign(self._start[self.active])] = 0.0
        state[self.active] = moved
        return state

    def certified(self) -> int:
        """Number of steps for which the signed active set is certain to stay, up to rounding."""
        return certain_until(self._event_bounds().hold, FARTHEST)[0]

    def crossing(self, goal: Goal, last: int) -> tuple[int, bool]:
        """The number of steps, at most `last`, before which the goal is not met, and whether it is met then.

        Without a meeting the number is `last`, or smaller where the search was given up.
        """
        reached, met = certain_until(self._error_path(goal).above, last)
        return (reached + 1, True) if met else (reached, False)

    def _event_bounds(self) -> "_Bounds":
        lasso, start = self._lasso, self._start[self.active]
        others = np.delete(lasso.design, self.active, axis=1)  # (N, n - m)
        correlations = self._residual @ others
        slopes = np.column_stack([others.T @ self._pushes, np.zeros(others.shape[1])])
        sizes = np.linalg.norm(others, axis=0) * (
            np.linalg.norm(lasso.targets) + np.linalg.norm(self._residual)
        )
        limit = np.full(len(correlations), lasso.l1)
        return _Bounds(
            self._modes,
            base=np.concatenate([start, correlations]),
            slopes=np.vstack([self._moves, slopes]),
            low=np.concatenate([np.where(start > 0, 0.0, -np.inf), -limit]),
            high=np.concatenate([np.where(start > 0, np.inf, 0.0), limit]),
            sizes=np.concatenate([np.abs(start), sizes]),
        )

    def _error_path(self, goal: Goal) -> "_Path":
        gap = (self._start if goal.matrix is None else goal.matrix @ self._start) - goal.targets
        if goal is self._lasso.train:
            weights = np.column_stack([self._pushes, np.zeros(len(self._pushes))])
            return _Path(self._modes, self._residual, weights, 0.0, goal)
        if goal.matrix is not None:
            return _Path(self._modes, gap, goal.matrix[:, self.active] @ self._moves, 0.0, goal)
        resting = np.delete(gap, self.active)
        return _Path(self._modes, gap[self.active], self._moves, float(resting @ resting), goal)


def _outside(pull: Array, right: Array) -> Array:
    """The part of a vector outside the orthonormal rows of `right`. Shapes (m,) and (k, m)."""
    if len(right) == len(pull):
        return np.zeros_like(pull)
    hidden: Array = pull - (right @ pull) @ right
    # Rounding alone would move a run that has arrived, in 10^12 steps quite far.
    if np.linalg.norm(hidden) <= ROUNDING * np.linalg.norm(pull):
        return np.zeros_like(pull)
    hidden -= (right @ hidden) @ right
    return hidden


class _Bounds:
    """Values base + slopes phi(t) that are to stay between low and high. Shapes (K,), slopes (K, J)."""

    def __init__(
        self, modes: Modes, base: Array, slopes: Array, low: Array, high: Array, sizes: Array
    ) -> None:
        self._modes, self._base, self._slopes = modes, base[:, None], slopes
        self._low, self._high = (low - ROUNDING * sizes)[:, None], (high + ROUNDING * sizes)[:, None]
        self._absolute = np.abs(slopes)

    def hold(self, points: Steps) -> NDArray[np.bool_]:
        """Over which intervals all values are certain to stay, up to rounding."""
        sums = self._modes.sums(points)
        values = self._base + self._slopes @ sums
        slack = ROUNDING * (self._absolute @ np.abs(sums))
        inside = np.all((values >= self._low - slack) & (values <= self._high + slack), axis=0)
        # Beyond the first value that is outside nothing matters.
        count = len(points) if inside.all() else max(int(np.argmin(inside)), 1)
        found = np.zeros(len(points) - 1, dtype=np.bool_)
        if not inside[0] or count < 2:
            return found
        points, values, slack = points[:count], values[:, :count], slack[:, 1:count]
        enclosure = self._modes.enclose(points)
        shift, radius = self._slopes @ enclosure.shift, self._absolute @ enclosure.radius - slack
        least = np.minimum(values[:, :-1], values[:, 1:]) + shift - radius
        most = np.maximum(values[:, :-1], values[:, 1:]) + shift + radius
        found[: count - 1] = np.all((least >= self._low) & (most <= self._high), axis=0)
        return found


class _Path:
    """sqrt(||offset + weights phi(t)||^2 + constant) / divisor. Shapes (K,) and (K, J)."""

    def __init__(self, modes: Modes, offset: Array, weights: Array, constant: float, goal: Goal) -> None:
        self._modes, self._offset, self._weights, self._constant = modes, offset[:, None], weights, constant
        self._goal, self._sizes = goal, np.linalg.norm(weights, axis=0)

    def above(self, points: Steps) -> NDArray[np.bool_]:
        """Over which intervals the error is certain to lie above the level of the goal.

        Where values differ by rounding alone the ends decide, or each of 10^12 steps at the limit of an error
        would have to be looked at.
        """
        values = self._offset + self._weights @ self._modes.sums(points)  # (K, I + 1)
        ends = self._error(values) > self._goal.level
        enclosure = self._modes.enclose(points)
        reach = self._sizes @ enclosure.radius
        shift = self._weights @ enclosure.shift
        begin, way = values[:, :-1] + shift, np.diff(values, axis=1)
        # The point of the chord that is nearest to zero.
        length = np.einsum("ki,ki->i", way, way)
        share = -np.einsum("ki,ki->i", begin, way) / np.where(length > 0, length, 1.0)
        nearest = np.linalg.norm(begin + np.clip(share, 0.0, 1.0) * way, axis=0)
        least = np.sqrt(np.maximum(nearest - reach, 0.0) ** 2 + self._constant) / self._goal.divisor
        total = np.linalg.norm(values[:, :-1], axis=0) + np.sqrt(self._constant)
        steady = np.sqrt(length) + 2 * reach <= ROUNDING * total
        between: NDArray[np.bool_] = (least > self._goal.level) | steady | (np.diff(points) == 1)
        return ends[:-1] & ends[1:] & between

    def _error(self, values: Array) -> Array:
        errors: Array = np.sqrt(np.einsum("ki,ki->i", values, values) + self._constant) / self._goal.divisor
        return errors
