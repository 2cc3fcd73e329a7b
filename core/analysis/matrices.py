"""Medians over seeds, a cell of a sweep at a time, where some runs did not get as far as there is a value."""

from dataclasses import dataclass

import numpy as np

from core.analysis.counting import Floats, Integers, wilson


@dataclass(frozen=True, slots=True, eq=False)
class MedianMatrix:
    """Medians of cells in rows and columns; every field has the shape (rows, columns).

    Attributes:
        values: the median; infinite where half of the runs or more have no value yet, NaN of no runs.
        k: runs that have a value.
        n: runs that were counted.
        low, high: Wilson's interval of k / n.
    """

    values: Floats
    k: Integers
    n: Integers
    low: Floats
    high: Floats


def median_matrix(
    rows: Integers, columns: Integers, values: Floats, shape: tuple[int, int], confidence: float = 0.95
) -> MedianMatrix:
    """The median of each cell.

    Args:
        rows, columns: the cell of each run. Shape (P,).
        values: infinite of a run that did not get to a value, so that it lies above all that did; NaN of one
            that does not count. The median of an even number is the mean of the middle two. Shape (P,).
        shape: numbers of rows and columns.

    Raises ValueError for other shapes, and for places outside the matrix.
    """
    cells = cell_numbers(rows, columns, values.shape, shape)
    counted = ~np.isnan(values)
    cells, values = cells[counted], values[counted]
    ordered = values[np.lexsort((values, cells))]
    size = shape[0] * shape[1]
    n = np.bincount(cells, minlength=size)
    k = np.bincount(cells[np.isfinite(values)], minlength=size)
    medians = np.full(size, np.nan)
    there = n > 0
    first = (np.cumsum(n) - n)[there]
    medians[there] = (ordered[first + (n[there] - 1) // 2] + ordered[first + n[there] // 2]) / 2
    low, high = wilson(k, n, confidence)
    return MedianMatrix(
        medians.reshape(shape), k.reshape(shape), n.reshape(shape), low.reshape(shape), high.reshape(shape)
    )


def cell_numbers(
    rows: Integers, columns: Integers, points: tuple[int, ...], shape: tuple[int, int]
) -> Integers:
    """The number of each run's cell, row by row. Raises ValueError as `median_matrix` does."""
    if not rows.shape == columns.shape == points or len(points) != 1:
        raise ValueError(
            f"rows, columns and values must be vectors of one length. Got {rows.shape}, {columns.shape}, "
            f"{points}."
        )
    if rows.size and not (
        0 <= rows.min() <= rows.max() < shape[0] and 0 <= columns.min() <= columns.max() < shape[1]
    ):
        raise ValueError(f"places must lie within {shape}. Got rows {rows} and columns {columns}.")
    return np.asarray(rows * shape[1] + columns, np.int64)
