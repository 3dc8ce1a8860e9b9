"""The walk over the edits of a plan (E-1 to E-6): each is judged on the plan as the edits before it left it. Imports the engine and the
element's events only.

The walk finds the first fault, as a code with its place and words; ``edit_faults`` has the rule and the sentences of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.element import Element
from hub.processes.engine.rule import Context, codes
from hub.processes.profiles.sip_codes import CONTINUES, TEMPLATES
from hub.processes.profiles.sip_elements import ElementKind
from hub.processes.sip.element_events import (
    PLAN,
    copied_fields,
    edited,
    is_current,
    kind_of,
    that_stand,
    value_of,
    writings_of,
    written_later,
)
from hub.processes.sip.state import SipState, sip, takes_full_part
from hub.processes.sip.who import is_the_coordinator, takes_over_from, writer
from schemas.person_numbers import find_person_numbers
from schemas.sip_parts import Edit, ElementFields

MOST_ELEMENTS = 500
MOST_BYTES = 500_000


@dataclass(slots=True)
class EditFault:
    """What is wrong with an edit: ``code`` says which sentence, ``place`` where."""

    code: str
    place: str
    words: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EditWalk:
    """What the edits of one message come to."""

    fault: EditFault | None
    trial: Case
    """The case with the edits that were judged before the fault; all of them where there is none."""
    changed: list[str]
    """The addresses of the elements that the edits name, in order."""
    unshared: int = 0
    """How many edits are of an insats that is not shared (LC-6)."""


def walk(s: Context) -> EditWalk:
    """The walk of a message's edits, made once per message."""
    if "walk" not in s.memo:
        s.memo["walk"] = _walk(s)
    found: EditWalk = s.memo["walk"]
    return found


def _walk(s: Context) -> EditWalk:
    done = EditWalk(None, s.case.copy(), [])
    done.trial.sequence += 1
    for number, edit in enumerate(s.data.edits):
        place = f"/data/edits/{number}"
        done.fault = next(_faults(s, done.trial, edit, place), None)
        if done.fault is not None:
            return done
        if _is_unshared(s, done.trial, edit):
            done.unshared += 1
        for event in events_of(s, done.trial, edit):
            edited(done.trial, **event)
        done.changed.append(edit.element)
    if _outgrows(sip(s.case), sip(done.trial)):
        done.fault = EditFault("too_much", "/data/edits")
    if 0 < done.unshared < len(s.data.edits):
        done.fault = EditFault("mixed_sharing", "/data/edits")
    return done


def _outgrows(before: SipState, after: SipState) -> bool:
    """E-5: the edits make a plan too large; a plan that a call has made too large may still shrink."""
    elements, most = sum(after.living.values()), sum(before.living.values())
    return elements > max(MOST_ELEMENTS, most) or after.size > max(MOST_BYTES, before.size)


def _is_unshared(s: Context, trial: Case, edit: Edit) -> bool:
    if not s.profile.shares_efforts or kind_of(edit.element) != "insats":
        return False
    one = trial.elements.get(edit.element)
    if one is None:
        return not (edit.set is not None and edit.set.shared)
    return not value_of(one, "shared")


def _faults(s: Context, trial: Case, edit: Edit, place: str) -> Iterator[EditFault]:
    kind = kind_of(edit.element)
    holds: ElementKind | None = s.profile.elements.get(kind)
    if holds is None:
        yield EditFault("no_such_kind", f"{place}/element", {"codes": codes(s.profile.elements)})
        return
    one = trial.elements.get(edit.element)
    if one is not None and _is_hidden(s, one):
        one = None
        if edit.change != "tillagd":
            yield EditFault("not_there", f"{place}/element")
    yield from _in_order(s, trial, kind, edit, place)
    yield from _of_fields(s, trial, holds, one, edit, place)
    if edit.change == "tillagd":
        yield from _added(s, trial, holds, edit, place)
    else:
        yield from _changed(s, trial, holds, one, edit, place)
    yield from _by_whom(s, one, edit, place)


def _is_hidden(s: Context, one: Element) -> bool:
    """LC-6: another unit's insats that is not shared is as if it were not there."""
    return hides_effort(s, one) and one.state["unit"] != s.unit


def hides_effort(s: Context, one: Element) -> bool:
    """Whether an element is an insats that is not shared."""
    return bool(s.profile.shares_efforts) and kind_of(one.address) == "insats" and not value_of(one, "shared")


# --- what an edit sets ------------------------------------------------------------------------------------------------


def _of_fields(
    s: Context, trial: Case, holds: ElementKind, one: Element | None, edit: Edit, place: str
) -> Iterator[EditFault]:
    said = {} if edit.set is None else edit.set.said
    known = {*holds.fields, *keywords(one, edit)}
    for name, value in said.items():
        at = f"{place}/set/{name}" if name in ElementFields.model_fields else f"{place}/set"
        if name not in known:
            yield EditFault("no_such_field", at, {"codes": codes(known)})
        elif name in holds.codes and value is not None:
            code = value["code"] if isinstance(value, dict) else value
            listed = s.profile.codes[holds.codes[name]]
            if code not in listed:
                yield EditFault("unknown_code", at, {"codes": codes(listed)})
        elif name == "responsible" and value is not None:
            yield from _responsible(s, holds, value, at)
        elif name == "follow_up_responsible" and value is not None:
            there = trial.elements.get(value)
            if kind_of(value) != "deltagare" or there is None or there.removed:
                yield EditFault("no_such_participant", at)
        elif name == "shared" and edit.change != "tillagd":
            yield EditFault("shared_by_a_message", at)
    if edit.change in {"avslutad", "borttagen"} and said:
        yield EditFault("end_says_no_more", f"{place}/set")
    if edit.change == "andrad" and not said and edit.under in {None, PLAN}:
        yield EditFault("nothing_changes", place)


def keywords(one: Element | None, edit: Edit) -> tuple[str, ...]:
    """The keywords of a note's template, as the note has it or the edit sets it."""
    template = None if edit.set is None else edit.set.template
    if template is None and one is not None:
        template = value_of(one, "template")
    return TEMPLATES.get(template or "", ())


def _responsible(s: Context, holds: ElementKind, value: dict[str, Any], at: str) -> Iterator[EditFault]:
    if "unit" in value:
        if value["unit"] not in s.case.participants or not takes_full_part(s.case, value["unit"]):
            yield EditFault("responsible_takes_no_part", f"{at}/unit")
    elif holds.responsible_is_a_unit:
        yield EditFault("responsible_is_a_unit", at)
    elif "outsider" in value and value["outsider"] not in sip(s.case).outsiders:
        yield EditFault("no_such_outsider", f"{at}/outsider")
    elif "outsider" in value and sip(s.case).outsiders[value["outsider"]]:
        yield EditFault("the_person_objects", f"{at}/outsider")


# --- how an edit changes the plan -------------------------------------------------------------------------------------


def _added(s: Context, trial: Case, holds: ElementKind, edit: Edit, place: str) -> Iterator[EditFault]:
    if edit.element == PLAN or edit.element in trial.elements:
        yield EditFault("used_before", f"{place}/element")
    if find_person_numbers(edit.element.partition("/")[2]):
        yield EditFault("id_is_a_number", f"{place}/element")
    yield from _parent(s, trial, holds, edit, place)
    if s.profile.required_at_once:
        yield from _incomplete(holds, edit, place)


def _incomplete(holds: ElementKind, edit: Edit, place: str) -> Iterator[EditFault]:
    said = {} if edit.set is None else {name for name, value in edit.set.said.items() if value is not None}
    for name in holds.required:
        if name not in said:
            yield EditFault("required", f"{place}/set/{name}")
    if kind_of(edit.element) == "anteckning" and not set(keywords(None, edit)) & {*said}:
        yield EditFault("no_keyword", f"{place}/set", {"codes": codes(keywords(None, edit))})


def _parent(s: Context, trial: Case, holds: ElementKind, edit: Edit, place: str) -> Iterator[EditFault]:
    if holds.parent is None:
        if edit.under not in {None, PLAN}:
            yield EditFault("no_such_parent", f"{place}/under")
        return
    parent = None if edit.under is None else trial.elements.get(edit.under)
    if parent is None or kind_of(parent.address) != holds.parent or not _lives(s, trial, parent):
        yield EditFault("no_such_parent", f"{place}/under")


def _lives(s: Context, trial: Case, one: Element) -> bool:
    return is_current(trial, one, carries_over=s.profile.carries_over) and "ended" not in one.state


def _changed(
    s: Context, trial: Case, holds: ElementKind, one: Element | None, edit: Edit, place: str
) -> Iterator[EditFault]:
    version = 0 if one is None else one.version
    if one is None and edit.element != PLAN:
        yield EditFault("not_there", f"{place}/element")
    if one is not None and edit.element != PLAN and not _lives(s, trial, one):
        yield EditFault("not_there", f"{place}/element")
    if edit.version is None:
        yield EditFault("version_missing", f"{place}/version")
        return
    exact = edit.change in {"avslutad", "borttagen"}
    written = {} if one is None else writings_of(one)
    if one is not None and "moved" in one.state:
        written["under"] = one.state["moved"]
    said = () if edit.set is None else edit.set.said
    names = written if exact else [*said, *(["under"] if edit.under is not None else [])]
    later = written_later(written, names, edit.version)
    # What an edit of the same message wrote stands nowhere once the message is refused.
    stands = that_stand(edit.element, {name: at for name, at in later.items() if at[1] <= s.case.sequence})
    if later or edit.version > version or (exact and edit.version != version):
        yield EditFault("written_later", f"{place}/version", {"stands": str(version)}, stands)
    if edit.under is not None:
        yield from _parent(s, trial, holds, edit, place)
    if edit.change == "avslutad":
        yield from _ended(s, trial, one, edit, place)
    if edit.change == "borttagen":
        yield from _removed(s, trial, one, edit, place)
    if s.profile.required_at_once and edit.set is not None:
        for name in holds.required:
            if name in edit.set.said and edit.set.said[name] is None:
                yield EditFault("required", f"{place}/set/{name}")
        yield from _emptied(one, edit, place)


def _emptied(one: Element | None, edit: Edit, place: str) -> Iterator[EditFault]:
    """A note keeps at least one text, and none outside of its template."""
    if one is None or kind_of(one.address) != "anteckning" or edit.set is None:
        return
    values = {**{name: written[0] for name, written in one.state["fields"].items()}, **edit.set.said}
    texts = {name for name, value in values.items() if value is not None} - {"template"}
    known = keywords(one, edit)
    if not texts or not texts <= set(known):
        yield EditFault("no_keyword", f"{place}/set", {"codes": codes(known)})


def beneath(trial: Case, address: str) -> list[Element]:
    """The living elements under one, children before their own children."""
    found: list[Element] = []
    waiting = [address]
    while waiting:
        parent = waiting.pop()
        children = [one for one in trial.elements.values() if one.state.get("under") == parent and not one.removed]
        found += children
        waiting += [one.address for one in children]
    return found


def _ended(s: Context, trial: Case, one: Element | None, edit: Edit, place: str) -> Iterator[EditFault]:
    if not s.profile.ends_elements or edit.element == PLAN or one is None:
        yield EditFault("not_ended_here", f"{place}/change")
        return
    others = {
        child.state["unit"]
        for child in beneath(trial, one.address)
        if value_of(child, "shared") and "ended" not in child.state and child.state["unit"] != s.unit
    }
    if others and not s.data.confirmed:
        warnings = [f"pagaende-insatser:{unit}" for unit in sorted(others)]
        yield EditFault("others_go_on", "/data/confirmed", {}, warnings)


def _removed(s: Context, trial: Case, one: Element | None, edit: Edit, place: str) -> Iterator[EditFault]:
    if edit.element == PLAN or one is None:
        yield EditFault("plan_stays", f"{place}/change")
        return
    visible = [each for each in (one, *beneath(trial, one.address)) if not _is_hidden(s, each)]
    if any("signed" in each.state for each in visible):
        yield EditFault("signed_stays", f"{place}/change")
    if s.profile.shares_efforts and any(value_of(each, "shared") for each in visible):
        yield EditFault("shared_is_ended", f"{place}/change")
    writers = {
        written[3]
        for each in visible
        for name, written in each.state["fields"].items()
        if name not in copied_fields(each)
    }
    if writers - {s.unit} and not s.data.confirmed:
        yield EditFault(
            "others_wrote_there", "/data/confirmed", {}, [f"skrivet-av:{unit}" for unit in sorted(writers - {s.unit})]
        )


# --- by whom, and in which order --------------------------------------------------------------------------------------


def _by_whom(s: Context, one: Element | None, edit: Edit, place: str) -> Iterator[EditFault]:
    """E-6."""
    if s.profile.locks_documents or s.profile.anyone_writes:
        return
    author = s.unit if one is None else one.state["unit"]
    if s.profile.shares_efforts:
        if edit.element == PLAN:
            if not is_the_coordinator(s):
                yield EditFault("coordinators_own", f"{place}/element")
            return
        said = {} if edit.set is None else edit.set.said
        if "attainment" in said and not is_the_coordinator(s):
            yield EditFault("coordinators_own", f"{place}/set/attainment")
        responsible = said.get("responsible") or {}
        elsewhere = "person" in responsible or "outsider" in responsible
        if (author != s.unit or elsewhere) and not is_the_coordinator(s):
            yield EditFault("authors_own", f"{place}/element")
        return
    if one is not None and kind_of(one.address) == "anteckning":
        if "signed" in one.state:
            yield EditFault("signed_stays", f"{place}/element")
        if author != s.unit and not takes_over_from(s, author):
            yield EditFault("authors_own", f"{place}/element")


def _in_order(s: Context, trial: Case, kind: str, edit: Edit, place: str) -> Iterator[EditFault]:
    """LC-1: the main goal, then all else."""
    if not s.profile.ongoing_from:
        return
    said = {} if edit.set is None else edit.set.said
    if "huvudmal" not in sip(trial).plan and said.get("huvudmal") is None:
        yield EditFault("main_goal_first", f"{place}/element")
    if kind == PLAN and "huvudmal" in said and said["huvudmal"] is None:
        yield EditFault("required", f"{place}/set/huvudmal")


# --- the events of an edit --------------------------------------------------------------------------------------------


def events_of(s: Context, trial: Case, edit: Edit) -> list[dict[str, Any]]:
    """The facts of the ``edited`` events that an edit amounts to: its own, and those of the elements that go with it."""
    who = writer(s)
    under = {} if edit.under in {None, PLAN} else {"under": edit.under}
    values = {} if edit.set is None else {"set": edit.set.said}
    change = edit.change
    if edit.element == PLAN and PLAN not in trial.elements:
        change = "tillagd"
    own = {"element": edit.element, "change": change, **under, **values, **who}
    if edit.set is not None and edit.set.outcome not in {None, CONTINUES}:
        return [own, {"element": edit.element, "change": "avslutad", **who}]
    if edit.change not in {"avslutad", "borttagen"}:
        return [own]
    along = [
        {"element": child.address, "change": edit.change, **who}
        for child in beneath(trial, edit.element)
        if edit.change == "borttagen" or "ended" not in child.state
    ]
    return [own, *along]
