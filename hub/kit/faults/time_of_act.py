"""A notice of an act at another time. Imports the outbox's row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hub.store.outbox import OutboxRow


def acted_at(row: OutboxRow, time: datetime) -> OutboxRow:
    """The row with another time of the act; the times in the data stand."""
    if row.kind != "notice" or row.message is None:
        return row
    return replace(row, message=replace(row.message, time=time))
