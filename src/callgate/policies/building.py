"""How does a profile file become the value that checks compare with?"""

from typing import Final

from callgate.domain.pin import ThrottleRules
from callgate.domain.policy import Policy, Quotas
from callgate.policies.documents import document_of, policy_from_document
from callgate.policies.schema import Announcements, CapFactor, Clauses, ProfileFile, QuotaRules, Recorded, Throttle

_NOT_YET_HASHED: Final = ""


def to_policy(profile: ProfileFile) -> Policy:
    """Answer the policy of a file that is well formed and consistent.

    It comes back by way of its own document, so what is decided under today is by construction what a replay rebuilds.
    """
    return policy_from_document(document_of(_draft(profile)))


def _draft(profile: ProfileFile) -> Policy:
    return Policy(
        profile=profile.profile,
        version=profile.version.isoformat(),
        title=profile.title,
        content_hash=_NOT_YET_HASHED,
        list_mode=profile.phone_list.mode.value,
        list_limit=profile.phone_list.limit.value,
        list_counts_attorneys=profile.phone_list.counts_attorneys.value,
        list_change_interval_days=profile.phone_list.change_interval_days.value,
        list_kinds_needing_warden=frozenset(profile.phone_list.kinds_needing_warden.value),
        list_kinds_suspended=frozenset(profile.phone_list.kinds_suspended.value),
        pending_due_business_days=profile.phone_list.pending_due_business_days.value,
        window_open=profile.window.open.value,
        window_close=profile.window.close.value,
        window_applies_to=profile.window.applies_to.value,
        window_close_inclusive=profile.window.close_inclusive.value,
        call_cap_seconds=profile.call.cap_seconds.value,
        call_cap_factor=_factors(profile.call.cap_factor),
        answer_within_seconds=profile.call.answer_within_seconds.value,
        warn_at_remaining_seconds=tuple(profile.call.warn_at_remaining_seconds.value),
        gap_seconds=profile.gap.seconds.value,
        gap_from=profile.gap.counted_from.value,
        quotas=_quotas(profile.quotas),
        domestic_regions=frozenset(profile.destinations.domestic_regions.value),
        open_regions=frozenset(profile.destinations.open_regions.value),
        forbidden_kinds=frozenset(profile.destinations.forbidden_kinds.value),
        payment_types=frozenset(profile.payment.types.value),
        free_media=frozenset(profile.payment.free_media.value),
        tariffs=tuple(row.to_tariff() for row in profile.tariff),
        announcements=_announcements(profile.announcements),
        recorded=_recorded(profile.recorded),
        pin_length=profile.pin.length.value,
        throttle=_throttle(profile.pin.throttle),
        removal_due_days=profile.removal.due_days.value,
        removal_tracking_days=profile.removal.tracking_days.value,
        block_lift_second_person_hours=profile.block_lift.second_person_hours.value,
        block_end_warning_days=profile.block_end.warning_days.value,
        one_time_call_hours_max=profile.one_time_call.hours_max.value,
        probing_numbers_per_person=profile.probing.numbers_per_person.value,
        probing_numbers_per_station=profile.probing.numbers_per_station.value,
        three_way_action=profile.events.three_way.value,
        diversion_action=profile.events.diverted.value,
        restriction_stacking_days=profile.restriction.stacking_days.value,
        restriction_days_per_year=profile.restriction.days_per_year.value,
        clauses={check: getattr(profile.clauses, check).to_clause() for check in Clauses.model_fields},
    )


def _factors(factors: CapFactor) -> dict[str, int]:
    return {"voice": factors.voice.value, "tty": factors.tty.value, "relay": factors.relay.value}


def _quotas(quotas: QuotaRules) -> Quotas:
    return Quotas(
        calls_per_day=quotas.calls_per_day.value,
        calls_per_week=quotas.calls_per_week.value,
        calls_per_month=quotas.calls_per_month.value,
        minutes_per_day=quotas.minutes_per_day.value,
        minutes_per_month=quotas.minutes_per_month.value,
        minutes_per_month_in={int(month): minutes for month, minutes in quotas.minutes_per_month_in.value.items()},
    )


def _announcements(prompts: Announcements) -> dict[str, tuple[str, ...]]:
    return {
        "social": tuple(prompts.social.value),
        "privileged": tuple(prompts.privileged.value),
        "hotline": tuple(prompts.hotline.value),
    }


def _recorded(recorded: Recorded) -> dict[str, bool]:
    return {
        "social": recorded.social.value,
        "privileged": recorded.privileged.value,
        "hotline": recorded.hotline.value,
    }


def _throttle(throttle: Throttle) -> ThrottleRules:
    return ThrottleRules(
        wrong_max=throttle.wrong_max.value,
        window_seconds=throttle.window_seconds.value,
        lock_seconds=throttle.lock_seconds.value,
        lock_seconds_max=throttle.lock_seconds_max.value,
        quiet_seconds=throttle.quiet_seconds.value,
        facility_wrong_max=throttle.facility_wrong_max.value,
        facility_window_seconds=throttle.facility_window_seconds.value,
    )
