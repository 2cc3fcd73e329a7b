"""Columns of Arrow tables: what runs are told apart by."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from api.answers import dumps
from api.chosen_runs import ChosenRun

NAME = pa.dictionary(pa.int32(), pa.string())
"""Names that repeat: indices into a dictionary that is sent once."""


def names(values: Sequence[str | None]) -> pa.DictionaryArray:
    """Texts as indices and their dictionary."""
    return pa.array(values, pa.string()).dictionary_encode()


def axis_paths(runs: Iterable[ChosenRun]) -> list[str]:
    """Every swept field of these runs, in the order of its first appearance."""
    return list(dict.fromkeys(path for run in runs for path in run.axes))


def axis(runs: Sequence[ChosenRun], path: str) -> pa.Array:
    """The value of each run on an axis: of whole numbers, numbers or truth values alike, else as text.

    What is not a text is then JSON; a run without the axis has null.
    """
    values = [run.axes.get(path) for run in runs]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return names([_text(value) for value in values])


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else dumps(value).decode()
