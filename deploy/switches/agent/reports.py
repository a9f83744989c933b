"""Which reports has the switch written, and what do they say to callgate?"""

# ruff: noqa: INP001 - programs copied to a switch as a folder, no package

import json
import logging
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

log = logging.getLogger("callgate-agent")

BATCH_MAX = 100
FILE_BYTES_MAX = 1_000_000
LOOKS_MAX = 600  # at a file that is unfinished, before it is put aside

# One number a kind: the same report told twice is a replay, and the end comes after everything.
SEQUENCE = {"answered": 1, "called_party_block": 2, "three_way_suspected": 3, "diverted": 4, "ended": 1000}
# Asterisk's DIALSTATUS and FreeSWITCH's hangup cause, in callgate's words; everything else is `failed`.
CAUSES = {
    "ANSWER": "completed",
    "BUSY": "busy",
    "NOANSWER": "no_answer",
    "CANCEL": "no_answer",
    "DONTCALL": "rejected",
    "NORMAL_CLEARING": "completed",
    "USER_BUSY": "busy",
    "NO_ANSWER": "no_answer",
    "NO_USER_RESPONSE": "no_answer",
    "ORIGINATOR_CANCEL": "no_answer",
    "CALL_REJECTED": "rejected",
    "ALLOTTED_TIMEOUT": "max_duration",
    "MANAGER_REQUEST": "terminated",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Event = dict[str, Any]


def instant(microseconds: int) -> str:
    """An instant as callgate reads it."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="milliseconds")


def read_form(text: str) -> Event:
    """One line of the Asterisk dialplan as an event.

    Raises:
        ValueError: it is none. The message repeats nothing.
    """
    if not text.endswith("\n"):
        raise ValueError("unfinished")
    fields = dict(urllib.parse.parse_qsl(text.strip(), strict_parsing=True, keep_blank_values=True))
    kind, at = fields.get("type", ""), int(fields.get("at", ""))
    event: Event = {"call_id": fields.get("call_id", ""), "type": kind, "occurred_at": instant(at * 1_000_000)}
    if kind == "ended":
        seconds, limit = int(fields.get("seconds", "")), int(fields.get("limit", ""))
        event |= ended(seconds, CAUSES.get(fields.get("told", ""), "failed"), limit=limit)
    return numbered(event)


def read_cdr(text: str) -> Event | None:
    """A call record of FreeSWITCH's mod_json_cdr as an event; None where callgate has nothing to hear of it.

    The talk time counts from the bridge: the caller's own leg is answered earlier, for the PIN.

    Raises:
        ValueError: it is none. The message repeats nothing.
    """
    told = json.loads(text)
    variables = told.get("variables") if isinstance(told, dict) else None
    if not isinstance(variables, dict):
        raise ValueError("no call record")  # noqa: TRY004 - one name for whatever is no report
    call_id = urllib.parse.unquote(str(variables.get("callgate_call_id", "")))
    # A call that callgate refused is over as far as callgate goes; one that nobody decided may hold a PIN all the same.
    if not call_id or str(variables.get("callgate_reason", "no_decision")) != "no_decision":
        return None
    bridged, over = int(variables.get("bridge_uepoch", 0)), int(variables["end_uepoch"])
    limit = int(variables.get("callgate_max_duration_seconds", 0))
    seconds = max(0, (over - bridged) // 1_000_000) if bridged else 0
    event: Event = {"call_id": call_id, "type": "ended", "occurred_at": instant(over)}
    if bridged:
        event["answered_at"] = instant(bridged)
    cause = CAUSES.get(str(variables.get("hangup_cause", "")), "failed")
    event |= ended(seconds, "no_answer" if cause == "completed" and not bridged else cause, limit=limit)
    return numbered(event)


def ended(seconds: int, cause: str, *, limit: int) -> Event:
    """What an `ended` says beside the call. A call as long as its grant (0: unknown) ended because of it."""
    at_limit = limit > 0 and seconds >= limit - 1 and cause == "completed"
    return {"duration_seconds": seconds, "cause": "max_duration" if at_limit else cause}


def numbered(event: Event) -> Event:
    """The event with its sequence number.

    Raises:
        ValueError: it is of no kind that callgate knows, or about no call.
    """
    if not event["call_id"] or event["type"] not in SEQUENCE:
        raise ValueError("no event")
    return {**event, "sequence_number": SEQUENCE[event["type"]]}


READERS: dict[str, Callable[[str], Event | None]] = {".event": read_form, ".json": read_cdr}


class Spool:
    """The folder of reports. What can never be kept goes to its folder `unreadable`, for somebody to look at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "unreadable"
        self._aside.mkdir(mode=0o700, exist_ok=True)
        self._looks: dict[str, int] = {}

    def waiting(self) -> list[tuple[Path, Event]]:
        """The oldest reports that are whole."""
        found: list[tuple[Path, Event]] = []
        paths = [path for path in self._folder.iterdir() if path.suffix in READERS and path.is_file()]
        for path in sorted(paths, key=lambda path: (path.stat().st_mtime, path.name)):
            if len(found) < BATCH_MAX:
                self._take(path, found)
        return found

    def _take(self, path: Path, found: list[tuple[Path, Event]]) -> None:
        try:
            event = READERS[path.suffix](path.read_text() if path.stat().st_size <= FILE_BYTES_MAX else "")
        except (ValueError, KeyError, OverflowError):
            # It may still be being written.
            self._looks[path.name] = self._looks.get(path.name, 0) + 1
            if self._looks[path.name] >= LOOKS_MAX:
                self.put_aside(path)
            return
        if event is None:
            self.drop(path)
        else:
            found.append((path, event))

    def drop(self, path: Path) -> None:
        """Callgate has it."""
        self._looks.pop(path.name, None)
        path.unlink()

    def put_aside(self, path: Path) -> None:
        """Callgate will never take it."""
        log.error("a report that cannot be read was put aside: %s", path.name)
        self._looks.pop(path.name, None)
        path.rename(self._aside / path.name)

    def write(self, name: str, text: str) -> None:
        """Put a report in, whole or not at all."""
        draft = self._folder / f"{name}.draft"
        draft.write_text(text + "\n")
        draft.rename(self._folder / f"{name}.event")
