"""What an SVU has to print, under Swedish labels (C-55). Pure; imports the engine only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.documents import (
    Content,
    Label,
    Lines,
    Names,
    PrintedDocument,
    PrintedPart,
    code,
    day,
    each,
    lines,
    moment,
    person,
    plain,
    titled,
)
from hub.processes.svu.steps import still_awaits
from schemas.words import word


def _written(value: Any, names: Names) -> str:
    """A field of a document: a text, a yes or no with its description, or codes chosen with a text."""
    if not isinstance(value, dict):
        return plain(value, names)
    if "needed" in value:
        return ". ".join(filter(None, [plain(value["needed"], names), value.get("description")]))
    return "\n".join(filter(None, [", ".join(map(word, value.get("choices", ()))), value.get("text")]))


LABELS: Mapping[str, Label] = {
    "ward": ("Avdelning", plain),
    "admitted": ("Inskriven", moment),
    "estimated": ("Beräknad utskrivning", day),
    "reason": ("Inskrivningsorsak", plain),
    "writer": ("Skriven av", plain),
    "written": ("Skriven", moment),
    "patientens_onskemal": ("Patientens önskemål", _written),
    "narstaendes_onskemal": ("Närståendes önskemål", _written),
    "aktuellt_tillstand": ("Aktuellt tillstånd", _written),
    "tidigare_vardrelationer": ("Tidigare vårdrelationer", _written),
    "bakgrund": ("Bakgrund", _written),
    "patient_opinion": ("Patientens uppfattning", plain),
    "egenvard": ("Egenvård", _written),
    "forbrukningsmaterial": ("Förbrukningsmaterial", _written),
    "responsible_physician": ("Ansvarig läkare", person),
    "responsible_physicians": ("Ansvariga läkare", each(person)),
    "sip_position": ("Ställning till SIP", code),
    "responsibility_division": ("Fördelning av medicinskt ansvar", plain),
    "planned_efforts": ("Planerade insatser", plain),
    "date": ("Datum", day),
    "kind": ("Slag", code),
    "discharged_to": ("Utskriven till", code),
    "ended_with": ("Avslutad med", code),
    "comment": ("Kommentar", plain),
    "undone": ("Ångrad", moment),
    "undone_because": ("Orsak till ångrandet", plain),
    "informed": ("Patienten är informerad", plain),
    "not_informed_because": ("Orsak", plain),
    "outcome": ("Samtycke", code),
    "given_by": ("Lämnat av", plain),
    "how": ("Hur", code),
    "valid_from": ("Gäller från", day),
    "valid_to": ("Gäller till", day),
    "decided_by": ("Beslutat av", person),
    "consent_comment": ("Kommentar", plain),
    "registered": ("Registrerat", moment),
}
_PARTIES = {"slutenvard": "Slutenvård", "oppenvard": "Öppenvård", "kommun": "Kommun"}
_CONSENT = ("outcome", "given_by", "how", "valid_from", "valid_to", "decided_by", "consent_comment", "registered")
_DISCHARGE = ("date", "kind", "discharged_to", "ended_with", "comment")


def _signed(said: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Which unit and person wrote a message, and when."""
    by = said["by"]
    writer = [person(by["actor"], names) if by["actor"] else "", code(by["role"], names) if by["role"] else ""]
    return {"ward": by["unit_name"] or by["unit"], "writer": ", ".join(filter(None, writer)), "written": by["time"]}


def _admission(shown: Mapping[str, Any], names: Names) -> tuple[PrintedPart, ...]:
    """The admission with its ward and writer, and what was registered of information and consent."""
    said = shown["inskrivning"]
    if said is None:
        return ()
    facts = {**shown["time"], **said, **_signed(said, names)}
    fields = ("ward", "admitted", "estimated", "reason", "writer", "written")
    return (PrintedPart("Inskrivning", _lines(facts, names, *fields)), *_registered(shown, names))


def _registered(shown: Mapping[str, Any], names: Names) -> Iterator[PrintedPart]:
    """What the person was told (C-20), and the consent, with the time of their registration."""
    if (said := shown["information"]) is not None:
        facts = {
            "informed": said["given"],
            "not_informed_because": said.get("reason"),
            "registered": said["by"]["time"],
        }
        yield PrintedPart("Information", _lines(facts, names, *facts))
    yield from _consent(shown, names)


def _consent(shown: Mapping[str, Any], names: Names) -> Iterator[PrintedPart]:
    """The consent that was registered last (C-21 to C-25)."""
    if (said := shown["samtycke"]) is not None:
        facts = {**said, "consent_comment": said.get("comment"), "registered": said["by"]["time"]}
        yield PrintedPart("Samtycke", _lines(facts, names, *_CONSENT))


def _assessment(shown: Mapping[str, Any], names: Names) -> tuple[PrintedPart, ...]:
    written = shown["kartlaggning"]
    return (PrintedPart("Kartläggning", _fields(written, names)),) if written else ()


def _statement(shown: Mapping[str, Any], names: Names) -> tuple[PrintedPart, ...]:
    parts = shown["stallningstagande"]
    found = [PrintedPart(label, _fields(parts[party], names)) for party, label in _PARTIES.items() if parts[party]]
    if found and parts["sip_approved"] is not None:
        answer = (("Öppenvården godkänner ställningen till SIP", plain(parts["sip_approved"], names)),)
        found.append(PrintedPart("Svar om SIP", answer))
    return tuple(found)


def _discharge(shown: Mapping[str, Any], names: Names) -> tuple[PrintedPart, ...]:
    """The discharge that stands, with its ward, writer and consent, and those that were undone (V-17)."""
    said = shown["utskrivning"]
    fields = ("ward", *_DISCHARGE, "writer", "written")
    stands = (
        () if said is None else (PrintedPart("Utskrivning", _lines({**said, **_signed(said, names)}, names, *fields)),)
    )
    undone = tuple(
        PrintedPart(
            "Ångrad utskrivning",
            _lines(
                {**one, "undone": one["undone"]["by"]["time"], "undone_because": one["undone"].get("reason")},
                names, *_DISCHARGE, "undone", "undone_because",
            ),
        )
        for one in shown["undone_discharges"]
    )  # fmt: skip
    consent = _consent(shown, names) if stands else ()
    return (*stands, *consent, *undone)


def _contacts(shown: Mapping[str, Any], names: Names) -> tuple[PrintedPart, ...]:
    """The named care contacts (V-7)."""
    rows = [
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
    ]
    return (PrintedPart("Fast vårdkontakt", tuple(rows)),) if rows else ()


def _lines(said: Mapping[str, Any], names: Names, *fields: str) -> Lines:
    return lines(LABELS, said, names, *fields)


def _fields(written: Mapping[str, Any], names: Names) -> Lines:
    """The fields of a document; one that has no label of ours is read by its name."""
    return tuple(
        (label, formatted(field["value"], names))
        for name, field in written.items()
        for label, formatted in [LABELS.get(name, (word(name).capitalize(), _written))]
    )


# --- which are final (C-55) -------------------------------------------------------------------------------------------


def _stands(step: str) -> Callable[[Case, Content], bool]:
    return lambda case, _: step in case.steps


def _never(_: Case, __: Content) -> bool:
    """A kartlaggning has no end (V-11)."""
    return False


def _adjusted_by_all(case: Case, _: Content) -> bool:
    awaited = case.awaited.get("stallningstagande")
    return awaited is not None and not still_awaits(case, awaited)


DOCUMENTS: Mapping[str, PrintedDocument] = {
    "inskrivning": PrintedDocument(titled("Inskrivningsmeddelande"), _admission, _stands("inskrivning"), _contacts),
    "kartlaggning": PrintedDocument(titled("Kartläggning"), _assessment, _never, _contacts),
    "stallningstagande": PrintedDocument(
        titled("Ställningstagande"), _statement, _adjusted_by_all, _contacts, signatures="Justeringar"
    ),
    "utskrivning": PrintedDocument(titled("Utskrivningsmeddelande"), _discharge, _stands("utskrivning"), _contacts),
}
