"""Series over HTTP beside their bars: a long one, a sampled one, many at once, polls, memory."""

import statistics
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.machine import Machine
from bench.recorded import FRAME, Recorded, record_runs
from bench.served import api, resident, state_folder
from bench.table import NONE, Bar, Row
from core.store import create_token, open_database

POINTS, SAMPLED, ROUNDS = 1_000_000, 1_000, 7
RUNS, POINTS_EACH = 1_000, 700
POLLERS, POLLS = 4, 500
LONG = 100_000_000
_PLAIN = {"Accept-Encoding": "identity"}


def rows(machine: Machine) -> Iterator[Row]:
    """One row a bar; wall time of one client."""
    with _recorded(1, POINTS) as (http, _, one):
        series = f"/v1/runs/{one.runs[0]}/series?metric=test_error"
        yield from _whole(http, series)
        yield _sampled(http, series)
        yield from _polls(str(http.base_url), one.experiment)
    yield from _polls_with_token()
    with _recorded(RUNS, POINTS_EACH) as (http, _, many):
        times = [_read(http, f"/v1/experiments/{many.experiment}/series?metric=test_error") for _ in range(3)]
        work = f"a metric of {RUNS:,} runs x {POINTS_EACH} points, JSON"
        yield _at_most(work, min(found.seconds for found in times), 1.0, "s")
    with _recorded(1, LONG) as (http, process, long):
        yield _memory(http, process, f"/v1/runs/{long.runs[0]}/series?metric=test_error")


@dataclass(frozen=True, slots=True)
class _Reading:
    seconds: float
    first: float
    size: int


@contextmanager
def _recorded(runs: int, points: int) -> Iterator[tuple[httpx.Client, int, Recorded]]:
    """A service whose database holds these runs: a client of it, its process, and the runs."""
    with state_folder() as environment:
        found = record_runs(_database(environment), runs, points)
        with (
            api(environment) as (url, process),
            # One client for all, as scripts have: to build it costs tens of milliseconds.
            httpx.Client(base_url=url, headers=_PLAIN, timeout=600) as http,
        ):
            _read(http, f"/v1/experiments/{found.experiment}")
            yield http, process, found


def _database(environment: Mapping[str, str]) -> str:
    return f"sqlite:///{Path(environment['GROKLAB_STATE_DIR'])}/groklab.db"


def _whole(http: httpx.Client, path: str) -> Iterator[Row]:
    """Every point, in two forms; the best of some rounds, since others work on the machine too."""
    for form, accept, bar in (("JSON", "application/json", 2.0), ("raw", "application/octet-stream", 10.0)):
        found = [_read(http, path, accept) for _ in range(ROUNDS)]
        best = min(found, key=lambda one: one.seconds)
        speed, size = POINTS / best.seconds / 1e6, f"{best.size / POINTS:.3g} bytes a point"
        work = f"read {POINTS:,} points, {form}"
        yield Row(work, f"{1e3 * best.seconds:.0f} ms", size, speed, "M points/s", Bar(bar))
        first = statistics.median(one.first for one in found)
        yield _at_most(f"the same, to the first byte, {form}", 1e3 * first, 50.0, "ms")


def _sampled(http: httpx.Client, path: str) -> Row:
    times = [1e3 * _read(http, f"{path}&points={SAMPLED}&scale=log").seconds for _ in range(3 * ROUNDS)]
    work = f"{SAMPLED:,} points of {POINTS:,}, log scale, p50"
    return _at_most(work, statistics.median(times), 25.0, "ms", f"best {min(times):.3g} ms")


def _polls_with_token() -> Iterator[Row]:
    """The same of a service that lets in who has a token alone."""
    with state_folder() as environment:
        one = record_runs(_database(environment), 1, FRAME)
        db = open_database(_database(environment))
        with db.write() as conn:
            _, secret = create_token(conn, "bench", "read")
        db.dispose()
        with api(environment) as (url, _):
            yield from _polls(url, one.experiment, secret)


def _polls(url: str, experiment: str, secret: str | None = None) -> Iterator[Row]:
    """Clients that have the answer, and ask whether it has changed."""
    headers = _PLAIN if secret is None else {**_PLAIN, "Authorization": f"Bearer {secret}"}

    def client(_: int) -> list[float]:
        times = []
        with httpx.Client(base_url=url, headers=headers) as http:
            path = f"/v1/experiments/{experiment}"
            tag = http.get(path).raise_for_status().headers["ETag"]
            for _ in range(POLLS):
                begin = time.perf_counter()
                answer = http.get(path, headers={"If-None-Match": tag})
                times.append(1e3 * (time.perf_counter() - begin))
                assert answer.status_code == httpx.codes.NOT_MODIFIED
        return times

    begin = time.perf_counter()
    with ThreadPoolExecutor(POLLERS) as pool:
        times = sorted(one for found in pool.map(client, range(POLLERS)) for one in found)
    speed = len(times) / (time.perf_counter() - begin)
    work = f"status polls with ETag{'' if secret is None else ' and token'}, {POLLERS} clients"
    yield Row(work, f"{1e3 / speed:.3g} ms each", NONE, speed, "polls/s", Bar(600, 1500))
    yield _at_most("the same, p99", times[int(0.99 * len(times))], 30.0, "ms")


def _memory(http: httpx.Client, process: int, path: str) -> Row:
    """The most that the API held while one client read everything, looked at as it reads."""
    most = 0.0
    with http.stream("GET", path) as answer:
        for place, _ in enumerate(answer.iter_raw(2**20)):
            if place % 16 == 0:
                most = max(most, resident(process))
    return _at_most(f"API resident memory, streaming {LONG:,} points, JSON", most, 300.0, "MB")


def _read(http: httpx.Client, path: str, accept: str = "application/json") -> _Reading:
    begin = time.perf_counter()
    size, first = 0, 0.0
    with http.stream("GET", path, headers={"Accept": accept}) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            first = first or time.perf_counter() - begin
            size += len(piece)
    return _Reading(time.perf_counter() - begin, first, size)


def _at_most(work: str, measured: float, bar: float, unit: str, beside: str = NONE) -> Row:
    return Row(work, f"{measured:.3g} {unit}", beside, measured, unit, Bar(bar, at_most=True))
