"""What can stand against a number? Known to those who guard it, and to nobody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.conformance.observing import HIDDEN_NUMBER
from tests.conftest import World
from tests.people import FREE, block_body, of_facility, of_system, seed_people
from tests.seeding import FACILITY, entry_row, fill, inmate_row, pin_row, station_row

PAUL, QUIN, RITA, SAUL = "500001", "500002", "500003", "500004"
PINS: Final[Mapping[str, str]] = {PAUL: "618240957", QUIN: "472951608", RITA: "350716294", SAUL: "829405163"}
ANOTHER_NUMBER: Final = FREE[1]
UNIT_B_STATION: Final = "demo-ci-b1"
EVERYONE: Final = (PAUL, QUIN, RITA, SAUL)
PAPERS: Final[dict[str, Any]] = {"document_reference": "FA-26-1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`blocks`: as they are set over the API. `refused_for`: why the warden refuses the number where it waits.

    `entry`: what Paul's list says of the number, in calls alone.
    """

    blocks: tuple[Mapping[str, Any], ...] = ()
    refused_for: str = "safety_and_security"
    entry: Mapping[str, Any] | None = field(default_factory=dict)

    async def set(self, world: World) -> None:
        """Set the blocks."""
        for changes in self.blocks:
            await hidden(world, "warden", "POST", "/v1/blocks", json=block_body(HIDDEN_NUMBER, **changes), status=201)


def of_person(inmate_id: str, kind: str = "called_party", **changes: Any) -> dict[str, Any]:
    """What makes a block this person's."""
    return {"inmate_id": inmate_id, "kind": kind} | changes


OWNER: Final = tuple(of_person(inmate_id) for inmate_id in EVERYONE)
"""The number's owner asked not to be called by any of them: the history that the others are held against."""
BLOCKS: Final[dict[str, Cause]] = {
    "the owner's word about each": Cause(blocks=OWNER, refused_for="contact_declined"),
    "his own victim": Cause(blocks=(of_person(PAUL, "victim"),)),
    "a cellmate's victim": Cause(blocks=(of_person(QUIN, "victim"),)),
    "a court's order about somebody in another unit": Cause(blocks=(of_person(RITA, "court_order", **PAPERS),)),
    "the owner's word for the facility": Cause(blocks=(of_facility(kind="called_party"),)),
}
CALLS: Final[dict[str, Cause]] = {
    "not on the list": Cause(entry=None),
    "waiting for the warden": Cause(entry={"kind": "attorney", "state": "pending_warden"}),
    "refused by the warden": Cause(entry={"state": "refused", "ended_at": 1, "ended_by": "warden"}),
    "taken off the list": Cause(entry={"state": "removed", "ended_at": 1, "ended_by": "list_change"}),
    "an attorney who is his victim": Cause(entry={"kind": "attorney"}, blocks=(of_person(PAUL, "victim"),)),
    "not on the list, and a cellmate's victim": Cause(entry=None, blocks=(of_person(QUIN, "victim"),)),
    "a guardian's objection": Cause(blocks=(of_person(PAUL, "guardian"),)),
    "a protected person, and the owner": Cause(blocks=(of_person(PAUL, "protected_person"), *OWNER)),
    "the unit": Cause(blocks=({**of_facility(), "scope": "unit", "unit": "A"},)),
    "an investigation everywhere": Cause(blocks=(of_system(),)),
    "his own victim": BLOCKS["his own victim"],
    "the owner's word about each": BLOCKS["the owner's word about each"],
}


def seed_twins(url: str) -> None:
    """Four people at one facility, one of them in another unit, and a second facility; nobody lists anything yet."""
    seed_people(url)
    units = {RITA: "B", SAUL: "B"}
    fill(
        url,
        stations=[station_row(UNIT_B_STATION, unit="B")],
        inmates=[inmate_row(inmate_id, unit=units.get(inmate_id, "A")) for inmate_id in EVERYONE],
        pins=[pin_row(inmate_id, pin) for inmate_id, pin in PINS.items()],
    )


def seed_entry(url: str, cause: Cause) -> None:
    """Paul's list, with the number as the cause has it, and another number that he may call."""
    fill(url, list_entries=[entry_row(PAUL, ANOTHER_NUMBER)])
    if cause.entry is not None:
        fill(url, list_entries=[entry_row(PAUL, HIDDEN_NUMBER, **cause.entry)])


async def hidden(world: World, role: str, method: str, path: str, *, json: Any = None, status: int) -> dict[str, Any]:
    """What a warden or victim services do meanwhile: nobody compares their answers, but it must succeed."""
    answer = await world.call(role, method, path, json=json)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def lift_everything(world: World) -> None:
    """Lift every block on the number, whoever's word it takes."""
    path = f"/v1/blocks?number={HIDDEN_NUMBER.replace('+', '%2B')}&limit=200"
    blocks = (await world.call("warden", "GET", path)).json()["items"]
    for block in blocks:
        assert block["number"] == HIDDEN_NUMBER
        if block["state"] != "in_force":
            continue
        papers = {"authority": "vacated", "evidence_reference": "D-9"}
        answers = [
            (await world.call(role, "POST", f"/v1/blocks/{block['block_id']}/lift", json=papers)).status_code
            for role in ("warden", "victim_services")
        ]
        assert answers in ([202, 200], [200, 403], [200, 409]), answers


def of_the_facility(path: str) -> str:
    """A path below the facility's own."""
    return f"/v1/facilities/{FACILITY}{path}"
