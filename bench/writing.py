"""Recorded points on their way into the database: how fast, and what they take on disk."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench.machine import Machine
from bench.recorded import frames, new_runs
from bench.served import serving, state_folder, wait_until_ended
from bench.service import SPEC
from bench.store import opened, postgres_cluster
from bench.table import NONE, Bar, Found, LeftOut, Row
from core.spec import metric_names
from core.store import upgrade, write_frames
from tests.postgres_cluster import PostgresCluster

RUNS, POINTS, METRICS = 8, 65_536, 8
DENSE = 200_000


def rows(machine: Machine) -> Iterator[Found]:
    """One row a bar; wall time."""
    with tempfile.TemporaryDirectory() as folder:
        yield _speed("SQLite", f"sqlite:///{folder}/groklab.db", 3.0)
    if PostgresCluster.installed():
        with postgres_cluster() as cluster:
            yield _speed("PostgreSQL", cluster.url, 1.0)
    else:
        yield LeftOut("points written to PostgreSQL", "it is not installed")
    yield _size()


def _speed(name: str, url: str, bar: float) -> Row:
    """Points of every metric, as the recorder of a worker writes them: a transaction a frame of all runs."""
    upgrade(url)
    names = metric_names()[:METRICS]
    with opened(url) as db:
        runs = new_runs(db, RUNS, POINTS)
        made = list(frames(POINTS, names))
        begin = time.perf_counter()
        for frame in made:
            with db.write() as conn:
                write_frames(conn, [(run, frame) for run in runs])
        seconds = time.perf_counter() - begin
    speed = RUNS * POINTS * len(names) / seconds / 1e6
    return Row(f"points written to {name}", f"{seconds:.3g} s", NONE, speed, "M points/s", Bar(bar))


def _size() -> Row:
    """The whole file, of a run that recorded every metric at every step."""
    with state_folder() as environment:
        file = Path(environment["GROKLAB_STATE_DIR"]) / "groklab.db"
        with (
            serving(with_worker=True, environment=environment) as url,
            httpx.Client(base_url=url, timeout=60) as http,
        ):
            spec = {**SPEC, "steps": DENSE, "record": {"every": 1}}
            made = http.post("/v1/experiments", json=spec).raise_for_status().json()
            empty = file.stat().st_size
            wait_until_ended(http, made["id"])
            run = http.get(f"/v1/experiments/{made['id']}/runs").json()["items"][0]["id"]
            points = sum(one["n"] for one in http.get(f"/v1/runs/{run}/metrics").json()["items"])
        size = (file.stat().st_size - empty) / points
    return Row(
        "bytes a point on disk, every step, all metrics",
        f"{points:,} points",
        NONE,
        size,
        "bytes",
        Bar(5, at_most=True),
    )
