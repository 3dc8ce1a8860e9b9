"""What was written, in words: a message as it was kept, fields, versions, histories (C-50 to C-52). Pure; imports the
formats, the rules' case and the language only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from hub.processes.engine.case import Case
from hub.processes.shared import disclosure
from hub.store.case_reads import StoredAct
from hub.store.inbox import InboxRow
from hub.translators import formats
from hub.views.rows import name_of
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE
from schemas.parts import Part

STALLNINGSTAGANDE = "stallningstagande"
MESSAGES: Mapping[str, tuple[str, ...]] = {
    "inskrivning": ("svu.inskrivning",),
    "tid": ("svu.inskrivning", "svu.beraknad_utskrivning", "svu.utskrivningsklar", "svu.utskrivningsklar_avbruten"),
    "kartlaggning": ("svu.kartlaggning",),
    STALLNINGSTAGANDE: ("svu.stallningstagande", "svu.klarmarkering", "svu.sip_stallning"),
    "utskrivning": ("svu.utskrivning", "svu.utskrivning_angrad"),
}
"""Step → the messages that make its versions (C-50)."""
_MAKES = {"tid": {"estimated", "klar", "klar_ended"}}
"""Step → the events without which such a message is no version of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it is shown now: completed with what the register knew, without what is protected (C-62)."""

    sequence: int
    message: Message
    received_at: datetime

    def by(self, directory: Directory) -> dict[str, Any]:
        """Who did it, when."""
        unit = self.message.unit
        return {
            "unit": None if unit == HUB_SOURCE else unit,
            "unit_name": "Hubben" if unit == HUB_SOURCE else name_of(unit, directory),
            "actor": self.message.actor,
            "role": self.message.role,
            "time": self.message.time,
            "received_at": self.received_at,
        }


def seen(row: InboxRow, case: Case) -> Seen:
    """A kept row as it is shown."""
    message = formats.read_stored(row)
    return Seen(row.sequence or 0, disclosure.shown(message, case), row.received_at)


def words(value: Any) -> Any:
    """A part of a message as plain JSON; what was left out is left out."""
    if isinstance(value, Part):
        return value.model_dump(mode="json", exclude_none=True)
    return to_jsonable_python(value)


def value_of(message: Message, document: str, name: str) -> Any:
    """What a message wrote in a field of a document."""
    data: Any = message.data
    if document == "kartlaggning":
        written = data.fields.get(name)
        return None if written is None else words(written.model_copy(update={"version": None}))
    return words(getattr(getattr(data, document.partition(".")[2], None), name, None))


def fields(
    written: Mapping[str, tuple[int, int]], document: str, messages: Mapping[int, Seen], directory: Directory
) -> dict[str, Any]:
    """Field → its words, version and author; ``written`` holds (version, sequence)."""
    return {
        name: {
            "value": value_of(messages[sequence].message, document, name),
            "version": version,
            "sequence": sequence,
            "by": messages[sequence].by(directory),
        }
        for name, (version, sequence) in written.items()
        if sequence in messages
    }


# --- versions (C-50) --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContentVersion:
    """One version of a step's content; ``draft`` is seen by the party that wrote it alone (C-52)."""

    number: int
    act: StoredAct
    draft: bool


def versions(step: str, acts: Sequence[StoredAct]) -> list[ContentVersion]:
    """All versions in order, numbered from 1; the numbers are the same for everybody."""
    found: list[ContentVersion] = []
    published = False
    makes = _MAKES.get(step)
    for act in acts:
        if act.name not in MESSAGES[step] or (makes is not None and not makes.intersection(n for n, _ in act.events)):
            continue
        published = published or any(name == "stepped" and facts["step"] == step for name, facts in act.events)
        found.append(ContentVersion(len(found) + 1, act, draft=step == "inskrivning" and not published))
    return found


def current(step: str, found: Sequence[ContentVersion], case: Case) -> int:
    """The number of the version that stands: the last, but of an inskrivning that came after the discharge."""
    standing = case.steps.get(step)
    if step == "inskrivning" and standing is not None:
        return next((v.number for v in found if v.act.sequence == standing["sequence"]), found[-1].number)
    return found[-1].number


@dataclass(slots=True)
class Content:
    """What a step held at a version: document → field → (version, sequence) of its last writing, and plain facts."""

    fields: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def sequences(self) -> set[int]:
        """The messages in which the words stand."""
        return {sequence for document in self.fields.values() for _, sequence in document.values()}


def content(found: Sequence[ContentVersion]) -> Content:
    """What these versions amount to, the last word of each field."""
    built = Content()
    for version in found:
        for name, facts in version.act.events:
            match name:
                case "wrote":
                    document = built.fields.setdefault(facts["document"], {})
                    before = document.get(facts["field"], (0, 0))[0]
                    document[facts["field"]] = (before + 1, version.act.sequence)
                case "estimated":
                    built.facts["estimated"] = facts["date"]
                case "klar":
                    built.facts["utskrivningsklar"] = {k: facts[k] for k in ("date", "physician")}
                case "klar_ended":
                    built.facts["utskrivningsklar"] = None
                case "marked":
                    built.facts["klarmarkerad"] = facts["ready"]
                case "sip_answered":
                    built.facts["sip_approved"] = facts["approves"]
    return built


def version(
    step: str,
    found: Sequence[ContentVersion],
    number: int,
    case: Case,
    messages: Mapping[int, Seen],
    directory: Directory,
) -> dict[str, Any]:
    """One version as it is shown, marked when it is an earlier one and naming the one that stands (C-50)."""
    this, stands = found[number - 1], current(step, found, case)
    own = messages[this.act.sequence]
    built = content(found[:number])
    if step == "kartlaggning":
        shown: Any = fields(built.fields.get(step, {}), step, messages, directory)
    elif step == STALLNINGSTAGANDE:
        shown = {
            document.partition(".")[2]: fields(written, document, messages, directory)
            for document, written in built.fields.items()
        } | built.facts
    elif step == "tid":
        shown = built.facts | {"reason": getattr(own.message.data, "reason", None)}
        if own.message.name == "svu.inskrivning":
            shown.pop("reason")
    else:
        shown = words(own.message.data)
    return {**line(step, this, stands, own, directory), "content": shown}


def line(step: str, this: ContentVersion, stands: int, own: Seen, directory: Directory) -> dict[str, Any]:
    """What the list of versions says of one."""
    return {
        "step": step,
        "version": this.number,
        "earlier": this.number != stands,
        "current": stands,
        "draft": this.draft,
        "message": this.act.name,
        "sequence": this.act.sequence,
        "by": own.by(directory),
    }


# --- field history (C-51) ---------------------------------------------------------------------------------------------


def writings(acts: Sequence[StoredAct], document: str, name: str) -> list[tuple[int, int]]:
    """(version, sequence) of every writing of a field, in order."""
    found = [
        act.sequence
        for act in acts
        for event, facts in act.events
        if event == "wrote" and (facts["document"], facts["field"]) == (document, name)
    ]
    return list(enumerate(found, 1))
