"""What a unit reads of a case at an address below ``/cases/{id}``, made by the hub's own views of the case as it is stored.

Imports the views, the processes and the calendar translator; does no I/O. Each address stands in ``ADDRESSES``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.contents import ContentVersion
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import CaseRecord, ShownMessage, may_know
from hub.processes.engine.unit_view import as_configured
from hub.processes.shared.disclosure import may_be_named, may_read, readable
from hub.scenarios.actions import StoredCase
from hub.store.case_reads import StoredAct
from hub.translators import ical
from hub.views.access import NOT_SHOWN, Asker, Reach, owns_the_trace, reach
from hub.views.calendar import meeting_of, names
from hub.views.plan import compared, field_history, keywords, shown_plan
from hub.views.proposals import proposed, proposes_for
from hub.views.whole import needed, whole
from hub.views.written import line, shown_messages, version, versions
from schemas.directory import Directory


@dataclass(frozen=True, slots=True)
class AskedCase:
    """A case as it is stored, and who asks for it."""

    stored: StoredCase
    asker: Asker
    directory: Directory
    now: datetime

    def opened(self) -> OpenedCase:
        """The case as the asker may see it; raises ``Refused``."""
        ground = reach(self.stored.case, self.asker, self.directory)
        case = as_configured(self.stored.case, self.directory)
        return OpenedCase(readable(case, self.asker.unit.hsa, ground.ground), ground, self)

    @property
    def acts(self) -> list[StoredAct]:
        """The accepted messages that the asker's unit may know of."""
        return [act for act in self.stored.acts if may_know(self.asker.unit.hsa, act.events)]


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case as one asker may see it."""

    case: Case
    reach: Reach
    asked: AskedCase

    def messages(self, numbers: set[int]) -> dict[int, ShownMessage]:
        """Accepted messages by their numbers, as they are shown to the asker's unit."""
        rows = (row for row in self.asked.stored.rows if row.sequence in numbers)
        return shown_messages(rows, self.case, self.asked.asker.unit.hsa)


def asked_for(stored: StoredCase | None, asker: Asker, directory: Directory, now: datetime) -> AskedCase:
    """Raises ``Refused`` where there is no case yet."""
    if stored is None:
        raise NOT_SHOWN
    return AskedCase(stored, asker, directory, now)


def whole_case(of: OpenedCase) -> Any:
    """``GET /cases/{id}``."""
    asked = of.asked
    content = whole(
        of.case,
        asked.asker,
        of.reach,
        asked.acts,
        of.messages(needed(of.case, asked.acts)),
        asked.directory,
        changed_at=asked.stored.changed_at,
        archived=of.case.has_left(asked.now),
        now=asked.now,
    )
    return to_jsonable_python(content)


Parts = Mapping[str, str]
"""What stands in an address and its query, by name."""
Answer = Callable[[AskedCase, Parts], Any]
"""What stands at an address; raises ``Refused``."""


def _versions(asked: AskedCase, parts: Parts) -> Any:
    """Every version of a step, the newest first (C-50)."""
    of, step = asked.opened(), parts["step"]
    every, seen = _seen_versions(of, step)
    stands = process_of_case(of.case).contents.current(step, every, of.case) if every else 0
    said = of.messages({one.act.sequence for one in seen})
    lines = [line(step, one, stands, said[one.act.sequence], asked.directory) for one in reversed(seen)]
    return {"step": step, "current": stands or None, "total": len(seen), "versions": lines}


def _version(asked: AskedCase, parts: Parts) -> Any:
    """One version of a step (C-50)."""
    of, step = asked.opened(), parts["step"]
    every, seen = _seen_versions(of, step)
    for one in seen:
        if str(one.number) == parts["n"]:
            read = of.messages(process_of_case(of.case).contents.needed(step, every[: one.number]))
            return version(step, every, one.number, of.case, read, asked.directory)
    raise Refused("C-50", "Versionen finns inte.", "There is no such version.", "/version", 404)


def _seen_versions(of: OpenedCase, step: str) -> tuple[list[ContentVersion], list[ContentVersion]]:
    """All versions, and those that the asker may see: a draft by the party that writes it alone (C-52)."""
    every = versions(step, [act for act in of.asked.acts if may_read(of.case, act.name, act.events)], of.case)
    drafts_too = process_of_case(of.case).sees_unpublished(of.case, of.asked.asker.unit.hsa)
    return every, [one for one in every if drafts_too or not one.draft or one.act.kept_to == of.asked.asker.unit.hsa]


def _meeting(asked: AskedCase, parts: Parts) -> Any:
    """A meeting, as the lines of its iCalendar object."""
    unit = asked.asker.unit.hsa
    entry = meeting_of(asked.opened().case, unit, parts["meeting"].removesuffix(".ics"))
    made = ical.invitation(entry, unit, names([entry], asked.asker, asked.directory)).decode()
    return {"lines": made.replace("\r\n ", "").splitlines()}


def _trace(asked: AskedCase, _: Parts) -> Any:
    """The changes in the trace (C-7); the store keeps what was read."""
    ground = owns_the_trace(asked.stored.case, asked.asker, asked.directory)
    case = readable(asked.stored.case, asked.asker.unit.hsa, ground)
    told = [act for act in asked.acts if may_be_named(case, act.name, act.events)]
    return {"trace": [{"kind": "change", "what": act.name, "sequence": act.sequence} for act in told]}


def _plan(asked: AskedCase, parts: Parts) -> Any:
    """The plan in any version (§4)."""
    of, ended = asked.opened(), parts.get("ended", "true") == "true"
    return shown_plan(of.case, asked.asker.unit.hsa, asked.acts, _number(parts, "version"), ended=ended)


def _comparison(asked: AskedCase, parts: Parts) -> Any:
    """What has changed between two versions of the plan."""
    before, after = _number(parts, "from"), _number(parts, "to")
    return compared(asked.opened().case, asked.asker.unit.hsa, asked.acts, before, after)


def _field_of_the_plan(asked: AskedCase, parts: Parts) -> Any:
    """Every value that a field of an element has held (C-51)."""
    case, element = asked.opened().case, parts.get("element", "plan")
    return field_history(case, asked.acts, element, parts["field"], _ALL, _ALL)


def _keywords(asked: AskedCase, _: Parts) -> Any:
    """The latest text of each keyword (P-11)."""
    return keywords(asked.opened().case, asked.asker.unit.hsa)


def _proposals(asked: AskedCase, parts: Parts) -> Any:
    """Whom a message may go to (P-4); linked cases are not looked at."""
    of, message = asked.opened(), parts.get("message", "sip.kallelse")
    proposes_for(of.case, message)
    messages = of.messages({act.sequence for act in asked.acts if act.name == "adressering"})
    record = CaseRecord(of.case, asked.acts, messages, asked.directory, asked.now)
    return proposed(record, asked.asker, message, parts.get("kind", "ny"), ())


def _number(parts: Parts, name: str) -> int | None:
    return int(parts[name]) if name in parts else None


_ALL = 1_000_000
ADDRESSES: Mapping[str, Answer] = {
    "versions/{step}": _versions,
    "versions/{step}/{n}": _version,
    "meetings/{meeting}": _meeting,
    "trace": _trace,
    "plan": _plan,
    "plan/compare": _comparison,
    "plan/fields/{field}": _field_of_the_plan,
    "plan/keywords": _keywords,
    "proposals": _proposals,
}
"""Address below the case's → what stands there."""


def at_address(asked: AskedCase, address: str) -> Any:
    """What stands at an address below the case's, as plain JSON; raises ``Refused``."""
    template, parts = route(address)
    return to_jsonable_python(ADDRESSES[template](asked, parts))


def route(address: str) -> tuple[str, Parts]:
    """The address among ``ADDRESSES`` and what stands in its places; raises ``KeyError`` for an address that there is not."""
    path, _, query = address.partition("?")
    given = path.split("/")
    asked = dict(one.split("=", 1) for one in query.split("&")) if query else {}
    for template in ADDRESSES:
        places = template.split("/")
        if len(places) == len(given) and all(a == b or a[0] == "{" for a, b in zip(places, given, strict=True)):
            return template, asked | {a[1:-1]: b for a, b in zip(places, given, strict=True) if a[0] == "{"}
    raise KeyError(address)
