"""Long series come as raw numbers, the very bits; everything else as JSON."""

import asyncio
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from api.client import AsyncClient, Client, Curve, Refused
from api.client.raw import MANY
from api.client.talk import Ask, Pause
from tests.api.client.flaky import LOSE, flaky
from tests.api.played import PlayedWorker, spec

ODD = np.array(
    [0x7FF8000000000000, 0xFFF800000000BEEF, 0x7FF0000000000000, 0xFFF0000000000000, 1, 1 << 63], "<u8"
)
"""Bits of NaN, a NaN with a payload and a sign, both infinities, the smallest number and minus zero."""


class Listening(Client):
    """A client that remembers which forms it asked for series in."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.forms: list[str] = []

    def _perform(self, move: Ask | Pause) -> httpx.Response | httpx.TransportError | None:
        if isinstance(move, Ask) and move.path.endswith("/series"):
            self.forms.append(move.options.get("headers", {}).get("Accept", "JSON"))
        return super()._perform(move)


@pytest.fixture
def listening(url: str) -> Iterator[Listening]:
    opened = Listening(url)
    with opened:
        yield opened


def recorded(count: int) -> NDArray[np.float64]:
    """Numbers as training gives them, with odd ones among them."""
    values = np.random.default_rng(1).lognormal(size=count)
    values[1 : 1 + len(ODD)] = ODD.view(np.float64)
    return values


def long_run(client: Client, worker: PlayedWorker, count: int, **changes: object) -> str:
    """The id of an experiment whose first run recorded so many points."""
    made = client.submit(spec(steps=2 * count, record={"metrics": ["train_error", "test_error"]}, **changes))
    run = worker.claim().runs[0]
    values = recorded(count).tolist()
    worker.write(run, range(0, 2 * count, 2), test_error=values, train_error=values[::-1])
    return made.id


def same(curve: Curve, count: int) -> None:
    """Steps and bits are those that were recorded."""
    assert (str(curve.steps.dtype), str(curve.values.dtype)) == ("int64", "float64")
    np.testing.assert_array_equal(curve.steps, np.arange(0, 2 * count, 2))
    np.testing.assert_array_equal(curve.values.view(np.uint64), recorded(count).view(np.uint64))
    assert (curve.metric, curve.total, curve.method) == ("test_error", count, "all")


def test_a_long_metric_comes_with_its_very_bits(listening: Listening, worker: PlayedWorker) -> None:
    id = long_run(listening, worker, MANY)
    run = listening.first_run(id).id
    same(listening.series(run, "test_error")["test_error"], MANY)
    (curve,) = listening.handle(id).series("test_error")
    same(curve, MANY)
    (curve,) = listening.handle(id).series("test_error", runs=(run,))
    assert curve.run == run
    assert listening.forms == ["application/octet-stream"] * 3
    some = listening.series(run, "test_error", from_step=3, to_step=7)["test_error"]
    np.testing.assert_array_equal(some.steps, [4, 6])
    assert some.total == 2
    curve.values[0] = 1.0  # whoever asked may write to them


def test_what_is_short_sampled_or_several_comes_as_json(listening: Listening, worker: PlayedWorker) -> None:
    id = long_run(listening, worker, MANY)
    run = listening.first_run(id).id
    assert listening.series(run, "test_error", points=5)["test_error"].method == "minmax-lttb"
    assert len(listening.series(run, "test_error", after_step=2 * MANY - 6)["test_error"].steps) == 2
    assert list(listening.series(run, "test_error", "train_error")) == ["test_error", "train_error"]
    short = listening.submit(spec(seed=8))
    worker.write(worker.claim().runs[0], range(3), test_error=[1, 2, 3])
    assert len(listening.series(listening.first_run(short.id).id, "test_error")["test_error"].steps) == 3
    assert set(listening.forms) == {"JSON"}


def test_runs_without_points_are_beside_long_ones(listening: Listening, worker: PlayedWorker) -> None:
    sweep = {"axes": [{"path": "/regularization/l1", "values": [1e-4, 2e-4]}]}
    id = long_run(listening, worker, MANY, sweep=sweep)
    runs = listening.runs(id)
    curves = listening.handle(id).series("test_error")
    assert [one.run for one in curves] == [run.id for run in runs]
    assert [len(one.steps) for one in curves] == [MANY, 0]


def test_what_is_wrong_is_told_as_with_json(listening: Listening, worker: PlayedWorker) -> None:
    id = long_run(listening, worker, MANY)
    run = listening.first_run(id).id
    with pytest.raises(Refused) as refused:
        listening.series(run, "test_eror")
    assert refused.value.faults[0].pointer == "/query/metric"
    other = listening.first_run(listening.submit(spec(seed=9)).id).id
    with pytest.raises(Refused) as refused:
        listening.handle(id).series("test_error", runs=(other,))
    assert refused.value.faults[0].pointer == "/query/run"
    with pytest.raises(Refused, match="no such run"):
        listening.series("run_none", "test_error")


def test_vectors_are_never_raw(
    listening: Listening, worker: PlayedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.client.raw.MANY", 1)
    id = listening.submit(spec(record={"metrics": ["test_error"], "parameters_per_decade": 1})).id
    worker.write_rows(worker.claim().runs[0], "parameters", [0, 4], [[1.0, np.nan], [np.inf, 4.0]], 2)
    run = listening.first_run(id).id
    values = listening.series(run, "parameters")["parameters"].values
    np.testing.assert_array_equal(values, [[1.0, np.nan], [np.inf, 4.0]])
    assert listening.forms == ["JSON"]


def test_with_asyncio_and_over_a_line_that_loses_answers(
    listening: Listening, worker: PlayedWorker, url: str
) -> None:
    id = long_run(listening, worker, MANY)

    async def work(weak: str) -> Curve:
        async with AsyncClient(weak) as asking:
            (curve,) = await asking.handle(id).series("test_error")
            return curve

    with flaky(url) as line:
        line.faults = ["", "", LOSE]
        same(asyncio.run(work(line.url)), MANY)


def test_what_is_no_raw_answer_is_refused(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.client.raw.MANY", 0)

    def perform(move: Ask | Pause) -> httpx.Response:
        assert isinstance(move, Ask)
        if move.path.endswith("/metrics"):
            return httpx.Response(200, json={"items": [{"name": "test_error", "shape": None, "n": 1}]})
        return httpx.Response(200, content=b"0123456", headers={"Content-Type": "application/octet-stream"})

    monkeypatch.setattr(listening, "_perform", perform)
    with pytest.raises(Refused, match="no answer of Groklab"):
        listening.series("run_1", "test_error")
