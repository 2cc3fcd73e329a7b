"""Largest triangle three buckets: of each the point that the line past it misses most."""

import numpy as np
from numpy.typing import NDArray

_WIDEST = 1 << 10
_HALVINGS = 18


def largest_triangles(
    places: NDArray[np.float64], values: NDArray[np.float64], count: int
) -> NDArray[np.intp]:
    """Which points to keep, at most `count`: one of each bucket of the axis that has any.

    The buckets are of one width, as narrow as `count` admits, so that stretches with few points do not cost
    those with many.

    Args:
        places: on the plotted axis, strictly increasing. Shape (K,).
        values: finite. Shape (K,).
        count: at least 1.
    """
    if places.size <= count:
        return np.arange(places.size)
    begins = _buckets(places, count)
    x = (places - places[0]) / (places[-1] - places[0])
    # Products of the largest numbers would overflow; the choice does not depend on the unit.
    y = values / (np.abs(values).max() or 1.0)
    return _walk(x, y, begins)


def _buckets(places: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Where the buckets begin: the most buckets of which no more than `count` hold a point."""
    share = (places - places[0]) / (places[-1] - places[0])

    def begins(buckets: int) -> NDArray[np.intp]:
        number = np.minimum((share * buckets).astype(np.int64), buckets - 1)
        return np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])

    low, high = count, _WIDEST * count
    best = begins(low)
    for _ in range(_HALVINGS):
        middle = (low + high) // 2
        found = begins(middle)
        if found.size <= count:
            low, best = middle, found
        else:
            high = middle
        if high - low <= 1 or best.size == count:
            break
    return best


def _walk(x: NDArray[np.float64], y: NDArray[np.float64], begins: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each choice depends on the one before it, so this is a loop, over numbers of Python: faster here."""
    lengths = np.diff(begins, append=x.size)
    next_x = [*(np.add.reduceat(x, begins) / lengths).tolist()[1:], float(x[-1])]
    next_y = [*(np.add.reduceat(y, begins) / lengths).tolist()[1:], float(y[-1])]
    xs, ys = x.tolist(), y.tolist()
    at_x, at_y = xs[0], ys[0]
    chosen = []
    for begin, length, to_x, to_y in zip(begins.tolist(), lengths.tolist(), next_x, next_y, strict=True):
        best, largest = begin, -1.0
        # Twice the area of the triangle is the distance from the line times the length of its base.
        across, up = at_x - to_x, to_y - at_y
        offset = across * at_y + up * at_x
        for place in range(begin, begin + length):
            area = abs(across * ys[place] + up * xs[place] - offset)
            if area > largest:
                best, largest = place, area
        chosen.append(best)
        at_x, at_y = xs[best], ys[best]
    return np.array(chosen, np.intp)
