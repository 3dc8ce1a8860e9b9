"""A notice of an act at another time. Imports the outbox's row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hub.store.outbox import OutboxRow


def moved(row: OutboxRow, by: timedelta) -> OutboxRow:
    """The row with the act's time moved; the times in the data stand."""
    if row.kind != "notice" or row.message is None:
        return row
    return replace(row, message=replace(row.message, time=row.message.time + by))
