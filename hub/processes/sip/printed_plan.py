"""The plan of a SIP as it is printed: a version, its follow-up and evaluation, two versions compared (sip-messages.md §8). Pure; imports
the engine, the profiles and the printed values only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.processes.engine.documents import Content, Names, PrintedPart, moment
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.profiles.sip_codes import TEMPLATES
from hub.processes.sip.printed_calls import coordinator, held_meeting
from hub.processes.sip.printed_values import Part, elements, label, plan_fields, rows_of, unit_of, value_of
from schemas.words import word


def plan(content: Content, names: Names) -> Part:
    return tuple(_plan_parts(content, names)) if content.get("plan") else ()


def _plan_parts(content: Content, names: Names) -> Iterator[PrintedPart]:
    plan = content["plan"]
    state = word(content["state"] if plan["current"] else plan["state"])
    rows: tuple[tuple[str, str], ...] = (("Version", str(plan["version"])), ("Status", state))
    yield PrintedPart(label(content, "main"), rows + _element_rows("plan", plan_fields(content), content, names))
    for one in elements(content):
        kind = one["element"].partition("/")[0]
        if kind != "plan" and one.get("under") in {None, "plan"}:
            yield from _element_parts(one, content, names)
    yield from _attendance(content, names)
    yield from _approved(content, names)
    yield from coordinator(content, names)
    yield from _end(content, names)


def _element_parts(one: Mapping[str, Any], content: Content, names: Names) -> Iterator[PrintedPart]:
    """An element, then what lies under it."""
    kind = one["element"].partition("/")[0]
    rows = _element_rows(kind, one["fields"], content, names)
    for mark in ("ended", "signed"):
        if one.get(mark):
            by = one[mark]
            rows += ((label(content, mark), f"{unit_of(by['unit'], content)}, {moment(by['time'], names)}"),)
    yield PrintedPart(label(content, kind), rows)
    for child in elements(content):
        if child.get("under") == one["element"]:
            yield from _element_parts(child, content, names)


def _element_rows(kind: str, fields: Mapping[str, Any], content: Content, names: Names) -> tuple[tuple[str, str], ...]:
    """The fields in the region's order; a note's keywords in the template's."""
    holds = SIP_PROFILES[content["profile"]].elements[kind].fields
    template = fields["template"]["value"] if "template" in fields else ""
    order = [*holds, *TEMPLATES.get(template, ())]
    rows = []
    for name in order:
        if name in fields and fields[name]["value"] is not None:
            heading = label(content, f"{kind}.{name}" if name in holds else f"keyword.{name}")
            rows.append((heading, value_of(name, fields[name]["value"], content, names)))
    return tuple(rows)


def _attendance(content: Content, names: Names) -> Iterator[PrintedPart]:
    """Who came to the last meeting that was held, with contact details."""
    held = [one for one in content["meetings"] if (one.get("held") or {}).get("held")]
    if held:
        yield from held_meeting(max(held, key=lambda one: one.get("start") or ""), content, names)


def _approved(content: Content, names: Names) -> Iterator[PrintedPart]:
    found = content.get("approval")
    if not found or not content["plan"]["current"]:
        return
    show = {True: "Ja", False: "Nej"}.get(found.get("show_1177"))
    rows = [
        (
            "Godkänd av",
            ", ".join(
                filter(None, [word(found["approver"]) if "approver" in found else "", unit_of(found["unit"], content)])
            ),
        ),
        ("Hur", word(found["how"]) if "how" in found else ""),
        ("Tid", moment(found["at"], names)),
        ("Visas på 1177", show or ""),
        ("Orsak att inte visa på 1177", found.get("show_1177_reason") or ""),
    ]
    yield PrintedPart(label(content, "approval"), tuple(row for row in rows if row[1]))


def _end(content: Content, names: Names) -> Iterator[PrintedPart]:
    ended = content["ended"]
    if ended and content["plan"]["current"]:
        rows = [("Avslutad", moment(ended["at"], names))]
        if ended.get("reason"):
            rows.append((label(content, "end.reason"), ended["reason"]))
        yield PrintedPart(label(content, "end"), tuple(rows))


def follow_up(content: Content, names: Names) -> Part:
    """What was said of each activity or insats since the plan became valid."""
    fields = ("name", "heading", "text", "follow_up", "status", "outcome", "attainment")
    parts = []
    for one in elements(content):
        if {"follow_up", "status", "outcome", "attainment"} & one["fields"].keys():
            kind = one["element"].partition("/")[0]
            kept = {name: one["fields"][name] for name in fields if name in one["fields"]}
            parts.append(PrintedPart(label(content, kind), _element_rows(kind, kept, content, names)))
    return tuple(parts)


def evaluation(content: Content, names: Names) -> Part:
    fields = content["documents"].get("utvardering", {}).get("fields", {})
    said = {name: field["value"] for name, field in fields.items()}
    rows = rows_of(content, names, "evaluation", said, "date", "summary")
    rows += tuple((_goal(name, content), text) for name, text in said.items() if name.startswith("goals."))
    return (PrintedPart(label(content, "utvardering"), rows),) if rows else ()


def _goal(name: str, content: Content) -> str:
    address = name.removeprefix("goals.")
    one = next((each for each in elements(content) if each["element"] == address), None)
    fields = {} if one is None else one["fields"]
    return next((fields[key]["value"] for key in ("definition", "heading") if key in fields), address)


def comparison(content: Content, names: Names) -> Part:
    """What has changed between two versions, element by element: the words of both."""
    found = content.get("comparison")
    if found is None:
        return ()
    head = (("Från version", str(found["from"]["version"])), ("Till version", str(found["to"]["version"])))
    parts = [PrintedPart("Versioner", head)]
    for one in found["elements"]:
        kind = one["element"].partition("/")[0]
        rows = [("Ändring", word(one["change"]))]
        for field in one["fields"]:
            name = field["field"]
            heading = label(content, f"{kind}.{name}")
            before, after = (
                "–" if field[side] is None else value_of(name, field[side]["value"], content, names)
                for side in ("before", "after")
            )
            rows += [(f"{heading}, förut", before), (f"{heading}, nu", after)]
        parts.append(PrintedPart(label(content, kind if kind != "plan" else "main"), tuple(rows)))
    return tuple(parts)
