"""A SIP linked with the person's hospital stay: its first call is the call of the law (sip-messages.md §9, law 4:3 and 5:3). Imports the
engine and the shared rules only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from hub.processes.shared.koppling import koppling, link, open_case_of, tell_linked
from hub.processes.sip.gate import TO_THE_END
from hub.processes.sip.state import standing_meetings


def _calls_to_a_new_plan(case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((id_, one) for id_, one in standing_meetings(case) if one["kind"] == "ny")


def link_with_the_stay(s: Context) -> None:
    """A call links to the person's open SVU in which the caller's unit takes part, where no stay is linked; not where only
    outpatient care may call to a SIP that belongs to a stay (LC-4).
    """
    if any(known["process"] == "svu" for known in s.case.links.values()):
        return
    stay = open_case_of(s, "svu")
    if stay is not None and (s.party == "oppenvard" or not s.profile.coordinator_is_the_caller):
        link(s, stay.id, "svu")


def tell_of_the_call(s: Context) -> None:
    """The first sent call of kind ny is the call of the law, dated when it was sent; an aktorsmote never is."""
    if len(list(_calls_to_a_new_plan(s.case))) == 1:
        tell_linked(s, "kallad")


def tell_of_the_recall(s: Context, recalled: Mapping[str, Any]) -> None:
    """With its only call recalled, the SIP is not called."""
    if recalled["kind"] == "ny" and not list(_calls_to_a_new_plan(s.case)):
        tell_linked(s, "kallelse_aterkallad")


def answer_an_opened_stay(s: Context) -> None:
    """A stay that is linked after the call was sent is told of the call."""
    sent = [one["sent"] for _, one in _calls_to_a_new_plan(s.case)]
    if s.data.news == "oppnad" and sent:
        tell_linked(s, "kallad", min(sent))


KOPPLING = koppling(TO_THE_END, answer_an_opened_stay)
