"""When a whole SVU can be revoked (V-5). Imports the engine only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, guard


@guard(
    "V-5",
    sv="Bara slutenvården makulerar ett ärende.",
    en="Only inpatient care revokes a case.",
    element="/data/case",
)
def only_slutenvard_revokes_the_case(s: Context) -> bool:
    return not s.data.case or s.party == "slutenvard"


@guard(
    "V-5",
    sv="Kartläggningen är påbörjad: ärendet avslutas med svu.utskrivning i stället.",
    en="The kartlaggning has begun: the case ends with svu.utskrivning instead.",
    element="/data/case",
)
def kartlaggning_has_not_begun(s: Context) -> bool:
    return not s.data.case or "kartlaggning" not in s.case.steps


@guard(
    "V-16",
    sv="Patienten är utskriven: ärendet i sin helhet kan inte längre makuleras. Ångra utskrivningen först, om den var fel.",
    en="The patient is discharged: the whole case can no longer be revoked. Undo the discharge first, if it was wrong.",
    element="/subject",
)
def a_discharged_case_is_not_revoked(s: Context) -> bool:
    return not s.data.case or s.case.status == "open"


@guard(
    "V-3",
    sv="Samtycke är nekat: bara ärendet i sin helhet kan makuleras.",
    en="Consent is refused: only the whole case can be revoked.",
    element="/data/message",
)
def with_refused_consent_only_the_case(s: Context) -> bool:
    return bool(s.data.case) or s.case.samtycke != "refused"


WHOLE_CASE = (
    only_slutenvard_revokes_the_case,
    a_discharged_case_is_not_revoked,
    kartlaggning_has_not_begun,
    with_refused_consent_only_the_case,
)
"""What must hold before the whole case is revoked, in the order in which it is refused."""
