"""Break everything around the service, one thing after the other, and print what held: `make faults`."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.outages.matrix import Cell, list_cells, written
from tests.outages.scene import FULL, POSTGRESQL, SHORT, SQLITE, Ground, Length, open_ground
from tests.outages.verdict import Verdict

_CELL_SECONDS_MAX: Final = 1500


def main() -> int:
    """The matrix on standard output, progress on standard error; 1 where a cell does not hold."""
    asked = _arguments()
    cells = [cell for cell in list_cells() if asked.only in str(cell)]
    if not cells:
        sys.stderr.write(f"No cell is called so; these are: {', '.join(map(str, list_cells()))}\n")
        return 2
    length = SHORT if asked.short else FULL
    began = time.monotonic()
    verdicts = _fill_all(cells, length)
    seconds = time.monotonic() - began
    if asked.json:
        told = {"length": length.name, "seconds": round(seconds), "cells": [one.as_json() for one in verdicts]}
        sys.stdout.write(f"{json.dumps(told, indent=2)}\n")
    else:
        held = sum(one.holds for one in verdicts)
        sys.stdout.write(f"{written(verdicts)}\n\n{held} of {len(verdicts)} cells hold, in {seconds:.0f} s\n")
    return 0 if all(one.holds for one in verdicts) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="part of a cell's name, such as 'disk full (sqlite)'")
    parser.add_argument("--short", action="store_true", help="as `make test` runs it: a second of each, 5 kills")
    parser.add_argument("--json", action="store_true", help="for a machine")
    return parser.parse_args()


def _fill_all(cells: Sequence[Cell], length: Length) -> list[Verdict]:
    """Both databases at a time, the cells of each one after the other: what stops a server stops it for all.

    Each in a thread and an event loop of its own: where one waits for a process to end, the other's clients hear.
    """
    columns = [[cell for cell in cells if cell.kind == kind] for kind in (SQLITE, POSTGRESQL)]
    with open_ground(length) as ground, ThreadPoolExecutor(len(columns)) as threads:
        filled = list(threads.map(lambda column: asyncio.run(_fill(column, ground)), columns))
    found = {cell: verdict for column in filled for cell, verdict in column}
    return [found[cell] for cell in cells]


async def _fill(column: Sequence[Cell], ground: Ground) -> list[tuple[Cell, Verdict]]:
    filled = []
    for cell in column:
        began = time.monotonic()
        try:
            verdict = await asyncio.wait_for(cell.fill(ground), _CELL_SECONDS_MAX)
        except Exception as error:  # noqa: BLE001 - a cell that could not be tried has not held, and the others go on
            verdict = Verdict(fault=cell.fault, kind=cell.kind, broken=(f"{type(error).__name__}: {error}",))
        told = "holds" if verdict.holds else f"FAILS: {'; '.join(verdict.broken)}"
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {cell}  {told}\n")
        filled.append((cell, verdict))
    return filled


if __name__ == "__main__":
    raise SystemExit(main())
