"""Boundaries of a phase map as polylines: marching between neighbouring cells with different labels."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.coordinates import Floats
from core.analysis.counting import Integers

Pair = tuple[int, int]
Node = tuple[int, int]
"""A place in half steps of rows and columns: odd where it lies between two."""


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """A line between two labels; `points` (K, 2) are places on the axes of columns (x) and rows (y)."""

    between: Pair
    points: Floats


def boundaries(labels: Integers, x: Floats, y: Floats) -> list[Boundary]:
    """Lines halfway between neighbouring cells whose labels differ, as long as they go on.

    Of four cells around a corner, two labels that meet along one line are joined by it; where more lines meet
    (three labels, or two crosswise) they meet in the middle. A map of one row or column has points for lines.

    Args:
        labels: codes; negative ones are unknown and have no boundary. Shape (R, C).
        x, y: places of columns and rows, strictly increasing. Shapes (C,) and (R,).

    Raises ValueError for other shapes and places that do not increase.
    """
    if labels.shape != (y.size, x.size):
        raise ValueError(f"labels must have shape {(y.size, x.size)}. Got {labels.shape} instead.")
    for name, places in (("x", x), ("y", y)):
        if bool(np.any(np.diff(places) <= 0)):
            raise ValueError(f"{name} must increase strictly. Got {places} instead.")
    crossings = _crossings(labels)
    links: dict[Pair, dict[Node, list[Node]]] = defaultdict(lambda: defaultdict(list))
    for node, pair in crossings.items():
        links[pair][node]
    for row in range(labels.shape[0] - 1):
        for column in range(labels.shape[1] - 1):
            for pair, start, end in _segments(crossings, row, column):
                links[pair][start].append(end)
                links[pair][end].append(start)
    return [
        Boundary(pair, np.column_stack([_between(x, line[:, 1]), _between(y, line[:, 0])]))
        for pair in sorted(links)
        for line in _lines(links[pair])
    ]


def filled(
    labels: Integers, there: NDArray[np.bool_], whole: NDArray[np.bool_], x: Floats, y: Floats
) -> Integers:
    """The labels, with cells that no run was asked of taking that of the nearest one beside them.

    That is one in the same row where the row belongs to the first sweep, else one in the same column:
    refining along x leaves gaps in rows, refining along y adds rows of few cells.

    Args:
        labels: codes. Shape (R, C).
        there: cells that runs were asked of. Shape (R, C).
        whole: rows of the first sweep. Shape (R,).
        x, y: places of columns and rows, increasing. Shapes (C,) and (R,).
    """
    made, known = labels.copy(), there.copy()
    for row in np.flatnonzero(whole):
        _fill(made[row], known[row], x)
    for column in range(labels.shape[1]):
        _fill(made[:, column], known[:, column], y)
    return made


def _fill(line: Integers, known: NDArray[np.bool_], places: Floats) -> None:
    """Fills a line in place, from those of its cells that are known."""
    cells = np.flatnonzero(known)
    if cells.size:
        line[:] = line[cells[np.abs(places[:, None] - places[cells]).argmin(axis=1)]]
        known[:] = True


def _crossings(labels: Integers) -> dict[Node, Pair]:
    """Places between neighbours that differ, and the labels on both sides."""
    found: dict[Node, Pair] = {}
    for down, right in ((0, 1), (1, 0)):
        one = labels[: labels.shape[0] - down, : labels.shape[1] - right]
        other = labels[down:, right:]
        for row, column in np.argwhere((one != other) & (one >= 0) & (other >= 0)):
            pair = sorted((int(one[row, column]), int(other[row, column])))
            found[int(2 * row + down), int(2 * column + right)] = (pair[0], pair[1])
    return found


def _segments(crossings: dict[Node, Pair], row: int, column: int) -> list[tuple[Pair, Node, Node]]:
    """The lines within four cells, of which this one is the first."""
    middle = (2 * row + 1, 2 * column + 1)
    around = [(middle[0] - 1, middle[1]), (middle[0], middle[1] + 1), (middle[0] + 1, middle[1])]
    met = [node for node in (*around, (middle[0], middle[1] - 1)) if node in crossings]
    if len(met) == 2 and crossings[met[0]] == crossings[met[1]]:
        return [(crossings[met[0]], met[0], met[1])]
    return [(crossings[node], node, middle) for node in met] if len(met) > 2 else []


def _lines(links: dict[Node, list[Node]]) -> list[Integers]:
    """The lines of one pair of labels, from end to end or around, in half steps. Each of shape (K, 2)."""
    left = {node: list(ends) for node, ends in links.items()}
    lines = [np.array([node]) for node, ends in links.items() if not ends]
    # Ends and junctions first, so that what is left are rings.
    starts = [node for node, ends in links.items() if ends and len(ends) != 2]
    for node in [*starts, *links]:
        while left[node]:
            lines.append(np.array(_walk(left, links, node)))
    return lines


def _walk(left: dict[Node, list[Node]], links: dict[Node, list[Node]], start: Node) -> list[Node]:
    line = [start]
    while left[line[-1]]:
        here = line[-1]
        then = left[here].pop()
        left[then].remove(here)
        line.append(then)
        if len(links[then]) != 2:
            break
    return line


def _between(places: Floats, halves: Integers) -> Floats:
    return np.asarray((places[halves // 2] + places[(halves + 1) // 2]) / 2)
