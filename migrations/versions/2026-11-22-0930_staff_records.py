"""keep removals, one-time calls and incidents.

Revision: 1ef3ddb24560, after a6c1917f6310
"""

import sqlalchemy as sa
from alembic import op

revision = "1ef3ddb24560"
down_revision = "a6c1917f6310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create three tables, and add columns that older rows leave empty; no table is written anew."""
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("close_note", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_incidents_closed")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_incidents_state")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_incidents_kind_subject")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index("ix_incidents_facility_id_incident_id", ["facility_id", "incident_id"], unique=False)

    op.create_table(
        "removal_requests",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=True),
        sa.Column("requester_name", sa.Text(), nullable=False),
        sa.Column("received_on", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("letter_reference", sa.Text(), nullable=True),
        sa.Column("identity_checked", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False),
        sa.Column("provisional_block_id", sa.String(length=64), nullable=True),
        sa.Column("listed_for", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("token_dies_at", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_on", sa.String(length=10), nullable=True),
        sa.Column("decided_scope", sa.String(length=8), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_removal_requests_decided")),
        sa.CheckConstraint("channel IN ('letter', 'phone', 'web', 'agency')", name=op.f("ck_removal_requests_channel")),
        sa.CheckConstraint("state IN ('open', 'granted', 'refused')", name=op.f("ck_removal_requests_state")),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name=op.f("ck_removal_requests_decided_by")),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.facility_id"], name=op.f("fk_removal_requests_facility_id")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_removal_requests")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_removal_requests_token_digest")),
    )
    with op.batch_alter_table("removal_requests", schema=None) as batch_op:
        batch_op.create_index("ix_removal_requests_facility_id_request_id", ["facility_id", "request_id"], unique=False)
        batch_op.create_index("ix_removal_requests_number", ["number"], unique=False)
        batch_op.create_index("ix_removal_requests_state_due_on", ["state", "due_on"], unique=False)

    op.create_table(
        "one_time_calls",
        sa.Column("one_time_call_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_one_time_calls_decided")),
        sa.CheckConstraint("(state = 'granted') = (expires_at IS NOT NULL)", name=op.f("ck_one_time_calls_granted")),
        sa.CheckConstraint("kind IN ('first_call', 'emergency')", name=op.f("ck_one_time_calls_kind")),
        sa.CheckConstraint("state IN ('asked', 'granted', 'refused')", name=op.f("ck_one_time_calls_state")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_one_time_calls_two_people")),
        sa.ForeignKeyConstraint(["inmate_id"], ["inmates.inmate_id"], name=op.f("fk_one_time_calls_inmate_id")),
        sa.PrimaryKeyConstraint("one_time_call_id", name=op.f("pk_one_time_calls")),
    )
    with op.batch_alter_table("one_time_calls", schema=None) as batch_op:
        batch_op.create_index("ix_one_time_calls_inmate_id_number", ["inmate_id", "number"], unique=False)

    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("carried_from", sa.String(length=64), nullable=True))
        batch_op.create_index("ix_blocks_facility_id", ["facility_id"], unique=False)
        batch_op.create_index("ix_blocks_request_id", ["request_id"], unique=False)
        batch_op.create_index("ix_blocks_until", ["until"], unique=False)

    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("one_time_call_id", sa.String(length=64), nullable=True))
        batch_op.create_index(
            "ix_calls_one_time_call_id",
            ["one_time_call_id"],
            unique=False,
            sqlite_where=sa.text("one_time_call_id IS NOT NULL"),
            postgresql_where=sa.text("one_time_call_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_calls_recorded",
            ["ended_at"],
            unique=False,
            sqlite_where=sa.text("recorded AND call_class <> 'social'"),
            postgresql_where=sa.text("recorded AND call_class <> 'social'"),
        )

    # Only refusals of a number: an allow pays nothing for them.
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_decisions_refused_person",
            ["inmate_id", "decided_at"],
            unique=False,
            sqlite_where=sa.text("reason = 'number_not_available'"),
            postgresql_where=sa.text("reason = 'number_not_available'"),
        )
        batch_op.create_index(
            "ix_decisions_refused_station",
            ["station_id", "decided_at"],
            unique=False,
            sqlite_where=sa.text("reason = 'number_not_available'"),
            postgresql_where=sa.text("reason = 'number_not_available'"),
        )

    with op.batch_alter_table("list_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decided_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("decision_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("evidence_reference", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("ended_author", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("ended_note", sa.Text(), nullable=True))
        batch_op.create_index("ix_list_entries_inmate_id", ["inmate_id", "entry_id"], unique=False)
        batch_op.create_index(
            "ix_list_entries_pending",
            ["since"],
            unique=False,
            sqlite_where=sa.text("state = 'pending_warden'"),
            postgresql_where=sa.text("state = 'pending_warden'"),
        )


def downgrade() -> None:
    """Refuse: going back is restoring the backup that was made before the upgrade."""
    raise RuntimeError("restore the backup that was made before the upgrade")
