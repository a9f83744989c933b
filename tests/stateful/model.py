"""What should callgate answer? A second reading of the contract and the rules, which shares no line with the code.

It is as plain as it can be: lists that are walked from end to end, one reason after the other, no figure from a profile
file. Where it and the service differ, one of them has read the contract wrongly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.stateful.records import (
    LEGAL,
    VICTIM_CLASS,
    Block,
    Call,
    Fact,
    Law,
    Person,
    Request,
    Restriction,
    Shutoff,
)


@dataclass(slots=True)
class Model:
    """Everything that was said and done so far."""

    now: datetime
    laws: dict[str, Law]
    people: dict[str, Person]
    blocks: list[Block] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    shutoffs: list[Shutoff] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    keys: int = 0

    def key(self) -> int:
        """A number that nothing else has."""
        self.keys += 1
        return self.keys

    def law_of(self, person: Person) -> Law:
        """What binds where this person is, or was last."""
        assert person.facility is not None
        return self.laws[person.facility]

    def live_call_of(self, name: str) -> Call | None:
        """The call that holds this person's PIN."""
        return next((it for it in self.calls if it.person == name and it.is_live(self.now)), None)

    def binding(self, name: str, number: str) -> Iterator[Fact]:
        """Every block that keeps this person from this number, their own and those that shield somebody beside them."""
        person = self.people[name]
        for block in self.blocks:
            if block.number != number or not block.in_force(self.now):
                continue
            if self._concerns(block, person):
                yield ("block", block.key)
            elif self._shields(block, person):
                yield ("shield", block.key)

    def _concerns(self, block: Block, person: Person) -> bool:
        match block.scope:
            case "system":
                return True
            case "facility":
                return block.facility == person.facility
            case "unit":
                return block.facility == person.facility and block.unit == person.unit
            case _:
                return block.person == person.name

    def _shields(self, block: Block, person: Person) -> bool:
        if block.scope != "inmate" or block.kind not in VICTIM_CLASS:
            return False
        subject = self.people[block.person or ""]
        excepted = any(who == person.name and (until is None or self.now < until) for who, until in block.exceptions)
        return subject.active and subject.facility == person.facility and not excepted

    def is_privileged(self, name: str, number: str) -> bool:
        """A verified lawyer's or consulate's number that nothing blocks."""
        entry = self.people[name].listed.get(number)
        verified = entry is not None and entry.state == "active" and entry.kind in LEGAL
        return verified and not any(self.binding(name, number))

    def reason(  # noqa: PLR0911 - one return a reason, in the contract's order
        self, name: str, number: str, *, facility: str, unit: str, live: bool = True, pin: str | None = None
    ) -> str | None:
        """Why would this attempt be refused; None: it is allowed.

        Args:
            name: whose PIN it is, or was.
            number: the number called.
            facility: where the telephone stands.
            unit: in which unit.
            live: whether a running call of the person counts.
            pin: the PIN typed in, if it may be an old one.
        """
        person = self.people[name]
        if any(self._silent(it, facility, unit) for it in self.shutoffs):
            return "not_in_service"
        if not self.laws[facility].is_open(self.now):
            return "outside_calling_hours"
        if not person.active or person.facility != facility or person.pin is None or pin not in {None, person.pin}:
            return "pin_not_accepted"
        if self.restricted(name, privileged=self.is_privileged(name, number)):
            return "calls_restricted"
        if live and self.live_call_of(name) is not None:
            return "call_in_progress"
        entry = person.listed.get(number)
        if entry is None or entry.state != "active" or any(self.binding(name, number)):
            return "number_not_available"
        return None

    def restricted(self, name: str, *, privileged: bool) -> list[Restriction]:
        """Which restrictions bind this person's call now?"""
        return [
            it
            for it in self.restrictions
            if it.person == name and it.in_force(self.now) and (it.bars_privileged or not privileged)
        ]

    def _silent(self, shutoff: Shutoff, facility: str, unit: str) -> bool:
        here = shutoff.facility is None or (shutoff.facility == facility and shutoff.unit in {None, unit})
        return here and shutoff.in_force(self.now)

    def facts_against(self, call: Call) -> set[Fact]:
        """What stands against this running call, but for the clock: each thing by its name."""
        person = self.people[call.person]
        found = set(self.binding(call.person, call.number))
        privileged = self.is_privileged(call.person, call.number)
        found |= {("restriction", it.key) for it in self.restricted(call.person, privileged=privileged)}
        found |= {("shutoff", it.key) for it in self.shutoffs if self._silent(it, call.facility, call.unit)}
        entry = person.listed.get(call.number)
        if entry is None or entry.state != "active":
            found.add(("unlisted", 0))
        if person.pin != call.pin or not person.active or person.facility != call.facility:
            found.add(("pin", 0))
        return found

    def running(self) -> dict[str, set[Fact]]:
        """The calls that run and are not revoked, with what stands against each."""
        return {it.call_id: self.facts_against(it) for it in self.calls if it.is_live(self.now) and not it.revoked}

    def revoke_since(self, before: dict[str, set[Fact]]) -> range:
        """Revoke what a write made unlawful, and say how many calls it may have revoked."""
        least = most = 0
        for call in self.calls:
            if call.call_id in before and self.facts_against(call) - before[call.call_id]:
                call.revoked = True
                most += 1
                least += not call.doubtful
        return range(least, most + 1)

    def look_at_the_clock(self) -> None:
        """Time has passed: which running calls are unlawful by that alone?"""
        for call in self.calls:
            if call.is_live(self.now) and not call.revoked:
                law = self.laws[call.facility]
                late = law.cut and not law.is_open(self.now)
                call.doubtful = call.doubtful or late or bool(self.facts_against(call))

    def used(self, person: Person) -> int:
        """How many places of the list are taken, pending ones included."""
        legal_count = self.law_of(person).legal_count
        return sum(legal_count or it.kind not in LEGAL for it in person.listed.values())

    def next_change_on(self, person: Person) -> date | None:
        """When may the list change again; None: now."""
        if person.last_change is None:
            return None
        law = self.law_of(person)
        opens = person.last_change + timedelta(days=law.interval_days)
        return opens if law.day(self.now) < opens else None
