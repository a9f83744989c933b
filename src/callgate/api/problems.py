"""How is a caller told that something went wrong? RFC 9457, and never with what was sent.

Every answer of 400 and above is built here. On the switch routes it also says `deny`: some switches cannot see the status.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from callgate.domain import errors

MEDIA_TYPE: Final = "application/problem+json"
SWITCH_PATHS: Final = frozenset({"/v1/authorize", "/v1/call-events"})
_TYPE_BASE: Final = "https://callgate.example/problems/"
_RETRY_SECONDS: Final = "1"

_STATUS: Final[tuple[tuple[type[errors.CallgateError], HTTPStatus], ...]] = (
    (errors.Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.Outdated, HTTPStatus.PRECONDITION_FAILED),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)

# What a status without a nearer cause says.
_PLAIN: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed_request", "The request cannot be read as what this route takes; see `errors`."),
    401: ("token_not_accepted", "Send a valid token as `Authorization: Bearer`."),
    403: ("not_permitted", "Your role does not include this."),
    404: ("not_found", "There is nothing here that your token covers."),
    405: ("method_not_allowed", "This route does not take that method."),
    406: ("not_acceptable", "This route cannot answer in any form that the request accepts."),
    413: ("body_too_large", "The body is larger than this route takes."),
    415: ("media_type_not_supported", "Send the body as one of the media types that the route names."),
    500: ("internal_error", "callgate failed to handle this request; nothing was decided or kept. The operator's log has the cause."),
    503: ("unavailable", "No decision was made. Try again."),
}


def problem(
    request: Request,
    status: int,
    *,
    code: str | None = None,
    detail: str | None = None,
    errors_found: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the answer for one failure. Nothing given here may come from what was sent."""
    plain_code, plain_detail = _PLAIN.get(status, ("error", HTTPStatus(status).phrase))
    code = code or plain_code
    body: dict[str, Any] = {
        "type": f"{_TYPE_BASE}{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or plain_detail,
        "instance": f"urn:uuid:{request_id(request)}",
        "code": code,
    }
    if errors_found:
        body["errors"] = list(errors_found)
    body.update(extra or {})
    if request.url.path in SWITCH_PATHS:
        body |= {"decision": "deny", "max_duration_seconds": 0}
    sent = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("WWW-Authenticate", 'Bearer realm="callgate"')
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent.setdefault("Retry-After", _RETRY_SECONDS)
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status_code=status, media_type=MEDIA_TYPE, headers=sent)


def told(request: Request, error: errors.CallgateError) -> Response:
    """The answer for something that a flow refused."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    found = [{"pointer": error.pointer, "code": error.code, "message": error.detail}] if error.pointer else []
    return problem(request, status, code=error.code, detail=error.detail, errors_found=found, extra=error.extra)


def malformed(request: Request, found: Sequence[Mapping[str, Any]]) -> Response:
    """The answer for a body that does not fit its model: which fields and why, never their values."""
    status = HTTPStatus.BAD_REQUEST if request.url.path in SWITCH_PATHS else HTTPStatus.UNPROCESSABLE_ENTITY
    listed = [_field_error(error) for error in found]
    return problem(
        request,
        status,
        code="malformed_request",
        detail="The request does not fit what this route takes; `errors` names each field at fault.",
        errors_found=listed,
    )


def request_id(request: Request) -> str:
    """The request's id, given by the outermost middleware."""
    return str(request.scope.get("callgate.request_id", "00000000-0000-7000-8000-000000000000"))


def install(app: FastAPI) -> None:
    """Make these the answers to every failure of the application."""

    async def on_callgate_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, errors.CallgateError):
            raise error
        return told(request, error)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return malformed(request, error.errors())

    async def on_http_exception(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return problem(request, error.status_code, headers=error.headers)

    app.add_exception_handler(errors.CallgateError, on_callgate_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)


_PARTS_NAMED = ("body", "query", "path", "header")
_MESSAGES: Final[Mapping[str, str]] = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "json_invalid": "The body is not valid JSON.",
}


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    location = [str(part) for part in error.get("loc", ())]
    if location and location[0] in _PARTS_NAMED:
        location = location[1:]
    kind = str(error.get("type", "invalid"))
    if kind == "extra_forbidden" and location:
        # The name of an unknown field is itself something that was sent: a PIN typed as a key must not come back.
        location = location[:-1]
    if kind == "json_invalid":
        location = []
    pointer = "".join(f"/{part}" for part in location if _is_safe_part(part))
    return {"pointer": pointer, "code": kind, "message": _MESSAGES.get(kind, "This value is not one that the field takes.")}


def _is_safe_part(part: str) -> bool:
    return len(part) < 3 or not any(character.isdigit() for character in part)  # noqa: PLR2004 - an index, or a name of ours
