"""Which runs belong to short batches, and indexes to find those that wait."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True

INDEXES = {
    "runs_short_cpu_idx": "state = 'queued' AND device IN ('auto', 'cpu') AND short",
    "runs_short_gpu_idx": "state = 'queued' AND device <> 'cpu' AND short",
}


def upgrade() -> None:
    # Nobody has estimated the batches that are there: they wait for their turn.
    op.add_column("runs", sa.Column("short", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name, condition in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "runs", ["experiment_id", "cell"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "runs")
    op.drop_column("runs", "short")
