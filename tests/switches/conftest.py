"""What do the tests of the switches stand on? The real service, a proxy before it that can fail, and real programs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from callgate.commands.demo.switch import programs
from callgate.commands.demo.switch.kamailio import Switch, running_switch
from callgate.commands.demo.switch.waiting import wait_until
from tests.switches.bench import KAMAILIO, Bench, lines_around
from tests.switches.front import Front, Mode, standing_before
from tests.switches.gate import Gate, running_gate
from tests.switches.radius_bench import RadiusBench
from tests.switches.radius_server import RadiusServer, running_radius
from tests.switches.talker import Talker, standing_talker

PACKAGES: Final = {**programs.PACKAGES, "freeradius": "freeradius freeradius-rest", "radclient": "freeradius-utils"}


def need_programs(*names: str) -> None:
    """Skip where one of these is not installed; on a build machine (CI is set) that is a failure instead."""
    told = programs.tell_missing(names, PACKAGES)
    if told and os.environ.get("CI"):
        pytest.fail(f"Where CI is set the switches must be tested; {told}", pytrace=False)
    if told:
        pytest.skip(told)


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """The running service with one open facility, `OPEN`, and one registered switch, `SWITCH`."""
    with running_gate(tmp_path_factory.mktemp("gate")) as running:
        yield running


@pytest.fixture(scope="session")
def front_of_gate(gate: Gate) -> Iterator[Front]:
    """The one proxy of the session."""
    with standing_before(gate.port) as standing:
        yield standing


@pytest.fixture
def front(front_of_gate: Front) -> Iterator[Front]:
    """What a switch's configuration names as the service: it passes everything on until a test has it fail."""
    front_of_gate.mode = Mode.PASS
    yield front_of_gate
    front_of_gate.mode = Mode.PASS


@pytest.fixture(scope="session")
def sip_programs() -> None:
    """Kamailio and SIPp are there."""
    need_programs("kamailio", "kamcmd", "sipp")


@pytest.fixture(scope="session")
def switch(
    sip_programs: None, gate: Gate, front_of_gate: Front, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Switch]:
    """The session's Kamailio, with the kit."""
    del sip_programs
    folder = tmp_path_factory.mktemp("kamailio")
    with running_switch(folder, callgate_url=front_of_gate.url, token=gate.switch_token(KAMAILIO)) as running:
        yield running


@pytest.fixture
def bench(switch: Switch, gate: Gate, front: Front, tmp_path: Path) -> Iterator[Bench]:
    """Lines of this test's own on both sides of the session's switch; what holds in every cell is judged at its end."""
    station = gate.put_station("bench-1")
    with lines_around(tmp_path, switch) as lines:
        made = Bench(gate=gate, front=front, switch=switch, lines=lines, station=station, switch_id=KAMAILIO)
        yield made
        front.mode = Mode.PASS
        try:
            made.judge()
        finally:
            made.clear()


@pytest.fixture(scope="session")
def talker(gate: Gate) -> Iterator[Talker]:
    """The proxy before the service that FreeRADIUS asks."""
    need_programs("freeradius", "radclient")
    with standing_talker(gate.port) as standing:
        yield standing


@pytest.fixture(scope="session")
def radius_server(gate: Gate, talker: Talker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RadiusServer]:
    """The session's FreeRADIUS, with the kit."""
    folder = tmp_path_factory.mktemp("freeradius")
    with running_radius(folder, callgate_url=talker.url, token=gate.switch_token()) as running:
        yield running


@pytest.fixture
def radius(gate: Gate, talker: Talker, radius_server: RadiusServer) -> Iterator[RadiusBench]:
    """The session's FreeRADIUS and what it stands on; that no log has a PIN is judged at the test's end."""
    talker.mode = Mode.PASS
    # What an earlier test had it spool is told first.
    wait_until(lambda: not list(radius_server.spool.glob("report-*")), "the spool is empty")
    made = RadiusBench(gate=gate, front=talker, server=radius_server)
    yield made
    talker.mode = Mode.PASS
    made.judge()


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say what was measured; `make switches` prints it beside the verdict."""
    return lambda told: record_property("figures", told)
