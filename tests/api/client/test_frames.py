"""Results and series as frames of pandas and polars, with the types and numbers of the records."""

import asyncio
import math
from typing import Any

import numpy as np
import pandas
import polars
import pytest

from api.client import AsyncClient, Client, Experiment
from tests.api.played import PlayedWorker, spec

RECORDED = [1.0, math.nan, math.inf, -math.inf, 1 / 3]
LOW = 5e-324
SWEEP = {
    "axes": [
        {"path": "/regularization/l1", "values": [1e-4, 2e-4, 3e-4]},
    ]
}


@pytest.fixture
def swept(asking: Client, worker: PlayedWorker) -> Experiment:
    """Three runs: one grokked, one whose last error is infinite, one that was not begun."""
    experiment = asking.submit(
        spec(sweep=SWEEP, record={"metrics": ["test_error"], "parameters_per_decade": 1})
    )
    first, second, _ = worker.claim().runs
    worker.write(first, range(5), test_error=RECORDED)
    worker.write_rows(first, "parameters", [0, 4], [[1.0, math.nan], [LOW, -0.0]], 2)
    worker.finish(first, final={"test_error": 1 / 3})
    worker.write(second, [0], test_error=[2.0])
    worker.finish(second, final={"test_error": math.inf})
    return experiment


def columns(frame: Any) -> dict[str, list[Any]]:
    """The columns of either library as lists."""
    if isinstance(frame, pandas.DataFrame):
        return {name: frame[name].tolist() for name in frame.columns}
    assert isinstance(frame, polars.DataFrame)
    return frame.to_dict(as_series=False)


def kind(frame: Any, name: str) -> str:
    """The type of a column in lower case."""
    return str(frame[name].dtype).lower()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_results_are_a_row_a_run(swept: Experiment, library: Any) -> None:
    frame = swept.results(as_=library)
    rows = swept.results()
    told = columns(frame)
    assert frame.shape[0] == 3
    assert told["run"] == [row["run"] for row in rows]
    assert told["/regularization/l1"] == [1e-4, 2e-4, 3e-4]
    assert (kind(frame, "seed"), kind(frame, "/regularization/l1")) == ("int64", "float64")
    assert told["test_error"][:2] == [1 / 3, math.inf]
    assert told["t2"][0] == rows[0]["t2"] == 60
    missing = frame.isna() if library == "pandas" else frame.select(polars.all().is_null())
    assert [columns(missing)[name][2] for name in ("run", "t2", "outcome", "test_error")] == [
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_series_are_a_row_a_point_with_the_very_bits(swept: Experiment, library: Any) -> None:
    frame = swept.series("test_error", as_=library)
    told = columns(frame)
    first, second, _ = (row["run"] for row in swept.results())
    assert list(told) == ["run", "seed", "/regularization/l1", "metric", "step", "value"]
    assert told["seed"] == [7] * 6
    assert told["/regularization/l1"] == [1e-4] * 5 + [2e-4]
    assert (kind(frame, "seed"), kind(frame, "/regularization/l1")) == ("int64", "float64")
    assert told["run"] == [first] * 5 + [second]
    assert set(told["metric"]) == {"test_error"}
    assert told["step"] == [0, 1, 2, 3, 4, 0]
    assert (kind(frame, "step"), kind(frame, "value")) == ("int64", "float64")
    expected = np.array([*RECORDED, 2.0]).view(np.uint64)
    np.testing.assert_array_equal(frame["value"].to_numpy().view(np.uint64), expected)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_vectors_are_a_row_a_component(swept: Experiment, library: Any) -> None:
    run = swept.runs()[0].id
    frame = swept.series("test_error", "parameters", runs=(run,), as_=library)
    told = columns(frame)
    assert list(told) == ["run", "seed", "/regularization/l1", "metric", "step", "component", "value"]
    assert told["step"][5:] == [0, 0, 4, 4]
    assert told["component"] == [0] * 5 + [0, 1, 0, 1]
    assert told["value"][5] == 1.0
    assert math.isnan(told["value"][6])
    assert (told["value"][7], math.copysign(1, told["value"][8])) == (LOW, -1.0)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_other_client_gives_the_same_frames(swept: Experiment, url: str, library: Any) -> None:
    async def work() -> tuple[Any, Any]:
        async with AsyncClient(url) as asking:
            handle = asking.handle(swept.id)
            return await handle.results(as_=library), await handle.series("test_error", as_=library)

    results, series = asyncio.run(work())
    assert results.equals(swept.results(as_=library))
    assert series.equals(swept.series("test_error", as_=library))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_sweep_without_points_has_its_columns(asking: Client, library: Any) -> None:
    frame = asking.submit(spec()).series("test_error", as_=library)
    assert frame.shape == (0, 5)
    assert (kind(frame, "step"), kind(frame, "value")) == ("int64", "float64")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_axes_of_whole_objects_and_of_several_kinds_are_text(
    asking: Client, worker: PlayedWorker, library: Any
) -> None:
    snr = {"path": "/problem/snr", "values": [None, 10]}
    init = {"path": "/model/init", "values": [{"kind": "constant", "scale": 0.1}]}
    experiment = asking.submit(spec(sweep={"axes": [snr, init]}))
    worker.finish_everything()
    told = columns(experiment.series("test_error", as_=library))
    assert told["/model/init"] == ['{"kind": "constant", "scale": 0.1}'] * 10
    given = [None if value is None or math.isnan(value) else value for value in told["/problem/snr"]]
    assert given == [None] * 5 + [10] * 5
