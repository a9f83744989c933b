"""Measure callgate beside FreeRADIUS and an empty FastAPI endpoint: `make bench`, or this file with --help."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started by path, Python would look for modules in this folder alone


from bench.chart import chart_of  # noqa: E402 - needs the line above
from bench.comparison import Options, find_peer, measure_latency, measure_throughput  # noqa: E402 - as above
from bench.ground import Ground, postgresql_facts, prepared  # noqa: E402 - as above
from bench.growth import Sizes, growth_table_of, measure_growth  # noqa: E402 - as above
from bench.machine import machine_facts  # noqa: E402 - as above
from bench.overload import goodput_at_2x  # noqa: E402 - as above
from bench.peer import HOW_TO_INSTALL, find_freeradius, version_of  # noqa: E402 - as above
from bench.ratios import ratio_of, unmeasured  # noqa: E402 - as above
from bench.report import report_of, table_of, written  # noqa: E402 - as above
from bench.targets import NotAsItMustBe  # noqa: E402 - as above
from bench.world import FACILITIES, KINDS, NUMBERS_EACH, STATIONS  # noqa: E402 - as above
from tests.postgres import postgres_server  # noqa: E402 - as above

REPORT = ROOT / "bench" / "report.json"
GROWTH = ROOT / "bench" / "growth.json"
CHART = ROOT / "docs" / "performance.svg"
GROWN = Sizes(inmates=(10_000, 1_000_000), decisions=0, rounds=3)
QUICK = Options(rounds=1, latency_rounds=1, rate_seconds=3.0, inmates=20_000, warm_up=600, seconds_max=3.0)


def main() -> int:
    """Measure, print, keep the report; 1 if an answer or a record was wrong."""
    parser = _parser()
    given = parser.parse_args()
    if given.chart:
        CHART.write_text(chart_of(json.loads(REPORT.read_text(encoding="utf-8"))), encoding="utf-8")
        return 0
    try:
        options = _options(given)
    except ValueError as error:
        parser.error(str(error))
    try:
        return _grow(given) if given.growth else _compare(given, options)
    except NotAsItMustBe as error:
        print(f"Not measured: {error}.", file=sys.stderr)
        return 1


def _compare(given: argparse.Namespace, options: Options) -> int:
    if find_freeradius() is None:
        _say(f"FreeRADIUS with its PostgreSQL driver is not installed, and is left out. On Debian: {HOW_TO_INSTALL}")
    with postgres_server(durable=True) as postgres_url, prepared(options.inmates, postgres_url) as ground:
        report = _measured(given, options, ground)
    print(written(report) if given.json else table_of(report))
    if given.quick and given.report is None:
        return 0
    (given.report or REPORT).write_text(written(report), encoding="utf-8")
    if given.report is None:
        CHART.write_text(chart_of(report), encoding="utf-8")
    return 0


def _measured(given: argparse.Namespace, options: Options, ground: Ground) -> dict[str, Any]:
    machine = {**machine_facts(ground.folder), **postgresql_facts(ground.postgres_template, _say)}
    peer, tried = find_peer(ground, options, _say)
    if peer is not None:
        machine["freeradius"] = version_of(peer.program)
    throughput = measure_throughput(ground, options, peer, _say)
    latency = measure_latency(ground, options, peer, _say)
    further = {
        "goodput_at_2x": _or_why("goodput_at_2x", given.overload, lambda: _goodput(given, ground)),
        "growth_1m_inmates": _or_why("growth_1m_inmates", given.growth_ratio, lambda: _grown(given, ground)),
    }
    settings = _settings(options, None if peer is None else peer.threads, tried)
    return report_of(throughput=throughput, latency=latency, machine=machine, settings=settings, further=further)


def _or_why(name: str, wanted: bool, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:  # noqa: FBT001 - of two
    return measure() if wanted else unmeasured(name, "left out of this run by its options")


def _goodput(given: argparse.Namespace, ground: Ground) -> dict[str, Any]:
    found = goodput_at_2x(ground.on_postgresql, inmates=ground.asks, rounds=1 if given.quick else 3, say=_say)
    return {**ratio_of("goodput_at_2x", [found["min"], found["median"], found["max"]]), "overload": found}


def _grown(given: argparse.Namespace, ground: Ground) -> dict[str, Any]:
    sizes = Sizes(inmates=(10_000, 50_000), decisions=0, rounds=1) if given.quick else GROWN
    growth = measure_growth(
        sizes, databases=("postgresql",), folder=ground.folder, postgres_url=ground.postgres_url, say=_say
    )
    if given.quick:
        why = f"a quick run has no more than {sizes.inmates[-1]:,} inmates"
        return {**unmeasured("growth_1m_inmates", why), "cells": growth["cells"]}
    return {**ratio_of("growth_1m_inmates", growth["ratios"]["postgresql"]), "cells": growth["cells"]}


def _grow(given: argparse.Namespace) -> int:
    """The long table of growth, into a file of its own."""
    sizes = Sizes(
        inmates=(10_000, 100_000, given.growth_inmates),
        decisions=given.growth_decisions,
        rounds=1 if given.quick else 3,
    )
    names = ("postgresql", "sqlite") if given.growth_database == "both" else (given.growth_database,)
    with postgres_server(durable=True) as postgres_url, tempfile.TemporaryDirectory(prefix="callgate-growth-") as name:
        machine = {**machine_facts(Path(name)), **postgresql_facts(postgres_url, _say)}
        growth = measure_growth(sizes, databases=names, folder=Path(name), postgres_url=postgres_url, say=_say)
    print(growth_table_of(growth))
    kept_in = given.report or (None if given.quick else GROWTH)
    if kept_in is not None:
        kept_in.write_text(written({**growth, "machine": machine, "settings": asdict(sizes)}), encoding="utf-8")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _settings(options: Options, threads: int | None, tried: Mapping[int, float]) -> dict[str, Any]:
    return {
        **asdict(options),
        "stations": STATIONS,
        "facilities": FACILITIES,
        "numbers_each": NUMBERS_EACH,
        "sqlite_synchronous": "FULL",
        "requests_per_thousand": {kind: share for kind, (share, _) in KINDS.items()},
        "freeradius_threads": threads,
        "freeradius_threads_tried": {str(each): round(rate) for each, rate in tried.items()},
    }


def _options(given: argparse.Namespace) -> Options:
    usual = QUICK if given.quick else Options()
    names = ("rounds", "connections", "inmates", "latency_rounds", "rate_seconds")
    chosen = {name: getattr(given, name) for name in names}
    return replace(usual, **{name: value for name, value in chosen.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    usual = Options()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each; leaves what is kept alone")
    parser.add_argument("--rounds", type=int, help=f"of throughput ({usual.rounds})")
    parser.add_argument("--latency-rounds", type=int, help=f"at fixed rates ({usual.latency_rounds})")
    parser.add_argument("--rate-seconds", type=float, help=f"of asking at each rate ({usual.rate_seconds:g})")
    parser.add_argument("--connections", type=int, help=f"asking at a time ({usual.connections})")
    parser.add_argument("--inmates", type=int, help=f"people, each of whom calls once in a run ({usual.inmates})")
    parser.add_argument("--no-overload", dest="overload", action="store_false", help="leave goodput_at_2x out")
    parser.add_argument("--no-growth", dest="growth_ratio", action="store_false", help="leave growth_1m_inmates out")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of a table")
    parser.add_argument("--report", type=Path, help="write the report to this file alone")
    parser.add_argument("--chart", action="store_true", help="measure nothing; draw the chart of the kept report anew")
    parser.add_argument("--growth", action="store_true", help="measure growth alone, every size; bench/growth.json")
    parser.add_argument("--growth-database", choices=("postgresql", "sqlite", "both"), default="both")
    parser.add_argument("--growth-inmates", type=int, default=1_000_000, help="of the largest (%(default)s)")
    parser.add_argument("--growth-decisions", type=int, default=5_000_000, help="in the log at last (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
