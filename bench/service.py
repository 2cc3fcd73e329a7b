"""The service beside its bars: latency of a POST, a large sweep, the first point, memory and start."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from bench.machine import Machine
from bench.served import api, resident, serving, state_folder, wait_until_ended
from bench.table import NONE, Bar, Row

SPEC: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery"},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 100,
}
CLIENTS, POSTS = 4, 400


def rows(machine: Machine) -> Iterator[Row]:
    """One row a bar; wall time."""
    with state_folder() as environment:
        begin = time.perf_counter()
        with api(environment) as (url, process):
            yield _bar("API start to /livez", time.perf_counter() - begin, 1.5, "s")
            yield _bar("API resident memory, idle", resident(process), 120.0, "MB")
            yield from _latency(url)
            yield _sweep(url)
            yield _bar("API resident memory, after a 10,000-run sweep", resident(process), 120.0, "MB")
        with serving(with_worker=True, environment=environment) as url:
            yield _first_point(url)


def _bar(work: str, measured: float, bar: float, unit: str, beside: str = NONE) -> Row:
    return Row(work, f"{measured:.3g} {unit}", beside, measured, unit, Bar(bar, at_most=True))


def _latency(url: str) -> Iterator[Row]:
    def client(number: int) -> list[tuple[float, float]]:
        pairs = []
        with httpx.Client(base_url=url) as http:
            for i in range(POSTS // CLIENTS):
                spec = {**SPEC, "seed": number * POSTS + i}
                begin = time.perf_counter()
                http.post("/v1/experiments", json=spec).raise_for_status()
                middle = time.perf_counter()
                http.get("/livez").raise_for_status()
                pairs.append((middle - begin, time.perf_counter() - middle))
        return pairs

    with ThreadPoolExecutor(CLIENTS) as pool:
        pairs = [pair for result in pool.map(client, range(CLIENTS)) for pair in result]
    posts = sorted(1e3 * post for post, _ in pairs)
    floor = f"GET /livez {1e3 * statistics.median(floor for _, floor in pairs):.3g} ms"
    yield _bar("POST of one run, p50, 4 clients", statistics.median(posts), 15.0, "ms", floor)
    yield _bar("POST of one run, p99, 4 clients", posts[int(0.99 * len(posts))], 60.0, "ms")


def _sweep(url: str) -> Row:
    begin = time.perf_counter()
    spec = {**SPEC, "seed": 10**6, "sweep": {"seeds": {"start": 10**6, "count": 10_000}}}
    httpx.post(f"{url}/v1/experiments", json=spec, timeout=60).raise_for_status()
    return _bar("POST of a 10,000-run sweep", time.perf_counter() - begin, 2.0, "s")


def _first_point(url: str) -> Row:
    times = []
    with httpx.Client(base_url=url, timeout=60) as http:
        warm = http.post("/v1/experiments", json={**SPEC, "seed": 2 * 10**6}).raise_for_status()
        wait_until_ended(http, warm.json()["id"])  # the worker is warm once it has trained
        _until_idle(http)
        for i in range(5):
            begin = time.perf_counter()
            spec = {**SPEC, "seed": 3 * 10**6 + i, "steps": 10**9}
            experiment = http.post("/v1/experiments", json=spec).raise_for_status().json()["id"]
            run = http.get(f"/v1/experiments/{experiment}/runs").json()["items"][0]["id"]
            while not http.get(f"/v1/runs/{run}/metrics").json()["items"]:
                time.sleep(0.005)
            times.append(time.perf_counter() - begin)
            http.post(f"/v1/experiments/{experiment}/cancel").raise_for_status()
            _until_idle(http)
    return _bar("POST to the first recorded step", statistics.median(times), 0.5, "s")


def _until_idle(http: httpx.Client) -> None:
    while any(http.get(f"/v1/experiments?state={s}").json()["items"] for s in ("queued", "running")):
        time.sleep(0.1)
    time.sleep(0.3)
