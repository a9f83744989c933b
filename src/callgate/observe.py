"""What can an operator see from outside: the log lines and the metrics?

No number, no person, no PIN, no token and no telephone is ever in either. Whoever writes a line or counts something
need not remember that: lines pass through `redact`, and a label is a word of the code, or `other`.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from structlog.stdlib import ProcessorFormatter

from callgate import __version__
from callgate.domain.alerts import UNCOUNTED, AlertKind
from callgate.domain.call import EventType
from callgate.domain.verdict import REASONS_IN_ORDER

# ------------------------------------------------------------------------------------------------------------- metrics

METRICS_MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
_OTHER: Final = "other"
_WORD: Final = re.compile(r"[a-z][a-z_]{0,47}")
_WORDS_MAX: Final = 64  # a label that takes ever new words would fill the memory of whoever scrapes it
_LATENCY_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_BATCH_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_BUILD = Gauge("callgate_build", "The version that runs.", ["version"], registry=REGISTRY, multiprocess_mode="max")
_BUILD.labels(__version__).set(1)
_DECISIONS = Counter(
    "callgate_decisions",
    "Decisions answered, repeats included, by outcome and reason class.",
    ["decision", "reason"],
    registry=REGISTRY,
)
_SECONDS = Histogram(
    "callgate_decision_seconds",
    "From an attempt's arrival in the queue to its durable answer.",
    buckets=_LATENCY_BUCKETS,
    registry=REGISTRY,
)
_BATCH = Histogram(
    "callgate_batch_size", "Attempts decided in one transaction.", buckets=_BATCH_BUCKETS, registry=REGISTRY
)
_QUEUE = Gauge("callgate_queue_depth", "Attempts waiting.", registry=REGISTRY, multiprocess_mode="livesum")
_REFUSALS = Counter("callgate_refusals", "Switch requests that got no decision, by code.", ["code"], registry=REGISTRY)
_FAILED_CHECKS = Counter(
    "callgate_check_failures", "Checks that raised, and so denied. Each one is an alarm.", ["check"], registry=REGISTRY
)
_SENT = Counter(
    "callgate_revocations_sent",
    "Tries to tell a switch that a call must end, by result.",
    ["result"],
    registry=REGISTRY,
)
_REVOKED_SECONDS = Histogram(
    "callgate_revocation_seconds",
    "From the write that revoked a running call to the switch's word that it is over, by which word that was.",
    ["settled"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0),
    registry=REGISTRY,
)
_EVENTS = Counter("callgate_call_events", "Call events kept, by type.", ["type"], registry=REGISTRY)
_ALERTS = Counter(
    "callgate_alerts",
    "Alerts told for the first time, by kind; without the kinds that would tell of a block.",
    ["kind"],
    registry=REGISTRY,
)


class _Words:
    """The children of a counter with one label, each found once."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._children: dict[str, Counter] = {}

    def __call__(self, word: str) -> Counter:
        child = self._children.get(word)
        if child is None:
            known = len(self._children) < _WORDS_MAX and _WORD.fullmatch(word) is not None
            child = self._counter.labels(word if known else _OTHER)
            if known:
                self._children[word] = child
        return child


_DECIDED: Final[Mapping[tuple[str, str | None], Counter]] = {
    ("allow", None): _DECISIONS.labels("allow", "none"),
    **{("deny", reason.value): _DECISIONS.labels("deny", reason.value) for reason in REASONS_IN_ORDER},
}
_EVENT: Final[Mapping[str, Counter]] = {each.value: _EVENTS.labels(each.value) for each in EventType}
_ALERT: Final[Mapping[str, Counter]] = {
    each.value: _ALERTS.labels(each.value) for each in AlertKind if each not in UNCOUNTED
}
_refusal = _Words(_REFUSALS)
_failed_check = _Words(_FAILED_CHECKS)
_sent = _Words(_SENT)
_SETTLED: Final[Mapping[str, Histogram]] = {word: _REVOKED_SECONDS.labels(word) for word in ("ack", "ended")}


def decided(decision: str, reason: str | None, seconds: float) -> None:
    """Count one decision that was answered, `seconds` after it was asked for."""
    counter = _DECIDED.get((decision, reason))
    (counter or _DECISIONS.labels(_OTHER, _OTHER)).inc()
    _SECONDS.observe(seconds)


def batch(size: int) -> None:
    """Count one transaction of `size` attempts."""
    _BATCH.observe(size)


def queue_depth(waiting: int) -> None:
    """Note how many attempts wait."""
    _QUEUE.set(waiting)


def refused(code: str) -> None:
    """Count one request of a switch that got no decision."""
    _refusal(code).inc()


def check_failed(check: str) -> None:
    """Count one check that raised."""
    _failed_check(check).inc()


def call_event(kind: str) -> None:
    """Count one event that was kept."""
    (_EVENT.get(kind) or _EVENTS.labels(_OTHER)).inc()


def revocation_sent(result: str) -> None:
    """Count one try to tell a switch."""
    _sent(result).inc()


def revocation_settled(by: str, seconds: float) -> None:
    """Note that a revoked call is over; `by`: `ack` or `ended`."""
    _SETTLED[by].observe(max(seconds, 0.0))


def alert_raised(kind: str) -> None:
    """Count one alert that was not told before, unless its kind would tell of a block."""
    if kind not in UNCOUNTED:
        (_ALERT.get(kind) or _ALERTS.labels(_OTHER)).inc()


def metrics_text() -> bytes:
    """Everything counted so far, as Prometheus reads it.

    With several workers, each writes to the folder that `PROMETHEUS_MULTIPROC_DIR` names, and this is the sum of all.
    """
    folder = os.environ.get(_MULTIPROCESS)
    if not folder:
        return generate_latest(REGISTRY)
    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            file.unlink(missing_ok=True)  # of a worker that was killed: nobody waits there any more
    gathered = CollectorRegistry()
    MultiProcessCollector(gathered)  # type: ignore[no-untyped-call]  # the library's own gap
    return generate_latest(gathered)


# ---------------------------------------------------------------------------------------------------------------- logs

REDACTED: Final = "[redacted]"
DIGITS: Final = "[digits]"
_SECRET_PARTS: Final = frozenset(
    (
        *("authorization", "cookie", "digest", "key", "password", "pin", "secret", "token"),
        *("called", "dialled", "inmate", "name", "number", "subject"),
        *("body", "header", "headers", "input", "path", "query", "url", "value"),
    )
)
_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What may hold four digits in a row, and in which form. Under every other name such a run is masked.
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "at": re.compile(r"[0-9-]{10}T[0-9:.]+Z"),
    "decision_id": re.compile(_UUID),
    "request_id": re.compile(_UUID),
    "places": re.compile(r"[A-Za-z0-9_]+\.py:[0-9]+"),
}
_FIGURES: Final = frozenset({"count", "duration_ms", "pid", "port", "seconds", "status", "workers"})
# `\d` on purpose: digits of any script, and through what people and programs write between them.
_DIGIT_RUN: Final = re.compile(r"\d(?:[ ()./:,_-]{0,2}\d){3,}")
_PLACES_MAX: Final = 12
_QUIET: Final = ("httpx", "httpcore", "aiosqlite", "sqlalchemy")


def start_logging(level: str, *, stream: TextIO | None = None) -> None:
    """Write every log line of this process as one JSON object to stderr; of uvicorn and of libraries too.

    Args:
        level: the least one written: debug, info, warning or error.
        stream: where to, instead of stderr.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[ProcessorFormatter.remove_processors_meta, redact, structlog.processors.JSONRenderer()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(least)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))
    # uvicorn's access log writes whole paths, and paths hold numbers and persons.
    logging.getLogger("uvicorn.access").disabled = True


def redact(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Take out of a line what no line may hold.

    Example:
        >>> redact(None, "info", {"event": "retried +1 860 555 0123", "pin": "hunter", "status": 2000})
        {'event': 'retried +[digits]', 'pin': '[redacted]', 'status': 2000}
    """
    failure = line.pop("exc_info", None)
    line.pop("stack_info", None)
    kept = {str(name): _kept(str(name), value) for name, value in line.items()}
    # asyncio writes the repr of what failed, message and all, under its first line.
    kept["event"] = str(kept.get("event", "")).partition("\n")[0]
    return kept if failure is None else kept | _failure(failure)


def _kept(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever somebody logs
    if _SECRET_PARTS.intersection(name.lower().split("_")):
        return REDACTED
    if isinstance(value, Mapping):
        return {_masked(str(key)): _kept(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(name, each) for each in value]
    if isinstance(value, str):
        form = _FORMS.get(name)
        return value if form is not None and form.fullmatch(value) else _masked(value)
    return _kept_figure(name, value)


def _kept_figure(name: str, value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        is_masked = name not in _FIGURES and _DIGIT_RUN.search(str(value)) is not None
        return DIGITS if is_masked else value
    return type(value).__name__  # the repr of an object may hold anything


def _masked(text: str) -> str:
    return _DIGIT_RUN.sub(DIGITS, text)


def _failure(exc_info: Any) -> dict[str, Any]:  # noqa: ANN401 - the forms that logging allows
    """What went wrong and where, without the message: a message repeats what was handled."""
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if not isinstance(error, BaseException):
        return {}
    causes = [type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < _PLACES_MAX:
        causes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return {"error": causes[0], "caused_by": causes[1:], "places": places_of(error.__traceback__)}


def places_of(traceback: TracebackType | None) -> list[str]:
    """The lines that an error came through, `file:line`, the innermost last."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places[-_PLACES_MAX:]
