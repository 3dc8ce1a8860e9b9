"""What operations should see to, each thing with its urgency, its sentence and where its rows are. Pure; imports the language only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlencode

Severity = Literal["urgent", "soon", "note"]
"""``urgent``: something stands still, or a law's time is passing; ``soon``: somebody should see to it today; ``note``: it is known, and
goes by itself or was decided.
"""
ORDER: Final = ("urgent", "soon", "note")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the rows of a number are found."""

    api: str
    """From ``/ops/`` on."""
    console: str
    """From ``/console/`` on."""


def rows(page: str, *, api: str | None = None, **query: str) -> Rows:
    """The rows on a page of the console, and what the API calls them where that is otherwise."""
    asked = f"?{urlencode(query)}" if query else ""
    return Rows((page if api is None else api) + asked, page + asked)


def late_rows(since: datetime, system: str | None = None) -> Rows:
    """What was sent late from a moment on, to one system or to all."""
    to = {} if system is None else {"to_system": system}
    return rows("messages", **to, outcome="sent-late", sent_since=since.isoformat())


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in both languages."""

    sv: str
    en: str


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to see to."""

    kind: str
    """As ``dead``, ``held``, ``role-missing``: the same for the same kind of thing."""
    severity: Severity
    since: datetime | None
    """None where it is not known."""
    text: Said
    count: int
    system: str | None
    rows: Rows


MOST_OF_A_KIND: Final = 5
"""So many concerns of one kind stand by themselves; the rest are one."""


def worst_first(found: list[Concern]) -> list[Concern]:
    """The concerns in the order in which to see to them: by severity, then the longest, those last of which no beginning is known. Of many
    of one kind the longest stand by themselves, and the others together.
    """
    by_kind: dict[tuple[str, str], list[Concern]] = {}
    for one in sorted(found, key=_order):
        by_kind.setdefault((one.kind, one.severity), []).append(one)
    kept: list[Concern] = []
    for several in by_kind.values():
        kept += several[:MOST_OF_A_KIND]
        if len(several) > MOST_OF_A_KIND:
            kept.append(_together(several[MOST_OF_A_KIND:]))
    return sorted(kept, key=_order)


def _order(one: Concern) -> tuple[int, float, str]:
    return ORDER.index(one.severity), one.since.timestamp() if one.since else math.inf, one.kind


def _together(several: list[Concern]) -> Concern:
    first = several[0]
    more = Said(f"Och {len(several)} till av samma slag.", f"And {len(several)} more of the same kind.")
    where = Rows(first.rows.api.partition("?")[0], first.rows.console.partition("?")[0])
    count = sum(one.count for one in several)
    return Concern(first.kind, first.severity, first.since, more, count, None, where)
