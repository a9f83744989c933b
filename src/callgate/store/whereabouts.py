"""Where is a person held, and which law holds there?"""

from dataclasses import dataclass

from sqlalchemy import select

from callgate.store.database import Transaction
from callgate.store.tables import facilities, inmates


@dataclass(frozen=True, slots=True, kw_only=True)
class Locality:
    """A facility, as far as its law, its calendar and its numbering go."""

    facility_id: str
    profile: str
    time_zone: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a person is, or for somebody released was last. `status`: `active` or `released`."""

    inmate_id: str
    unit: str
    status: str
    locality: Locality

    @property
    def facility_id(self) -> str:
        """The facility."""
        return self.locality.facility_id


async def find_whereabouts(transaction: Transaction, inmate_id: str) -> Whereabouts | None:
    """Where this person is; None: nobody of that id was ever booked."""
    m, f = inmates.c, facilities.c
    query = (
        select(m.inmate_id, m.unit, m.status, f.facility_id, f.profile, f.time_zone, f.region)
        .join(facilities, f.facility_id == m.facility_id)
        .where(m.inmate_id == inmate_id)
    )
    row = (await transaction.execute(query)).first()
    if row is None:
        return None
    return Whereabouts(
        inmate_id=row.inmate_id,
        unit=row.unit,
        status=row.status,
        locality=Locality(facility_id=row.facility_id, profile=row.profile, time_zone=row.time_zone, region=row.region),
    )
