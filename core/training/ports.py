"""What the training room needs from outside and what it hands back: three small ports and their data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.spec import Outcome


@dataclass(frozen=True, slots=True)
class Signal:
    """What the outside wants: members to give up (cancelled or lost to someone else), or all to stop soon."""

    drop: frozenset[int] = frozenset()
    drain: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How one run ended.

    `final` holds every recorded scalar metric at `last_step`; `theory` what science predicts for the run;
    `artifacts` the files to keep, by name: `parameters.safetensors` where the run ended with its batch.
    """

    outcome: Outcome
    t1: int | None
    t2: int | None
    diverged_at: int | None
    last_step: int
    final: dict[str, float]
    theory: dict[str, Any]
    artifacts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vectors:
    """New recorded rows of one vector metric of a batch, K steps of the b members of a frame.

    Attributes:
        name: the metric. Complex vectors are two metrics, `name.re` and `name.im`.
        shape: of one row: (d,), or (n1, n2) for a matrix.
        steps: recorded steps, strictly increasing; a schedule of its own. Shape (K,), int64.
        values: shape (K, b, d) with d the product of `shape`, rows in row-major order, float64.
        lengths: how many of the K rows belong to each member. Shape (b,).
    """

    name: str
    shape: tuple[int, ...]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frame:
    """New recorded points of a batch, K steps of M metrics for b members.

    Attributes:
        members: whom it is about, as positions in the planned batch, in order; runs that are done may be
            missing. Length b.
        steps: recorded steps, strictly increasing. Shape (K,), int64.
        names: the metrics. Length M.
        values: shape (K, M, b), float64; non-finite numbers are kept as they are.
        lengths: how many of the K rows belong to each member (a run that ended has fewer, one that is not
            trained here has none). Shape (b,).
        step: how far the batch has come.
        results: members that ended with this frame, by position.
        crossings: t1 and t2 that became known with this frame, by position: {"t1": 60}.
        vectors: rows of the vector metrics that were recorded meanwhile.
        states: of members at `step`, by position, from which training can go on: in place of those before,
            and kept if and only if the points of the frame are. Empty where none are to be kept now.
    """

    members: tuple[int, ...]
    steps: NDArray[np.int64]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    lengths: NDArray[np.int64]
    step: int
    results: Mapping[int, Result] = field(default_factory=dict)
    crossings: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    vectors: tuple[Vectors, ...] = ()
    states: Mapping[int, bytes] = field(default_factory=dict)


class Recorder(Protocol):
    """Takes what was recorded, with the states to keep; what it was given is safe when it returns."""

    def write(self, frame: Frame) -> None: ...


class Checkpoints(Protocol):
    """The latest states of members that were kept with a frame; all that it gives belong to one step."""

    def load(self) -> Mapping[int, bytes]: ...


class Control(Protocol):
    """Asked often and cheaply; the call also says that the loop is alive and where it is."""

    def poll(self, step: int) -> Signal: ...


class Ending(Enum):
    """Why `train` returned."""

    FINISHED = "every member ended or was dropped"
    DRAINED = "asked to stop; the state was checkpointed"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds of wall time: records are handed over, states are kept, the outside is asked.

    Records that take long to store are handed over less often. States are also kept after t1 and t2, and at
    the end (core.training.saving).
    """

    flush: float = 2.0
    checkpoint: float = 60.0
    poll: float = 0.05
