"""Does `callgate token` print a token of the bounds that the role has, and nothing else?"""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from callgate.api.tokens import TokenKeys, VerifiedToken, verify_token
from callgate.clock import SystemClock
from callgate.domain.roles import Role
from tests.command_line import Terminal

KEY = "k" * 40


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def _read(raw: str, key: str = KEY) -> VerifiedToken:
    return verify_token(TokenKeys.from_text(key), raw, now=SystemClock().now())


@pytest.mark.parametrize(("role", "minutes"), [(role, 366 * 24 * 60 if role is Role.SWITCH else 15) for role in Role])
def test_without_options_it_is_for_everywhere_by_the_roles_name_as_long_as_the_role_may(
    terminal: Terminal, role: Role, minutes: int
) -> None:
    terminal.setting(token_key=KEY)

    typed = terminal.type("token", "--role", role.value)

    token = _read(typed.out.removesuffix("\n"))
    assert typed.err == ""
    assert typed.out.count("\n") == 1
    assert (token.actor.role, token.actor.subject, token.actor.facilities) == (role, role.value, None)
    assert token.expires_at - token.issued_at == timedelta(minutes=minutes)


def test_options_say_who_where_and_how_long(terminal: Terminal) -> None:
    terminal.setting(token_key=KEY)
    options = ("--facility", "osborn", "--facility", "cheshire", "--subject", "a.reyes", "--minutes", "5")

    token = _read(terminal.type("token", "--role", "warden", *options).out.strip())

    assert token.actor.facilities == frozenset({"osborn", "cheshire"})
    assert token.actor.subject == "a.reyes"
    assert token.expires_at - token.issued_at == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("role", "minutes", "code"),
    [
        ("warden", 14, 0),
        ("warden", 15, 0),
        ("warden", 16, 1),
        ("switch", 527_039, 0),
        ("switch", 527_040, 0),
        ("switch", 527_041, 1),
        ("warden", 1, 0),
        ("warden", 0, 2),
        ("warden", -1, 2),
    ],
)
def test_the_life_of_a_token_has_its_roles_bound(terminal: Terminal, role: str, minutes: int, code: int) -> None:
    terminal.setting(token_key=KEY)

    typed = terminal.type("token", "--role", role, "--minutes", str(minutes))

    assert typed.code == code
    assert bool(typed.out) == (code == 0)
    if code == 1:
        assert typed.err == f"callgate: A {role} token is good for {minutes - 1} minutes at most; ask for fewer.\n"


@pytest.mark.parametrize(
    "options", [("--subject", "a b"), ("--facility", "os born"), ("--facility", "*", "--facility", "x")]
)
def test_what_can_be_no_token_is_refused(terminal: Terminal, options: tuple[str, ...]) -> None:
    terminal.setting(token_key=KEY)

    typed = terminal.type("token", "--role", "warden", *options)

    assert typed.code == 1
    assert typed.err.startswith("callgate: No such token can be made: ")


def test_the_embedded_keys_are_made_at_the_first_need_and_found_again(terminal: Terminal) -> None:
    first, second = (terminal.type("token", "--role", "warden").out.strip() for _ in range(2))

    path = terminal.folder / "var" / "token_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _read(first, path.read_text()).token_id != _read(second, path.read_text()).token_id


def test_on_postgresql_a_missing_key_is_refused_by_name(terminal: Terminal) -> None:
    terminal.setting(database_url="postgresql://nobody@127.0.0.1:1/none")

    typed = terminal.type("token", "--role", "warden")

    assert typed.code == 1
    assert "CALLGATE_TOKEN_KEY is not set" in typed.err
    assert not (terminal.folder / "var").exists()


def test_a_node_that_only_hands_out_tokens_needs_no_pin_key_and_no_database(terminal: Terminal) -> None:
    terminal.setting(database_url="postgresql://nobody@127.0.0.1:1/none", token_key=KEY)

    assert _read(terminal.type("token", "--role", "warden").out.strip()).issued_at <= SystemClock().now()


def test_a_key_that_cannot_sign_is_refused_without_being_shown(terminal: Terminal) -> None:
    terminal.setting(token_key="too-short-to-sign")

    typed = terminal.type("token", "--role", "warden")

    assert typed.code == 1
    assert typed.err.startswith("callgate: CALLGATE_TOKEN_KEY cannot be used: ")
    assert "too-short-to-sign" not in typed.err


def test_a_key_file_that_cannot_be_read_is_named(terminal: Terminal) -> None:
    terminal.setting(token_key_file=str(terminal.folder / "nowhere"))

    typed = terminal.type("token", "--role", "warden")

    assert typed.code == 1
    assert "nowhere cannot be read" in typed.err
