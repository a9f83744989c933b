"""A small application with the real outer layers, for tests that must make a route fail."""

import httpx
from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict

from callgate.api import problems
from callgate.api.middleware import BODY_SECONDS_MAX, Envelope
from callgate.api.switch_models import parse_attempt
from callgate.clock import SystemClock
from callgate.domain import errors

SECRET = "49371568"
AT_FAULT: dict[str, errors.CallgateError] = {
    "invalid": errors.Invalid("pin_not_acceptable", "Choose another.", pointer="/pin"),
    "conflict": errors.Conflict("change_too_soon", "Wait until then.", next_change_on="2026-12-20"),
    "missing": errors.NotFound("not_found", "There is nothing here."),
    "forbidden": errors.Forbidden("not_permitted", "Your role does not include this."),
    "outdated": errors.Outdated("outdated", "It changed. Read it again."),
    "unavailable": errors.Unavailable("store_unavailable", "Try again shortly."),
}
STATUS = {"invalid": 422, "conflict": 409, "missing": 404, "forbidden": 403, "outdated": 412, "unavailable": 503}


class PinIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    pin: str
    q850_cause: int = 0


def small_app(*, body_seconds_max: float = BODY_SECONDS_MAX) -> FastAPI:
    """One route for each way to fail, and one that tells how much it was sent."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    problems.install(app)

    @app.get("/fail/{kind}")
    async def fail(kind: str) -> None:
        raise AT_FAULT[kind]

    @app.get("/crash")
    async def crash() -> None:
        raise ValueError(SECRET)

    @app.post("/pins")
    async def pins(body: PinIn) -> int:
        return len(body.pin)

    @app.post("/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.post("/v1/authorize")
    async def authorize(request: Request) -> None:
        if request.headers.get("x-kind"):
            raise AT_FAULT[request.headers["x-kind"]]
        parse_attempt(await request.body(), "")
        raise ValueError(SECRET)

    app.add_middleware(Envelope, clock=SystemClock(), body_seconds_max=body_seconds_max)
    return app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://callgate.test")
