"""The heartbeat's thread gets to run while steps are taken, however they are."""

import threading
import time
from typing import Any

import pytest

from core.training import Pace, Signal
from core.training.linear.compiled import disabled
from tests.core.networks import MODULAR, network_cells
from tests.core.training.memory import Memory, cells_of, run

TICK = 0.002
LONG = 0.1
WIDE = {"kind": "sparse_recovery", "dimension": 3000, "sparsity": 5, "measurements": 300}
COMPLETION = {"kind": "matrix_completion", "rows": 60, "columns": 60, "rank": 2, "measurements": 900}
CASES: dict[str, dict[str, Any]] = {
    "compiled": {"problem": WIDE},
    "tensors": {"problem": {**WIDE, "basis": "fourier"}},
    "decompositions": {
        "problem": COMPLETION,
        "model": {"depth": 2, "init": {"kind": "normal", "scale": 0.5}},
        "regularization": {"nuclear": 1e-3},
        "optimizer": {"learning_rate": 1e-3},
    },
}


class Ticks:
    """A thread that counts, as a heartbeat would beat."""

    def __init__(self) -> None:
        self.count, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Ticks":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(TICK):
            self.count += 1


class Watched(Memory):
    """Notes how often the thread ran in each long stretch between two looks of the loop."""

    def __init__(self, ticks: Ticks) -> None:
        super().__init__(signal=self._look)
        self._ticks, self._before = ticks, (time.process_time(), 0)
        self.long: list[int] = []

    def _look(self, step: int) -> Signal:
        now = time.process_time(), self._ticks.count
        if now[0] - self._before[0] > LONG:
            self.long.append(now[1] - self._before[1])
        self._before = now
        return Signal(drain=len(self.long) > 3)


@pytest.mark.parametrize("name", CASES)
def test_steps_of_linear_models_hold_up_no_thread(name: str) -> None:
    sweep = {"seeds": {"count": 4}}
    cells = cells_of(**{"rng": "default", "steps": 10**7, "record": {"first": 0}, **CASES[name]}, sweep=sweep)
    with Ticks() as ticks:
        watched = Watched(ticks)
        run(cells, watched, pace=Pace(poll=0.0))
    assert min(watched.long[1:]) >= 3


def test_steps_without_the_compiler_hold_up_no_thread() -> None:
    cells = cells_of(rng="default", steps=10**7, problem=WIDE, record={"first": 0})
    with disabled(), Ticks() as ticks:
        watched = Watched(ticks)
        run(cells, watched, pace=Pace(poll=0.0))
    assert min(watched.long[1:]) >= 3


def test_steps_of_networks_hold_up_no_thread() -> None:
    cells = network_cells(
        MODULAR,
        problem={"modulus": 43},
        model={"embedding": 64, "hidden": [64]},
        steps=10**6,
        record={"first": 0, "every": 10**6, "per_decade": None},
        sweep={"seeds": {"count": 4}},
    )
    with Ticks() as ticks:
        watched = Watched(ticks)
        run(cells, watched, pace=Pace(poll=0.0))
    assert min(watched.long[1:]) >= 3
