"""A second process, by rows and data alone: everything that the engine must be able to carry (issue's points 1 to 9)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from hub.errors import Refused
from hub.intake.arrival import Arrival
from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case
from hub.processes.engine.decide import decide
from hub.processes.engine.events import fold, rules_part
from hub.processes.engine.process import PROCESSES, load_case
from hub.processes.engine.rule import Fault, guard
from hub.processes.engine.unit_view import colours, may, unit_view
from hub.processes.registry import openings, process_of, talk
from hub.processes.shared.disclosure import may_be_named, scope
from hub.processes.shared.frist import frist_of
from hub.scenarios import load
from hub.scenarios.actions import StepOutcome, ToldNotice
from hub.scenarios.memory import HubInMemory
from hub.translators.native import STRUCTURED
from schemas.envelope import Message
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE, type_of
from schemas.parts import Part, Patient
from schemas.shared import Deltagare, Kvittens
from tests.toy import bodies
from tests.toy.fixtures import register, with_duties
from tests.toy.process import TOY

WORLD = load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
DIRECTORY = with_duties(WORLD.directory)
WORLD = WORLD.model_copy(update={"directory": DIRECTORY})
WARD, CENTRE, LOMMA, LUND = (WORLD.names[n] for n in ("lund_avd12", "vc_klostergarden", "vc_lomma", "lund_kommun"))
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TOLVAN, ELSA = ("191212121212", "194501019808")
FOUND = Adressering(outcome="listed", health_centre=CENTRE, municipality_unit=LUND, name="Tolvan Tolvansson")


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


class Hub:
    """The real intake's ``handle`` in memory, fed with bytes."""

    def __init__(self, **profiles: str) -> None:
        world = WORLD.model_copy(update={"directory": with_duties(DIRECTORY, **profiles)})
        self.world, self.hub, self.number = world, HubInMemory(world, NOW), 0

    def send(self, unit: str, name: str, data: dict[str, Any], subject: str, role: str | None = None) -> StepOutcome:
        self.number += 1
        event = {
            "specversion": "1.0",
            "id": f"m-{self.number}",
            "source": f"urn:hsa:{unit}",
            "type": type_of(name),
            "subject": subject,
            "time": NOW.isoformat(),
            "actor": f"{unit.partition('-')[0]}-P03",
            "actorrole": role or next(iter(self.world.directory.unit_by_hsa[unit].roles)),
            "data": data,
        }
        directory = self.world.directory
        system = directory.system_by_id[directory.system_of[unit]]
        arrival = Arrival(system, to_json(event), STRUCTURED, None, NOW, f"t/{self.number}", by_outbox=False)
        return self.hub.take(arrival, NOW)

    def ok(self, *arguments: Any, **more: Any) -> list[ToldNotice]:
        outcome = self.send(*arguments, **more)
        assert outcome.receipt.code == "ok", outcome.receipt
        return outcome.told

    def open(self, ref: str = "ref:one", person: str = TOLVAN, **data: Any) -> Case:
        outcome = self.send(WARD, "toy.start", {"patient": {"personnummer": person}, **data}, ref)
        assert outcome.receipt.code == "ok", outcome.receipt
        return self.hub.cases[outcome.receipt.case]


def told_to(told: list[ToldNotice], unit: str) -> list[ToldNotice]:
    return [one for one in told if unit in one.told.to]


# --- 1: a registry, and what a process owns ---------------------------------------------------------------------------


def test_a_message_finds_its_process_and_its_case_keeps_it():
    assert process_of("toy.start", None) is TOY
    assert process_of("svu.inskrivning", None) is PROCESSES["svu"]
    hub = Hub()
    case = hub.open()
    assert (case.process, case.status) == ("toy", "open")
    assert process_of("kvittens", case) is TOY
    assert process_of("no.such", None).rule("no.such") is None
    assert "toy.start" in set(openings())
    klar = {"date": "2026-03-09", "responsible_physician": "SE2321000255-P01"}
    assert hub.send(WARD, "svu.utskrivningsklar", klar, case.id).receipt.rule == "unknown-type"


def test_the_steps_are_those_of_the_region():
    shown = {region: Hub(skane=region) for region in ("mina_planer", "samsa")}
    for region, steps in (("mina_planer", ["kallelse", "plan", "utskrivning"]), ("samsa", ["kallelse", "utskrivning"])):
        hub = shown[region]
        case = hub.open()
        assert list(colours(case, WARD, DIRECTORY)) == steps
        (notice,) = told_to(hub.ok(WARD, "deltagare", {"unit": LOMMA, "change": "tillagd"}, case.id), LOMMA)[:1]
        assert list(notice.told.state) == steps


def test_both_processes_run_side_by_side_for_one_person():
    hub = Hub()
    toy = hub.open()
    admission = {"patient": {"personnummer": TOLVAN}, "draft": True}
    outcome = hub.send(WARD, "svu.inskrivning", admission, "ref:stay")
    assert outcome.receipt.code == "ok"
    assert {hub.hub.cases[outcome.receipt.case].process, toy.process} == {"svu", "toy"}


def test_a_closed_case_is_refused_as_its_process_says():
    hub = Hub()
    case = hub.open()
    hub.ok(WARD, "toy.end", {}, case.id)
    refused = hub.send(WARD, "toy.call", {"meeting": "m1"}, case.id).receipt
    assert (refused.rule, refused.text.sv) == ("T-8", "Ärendet är avslutat.")
    assert may(case, WARD, DIRECTORY, NOW) == ("toy.reopen",)


def test_a_table_that_contradicts_itself_is_no_process():
    (rule, *_) = TOY.rules
    for wrong, says in (
        ({"rules": (*TOY.rules, rule)}, "more than one rule"),
        ({"steps_by_profile": {"nowhere": ("kallelse",)}}, "nowhere"),
        ({"steps": ("plan",), "steps_by_profile": {}}, "utskrivning"),
        ({"closed": {}}, "closed"),
    ):
        with pytest.raises(ValueError, match=says):
            replace(TOY, **wrong)
    with pytest.raises(ValueError, match="codes"):
        guard("T-9", sv="Koderna är: {codes}.", en="There are codes.")
    with pytest.raises(ValueError, match="expected"):
        guard("T-9", sv="En { för mycket.", en="One { too many.")


# --- 2: several acts awaited in a step --------------------------------------------------------------------------------


def test_two_meetings_at_once_each_have_their_own_kvittens():
    hub = Hub()
    case = hub.open()
    first = hub.ok(WARD, "toy.call", {"meeting": "m1", "receivers": [CENTRE]}, case.id)
    second = hub.ok(WARD, "toy.call", {"meeting": "m2", "receivers": [CENTRE, LUND]}, case.id)
    for told, asked in ((first, [CENTRE]), (second, [CENTRE, LUND])):
        for unit in asked:
            (notice,) = told_to(told, unit)
            assert notice.told.awaits[unit] == "kvittens"
    assert {key: one.by for key, one in case.awaited.items()} == {
        "kallelse/m1": [CENTRE],
        "kallelse/m2": [CENTRE, LUND],
    }
    hub.ok(CENTRE, "kvittens", {"message": _id_of(case, "kallelse/m2")}, case.id)
    assert {key: one.by for key, one in case.awaited.items()} == {"kallelse/m1": [CENTRE], "kallelse/m2": [LUND]}
    assert set(colours(case, CENTRE, DIRECTORY)["kallelse"].values()) == {"red", "yellow"}, (
        "m1 is still owed by one role"
    )
    hub.ok(CENTRE, "kvittens", {"message": _id_of(case, "kallelse/m1")}, case.id)
    assert set(colours(case, CENTRE, DIRECTORY)["kallelse"].values()) == {"yellow"}, "m2 still waits for Lund"
    hub.ok(WARD, "toy.call", {"meeting": "m2", "recalled": True}, case.id)
    assert list(case.awaited) == ["kallelse/m1"]
    assert set(colours(case, CENTRE, DIRECTORY)["kallelse"].values()) == {"green"}


def _id_of(case: Case, key: str) -> str:
    return case.awaited[key].message


@pytest.mark.parametrize(
    ("by", "expected"),
    [([[CENTRE], [LUND]], "red"), ([[LUND], [CENTRE]], "red"), ([[LUND], []], "yellow"), ([[], []], "green")],
)
def test_red_comes_before_yellow_and_yellow_before_green(by, expected):
    participants = {
        unit: {"party": "oppenvard", "roles": ["distriktsskoterska"], "since": 1, "by": "m"} for unit in (CENTRE, LUND)
    }
    step = {"sequence": 1, "source": "s", "message": "m", "at": ""}
    awaited = {
        f"kallelse/{number}": Awaited("kallelse", "kvittera", units, "m", "s", 1, "") for number, units in enumerate(by)
    }
    case = Case(
        "c",
        "toy",
        "samsa",
        TOY.state(),
        published=True,
        participants=participants,
        steps={"kallelse": step},
        awaited=awaited,
    )
    assert colours(case, CENTRE, DIRECTORY)["kallelse"] == {"distriktsskoterska": expected}
    assert load_case(case.dump()) == case


# --- 3: consents by kind ----------------------------------------------------------------------------------------------


def test_each_kind_of_consent_stands_by_itself():
    hub = Hub()
    case = hub.open()
    hub.ok(WARD, "samtycke", {"outcome": "given", "kind": "sip", "valid_to": "2026-05-01"}, case.id)
    hub.ok(WARD, "samtycke", {"outcome": "refused", "kind": "informationsoverforing"}, case.id)
    assert {kind: one.outcome for kind, one in case.consents.items()} == {
        "sip": "given",
        "informationsoverforing": "refused",
    }
    assert (case.consent("sip").until, case.consent("informationsoverforing").until) == ("2026-05-01", None)
    assert scope(case, CENTRE) == "all", "it took part before"
    assert scope(case, LOMMA) == "narrow", "the kind that lets units share is refused"
    hub.ok(WARD, "aterkallelse", {"kind": "sip"}, case.id)
    assert case.consent("sip").outcome is None
    assert case.consent("informationsoverforing").outcome == "refused"
    refused = hub.send(WARD, "aterkallelse", {"kind": "sip"}, case.id).receipt
    assert (refused.rule, refused.element) == ("C-24", "/data/kind")
    assert load_case(case.dump()).consents == case.consents


# --- 5: a guard may point ---------------------------------------------------------------------------------------------


def test_a_guard_points_at_the_edit_and_names_what_stands():
    hub = Hub()
    case = hub.open()
    hub.ok(
        WARD, "toy.plan", {"edits": [{"element": "mal/a", "text": "Gå"}, {"element": "mal/b", "text": "Äta"}]}, case.id
    )
    edits = [{"element": "mal/b", "text": "Äta själv", "version": 1}, {"element": "mal/a", "text": "Gå ut"}]
    refused = hub.send(WARD, "toy.plan", {"edits": edits}, case.id).receipt
    assert (refused.rule, refused.element) == ("T-4", "/data/edits/1")
    assert refused.text.sv == "mal/a skrevs på version 0, men version 1 gäller."
    assert case.elements["mal/b"].state == {"text": "Äta"}, "nothing of a refused message is done"


def test_a_guard_may_answer_no_with_words_or_without():
    @guard("T-9", sv="Okänd kod. Koderna är: {codes}.", en="The codes are: {codes}.", element="/data/x")
    def known(s: Any) -> bool | Fault:
        return s or Fault("/data/x/3", codes="a, b")

    assert not Fault()
    context: Any = type("C", (), {"case": Case("c"), "warnings": []})
    pointed = known.refusal(context, known.holds(False))
    assert (pointed.sv, pointed.element) == ("Okänd kod. Koderna är: a, b.", "/data/x/3")


# --- deadlines of a part, a meeting, a kind of consent (D-9) ----------------------------------------------------------


def test_a_deadline_says_which_meeting_or_part_it_is_about_and_who_still_owes():
    hub = Hub()
    case = hub.open()
    for meeting, asked in (("m1", [CENTRE]), ("m2", [CENTRE, LUND])):
        hub.ok(WARD, "toy.call", {"meeting": meeting, "receivers": asked}, case.id)
    day = (NOW + timedelta(days=3)).isoformat()
    hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/a", "text": "Gå", "follow_up": day}]}, case.id)
    hub.ok(CENTRE, "kvittens", {"message": _id_of(case, "kallelse/m2")}, case.id)
    told = hub.hub.move_clock(NOW + timedelta(days=8))
    said = [(one.data["name"], one.data.get("step"), one.data.get("of"), one.data.get("units", [])) for one in told]
    assert list(dict.fromkeys(map(str, said))) == [
        str(("kvittens_forsenad", "kallelse", "m1", [CENTRE])),
        str(("kvittens_forsenad", "kallelse", "m2", [LUND])),
        str(("uppfoljning_dags", None, "mal/a", [])),
        str(("uppfoljning_dags", None, "m1", [])),
        str(("uppfoljning_dags", None, "m2", [])),
    ]
    assert {one.data["message"] for one in told if one.data.get("of") == "m1" and "step" in one.data} == {
        _id_of(case, "kallelse/m1")
    }
    assert hub.hub.move_clock(NOW + timedelta(days=20)) == [], "each is told once"


def test_a_deadline_of_an_act_that_nobody_can_do_any_more_is_told_to_nobody():
    hub = Hub()
    case = hub.open()
    hub.ok(WARD, "toy.call", {"meeting": "m1", "receivers": [CENTRE]}, case.id)
    said = frist_of(case, "kvittens_forsenad/kallelse/m1")
    assert said is not None
    late = Message("f-1", HUB_SOURCE, "frist", case.id, NOW, None, None, said)
    unable = case.copy()
    unable.awaited["kallelse/m1"].by.clear()
    assert decide(TOY, unable, case.id, late, DIRECTORY, NOW).tell == []
    assert CENTRE in decide(TOY, case, case.id, late, DIRECTORY, NOW).tell


def test_each_kind_of_consent_runs_out_by_itself_and_the_process_says_what_ends_with_it():
    hub = Hub()
    case = hub.open()
    for kind, until in (("informationsoverforing", "2026-04-01"), ("sip", "2026-05-01")):
        hub.ok(WARD, "samtycke", {"outcome": "given", "kind": kind, "valid_to": until}, case.id)
    told = hub.hub.move_clock(datetime(2026, 4, 3, tzinfo=UTC))
    assert {(one.data["name"], one.data["of"]) for one in told} == {("samtycke_upphor", "informationsoverforing")}
    assert {kind: one.outcome for kind, one in case.consents.items()} == {
        "informationsoverforing": None,
        "sip": "given",
    }
    assert case.status == "open"
    told = hub.hub.move_clock(datetime(2026, 5, 3, tzinfo=UTC))
    assert {(one.data["name"], one.data["of"]) for one in told} == {("samtycke_upphor", "sip")}
    assert (case.consent("sip").outcome, case.status) == (None, "ended")


def test_the_trace_of_a_narrowly_shown_case_names_the_deadlines_of_what_is_shown():
    """Keyed acts are of their step; the end of a consent is of none."""
    case = Case("c", "toy", "samsa", TOY.state(), narrow=True, steps={"kallelse": {}})
    for key, named in (
        ("kvittens_forsenad/kallelse/m1", True),
        ("kvittens_forsenad/plan", False),
        ("uppfoljning_dags/mal/a", False),
        ("samtycke_upphor/sip", True),
    ):
        assert may_be_named(case, "frist", [("fired", {"key": key, "due": ""})]) is named, key
    assert may_be_named(case, "kvittens", [("acted", {"step": "kallelse/m1"})])
    assert not may_be_named(case, "kvittens", [("acted", {"step": "plan/m1"})])


def test_the_kvittens_of_a_meeting_is_told_to_a_unit_that_is_shown_the_calls_alone():
    hub = Hub()
    case = hub.open()
    hub.ok(WARD, "samtycke", {"outcome": "refused", "kind": "informationsoverforing"}, case.id)
    hub.ok(WARD, "deltagare", {"unit": LOMMA, "change": "tillagd"}, case.id)
    assert scope(case, LOMMA) == "narrow"
    hub.ok(WARD, "toy.call", {"meeting": "m1", "receivers": [CENTRE]}, case.id)
    told = hub.ok(CENTRE, "kvittens", {"message": _id_of(case, "kallelse/m1")}, case.id)
    assert [one.name for one in told_to(told, LOMMA)] == ["kvittens"]


# --- 6: parts in rows of their own ------------------------------------------------------------------------------------


def test_a_case_does_not_grow_with_its_elements():
    hub = Hub()
    case = hub.open()
    hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/0", "text": "x"}]}, case.id)
    before = len(case.dump())
    for start in range(1, 501, 100):
        edits = [{"element": f"mal/{number}", "text": "x" * 300} for number in range(start, start + 100)]
        hub.ok(WARD, "toy.plan", {"edits": edits}, case.id)
    assert len(case.elements) == 501
    assert len(case.dump()) <= before + 20, "a few digits more, nothing else"
    assert "mal/" not in case.dump().decode()


def test_an_element_counts_its_versions_and_is_removed():
    hub = Hub()
    case = hub.open()
    for version, text in enumerate(("a", "b", None)):
        hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/x", "text": text, "version": version}]}, case.id)
    element = case.elements["mal/x"]
    assert (element.version, element.removed, element.state) == (3, True, {})
    assert case.counts["elements"] == 1


# --- 7: more than one case --------------------------------------------------------------------------------------------


def test_a_person_has_one_open_case_at_most():
    hub = Hub()
    case = hub.open()
    again = hub.send(WARD, "toy.start", {"patient": {"personnummer": TOLVAN}}, "ref:two").receipt
    assert (again.code, again.rule, again.case) == ("fatal-error", "T-1", None)
    hub.open("ref:elsa", ELSA)
    hub.ok(WARD, "toy.end", {}, case.id)
    second = hub.open("ref:three")
    reopened = hub.send(WARD, "toy.reopen", {}, case.id).receipt
    assert reopened.rule == "T-1", "another is open now"
    hub.ok(WARD, "toy.end", {}, second.id)
    hub.ok(WARD, "toy.reopen", {}, case.id)


def test_a_case_that_ends_tells_the_case_that_it_is_linked_to():
    hub = Hub()
    other = hub.open("ref:elsa", ELSA)
    case = hub.open("ref:one", TOLVAN, linked=[other.id])
    before = other.sequence
    told = hub.ok(WARD, "toy.end", {}, case.id)
    assert (other.sequence, other.state.news) == (before + 1, ["ended"])
    notice = next(one for one in told if one.name == "toy.news")
    assert (notice.told.case, notice.data) == (other.id, {"case": case.id, "news": "ended"})


def test_a_message_for_another_case_is_a_row_of_the_outbox_and_no_part_of_the_decision():
    hub = Hub()
    case = hub.open("ref:one", TOLVAN, linked=["00000000-0000-7000-8000-000000000001"])
    hub.ok(WARD, "toy.end", {}, case.id)
    (row,) = [row for row in hub.hub.outbox if row.kind == "case"]
    assert (row.case_id, row.content.name) == ("00000000-0000-7000-8000-000000000001", "toy.news")
    assert row.message_id == f"h-{case.id}-{case.sequence}-0", "one id, so that it is handled once"


# --- 8: catch-up as state ---------------------------------------------------------------------------------------------


def test_a_unit_that_comes_in_is_sent_one_message_that_says_how_things_stand():
    hub = Hub()
    case = hub.open()
    edits = [{"element": "mal/a", "text": "Gå"}, {"element": "mal/b", "text": "Äta"}]
    hub.ok(WARD, "toy.plan", {"edits": edits}, case.id)
    hub.ok(WARD, "toy.call", {"meeting": "m1", "receivers": [CENTRE]}, case.id)
    told = told_to(hub.ok(WARD, "deltagare", {"unit": LOMMA, "change": "tillagd"}, case.id), LOMMA)
    assert [one.name for one in told] == ["deltagare", "toy.standing"], "not the messages that made it so"
    standing = told[-1]
    assert standing.data == {"units": [LOMMA], "meetings": ["m1"], "goals": {"mal/a": "Gå", "mal/b": "Äta"}}
    assert standing.told.awaits == {LOMMA: "kvittens"}
    assert standing.told.skipped == ()
    by_hub = case.participants[LOMMA]["by"]
    hub.ok(LOMMA, "kvittens", {"message": by_hub}, case.id)
    assert case.awaited["kallelse/m1"].by == [CENTRE]


# --- 9: addressing per process and profile ----------------------------------------------------------------------------


def test_addressing_adds_units_or_suggests_them_or_looks_the_person_up():
    adds = Hub(skane="mina_planer")
    case = adds.open()
    assert {CENTRE, LUND} <= set(case.participants)

    suggests = Hub(skane="prator")
    outcome = suggests.send(WARD, "toy.start", {"patient": {"personnummer": TOLVAN}}, "ref:one")
    case = suggests.hub.cases[outcome.receipt.case]
    assert list(case.participants) == [WARD]
    (suggestion,) = [one for one in outcome.told if one.name == "adressering"]
    assert suggestion.told.to == (WARD,)
    assert (suggestion.data["health_centre"], suggestion.data["municipality_unit"]) == (CENTRE, LUND)
    assert case.person["name"] == "Tolvan Tolvansson"

    person = Hub(skane="samsa")
    outcome = person.send(WARD, "toy.start", {"patient": {"personnummer": TOLVAN}}, "ref:one")
    assert [one.name for one in outcome.told] == []
    case = person.hub.cases[outcome.receipt.case]
    assert (list(case.participants), case.person["name"]) == ([WARD], "Tolvan Tolvansson")


# --- every message in every state by every sender ---------------------------------------------------------------------

UNITS = (WARD, CENTRE, LOMMA, LUND)
MEETINGS = st.sampled_from(["m1", "m2"])
EDITS = st.lists(
    st.builds(
        bodies.Edit,
        element=st.sampled_from(["mal/a", "mal/b"]),
        text=st.sampled_from(["x", "y", None]),
        version=st.integers(0, 3),
    ),
    min_size=1,
    max_size=3,
)
ACTS: st.SearchStrategy[tuple[str, str, Part]] = st.one_of(
    st.tuples(
        st.sampled_from(UNITS), st.just("toy.start"), st.just(bodies.Start(patient=Patient(personnummer=TOLVAN)))
    ),
    st.tuples(
        st.sampled_from(UNITS),
        st.just("toy.call"),
        st.builds(bodies.Call, meeting=MEETINGS, receivers=st.just((CENTRE, LOMMA, LUND)), recalled=st.booleans()),
    ),
    st.tuples(st.sampled_from(UNITS), st.just("toy.plan"), st.builds(bodies.Plan, edits=EDITS.map(tuple))),
    st.tuples(
        st.sampled_from(UNITS),
        st.just("toy.draft"),
        st.builds(bodies.Draft, element=st.sampled_from(["mal/own"]), text=st.just("x")),
    ),
    st.tuples(st.sampled_from(UNITS), st.just("toy.end"), st.just(bodies.End())),
    st.tuples(st.sampled_from(UNITS), st.just("toy.reopen"), st.just(bodies.Reopen())),
    st.tuples(st.sampled_from(UNITS), st.just("toy.news"), st.just(bodies.News(case="x", news="y"))),
    st.tuples(
        st.sampled_from(UNITS),
        st.just("kvittens"),
        st.builds(Kvittens, message=st.sampled_from([f"m-{n}" for n in range(12)])),
    ),
    st.tuples(
        st.sampled_from(UNITS),
        st.just("deltagare"),
        st.builds(Deltagare, unit=st.sampled_from(UNITS), change=st.sampled_from(["tillagd", "borttagen", "uttrade"])),
    ),
    st.tuples(st.just(HUB_SOURCE), st.just("adressering"), st.just(FOUND)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=st.lists(ACTS, min_size=1, max_size=25), others=st.sampled_from([(), ("another",)]))
def test_every_message_is_accepted_or_refused_by_a_named_rule_and_the_case_is_the_fold_of_its_events(acts, others):
    case: Case | None = decide(TOY, None, "case", _message(0, WARD, "toy.start", START), DIRECTORY, NOW).case
    refusals: list[str] = []
    history = [decide(TOY, None, "case", _message(0, WARD, "toy.start", START), DIRECTORY, NOW).events]
    for number, (unit, name, data) in enumerate(acts, 1):
        assert case is not None
        before, possible = case.dump(), may(case, unit, DIRECTORY, NOW)
        elements = deepcopy(case.elements)
        try:
            decision = decide(TOY, case, "case", _message(number, unit, name, data), DIRECTORY, NOW, others)
        except Refused as refused:
            refusals.append(refused.rule)
            assert (case.dump(), case.elements) == (before, elements), "what is refused changes nothing"
            continue
        assert unit == HUB_SOURCE or name in possible
        case = decision.case
        history.append(decision.events)
        for one in decision.hub_messages:
            assert one.case == case.id
            own = Message(f"h-{number}", HUB_SOURCE, one.name, "case", NOW, None, None, one.data)
            standing = decide(TOY, case, "case", own, DIRECTORY, NOW)
            case = standing.case
            history.append(standing.events)
            assert set(standing.tell) <= set(case.participants)
        _check(case)
    assert case is not None
    assert all(rule[0] in "TCE" for rule in refusals), "every refusal names its rule"
    folded = fold("case", history)
    assert rules_part(folded) == rules_part(case)
    assert folded.elements == case.elements
    assert replace(load_case(case.dump()), elements=case.elements) == case


START = bodies.Start(patient=Patient(personnummer=TOLVAN))


def _message(number: int, unit: str, name: str, data: Part) -> Message:
    role = None if unit == HUB_SOURCE else next(iter(DIRECTORY.unit_by_hsa[unit].roles))
    return Message(f"m-{number}", unit, name, "case", NOW, None, role, data)


def _check(case: Case) -> None:
    for one in case.awaited.values():
        assert one.step in case.steps
        assert set(one.by) <= set(case.participants)
        assert not set(one.by) & set(one.done)
    for unit in case.participants:
        shown = colours(case, unit, DIRECTORY)["kallelse"]
        owed = [one for one in _calls(case) if unit in one.by]
        open_ = [one for one in _calls(case) if one.by]
        wanted = (
            {"red", "yellow"} if owed else {"yellow"} if open_ else {"green"} if "kallelse" in case.steps else {"grey"}
        )
        assert set(shown.values()) <= wanted, (unit, shown)
        assert not owed or "red" in shown.values()


def _calls(case: Case) -> Iterator[Awaited]:
    return (one for one in case.awaited.values() if one.step == "kallelse")


def test_what_the_opener_alone_may_do_is_not_remembered_for_another_who_takes_part():
    """Two cases that look alike, but for whose they are."""
    hub = Hub()
    own = hub.open()
    other = own.copy()
    other.opened_by = next(unit.hsa for unit in DIRECTORY.units if unit.party == "slutenvard" and unit.hsa != WARD)
    directory = hub.world.directory
    assert "toy.end" in unit_view(own, WARD, directory, NOW).may
    assert "toy.end" not in unit_view(other, WARD, directory, NOW).may


def test_what_is_said_beside_the_steps_is_told_by_the_rules():
    """What a case may have by the thousand is left out where its documents are read."""
    beside = {"meddelande", "kvittens", "felsant", "utskrift", "uppslag", "kontakt", "narstaende", "verifiering"}
    assert set(talk()) == beside


# --- acts that are kept to one unit (PR-1, LC-6) ----------------------------------------------------------------------

DRAFT = {"element": "mal/own", "text": "HEMLIGT"}


def with_lomma(hub: Hub) -> Case:
    """A case in which Lomma takes part too, for the staff of this world who may act."""
    case = hub.open()
    hub.ok(WARD, "deltagare", {"unit": LOMMA, "change": "tillagd"}, case.id)
    return case


def test_a_kept_act_is_told_to_nobody_and_its_number_is_skipped_for_the_others():
    hub = Hub()
    case = with_lomma(hub)
    assert hub.ok(CENTRE, "toy.draft", DRAFT, case.id) == []
    kept = case.sequence
    (notice,) = told_to(hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/a", "text": "Gå"}]}, case.id), LOMMA)
    assert kept in notice.told.skipped
    assert case.unheard == {}, "nobody is told it later"
    (own,) = told_to(hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/b", "text": "Gå"}]}, case.id), CENTRE)
    assert kept not in own.told.skipped, "its own system has its number from the receipt"


def test_a_unit_that_comes_in_is_told_nothing_of_a_kept_act(monkeypatch):
    """Neither by the one message that says how things stand, nor where the messages that stand are told one by one."""
    for process in (TOY, replace(TOY, catch_up=None, standing=lambda case: range(1, case.sequence))):
        monkeypatch.setitem(PROCESSES, TOY.name, process)
        hub = Hub()
        case = hub.open()
        hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/a", "text": "Gå"}]}, case.id)
        hub.ok(CENTRE, "toy.draft", DRAFT, case.id)
        kept = case.sequence
        told = told_to(hub.ok(WARD, "deltagare", {"unit": LOMMA, "change": "tillagd"}, case.id), LOMMA)
        assert told
        assert {one.name for one in told} & {"toy.plan", "toy.standing"}, "what stands is told"
        assert kept not in {one.told.sequence for one in told}
        assert "HEMLIGT" not in str(told)


def test_each_unit_knows_the_case_up_to_the_last_act_that_is_not_kept_from_it():
    hub = Hub()
    case = with_lomma(hub)
    start = case.sequence
    for unit, known in (
        (CENTRE, {CENTRE: 1, WARD: 0, LOMMA: 0}),
        (LOMMA, {CENTRE: 1, WARD: 0, LOMMA: 2}),
        (CENTRE, {CENTRE: 3, WARD: 0, LOMMA: 2}),
    ):
        hub.ok(unit, "toy.draft", DRAFT, case.id)
        assert {one: case.last_known_to(one) - start for one in known} == known
    hub.ok(WARD, "toy.plan", {"edits": [{"element": "mal/a", "text": "Gå"}]}, case.id)
    assert {case.last_known_to(unit) - start for unit in (WARD, CENTRE, LOMMA)} == {4}
    hub.ok(LOMMA, "toy.draft", DRAFT, case.id)
    assert {unit: case.last_known_to(unit) - start for unit in (WARD, LOMMA)} == {WARD: 4, LOMMA: 5}


def test_kept_acts_make_no_case_grow():
    hub = Hub()
    case = with_lomma(hub)
    hub.ok(CENTRE, "toy.draft", DRAFT, case.id)
    before = len(to_json(case.kept))
    for _ in range(20):
        hub.ok(LOMMA, "toy.draft", DRAFT, case.id)
        hub.ok(WARD, "toy.call", {"meeting": "m1"}, case.id)
        hub.ok(CENTRE, "toy.draft", DRAFT, case.id)
    assert len(to_json(case.kept)) <= before + 30
