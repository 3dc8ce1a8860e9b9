"""What may be shared now, and no more: over random acts, in notices; and what the rules hide, in the case as it is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from hub.errors import Refused
from hub.intake import notices
from hub.intake.told_numbers import note_own_act
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision, decide
from hub.processes.engine.process import standing
from hub.processes.engine.unit_view import able, as_configured, colours, may, unit_view
from hub.processes.shared.disclosure import may_be_named, readable, scope, visible
from hub.processes.shared.frist import frist_of
from hub.processes.svu.process import SVU
from hub.processes.svu.steps import still_awaits
from schemas import shared, svu
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.hub_messages import Folkbokforing
from schemas.messages import HUB_SOURCE, NoticeExtensions
from schemas.parts import Information, Samtycke
from schemas.shared import Deltagare, Kvittens
from tests.unit.test_machine import (
    ADMISSION,
    BOTH,
    CENTRE,
    DIRECTORY,
    LOMMA,
    LUND,
    NOW,
    WARD,
    _acts,
    _decided,
    _message,
    _timed,
)

GIVEN, REFUSED = Samtycke(outcome="given"), Samtycke(outcome="refused")


class Hub:
    """A case with its messages and everything that was told."""

    def __init__(self) -> None:
        self.case: Case | None = None
        self.memory: dict[int, Message] = {}
        self.sent: set[tuple[str, int]] = set()
        """(system, number) of every notice."""
        self.own: set[tuple[str, int]] = set()
        self.for_information: set[str] = set()
        self.now = NOW

    def take(self, message: Message) -> tuple[Decision, list[tuple[NoticeExtensions, Message]]] | None:
        decision = _decided(self.case, replace(message, time=self.now))
        if isinstance(decision, Refused):
            return None
        _timed(decision)
        self.case = case = decision.case
        self.memory[case.sequence] = message
        system = DIRECTORY.system_of.get(message.unit)
        if system is not None:
            note_own_act(case, system)
            self.own.add((system, case.sequence))
        items = notices.notices(decision, message, self.memory, DIRECTORY, self.now)
        for item in items:
            assert (item.system, item.sequence) not in self.sent, "never the same notice twice"
            self.sent.add((item.system, item.sequence))
        if message.name == "deltagare" and message.data.change == "tillagd":
            (self.for_information.discard if message.data.kvittera else self.for_information.add)(message.data.unit)
        return decision, [(item.content, item.message) for item in items]

    def say(self, unit: str, name: str, data, id_: str) -> list[tuple[NoticeExtensions, Message]]:
        taken = self.take(_message(unit, name, data, id_))
        assert taken is not None, (unit, name)
        return taken[1]


def _admitted(consent: Samtycke = GIVEN) -> Hub:
    hub = Hub()
    reason = None if consent.outcome == "refused" else "Fall"
    hub.say(WARD, "svu.inskrivning", ADMISSION.model_copy(update={"samtycke": consent, "reason": reason}), "admission")
    hub.say(HUB_SOURCE, "adressering", BOTH, "a-1")
    return hub


def _drafted() -> Hub:
    """Information and consent came with a draft; the admission was published without them, before the registers answered."""
    hub = Hub()
    hub.say(WARD, "svu.inskrivning", ADMISSION.model_copy(update={"draft": True, "reason": "Utkast"}), "draft")
    bare = ADMISSION.model_copy(update={"information": None, "samtycke": None})
    hub.say(WARD, "svu.inskrivning", bare, "admission")
    return hub


def _written() -> Hub:
    """Consent was given, and much was shared."""
    hub = _admitted()
    hub.say(WARD, "svu.kartlaggning", svu.Kartlaggning(fields={"aktuellt_tillstand": svu.Written(text="Trött")}), "w-1")
    hub.say(
        CENTRE,
        "svu.fast_vardkontakt",
        svu.FastVardkontakt(person="SE2321000255-P02", unit=CENTRE, kallelseansvarig=True),
        "w-2",
    )
    hub.say(WARD, "meddelande", shared.Meddelande(text="Hej"), "w-3")
    hub.say(LUND, "narstaende", shared.Narstaende(people=(shared.Outsider(name="Anna", relation="dotter"),)), "w-4")
    hub.say(
        WARD,
        "svu.utskrivningsklar",
        svu.Utskrivningsklar(date=NOW.date(), responsible_physician="SE2321000255-P01"),
        "w-5",
    )
    return hub


def _without() -> Hub:
    hub = _written()
    hub.say(WARD, "samtycke", REFUSED, "refused")
    return hub


_OFTEN = st.sampled_from(
    (
        (WARD, "samtycke", GIVEN),
        (WARD, "samtycke", REFUSED),
        (WARD, "aterkallelse", shared.Aterkallelse()),
        (WARD, "deltagare", Deltagare(unit=LOMMA, change="tillagd")),
        (WARD, "deltagare", Deltagare(unit=LUND, change="tillagd")),
        (WARD, "deltagare", Deltagare(unit=LUND, change="borttagen")),
        (WARD, "svu.inskrivning", ADMISSION.model_copy(update={"information": None, "samtycke": None})),
        (HUB_SOURCE, "adressering", BOTH.model_copy(update={"health_centre": LOMMA})),
        (LUND, "kvittens", Kvittens(message="admission")),
    )
).map(lambda act: (*act, "the first", 0))


@settings(max_examples=2 * settings.default.max_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(_OFTEN, _acts()), max_size=14), st.sampled_from((Hub, _admitted, _drafted, _written, _without))
)
def test_nobody_is_told_more_than_may_be_shared_now_or_asked_for_what_it_was_not_sent_or_green_without_having_acknowledged(
    acts, begin
):
    hub = begin()
    for number, (unit, name, data, role, hours) in enumerate(acts):
        hub.now += timedelta(hours=hours)
        message = _message(unit, name, data, f"m-{number}")
        if unit != HUB_SOURCE and role != "the first":
            message = replace(message, role=role)
        if name == "frist" and hub.case is not None and hub.case.due:
            message = replace(message, data=frist_of(hub.case, min(hub.case.due)))
        taken = hub.take(message)
        if taken is not None:
            _told_what_may_be_told(hub, *taken, message)
            _asked_for_what_was_sent(hub)
            _no_green_without_kvittens(hub)


def _told_what_may_be_told(
    hub: Hub, decision: Decision, told: list[tuple[NoticeExtensions, Message]], live: Message
) -> None:
    case = hub.case
    for notice, message in told:
        caught_up = message is not live and message.id != live.id
        if caught_up:
            assert set(notice.to) <= set(decision.joined)
        for unit in notice.to:
            if unit in case.participants:
                assert scope(case, unit) != "nothing" or message.name == "verifiering"
            if unit in decision.joined and scope(case, unit) == "narrow":
                assert SVU.rule(message.name).shown_narrowly or not caught_up
        if message.name == "svu.inskrivning":
            data = message.data
            assert not data.draft, "C-52"
            assert (data.patient is None) == (not case.person)
            if case.person:
                shown = data.patient.model_dump(exclude_none=True)
                assert shown["personnummer"] == case.person["personnummer"]
                assert shown.keys() >= case.person.keys()
            assert (None if data.samtycke is None else data.samtycke.outcome) == case.samtycke
            assert (None if data.information is None else data.information.given) == case.information
            assert data.reason is None or case.samtycke != "refused", "V-3"
            assert not case.published or data.estimated_discharge.isoformat() == case.state.dates["estimated"]


def _asked_for_what_was_sent(hub: Hub) -> None:
    for step in hub.case.awaited.values():
        for unit in step.by:
            assert (DIRECTORY.system_of[unit], step.sequence) in hub.sent | hub.own


def _no_green_without_kvittens(hub: Hub) -> None:
    """V-6, V-9, C-13: of those whom the step concerns each is awaited or has acknowledged."""
    case = hub.case
    for name, step in case.awaited.items():
        if (
            step.act != "kvittera"
            or (name == "tid" and "klar" not in case.state.dates)
            or case.status in {"revoked", "refused"}
        ):
            continue
        for unit, participant in case.participants.items():
            concerned = name == "inskrivning" or participant["party"] != "slutenvard"
            before = unit in hub.for_information and step.sequence < participant["since"]
            assert not (before and unit in step.by), "C-10: for information"
            asked = concerned and not before and step.source != f"urn:hsa:{unit}"
            if asked and name in visible(case, unit).steps and able(case, unit, name, "kvittera", DIRECTORY):
                assert unit in step.by or unit in step.done, (name, unit)
                if unit not in step.done:
                    green = {"green"} & set(colours(case, WARD, DIRECTORY)[name].values())
                    assert not green


def test_a_unit_keeps_what_was_shared_with_it_and_one_that_comes_after_the_refusal_sees_the_admission_alone():
    hub = _without()
    hub.say(WARD, "deltagare", Deltagare(unit=LOMMA, change="tillagd"), "joins")
    case = hub.case
    assert visible(case, CENTRE) is case
    assert visible(case, WARD) is case
    seen = visible(case, LOMMA)
    assert set(seen.steps) == {"inskrivning"}
    assert seen.state.dates.keys() == {"admitted", "estimated"}
    assert seen.published_at == case.published_at
    assert (seen.state.fields, seen.state.vardkontakter, seen.counts, seen.contacts, seen.outsiders) == (
        {},
        [],
        {},
        {},
        None,
    )
    assert seen.person["name"] == "Tolvan Tolvansson"
    assert standing(seen) == [1, case.consent().at]
    assert readable(case, WARD, "deltar") is case
    assert readable(case, "SE2321000255-VC03", "aktivt_val").state.fields == {}
    assert readable(case, "SE2321000255-VC03", "atkomst:samtycke") is case


def test_receivers_found_after_publishing_are_told_the_admission_with_its_consent_and_not_the_draft_that_brought_it():
    hub = _drafted()
    told = hub.say(HUB_SOURCE, "adressering", BOTH, "a-1")
    admissions = {n.to: (m.id, n.skipped, n.awaits[n.to[0]]) for n, m in told if m.name == "svu.inskrivning"}
    assert {(u, *v) for to, v in admissions.items() for u in to} == {
        (CENTRE, "admission", (), "kvittens"),
        (LUND, "admission", (), "kvittens"),
    }
    assert {m.data.samtycke.outcome for _, m in told if m.name == "svu.inskrivning"} == {"given"}
    assert "draft" not in {m.id for _, m in told}


def test_one_that_the_registers_find_when_the_consent_is_withdrawn_is_told_nothing_until_there_is_one():
    hub = _admitted()
    hub.say(WARD, "deltagare", Deltagare(unit=CENTRE, change="borttagen"), "out")
    hub.say(WARD, "aterkallelse", shared.Aterkallelse(), "withdrawn")
    assert hub.say(HUB_SOURCE, "adressering", BOTH.model_copy(update={"health_centre": LOMMA}), "a-2") == []
    assert scope(hub.case, LOMMA) == "nothing"
    assert hub.case.awaited["inskrivning"].by == [LUND]
    told = hub.say(WARD, "samtycke", REFUSED, "refused")
    assert [(n.to, m.id, dict(n.awaits)) for n, m in told if LOMMA in n.to] == [
        ((LOMMA,), "admission", {LOMMA: "kvittens"}),
        ((LOMMA,), "refused", {}),
    ]


def test_a_withdrawal_after_a_refusal_leaves_a_unit_what_it_was_told():
    hub = _without()
    hub.say(WARD, "deltagare", Deltagare(unit=LOMMA, change="tillagd"), "joins")
    hub.say(WARD, "aterkallelse", shared.Aterkallelse(), "withdrawn")
    assert scope(hub.case, LOMMA) == "narrow"
    assert scope(hub.case, CENTRE) == "all"


def test_who_has_lost_its_role_in_the_directory_no_longer_counts():
    hub = _written()
    changed = DIRECTORY.model_dump()
    for unit in changed["units"]:
        if unit["hsa"] == LUND:
            unit["roles"] = {"bistandshandlaggare": {}}
    later = Directory.model_validate(changed)
    assert hub.case.awaited["tid"].by == [CENTRE, LUND]
    seen = as_configured(hub.case, later)
    assert (seen.awaited["tid"].by, seen.awaited["inskrivning"].by) == ([CENTRE], [CENTRE])
    assert hub.case.awaited["tid"].by == [CENTRE, LUND], "what stands is left alone"
    before = hub.case.dump()
    with pytest.raises(Refused):
        decide(SVU, hub.case, "case", _message(CENTRE, "kvittens", Kvittens(message="none"), "k-1"), later, NOW)
    assert hub.case.dump() == before, "a refused message changes nothing"
    done = decide(SVU, hub.case, "case", _message(CENTRE, "kvittens", Kvittens(message="w-5"), "k-2"), later, NOW).case
    assert not still_awaits(done, done.awaited["tid"])


def test_a_deadline_of_those_who_can_no_longer_acknowledge_ends_untold():
    hub = _admitted()
    changed = DIRECTORY.model_dump()
    for unit in changed["units"]:
        if unit["hsa"] in {CENTRE, LUND}:
            unit["roles"] = {key: {} for key in unit["roles"]}
    late = replace(
        _message(HUB_SOURCE, "frist", frist_of(hub.case, "kvittens_forsenad/inskrivning"), "f-1"),
        time=NOW + timedelta(hours=25),
    )
    decision = decide(SVU, hub.case, "case", late, Directory.model_validate(changed), late.time)
    assert decision.tell == []
    assert "kvittens_forsenad/inskrivning" in decision.case.fired
    assert decision.case.awaited["inskrivning"].by == []
    assert "kvittens" not in may(decision.case, CENTRE, Directory.model_validate(changed), late.time)


@pytest.mark.parametrize(
    ("name", "events", "named"),
    [
        ("svu.inskrivning", [], True),
        ("deltagare", [["joined", {"unit": LOMMA}]], True),
        ("svu.kartlaggning", [], False),
        ("svu.beraknad_utskrivning", [], False),
        ("felsant", [], False),
        ("kvittens", [["acted", {"step": "inskrivning"}]], True),
        ("kvittens", [["acted", {"step": "tid"}]], False),
        ("kvittens", [["thread_acted", {"thread": "w-3"}]], False),
        ("makulering", [["thread_revoked", {"thread": "w-3"}]], False),
        ("makulering", [["revoked", {}]], True),
        ("frist", [["fired", {"key": "kvittens_forsenad/tid"}]], False),
        ("frist", [["fired", {"key": "kvittens_forsenad/inskrivning"}]], True),
        ("frist", [["fired", {"key": "samtycke_upphor"}], ["withdrawn", {}]], True),
    ],
)
def test_the_trace_names_to_one_that_comes_after_the_refusal_only_what_it_is_told(name, events, named):
    hub = _without()
    hub.say(WARD, "deltagare", Deltagare(unit=LOMMA, change="tillagd"), "joins")
    assert may_be_named(visible(hub.case, LOMMA), name, events) is named
    assert may_be_named(visible(hub.case, CENTRE), name, events)


def test_a_deadline_names_those_who_can_still_owe_it_when_it_is_told():
    hub = _admitted()
    struck = frist_of(hub.case, "kvittens_forsenad/inskrivning")
    assert struck.units == (CENTRE, LUND)
    changed = DIRECTORY.model_dump()
    for unit in changed["units"]:
        if unit["hsa"] == CENTRE:
            unit["roles"] = {key: {} for key in unit["roles"]}
    later = Directory.model_validate(changed)
    late = replace(_message(HUB_SOURCE, "frist", struck, "f-1"), time=NOW + timedelta(hours=25))
    decision = decide(SVU, hub.case, "case", late, later, late.time)
    items = notices.notices(decision, late, hub.memory, later, late.time)
    assert {unit for item in items for unit in item.content.to} == {WARD, LUND}
    assert all(item.message.data.units == (LUND,) for item in items)
    assert all(from_json(item.body)["units"] == [LUND] for item in items), "what is kept to be sent"


def test_a_unit_in_for_information_is_asked_for_nothing_older_by_a_role_that_it_gets():
    hub = _written()
    hub.say(WARD, "deltagare", Deltagare(unit=LOMMA, change="tillagd", kvittera=False), "joins")
    roles = hub.case.participants[LOMMA]["roles"]
    (lost,) = roles
    roles[:] = ["rehabkoordinator"]
    changed = DIRECTORY.model_dump()
    for unit in changed["units"]:
        if unit["hsa"] == LOMMA:
            unit["roles"] |= {"rehabkoordinator": {}}
    later = Directory.model_validate(changed)
    adds = replace(_message(WARD, "roll", shared.Roll(unit=LOMMA, role=lost, change="tillagd"), "r-1"))
    case = decide(SVU, hub.case, "case", adds, later, NOW).case
    assert case.participants[LOMMA]["roles"] == ["rehabkoordinator", lost]
    assert [key for key, awaited in case.awaited.items() if LOMMA in awaited.by] == []


def test_a_former_number_means_the_same_person():
    hub = _admitted()
    hub.say(HUB_SOURCE, "folkbokforing", Folkbokforing(news="new_number", personnummer="192002299861"), "n-1")
    told = hub.say(WARD, "svu.inskrivning", ADMISSION, "again")
    assert hub.case.person["personnummer"] == "192002299861"
    assert {message.data.patient.personnummer for _, message in told} == {"192002299861"}
    assert (
        hub.take(_message(WARD, "information", Information(given=True, patient=ADMISSION.patient), "i-1")) is not None
    )


def test_what_may_be_done_says_nothing_that_is_refused_once_the_case_has_left_the_start_list():
    hub = _admitted()
    discharge = svu.Utskrivning(date=NOW.date(), kind="utskrivning", discharged_to="ordinart_boende", confirmed=True)
    hub.say(WARD, "svu.utskrivning", discharge, "out")
    after = {unit: set(unit_view(hub.case, unit, DIRECTORY, NOW + timedelta(hours=71)).may) for unit in (WARD, CENTRE)}
    assert after[WARD] >= {"svu.utskrivning_angrad", "meddelande", "avliden", "felsant"}
    assert after[CENTRE] >= {"svu.fast_vardkontakt", "meddelande", "avliden", "felsant", "kvittens"}
    left = NOW + timedelta(hours=72)
    assert set(may(hub.case, WARD, DIRECTORY, left)) == {"svu.inskrivning", "utskrift"}
    assert set(unit_view(hub.case, CENTRE, DIRECTORY, left).may) == {"kvittens", "utskrift"}
