"""Calls and time: what switches ask and report, and the hours and days that pass."""

from datetime import time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.desk import NUMBERS, Desk
from tests.stateful.list_rules import hot_numbers, people
from tests.stateful.records import GRACE, Block, Call

_SECONDS = (1, 59, 119, 120, 121, 899, 900, 3600, 6 * 3600, 72 * 3600 - 1, 72 * 3600, 72 * 3600 + 1)
_DAYS = (1, 29, 30, 31, 90)
latest = st.integers(0, 3)


class CallRules(Desk):
    """What is done with telephones."""

    @rule(who=people, which=st.one_of(hot_numbers, st.integers(0, NUMBERS - 1)), unit=st.sampled_from("AB"))
    def call(self, who: int, which: int, unit: str) -> None:
        """Somebody calls, and stays on the line if the call is allowed."""
        person = self.model.people[self.people[who]]
        if person.facility is not None:
            numbers = [*person.listed, *self.numbers]  # what is listed is called more often than what is not
            self.place_calls([self.attempt(person.name, numbers[which % len(numbers)], unit=unit)])

    @rule(who=people, which=st.integers(0, NUMBERS - 1), seconds=st.sampled_from((0, 119, 120)))
    def call_twice(self, who: int, which: int, seconds: int) -> None:
        """Somebody calls what is on their list until a call is allowed, and then, at once or soon, another number."""
        person = self.model.people[self.people[who]]
        placed = None
        for number in list(person.listed)[:4]:
            if placed is None:
                (placed,) = self.place_calls([self.attempt(person.name, number)])
        if placed is not None:
            self.go_to(timedelta(seconds=seconds))
            numbers = [*person.listed, *self.numbers]
            self.place_calls([self.attempt(person.name, numbers[which % len(numbers)], unit="B")])

    @rule(who=people, which=hot_numbers)
    def call_from_elsewhere(self, who: int, which: int) -> None:
        """Somebody's PIN is typed in where they are not."""
        person = self.model.people[self.people[who]]
        if person.facility is not None:
            elsewhere = self.there if person.facility == self.here else self.here
            self.place_calls([self.attempt(person.name, self.numbers[which], facility=elsewhere)])

    @precondition(lambda self: self.model.calls)
    @rule(which=latest)
    def answer(self, which: int) -> None:
        """The called party answers, in time or too late."""
        call = self.recent(which)
        if call.state == "ended":
            return
        now, live = self.model.now, call.is_live(self.model.now)
        against = self.model.facts_against(call)
        told = self.tell(call, "answered")
        call.answered_at = min(call.answered_at or now, now)
        if live:
            call.state = "answered"
            call.frees_at = call.end_by + GRACE
        assert told["state"] == (call.state if live else "expired"), (call, told)
        self._check_left(call, against, told["action"], told["max_duration_seconds"])

    @precondition(lambda self: self.model.calls)
    @rule(which=latest, talked=st.integers(0, 1000))
    def end(self, which: int, talked: int) -> None:
        """The call is reported as over, perhaps long after it was."""
        call = self.recent(which)
        if call.state != "ended":
            self.hang_up(call, talked=talked if call.state == "answered" else 0)

    @precondition(lambda self: self.model.calls)
    @rule(which=latest)
    def press_the_key(self, which: int) -> None:
        """The called party asks not to be called again by this person."""
        call = self.recent(which)
        running = self.model.running()
        told = self.tell(call, "called_party_block")
        assert (told["action"], told["max_duration_seconds"]) == ("terminate", 0), told
        if not any(self._is_known(it, call) for it in self.model.blocks):
            block = Block(
                key=self.model.key(),
                name=None,
                number=call.number,
                scope="inmate",
                kind="called_party",
                person=call.person,
            )
            self.model.blocks.append(block)
        call.revoked = True
        self.model.revoke_since(running)
        self.learn_blocks(call.number)
        self.probe((call.person, call.number))

    @precondition(lambda self: self.model.calls)
    @rule(which=latest)
    def ask_again(self, which: int) -> None:
        """The switch asks once more for a call that was allowed."""
        call = self.recent(which)
        body = {
            "call_id": call.call_id,
            "station_id": f"{call.facility}-{call.unit}",
            "pin": call.pin,
            "called_number": call.number,
        }
        reason = self.model.reason(
            call.person, call.number, facility=call.facility, unit=call.unit, live=False, pin=call.pin
        )
        answer = self.gate.call("switch", "POST", "/v1/authorize", body)
        told = answer.json()
        if call.call_id in self.turned:
            assert answer.text == self.turned[call.call_id], (call, told)
        elif call.state != "authorized" or not call.is_live(self.model.now):
            assert (answer.status_code, told["code"]) == (422, "call_id_reused"), (call, told)
        elif reason is not None:
            assert (told["decision"], told["decision_id"]) == ("deny", call.decision_id), (call, told)
            assert told["reason"] == reason or call.doubtful, (call, reason, told)
            self.turned[call.call_id] = answer.text
            call.revoked = True
        elif call.revoked or (call.doubtful and answer.status_code == 422):
            assert (answer.status_code, told["code"]) == (422, "call_id_reused"), (call, told)
        elif call.doubtful:
            assert told["decision_id"] == call.decision_id, (call, told)
        else:
            assert (told["decision"], told["decision_id"]) == ("allow", call.decision_id), (call, told)

    @precondition(lambda self: self.denied)
    @rule(which=latest)
    def ask_again_in_vain(self, which: int) -> None:
        """A denial is answered again for ever, to the byte, whatever has changed since."""
        body, text = self.denied[-1 - which % len(self.denied)]
        answer = self.gate.call("switch", "POST", "/v1/authorize", body)
        assert (answer.status_code, answer.text) == (200, text)

    # ----------------------------------------------------------------------------------------------------------- time

    @rule(seconds=st.sampled_from(_SECONDS))
    def wait(self, seconds: int) -> None:
        """Some time passes."""
        self.go_to(timedelta(seconds=seconds))

    @rule(days=st.sampled_from(_DAYS))
    def let_days_pass(self, days: int) -> None:
        """So many days later, at the same time by the clock in New York."""
        law = self.model.laws[self.here]
        later = law.at(law.day(self.model.now) + timedelta(days=days), time(12))
        self.go_to(later - self.model.now)

    @rule(side=st.sampled_from((-1, 0, 1)), place=st.booleans(), what=st.sampled_from(("midnight", "close", "open")))
    def wait_for(self, side: int, place: bool, what: str) -> None:  # noqa: FBT001 - drawn
        """It becomes the next midnight, closing or opening time of a facility, or a second before or after."""
        law = self.model.laws[self.here if place else self.there]
        wall = {"midnight": time(0), "close": law.closes, "open": law.opens}[what]
        today = law.day(self.model.now)
        ahead = [law.at(today + timedelta(days=i), wall) + timedelta(seconds=side) for i in range(3)]
        self.go_to(next(it for it in ahead if it > self.model.now) - self.model.now)

    # ------------------------------------------------------------------------------------------------------ the model

    def recent(self, which: int) -> Call:
        """One of the last calls that were allowed."""
        return self.model.calls[-1 - which % len(self.model.calls)]

    def _is_known(self, block: Block, call: Call) -> bool:
        same = (block.number, block.person, block.kind) == (call.number, call.person, "called_party")
        return same and block.until is None and not block.lifted

    def _check_left(self, call: Call, against: set[tuple[str, int]], action: str, seconds: int) -> None:
        if call.revoked or not call.is_live(self.model.now):
            assert (action, seconds) == ("terminate", 0), (call, action, seconds)
        elif not against and not call.doubtful:
            left = call.left(self.model.now)
            assert (action, seconds) == ("continue" if left else "terminate", left), (call, action, seconds)
        # else the clock alone made it unlawful: the sweep may have come by, or not yet.
