"""What is an operator told where a command cannot go on? One plain sentence, which never quotes a secret."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import callgate
from callgate.api.token_keys import UnusableTokenKey
from callgate.commands.terminal import Refusal
from callgate.domain.errors import CallgateError
from callgate.flows.replay_corpus import MalformedCorpus
from callgate.policies import MalformedProfile, UnknownProfile
from callgate.settings import UnusableSettings
from callgate.store.backups import UnusableBackup
from callgate.store.database import AlreadyServing
from callgate.store.reading import RecordsUnreadable

_PACKAGE: Final = str(Path(callgate.__file__).parent)
_SAYS_IT_ALL: Final = (AlreadyServing, MalformedCorpus, RecordsUnreadable, Refusal, UnusableBackup, UnusableSettings)
_NEEDS_A_BEGINNING: Final[Mapping[type[Exception], str]] = MappingProxyType(
    {
        MalformedProfile: "A policy file cannot be used",
        UnknownProfile: "`callgate policies` lists the profiles there are",
        UnusableTokenKey: "CALLGATE_TOKEN_KEY cannot be used",
    }
)


def sentence_of(error: Exception) -> str:
    """Say what went wrong and, where anything can be done, what to do."""
    if isinstance(error, _SAYS_IT_ALL):
        return str(error)
    for kind, beginning in _NEEDS_A_BEGINNING.items():
        if isinstance(error, kind):
            return f"{beginning}: {error}."
    if isinstance(error, CallgateError):
        return error.detail
    if isinstance(error, OSError):
        return f"{error.filename or 'The operating system'}: {error.strerror or type(error).__name__}."
    # Its message may quote anything, and the last line of a traceback is that message.
    return f"A fault of callgate's own: {type(error).__name__} at {_place_of(error)}."


def _place_of(error: BaseException) -> str:
    """The innermost line of our own that the error passed through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_PACKAGE)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
