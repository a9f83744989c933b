"""Lists: what counselors submit, what wardens decide and staff remove; and what the model says each is answered."""

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.desk import HOT, NUMBERS, PEOPLE, Desk
from tests.stateful.records import LEGAL, Entry, Person

KINDS = ("social", "social", "social", "attorney", "consulate", "confined_person", "supervised_person")

_REFUSED = {"decision": "refuse", "reason": "identity_not_verified"}

people = st.integers(0, PEOPLE - 1)
hot_numbers = st.integers(0, HOT - 1)
additions = st.lists(
    st.tuples(st.one_of(hot_numbers, st.integers(0, NUMBERS - 1)), st.sampled_from(KINDS)),
    max_size=4,
    unique_by=lambda pair: pair[0],
)


class ListRules(Desk):
    """What is done to lists."""

    @rule(who=people, adds=additions, drops=st.sets(st.integers(0, 3), max_size=2), careless=st.integers(0, 9))
    def change_a_list(self, who: int, adds: list[tuple[int, str]], drops: set[int], careless: int) -> None:
        """A counselor submits a change; one in ten has not looked at the list first."""
        person = self.model.people[self.people[who]]
        listed = list(person.listed)
        removed = [number for i, number in enumerate(listed) if i in drops]
        added = [(self.numbers[i], kind) for i, kind in adds]
        if careless:
            added = [(number, kind) for number, kind in added if number not in listed]
        elif not removed:
            removed = [self.numbers[0]]
        if added or removed:
            self._submit(person, added, removed)

    @rule(who=people, over=st.integers(0, 1))
    def fill_a_list(self, who: int, over: int) -> None:
        """A counselor submits as many numbers as the list takes, or one more."""
        person = self.model.people[self.people[who]]
        if person.facility is None:
            return
        room = self.model.law_of(person).limit - self.model.used(person) + over
        free = [number for number in self.numbers if number not in person.listed]
        if 0 < room <= len(free):
            self._submit(person, [(number, "social") for number in free[:room]], [])

    @rule(who=people, which=st.integers(0, 15))
    def remove_by_staff(self, who: int, which: int) -> None:
        """Staff take one number off: no change by the person, whatever the calendar says."""
        person = self.model.people[self.people[who]]
        if not person.listed:
            return
        number = list(person.listed)[which % len(person.listed)]
        running = self.model.running()
        told = self.write(
            "security",
            "POST",
            f"/v1/inmates/{person.name}/list-removals",
            {"number": number, "note": "asked by the unit"},
            expect=(200, None),
        )
        person.end(number, "removed")
        assert told["calls_revoked"] in self.model.revoke_since(running), told
        self.probe((person.name, number))

    @precondition(lambda self: self.waiting())
    @rule(which=st.integers(0, 15), approved=st.booleans())
    def decide_a_pending_number(self, which: int, approved: bool) -> None:  # noqa: FBT001 - drawn
        """The warden approves a number that waits, or refuses it; of a blocked one or a released person only that."""
        waiting = self.waiting()
        person, entry = waiting[which % len(waiting)]
        expect: tuple[int, str | None] = (200, None)
        if approved and not person.active:
            expect = (409, "person_released")
        elif approved and any(self.model.binding(person.name, entry.number)):
            expect = (409, "number_blocked")
        body = {"decision": "approve", "reason": "called back"} if approved else _REFUSED
        if entry.kind in LEGAL:
            body = body | {"evidence_reference": "Bar roll 417-22"}
        change_id = self.changes[person.name, entry.number]
        path = f"/v1/list-changes/{change_id}/numbers/{entry.number.replace('+', '%2B')}/decision"
        self.write("warden", "POST", path, body, expect=expect)
        if expect[0] == 200 and approved:
            entry.state = "active"
        elif expect[0] == 200:
            person.end(entry.number, "refused")
        self.check_list(person)
        self.probe((person.name, entry.number))

    def waiting(self) -> list[tuple[Person, Entry]]:
        """Every number that waits for the warden, and on whose list."""
        return [
            (person, entry)
            for person in self.model.people.values()
            for entry in person.listed.values()
            if entry.state == "pending_warden"
        ]

    # ------------------------------------------------------------------------------------------------------ the model

    def _submit(self, person: Person, added: list[tuple[str, str]], removed: list[str]) -> None:
        body = {
            "add": [{"number": it, "name": "R. Doe", "relationship": "friend", "kind": kind} for it, kind in added],
            "remove": removed,
        }
        expect = self._expected(person, added, removed)
        running = self.model.running()
        before = self.model.next_change_on(person) if person.facility else None
        path = f"/v1/inmates/{person.name}/list-changes"
        told = self.write("counselor", "POST", path, body, expect=expect)
        if expect[0] != 201:
            if expect[1] == "change_too_soon":
                assert told["next_change_on"] == _text(before), told
            return
        outcomes = self._apply(person, added, removed)
        assert [(it["number"], it["outcome"]) for it in told["outcomes"]] == outcomes, (body, told)
        waits = any(outcome == "pending_warden" for _, outcome in outcomes)
        assert told["state"] == ("pending_warden" if waits else "applied"), told
        self.changes |= {(person.name, number): told["change_id"] for number, _ in added}
        self.model.revoke_since(running)
        self.check_list(person)
        self.probe(*((person.name, number) for number in (*(it for it, _ in added[:1]), *removed[:1])))

    def _expected(  # noqa: PLR0911 - one return a refusal, in the contract's order
        self, person: Person, added: list[tuple[str, str]], removed: list[str]
    ) -> tuple[int, str | None]:
        """Which status and which code, in the order of the contract."""
        numbers = [number for number, _ in added]
        if person.facility is None:
            return 404, "not_found"
        if len({*numbers, *removed}) < len(numbers) + len(removed):
            return 422, "number_twice"
        if any(number in person.listed for number in numbers):
            return 422, "already_listed"
        if any(number not in person.listed for number in removed):
            return 422, "not_listed"
        if not person.active:
            return 409, "person_released"
        if self.model.next_change_on(person) is not None:
            return 409, "change_too_soon"
        if self._is_too_long(person, added, removed):
            return 409, "list_full"
        return 201, None

    def _is_too_long(self, person: Person, added: list[tuple[str, str]], removed: list[str]) -> bool:
        law = self.model.law_of(person)
        arriving = sum(law.legal_count or kind not in LEGAL for _, kind in added)
        leaving = sum(law.legal_count or person.listed[number].kind not in LEGAL for number in removed)
        return arriving > 0 and self.model.used(person) + arriving - leaving > law.limit

    def _apply(self, person: Person, added: list[tuple[str, str]], removed: list[str]) -> list[tuple[str, str]]:
        outcomes = []
        for number in removed:
            person.end(number, "removed")
        for number, kind in added:
            if any(self.model.binding(person.name, number)):
                outcomes.append((number, "not_approved"))
                continue
            state = "active" if kind == "social" else "pending_warden"
            person.listed[number] = Entry(number, kind, state)
            outcomes.append((number, "added" if state == "active" else state))
        outcomes += [(number, "removed") for number in removed]
        if person.submissions:
            person.last_change = self.model.law_of(person).day(self.model.now)
            self.spaced.setdefault(person.name, []).append((person.last_change, self.model.law_of(person)))
        person.submissions.append(outcomes)
        return outcomes

    def check_list(self, person: Person) -> None:
        """The list as it is read is the list of the model, and no longer than the law allows unless it came so."""
        told = self.read("counselor", f"/v1/inmates/{person.name}/phone-list")
        # In no order: what two submissions of one millisecond put there stands in the order of chance.
        shown = sorted((it["number"], it["kind"], it["state"]) for it in told["numbers"])
        assert shown == sorted((it.number, it.kind, it.state) for it in person.listed.values()), (told, person)
        law = self.model.law_of(person)
        assert (told["limit"], told["used"]) == (law.limit, self.model.used(person)), (told, person)
        assert told["next_change_on"] == _text(self.model.next_change_on(person)), (told, person)
        most = max(it.limit for it in self.model.laws.values())
        assert told["used"] <= most, told


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
