"""create tables.

Revision: a6c1917f6310, after
"""

import sqlalchemy as sa
from alembic import op

revision = "a6c1917f6310"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("decisions", "call_events", "revocations", "policy_versions", "audit_events", "alerts")


def upgrade() -> None:
    """Create every table, and make the logs append-only."""
    _create_tables()
    _refuse_changes_to_logs()


def downgrade() -> None:
    """Refuse: what this revision created is the record itself."""
    message = "the first revision is not taken back; restore the backup that was made before the upgrade"
    raise RuntimeError(message)


def _create_tables() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_alerts_kind_subject")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("ix_alerts_facility_id_alert_id", ["facility_id", "alert_id"], unique=False)

    op.create_table(
        "audit_events",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("object_type", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=255), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_events")),
    )
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index("ix_audit_events_facility_id_event_id", ["facility_id", "event_id"], unique=False)
        batch_op.create_index("ix_audit_events_object_type_object_id", ["object_type", "object_id"], unique=False)

    op.create_table(
        "call_events",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("switch_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=255), nullable=False),
        sa.Column("sequence_number", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("decision_id", sa.String(length=64), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_call_events")),
        sa.UniqueConstraint(
            "switch_id", "call_id", "sequence_number", name=op.f("uq_call_events_switch_id_call_id_sequence_number")
        ),
    )
    op.create_table(
        "facilities",
        sa.Column("facility_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("hours_open", sa.String(length=5), nullable=True),
        sa.Column("hours_close", sa.String(length=5), nullable=True),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("rate_cap_tier", sa.String(length=32), nullable=True),
        sa.Column("limits", sa.Text(), nullable=True),
        sa.CheckConstraint("(hours_open IS NULL) = (hours_close IS NULL)", name=op.f("ck_facilities_hours_whole")),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_facilities")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("subject", sa.String(length=96), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_keys_created_at", ["created_at"], unique=False)

    op.create_table(
        "pin_throttles",
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("wrong_at", sa.Text(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.Column("lock_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("scope IN ('station', 'facility')", name=op.f("ck_pin_throttles_scope")),
        sa.PrimaryKeyConstraint("scope", "scope_id", name=op.f("pk_pin_throttles")),
    )
    op.create_table(
        "policy_versions",
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name=op.f("pk_policy_versions")),
    )
    op.create_table(
        "switches",
        sa.Column("switch_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("facilities", sa.Text(), nullable=False),
        sa.Column("revoke_url", sa.Text(), nullable=True),
        sa.Column("webhook_secret", sa.Text(), nullable=False),
        sa.Column("tokens_not_before", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("switch_id", name=op.f("pk_switches")),
    )
    op.create_table(
        "blocks",
        sa.Column("block_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=True),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("unit", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("document_reference", sa.Text(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_role", sa.String(length=16), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(scope = 'inmate') = (inmate_id IS NOT NULL)", name=op.f("ck_blocks_inmate_scope")),
        sa.CheckConstraint("(scope = 'unit') = (unit IS NOT NULL)", name=op.f("ck_blocks_unit_scope")),
        sa.CheckConstraint(
            "(scope IN ('unit', 'facility')) = (facility_id IS NOT NULL)", name=op.f("ck_blocks_facility_scope")
        ),
        sa.CheckConstraint(
            "kind <> 'court_order' OR document_reference IS NOT NULL", name=op.f("ck_blocks_court_order_document")
        ),
        sa.CheckConstraint(
            "kind IN ('victim', 'court_order', 'protected_person', 'called_party', 'guardian', 'investigation', 'facility')",
            name=op.f("ck_blocks_kind"),
        ),
        sa.CheckConstraint("scope IN ('inmate', 'unit', 'facility', 'system')", name=op.f("ck_blocks_scope")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.facility_id"], name=op.f("fk_blocks_facility_id")),
        sa.PrimaryKeyConstraint("block_id", name=op.f("pk_blocks")),
    )
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.create_index("ix_blocks_inmate_id", ["inmate_id"], unique=False)
        batch_op.create_index("ix_blocks_number", ["number"], unique=False)

    op.create_table(
        "common_numbers",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=64), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirm_note", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('hotline', 'privileged')", name=op.f("ck_common_numbers_kind")),
        sa.CheckConstraint("state = 'proposed' OR confirmed_by IS NOT NULL", name=op.f("ck_common_numbers_confirmed")),
        sa.CheckConstraint("state IN ('proposed', 'in_force')", name=op.f("ck_common_numbers_state")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_common_numbers_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facilities.facility_id"], name=op.f("fk_common_numbers_facility_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_common_numbers")),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("switch_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=255), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("call_class", sa.String(length=16), nullable=True),
        sa.Column("policy", sa.String(length=160), nullable=True),
        sa.Column("policy_hash", sa.String(length=64), nullable=True),
        sa.Column("setup_time", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint("(decision = 'deny') = (reason IS NOT NULL)", name=op.f("ck_decisions_reason")),
        sa.CheckConstraint(
            "call_class IS NULL OR call_class <> 'hotline' OR inmate_id IS NULL",
            name=op.f("ck_decisions_hotline_nobody"),
        ),
        sa.CheckConstraint("decision IN ('allow', 'deny')", name=op.f("ck_decisions_decision")),
        sa.ForeignKeyConstraint(
            ["policy_hash"], ["policy_versions.content_hash"], name=op.f("fk_decisions_policy_hash")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("switch_id", "call_id", name=op.f("uq_decisions_switch_id_call_id")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("ix_decisions_decided_at", ["decided_at"], unique=False)

    op.create_table(
        "inmates",
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.String(length=10), nullable=True),
        sa.Column("projected_release", sa.String(length=10), nullable=True),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'released')", name=op.f("ck_inmates_status")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.facility_id"], name=op.f("fk_inmates_facility_id")),
        sa.PrimaryKeyConstraint("inmate_id", name=op.f("pk_inmates")),
    )
    with op.batch_alter_table("inmates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inmates_facility_id"), ["facility_id"], unique=False)

    op.create_table(
        "shutoffs",
        sa.Column("shutoff_id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=True),
        sa.Column("unit", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=True),
        sa.CheckConstraint("(scope = 'system') = (facility_id IS NULL)", name=op.f("ck_shutoffs_facility_scope")),
        sa.CheckConstraint("(scope = 'unit') = (unit IS NOT NULL)", name=op.f("ck_shutoffs_unit_scope")),
        sa.CheckConstraint("scope IN ('unit', 'facility', 'system')", name=op.f("ck_shutoffs_scope")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shutoffs_dates")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.facility_id"], name=op.f("fk_shutoffs_facility_id")),
        sa.PrimaryKeyConstraint("shutoff_id", name=op.f("pk_shutoffs")),
    )
    with op.batch_alter_table("shutoffs", schema=None) as batch_op:
        batch_op.create_index("ix_shutoffs_ends_at", ["ends_at"], unique=False)

    op.create_table(
        "stations",
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("media", sa.String(length=8), nullable=False),
        sa.Column("hours_open", sa.String(length=5), nullable=True),
        sa.Column("hours_close", sa.String(length=5), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint("media IN ('voice', 'tty', 'relay')", name=op.f("ck_stations_media")),
        sa.CheckConstraint("(hours_open IS NULL) = (hours_close IS NULL)", name=op.f("ck_stations_hours_whole")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.facility_id"], name=op.f("fk_stations_facility_id")),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_stations")),
    )
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stations_facility_id"), ["facility_id"], unique=False)

    op.create_table(
        "tariffs",
        sa.Column("facility_id", sa.String(length=64), nullable=False),
        sa.Column("tariff", sa.String(length=64), nullable=False),
        sa.Column("payment_types", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("destination", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("per_minute", sa.String(length=24), nullable=False),
        sa.Column("connection_fee", sa.String(length=24), nullable=False),
        sa.Column("increment_seconds", sa.Integer(), nullable=False),
        sa.Column("payer", sa.String(length=24), nullable=False),
        sa.Column("effective_from", sa.String(length=10), nullable=False),
        sa.Column("effective_until", sa.String(length=10), nullable=True),
        sa.CheckConstraint("destination IN ('domestic', 'international')", name=op.f("ck_tariffs_destination")),
        sa.CheckConstraint(
            "payer IN ('called_party', 'prepaid_account', 'inmate', 'agency')", name=op.f("ck_tariffs_payer")
        ),
        sa.CheckConstraint(
            "effective_until IS NULL OR effective_until > effective_from", name=op.f("ck_tariffs_dates")
        ),
        sa.CheckConstraint("increment_seconds BETWEEN 1 AND 3600", name=op.f("ck_tariffs_increment")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.facility_id"], name=op.f("fk_tariffs_facility_id")),
        sa.PrimaryKeyConstraint("facility_id", "tariff", name=op.f("pk_tariffs")),
    )
    op.create_table(
        "block_exceptions",
        sa.Column("exception_id", sa.String(length=64), nullable=False),
        sa.Column("block_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.block_id"], name=op.f("fk_block_exceptions_block_id")),
        sa.PrimaryKeyConstraint("exception_id", name=op.f("pk_block_exceptions")),
    )
    with op.batch_alter_table("block_exceptions", schema=None) as batch_op:
        batch_op.create_index("ix_block_exceptions_block_id_inmate_id", ["block_id", "inmate_id"], unique=False)

    op.create_table(
        "block_lifts",
        sa.Column("lift_id", sa.String(length=64), nullable=False),
        sa.Column("block_id", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_role", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("evidence_reference", sa.Text(), nullable=False),
        sa.Column("lifted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.block_id"], name=op.f("fk_block_lifts_block_id")),
        sa.PrimaryKeyConstraint("lift_id", name=op.f("pk_block_lifts")),
    )
    with op.batch_alter_table("block_lifts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_lifts_block_id"), ["block_id"], unique=False)

    op.create_table(
        "calls",
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("switch_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=255), nullable=False),
        sa.Column("facility_id", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("call_class", sa.String(length=16), nullable=False),
        sa.Column("local_day", sa.String(length=10), nullable=False),
        sa.Column("authorized_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("end_by", sa.BigInteger(), nullable=False),
        sa.Column("max_duration_seconds", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("frees_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("talk_seconds", sa.Integer(), nullable=True),
        sa.Column("counted_seconds", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.Column("charge_amount", sa.String(length=24), nullable=True),
        sa.Column("charge_currency", sa.String(length=3), nullable=True),
        sa.Column("recorded", sa.Boolean(), nullable=True),
        sa.Column("terminal_sequence_number", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=32), nullable=True),
        sa.CheckConstraint("state IN ('authorized', 'answered', 'ended')", name=op.f("ck_calls_state")),
        sa.CheckConstraint("counted_seconds BETWEEN 0 AND max_duration_seconds", name=op.f("ck_calls_counted")),
        sa.CheckConstraint("max_duration_seconds >= 1", name=op.f("ck_calls_grant")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name=op.f("fk_calls_decision_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_calls")),
        sa.UniqueConstraint("switch_id", "call_id", name=op.f("uq_calls_switch_id_call_id")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index("ix_calls_facility_id_authorized_at", ["facility_id", "authorized_at"], unique=False)
        batch_op.create_index("ix_calls_inmate_id_local_day", ["inmate_id", "local_day"], unique=False)
        batch_op.create_index("ix_calls_number_authorized_at", ["number", "authorized_at"], unique=False)
        batch_op.create_index(
            "ix_calls_open",
            ["frees_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('authorized', 'answered')"),
            postgresql_where=sa.text("state IN ('authorized', 'answered')"),
        )

    op.create_table(
        "list_changes",
        sa.Column("change_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("local_day", sa.String(length=10), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('applied', 'pending_warden')", name=op.f("ck_list_changes_state")),
        sa.ForeignKeyConstraint(["inmate_id"], ["inmates.inmate_id"], name=op.f("fk_list_changes_inmate_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_list_changes")),
    )
    with op.batch_alter_table("list_changes", schema=None) as batch_op:
        batch_op.create_index("ix_list_changes_inmate_id_submitted_at", ["inmate_id", "submitted_at"], unique=False)

    op.create_table(
        "list_entries",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.Column("change_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "kind IN ('social', 'attorney', 'consulate', 'confined_person', 'supervised_person')",
            name=op.f("ck_list_entries_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('active', 'pending_warden', 'removed', 'refused')", name=op.f("ck_list_entries_state")
        ),
        sa.ForeignKeyConstraint(["inmate_id"], ["inmates.inmate_id"], name=op.f("fk_list_entries_inmate_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_list_entries")),
    )
    with op.batch_alter_table("list_entries", schema=None) as batch_op:
        batch_op.create_index("ix_list_entries_number", ["number"], unique=False)
        batch_op.create_index(
            "uq_list_entries_open",
            ["inmate_id", "number"],
            unique=True,
            sqlite_where=sa.text("state IN ('active', 'pending_warden')"),
            postgresql_where=sa.text("state IN ('active', 'pending_warden')"),
        )

    op.create_table(
        "pins",
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["inmate_id"], ["inmates.inmate_id"], name=op.f("fk_pins_inmate_id")),
        sa.PrimaryKeyConstraint("inmate_id", name=op.f("pk_pins")),
        sa.UniqueConstraint("digest", name=op.f("uq_pins_digest")),
    )
    op.create_table(
        "restrictions",
        sa.Column("restriction_id", sa.String(length=64), nullable=False),
        sa.Column("inmate_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("bars_privileged", sa.Boolean(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("end_note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('disciplinary', 'investigation', 'security_risk_group')", name=op.f("ck_restrictions_kind")
        ),
        sa.CheckConstraint("NOT bars_privileged OR finding IS NOT NULL", name=op.f("ck_restrictions_own_finding")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_restrictions_dates")),
        sa.ForeignKeyConstraint(["inmate_id"], ["inmates.inmate_id"], name=op.f("fk_restrictions_inmate_id")),
        sa.PrimaryKeyConstraint("restriction_id", name=op.f("pk_restrictions")),
    )
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.create_index("ix_restrictions_inmate_id_ends_at", ["inmate_id", "ends_at"], unique=False)

    op.create_table(
        "revocations",
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"], name=op.f("fk_revocations_decision_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_revocations")),
    )


def _refuse_changes_to_logs() -> None:
    # A decision, an event, an audit line: once written it stays as it was written, whoever asks through this role.
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
