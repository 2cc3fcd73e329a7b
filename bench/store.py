"""The database beside its bars: a claim from a long queue, what idle workers cost, reads beside writers."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.machine import Machine
from bench.recorded import new_experiment
from bench.served import api, state_folder, worker
from bench.service import SPEC
from bench.table import NONE, Bar, Found, LeftOut, Row
from core.store import (
    Database,
    claim,
    insert_experiment,
    list_workers,
    open_database,
    upgrade,
)
from tests.postgres_cluster import PostgresCluster
from worker.presence import Presence, worker_name
from worker.settings import Settings
from worker.shutdown import Shutdown

EXPERIMENTS, RUNS_EACH, CLAIMS = 10, 10_000, 200
IDLE_WORKERS, WATCHED_SECONDS = 50, 60.0
READS, WRITERS = 1000, 2


def rows(machine: Machine) -> Iterator[Found]:
    """One row a bar; those of PostgreSQL on a server of their own."""
    with tempfile.TemporaryDirectory() as folder:
        yield _claims("SQLite", f"sqlite:///{folder}/groklab.db")
    if PostgresCluster.installed():
        with postgres_cluster() as cluster:
            # Before there are rows: cleaning up after a hundred thousand is no cost of idle workers.
            yield _idle(cluster)
            yield _claims("PostgreSQL", cluster.url)
    else:
        yield LeftOut("PostgreSQL: claims, idle workers", "it is not installed")
    yield _reads()


@contextmanager
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A server of its own, in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="groklab-bench-"))
    # The server may run as another user, who must be able to enter.
    folder.chmod(0o755)
    try:
        cluster = PostgresCluster(folder)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database, until it is no longer needed."""
    db = open_database(url)
    try:
        yield db
    finally:
        db.dispose()


def _claims(name: str, url: str) -> Row:
    """The median of claims of one run each, of a queue that stays about as long."""
    upgrade(url)
    times = []
    with opened(url) as db:
        for _ in range(EXPERIMENTS):
            with db.write() as conn:
                insert_experiment(conn, new_experiment(RUNS_EACH, steps=1000, batches=RUNS_EACH))
        for number in range(CLAIMS):
            begin = time.perf_counter()
            with db.write() as conn:
                lease = claim(conn, queue="cpu", worker=f"w{number}", lease_seconds=60)
            times.append(time.perf_counter() - begin)
            assert lease is not None
            assert len(lease.runs) == 1
    work = f"claim of one run of {EXPERIMENTS * RUNS_EACH:,} queued, p50, {name}"
    return _at_most(work, 1e3 * statistics.median(times), 10.0, "ms", f"p99 {1e3 * sorted(times)[-2]:.3g} ms")


def _idle(cluster: PostgresCluster) -> Row:
    """CPU time of every process of the server while workers do nothing but tell that they are there."""
    beat = Settings().lease_seconds / 2
    upgrade(cluster.url)
    with ExitStack() as stack:
        db = stack.enter_context(opened(cluster.url))
        for _ in range(IDLE_WORKERS):
            own = stack.enter_context(opened(cluster.url))
            presence = Presence(own, worker_name(), "cpu", Shutdown(), beat, dict)
            presence.start()
            stack.callback(presence.stop)
        while _alive(db) < IDLE_WORKERS:
            time.sleep(0.1)
        before, begin = _cpu_seconds(cluster.pid), time.perf_counter()
        time.sleep(WATCHED_SECONDS)
        used = (_cpu_seconds(cluster.pid) - before) / (time.perf_counter() - begin)
    return _at_most(f"PostgreSQL with {IDLE_WORKERS} idle workers, of a core", 100 * used, 1.0, "%")


def _alive(db: Database) -> int:
    with db.read() as conn:
        return len(list_workers(conn, 60))


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children so far, those that have ended included."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    # The clock's ticks are sampled: work of less than one, again and again, may all or never be seen.
    living = sum(int(Path(f"/proc/{p}/schedstat").read_text().split()[0]) for p in (pid, *children)) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return living + sum(int(ticks) for ticks in fields[13:15]) / os.sysconf("SC_CLK_TCK")


def _reads() -> Row:
    """Reads of one client while two worker processes store as many points as they can."""
    with ExitStack() as stack:
        environment = stack.enter_context(state_folder())
        url, _ = stack.enter_context(api(environment))
        stack.enter_context(worker(environment, WRITERS))
        http = stack.enter_context(httpx.Client(base_url=url, timeout=60))
        asked = [_write_on(http, seed) for seed in range(WRITERS)]
        paths = [path for experiment in asked for path in _paths(http, experiment)]
        times = []
        for number in range(READS):
            begin = time.perf_counter()
            http.get(paths[number % len(paths)]).raise_for_status()
            times.append(1e3 * (time.perf_counter() - begin))
        for experiment in asked:
            if http.get(f"/v1/experiments/{experiment}").json()["state"] != "running":
                raise RuntimeError(f"{experiment} was over before the last read")
            http.post(f"/v1/experiments/{experiment}/cancel").raise_for_status()
    times.sort()
    work = f"reads beside {WRITERS} workers that write at full speed, p99"
    return _at_most(work, times[int(0.99 * READS)], 100.0, "ms", f"p50 {statistics.median(times):.3g} ms")


def _write_on(http: httpx.Client, seed: int) -> str:
    """An experiment that records every step; its id, once each of its runs has points."""
    seeds = {"start": 100 * seed, "count": 8}
    asked = {"steps": 10**6, "record": {"every": 1}, "engine": "loop", "sweep": {"seeds": seeds}}
    spec: dict[str, Any] = {**SPEC, **asked}
    made = http.post("/v1/experiments", json={**spec, "reuse": False}).raise_for_status().json()
    run = http.get(f"/v1/experiments/{made['id']}/runs").json()["items"][0]["id"]
    while not http.get(f"/v1/runs/{run}/metrics").json()["items"]:
        time.sleep(0.05)
    return str(made["id"])


def _paths(http: httpx.Client, experiment: str) -> list[str]:
    """What a page of an experiment asks for."""
    run = http.get(f"/v1/experiments/{experiment}/runs").json()["items"][0]["id"]
    return [
        f"/v1/experiments/{experiment}",
        f"/v1/experiments/{experiment}/runs",
        f"/v1/runs/{run}",
        f"/v1/runs/{run}/metrics",
        f"/v1/runs/{run}/events",
        f"/v1/runs/{run}/series?metric=test_error&after_step=1&to=1000",
    ]


def _at_most(work: str, measured: float, bar: float, unit: str, beside: str = NONE) -> Row:
    return Row(work, f"{measured:.3g} {unit}", beside, measured, unit, Bar(bar, at_most=True))
