"""revoke commands.

Revision: 7c0e52d91ab4, after 1ef3ddb24560
"""

import sqlalchemy as sa
from alembic import op

revision = "7c0e52d91ab4"
down_revision = "1ef3ddb24560"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep count of what a switch was told, and let a webhook's secret be changed without a gap."""
    op.create_table(
        "revoke_commands",
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=False),
        sa.Column("last_result", sa.String(length=32), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["calls.decision_id"], name=op.f("fk_revoke_commands_decision_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_revoke_commands")),
    )
    with op.batch_alter_table("switches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("webhook_secret_before", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("webhook_secret_before_until", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index(
            "ix_calls_revoked",
            ["revoked_at"],
            unique=False,
            sqlite_where=sa.text("revoked_at IS NOT NULL AND state IN ('authorized', 'answered')"),
            postgresql_where=sa.text("revoked_at IS NOT NULL AND state IN ('authorized', 'answered')"),
        )


def downgrade() -> None:
    """Refuse: going back is restoring the backup that was made before the upgrade."""
    raise RuntimeError("restore the backup that was made before the upgrade")
