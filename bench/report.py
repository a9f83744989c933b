"""What did all the runs show together? Medians over the rounds, and ratios taken within each round."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.load import Seen

EMPTY: Final = "empty_fastapi"
SQLITE: Final = "callgate_sqlite"
POSTGRESQL: Final = "callgate_postgresql"

Round = Mapping[str, Seen]


def report_of(rounds: Sequence[Round], *, machine: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The whole report, as it is written to a file.

    A ratio is that of two neighbouring runs of one round, so that what else the machine did weighs on both alike.
    """
    return {
        "machine": dict(machine),
        "settings": dict(settings),
        "targets": {target: _summary([one[target] for one in rounds]) for target in rounds[0]},
        "ratios": {
            f"{target}_vs_{EMPTY}": _spread([_ratio(one, target) for one in rounds], digits=3)
            for target in rounds[0]
            if target != EMPTY
        },
    }


def written(report: Mapping[str, Any]) -> str:
    """The report as text that a diff can be read of."""
    return json.dumps(report, indent=2) + "\n"


def table_of(report: Mapping[str, Any]) -> str:
    """The report for a reader at a terminal."""
    titles = ("answers/s", "(min..max)", "p50 ms", "p95 ms", "p99 ms", "max ms", "server us/answer", "driver cpu")
    rows = [("", *titles)]
    for target, one in report["targets"].items():
        rate, cpu = one["answers_per_second"], one["server_cpu_microseconds"]
        spread = f"{rate['min']:.0f}..{rate['max']:.0f}"
        latencies = [f"{one[name]['median']:.1f}" for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")]
        told_cpu = "-" if cpu is None else f"{cpu['median']:.0f}"
        rows.append((target, f"{rate['median']:.0f}", spread, *latencies, told_cpu, f"{one['driver_cpu_share']:.0%}"))
    lines = _aligned(rows)
    lines += ["", "Ratios of answers per second, median of the rounds (min..max):"]
    for name, ratio in report["ratios"].items():
        lines.append(f"  {name}: {ratio['median']:.2f} ({ratio['min']:.2f}..{ratio['max']:.2f})")
    lines += ["", "Answers by kind of outcome, all rounds:"]
    lines += [f"  {target}: {_counted(one['outcomes'])}" for target, one in report["targets"].items()]
    cores, processor, sync = (report["machine"][name] for name in ("cores", "processor", "sync_microseconds"))
    lines += ["", f"{cores} cores, {processor}; one synced page takes {sync} us"]
    return "\n".join(lines)


def _ratio(one: Round, target: str) -> float:
    return one[target].per_second / one[EMPTY].per_second


def _summary(runs: Sequence[Seen]) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    for run in runs:
        for counted in run.outcomes.values():
            outcomes.update(counted)
    known = [run.server_cpu_microseconds for run in runs if run.server_cpu_microseconds is not None]
    return {
        "answers_per_second": _spread([run.per_second for run in runs]),
        **{name: _spread([getattr(run, name) for run in runs]) for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")},
        "server_cpu_microseconds": _spread(known) if known else None,
        "driver_cpu_share": round(statistics.median(run.driver_cpu_share for run in runs), 2),
        "answers_measured": sum(run.answers for run in runs),
        "outcomes": dict(outcomes.most_common()),
    }


def _spread(figures: Sequence[float], *, digits: int = 1) -> dict[str, float]:
    return {
        "median": round(statistics.median(figures), digits),
        "min": round(min(figures), digits),
        "max": round(max(figures), digits),
    }


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    first, *others = widths
    return [
        "  ".join([f"{row[0]:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(row[1:], others, strict=True))])
        for row in rows
    ]


def _counted(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in outcomes.items())
