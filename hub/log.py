"""Structured logs in JSON, with redaction as the last step (D-10). Imports structlog and the person numbers only."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from schemas.person_numbers import find_person_numbers

log: structlog.stdlib.BoundLogger = structlog.get_logger("hub")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A case's id; some contain digits that look like a person's number."""

_PLAIN = (int, float, bool, type(None))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values that contain a person's number, and cut texts, so that no body of a message is logged."""
    for key, value in event.items():
        if isinstance(value, _PLAIN):
            continue
        text = value if isinstance(value, str) else repr(value)
        event[key] = "[personal]" if find_person_numbers(_UUID.sub("", text)) else text[:300]
    return event


def configure(*, level: str = "info") -> None:
    """Set up JSON lines on standard error, for the hub and its libraries."""
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
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
