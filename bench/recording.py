"""What the default record costs: a batch with it beside the same batch with hardly any."""

import statistics
import time
from collections.abc import Iterator

from bench.machine import Machine
from bench.ports import Nowhere, train_batch
from bench.race import POLL
from bench.table import Bar, Row
from bench.vectors import CASES, SWEEP
from core.spec import expand, parse_spec
from core.training import Signal

ROUNDS = 11
BARE = {"per_decade": None, "first": 0}


def rows(machine: Machine) -> Iterator[Row]:
    """One row."""
    shared = CASES[0].spec
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for found, record in zip(times, ({}, BARE), strict=True):
            found.append(_seconds({**shared, "record": record, "steps": SWEEP.end}))
    recorded, bare = (1e6 * statistics.median(found) for found in times)
    # Of pairs that ran one after the other: the clock of a busy machine drifts.
    cost = 100 * (statistics.median(a / b for a, b in zip(*times, strict=True)) - 1)
    yield Row(
        "recording, log-spaced, 256 runs",
        f"{recorded:.3g} us a run-step",
        f"start and end alone {bare:.3g} us",
        cost,
        "%",
        Bar(10, 5, at_most=True),
    )


class _Window(Nowhere):
    """Notes when the window begins and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[tuple[int, float]] = []

    def poll(self, step: int) -> Signal:
        if step >= SWEEP.begin:
            self.looks.append((step, time.process_time()))
        return Signal()


def _seconds(spec: dict[str, object]) -> float:
    """CPU time of a run-step in the window."""
    cells, port = expand(parse_spec(spec)), _Window()
    train_batch(cells, port, POLL)
    (first, began), (last, ended) = port.looks[0], port.looks[-1]
    return (ended - began) / ((last - first) * len(cells))
