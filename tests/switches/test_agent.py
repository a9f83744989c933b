"""Does the kits' agent bring every report to callgate, and end every call that callgate revokes?"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.gate import Gate, Person, utc_now
from tests.switches.standins import SECRET, Ari, EventSocket, Standin
from tests.switches.talker import Talker, standing_talker

Figures = Callable[[str], None]
AGENT: Final = Path(__file__).parents[2] / "deploy" / "switches" / "agent" / "callgate_agent.py"
_numbers = count(1)


@dataclass(slots=True, kw_only=True)
class Bench:
    """The service, a proxy before it, the agent, and its spool."""

    gate: Gate
    talker: Talker
    switch: Standin
    switch_id: str
    spool: Path
    log: Path

    def allow(self, person: Person) -> str:
        """Have a call be allowed; its name as the kits make it."""
        channel = f"agent-{next(_numbers)}.7"
        body = {
            "call_id": f"{channel}-1",
            "station_id": person.station_id,
            "pin": person.pin,
            "called_number": person.number,
        }
        token = {"Authorization": f"Bearer {self.gate.token('switch', subject=self.switch_id)}"}
        answer = self.gate.call("switch", "POST", "/v1/authorize", body, **token)
        assert answer.json()["decision"] == "allow", answer.text
        return channel

    def write(self, name: str, **fields: object) -> None:
        """A report as the dialplan writes it."""
        (self.spool / f"{name}.event").write_text(urlencode(fields) + "\n")

    def answer(self, channel: str) -> None:
        """The report that a call was answered now."""
        at = int(utc_now().timestamp())
        self.write(f"{channel}-answered", type="answered", call_id=f"{channel}-1", at=at)

    def end(self, channel: str, seconds: int, told: str = "ANSWER") -> None:
        """The report that it is over."""
        at = int(utc_now().timestamp())
        fields = {"type": "ended", "call_id": f"{channel}-1", "at": at, "seconds": seconds, "limit": 900}
        self.write(f"{channel}-ended", **fields, told=told)

    def reaches(self, person: Person, state: str, *, seconds: float = 10) -> Any:
        """Wait until this person's one call is so, and show it."""
        wait_until(lambda: self.gate.calls_of(person)[0]["state"] == state, f"the call is {state}", seconds=seconds)
        return self.gate.calls_of(person)[0]


@contextmanager
def running_agent(folder: Path, gate: Gate, talker: Talker, switch: Standin) -> Iterator[Bench]:
    spool, secret, token, log = (folder / name for name in ("spool", "secret", "token", "agent.log"))
    spool.mkdir()
    secret.write_text(SECRET + "\n")
    switch_id = f"agent-{next(_numbers)}"
    gate.put_switch(switch_id)
    token.write_text(gate.token("switch", subject=switch_id))
    files = ["--token-file", str(token), "--secret-file", str(secret), "--spool", str(spool)]
    command = [sys.executable, "-B", "-E", "-X", "dev", str(AGENT), "--url", talker.url, *files, *switch.arguments]
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, start_new_session=True)
    try:
        yield Bench(gate=gate, talker=talker, switch=switch, switch_id=switch_id, spool=spool, log=log)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="module")
def talker(gate: Gate) -> Iterator[Talker]:
    with standing_talker(gate.port) as front:
        yield front


@pytest.fixture
def person(gate: Gate, talker: Talker) -> Person:
    talker.passes()
    return gate.book(gate.put_station("agent-1"))


@pytest.fixture
def asterisk(gate: Gate, talker: Talker, tmp_path: Path) -> Iterator[Bench]:
    talker.passes()
    ari = Ari()
    with ThreadingHTTPServer(("127.0.0.1", 0), ari.handler()) as server:
        ari.server = server
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        with running_agent(tmp_path, gate, talker, ari) as bench:
            yield bench
        server.shutdown()
        thread.join(5)


@pytest.fixture
def freeswitch(gate: Gate, talker: Talker, tmp_path: Path) -> Iterator[tuple[Bench, EventSocket]]:
    talker.passes()
    line = EventSocket()
    threading.Thread(target=line.serve, daemon=True).start()
    with running_agent(tmp_path, gate, talker, line) as bench:
        wait_until(line.listening.__len__, "the agent listens")
        yield bench, line
    line.listener.close()


def test_it_says_how_it_is_used() -> None:
    told = subprocess.run([sys.executable, "-E", str(AGENT), "--help"], capture_output=True, text=True, check=True)
    assert "--freeswitch" in told.stdout
    files = ["--token-file", "t", "--spool", "s", "--secret-file", "p", "--asterisk", "http://127.0.0.1:1"]
    odd = [sys.executable, "-E", str(AGENT), "--url", "file:///etc/passwd", *files]
    assert subprocess.run(odd, capture_output=True, check=False).returncode == 2


def test_reports_make_the_call_and_leave_the_spool(asterisk: Bench, person: Person) -> None:
    channel = asterisk.allow(person)
    asterisk.answer(channel)
    asterisk.reaches(person, "answered")
    asterisk.end(channel, 61)
    call = asterisk.reaches(person, "ended")
    assert (call["duration_seconds"], call["cause"], call["charge"]["amount"]) == (61, "completed", "0.42")
    wait_until(lambda: not list(asterisk.spool.glob("*.event")), "the spool is empty")
    assert asterisk.switch.ended == []


@pytest.mark.parametrize(
    ("seconds", "told", "cause"),
    [(899, "ANSWER", "max_duration"), (0, "BUSY", "busy"), (0, "CANCEL", "no_answer"), (0, "GAVE_UP", "failed")],
)
def test_why_a_call_ended_is_told_in_callgates_words(
    asterisk: Bench, person: Person, seconds: int, told: str, cause: str
) -> None:
    asterisk.end(asterisk.allow(person), seconds, told)
    assert asterisk.reaches(person, "ended")["cause"] == cause


def test_a_revoked_call_is_ended_at_once_and_until_it_is_over(
    asterisk: Bench, person: Person, figures: Figures
) -> None:
    channel = asterisk.allow(person)
    asterisk.answer(channel)
    asterisk.reaches(person, "answered")
    asterisk.gate.block(person)
    began = time.monotonic()
    wait_until(lambda: asterisk.switch.ended, "the switch is told", seconds=5)
    took = time.monotonic() - began
    assert set(asterisk.switch.ended) == {f"/ari/channels/{channel}?reason=normal"}
    assert took < 1
    # Its word that it will is no proof: it is told again.
    wait_until(lambda: len(asterisk.switch.ended) > 1, "the switch is told again", seconds=5)
    asterisk.end(channel, 5)
    asterisk.reaches(person, "ended")
    figures(f"told {took * 1000:.0f} ms after the block")


def test_a_revoked_call_that_is_not_there_is_settled(asterisk: Bench, person: Person) -> None:
    asterisk.switch.gone = True
    asterisk.allow(person)
    asterisk.gate.block(person)
    wait_until(lambda: asterisk.switch.ended, "the switch is asked", seconds=5)
    time.sleep(2.5)
    assert len(asterisk.switch.ended) == 1


@pytest.mark.parametrize("how", ["unavailable", "reset", "cut", "silent"])
def test_nothing_is_lost_while_callgate_fails(asterisk: Bench, person: Person, how: str) -> None:
    channel = asterisk.allow(person)
    if how == "silent":
        asterisk.talker.says("<html>It works!</html>")
    else:
        asterisk.talker.fails(how)
    asterisk.end(channel, 30)
    time.sleep(1.5)
    assert list(asterisk.spool.glob("*.event"))
    asterisk.talker.passes()
    assert asterisk.reaches(person, "ended", seconds=20)["duration_seconds"] == 30


def test_a_report_that_callgate_cannot_read_holds_up_no_other(asterisk: Bench, person: Person) -> None:
    channel = asterisk.allow(person)
    asterisk.write("bad", type="answered", call_id="x" * 256, at=1)
    asterisk.end(channel, 30)
    asterisk.reaches(person, "ended")
    wait_until((asterisk.spool / "unreadable" / "bad.event").exists, "it was put aside")


def test_half_a_report_is_waited_for(asterisk: Bench, person: Person) -> None:
    channel = asterisk.allow(person)
    path = asterisk.spool / "half.event"
    path.write_text(f"type=ended&call_id={channel}-1&at={int(utc_now().timestamp())}&seconds=4")
    time.sleep(0.5)
    assert path.exists()
    path.write_text(path.read_text() + "2&limit=900&told=ANSWER\n")
    assert asterisk.reaches(person, "ended")["duration_seconds"] == 42


def test_freeswitch_tells_when_a_call_is_connected_and_a_record_when_it_is_over(
    freeswitch: tuple[Bench, EventSocket], person: Person
) -> None:
    bench, line = freeswitch
    channel = bench.allow(person)
    now = int(utc_now().timestamp() * 1_000_000)
    line.tell(Event__Name="CHANNEL_BRIDGE", Event__Date__Timestamp=str(now))  # somebody else's call
    line.tell(variable_callgate_call_id=f"{channel}-1", Event__Date__Timestamp=str(now))
    bench.reaches(person, "answered")
    variables = {
        "callgate_call_id": f"{channel}-1",
        "callgate_max_duration_seconds": "900",
        "bridge_uepoch": str(now),
        "end_uepoch": str(now + 61_400_000),
        "hangup_cause": "NORMAL_CLEARING",
    }
    refused = {"variables": {**variables, "callgate_reason": "number_not_valid"}}
    (bench.spool / "b.cdr.json").write_text(json.dumps(refused))
    (bench.spool / "c.cdr.json").write_text(json.dumps({"variables": {"hangup_cause": "NORMAL_CLEARING"}}))
    wait_until(lambda: not list(bench.spool.glob("*.json")), "those are nobody's business")
    assert bench.gate.calls_of(person)[0]["state"] == "answered"
    (bench.spool / "a.cdr.json").write_text(json.dumps({"variables": variables}))
    call = bench.reaches(person, "ended")
    assert (call["duration_seconds"], call["cause"]) == (61, "completed")
    wait_until(lambda: not list(bench.spool.glob("*.json")), "the spool is empty")


def test_freeswitch_is_told_to_end_a_revoked_call(freeswitch: tuple[Bench, EventSocket], person: Person) -> None:
    bench, line = freeswitch
    channel = bench.allow(person)
    bench.gate.block(person)
    wait_until(lambda: line.ended, "the switch is told", seconds=5)
    assert set(line.ended) == {f"api uuid_kill {channel} MANAGER_REQUEST"}


def test_no_secret_and_no_token_is_logged(asterisk: Bench, person: Person) -> None:
    asterisk.end(asterisk.allow(person), 1)
    asterisk.reaches(person, "ended")
    told = asterisk.log.read_text()
    assert SECRET not in told
    assert asterisk.gate.token("switch", subject=asterisk.switch_id)[:40] not in told
