"""The machine: it does whatever Hypothesis thinks of, and at the end of every run holds the records against the model.

What it holds, step by step or at the end:
- a list is as the model says and never longer than its law lets it grow;
- no two changes that count lie within one interval;
- no call is allowed after a block, a removal, a restriction or a shut-off was answered, for as long as it stands;
- no block is lost by a move, a release or a return: at the end everybody tries every number that was ever blocked;
- one live call for one PIN;
- the history is whole: every entry that ever stood, every submission, every write on the trail, and none that was not.
"""

import sys
from collections import Counter
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.stateful.block_rules import BlockRules
from tests.stateful.call_rules import CallRules
from tests.stateful.desk import HOT, PEOPLE, STARTS
from tests.stateful.list_rules import people
from tests.stateful.people_rules import PeopleRules
from tests.stateful.records import Block, Person
from tests.stateful.removal_rules import RemovalRules

firsts = st.lists(st.sets(st.integers(0, HOT + 1), min_size=1), min_size=PEOPLE - 1, max_size=PEOPLE - 1)

scopes = st.sampled_from(("inmate", "inmate", "unit", "facility"))
kinds = st.sampled_from(("victim", "called_party", "investigation"))


class Machine(CallRules, BlockRules, PeopleRules, RemovalRules, RuleBasedStateMachine):
    """Every rule there is, on one world after the other."""

    @initialize(start=st.sampled_from(STARTS), lists=firsts)
    def open_the_doors(self, start: datetime, lists: list[set[int]]) -> None:
        """Three people hand in their first lists."""
        self.begin(start)
        for name, numbers in zip(self.people, lists, strict=False):
            self._submit(self.model.people[name], [(self.numbers[i], "social") for i in sorted(numbers)], [])

    @rule(
        who=people,
        which=st.integers(0, 9),
        scope=scopes,
        kind=kinds,
        away=st.sampled_from(("facility", "unit", "both")),
    )
    def block_and_move(self, who: int, which: int, scope: str, kind: str, away: str) -> None:
        """A number that somebody holds is blocked, they are moved, and try it again."""
        person = self.model.people[self.people[who]]
        if person.active and person.listed:
            number = list(person.listed)[which % len(person.listed)]
            self.set_block(self._against(person, number, scope, kind))
            facility = self.here if (person.facility == self.there) == (away != "unit") else self.there
            unit = person.unit if away == "facility" else "AB"[person.unit == "A"]
            self.put(person, facility, unit, active=True)
            self.probe((person.name, number))

    @rule(who=people, which=st.integers(0, 9), scope=scopes, kind=kinds, there=st.booleans())
    def block_and_release(self, who: int, which: int, scope: str, kind: str, there: bool) -> None:  # noqa: FBT001
        """A number that somebody holds is blocked, they are released, come back another day, and try it again."""
        person = self.model.people[self.people[who]]
        if person.active and person.facility is not None and person.listed:
            number = list(person.listed)[which % len(person.listed)]
            self.set_block(self._against(person, number, scope, kind))
            self.put(person, person.facility, person.unit, active=False)
            self.go_to(timedelta(days=1))
            self.put(person, self.there if there else self.here, person.unit, active=True)
            self.issue(person)
            self.probe((person.name, number))

    def _against(self, person: Person, number: str, scope: str, kind: str) -> Block:
        block = Block(key=self.model.key(), name=None, number=number, scope=scope, kind=kind)
        if scope == "inmate":
            block.person = person.name
        else:
            block.facility = person.facility
            block.unit = person.unit if scope == "unit" else None
        return block

    @invariant()
    def one_pin_has_one_call(self) -> None:
        """The model itself never holds two: a second allow would have been refused by it, and by the service too."""
        self.gate.steps += 1
        model = getattr(self, "model", None)
        if model is not None:
            live = Counter(it.person for it in model.calls if it.is_live(model.now))
            assert all(count == 1 for count in live.values()), live

    def teardown(self) -> None:
        """Look everything over, unless the run has failed already; Hypothesis calls this in either case."""
        if sys.exc_info()[0] is None and hasattr(self, "model"):
            self.try_every_number()
            self.check_people()
            self.check_blocks()
            self.check_requests()
            self.check_trail()

    # ------------------------------------------------------------------------------------------------- the last evening

    def try_every_number(self) -> None:
        """On a later day, with the telephones on, everybody calls everything that was ever blocked or struck."""
        law = self.model.laws[self.there]
        noon = law.at(law.day(self.model.now) + timedelta(days=1), time(12))
        self.go_to(noon - self.model.now)
        self.check_calls()
        names = [name for name in self.people if self.model.people[name].pin and self.model.people[name].active]
        numbers = self.numbers[: HOT + 2]
        for i in range(len(numbers)):
            # Each at another number than their neighbour, all at once.
            pairs = [(name, numbers[(i + j) % len(numbers)]) for j, name in enumerate(names)]
            self.probe(*pairs)

    def check_people(self) -> None:
        """Lists and their whole history."""
        for person in self.model.people.values():
            if person.facility is None:
                continue
            self.check_list(person)
            self._check_history(person)
            spaced = self.spaced.get(person.name, [])
            for (earlier, _), (later, law) in pairwise(spaced):
                assert (later - earlier).days >= law.interval_days, (person.name, spaced)

    def _check_history(self, person: Person) -> None:
        told = self.read("counselor", f"/v1/inmates/{person.name}/list-changes?limit=200")["items"]
        shown = [[(it["number"], it["outcome"]) for it in change["outcomes"]] for change in reversed(told)]
        assert sorted(shown) == sorted(person.submissions), (shown, person.submissions)
        assert sum(it["counts_as_change"] for it in told) == len(self.spaced.get(person.name, []))
        kept = self.read("warden", f"/v1/inmates/{person.name}/phone-list/history?limit=200")["items"]
        entries = [*person.listed.values(), *person.past]
        assert Counter((it["number"], it["kind"], it["state"]) for it in kept) == Counter(
            (it.number, it.kind, it.state) for it in entries
        ), (kept, entries)
        assert all((it["ended_at"] is None) == (it["state"] in {"active", "pending_warden"}) for it in kept), kept

    def check_blocks(self) -> None:
        """Blocks, restrictions and shut-offs stand as the model says, and nothing was ever deleted."""
        for number in {it.number for it in self.model.blocks}:
            self.learn_blocks(number)
        now = self.model.now
        for restriction in self.model.restrictions:
            told = self.read("security", f"/v1/restrictions/{restriction.name}")
            begun = "in_force" if restriction.starts <= now else "scheduled"
            state = "ended" if restriction.ended else "over" if restriction.ends <= now else begun
            assert told["state"] == state, (restriction, told)

    def check_calls(self) -> None:
        """The last calls are on record in the state that the model has; what was never reported as over is now."""
        for call in self.model.calls[-3:]:
            told = self.read("security", f"/v1/calls/{call.decision_id}")
            state = "expired" if call.state != "ended" and not call.is_live(self.model.now) else call.state
            assert told["state"] == state, (call, told)
        self.hang_up(*(call for call in self.model.calls if call.state != "ended"))

    def check_trail(self) -> None:
        """Every write stands on the trail under its author and instant; what was refused does not."""
        query = "SELECT author, occurred_at, action FROM audit_events WHERE author LIKE :ours AND role <> 'switch'"
        kept = Counter((it.author, it.occurred_at) for it in self.gate.rows(query, ours=f"%-{self.run}"))
        missing: dict[Any, Any] = {
            it: (count, kept[it]) for it, count in self.written.items() if kept[it] < count or (kept[it] and not count)
        }
        assert not missing, missing
        assert not kept.keys() - self.written.keys(), kept.keys() - self.written.keys()
