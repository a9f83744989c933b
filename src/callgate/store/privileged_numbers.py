"""For whom is a number privileged: an attorney's or a consulate's, verified and in force?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, true

from callgate.domain.phone_list import LEGAL_KINDS
from callgate.store.database import Transaction
from callgate.store.tables import common_numbers, inmates, list_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Whom is it asked about? Those at this facility and this person; with none given, everybody.

    `unit`: those of this unit of the facility alone.
    """

    facility_id: str | None = None
    unit: str | None = None
    inmate_id: str | None = None

    @property
    def everybody(self) -> bool:
        """Is nobody named?"""
        return self.facility_id is None and self.inmate_id is None


async def is_privileged_for_any(transaction: Transaction, number: str, among: Among) -> bool:
    """Would a call to this number by one of these be privileged, if nothing forbade it?"""
    n, e, i = common_numbers.c, list_entries.c, inmates.c
    common = exists().where(
        n.number == number,
        n.kind == "privileged",
        n.state == "in_force",
        or_(n.facility_id.is_(None), _reaches(n.facility_id, among)),
    )
    own = exists().where(
        e.number == number,
        e.kind.in_(sorted(LEGAL_KINDS)),
        e.state == "active",
        e.inmate_id == i.inmate_id,
        or_(*_people(among)),
    )
    return bool((await transaction.execute(select(or_(common, own)))).scalar_one())


def _reaches(facility_id: ColumnElement[str], among: Among) -> ColumnElement[bool]:
    if among.everybody:
        return true()
    places: list[ColumnElement[bool]] = []
    if among.facility_id is not None:
        places.append(facility_id == among.facility_id)
    if among.inmate_id is not None:
        held_at = select(inmates.c.facility_id).where(inmates.c.inmate_id == among.inmate_id).scalar_subquery()
        places.append(facility_id == held_at)
    return or_(*places)


def _people(among: Among) -> Sequence[ColumnElement[bool]]:
    if among.everybody:
        return [true()]
    i = inmates.c
    people: list[ColumnElement[bool]] = []
    if among.facility_id is not None:
        here = i.facility_id == among.facility_id
        people.append(here if among.unit is None else here & (i.unit == among.unit))
    if among.inmate_id is not None:
        people.append(i.inmate_id == among.inmate_id)
    return people
