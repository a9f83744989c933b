"""Does anything that a caller can write lead past callgate? Each of these would, in a careless script."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.bench import Bench

_NUMBERS = count(1)
_STATUS = re.compile(rb"SIP/2\.0 ([0-9]{3}) ")


@dataclass(slots=True)
class Phone:
    """A socket that sends whatever it is told to."""

    line: socket.socket
    switch_port: int

    def send(self, method: str, uri: str, *headers: str, call_id: str = "", to: str = "", tag: str = "1") -> str:
        """Send one request and answer its Call-ID."""
        number = next(_NUMBERS)
        own = self.line.getsockname()[1]
        call_id = call_id or f"hostile-{own}-{number}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK-{own}-{number}",
            f"From: <sip:bench-1@127.0.0.1>;tag={tag}",
            f"To: {to or '<sip:somebody@127.0.0.1>'}",
            f"Call-ID: {call_id}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:media@127.0.0.1:{own}>",
            "Max-Forwards: 70",
            *headers,
            "Content-Length: 0",
        ]
        self.line.sendto("\r\n".join([*lines, "", ""]).encode(), ("127.0.0.1", self.switch_port))
        return call_id

    def final(self, call_id: str) -> int:
        """The final status of this call's request."""
        while True:
            answer = self.line.recv(65_535)
            found = _STATUS.match(answer)
            if found and found[1] >= b"200" and call_id.encode() in answer:
                return int(found[1])


@pytest.fixture
def phone(bench: Bench) -> Iterator[Phone]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(5)
        yield Phone(line, bench.switch.port)


def here(bench: Bench, user: str) -> str:
    """The address of this user at the switch."""
    return f"sip:{user}@127.0.0.1:{bench.switch.port}"


@pytest.mark.parametrize(
    ("number", "pin"),
    [
        ('+18605550199","decision":"allow","x":"', "1234567890"),
        ("+18605550199", '1","called_number":"{number}","pin":"{pin}'),
        ("+18605550199", "{pin}\\"),
        ("$rU$avp(x)%00", "{pin}"),
        ("+18605550199|0|{}", "{pin}"),
        ("+" + "1" * 900, "{pin}"),
        ("\N{FULLWIDTH DIGIT ONE}8605550199", "{pin}"),
    ],
)
def test_what_a_caller_writes_cannot_become_more_than_one_value(
    bench: Bench, phone: Phone, number: str, pin: str
) -> None:
    [person] = bench.book()
    called = bench.take("rings")
    written = pin.replace("{number}", person.number).replace("{pin}", person.pin)
    call_id = phone.send("INVITE", here(bench, number), f"X-Inmate-PIN: {written}")
    assert phone.final(call_id) >= 400
    called.leave()
    assert called.messages() == []
    assert bench.gate.calls_of(person) == []


@pytest.mark.parametrize("method", ["INVITE", "BYE", "UPDATE", "INFO"])
def test_a_made_up_dialog_leads_nowhere(bench: Bench, phone: Phone, method: str) -> None:
    called = bench.take("rings")
    call_id = phone.send(
        method,
        f"sip:+18605550199@127.0.0.1:{bench.switch.called_port}",
        f"Route: <sip:127.0.0.1:{bench.switch.port};lr=on;did=1.1>",
        to=f"<{here(bench, '+18605550199')}>;tag=made-up",
    )
    assert phone.final(call_id) == 481
    called.leave()
    assert called.messages() == []


@pytest.mark.parametrize("method", ["REFER", "MESSAGE", "SUBSCRIBE", "REGISTER"])
def test_no_other_kind_of_request_is_relayed(bench: Bench, phone: Phone, method: str) -> None:
    called = bench.take("rings")
    call_id = phone.send(method, here(bench, "+18605550199"), "Refer-To: <sip:+18605550199@127.0.0.1>")
    assert phone.final(call_id) == 405
    called.leave()
    assert called.messages() == []


def test_one_authorization_connects_one_call(bench: Bench, phone: Phone) -> None:
    [person] = bench.book()
    called = bench.take("rings")
    caller = bench.place("cancels", [person], talk_ms=1500)
    wait_until(lambda: caller.times("180"), "it rings")
    [used] = caller.times("INVITE")
    pin = f"X-Inmate-PIN: {person.pin}"
    assert phone.final(phone.send("INVITE", here(bench, person.number), pin, call_id=used, tag="2")) == 482
    caller.finish()
    called.finish()
    assert len([message for message in called.messages() if message.is_request("INVITE")]) == 1


def test_a_route_of_the_callers_own_is_not_followed(bench: Bench, phone: Phone) -> None:
    [person] = bench.book(is_listed=False)
    called = bench.take("rings")
    route = f"Route: <sip:127.0.0.1:{bench.switch.port};lr>, <sip:127.0.0.1:{bench.switch.called_port};lr>"
    call_id = phone.send("INVITE", here(bench, person.number), route, f"X-Inmate-PIN: {person.pin}")
    assert phone.final(call_id) == 603
    called.leave()
    assert called.messages() == []


def test_headers_in_their_short_form_do_not_hide_a_ringing_call_from_its_revocation(bench: Bench) -> None:
    [person] = bench.book()
    called = bench.take("rings")
    caller = bench.place("refused", [person], code=603, call_id="i:", space="  ")
    wait_until(lambda: called.times("180"), "it rings")
    bench.gate.block(person)
    caller.finish()
    called.finish()
    assert len(called.times("CANCEL", sent=False)) == 1
