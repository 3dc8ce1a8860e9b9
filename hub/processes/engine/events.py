"""What happens in every case: the engine's events, and the fold that makes the case of all events. Imports the case and the
process only.

``evolve`` is the only function that changes a case, and it never fails: whatever may be wrong was refused before the
event. A process joins these events with its own (``Process.events``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case, Event
from hub.processes.engine.element import Element
from hub.processes.engine.process import PROCESSES

WRITING = "skriva"
"""The act of a step that the parties write in together: nobody is awaited, and the step is blue (C-30)."""


def _opened(case: Case, *, process: str, profile: str, unit: str, person: dict[str, str]) -> None:
    case.process, case.profile, case.opened_by = process, profile, unit
    case.person = dict(person)
    case.state = PROCESSES[process].state()


def _joined(case: Case, *, unit: str, party: str, roles: list[str], by: str, for_information: bool = False) -> None:
    case.participants[unit] = {"party": party, "roles": list(roles), "since": case.sequence, "by": by}
    if for_information:
        case.participants[unit]["for_information"] = True
    case.gone.pop(unit, None)


def left(case: Case, *, unit: str) -> None:
    case.gone[unit] = case.participants.pop(unit)["party"]
    case.unanswered.pop(unit, None)
    for awaited in case.awaited.values():
        if unit in awaited.by:
            awaited.by.remove(unit)


def _caught_up(case: Case, *, units: list[str], by: str) -> None:
    """Units were told how things stand by one message, whose id they may answer with."""
    for unit in units:
        participant = case.participants.get(unit)
        if participant is not None:
            participant["by"], participant["asked"] = by, case.sequence


def _role_changed(case: Case, *, unit: str, role: str, change: str) -> None:
    roles = case.participants[unit]["roles"]
    if change == "tillagd":
        roles.append(role)
    else:
        roles.remove(role)


def _published(case: Case, *, at: str) -> None:
    case.published = True
    case.published_at = case.published_at or at


def _stepped(
    case: Case,
    *,
    step: str,
    source: str,
    message: str,
    at: str,
    act: str | None,
    awaits: list[str],
    done: dict[str, list[Any]] | None = None,
) -> None:
    """A step stands by a message, and waits for one act, or for none: nothing else is awaited in it any more."""
    case.steps[step] = {"sequence": case.sequence, "source": source, "message": message, "at": at}
    asks = act is not None and act != WRITING
    for key in [key for key, one in case.awaited.items() if one.step == step and not (asks and key == step)]:
        del case.awaited[key]
    if act == WRITING:
        case.steps[step]["writing"] = True
    elif act is not None:
        case.awaited[step] = Awaited(step, act, list(awaits), message, source, case.sequence, at, dict(done or {}))


def _asked(case: Case, *, key: str, step: str, source: str, message: str, at: str, act: str, awaits: list[str]) -> None:
    """Something more is awaited in a step, under a key of its own; what else the step waits for stays."""
    case.steps[step] = {"sequence": case.sequence, "source": source, "message": message, "at": at}
    case.awaited[key] = Awaited(step, act, list(awaits), message, source, case.sequence, at)


def _ended(case: Case, *, key: str) -> None:
    """What was awaited under a key is awaited no more."""
    case.awaited.pop(key, None)


def _awaited(case: Case, *, step: str, units: list[str], by: str | None = None) -> None:
    """``step``: the key of what is awaited, which of a step's one act is the step's name."""
    awaited = case.awaited[step]
    awaited.by.extend(unit for unit in units if unit not in awaited.by)
    for unit in units:
        awaited.done.pop(unit, None)
        participant = case.participants[unit]
        if by is not None and participant["since"] != case.sequence:
            participant["by"], participant["asked"] = by, case.sequence


def _unawaited(case: Case, *, step: str, units: list[str]) -> None:
    """C-1: no role of these units answers for it any more."""
    awaited = case.awaited[step]
    awaited.by = [unit for unit in awaited.by if unit not in units]


def _acted(case: Case, *, step: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    awaited = case.awaited[step]
    awaited.by.remove(unit)
    awaited.done[unit] = [actor, role, time]


# --- elements: parts with rows of their own ---------------------------------------------------------------------------


def talk_address(thread: str) -> str:
    """The address of the element that a free message is; ``thread`` is «id source»."""
    return f"meddelande/{thread}"


def _threaded(case: Case, *, thread: str, unit: str, to: list[str] | None, awaits: list[str], file: bool) -> None:
    id_, _, source = thread.partition(" ")
    awaited = Awaited("meddelande", "kvittera", list(awaits), id_, source, case.sequence, "")
    address = talk_address(thread)
    case.elements[address] = Element(address, 1, {"unit": unit, "to": to}, awaited)
    for each in awaits:
        case.unanswered[each] = case.unanswered.get(each, 0) + 1
    shown = () if case.sequence in case.kept.values() else ("messages", *(["files"] if file else []))
    for count in ("elements", *shown):
        case.counts[count] = case.counts.get(count, 0) + 1


def _answered(case: Case, unit: str) -> None:
    if case.unanswered.get(unit, 0) > 1:
        case.unanswered[unit] -= 1
    else:
        case.unanswered.pop(unit, None)


def _thread_acted(case: Case, *, thread: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    element = case.elements[talk_address(thread)]
    assert element.awaited is not None
    element.awaited.by.remove(unit)
    element.awaited.done[unit] = [actor, role, time]
    element.version += 1
    _answered(case, unit)


def _thread_revoked(case: Case, *, thread: str) -> None:
    element = case.elements[talk_address(thread)]
    for unit in case.open_awaits(element):
        _answered(case, unit)
    element.removed = True
    element.version += 1


def _element(case: Case, *, element: str, state: dict[str, Any], removed: bool = False) -> None:
    """A part is new, or holds something else from now on. Its version counts its changes."""
    before = case.elements.get(element)
    if before is None:
        case.elements[element] = Element(element, 1, dict(state), removed=removed)
        case.counts["elements"] = case.counts.get("elements", 0) + 1
    else:
        before.state, before.removed, before.version = dict(state), removed, before.version + 1


def touched(events: Iterable[Event]) -> set[str]:
    """The addresses of the elements that events have changed."""
    return {
        facts["element"] if "element" in facts else talk_address(facts["thread"])
        for _, facts in events
        if "element" in facts or "thread" in facts
    }


def revoked(case: Case) -> None:
    """V-5: it disappears; the history is kept, and nothing waits for anybody."""
    case.status = "revoked"
    case.unanswered.clear()
    for awaited in case.awaited.values():
        awaited.by = []


def _kept(case: Case, *, unit: str) -> None:
    """PR-1, LC-6: only one unit may know of this act. It is emitted before the act's other events, and changes nothing itself."""
    if not case.kept or case.sequence - 1 > max(case.kept.values()):
        case.kept = {"": case.sequence - 1}
    case.kept[unit] = case.sequence


def _fired(case: Case, *, key: str, due: str) -> None:
    case.fired[key] = due


def _addressed(case: Case, *, outcome: str) -> None:
    case.addressed = outcome


def _turned_away(case: Case, *, rule: str) -> None:  # noqa: ARG001 - the history says by which rule
    case.status = "refused"
    # C-62: nothing that points to a person with protected identity stays in what the hub shows.
    case.person = {}
    case.information_reason = None
    for consent in case.consents.values():
        consent.record = {}
    for awaited in case.awaited.values():
        awaited.by = []


ENGINE: Mapping[str, Callable[..., None]] = {
    "opened": _opened,
    "joined": _joined,
    "left": left,
    "caught_up": _caught_up,
    "role_changed": _role_changed,
    "published": _published,
    "stepped": _stepped,
    "asked": _asked,
    "ended": _ended,
    "awaited": _awaited,
    "unawaited": _unawaited,
    "acted": _acted,
    "threaded": _threaded,
    "thread_acted": _thread_acted,
    "thread_revoked": _thread_revoked,
    "element": _element,
    "revoked": revoked,
    "kept": _kept,
    "fired": _fired,
    "addressed": _addressed,
    "turned_away": _turned_away,
}
"""Event → what it does to the case, in every process."""


def evolve(case: Case, event: Event) -> None:
    """Brings one event into the case."""
    name, facts = event
    PROCESSES[case.process].events[name](case, **facts)


def fold(case_id: str, history: Iterable[Sequence[Event]]) -> Case:
    """The case from its whole history: one list of events per accepted message, in sequence order."""
    case = Case(case_id)
    for events in history:
        # What rides inside the message that opens a case comes before ``opened``, and is an event of the same process.
        case.process = case.process or next(facts["process"] for name, facts in events if name == "opened")
        case.sequence += 1
        for event in events:
            evolve(case, event)
    return case


def rules_part(case: Case) -> dict[str, Any]:
    """Everything that is folded from events and kept in the case's own row."""
    whole = asdict(case)
    for bookkeeping in ("told", "unheard", "due", "listed", "elements"):
        del whole[bookkeeping]
    return whole
