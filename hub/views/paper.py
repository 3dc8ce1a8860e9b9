"""A case's document as it is printed (C-55): the view's facts under Swedish labels. Pure; imports the printing's plain
document and the rules' case only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from hub.printing import Document, Kind, Patient, Printed, Section, signatures
from hub.processes.case import Case
from hub.processes.outlook import still_awaits
from hub.views.rows import name_of
from schemas.directory import Directory

KINDS: tuple[str, ...] = get_args(Kind)
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
}
_PARTIES = {"slutenvard": "Slutenvård", "oppenvard": "Öppenvård", "kommun": "Kommun"}


def paper(kind: str, case: Case, shown: Mapping[str, Any], directory: Directory, printed: Printed) -> Document | None:
    """The document, from the case as it is shown (``whole``); None when there is nothing of it yet."""
    sections = _SECTIONS[kind](shown)
    if not sections:
        return None
    standing = case.steps.get(kind)
    if standing is not None:
        sections = (*sections, _signed(standing, directory))
    if case.vardkontakter:
        sections = (*sections, _contacts(shown))
    return Document(
        kind=kind,  # type: ignore[arg-type]
        title=_TITLES[kind],
        final=_final(kind, case),
        case=case.id,
        patient=Patient(
            name=case.person.get("name", ""),
            personnummer=case.person.get("personnummer", ""),
            address=case.person.get("address"),
            phone=case.person.get("phone"),
            protected=case.blocked,
        ),
        printed=printed,
        sections=sections,
    )


def _final(kind: str, case: Case) -> bool:
    """C-55: a published inskrivning, a discharge, a stallningstagande that all have adjusted; a kartlaggning never."""
    standing = case.steps.get(kind)
    if standing is None or kind == "kartlaggning":
        return False
    return kind != "stallningstagande" or not still_awaits(case, standing)


def _labelled(said: Mapping[str, Any], *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((LABELS[name], text(said[name])) for name in names if said.get(name) is not None)


def text(value: Any) -> str:
    """A value as a reader of paper would have it."""
    if isinstance(value, dict):
        if "needed" in value:
            return ". ".join(filter(None, ["Ja" if value["needed"] else "Nej", value.get("description")]))
        return "\n".join(filter(None, [", ".join(value.get("choices", ())), value.get("text")]))
    if isinstance(value, list | tuple):
        return ", ".join(text(each) for each in value)
    if isinstance(value, bool):
        return "Ja" if value else "Nej"
    return str(value)


def _admission(shown: Mapping[str, Any]) -> tuple[Section, ...]:
    said = shown["inskrivning"]
    if said is None:
        return ()
    return (Section("Inskrivning", _labelled({**shown["time"], **said}, "admitted", "estimated", "reason")),)


def _assessment(shown: Mapping[str, Any]) -> tuple[Section, ...]:
    written = shown["kartlaggning"]
    return (Section("Kartläggning", _written(written)),) if written else ()


def _statement(shown: Mapping[str, Any]) -> tuple[Section, ...]:
    parts = shown["stallningstagande"]
    found = [Section(label, _written(parts[party])) for party, label in _PARTIES.items() if parts[party]]
    if found and parts["sip_approved"] is not None:
        answer = (("Öppenvården godkänner ställningen till SIP", text(parts["sip_approved"])),)
        found.append(Section("Svar om SIP", answer))
    return tuple(found)


def _discharge(shown: Mapping[str, Any]) -> tuple[Section, ...]:
    said = shown["utskrivning"]
    if said is None:
        return ()
    return (Section("Utskrivning", _labelled(said, "date", "kind", "discharged_to", "ended_with", "comment")),)


def _written(written: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((LABELS.get(name, name), text(field["value"])) for name, field in written.items())


_SECTIONS = {
    "inskrivning": _admission,
    "kartlaggning": _assessment,
    "stallningstagande": _statement,
    "utskrivning": _discharge,
}


def _signed(standing: Mapping[str, Any], directory: Directory) -> Section:
    rows = [
        (name_of(unit, directory) or unit, role or "", actor or "", time)
        for unit, (actor, role, time) in standing["done"].items()
    ]
    rows += [(name_of(unit, directory) or unit, "", "", "") for unit in standing["awaits"]]
    heading = "Justeringar" if standing["act"] == "justera" else "Kvittenser"
    return signatures(tuple(rows), heading) if rows else Section(heading)


def _contacts(shown: Mapping[str, Any]) -> Section:
    return Section(
        "Fast vårdkontakt",
        tuple(
            (
                contact["unit_name"] or contact["unit"],
                ", ".join(
                    filter(
                        None,
                        [
                            contact["person"],
                            "kallelseansvarig" if contact["kallelseansvarig"] else contact["responsibility"],
                        ],
                    )
                ),
            )
            for contact in shown["vardkontakter"]
        ),
    )
