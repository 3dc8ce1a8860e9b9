"""Searching messages: which walk answers a question, a page at a time, and where the next begins. Imports the store and the language."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast, get_args

from hub import clock
from hub.errors import Refused
from hub.store import found, notice_search, search
from hub.store.found import FoundMessage, FoundNotice
from hub.store.search import Connection
from hub.store.walk import Pace
from schemas.directory import Directory
from schemas.messages import HUB_SOURCE

LATE_AFTER: Final = timedelta(minutes=15)
"""What has waited for longer is late: the time after which the alert HubReceiverBehind calls."""
Outcome = Literal["accepted", "refused", "held", "waiting", "late", "dead", "sent"]
"""The first three are of a message, the others of a notice."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; everything that is given must hold. None: whatever it is."""

    id: str | None = None
    case: str | None = None
    ref: str | None = None
    """The sender's own reference, without ``ref:``."""
    personnummer: str | None = None
    from_system: str | None = None
    from_unit: str | None = None
    to_system: str | None = None
    to_unit: str | None = None
    type: str | None = None
    rule: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_of_notices(self) -> bool:
        """Whether it asks for what was told, and not for what came."""
        return bool(self.to_system or self.to_unit or self.outcome in get_args(notice_search.Outcome))


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown in one row: a message, and where notices are asked for one notice of it."""

    message: FoundMessage | None
    """None of an announcement, which is no message of a system's."""
    notice: FoundNotice | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page, the newest first."""

    rows: Sequence[Row]
    next: str | None
    """Where the next begins; None where there is nothing more."""
    looked_back_to: datetime | None
    """Everything since this moment has been looked at; None where there is nothing more."""


async def ask(connection: Connection, asked: Question, directory: Directory, cursor: str | None, limit: int) -> Page:
    """One page of what is looked for. Raises ``Refused`` for a cursor that no page gave."""
    after = _read(cursor)
    wanted = await _of_message(connection, asked, directory)
    if wanted is None:
        return Page([], None, None)
    if asked.is_of_notices:
        return await _notices(connection, asked, wanted, directory, after, limit)
    if after is not None and not isinstance(after, tuple):
        raise _no_cursor()
    walked = await search.walk(connection, wanted, after, limit, Pace())
    messages = await found.messages(connection, [place[1:] for place in walked.places])
    rows = [Row(messages[place[1:]]) for place in walked.places if place[1:] in messages]
    if walked.reached is None:
        return Page(rows, None, None)
    at, source, id_ = walked.reached
    return Page(rows, _written([at.isoformat(), source, id_]), at)


async def _of_message(connection: Connection, asked: Question, directory: Directory) -> search.Wanted | None:
    """What must hold of the message; None where nothing can be found, since a reference or a person has no case."""
    cases, held_under = None if asked.case is None else [asked.case], []
    if asked.ref is not None:
        known = await search.cases_of_ref(connection, asked.ref)
        held_under = [f"{system}/{asked.ref}" for system in {*directory.system_by_id, *(one for _, one in known)}]
        cases = _both(cases, [case for case, _ in known])
    if asked.personnummer is not None:
        cases = _both(cases, await search.cases_of_person(connection, asked.personnummer))
    if cases == [] and not held_under:
        return None
    return search.Wanted(
        id=asked.id,
        cases=cases,
        held_under=held_under,
        system=asked.from_system,
        source=None if asked.from_unit is None else _source_of(asked.from_unit),
        name=asked.type,
        rule=asked.rule,
        outcome=cast("search.Outcome", asked.outcome) if asked.outcome in get_args(search.Outcome) else None,
        since=asked.since,
        until=asked.until,
    )


def _both(first: list[str] | None, second: list[str]) -> list[str]:
    return second if first is None else [one for one in first if one in second]


def _source_of(unit: str) -> str:
    return HUB_SOURCE if unit == HUB_SOURCE else f"urn:hsa:{unit}"


async def _notices(
    connection: Connection,
    asked: Question,
    of: search.Wanted,
    directory: Directory,
    after: int | search.Place | None,
    limit: int,
) -> Page:
    if isinstance(after, tuple):
        raise _no_cursor()
    wanted = notice_search.Wanted(
        of=of,
        systems=_told_to(asked, directory),
        unit=asked.to_unit,
        outcome=cast("notice_search.Outcome", asked.outcome)
        if asked.outcome in get_args(notice_search.Outcome)
        else None,
        late_from=clock.now() - LATE_AFTER,
    )
    walked = await notice_search.walk(connection, wanted, after, limit, Pace())
    notices = await found.notices(connection, walked.rows)
    messages = await found.messages(connection, [(one.source, one.message) for one in notices])
    rows = [Row(messages.get((one.source, one.message)), one) for one in notices]
    if walked.reached is None:
        return Page(rows, None, None)
    return Page(rows, _written([walked.reached[0]]), walked.reached[1])


def _told_to(asked: Question, directory: Directory) -> list[str] | None:
    """The systems to which it may have been told: of a unit those that serve it now, and the manual queue of those that none served."""
    if asked.to_system is not None:
        return [asked.to_system]
    if asked.to_unit is None:
        return None
    serving = directory.system_of.get(asked.to_unit)
    return [f"unit:{asked.to_unit}", *([] if serving is None else [serving])]


# --- cursors ----------------------------------------------------------------------------------------------------------


def _written(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str | None) -> int | search.Place | None:
    """The place that a cursor names: a row of the outbox, or a message."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        match place:
            case [int(number)] if -(2**62) < number < 2**62:
                return number
            case [str(at), str(source), str(id_)] if "\0" not in source + id_:
                moment = datetime.fromisoformat(at)
                if moment.tzinfo is not None:
                    return moment, source, id_
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise _no_cursor()


def _no_cursor() -> Refused:
    return Refused(
        "bad-query",
        "Rätta cursor: ange `next` från sidan före, med samma fråga.",
        "Correct cursor: give `next` of the page before, with the same question.",
        "/cursor",
        400,
    )
