"""The consents, the calls and the assessment of a SIP as they are printed (sip-messages.md §8). Pure; imports the engine, the headings
and the printed values only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.processes.engine.documents import Content, Names, PrintedPart
from hub.processes.profiles.sip_headings import HEADINGS
from hub.processes.sip.printed_values import Part, label, of_a_person, plan_fields, rows_of, unit_of
from schemas.words import word

_CONSENT = ("outcome", "scope", "holds_for", "others", "valid_from", "valid_to", "given_by", "how", "comment")
_CONSENT_END = ("decided_by", "form_kept_by", "npo")
_CALL = (
    "kind", "start", "end", "form", "place", "phone", "conference_id", "initiator", "reason", "comment", "agenda",
    "convener", "answer_by",
)  # fmt: skip


def consents(content: Content, names: Names) -> Part:
    """The consents that stand, what the person was told, and a slip by which the person takes the consent back."""
    found: list[PrintedPart] = []
    if (text := HEADINGS[content["profile"]]["consent.text"]) and content["samtycken"]:
        found.append(PrintedPart("Text", (("", text),)))
    for kind, said in content["samtycken"].items():
        rows = rows_of(content, names, "consent", {**said, "how": said.get("how")}, *_CONSENT)
        npo = {True: "Inhämtat", False: "Ej inhämtat"}.get(said.get("npo"))
        more = rows_of(content, names, "consent", {**said, "npo": npo}, *_CONSENT_END)
        heading = label(content, "samtycke") if len(content["samtycken"]) == 1 else word(kind)
        found.append(PrintedPart(heading, (*rows, *more)))
    if not found:
        return ()
    found += _contact_persons(content, names)
    found.append(PrintedPart("Parter", tuple(("Enhet", one["name"] or one["unit"]) for one in content["participants"])))
    slip = (("Jag återtar mitt samtycke", ""), ("Datum", ""), ("Namnteckning", ""), ("Namnförtydligande", ""))
    return (*found, PrintedPart("Återtagande av samtycke", slip))


def _contact_persons(content: Content, names: Names) -> Iterator[PrintedPart]:
    rows = tuple(("Kontakt", of_a_person(one, content, names)) for one in content["contacts"])
    if rows:
        yield PrintedPart("Kontakter", rows)


def meeting_asked_for(content: Content) -> Mapping[str, Any] | None:
    """The meeting that is asked for; the one whose call was sent last where none is."""
    asked = content["asked"].get("meeting")
    found = [one for one in content["meetings"] if asked in {None, one["id"]}]
    return max(found, key=lambda one: one["sequence"]) if found else None


def call(content: Content, names: Names) -> Part:
    one = meeting_asked_for(content)
    return () if one is None else tuple(call_parts(one, content, names))


def call_parts(one: Mapping[str, Any], content: Content, names: Names) -> Iterator[PrintedPart]:
    plan = {name: field["value"] for name, field in plan_fields(content).items()}
    rows = rows_of(content, names, "call", one, *_CALL)
    # The link for those outside is printed for them; the internal one only where there is no other.
    rows += rows_of(content, names, "call", one, "link_external" if one.get("link_external") else "link")
    said = {name: one.get(name) or plan.get(name) for name in ("purpose", "questions")}
    rows += rows_of(content, names, "call", said, "purpose", "questions")
    if free := HEADINGS[content["profile"]]["call.free"]:
        rows += (("Avgift", free),)
    yield PrintedPart(heading_of(one, content), rows)
    receivers = tuple(("Enhet", _receiver(each)) for each in one["receivers"])
    if receivers:
        yield PrintedPart(label(content, "call.receivers"), receivers)
    others = tuple(("Deltagare", of_a_person(each, content, names)) for each in one.get("participants", ()))
    if others:
        yield PrintedPart(label(content, "call.participants"), others)
    yield from _answers(one, content)
    yield from held_meeting(one, content, names)
    yield from coordinator(content, names)


def heading_of(one: Mapping[str, Any], content: Content) -> str:
    """A call's heading, by its kind."""
    headings = HEADINGS[content["profile"]]
    return headings.get(f"kallelse.{one['kind']}") or headings["kallelse"]


def _receiver(one: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, [one["name"] or one["unit"], *map(word, one["professions"])]))


def _answers(one: Mapping[str, Any], content: Content) -> Iterator[PrintedPart]:
    rows = []
    for each in one["answers"]:
        coming = [
            ", ".join(
                filter(
                    None,
                    [
                        who["name"],
                        who.get("title"),
                        word(who["how"]),
                        "del av mötet" if who.get("extent") == "del" else "",
                    ],
                )
            )
            for who in each.get("attendees", ())
        ]
        rows.append((unit_of(each["by"]["unit"] or "", content), "\n".join(filter(None, [*coming, each.get("text")]))))
    if rows:
        yield PrintedPart("Svar på inbjudan", tuple(rows))


def held_meeting(one: Mapping[str, Any], content: Content, names: Names) -> Iterator[PrintedPart]:
    held = one.get("held")
    if not held or not held["held"]:
        return
    rows = rows_of(content, names, "call", held, "form", "person_present", "note")
    rows += tuple(
        ("Deltog" if each.get("present", True) else "Deltog ej", of_a_person(each, content, names))
        for each in held.get("attended", ())
    )
    yield PrintedPart(label(content, "call.held"), rows)


def coordinator(content: Content, names: Names) -> Iterator[PrintedPart]:
    found = content["samordningsansvarig"]
    if found:
        yield PrintedPart(label(content, "coordinator"), (("Ansvarig", of_a_person(found, content, names)),))


def assessment(content: Content, _: Names) -> Part:
    fields = content["documents"].get("kartlaggning", {}).get("fields", {})
    rows = tuple((_field_of_assessment(name), _assessed(field["value"])) for name, field in fields.items())
    return (PrintedPart(label(content, "kartlaggning"), rows),) if rows else ()


def _field_of_assessment(name: str) -> str:
    area, _, part = name.partition(".")
    return ": ".join(word(each).capitalize() for each in (area, part) if each)


def _assessed(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return ""
    return "\n".join(filter(None, [", ".join(map(word, value.get("choices", ()))), value.get("text")]))
