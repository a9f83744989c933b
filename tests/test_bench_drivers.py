"""Do the load drivers speak as the protocols have it, count from the right instant, and take no answer on trust?"""

import asyncio
import hmac
import json
from hashlib import md5

import pytest

from bench import load
from bench.lines import http_outcome_of
from bench.open_loop import ask_at, precise_loop
from bench.radius import Renderer, hide, outcome_of
from bench.wire import Answer

SECRET = b"a secret"


def test_a_server_that_stalls_once_is_slow_for_everyone_who_would_have_asked_meanwhile() -> None:
    class Stalling:
        """Answers at once, but the first question after a while."""

        async def ask(self, raw: bytes) -> bytes:
            if raw == b"first":
                await asyncio.sleep(0.2)
            return raw

        def close(self) -> None:
            pass

    with asyncio.Runner(loop_factory=precise_loop) as runner:
        heard = runner.run(ask_at([Stalling()], [b"first", *[b"next"] * 9], rate=100.0))

    # One line alone: ten questions are due within 90 ms, and the line is free after 200.
    assert all(one.seconds >= 0.2 - 0.01 * i - 0.001 for i, one in enumerate(heard))
    assert [one.told for one in heard] == [b"first", *[b"next"] * 9]


def test_a_radius_question_is_hidden_and_signed_as_the_protocol_has_it() -> None:
    # RFC 2865, section 7.1, gives this packet of user nemo with password arctangent and secret xyzzy5461.
    authenticator = bytes.fromhex("0f403f9473978057bd83d5cb98f4227a")
    hidden = bytes.fromhex("0dbe708d93d413ce3196e43f782a0aee")
    assert hide(b"arctangent", secret=b"xyzzy5461", authenticator=authenticator) == hidden

    packet = Renderer(SECRET).render(
        json.dumps({"station_id": "s-1", "called_number": "+1", "call_id": "c", "pin": "1"})
    )
    unsigned = packet[:-16] + bytes(16)

    assert packet[-16:] == hmac.digest(SECRET, unsigned, "md5")
    assert int.from_bytes(packet[2:4], "big") == len(packet)


@pytest.mark.parametrize(
    ("code", "attributes", "expected"),
    [
        (2, bytes((27, 6)) + (900).to_bytes(4, "big"), "allow"),
        (2, bytes((27, 6)) + bytes(4), "no decision"),
        (2, b"", "no decision"),
        (3, bytes((18, 5)) + b"gap", "gap"),
        (3, b"", "no decision"),
    ],
)
def test_takes_no_radius_answer_on_trust(code: int, attributes: bytes, expected: str) -> None:
    sent = Renderer(SECRET).render(json.dumps({"station_id": "s-1", "called_number": "+1", "call_id": "c"}))
    head = bytes((code, sent[1])) + (20 + len(attributes)).to_bytes(2, "big")
    signature = md5(head + sent[4:20] + attributes + SECRET, usedforsecurity=False).digest()

    assert outcome_of(sent, head + signature + attributes, secret=SECRET) == expected
    assert outcome_of(sent, head + bytes(16) + attributes, secret=SECRET) == "not signed"
    assert outcome_of(sent, bytes((code, sent[1] ^ 1)) + head[2:] + signature, secret=SECRET) == "not an answer to this"


@pytest.mark.parametrize(
    ("count", "percent", "expected_ms"),
    [(1, 99, 1000.0), (99, 99, 99_000.0), (100, 99, 99_000.0), (101, 99, 100_000.0), (4, 50, 2000.0)],
)
def test_a_percentile_is_a_latency_that_was_seen(count: int, percent: int, expected_ms: float) -> None:
    assert load._percentile_ms([float(i + 1) for i in range(count)], percent) == expected_ms


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"decision": "allow", "max_duration_seconds": 1, "reason": None}, "allow"),
        (200, {"decision": "allow", "max_duration_seconds": 0, "reason": None}, "no decision"),
        (200, {"decision": "deny", "max_duration_seconds": 0, "reason": "gap"}, "gap"),
        (200, {"decision": "deny", "max_duration_seconds": 0, "reason": None}, "no decision"),
        (503, {"decision": "deny", "max_duration_seconds": 0}, "status 503"),
    ],
)
def test_takes_no_answer_on_trust(status: int, body: dict[str, object], expected: str) -> None:
    assert http_outcome_of(b"", Answer(status, json.dumps(body).encode())) == expected
