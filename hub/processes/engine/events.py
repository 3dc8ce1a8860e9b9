"""What happens in a case: events, and the fold that makes the case of them. Imports the case and the events about its
person only.

``evolve`` is the only thing that changes a case, and it never fails: whatever may be wrong was refused before the
event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.shared.person_events import PERSON

Event = tuple[str, dict[str, Any]]
"""(name, facts): plain data, kept with the message that caused it."""


def _opened(case: Case, *, process: str, profile: str, unit: str, person: dict[str, str]) -> None:
    case.process, case.profile, case.opened_by = process, profile, unit
    case.person = dict(person)


def _joined(case: Case, *, unit: str, party: str, roles: list[str], by: str, for_information: bool = False) -> None:
    case.participants[unit] = {"party": party, "roles": list(roles), "since": case.sequence, "by": by}
    if for_information:
        case.participants[unit]["for_information"] = True
    case.gone.pop(unit, None)


def _left(case: Case, *, unit: str) -> None:
    case.gone[unit] = case.participants.pop(unit)["party"]
    case.unanswered.pop(unit, None)
    for contact in case.vardkontakter:
        if contact["unit"] == unit:
            contact["kallelseansvarig"] = False  # V-7: nobody calls for a unit that is gone
    if all(participant["party"] != "oppenvard" for participant in case.participants.values()):
        case.sip_approved = None  # C-11: an answer of those who are gone no longer counts
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


def _admitted(case: Case, *, at: str) -> None:
    case.dates["admitted"] = at


def _estimated(case: Case, *, date: str) -> None:
    case.dates["estimated"] = date
    case.dates.setdefault("stated", date)  # the first is the inskrivning's


def _stated(case: Case, *, date: str) -> None:
    case.dates["stated"] = date


def _klar(case: Case, **facts: str) -> None:
    case.dates["klar"] = facts


def _klar_ended(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    case.dates.pop("klar", None)


def _placed(case: Case, *, municipality: str, stated_by: str) -> None:
    case.placement = {"municipality": municipality, "stated_by": stated_by}


def _folkbokford(case: Case, *, municipality: str) -> None:
    case.registered = municipality


def _sip_called(case: Case, *, at: str) -> None:
    case.dates["sip_called"] = at


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


def _vardkontakt(case: Case, *, change: str, person: str, unit: str, at: str, **facts: Any) -> None:  # noqa: ARG001
    others = [v for v in case.vardkontakter if (v["person"], v["unit"]) != (person, unit)]
    if change != "borttagen":
        others.append({"person": person, "unit": unit, **facts, "sequence": case.sequence})
    case.vardkontakter = others


def _wrote(case: Case, *, document: str, field: str, unit: str, complete: bool, words: str | None = None) -> None:
    written = case.fields.setdefault(document, {})
    version = written[field][0] + 1 if field in written else 1
    written[field] = [version, case.sequence, unit, complete, *([words] if words else [])]


def _positioned(case: Case, *, code: str, at: str) -> None:  # noqa: ARG001 - the clock's
    case.sip_position = code


def _marked(case: Case, *, ready: bool) -> None:
    case.klarmarkerad = ready


def _sip_answered(case: Case, *, approves: bool) -> None:
    case.sip_approved = approves


def _discharged(case: Case, *, archived: str, **facts: str) -> None:
    case.status = "discharged"
    case.dates["discharged"] = facts
    case.dates["archived"] = archived


def _discharge_undone(case: Case, *, at: str) -> None:  # noqa: ARG001 - the clock's
    case.status = "open"
    case.dates.pop("discharged")
    case.dates.pop("archived", None)
    case.steps.pop("utskrivning", None)


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


EVOLVE: dict[str, Callable[..., None]] = {
    **PERSON,
    "opened": _opened,
    "joined": _joined,
    "left": _left,
    "role_changed": _role_changed,
    "published": _published,
    "admitted": _admitted,
    "estimated": _estimated,
    "stated": _stated,
    "klar": _klar,
    "klar_ended": _klar_ended,
    "placed": _placed,
    "folkbokford": _folkbokford,
    "sip_called": _sip_called,
    "stepped": _stepped,
    "awaited": _awaited,
    "unawaited": _unawaited,
    "acted": _acted,
    "threaded": _threaded,
    "thread_acted": _thread_acted,
    "thread_revoked": _thread_revoked,
    "vardkontakt": _vardkontakt,
    "wrote": _wrote,
    "positioned": _positioned,
    "marked": _marked,
    "sip_answered": _sip_answered,
    "discharged": _discharged,
    "discharge_undone": _discharge_undone,
    "revoked": _revoked,
    "fired": _fired,
    "addressed": _addressed,
    "turned_away": _turned_away,
}


def evolve(case: Case, event: Event) -> None:
    """Brings one event into the case."""
    EVOLVE[event[0]](case, **event[1])


def fold(case_id: str, history: Iterable[Iterable[Event]]) -> Case:
    """The case from its whole history: one list of events per accepted message, in sequence order."""
    case = Case(case_id)
    for events in history:
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
