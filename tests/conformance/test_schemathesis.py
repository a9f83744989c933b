"""schemathesis against the running service: no answer that the document does not describe, whatever is sent.

`callgate serve` runs as a process of its own. First every route is asked what it can take, so that the good answers
are held to their schemas too; then each is thrown a bounded number of generated requests, half of them breaking what
the document demands. Both are told apart by what schemathesis knows of a request, and not by what callgate answers.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema
from sqlalchemy import update

from callgate.app import build, deploy
from callgate.store.database import open_sync
from callgate.store.migrate import migrate
from callgate.store.tables import facilities
from tests.conformance.objects import HERE, VICTIM_BLOCK, good_bodies, seed_objects
from tests.conformance.roles_table import ALWAYS_200, EXPECTED, PUBLIC, ROLES, SWITCH
from tests.conformance.served import Served, serve, this_second
from tests.seeding import ANNA, NUMBER, PINS, STATION, attempt_body, settings_for

EXAMPLES = 25
FORM = "application/x-www-form-urlencoded"
OPERATIONS = [*EXPECTED, *sorted(PUBLIC)]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
# What is sent for a field of this name now and then, so that requests come further than "there is no such thing".
KNOWN: dict[str, tuple[Any, ...]] = {
    "as_of": (None,),
    "called_number": (NUMBER, "+18605550162"),
    "ends_at": ("2099-01-01T00:00:00Z",),
    "facilities": ([HERE["facility_id"]], ["*"]),
    "facility_id": (HERE["facility_id"],),
    "hours": (None, {"open": "08:00", "close": "21:30"}),
    "inmate_id": (HERE["inmate_id"], ANNA),
    "limits": (None, {"calls_per_day": 3}),
    "number": (NUMBER, "+18605550161", "+18605550162"),
    "pin": (PINS[ANNA],),
    "profile": ("ct-doc", "bop"),
    "rate_cap_tier": (None, "prison"),
    "region": ("US",),
    "revoke_url": (None, "https://switch.example/revoke"),
    "starts_at": ("2026-01-01T00:00:00Z",),
    "station_id": (STATION,),
    "time_zone": ("America/New_York",),
    "unit": ("A",),
    "until": ("indefinite",),
}
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class Service:
    """The running service, its document, and the ids that its paths can name."""

    def __init__(self, served: Served, schema: OpenApiSchema) -> None:
        self.served = served
        self.schema = schema
        self.ids = dict(HERE)
        self.session = requests.Session()
        self.tokens = {role: served.token(role) for role in ROLES}

    def operation(self, name: str) -> APIOperation[Any, Any, Any, Any]:
        method, _, path = name.partition(" ")
        return self.schema[path][method]

    def send(self, case: Case[Any], role: str | None, *, accept: str = "*/*") -> Response:
        """Send it, and hold the answer to the document."""
        headers = {"Accept": accept}
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        return case.call_and_validate(
            base_url=self.served.url, session=self.session, headers=headers, checks=list(CHECKS)
        )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("served")
    url = f"sqlite:///{folder}/callgate.db"
    migrate(url)
    seed_objects(url, now=this_second())
    open_the_telephones(url)
    with serve(url, folder) as served:
        running = Service(served, load_schema(url))
        with running.session:
            running.ids["decision_id"] = first_decision(running)
            yield running


def open_the_telephones(url: str) -> None:
    """Stand every facility where it is about noon: the service runs by the machine's clock, and denies at night."""
    west = this_second().hour - 12
    zone = f"Etc/GMT{west:+d}" if west else "Etc/GMT"
    with open_sync(url) as connection:
        connection.execute(update(facilities).values(time_zone=zone))
        connection.commit()


def load_schema(url: str) -> OpenApiSchema:
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False, "database": "none"}})
    return schemathesis.openapi.from_dict(build(deploy(settings_for(url))).openapi(), config=config)


def first_decision(service: Service) -> str:
    case = service.operation("POST /v1/authorize").Case(body=attempt_body("first"), media_type="application/json")
    return str(service.send(case, SWITCH).json()["decision_id"])


def roles_of(name: str) -> list[str | None]:
    return [None] if name in PUBLIC else [*sorted(EXPECTED[name])]


def with_ids(service: Service, name: str) -> dict[str, str]:
    """The path's parameters; a shield's exception is made to a victim's block."""
    ids = {**service.ids, "block_id": VICTIM_BLOCK} if name.endswith("/exceptions") else service.ids
    return {key: value for key, value in ids.items() if f"{{{key}}}" in name}


def generated(service: Service, name: str) -> SearchStrategy[Case[Any]]:
    """Requests as the document allows them and as it does not, with paths that lead somewhere and that do not."""
    operation, ids = service.operation(name), with_ids(service, name)
    good = [operation.as_strategy(GenerationMode.POSITIVE)]
    if ids:
        good.append(operation.as_strategy(GenerationMode.POSITIVE, path_parameters=ids))
    strategies = [st.tuples(one, st.randoms(use_true_random=False)).map(lambda drawn: known(*drawn)) for one in good]
    if any(True for _ in operation.iter_parameters()) or operation.body:
        strategies.append(operation.as_strategy(GenerationMode.NEGATIVE))
    return st.one_of(strategies)


def known(case: Case[Any], dice: Any) -> Case[Any]:
    """The same request, whose fields now and then hold what is known."""
    if isinstance(case.body, dict):
        # Some requests keep all that was generated, the others get what is known in nearly every place.
        share = dice.choice((0, 0.9))
        found = {key: dice.choice(KNOWN[key]) for key in case.body if key in KNOWN and dice.random() < share}
        case.body = case.body | found
    return case


def test_every_route_answers_a_good_request_as_documented(service: Service) -> None:
    answered: dict[str, set[int]] = {name: set() for name in OPERATIONS}
    for name, body in good_bodies(HERE, now=this_second()):
        operation = service.operation(name)
        for _ in range(2):  # a repeat is an answer of its own kind
            case = operation.Case(path_parameters=with_ids(service, name), body=body, media_type="application/json")
            answered[name].add(service.send(case, roles_of(name)[0]).status_code)
        if name == "POST /v1/authorize":
            form = operation.Case(body=body, media_type=FORM)
            assert service.send(form, SWITCH, accept=FORM).headers["content-type"] == [FORM]
    for name in ALWAYS_200:
        form = service.operation(name).Case(body={"variable_sip_call_id": "good-3"}, media_type=FORM)
        answered[name].add(service.send(form, SWITCH).status_code)
    for name in OPERATIONS:
        if name.startswith("GET"):
            case = service.operation(name).Case(path_parameters=with_ids(service, name))
            answered[name].update(service.send(case, role).status_code for role in roles_of(name))
    assert not [name for name, statuses in answered.items() if not any(200 <= status < 300 for status in statuses)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_generated_request_gets_an_answer_that_the_document_does_not_describe(service: Service, name: str) -> None:
    @QUIET
    @given(generated(service, name), st.sampled_from(roles_of(name)))
    def send(case: Case[Any], role: str | None) -> None:
        service.send(case, role)

    send()


def test_the_service_came_through_without_a_failure(service: Service) -> None:
    answer = service.session.get(f"{service.served.url}/readyz", timeout=10)
    assert answer.status_code == 200
    assert service.served.process.poll() is None
    log = service.served.log.read_text()
    assert "request_failed" not in log
    assert '"level":"error"' not in log.replace(" ", "")
