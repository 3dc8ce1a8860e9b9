"""What happens in every case: the engine's events, and the fold that makes the case of all events. Imports the case and the
process only.

``evolve`` is the only function that changes a case, and it never fails: whatever may be wrong was refused before the
event. A process joins these events with its own (``Process.events``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hub.processes.engine.case import Case, Event
from hub.processes.engine.process import PROCESSES


def _opened(case: Case, *, process: str, profile: str, unit: str, person: dict[str, str]) -> None:
    case.process, case.profile, case.opened_by = process, profile, unit
    case.person = dict(person)


def _joined(case: Case, *, unit: str, party: str, roles: list[str], by: str, for_information: bool = False) -> None:
    case.participants[unit] = {"party": party, "roles": list(roles), "since": case.sequence, "by": by}
    if for_information:
        case.participants[unit]["for_information"] = True
    case.gone.pop(unit, None)


def left(case: Case, *, unit: str) -> None:
    case.gone[unit] = case.participants.pop(unit)["party"]
    case.unanswered.pop(unit, None)
    for standing in case.steps.values():
        if unit in standing["awaits"]:
            standing["awaits"].remove(unit)


def _role_changed(case: Case, *, unit: str, role: str, change: str) -> None:
    roles = case.participants[unit]["roles"]
    if change == "tillagd":
        roles.append(role)
    else:
        roles.remove(role)


def _published(case: Case, *, at: str) -> None:
    case.published = True
    case.dates["published"] = at


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
    case.steps[step] = {
        "sequence": case.sequence,
        "source": source,
        "message": message,
        "at": at,
        "act": act,
        "awaits": list(awaits),
        "done": dict(done or {}),
    }


def _awaited(case: Case, *, step: str, units: list[str], by: str | None = None) -> None:
    standing = case.steps[step]
    standing["awaits"].extend(unit for unit in units if unit not in standing["awaits"])
    for unit in units:
        standing["done"].pop(unit, None)
        participant = case.participants[unit]
        if by is not None and participant["since"] != case.sequence:
            participant["by"], participant["asked"] = by, case.sequence


def _unawaited(case: Case, *, step: str, units: list[str]) -> None:
    """C-1: those of whom no role answers for it any more."""
    standing = case.steps[step]
    standing["awaits"] = [unit for unit in standing["awaits"] if unit not in units]


def _acted(case: Case, *, step: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    standing = case.steps[step]
    standing["awaits"].remove(unit)
    standing["done"][unit] = [actor, role, time]


def _threaded(case: Case, *, thread: str, unit: str, to: list[str] | None, awaits: list[str], file: bool) -> None:
    case.threads[thread] = {
        "sequence": case.sequence,
        "unit": unit,
        "to": to,
        "awaits": list(awaits),
        "done": {},
        "revoked": False,
    }
    for each in awaits:
        case.unanswered[each] = case.unanswered.get(each, 0) + 1
    case.counts["messages"] = case.counts.get("messages", 0) + 1
    if file:
        case.counts["files"] = case.counts.get("files", 0) + 1


def _answered(case: Case, unit: str) -> None:
    if case.unanswered.get(unit, 0) > 1:
        case.unanswered[unit] -= 1
    else:
        case.unanswered.pop(unit, None)


def _thread_acted(case: Case, *, thread: str, unit: str, actor: str | None, role: str | None, time: str) -> None:
    found = case.threads[thread]
    found["awaits"].remove(unit)
    found["done"][unit] = [actor, role, time]
    _answered(case, unit)


def _thread_revoked(case: Case, *, thread: str) -> None:
    found = case.threads[thread]
    for unit in case.open_awaits(found):
        _answered(case, unit)
    found["revoked"] = True


def _revoked(case: Case) -> None:
    """V-5: it disappears; the history is kept, and nothing waits for anybody."""
    case.status = "revoked"
    case.unanswered.clear()
    for standing in case.steps.values():
        standing["awaits"] = []


def _fired(case: Case, *, key: str, due: str) -> None:
    case.fired[key] = due


def _addressed(case: Case, *, outcome: str) -> None:
    case.addressed = outcome


def _turned_away(case: Case, *, rule: str) -> None:  # noqa: ARG001 - the history says by which rule
    case.status = "refused"
    # C-62: nothing that points to a person with protected identity stays in what the hub shows.
    case.person = {}
    case.records = {}
    for standing in case.steps.values():
        standing["awaits"] = []


ENGINE: Mapping[str, Callable[..., None]] = {
    "opened": _opened,
    "joined": _joined,
    "left": left,
    "role_changed": _role_changed,
    "published": _published,
    "stepped": _stepped,
    "awaited": _awaited,
    "unawaited": _unawaited,
    "acted": _acted,
    "threaded": _threaded,
    "thread_acted": _thread_acted,
    "thread_revoked": _thread_revoked,
    "revoked": _revoked,
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
    for bookkeeping in ("told", "unheard", "due", "listed", "threads"):
        del whole[bookkeeping]
    return whole
