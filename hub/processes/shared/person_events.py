"""What happens to the person of a case: who they are, what they consent to, who may see them (C-20 to C-24, C-5, C-62).
Imports the case only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.processes.engine.case import Case, StandingConsent, reader


def _informed(case: Case, *, given: bool, reason: str | None = None) -> None:
    case.information, case.information_reason, case.information_at = given, reason, case.sequence


def _consented(
    case: Case,
    *,
    outcome: str,
    at: str,  # noqa: ARG001 - the law's clock reads it in the history
    until: str | None = None,
    record: dict[str, Any] | None = None,
    kind: str = "",
) -> None:
    consent = case.consents.setdefault(kind, StandingConsent())
    consent.outcome, consent.until, consent.at = outcome, until, case.sequence
    consent.record = {"outcome": outcome, **(record or {})}
    consent.registered_until = None
    if outcome != "refused":
        consent.shared_until = None
    elif consent.shared_until is None:
        consent.shared_until = case.sequence


def _withdrawn(case: Case, *, at: str, kind: str = "") -> None:  # noqa: ARG001 - the law's clock reads it in the history
    consent = case.consents.setdefault(kind, StandingConsent())
    consent.outcome = consent.until = consent.at = None
    consent.record = {}
    consent.shared_until = consent.shared_until or case.sequence
    consent.registered_until = consent.registered_until or case.sequence


def _blocked(case: Case, *, at: str) -> None:
    """C-62: address and personal contacts go at once."""
    case.blocked = True
    for kind in case.consents or ("",):
        _withdrawn(case, at=at, kind=kind)
    for name in ("address", "phone"):
        case.person.pop(name, None)
    case.outsiders = None
    case.contacts.clear()


def _named(case: Case, **person: str) -> None:
    before, now = case.person.get("personnummer"), person.get("personnummer")
    if before is not None and now is not None and now != before:
        case.former_numbers = [number for number in (*case.former_numbers, before) if number != now]
    case.person.update(person)


def _formerly(case: Case, *, personnummer: str) -> None:
    """The person had this number before, as another case of the person has told."""
    if personnummer not in case.numbers:
        case.former_numbers = [*case.former_numbers, personnummer]


def _died(case: Case) -> None:
    case.deceased = True


def _listed(case: Case) -> None:
    case.outsiders = case.sequence


def _contact(case: Case, *, person: str, change: str) -> None:
    if change == "borttagen":
        case.contacts.pop(person, None)
    else:
        case.contacts[person] = case.sequence


def _accessed(case: Case, *, unit: str, ground: str, at: str) -> None:
    case.access[unit] = [ground, at]


def _access_ended(case: Case, *, unit: str) -> None:
    case.access.pop(unit, None)


def _granted(case: Case, *, unit: str, actor: str, role: str, ground: str, at: str, until: str) -> None:
    case.granted[reader(unit, actor, role)] = [ground, at, until]


def _grant_ended(case: Case, *, unit: str, actor: str, role: str) -> None:
    case.granted.pop(reader(unit, actor, role), None)


def _verified(case: Case, *, actor: str, outcome: str) -> None:
    if outcome == "verified":
        case.disputed.pop(actor, None)
    else:
        case.disputed[actor] = outcome


def _folkbokford(case: Case, *, municipality: str) -> None:
    case.registered = municipality


PERSON: dict[str, Callable[..., None]] = {
    "informed": _informed,
    "consented": _consented,
    "withdrawn": _withdrawn,
    "blocked": _blocked,
    "named": _named,
    "formerly": _formerly,
    "folkbokford": _folkbokford,
    "died": _died,
    "listed": _listed,
    "contact": _contact,
    "accessed": _accessed,
    "access_ended": _access_ended,
    "granted": _granted,
    "grant_ended": _grant_ended,
    "verified": _verified,
}
"""Event → what it does to the case; never fails."""
