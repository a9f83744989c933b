"""What happens from eleven on? A restriction, a locked telephone, a shut-off, a limit, and closing time."""

from typing import Final

from callgate.commands.demo.expectations import (
    ALLOWED,
    CLOSES,
    HOTLINE_CALL,
    MIDNIGHT,
    OPENS_TOMORROW,
    WHOLE_CALL,
    refused,
)
from callgate.commands.demo.moves import Ask, GuessPins, Report, Staff, Step, shut_off_unit
from callgate.commands.demo.people import (
    ATTORNEY,
    COLE,
    FACILITY,
    FRIEND,
    HOTLINE,
    MOTHER,
    PRICE,
    REYES,
    UNCLE,
    instant,
)
from callgate.commands.demo.setting import FACILITY_ROW
from callgate.domain.instants import to_wire

NOON: Final = (
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
        expected=refused("calls_restricted"),
        mend="warden or security: end the restriction",
    ),
    Step(
        time="11:06:00",
        words="Cole calls his attorney all the same",
        move=Ask(call="attorney", station="a-1", who=COLE, number=ATTORNEY),
        expected={
            **ALLOWED,
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
        expected=HOTLINE_CALL,
    ),
)
AFTERNOON: Final = (
    Step(
        time="12:30:00",
        words="somebody tries five PINs at telephone b-1",
        move=GuessPins(call="guess", station="b-1", times=5),
        expected=refused("pin_not_accepted", sip_status=403, times=5),
        mend="counselor or operator: issue a PIN to who has none",
    ),
    Step(
        time="12:31:00",
        words="Price enters the right PIN there",
        move=Ask(call="locked", station="b-1", who=PRICE, number=UNCLE, alike="guess"),
        expected=refused("pin_not_accepted", alike=True),
        mend="nobody: the telephone takes PINs again at 12:35",
    ),
    Step(
        time="12:31:30",
        words="the hotline still answers there",
        move=Ask(call="hotline-locked", station="b-1", number=HOTLINE),
        expected=HOTLINE_CALL,
    ),
    Step(
        time="12:32:00",
        words="Price at the telephone beside it, prepaid",
        move=Ask(call="beside", station="b-2", who=PRICE, number=UNCLE, payment="prepaid"),
        expected={**WHOLE_CALL, "rate_quote.payer": "prepaid_account"},
    ),
    Step(
        time="12:35:00",
        words="Price at b-1, five minutes later",
        move=Ask(call="unlocked", station="b-1", who=PRICE, number=UNCLE),
        expected=WHOLE_CALL,
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
        expected=refused("not_in_service"),
        mend="warden, security or operator: end the shut-off",
    ),
    Step(
        time="13:11:00",
        words="a telephone that is switched off",
        move=Ask(call="disabled", station="c-1", who=PRICE, number=UNCLE),
        expected=refused("not_in_service"),
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
        expected=refused("limit_reached", retry_at=MIDNIGHT),
        mend="nobody: the day's calls are counted anew at midnight",
    ),
    Step(
        time="16:10:00",
        words="the operator takes the limit back",
        move=Staff(role="operator", method="PUT", path=f"/v1/facilities/{FACILITY}", body=FACILITY_ROW),
        expected={"status": 200, "limits": None},
    ),
)
EVENING: Final = (
    Step(
        time="18:00:00",
        words="Price calls a friend",
        move=Ask(call="friend", station="b-1", who=PRICE, number=FRIEND, hang_up=False),
        expected=WHOLE_CALL,
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
        expected=refused("number_not_available", alike=True),
        mend="warden or security, at the friend's own word",
    ),
    Step(
        time="22:50:00",
        words="Reyes calls home ten minutes before closing",
        move=Ask(call="closing", station="a-1", who=REYES, number=MOTHER),
        expected={
            **WHOLE_CALL,
            "max_duration_seconds": 600,
            "limiting_factor": "calling_hours",
            "end_by": CLOSES,
            "rate_quote.max_charge": "2.10",
        },
    ),
    Step(
        time="22:59:59",
        words="and one second before closing",
        move=Ask(call="last", station="a-1", who=REYES, number=MOTHER),
        expected={
            **ALLOWED,
            "max_duration_seconds": 1,
            "limiting_factor": "calling_hours",
            "end_by": CLOSES,
            "rate_quote.max_charge": "0.21",
        },
    ),
    Step(
        time="23:00:00",
        words="and at closing time",
        move=Ask(call="closed", station="a-1", who=REYES, number=MOTHER),
        expected=refused("outside_calling_hours", retry_at=OPENS_TOMORROW),
        mend="nobody: the law opens the telephones at 06:00",
    ),
)
