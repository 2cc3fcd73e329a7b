"""Writing series as text and bytes."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import series_text
from api.series_text import csv_lines, part_json, raw_pairs, run_json
from core.store import SeriesPart

_VALUES = st.lists(st.floats(), max_size=30)


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that a handful of points crosses their borders.
    monkeypatch.setattr(series_text, "SLICE", 4)


def _part(values: list[float], metric: str = "m", stride: int = 1) -> SeriesPart:
    steps = np.arange(len(values), dtype=np.int64) * stride
    return SeriesPart(metric, steps, np.array(values, dtype=np.float64))


def _loads(text: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    return json.loads(text, parse_constant=refuse)


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@given(_VALUES)
def test_json_gives_every_value_back(values: list[float]) -> None:
    read = _loads(b"".join(run_json("run_x", [_part(values)])))["series"][0]
    back = [
        float(read["nonfinite"][str(i)]) if value is None else value for i, value in enumerate(read["values"])
    ]
    assert read["steps"] == list(range(len(values)))
    assert all(_same(a, b) for a, b in zip(back, values, strict=True))
    assert read["total"] == read["returned"] == len(values)


@given(_VALUES)
def test_csv_gives_every_value_back(values: list[float]) -> None:
    lines = b"".join(csv_lines([_part(values)])).decode().splitlines()
    assert len(lines) == len(values)
    for place, line in enumerate(lines):
        step, text = line.split(",")
        assert int(step) == place
        assert _same(float(text), values[place])


@given(_VALUES)
def test_octets_give_every_value_back(values: list[float]) -> None:
    pairs = np.frombuffer(b"".join(raw_pairs(_part(values))), dtype="<f8").reshape(-1, 2)
    np.testing.assert_array_equal(pairs[:, 1], values)
    np.testing.assert_array_equal(pairs[:, 0], np.arange(len(values)))


def test_metrics_of_other_steps_share_lines_where_they_can() -> None:
    parts = [_part([1.0, 2.0, 3.0], "a"), _part([7.0, 8.0], "b", stride=2), _part([], "c")]
    assert b"".join(csv_lines(parts, "run_x")).decode().splitlines() == [
        "run_x,0,1.0,7.0,",
        "run_x,1,2.0,,",
        "run_x,2,3.0,8.0,",
    ]


def test_a_part_of_many_names_its_run() -> None:
    assert _loads(b"".join(part_json(_part([1.0]), "run_x")))["run"] == "run_x"
