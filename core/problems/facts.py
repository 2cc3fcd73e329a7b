"""What the theory of every run of one instance starts from, computed once."""

from functools import cached_property

import numpy as np

from core.problems.instance import Instance
from core.problems.operators import Dense, Numbers, least_squares, project
from core.problems.tangent import Floors, floors


class Facts:
    """Lazily computed facts of one instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    @cached_property
    def sigma_max(self) -> float:
        """Largest singular value of X; 0 for a map that is zero."""
        singular = self.instance.operator.decomposition.singular
        return float(singular[0]) if len(singular) else 0.0

    @cached_property
    def solution(self) -> Numbers:
        """a_LS."""
        return least_squares(self.instance.operator, self.instance.targets)

    @cached_property
    def gap(self) -> Numbers | None:
        """a_LS - a*, where a* is known."""
        truth = self.instance.true_parameters
        return None if truth is None else self.solution - truth

    @cached_property
    def gap_size(self) -> float | None:
        """||a_LS - a*||_inf of vectors, ||A_LS - A*||_{2->2} of matrices: what the penalty has to undo."""
        if self.gap is None:
            return None
        return float(np.abs(self.gap).max()) if self.gap.ndim == 1 else float(np.linalg.norm(self.gap, 2))

    @cached_property
    def largest_correlation(self) -> float:
        """||X^H y||_inf of vectors, its spectral norm for matrices: from here on 0 is the solution."""
        back = self.instance.operator.adjoint(self.instance.targets)
        return float(np.abs(back).max()) if back.ndim == 1 else float(np.linalg.norm(back, 2))

    @cached_property
    def plateau_test_error(self) -> float | None:
        """||a_LS - a*|| / ||a*||; on test data the relative residual of a_LS."""
        if self.gap is not None:
            return _ratio(self.gap, self.instance.truth)
        held_out = self.instance.held_out
        if held_out is None:
            return None
        return _ratio(held_out.operator.apply(self.solution) - held_out.targets, held_out.targets)

    @cached_property
    def projection_bound(self) -> float | None:
        """||(I - P) a*|| / ||a*||, P the projection on the row space of X."""
        truth = self.instance.true_parameters
        if truth is None:
            return None
        return _ratio(truth - project(self.instance.operator, truth), truth)

    @cached_property
    def mutual_coherence(self) -> float | None:
        """max_ij |x_ij| / ||x_i||: of the rows of M with the columns of Phi, X = M Phi. None for matrices."""
        if not isinstance(self.instance.operator, Dense):
            return None
        size = np.abs(self.instance.operator.design)
        norms = np.linalg.norm(size, axis=1)
        there = norms > 0
        return float((size[there].max(axis=1) / norms[there]).max(initial=0.0))

    @cached_property
    def floors(self) -> Floors | None:
        """First-order floors at the truth."""
        return floors(self.instance)

    def memorised_residual(self, push: Numbers) -> float | None:
        """||X a - y|| / ||y|| where the loss balances the penalty's gradient `push` in the row space of X."""
        known = self.instance.operator.decomposition
        pushed = known.coordinates(self.instance.operator.apply(push)) / known.singular**2
        return _ratio(pushed, self.instance.targets)


def sign_of(a: Numbers) -> Numbers:
    """a / |a| of every entry, with 0 for 0."""
    size = np.abs(a)
    return np.divide(a, size, out=np.zeros_like(a), where=size > 0)


def polar_factor(a: Numbers) -> Numbers:
    """U V' of the thin SVD, without singular values that are zero to rounding."""
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    keep = singular > singular[0] * max(a.shape) * np.finfo(np.float64).eps
    factor: Numbers = left[:, keep] @ right[keep]
    return factor


def _ratio(part: Numbers, whole: Numbers) -> float | None:
    norm = float(np.linalg.norm(whole))
    return float(np.linalg.norm(part)) / norm if norm > 0 else None
