"""The discharge and its undoing (V-16, V-17). Imports the engine and the shared rules only."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.shared.audience import SLUTENVARD, everyone_else, step_told
from hub.processes.shared.koppling import tell_linked
from hub.processes.svu.gate import TO_THE_END, an_inskrivning_is_published
from hub.processes.svu.state import svu
from schemas.swedish_time import local_day


@guard(
    "V-16",
    sv="Ange discharged_to: vart patienten skrivs ut. Vid avslut i förtid lämnas fältet tomt.",
    en="Give discharged_to: where the patient goes. Left out when the case ends early.",
    element="/data/discharged_to",
)
def it_says_where_to(s: Context) -> bool:
    is_discharge: bool = s.data.kind == "utskrivning"
    return is_discharge == (s.data.discharged_to is not None)


@guard(
    "V-16",
    sv="Ange ended_with: hur ärendet avslutas i förtid. Vid utskrivning lämnas fältet tomt.",
    en="Give ended_with: how the case ends early. Left out at a discharge.",
    element="/data/ended_with",
)
def it_says_how_it_ended(s: Context) -> bool:
    ends_early: bool = s.data.kind == "avslut_i_fortid"
    return ends_early == (s.data.ended_with is not None)


@guard(
    "V-16",
    sv="Okänd kod i discharged_to. Koderna är: {codes}.",
    en="Unknown code in discharged_to. The codes are: {codes}.",
    element="/data/discharged_to",
)
def the_place_is_known(s: Context) -> bool | Fault:
    known = s.profile.discharged_to
    return s.data.discharged_to is None or s.data.discharged_to in known or Fault(codes=codes(known))


@guard(
    "V-16",
    sv="Okänd kod i ended_with. Koderna är: {codes}.",
    en="Unknown code in ended_with. The codes are: {codes}.",
    element="/data/ended_with",
)
def the_ending_is_known(s: Context) -> bool | Fault:
    known = s.profile.ended_with
    return s.data.ended_with is None or s.data.ended_with in known or Fault(codes=codes(known))


@guard(
    "V-16",
    sv="Datumet är före inskrivningen.",
    en="The date is before the admission.",
    element="/data/date",
)
def nobody_leaves_before_coming(s: Context) -> bool:
    admitted = svu(s.case).dates.get("admitted")
    return admitted is None or s.data.date >= local_day(datetime.fromisoformat(admitted))


@guard(
    "V-16",
    sv="Ingen fast vårdkontakt är kallelseansvarig. Bekräfta med confirmed, eller låt öppenvården utse en först.",
    en="No fast vardkontakt is kallelseansvarig. Confirm with confirmed, or let outpatient care name one first.",
    element="/data/confirmed",
)
def someone_calls_or_it_is_confirmed(s: Context) -> bool:
    if s.data.confirmed or s.case.samtycke in {"refused", None}:
        return True
    return any(v["kallelseansvarig"] for v in svu(s.case).vardkontakter)


def discharge(s: Context) -> None:
    if s.data.date > local_day(s.now):
        s.warnings.append("date-is-to-come")
    hours = s.directory.agreement_of(s.case.opened_by).archive_hours
    facts = {"date": s.data.date.isoformat(), "kind": s.data.kind, "at": s.at}
    where = s.data.discharged_to or s.data.ended_with
    s.emit("discharged", **facts, to=where, archived=(s.now + timedelta(hours=hours)).isoformat())
    step_told(s, "utskrivning", None, [])
    tell_linked(s, "utskriven")


@guard(
    "V-17",
    sv="Det finns ingen utskrivning att ångra: ärendet är öppet.",
    en="There is no discharge to undo: the case is open.",
    element="/type",
)
def there_is_a_discharge_to_undo(s: Context) -> bool:
    return s.case.status == "discharged"


@guard(
    "V-17",
    sv="Ärendet har lämnat startlistan: utskrivningen kan inte längre ångras. Öppna ett nytt ärende.",
    en="The case has left the start list: the discharge can no longer be undone. Open a new case.",
    element="/type",
)
def it_can_still_be_undone(s: Context) -> bool:
    return not s.case.has_left(s.now)


def undo(s: Context) -> None:
    """V-17: the steps are as they were; the undone discharge stays in the history."""
    s.emit("discharge_undone", at=s.at)
    tell_linked(s, "utskrivning_angrad")


UTSKRIVNING = (
    Rule(
        "svu.utskrivning",
        SLUTENVARD,
        ("V-16", "V-3"),
        (discharge,),
        everyone_else,
        guards=(an_inskrivning_is_published,),
        checks=(
            it_says_where_to,
            it_says_how_it_ended,
            the_place_is_known,
            the_ending_is_known,
            nobody_leaves_before_coming,
            someone_calls_or_it_is_confirmed,
        ),
        writes=("utskrivning",),
        shown_narrowly=True,
    ),
    Rule(
        "svu.utskrivning_angrad",
        SLUTENVARD,
        ("V-17",),
        (undo,),
        everyone_else,
        guards=(there_is_a_discharge_to_undo, it_can_still_be_undone),
        in_status=TO_THE_END,
        writes=("utskrivning",),
        shown_narrowly=True,
    ),
)
