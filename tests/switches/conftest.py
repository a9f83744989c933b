"""What do the tests of the switches stand on? The real service, a proxy before it that can fail, and real programs."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.switches.bench import KAMAILIO, Bench
from tests.switches.front import Front, Mode, standing_before
from tests.switches.gate import Gate, running_gate
from tests.switches.kamailio import Switch, running_switch
from tests.switches.sipp import open_lines

PACKAGES: Final = {
    "kamailio": "kamailio kamailio-utils-modules kamailio-extra-modules",
    "kamcmd": "kamailio",
    "sipp": "sip-tester",
    "freeradius": "freeradius freeradius-rest",
    "radclient": "freeradius-utils",
}


def need_programs(*names: str) -> None:
    """Skip where one of these is not installed; on a build machine (CI is set) that is a failure instead."""
    # Debian installs the daemons beside the commands of the administrator, where an ordinary PATH does not look.
    os.environ["PATH"] = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in names if shutil.which(name) is None]
    if not missing:
        return
    packages = " ".join(dict.fromkeys(PACKAGES[name] for name in missing))
    told = f"{', '.join(missing)} not installed (on Debian: apt-get install --no-install-recommends {packages})"
    if os.environ.get("CI"):
        pytest.fail(f"{told}; where CI is set the switches must be tested")
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
    with open_lines(tmp_path, switch_port=switch.port, called_port=switch.called_port) as lines:
        made = Bench(gate=gate, front=front, switch=switch, lines=lines, station=station, switch_id=KAMAILIO)
        yield made
        front.mode = Mode.PASS
        try:
            made.judge()
        finally:
            made.clear()


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say what was measured; `make switches` prints it beside the verdict."""
    return lambda told: record_property("figures", told)
