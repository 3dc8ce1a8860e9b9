"""What the published schemas refuse the hub refuses, and the reverse: every valid fixture with one place of it made otherwise."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from jsonschema import Draft202012Validator, FormatChecker

from hub.errors import Refused
from hub.translators import formats
from hub.translators.native import STRUCTURED
from schemas.messages import FROM_THE_HUB, MESSAGES, NAME_OF

FOLDER = Path(__file__).parents[2] / "contracts"
VALUES = [
    *(
        "",
        " ",
        " x ",
        "x",
        "yes",
        "true",
        "1",
        "12:00",
        "1796688000",
        "x" * 400,
        "x" * 21_000,
        "åäö",
        "a\x00b",
        "\u3164",
        "\u200b\u0301",
    ),
    *("2026-12-09", "2026-02-30", "1026-12-09", "2026-12-09T00:00:00", "2026-12-09T00:00:00Z", "2026-12-09T24:00:00Z"),
    *(0, 1, -1, 1.0, 2.0, 1.5, 2**60, 1796688000, True, False, None, [], {}, [None], ["x", "x"]),
]
"""What a program puts in the wrong place: words for yes, numbers in quotes, moments without zone, whole numbers with a fraction …"""
OPENED = "åäö", "ny_uppgift"
"""Members that no object of a message has."""
BY_THE_CALENDAR = FormatChecker(["date"])
BY_THE_CALENDAR.checkers["date-time"] = (lambda text: date.fromisoformat(str(text)[:10]), ValueError)
EACH_TIME = {"quick": 2_000, "unhurried": 12_000}
"""So many mutants of all are judged in a profile, the same every time; in any other (``--hypothesis-profile default``) all."""


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and element."""
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(child, (*path, key))
    if path:
        yield path


Mutant = tuple[str, tuple[Any, ...], Any]
"""(which fixture, the place, what is done there): another value, none (``...``), or an unknown member beside it (``OPENED``)."""


def mutants(name: str, sound: dict[str, Any]) -> Iterator[Mutant]:
    """Everything that is done to a fixture."""
    for path in places(sound):
        for value in (*VALUES, ..., OPENED):
            # CloudEvents has unknown attributes passed over.
            if value is not OPENED or (len(path) > 1 and isinstance(within(sound, path), dict)):
                yield name, path, value


def within(event: dict[str, Any], path: tuple[Any, ...]) -> Any:
    """What holds the place."""
    node: Any = event
    for key in path[:-1]:
        node = node[key]
    return node


def made(sound: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The event after it was done."""
    event = copy.deepcopy(sound)
    node = within(event, path)
    if value is ...:
        node.pop(path[-1])
    elif value is OPENED:
        node |= dict.fromkeys(OPENED, "x")
    else:
        node[path[-1]] = value
    return event


@cache
def validator(name: str) -> Draft202012Validator:
    """A published schema, with the days and moments of the calendar."""
    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_bytes())
    return Draft202012Validator(schema, format_checker=BY_THE_CALENDAR)


def by_schema(path: tuple[Any, ...], event: dict[str, Any]) -> bool:
    """As a vendor judges: the attributes by envelope.json, the data by the schema of the type's name. What is as in the valid
    fixture is not judged again.
    """
    if path[0] != "data" or len(path) == 1:
        name = NAME_OF.get(str(event.get("type")))
        judged = (validator("envelope").is_valid(event), name is not None)
        if path[0] not in {"data", "type"} or not all(judged):
            return all(judged)
    return validator(NAME_OF[event["type"]]).is_valid(event["data"])


def by_hub(event: dict[str, Any]) -> bool:
    """As the hub's way in reads it."""
    try:
        formats.read(STRUCTURED, None, json.dumps(event).encode())
    except Refused:
        return False
    return True


def test_what_a_schema_refuses_the_hub_refuses_and_the_reverse():
    sound = {path.stem: json.loads(path.read_bytes()) for path in sorted((FOLDER / "valid").glob("*.json"))}
    assert {NAME_OF[event["type"]] for event in sound.values()} == set(MESSAGES) - FROM_THE_HUB
    tried = [mutant for name, event in sound.items() for mutant in mutants(name, event)]
    assert len(tried) > 50_000
    if (few := EACH_TIME.get(settings.get_current_profile_name())) is not None:
        tried = random.Random(11).sample(tried, few)
    wrong = []
    for name, path, value in tried:
        event = made(sound[name], path, value)
        if (accepted := by_hub(event)) is not by_schema(path, event):
            does = "accepts" if accepted else "refuses"
            wrong.append(f"{name} at {'/'.join(map(str, path))} with {value!r}: the hub {does} it, its schema not")
    assert wrong == [], f"{len(wrong)} of {len(tried)}"
