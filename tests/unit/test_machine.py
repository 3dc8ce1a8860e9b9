"""The rules' machine: every state × message × sender is accepted or refused by a named rule, never anything else."""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision, decide
from hub.processes.engine.events import fold, rules_part
from hub.processes.engine.process import load_case, standing
from hub.processes.engine.unit_view import colours, duty_roles, may, unit_view
from hub.processes.shared.disclosure import listed, visible
from hub.processes.shared.frist import frist_of
from hub.processes.svu.deadlines import deadlines
from hub.processes.svu.law import liability
from hub.processes.svu.process import SVU
from hub.processes.svu.steps import still_awaits
from hub.scenarios import load
from schemas import shared, svu
from schemas.envelope import Message
from schemas.hub_messages import (
    AddressingOutcome,
    Adressering,
    DeadlineName,
    Folkbokforing,
    Frist,
    News,
    VerificationOutcome,
    Verifiering,
)
from schemas.messages import FROM_THE_HUB, HUB_SOURCE
from schemas.parts import Change, Information, Part, Patient, Samtycke
from schemas.shared import Deltagare, Kvittens
from schemas.sip import Koppling
from schemas.svu import Inskrivning

WORLD = load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
DIRECTORY = WORLD.directory
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WARD, CENTRE, LOMMA, LUND = (WORLD.names[n] for n in ("lund_avd12", "vc_klostergarden", "vc_lomma", "lund_kommun"))
UNITS = (WARD, WORLD.names["malmo_avd14"], CENTRE, LOMMA, LUND, WORLD.names["malmo_kommun"])
TOLVAN, ELSA = (Patient(personnummer=number) for number in ("191212121212", "194501019808"))
NAMED_RULE = re.compile(r"[A-Z]{1,2}-\d+|[a-z]+(-[a-z]+)+")
ADMISSION = Inskrivning(
    patient=TOLVAN,
    admitted_at=NOW,
    estimated_discharge=date(2026, 3, 6),
    reason="Fall",
    information=Information(given=True),
    samtycke=Samtycke(outcome="given"),
)
WARDS_PART = svu.Stallningstagande(
    slutenvard=svu.SlutenvardsDel(
        patient_opinion="Vill hem",
        egenvard=svu.YesNo(needed=False),
        forbrukningsmaterial=svu.YesNo(needed=True, description="Kateter"),
        responsible_physician="SE2321000255-P01",
        sip_position="sip_behovs",
    )
)
CENTRES_PART = svu.Stallningstagande(
    oppenvard=svu.OppenvardsDel(responsible_physicians=("SE2321000255-P02",), responsibility_division="Vårdcentralen")
)
KOMMUNS_PART = svu.Stallningstagande(kommun=svu.KommunsDel(planned_efforts="Hemtjänst"))
BOTH = Adressering(outcome="listed", health_centre=CENTRE, municipality_unit=LUND, name="Tolvan Tolvansson")


def _message(unit: str, name: str, data: Part, id_: str = "m-1", role: str | None = None) -> Message:
    if unit == HUB_SOURCE:
        return Message(id_, unit, name, "case", NOW, None, None, data)
    first = next(iter(DIRECTORY.unit_by_hsa[unit].roles))
    return Message(id_, unit, name, "case", NOW, "SE2321000255-P03", role or first, data)


def _decide(case: Case | None, message: Message) -> Decision:
    return _timed(decide(SVU, case, "case", message, DIRECTORY, message.time))


def _timed(decision: Decision) -> Decision:
    """The clock wound as the intake winds it."""
    due = deadlines(decision.case, DIRECTORY.agreement_of(decision.case.opened_by))
    decision.case.due = {key: at.isoformat() for key, at in due.items()}
    return decision


def _decided(case: Case | None, message: Message) -> Decision | Refused:
    try:
        return _decide(case, message)
    except Refused as refused:
        return refused


def _admitted() -> Case:
    case = _decide(None, _message(WARD, "svu.inskrivning", ADMISSION, "admission")).case
    return _decide(case, _message(HUB_SOURCE, "adressering", BOTH, "a-1")).case


def _refusal(case: Case | None, message: Message) -> Refused:
    before = None if case is None else case.dump()
    with pytest.raises(Refused) as caught:
        _decide(case, message)
    assert case is None or case.dump() == before, "a refused message changes nothing"
    return caught.value


# --- guards ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "name", "data", "rule", "element"),
    [
        (CENTRE, "svu.inskrivning", ADMISSION, "V-1", "/source"),
        (LUND, "information", Information(given=True, patient=TOLVAN), "V-1", "/source"),
        (WARD, "samtycke", Samtycke(outcome="given"), "unknown-case", "/subject"),
        (WARD, "information", Information(given=True), "C-60", "/data/patient"),
        (WARD, "information", Information(given=False, patient=TOLVAN), "C-20", "/data/reason"),
        (WARD, "adressering", BOTH, "V-2", "/source"),
        (WARD, "sip.initiativ", Part(), "unknown-type", "/type"),
        ("SE2321000255-VC09", "svu.inskrivning", ADMISSION, "unknown-unit", "/source"),
    ],
)
def test_without_a_case_a_message_is_refused_by_its_rule(unit: str, name: str, data: Part, rule: str, element: str):
    message = replace(_message(WARD, name, data), unit=unit)
    role = next(iter(DIRECTORY.unit_by_hsa[unit].roles), None) if unit in DIRECTORY.unit_by_hsa else None
    refused = _refusal(None, replace(message, role=role))
    assert (refused.rule, refused.element) == (rule, element)


@pytest.mark.parametrize(
    ("change", "rule", "element"),
    [
        ({"patient": None}, "C-60", "/data/patient"),
        ({"admitted_at": None}, "V-4", "/data/admitted_at"),
        ({"estimated_discharge": None}, "V-4", "/data/estimated_discharge"),
        ({"reason": None}, "V-4", "/data/reason"),
        ({"samtycke": None}, "V-4", "/data"),
        ({"information": None}, "C-20", "/data/samtycke"),
        ({"information": Information(given=False)}, "C-20", "/data/information/reason"),
        ({"samtycke": Samtycke(outcome="refused")}, "V-3", "/data/reason"),
        ({"samtycke": Samtycke(outcome="menprovning")}, "C-22", "/data/samtycke/decided_by"),
    ],
)
def test_an_admission_that_lacks_something_is_refused_by_its_rule(change: dict[str, Any], rule: str, element: str):
    refused = _refusal(None, _message(WARD, "svu.inskrivning", ADMISSION.model_copy(update=change)))
    assert (refused.rule, refused.element) == (rule, element)


def test_a_refusal_inside_an_embedded_part_leaves_the_case_as_it_was():
    embedded = ADMISSION.model_copy(update={"samtycke": Samtycke(outcome="menprovning")})
    assert _refusal(_admitted(), _message(WARD, "svu.inskrivning", embedded, "m-2")).rule == "C-22"
    refused = ADMISSION.model_copy(update={"samtycke": Samtycke(outcome="refused")})
    assert _refusal(_admitted(), _message(WARD, "svu.inskrivning", refused, "m-2")).rule == "V-3"


@pytest.mark.parametrize(
    ("unit", "name", "data", "role", "refused"),
    [
        (LOMMA, "kvittens", Kvittens(message="admission"), None, ("C-4", "/subject")),
        (CENTRE, "kvittens", Kvittens(message="another"), None, ("C-2", "/data/message")),
        (WARD, "kvittens", Kvittens(message="admission"), None, ("C-2", "/subject")),
        (CENTRE, "kvittens", Kvittens(message="admission"), "rehabkoordinator", ("C-1", "/actorrole")),
        (CENTRE, "kvittens", Kvittens(message="admission"), "kurator", ("C-3", "/actorrole")),
        (CENTRE, "samtycke", Samtycke(outcome="refused"), None, ("C-21", "/source")),
        (WARD, "deltagare", Deltagare(unit="SE2321000255-VC09", change="tillagd"), None, ("C-10", "/data/unit")),
        (WARD, "deltagare", Deltagare(unit=LUND, change="tillagd"), None, ("C-10", "/data/unit")),
        (WARD, "deltagare", Deltagare(unit=LOMMA, change="borttagen"), None, ("C-11", "/data/unit")),
        (LUND, "deltagare", Deltagare(unit=CENTRE, change="uttrade"), None, ("C-14", "/data/change")),
        (LUND, "deltagare", Deltagare(unit=LUND, change="uttrade"), None, ("C-14", "/data/change")),
        (WARD, "svu.inskrivning", Inskrivning(patient=ELSA, draft=True), None, ("C-60", "/data/patient/personnummer")),
        (WARD, "svu.inskrivning", Inskrivning(draft=True), None, ("V-4", "/data/draft")),
    ],
)
def test_in_an_admitted_case_a_message_is_refused_by_its_rule(
    unit: str, name: str, data: Part, role: str | None, refused: tuple[str, str]
):
    found = _refusal(_admitted(), _message(unit, name, data, "m-2", role))
    assert (found.rule, found.element) == refused


def test_the_hub_too_sends_only_what_is_its_own():
    assert isinstance(_decided(None, _message(HUB_SOURCE, "information", Information(given=True))), Refused)


def test_a_case_that_the_registers_close_shows_nobody_and_takes_nothing_more():
    case = _decide(None, _message(WARD, "svu.inskrivning", ADMISSION)).case
    told = _decide(case, _message(HUB_SOURCE, "adressering", Adressering(outcome="protected"), "a-1"))
    assert told.case.person == {}
    assert told.tell == [WARD]
    assert may(told.case, WARD, DIRECTORY, NOW) == ()
    assert _refusal(told.case, _message(WARD, "svu.inskrivning", ADMISSION, "m-2")).rule == "C-62"


def test_a_closed_case_learns_nothing_more_of_the_person():
    case = _decide(None, _message(WARD, "svu.inskrivning", ADMISSION)).case
    closed = _decide(case, _message(HUB_SOURCE, "adressering", Adressering(outcome="protected"), "a-1")).case
    later = _decided(closed, _message(HUB_SOURCE, "adressering", BOTH, "a-2"))
    assert isinstance(later, Refused) or later.case.person == {}


def test_a_late_answer_does_not_put_a_case_settled_by_hand_back_in_the_manual_queue():
    case = _decide(None, _message(WARD, "svu.inskrivning", ADMISSION)).case
    asked = _message(HUB_SOURCE, "adressering", Adressering(outcome="lookup_unavailable"), "a-1")
    case = _decide(case, asked).case
    for unit in (CENTRE, LUND):
        case = _decide(case, _message(WARD, "deltagare", Deltagare(unit=unit, change="tillagd"), f"m-{unit}")).case
    assert not case.in_manual_queue
    late = Adressering(outcome="unlisted", municipality_unit=LUND)
    assert not _decide(case, _message(HUB_SOURCE, "adressering", late, "a-2")).case.in_manual_queue


# --- every state × message × sender -----------------------------------------------------------------------------------

_patients = st.sampled_from((None, TOLVAN, TOLVAN, ELSA))
_informations = st.builds(
    Information, given=st.booleans(), reason=st.sampled_from((None, "Ej kontaktbar")), patient=_patients
)
_consents = st.builds(
    Samtycke,
    outcome=st.sampled_from(("given", "refused", "menprovning")),
    decided_by=st.sampled_from((None, "SE2321000255-P01")),
)
_admissions = st.one_of(
    st.just(ADMISSION),
    st.builds(
        Inskrivning,
        patient=_patients,
        admitted_at=st.sampled_from((None, NOW)),
        estimated_discharge=st.sampled_from((None, date(2026, 3, 1), date(2026, 3, 6))),
        reason=st.sampled_from((None, "Fall")),
        information=st.one_of(st.none(), _informations),
        samtycke=st.one_of(st.none(), _consents),
        draft=st.booleans(),
    ),
)
_units = st.sampled_from(UNITS)
_targets = st.one_of(_units, st.just("SE2321000255-VC09"))
_bodies: dict[str, st.SearchStrategy[Any]] = {
    "information": _informations,
    "samtycke": _consents,
    "svu.inskrivning": _admissions,
    "kvittens": st.builds(Kvittens, message=st.integers(0, 14).map("m-{}".format)),
    "deltagare": st.builds(Deltagare, unit=_targets, change=st.sampled_from(get_args(Change)), kvittera=st.booleans()),
    "adressering": st.builds(
        Adressering,
        outcome=st.sampled_from(get_args(AddressingOutcome)),
        health_centre=st.one_of(st.none(), _targets),
        municipality_unit=st.one_of(st.none(), _targets),
        name=st.sampled_from((None, "Tolvan Tolvansson")),
    ),
    "verifiering": st.builds(
        Verifiering,
        unit=_units,
        actor=st.just("SE2321000255-P03"),
        role=st.just("lakare"),
        outcome=st.sampled_from(get_args(VerificationOutcome)),
    ),
}
_texts = st.sampled_from((None, "ord"))
_staff = st.sampled_from(("SE2321000255-P01", "SE2321000255-P02", "SE2120001132-P01"))
_ids = st.integers(0, 30).map("m-{}".format)
_days = st.sampled_from((date(2026, 2, 27), date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 20)))
_bodies |= {
    "aterkallelse": st.builds(shared.Aterkallelse, reason=_texts),
    "atkomst": st.builds(shared.Atkomst, ground=st.sampled_from(("samtycke", "menprovning", "aktivt_val"))),
    "roll": st.builds(
        shared.Roll,
        unit=_targets,
        role=st.sampled_from(("sjukskoterska", "lakare", "distriktsskoterska", "rehabkoordinator", "enhetschef")),
        change=st.sampled_from(("tillagd", "borttagen")),
    ),
    "narstaende": st.just(shared.Narstaende(people=(shared.Outsider(name="Anna", relation="dotter"),))),
    "kontakt": st.builds(shared.Kontakt, person=_staff, change=st.sampled_from(("tillagd", "andrad", "borttagen"))),
    "felsant": st.builds(shared.Felsant, message=_ids),
    "meddelande": st.builds(
        shared.Meddelande,
        text=st.just("Hej"),
        receivers=st.none() | st.lists(_targets, max_size=3).map(tuple),
        kvittera=st.none() | st.lists(_targets, max_size=3).map(tuple),
    ),
    "makulering": _ids.map(lambda id_: shared.Makulering(message=id_)) | st.just(shared.Makulering(case=True)),
    "avliden": st.just(shared.Avliden()),
    "uppslag": st.just(shared.Uppslag()),
    "utskrift": st.just(shared.Utskrift(document="inskrivning")),
    "folkbokforing": st.builds(
        Folkbokforing,
        news=st.sampled_from(get_args(News)),
        address=_texts,
        municipality=st.sampled_from((None, "1281")),
    ),
    "frist": st.builds(Frist, name=st.sampled_from(get_args(DeadlineName)), due=st.just(NOW)),
    "svu.beraknad_utskrivning": st.builds(svu.BeraknadUtskrivning, date=_days, reason=st.just("Feber")),
    "svu.utskrivningsklar": st.builds(svu.Utskrivningsklar, date=_days, responsible_physician=_staff),
    "svu.utskrivningsklar_avbruten": st.builds(
        svu.UtskrivningsklarAvbruten,
        reason=st.just("Feber"),
        date=st.none() | _days,
        responsible_physician=st.none() | _staff,
    ),
    "svu.fast_vardkontakt": st.builds(
        svu.FastVardkontakt,
        person=_staff,
        unit=st.just(CENTRE),
        change=st.sampled_from(("utsedd", "andrad", "borttagen")),
        kallelseansvarig=st.booleans(),
        responsibility=st.sampled_from((None, "Dialys")),
    ),
    "svu.kartlaggning": st.builds(
        svu.Kartlaggning,
        start=st.booleans(),
        fields=st.dictionaries(
            st.sampled_from(("patientens_onskemal", "bakgrund", "okant")),
            st.builds(svu.Written, text=st.just("ord"), version=st.sampled_from((None, 0, 1))),
            max_size=2,
        ),
    ),
    "svu.stallningstagande": st.sampled_from(
        (
            svu.Stallningstagande(slutenvard=svu.SlutenvardsDel(patient_opinion="Vill hem")),
            svu.Stallningstagande(slutenvard=svu.SlutenvardsDel(egenvard=svu.YesNo(needed=True))),
            WARDS_PART,
            CENTRES_PART,
            KOMMUNS_PART,
        )
    ),
    "svu.klarmarkering": st.just(svu.Klarmarkering()),
    "svu.sip_stallning": st.builds(svu.SipStallning, approves=st.booleans()),
    "svu.justering": st.just(svu.Justering()),
    "svu.utskrivning": st.builds(
        svu.Utskrivning,
        date=_days,
        kind=st.sampled_from(("utskrivning", "avslut_i_fortid")),
        discharged_to=st.sampled_from((None, "ordinart_boende", "manen")),
        ended_with=st.sampled_from((None, "avliden")),
        confirmed=st.booleans(),
    ),
    "svu.utskrivning_angrad": st.just(svu.UtskrivningAngrad()),
    "koppling": st.builds(
        Koppling,
        case=st.just("sip-1"),
        process=st.just("sip"),
        news=st.sampled_from(("oppnad", "kallad", "kallelse_aterkallad", "avslutad")),
        at=st.just(NOW),
    ),
}
_roles = st.sampled_from((None, "sjukskoterska", "distriktsskoterska", "bistandshandlaggare", "handlaggare", "kurator"))
_OFTEN = (
    "kvittens",
    "svu.stallningstagande",
    "svu.klarmarkering",
    "svu.sip_stallning",
    "svu.justering",
    "svu.utskrivning",
)


@st.composite
def _acts(draw: st.DrawFn) -> tuple[str, str, Part, str | None, int]:
    name = draw(st.sampled_from((*_OFTEN, *_bodies)))
    hub = st.just(HUB_SOURCE) if name in FROM_THE_HUB else st.just(WARD)
    unit = draw(st.one_of(_units, st.sampled_from((WARD, CENTRE, LUND)), hub))
    hours = draw(st.sampled_from((0, 0, 1, 30, 80)))
    return unit, name, draw(_bodies[name]), draw(st.one_of(st.just("the first"), _roles)), hours


def _ready() -> Case:
    """All are in, and the ward's part is marked as ready."""
    case = _admitted()
    for number, (name, data) in enumerate(
        (("svu.stallningstagande", WARDS_PART), ("svu.klarmarkering", svu.Klarmarkering()))
    ):
        case = _decide(case, _message(WARD, name, data, f"r-{number}")).case
    return case


def _adjusted() -> Case:
    """All have adjusted."""
    case = _ready()
    acts = (
        (CENTRE, "svu.stallningstagande", CENTRES_PART),
        (CENTRE, "svu.sip_stallning", svu.SipStallning(approves=True)),
        (LUND, "svu.stallningstagande", KOMMUNS_PART),
        *((unit, "svu.justering", svu.Justering()) for unit in (WARD, CENTRE, LUND)),
    )
    for number, (unit, name, data) in enumerate(acts):
        if unit in case.participants and (name != "svu.justering" or unit in case.awaited["stallningstagande"].by):
            case = _decide(case, _message(unit, name, data, f"j-{number}")).case
    return case


def test_every_message_of_the_table_is_tried():
    assert set(_bodies) == {rule.message for rule in SVU.rules}


_BEGUN = (lambda: None, _admitted, _ready, _adjusted)


@settings(max_examples=4 * settings.default.max_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_acts(), max_size=16), st.sampled_from(_BEGUN))
def test_every_message_is_accepted_or_refused_by_a_named_rule_and_the_case_is_the_fold_of_its_events(acts, begin):
    case: Case | None = begin()
    history: list[list[Any]] = []
    start = None if case is None else deepcopy(case)
    now = NOW
    for number, (unit, name, data, role, hours) in enumerate(acts):
        now += timedelta(hours=hours)
        message = replace(_message(unit, name, data, f"m-{number}"), time=now)
        if unit != HUB_SOURCE and role != "the first":
            message = replace(message, role=role)
        if name == "frist" and case is not None and case.due:
            message = replace(message, data=frist_of(case, sorted(case.due)[number % len(case.due)]))
        before = None if case is None else case.dump()
        possible = () if case is None else may(case, unit, DIRECTORY, now)
        takes_part = case is not None and unit in case.participants
        decision = _decided(case, message)
        if isinstance(decision, Refused):
            assert NAMED_RULE.fullmatch(decision.rule), decision.rule
            assert decision.sv
            assert decision.en
            assert case is None or case.dump() == before
            continue
        if takes_part:
            assert name in possible, "what is accepted was said to be possible (messages.md §2)"
        case = decision.case
        history.append(deepcopy(decision.events))
        _check(case, decision, message)
    if case is not None and start is None:
        assert rules_part(fold("case", history)) == rules_part(case)
    if case is not None:
        assert rules_part(load_case(case.dump())) == rules_part(case)
        assert case.sequence == len(history) + (0 if start is None else start.sequence)
        found = liability(history, DIRECTORY.agreement_of(case.opened_by), now.date())
        assert (found.starts is None) == bool(found.unmet)


def test_a_case_that_is_opened_by_a_message_with_others_inside_is_the_fold_of_its_events():
    decision = _decide(None, _message(WARD, "svu.inskrivning", ADMISSION, "admission"))
    assert decision.events[0][0] != "opened"
    assert rules_part(fold("case", [decision.events])) == rules_part(decision.case)


def _check(case: Case, decision: Decision, message: Message) -> None:
    """What holds in every state."""
    assert decision.rules
    left = {facts["unit"] for name, facts in decision.events if name == "left"}
    assert set(decision.tell) <= set(case.participants) | left
    assert len(set(decision.tell)) == len(decision.tell), "nobody is told twice"
    for unit in case.participants:
        assert unit in DIRECTORY.unit_by_hsa
        assert case.participants[unit]["party"] == DIRECTORY.unit_by_hsa[unit].party
        assert case.participants[unit]["roles"], "somebody can act for it"
        assert set(case.participants[unit]["roles"]) <= set(DIRECTORY.unit_by_hsa[unit].roles)
        assert 1 <= case.participants[unit]["since"] <= case.sequence
    if not case.published:
        assert not case.steps, "V-2: nothing is awaited before it is published"
        outside = [unit for unit in decision.tell if DIRECTORY.unit_by_hsa[unit].party != "slutenvard"]
        assert not outside or message.name == "verifiering", "a unit is told of its own actor alone"
    for name, step in case.steps.items():
        assert name in SVU.steps
        assert 1 <= step["sequence"] <= case.sequence
    for key, one in case.awaited.items():
        assert key == one.step, "each step of an SVU waits for one act"
        assert one.step in case.steps
        assert set(one.by) <= set(case.participants)
        assert len(set(one.by)) == len(one.by)
        assert not set(one.by) & set(one.done)
        assert all(duty_roles(DIRECTORY, unit, one.step, one.act) for unit in one.by)
    awaited = Counter(unit for element in case.elements.values() for unit in case.open_awaits(element))
    assert case.status == "revoked" or case.unanswered == dict(awaited), "C-40: the count is that of the messages"
    assert sum(contact["kallelseansvarig"] for contact in case.state.vardkontakter) <= 1, "V-7"
    if case.status == "refused":
        assert case.person == {}, "C-62"
    if case.blocked:
        assert not case.person.keys() & {"address", "phone"}, "C-62"
        assert not case.contacts
        assert case.outsiders is None
        assert case.samtycke is None
    if case.status in {"revoked", "refused"}:
        assert case.due == {}
        assert listed(case) == {}
    assert all(standing(case)) and set(standing(case)) <= set(range(1, case.sequence + 1))
    _check_colours(case)


def _check_colours(case: Case) -> None:
    """C-30: red where it awaits this unit and role, green for all or for none, grey what has not begun, blue what is
    written.
    """
    seen = {unit: colours(case, unit, DIRECTORY) for unit in case.participants}
    for unit in seen:
        shown_to = visible(case, unit)
        assert unit_view(case, unit, DIRECTORY, NOW).colours == colours(shown_to, unit, DIRECTORY)
        assert unit_view(case, unit, DIRECTORY, NOW).may == may(shown_to, unit, DIRECTORY, NOW)
    for step in SVU.steps:
        shown = {colour for found in seen.values() for colour in found[step].values()}
        if not seen:
            continue  # the last unit removed itself
        if step not in case.steps:
            assert shown == {"grey"}
            continue
        if "writing" in case.steps[step]:
            assert shown == {"blue"}
            continue
        awaited = case.awaited.get(step)
        if awaited is None or not still_awaits(case, awaited):
            assert shown == {"green"}
            continue
        assert "green" not in shown
        for unit, found in seen.items():
            able = set(duty_roles(DIRECTORY, unit, step, awaited.act)) & set(case.participants[unit]["roles"])
            red = {role for role, colour in found[step].items() if colour == "red"}
            assert red == (able if unit in awaited.by else set())
