"""The heartbeat's thread gets to run while steps are taken."""

import threading
import time

import pytest

from core.kernels import AVAILABLE
from core.training import Pace, Signal
from tests.core.training.memory import Memory, cells_of, run

TICK = 0.002
LONG = 0.1
WIDE = {"kind": "sparse_recovery", "dimension": 3000, "sparsity": 5, "measurements": 300}


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


@pytest.mark.skipif(not AVAILABLE, reason="needs the compiler of the extra `fast`")
def test_compiled_steps_hold_up_no_thread() -> None:
    """Compiled code takes many steps in one call."""
    cells = cells_of(
        rng="default", problem=WIDE, steps=10**7, record={"first": 0}, sweep={"seeds": {"count": 4}}
    )
    with Ticks() as ticks:
        watched = Watched(ticks)
        run(cells, watched, pace=Pace(poll=0.0))
    assert min(watched.long[1:]) >= 3
