"""The tables and their indexes; the migrations build the same, and a test holds the two together."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# A row of any query.
AnyRow = Row[*tuple[Any, ...]]

# SQLite numbers rows by itself only in a column that is declared INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")

# Written out, not bound: SQLite uses a partial index only where the query repeats its condition literally.
QUEUED = "state = 'queued'"
SUCCEEDED = "state = 'succeeded'"
PENDING = "state = 'pending'"
LEASED = "state IN ('running', 'cancelling')"
CLAIMABLE = {
    "cpu": "state = 'queued' AND device IN ('auto', 'cpu')",
    "gpu": "state = 'queued' AND device <> 'cpu'",
}
SHORT = {queue: f"{condition} AND short" for queue, condition in CLAIMABLE.items()}


def _partial(name: str, condition: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def _document(name: str, nullable: bool) -> Column[Any]:
    return Column(name, JSON(none_as_null=True), nullable=nullable)


experiments = Table(
    "experiments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("problem", Text, nullable=False),
    _document("spec", nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    # The token that made it. No foreign key: those of the environment may have no row.
    Column("owner", Text),
    # The experiment whose boundaries it places better. No foreign key, for SQLite would copy the table to add
    # one; deleting that experiment makes it null.
    Column("refines", Text),
    Index("experiments_problem_id_idx", "problem", "id"),
    Index("experiments_owner_id_idx", "owner", "id"),
    _partial("experiments_refines_id_idx", "refines IS NOT NULL", "refines", "id"),
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    Column("experiment_id", Text, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("tag", Text, nullable=False),
    Index("experiment_tags_tag_experiment_id_idx", "tag", "experiment_id"),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", Text, primary_key=True),
    # SHA-256 of the numbers and their shapes.
    Column("content", Text, nullable=False),
    Column("name", Text),
    _document("arrays", nullable=False),
    _document("labels", nullable=False),
    # What the chunks take.
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    # Forgotten by its owner, kept for the experiments that use it.
    Column("deleted_at", Double),
    # The token that brought it first, if any.
    Column("owner", Text),
    UniqueConstraint("content"),
)

dataset_chunks = Table(
    "dataset_chunks",
    metadata,
    Column("dataset_id", Text, ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    Column("codec", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

experiment_datasets = Table(
    "experiment_datasets",
    metadata,
    Column("experiment_id", Text, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset_id", Text, ForeignKey("datasets.id"), primary_key=True),
    Index("experiment_datasets_dataset_id_idx", "dataset_id"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("created_at", Double, nullable=False),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("experiment_id", Text, ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("cell", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    _document("axes", nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("cause", Text),
    Column("message", Text),
    Column("step", BigInteger, nullable=False),
    Column("steps", BigInteger, nullable=False),
    Column("steps_per_second", Double),
    Column("attempt", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("t1", BigInteger),
    Column("t2", BigInteger),
    Column("diverged_at", BigInteger),
    _document("final", nullable=False),
    _document("theory", nullable=True),
    Column("digest", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("batch_key", Text, nullable=False),
    Column("short", Boolean, nullable=False, server_default=false()),
    Column("recording_id", BigInteger, ForeignKey("recordings.id"), nullable=False),
    # No foreign key: the source may be deleted, its recording stays.
    Column("source_run", Text),
    Column("worker", Text),
    Column("lease_expires", Double),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    _document("provenance", nullable=True),
    UniqueConstraint("experiment_id", "cell"),
    Index("runs_batch_idx", "experiment_id", "batch_key", "cell"),
    # Covers counts, progress and end of an experiment, so that they are read off the index alone.
    Index("runs_outcome_idx", "experiment_id", "state", "outcome", "step", "steps", "finished_at"),
    Index("runs_recording_id_idx", "recording_id"),
    _partial("runs_claimable_cpu_idx", CLAIMABLE["cpu"], "experiment_id", "cell"),
    _partial("runs_claimable_gpu_idx", CLAIMABLE["gpu"], "experiment_id", "cell"),
    _partial("runs_short_cpu_idx", SHORT["cpu"], "experiment_id", "cell"),
    _partial("runs_short_gpu_idx", SHORT["gpu"], "experiment_id", "cell"),
    _partial("runs_queued_idx", QUEUED, "experiment_id", "batch_key", "queue"),
    _partial("runs_leased_idx", LEASED, "lease_expires"),
    _partial("runs_reusable_idx", SUCCEEDED, "digest", "id"),
)

# Experiments that train a run once more, to compare: `trained_run` is the one whose training is repeated.
verifications = Table(
    "verifications",
    metadata,
    Column("experiment_id", Text, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    # No foreign key: it may be deleted, what it recorded stays.
    Column("trained_run", Text, nullable=False),
    _document("result", nullable=True),
    Index("verifications_run_id_experiment_id_idx", "run_id", "experiment_id"),
)

run_events = Table(
    "run_events",
    metadata,
    Column("seq", RowId, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_id", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    _document("data", nullable=False),
    Index("run_events_run_id_seq_idx", "run_id", "seq"),
    sqlite_autoincrement=True,
)

frames = Table(
    "frames",
    metadata,
    Column("recording_id", BigInteger, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("first_step", BigInteger, primary_key=True, autoincrement=False),
    Column("last_step", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("codec", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("recording_id", BigInteger, primary_key=True),
    Column("first_step", BigInteger, primary_key=True, autoincrement=False),
    Column("metric", Text, primary_key=True),
    # NULL stands for NaN, which SQLite cannot hold in a number.
    Column("last", Double),
    Column("min", Double),
    Column("max", Double),
    Column("nonfinite", Integer, nullable=False),
    Column("codec", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["recording_id", "first_step"], ["frames.recording_id", "frames.first_step"], ondelete="CASCADE"
    ),
)

vector_chunks = Table(
    "vector_chunks",
    metadata,
    Column("recording_id", BigInteger, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("first_step", BigInteger, primary_key=True, autoincrement=False),
    Column("last_step", BigInteger, nullable=False),
    # Rows in the chunk, and the shape of each.
    Column("n", Integer, nullable=False),
    _document("shape", nullable=False),
    Column("min", Double),
    Column("max", Double),
    Column("nonfinite", Integer, nullable=False),
    Column("step_codec", Integer, nullable=False),
    Column("steps", LargeBinary, nullable=False),
    Column("codec", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("recording_id", BigInteger, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("created_at", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("recording_id", BigInteger, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("step", BigInteger, nullable=False),
    Column("batch_step", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("state", Text, nullable=False),
    _document("info", nullable=False),
    Column("started_at", Double, nullable=False),
    Column("beat_at", Double, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    _document("events", nullable=False),
    Column("experiment_id", Text, ForeignKey("experiments.id", ondelete="CASCADE")),
    Column("tag", Text),
    # As it was given: what is sent is signed with it.
    Column("secret", Text, nullable=False),
    # The token that asked for it, if any.
    Column("owner", Text),
    # Up to here the history has been looked through for it.
    Column("position", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("webhooks_experiment_id_idx", "experiment_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),
    # Of the event of a run that it tells of.
    Column("seq", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # When it is sent next; whoever sends it puts this off beyond the end of the attempt.
    Column("next_at", Double, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
    UniqueConstraint("webhook_id", "event", "seq"),
    Index("deliveries_webhook_id_id_idx", "webhook_id", "id"),
    _partial("deliveries_pending_idx", PENDING, "next_at"),
)

# The revisions of the programs that may work with this database.
compatible_revisions = Table("compatible_revisions", metadata, Column("revision", Text, primary_key=True))

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer),
    _document("headers", nullable=True),
    Column("body", LargeBinary),
    Column("created_at", Double, nullable=False),
    Index("idempotency_keys_created_at_idx", "created_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    # Of a token of the environment, which the database does not let in, there is none.
    Column("digest", Text),
    # Quotas; NULL is none.
    Column("max_running_runs", BigInteger),
    Column("max_queued_runs", BigInteger),
    Column("max_steps_a_day", BigInteger),
    Column("max_bytes", BigInteger),
    # The steps charged on the latest day with any, counted in days since 1970.
    Column("day", Integer, nullable=False, server_default="0"),
    Column("steps_of_day", BigInteger, nullable=False, server_default="0"),
    Column("bytes_stored", BigInteger, nullable=False, server_default="0"),
    Column("bytes_at", Double),
    Column("created_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("revoked_at", Double),
    UniqueConstraint("digest"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", Double, nullable=False),
    # Both as they were then; NULL where the service was open.
    Column("token_id", Text),
    Column("token_name", Text),
    Column("action", Text, nullable=False),
    # No foreign keys: what is deleted stays told.
    Column("experiment_id", Text),
    Column("run_id", Text),
    _document("data", nullable=False),
    Index("audit_at_idx", "at"),
    sqlite_autoincrement=True,
)

CONTENT = [table for table in metadata.sorted_tables if table is not compatible_revisions]
"""All tables but the one that migrations fill, which every migrated database has of its own."""
