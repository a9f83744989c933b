"""Tariffs: what a facility itself charges, from which day to which."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from callgate.api.answers import shown, written
from callgate.api.auth import StaffRoute, deployment_of, permitted, staff_request
from callgate.api.facilities import FacilityId
from callgate.api.fields import CallerId, Day, DayText, DecimalText, Media, PaymentType, WireIn, WireOut
from callgate.api.openapi import problem_responses
from callgate.api.pages import name_before_page, page
from callgate.api.paging import Cursor, Limit
from callgate.domain.errors import Invalid
from callgate.domain.rates import MEDIA, Tariff
from callgate.domain.roles import Permission
from callgate.flows import put_tariff as flow
from callgate.flows import read_places

router = APIRouter(route_class=StaffRoute, tags=["facilities"])

TariffName = Annotated[CallerId, Path(description="The tariff's name at this facility.", examples=["collect-2026"])]
Destination = Literal["domestic", "international"]
Payer = Literal["called_party", "prepaid_account", "inmate", "agency"]


class TariffIn(WireIn):
    """A price as it is to stand."""

    payment_types: list[PaymentType] = Field(
        min_length=1, max_length=4, examples=[["collect"]], json_schema_extra={"uniqueItems": True}
    )
    media: list[Media] | None = Field(
        default=None,
        min_length=1,
        max_length=3,
        description="Over which media; left out: all.",
        json_schema_extra={"uniqueItems": True},
    )
    destination: Destination
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field(examples=["USD"], description="ISO 4217.")
    per_minute: DecimalText
    connection_fee: DecimalText = Field(examples=["0.00"], description="Once for an answered call.")
    increment_seconds: int = Field(
        ge=1, le=3600, examples=[60], description="Every started stretch of this is charged whole."
    )
    payer: Payer
    effective_from: Day = Field(description="First day in force, in the facility's zone.")
    effective_until: Day | None = Field(default=None, description="First day no longer in force; null: open.")


class TariffOut(WireOut):
    """A price."""

    facility_id: str = Field(examples=["cheshire"])
    tariff: str = Field(examples=["collect-2026"])
    payment_types: list[PaymentType]
    media: list[Media]
    destination: Destination
    currency: str = Field(examples=["USD"])
    per_minute: str = Field(examples=["0.21"], description="Exactly as given.")
    connection_fee: str = Field(examples=["0.00"], description="Exactly as given.")
    increment_seconds: int = Field(examples=[60])
    payer: Payer
    effective_from: DayText
    effective_until: DayText | None = Field(description="First day no longer in force; null: open.")


class TariffPage(WireOut):
    """One page of prices."""

    items: list[TariffOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


@router.put(
    "/v1/facilities/{facility_id}/tariffs/{tariff}",
    operation_id="put_tariff",
    summary="Enter a price or change it",
    response_model=TariffOut,
    responses={
        201: {"model": TariffOut, "description": "It was not there before."},
        **problem_responses(401, 403, 404, 409, 412, 413, 422, 503),
    },
    openapi_extra=dict(permitted(Permission.TARIFFS_WRITE)),
)
async def put_tariff(request: Request, facility_id: FacilityId, tariff: TariffName, body: TariffIn) -> Response:
    """Enter the facility's own price, or change it.

    Above the FCC's cap for the facility's size on any day in force: 422 `rate_above_cap`. A price for some of the same
    calls on some of the same days as another: 409 `tariff_overlaps`.
    """
    return written(
        await flow.put_tariff(
            deployment_of(request), staff_request(request), facility_id=facility_id, tariff=_read(tariff, body)
        )
    )


@router.get(
    "/v1/facilities/{facility_id}/tariffs/{tariff}",
    operation_id="get_tariff",
    summary="Read one price",
    response_model=TariffOut,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.TARIFFS_READ)),
)
async def get_tariff(request: Request, facility_id: FacilityId, tariff: TariffName) -> Response:
    """Read one of the facility's own prices; the ETag is what `If-Match` takes."""
    return shown(await read_places.load_tariff(deployment_of(request), facility_id=facility_id, tariff=tariff))


@router.get(
    "/v1/facilities/{facility_id}/tariffs",
    operation_id="list_tariffs",
    summary="List a facility's prices",
    response_model=TariffPage,
    responses=problem_responses(401, 403, 404, 422, 503),
    openapi_extra=dict(permitted(Permission.TARIFFS_READ)),
)
async def list_tariffs(request: Request, facility_id: FacilityId, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the facility's own prices, by name. Where it has none, the dated ones of its profile hold."""
    items = await read_places.list_tariffs(
        deployment_of(request), facility_id=facility_id, after=name_before_page(cursor), limit=limit + 1
    )
    return page(items, limit=limit, name="tariff")


def _read(name: str, body: TariffIn) -> Tariff:
    if body.effective_until is not None and body.effective_until <= body.effective_from:
        raise Invalid(
            "dates_not_valid",
            "effective_until is the first day no longer in force: later than effective_from.",
            pointer="/effective_until",
        )
    try:
        return Tariff(
            tariff=name,
            payment_types=tuple(body.payment_types),
            media=MEDIA if body.media is None else tuple(body.media),
            destination=body.destination,
            currency=body.currency,
            per_minute=body.per_minute,
            connection_fee=body.connection_fee,
            increment_seconds=body.increment_seconds,
            payer=body.payer,
            effective_from=body.effective_from,
            effective_until=body.effective_until,
        )
    except ValueError as error:
        # The domain names the field and the form it has, and never the value.
        raise Invalid("tariff_not_valid", f"This is no tariff: {error}.") from None
