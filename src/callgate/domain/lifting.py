"""Who can end a block?

Whoever asks why a number is blocked should hear to whom to turn, so every block says it, in words and for machines, and
both come from the one table of permissions that the lifting itself asks.
"""

from collections.abc import Sequence

from callgate.domain.roles import PERMISSIONS, VICTIM_CLASS, Permission, Role


def list_lifters(kind: str) -> Sequence[Sequence[str]]:
    """Which roles may each of the people have who lift a block of this kind together?

    Clause: contract sections 1 and 5; RULES F21, F22.

    Example:
        >>> list_lifters("called_party")
        [['security', 'warden']]
        >>> list_lifters("victim")
        [['victim_services'], ['victim_services', 'warden']]
    """
    if kind in VICTIM_CLASS:
        return [[Role.VICTIM_SERVICES.value], _roles(Permission.BLOCKS_LIFT_VICTIM_CLASS)]
    return [_roles(Permission.BLOCKS_LIFT)]


def tell_lifters(kind: str, *, scope: str, provisional: bool) -> str:
    """The same in words, for a block that is in force.

    Args:
        provisional: the removal request that it came from is not decided yet.

    Example:
        >>> tell_lifters("guardian", scope="inmate", provisional=False)
        'A warden or security lifts it.'
    """
    if provisional:
        return "Nobody lifts it: it ends by the warden's decision on the removal request that `request_id` names."
    if kind in VICTIM_CLASS:
        who = "Two people lift it together: one of victim services, the other of victim services or a warden."
    else:
        who = "A warden or security lifts it."
    if scope == "system":
        who += " It is the whole system's, so it takes tokens for every facility."
    return who


def _roles(permission: Permission) -> list[str]:
    return sorted(role.value for role in PERMISSIONS[permission])
