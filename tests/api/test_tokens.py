"""Tokens: what is refused, first; then the edges at which one is still accepted; then the cache."""

import base64
import json
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.api.tokens import (
    SWITCH_LIFETIME_SECONDS_MAX,
    TOKEN_BYTES_MAX,
    InvalidToken,
    TokenKeys,
    VerifiedTokens,
    issue_token,
    lifetime_seconds_max,
    verify_token,
)
from callgate.domain.roles import Actor, Role
from tests.api.bad_tokens import BadToken, bad_tokens
from tests.api.minting import HEADER, PREVIOUS_SECRET, STAFF_ROLES, TOKEN_KEY, good_claims, mint, padded_to

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
KEYS = TokenKeys.from_text(TOKEN_KEY)
BAD_TOKENS = bad_tokens(NOW)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
IDS = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


def issue(
    role: Role = Role.WARDEN, *, now: datetime = NOW, lifetime_seconds: int = 900, subject: str = "m.okafor"
) -> str:
    return issue_token(
        KEYS,
        subject=subject,
        role=role,
        facilities=frozenset({"osborn"}),
        now=now,
        lifetime_seconds=lifetime_seconds,
    )


def seconds_at(**offsets: int) -> dict[str, object]:
    return {name: int((NOW + timedelta(seconds=offset)).timestamp()) for name, offset in offsets.items()}


@pytest.mark.parametrize("bad", [pytest.param(bad, id=ascii(bad.name)) for bad in BAD_TOKENS])
def test_refuses_a_bad_token_by_the_rule_that_it_breaks(bad: BadToken) -> None:
    with pytest.raises(InvalidToken) as refusal:
        verify_token(KEYS, bad.raw, now=NOW)
    assert str(refusal.value) == bad.rule


def test_the_corpus_is_one_mistake_away_from_a_token_that_is_accepted() -> None:
    token = verify_token(KEYS, mint(good_claims(NOW)), now=NOW)
    assert token.actor == Actor("m.okafor", Role.WARDEN, frozenset({"osborn"}))
    assert len({bad.name for bad in BAD_TOKENS}) == len({bad.raw for bad in BAD_TOKENS}) == len(BAD_TOKENS) >= 300
    assert sum(bad.fits_a_header for bad in BAD_TOKENS) >= 290


def test_no_refusal_repeats_anything_of_the_token_not_even_in_its_traceback() -> None:
    for bad in BAD_TOKENS:
        with pytest.raises(InvalidToken) as refusal:
            verify_token(KEYS, bad.raw, now=NOW)
        told = "".join(traceback.format_exception(refusal.value))
        assert not [part for part in bad.raw.split(".") if len(part) >= 12 and part in told], bad.name
        assert "okafor" not in told, bad.name
        assert refusal.value.__cause__ is None
        assert refusal.value.__context__ is None or refusal.value.__suppress_context__, "a log would follow it"


@given(text=st.text(max_size=200) | st.text(alphabet="ey.A-_=", max_size=40))
def test_any_text_at_all_is_refused_and_never_fails_in_another_way(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify_token(KEYS, text, now=NOW)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from([*good_claims(NOW), "nbf"]), value=JSON_VALUES)
def test_a_signed_claim_of_any_value_is_refused_or_harmless_and_never_fails_in_another_way(
    name: str, value: object
) -> None:
    try:
        token = verify_token(KEYS, mint(good_claims(NOW, **{name: value})), now=NOW)
    except InvalidToken:
        return
    assert isinstance(value, str | int | list)
    assert token.expires_at - token.issued_at <= timedelta(minutes=15)
    assert token.actor.role is Role.WARDEN


@given(name=st.sampled_from(list(HEADER)), value=JSON_VALUES)
def test_a_header_member_of_any_other_value_is_refused(name: str, value: object) -> None:
    if value in (HEADER[name], "previous"):
        return
    with pytest.raises(InvalidToken):
        verify_token(KEYS, mint(good_claims(NOW), header=HEADER | {name: value}), now=NOW)


GOOD = mint(good_claims(NOW))


@given(place=st.integers(0, len(GOOD) - 1), letter=st.characters())
def test_a_token_with_any_one_letter_changed_is_refused(place: int, letter: str) -> None:
    if letter == GOOD[place]:
        return
    with pytest.raises(InvalidToken):
        verify_token(KEYS, GOOD[:place] + letter + GOOD[place + 1 :], now=NOW)


@pytest.mark.parametrize("role", Role)
def test_is_good_until_the_last_microsecond_and_not_at_its_end(role: Role) -> None:
    lifetime_seconds = lifetime_seconds_max(role)
    raw = issue(role, lifetime_seconds=lifetime_seconds)
    end = NOW + timedelta(seconds=lifetime_seconds)
    assert verify_token(KEYS, raw, now=end - SECOND).expires_at == end
    assert verify_token(KEYS, raw, now=end - TICK).actor.role is role
    for late in (end, end + TICK, end + SECOND):
        with pytest.raises(InvalidToken, match="expired"):
            verify_token(KEYS, raw, now=late)


def test_staff_live_15_minutes_at_most_and_switches_366_days() -> None:
    assert {role.value for role in Role if lifetime_seconds_max(role) == 900} == set(STAFF_ROLES)
    assert lifetime_seconds_max(Role.SWITCH) == SWITCH_LIFETIME_SECONDS_MAX == 366 * 86_400
    claims = good_claims(NOW, role="switch", **seconds_at(exp=366 * 86_400))
    assert verify_token(KEYS, mint(claims), now=NOW).expires_at == NOW + timedelta(days=366)
    assert verify_token(KEYS, mint(good_claims(NOW, **seconds_at(exp=1))), now=NOW).expires_at == NOW + SECOND


def test_a_clock_may_issue_30_seconds_ahead_and_no_more() -> None:
    raw = mint(good_claims(NOW, **seconds_at(iat=30, exp=930)))
    assert verify_token(KEYS, raw, now=NOW).issued_at == NOW + 30 * SECOND
    with pytest.raises(InvalidToken, match="issued in the future"):
        verify_token(KEYS, raw, now=NOW - TICK)


def test_nbf_is_honoured_to_the_instant() -> None:
    raw = mint(good_claims(NOW, **seconds_at(nbf=60)))
    with pytest.raises(InvalidToken, match="not valid yet"):
        verify_token(KEYS, raw, now=NOW + 60 * SECOND - TICK)
    assert verify_token(KEYS, raw, now=NOW + 60 * SECOND).not_before == NOW + 60 * SECOND


def test_accepts_a_token_of_exactly_8_kib_and_none_longer() -> None:
    previous = HEADER | {"kid": "previous"}
    raw = padded_to(8192, NOW, header=previous, secret=PREVIOUS_SECRET.encode())
    assert len(raw) == TOKEN_BYTES_MAX == 8192
    assert verify_token(KEYS, raw, now=NOW).actor.subject == "m.okafor"
    raw = padded_to(8193, NOW)
    assert len(raw) == 8193
    with pytest.raises(InvalidToken, match="8 KiB"):
        verify_token(KEYS, raw, now=NOW)


def test_accepts_the_longest_subject_and_the_most_facilities() -> None:
    names = [f"{number:x}" for number in range(1000)]
    token = verify_token(KEYS, mint(good_claims(NOW, sub="x" * 64, jti="y" * 64, facilities=names)), now=NOW)
    assert token.actor == Actor("x" * 64, Role.WARDEN, frozenset(names))
    assert token.token_id == "y" * 64


def test_a_claim_that_nobody_asked_for_changes_nothing() -> None:
    claims = good_claims(NOW, scope="everything", permissions=["pins:choose"])
    assert verify_token(KEYS, mint(claims), now=NOW) == verify_token(KEYS, GOOD, now=NOW)


def test_writes_exactly_the_contracts_claims_under_its_key_id() -> None:
    header, payload, _ = (base64.urlsafe_b64decode(part + "==") for part in issue().split("."))
    assert json.loads(header) == HEADER
    claims = json.loads(payload)
    assert claims == good_claims(NOW, jti=claims["jti"])
    assert issue() != issue()
    everywhere = issue_token(KEYS, subject="a", role=Role.AUDITOR, facilities=None, now=NOW, lifetime_seconds=1)
    assert json.loads(base64.urlsafe_b64decode(everywhere.split(".")[1] + "=="))["facilities"] == ["*"]
    assert verify_token(KEYS, everywhere, now=NOW).actor == Actor("a", Role.AUDITOR, None)


def test_issues_from_the_second_that_has_begun() -> None:
    raw = issue(now=NOW + SECOND - TICK)
    assert verify_token(KEYS, raw, now=NOW).issued_at == NOW


@given(
    subject=IDS,
    role=st.sampled_from(Role),
    facilities=st.none() | st.frozensets(IDS, min_size=1, max_size=5),
    lifetime_seconds=st.integers(1, 900),
)
def test_what_is_issued_is_accepted(
    *, subject: str, role: Role, facilities: frozenset[str] | None, lifetime_seconds: int
) -> None:
    raw = issue_token(
        KEYS, subject=subject, role=role, facilities=facilities, now=NOW, lifetime_seconds=lifetime_seconds
    )
    token = verify_token(KEYS, raw, now=NOW)
    assert token.actor == Actor(subject, role, facilities)
    assert (token.expires_at - token.issued_at).total_seconds() == lifetime_seconds


@pytest.mark.parametrize(
    ("role", "seconds"), [(Role.WARDEN, 901), (Role.SWITCH, 366 * 86_400 + 1), (Role.SWITCH, 0), (Role.AUDITOR, -1)]
)
def test_issues_no_token_past_the_bounds_that_it_would_refuse(role: Role, seconds: int) -> None:
    with pytest.raises(ValueError, match="lives 1 to"):
        issue(role, lifetime_seconds=seconds)


def test_issues_no_token_that_would_be_too_long_to_read() -> None:
    names = frozenset(f"facility-{number:04}" for number in range(1000))
    with pytest.raises(ValueError, match="8 KiB"):
        issue_token(KEYS, subject="a", role=Role.WARDEN, facilities=names, now=NOW, lifetime_seconds=1)


def test_the_first_key_signs_and_every_key_verifies_its_own() -> None:
    old = mint(good_claims(NOW), header=HEADER | {"kid": "previous"}, secret=PREVIOUS_SECRET.encode())
    assert verify_token(KEYS, old, now=NOW) == verify_token(KEYS, GOOD, now=NOW)
    alone = TokenKeys.from_text(PREVIOUS_SECRET)
    assert alone.signing_kid == "default"
    raw = mint(good_claims(NOW), header=HEADER | {"kid": "default"}, secret=PREVIOUS_SECRET.encode())
    assert verify_token(alone, raw, now=NOW).actor.role is Role.WARDEN
    with pytest.raises(InvalidToken, match="key is not known"):
        verify_token(alone, old, now=NOW)


def test_shows_no_secret() -> None:
    assert repr(KEYS) == "TokenKeys(signing_kid='current')"


def test_the_cache_verifies_once_and_answers_the_same() -> None:
    cache = VerifiedTokens(KEYS)
    first = cache.verify(GOOD, NOW)
    assert first == verify_token(KEYS, GOOD, now=NOW)
    assert cache.verify(GOOD, NOW + SECOND) is first
    assert len(cache) == 1


def test_the_cache_looks_at_every_time_every_time() -> None:
    cache = VerifiedTokens(KEYS)
    raw = mint(good_claims(NOW, **seconds_at(nbf=-5)))
    cached = cache.verify(raw, NOW)
    for instant, rule in (
        (NOW + timedelta(minutes=15), "expired"),
        (NOW - 30 * SECOND - TICK, "issued in the future"),
        (NOW - 5 * SECOND - TICK, "not valid yet"),
    ):
        with pytest.raises(InvalidToken, match=rule):
            cache.verify(raw, instant)
    assert cache.verify(raw, NOW + timedelta(minutes=15) - TICK) is cached


def test_the_cache_refuses_the_whole_corpus_and_keeps_none_of_it() -> None:
    cache = VerifiedTokens(KEYS)
    cache.verify(GOOD, NOW)
    for bad in BAD_TOKENS * 2:
        with pytest.raises(InvalidToken) as refusal:
            cache.verify(bad.raw, NOW)
        assert str(refusal.value) == bad.rule
    assert len(cache) == 1


def test_the_cache_is_bounded_and_keeps_what_was_used_last() -> None:
    cache = VerifiedTokens(KEYS, entries_max=3)
    raws = [issue(subject=f"person-{number}") for number in range(4)]
    kept = [cache.verify(raw, NOW) for raw in raws[:3]]
    assert cache.verify(raws[0], NOW) is kept[0]
    cache.verify(raws[3], NOW)
    assert len(cache) == 3
    assert cache.verify(raws[0], NOW) is kept[0]
    assert cache.verify(raws[2], NOW) is kept[2]
    assert cache.verify(raws[1], NOW) is not kept[1]


def test_the_caches_of_two_deployments_share_nothing() -> None:
    VerifiedTokens(KEYS).verify(GOOD, NOW)
    with pytest.raises(InvalidToken):
        VerifiedTokens(TokenKeys.from_text("a" * 32)).verify(GOOD, NOW)
