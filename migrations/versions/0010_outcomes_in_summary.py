"""Outcomes of an experiment's runs, counted off the index that its states are counted off."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True

SUMMED = ("step", "steps", "finished_at")


def upgrade() -> None:
    # The new one first: runs can be read while it is built, and not from when the old one is dropped.
    op.create_index("runs_outcome_idx", "runs", ["experiment_id", "state", "outcome", *SUMMED])
    op.drop_index("runs_summary_idx", "runs")


def downgrade() -> None:
    op.create_index("runs_summary_idx", "runs", ["experiment_id", "state", *SUMMED])
    op.drop_index("runs_outcome_idx", "runs")
