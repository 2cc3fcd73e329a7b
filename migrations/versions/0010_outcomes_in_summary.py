"""Outcomes of an experiment's runs, counted off the index that its states are counted off."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True

NAME = "runs_summary_idx"
SUMMED = ("step", "steps", "finished_at")


def upgrade() -> None:
    op.drop_index(NAME, "runs")
    op.create_index(NAME, "runs", ["experiment_id", "state", "outcome", *SUMMED])


def downgrade() -> None:
    op.drop_index(NAME, "runs")
    op.create_index(NAME, "runs", ["experiment_id", "state", *SUMMED])
