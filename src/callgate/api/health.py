"""Is the service up, may it be sent calls, which version is it, and how does it fare? None of these needs a token."""

import asyncio
import ipaddress
from dataclasses import asdict
from typing import Final, Literal

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from callgate import __version__, observe
from callgate.api.answers import shown
from callgate.api.auth import deployment_of
from callgate.api.fields import WireOut
from callgate.api.openapi import problem_responses
from callgate.api.problems import problem
from callgate.flows.check_readiness import Readiness, check_readiness

router = APIRouter(tags=["service"])

Finding = Literal["ok", "failed"]
_log = structlog.get_logger("callgate.readiness")
# A proxy on this machine has a loopback address too; whom it speaks for it says in one of these.
_FORWARDING: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class LiveOut(WireOut):
    """The process answers."""

    status: Literal["ok"]


class ChecksOut(WireOut):
    """What was looked at."""

    database: Finding = Field(description="The records can be written.")
    migrations: Finding = Field(description="The tables are as this version needs them.")
    keys: Finding = Field(description="The keys of tokens and PINs are loaded.")
    clock: Finding = Field(description="The service's clock is within a second of the database's.")


class ReadyOut(WireOut):
    """Calls may come."""

    status: Literal["ok"]
    checks: ChecksOut


class VersionOut(WireOut):
    """What runs here."""

    name: Literal["callgate"]
    version: str = Field(examples=["0.1.0"])


@router.get("/livez", operation_id="check_liveness", summary="Is the process alive?", response_model=LiveOut)
async def livez() -> Response:
    """Answer without touching anything. A process that does not answer this wants restarting."""
    return shown({"status": "ok"}, tagged=False)


@router.get(
    "/readyz",
    operation_id="check_readiness",
    summary="May calls be sent here?",
    response_model=ReadyOut,
    responses=problem_responses(503),
)
async def readyz(request: Request) -> Response:
    """Write to the database, and look at its tables, the keys and the clocks.

    503 names what failed in `checks` and nothing else; the causes are the operator's log's and `callgate doctor`'s.
    """
    found = await _readiness(request)
    checks = {name: "ok" if passed else "failed" for name, passed in asdict(found).items()}
    if found.is_ready:
        return shown({"status": "ok", "checks": checks}, tagged=False)
    _log.warning("not_ready", **checks)
    return problem(request, 503, code="not_ready", detail="Send no calls here; see `checks`.", extra={"checks": checks})


@router.get("/version", operation_id="get_version", summary="Which version runs here?", response_model=VersionOut)
async def version() -> Response:
    """Name the version that runs."""
    return shown({"name": "callgate", "version": __version__}, tagged=False)


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="How does the service fare?",
    response_class=PlainTextResponse,
    responses=problem_responses(403, 404),
)
def metrics(request: Request) -> Response:
    """Counts and latencies for Prometheus, to clients on this machine only (403).

    With `CALLGATE_METRICS_PORT` they are served on that port instead, and not here (404).
    """
    if deployment_of(request).settings.metrics_port is not None:
        raise HTTPException(404)
    if not _is_local(request):
        raise HTTPException(403)
    return Response(observe.metrics_text(), media_type=observe.METRICS_MEDIA_TYPE)


async def _readiness(request: Request) -> Readiness:
    """One look at a time, shared by all who ask meanwhile: without a token nobody makes the database work harder."""
    state = request.app.state
    running: asyncio.Task[Readiness] | None = getattr(state, "readiness", None)
    if running is None or running.done():
        running = asyncio.create_task(check_readiness(deployment_of(request)), name="readiness")
        state.readiness = running
    return await asyncio.shield(running)


def _is_local(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback  # ::ffff:127.0.0.1 on a socket for both
