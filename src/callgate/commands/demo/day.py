"""What happens on the demonstration's day, and what must come of it?

Expectations are written from the rules, by hand, and never computed by the code that they judge.
"""

from typing import Final

from callgate.commands.demo.moves import Ask, GuessPins, ReadWhy, Report, Staff, Step, shut_off_unit
from callgate.commands.demo.people import (
    ATTORNEY,
    COLE,
    FACILITY,
    FRIEND,
    HOTLINE,
    MOTHER,
    PREMIUM,
    PRICE,
    REYES,
    SISTER,
    STRANGER,
    UNCLE,
    VICTIM,
    instant,
)
from callgate.commands.demo.setting import FACILITY_ROW
from callgate.domain.instants import to_wire

_DENIED: Final = {"status": 200, "decision": "deny", "max_duration_seconds": 0, "call_class": None, "record": False}
_ALLOWED: Final = {"status": 200, "decision": "allow", "reason": None, "sip_status": 200}
_WHOLE_CALL: Final = {
    **_ALLOWED,
    "max_duration_seconds": 900,
    "limiting_factor": "call_cap",
    "call_class": "social",
    "record": True,
    "rate_quote.per_minute": "0.21",
    "rate_quote.max_charge": "3.15",
    "rate_quote.currency": "USD",
}
_HOTLINE: Final = {
    **_ALLOWED,
    "max_duration_seconds": 900,
    "call_class": "hotline",
    "record": False,
    "monitor": False,
    "rate_quote.max_charge": "0.00",
    "rate_quote.payer": "agency",
}
_OPENS_TODAY: Final = to_wire(instant("06:00:00"))
_CLOSES: Final = "2026-11-19T04:00:00.000Z"  # 23:00 in New York
_OPENS_TOMORROW: Final = "2026-11-19T11:00:00.000Z"  # 06:00 there
_MIDNIGHT: Final = "2026-11-19T05:00:00.000Z"


def _refused(reason: str, **members: object) -> dict[str, object]:
    return {**_DENIED, "reason": reason, "announcement": reason, **members}


_MORNING: Final = (
    Step(
        time="05:59:59",
        words="Reyes calls home, one second too early",
        move=Ask(call="early", station="a-1", who=REYES, number=MOTHER),
        expected=_refused("outside_calling_hours", retry_at=_OPENS_TODAY, sip_status=480),
        mend="nobody: the law opens the telephones at 06:00",
    ),
    Step(
        time="06:00:00",
        words="Reyes calls his mother, collect",
        move=Ask(call="mother", station="a-1", who=REYES, number=MOTHER, hang_up=False),
        expected={**_WHOLE_CALL, "rate_quote.payer": "called_party", "warn_at_remaining_seconds": [60]},
    ),
    Step(
        time="06:00:02",
        words="the switch lost the answer and asks again",
        move=Ask(
            call="again", call_id="mother", station="a-1", who=REYES, number=MOTHER, same_as="mother", hang_up=False
        ),
        expected={**_WHOLE_CALL, "replayed": "true", "same_bytes": True},
    ),
    Step(
        time="06:00:04",
        words="the same call id, for another number",
        move=Ask(call="reused", call_id="mother", station="a-1", who=REYES, number=SISTER, hang_up=False),
        expected={"status": 422, "code": "call_id_reused", "decision": "deny", "max_duration_seconds": 0},
        mend="the switch: a call id of its own for every attempt",
    ),
    Step(
        time="06:00:20",
        words="his mother answers",
        move=Report(call="mother", kind="answered", sequence=1),
        expected={
            "status": 200,
            "state": "answered",
            "action": "continue",
            "max_duration_seconds": 900,
            "charge": None,
        },
    ),
    Step(
        time="06:03:00",
        words="his PIN at another telephone meanwhile",
        move=Ask(call="second", station="a-2", who=REYES, number=SISTER),
        expected=_refused("call_in_progress", sip_status=486),
        mend="nobody: his PIN is free when the call ends",
    ),
    Step(
        time="06:07:32",
        words="they hang up after 432 seconds: 8 minutes",
        move=Report(call="mother", kind="ended", sequence=2, duration=432, cause="completed"),
        expected={"status": 200, "state": "ended", "charge.amount": "1.68", "charge.currency": "USD"},
    ),
    Step(
        time="08:30:00",
        words="Reyes calls a number not on his list",
        move=Ask(call="unlisted", station="a-1", who=REYES, number=STRANGER),
        expected=_refused("number_not_available", sip_status=603),
        mend="counselor: put it on his list, 30 days after the last change",
    ),
    Step(
        time="08:31:00",
        words="Reyes calls a 900 number",
        move=Ask(call="premium", station="a-1", who=REYES, number=PREMIUM),
        expected=_refused("number_not_valid"),
        mend="nobody: no such number can be called from here",
    ),
    Step(
        time="08:32:00",
        words="Reyes wants to pay by debit",
        move=Ask(call="debit", station="a-1", who=REYES, number=MOTHER, payment="debit"),
        expected=_refused("rate_unavailable"),
        mend="nobody: Connecticut opens collect, prepaid and free",
    ),
)
_NOON: Final = (
    Step(
        time="09:59:50",
        words="Reyes calls Lena Hart, who is on his list",
        move=Ask(call="hart", station="a-1", who=REYES, number=VICTIM, hang_up=False),
        expected=_WHOLE_CALL,
    ),
    Step(
        time="10:00:00",
        words="victim services block her number for him",
        move=Staff(
            role="victim_services",
            method="POST",
            path="/v1/blocks",
            body={
                "number": VICTIM,
                "scope": "inmate",
                "inmate_id": REYES.inmate_id,
                "kind": "victim",
                "authority": "Office of Victim Services",
                "note": "She asked for it by telephone; identity checked.",
                "until": "indefinite",
            },
        ),
        expected={"status": 201, "calls_revoked": 1},
    ),
    Step(
        time="10:00:01",
        words="the switch asks again for that call",
        move=Ask(call="taken-back", call_id="hart", station="a-1", who=REYES, number=VICTIM, hang_up=False),
        expected=_refused("number_not_available", replayed="true"),
        mend="warden and victim services, two people together",
    ),
    Step(
        time="10:00:30",
        words="the switch gives that call up",
        move=Report(call="hart", kind="ended", sequence=1, duration=0, cause="failed"),
        expected={"status": 200, "state": "ended", "action": "terminate", "charge.amount": "0.00"},
    ),
    Step(
        time="10:01:00",
        words="Reyes calls her; she is still on his list",
        move=Ask(call="blocked", station="a-1", who=REYES, number=VICTIM, alike="unlisted"),
        expected=_refused("number_not_available", alike=True),
        mend="warden and victim services, two people together",
    ),
    Step(
        time="10:02:00",
        words="his cellmate Cole calls: on his list too",
        move=Ask(call="cellmate", station="a-1", who=COLE, number=VICTIM, alike="unlisted"),
        expected=_refused("number_not_available", alike=True),
        mend="warden: an exception from the shield, by name",
    ),
    Step(
        time="10:05:00",
        words="the warden reads why Cole was refused",
        move=ReadWhy(role="warden", call="cellmate"),
        expected={"status": 200, "reason": "number_not_available", "denied_by": ["shield"]},
    ),
    Step(
        time="10:05:30",
        words="the counselor reads it, and no cause",
        move=ReadWhy(role="counselor", call="cellmate"),
        expected={"status": 200, "reason": "number_not_available", "denied_by": None},
    ),
    Step(
        time="11:00:00",
        words="the warden restricts Cole for a week",
        move=Staff(
            role="warden",
            method="POST",
            path=f"/v1/inmates/{COLE.inmate_id}/restrictions",
            body={
                "kind": "disciplinary",
                "starts_at": to_wire(instant("11:00:00")),
                "ends_at": "2026-11-25T16:00:00.000Z",
                "authority": "Disciplinary hearing officer",
                "case_number": "DR-2026-0001",
            },
        ),
        expected={"status": 201, "kind": "disciplinary", "bars_privileged": False},
    ),
    Step(
        time="11:05:00",
        words="Cole calls his brother",
        move=Ask(call="restricted", station="a-1", who=COLE, number=FRIEND),
        expected=_refused("calls_restricted"),
        mend="warden or security: end the restriction",
    ),
    Step(
        time="11:06:00",
        words="Cole calls his attorney all the same",
        move=Ask(call="attorney", station="a-1", who=COLE, number=ATTORNEY),
        expected={
            **_ALLOWED,
            "max_duration_seconds": 900,
            "call_class": "privileged",
            "record": False,
            "monitor": False,
        },
    ),
    Step(
        time="11:30:00",
        words="somebody calls the hotline, without a PIN",
        move=Ask(call="hotline", station="b-1", number=HOTLINE),
        expected=_HOTLINE,
    ),
)
_AFTERNOON: Final = (
    Step(
        time="12:30:00",
        words="somebody tries five PINs at telephone b-1",
        move=GuessPins(call="guess", station="b-1", times=5),
        expected=_refused("pin_not_accepted", sip_status=403, times=5),
        mend="counselor or operator: issue a PIN to who has none",
    ),
    Step(
        time="12:31:00",
        words="Price enters the right PIN there",
        move=Ask(call="locked", station="b-1", who=PRICE, number=UNCLE, alike="guess"),
        expected=_refused("pin_not_accepted", alike=True),
        mend="nobody: the telephone takes PINs again at 12:35",
    ),
    Step(
        time="12:31:30",
        words="the hotline still answers there",
        move=Ask(call="hotline-locked", station="b-1", number=HOTLINE),
        expected=_HOTLINE,
    ),
    Step(
        time="12:32:00",
        words="Price at the telephone beside it, prepaid",
        move=Ask(call="beside", station="b-2", who=PRICE, number=UNCLE, payment="prepaid"),
        expected={**_WHOLE_CALL, "rate_quote.payer": "prepaid_account"},
    ),
    Step(
        time="12:35:00",
        words="Price at b-1, five minutes later",
        move=Ask(call="unlocked", station="b-1", who=PRICE, number=UNCLE),
        expected=_WHOLE_CALL,
    ),
    Step(
        time="13:00:00",
        words="the warden shuts off unit B until 13:30",
        move=shut_off_unit("B", until="13:30:00"),
        expected={"status": 201, "unit": "B"},
    ),
    Step(
        time="13:10:00",
        words="Price calls his uncle from unit B",
        move=Ask(call="shut-off", station="b-1", who=PRICE, number=UNCLE),
        expected=_refused("not_in_service"),
        mend="warden, security or operator: end the shut-off",
    ),
    Step(
        time="13:11:00",
        words="a telephone that is switched off",
        move=Ask(call="disabled", station="c-1", who=PRICE, number=UNCLE),
        expected=_refused("not_in_service"),
        mend="operator: enable the telephone",
    ),
    Step(
        time="16:00:00",
        words="the operator sets a limit: a call a day",
        move=Staff(
            role="operator",
            method="PUT",
            path=f"/v1/facilities/{FACILITY}",
            body={**FACILITY_ROW, "limits": {"calls_per_day": 1}},
        ),
        expected={"status": 200, "limits.calls_per_day": 1},
    ),
    Step(
        time="16:05:00",
        words="Reyes, who had his call today, calls home",
        move=Ask(call="limit", station="a-1", who=REYES, number=MOTHER),
        expected=_refused("limit_reached", retry_at=_MIDNIGHT),
        mend="nobody: the day's calls are counted anew at midnight",
    ),
    Step(
        time="16:10:00",
        words="the operator takes the limit back",
        move=Staff(role="operator", method="PUT", path=f"/v1/facilities/{FACILITY}", body=FACILITY_ROW),
        expected={"status": 200, "limits": None},
    ),
)
_EVENING: Final = (
    Step(
        time="18:00:00",
        words="Price calls a friend",
        move=Ask(call="friend", station="b-1", who=PRICE, number=FRIEND, hang_up=False),
        expected=_WHOLE_CALL,
    ),
    Step(
        time="18:00:15",
        words="the friend answers",
        move=Report(call="friend", kind="answered", sequence=1),
        expected={"status": 200, "state": "answered", "action": "continue", "charge": None},
    ),
    Step(
        time="18:00:25",
        words="and presses the key: never again",
        move=Report(call="friend", kind="called_party_block", sequence=2),
        expected={"status": 200, "action": "terminate", "max_duration_seconds": 0},
    ),
    Step(
        time="18:00:26",
        words="the switch ends the call after 11 seconds",
        move=Report(call="friend", kind="ended", sequence=3, duration=11, cause="terminated"),
        expected={"status": 200, "state": "ended", "charge.amount": "0.21"},
    ),
    Step(
        time="18:05:00",
        words="Price calls the friend again",
        move=Ask(call="keypress", station="b-1", who=PRICE, number=FRIEND, alike="unlisted"),
        expected=_refused("number_not_available", alike=True),
        mend="warden or security, at the friend's own word",
    ),
    Step(
        time="22:50:00",
        words="Reyes calls home ten minutes before closing",
        move=Ask(call="closing", station="a-1", who=REYES, number=MOTHER),
        expected={
            **_WHOLE_CALL,
            "max_duration_seconds": 600,
            "limiting_factor": "calling_hours",
            "end_by": _CLOSES,
            "rate_quote.max_charge": "2.10",
        },
    ),
    Step(
        time="22:59:59",
        words="and one second before closing",
        move=Ask(call="last", station="a-1", who=REYES, number=MOTHER),
        expected={
            **_ALLOWED,
            "max_duration_seconds": 1,
            "limiting_factor": "calling_hours",
            "end_by": _CLOSES,
            "rate_quote.max_charge": "0.21",
        },
    ),
    Step(
        time="23:00:00",
        words="and at closing time",
        move=Ask(call="closed", station="a-1", who=REYES, number=MOTHER),
        expected=_refused("outside_calling_hours", retry_at=_OPENS_TOMORROW),
        mend="nobody: the law opens the telephones at 06:00",
    ),
)
STEPS: Final = (*_MORNING, *_NOON, *_AFTERNOON, *_EVENING)
