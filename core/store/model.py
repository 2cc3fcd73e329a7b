"""The frozen values that cross the store's door: what goes in, what comes out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from core.access import Scope

State = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled"]
ExperimentState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Cause = Literal["lost_worker", "out_of_memory", "invalid", "internal", "deadline"]
Queue = Literal["cpu", "gpu"]
Json = dict[str, Any]
Counts = dict[State, int]

STATES: tuple[State, ...] = ("queued", "running", "cancelling", "succeeded", "failed", "cancelled")
LIVE: tuple[State, ...] = ("running", "cancelling")
TERMINAL: tuple[State, ...] = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class NewRun:
    """One cell to be stored. `batch_key` names its planned batch and is unique within its experiment only.

    `short` says, of all runs of a batch alike, that a long batch lets it pass (`core.spec.is_short`).
    With `source_run` (a succeeded run of the same digest, see `find_reusable`) the run is born succeeded with
    that run's recording and results; if the source has gone in the meantime it is queued like any other.
    """

    id: str
    cell: int
    seed: int
    axes: Json
    digest: str
    steps: int
    device: str
    queue: Queue
    batch_key: str
    source_run: str | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class NewExperiment:
    """One POST: an experiment and at least one run.

    `owner` is the id of the token that asks for it, `datasets` are the ids of those that it uses, `refines`
    is that of the experiment whose boundaries it places better.
    """

    id: str
    name: str | None
    tags: tuple[str, ...]
    problem: str
    spec: Json
    digest: str
    runs: Sequence[NewRun]
    owner: str | None = None
    datasets: Collection[str] = ()
    refines: str | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment with everything that follows from its runs: state, counts, progress 0..1, ETA, end.

    `outcomes` counts the runs that succeeded by their outcome; outcomes that no run has are left out.
    `eta_seconds` is 0.0 once terminal and None while no run has told its speed after
    some seconds of training. `owner` is the id of the token that asked for it, None of an open service.
    `refines` is the id of the experiment whose boundaries it places better.
    """

    id: str
    name: str | None
    tags: tuple[str, ...]
    problem: str
    state: ExperimentState
    counts: Counts
    outcomes: dict[str, int]
    progress: float
    eta_seconds: float | None
    spec: Json
    digest: str
    created_at: datetime
    finished_at: datetime | None
    owner: str | None = None
    refines: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One training as it stands in the database."""

    id: str
    experiment_id: str
    cell: int
    seed: int
    axes: Json
    state: State
    outcome: str | None
    cause: Cause | None
    message: str | None
    step: int
    steps: int
    steps_per_second: float | None
    attempt: int
    losses: int
    t1: int | None
    t2: int | None
    diverged_at: int | None
    final: dict[str, float]
    theory: Json | None
    digest: str
    queue: Queue
    device: str
    batch_key: str
    recording_id: int
    source_run: str | None
    worker: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    provenance: Json | None

    @property
    def delay(self) -> int | None:
        """t2 - t1, or None unless both exist."""
        return None if self.t1 is None or self.t2 is None else self.t2 - self.t1


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that a worker owns; `attempt` is the fencing token of every write."""

    run_id: str
    experiment_id: str
    cell: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Lease:
    """Runs of one batch, in cell order, owned by one worker until `seconds` after its last beat.

    `short` is what was planned of the batch, `problem` the kind of its experiment's problem; `losses` is the
    most leases that one of its runs has lost without progress since.
    """

    runs: tuple[Claimed, ...]
    batch_key: str
    worker: str
    seconds: float
    short: bool = False
    problem: str = ""
    losses: int = 0

    def without(self, run_ids: Collection[str]) -> "Lease":
        """The same lease less runs that are finished, cancelled or lost."""
        return replace(self, runs=tuple(run for run in self.runs if run.run_id not in run_ids))


@dataclass(frozen=True, slots=True)
class Beat:
    """Answer to a heartbeat: who is to stop (`cancelled`), and who is no longer ours (`lost`)."""

    cancelled: frozenset[str]
    lost: frozenset[str]


@dataclass(frozen=True, slots=True)
class Finish:
    """What training found. `digest` replaces the run's own where the resolved device changed it.

    `artifacts` are the files to keep, by name; `last_step` is the run's own last step, where known: the batch
    may have gone on without it.
    """

    outcome: str
    t1: int | None
    t2: int | None
    diverged_at: int | None
    final: Mapping[str, float]
    theory: Json | None
    provenance: Json | None
    digest: str | None = None
    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    last_step: int | None = None


class Checkpoint(NamedTuple):
    """The latest kept state of a run and the step of the run it belongs to."""

    step: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Loss:
    """A run that was taken back from its worker; `attempt` is the one that was lost, `state` the new one."""

    run_id: str
    experiment_id: str
    attempt: int
    worker: str
    state: State


@dataclass(frozen=True, slots=True)
class ReapReport:
    """How many runs one sweep over expired leases moved, and where to; `losses` has each of them."""

    requeued: int
    failed: int
    cancelled: int
    losses: tuple[Loss, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a run's history; `seq` rises within a run in the order of what happened."""

    seq: int
    run_id: str
    experiment_id: str
    at: datetime
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process as it last told about itself."""

    id: str
    queue: Queue
    host: str
    pid: int
    state: str
    info: Json
    started_at: datetime
    beat_at: datetime


@dataclass(frozen=True, slots=True)
class QueueState:
    """What waits in one queue; `oldest_seconds` is the age of the oldest waiting experiment."""

    queue: Queue
    queued_runs: int
    queued_batches: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer to a POST with an Idempotency-Key."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Quotas:
    """What the runs of a token may use; None is no limit.

    At once: runs in training, and runs that wait. On a day of UTC: steps asked for. In all: bytes stored.
    """

    running_runs: int | None = None
    queued_runs: int | None = None
    steps_a_day: int | None = None
    bytes_stored: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is any limit."""
        return self != Quotas()


UNLIMITED = Quotas()


@dataclass(frozen=True, slots=True)
class Token:
    """Who may do what; its secret is known to whoever was given it alone."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    quotas: Quotas = UNLIMITED
    of_environment: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done; the token is told as it was then."""

    id: int
    at: datetime
    token_id: str | None
    token_name: str | None
    action: str
    experiment_id: str | None
    run_id: str | None
    data: Json


class KeyReused(ValueError):
    """An Idempotency-Key came back with another request."""
