"""Blocks: who sets them, who may lift them, whom a shield leaves out, and what becomes of requests to be left alone."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.desk import Desk
from tests.stateful.list_rules import hot_numbers, people
from tests.stateful.records import SECOND_PERSON_WITHIN, VICTIM_CLASS, Block, Request

_KINDS = ("victim", "court_order", "protected_person", "called_party", "guardian", "investigation", "facility")
_SCOPES = ("inmate", "inmate", "inmate", "unit", "facility", "system")
_ROLES = {"warden": "warden", "deputy": "warden", "security": "security"} | {
    "victim_services": "victim_services",
    "advocate": "victim_services",
}
_PAIR = ("warden", "deputy", "victim_services", "advocate")
_APART = (0, 1, 71.999, 72, 72.001)
recent = st.integers(0, 3)


class BlockRules(Desk):
    """What is done about numbers."""

    @rule(
        which=hot_numbers,
        scope=st.sampled_from(_SCOPES),
        kind=st.sampled_from(_KINDS),
        who=people,
        unit=st.sampled_from("AB"),
        hours=st.sampled_from((None, None, None, 1, 48, 40 * 24)),
    )
    def block(self, which: int, scope: str, kind: str, who: int, unit: str, hours: int | None) -> None:
        """Somebody asks that a number be blocked, for a person booked or not, a unit, a facility or everywhere."""
        until = None if hours is None else self.model.now + timedelta(hours=hours)
        facility = self.here if who % 2 else self.there
        block = Block(
            key=self.model.key(),
            name=None,
            number=self.numbers[which],
            scope=scope,
            kind=kind,
            person=self.people[who] if scope == "inmate" else None,
            facility=facility if scope in {"unit", "facility"} else None,
            unit=unit if scope == "unit" else None,
            until=until,
        )
        self.set_block(block)

    def set_block(self, block: Block) -> None:
        """It is asked for, and everybody tries the number."""
        running = self.model.running()
        told = self.write("victim_services", "POST", "/v1/blocks", _body(block), expect=(201, None))
        block.name = told["block_id"]
        self.model.blocks.append(block)
        assert told["calls_revoked"] in self.model.revoke_since(running), told
        self.probe(*((name, block.number) for name in self.people))

    @precondition(lambda self: self.named_blocks())
    @rule(which=recent, by=st.sampled_from(tuple(_ROLES)))
    def lift(self, which: int, by: str) -> None:
        """Somebody asks that a block end."""
        named = self.named_blocks()
        self._lift(named[-1 - which % len(named)], by)

    @precondition(lambda self: self.named_blocks())
    @rule(which=recent, first=st.sampled_from(_PAIR), second=st.sampled_from(_PAIR), hours=st.sampled_from(_APART))
    def lift_together(self, which: int, first: str, second: str, hours: float) -> None:
        """Two people ask that a victim's block end, some hours apart."""
        victims = [it for it in self.named_blocks() if it.kind in VICTIM_CLASS]
        if not victims:
            return
        block = victims[-1 - which % len(victims)]
        self._lift(block, first)
        self.go_to(timedelta(hours=hours))
        self._lift(block, second)

    def _lift(self, block: Block, by: str) -> None:
        expect = self._expected_of_lift(block, by)
        body = {"authority": "Superior Court", "evidence_reference": "FA-26-4011"}
        self.write(by, "POST", f"/v1/blocks/{block.name}/lift", body, expect=expect)
        if expect[0] == 202:
            block.asked.append((by, _ROLES[by], self.model.now))
        block.lifted = block.lifted or expect[0] == 200
        self.probe(*((name, block.number) for name in self.people[:2]))

    @precondition(lambda self: self.named_blocks())
    @rule(which=recent, who=people, hours=st.sampled_from((None, 1, 48)))
    def make_an_exception(self, which: int, who: int, hours: int | None) -> None:
        """The warden leaves somebody out of a shield."""
        named = self.named_blocks()
        block, name = named[-1 - which % len(named)], self.people[who]
        until = None if hours is None else self.model.now + timedelta(hours=hours)
        expect: tuple[int, str | None] = (201, None)
        if self.model.people[name].facility is None:
            expect = (404, "not_found")
        elif block.scope != "inmate" or block.kind not in VICTIM_CLASS:
            expect = (409, "shields_nobody")
        elif block.person == name:
            expect = (409, "not_for_the_subject")
        elif not block.in_force(self.model.now):
            expect = (409, None)
        body = {"inmate_id": name, "note": "their sister", "until": _until(until)}
        self.write("warden", "POST", f"/v1/blocks/{block.name}/exceptions", body, expect=expect)
        if expect[0] == 201:
            block.exceptions.append((name, until))
            self.probe((name, block.number))

    def request_of(self, block: Block) -> Request:
        """The removal request that the block came from."""
        return next(it for it in self.model.requests if it.key == block.request)

    def named_blocks(self) -> list[Block]:
        """The blocks whose ids were told."""
        return [it for it in self.model.blocks if it.name is not None]

    def _expected_of_lift(self, block: Block, by: str) -> tuple[int, str | None]:  # noqa: PLR0911 - one a refusal
        protects = block.kind in VICTIM_CLASS
        lifters = {"warden", "victim_services"} if protects else {"warden", "security"}
        if _ROLES[by] not in lifters:
            return 403, "not_permitted"
        if not block.in_force(self.model.now):
            return 409, "already_lifted" if block.lifted else "already_expired"
        if block.request is not None and self.request_of(block).state == "open":
            return 409, "provisional"
        if not protects:
            return 200, None
        waiting = [it for it in block.asked if self.model.now - it[2] <= SECOND_PERSON_WITHIN]
        if not waiting:
            return 202, None
        if any(asked_by == by for asked_by, _, _ in waiting):
            return 409, "second_person_needed"
        if "victim_services" not in {_ROLES[by], *(role for _, role, _ in waiting)}:
            return 409, "victim_services_needed"
        return 200, None


def _body(block: Block) -> dict[str, Any]:
    body = {
        "number": block.number,
        "scope": block.scope,
        "inmate_id": block.person,
        "facility_id": block.facility,
        "unit": block.unit,
        "kind": block.kind,
        "authority": "Superior Court",
        "note": "asked in writing",
        "document_reference": "FA-26-4011" if block.kind == "court_order" else None,
        "until": _until(block.until),
    }
    return {name: value for name, value in body.items() if value is not None}


def _until(until: datetime | None) -> str:
    return "indefinite" if until is None else until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
