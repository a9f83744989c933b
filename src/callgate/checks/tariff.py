"""Is there a price in force for this call, and what is it?"""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from callgate.domain.case import CallClass, Case, Facility
from callgate.domain.hours import local_day
from callgate.domain.policy import Policy
from callgate.domain.rates import PAYMENT_TYPES, Quote, Tariff, find_tariff, quote_for
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict

_NOTHING = "0.00"
_AGENCY = "agency"


def quote_of(case: Case, policy: Policy, *, call_class: CallClass, max_duration_seconds: int | None) -> Quote | None:
    """Answer what is told of the price; None where station, number or payment type cannot be rated.

    It reads the facility, the destination, the payment type and the medium and nothing else, so that the price beside a
    refusal cannot tell what the refusal was about.

    Args:
        case: every fact of the attempt.
        policy: the facility's law.
        call_class: a hotline costs nothing, however it is paid for.
        max_duration_seconds: the grant; None beside a refusal.

    Clause: contract section 2, `rate_quote`.
    """
    if case.facility is None or case.number.problem is not None:
        return None
    if call_class is CallClass.HOTLINE:
        tariff: Tariff | None = _hotline_tariff(_currency_of(case, policy))
    elif case.payment_type in policy.payment_types:
        tariff = _tariff_of(case, policy, case.facility)
    else:
        return None
    return None if tariff is None else quote_for(tariff, max_duration_seconds=max_duration_seconds)


def _tariff_of(case: Case, policy: Policy, facility: Facility) -> Tariff | None:
    if case.number.region is None:
        return None
    return _find_priced(
        # A facility that has tariffs of its own has left the profile's, also for the calls that its own do not price.
        case.tariffs if facility.has_own_tariffs else policy.tariffs,
        payment_type=case.payment_type,
        media=case.media,
        is_free=case.media in policy.free_media,
        is_domestic=case.number.region in policy.domestic_regions,
        day=local_day(ZoneInfo(facility.time_zone), case.decided_at),
    )


# Asked twice for every call, and answered alike for most. Every fact is an argument.
@lru_cache(maxsize=1024)
def _find_priced(
    tariffs: tuple[Tariff, ...], *, payment_type: str, media: str, is_free: bool, is_domestic: bool, day: date
) -> Tariff | None:
    destination = "domestic" if is_domestic else "international"
    found = find_tariff(tariffs, payment_type=payment_type, media=media, destination=destination, day=day)
    if found is None or not is_free:
        return found
    return replace(found, per_minute=_NOTHING, connection_fee=_NOTHING, payer=_AGENCY)


def _currency_of(case: Case, policy: Policy) -> str:
    return next(tariff.currency for tariff in (*case.tariffs, *policy.tariffs))


@lru_cache(maxsize=64)
def _hotline_tariff(currency: str) -> Tariff:
    return Tariff(
        tariff="hotline",
        payment_types=PAYMENT_TYPES,
        destination="domestic",
        currency=currency,
        per_minute=_NOTHING,
        connection_fee=_NOTHING,
        increment_seconds=60,
        payer=_AGENCY,
        effective_from=date.min,
    )


def _judge(case: Case, policy: Policy) -> Verdict:
    if case.facility is None:
        raise ValueError("no facility, so no tariff of its day")
    if case.number.region is None:
        return Deny("destination_not_rated")
    return Pass() if _tariff_of(case, policy, case.facility) is not None else Deny("no_tariff_in_force")


CHECK = Check(
    name="tariff",
    refuses_with=Reason.RATE_UNAVAILABLE,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="No call without a tariff in force; the facility's own before the profile's (contract 2, 3; RULES F44)",
)
