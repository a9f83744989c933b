"""feeds.

Revision: 3b9d64f0ae71, after 7c0e52d91ab4
"""

import sqlalchemy as sa
from alembic import op

revision = "3b9d64f0ae71"
down_revision = "7c0e52d91ab4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember as of when an imported file told of each list, so that an older file changes nothing."""
    op.create_table(
        "list_feeds",
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["inmate_id"], ["inmates.inmate_id"], name=op.f("fk_list_feeds_inmate_id")),
        sa.PrimaryKeyConstraint("inmate_id", name=op.f("pk_list_feeds")),
    )


def downgrade() -> None:
    """Refuse: going back is restoring the backup that was made before the upgrade."""
    raise RuntimeError("restore the backup that was made before the upgrade")
