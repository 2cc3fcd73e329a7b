"""Chunks of vector series, and the files that runs leave behind."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True


def upgrade() -> None:
    op.create_table(
        "vector_chunks",
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("shape", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("min", sa.Double()),
        sa.Column("max", sa.Double()),
        sa.Column("nonfinite", sa.Integer(), nullable=False),
        sa.Column("step_codec", sa.Integer(), nullable=False),
        sa.Column("steps", sa.LargeBinary(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _of_recording("vector_chunks"),
        sa.PrimaryKeyConstraint("recording_id", "metric", "first_step", name="vector_chunks_pkey"),
    )
    op.create_table(
        "artifacts",
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _of_recording("artifacts"),
        sa.PrimaryKeyConstraint("recording_id", "name", name="artifacts_pkey"),
    )
    if op.get_context().dialect.name == "postgresql":
        # Chunks are compressed already, and parameters hardly compress: keep the database from trying.
        for table, column in (("vector_chunks", "steps"), ("vector_chunks", "data"), ("artifacts", "data")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("artifacts")
    op.drop_table("vector_chunks")


def _of_recording(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["recording_id"], ["recordings.id"], name=f"{table}_recording_id_fkey", ondelete="CASCADE"
    )
