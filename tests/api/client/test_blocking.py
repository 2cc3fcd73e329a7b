"""From a spec to its numbers, with the client that waits."""

import math
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from api.client import Client, MissingPackage
from tests.api.played import PlayedWorker, spec


def test_from_a_spec_to_its_rows(
    asking: Client, worker: PlayedWorker, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = {"axes": [{"path": "/regularization/l1", "values": [1e-4, np.float64(2e-4)]}]}
    experiment = asking.submit(spec(sweep=sweep, seed=np.int64(7)))
    assert experiment.progress().state == "queued"
    playing = threading.Timer(0.3, worker.finish_everything)
    playing.start()
    rows = experiment.wait(progress=True, timeout=60).results()
    playing.join()
    assert [row["axes"]["/regularization/l1"] for row in rows] == [1e-4, 2e-4]
    assert {row["outcome"] for row in rows} == {"grokked"}
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == "queued       0%  0/2 runs  no worker is ready yet"
    assert shown[-1].startswith("succeeded  100%  2/2 runs")
    table = experiment.results(as_="numpy")
    np.testing.assert_array_equal(table["t2"], [60, 60])
    np.testing.assert_array_equal(table["/regularization/l1"], [1e-4, 2e-4])
    train, test = experiment.series("train_error", "test_error", runs=(rows[1]["run"],))
    assert (train.run, train.metric, train.total) == (rows[1]["run"], "train_error", 5)
    np.testing.assert_array_equal(train.steps, range(5))
    np.testing.assert_array_equal(train.values, [1, 0.5, 0.2, 0.1, 0.05])
    assert test.values.dtype == np.float64
    assert len(experiment.series("test_error", points=2, scale="log")) == 2


def test_what_is_no_finite_number_and_what_is_a_vector_come_as_recorded(
    asking: Client, worker: PlayedWorker
) -> None:
    experiment = asking.submit(spec(record={"metrics": ["test_error"], "parameters_per_decade": 1}))
    run = worker.claim().runs[0]
    recorded = [0.1, math.nan, math.inf, -math.inf, 1 / 3]
    worker.write(run, range(5), test_error=recorded)
    worker.write_rows(run, "parameters", [0, 4], [[1.0, math.nan], [math.inf, 4.0]], 2)
    worker.finish(run, final={"test_error": math.inf})
    id = asking.first_run(experiment.id).id
    curves = asking.series(id, "test_error", "parameters")
    np.testing.assert_array_equal(curves["test_error"].values, recorded)
    np.testing.assert_array_equal(curves["parameters"].values, [[1.0, math.nan], [math.inf, 4.0]])
    assert list(asking.series(id, from_step=1, to_step=3)["test_error"].steps) == [1, 2, 3]
    np.testing.assert_array_equal(experiment.results(as_="numpy")["test_error"], [math.inf])


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_library_that_is_not_installed_is_named(
    asking: Client, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    experiment = asking.submit(spec())
    asks: tuple[Callable[..., Any], ...] = (experiment.results, experiment.series)
    for ask in asks:
        with pytest.raises(MissingPackage, match=f"pip install {package}") as fault:
            ask(as_=package)
        assert fault.value.name == package
    with pytest.raises(ValueError, match="'excel'"):
        experiment.results(as_="excel")  # type: ignore[call-overload]


def test_waiting_ends_in_time(asking: Client) -> None:
    experiment = asking.submit(spec())
    with pytest.raises(TimeoutError, match=f"{experiment.id} is queued after 0.2 s"):
        experiment.wait(timeout=0.2)
    experiment.cancel()
    assert experiment.wait(timeout=60).progress().state == "cancelled"


def test_a_key_of_ones_own_gives_the_same_experiment(asking: Client) -> None:
    first = asking.submit(spec(), key="mine")
    assert asking.submit(spec(), key="mine").id == first.id
    assert asking.submit(spec()).id != first.id
