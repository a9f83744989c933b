"""How is a switch told at once that one of its calls must end?

A signed message to the address that its operator registered. It says which call and nothing of why. It is sent again,
with growing pauses, until the call is reported ended or frees its PIN by itself: that a switch has taken the message
says nothing of whether the call is over.
"""

import asyncio
import json
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

import httpx
import structlog

from callgate import observe
from callgate.domain.errors import Unavailable
from callgate.domain.instants import to_milliseconds
from callgate.domain.webhook import signed_headers
from callgate.flows.deployment import Deployment
from callgate.flows.put_switch import is_allowed_target
from callgate.store.revoke_commands import OpenCommand, claim_command, note_result

ANSWER_WITHIN_SECONDS: Final = 2.0
_PAUSE_FIRST_MS: Final = 500
_PAUSE_MAX_MS: Final = 30_000
_PAUSE_DELIVERED_MS: Final = 10_000
_AT_A_TIME_PER_SWITCH: Final = 8  # one switch that hangs keeps no other waiting
_log = structlog.get_logger("callgate.revocations")


@cache  # reading the authorities' certificates takes longer than all the rest of putting the service together
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class RevocationSender:
    """Sends what is due; one try of a call at a time, whichever worker makes it."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._client = httpx.AsyncClient(
            follow_redirects=False, trust_env=False, timeout=ANSWER_WITHIN_SECONDS, verify=_authorities()
        )
        self._turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_AT_A_TIME_PER_SWITCH))
        self._sending: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send until left; what is under way then is given up, and another process or the next start takes it on."""
        try:
            yield
        finally:
            tasks = list(self._sending.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._client.aclose()

    def hear(self, commands: Sequence[OpenCommand]) -> None:
        """Begin to send those that are due."""
        now_ms = to_milliseconds(self._deployment.clock.now())
        for command in commands:
            if command.revoke_url is None or command.decision_id in self._sending or not command.is_due(now_ms):
                continue
            self._sending[command.decision_id] = asyncio.create_task(self._send(command), name="revocation")

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._sending:
            await asyncio.gather(*self._sending.values(), return_exceptions=True)

    async def _send(self, command: OpenCommand) -> None:
        try:
            async with self._turns[command.switch_id]:
                await self._try_once(command)
        except Unavailable as error:
            _log.warning("revocation_not_kept", code=error.code)
        finally:
            del self._sending[command.decision_id]

    async def _try_once(self, command: OpenCommand) -> None:
        now_ms = to_milliseconds(self._deployment.clock.now())
        pause_ms = min(_PAUSE_FIRST_MS << min(command.tries, 16), _PAUSE_MAX_MS)
        lease_ms = max(pause_ms, int(ANSWER_WITHIN_SECONDS * 1000))
        async with self._deployment.database.write() as transaction:
            if not await claim_command(
                transaction, command.decision_id, now_ms=now_ms, next_try_at_ms=now_ms + lease_ms
            ):
                return
        result = await self._post(command)
        observe.revocation_sent(result)
        after_ms = to_milliseconds(self._deployment.clock.now())
        is_delivered = result == "delivered"
        async with self._deployment.database.write() as transaction:
            await note_result(
                transaction,
                command.decision_id,
                result=result,
                delivered_at_ms=after_ms if is_delivered else None,
                next_try_at_ms=after_ms + (_PAUSE_DELIVERED_MS if is_delivered else pause_ms),
            )

    async def _post(self, command: OpenCommand) -> str:
        """Send it, and say in a word how that went."""
        url = command.revoke_url or ""
        # Asked again at every sending: the deployment may allow less today than when the address was registered.
        if not is_allowed_target(url, self._deployment.settings.revoke_allow):
            return "not_allowed"
        body = json.dumps(
            {"decision_id": command.decision_id, "call_id": command.call_id}, separators=(",", ":")
        ).encode()
        headers = {
            "content-type": "application/json",
            **signed_headers(command.keys, message_id=command.decision_id, at=self._deployment.clock.now(), body=body),
        }
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN_SECONDS),
                self._client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                return "delivered" if answer.is_success else "refused"
        except (TimeoutError, httpx.TimeoutException):
            return "timed_out"
        except (httpx.HTTPError, httpx.InvalidURL):
            return "unreachable"
