"""The fields that a region has (sip-messages.md §3): a closed one is refused, a required one asked for when the message is sent
(C-56). Imports the engine only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.processes.engine.rule import Context, Fault, Guard, codes
from schemas.parts import Part

_INSIDE = frozenset({"meeting", "items"})
"""Fields whose parts have cells of their own."""


def given(data: Part) -> Iterator[tuple[str, str]]:
    """The path of each field that says something, and its place: ``items.text``, ``/data/items/0/text``."""
    for name, field in type(data).model_fields.items():
        value = getattr(data, name)
        if value is None or (not field.is_required() and value == field.get_default(call_default_factory=True)):
            continue
        yield name, f"/data/{name}"
        if name in _INSIDE:
            parts = value if isinstance(value, tuple) else (value,)
            for number, part in enumerate(parts):
                if not isinstance(part, Part):
                    continue
                place = f"/data/{name}/{number}" if isinstance(value, tuple) else f"/data/{name}"
                for inner in type(part).model_fields:
                    if getattr(part, inner) is not None:
                        yield f"{name}.{inner}", f"{place}/{inner}"


def is_sent(data: Any) -> bool:
    """Whether the message is sent, and not saved as a draft."""
    return getattr(data, "send", True) is not False


def cells(message: str, rule: str, **others: str) -> tuple[Guard, ...]:
    """The checks of a message's fields: under ``rule``, and of the fields in ``others`` under rules of their own."""
    rules = dict.fromkeys((rule, *others.values()))
    return tuple(
        check for one in rules for check in (_closed(message, rule, one, others), _required(message, rule, one, others))
    )


def _is_of(path: str, rule: str, one: str, others: Mapping[str, str]) -> bool:
    return others.get(path, others.get(path.partition(".")[0], rule)) == one


def _closed(message: str, rule: str, one: str, others: Mapping[str, str]) -> Guard:
    def the_field_exists_here(s: Context) -> bool | Fault:
        known = s.profile.cells.get(message, {})
        for path, place in given(s.data):
            if path not in known and _is_of(path, rule, one, others):
                return Fault(place)
        return True

    return Guard(
        "the_field_exists_here",
        one,
        the_field_exists_here,
        f"Fältet finns inte i {message} i ärendets region. Utelämna det.",
        f"The region of the case has no such field in {message}. Leave it out.",
        "/data",
    )


def _required(message: str, rule: str, one: str, others: Mapping[str, str]) -> Guard:
    def what_is_required_is_there(s: Context) -> bool | Fault:
        if not is_sent(s.data) or getattr(s.data, "held", True) is False:
            return True
        there = {path for path, _ in given(s.data)}
        for path, cell in s.profile.cells.get(message, {}).items():
            if cell == "R" and path not in there and _is_of(path, rule, one, others) and not _is_default(s.data, path):
                return Fault("/data/" + path.replace(".", "/"))
        return True

    return Guard(
        "what_is_required_is_there",
        one,
        what_is_required_is_there,
        f"Fältet krävs i {message} i ärendets region när det sänds. Fyll i det.",
        f"The region of the case requires the field in {message} when it is sent. Fill it in.",
        "/data",
    )


def _is_default(data: Part, path: str) -> bool:
    """A field that has a default of its own says something by it; the items of a list are judged one by one by the body."""
    name, _, inner = path.partition(".")
    if inner and name == "items":
        return True
    field = type(data).model_fields[name]
    return (
        not inner
        and getattr(data, name) is not None
        and not field.is_required()
        and getattr(data, name) not in ((), None)
    )


def each_is_known_and_stands_once(s: Context) -> bool | Fault:
    """Whether each receiver is a unit of the directory, named once; a fault says which is not."""
    seen: set[str] = set()
    for number, receiver in enumerate(s.data.receivers or ()):
        if receiver.unit in seen or receiver.unit not in s.directory.unit_by_hsa:
            return Fault(f"/data/receivers/{number}/unit")
        seen.add(receiver.unit)
    return True


def known_code(s: Context, value: str | None, listed: str, place: str) -> bool | Fault:
    """Whether a code stands in a list of the region; a fault names the codes that do."""
    known = s.profile.codes.get(listed, frozenset())
    return value is None or value in known or Fault(place, codes=codes(known))


def coded(rule: str, *places: tuple[str, str]) -> Guard:
    """The check that coded fields hold codes of the region: (path in the data, name of the list)."""

    def the_codes_are_known(s: Context) -> bool | Fault:
        for path, listed in places:
            for place, value in _values(s.data, path.split("."), "/data"):
                verdict = known_code(s, value, listed, place)
                if not verdict:
                    return verdict
        return True

    return Guard(
        "the_codes_are_known",
        rule,
        the_codes_are_known,
        "Koden finns inte i regionens lista. Koderna är: {codes}.",
        "The code is not in the region's list. The codes are: {codes}.",
        "/data",
    )


def _values(part: Any, path: list[str], place: str) -> Iterator[tuple[str, Any]]:
    """Every value at a path, with its place; lists on the way are walked."""
    if part is None:
        return
    if isinstance(part, tuple):
        for number, one in enumerate(part):
            yield from _values(one, path, f"{place}/{number}")
    elif not path:
        yield place, part
    else:
        yield from _values(getattr(part, path[0]), path[1:], f"{place}/{path[0]}")
