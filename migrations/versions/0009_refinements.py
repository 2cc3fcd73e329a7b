"""Which experiment another one refines."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True

REFINING = "refines IS NOT NULL"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("refines", sa.Text()))
    refining = sa.text(REFINING)
    op.create_index(
        "experiments_refines_id_idx",
        "experiments",
        ["refines", "id"],
        sqlite_where=refining,
        postgresql_where=refining,
    )


def downgrade() -> None:
    op.drop_index("experiments_refines_id_idx", "experiments")
    op.drop_column("experiments", "refines")
