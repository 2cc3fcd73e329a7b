"""Where a boundary lies between neighbouring cells, and the values halfway that would place it better."""

from collections.abc import Sequence
from itertools import pairwise

from core.analysis.coordinates import Spacing, halfway


def halves(
    line: Sequence[tuple[float, object]], spacing: Spacing, tolerance: float, *, whole: bool = False
) -> list[float]:
    """The values halfway between neighbours on a line whose labels differ.

    Args:
        line: values and labels of the cells along an axis, in any order; None is unknown and has no
            boundary, and hides none: its neighbours are neighbours of each other.
        tolerance: neighbours are near enough where they differ by at most this share of the larger magnitude.
        whole: only whole values exist, so that neighbours are near enough where none lies between them.
    """
    known = sorted(((value, label) for value, label in line if label is not None), key=lambda cell: cell[0])
    found = []
    for (low, left), (high, right) in pairwise(known):
        if left == right or high - low <= tolerance * max(abs(low), abs(high)):
            continue
        middle = halfway(low, high, spacing, whole=whole)
        if low < middle < high:
            found.append(middle)
    return found
