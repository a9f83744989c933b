"""How does FreeSWITCH ask through mod_xml_curl, and what is it told to do?

In: the form that mod_xml_curl posts for a dialplan look-up. Out: a dialplan of one extension, 200 in every case: on
anything else FreeSWITCH goes on to its static dialplan, which could place the call. So every refusal and every failure
is a dialplan that hangs up. `deploy/switches/freeswitch/` holds the switch's side.

| channel variable | field |
|---|---|
| `variable_callgate_call_id`, else `variable_sip_call_id`, else `Unique-ID` | `call_id` |
| `variable_callgate_station_id` | `station_id` |
| `variable_callgate_pin` | `pin` |
| `Caller-Destination-Number` | `called_number` |
| `variable_callgate_payment_type`, `variable_callgate_media` | `payment_type`, `media` |
| `variable_callgate_requested_duration_seconds` | `requested_duration_seconds` |
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from callgate.api.dialects.form import decode_pairs, value_of

MEDIA_TYPE: Final = "text/xml"

_FIELD_BY_VARIABLE: Final[Mapping[str, str]] = {
    "variable_callgate_station_id": "station_id",
    "variable_callgate_pin": "pin",
    "Caller-Destination-Number": "called_number",
    "variable_callgate_payment_type": "payment_type",
    "variable_callgate_media": "media",
    "variable_callgate_requested_duration_seconds": "requested_duration_seconds",
}
_CALL_IDS: Final = ("variable_callgate_call_id", "variable_sip_call_id", "Unique-ID")
_CONTEXT: Final = "Caller-Context"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DEFAULT_CONTEXT: Final = "callgate"
_NOT_DIALLED: Final = re.compile(r"[^0-9+]")
_FAILED_STATUS: Final = 503
_VARIABLES_MAX: Final = 2000

Step = tuple[str, str]


def read_form(raw: bytes) -> dict[str, str]:
    """The variables that are read here; a switch sends many more.

    Raises:
        ValueError: it is no form, or one of these stands twice. The message repeats nothing.
    """
    read = {*_FIELD_BY_VARIABLE, *_CALL_IDS, _CONTEXT}
    found = [(name, value) for name, value in decode_pairs(raw, pairs_max=_VARIABLES_MAX) if name in read]
    if len({name for name, _ in found}) != len(found):
        raise ValueError("a variable stands twice")
    return dict(found)


def attempt_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The attempt as the same request would be in JSON; an empty variable is an absent one."""
    found = {field: value_of(field, form[name]) for name, field in _FIELD_BY_VARIABLE.items() if form.get(name)}
    call_id = next((form[name] for name in _CALL_IDS if form.get(name)), None)
    return found if call_id is None else {**found, "call_id": call_id}


def context_of(form: Mapping[str, str]) -> str:
    """In which dialplan context does the switch look? What cannot be one is answered in the kit's own."""
    named = form.get(_CONTEXT, "")
    return named if _NAME.fullmatch(named) else _DEFAULT_CONTEXT


def dialplan_of(body: str, *, called_number: str, context: str) -> bytes:
    """The recorded answer, as a dialplan.

    Args:
        body: the answer's JSON text.
        called_number: as it was dialled and decided; its digits alone are dialled on, so that nothing else in it can
            be read as a dial string.
    """
    answer = json.loads(body)
    if answer["decision"] != "allow":
        return _document(context, _refusal(answer["sip_status"], answer["reason"]))
    seconds, digits = answer["max_duration_seconds"], _NOT_DIALLED.sub("", called_number)
    return _document(
        context,
        [
            # The PIN stays here: no leg, no record and no log of the switch gets it.
            ("unset", "callgate_pin"),
            ("set", f"callgate_decision_id={answer['decision_id']}"),
            ("set", f"callgate_record={str(answer['record']).lower()}"),
            ("set", f"callgate_announcements={'|'.join(answer['announcements'])}"),
            ("set", "hangup_after_bridge=true"),
            ("set", f"callgate_max_duration_seconds={seconds}"),
            # Counted from the answer, as the grant is. The called leg has it too: a caller's leg that was answered
            # before, to take the PIN, is not answered again.
            ("set", f"execute_on_answer=sched_hangup +{seconds} ALLOTTED_TIMEOUT"),
            ("export", f"nolocal:execute_on_answer=sched_hangup +{seconds} ALLOTTED_TIMEOUT"),
            # However long it rings, it is over by then.
            ("sched_hangup", f"{int(datetime.fromisoformat(answer['end_by']).timestamp())} ALLOTTED_TIMEOUT"),
            ("bridge", f"sofia/gateway/${{callgate_gateway}}/{digits}"),
        ],
    )


def hang_up(context: str = _DEFAULT_CONTEXT) -> bytes:
    """What is told where no decision was made."""
    return _document(context, _refusal(_FAILED_STATUS, "no_decision"))


def _refusal(sip_status: int, reason: str) -> list[Step]:
    return [
        ("unset", "callgate_pin"),
        ("set", f"callgate_reason={reason}"),
        ("respond", str(sip_status)),
        ("hangup", "CALL_REJECTED"),
    ]


def _document(context: str, steps: Sequence[Step]) -> bytes:
    document = Element("document", type="freeswitch/xml")
    section = SubElement(document, "section", name="dialplan")
    extension = SubElement(SubElement(section, "context", name=context), "extension", name="callgate")
    condition = SubElement(extension, "condition")
    for application, data in steps:
        SubElement(condition, "action", application=application, data=data)
    written: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return written
