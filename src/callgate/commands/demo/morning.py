"""What happens until eleven? An ordinary call and what refuses others, a block and its shield."""

from typing import Final

from callgate.commands.demo.expectations import OPENS_TODAY, WHOLE_CALL, refused
from callgate.commands.demo.moves import Ask, ReadWhy, Report, Staff, Step
from callgate.commands.demo.people import COLE, MOTHER, PREMIUM, REYES, SISTER, STRANGER, VICTIM

MORNING: Final = (
    Step(
        time="05:59:59",
        words="Reyes calls home, one second too early",
        move=Ask(call="early", station="a-1", who=REYES, number=MOTHER),
        expected=refused("outside_calling_hours", retry_at=OPENS_TODAY, sip_status=480),
        mend="nobody: the law opens the telephones at 06:00",
    ),
    Step(
        time="06:00:00",
        words="Reyes calls his mother, collect",
        move=Ask(call="mother", station="a-1", who=REYES, number=MOTHER, hang_up=False),
        expected={**WHOLE_CALL, "rate_quote.payer": "called_party", "warn_at_remaining_seconds": [60]},
    ),
    Step(
        time="06:00:02",
        words="the switch lost the answer and asks again",
        move=Ask(
            call="again", call_id="mother", station="a-1", who=REYES, number=MOTHER, same_as="mother", hang_up=False
        ),
        expected={**WHOLE_CALL, "replayed": "true", "same_bytes": True},
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
        expected=refused("call_in_progress", sip_status=486),
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
        expected=refused("number_not_available", sip_status=603),
        mend="counselor: put it on his list, 30 days after the last change",
    ),
    Step(
        time="08:31:00",
        words="Reyes calls a 900 number",
        move=Ask(call="premium", station="a-1", who=REYES, number=PREMIUM),
        expected=refused("number_not_valid"),
        mend="nobody: no such number can be called from here",
    ),
    Step(
        time="08:32:00",
        words="Reyes wants to pay by debit",
        move=Ask(call="debit", station="a-1", who=REYES, number=MOTHER, payment="debit"),
        expected=refused("rate_unavailable"),
        mend="nobody: Connecticut opens collect, prepaid and free",
    ),
)
LATE_MORNING: Final = (
    Step(
        time="09:59:50",
        words="Reyes calls Lena Hart, who is on his list",
        move=Ask(call="hart", station="a-1", who=REYES, number=VICTIM, hang_up=False),
        expected=WHOLE_CALL,
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
        expected=refused("number_not_available", replayed="true"),
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
        expected=refused("number_not_available", alike=True),
        mend="warden and victim services, two people together",
    ),
    Step(
        time="10:02:00",
        words="his cellmate Cole calls: on his list too",
        move=Ask(call="cellmate", station="a-1", who=COLE, number=VICTIM, alike="unlisted"),
        expected=refused("number_not_available", alike=True),
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
)
