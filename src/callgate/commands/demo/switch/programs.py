"""Is there what a call through a real switch needs: Kamailio, SIPp, and the kit?"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import callgate
from callgate.commands.terminal import Refusal

PACKAGES: Final = {
    "kamailio": "kamailio kamailio-utils-modules kamailio-extra-modules",
    "kamcmd": "kamailio",
    "sipp": "sip-tester",
}
_KIT: Final = Path("deploy", "switches", "kamailio")
# Debian installs daemons beside the commands of the administrator, where an ordinary PATH does not look.
_ALSO_IN: Final = ("/usr/sbin", "/usr/local/sbin")


def find_program(name: str) -> str | None:
    """Where this program is, or None."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_ALSO_IN]))


def load_program(name: str) -> str:
    """Where this program is.

    Raises:
        Refusal: it is not installed.
    """
    found = find_program(name)
    if found is None:
        raise Refusal(f"{tell_missing([name])}.")
    return found


def tell_missing(names: Sequence[str], packages: Mapping[str, str] = PACKAGES) -> str:
    """Which of these programs are not installed, and what would install them; nothing where all are there.

    Example:
        >>> tell_missing([])
        ''
    """
    missing = [name for name in names if find_program(name) is None]
    if not missing:
        return ""
    wanted = " ".join(dict.fromkeys(packages[name] for name in missing))
    return f"{', '.join(missing)} not installed. On Debian: apt-get install --no-install-recommends {wanted}"


def load_kit() -> Path:
    """The folder of the kit's configuration.

    Raises:
        Refusal: this callgate was installed as a package, which carries no kits.
    """
    kit = Path(callgate.__file__).parents[2] / _KIT
    if not (kit / "kamailio.cfg").is_file():
        raise Refusal(
            f"{_KIT} is not beside this callgate: an installed package has no kits for switches. "
            "Run `make demo ARGS=--switch` in a checkout of the source."
        )
    return kit


def version_of(name: str, flag: str) -> str:
    """What the program says of itself in the first line that it prints."""
    told = subprocess.run([load_program(name), flag], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    lines = [line.strip() for line in (told.stdout or told.stderr).splitlines() if line.strip()]
    return lines[0].removeprefix("version: ").partition(" (")[0].rstrip(".") if lines else name
