"""Do the values of a profile agree with each other?

Each is well formed by itself; these are the pairs that cannot both stand. The key named is the one of the pair that
more often is the slip.
"""

from collections.abc import Sequence

from callgate.policies.malformed import Contradiction
from callgate.policies.schema import Call, Destinations, PhoneList, ProfileFile, Throttle, Window
from callgate.policies.tariffs import check_tariffs

RECORDING_PROMPT = "recorded_call"


def check_consistency(profile: ProfileFile) -> None:
    """Answer silently when they do.

    Raises:
        Contradiction: the first pair that does not.
    """
    _check_phone_list(profile.phone_list)
    _check_window(profile.window)
    _check_call(profile.call)
    _check_destinations(profile.destinations)
    _check_recording(profile)
    _check_throttle(profile.pin.throttle)
    check_tariffs(profile.tariff)


def _check_phone_list(phone_list: PhoneList) -> None:
    # An attorney's entry is privileged, so unrecorded, from the moment it is active: it never becomes so by itself.
    if not {"attorney", "consulate"} <= set(phone_list.kinds_needing_warden.value):
        raise Contradiction("phone_list.kinds_needing_warden.value", "must name attorney and consulate")


def _check_window(window: Window) -> None:
    if window.open.value >= window.close.value:
        raise Contradiction("window.close.value", "must be later than window.open on the same day")
    if window.close_inclusive.value and window.applies_to.value != "start":
        reason = 'can be true only where window.applies_to is "start": a call cut at closing has no time left then'
        raise Contradiction("window.close_inclusive.value", reason)


def _check_call(call: Call) -> None:
    warnings: Sequence[int] = call.warn_at_remaining_seconds.value
    if list(warnings) != sorted(warnings, reverse=True):
        raise Contradiction("call.warn_at_remaining_seconds.value", "must go from the most time left to the least")
    if any(seconds >= call.cap_seconds.value for seconds in warnings):
        raise Contradiction("call.warn_at_remaining_seconds.value", "must be shorter than call.cap_seconds")


def _check_destinations(destinations: Destinations) -> None:
    if not set(destinations.domestic_regions.value) <= set(destinations.open_regions.value):
        raise Contradiction("destinations.open_regions.value", "must include every region of domestic_regions")


def _check_recording(profile: ProfileFile) -> None:
    """Nobody is recorded unannounced, and nobody is told of a recording that is not made."""
    classes = (
        ("social", profile.announcements.social, profile.recorded.social.value),
        ("privileged", profile.announcements.privileged, profile.recorded.privileged.value),
        ("hotline", profile.announcements.hotline, profile.recorded.hotline.value),
    )
    for name, prompts, recorded in classes:
        if (RECORDING_PROMPT in prompts.value) != recorded:
            reason = f"must have {RECORDING_PROMPT} exactly when recorded.{name} is true"
            raise Contradiction(f"announcements.{name}.value", reason)


def _check_throttle(throttle: Throttle) -> None:
    if throttle.lock_seconds_max.value < throttle.lock_seconds.value:
        raise Contradiction("pin.throttle.lock_seconds_max.value", "must not be shorter than lock_seconds")
    if throttle.facility_wrong_max.value < throttle.wrong_max.value:
        raise Contradiction("pin.throttle.facility_wrong_max.value", "must not be fewer than wrong_max at one station")
