"""Where does the object that a path names belong, and is there one?

A token that does not cover the place must not learn that the object exists, so this is asked before anything else.
"""

import re
from dataclasses import dataclass

from callgate.domain.roles import ANY_FACILITY
from callgate.flows.deployment import Deployment
from callgate.store import reach as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where an object belongs.

    `facility_id`: None where it belongs to no facility: it is the system's, or it is not there.
    `may_be_created`: a PUT on a name that is not there yet makes it.
    """

    exists: bool
    facility_id: str | None
    may_be_created: bool = False


_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Path parameters that are no name of ours: the flow reads them itself.
_WRITTEN_FREELY = frozenset({"number"})
# What belongs to whoever covers every place, where it belongs to none.
_EVERYWHERES = frozenset({"decision_id", "incident_id"})
# What a PUT may make; everything else is named by callgate and must be there.
_CREATABLE = frozenset({"facility_id", "station_id", "tariff", "inmate_id", "switch_id", "number"})


async def find_reach(deployment: Deployment, *, kind: str, object_id: str) -> Reach:
    """Answer for one path parameter; `kind` is the parameter's name."""
    creatable = kind in _CREATABLE
    if kind not in _WRITTEN_FREELY and not _NAME.fullmatch(object_id):
        # Nothing has such a name, and a database may refuse to look for it. A PUT goes on to be told what is wrong.
        return Reach(exists=False, facility_id=None, may_be_created=creatable)
    if kind == "facility_id":
        # The id itself is the place: a facility that is not there yet belongs to whoever covers its name.
        async with deployment.database.read() as transaction:
            exists = await store.facility_exists(transaction, object_id)
        return Reach(exists=exists, facility_id=object_id, may_be_created=True)
    if kind not in store.PLACES:
        # A number, a tariff's name, a tracking token: not an object with a place of its own.
        return Reach(exists=True, facility_id=None)
    async with deployment.database.read() as transaction:
        found = await store.find_place(transaction, kind=kind, object_id=object_id)
    if found is not None and found.facility_id is None and kind in _EVERYWHERES:
        # An attempt at a telephone that nobody knows belongs to whoever covers every place.
        return Reach(exists=True, facility_id=ANY_FACILITY)
    if found is None:
        return Reach(exists=False, facility_id=None, may_be_created=creatable)
    return Reach(exists=True, facility_id=found.facility_id, may_be_created=creatable)
