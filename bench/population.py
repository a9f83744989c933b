"""How are a million people with ten numbers each, and millions of decisions, put into a database within minutes?

By the database itself, from arithmetic: every person, PIN and number follows from an index, so that Python can ask
about any of them without having written them. Only the digests of the PINs come from here, since their key never is
in a database. Secondary indexes are made once the rows are there.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from bench.bulk import loading
from bench.world import FACILITIES, KINDS, NUMBERS_EACH, SEED, STATIONS, Person, fill_places, fill_what_binds
from callgate.domain.instants import to_milliseconds
from callgate.domain.pin import parse_pin_keys
from tests.seeding import NOON, PIN_KEY

# 4 areas of 344 exchanges (2xx to 9xx with 12 to 54 behind: none is N11, 555 or 976) of 10,000 numbers. Steps that
# share no factor with these counts meet each number, and each PIN, once.
_AREAS: Final = ("203", "475", "860", "959")
_TENS: Final = 43
_EXCHANGES: Final = 8 * _TENS
_LINES: Final = 10_000
NUMBERS: Final = len(_AREAS) * _EXCHANGES * _LINES
NUMBER_STEP: Final = 7_368_787
PIN_FIRST: Final = 100_000_000
PINS: Final = 900_000_000
PIN_STEP: Final = 387_420_487
INMATES_MAX: Final = NUMBERS // NUMBERS_EACH
_FIRST_ID: Final = 100_000
_NOON_MS: Final = to_milliseconds(NOON)
# As long as an id of callgate's is, and in the order in which they are made.
_ID_HEAD: Final = "01a00000-0000-7000-8000-"


def number_of(i: int) -> str:
    """The i-th of all numbers on lists, counted from 0."""
    mixed = i * NUMBER_STEP % NUMBERS
    area, rest = divmod(mixed, _EXCHANGES * _LINES)
    exchange, line = divmod(rest, _LINES)
    return f"+1{_AREAS[area]}{2 + exchange // _TENS}{12 + exchange % _TENS}{line:04d}"


def pin_of(i: int) -> str:
    """The PIN of the i-th person."""
    return str(PIN_FIRST + i * PIN_STEP % PINS)


def callers_of(inmates: int, count: int) -> tuple[Person, ...]:
    """So many of them, spread over all, in the order in which they call."""
    random = Random(SEED)
    chosen = random.sample(range(inmates), count)
    kinds = random.choices([*KINDS], weights=[weight for weight, _ in KINDS.values()], k=count)
    return tuple(_person(i, kind, random) for i, kind in zip(chosen, kinds, strict=True))


def _person(i: int, kind: str, random: Random) -> Person:
    facility = i % FACILITIES
    return Person(
        inmate_id=str(_FIRST_ID + i),
        facility=facility,
        station=facility + FACILITIES * random.randrange(STATIONS // FACILITIES),
        pin=pin_of(i),
        numbers=tuple(number_of(i * NUMBERS_EACH + j) for j in range(NUMBERS_EACH)),
        kind=kind,
    )


def populate(url: str, *, inmates: int, callers: Sequence[Person]) -> None:
    """Write so many people with their lists into a migrated, empty database, and what binds the callers among them.

    Raises:
        ValueError: there are not as many numbers.
    """
    if inmates > INMATES_MAX:
        raise ValueError(f"there are numbers for {INMATES_MAX} people")
    fill_places(url)
    with loading(url, "inmates", "pins", "list_entries", "blocks", "restrictions") as database:
        database.count_to(inmates)
        database.run(_INMATES)
        database.copy("pins", ("inmate_id", "digest", "key_version", "length", "set_at"), _pins(inmates))
        database.count_to(inmates * NUMBERS_EACH)
        database.run(_ENTRIES)
        database.count_to(inmates)
        for statement in _OF_OTHERS:
            database.run(statement)
    with loading(url) as database:
        for person in callers:
            if person.kind == "attorney":
                database.run(_ATTORNEY, inmate_id=person.inmate_id, number=person.numbers[0])
    fill_what_binds(url, callers)


def keep_log(url: str, *, inmates: int, decisions: int) -> None:
    """Write so many decisions of the last month, with the texts of an allow that is on record, and their calls."""
    with loading(url, "decisions", "calls", "call_events") as database:
        database.count_to(decisions)
        database.run(_DECISIONS, inmates=inmates, count=decisions)
        database.run(_CALLS.format(day=database.day_of("d.decided_at")))
        database.run(_EVENTS)
        database.run(_REVOCATIONS)


def _pins(inmates: int) -> Iterator[tuple[object, ...]]:
    keys = parse_pin_keys(PIN_KEY)
    for i in range(inmates):
        pin = pin_of(i)
        ((version, digest), *_) = keys.digests(pin)
        yield str(_FIRST_ID + i), digest, version, len(pin), _NOON_MS


def _id_of(index: str) -> str:
    return f"'{_ID_HEAD}' || substr(CAST(1000000000000 + {index} AS text), 2)"


def _number_of(index: str) -> str:
    """`number_of` in SQL."""
    mixed = f"(CAST({index} AS bigint) * {NUMBER_STEP} % {NUMBERS})"
    exchange = f"({mixed} / {_LINES} % {_EXCHANGES})"
    areas = " ".join(f"WHEN {i} THEN '{area}'" for i, area in enumerate(_AREAS))
    return (
        f"'+1' || CASE {mixed} / {_EXCHANGES * _LINES} {areas} END || CAST(2 + {exchange} / {_TENS} AS text) "
        f"|| CAST(12 + {exchange} % {_TENS} AS text) || substr(CAST(10000 + {mixed} % {_LINES} AS text), 2)"
    )


_INMATES: Final = f"""
INSERT INTO inmates (inmate_id, facility_id, unit, status, name, as_of)
SELECT CAST({_FIRST_ID} + i AS text), 'facility-0' || CAST(i % {FACILITIES} AS text), 'A', 'active', 'A Person',
  {_NOON_MS}
FROM counted ORDER BY i
"""
_ENTRIES: Final = f"""
INSERT INTO list_entries (entry_id, inmate_id, number, name, relationship, kind, state, since)
SELECT {_id_of("i")}, CAST({_FIRST_ID} + i / {NUMBERS_EACH} AS text), {_number_of("i")}, 'B Person', 'friend', 'social',
  'active', {_NOON_MS}
FROM counted ORDER BY i
"""
# What stands for others or is over: it binds no caller, and makes these tables grow with the people.
_SOME: Final = "FROM counted WHERE i % 10 = 0 ORDER BY i"
_OF_OTHERS: Final = (
    f"""
INSERT INTO blocks (block_id, number, scope, inmate_id, kind, authority, note, effective_at, created_by, created_role)
SELECT {_id_of("i")}, '+1413' || CAST(2000000 + i AS text), 'inmate', CAST({_FIRST_ID} + i AS text), 'called_party',
  'bench', 'bench', {_NOON_MS}, 'bench', 'warden' {_SOME}
""",
    f"""
INSERT INTO block_exceptions (exception_id, block_id, inmate_id, note, created_by, created_at)
SELECT {_id_of("i")}, {_id_of("i")}, CAST({_FIRST_ID} + i AS text), 'bench', 'bench', {_NOON_MS} {_SOME}
""",
    f"""
INSERT INTO restrictions (restriction_id, inmate_id, kind, starts_at, ends_at, authority, case_number, bars_privileged,
  created_by, created_at)
SELECT {_id_of("i")}, CAST({_FIRST_ID} + i AS text), 'disciplinary', {_NOON_MS} - 2000, {_NOON_MS} - 1000, 'bench', '1',
  i < 0, 'bench', {_NOON_MS} - 2000 {_SOME}
""",
    f"""
INSERT INTO one_time_calls (one_time_call_id, inmate_id, number, kind, reason, state, asked_by, asked_at, decided_by,
  decided_at, expires_at)
SELECT {_id_of("i")}, CAST({_FIRST_ID} + i AS text), '+1413' || CAST(2000000 + i AS text), 'first_call', 'bench',
  'granted', 'one', {_NOON_MS} - 2000, 'another', {_NOON_MS} - 2000, {_NOON_MS} - 1000 {_SOME}
""",
)
_ATTORNEY: Final = "UPDATE list_entries SET kind = 'attorney' WHERE inmate_id = :inmate_id AND number = :number"
# Half a second apart, the last of them a day before the measuring; one in ten refused its number. The texts are those
# of a decision on record, which callgate itself made.
_LOG_HEAD: Final = "log-"
_MADE_AT: Final = f"{_NOON_MS} - 86400000 - (:count - i) * 500"
_WHOSE: Final = "(i * 7919 % :inmates)"
_DECISIONS: Final = f"""
INSERT INTO decisions (decision_id, switch_id, call_id, decided_at, facility_id, station_id, inmate_id, number,
  decision, reason, call_class, policy, policy_hash, setup_time, fingerprint, answer, findings, facts)
SELECT {_id_of("i")}, 'bench-switch', '{_LOG_HEAD}' || substr(CAST(1000000000 + i AS text), 2), {_MADE_AT},
  'facility-0' || CAST({_WHOSE} % {FACILITIES} AS text), 'station-' || substr(CAST(1000 + i % {STATIONS} AS text), 2),
  CAST({_FIRST_ID} + {_WHOSE} AS text), {_number_of(f"({_WHOSE} * {NUMBERS_EACH} + i % {NUMBERS_EACH})")},
  CASE WHEN i % 10 = 0 THEN 'deny' ELSE 'allow' END, CASE WHEN i % 10 = 0 THEN 'number_not_available' END, d.call_class,
  d.policy, d.policy_hash, {_MADE_AT}, d.fingerprint, d.answer, d.findings, d.facts
FROM counted
CROSS JOIN (SELECT * FROM decisions WHERE decision = 'allow' AND call_class = 'social' LIMIT 1) AS d ORDER BY i
"""
_CALLS: Final = f"""
INSERT INTO calls (decision_id, switch_id, call_id, facility_id, station_id, inmate_id, number, call_class, local_day,
  authorized_at, expires_at, end_by, max_duration_seconds, state, frees_at, answered_at, ended_at, talk_seconds,
  counted_seconds, cause, recorded, one_time_call_id)
SELECT d.decision_id, d.switch_id, d.call_id, d.facility_id, d.station_id, d.inmate_id, d.number, 'social', {{day}},
  d.decided_at, d.decided_at + 120000, d.decided_at + 1020000, 900, 'ended', d.decided_at + 610000,
  d.decided_at + 10000, d.decided_at + 610000, 600, 600, 'hangup', d.decided_at > 0,
  CASE WHEN d.call_id LIKE '%7' THEN d.decision_id END
FROM decisions d WHERE d.decision = 'allow' AND d.call_id LIKE '{_LOG_HEAD}%' ORDER BY d.decision_id
"""
_OF_LOG: Final = f"FROM calls c WHERE c.call_id LIKE '{_LOG_HEAD}%'"
_EVENTS: Final = f"""
INSERT INTO call_events (event_id, switch_id, call_id, sequence_number, type, decision_id, occurred_at, received_at,
  body)
SELECT c.decision_id, c.switch_id, c.call_id, 1, 'ended', c.decision_id, c.ended_at, c.ended_at,
  '{{"duration_seconds":600}}'
{_OF_LOG} ORDER BY c.decision_id
"""
# One in ten was cut, and one in ten a first or emergency call: more than anywhere, so that these are no small tables.
_REVOCATIONS: Final = f"""
INSERT INTO revocations (decision_id, revoked_at, reason, answer, findings, facts)
SELECT c.decision_id, c.ended_at, 'restricted', '{{}}', '[]', '{{}}' {_OF_LOG} AND c.call_id LIKE '%1'
"""
