"""Are two values that cannot both stand refused, at the one that should give way?"""

import pytest

from tests.policies.edits import assert_refused, edited

CLOSE = "close = { value = "


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        pytest.param(f'{CLOSE}"23:00"', f'{CLOSE}"06:00"', "window.close.value", "must be later", id="open = close"),
        pytest.param(f'{CLOSE}"23:00"', f'{CLOSE}"05:59"', "window.close.value", "must be later", id="open > close"),
        pytest.param(
            "close_inclusive = { value = false",
            "close_inclusive = { value = true",
            "window.close_inclusive.value",
            'only where window.applies_to is "start"',
            id="an inclusive close without the start reading",
        ),
        pytest.param(
            '  "attorney", "consulate", "confined_person"',
            '  "attorney", "confined_person"',
            "phone_list.kinds_needing_warden.value",
            "must name attorney and consulate",
            id="lawyers without a warden",
        ),
        pytest.param(
            'open_regions = { value = ["US", ',
            "open_regions = { value = [",
            "destinations.open_regions.value",
            "must include every region of domestic_regions",
            id="a domestic region that is not open",
        ),
        pytest.param(
            "warn_at_remaining_seconds = { value = [60]",
            "warn_at_remaining_seconds = { value = [60, 120]",
            "call.warn_at_remaining_seconds.value",
            "from the most time left",
            id="warnings out of order",
        ),
        pytest.param(
            "warn_at_remaining_seconds = { value = [60]",
            "warn_at_remaining_seconds = { value = [900]",
            "call.warn_at_remaining_seconds.value",
            "shorter than call.cap_seconds",
            id="a warning before the call began",
        ),
        pytest.param(
            'privileged = { value = ["facility_branding", "rate_quote"',
            'privileged = { value = ["recorded_call", "rate_quote"',
            "announcements.privileged.value",
            "exactly when recorded.privileged is true",
            id="told of a recording that is not made",
        ),
        pytest.param(
            "social = { value = true, ",
            "social = { value = false, ",
            "announcements.social.value",
            "exactly when recorded.social is true",
            id="a prompt left behind",
        ),
        pytest.param(
            "lock_seconds_max = { value = 3600",
            "lock_seconds_max = { value = 299",
            "pin.throttle.lock_seconds_max.value",
            "must not be shorter than lock_seconds",
            id="the longest lock is shorter",
        ),
        pytest.param(
            "facility_wrong_max = { value = 100",
            "facility_wrong_max = { value = 4",
            "pin.throttle.facility_wrong_max.value",
            "must not be fewer than wrong_max",
            id="a facility stricter than its stations",
        ),
    ],
)
def test_refuses_two_values_that_contradict_each_other(old: str, new: str, key: str, reason: str) -> None:
    assert_refused(edited(old, new), key, reason)
