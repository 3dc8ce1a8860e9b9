"""What a plan needs at its gate: the required fields of its elements (C-56, sip-messages.md §4). Imports the engine only."""

from __future__ import annotations

from collections.abc import Iterable

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from hub.processes.sip.element_events import PLAN, is_current, kind_of, value_of
from hub.processes.sip.state import sip


def lacking(s: Context, case: Case, address: str) -> str | None:
    """The first required field that an element of the current version lacks; None when it lacks none, or has ended."""
    one = case.elements.get(address)
    if one is None and address != PLAN:
        return None
    if one is not None and (not is_current(case, one, carries_over=s.profile.carries_over) or "ended" in one.state):
        return None
    required: tuple[str, ...] = s.profile.elements[kind_of(address)].required
    for name in required:
        if one is None or value_of(one, name) in (None, ""):
            return name
    return None


def first_lacking(s: Context) -> tuple[str, str] | None:
    """The first element of the plan that lacks a required field, and the field; the whole plan is loaded."""
    for address in (PLAN, *sorted(s.case.elements)):
        if kind_of(address) in s.profile.elements and (field := lacking(s, s.case, address)) is not None:
            return address, field
    return None


def incomplete_after(s: Context, case: Case, changed: Iterable[str]) -> list[str]:
    """SA: the elements that lack a required field when these have changed: those known before, and these anew."""
    before = [address for address in sip(s.case).incomplete if address not in {*changed, PLAN}]
    now = [address for address in (PLAN, *dict.fromkeys(changed)) if lacking(s, case, address) is not None]
    return [*dict.fromkeys([*now, *before])]
