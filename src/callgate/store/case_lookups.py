"""Where does each fact of a decision stand? One `Lookup` a fact.

Each takes rows wider than the rules need (a block that ran out a moment ago, a restriction that starts tomorrow): what
binds is for the checks to say.
"""

from typing import Final

from callgate.domain.roles import VICTIM_CLASS
from callgate.store.batch import Lookup
from callgate.store.case_rows import FOREVER_MS

_VICTIM_KINDS: Final = ", ".join(f"'{kind}'" for kind in sorted(VICTIM_CLASS))

_FACILITY_COLUMNS: Final = (
    "f.facility_id, f.profile, f.time_zone, f.region, f.hours_open AS facility_open, f.hours_close AS facility_close, "
    "f.limits, EXISTS (SELECT 1 FROM tariffs t WHERE t.facility_id = f.facility_id) AS has_own_tariffs"
)
PLACES: Final = Lookup(
    keys=(("station_id", "text"),),
    select=f"s.station_id, s.unit, s.media, s.enabled, s.hours_open, s.hours_close, {_FACILITY_COLUMNS}",
    source="stations s JOIN facilities f ON f.facility_id = s.facility_id",
    where="s.station_id = a.station_id",
)
FACILITIES: Final = Lookup(
    keys=(("facility_id", "text"),),
    select=_FACILITY_COLUMNS,
    source="facilities f",
    where="f.facility_id = a.facility_id",
)
PEOPLE_BY_PIN: Final = Lookup(
    keys=(("digest", "text"),),
    select="m.inmate_id, m.facility_id, m.unit, m.status",
    source="pins p JOIN inmates m ON m.inmate_id = p.inmate_id",
    where="p.digest = a.digest",
)
PEOPLE: Final = Lookup(
    keys=(("inmate_id", "text"),),
    select="m.inmate_id, m.facility_id, m.unit, m.status",
    source="inmates m",
    where="m.inmate_id = a.inmate_id",
)
SWITCHES: Final = Lookup(
    keys=(("switch_id", "text"),),
    select="s.facilities, s.tokens_not_before",
    source="switches s",
    where="s.switch_id = a.switch_id",
)
SHUTOFFS: Final = Lookup(
    keys=(("facility_id", "text"), ("unit", "text"), ("now", "bigint")),
    select="s.shutoff_id, s.scope, s.ends_at, s.unit",
    source="shutoffs s",
    where=(
        "s.ended_at IS NULL AND s.ends_at > a.now AND (s.scope = 'system' OR "
        "(s.facility_id = a.facility_id AND (s.scope = 'facility' OR s.unit = a.unit)))"
    ),
    limit=20,
)
ENTRIES: Final = Lookup(
    keys=(("inmate_id", "text"), ("number", "text")),
    select="e.kind, e.state",
    source="list_entries e",
    where="e.inmate_id = a.inmate_id AND e.number = a.number AND e.state IN ('active', 'pending_warden')",
)
# One that was answered, or may still be by a call that waits, is used. The call that began on it is no other: for that
# one it holds until the call is over, or a repeat would be refused and a call cut that was promised its full length.
ONE_TIME_CALLS: Final = Lookup(
    keys=(("inmate_id", "text"), ("number", "text"), ("switch_id", "text"), ("call_id", "text"), ("now", "bigint")),
    select="o.one_time_call_id, CASE WHEN own.frees_at > o.expires_at THEN own.frees_at ELSE o.expires_at END AS until",
    source=(
        "one_time_calls o LEFT JOIN calls own ON own.one_time_call_id = o.one_time_call_id "
        "AND own.switch_id = a.switch_id AND own.call_id = a.call_id"
    ),
    where=(
        "o.inmate_id = a.inmate_id AND o.number = a.number AND o.state = 'granted' "
        "AND (o.expires_at > a.now OR own.frees_at > a.now) "
        "AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.one_time_call_id = o.one_time_call_id "
        "AND NOT (c.switch_id = a.switch_id AND c.call_id = a.call_id) AND (c.answered_at IS NOT NULL "
        "OR c.counted_seconds > 0 OR (c.state IN ('authorized', 'answered') AND c.frees_at > a.now)))"
    ),
    order="until, o.one_time_call_id",
)
COMMONS: Final = Lookup(
    keys=(("number", "text"), ("facility_id", "text")),
    select="n.kind, n.facility_id",
    source="common_numbers n",
    where="n.number = a.number AND n.state = 'in_force' AND (n.facility_id IS NULL OR n.facility_id = a.facility_id)",
)
BLOCKS: Final = Lookup(
    keys=(("number", "text"), ("inmate_id", "text"), ("facility_id", "text"), ("now", "bigint")),
    select=(
        "b.block_id, b.scope, b.kind, b.inmate_id, b.facility_id, b.unit, b.until, "
        "CASE WHEN m.status = 'active' AND m.facility_id = a.facility_id THEN 1 ELSE 0 END AS subject_here, "
        f"coalesce((SELECT max(coalesce(x.until, {FOREVER_MS})) FROM block_exceptions x WHERE x.block_id = b.block_id "
        "AND x.inmate_id = a.inmate_id AND (x.until IS NULL OR x.until > a.now)), 0) AS excepted_until, "
        "CASE WHEN b.scope <> 'inmate' THEN 0 WHEN b.inmate_id = a.inmate_id THEN 1 ELSE 2 END AS nearness"
    ),
    source="blocks b LEFT JOIN inmates m ON m.inmate_id = b.inmate_id",
    where=(
        "b.number = a.number AND b.lifted_at IS NULL AND (b.until IS NULL OR b.until > a.now) AND ("
        "b.scope = 'system' OR b.facility_id = a.facility_id OR b.inmate_id = a.inmate_id OR "
        f"(b.kind IN ({_VICTIM_KINDS}) AND m.status = 'active' AND m.facility_id = a.facility_id))"
    ),
    # A limit must never hide what binds behind what may not: direct blocks first, then shields without an exception.
    order="nearness, excepted_until, b.block_id",
    limit=50,
)
RESTRICTIONS: Final = Lookup(
    keys=(("inmate_id", "text"), ("now", "bigint")),
    select="r.restriction_id, r.kind, r.starts_at, r.ends_at, r.bars_privileged",
    source="restrictions r",
    where="r.inmate_id = a.inmate_id AND r.ended_at IS NULL AND r.ends_at > a.now",
    order="r.starts_at, r.bars_privileged DESC, r.restriction_id",
    limit=50,
)
_COUNTS: Final = (
    "c.call_class = 'social' AND (c.state = 'answered' OR "
    "(c.state = 'ended' AND (c.answered_at IS NOT NULL OR c.counted_seconds > 0)))"
)
_SECONDS: Final = (
    "CASE WHEN c.call_class <> 'social' THEN 0 WHEN c.state = 'authorized' AND c.frees_at > a.now "
    "THEN c.max_duration_seconds ELSE c.counted_seconds END"
)
USAGE: Final = Lookup(
    keys=(
        ("inmate_id", "text"),
        ("switch_id", "text"),
        ("call_id", "text"),
        ("since", "text"),
        ("day", "text"),
        ("week", "text"),
        ("month", "text"),
        ("now", "bigint"),
    ),
    select=(
        "max(CASE WHEN c.state IN ('authorized', 'answered') AND c.frees_at > a.now THEN c.frees_at END) "
        "AS live_until, "
        f"sum(CASE WHEN c.local_day >= a.day AND {_COUNTS} THEN 1 ELSE 0 END) AS calls_today, "
        f"sum(CASE WHEN c.local_day >= a.week AND {_COUNTS} THEN 1 ELSE 0 END) AS calls_this_week, "
        f"sum(CASE WHEN c.local_day >= a.month AND {_COUNTS} THEN 1 ELSE 0 END) AS calls_this_month, "
        f"sum(CASE WHEN c.local_day >= a.day THEN {_SECONDS} ELSE 0 END) AS seconds_today, "
        f"sum(CASE WHEN c.local_day >= a.month THEN {_SECONDS} ELSE 0 END) AS seconds_this_month, "
        f"max(CASE WHEN {_COUNTS} THEN coalesce(c.answered_at, c.authorized_at) END) AS last_started_at, "
        f"max(CASE WHEN {_COUNTS} THEN coalesce(c.ended_at, c.end_by) END) AS last_ended_at"
    ),
    source="calls c",
    where=(
        "c.inmate_id = a.inmate_id AND c.local_day >= a.since "
        "AND NOT (c.switch_id = a.switch_id AND c.call_id = a.call_id)"
    ),
)
TARIFFS: Final = Lookup(
    keys=(("facility_id", "text"), ("earliest", "text"), ("latest", "text")),
    select=(
        "t.tariff, t.payment_types, t.media, t.destination, t.currency, t.per_minute, t.connection_fee, "
        "t.increment_seconds, t.payer, t.effective_from, t.effective_until"
    ),
    source="tariffs t",
    where=(
        "t.facility_id = a.facility_id AND t.effective_from <= a.latest "
        "AND (t.effective_until IS NULL OR t.effective_until > a.earliest)"
    ),
    order="t.effective_from DESC, t.tariff",
    limit=100,
)


REPEATS: Final = Lookup(
    keys=(("switch_id", "text"), ("call_id", "text")),
    select=(
        "d.decision_id, d.decided_at, d.decision, d.reason, d.fingerprint, d.answer, d.call_class, d.inmate_id, "
        "d.facility_id, c.state, c.expires_at, c.revoked_at, r.answer AS revoked_answer, r.reason AS revoked_reason"
    ),
    source=(
        "decisions d LEFT JOIN calls c ON c.decision_id = d.decision_id "
        "LEFT JOIN revocations r ON r.decision_id = d.decision_id"
    ),
    where="d.switch_id = a.switch_id AND d.call_id = a.call_id",
)
ORPHANS: Final = Lookup(
    keys=(("switch_id", "text"), ("call_id", "text")),
    select="e.event_id",
    source="call_events e",
    where="e.switch_id = a.switch_id AND e.call_id = a.call_id AND e.decision_id IS NULL AND e.type = 'ended'",
)
