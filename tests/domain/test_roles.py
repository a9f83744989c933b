"""The roles table, cell by cell, and what an actor may reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.domain.roles import (
    PERMISSIONS,
    REDACTED_KINDS,
    VICTIM_CLASS,
    Actor,
    Permission,
    Role,
    read_facilities,
)

OTHER_KINDS = {"called_party", "facility"}

# One letter a role, in the contract's order of columns: switch, Counselor, Warden, security (X), Victim services,
# Auditor, Operator. Written again by hand from the contract, so that a slip in either shows.
LETTERS = {
    "S": Role.SWITCH,
    "C": Role.COUNSELOR,
    "W": Role.WARDEN,
    "X": Role.SECURITY,
    "V": Role.VICTIM_SERVICES,
    "A": Role.AUDITOR,
    "O": Role.OPERATOR,
}
TABLE = {
    # authorize, call events
    "calls:authorize": "S",
    "call_events:post": "S",
    "switch_commands:take": "S",
    # facilities, stations, tariffs, inmates, switches: write; common numbers: propose
    "facilities:write": "O",
    "facilities:read": "O",
    "stations:write": "O",
    "stations:read": "O",
    "tariffs:write": "O",
    "tariffs:read": "O",
    "inmates:write": "O",
    "inmates:read": "O",
    "switches:write": "O",
    "switches:read": "O",
    "common_numbers:propose": "O",
    # common number: confirm
    "common_numbers:confirm": "W",
    "common_numbers:read": "WO",
    # PIN
    "pins:issue": "CO",
    "pins:choose": "O",
    # list
    "phone_lists:read": "CWXVAO",
    "phone_lists:change": "C",
    "phone_lists:decide": "W",
    "phone_lists:remove": "WX",
    # removal request
    "removal_requests:take_in": "CWV",
    "removal_requests:read": "WXV",
    "removal_requests:decide": "W",
    # block
    "blocks:create": "WXV",
    "blocks:read": "WXV",
    "blocks:except": "W",
    "blocks:lift_victim_class": "WV",
    "blocks:lift": "WX",
    # restriction
    "restrictions:create": "WX",
    "restrictions:end": "WX",
    "restrictions:read": "WX",
    # shut-off
    "shutoffs:create": "WXO",
    "shutoffs:end": "WXO",
    "shutoffs:read": "WXO",
    # one-time call
    "one_time_calls:ask": "C",
    "one_time_calls:grant": "W",
    "one_time_calls:read": "CW",
    # calls: read, terminate; preview; alerts; incidents
    "calls:read": "WX",
    "calls:terminate": "WX",
    "decisions:preview": "WX",
    "alerts:read": "WX",
    "incidents:read": "WX",
    "incidents:write": "WX",
    # decisions
    "decisions:read": "CWXVA",
    "decisions:read_findings": "WXVA",
    # audit trail, reports
    "audit_events:read": "XA",
    "reports:read": "WXA",
}


def actor(role: Role = Role.WARDEN, *facilities: str) -> Actor:
    return Actor("m.okafor", role, frozenset(facilities) if facilities else None)


def test_every_permission_is_in_the_table_and_in_the_order_of_the_alphabet() -> None:
    assert set(PERMISSIONS) == set(Permission) == set(TABLE)
    assert list(Permission) == sorted(Permission, key=lambda permission: permission.value.split(":"))
    assert list(PERMISSIONS) == list(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_grants_each_permission_to_the_tables_roles_and_to_no_other(permission: Permission) -> None:
    granted = {LETTERS[letter] for letter in TABLE[permission]}
    assert {role for role in Role if actor(role).may(permission)} == granted


def test_a_permission_is_named_by_scope_and_action() -> None:
    for permission in Permission:
        scope, action = permission.split(":")
        assert permission.name == f"{scope}_{action}".upper()


def test_the_table_cannot_be_changed_while_running() -> None:
    with pytest.raises(TypeError):
        PERMISSIONS[Permission.PINS_CHOOSE] = frozenset(Role)  # type: ignore[index] # the point of the test


def test_the_role_names_are_the_contracts() -> None:
    names = {"switch", "counselor", "warden", "security", "victim_services", "auditor", "operator"}
    assert {role.value for role in Role} == names


def test_no_staff_role_authorizes_calls_and_no_switch_does_anything_else() -> None:
    switch = {permission for permission in Permission if actor(Role.SWITCH).may(permission)}
    assert switch == {Permission.CALLS_AUTHORIZE, Permission.CALL_EVENTS_POST, Permission.SWITCH_COMMANDS_TAKE}
    assert all(PERMISSIONS[permission] == {Role.SWITCH} for permission in switch)


def test_a_counselor_learns_nothing_of_blocks_and_lifts_none() -> None:
    held = {permission for permission in Permission if actor(Role.COUNSELOR).may(permission)}
    assert not {permission for permission in held if permission.startswith(("blocks:", "audit", "alerts:", "reports:"))}
    assert Permission.DECISIONS_READ_FINDINGS not in held
    assert Permission.REMOVAL_REQUESTS_READ not in held


def test_an_auditor_only_reads() -> None:
    held = {permission for permission in Permission if actor(Role.AUDITOR).may(permission)}
    assert all(":read" in permission for permission in held)


def test_covers_the_facilities_of_the_token_alone() -> None:
    two = actor(Role.WARDEN, "osborn", "cheshire")
    assert two.covers("osborn")
    assert two.covers("cheshire")
    for other in ("garner", "Osborn", "osborn ", "osbor", "", "*"):
        assert not two.covers(other)
    assert not two.covers_everything


def test_a_token_for_everything_covers_what_is_not_registered_yet() -> None:
    assert actor().covers("opens.next.year")
    assert actor().covers_everything


@pytest.mark.parametrize("role", Role)
def test_protected_kinds_are_shown_to_those_who_protect(role: Role) -> None:
    full = role in {Role.WARDEN, Role.SECURITY, Role.VICTIM_SERVICES}
    assert actor(role).sees_unredacted is full
    for kind in REDACTED_KINDS:
        assert actor(role).shown_kind(kind) == (kind if full else "protected")
    for kind in OTHER_KINDS:
        assert actor(role).shown_kind(kind) == kind


def test_the_kinds_are_the_contracts() -> None:
    assert {"victim", "court_order", "protected_person"} == VICTIM_CLASS
    assert {"victim", "court_order", "protected_person", "guardian", "investigation"} == REDACTED_KINDS


@pytest.mark.parametrize("subject", ["", "x" * 65, "m okafor", "m.okafor\n", "\uff4d", "\u0661", "a/b", "\x00"])
def test_refuses_a_subject_that_is_no_id_without_repeating_it(subject: str) -> None:
    with pytest.raises(ValueError, match="a subject is 1 to 64") as refusal:
        Actor(subject, Role.WARDEN, None)
    assert not subject or subject not in str(refusal.value)


@pytest.mark.parametrize(
    "facilities",
    [
        [],
        [""],
        ["*", "osborn"],
        ["osborn", "*"],
        ["**"],
        ["a/b"],
        ["x" * 65],
        ["osborn\n"],
        [f"{number:x}" for number in range(1001)],
    ],
    ids=lambda names: f"{len(names)} of {names[0] if names else ''!a}",
)
def test_refuses_facilities_that_are_neither_ids_nor_the_star(facilities: list[str]) -> None:
    with pytest.raises(ValueError, match="facilit"):
        read_facilities(facilities)
    with pytest.raises(ValueError, match="facilit"):
        Actor("m.okafor", Role.WARDEN, frozenset(facilities))


def test_the_set_of_a_star_is_no_way_to_every_facility() -> None:
    with pytest.raises(ValueError, match="every facility is None"):
        Actor("m.okafor", Role.WARDEN, frozenset({"*"}))


@given(names=st.lists(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), min_size=1, max_size=20))
def test_names_stand_for_themselves_whatever_their_order_and_repeats(names: list[str]) -> None:
    assert read_facilities(names) == read_facilities(list(reversed(names)) + names) == frozenset(names)


def test_takes_a_thousand_facilities() -> None:
    names = frozenset(f"{number:x}" for number in range(1000))
    assert Actor("m.okafor", Role.WARDEN, names).facilities == names
