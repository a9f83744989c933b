"""Has everything that a node does by itself come back, on each node, after the database moved?

Three loops: the look for calls that must end (each node its own), the sweep that decides running calls again (one node
leads), and the alarms after refusals.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from bench.failover.callers import Told

SECONDS_MAX: Final = 60.0
_WAIT: Final = 5
_SOON: Final = timedelta(seconds=1)


class Desk:
    """Staff and a switch, who talk to the nodes.

    Args:
        ports: of the nodes.
        tokens: of the roles `switch`, `security` and `warden`.
    """

    def __init__(self, ports: Sequence[int], tokens: dict[str, str]) -> None:
        self._nodes = [httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS_MAX) for port in ports]
        self._tokens = tokens

    async def close(self) -> None:
        """Hang up."""
        for node in self._nodes:
            await node.aclose()

    async def readiness(self) -> list[tuple[str, float]]:
        """What each node says of its database, and after how many seconds."""
        found = []
        for node in self._nodes:
            began = time.monotonic()
            told = (await node.get("/readyz")).json()["checks"]["database"]
            found.append((told, time.monotonic() - began))
        return found

    async def seconds_to_hear_of_a_terminated_call(self, call: Told, *, node: int) -> float | None:
        """How long after staff ended this call at another node does the switch hear of it at this one?"""
        hearing = asyncio.create_task(self._hear(call, node=node))
        await asyncio.sleep(0.2)  # so that the switch already waits
        began = time.monotonic()
        path = f"/v1/calls/{call.decision_id}/terminate"
        await self._post((node + 1) % len(self._nodes), path, {"note": "failover"}, role="security")
        heard_at = await hearing
        return None if heard_at is None else heard_at - began

    async def seconds_to_sweep(self, call: Told, *, now: datetime) -> float | None:
        """How long after a restriction began, which no write announces, does the switch hear that the call must end?"""
        starts = now + _SOON
        restriction = {
            "kind": "disciplinary",
            "starts_at": _wire(starts),
            "ends_at": _wire(starts + timedelta(days=1)),
            "authority": "failover",
            "case_number": "1",
        }
        began = time.monotonic() + _SOON.total_seconds()
        await self._post(0, f"/v1/inmates/{call.inmate_id}/restrictions", restriction, role="warden")
        heard_at = await self._hear(call, node=0)
        return None if heard_at is None else heard_at - began

    async def _hear(self, call: Told, *, node: int) -> float | None:
        until = time.monotonic() + SECONDS_MAX
        while time.monotonic() < until:
            answer = await self._nodes[node].get(
                "/v1/switches/self/commands", params={"wait": _WAIT}, headers=self._as("switch")
            )
            items = answer.json()["items"] if answer.is_success else []
            if any(item["decision_id"] == call.decision_id for item in items):
                return time.monotonic()
            await asyncio.sleep(0.05)
        return None

    async def _post(self, node: int, path: str, body: dict[str, Any], *, role: str) -> None:
        answer = await self._nodes[node].post(path, json=body, headers=self._as(role))
        answer.raise_for_status()

    def _as(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens[role]}"}


def _wire(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
