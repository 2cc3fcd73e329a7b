"""Experiments and their runs, recordings, events, workers and idempotency keys."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = False

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARTIAL = {
    "runs_claimable_cpu_idx": (["experiment_id", "cell"], "state = 'queued' AND device IN ('auto', 'cpu')"),
    "runs_claimable_gpu_idx": (["experiment_id", "cell"], "state = 'queued' AND device <> 'cpu'"),
    "runs_queued_idx": (["experiment_id", "batch_key", "queue"], "state = 'queued'"),
    "runs_leased_idx": (["lease_expires"], "state IN ('running', 'cancelling')"),
    "runs_reusable_idx": (["digest", "id"], "state = 'succeeded'"),
}


def upgrade() -> None:
    _experiments()
    _recordings()
    _runs()
    _run_events()
    _series()
    _workers()
    _idempotency_keys()


def downgrade() -> None:
    for table in [
        "idempotency_keys",
        "workers",
        "checkpoints",
        "chunks",
        "frames",
        "run_events",
        "runs",
        "recordings",
        "experiment_tags",
        "experiments",
    ]:
        op.drop_table(table)


def _document(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=nullable)


def _cascade(table: str, columns: list[str], target: str, keys: list[str]) -> sa.ForeignKeyConstraint:
    name = f"{table}_{'_'.join(columns)}_fkey"
    return sa.ForeignKeyConstraint(
        columns, [f"{target}.{key}" for key in keys], name=name, ondelete="CASCADE"
    )


def _experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("problem", sa.Text(), nullable=False),
        _document("spec"),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="experiments_pkey"),
    )
    op.create_index("experiments_problem_id_idx", "experiments", ["problem", "id"])
    op.create_table(
        "experiment_tags",
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        _cascade("experiment_tags", ["experiment_id"], "experiments", ["id"]),
        sa.PrimaryKeyConstraint("experiment_id", "position", name="experiment_tags_pkey"),
    )
    op.create_index("experiment_tags_tag_experiment_id_idx", "experiment_tags", ["tag", "experiment_id"])


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="recordings_pkey"),
        sqlite_autoincrement=True,
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        _document("axes"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("steps_per_second", sa.Double()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("t1", sa.BigInteger()),
        sa.Column("t2", sa.BigInteger()),
        sa.Column("diverged_at", sa.BigInteger()),
        _document("final"),
        _document("theory", nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("batch_key", sa.Text(), nullable=False),
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("source_run", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_expires", sa.Double()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.Column("finished_at", sa.Double()),
        _document("provenance", nullable=True),
        _cascade("runs", ["experiment_id"], "experiments", ["id"]),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="runs_recording_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="runs_pkey"),
        sa.UniqueConstraint("experiment_id", "cell", name="runs_experiment_id_cell_key"),
    )
    op.create_index("runs_batch_idx", "runs", ["experiment_id", "batch_key", "cell"])
    op.create_index("runs_summary_idx", "runs", ["experiment_id", "state", "step", "steps", "finished_at"])
    op.create_index("runs_recording_id_idx", "runs", ["recording_id"])
    for name, (columns, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, "runs", columns, sqlite_where=where, postgresql_where=where)


def _run_events() -> None:
    op.create_table(
        "run_events",
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _document("data"),
        _cascade("run_events", ["run_id"], "runs", ["id"]),
        sa.PrimaryKeyConstraint("seq", name="run_events_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index("run_events_run_id_seq_idx", "run_events", ["run_id", "seq"])


def _series() -> None:
    op.create_table(
        "frames",
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _cascade("frames", ["recording_id"], "recordings", ["id"]),
        sa.PrimaryKeyConstraint("recording_id", "first_step", name="frames_pkey"),
    )
    op.create_table(
        "chunks",
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("last", sa.Double()),
        sa.Column("min", sa.Double()),
        sa.Column("max", sa.Double()),
        sa.Column("nonfinite", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _cascade("chunks", ["recording_id", "first_step"], "frames", ["recording_id", "first_step"]),
        sa.PrimaryKeyConstraint("recording_id", "first_step", "metric", name="chunks_pkey"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("batch_step", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        _cascade("checkpoints", ["recording_id"], "recordings", ["id"]),
        sa.PrimaryKeyConstraint("recording_id", name="checkpoints_pkey"),
    )
    if op.get_context().dialect.name == "postgresql":
        # The blobs are compressed already: keep the database from trying again.
        for table, column in (("frames", "data"), ("chunks", "data"), ("checkpoints", "state")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _document("info"),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("beat_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="workers_pkey"),
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        _document("headers", nullable=True),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", "route", name="idempotency_keys_pkey"),
    )
    op.create_index("idempotency_keys_created_at_idx", "idempotency_keys", ["created_at"])
