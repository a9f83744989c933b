"""A block takes somebody's lawyer or consulate out of reach: is the warden told?

The block stands all the same, because it beats privilege. But a call that the law protects is now refused, so somebody
has to look whether that is meant.
"""

from callgate.domain.alerts import AlertKind
from callgate.domain.roles import VICTIM_CLASS
from callgate.flows.raise_alerts import Alarm
from callgate.flows.staff_write import Write
from callgate.store.blocks import Block
from callgate.store.privileged_numbers import Among, is_privileged_for_any
from callgate.store.whereabouts import Whereabouts


async def note_privilege_clash(write: Write, block: Block, person: Whereabouts | None) -> None:
    """Raise one alert if anybody whom this new block binds has the number as a privileged one.

    Args:
        person: where the block's person is; None: it names nobody, or nobody known.

    Clause: RULES F16.
    """
    among = Among(facility_id=block.facility_id, unit=block.unit, inmate_id=block.inmate_id)
    shields = person is not None and block.kind in VICTIM_CLASS and person.status == "active"
    if shields and person is not None:
        among = Among(facility_id=person.facility_id, inmate_id=block.inmate_id)
    if not await is_privileged_for_any(write.transaction, block.number, among):
        return
    alarm = Alarm(
        kind=AlertKind.PRIVILEGED_NUMBER_BLOCKED,
        subject=block.block_id,
        facility_id=block.facility_id if person is None else person.facility_id,
        detail={"block_id": block.block_id},
    )
    await write.tell(alarm)
