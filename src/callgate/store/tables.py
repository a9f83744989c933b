"""What is kept, and under which invariants?

Instants are whole milliseconds since 1970 UTC (`domain.instants`), local days and decimal money are text, JSON is
text: both databases then store, compare and give back the same bytes. Every CHECK stands a second time in a value's
constructor. Rows of the append-only tables are refused updates and deletes by triggers (`migrations/`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

APPEND_ONLY: tuple[str, ...] = (
    "decisions",
    "call_events",
    "revocations",
    "policy_versions",
    "audit_events",
    "alerts",
)

_ID = String(64)
_NUMBER = String(32)


def _instant(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _one_of(name: str, column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


facilities = Table(
    "facilities",
    metadata,
    Column("facility_id", _ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("profile", _ID, nullable=False),
    Column("hours_open", String(5)),
    Column("hours_close", String(5)),
    Column("region", String(2), nullable=False),
    Column("rate_cap_tier", String(32)),
    Column("limits", Text),
    CheckConstraint("(hours_open IS NULL) = (hours_close IS NULL)", name="hours_whole"),
)

stations = Table(
    "stations",
    metadata,
    Column("station_id", _ID, primary_key=True),
    Column("facility_id", ForeignKey("facilities.facility_id"), nullable=False, index=True),
    Column("unit", _ID, nullable=False),
    Column("media", String(8), nullable=False),
    Column("hours_open", String(5)),
    Column("hours_close", String(5)),
    Column("enabled", Boolean, nullable=False),
    _one_of("media", "media", "voice", "tty", "relay"),
    CheckConstraint("(hours_open IS NULL) = (hours_close IS NULL)", name="hours_whole"),
)

tariffs = Table(
    "tariffs",
    metadata,
    Column("facility_id", ForeignKey("facilities.facility_id"), primary_key=True),
    Column("tariff", _ID, primary_key=True),
    Column("payment_types", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("destination", String(16), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("per_minute", String(24), nullable=False),
    Column("connection_fee", String(24), nullable=False),
    Column("increment_seconds", Integer, nullable=False),
    Column("payer", String(24), nullable=False),
    Column("effective_from", String(10), nullable=False),
    Column("effective_until", String(10)),
    CheckConstraint("increment_seconds BETWEEN 1 AND 3600", name="increment"),
    CheckConstraint("effective_until IS NULL OR effective_until > effective_from", name="dates"),
    _one_of("destination", "destination", "domestic", "international"),
    _one_of("payer", "payer", "called_party", "prepaid_account", "inmate", "agency"),
)

inmates = Table(
    "inmates",
    metadata,
    Column("inmate_id", _ID, primary_key=True),
    Column("facility_id", ForeignKey("facilities.facility_id"), nullable=False, index=True),
    Column("unit", _ID, nullable=False),
    Column("status", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("date_of_birth", String(10)),
    Column("projected_release", String(10)),
    _instant("as_of"),
    _one_of("status", "status", "active", "released"),
)

pins = Table(
    "pins",
    metadata,
    Column("inmate_id", ForeignKey("inmates.inmate_id"), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("key_version", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    _instant("set_at"),
)

pin_throttles = Table(
    "pin_throttles",
    metadata,
    Column("scope", String(8), primary_key=True),
    Column("scope_id", _ID, primary_key=True),
    Column("wrong_at", Text, nullable=False),
    _instant("locked_until", nullable=True),
    Column("lock_seconds", Integer, nullable=False),
    _one_of("scope", "scope", "station", "facility"),
)

switches = Table(
    "switches",
    metadata,
    Column("switch_id", _ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("facilities", Text, nullable=False),
    Column("revoke_url", Text),
    Column("webhook_secret", Text, nullable=False),
    _instant("tokens_not_before", nullable=True),
    # The secret before this one signs beside it until then, so that the receiver can change over without a gap.
    Column("webhook_secret_before", Text),
    _instant("webhook_secret_before_until", nullable=True),
)

list_entries = Table(
    "list_entries",
    metadata,
    Column("entry_id", _ID, primary_key=True),
    Column("inmate_id", ForeignKey("inmates.inmate_id"), nullable=False),
    Column("number", _NUMBER, nullable=False),
    Column("name", Text, nullable=False),
    Column("relationship", Text, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    _instant("since"),
    _instant("ended_at", nullable=True),
    Column("ended_by", String(24)),
    Column("change_id", _ID),
    # The warden's word on it, and who of the staff took it off, and why.
    _instant("decided_at", nullable=True),
    Column("decided_by", _ID),
    Column("decision_reason", Text),
    Column("evidence_reference", Text),
    Column("ended_author", _ID),
    Column("ended_note", Text),
    _one_of("kind", "kind", "social", "attorney", "consulate", "confined_person", "supervised_person"),
    _one_of("state", "state", "active", "pending_warden", "removed", "refused"),
)
Index(
    "uq_list_entries_open",
    list_entries.c.inmate_id,
    list_entries.c.number,
    unique=True,
    sqlite_where=text("state IN ('active', 'pending_warden')"),
    postgresql_where=text("state IN ('active', 'pending_warden')"),
)
Index("ix_list_entries_number", list_entries.c.number)
Index("ix_list_entries_inmate_id", list_entries.c.inmate_id, list_entries.c.entry_id)
Index(
    "ix_list_entries_pending",
    list_entries.c.since,
    sqlite_where=text("state = 'pending_warden'"),
    postgresql_where=text("state = 'pending_warden'"),
)

list_changes = Table(
    "list_changes",
    metadata,
    Column("change_id", _ID, primary_key=True),
    Column("inmate_id", ForeignKey("inmates.inmate_id"), nullable=False),
    _instant("submitted_at"),
    Column("local_day", String(10), nullable=False),
    Column("is_first", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("author", _ID, nullable=False),
    Column("outcomes", Text, nullable=False),
    Index("ix_list_changes_inmate_id_submitted_at", "inmate_id", "submitted_at"),
    _one_of("state", "state", "applied", "pending_warden"),
)

# As of when an imported file told of this person's list: an older file changes nothing.
list_feeds = Table(
    "list_feeds",
    metadata,
    Column("inmate_id", ForeignKey("inmates.inmate_id"), primary_key=True),
    _instant("as_of"),
    _instant("imported_at"),
)

common_numbers = Table(
    "common_numbers",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("facility_id", ForeignKey("facilities.facility_id")),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("verified_by", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("proposed_by", _ID, nullable=False),
    _instant("proposed_at"),
    Column("confirmed_by", _ID),
    _instant("confirmed_at", nullable=True),
    Column("confirm_note", Text),
    _one_of("kind", "kind", "hotline", "privileged"),
    _one_of("state", "state", "proposed", "in_force"),
    CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_people"),
    CheckConstraint("state = 'proposed' OR confirmed_by IS NOT NULL", name="confirmed"),
)

blocks = Table(
    "blocks",
    metadata,
    Column("block_id", _ID, primary_key=True),
    Column("number", _NUMBER, nullable=False),
    Column("scope", String(8), nullable=False),
    Column("inmate_id", _ID),
    Column("facility_id", ForeignKey("facilities.facility_id")),
    Column("unit", _ID),
    Column("kind", String(24), nullable=False),
    Column("authority", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("document_reference", Text),
    _instant("until", nullable=True),
    _instant("effective_at"),
    Column("created_by", _ID, nullable=False),
    Column("created_role", String(16), nullable=False),
    _instant("lifted_at", nullable=True),
    # The removal request that it came from: provisional for as long as that is open.
    Column("request_id", _ID),
    # The block of a place that a move turned into this one.
    Column("carried_from", _ID),
    Index("ix_blocks_number", "number"),
    Index("ix_blocks_inmate_id", "inmate_id"),
    Index("ix_blocks_facility_id", "facility_id"),
    Index("ix_blocks_request_id", "request_id"),
    Index("ix_blocks_until", "until"),
    _one_of("scope", "scope", "inmate", "unit", "facility", "system"),
    _one_of(
        "kind",
        "kind",
        "victim",
        "court_order",
        "protected_person",
        "called_party",
        "guardian",
        "investigation",
        "facility",
    ),
    CheckConstraint("(scope = 'inmate') = (inmate_id IS NOT NULL)", name="inmate_scope"),
    CheckConstraint("(scope IN ('unit', 'facility')) = (facility_id IS NOT NULL)", name="facility_scope"),
    CheckConstraint("(scope = 'unit') = (unit IS NOT NULL)", name="unit_scope"),
    CheckConstraint("kind <> 'court_order' OR document_reference IS NOT NULL", name="court_order_document"),
)

removal_requests = Table(
    "removal_requests",
    metadata,
    Column("request_id", _ID, primary_key=True),
    Column("facility_id", ForeignKey("facilities.facility_id"), nullable=False),
    Column("number", _NUMBER, nullable=False),
    Column("inmate_id", _ID),
    Column("requester_name", Text, nullable=False),
    Column("received_on", String(10), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("letter_reference", Text),
    Column("identity_checked", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("provisional_block_id", _ID),
    Column("listed_for", Integer, nullable=False),
    # Of the tracking token only a digest is kept, and when it stops answering.
    Column("token_digest", String(64), nullable=False, unique=True),
    _instant("token_dies_at", nullable=True),
    Column("created_by", _ID, nullable=False),
    Column("created_role", String(16), nullable=False),
    _instant("created_at"),
    Column("decided_by", _ID),
    _instant("decided_at", nullable=True),
    Column("decided_on", String(10)),
    Column("decided_scope", String(8)),
    Column("decision_note", Text),
    Index("ix_removal_requests_facility_id_request_id", "facility_id", "request_id"),
    Index("ix_removal_requests_state_due_on", "state", "due_on"),
    Index("ix_removal_requests_number", "number"),
    _one_of("channel", "channel", "letter", "phone", "web", "agency"),
    _one_of("state", "state", "open", "granted", "refused"),
    CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
    CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by"),
)

one_time_calls = Table(
    "one_time_calls",
    metadata,
    Column("one_time_call_id", _ID, primary_key=True),
    Column("inmate_id", ForeignKey("inmates.inmate_id"), nullable=False),
    Column("number", _NUMBER, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("asked_by", _ID, nullable=False),
    _instant("asked_at"),
    Column("decided_by", _ID),
    _instant("decided_at", nullable=True),
    Column("decision_note", Text),
    _instant("expires_at", nullable=True),
    Index("ix_one_time_calls_inmate_id_number", "inmate_id", "number"),
    _one_of("kind", "kind", "first_call", "emergency"),
    _one_of("state", "state", "asked", "granted", "refused"),
    CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
    CheckConstraint("(state = 'granted') = (expires_at IS NOT NULL)", name="granted"),
    CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_people"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", _ID, primary_key=True),
    Column("kind", String(48), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("facility_id", _ID),
    Column("detail", Text, nullable=False),
    Column("state", String(8), nullable=False),
    _instant("opened_at"),
    Column("closed_by", _ID),
    _instant("closed_at", nullable=True),
    Column("close_note", Text),
    UniqueConstraint("kind", "subject"),
    Index("ix_incidents_facility_id_incident_id", "facility_id", "incident_id"),
    _one_of("state", "state", "open", "closed"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
)

block_lifts = Table(
    "block_lifts",
    metadata,
    Column("lift_id", _ID, primary_key=True),
    Column("block_id", ForeignKey("blocks.block_id"), nullable=False, index=True),
    Column("asked_by", _ID, nullable=False),
    Column("asked_role", String(16), nullable=False),
    _instant("asked_at"),
    Column("authority", Text, nullable=False),
    Column("evidence_reference", Text, nullable=False),
    Column("lifted", Boolean, nullable=False),
)

block_exceptions = Table(
    "block_exceptions",
    metadata,
    Column("exception_id", _ID, primary_key=True),
    Column("block_id", ForeignKey("blocks.block_id"), nullable=False),
    Column("inmate_id", _ID, nullable=False),
    Column("note", Text, nullable=False),
    _instant("until", nullable=True),
    Column("created_by", _ID, nullable=False),
    _instant("created_at"),
    Index("ix_block_exceptions_block_id_inmate_id", "block_id", "inmate_id"),
)

restrictions = Table(
    "restrictions",
    metadata,
    Column("restriction_id", _ID, primary_key=True),
    Column("inmate_id", ForeignKey("inmates.inmate_id"), nullable=False),
    Column("kind", String(24), nullable=False),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("authority", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("bars_privileged", Boolean, nullable=False),
    Column("finding", Text),
    Column("created_by", _ID, nullable=False),
    _instant("created_at"),
    _instant("ended_at", nullable=True),
    Column("ended_by", _ID),
    Column("end_note", Text),
    Index("ix_restrictions_inmate_id_ends_at", "inmate_id", "ends_at"),
    _one_of("kind", "kind", "disciplinary", "investigation", "security_risk_group"),
    CheckConstraint("ends_at > starts_at", name="dates"),
    CheckConstraint("NOT bars_privileged OR finding IS NOT NULL", name="own_finding"),
)

shutoffs = Table(
    "shutoffs",
    metadata,
    Column("shutoff_id", _ID, primary_key=True),
    Column("scope", String(8), nullable=False),
    Column("facility_id", ForeignKey("facilities.facility_id")),
    Column("unit", _ID),
    Column("reason", Text, nullable=False),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("created_by", _ID, nullable=False),
    _instant("ended_at", nullable=True),
    Column("ended_by", _ID),
    Column("end_note", Text),
    Index("ix_shutoffs_ends_at", "ends_at"),
    _one_of("scope", "scope", "unit", "facility", "system"),
    CheckConstraint("(scope = 'system') = (facility_id IS NULL)", name="facility_scope"),
    CheckConstraint("(scope = 'unit') = (unit IS NOT NULL)", name="unit_scope"),
    CheckConstraint("ends_at > starts_at", name="dates"),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("content_hash", String(64), primary_key=True),
    Column("profile", _ID, nullable=False),
    Column("version", _ID, nullable=False),
    Column("document", Text, nullable=False),
    _instant("first_seen_at"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", _ID, primary_key=True),
    Column("switch_id", _ID, nullable=False),
    Column("call_id", String(255), nullable=False),
    _instant("decided_at"),
    Column("facility_id", _ID),
    Column("station_id", _ID, nullable=False),
    Column("inmate_id", _ID),
    Column("number", _NUMBER),
    Column("decision", String(8), nullable=False),
    Column("reason", String(32)),
    Column("call_class", String(16)),
    Column("policy", String(160)),
    Column("policy_hash", ForeignKey("policy_versions.content_hash")),
    _instant("setup_time", nullable=True),
    Column("fingerprint", String(80), nullable=False),
    Column("answer", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("facts", Text, nullable=False),
    UniqueConstraint("switch_id", "call_id"),
    Index("ix_decisions_decided_at", "decided_at"),
    Index(
        "ix_decisions_refused_person",
        "inmate_id",
        "decided_at",
        sqlite_where=text("reason = 'number_not_available'"),
        postgresql_where=text("reason = 'number_not_available'"),
    ),
    Index(
        "ix_decisions_refused_station",
        "station_id",
        "decided_at",
        sqlite_where=text("reason = 'number_not_available'"),
        postgresql_where=text("reason = 'number_not_available'"),
    ),
    _one_of("decision", "decision", "allow", "deny"),
    CheckConstraint("(decision = 'deny') = (reason IS NOT NULL)", name="reason"),
    # A hotline call names nobody (PREA 115.51(b)), whatever was typed at the telephone.
    CheckConstraint("call_class IS NULL OR call_class <> 'hotline' OR inmate_id IS NULL", name="hotline_nobody"),
)

calls = Table(
    "calls",
    metadata,
    Column("decision_id", ForeignKey("decisions.decision_id"), primary_key=True),
    Column("switch_id", _ID, nullable=False),
    Column("call_id", String(255), nullable=False),
    Column("facility_id", _ID, nullable=False),
    Column("station_id", _ID, nullable=False),
    Column("inmate_id", _ID),
    Column("number", _NUMBER, nullable=False),
    Column("call_class", String(16), nullable=False),
    Column("local_day", String(10), nullable=False),
    _instant("authorized_at"),
    _instant("expires_at"),
    _instant("end_by"),
    Column("max_duration_seconds", Integer, nullable=False),
    Column("quote", Text),
    Column("state", String(16), nullable=False),
    # When the call stops holding its PIN if nothing more is heard of it.
    _instant("frees_at"),
    _instant("answered_at", nullable=True),
    _instant("ended_at", nullable=True),
    Column("talk_seconds", Integer),
    Column("counted_seconds", Integer, nullable=False),
    Column("cause", String(16)),
    Column("charge_amount", String(24)),
    Column("charge_currency", String(3)),
    Column("recorded", Boolean),
    Column("terminal_sequence_number", BigInteger),
    _instant("revoked_at", nullable=True),
    Column("revoked_reason", String(32)),
    # The first or emergency call that it used; an answered one is used up.
    Column("one_time_call_id", _ID),
    UniqueConstraint("switch_id", "call_id"),
    Index(
        "ix_calls_revoked",
        "revoked_at",
        sqlite_where=text("revoked_at IS NOT NULL AND state IN ('authorized', 'answered')"),
        postgresql_where=text("revoked_at IS NOT NULL AND state IN ('authorized', 'answered')"),
    ),
    Index(
        "ix_calls_one_time_call_id",
        "one_time_call_id",
        sqlite_where=text("one_time_call_id IS NOT NULL"),
        postgresql_where=text("one_time_call_id IS NOT NULL"),
    ),
    Index(
        "ix_calls_recorded",
        "ended_at",
        sqlite_where=text("recorded AND call_class <> 'social'"),
        postgresql_where=text("recorded AND call_class <> 'social'"),
    ),
    Index("ix_calls_inmate_id_local_day", "inmate_id", "local_day"),
    Index("ix_calls_number_authorized_at", "number", "authorized_at"),
    Index("ix_calls_facility_id_authorized_at", "facility_id", "authorized_at"),
    Index(
        "ix_calls_open",
        "frees_at",
        sqlite_where=text("state IN ('authorized', 'answered')"),
        postgresql_where=text("state IN ('authorized', 'answered')"),
    ),
    _one_of("state", "state", "authorized", "answered", "ended"),
    CheckConstraint("max_duration_seconds >= 1", name="grant"),
    CheckConstraint("counted_seconds BETWEEN 0 AND max_duration_seconds", name="counted"),
)

call_events = Table(
    "call_events",
    metadata,
    Column("event_id", _ID, primary_key=True),
    Column("switch_id", _ID, nullable=False),
    Column("call_id", String(255), nullable=False),
    Column("sequence_number", BigInteger, nullable=False),
    Column("type", String(24), nullable=False),
    Column("decision_id", _ID),
    _instant("occurred_at"),
    _instant("received_at"),
    Column("body", Text, nullable=False),
    UniqueConstraint("switch_id", "call_id", "sequence_number"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("decision_id", ForeignKey("decisions.decision_id"), primary_key=True),
    _instant("revoked_at"),
    Column("reason", String(32), nullable=False),
    Column("policy_hash", String(64)),
    Column("answer", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("facts", Text, nullable=False),
)

# How far a switch has been told that a call is revoked. That it must be told stands on the call itself, so whatever
# revokes a call has told the switch by the same commit; this only keeps count of the tries.
revoke_commands = Table(
    "revoke_commands",
    metadata,
    Column("decision_id", ForeignKey("calls.decision_id"), primary_key=True),
    Column("tries", Integer, nullable=False),
    _instant("next_try_at"),
    Column("last_result", String(32)),
    _instant("delivered_at", nullable=True),
    _instant("settled_at", nullable=True),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("event_id", _ID, primary_key=True),
    _instant("occurred_at"),
    Column("author", _ID, nullable=False),
    Column("role", String(16), nullable=False),
    Column("action", String(48), nullable=False),
    Column("object_type", String(32), nullable=False),
    Column("object_id", String(255), nullable=False),
    Column("facility_id", _ID),
    Column("before", Text),
    Column("after", Text),
    Index("ix_audit_events_facility_id_event_id", "facility_id", "event_id"),
    Index("ix_audit_events_object_type_object_id", "object_type", "object_id"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", _ID, primary_key=True),
    _instant("raised_at"),
    Column("kind", String(48), nullable=False),
    Column("facility_id", _ID),
    Column("subject", String(255), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("kind", "subject"),
    Index("ix_alerts_facility_id_alert_id", "facility_id", "alert_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("subject", String(96), primary_key=True),
    Column("route", String(255), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(80), nullable=False),
    Column("status", Integer),
    Column("body", Text),
    _instant("created_at"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
