"""Removal requests: blocked when they are taken in, decided by the warden, and followed through every move."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.list_rules import ListRules, hot_numbers, people
from tests.stateful.records import Block, Person, Request

_DUE_DAYS = 7


class RemovalRules(ListRules):
    """What is done about letters to the warden."""

    @rule(which=hot_numbers, who=st.none() | people, there=st.booleans(), days=st.sampled_from((0, 3, 7, 8)))
    def take_in_a_request(self, which: int, who: int | None, there: bool, days: int) -> None:  # noqa: FBT001 - drawn
        """Somebody does not want to be called by one person, or by anybody at a facility."""
        facility, number = self.there if there else self.here, self.numbers[which]
        person = None if who is None else self.model.people[self.people[who]]
        received = self.model.laws[facility].day(self.model.now) - timedelta(days=days)
        body: dict[str, Any] = {
            "facility_id": facility,
            "number": number,
            "requester_name": "Ruth Doe",
            "received_on": received.isoformat(),
            "channel": "letter",
            "identity_checked": True,
        } | ({} if person is None else {"inmate_id": person.name})
        held_elsewhere = person is not None and person.facility not in {None, facility}
        expect = (422, "held_elsewhere") if held_elsewhere else (201, None)
        running = self.model.running()
        told = self.write("counselor", "POST", "/v1/removal-requests", body, expect=expect)
        if held_elsewhere:
            return
        name = None if person is None else person.name
        assert told["due_on"] == (received + timedelta(days=_DUE_DAYS)).isoformat(), told
        concerned = [it for it in self.model.people.values() if it.facility == facility] if person is None else [person]
        assert told["listed_for"] == sum(number in it.listed for it in concerned), told
        request = Request(
            key=self.model.key(),
            name=told["request_id"],
            facility=facility,
            number=number,
            person=name,
            received=received,
        )
        self.model.requests.append(request)
        self._add_block(request, name, name_of_block=told["provisional_block_id"])
        self.model.revoke_since(running)
        self.probe(*((it.name, number) for it in concerned))

    @precondition(lambda self: self.model.requests)
    @rule(which=st.integers(0, 2), granted=st.booleans(), wide=st.booleans())
    def decide_a_request(self, which: int, granted: bool, wide: bool) -> None:  # noqa: FBT001 - drawn
        """The warden grants a request, for the one person or the whole facility, or refuses it."""
        request = self.model.requests[-1 - which % len(self.model.requests)]
        scope = "facility" if wide or request.person is None else "inmate"
        body = {"decision": "grant" if granted else "refuse", "scope": scope, "note": "telephone bill seen"}
        is_open = request.state == "open"
        expect = (200, None) if is_open else (409, "already_decided")
        running = self.model.running()
        told = self.write("warden", "POST", f"/v1/removal-requests/{request.name}/decision", body, expect=expect)
        if not is_open:
            return
        request.state = "granted" if granted else "refused"
        request.decided = self.model.laws[request.facility].day(self.model.now)
        own = [it for it in self.model.blocks if it.request == request.key]
        if granted:
            changed = self._grant(request, own, for_facility=scope == "facility")
            assert told["lists_changed"] == changed, told
        for block in own:
            block.lifted = block.lifted or not granted
        assert told["calls_revoked"] in self.model.revoke_since(running), told
        self.learn_blocks(request.number)
        for person in self.model.people.values():
            if person.facility is not None:
                self.check_list(person)
        self.probe(*((name, request.number) for name in self.people))

    def check_requests(self) -> None:
        """Every request is there, decided as it was, with its clock."""
        for request in self.model.requests:
            told = self.read("warden", f"/v1/removal-requests/{request.name}")
            until = request.decided or self.model.laws[request.facility].day(self.model.now)
            age = (until - request.received).days
            shown = (told["state"], told["age_days"], told["overdue"])
            assert shown == (request.state, age, request.state == "open" and age > _DUE_DAYS), (request, told)

    # ------------------------------------------------------------------------------------------------------ the model

    def _grant(self, request: Request, own: list[Block], *, for_facility: bool) -> int:
        """Take the number off the lists concerned, and keep everyone who had it from it wherever they go."""
        meant = {it.person for it in own} | {request.person}
        holders = [it for it in self._holders(request, for_facility=for_facility) if request.number in it.listed]
        holders += [
            it
            for it in self.model.people.values()
            if it.name in meant and request.number in it.listed and it not in holders
        ]
        for person in holders:
            person.end(request.number, "removed")
        if for_facility and not any(it.scope == "facility" for it in own):
            self._add_block(request, None)
        of_place = next(
            (it.key for it in self.model.blocks if it.request == request.key and it.scope == "facility"), None
        )
        for name in sorted((meant | {it.name for it in holders}) - {None, *(it.person for it in own)}, key=str):
            self._add_block(request, name, carried_from=of_place)
        return len(holders)

    def _holders(self, request: Request, *, for_facility: bool) -> list[Person]:
        return [it for it in self.model.people.values() if for_facility and it.facility == request.facility]

    def _add_block(
        self,
        request: Request,
        person: str | None,
        *,
        name_of_block: str | None = None,
        carried_from: int | None = None,
    ) -> None:
        self.model.blocks.append(
            Block(
                key=self.model.key(),
                name=name_of_block,
                number=request.number,
                scope="facility" if person is None else "inmate",
                kind="called_party",
                person=person,
                facility=request.facility if person is None else None,
                request=request.key,
                carried_from=carried_from,
            )
        )
