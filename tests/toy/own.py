"""What one unit of the toy keeps to itself, and how the toy's plan is read: versions, fields, a section and a print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.contents import StepContents
from hub.processes.engine.documents import Names, PrintedDocument, PrintedPart, titled
from hub.processes.engine.element import Element
from hub.processes.engine.record import Act, CaseRecord
from hub.processes.engine.rule import Context, Rule
from hub.processes.engine.sections import Sections
from hub.processes.shared.audience import ALL_PARTIES, everyone_else
from hub.processes.shared.meddelande import say
from schemas.envelope import Message

PLAN = "plan"


def draft(s: Context) -> None:
    """A goal, or a meeting too, that only the unit itself knows of."""
    s.emit("kept", unit=s.unit)
    s.emit("element", element=s.data.element, state={"text": s.data.text, "own": s.unit})
    if s.data.start is not None:
        start = s.data.start.isoformat()
        s.emit("met", meeting="own", start=start, unit=s.unit, at=s.at, recalled=False, own=True)


DRAFT = Rule("toy.draft", ALL_PARTIES, ("T-9",), (draft,), everyone_else, writes=(PLAN,))
"""Its ``tells`` names everybody: the engine tells them nothing."""


def say_or_note(s: Context) -> None:
    """A message that asks nobody to acknowledge is a note of the unit's own."""
    if s.data.kvittera == ():
        s.emit("kept", unit=s.unit)
    say(s)


def shows_element(_: Case, unit: str, element: Element) -> bool:
    """A draft is its unit's own."""
    return element.state.get("own", unit) == unit


class ToyContents(StepContents):
    """The goals of the plan, by the end of their addresses."""

    documents = (PLAN,)

    def writings(self, acts: Sequence[Act], document: str, name: str) -> list[int]:
        del document
        return [
            act.sequence
            for act in acts
            if any(event == "element" and facts["element"] == f"mal/{name}" for event, facts in act.events)
        ]

    def value_of(self, message: Message, document: str, name: str) -> Any:
        del document
        said: Any = message.data
        edits = getattr(said, "edits", [said])
        return next(edit.text for edit in edits if edit.element == f"mal/{name}")


def _last(acts: Sequence[Act]) -> int | None:
    return next((act.sequence for act in reversed(acts) if act.name in {"toy.plan", "toy.draft"}), None)


class ToySections(Sections):
    """The last writing in the plan; in a list the names of all acts."""

    def needed(self, case: Case, acts: Sequence[Act]) -> set[int]:
        del case
        return {number for number in (_last(acts),) if number is not None}

    def of_case(self, record: CaseRecord) -> dict[str, Any]:
        return {"last_written": record.document(_last(record.acts))}

    def needed_in_a_list(self, case: Case) -> set[int]:
        return set(range(1, case.sequence + 1))

    def of_row(self, record: CaseRecord) -> dict[str, Any]:
        return {"acts": [one.message.name for one in record.messages.values()]}


def _parts(shown: Mapping[str, Any], _: Names) -> tuple[PrintedPart, ...]:
    said = shown["last_written"]
    return (PrintedPart("Plan", (("Senast", said.get("text") or said["edits"][-1]["text"]),)),)


DOCUMENTS = {PLAN: PrintedDocument(titled("Plan"), _parts, lambda _, __: True)}
