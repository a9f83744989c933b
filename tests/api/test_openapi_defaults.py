"""What a route leaves out is filled in, and what it says itself is kept."""

from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict

from callgate.api import openapi
from callgate.api.auth import StaffRoute, permitted
from callgate.domain.roles import Permission


class NoteIn(BaseModel):
    """A note."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": None}]})

    text: str | None


def described(**route: Any) -> dict[str, Any]:
    router = APIRouter(route_class=StaffRoute, tags=["service"])

    @router.post("/notes/{note_id}", operation_id="add_note", openapi_extra=permitted(Permission.ALERTS_READ), **route)
    async def add_note(note_id: str, body: NoteIn) -> NoteIn:
        """Add a note."""
        del note_id
        return body

    app = FastAPI(version="1")
    app.include_router(router)
    openapi.install(app)
    operation: dict[str, Any] = app.openapi()["paths"]["/notes/{note_id}"]["post"]
    return operation


def test_a_route_that_forgets_its_errors_has_them_all_the_same() -> None:
    assert set(described()["responses"]) == {"200", "400", "401", "403", "404", "408", "413", "422", "503"}


def test_a_route_s_own_words_about_an_error_are_kept() -> None:
    own = openapi.problem_responses(404, 409)
    own[404]["description"] = "No such note."
    responses = described(responses=own)["responses"]
    assert responses["404"]["description"] == "No such note."
    assert responses["409"] == {"$ref": "#/components/responses/Problem409"}


def test_problem_responses_come_in_order_whatever_the_order_asked_for() -> None:
    assert list(openapi.problem_responses(503, 401, 404)) == [401, 404, 503]
