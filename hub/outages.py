"""What the hub needs and cannot reach: said once when that starts and once when it ends. Imports the log, the metrics and the errors only.

A part of the hub that meets ``Unavailable`` reports it here in place of a log line of its own: while the broker or the database is
away, every loop meets it many times a second.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime

from hub import clock, metrics
from hub.errors import Unavailable
from hub.log import log

DATABASE, BROKER = "database", "kafka"
_NEEDED = {DATABASE: "database", BROKER: "broker"}
"""``Unavailable.reason`` → the name that operations knows it by."""
_HICCUP_S = 1.0
"""Seconds within which what is met is a lost connection and no outage."""
_LIBRARY_S = 60.0
"""The same message of a client library is logged again after so many seconds at the earliest."""


class Outages:
    """Which of the things that the hub needs are away, and since when."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[float, datetime]] = {}
        self._answered_at: dict[str, float] = {}
        self._said: set[str] = set()
        """Those that count as away: a probe failed, or they were met again after a while."""
        for name in _NEEDED.values():
            metrics.away.labels(name).set(0)

    def met(self, error: Unavailable, **what: object) -> bool:
        """A part of the hub could not reach something; whether it is one of those that are told once while they are away.
        ``what``: further facts for the log, none of a message's.

        One lost connection is no outage: it is one when a probe fails too, or when it is met for longer than ``_HICCUP_S``. Of
        anything else (a process pool that is busy) each is logged.
        """
        name = _NEEDED.get(error.reason)
        if name is None:
            log.warning("put_off", reason=error.reason, **what)
            return False
        began, _ = self._since.setdefault(name, (time.monotonic(), clock.now()))
        if time.monotonic() - began > _HICCUP_S:
            self._say(name, what)
        return True

    def unanswered(self, reason: str, asked_at: float, **what: object) -> None:
        """A probe of ``DATABASE`` or ``BROKER``, made at ``asked_at`` (``time.monotonic``), had no answer. It says nothing where another
        was answered since: a probe of what stands still may end long after its time.
        """
        name = _NEEDED[reason]
        if asked_at <= self._answered_at.get(name, 0.0):
            return
        self._since.setdefault(name, (time.monotonic(), clock.now()))
        self._say(name, what)

    def answered(self, reason: str) -> None:
        """A probe of ``DATABASE`` or ``BROKER`` was answered."""
        name = _NEEDED[reason]
        self._answered_at[name] = time.monotonic()
        began = self._since.pop(name, None)
        if began is not None and name in self._said:
            self._said.discard(name)
            metrics.away.labels(name).set(0)
            log.warning("back", needed=name, away_s=round(time.monotonic() - began[0], 1), since=began[1].isoformat())

    def is_away(self, reason: str) -> bool:
        """Whether it counts as away."""
        return _NEEDED[reason] in self._said

    def _say(self, name: str, what: Mapping[str, object]) -> None:
        if name not in self._said:
            self._said.add(name)
            metrics.away.labels(name).set(1)
            log.error("away", needed=name, **what)


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
