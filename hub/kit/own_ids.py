"""The ids that a vendor's system gives itself: of a meeting that it calls to, of parts that it adds to a plan. Pure; imports
nothing of the hub.

Where the scenario has such an id and a later step of another party names it, the vendor's stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def paired(scenarios: Mapping[str, Any], vendors: Mapping[str, Any]) -> dict[str, str]:
    """The scenario's id → the vendor's, of what both messages bring: the meeting, and added parts of the plan of one kind in
    their order.
    """
    found = dict(zip(_meetings(scenarios), _meetings(vendors), strict=False))
    theirs = list(_added(vendors))
    for kind, id_ in _added(scenarios):
        for number, (other, candidate) in enumerate(theirs):
            if other == kind:
                found[id_] = candidate
                del theirs[number]
                break
    return {ours: their for ours, their in found.items() if ours != their}


def replaced(value: Any, ids: Mapping[str, str]) -> Any:
    """Data with the vendor's ids for the scenario's."""
    if isinstance(value, Mapping):
        return {name: replaced(inner, ids) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(inner, ids) for inner in value]
    return ids.get(value, value) if isinstance(value, str) else value


def brought(data: Any) -> list[str]:
    """The ids that a message brings: others name them later."""
    return [*_meetings(data), *(id_ for _, id_ in _added(data))] if isinstance(data, Mapping) else []


def _meetings(data: Mapping[str, Any]) -> list[str]:
    meeting = data.get("meeting")
    return [meeting["id"]] if isinstance(meeting, Mapping) and isinstance(meeting.get("id"), str) else []


def _added(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, id) of every part that a message adds to a plan."""
    for edit in data.get("edits") or ():
        if isinstance(edit, Mapping) and edit.get("change") == "tillagd" and isinstance(edit.get("element"), str):
            yield edit["element"].partition("/")[0], edit["element"]
