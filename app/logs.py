"""The log: one line of JSON for each event, or what a person reads where a terminal shows it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import orjson
import structlog
from structlog.typing import EventDict, Processor

from app.bugs import Foreign
from app.figures import Figures

SLOW = 1.0  # seconds

#: Status of the response, None if the client went before it; seconds it took → whether to tell.
Telling = Callable[[int | None, float], bool]

#: Counts a request that has ended: its figures, its status as above, its seconds.
Record = Callable[[Figures, int | None, float], None]


def _failed(status: int | None, _: float) -> bool:
    return status is not None and status >= 500  # noqa: PLR2004 - HTTP


def _slow(status: int | None, seconds: float) -> bool:
    return seconds >= SLOW or _failed(status, seconds)


#: Which requests leave a line, by what the setting `log_requests` says.
REQUESTS: Final[Mapping[str, Telling]] = {
    "all": lambda _status, _seconds: True,
    "slow": _slow,
    "failed": _failed,
    "none": lambda _status, _seconds: False,
}


def configure() -> None:
    """Send what the service logs to standard error. For a process of its own, before any event.

    What libraries log goes the same way.
    """
    logging.getLogger().handlers = [Foreign()]
    shown = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *(_FOR_PEOPLE if shown else _FOR_MACHINES),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=(
            structlog.PrintLoggerFactory(sys.stderr)
            if shown
            else structlog.BytesLoggerFactory(sys.stderr.buffer)
        ),
        cache_logger_on_first_use=True,
    )


def _stamp(_logger: object, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = datetime.now(UTC)
    return event


def _json(event: EventDict, **_: object) -> bytes:
    return orjson.dumps(event, default=repr, option=orjson.OPT_UTC_Z)


_FOR_PEOPLE: Final[tuple[Processor, ...]] = (
    structlog.processors.TimeStamper("%H:%M:%S", utc=False),
    structlog.dev.ConsoleRenderer(),
)
_FOR_MACHINES: Final[tuple[Processor, ...]] = (
    _stamp,
    structlog.processors.JSONRenderer(serializer=_json),
)
