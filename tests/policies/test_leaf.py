"""Is a single value refused when it is not what its key takes, or comes without its source?"""

import pytest

from tests.policies.edits import PLANTED, assert_refused, edited

LIMIT = "limit = { value = 10, "
CAP = "cap_seconds = { value = 900, "
LINE = 'close = { value = "23:00", mark = "S", source = "AD 10.7: calls may be made only until 11:00 p.m." }'
CLOSE = "close = { value = "


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        pytest.param(LIMIT, "limit = { value = true, ", "phone_list.limit.value", "a whole number", id="bool for int"),
        pytest.param(LIMIT, "limit = { value = 10.0, ", "phone_list.limit.value", "a whole number", id="float for int"),
        pytest.param(
            LIMIT, f'limit = {{ value = "{PLANTED}", ', "phone_list.limit.value", "a whole number", id="text for int"
        ),
        pytest.param(LIMIT, "limit = { value = 0, ", "phone_list.limit.value", "greater than or equal to 1", id="zero"),
        pytest.param(LIMIT, "limit = { value = -10, ", "phone_list.limit.value", "greater than or", id="negative"),
        pytest.param(CAP, "cap_seconds = { value = 86401, ", "call.cap_seconds.value", "less than or", id="too large"),
        pytest.param(
            "counts_attorneys = { value = false, ",
            "counts_attorneys = { value = 0, ",
            "phone_list.counts_attorneys.value",
            "true or false",
            id="int for bool",
        ),
        pytest.param(
            LINE,
            'close = { value = "23:00", mark = "S" }',
            "window.close.source",
            "is missing",
            id="no source",
        ),
        pytest.param(
            LINE,
            'close = { value = "23:00", mark = "S", source = " \\n " }',
            "window.close.source",
            "must not be empty",
            id="a blank source",
        ),
        pytest.param(
            LINE,
            'close = { value = "23:00", source = "AD 10.7" }',
            "window.close.mark",
            "is missing",
            id="no mark",
        ),
        pytest.param(
            LINE,
            f'close = {{ value = "23:00", mark = "{PLANTED}", source = "AD 10.7" }}',
            "window.close.mark",
            "must be 'S', 'S2', 'M' or 'NF'",
            id="an unknown mark",
        ),
        pytest.param(LINE, 'close = "23:00"', "window.close", "must be a table with the keys", id="a bare value"),
        pytest.param(f'{CLOSE}"23:00"', f'{CLOSE}"24:01"', "window.close.value", "a time of day", id="a bad time"),
        pytest.param(f'{CLOSE}"23:00"', f'{CLOSE}"11 pm"', "window.close.value", "a time of day", id="not a time"),
        pytest.param(f'{CLOSE}"23:00"', f"{CLOSE}23:00:00", "window.close.value", "text in quotes", id="a TOML time"),
        pytest.param(f'{CLOSE}"23:00"', f'{CLOSE}"٢٣:00"', "window.close.value", "a time of day", id="other digits"),
        pytest.param(
            'types = { value = ["collect", "prepaid", "free"]',
            'types = { value = ["collect", "free", "free"]',
            "payment.types.value",
            "must not name the same thing twice",
            id="a payment type twice",
        ),
        pytest.param(
            'open_regions = { value = ["US"',
            'open_regions = { value = ["UK"',
            "destinations.open_regions.value.1",
            "must be an ISO 3166 code",
            id="a region that does not exist",
        ),
        pytest.param(
            'calls_per_day = { value = "none"',
            'calls_per_day = { value = "many"',
            "quotas.calls_per_day.value",
            "a whole number",
            id="a ceiling that is neither",
        ),
    ],
)
def test_refuses_a_value_that_does_not_fit_or_has_no_source(old: str, new: str, key: str, reason: str) -> None:
    assert_refused(edited(old, new), key, reason)
