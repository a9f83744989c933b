"""What do the rules say of the demonstration's calls?

Written by hand from the regulation, the contract and the profile, and never computed by the code that is judged by it.
"""

from typing import Final

DENIED: Final = {"status": 200, "decision": "deny", "max_duration_seconds": 0, "call_class": None, "record": False}
ALLOWED: Final = {"status": 200, "decision": "allow", "reason": None, "sip_status": 200}
WHOLE_CALL: Final = {
    **ALLOWED,
    "max_duration_seconds": 900,
    "limiting_factor": "call_cap",
    "call_class": "social",
    "record": True,
    "rate_quote.per_minute": "0.21",
    "rate_quote.max_charge": "3.15",
    "rate_quote.currency": "USD",
}
HOTLINE_CALL: Final = {
    **ALLOWED,
    "max_duration_seconds": 900,
    "call_class": "hotline",
    "record": False,
    "monitor": False,
    "rate_quote.max_charge": "0.00",
    "rate_quote.payer": "agency",
}
OPENS_TODAY: Final = "2026-11-18T11:00:00.000Z"  # 06:00 in New York
CLOSES: Final = "2026-11-19T04:00:00.000Z"  # 23:00 there
OPENS_TOMORROW: Final = "2026-11-19T11:00:00.000Z"  # 06:00 the next day
MIDNIGHT: Final = "2026-11-19T05:00:00.000Z"


def refused(reason: str, **members: object) -> dict[str, object]:
    """What a refusal of this class says, and these members of it."""
    return {**DENIED, "reason": reason, "announcement": reason, **members}
