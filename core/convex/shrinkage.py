"""Proximal maps of the norms: soft thresholds of entries and of singular values."""

from collections.abc import Callable

import numpy as np

from core.problems.operators import Numbers

Shrinkage = Callable[[Numbers, float], Numbers]
"""argmin_z 1/2 ||z - a||^2 + threshold R(z), for a norm R."""


def shrink_entries(a: Numbers, threshold: float) -> Numbers:
    """Of ||a||_1: every entry keeps its sign (complex: its phase) and loses `threshold` of its size."""
    size = np.abs(a)
    kept = np.maximum(size - threshold, 0.0)
    return a * np.divide(kept, size, out=np.zeros_like(size), where=size > 0)


def shrink_singular_values(a: Numbers, threshold: float) -> Numbers:
    """Of ||A||_*: every singular value loses `threshold`, at most all of it."""
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    kept = singular > threshold
    shrunk: Numbers = (left[:, kept] * (singular[kept] - threshold)) @ right[kept]
    return shrunk
