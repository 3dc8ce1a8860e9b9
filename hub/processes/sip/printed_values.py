"""How values of a SIP are read on paper (sip-messages.md §8). Pure; imports the engine, the headings and the language only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.processes.engine.documents import Content, Names, PrintedPart, day, moment, person, plain
from hub.processes.profiles.sip_headings import HEADINGS
from schemas.words import word

Part = tuple[PrintedPart, ...]

_DAYS = frozenset(
    {"date", "evaluation_date", "follow_up_date", "completion_date", "answer_by", "valid_from", "valid_to"}
)
_MOMENTS = frozenset({"start", "end"})
_CODES = frozenset(
    {"kind", "form", "situation_by", "delivery", "area", "attainment", "status", "outcome", "template", "how"}
)
_PEOPLE = frozenset({"decided_by", "form_kept_by"})


def label(content: Content, key: str) -> str:
    return HEADINGS[content["profile"]].get(key) or key.rpartition(".")[2].replace("_", " ").capitalize()


def value_of(name: str, value: Any, content: Content, names: Names) -> str:
    """A value as it is read on paper."""
    if isinstance(value, dict):
        return of_a_person(value, content, names)
    if isinstance(value, (list, tuple)):
        return "\n".join(value_of(name, one, content, names) for one in value)
    if name in _DAYS:
        return day(value, names)
    if name in _MOMENTS:
        return moment(value, names)
    if name in _PEOPLE:
        return person(value, names)
    if name == "unit":
        return unit_of(value, content)
    if name == "follow_up_responsible":
        return _participant(value, content)
    return word(value) if name in _CODES else plain(value, names)


def of_a_person(value: Mapping[str, Any], content: Content, names: Names) -> str:
    """Who is responsible, called, came, initiated: what is known, in the order in which it is said aloud."""
    said = [
        word(value["code"]) if "code" in value else "",
        "Den enskilde" if value.get("person") is True else "",
        person(value["person"], names) if isinstance(value.get("person"), str) else "",
        value.get("name") or "",
        value.get("title") or "",
        value.get("outsider") or "",
        value.get("relation") or "",
        word(value["role"]) if value.get("role") else "",
        unit_of(value["unit"], content) if value.get("unit") else "",
        value.get("phone") or "",
        value.get("email") or "",
    ]
    return ", ".join(dict.fromkeys(filter(None, said)))


def unit_of(unit: str, content: Content) -> str:
    named = {one["unit"]: one["name"] for one in content["participants"]}
    return named.get(unit) or unit


def _participant(address: str, content: Content) -> str:
    one = next((each for each in elements(content) if each["element"] == address), None)
    if one is None:
        return address
    said = {name: field["value"] for name, field in one["fields"].items()}
    return ", ".join(
        filter(None, [said.get("name"), said.get("relation"), unit_of(said["unit"], content) if "unit" in said else ""])
    )


def rows_of(
    content: Content, names: Names, prefix: str, said: Mapping[str, Any], *fields: str
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (label(content, f"{prefix}.{name}"), value_of(name, said[name], content, names))
        for name in fields
        if said.get(name) not in (None, "", [], ())
    )


def elements(content: Content) -> list[Mapping[str, Any]]:
    plan = content.get("plan")
    return [] if plan is None else list(plan["elements"])


def plan_fields(content: Content) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next((one["fields"] for one in elements(content) if one["element"] == "plan"), {})
    return found
