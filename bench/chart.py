"""How do the figures of a report look, side by side?

An SVG of two panels, drawn here because a library for it would be a dependency for ten bars. It reads in light and in
dark surroundings, and says in words what it shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from bench.ratios import RATE_OF_P99

WIDTH: Final = 760
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_LABELS: Final = 300
_BARS: Final = 420
_ROW: Final = 30
_BAR: Final = 18
_HEAD: Final = 56
NAMES: Final = {
    "callgate_postgresql": "callgate, PostgreSQL, 1 worker",
    "callgate_postgresql_2_workers": "callgate, PostgreSQL, 2 workers",
    "callgate_sqlite": "callgate, SQLite, 1 process",
    "freeradius_postgresql": "FreeRADIUS 3.2, PostgreSQL",
    "empty_fastapi": "empty FastAPI endpoint, 1 worker",
    "empty_fastapi_2_workers": "empty FastAPI endpoint, 2 workers",
}
# Bars of ours and of the others differ in lightness too, not by hue alone. Each pair of text and ground has 4.5 : 1.
_STYLE: Final = """
  text { font: 14px system-ui, sans-serif; fill: #1f2328; }
  .head { font-weight: 600; }
  .note { font-size: 12px; fill: #57606a; }
  .ours { fill: #0b5cad; } .other { fill: #9aa4af; } .axis { stroke: #57606a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .note { fill: #9da7b1; }
    .ours { fill: #6cb2ff; } .other { fill: #6e7781; } .axis { stroke: #9da7b1; }
  }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row. `figure`: None where there is none, and `note` then says why."""

    name: str
    figure: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Bars of one unit under one heading."""

    title: str
    bars: Sequence[Bar]


def chart_of(report: Mapping[str, Any]) -> str:
    """The whole SVG."""
    panels = [panel for panel in (_throughput(report), _latency(report)) if panel.bars]
    height = sum(_HEAD + _ROW * len(panel.bars) for panel in panels) + 24
    parts = [
        f'<svg xmlns="{_NAMESPACE}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">',
        '<title id="title">callgate beside FreeRADIUS and an empty FastAPI endpoint</title>',
        f'<desc id="desc">{escape(_in_words(panels))}</desc>',
        f"<style>{_STYLE}</style>",
    ]
    top = 0
    for panel in panels:
        parts += _drawn(panel, top)
        top += _HEAD + _ROW * len(panel.bars)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _throughput(report: Mapping[str, Any]) -> Panel:
    bars = [_rate_bar(name, report["targets"][name]) for name in NAMES if name in report["targets"]]
    connections = report["settings"].get("connections", 64)
    return Panel(title=f"Answers per second, {connections} lines; each decision is on disk first", bars=bars)


def _rate_bar(name: str, one: Mapping[str, Any]) -> Bar:
    if "answers_per_second" not in one:
        return Bar(name=NAMES[name], figure=None, note="not measured")
    rate = one["answers_per_second"]
    note = f"{rate['median']:,.0f}  ({rate['min']:,.0f} to {rate['max']:,.0f})"
    return Bar(name=NAMES[name], figure=rate["median"], note=note)


def _latency(report: Mapping[str, Any]) -> Panel:
    of_rate = report["latency"].get(str(RATE_OF_P99), {})
    bars = []
    for name, told in NAMES.items():
        if name in of_rate:
            p99 = of_rate[name]["p99_ms"]
            note = f"{p99['median']:.1f} ms  ({p99['min']:.1f} to {p99['max']:.1f})"
            bars.append(Bar(name=told, figure=p99["median"], note=note))
    return Panel(title=f"99th percentile at {RATE_OF_P99} a second, from when each was due; less is better", bars=bars)


def _in_words(panels: Sequence[Panel]) -> str:
    told = [(panel.title, "; ".join(f"{bar.name}, {bar.note}" for bar in panel.bars)) for panel in panels]
    return " ".join(f"{title}: {bars}." for title, bars in told)


def _drawn(panel: Panel, top: int) -> Iterator[str]:
    yield f'<text class="head" x="0" y="{top + 34}">{escape(panel.title)}</text>'
    longest = max((bar.figure or 0 for bar in panel.bars), default=0) or 1
    first = top + _HEAD
    for i, bar in enumerate(panel.bars):
        middle = first + i * _ROW + _BAR // 2 + 5
        width = round((bar.figure or 0) / longest * (_BARS - 120))
        kind = "ours" if bar.name.startswith("callgate") else "other"
        yield f'<text x="{_LABELS - 12}" y="{middle}" text-anchor="end">{escape(bar.name)}</text>'
        yield f'<rect class="{kind}" x="{_LABELS}" y="{first + i * _ROW}" width="{width}" height="{_BAR}"/>'
        yield f'<text class="note" x="{_LABELS + width + 8}" y="{middle}">{escape(bar.note)}</text>'
    bottom = first + len(panel.bars) * _ROW - (_ROW - _BAR) // 2
    yield f'<line class="axis" x1="{_LABELS}" x2="{_LABELS}" y1="{first - 6}" y2="{bottom}"/>'
