"""Engine and plain loop take the same steps of the same run, leg by leg, in one process."""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from bench.plain import PlainLoop, plain_loop
from bench.ports import Nowhere, train_batch
from bench.table import Bar, Row
from core.spec import Cell, expand, parse_spec, plan
from core.training import Signal

LEGS, FEWEST_LEGS = 6, 5
"""Rounds, of which the median counts; an engine that is looked at late may run two of them together."""
POLL = 0.002
"""Seconds between two looks at the marks; a leg ends at the first look behind its mark."""
_COMPILED = "core.training.linear.compiled"


class Disagreement(Exception):
    """The engine and the plain loop have ended apart, so that their speeds say nothing."""


@dataclass(frozen=True, slots=True)
class Window:
    """The steps that are timed, and how near to each other both must be behind the last of them.

    What comes before, set-up too, is not timed.
    """

    begin: int
    end: int
    tolerance: float


@dataclass(frozen=True, slots=True)
class Speeds:
    """Seconds of CPU time: of a run-step of the engine, of a step of the plain loop."""

    engine: float
    plain: float

    def row(self, work: str, bar: Bar | None, least: float) -> Row:
        """The ratio against its bar, where the machine needs `least` seconds for the arithmetic of a step."""
        return Row(
            work,
            f"{1e6 * self.engine:.3g} us a run-step",
            f"NumPy loop {1e6 * self.plain:.3g} us",
            self.plain / self.engine,
            bar=bar,
            cap=self.plain / least,
        )


def race(spec: dict[str, Any], window: Window) -> Speeds:
    """Trains the experiment in its planned batches beside a plain loop of the first run of each.

    Raises Disagreement where they end apart, and RuntimeError where the window is too short for enough legs.
    """
    cells = expand(parse_spec({**spec, "steps": window.end}))
    engine, plain = [], []
    for batch in plan(cells):
        speeds = _race_batch([cells[place] for place in batch.members], window)
        engine.append(speeds.engine)
        plain.append(speeds.plain)
    return Speeds(sum(engine) / len(cells), statistics.mean(plain))


def torch_alone() -> AbstractContextManager[object]:
    """Batches use torch alone inside; without compiled kernels they do anyway."""
    if not has_compiled():
        return nullcontext()
    disabled: Callable[[], AbstractContextManager[object]] = import_module(_COMPILED).disabled
    return disabled()


def has_compiled() -> bool:
    """Whether batches have compiled kernels to choose."""
    return find_spec(_COMPILED) is not None and find_spec("numba") is not None


def check_agreement(cells: Sequence[Cell], port: Nowhere, window: Window) -> None:
    """Compares the parameters of the first and the last run of a batch with plain loops of their own.

    Raises Disagreement where an entry differs by more than the tolerance.
    """
    for member in sorted({0, len(cells) - 1}):
        loop = plain_loop(cells[member].spec)
        loop.advance(window.end)
        _compare(port, member, loop, window)


def _race_batch(cells: Sequence[Cell], window: Window) -> Speeds:
    """Seconds of a step of the batch and of the plain loop."""
    racer = _Race(plain_loop(cells[0].spec), window)
    train_batch(cells, racer, POLL)
    _compare(racer, 0, racer.plain, window)
    check_agreement(cells, racer, window)
    if len(racer.legs) < FEWEST_LEGS:
        raise RuntimeError(f"at least {FEWEST_LEGS} legs are timed. Got {len(racer.legs)} instead.")
    return Speeds(*(statistics.median(leg) for leg in zip(*racer.legs, strict=True)))


def _compare(port: Nowhere, member: int, loop: PlainLoop, window: Window) -> None:
    apart = float(np.max(np.abs(port.parameters(member) - loop.parameters)))
    if not apart <= window.tolerance:
        raise Disagreement(f"after {window.end:,} steps run {member} lies {apart:.1e} from the plain loop")


class _Race(Nowhere):
    """A port that lets the plain loop take the steps of a leg whenever the engine has ended one."""

    def __init__(self, plain: PlainLoop, window: Window) -> None:
        super().__init__()
        self.plain = plain
        self.legs: list[tuple[float, float]] = []
        self._marks = np.linspace(window.begin, window.end, LEGS + 1).tolist()
        self._step, self._began = 0, 0.0

    def poll(self, step: int) -> Signal:
        now = time.process_time()
        if self._marks and step >= self._marks[0]:
            steps = step - self._step
            plain = self._catch_up(steps)
            if len(self._marks) <= LEGS:
                self.legs.append(((now - self._began) / steps, plain / steps))
            self._marks = [mark for mark in self._marks if mark > step]
            self._step, self._began = step, time.process_time()
        return Signal()

    def _catch_up(self, steps: int) -> float:
        begin = time.process_time()
        self.plain.advance(steps)
        return time.process_time() - begin
