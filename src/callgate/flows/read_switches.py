"""Which switches does a reader see? Those that serve nothing beyond what the token covers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.flows.put_switch import covers_switch
from callgate.flows.representations import Shown, shown_switch
from callgate.store import switches as store
from callgate.store.cases import load_switches

_READ_AT_ONCE: Final = 200


async def load_switch(deployment: Deployment, actor: Actor, switch_id: str) -> Shown:
    """One switch, without its secret.

    Raises:
        NotFound: there is none, or it serves a facility that the token does not cover.
    """
    async with deployment.database.read() as transaction:
        row = await store.find_switch(transaction, switch_id)
    if row is None or not covers_switch(actor, row):
        raise not_found()
    return shown_switch(row)


async def list_switches(deployment: Deployment, actor: Actor, *, after: str | None, limit: int) -> Sequence[Shown]:
    """The switches that the token reaches, by id."""
    found: list[Shown] = []
    async with deployment.database.read() as transaction:
        while len(found) < limit:
            rows = await store.list_switches(transaction, after=after, limit=_READ_AT_ONCE)
            found += [shown_switch(row) for row in rows if covers_switch(actor, row)]
            if len(rows) < _READ_AT_ONCE:
                break
            after = rows[-1].switch_id
    return found[:limit]


async def require_switch_reach(deployment: Deployment, actor: Actor, switch_id: str) -> None:
    """Answer for a path that names a switch: does it serve a place that the token does not cover?

    Raises:
        NotFound: it does.
    """
    async with deployment.database.read() as transaction:
        row = await store.find_switch(transaction, switch_id)
    if row is not None and not covers_switch(actor, row):
        raise not_found()


async def takes_token(deployment: Deployment, switch_id: str, *, issued_at: datetime) -> bool:
    """Is a token of that instant still taken from this switch? A switch that is not registered has no such bound."""
    async with deployment.database.read() as transaction:
        row = (await load_switches(transaction, [switch_id])).get(switch_id)
    return row is None or row.takes_token_of(to_milliseconds(issued_at))
