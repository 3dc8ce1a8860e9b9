"""Structured logs in JSON, with redaction as the last step (D-10). Imports structlog, the errors and the person numbers only."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from hub.errors import kind_and_place
from schemas.person_numbers import holds_person_number

log: structlog.stdlib.BoundLogger = structlog.get_logger("hub")

_PLAIN = (int, float, bool, type(None))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values that contain a person's number, and cut texts, so that no body of a message is logged. Of an error its kind and place
    are left: its text may quote what somebody wrote, as PostgreSQL's does.
    """
    error = _error_of(event.get("exc_info"))
    if error is not None:
        event["exc_info"] = kind_and_place(error)
        said, _, _ = str(event.get("event", "")).partition(
            "\n"
        )  # asyncio shows its task with the error on the next line
        for text in filter(None, (repr(error), str(error))):
            said = said.replace(text, type(error).__name__)
        event["event"] = said
    for key, value in event.items():
        if isinstance(value, _PLAIN):
            continue
        text = value if isinstance(value, str) else repr(value)
        event[key] = "[personal]" if holds_person_number(text) else text[:300]
    return event


def _error_of(exc_info: Any) -> BaseException | None:
    """The error of a log line, in any form in which ``logging`` and structlog have it."""
    found = sys.exc_info() if exc_info is True else exc_info
    found = found[1] if isinstance(found, tuple) else found
    return found if isinstance(found, BaseException) else None


def configure(*, level: str = "info", libraries: logging.Filter | None = None) -> None:
    """Set up JSON lines on standard error, for the hub and its libraries; ``libraries`` thins out what those say."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=[
                structlog.processors.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        )
    )
    if libraries is not None:
        handler.addFilter(libraries)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


@contextmanager
def quiet() -> Iterator[None]:
    """While a command does the hub's work in its own process, errors alone are logged: the command itself says what came of it."""
    before = structlog.get_config()
    errors_alone = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=errors_alone, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        yield
    finally:
        structlog.configure(**before)
