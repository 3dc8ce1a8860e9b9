"""Searching messages: which walk answers a question, a page at a time, and where the next begins. Imports the store and the language."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args

from hub import clock
from hub.errors import Refused
from hub.store import found, notice_search, search
from hub.store.found import FoundMessage, FoundNotice
from hub.store.search import Connection
from hub.store.walk import Pace
from hub.tally import TALLY
from schemas.directory import Directory
from schemas.messages import HUB_SOURCE

Outcome = Literal["accepted", "refused", "held", "waiting", "late", "dead", "sent", "sent-late"]
"""The first three are of a message, the others of a notice."""
_OF_NOTICES = frozenset(get_args(notice_search.Outcome))


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """What is looked for; everything that is given must hold. None: whatever it is."""

    id: str | None = None
    case: str | None = None
    system: str | None = None
    """That sent it, or where the outcome is of notices, that is told."""
    ref: str | None = None
    """The sender's own reference, without ``ref:``."""
    personnummer: str | None = None
    from_system: str | None = None
    from_unit: str | None = None
    to_system: str | None = None
    to_unit: str | None = None
    type: str | None = None
    rule: str | None = None
    deadline: str | None = None
    """The name of the deadline that a ``frist`` tells of."""
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    sent_since: datetime | None = None
    """Of notices: sent at this moment or later."""

    @property
    def sender(self) -> str | None:
        """The system that sent it."""
        return self.from_system or (None if self.outcome in _OF_NOTICES else self.system)

    @property
    def receiver(self) -> str | None:
        """The system that is told."""
        return self.to_system or (self.system if self.outcome in _OF_NOTICES else None)

    @property
    def is_of_notices(self) -> bool:
        """Whether it asks for what was told, and not for what came."""
        return bool(self.receiver or self.to_unit or self.outcome in _OF_NOTICES or self.sent_since)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """What is shown in one row: a message, and where notices are asked for one notice of it."""

    message: FoundMessage | None
    """None of an announcement, which is no message of a system's."""
    notice: FoundNotice | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page, the newest first."""

    rows: Sequence[SearchHit]
    next: str | None
    """Where the next begins; None where there is nothing more."""
    looked_back_to: datetime | None
    """Everything since this moment has been looked at; None where there is nothing more."""


async def ask(
    connection: Connection, asked: SearchQuestion, directory: Directory, after: str | None, limit: int
) -> SearchPage:
    """One page of what is looked for. Raises ``Refused`` for an ``after`` that no page gave."""
    place = _read(after)
    wanted = await _of_message(connection, asked, directory)
    if wanted is None:
        return SearchPage([], None, None)
    if asked.is_of_notices:
        return await _notices(connection, asked, wanted, directory, place, limit)
    if place is not None and not isinstance(place, tuple):
        raise _no_page()
    walked = await search.walk(connection, wanted, place, limit, Pace())
    messages = await found.messages(connection, [place[1:] for place in walked.places])
    rows = [SearchHit(messages[place[1:]]) for place in walked.places if place[1:] in messages]
    if walked.reached is None:
        return SearchPage(rows, None, None)
    at, source, id_ = walked.reached
    return SearchPage(rows, _written([at.isoformat(), source, id_]), at)


async def _of_message(
    connection: Connection, asked: SearchQuestion, directory: Directory
) -> search.MessagesWanted | None:
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
    return search.MessagesWanted(
        id=asked.id,
        cases=cases,
        held_under=held_under,
        system=asked.sender,
        source=None if asked.from_unit is None else _source_of(asked.from_unit),
        name=asked.type,
        rule=asked.rule,
        deadline=asked.deadline,
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
    asked: SearchQuestion,
    of: search.MessagesWanted,
    directory: Directory,
    after: int | search.Place | None,
    limit: int,
) -> SearchPage:
    if isinstance(after, tuple):
        raise _no_page()
    on_time = timedelta(seconds=TALLY.on_time_s)
    wanted = notice_search.NoticesWanted(
        of=of,
        systems=_told_to(asked, directory),
        unit=asked.to_unit,
        outcome=cast("notice_search.Outcome", asked.outcome) if asked.outcome in _OF_NOTICES else None,
        late_from=clock.now() - on_time,
        on_time=on_time,
        sent_since=asked.sent_since,
    )
    walked = await notice_search.walk(connection, wanted, after, limit, Pace())
    notices = await found.notices(connection, walked.rows)
    messages = await found.messages(connection, [(one.source, one.message) for one in notices])
    rows = [SearchHit(messages.get((one.source, one.message)), one) for one in notices]
    if walked.reached is None:
        return SearchPage(rows, None, None)
    return SearchPage(rows, _written([walked.reached[0]]), walked.reached[1])


def _told_to(asked: SearchQuestion, directory: Directory) -> list[str] | None:
    """The systems to which it may have been told: of a unit those that serve it now, and the manual queue of those that none served."""
    if asked.receiver is not None:
        return [asked.receiver]
    if asked.to_unit is None:
        return None
    serving = directory.system_of.get(asked.to_unit)
    return [f"unit:{asked.to_unit}", *([] if serving is None else [serving])]


# --- where a page begins ----------------------------------------------------------------------------------------------------------


def _written(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(after: str | None) -> int | search.Place | None:
    """The place that ``next`` named: a row of the outbox, or a message."""
    if after is None:
        return None
    try:
        place = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), b"-_", validate=True))
        match place:
            case [int(number)] if -(2**62) < number < 2**62:
                return number
            case [str(at), str(source), str(id_)] if "\0" not in source + id_:
                moment = datetime.fromisoformat(at)
                if moment.tzinfo is not None:
                    return moment, source, id_
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise _no_page()


def _no_page() -> Refused:
    return Refused(
        "bad-query",
        "Rätta after: ange `next` från sidan före, med samma fråga.",
        "Correct after: give `next` of the page before, with the same question.",
        "/after",
        400,
    )
