"""The admission notice: how a case opens and is told (V-1 to V-6). Imports the engine and the shared rules only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import SLUTENVARD, everyone_else, join, step_told, with_duty
from hub.processes.shared.consent import (
    brings_everything,
    inform,
    no_information_has_a_reason,
    replaces_information,
    samtycke,
)
from hub.processes.shared.gate import consent_is_registered, the_person_is_not_protected
from hub.processes.shared.koppling import names_in
from hub.processes.shared.registers import ask_registers
from hub.processes.svu.disclosure import completes_admission, shows_without_reason
from hub.processes.svu.gate import TO_THE_END, consent_allows
from hub.processes.svu.koppling import NAMED_SIP, link_with_the_sip
from hub.processes.svu.state import svu
from hub.processes.svu.tid import told_anew
from schemas.swedish_time import local_day


def open_case(s: Context) -> None:
    """V-1: the first message makes the case; the hub then asks the registers whom to address (V-2)."""
    if s.case.opened_by:
        return
    person = s.data.patient.model_dump(exclude_none=True)
    s.emit("opened", process=s.process.name, profile=s.case.profile, unit=s.unit, person=person)
    join(s, s.unit)
    s.joined.clear()  # the opener has nothing to catch up
    ask_registers(s, person["personnummer"])


def open_if_it_names_the_patient(s: Context) -> None:
    """Information inside an inskrivning carries no patient of its own: the inskrivning's opens the case."""
    if s.case.opened_by or s.data.patient is not None:
        open_case(s)


@guard(
    "C-60",
    sv="Ange patient.personnummer: ett ärende öppnas för en namngiven person.",
    en="Give patient.personnummer: a case is opened for a named person.",
    element="/data/patient",
)
def a_new_case_names_the_patient(s: Context) -> bool:
    # Of information inside an inskrivning nothing is asked: the inskrivning itself names the patient.
    inside_another = s.data is not s.message.data
    return inside_another or bool(s.case.opened_by) or s.data.patient is not None


@guard(
    "C-60",
    sv="Ärendet gäller en annan person. Öppna ett eget ärende för den här personen.",
    en="The case is about another person. Open a case of its own for this one.",
    element="/data/patient/personnummer",
)
def the_patient_is_the_same(s: Context) -> bool:
    patient = s.data.patient
    known = (s.case.person.get("personnummer"), *s.case.former_numbers)
    return patient is None or not s.case.opened_by or patient.personnummer in known


# --- inskrivning (V-3, V-4, V-6) --------------------------------------------------------------------------------------


@guard(
    "V-4",
    sv="Registrera information och samtycke först, i egna meddelanden eller inuti inskrivningen.",
    en="Register information and samtycke first, in messages of their own or inside the inskrivning.",
    element="/data",
    early="consent",
)
def information_and_consent_are_registered(s: Context) -> bool:
    informed = s.case.information is not None or not s.profile.information_before_consent
    return s.data.draft or (informed and s.case.samtycke is not None)


@guard(
    "V-4",
    sv="Ange admitted_at: när patienten skrevs in.",
    en="Give admitted_at: when the patient was admitted.",
    element="/data/admitted_at",
)
def admission_time_is_given(s: Context) -> bool:
    return s.data.draft or s.data.admitted_at is not None


@guard(
    "V-4",
    sv="Ange estimated_discharge: beräknat datum för utskrivning.",
    en="Give estimated_discharge: the estimated date of discharge.",
    element="/data/estimated_discharge",
)
def estimated_discharge_is_given(s: Context) -> bool:
    return s.data.draft or s.data.estimated_discharge is not None


@guard(
    "V-3",
    sv="Samtycke är nekat: sänd inskrivningen utan reason.",
    en="Consent is refused: send the inskrivning without reason.",
    element="/data/reason",
)
def no_reason_without_consent(s: Context) -> bool:
    return s.case.samtycke != "refused" or s.data.reason is None


@guard(
    "V-4",
    sv="Ange reason: inskrivningsorsak krävs när samtycke inte är nekat.",
    en="Give reason: the reason of admission is required unless consent is refused.",
    element="/data/reason",
)
def reason_is_given(s: Context) -> bool:
    return s.data.draft or s.case.samtycke == "refused" or s.data.reason is not None


@guard(
    "V-4",
    sv="Inskrivningen är publicerad och kan inte bli utkast igen.",
    en="The inskrivning is published and cannot become a draft again.",
    element="/data/draft",
)
def a_published_one_stays_published(s: Context) -> bool:
    return not (s.data.draft and s.case.published)


def admit(s: Context) -> None:
    """V-6: told to all, every receiving unit acknowledges; a corrected one is acknowledged anew (our settling).

    One that comes after the discharge is kept as history, and opens nothing (fhir.md, order).
    """
    if s.data.patient is not None and s.case.sequence > 1:  # else it is the one that opened the case
        said = s.data.patient.model_dump(exclude_none=True, exclude={"personnummer"})
        fresh = {k: v for k, v in said.items() if s.case.person.get(k) != v}
        if fresh:
            s.emit("named", **fresh)
    if s.data.placement is not None:
        s.emit("placed", **s.data.placement.model_dump())
    if s.data.admitted_at is not None:
        s.emit("admitted", at=s.data.admitted_at.isoformat())
    if s.data.draft or s.case.status == "discharged":
        return
    if local_day(s.data.admitted_at) > s.data.estimated_discharge:
        s.warnings.append("estimated-discharge-before-admission")
    receivers = [unit for unit in s.case.participants if unit != s.unit]
    step_told(s, "inskrivning", "kvittera", with_duty(s, receivers, "inskrivning", "kvittera"))
    _estimate(s, s.data.estimated_discharge.isoformat())
    if not s.case.published:
        s.emit("published", at=s.at)


def _estimate(s: Context, date: str) -> None:
    """V-8: the first estimated date makes its step green without kvittens. In a corrected inskrivning a date that it did
    not say before is a change like any other; the one that it has always said takes back nothing that has been moved
    since, nor does any while the patient is ready for discharge (V-10).
    """
    before, stands = svu(s.case).dates.get("stated"), svu(s.case).dates.get("estimated")
    if before is not None and date != before:
        s.emit("stated", date=date)
    if "tid" not in s.case.steps:
        s.emit("estimated", date=date)
        step_told(s, "tid", None, [])
    elif date == stands:
        return
    elif date != before and "klar" not in svu(s.case).dates:
        s.emit("estimated", date=date)
        told_anew(s)
    else:
        s.warnings.append("estimated-discharge-stays")


def all_but_a_draft(s: Context) -> list[str]:
    """C-52: a draft is seen only by the party that writes it, and V-2: not even told."""
    return [] if s.data.draft else everyone_else(s)


def brings_the_inskrivning(_: Any) -> frozenset[str]:
    """What early messages wait for and an admission notice is, whatever rides inside it (D-4)."""
    return frozenset({"inskrivning"})


def replaces_the_inskrivning(case: Case, _: Any, __: bool) -> int | None:
    """An admission notice replaces the one that stands (D-4)."""
    return case.steps["inskrivning"]["sequence"] if "inskrivning" in case.steps else None


INSKRIVNING = (
    Rule(
        "svu.inskrivning",
        SLUTENVARD,
        ("V-1", "V-3", "V-4", "V-6"),
        (open_case, admit, link_with_the_sip),
        all_but_a_draft,
        guards=(the_person_is_not_protected,),
        checks=(
            a_new_case_names_the_patient,
            the_patient_is_the_same,
            a_published_one_stays_published,
            information_and_consent_are_registered,
            no_reason_without_consent,
            admission_time_is_given,
            estimated_discharge_is_given,
            reason_is_given,
            NAMED_SIP,
        ),
        opens=True,
        embeds=("information", "samtycke"),
        in_status=TO_THE_END,
        carries_consent=True,
        names_cases=names_in("sip"),
        brings=brings_the_inskrivning,
        replaces=replaces_the_inskrivning,
        writes=("inskrivning", "tid"),
        shown_narrowly=True,
        shows=shows_without_reason,
        completes=completes_admission,
    ),
    Rule(
        "information",
        SLUTENVARD,
        ("V-1", "C-20"),
        (open_if_it_names_the_patient, inform),
        everyone_else,
        guards=(the_person_is_not_protected, consent_is_registered, consent_allows),
        checks=(a_new_case_names_the_patient, the_patient_is_the_same, no_information_has_a_reason),
        opens=True,
        brings=brings_everything,
        replaces=replaces_information,
        shown_narrowly=True,
    ),
    samtycke(SLUTENVARD, "V-3"),
)
