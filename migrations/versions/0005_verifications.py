"""Which experiments train a run again to compare; workers from before would train runs of other steps."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
# Programs from before take the steps of an extended run from its experiment, and compare nothing.
additive: bool = False


def upgrade() -> None:
    op.create_table(
        "verifications",
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("trained_run", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="verifications_experiment_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="verifications_run_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("experiment_id", name="verifications_pkey"),
    )
    op.create_index("verifications_run_id_experiment_id_idx", "verifications", ["run_id", "experiment_id"])


def downgrade() -> None:
    op.drop_table("verifications")
