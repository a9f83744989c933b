"""How does a proof tell what it found? One line a claim, with its figure; and the whole as JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One claim: whether it holds, and the figure that shows it."""

    claim: str
    holds: bool
    found: str


@dataclass(slots=True, kw_only=True)
class Findings:
    """What one proof found."""

    title: str
    verdicts: list[Verdict] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def claim(self, claim: str, *, holds: bool, found: object) -> None:
        """Add a verdict."""
        self.verdicts.append(Verdict(claim=claim, holds=holds, found=str(found)))

    @property
    def hold(self) -> bool:
        """Does every claim hold? Nothing claimed is nothing shown."""
        return bool(self.verdicts) and all(verdict.holds for verdict in self.verdicts)

    def text(self) -> str:
        """For a reader at a terminal."""
        width = max((len(verdict.claim) for verdict in self.verdicts), default=0)
        lines = [self.title]
        lines += [
            f"  {'holds' if verdict.holds else 'FAILS'}  {verdict.claim:<{width}}  {verdict.found}"
            for verdict in self.verdicts
        ]
        return "\n".join(lines)


def keep(findings: list[Findings], path: Path | None, **more: object) -> None:
    """Write all as JSON, if a file was named."""
    if path is not None:
        told = {**more, "findings": [{**asdict(each), "hold": each.hold} for each in findings]}
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
