"""Lose the standby, then the primary, under load, and say what held: `make failover`, or this with --help."""

import argparse
import asyncio
import sys
from pathlib import Path

import uvloop

from bench.failover.story import Plan, play
from bench.verdicts import keep

SECONDS_MAX = 300.0


def main() -> int:
    """Play the story; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3000, help="who call, two attempts each (%(default)s)")
    parser.add_argument("--per-second", type=float, default=100.0, help="people a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of load before and after each loss (%(default)s)")
    parser.add_argument("--json", type=Path, help="write what was found to this file as well")
    given = parser.parse_args()
    plan = Plan(people=given.people, per_second=given.per_second, seconds=given.seconds)

    async def bounded() -> int:
        async with asyncio.timeout(SECONDS_MAX):
            found = await play(plan, say=lambda line: print(line, flush=True))
        for each in found:
            print(each.text())
        keep(found, given.json)
        return 0 if all(each.hold for each in found) else 1

    return uvloop.run(bounded())


if __name__ == "__main__":
    sys.exit(main())
