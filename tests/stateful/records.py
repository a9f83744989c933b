"""What does the model keep: laws, people, lists, blocks, requests and calls, with what each can say of itself?"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

VICTIM_CLASS = ("victim", "court_order", "protected_person")
LEGAL = ("attorney", "consulate")
ANSWER_WITHIN = timedelta(seconds=120)
GRACE = timedelta(seconds=120)
SECOND_PERSON_WITHIN = timedelta(hours=72)

Fact = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What binds at one facility. `cut`: a call ends at closing time; else one begun by then runs its full length."""

    zone: str
    limit: int
    legal_count: bool
    interval_days: int
    opens: time
    closes: time
    cut: bool
    cap_seconds: int

    def day(self, now: datetime) -> date:
        """The calendar day there."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def at(self, day: date, wall: time) -> datetime:
        """The instant at which the clock there shows that time on that day."""
        return datetime.combine(day, wall, ZoneInfo(self.zone)).astimezone(UTC)

    def is_open(self, now: datetime) -> bool:
        """May a call begin?"""
        wall = now.astimezone(ZoneInfo(self.zone)).time()
        return self.opens <= wall < self.closes or (not self.cut and wall == self.closes)

    def seconds(self, now: datetime) -> int:
        """How long may a call last that is allowed now?"""
        left = int((self.at(self.day(now), self.closes) - now).total_seconds())
        return min(self.cap_seconds, left) if self.cut else self.cap_seconds


CONNECTICUT = Law(
    zone="America/New_York",
    limit=10,
    legal_count=False,
    interval_days=30,
    opens=time(6),
    closes=time(23),
    cut=True,
    cap_seconds=900,
)
# New York's law under another sky, so that days at the two facilities begin at different instants.
NEW_YORK = Law(
    zone="America/Denver",
    limit=15,
    legal_count=True,
    interval_days=90,
    opens=time(7),
    closes=time(23),
    cut=False,
    cap_seconds=1800,
)


@dataclass(slots=True)
class Entry:
    """One number on a list, or one that stood there."""

    number: str
    kind: str
    state: str


@dataclass(slots=True)
class Person:
    """Somebody who is held, was held or will be. `facility` None: nobody has heard of them yet."""

    name: str
    facility: str | None
    unit: str = "A"
    active: bool = False
    pin: str | None = None
    as_of: datetime | None = None
    listed: dict[str, Entry] = field(default_factory=dict)
    past: list[Entry] = field(default_factory=list)
    submissions: list[list[tuple[str, str]]] = field(default_factory=list)
    last_change: date | None = None
    called: set[str] = field(default_factory=set)

    def end(self, number: str, state: str) -> None:
        """Take a number off the list and remember it."""
        entry = self.listed.pop(number)
        entry.state = state
        self.past.append(entry)


@dataclass(slots=True, kw_only=True)
class Block:
    """A block. `name` None: callgate made it by itself and told nobody its id. `request`: provisional while open."""

    key: int
    name: str | None
    number: str
    scope: str
    kind: str
    person: str | None = None
    facility: str | None = None
    unit: str | None = None
    until: datetime | None = None
    lifted: bool = False
    request: int | None = None
    carried_from: int | None = None
    asked: list[tuple[str, str, datetime]] = field(default_factory=list)
    exceptions: list[tuple[str, datetime | None]] = field(default_factory=list)

    def in_force(self, now: datetime) -> bool:
        """Does it bind anybody?"""
        return not self.lifted and (self.until is None or now < self.until)


@dataclass(slots=True, kw_only=True)
class Restriction:
    """A loss of calls."""

    key: int
    name: str
    person: str
    starts: datetime
    ends: datetime
    bars_privileged: bool
    ended: bool = False

    def in_force(self, now: datetime) -> bool:
        """Does it bind now?"""
        return not self.ended and self.starts <= now < self.ends


@dataclass(slots=True, kw_only=True)
class Shutoff:
    """Silent telephones; `facility` None: everywhere, `unit` None: the whole facility."""

    key: int
    name: str
    facility: str | None
    unit: str | None
    ends: datetime
    ended: bool = False

    def in_force(self, now: datetime) -> bool:
        """Does it bind now?"""
        return not self.ended and now < self.ends


@dataclass(slots=True, kw_only=True)
class Request:
    """Somebody's wish not to be called. `state`: open, granted or refused."""

    key: int
    name: str
    facility: str
    number: str
    person: str | None
    received: date
    state: str = "open"
    decided: date | None = None


@dataclass(slots=True, kw_only=True)
class Call:
    """An allowed call.

    `state`: authorized, answered or ended. `doubtful`: the clock alone stood against it once, so that the sweep has
    revoked it, or has not come by yet.
    """

    call_id: str
    decision_id: str
    person: str
    number: str
    facility: str
    unit: str
    pin: str
    seconds: int
    end_by: datetime
    frees_at: datetime
    state: str = "authorized"
    answered_at: datetime | None = None
    revoked: bool = False
    doubtful: bool = False

    def is_live(self, now: datetime) -> bool:
        """Does it hold the PIN?"""
        return self.state in {"authorized", "answered"} and now < self.frees_at

    def left(self, now: datetime) -> int:
        """Whole seconds that it may still last."""
        if self.revoked or not self.is_live(now):
            return 0
        until = self.end_by
        if self.answered_at is not None:
            until = min(until, self.answered_at + timedelta(seconds=self.seconds))
        else:
            until = min(until, now + timedelta(seconds=self.seconds))
        return max(0, int((until - now).total_seconds()))
