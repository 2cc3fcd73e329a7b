"""The steps of a run while its signed active set stays: an affine iteration in closed form."""

import numpy as np

from core.problems.operators import Array
from core.training.linear.jump.bounds import ROUNDING, Bounds, Path
from core.training.linear.jump.lasso import Goal, Lasso
from core.training.linear.jump.modes import Modes
from core.training.linear.jump.search import FARTHEST, certain_until

SHRINKAGE = 1e-2
"""Of the largest coordinate over a segment, at most: its states have the rounding of the first."""


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

    def precise(self, last: int) -> int:
        """The number of steps, at most `last`, until the state has shrunk so far that its rounding shows.

        Sums keep the digits of the start: what is a hundredth of it has lost two of them.
        """
        steps = np.unique(np.minimum(1 << np.arange(last.bit_length() + 1), last))
        states = self._start[self.active, None] + self._moves @ self._modes.sums(steps)
        lost = np.max(np.abs(states), axis=0) < SHRINKAGE * np.max(np.abs(self._start))
        return int(steps[max(int(np.argmax(lost)) - 1, 0)]) if lost.any() else last

    def certified(self) -> int:
        """Number of steps for which the signed active set is certain to stay, up to rounding."""
        return certain_until(self._event_bounds().hold, FARTHEST)[0]

    def crossing(self, goal: Goal, last: int) -> tuple[int, bool]:
        """The number of steps, at most `last`, before which the goal is not met, and whether it is met then.

        Without a meeting the number is `last`, or smaller where the search was given up.
        """
        reached, met = certain_until(self._error_path(goal).above, last)
        return (reached + 1, True) if met else (reached, False)

    def _event_bounds(self) -> Bounds:
        lasso, start = self._lasso, self._start[self.active]
        others = np.delete(lasso.design, self.active, axis=1)  # (N, n - m)
        correlations = self._residual @ others
        slopes = np.column_stack([others.T @ self._pushes, np.zeros(others.shape[1])])
        sizes = np.linalg.norm(others, axis=0) * (
            np.linalg.norm(lasso.targets) + np.linalg.norm(self._residual)
        )
        limit = np.full(len(correlations), lasso.l1)
        return Bounds(
            self._modes,
            base=np.concatenate([start, correlations]),
            slopes=np.vstack([self._moves, slopes]),
            low=np.concatenate([np.where(start > 0, 0.0, -np.inf), -limit]),
            high=np.concatenate([np.where(start > 0, np.inf, 0.0), limit]),
            sizes=np.concatenate([np.abs(start), sizes]),
        )

    def _error_path(self, goal: Goal) -> Path:
        gap = (self._start if goal.matrix is None else goal.matrix @ self._start) - goal.targets
        if goal is self._lasso.train:
            weights = np.column_stack([self._pushes, np.zeros(len(self._pushes))])
            return Path(self._modes, self._residual, weights, 0.0, goal)
        if goal.matrix is not None:
            return Path(self._modes, gap, goal.matrix[:, self.active] @ self._moves, 0.0, goal)
        resting = np.delete(gap, self.active)
        return Path(self._modes, gap[self.active], self._moves, float(resting @ resting), goal)


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
