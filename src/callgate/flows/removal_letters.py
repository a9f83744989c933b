"""Which letters does the requester of a removal get?"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import phonenumbers

from callgate.domain.instants import from_milliseconds
from callgate.domain.letters import LANGUAGES, LetterFacts, LetterTexts, write_confirmation, write_reply
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.read_removals import load_request
from callgate.store.removal_requests import RemovalRequest

GRANTED: Final = "granted"


def confirm_to_requester(
    request: RemovalRequest, *, tracking_days: int, tracking_code: str | None = None
) -> dict[str, str]:
    """The confirmation by language; with the tracking code only where it is shown this once."""
    facts = _facts(request, tracking_days=tracking_days)
    return {name: write_confirmation(load_texts(name), facts, tracking_code=tracking_code) for name in LANGUAGES}


def reply_to_requester(request: RemovalRequest, *, tracking_days: int) -> dict[str, str] | None:
    """The reply by language; None while the request is open."""
    facts = _facts(request, tracking_days=tracking_days)
    found = {name: write_reply(load_texts(name), facts) for name in LANGUAGES}
    written = {name: letter for name, letter in found.items() if letter is not None}
    return written or None


async def read_letters(deployment: Deployment, *, request_id: str) -> Mapping[str, Any]:
    """Both letters, without the tracking code, which nobody can read again.

    Raises:
        NotFound: there is no such request.
        Conflict: the facility's profile is not in this deployment any more.
    """
    async with deployment.database.read() as transaction:
        request = await load_request(transaction, request_id)
    days = load_policy(deployment, request.profile).removal_tracking_days
    return {
        "request_id": request_id,
        "confirmation": confirm_to_requester(request, tracking_days=days),
        "reply": reply_to_requester(request, tracking_days=days),
    }


@lru_cache(maxsize=len(LANGUAGES))
def load_texts(language: str) -> LetterTexts:
    """The words of one language, as they lie in the package."""
    text = (files("callgate") / "letters" / f"{language}.toml").read_text(encoding="utf-8")
    return LetterTexts(**tomllib.loads(text))


def _facts(request: RemovalRequest, *, tracking_days: int) -> LetterFacts:
    decided_on = None if request.decided_on is None else date.fromisoformat(request.decided_on)
    written_at: datetime = from_milliseconds(request.created_at)
    return LetterFacts(
        reference=request.request_id,
        requester_name=request.requester_name,
        facility_name=request.facility_name,
        number=_as_people_write(request.number),
        written_on=request.today(written_at),
        received_on=date.fromisoformat(request.received_on),
        due_on=date.fromisoformat(request.due_on),
        names_person=request.inmate_id is not None,
        was_blocked=request.provisional_block_id is not None,
        identity_checked=request.identity_checked,
        tracking_days=tracking_days,
        is_granted=request.state == GRANTED,
        decided_on=decided_on,
        decided_scope=request.decided_scope,
    )


def _as_people_write(number: str) -> str:
    """+1 860-555-0123; a short code as it stands.

    Example:
        >>> [_as_people_write(number) for number in ("+18605550123", "988")]
        ['+1 860-555-0123', '988']
    """
    if not number.startswith("+"):
        return number
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
