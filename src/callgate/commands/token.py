"""`callgate token`: print one token."""

from typing import Annotated

import typer

from callgate.api.tokens import TokenKeys, issue_token, lifetime_seconds_max
from callgate.clock import SystemClock
from callgate.commands.terminal import Refusal, examples, say
from callgate.domain.roles import ANY_FACILITY, Role, read_facilities
from callgate.settings import Settings, UnusableSettings, load_settings

EXAMPLES = examples(
    "callgate token --role switch --subject osborn-switch --facility osborn",
    "callgate token --role warden --facility osborn --subject a.reyes --minutes 5",
)
_MINUTE_SECONDS = 60


def token(
    *,
    role: Annotated[Role, typer.Option(help="The office that the token's holder acts in.")],
    facility: Annotated[
        list[str] | None, typer.Option(help="A facility that the token covers; give it again for more. Default: all.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Who holds it; for a switch, the switch's id. Default: the role's name.")
    ] = None,
    minutes: Annotated[
        int | None, typer.Option(min=1, help="How long it is good. Default: as long as the role may have one.")
    ] = None,
) -> None:
    """Print a token, alone on standard output.

    Whoever sends it acts in its role. A staff token is good for 15 minutes at most, a switch's for 366 days. It is
    signed with CALLGATE_TOKEN_KEY; with the embedded database a missing key is made and kept beside it.
    """
    allowed = lifetime_seconds_max(role) // _MINUTE_SECONDS
    if minutes is not None and minutes > allowed:
        raise Refusal(f"A {role} token is good for {allowed} minutes at most; ask for fewer.")
    keys = _keys(load_settings())
    try:
        raw = issue_token(
            keys,
            subject=subject or role.value,
            role=role,
            facilities=read_facilities(facility or [ANY_FACILITY]),
            now=SystemClock().now(),
            lifetime_seconds=(minutes or allowed) * _MINUTE_SECONDS,
        )
    except ValueError as error:
        raise Refusal(f"No such token can be made: {error}.") from None
    say(raw)


def _keys(settings: Settings) -> TokenKeys:
    # A node that only hands out tokens needs no PIN key.
    key = settings.with_token_key().token_key
    if key is None:
        raise UnusableSettings("CALLGATE_TOKEN_KEY is not set.")
    return TokenKeys.from_text(key.get_secret_value())
