"""What the hub needs and cannot reach: said once when that starts and once when it ends. Imports the log and the metrics only.

A part of the hub that meets ``Unavailable`` reports it here in place of a log line of its own: while the broker or the database is
away, every loop meets it many times a second.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from hub import metrics
from hub.errors import Unavailable
from hub.log import log

DATABASE, BROKER = "database", "kafka"
_NEEDED = {DATABASE: "database", BROKER: "broker"}
"""``Unavailable.reason`` → the name that operations knows it by."""
_LIBRARY_S = 60.0
"""The same message of a client library is logged again after so many seconds at the earliest."""


class Outages:
    """Which of the things that the hub needs are away, and since when."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[float, datetime]] = {}
        for name in _NEEDED.values():
            metrics.away.labels(name).set(0)

    def met(self, error: Unavailable, **what: object) -> bool:
        """A part of the hub could not reach something; whether it is one of those that are told once while they are away.
        ``what``: further facts for the log, none of a message's.

        Of anything else (a process pool that is busy) each is logged.
        """
        name = _NEEDED.get(error.reason)
        if name is None:
            log.warning("put_off", reason=error.reason, **what)
            return False
        if name not in self._since:
            self._since[name] = time.monotonic(), datetime.now(UTC)
            metrics.away.labels(name).set(1)
            log.error("away", needed=name, **what)
        return True

    def answered(self, reason: str) -> None:
        """``DATABASE`` or ``BROKER`` has just answered."""
        name = _NEEDED[reason]
        if (began := self._since.pop(name, None)) is not None:
            metrics.away.labels(name).set(0)
            log.warning("back", needed=name, away_s=round(time.monotonic() - began[0], 1), since=began[1].isoformat())

    def is_away(self, reason: str) -> bool:
        """Whether it was met since it last answered."""
        return _NEEDED[reason] in self._since


outages = Outages()
"""Of this process, as the metrics are."""


class OncePerMinute(logging.Filter):
    """Lets a client library's message through once a minute: aiokafka repeats its own for each node and each try."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        if outages.is_away(BROKER) and record.name.startswith("aiokafka"):
            return False
        error = record.exc_info[1] if record.exc_info else None
        if record.name == "asyncio" and type(error).__module__.startswith("aiokafka"):
            return False  # a task within aiokafka that nobody awaits; whoever asked it for something has its own error
        key, now = (record.name, str(record.msg)), time.monotonic()
        if now - self._said.get(key, -_LIBRARY_S) < _LIBRARY_S:
            return False
        self._said[key] = now
        return True


def thin_out(library: str) -> None:
    """Has a library's messages written to standard error once a minute each, in a program that sets up no log of its own."""
    handler = logging.StreamHandler()
    handler.addFilter(OncePerMinute())
    logger = logging.getLogger(library)
    logger.handlers, logger.propagate = [handler], False
