"""A loop that does what a test says, in the place of the training room's."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pytest

import worker.execute
from core.spec import Cell, Outcome
from core.training import Checkpoints, Control, Ending, Frame, Pace, Recorder, Result

Script = Callable[[Recorder, Checkpoints, Control], Ending]
NAMES = ("train_error", "test_error")
RESULT = Result(Outcome.GROKKED, 1, 2, None, 3, {"train_error": 0.5}, {"delay": 7.0})


def frame(first: int, members: int, results: dict[int, Result] | None = None) -> Frame:
    """Two points of every member."""
    steps = np.array([first, first + 1], dtype=np.int64)
    lengths = np.full(members, 2, dtype=np.int64)
    everyone = tuple(range(members))
    return Frame(everyone, steps, NAMES, np.ones((2, 2, members)), lengths, first + 1, results or {}, {})


def scripted(monkeypatch: pytest.MonkeyPatch, script: Script) -> None:
    """Puts a scripted loop in the place of the training room's."""

    def train(
        cells: Sequence[Cell],
        active: Collection[int],
        device: str,
        *,
        recorder: Recorder,
        checkpoints: Checkpoints,
        control: Control,
        pace: Pace,
        interlude: Callable[[], None],
        ended: Mapping[int, int],
    ) -> Ending:
        return script(recorder, checkpoints, control)

    monkeypatch.setattr(worker.execute, "train", train)


def wait_for_drop(control: Control) -> frozenset[int]:
    while not (drop := control.poll(1).drop):
        pass
    return drop
