"""What has changed between two versions of the plan, element by element and field by field (E-7). Pure; imports the history only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.element_events import kind_of
from hub.processes.sip.lage import field_snapshot, in_order, shown_parts, written_by
from hub.processes.sip.plan_history import PlanHistory


def compare(case: Case, unit: str, before: PlanHistory, after: PlanHistory) -> list[dict[str, Any]]:
    """The elements that differ, each with ``change`` (tillagd · borttagen · avslutad · aterstalld · andrad), who made it, its fields that
    differ with both values, and under what it stood and stands where it was moved.
    """
    was = {one.address: one for one in shown_parts(case, [unit], before.case)}
    now = {one.address: one for one in shown_parts(case, [unit], after.case)}
    pairs = [(was.get(one.address), now.get(one.address)) for one in in_order(case, {**was, **now}.values())]
    return [found for old, new in pairs if (found := _difference(case, old, new, after)) is not None]


def _difference(case: Case, old: Element | None, new: Element | None, after: PlanHistory) -> dict[str, Any] | None:
    one = new or old
    assert one is not None
    fields, change = _fields(case, one.address, old, new), _change(old, new)
    moved = None if old is None or new is None else (old.state.get("under"), new.state.get("under"))
    is_moved = moved is not None and moved[0] != moved[1]
    if change is None and not fields and not is_moved:
        return None
    return {
        "element": one.address,
        "change": change or "andrad",
        "by": written_by(_who(after.last.get(one.address, {}), change)),
        "fields": fields,
        **({"under": {"before": moved[0], "after": moved[1]}} if is_moved and moved is not None else {}),
    }


def _change(old: Element | None, new: Element | None) -> str | None:
    if old is None:
        return "tillagd"
    if new is None:
        return "borttagen"
    ended = ("ended" in old.state, "ended" in new.state)
    return {(False, True): "avslutad", (True, False): "aterstalld"}.get(ended)


def _who(last: Mapping[str, Sequence[Any]], change: str | None) -> Sequence[Any] | None:
    """Who made the change; of an element that was only written in, who did so last. None where a version began empty."""
    if change is None:
        return max(last.values(), key=lambda who: who[0], default=None)
    return last.get("delad", last.get("tillagd")) if change == "tillagd" else last.get(change)


def _fields(case: Case, address: str, old: Element | None, new: Element | None) -> list[dict[str, Any]]:
    was, now = ({} if one is None else one.state["fields"] for one in (old, new))
    known = SIP_PROFILES[case.profile].elements[kind_of(address)].fields
    names = [*(name for name in known if name in {*was, *now}), *sorted({*was, *now} - {*known})]
    pairs = [(name, _shown(was.get(name)), _shown(now.get(name))) for name in names]
    return [
        {"field": name, "before": before, "after": after}
        for name, before, after in pairs
        if (before and before["value"]) != (after and after["value"])
    ]


def _shown(written: Sequence[Any] | None) -> dict[str, Any] | None:
    return None if written is None or written[0] is None else field_snapshot(written)
