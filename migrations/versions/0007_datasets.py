"""Uploaded datasets, their numbers in chunks, and the experiments that use them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("arrays", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("labels", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("deleted_at", sa.Double()),
        sa.Column("owner", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="datasets_pkey"),
        sa.UniqueConstraint("content", name="datasets_content_key"),
    )
    op.create_table(
        "dataset_chunks",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name="dataset_chunks_dataset_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "position", name="dataset_chunks_pkey"),
    )
    op.create_table(
        "experiment_datasets",
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="experiment_datasets_experiment_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="experiment_datasets_dataset_id_fkey"),
        sa.PrimaryKeyConstraint("experiment_id", "dataset_id", name="experiment_datasets_pkey"),
    )
    op.create_index("experiment_datasets_dataset_id_idx", "experiment_datasets", ["dataset_id"])
    if op.get_context().dialect.name == "postgresql":
        # Chunks are compressed already: keep the database from trying.
        op.execute("ALTER TABLE dataset_chunks ALTER COLUMN data SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("experiment_datasets")
    op.drop_table("dataset_chunks")
    op.drop_table("datasets")
