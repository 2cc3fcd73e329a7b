"""Writing series as text and bytes."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import series_text
from api.series_csv import Columns, csv_header, csv_lines, shape_of
from api.series_source import Part, Series
from api.series_text import Changed, raw_rows, run_json, series_json
from core.store import SeriesPart, VectorPart

_VALUES = st.lists(st.floats(), max_size=30)


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that a handful of points crosses their borders.
    monkeypatch.setattr(series_text, "SLICE", 4)


def _part(values: list[float], metric: str = "m", stride: int = 1) -> SeriesPart:
    steps = np.arange(len(values), dtype=np.int64) * stride
    return SeriesPart(metric, steps, np.array(values, dtype=np.float64))


def _rows(steps: list[int], values: Any, *shape: int, metric: str = "v") -> VectorPart:
    rows = np.array(values, dtype=np.float64).reshape(len(steps), math.prod(shape))
    return VectorPart(metric, shape, np.array(steps, dtype=np.int64), rows)


def _csv(*parts: Part) -> list[str]:
    shapes = [(part.metric, shape_of(part)) for part in parts]
    columns = [Columns.of(metric, [shape] if shape is not None else []) for metric, shape in shapes]
    return (csv_header(columns, with_run=False) + b"".join(csv_lines(parts, columns))).decode().splitlines()


def _loads(text: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    return json.loads(text, parse_constant=refuse)


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@given(_VALUES)
def test_json_gives_every_value_back(values: list[float]) -> None:
    read = _loads(b"".join(run_json("run_x", [Series.of(_part(values))])))["series"][0]
    back = [
        float(read["nonfinite"][str(i)]) if value is None else value for i, value in enumerate(read["values"])
    ]
    assert read["steps"] == list(range(len(values)))
    assert all(_same(a, b) for a, b in zip(back, values, strict=True))
    assert read["total"] == read["returned"] == len(values)


@given(_VALUES)
def test_csv_gives_every_value_back(values: list[float]) -> None:
    _, *lines = _csv(_part(values))
    assert len(lines) == len(values)
    for place, line in enumerate(lines):
        step, text = line.split(",")
        assert int(step) == place
        assert _same(float(text), values[place])


@given(_VALUES)
def test_octets_give_every_value_back(values: list[float]) -> None:
    pairs = np.frombuffer(b"".join(raw_rows(_part(values))), dtype="<f8").reshape(-1, 2)
    np.testing.assert_array_equal(pairs[:, 1], values)
    np.testing.assert_array_equal(pairs[:, 0], np.arange(len(values)))


def test_metrics_of_other_steps_share_lines_where_they_can() -> None:
    parts = [_part([1.0, 2.0, 3.0], "a"), _part([7.0, 8.0], "b", stride=2), _part([], "c")]
    columns = [Columns.of(name, [()]) for name in "abc"]
    assert b"".join(csv_lines(parts, columns, "run_x")).decode().splitlines() == [
        "run_x,0,1.0,7.0,",
        "run_x,1,2.0,,",
        "run_x,2,3.0,8.0,",
    ]


def test_a_part_of_many_names_its_run() -> None:
    assert _loads(b"".join(series_json(Series.of(_part([1.0])), "run_x")))["run"] == "run_x"


@given(st.lists(st.tuples(*[st.floats()] * 6), max_size=9))
def test_rows_come_back_in_every_form(values: list[tuple[float, ...]]) -> None:
    part = _rows(list(range(len(values))), values, 2, 3)
    read = _loads(b"".join(run_json("run_x", [Series.of(part)])))["series"][0]
    flat = [value for row in read["values"] for value in row]
    back = [float(read["nonfinite"][str(i)]) if value is None else value for i, value in enumerate(flat)]
    assert (read["shape"], read["steps"]) == ([2, 3], part.steps.tolist())
    assert all(len(row) == 6 for row in read["values"])
    assert read["total"] == read["returned"] == len(values)
    header, *lines = _csv(part)
    assert header == 'step,"v[0,0]","v[0,1]","v[0,2]","v[1,0]","v[1,1]","v[1,2]"'
    texts = [float(text) for line in lines for text in line.split(",")[1:]]
    octets = np.frombuffer(b"".join(raw_rows(part)), dtype="<f8").reshape(-1, 7)
    for found in (back, texts, octets[:, 1:].ravel().tolist()):
        assert all(_same(a, b) for a, b in zip(found, part.values.ravel(), strict=True))
    np.testing.assert_array_equal(octets[:, 0], part.steps)


def test_rows_and_points_share_lines_where_they_can() -> None:
    nowhere = VectorPart("w", None, np.empty(0, np.int64), np.empty((0, 0)))
    rows = _rows([1, 6, 7], [[1, 2], [3, np.nan], [5, -np.inf]], 2)
    assert _csv(_part([0.5] * 3, "a", stride=3), rows, nowhere) == [
        "step,a,v[0],v[1]",
        "0,0.5,,",
        "1,,1.0,2.0",
        "3,0.5,,",
        "6,0.5,3.0,NaN",
        "7,,5.0,-Infinity",
    ]


def test_runs_of_other_shapes_share_columns() -> None:
    columns = [Columns.of("v", [(3,), (2,), (1, 2)]), Columns.of("m", [()])]
    assert csv_header(columns, with_run=True) == b'run,step,v[0],v[1],v[2],"v[0,0]","v[0,1]",m\n'
    steps = _part([9.0], "m")

    def lines(part: VectorPart) -> list[str]:
        return b"".join(csv_lines([part, steps], columns, "r")).decode().splitlines()

    assert lines(_rows([0, 1], [[1, 2], [3, 4]], 2)) == ["r,0,1.0,2.0,,,,9.0", "r,1,3.0,4.0,,,,"]
    assert lines(_rows([0], [[5, 6]], 1, 2)) == ["r,0,,,,5.0,6.0,9.0"]
    # A shape that the header does not have is left out.
    assert lines(_rows([0, 7], [[1, 2, 3, 4], [1, 2, 3, 4]], 4)) == ["r,0,,,,,,9.0"]


def test_a_vector_that_was_never_recorded_has_neither_shape_nor_columns() -> None:
    nowhere = VectorPart("w", None, np.empty(0, np.int64), np.empty((0, 0)))
    read = _loads(b"".join(series_json(Series.of(nowhere))))
    assert (read["shape"], read["steps"], read["values"], read["nonfinite"]) == (None, [], [], {})
    assert _csv(nowhere) == ["step"]
    assert b"".join(raw_rows(nowhere)) == b""


@given(_VALUES, st.integers(1, 4))
def test_a_series_in_parts_reads_as_one(values: list[float], width: int) -> None:
    whole = _part(values)
    cuts = range(0, len(values), width)
    parts = [SeriesPart("m", whole.steps[i : i + width], whole.values[i : i + width]) for i in cuts]
    text = b"".join(series_json(Series("m", (), lambda: iter(parts))))
    assert text == b"".join(series_json(Series.of(whole)))


def test_a_series_that_is_cut_while_it_is_sent_is_not_finished() -> None:
    answers = iter([[_part([1.0, 2.0])], [_part([1.0])]])
    with pytest.raises(Changed, match="2 steps, then 1 values"):
        list(series_json(Series("m", (), lambda: iter(next(answers)))))
