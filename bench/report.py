"""What did all the runs show together? Medians over the rounds, and ratios taken within each round."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.load import Seen
from bench.peer import HOW_TO_INSTALL
from bench.ratios import GOALS, Round, compared, spread
from bench.targets import FREERADIUS, NOT_SERVED, TARGETS

LATENCIES: Final = ("p50_ms", "p95_ms", "p99_ms", "max_ms")


def report_of(
    *,
    throughput: Sequence[Round],
    latency: Sequence[Mapping[int, Round]],
    machine: Mapping[str, Any],
    settings: Mapping[str, Any],
    further: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The whole report, as it is written to a file.

    A ratio is that of two neighbouring runs of one round, so that what else the machine did weighs on both alike.

    Args:
        further: the ratios that other programs measured, by name.
    """
    found, others = compared(throughput, latency)
    ratios = {**found, **further}
    return {
        "ratios": {name: ratios[name] for name in GOALS},
        "targets": {target.name: _of_target(throughput, target.name) for target in TARGETS}
        | {name: {"not_served": why} for name, why in NOT_SERVED.items()},
        "latency": {
            str(rate): {name: _summary([one[rate][name] for one in latency]) for name in latency[0][rate]}
            for rate in (latency[0] if latency else ())
        },
        "other_ratios": others,
        "machine": dict(machine),
        "settings": dict(settings),
    }


def _of_target(throughput: Sequence[Round], name: str) -> dict[str, Any]:
    if name == FREERADIUS.name and name not in throughput[0]:
        return {"missing": f"not installed; on Debian: {HOW_TO_INSTALL}"}
    return _summary([one[name] for one in throughput])


def _summary(runs: Sequence[Seen]) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    for run in runs:
        for counted in run.outcomes.values():
            outcomes.update(counted)
    known = [run.server_cpu_microseconds for run in runs if run.server_cpu_microseconds is not None]
    late = [run.late_p99_ms for run in runs if run.late_p99_ms is not None]
    return {
        "answers_per_second": spread([run.per_second for run in runs]),
        **{name: spread([getattr(run, name) for run in runs], digits=2) for name in LATENCIES},
        "server_cpu_microseconds": spread(known) if known else None,
        "driver_cpu_share": round(statistics.median(run.driver_cpu_share for run in runs), 2),
        "driver_late_p99_ms": round(statistics.median(late), 2) if late else None,
        "answers_measured": sum(run.answers for run in runs),
        "answers_after_500_ms": sum(run.later_than_a_switch_waits for run in runs),
        "outcomes": dict(outcomes.most_common()),
    }


def written(report: Mapping[str, Any]) -> str:
    """The report as text that a diff can be read of."""
    return json.dumps(report, indent=2) + "\n"


def table_of(report: Mapping[str, Any]) -> str:
    """The report for a reader at a terminal."""
    lines = ["Promised, median of the rounds (min..max):", *map(_told, report["ratios"].items())]
    lines += ["", "64 lines that ask again as soon as they are answered:", *_aligned(_rows(report["targets"]))]
    for rate, of_rate in report["latency"].items():
        lines += ["", f"{rate} a second at fixed instants:", *_aligned(_rows(of_rate))]
    lines += ["", "Other ratios, of answers a second unless they say p99:"]
    lines += [
        f"  {name}: {one['median']:.2f} ({one['min']:.2f}..{one['max']:.2f})"
        for name, one in report["other_ratios"].items()
    ]
    machine = report["machine"]
    cores, processor, sync = (machine[name] for name in ("cores", "processor", "sync_microseconds"))
    lines += ["", f"{cores} cores, {processor}; one synced page takes {sync} us"]
    return "\n".join(lines)


def _told(named: tuple[str, Mapping[str, Any]]) -> str:
    name, one = named
    promised = f"{one['wanted']} {one['target']:g}"
    if one["median"] is None:
        return f"  {name}: not measured, so {promised} is not shown: {one['why']}"
    figures = f"{one['median']:.2f} ({one['min']:.2f}..{one['max']:.2f})"
    return f"  {name}: {figures}, {promised}: {'met' if one['met'] else 'NOT MET'}"


def _rows(targets: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    titles = ("answers/s", "(min..max)", "p50 ms", "p95 ms", "p99 ms", "max ms", "server us/answer", "driver cpu")
    rows: list[tuple[str, ...]] = [("", *titles)]
    for target, one in targets.items():
        if "answers_per_second" not in one:
            rows.append((target, *one.values(), *[""] * (len(titles) - 1)))
            continue
        rate, cpu = one["answers_per_second"], one["server_cpu_microseconds"]
        latencies = [f"{one[name]['median']:.1f}" for name in LATENCIES]
        told_cpu = "-" if cpu is None else f"{cpu['median']:.0f}"
        between = f"{rate['min']:.0f}..{rate['max']:.0f}"
        rows.append((target, f"{rate['median']:.0f}", between, *latencies, told_cpu, f"{one['driver_cpu_share']:.0%}"))
    return rows


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under their titles; a row with one cell alone has a sentence there."""
    whole = [row for row in rows if row[2]]
    first, *widths = (max(len(row[i]) for row in (rows if i == 0 else whole)) for i in range(len(rows[0])))
    aligned = []
    for name, *cells in rows:
        told = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)] if cells[1] else cells[:1]
        aligned.append("  ".join([f"{name:<{first}}", *told]))
    return aligned
