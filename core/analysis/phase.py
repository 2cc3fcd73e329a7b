"""Phase maps: what most seeds of a cell came to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.counting import Floats, Integers, wilson
from core.analysis.matrices import cell_numbers
from core.spec import Outcome

LABELS: tuple[Outcome, ...] = (
    Outcome.DIVERGED,
    Outcome.NEVER_MEMORISED,
    Outcome.MEMORISED_ONLY,
    Outcome.GROKKED,
    Outcome.GENERALISED_AT_ONCE,
)
"""The outcomes, from the one that learnt least; codes are places in here."""
UNKNOWN = -1
"""The code of a cell without a run that has ended."""
_CODES = {label.value: code for code, label in enumerate(LABELS)}


@dataclass(frozen=True, slots=True, eq=False)
class PhaseMap:
    """Labels of cells in rows and columns; every field has the shape (rows, columns), `counts` one more axis.

    Attributes:
        labels: the code of the outcome that most runs have; of a tie the one that learnt least; UNKNOWN of no
            runs.
        k: runs that have it.
        n: runs that were counted.
        low, high: Wilson's interval of k / n.
        counts: runs with each outcome. Shape (outcomes, rows, columns).
    """

    labels: Integers
    k: Integers
    n: Integers
    low: Floats
    high: Floats
    counts: Integers


def phase_map(
    rows: Integers,
    columns: Integers,
    outcomes: Sequence[str | None],
    shape: tuple[int, int],
    confidence: float = 0.95,
) -> PhaseMap:
    """The label of each cell.

    Args:
        rows, columns: the cell of each run. Shape (P,).
        outcomes: of each run; None does not count. Length P.
        shape: numbers of rows and columns.

    Raises ValueError for other shapes, places outside the map, and outcomes that there are not.
    """
    if unknown := {one for one in outcomes if one is not None} - _CODES.keys():
        raise ValueError(f"outcomes must be among {', '.join(_CODES)}. Got {unknown} instead.")
    codes = np.array([UNKNOWN if one is None else _CODES[one] for one in outcomes], np.int64)
    cells = cell_numbers(rows, columns, codes.shape, shape)
    counted = codes != UNKNOWN
    size = shape[0] * shape[1]
    places = codes[counted] * size + cells[counted]
    counts = np.bincount(places, minlength=len(LABELS) * size).reshape(len(LABELS), *shape)
    k, n = counts.max(axis=0), counts.sum(axis=0)
    labels = np.where(n > 0, counts.argmax(axis=0), UNKNOWN)
    low, high = wilson(k, n, confidence)
    return PhaseMap(labels, k, n, low, high, counts)
