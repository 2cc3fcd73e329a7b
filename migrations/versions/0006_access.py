"""Tokens with their quotas, who made an experiment, and what was done by whom."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True


def upgrade() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("max_running_runs", sa.BigInteger()),
        sa.Column("max_queued_runs", sa.BigInteger()),
        sa.Column("max_steps_a_day", sa.BigInteger()),
        sa.Column("max_bytes", sa.BigInteger()),
        sa.Column("day", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("steps_of_day", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("bytes_stored", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("bytes_at", sa.Double()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_used_at", sa.Double()),
        sa.Column("revoked_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="tokens_pkey"),
        sa.UniqueConstraint("digest", name="tokens_digest_key"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("token_id", sa.Text()),
        sa.Column("token_name", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text()),
        sa.Column("run_id", sa.Text()),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_at_idx", "audit", ["at"])
    op.add_column("experiments", sa.Column("owner", sa.Text()))
    op.create_index("experiments_owner_id_idx", "experiments", ["owner", "id"])


def downgrade() -> None:
    op.drop_index("experiments_owner_id_idx", "experiments")
    op.drop_column("experiments", "owner")
    op.drop_table("audit")
    op.drop_table("tokens")
