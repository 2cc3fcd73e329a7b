"""The database, shared by api and worker: experiments, runs, series, events, leases.

Functions take a Connection of `Database.read` or `Database.write`; only the edge opens transactions.
"""

from core.store.artifacts import list_artifacts, read_artifact
from core.store.census import Census, count_ended, take_census
from core.store.changes import Changes
from core.store.checkpoints import kept_state, load_checkpoints, resume, save_checkpoints
from core.store.claims import Batch, batch_members, beat, claim, claim_short, last_steps
from core.store.codec import decode, encode
from core.store.compatibility import Incompatible, NotMigrated, require_compatible, require_compatible_now
from core.store.dataset_content import CHUNK_NUMBERS, DatasetCache, begin_hash
from core.store.datasets import (
    Chunk,
    DatasetInUse,
    Extent,
    NewDataset,
    NoSuchDataset,
    StoredDataset,
    delete_dataset,
    find_dataset,
    insert_dataset,
    list_datasets,
)
from core.store.deletion import delete_experiment, reclaim
from core.store.endings import fail, finish, finish_cancelled, release, split
from core.store.engine import Database, open_database
from core.store.events import last_seq, list_events, note_crossings
from core.store.experiments import find_reusable, get_experiment, list_experiments
from core.store.fence import hold
from core.store.frames import NotLater, write_frames
from core.store.history import Happened, Topic, first_seq, last_seq_of, read_backlog, read_history
from core.store.horizon import Horizon
from core.store.idempotency import forget_old, remember, store_answer
from core.store.ids import new_id
from core.store.insertion import insert_experiment
from core.store.looks import ExperimentLook, Look, Recorded, RunLook, look_at
from core.store.migrate import is_current, upgrade
from core.store.model import (
    LIVE,
    STATES,
    TERMINAL,
    Beat,
    Cause,
    Checkpoint,
    Claimed,
    Counts,
    Event,
    Experiment,
    ExperimentState,
    Finish,
    Json,
    KeyReused,
    Lease,
    Loss,
    NewExperiment,
    NewRun,
    Queue,
    QueueState,
    ReapReport,
    Run,
    State,
    StoredAnswer,
    Worker,
)
from core.store.reaper import reap
from core.store.recorded import (
    Frame,
    KeptState,
    MetricSummary,
    SeriesPart,
    StoredArtifact,
    VectorPart,
    Vectors,
    Watermark,
)
from core.store.runs import cancel_experiment, cancel_run, counts, get_run, list_runs
from core.store.series import read_many, read_series, summaries, watermark
from core.store.vector_series import read_vectors, vector_shapes
from core.store.wal import require_wal
from core.store.windows import Reach, Window, merged_windows, reaches, scalar_windows, vector_windows
from core.store.workers import beat_worker, forget_dead_workers, forget_worker, list_workers, queue_depth

__all__ = [
    "CHUNK_NUMBERS",
    "LIVE",
    "STATES",
    "TERMINAL",
    "Batch",
    "Beat",
    "Cause",
    "Census",
    "Changes",
    "Checkpoint",
    "Chunk",
    "Claimed",
    "Counts",
    "Database",
    "DatasetCache",
    "DatasetInUse",
    "Event",
    "Experiment",
    "ExperimentLook",
    "ExperimentState",
    "Extent",
    "Finish",
    "Frame",
    "Happened",
    "Horizon",
    "Incompatible",
    "Json",
    "KeptState",
    "KeyReused",
    "Lease",
    "Look",
    "Loss",
    "MetricSummary",
    "NewDataset",
    "NewExperiment",
    "NewRun",
    "NoSuchDataset",
    "NotLater",
    "NotMigrated",
    "Queue",
    "QueueState",
    "Reach",
    "ReapReport",
    "Recorded",
    "Run",
    "RunLook",
    "SeriesPart",
    "State",
    "StoredAnswer",
    "StoredArtifact",
    "StoredDataset",
    "Topic",
    "VectorPart",
    "Vectors",
    "Watermark",
    "Window",
    "Worker",
    "batch_members",
    "beat",
    "beat_worker",
    "begin_hash",
    "cancel_experiment",
    "cancel_run",
    "claim",
    "claim_short",
    "count_ended",
    "counts",
    "decode",
    "delete_dataset",
    "delete_experiment",
    "encode",
    "fail",
    "find_dataset",
    "find_reusable",
    "finish",
    "finish_cancelled",
    "first_seq",
    "forget_dead_workers",
    "forget_old",
    "forget_worker",
    "get_experiment",
    "get_run",
    "hold",
    "insert_dataset",
    "insert_experiment",
    "is_current",
    "kept_state",
    "last_seq",
    "last_seq_of",
    "last_steps",
    "list_artifacts",
    "list_datasets",
    "list_events",
    "list_experiments",
    "list_runs",
    "list_workers",
    "load_checkpoints",
    "look_at",
    "merged_windows",
    "new_id",
    "note_crossings",
    "open_database",
    "queue_depth",
    "reaches",
    "read_artifact",
    "read_backlog",
    "read_history",
    "read_many",
    "read_series",
    "read_vectors",
    "reap",
    "reclaim",
    "release",
    "remember",
    "require_compatible",
    "require_compatible_now",
    "require_wal",
    "resume",
    "save_checkpoints",
    "scalar_windows",
    "split",
    "store_answer",
    "summaries",
    "take_census",
    "upgrade",
    "vector_shapes",
    "vector_windows",
    "watermark",
    "write_frames",
]
