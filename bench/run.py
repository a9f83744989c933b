"""Measure callgate on both databases beside an empty FastAPI endpoint: `make bench`, or this file with --help."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started by path, Python would look for modules in this folder alone

from bench.comparison import NotAsItMustBe, Options, compare  # noqa: E402 - needs the line above
from bench.report import table_of, written  # noqa: E402 - as above
from tests.postgres import postgres_server  # noqa: E402 - as above

REPORT = ROOT / "bench" / "report.json"


def main() -> int:
    """Measure, print, keep the report; 1 if an answer or a record was wrong."""
    parser = _parser()
    given = parser.parse_args()
    rounds, seconds, inmates, warm_up = (1, 2.0, 2_000, 200) if given.quick else (5, 10.0, 10_000, 1_000)
    try:
        options = Options(
            rounds=rounds if given.rounds is None else given.rounds,
            seconds_max=seconds if given.seconds is None else given.seconds,
            connections=given.connections,
            inmates=inmates if given.inmates is None else given.inmates,
            warm_up=warm_up,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        with postgres_server(durable=True) as postgres_url:
            report = compare(options, postgres_url=postgres_url, say=lambda line: print(line, file=sys.stderr))
    except NotAsItMustBe as error:
        print(f"Not measured: {error}.", file=sys.stderr)
        return 1
    print(written(report) if given.json else table_of(report))
    kept_in = given.report or (None if given.quick else REPORT)
    if kept_in is not None:
        kept_in.write_text(written(report), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round; leaves the kept report alone")
    parser.add_argument("--rounds", type=int, help="how often each is measured (5)")
    parser.add_argument("--seconds", type=float, help="of asking in one run at most (10)")
    parser.add_argument("--connections", type=int, default=64, help="asking at a time (%(default)s)")
    parser.add_argument("--inmates", type=int, help="people, each of whom calls once in a run (10000)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of a table")
    parser.add_argument("--report", type=Path, help="write the report to this file instead of bench/report.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
