"""Addresses that want to be told, and what they are told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True

PENDING = "state = 'pending'"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("experiment_id", sa.Text()),
        sa.Column("tag", sa.Text()),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name="webhooks_experiment_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="webhooks_pkey"),
    )
    op.create_index("webhooks_experiment_id_idx", "webhooks", ["experiment_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="deliveries_webhook_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="deliveries_pkey"),
        sa.UniqueConstraint("webhook_id", "event", "seq", name="deliveries_webhook_id_event_seq_key"),
    )
    op.create_index("deliveries_webhook_id_id_idx", "deliveries", ["webhook_id", "id"])
    pending = sa.text(PENDING)
    op.create_index(
        "deliveries_pending_idx", "deliveries", ["next_at"], sqlite_where=pending, postgresql_where=pending
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("webhooks")
