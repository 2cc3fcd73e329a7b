"""Two processes that train two batches at once, beside the same batches one after the other."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import torch

from bench.machine import Machine
from bench.ports import Nowhere, train_batch
from bench.table import Bar, Found, LeftOut, Row
from bench.vectors import CASES
from core.spec import expand, parse_spec

WORK = "two workers on two cores"
STEPS, ROUNDS = 20_000, 5


def rows(machine: Machine) -> Iterator[Found]:
    """One row; wall time, and so only meaningful on idle cores."""
    if machine.cores < 2:
        yield LeftOut(WORK, "there is one core")
        return
    alone, together = [], []
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        _both(pool, steps=10)  # imports torch in both
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            for seed in (0, 1):
                pool.submit(_train, seed, STEPS).result()
            middle = time.perf_counter()
            _both(pool, STEPS)
            alone.append(middle - begin)
            together.append(time.perf_counter() - middle)
    one, two = statistics.median(alone), statistics.median(together)
    yield Row(WORK, f"{two:.3g} s", f"one after the other {one:.3g} s", one / two, bar=Bar(1.7), cap=2.0)


def _both(pool: Executor, steps: int) -> None:
    for done in [pool.submit(_train, seed, steps) for seed in (0, 1)]:
        done.result()


def _train(seed: int, steps: int) -> None:
    """256 runs of one design."""
    torch.set_num_threads(1)
    spec: dict[str, Any] = {**CASES[0].spec, "seed": seed, "steps": steps}
    train_batch(expand(parse_spec(spec)), Nowhere())
