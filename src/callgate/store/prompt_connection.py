"""What if PostgreSQL neither answers nor hangs up, as when its machine vanishes or the network drops what is sent?

The server's own time limits do not help then: whoever enforces them is gone. TCP would notice after minutes or hours.
"""

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any

import psycopg

# To compress a decision's texts with PostgreSQL's own method takes longer than everything else that it does to insert
# them. A server built without lz4 is left as it is.
_COMPRESS_FAST = (
    "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings "
    "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)
_CONNECT_SECONDS = 2


class PromptConnection(psycopg.AsyncConnection[Any]):
    """A connection that hangs up by itself when an answer takes longer than `answer_seconds_max`.

    The driver then fails as with any broken connection: a statement was not done, of a commit nobody knows.
    """

    answer_seconds_max: float = 10.0

    async def wait(self, *args: Any, **how: Any) -> Any:  # noqa: ANN401 - what the driver's own method takes and gives
        """Wait for one exchange with the server."""
        timer = asyncio.get_running_loop().call_later(self.answer_seconds_max, self._hang_up)
        try:
            return await super().wait(*args, **how)
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        # Through a second handle on the same socket: the driver still holds its own, and finds the end of it there.
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.pgconn.socket)) as same:
            same.shutdown(socket.SHUT_RDWR)


async def connect_promptly(url: str, *, options: str, answer_seconds_max: float) -> PromptConnection:
    """Open one connection, set up as every connection of the service is.

    Args:
        url: as libpq reads it.
        options: settings of the server for this connection, as its command line takes them.
        answer_seconds_max: how long the server may be silent before the connection is given up.
    """
    connection = await PromptConnection.connect(
        url, options=options, application_name="callgate", connect_timeout=_CONNECT_SECONDS
    )
    connection.answer_seconds_max = answer_seconds_max
    await connection.execute(_COMPRESS_FAST)
    await connection.commit()
    return connection
