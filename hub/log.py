"""Structured logs in JSON, with redaction as the last step (D-10). Imports structlog and the person numbers only."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from schemas.person_numbers import holds_person_number

log: structlog.stdlib.BoundLogger = structlog.get_logger("hub")

_PLAIN = (int, float, bool, type(None))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values that contain a person's number, and cut texts, so that no body of a message is logged."""
    for key, value in event.items():
        if isinstance(value, _PLAIN):
            continue
        text = value if isinstance(value, str) else repr(value)
        event[key] = "[personal]" if holds_person_number(text) else text[:300]
    return event


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
