"""A case's document as it is printed (C-55): the view's facts under Swedish labels, codes and times in words, people by
name. Pure; imports the printing's plain document and the rules' case only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, get_args

from hub.errors import Refused
from hub.printing import Document, Kind, Printed, PrintedPatient, Section, signatures
from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.process import law_of
from hub.processes.shared.people import for_whom_and_why_are_given
from hub.views.rows import name_of
from schemas.directory import Directory
from schemas.swedish_time import day_in_words, moment_in_words
from schemas.words import word

Names = Callable[[str], str | None]
"""A person's name by HSA-id, where HSA has said it (C-60)."""

KINDS: tuple[str, ...] = get_args(Kind)
NO_DOCUMENT = Refused(
    "C-55",
    f"Dokumentet finns inte, eller är inte påbörjat. Det är ett av {', '.join(KINDS)}.",
    f"There is no such document, or it is not begun. It is one of {', '.join(KINDS)}.",
    "/document",
    404,
)
"""Raised as a copy, as every error that is raised again."""
_TITLES = {
    "inskrivning": "Inskrivningsmeddelande",
    "kartlaggning": "Kartläggning",
    "stallningstagande": "Ställningstagande",
    "utskrivning": "Utskrivningsmeddelande",
}
LABELS: Mapping[str, str] = {
    "admitted": "Inskriven",
    "estimated": "Beräknad utskrivning",
    "reason": "Inskrivningsorsak",
    "patientens_onskemal": "Patientens önskemål",
    "narstaendes_onskemal": "Närståendes önskemål",
    "aktuellt_tillstand": "Aktuellt tillstånd",
    "tidigare_vardrelationer": "Tidigare vårdrelationer",
    "bakgrund": "Bakgrund",
    "patient_opinion": "Patientens uppfattning",
    "egenvard": "Egenvård",
    "forbrukningsmaterial": "Förbrukningsmaterial",
    "responsible_physician": "Ansvarig läkare",
    "responsible_physicians": "Ansvariga läkare",
    "sip_position": "Ställning till SIP",
    "responsibility_division": "Fördelning av medicinskt ansvar",
    "planned_efforts": "Planerade insatser",
    "date": "Datum",
    "kind": "Slag",
    "discharged_to": "Utskriven till",
    "ended_with": "Avslutad med",
    "comment": "Kommentar",
    "undone": "Ångrad",
    "undone_because": "Orsak till ångrandet",
}
_CODES = frozenset({"sip_position", "kind", "discharged_to", "ended_with"})
_DAYS = frozenset({"date", "estimated"})
_MOMENTS = frozenset({"admitted", "undone"})
_PEOPLE = frozenset({"responsible_physician", "responsible_physicians"})
_PARTIES = {"slutenvard": "Slutenvård", "oppenvard": "Öppenvård", "kommun": "Kommun"}


def paper(
    kind: str, case: Case, shown: Mapping[str, Any], directory: Directory, printed: Printed, names: Names
) -> Document:
    """The document, from the case as it is shown (``whole``). Raises ``Refused`` (C-55) when there is nothing of it yet, or
    when the region asks for whom and why it is printed and that is not said.
    """
    if law_of(case).profiles[case.profile].printing_has_a_reason and not (printed.for_whom and printed.why):
        rule = for_whom_and_why_are_given
        raise Refused(rule.rule, rule.sv, rule.en, "/for_whom", 409)
    sections = _SECTIONS[kind](shown, names)
    if not sections:
        raise replace(NO_DOCUMENT)
    standing = case.steps.get(kind)
    if standing is not None:
        sections = (*sections, _signed(case.awaited.get(kind), directory, names))
    if case.state.vardkontakter:
        sections = (*sections, _contacts(shown, names))
    return Document(
        kind=kind,  # type: ignore[arg-type]
        title=_TITLES[kind],
        final=_final(kind, case),
        case=case.id,
        patient=PrintedPatient(
            name=case.person.get("name", ""),
            personnummer=case.person.get("personnummer", ""),
            address=case.person.get("address"),
            phone=case.person.get("phone"),
            protected=case.blocked,
        ),
        printed=printed,
        sections=sections,
    )


def person(hsa: str, names: Names) -> str:
    """Who it is: the name and the HSA-id, or the HSA-id alone where HSA has not said the name."""
    name = names(hsa)
    return hsa if name is None else f"{name} ({hsa})"


def _final(kind: str, case: Case) -> bool:
    """C-55: a published inskrivning, a discharge that stands, a stallningstagande that all have adjusted; a
    kartlaggning never.
    """
    standing = case.steps.get(kind)
    if standing is None or kind == "kartlaggning":
        return False
    awaited = case.awaited.get(kind)
    return kind != "stallningstagande" or (awaited is not None and not law_of(case).still_awaits(case, awaited))


def _labelled(said: Mapping[str, Any], names: Names, *fields: str) -> tuple[tuple[str, str], ...]:
    return tuple((LABELS[name], text(name, said[name], names)) for name in fields if said.get(name) is not None)


def text(name: str, value: Any, names: Names) -> str:
    """What a field says, as a reader of paper would have it."""
    if isinstance(value, dict):
        if "needed" in value:
            return ". ".join(filter(None, ["Ja" if value["needed"] else "Nej", value.get("description")]))
        return "\n".join(filter(None, [", ".join(map(word, value.get("choices", ()))), value.get("text")]))
    if isinstance(value, list | tuple):
        return ", ".join(text(name, each, names) for each in value)
    if isinstance(value, bool):
        return "Ja" if value else "Nej"
    if name in _CODES:
        return word(value)
    if name in _PEOPLE:
        return person(value, names)
    if name in _DAYS:
        return day_in_words(date.fromisoformat(str(value)))
    return moment(value) if name in _MOMENTS else str(value)


def moment(value: datetime | str) -> str:
    """A time of the case, in words and by the clock in Sweden."""
    return moment_in_words(datetime.fromisoformat(value) if isinstance(value, str) else value)


def _admission(shown: Mapping[str, Any], names: Names) -> tuple[Section, ...]:
    said = shown["inskrivning"]
    if said is None:
        return ()
    return (Section("Inskrivning", _labelled({**shown["time"], **said}, names, "admitted", "estimated", "reason")),)


def _assessment(shown: Mapping[str, Any], names: Names) -> tuple[Section, ...]:
    written = shown["kartlaggning"]
    return (Section("Kartläggning", _written(written, names)),) if written else ()


def _statement(shown: Mapping[str, Any], names: Names) -> tuple[Section, ...]:
    parts = shown["stallningstagande"]
    found = [Section(label, _written(parts[party], names)) for party, label in _PARTIES.items() if parts[party]]
    if found and parts["sip_approved"] is not None:
        answer = (("Öppenvården godkänner ställningen till SIP", text("", parts["sip_approved"], names)),)
        found.append(Section("Svar om SIP", answer))
    return tuple(found)


_DISCHARGE = ("date", "kind", "discharged_to", "ended_with", "comment")


def _discharge(shown: Mapping[str, Any], names: Names) -> tuple[Section, ...]:
    """The discharge that stands, and those that were undone (V-17)."""
    said = shown["utskrivning"]
    stands = () if said is None else (Section("Utskrivning", _labelled(said, names, *_DISCHARGE)),)
    undone = (
        Section(
            "Ångrad utskrivning",
            _labelled(
                {**one, "undone": one["undone"]["by"]["time"], "undone_because": one["undone"].get("reason")},
                names, *_DISCHARGE, "undone", "undone_because",
            ),
        )
        for one in shown["undone_discharges"]
    )  # fmt: skip
    return (*stands, *undone)


def _written(written: Mapping[str, Any], names: Names) -> tuple[tuple[str, str], ...]:
    return tuple(
        (LABELS.get(name) or word(name).capitalize(), text(name, field["value"], names))
        for name, field in written.items()
    )


_SECTIONS = {
    "inskrivning": _admission,
    "kartlaggning": _assessment,
    "stallningstagande": _statement,
    "utskrivning": _discharge,
}


def _signed(awaited: Awaited | None, directory: Directory, names: Names) -> Section:
    if awaited is None:
        return Section("Kvittenser")
    rows = [
        (
            name_of(unit, directory) or unit,
            word(role) if role else "",
            person(actor, names) if actor else "",
            moment(time),
        )
        for unit, (actor, role, time) in awaited.done.items()
    ]
    rows += [(name_of(unit, directory) or unit, "", "", "") for unit in awaited.by]
    heading = "Justeringar" if awaited.act == "justera" else "Kvittenser"
    return signatures(tuple(rows), heading) if rows else Section(heading)


def _contacts(shown: Mapping[str, Any], names: Names) -> Section:
    return Section(
        "Fast vårdkontakt",
        tuple(
            (
                contact["unit_name"] or contact["unit"],
                ", ".join(
                    filter(
                        None,
                        [
                            person(contact["person"], names),
                            "kallelseansvarig" if contact["kallelseansvarig"] else contact["responsibility"],
                        ],
                    )
                ),
            )
            for contact in shown["vardkontakter"]
        ),
    )
