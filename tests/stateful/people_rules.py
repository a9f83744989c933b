"""People: who is booked, moved, released and booked again, and who loses calls for a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.desk import HOT, Desk
from tests.stateful.list_rules import people
from tests.stateful.records import Block, Person, Restriction, Shutoff

_HOURS = st.sampled_from((1, 24, 30 * 24))
_SHORT = st.sampled_from((1, 2, 24))


class PeopleRules(Desk):
    """What is done about people and places."""

    @rule(who=people, there=st.booleans(), unit=st.sampled_from("AB"))
    def hold(self, who: int, there: bool, unit: str) -> None:  # noqa: FBT001 - drawn
        """The feed says where somebody is held: booked, moved, brought back or only in another unit."""
        person = self.model.people[self.people[who]]
        facility = self.there if there else self.here
        if person.active and (person.facility, person.unit) == (facility, unit):
            return
        self.put(person, facility, unit, active=True)
        self.probe(*((person.name, number) for number in self.numbers[:HOT] if number in person.called))

    @rule(who=people)
    def release(self, who: int) -> None:
        """The feed says that somebody is released."""
        person = self.model.people[self.people[who]]
        if person.active:
            assert person.facility is not None
            self.put(person, person.facility, person.unit, active=False)
            self.probe((person.name, self.numbers[0]))

    @precondition(lambda self: any(it.as_of is not None for it in self.model.people.values()))
    @rule(who=people, there=st.booleans())
    def tell_late(self, who: int, there: bool) -> None:  # noqa: FBT001 - drawn
        """The feed brings something older than what is known: it is refused and changes nothing."""
        person = self.model.people[self.people[who]]
        if person.as_of is None:
            return
        as_of = person.as_of - timedelta(milliseconds=1)
        body = self._told(self.there if there else self.here, "A", active=there)
        body["as_of"] = as_of.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.write("operator", "PUT", f"/v1/inmates/{person.name}", body, expect=(409, "stale"))

    @rule(who=people)
    def issue_a_pin(self, who: int) -> None:
        """A counselor has a PIN generated; the one before it is dead at once."""
        self.issue(self.model.people[self.people[who]])

    def issue(self, person: Person) -> None:
        """A new PIN, for whoever may have one."""
        expect: tuple[int, str | None] = (201, None)
        if person.facility is None:
            expect = (404, "not_found")
        elif not person.active:
            expect = (409, "inmate_released")
        running = self.model.running()
        told = self.write("counselor", "POST", f"/v1/inmates/{person.name}/pin", {}, expect=expect)
        if expect[0] == 201:
            person.pin = self.last_pins[person.name] = told["pin"]
            self.model.revoke_since(running)

    @rule(who=people, starts=st.sampled_from((-1, 0, 1, 24)), lasts=_HOURS, bars=st.booleans(), kind=st.integers(0, 2))
    def restrict(self, who: int, starts: int, lasts: int, bars: bool, kind: int) -> None:  # noqa: FBT001
        """Somebody loses calls from an hour on, for some hours."""
        person = self.model.people[self.people[who]]
        begins = self.model.now + timedelta(hours=starts)
        ends = begins + timedelta(hours=lasts)
        body: dict[str, Any] = {
            "kind": ("disciplinary", "investigation", "security_risk_group")[kind],
            "starts_at": _wire(begins),
            "ends_at": _wire(ends),
            "authority": "Hearing officer",
            "case_number": "DR-1",
            "bars_privileged": bars,
        }
        if bars:
            body["finding"] = "Used a lawyer's line for something else."
        known = person.facility is not None
        running = self.model.running()
        told = self.write(
            "security",
            "POST",
            f"/v1/inmates/{person.name}/restrictions",
            body,
            expect=(201, None) if known else (404, "not_found"),
        )
        if known:
            self.model.restrictions.append(
                Restriction(
                    key=self.model.key(),
                    name=told["restriction_id"],
                    person=person.name,
                    starts=begins,
                    ends=ends,
                    bars_privileged=bars,
                )
            )
            assert told["calls_revoked"] in self.model.revoke_since(running), told
            self.probe(*((person.name, number) for number in list(person.listed)[:1]))

    @precondition(lambda self: self.model.restrictions)
    @rule(which=st.integers(0, 3))
    def end_a_restriction(self, which: int) -> None:
        """A restriction ends before its time, unless it is over."""
        found = self.model.restrictions[-1 - which % len(self.model.restrictions)]
        is_over = found.ended or found.ends <= self.model.now
        expect = (409, "already_over") if is_over else (200, None)
        path = f"/v1/restrictions/{found.name}/end"
        self.write("warden", "POST", path, {"note": "reversed"}, expect=expect)
        found.ended = True if not is_over else found.ended
        self.probe(*((found.person, number) for number in list(self.model.people[found.person].listed)[:1]))

    @rule(there=st.booleans(), unit=st.sampled_from((None, "A", "B")), lasts=_SHORT)
    def shut_off(self, there: bool, unit: str | None, lasts: int) -> None:  # noqa: FBT001 - drawn
        """The telephones of a facility or of a unit are silenced."""
        facility = self.there if there else self.here
        ends = self.model.now + timedelta(hours=lasts)
        body = {"unit": unit, "reason": "lockdown", "ends_at": _wire(ends)}
        running = self.model.running()
        told = self.write("warden", "POST", f"/v1/facilities/{facility}/shutoffs", body, expect=(201, None))
        self.model.shutoffs.append(
            Shutoff(key=self.model.key(), name=told["shutoff_id"], facility=facility, unit=unit, ends=ends)
        )
        assert told["calls_revoked"] in self.model.revoke_since(running), told

    @precondition(lambda self: any(it.in_force(self.model.now) for it in self.model.shutoffs))
    @rule()
    def end_the_shutoffs(self) -> None:
        """The telephones are given back."""
        for found in self.model.shutoffs:
            if found.in_force(self.model.now):
                path = f"/v1/shutoffs/{found.name}/end"
                self.write("warden", "POST", path, {"note": "count cleared"}, expect=(200, None))
                found.ended = True

    # ------------------------------------------------------------------------------------------------------ the model

    def put(self, person: Person, facility: str, unit: str, *, active: bool) -> None:
        """The feed says where somebody is, and whether they are held."""
        running = self.model.running()
        is_new = person.facility is None
        path = f"/v1/inmates/{person.name}"
        body = self._told(facility, unit, active=active)
        self.write("operator", "PUT", path, body, expect=(201 if is_new else 200, None))
        carried = set()
        if not is_new and (person.facility, person.unit) != (facility, unit):
            carried = self._carry(person, facility, unit)
        person.facility, person.unit, person.active = facility, unit, active
        known = person.as_of or self.model.now
        person.as_of = max(self.model.now, known)
        if not active:
            person.pin = None
        self.model.revoke_since(running)
        for number in carried:
            self.learn_blocks(number)

    def _told(self, facility: str, unit: str, *, active: bool) -> dict[str, Any]:
        status = "active" if active else "released"
        return {"facility_id": facility, "unit": unit, "status": status, "name": "A Person"}

    def _carry(self, person: Person, facility: str, unit: str) -> set[str]:
        """Blocks of the place left become this person's own, on every number that they hold or have called.

        Whoever is about to be removed from a list for good counts as holding the number, on the list or not any more.
        """
        carried = set()
        for block in list(self.model.blocks):
            left = block.facility == person.facility and block.in_force(self.model.now)
            if block.scope == "facility":
                left = left and facility != person.facility
            else:
                left = left and block.unit == person.unit and (facility, unit) != (person.facility, person.unit)
            if left and self._has_had(person, block) and not self._carries(person, block):
                copy = replace(
                    block,
                    key=self.model.key(),
                    name=None,
                    scope="inmate",
                    person=person.name,
                    facility=None,
                    unit=None,
                    carried_from=block.key,
                    asked=[],
                    exceptions=[],
                )
                self.model.blocks.append(copy)
                carried.add(block.number)
        return carried

    def _has_had(self, person: Person, block: Block) -> bool:
        past = block.request is not None and any(it.number == block.number for it in person.past)
        return block.number in person.listed or block.number in person.called or past

    def _carries(self, person: Person, block: Block) -> bool:
        return any(
            it.carried_from == block.key and it.person == person.name and not it.lifted for it in self.model.blocks
        )


def _wire(instant: Any) -> str:
    return str(instant.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
