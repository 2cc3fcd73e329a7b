"""Which revisions' programs may go on with the database; filled in after every migration."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
additive: bool = True


def upgrade() -> None:
    revision = sa.Column("revision", sa.Text(), nullable=False)
    op.create_table(
        "compatible_revisions",
        revision,
        sa.PrimaryKeyConstraint("revision", name="compatible_revisions_pkey"),
    )


def downgrade() -> None:
    op.drop_table("compatible_revisions")
