"""Ports of the training room that keep everything in memory, for tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.spec import Cell, expand, parse_spec
from core.training import Ending, Frame, Pace, Result, Signal, train

GOLDEN: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30},
    "model": {"kind": "linear", "depth": 1, "init": {"kind": "constant", "scale": 1e-6}},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "rng": "numpy-legacy",
    "seed": 1,
    "steps": 1000,
}
NAGGING = Pace(flush=0.0, checkpoint=0.0, poll=0.0)
"""Looks up, hands over and keeps the state wherever it can."""
_LIKE_GOLDEN = {
    "problem": ("sparse_recovery",),
    "optimizer": ("subgradient", "proximal", "projected_subgradient"),
}


@dataclass
class Memory:
    """Recorder, checkpoints and control in one."""

    signal: Callable[[int], Signal] = lambda step: Signal()
    frames: list[Frame] = field(default_factory=list)
    states: dict[int, bytes] = field(default_factory=dict)
    results: dict[int, Result] = field(default_factory=dict)
    crossings: dict[int, dict[str, int]] = field(default_factory=dict)

    def write(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.results.update(frame.results)
        if frame.states:
            self.save(frame.step, frame.states)
        for member, news in frame.crossings.items():
            self.crossings.setdefault(member, {}).update(news)

    def load(self) -> Mapping[int, bytes]:
        return self.states

    def save(self, step: int, states: Mapping[int, bytes]) -> None:
        """Keeps the states that came with a frame."""
        self.states = dict(states)

    def poll(self, step: int) -> Signal:
        return self.signal(step)

    def steps(self, member: int = 0) -> NDArray[np.int64]:
        return np.concatenate([f.steps[: _length(f, f.lengths, member)] for f in self.frames])

    def series(self, name: str, member: int = 0) -> NDArray[np.float64]:
        frames = [f for f in self.frames if member in f.members]
        columns = [f.values[:, f.names.index(name), f.members.index(member)] for f in frames]
        lengths = [_length(f, f.lengths, member) for f in frames]
        return np.concatenate([c[:n] for c, n in zip(columns, lengths, strict=True)])

    def vectors(self, name: str, member: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps (K,) and values (K, *shape) of a vector series."""
        frames = [f for f in self.frames if member in f.members]
        parts = [(f, part) for f in frames for part in f.vectors if part.name == name]
        steps = np.concatenate([p.steps[: _length(f, p.lengths, member)] for f, p in parts])
        rows = [p.values[: _length(f, p.lengths, member), f.members.index(member)] for f, p in parts]
        return steps, np.concatenate(rows).reshape(len(steps), *parts[0][1].shape)

    def at(self, name: str, step: int, member: int = 0) -> float:
        return float(self.series(name, member)[list(self.steps(member)).index(step)])


def _length(frame: Frame, lengths: NDArray[np.int64], member: int) -> int:
    return int(lengths[frame.members.index(member)]) if member in frame.members else 0


def _merged(name: str, value: Any) -> Any:
    golden = GOLDEN.get(name)
    if not isinstance(value, dict) or not isinstance(golden, dict) or name == "regularization":
        return value
    kind = value.get("kind", golden.get("kind"))
    return {**golden, **value} if kind in _LIKE_GOLDEN.get(name, (kind,)) else value


def cells_of(**over: Any) -> list[Cell]:
    """Cells of the golden spec with changed fields (`problem={...}` and the like are merged).

    A problem of another kind, or the method without a learning rate, takes the place of the golden one.
    """
    spec = {**GOLDEN, **{name: _merged(name, value) for name, value in over.items()}}
    return expand(parse_spec(spec))


def run(
    cells: Sequence[Cell],
    memory: Memory | None = None,
    active: Sequence[int] | None = None,
    pace: Pace | None = None,
    device: str = "cpu",
    ended: Mapping[int, int] | None = None,
) -> tuple[Memory, Ending]:
    """Trains the cells as one batch."""
    memory = memory if memory is not None else Memory()
    ending = train(
        cells,
        active if active is not None else range(len(cells)),
        device,
        recorder=memory,
        checkpoints=memory,
        control=memory,
        pace=pace or Pace(),
        ended=ended,
    )
    return memory, ending


def interrupted(cells: Sequence[Cell], stops: Sequence[int], pace: Pace = NAGGING) -> Memory:
    """A training that is stopped when it comes to these steps, and each time taken up again."""
    memory = Memory()
    for stop in (*sorted(stops), None):
        memory.signal = partial(_drain_at, stop)
        left = [member for member in range(len(cells)) if member not in memory.results]
        _, ending = run(cells, memory, left, pace)
        assert ending is (Ending.FINISHED if stop is None else Ending.DRAINED)
    return memory


def _drain_at(stop: int | None, step: int) -> Signal:
    return Signal(drain=stop is not None and step >= stop)


def lasts(memory: Memory) -> dict[int, int]:
    """The last step of each member that has ended."""
    return {member: result.last_step for member, result in memory.results.items()}
