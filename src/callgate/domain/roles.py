"""Who may do what, where, and which papers does each role get to read?

The roles table of the HTTP contract (section 1, "Tokens and roles") as data. Three questions decide every request, in
this order, and each has one answer here:

1. `Actor.may(permission)`: the role has the permission, or the answer is 403.
2. `Actor.covers(facility_id)`: the token covers the facility, or the object does not exist for its holder (404); a
   write of system scope asks `Actor.covers_everything` instead (403).
3. `Actor.sees_unredacted`: papers, person and authority of the protected kinds are shown, or the kind reads as
   `protected`.

What a role's permission does not say stays with the flow that it opens: that two confirmations come from two people,
that one of the two who lift a victim's block is `victim_services`, that a decision names its evidence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

ANY_FACILITY: Final = "*"
FACILITIES_MAX: Final = 1000
"""A token that names more facilities than this is a mistake for `*`: no jurisdiction here runs a tenth as many."""

_CALLER_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@unique
class Role(StrEnum):
    """In which office does the holder of a token act? A token carries exactly one."""

    AUDITOR = "auditor"
    COUNSELOR = "counselor"
    OPERATOR = "operator"
    SECURITY = "security"
    SWITCH = "switch"
    VICTIM_SERVICES = "victim_services"
    WARDEN = "warden"


@unique
class Permission(StrEnum):
    """What can be permitted? `scope:action`, in the order of the alphabet, at least one for each row of the table."""

    ALERTS_READ = "alerts:read"
    AUDIT_EVENTS_READ = "audit_events:read"
    BLOCKS_CREATE = "blocks:create"
    BLOCKS_EXCEPT = "blocks:except"
    BLOCKS_LIFT = "blocks:lift"
    BLOCKS_LIFT_VICTIM_CLASS = "blocks:lift_victim_class"
    BLOCKS_READ = "blocks:read"
    CALL_EVENTS_POST = "call_events:post"
    CALLS_AUTHORIZE = "calls:authorize"
    CALLS_READ = "calls:read"
    CALLS_TERMINATE = "calls:terminate"
    COMMON_NUMBERS_CONFIRM = "common_numbers:confirm"
    COMMON_NUMBERS_PROPOSE = "common_numbers:propose"
    COMMON_NUMBERS_READ = "common_numbers:read"
    DECISIONS_PREVIEW = "decisions:preview"
    DECISIONS_READ = "decisions:read"
    DECISIONS_READ_FINDINGS = "decisions:read_findings"
    FACILITIES_READ = "facilities:read"
    FACILITIES_WRITE = "facilities:write"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    INMATES_READ = "inmates:read"
    INMATES_WRITE = "inmates:write"
    ONE_TIME_CALLS_ASK = "one_time_calls:ask"
    ONE_TIME_CALLS_GRANT = "one_time_calls:grant"
    ONE_TIME_CALLS_READ = "one_time_calls:read"
    PHONE_LISTS_CHANGE = "phone_lists:change"
    PHONE_LISTS_DECIDE = "phone_lists:decide"
    PHONE_LISTS_READ = "phone_lists:read"
    PHONE_LISTS_REMOVE = "phone_lists:remove"
    PINS_CHOOSE = "pins:choose"
    PINS_ISSUE = "pins:issue"
    REMOVAL_REQUESTS_DECIDE = "removal_requests:decide"
    REMOVAL_REQUESTS_READ = "removal_requests:read"
    REMOVAL_REQUESTS_TAKE_IN = "removal_requests:take_in"
    REPORTS_READ = "reports:read"
    RESTRICTIONS_CREATE = "restrictions:create"
    RESTRICTIONS_END = "restrictions:end"
    RESTRICTIONS_READ = "restrictions:read"
    SHUTOFFS_CREATE = "shutoffs:create"
    SHUTOFFS_END = "shutoffs:end"
    SHUTOFFS_READ = "shutoffs:read"
    STATIONS_READ = "stations:read"
    STATIONS_WRITE = "stations:write"
    SWITCH_COMMANDS_TAKE = "switch_commands:take"
    SWITCHES_READ = "switches:read"
    SWITCHES_WRITE = "switches:write"
    TARIFFS_READ = "tariffs:read"
    TARIFFS_WRITE = "tariffs:write"


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_SWITCH = _roles(Role.SWITCH)
_OPERATOR = _roles(Role.OPERATOR)
_WARDEN = _roles(Role.WARDEN)
_COUNSELOR = _roles(Role.COUNSELOR)
_CUSTODY = _roles(Role.WARDEN, Role.SECURITY)
_PROTECTORS = _roles(Role.WARDEN, Role.SECURITY, Role.VICTIM_SERVICES)

PERMISSIONS: Final[Mapping[Permission, frozenset[Role]]] = MappingProxyType(
    {
        Permission.ALERTS_READ: _CUSTODY,
        # "audit trail, reports" is one row of the table, of which a warden has the reports alone.
        Permission.AUDIT_EVENTS_READ: _roles(Role.SECURITY, Role.AUDITOR),
        Permission.BLOCKS_CREATE: _PROTECTORS,
        Permission.BLOCKS_EXCEPT: _WARDEN,
        # Who may set a block may not always lift it: security lifts no victim's, victim services lift no other.
        Permission.BLOCKS_LIFT: _CUSTODY,
        Permission.BLOCKS_LIFT_VICTIM_CLASS: _roles(Role.WARDEN, Role.VICTIM_SERVICES),
        Permission.BLOCKS_READ: _PROTECTORS,  # exceptions to a shield are read with the block they belong to
        Permission.CALL_EVENTS_POST: _SWITCH,
        Permission.CALLS_AUTHORIZE: _SWITCH,
        Permission.CALLS_READ: _CUSTODY,
        Permission.CALLS_TERMINATE: _CUSTODY,
        Permission.COMMON_NUMBERS_CONFIRM: _WARDEN,
        Permission.COMMON_NUMBERS_PROPOSE: _OPERATOR,
        # No one can confirm what they cannot read, so the two roles that write common numbers both read them.
        Permission.COMMON_NUMBERS_READ: _roles(Role.WARDEN, Role.OPERATOR),
        Permission.DECISIONS_PREVIEW: _CUSTODY,
        Permission.DECISIONS_READ: _PROTECTORS | _roles(Role.COUNSELOR, Role.AUDITOR),
        Permission.DECISIONS_READ_FINDINGS: _PROTECTORS | _roles(Role.AUDITOR),
        # The table has writers only for places, people, prices and switches; what can be put can be read by those who
        # may put it. It opens them to nobody else, so neither does this: an inmate's row carries a birth date.
        Permission.FACILITIES_READ: _OPERATOR,
        Permission.FACILITIES_WRITE: _OPERATOR,
        Permission.INCIDENTS_READ: _CUSTODY,
        Permission.INCIDENTS_WRITE: _CUSTODY,
        Permission.INMATES_READ: _OPERATOR,
        Permission.INMATES_WRITE: _OPERATOR,
        Permission.ONE_TIME_CALLS_ASK: _COUNSELOR,
        Permission.ONE_TIME_CALLS_GRANT: _WARDEN,
        Permission.ONE_TIME_CALLS_READ: _roles(Role.COUNSELOR, Role.WARDEN),
        Permission.PHONE_LISTS_CHANGE: _COUNSELOR,
        Permission.PHONE_LISTS_DECIDE: _WARDEN,
        # Covers the changes to a list as well: their answers say no more than the list itself.
        Permission.PHONE_LISTS_READ: frozenset(Role) - _SWITCH,
        Permission.PHONE_LISTS_REMOVE: _CUSTODY,
        # No permission reads a PIN: it is shown once, to whoever had it issued.
        Permission.PINS_CHOOSE: _OPERATOR,
        Permission.PINS_ISSUE: _roles(Role.COUNSELOR, Role.OPERATOR),
        Permission.REMOVAL_REQUESTS_DECIDE: _WARDEN,
        # A counselor takes requests in and never sees the queue: the table's narrower row wins over "may read or write
        # it", because the queue names people who asked not to be called.
        Permission.REMOVAL_REQUESTS_READ: _PROTECTORS,
        Permission.REMOVAL_REQUESTS_TAKE_IN: _roles(Role.COUNSELOR, Role.WARDEN, Role.VICTIM_SERVICES),
        Permission.REPORTS_READ: _CUSTODY | _roles(Role.AUDITOR),
        Permission.RESTRICTIONS_CREATE: _CUSTODY,
        Permission.RESTRICTIONS_END: _CUSTODY,
        Permission.RESTRICTIONS_READ: _CUSTODY,
        Permission.SHUTOFFS_CREATE: _CUSTODY | _OPERATOR,
        Permission.SHUTOFFS_END: _CUSTODY | _OPERATOR,
        Permission.SHUTOFFS_READ: _CUSTODY | _OPERATOR,
        Permission.STATIONS_READ: _OPERATOR,
        Permission.STATIONS_WRITE: _OPERATOR,
        Permission.SWITCH_COMMANDS_TAKE: _SWITCH,  # fetching and settling revocations belongs to the calls it asked for
        Permission.SWITCHES_READ: _OPERATOR,
        Permission.SWITCHES_WRITE: _OPERATOR,
        Permission.TARIFFS_READ: _OPERATOR,
        Permission.TARIFFS_WRITE: _OPERATOR,
    }
)
"""Which roles hold a permission. Complete over `Permission`, which a test holds it to."""

VICTIM_CLASS: Final = frozenset({"court_order", "protected_person", "victim"})
"""Block kinds that two people lift together, and that shield a whole facility."""

REDACTED_KINDS: Final = VICTIM_CLASS | {"guardian", "investigation"}
"""Block kinds that read as `protected`, without person, papers or authority, to whoever does not see unredacted."""

REDACTED_AS: Final = "protected"

UNREDACTED_ROLES: Final = _PROTECTORS
"""Roles that read block kinds, persons and papers in full. The auditor reads the same rows redacted; the counselor,
the operator and the switch hold no permission that reaches them, and would be shown them redacted if one ever did."""


def read_facilities(names: Sequence[str]) -> frozenset[str] | None:
    """Which facilities does a list of names stand for? None stands for every one, written as `["*"]`.

    Raises:
        ValueError: the list is empty or too long, mixes `*` with names, or holds something that is no facility id.
            The message repeats no name.

    Example:
        >>> read_facilities(["*"]) is None
        True
        >>> sorted(read_facilities(["osborn", "cheshire"]))
        ['cheshire', 'osborn']
    """
    if list(names) == [ANY_FACILITY]:
        return None
    if not 1 <= len(names) <= FACILITIES_MAX:
        raise ValueError(f'facilities are ["*"], or 1 to {FACILITIES_MAX} facility ids')
    if not all(_CALLER_ID.fullmatch(name) for name in names):
        raise ValueError('a facility id is 1 to 64 of A-Z a-z 0-9 . _ - and "*" stands alone')
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, in which office, and for which places?

    Args:
        subject: the person's name, or for role `switch` the switch's id; 1 to 64 of `A-Z a-z 0-9 . _ -`.
        facilities: the ids that the token covers; None is every facility, those not yet registered included.

    Raises:
        ValueError: the subject is no such id, or the set is empty, too large, or holds one that is none.
    """

    subject: str
    role: Role
    facilities: frozenset[str] | None

    def __post_init__(self) -> None:
        if not _CALLER_ID.fullmatch(self.subject):
            raise ValueError("a subject is 1 to 64 of A-Z a-z 0-9 . _ -")
        if self.facilities is not None and read_facilities(tuple(self.facilities)) is None:
            raise ValueError('every facility is None, never the set of "*"')

    def may(self, permission: Permission) -> bool:
        """Does the role hold this permission? Says nothing about places: ask `covers` as well."""
        return self.role in PERMISSIONS[permission]

    def covers(self, facility_id: str) -> bool:
        """Does the token reach this facility? Where it does not, the facility's objects are 404."""
        return self.facilities is None or facility_id in self.facilities

    @property
    def covers_everything(self) -> bool:
        """May this actor write what concerns the whole system, as far as places go?

        A list that happens to name every facility of today does not: it says nothing of tomorrow's.
        """
        return self.facilities is None

    @property
    def sees_unredacted(self) -> bool:
        """Are kind, person, papers and authority of `REDACTED_KINDS` shown to this actor?"""
        return self.role in UNREDACTED_ROLES

    def shown_kind(self, kind: str) -> str:
        """Under which name does this actor read a block of this kind?

        Example:
            >>> Actor("a.reyes", Role.AUDITOR, None).shown_kind("victim")
            'protected'
            >>> Actor("a.reyes", Role.AUDITOR, None).shown_kind("called_party")
            'called_party'
        """
        return REDACTED_AS if kind in REDACTED_KINDS and not self.sees_unredacted else kind
