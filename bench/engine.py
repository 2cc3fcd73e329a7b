"""The engine beside a plain NumPy loop: CPU time of a run-step, set-up subtracted, in one process."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.table import Row
from core.problems import draw, start
from core.spec import Cell, ExperimentSpec, GradientMethod, expand, parse_spec
from core.training import Frame, Pace, Signal, train

ROUNDS = 3
SHORT, LONG = 2_000, 12_000
SHARED = [
    {"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-4, "num": 16}},
    {"path": "/optimizer/learning_rate", "linspace": {"start": 0.01, "stop": 0.1, "num": 16}},
]
CASES: dict[str, dict[str, Any]] = {
    "sparse, one run": {},
    "sparse, 256 runs, one design": {"sweep": {"axes": SHARED}},
    "sparse, 43 runs, a design each": {"sweep": {"seeds": {"count": 43}}},
    "depth 2, 256 runs": {
        "model": {"kind": "linear", "depth": 2, "init": {"kind": "sign_symmetric", "scale": 1e-2}},
        "sweep": {"axes": SHARED},
    },
}


def rows() -> Iterator[Row]:
    """One row a case: plain loop over engine, so that more is better."""
    for name, over in CASES.items():
        plain, ours = [], []
        for _ in range(ROUNDS):
            plain.append(_slope(over, _plain_loop))
            ours.append(_slope(over, _engine))
        a, b = statistics.median(plain), statistics.median(ours)
        yield Row(name, f"{b * 1e6:.2f} us a run-step", f"NumPy loop {a * 1e6:.2f} us", a / b, "-")


def _slope(over: Mapping[str, Any], work: Callable[[list[Cell]], int]) -> float:
    """Seconds of CPU time a run-step, from two lengths so that set-up drops out."""
    times = []
    for steps in (SHORT, LONG):
        cells = expand(parse_spec(_spec(steps, over)))
        begin = time.process_time()
        runs = work(cells)
        times.append((time.process_time() - begin) / runs)
    return (times[1] - times[0]) / (LONG - SHORT)


def _spec(steps: int, over: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "problem": {"kind": "sparse_recovery"},
        "model": {"kind": "linear"},
        "regularization": {"l1": 1e-5},
        "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
        "allow_unstable": True,
        "steps": steps,
        **over,
    }


def _plain_loop(cells: list[Cell]) -> int:
    _numpy_run(cells[0].spec)
    return 1


def _numpy_run(spec: ExperimentSpec) -> None:
    it = draw(spec)
    x, y, u = it.design, it.targets, start(spec, it)
    assert isinstance(spec.optimizer, GradientMethod)
    alpha, beta = spec.optimizer.learning_rate, spec.regularization.l1
    if len(u) == 1:
        a = u[0]
        for _ in range(spec.steps):
            a -= alpha * (x.T @ (x @ a - y) + beta * np.sign(a))
        return
    first, second = u
    for _ in range(spec.steps):
        g = x.T @ (x @ (first * second) - y)
        step1, step2 = g * second + beta * np.sign(first), g * first + beta * np.sign(second)
        first -= alpha * step1
        second -= alpha * step2


@dataclass
class _Nowhere:
    states: dict[int, bytes] = field(default_factory=dict)

    def write(self, frame: Frame) -> None:
        """Recorded points go nowhere."""

    def load(self) -> Mapping[int, bytes]:
        return self.states

    def save(self, step: int, states: Mapping[int, bytes]) -> None:
        """Nothing is kept."""

    def poll(self, step: int) -> Signal:
        return Signal()


def _engine(cells: list[Cell]) -> int:
    port = _Nowhere()
    members = range(len(cells))
    train(cells, members, "cpu", recorder=port, checkpoints=port, control=port, pace=Pace())
    return len(cells)
