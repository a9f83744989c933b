"""Is a file that cannot be used refused by file, key and reason, and never by a traceback?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.policy import Policy
from callgate.policies import MalformedProfile, read_profile
from tests.policies.edits import PLANTED, assert_refused, edited, refusal_of, text_of

LIMIT = "limit = { value = 10, "


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        pytest.param("[gap]\nseconds", "[gap]\n#", "gap.seconds", "is missing", id="a key missing"),
        pytest.param("[block_lift]\n", "[block_lifts]\n", "block_lift", "is missing", id="a section missing"),
        pytest.param(LIMIT, "limits = { value = 10, ", "phone_list.limit", "is missing", id="a key misspelt"),
        pytest.param(
            "[gap]\n",
            '[gap]\nminutes = { value = 1, mark = "S", source = "x" }\n',
            "gap.minutes",
            "is no key of this format",
            id="a key unknown",
        ),
        pytest.param(
            "[facts]\n",
            '[facts]\nfloor_hours = { value = 1, mark = "S", source = "x" }\n',
            "facts.floor_hours",
            "is no key of this format",
            id="a fact unknown",
        ),
        pytest.param(
            "[recorded]\n",
            '[recorded]\nprivileged = { value = true, mark = "S", source = "x" }\n',
            "recorded.privileged",
            "Cannot overwrite a value",
            id="a key of several lines given twice",
        ),
        pytest.param("version = 2026-11-22", "version = 2026-02-30", "version", "is not valid TOML", id="no such day"),
        pytest.param(
            "[gap]\n", "[gap]\nseconds = 1\n", "gap.seconds", "Cannot overwrite a value", id="a key given twice"
        ),
        pytest.param("[gap]\n", "[window]\n", "window", "is not valid TOML", id="a section given twice"),
        pytest.param('title = "Conn', "title = Conn", "title", "is not valid TOML", id="a missing quote"),
    ],
)
def test_refuses_a_slip_by_file_key_and_reason(old: str, new: str, key: str, reason: str) -> None:
    assert_refused(edited(old, new), key, reason)


@pytest.mark.parametrize(
    ("content", "key", "reason"),
    [
        pytest.param("", "profile", "is missing", id="nothing"),
        pytest.param(b"\xef\xbb\xbf" + text_of("ct-doc").encode(), "", "is not valid TOML", id="a byte-order mark"),
        pytest.param(text_of("ct-doc").encode("utf-16"), "", "is not UTF-8 at byte 0", id="UTF-16"),
        pytest.param(b'profile = "ct-\xff"\n', "", "is not UTF-8 at byte 14", id="half a character"),
        pytest.param('profile = "ct\0doc"\n', "profile", "is not valid TOML", id="NUL"),
        pytest.param("profile = " + "[" * 20_000, "", "is nested too deep", id="nested without end"),
        pytest.param("profile = " + "1" * 5_000, "", "a value that cannot be read", id="a number without end"),
        pytest.param("#" * (256 * 1024 + 1), "", "is longer than 256 KiB", id="too long"),
        pytest.param('profile = "ct-doc', "", "is not valid TOML", id="cut off"),
        pytest.param("{}", "", "is not valid TOML", id="JSON"),
    ],
)
def test_refuses_what_is_no_profile_at_all(content: str | bytes, key: str, reason: str) -> None:
    assert_refused(content, key, reason)


def test_names_the_key_of_an_unknown_table_but_nothing_that_stands_in_it() -> None:
    refused = refusal_of(f'{text_of("ct-doc")}\n[extra]\nsecret = "{PLANTED}"\n')
    assert (refused.key, refused.reason) == ("extra", "is no key of this format")
    assert PLANTED not in str(refused)


def test_says_all_three_in_one_line() -> None:
    refused = refusal_of(edited(LIMIT, "limit = { value = 0, "))
    assert str(refused) == "ct-doc.toml: phone_list.limit.value: must be greater than or equal to 1"


def test_keeps_the_parsers_own_error_out_of_the_message() -> None:
    refused = refusal_of("profile = " + "1" * 5_000)
    assert refused.__cause__ is None
    assert "11111" not in str(refused)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_gives_a_policy_or_a_refusal_and_nothing_else(data: st.DataObject) -> None:
    content = text_of("ct-doc").encode()
    start = data.draw(st.integers(0, len(content)))
    cut = data.draw(st.integers(0, 40))
    damaged = content[:start] + data.draw(st.binary(max_size=6)) + content[start + cut :]
    try:
        outcome: Policy | MalformedProfile = read_profile(damaged, file_name="ct-doc.toml")
    except MalformedProfile as refused:
        outcome = refused
    assert isinstance(outcome, Policy) or outcome.reason
