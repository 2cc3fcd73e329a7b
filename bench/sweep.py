"""A large sweep through the whole service, POST to results in the database, beside the bare engine."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx

from bench.machine import Machine
from bench.ports import Nowhere, train_batch
from bench.served import serving, wait_until_ended
from bench.table import Bar, Row
from bench.vectors import CASES
from core.spec import expand, parse_spec, plan

STEPS, ROUNDS = 100_000, 4


def rows(machine: Machine) -> Iterator[Row]:
    """One row: 1,024 runs, 256 on each of four designs; wall time."""
    times: dict[str, list[float]] = {"bare": [], "served": []}
    with serving(with_worker=True) as url, httpx.Client(base_url=url, timeout=60) as http:
        works: dict[str, Callable[[dict[str, Any]], float]] = {
            "bare": _bare,
            "served": partial(_served, http),
        }
        works["served"]({**_spec(10**6), "steps": 100})  # the worker is warm once it has trained
        for i in range(ROUNDS):
            # A machine has slower and faster minutes: neither is always the first.
            for name in works if i % 2 == 0 else reversed(works):
                times[name].append(works[name](_spec(4 * i)))
    engine, service = (statistics.median(times[name]) for name in ("bare", "served"))
    cost = 100 * (service / engine - 1)
    yield Row(
        "service over bare engine, 1,024 runs of 1e5 steps",
        f"{service:.3g} s",
        f"engine {engine:.3g} s",
        cost,
        "%",
        Bar(10, 3, at_most=True),
    )


def _spec(seed: int) -> dict[str, Any]:
    shared = CASES[0].spec
    return {**shared, "steps": STEPS, "sweep": {**shared["sweep"], "seeds": {"start": seed, "count": 4}}}


def _bare(spec: dict[str, Any]) -> float:
    begin = time.perf_counter()
    cells = expand(parse_spec(spec))
    for batch in plan(cells):
        train_batch([cells[place] for place in batch.members], Nowhere())
    return time.perf_counter() - begin


def _served(http: httpx.Client, spec: dict[str, Any]) -> float:
    begin = time.perf_counter()
    experiment = http.post("/v1/experiments", json=spec).raise_for_status().json()["id"]
    state = wait_until_ended(http, experiment)
    seconds = time.perf_counter() - begin
    if state != "succeeded":
        raise RuntimeError(f"the sweep has ended as {state}")
    return seconds
