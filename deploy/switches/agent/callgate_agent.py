#!/usr/bin/env python3
"""What carries a switch's reports to callgate, and callgate's revocations to the switch? For Asterisk and FreeSWITCH.

Runs beside the switch, as the switch's user, with Python 3.11 or newer and nothing else. The switch writes one file a
report into the spool; a file goes away when callgate has kept it, and not before, so that nothing is lost while
callgate, the network or this program is down. Meanwhile it waits at `GET /v1/switches/self/commands` and ends every
call that is named there.
"""

import argparse
import contextlib
import logging
import signal
import sys
import threading
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lines import CHANNEL, OK, Asterisk, Callgate, FreeSwitch
from reports import Event, Spool, log

POLL_SECONDS = 0.1
BACKOFF_SECONDS_MAX = 30.0
BAD_REQUEST = 400


class Agent:
    """Reports one way, revocations the other, each in a thread of its own."""

    def __init__(self, callgate: Callgate, switch: Asterisk | FreeSwitch, spool: Spool) -> None:
        self.callgate, self.switch, self.spool = callgate, switch, spool
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until stopped."""
        works = [self.send_reports, self.take_commands]
        if isinstance(self.switch, FreeSwitch):
            works.append(self.listen)
        for work in works:
            threading.Thread(target=self._keep_at, args=(work,), daemon=True).start()
        self.stopping.wait()

    def send_reports(self) -> bool:
        """Send what waits; False where callgate did not take it."""
        waiting = self.spool.waiting()
        if not waiting:
            self.stopping.wait(POLL_SECONDS)
            return True
        status, results = self.callgate.report([event for _, event in waiting])
        if status == BAD_REQUEST and len(waiting) > 1:
            # One of them is at fault: each by itself.
            sent = [self._send_one(path, event) for path, event in waiting]
            return all(sent)
        if status == BAD_REQUEST:
            self.spool.put_aside(waiting[0][0])
            return True
        for (path, event), result in zip(waiting, results, strict=False):
            self._heed(event, result)
            self.spool.drop(path)
        return status == OK

    def _send_one(self, path: Path, event: Event) -> bool:
        status, results = self.callgate.report([event])
        if status == BAD_REQUEST:
            self.spool.put_aside(path)
        elif status == OK:
            self._heed(event, results[0])
            self.spool.drop(path)
        return status in (OK, BAD_REQUEST)

    def _heed(self, event: Event, result: dict[str, Any]) -> None:
        """A report of a running call is answered by whether it may go on; anything but `continue` ends it."""
        if event["type"] != "ended" and result.get("action") != "continue":
            self.hang_up(event["call_id"])

    def take_commands(self) -> bool:
        """Wait for calls that must end, and end them.

        Only the `ended` report settles a command, or that there is no such call: the switch's word is no proof.
        """
        status, commands = self.callgate.commands()
        for command in commands:
            if self.hang_up(str(command.get("call_id", ""))) == "gone":
                self.callgate.settle(str(command.get("command_id", "")))
        return status == OK

    def hang_up(self, call_id: str) -> str:
        """End a call; what the switch said of it."""
        channel = call_id.rpartition("-")[0]
        said = self.switch.hang_up(channel) if CHANNEL.fullmatch(channel) else "gone"
        log.info("end %s: %s", call_id if said != "gone" else "a call", said)
        return said

    def listen(self) -> bool:
        """Hear what the switch says, until the line breaks."""
        assert isinstance(self.switch, FreeSwitch)  # noqa: S101 - run() starts it for no other
        with contextlib.suppress(OSError, ValueError):
            self.switch.listen(self.spool)
        log.warning("the event socket is closed; trying again")
        return False

    def _keep_at(self, work: Callable[[], bool]) -> None:
        wait = 1.0
        while not self.stopping.is_set():
            try:
                well = work()
            except Exception:  # noqa: BLE001 - whatever it was, reports and revocations must go on
                log.exception("unexpected")
                well = False
            wait = 1.0 if well else min(wait * 2, BACKOFF_SECONDS_MAX)
            if not well:
                self.stopping.wait(wait / 2)


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", required=True, help="callgate, without a slash at the end")
    parser.add_argument("--token-file", required=True, type=Path, help="the switch's token")
    parser.add_argument("--spool", required=True, type=Path, help="the folder that the switch writes its reports into")
    parser.add_argument("--secret-file", required=True, type=Path, help="the password of ARI or of the event socket")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--asterisk", metavar="URL", help="ARI, for example http://127.0.0.1:8088")
    which.add_argument("--freeswitch", metavar="HOST:PORT", help="the event socket, for example 127.0.0.1:8021")
    parser.add_argument("--ari-user", default="callgate", help="the user in ari.conf (default: callgate)")
    found = parser.parse_args(arguments)
    for url in (found.url, found.asterisk):
        if url is not None and urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            parser.error("a URL begins with https:// or http://")
    return found


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or SIGINT."""
    given = read_arguments(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    secret = given.secret_file.read_text().strip()
    if given.asterisk is not None:
        switch: Asterisk | FreeSwitch = Asterisk(given.asterisk, given.ari_user, secret)
    else:
        host, _, port = given.freeswitch.rpartition(":")
        switch = FreeSwitch(host, int(port), secret)
    agent = Agent(Callgate(given.url, given.token_file.read_text().strip()), switch, Spool(given.spool))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: agent.stopping.set())
    agent.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
