"""A case's document as it is printed (C-55): what the process says under its labels, with who has signed it. Pure; imports
the printing's plain document and the processes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.errors import Refused
from hub.printing import Document, Printed, PrintedPatient, Section, signatures
from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.documents import Names, PrintedSelection, moment, person
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import Act, name_of
from hub.processes.registry import printable
from hub.processes.shared.people import for_whom_and_why_are_given
from hub.views.plan import compared, shown_plan
from schemas.directory import Directory
from schemas.words import word


def no_document() -> Refused:
    """The refusal of a document that no process has, or that is not begun (C-55)."""
    names = ", ".join(printable())
    return Refused(
        "C-55",
        f"Dokumentet finns inte, eller är inte påbörjat. Det är ett av {names}.",
        f"There is no such document, or it is not begun. It is one of {names}.",
        "/document",
        404,
    )


def with_the_plan(
    kind: str, case: Case, unit: str, acts: Sequence[Act], shown: Mapping[str, Any], selection: PrintedSelection
) -> dict[str, Any]:
    """The content that a document is made of: the case as it is shown (``whole``), which part is asked for, and the version or the
    comparison of the plan that the document holds. The case's elements are loaded. Raises ``Refused`` 404 for a version that there is not.
    """
    content = {**shown, "asked": {"meeting": selection.meeting}}
    document = process_of_case(case).documents.get(kind)
    if document is not None and process_of_case(case).plan.versions(case):
        if document.needs_plan:
            content["plan"] = shown_plan(case, unit, acts, selection.version, ended=selection.ended)
        if document.compares:
            content["comparison"] = compared(case, unit, acts, selection.from_version, selection.version)
    return content


def needs_the_plan(kind: str, case: Case) -> bool:
    """Whether the elements and the history of the plan are read for a document."""
    document = process_of_case(case).documents.get(kind)
    return document is not None and (document.needs_plan or document.compares)


def paper(
    kind: str, case: Case, shown: Mapping[str, Any], directory: Directory, printed: Printed, names: Names
) -> Document:
    """The document, from its content (``with_the_plan``). Raises ``Refused`` (C-55) when the process has no such document, when there
    is nothing of it yet or it may not be printed as it stands, or when the region asks for whom and why it is printed and that is not said.
    """
    process = process_of_case(case)
    if process.profiles[case.profile].printing_has_a_reason and not (printed.for_whom and printed.why):
        rule = for_whom_and_why_are_given
        raise Refused(rule.rule, rule.sv, rule.en, "/for_whom", 409)
    document = process.documents.get(kind)
    parts = () if document is None or not process.has_document(case, kind) else document.parts(shown, names)
    if document is None or not parts:
        raise no_document()
    if (refusal := document.refusal(case, shown)) is not None:
        raise replace(refusal)
    begun = kind in case.steps and document.signatures is not None
    return Document(
        title=document.title(shown),
        final=document.is_final(case, shown),
        case=case.id,
        patient=PrintedPatient(
            name=case.person.get("name", ""),
            personnummer=case.person.get("personnummer", ""),
            address=case.person.get("address"),
            phone=case.person.get("phone"),
            protected=case.blocked,
        ),
        printed=printed,
        sections=(
            *(Section(part.heading, part.lines) for part in parts),
            *((_signed(case.awaited.get(kind), document.signatures or "", directory, names),) if begun else ()),
            *(Section(part.heading, part.lines) for part in document.after(shown, names)),
        ),
    )


def _signed(awaited: Awaited | None, heading: str, directory: Directory, names: Names) -> Section:
    if awaited is None:
        return Section(heading)
    rows = [
        (
            name_of(unit, directory) or unit,
            word(role) if role else "",
            person(actor, names) if actor else "",
            moment(time, names),
        )
        for unit, (actor, role, time) in awaited.done.items()
    ]
    rows += [(name_of(unit, directory) or unit, "", "", "") for unit in awaited.by]
    return signatures(tuple(rows), heading) if rows else Section(heading)
