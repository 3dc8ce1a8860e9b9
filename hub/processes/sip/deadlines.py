"""What is due in a SIP and when, and whom it concerns: the table of sip-messages.md §6, a row each (D-9). Pure; imports the case, the
profiles and the language only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.shared.due import untold
from hub.processes.sip import due
from hub.processes.sip.end import end_by_itself
from hub.processes.sip.gate import CONSENTS
from hub.processes.sip.state import awaits_its_answer, coordinating_unit, sip
from schemas.agreement import Agreement


def deadlines(case: Case, agreement: Agreement) -> dict[str, datetime]:
    """Deadline → when it passes, in UTC; those that were told with the same time are left out. A time may have passed already: then it
    is to be told at once. An ended, revoked or refused case has none.
    """
    if case.status != "open":
        return {}
    profile = SIP_PROFILES[case.profile]
    goes_on = _goes_on(case)
    found: dict[str, datetime | None] = {}
    for name, row in _ROWS.items():
        if name in profile.deadlines and (goes_on or row.without_consent):
            for of, at in row.due(case, agreement):
                found[f"{name}/{of}" if of else name] = at
    return untold(case, found)


def _goes_on(case: Case) -> bool:
    """Nothing is due that nobody may do: without consent (P-15), for a person with protected identity or one who has died."""
    consent = case.consent(SIP_PROFILES[case.profile].consent_kinds[0])
    return consent.outcome in CONSENTS and not (case.blocked or case.deceased)


# --- whom it concerns -------------------------------------------------------------------------------------------------


def _coordinator(case: Case, _: str = "") -> list[str]:
    return [coordinating_unit(case) or case.opened_by]


def _all(case: Case, _: str) -> list[str]:
    return [unit for unit in case.participants if not awaits_its_answer(case, unit)]


def _owing_and_sender(case: Case, key: str) -> list[str]:
    one = case.awaited.get(key)
    return [] if one is None else [*one.by, one.source.removeprefix("urn:hsa:")]


def _owing_and_coordinator(case: Case, key: str) -> list[str]:
    one = case.awaited.get(key)
    return [] if one is None else [*one.by, *_coordinator(case)]


def _unanswered_and_caller(case: Case, meeting: str) -> list[str]:
    return [*due.unanswered(case, meeting), sip(case).meetings.get(meeting, {}).get("caller", "")]


def _silent_and_coordinator(case: Case, _: str) -> list[str]:
    return [*due.without_an_edit(case), *_coordinator(case)]


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A row of §6: when a deadline passes, and which units are told."""

    due: Callable[[Case, Agreement], due.Due]
    told: Callable[[Case, str], Sequence[str]]
    owing: Callable[[Case, str], Sequence[str]] = lambda _, __: ()
    """Who owes it, where it is no awaited act."""
    without_consent: bool = False
    """It is due also where the consent is lost: a kvittens may still be given (P-15)."""


_ROWS: Mapping[str, DeadlineRow] = {
    "svar_forsenat": DeadlineRow(due.answer, _owing_and_coordinator),
    "svara_senast": DeadlineRow(due.answer_by, _unanswered_and_caller, due.unanswered),
    "kvittens_forsenad": DeadlineRow(due.kvittens, _owing_and_sender, without_consent=True),
    "initiativ_obesvarat": DeadlineRow(due.initiativ, _owing_and_sender),
    "plan_forsenad": DeadlineRow(due.plan, _coordinator),
    "delmal_saknas": DeadlineRow(due.subgoals, _silent_and_coordinator, lambda case, _: due.without_an_edit(case)),
    "kalla_uppfoljning": DeadlineRow(due.call_to_follow_up, _coordinator),
    "uppfoljning_dags": DeadlineRow(due.follow_up, _coordinator),
    "uppfoljning_arlig": DeadlineRow(due.yearly, _all),
    "utvardering_dags": DeadlineRow(due.evaluation, _all),
    "samtycke_upphor": DeadlineRow(due.consent, _all, without_consent=True),
}
"""Which region has which says ``SipProfile.deadlines``."""


def concerned(case: Case, key: str) -> list[str]:
    """The participating units that are told when a deadline passes, in the order in which they came."""
    name, _, of = key.partition("/")
    row = _ROWS.get(name)
    told = () if row is None else row.told(case, of)
    return [unit for unit in case.participants if unit in told]


def owing(case: Case, key: str) -> Sequence[str]:
    """The units that owe what a deadline is about, where it is no awaited act."""
    name, _, of = key.partition("/")
    return () if name not in _ROWS else _ROWS[name].owing(case, of)


def passed(s: Context, key: str) -> None:
    """P-15: where a SIP ends by itself with a consent, it ends with the consent's last day."""
    name, _, kind = key.partition("/")
    if name == "samtycke_upphor" and kind in s.profile.consent_ends:
        end_by_itself(s, "P-15")
