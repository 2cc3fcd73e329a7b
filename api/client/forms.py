"""Results and series in the form of a library that may not be installed."""

import importlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from api.client.curves import Curve
from api.client.errors import MissingPackage
from api.client.tables import result_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

Frames: TypeAlias = Literal["pandas", "polars"]


def check_form(as_: str, *allowed: str) -> None:
    """Raises ValueError for a form that there is not, MissingPackage where its package is not installed."""
    if as_ not in allowed:
        raise ValueError(f"as_ must be one of {', '.join(map(repr, allowed))}, got {as_!r}")
    if as_ != "rows":
        _package(as_)


def shape_results(rows: list[dict[str, Any]], as_: str) -> Any:
    """Rows as they came, or their columns."""
    if as_ == "rows":
        return rows
    columns = {name: _even(values) for name, values in result_columns(rows).items()}
    if as_ == "numpy":
        return {name: _array(values) for name, values in columns.items()}
    return _frame(columns, as_)


def frame_series(curves: Sequence[Curve], runs: Mapping[str, Mapping[str, Any]], as_: str) -> Any:
    """A table with a row a point, of vector metrics a row a component.

    Args:
        runs: seed and axis values of every run of the experiment, by id; all have the same.
    """
    import numpy as np

    widths = [int(np.prod(one.values.shape[1:], dtype=np.int64)) for one in curves]
    lengths = [len(one.steps) * width for one, width in zip(curves, widths, strict=True)]
    columns: dict[str, Any] = {
        "run": [one.run for one, length in zip(curves, lengths, strict=True) for _ in range(length)],
        **_by_run(curves, lengths, runs),
        "metric": [one.metric for one, length in zip(curves, lengths, strict=True) for _ in range(length)],
        "step": _joined([one.steps.repeat(w) for one, w in zip(curves, widths, strict=True)], np.int64),
    }
    if any(one.values.ndim > 1 for one in curves):
        places = [np.tile(np.arange(w), len(one.steps)) for one, w in zip(curves, widths, strict=True)]
        columns["component"] = _joined(places, np.int64)
    columns["value"] = _joined([one.values.reshape(-1) for one in curves], np.float64)
    return _frame(columns, as_)


def _by_run(
    curves: Sequence[Curve], lengths: Sequence[int], runs: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    import numpy as np

    places = {run: place for place, run in enumerate(runs)}
    counts = np.array(lengths, dtype=np.int64)
    at = np.array([places[one.run] for one in curves], dtype=np.int64).repeat(counts)
    columns: dict[str, Any] = {}
    for name in next(iter(runs.values()), {"seed": 0}):
        values = _even([run[name] for run in runs.values()])
        whole = {type(value) for value in values} in ({int}, {float})
        columns[name] = _array(values)[at] if whole else [values[place] for place in at]
    return columns


def _joined(arrays: Sequence[Any], dtype: type) -> Any:
    import numpy as np

    return np.concatenate([np.empty(0, dtype), *arrays])


def _frame(columns: Mapping[str, Any], as_: str) -> Any:
    return _package(as_).DataFrame(dict(columns))


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        message = f"as_={name!r} needs the package {name}: pip install {name}"
        raise MissingPackage(message, name=name) from error


def _even(values: list[Any]) -> list[Any]:
    """A column of one type: whole numbers beside others become floats, anything else beside others text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 and not kinds & {list, dict}:
        return values
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    texts = (value if value is None or isinstance(value, str) else json.dumps(value) for value in values)
    return list(texts)


def _array(values: list[Any]) -> "NDArray[Any]":
    """Numbers as int64, or as float64 with NaN where there is none; anything else as objects."""
    import numpy as np

    kinds = {type(value) for value in values}
    if kinds == {int}:
        return np.array(values, dtype=np.int64)
    if kinds == {bool}:
        return np.array(values)
    if kinds <= {int, float, type(None)}:
        return np.array(values, dtype=np.float64)
    return np.array(values, dtype=object)
