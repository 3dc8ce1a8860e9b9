"""How the steps of an SVU are read, version by version, and its fields, writing by writing (C-50 to C-52). Pure; imports the
engine's record only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.contents import ContentVersion, StepContents
from hub.processes.engine.record import Act, ShownMessage, words
from schemas.directory import Directory
from schemas.envelope import Message

STALLNINGSTAGANDE = "stallningstagande"
_TIME = frozenset({"estimated", "klar", "klar_ended"})
"""The events that move the time: a message without one of them makes no version of it."""


class SvuStepContents(StepContents):
    """SVU's contents."""

    documents = ("kartlaggning", *(f"{STALLNINGSTAGANDE}.{party}" for party in ("slutenvard", "oppenvard", "kommun")))

    def makes_version(self, step: str, act: Act, case: Case) -> bool:
        """An inskrivning is a version of the time only where it says a date."""
        del case
        return step != "tid" or not _TIME.isdisjoint(name for name, _ in act.events)

    def is_draft(self, step: str, *, published: bool) -> bool:
        """An inskrivning is a draft until one is published (C-52)."""
        return step == "inskrivning" and not published

    def current(self, step: str, found: Sequence[ContentVersion], case: Case) -> int:
        """The last version; of the inskrivning the one that stands, for one after the discharge is history only."""
        standing = case.steps.get(step)
        if step == "inskrivning" and standing is not None:
            return next((v.number for v in found if v.act.sequence == standing["sequence"]), found[-1].number)
        return found[-1].number

    def needed(self, step: str, found: Sequence[ContentVersion]) -> set[int]:
        """The version's own message, and those in which its fields were written."""
        del step
        return {found[-1].act.sequence, *_content(found).sequences}

    def shown(
        self,
        step: str,
        found: Sequence[ContentVersion],
        messages: Mapping[int, ShownMessage],
        directory: Directory,
        case: Case,
    ) -> Any:
        """The fields with their writers, the facts of the time, or the message as it was sent."""
        del case
        message = messages[found[-1].act.sequence].message
        if step == "kartlaggning":
            return self.written(_content(found).fields.get(step, {}), step, messages, directory)
        if step == STALLNINGSTAGANDE:
            content = _content(found)
            parts = {
                document.partition(".")[2]: self.written(fields, document, messages, directory)
                for document, fields in content.fields.items()
            }
            return parts | content.facts
        if step == "tid":
            why = {} if message.name == "svu.inskrivning" else {"reason": getattr(message.data, "reason", None)}
            return _content(found).facts | why
        return words(message.data)

    def writings(self, acts: Sequence[Act], document: str, name: str) -> list[int]:
        """The messages with a ``wrote`` of the field."""
        return [
            act.sequence
            for act in acts
            for event, facts in act.events
            if event == "wrote" and (facts["document"], facts["field"]) == (document, name)
        ]

    def value_of(self, message: Message, document: str, name: str) -> Any:
        """The field of a kartlaggning, or of a party's part of the stallningstagande."""
        data: Any = message.data
        if document == "kartlaggning":
            field_ = data.fields.get(name)
            return None if field_ is None else words(field_.model_copy(update={"version": None}))
        return words(getattr(getattr(data, document.partition(".")[2], None), name, None))


CONTENTS = SvuStepContents()


@dataclass(slots=True)
class _Content:
    """What a step held at a version: document → field → (version, sequence) of its last writing, and plain facts."""

    fields: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def sequences(self) -> set[int]:
        return {sequence for document in self.fields.values() for _, sequence in document.values()}


def _content(found: Sequence[ContentVersion]) -> _Content:
    """The sum of these versions: the last words of each field, the last of each fact."""
    built = _Content()
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
