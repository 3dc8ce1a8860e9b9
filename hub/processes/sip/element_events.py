"""How an edit changes an element of the plan (E-1 to E-4). Imports the case only.

An element's ``state``: ``fields`` {name: [value, version, sequence, unit, actor, time]}, ``under``, ``unit`` (the author's),
``since`` (the sequence that added it), ``plan`` (the plan's version that it was added to), and, once it is so, ``ended``, ``signed``,
``revoked``, ``shared_at`` as [sequence, unit, actor, time]. ``moved``: [version, sequence] of the edit that put it under its parent.
``copied``: the names of the fields that a call brought in and nobody has written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.sip.state import SipState, sip

PLAN = "plan"
MIRRORED = frozenset({"huvudmal", "follow_up_date", "evaluation_date", "delivery"})
"""Fields of the plan itself that rules and deadlines ask for when the element is not loaded."""

DATED = frozenset({"follow_up_date", "evaluation_date"})
"""Of them, the days of which it matters whether a meeting was held after they were written."""


def kind_of(address: str) -> str:
    """The kind of an element, by its address."""
    return address.partition("/")[0]


def edited(
    case: Case,
    *,
    element: str,
    change: str,
    unit: str,
    time: str,
    actor: str | None = None,
    set: dict[str, Any] | None = None,  # noqa: A002 - the field's name on the wire
    under: str | None = None,
    copied: bool = False,
    stands: dict[str, Any] | None = None,
) -> None:
    """``change``: tillagd · andrad · avslutad · borttagen · signerad · delad · aterstalld · makulerad. ``copied``: by the hub from a
    call, so that nobody has written it. ``stands``: with delad, the element as it stood, for a fold of the acts that another unit may
    know of. It never fails.
    """
    own, who = sip(case), [case.sequence, unit, actor, time]
    before = case.elements.get(element)
    if before is None and stands is not None:
        before = case.elements[element] = Element(element, stands["version"], {**stands["state"]})
        before.state["fields"] = dict(before.state["fields"])
        _count(own, before, 1)
    if before is None or change == "tillagd":
        version = 0 if before is None else before.version
        state: dict[str, Any] = {"fields": {}, "unit": unit, "since": case.sequence, "plan": own.version}
        one = case.elements[element] = Element(element, version, state)
        if before is None:
            case.counts["elements"] = case.counts.get("elements", 0) + 1
        _count(own, one, 1)
    else:
        one = before
        _count_flags(own, one, -1)
    one.version += 1
    if under is not None:
        one.state["under"] = under
        one.state["moved"] = [one.version, case.sequence]
    for name, value in (set or {}).items():
        _set(own, one, name, value, who)
    _note_copies(one, list(set or {}), copied=copied)
    if change == "avslutad":
        one.state["ended"] = who
    elif change == "aterstalld":
        one.state.pop("ended", None)
    elif change == "signerad":
        one.state["signed"] = who
    elif change == "makulerad":
        one.state["revoked"] = who
    elif change == "delad":
        one.state["shared_at"] = who
        one.state["fields"]["shared"] = [True, one.version, *who]
    elif change == "borttagen":
        one.removed = True
        _count(own, one, -1)
        own.size -= sum(text_bytes(field[0]) for field in one.state["fields"].values())
    _count_flags(own, one, 1)
    if (
        not copied and case.kept.get(unit) != case.sequence
    ):  # of an edit that is kept to its unit nobody may know (LC-6)
        own.writers[unit] = case.sequence


def _set(own: SipState, one: Element, name: str, value: Any, who: list[Any]) -> None:
    before = one.state["fields"].get(name)
    own.size += text_bytes(value) - (0 if before is None else text_bytes(before[0]))
    one.state["fields"][name] = [value, one.version, *who]
    if one.address == PLAN and name in DATED:
        own.dated[name] = [who[0], who[3]]
    if one.address == PLAN and name in MIRRORED:
        if value is None:
            own.plan.pop(name, None)
        else:
            own.plan[name] = "ja" if name == "huvudmal" else value


def _note_copies(one: Element, names: list[str], *, copied: bool) -> None:
    before = [name for name in one.state.get("copied", []) if name not in names]
    after = [*before, *names] if copied else before
    if after:
        one.state["copied"] = after
    else:
        one.state.pop("copied", None)


def written_later(written: Mapping[str, Sequence[int]], names: Iterable[str], on: int) -> dict[str, Sequence[int]]:
    """E-3: of the names that are written in, those written after a version, each with [version, sequence] of its last writing."""
    return {name: written[name] for name in names if name in written and written[name][0] > on}


def that_stand(address: str, later: Mapping[str, Sequence[int]]) -> list[str]:
    """E-3: the warnings that say where the words that stand are found."""
    return [f"stands:{address}/{name}:{version}:{sequence}" for name, (version, sequence) in later.items()]


def writings_of(one: Element) -> dict[str, Sequence[int]]:
    """Field → [version, sequence] of its last writing."""
    return {name: written[1:3] for name, written in one.state["fields"].items()}


def copied_fields(one: Element) -> frozenset[str]:
    """The fields that hold what a call says, and that nobody has written."""
    return frozenset(one.state.get("copied", ()))


def text_bytes(value: Any) -> int:
    """The text in a value, in bytes."""
    if isinstance(value, dict):
        return sum(text_bytes(part) for part in value.values())
    return len(value.encode()) if isinstance(value, str) else 0


def _count(own: SipState, one: Element, by: int) -> None:
    kind = kind_of(one.address)
    own.living[kind] = own.living.get(kind, 0) + by


def _count_flags(own: SipState, one: Element, by: int) -> None:
    """Unsigned notes and shared, ongoing insatser."""
    if one.removed:
        return
    kind = kind_of(one.address)
    if kind == "anteckning" and "signed" not in one.state:
        own.unsigned += by
    if kind == "insats" and "ended" not in one.state and value_of(one, "shared"):
        own.shared += by


def value_of(one: Element, name: str) -> Any:
    """What a field of an element holds now; None when it was never written or is emptied."""
    written = one.state["fields"].get(name)
    return None if written is None else written[0]


def is_current(case: Case, one: Element, *, carries_over: bool) -> bool:
    """Whether an element is in the plan's current version (E-7). The plan's own fields go on into every version."""
    return not one.removed and (carries_over or one.address == PLAN or one.state["plan"] == sip(case).version)
