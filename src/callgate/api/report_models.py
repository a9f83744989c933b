"""What does an item of each report hold?"""

from typing import Literal

from pydantic import Field

from callgate.api.fields import InstantText, WireOut

_NUMBER = "+18605550123"


class SharedNumberOut(WireOut):
    """A number that several people hold."""

    number: str = Field(examples=[_NUMBER])
    lists: int = Field(description="On so many lists.", examples=[2])
    waiting: int = Field(description="On so many of them it waits for a warden.", examples=[0])
    kinds: list[str] = Field(description="As what it was entered.", examples=[["social"]])
    first_since: InstantText = Field(description="Since when it stands on the first of them.")
    inmate_ids: list[str] = Field(examples=[["00204418", "00311907"]])


class CalledNumberOut(WireOut):
    """A number that several people called."""

    number: str = Field(examples=[_NUMBER])
    people: int = Field(examples=[2])
    calls: int = Field(description="Allowed attempts.", examples=[9])
    answered: int = Field(description="How many of them were answered.", examples=[6])
    first_at: InstantText
    last_at: InstantText
    inmate_ids: list[str] = Field(examples=[["00204418", "00311907"]])


class RefusedPinsOut(WireOut):
    """How often a telephone refused a PIN."""

    station_id: str = Field(examples=["osborn-b1-03"])
    facility_id: str = Field(examples=["osborn"])
    missing: int = Field(description="None was entered.", examples=[3])
    unknown: int = Field(description="It was nobody's.", examples=[12])
    locked: int = Field(description="Entry was locked after too many wrong ones.", examples=[4])
    not_here: int = Field(description="It was right, but its owner is not held there.", examples=[1])
    last_at: InstantText


class PinNotHereOut(WireOut):
    """Somebody whose right PIN was tried where they are not."""

    inmate_id: str = Field(examples=["00204418"])
    tries: int = Field(examples=[2])
    held_elsewhere: int = Field(description="Tries while they were held at another facility.", examples=[2])
    released: int = Field(description="Tries after their release.", examples=[0])
    facility_ids: list[str] = Field(description="Where it was tried.", examples=[["osborn"]])
    last_at: InstantText


class ReleasedOut(WireOut):
    """Somebody who was released."""

    inmate_id: str = Field(examples=["00204418"])
    facility_id: str = Field(description="Where they were held last.", examples=["osborn"])
    released_at: InstantText = Field(description="As of when that was last told.")
    numbers: int = Field(description="Numbers that their list still holds, for if they come back.", examples=[7])


class RemovalClockOut(WireOut):
    """How long removal requests take at one facility."""

    facility_id: str = Field(examples=["osborn"])
    taken_in: int = Field(examples=[14])
    decided: int = Field(examples=[12])
    decided_late: int = Field(description="After the day they were due.", examples=[1])
    open: int = Field(examples=[2])
    overdue: int = Field(description="Open, and due before today.", examples=[0])
    hours_median: float | None = Field(description="From taking in to the decision; half took no longer.")
    hours_p95: float | None = Field(description="The same for 95 of 100.")
    days_median: int | None = Field(description="Calendar days from the day of receipt to the decision's.")
    days_p95: int | None
    oldest_open_days: int | None = Field(description="How long ago the oldest open one was received.")


class ListWaitOut(WireOut):
    """How long numbers wait for a warden at one facility."""

    facility_id: str = Field(examples=["osborn"])
    decided: int = Field(examples=[31])
    hours_median: float | None = Field(description="From the submission to the warden's decision.", examples=[20.5])
    hours_p95: float | None = Field(examples=[66.0])
    waiting: int = Field(description="Numbers that wait now.", examples=[3])
    waiting_hours_longest: float | None = Field(examples=[12.2])
    waiting_since: InstantText | None = Field(description="Since when the first of them waits.")


class MissedFloorOut(WireOut):
    """Somebody who had less than the floor on that day."""

    inmate_id: str = Field(examples=["00204418"])
    facility_id: str = Field(examples=["osborn"])
    day: str = Field(description="By the facility's calendar.", examples=["2026-11-21"])
    missed: list[Literal["minutes_per_day", "calls_per_month"]]
    floor_minutes_per_day: int | None = Field(examples=[90])
    floor_calls_per_month: int | None
    talk_seconds: int = Field(description="Talked on that day.", examples=[840])
    calls: int = Field(description="Answered calls of that day.", examples=[1])
    calls_this_month: int = Field(description="Answered calls of the month up to that day.", examples=[9])
    causes: list[Literal["shut_off", "restricted", "list_empty", "denied", "talked_less", "did_not_call"]] = Field(
        description="What the records show; the last two where nothing stood in the way."
    )
    denied_by: dict[str, int] = Field(
        description="Denied attempts of that day by reason class.", examples=[{"outside_calling_hours": 2}]
    )


class SafeguardsOut(WireOut):
    """What one facility did not use."""

    facility_id: str = Field(examples=["osborn"])
    unused: list[str] = Field(description="Safeguards that nobody used in those days.", examples=[["previews"]])
    uses: dict[str, int] = Field(description="How often each of the others was.", examples=[{"blocks": 4}])
    last_used_at: InstantText | None
    not_set: list[str] = Field(
        description="What the facility could narrow for itself and does not.", examples=[["own_limits"]]
    )


class SharedNumberPage(WireOut):
    """One page of the report."""

    items: list[SharedNumberOut]
    next_cursor: str | None


class CalledNumberPage(WireOut):
    """One page of the report."""

    items: list[CalledNumberOut]
    next_cursor: str | None


class RefusedPinsPage(WireOut):
    """One page of the report."""

    items: list[RefusedPinsOut]
    next_cursor: str | None


class PinNotHerePage(WireOut):
    """One page of the report."""

    items: list[PinNotHereOut]
    next_cursor: str | None


class ReleasedPage(WireOut):
    """One page of the report."""

    items: list[ReleasedOut]
    next_cursor: str | None


class RemovalClockPage(WireOut):
    """One page of the report."""

    items: list[RemovalClockOut]
    next_cursor: str | None


class ListWaitPage(WireOut):
    """One page of the report."""

    items: list[ListWaitOut]
    next_cursor: str | None


class MissedFloorPage(WireOut):
    """One page of the report."""

    items: list[MissedFloorOut]
    next_cursor: str | None


class SafeguardsPage(WireOut):
    """One page of the report."""

    items: list[SafeguardsOut]
    next_cursor: str | None
