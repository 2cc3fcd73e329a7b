"""The service beside its bars: latency of a POST, a large sweep, the first point, memory and start."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.table import Row

SPEC: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery"},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 100,
}
CLIENTS, POSTS = 4, 400


def rows() -> Iterator[Row]:
    """One row a bar: measured over bar, so that below 1 holds."""
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "GROKLAB_STATE_DIR": state}
        groklab = [str(Path(sys.executable).with_name("groklab"))]
        subprocess.run([*groklab, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
        port = _free_port()
        begin = time.perf_counter()
        with _process([*groklab, "api", "--port", str(port)], environment) as api:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url)
            yield _bar("API start to /livez", time.perf_counter() - begin, 1.5, "s")
            yield from _latency(url)
            yield _sweep(url)
            yield _bar("API resident memory", _resident(api.pid), 120.0, "MB")
        with (
            _process([*groklab, "api", "--port", str(port)], environment),
            _process([*groklab, "worker", "--queue", "cpu", "--concurrency", "1"], environment),
        ):
            _wait_until_ready(url)
            yield _first_point(url)


def _bar(work: str, measured: float, bar: float, unit: str) -> Row:
    return Row(work, f"{measured:.4g} {unit}", f"bar {bar:g} {unit}", measured / bar, "under 1")


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
    posts, floors = sorted(p for p, _ in pairs), [f for _, f in pairs]
    yield _bar("POST of one run, p50, 4 clients", 1e3 * statistics.median(posts), 15.0, "ms")
    yield _bar("POST of one run, p99, 4 clients", 1e3 * posts[int(0.99 * len(posts))], 60.0, "ms")
    ratio = statistics.median(posts) / statistics.median(floors)
    floor = f"GET /livez {1e3 * statistics.median(floors):.3g} ms"
    yield Row("POST of one run, p50", f"{1e3 * statistics.median(posts):.3g} ms", floor, ratio, "-")


def _sweep(url: str) -> Row:
    begin = time.perf_counter()
    spec = {**SPEC, "seed": 10**6, "sweep": {"seeds": {"start": 10**6, "count": 10_000}}}
    httpx.post(f"{url}/v1/experiments", json=spec, timeout=60).raise_for_status()
    return _bar("POST of a 10,000-run sweep", time.perf_counter() - begin, 2.0, "s")


def _first_point(url: str) -> Row:
    times = []
    with httpx.Client(base_url=url, timeout=60) as http:
        _train(http, {**SPEC, "seed": 2 * 10**6})  # the worker is warm once it has trained
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


def _train(http: httpx.Client, spec: dict[str, Any]) -> None:
    experiment = http.post("/v1/experiments", json=spec).raise_for_status().json()["id"]
    while http.get(f"/v1/experiments/{experiment}?wait=20").json()["state"] in ("queued", "running"):
        pass


def _until_idle(http: httpx.Client) -> None:
    while any(http.get(f"/v1/experiments?state={s}").json()["items"] for s in ("queued", "running")):
        time.sleep(0.1)
    time.sleep(0.3)


def _resident(pid: int) -> float:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def _wait_until_ready(url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/livez").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.01)
    raise TimeoutError(f"no answer from {url} in 30 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
