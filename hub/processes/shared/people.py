"""People beside the units: outsiders, contacts, a death, who may read, what is printed (C-5, C-15, C-55, C-63). Imports the
engine and the shared guards only.
"""

from __future__ import annotations

from datetime import timedelta

from hub.processes.engine.case import FOR_THE_UNIT, reader
from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import (
    ALL_PARTIES,
    everyone_else,
    nobody,
    nothing_changes,
    organisation_takes_part,
)
from hub.processes.shared.gate import Gate, consent_is_registered, the_person_is_not_protected
from schemas.messages import Question

# --- people: narstaende (C-15), kontakt (SA-5), avliden (C-63), uppslag -----------------------------------------------


def list_outsiders(s: Context) -> None:
    s.emit("listed")


@guard(
    "SA-5",
    sv="Kontakten finns inte i ärendet.",
    en="The case has no such contact.",
    element="/data/person",
)
def the_contact_is_there(s: Context) -> bool:
    return s.data.change == "tillagd" or s.data.person in s.case.contacts


def change_contact(s: Context) -> None:
    s.emit("contact", person=s.data.person, change=s.data.change)


def note_death(s: Context) -> None:
    """C-63: in SVU all are told, and the ward ends the case with svu.utskrivning (our settling)."""
    s.emit("died")


def ask_afresh(s: Context) -> None:
    s.asks.append(Question(question="folkbokforing", person=s.case.person["personnummer"]))


# --- atkomst (C-5) and utskrift (C-55) --------------------------------------------------------------------------------


def _ends(s: Context) -> bool:
    """An access is ended whatever has become of the case or of the unit since. (What may be done now is asked without
    data.)
    """
    return bool(getattr(s.data, "ends", None))


@guard(
    "C-5",
    sv="Enheten deltar redan i ärendet och läser det ändå.",
    en="The unit takes part in the case already, and reads it anyway.",
    element="/subject",
)
def the_unit_takes_no_part(s: Context) -> bool:
    return _ends(s) or s.unit not in s.case.participants


@guard(
    "C-62",
    sv="Personen har skyddade personuppgifter: ingen ny åtkomst registreras. En åtkomst som finns kan avslutas (ends).",
    en="The person has protected identity: no new access is registered. An access that is there can be ended (ends).",
    element="/type",
)
def to_a_protected_person_access_only_ends(s: Context) -> bool:
    return _ends(s) or not s.case.blocked


@guard(
    "C-5",
    sv="Ett aktivt val räcker bara inom en organisation som deltar. Ange samtycke eller menprovning.",
    en="A deliberate choice is enough only within an organisation that takes part. State samtycke or menprovning.",
    element="/data/ground",
)
def a_choice_is_enough_only_within(s: Context) -> bool:
    reader = s.directory.unit_by_hsa[s.unit]
    return _ends(s) or s.data.ground != "aktivt_val" or organisation_takes_part(s.case, reader, s.directory)


@guard(
    "C-5",
    sv="Det finns ingen sådan åtkomst att avsluta: den som registrerade den avslutar den, i samma roll och på samma grund.",
    en="There is no such access to end: the one who registered it ends it, in the same role and on the same ground.",
    element="/data/ends",
)
def what_ends_is_there(s: Context) -> bool:
    if not _ends(s):
        return True
    held = (
        s.case.access.get(s.unit)
        if s.data.ground in FOR_THE_UNIT
        else s.case.granted.get(reader(s.unit, s.message.actor, s.role))
    )
    return held is not None and held[0] == s.data.ground


def let_read(s: Context) -> None:
    """C-5: read-only and logged, which the answer says; the case's own consent stays as it was. By consent or
    menprovning it is one person's, in one role and for a time.
    """
    whole_unit = s.data.ground in FOR_THE_UNIT
    who = {"unit": s.unit} if whole_unit else {"unit": s.unit, "actor": s.message.actor, "role": s.role}
    if _ends(s):
        s.emit("access_ended" if whole_unit else "grant_ended", **who)
        return
    if whole_unit:
        s.emit("accessed", **who, ground=s.data.ground, at=s.at)
    else:
        until = s.now + timedelta(hours=s.directory.agreement_of(s.unit).access_hours)
        s.emit("granted", **who, ground=s.data.ground, at=s.at, until=until.isoformat())
    s.warnings.append("lasning-loggas")


@guard(
    "C-55",
    sv="Enheten läser inte ärendet. Begär åtkomst med atkomst först.",
    en="The unit does not read the case. Ask for access with atkomst first.",
    element="/subject",
)
def the_unit_reads_the_case(s: Context) -> bool:
    return s.unit in s.case.participants or s.case.readable_by(s.unit, s.message.actor, s.role, s.now) is not None


@guard(
    "C-55",
    sv="Ange for_whom och why: för vem och varför dokumentet skrivs ut.",
    en="Give for_whom and why: for whom and why the document is printed.",
    element="/data",
)
def for_whom_and_why_are_given(s: Context) -> bool:
    stated = s.data.for_whom is not None and s.data.why is not None
    return stated or not s.profile.printing_has_a_reason


def anybody(_: Context) -> bool:
    """C-5: units that take no part may send it; the guards say when."""
    return True


def people(gate: Gate) -> tuple[Rule, ...]:
    """The rules of narstaende, kontakt, avliden, uppslag, atkomst and utskrift."""
    return (
        Rule(
            "narstaende",
            ALL_PARTIES,
            ("C-15",),
            (list_outsiders,),
            everyone_else,
            guards=gate.sharing,
            hides={"people": ()},
            is_talk=True,
        ),
        Rule(
            "kontakt",
            ALL_PARTIES,
            ("SA-5",),
            (change_contact,),
            everyone_else,
            guards=gate.sharing,
            checks=(the_contact_is_there,),
            hides={"phone": None, "email": None},
            is_talk=True,
        ),
        Rule(
            "avliden",
            ALL_PARTIES,
            ("C-63",),
            (note_death,),
            everyone_else,
            guards=(*gate.sharing, gate.still_listed),
            in_status=gate.to_the_end,
            named_narrowly=True,
        ),
        Rule(
            "uppslag",
            ALL_PARTIES,
            ("C-60",),
            (ask_afresh,),
            nobody,
            guards=(the_person_is_not_protected, consent_is_registered, gate.consent_allows),
            named_narrowly=True,
            is_talk=True,
        ),
        Rule(
            "atkomst",
            ALL_PARTIES,
            ("C-5", "C-7"),
            (let_read,),
            nobody,
            guards=(the_unit_takes_no_part, to_a_protected_person_access_only_ends),
            checks=(a_choice_is_enough_only_within, what_ends_is_there),
            in_status=gate.to_the_end,
            from_outside=anybody,
            named_narrowly=True,
        ),
        Rule(
            "utskrift",
            ALL_PARTIES,
            ("C-55", "C-7"),
            (nothing_changes,),
            nobody,
            guards=(the_unit_reads_the_case,),
            checks=(for_whom_and_why_are_given,),
            in_status=gate.to_the_end,
            from_outside=anybody,
            named_narrowly=True,
            is_talk=True,
        ),
    )
