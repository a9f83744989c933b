"""What happens when an operator registers a switch or changes it?

Its webhook secret is made once and shown once. Where revocations are sent is bounded, because callgate itself makes
that request from inside: https anywhere, plain http only to the addresses that the deployment allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from callgate.domain.errors import Forbidden, Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor, read_facilities
from callgate.domain.webhook import new_secret
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found, record_put
from callgate.flows.representations import shown_switch
from callgate.flows.staff_write import StaffRequest, Write, Written, write_once
from callgate.store import switches as store
from callgate.store.locks import own_system


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchGiven:
    """A switch as the operator wants it to stand. `facilities`: ids, or `*` alone."""

    name: str
    facilities: tuple[str, ...]
    revoke_url: str | None
    tokens_not_before: datetime | None


async def put_switch(deployment: Deployment, request: StaffRequest, *, switch_id: str, given: SwitchGiven) -> Written:
    """Register the switch, or change it; the first answer alone shows its webhook secret.

    Raises:
        NotFound: the token does not cover all that the switch serves now, or is to serve.
        Forbidden: it is to serve every facility, and the token is not for every facility.
        Invalid: the facilities are no such list, or the address for revocations is not allowed.
        Outdated: If-Match names another state.
    """

    async def act(write: Write) -> Written:
        await own_system(write.transaction)
        row = await store.find_switch(write.transaction, switch_id)
        if row is not None and not covers_switch(write.actor, row):
            raise not_found()
        wanted = _read_facilities(write.actor, given.facilities)
        before = None if row is None else shown_switch(row)
        write.require_match(before)
        _require_allowed_target(given.revoke_url, deployment.settings.revoke_allow)
        secret = new_secret() if row is None else row.webhook_secret
        await store.put_switch(
            write.transaction,
            switch_id,
            name=given.name,
            facilities=wanted,
            revoke_url=given.revoke_url,
            webhook_secret=secret,
            tokens_not_before_ms=None if given.tokens_not_before is None else to_milliseconds(given.tokens_not_before),
        )
        after = shown_switch(await store.load_switch(write.transaction, switch_id))
        written = await record_put(
            write, "put_switch", object_id=switch_id, facility_id=_only(wanted), before=before, after=after
        )
        if before is not None:
            return written
        return Written(body={**after, "webhook_secret": secret}, status=written.status, etag=written.etag)

    return await write_once(deployment, request, act)


def covers_switch(actor: Actor, row: Any) -> bool:  # noqa: ANN401 - a row of the store
    """Does the token reach every facility that the switch serves? A switch shared with others is not one's own."""
    served = read_facilities(store.facilities_of(row))
    return actor.covers_everything if served is None else all(actor.covers(name) for name in served)


def _read_facilities(actor: Actor, named: Sequence[str]) -> list[str]:
    try:
        served = read_facilities(named)
    except ValueError:
        raise Invalid(
            "facilities_not_valid", 'Name 1 to 1000 facilities, or write ["*"] for every one.', pointer="/facilities"
        ) from None
    if served is None:
        if not actor.covers_everything:
            raise Forbidden(
                "system_scope", "A switch for every facility needs a token for every facility. Name yours instead."
            )
        return list(named)
    if not all(actor.covers(name) for name in served):
        raise not_found()
    return sorted(served)


def _only(facilities: Sequence[str]) -> str | None:
    """To which facility's trail does this write belong? None: to more than one's, so to the system's."""
    return facilities[0] if len(facilities) == 1 and facilities != ["*"] else None


def _require_allowed_target(url: str | None, allowed: str) -> None:
    if url is None or is_allowed_target(url, allowed):
        return
    raise Invalid(
        "revoke_url_not_allowed",
        "Revocations go to an https address, or to an address by its number inside CALLGATE_REVOKE_ALLOW; without "
        "user, password or fragment.",
        pointer="/revoke_url",
    )


def is_allowed_target(url: str, allowed: str) -> bool:
    """May a revocation be sent to this address?

    Args:
        url: as the operator gave it.
        allowed: the networks that plain http may reach, CIDRs separated by commas.

    Example:
        >>> is_allowed_target("https://switch.example/", ""), is_allowed_target("http://switch.example/", "10.0.0.0/8")
        (True, False)
    """
    # urlsplit drops tabs and line ends and reads a backslash as part of the host; clients differ. None is ever needed.
    if not url.isascii() or not url.isprintable() or any(character in url for character in ' \\"<>^`{|}#'):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or port == 0 or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_inside(parts, allowed))


def _is_inside(parts: SplitResult, allowed: str) -> bool:
    """Is the host an address by its number, inside one of the networks? A name could point elsewhere tomorrow."""
    try:
        address = ip_address(parts.hostname or "")
    except ValueError:
        return False
    return any(address in network for network in _networks(allowed))


def _networks(allowed: str) -> list[IPv4Network | IPv6Network]:
    found: list[IPv4Network | IPv6Network] = []
    for text in filter(None, (part.strip() for part in allowed.split(","))):
        try:
            found.append(ip_network(text, strict=False))
        except ValueError:
            continue  # what cannot be read allows nothing
    return found
