"""What is due in a SIP, when, and whom it concerns: each row of sip-messages.md §6, in each region."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case, StandingConsent
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.registry import PROCESSES
from hub.processes.shared.frist import frist_of, key_of
from hub.processes.sip.deadlines import concerned, deadlines, owing
from schemas.agreement import Agreement
from schemas.swedish_time import STOCKHOLM
from tests.cases import sip_case

LAW = Agreement()
COORDINATOR, TOWN, WARD, CENTRE = (f"SE2321000255-{name}" for name in ("SAMORDNARE", "KOMMUN", "AVD", "VC"))
UNITS = (COORDINATOR, TOWN, WARD, CENTRE)
NAMES = frozenset().union(*(profile.deadlines for profile in SIP_PROFILES.values()))
MP, PR, SA, LC, CL = "mina_planer", "prator", "samsa", "lifecare", "cosmic_link"


def at(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC).isoformat()


def a_case(profile: str, **facts: Any) -> Case:
    plain = {
        "participants": {unit: {"party": "kommun", "roles": [], "since": 1, "by": "m"} for unit in UNITS},
        "opened_by": CENTRE,
        "coordinator": {"unit": COORDINATOR, "sequence": 1},
    }
    return sip_case(profile, **{**plain, **facts})


def awaits(key: str, act: str, *by: str, since: str = "2026-03-12 10:00", by_unit: str = CENTRE) -> dict[str, Awaited]:
    return {key: Awaited(key.partition("/")[0], act, list(by), "m", f"urn:hsa:{by_unit}", 1, at(since))}


def a_meeting(start: str = "2026-03-20 10:00", kind: str = "ny", **facts: Any) -> dict[str, Any]:
    plain = {"kind": kind, "start": at(start), "caller": CENTRE, "sent": at("2026-03-12 10:00"), "answers": {}}
    return {**plain, "sequence": 2, "version": 1, "receivers": {TOWN: {}, WARD: {}}, **facts}


def held(start: str = "2026-03-20 10:00", kind: str = "ny", sequence: int = 5, **facts: Any) -> dict[str, Any]:
    return a_meeting(start, kind, held=True, held_in=sequence, **facts)


def due(case: Case, agreement: Agreement = LAW) -> dict[str, str]:
    """Each deadline with its local time."""
    return {key: f"{when.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" for key, when in deadlines(case, agreement).items()}


def told(case: Case, key: str) -> set[str]:
    return set(concerned(case, key))


# --- every row, and in no other region --------------------------------------------------------------------------------


def with_everything_due(profile: str) -> Case:
    """Whatever could be due in any region: regions differ in what is."""
    kinds = SIP_PROFILES[profile].consent_kinds
    return a_case(
        profile,
        awaited={
            **awaits("kallelse/m-1", "kvittera", TOWN),
            **awaits("initiativ", "svara", TOWN),
            **awaits("kallelse/m-2", "svara", WARD),
        },
        meetings={
            "m-1": a_meeting(answer_by="2026-03-18"),
            "m-3": held(),
            "m-4": a_meeting("2026-09-10 10:00", "uppfoljning", sent=at("2025-01-01 10:00")),
        },
        plan={"evaluation_date": "2026-10-01"},
        dated={"evaluation_date": [3, at("2026-03-12 10:00")]},
        last_valid={"version": 0, "at": at("2026-03-01 10:00"), "sequence": 1},
        consents={kind: StandingConsent("given", until="2026-12-31") for kind in kinds},
    )


@pytest.mark.parametrize("profile", SIP_PROFILES)
def test_a_region_has_the_deadlines_of_its_own_rows_and_no_others(profile):
    case = with_everything_due(profile)
    if profile == LC:  # a call in place of a booked follow-up
        case.state.meetings.pop("m-4")
        case.state.plan["follow_up_date"] = "2026-09-15"
    assert {key.partition("/")[0] for key in due(case)} == SIP_PROFILES[profile].deadlines


def test_the_regions_have_the_rows_of_the_table():
    rows = {
        "svar_forsenat": {CL},
        "svara_senast": {SA},
        "kvittens_forsenad": {MP, PR, SA},
        "initiativ_obesvarat": {PR},
        "plan_forsenad": {CL},
        "delmal_saknas": {LC},
        "kalla_uppfoljning": {LC},
        "uppfoljning_dags": {SA, LC, CL},
        "uppfoljning_arlig": {MP},
        "utvardering_dags": {PR},
        "samtycke_upphor": {MP, PR, SA, LC, CL},
    }
    found = {name: {profile.name for profile in SIP_PROFILES.values() if name in profile.deadlines} for name in NAMES}
    assert found == rows


@pytest.mark.parametrize("profile", SIP_PROFILES)
@pytest.mark.parametrize("facts", [{"status": "ended"}, {"status": "revoked"}, {"status": "refused"}])
def test_nothing_is_due_in_a_case_that_has_come_to_an_end(profile, facts):
    case = with_everything_due(profile)
    case.status = facts["status"]
    assert due(case) == {}


@pytest.mark.parametrize("profile", SIP_PROFILES)
@pytest.mark.parametrize("why", ["withdrawn", "refused", "blocked", "deceased"])
def test_nothing_is_due_that_nobody_may_do_but_a_kvittens_and_the_end_of_a_consent(profile, why):
    case = with_everything_due(profile)
    first = SIP_PROFILES[profile].consent_kinds[0]
    if why in {"blocked", "deceased"}:
        setattr(case, why, True)
    else:
        case.consents[first].outcome = None if why == "withdrawn" else "refused"
    left = {key.partition("/")[0] for key in due(case)}
    assert left == SIP_PROFILES[profile].deadlines & {"kvittens_forsenad", "samtycke_upphor"}


@pytest.mark.parametrize("profile", SIP_PROFILES)
def test_each_is_told_once_and_comes_again_with_another_time(profile):
    case = with_everything_due(profile)
    case.fired = {key: when.isoformat() for key, when in deadlines(case, LAW).items()}
    assert due(case) == {}
    for consent in case.consents.values():
        consent.until = "2027-12-31"
    assert set(due(case).values()) == {"2028-01-01 00:00"}


@pytest.mark.parametrize("profile", SIP_PROFILES)
def test_a_deadline_is_told_to_participants_alone_and_its_notice_says_what_it_is_about(profile):
    case = with_everything_due(profile)
    case.due = {key: when.isoformat() for key, when in deadlines(case, LAW).items()}
    for key in case.due:
        assert told(case, key) <= set(UNITS)
        notice = frist_of(case, key)
        assert notice is not None
        assert key_of(notice.name, notice.step, notice.of) == key


def test_the_process_answers_for_its_deadlines():
    process = PROCESSES["sip"]
    assert (process.deadlines, process.concerned, process.owing) == (deadlines, concerned, owing)


# --- answers and kvittens ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "when"),
    [
        ("2026-03-12 10:00", "2026-03-14 00:00"),
        ("2026-03-13 10:00", "2026-03-17 00:00"),
        ("2026-04-02 10:00", "2026-04-08 00:00"),
    ],
)
def test_cl_a_call_is_answered_by_the_end_of_the_first_working_day_after_it(since, when):
    case = a_case(CL, awaited=awaits("kallelse/m-1", "svara", TOWN, since=since))
    assert due(case) == {"svar_forsenat/kallelse/m-1": when}
    assert told(case, "svar_forsenat/kallelse/m-1") == {TOWN, COORDINATOR}
    case.awaited["kallelse/m-1"].by = []
    assert due(case) == {}


@pytest.mark.parametrize("profile", [MP, PR, SA])
def test_a_kvittens_is_late_after_the_agreements_hours_and_told_to_who_owes_it_and_who_asked(profile):
    case = a_case(profile, awaited=awaits("kallelse/m-1", "kvittera", TOWN, by_unit=WARD, since="2026-03-28 10:00"))
    key = "kvittens_forsenad/kallelse/m-1"
    assert due(case) == {key: "2026-03-29 11:00"}  # 24 hours as they pass
    assert due(case, Agreement(kvittens_hours=2)) == {key: "2026-03-28 12:00"}
    assert told(case, key) == {TOWN, WARD}
    case.awaited["kallelse/m-1"].by = []
    assert due(case) == {}


def test_pr_an_initiativ_is_answered_within_a_day():
    case = a_case(PR, awaited=awaits("initiativ", "svara", TOWN, WARD), asked={TOWN: "asked", WARD: "asked"})
    assert due(case) == {"initiativ_obesvarat/initiativ": "2026-03-13 10:00"}
    assert told(case, "initiativ_obesvarat/initiativ") == {TOWN, WARD, CENTRE}


def test_sa_a_call_is_answered_by_the_day_that_it_names_by_all_that_are_called():
    case = a_case(SA, meetings={"m-1": a_meeting(answer_by="2026-03-18")})
    assert due(case) == {"svara_senast/m-1": "2026-03-19 00:00"}
    assert told(case, "svara_senast/m-1") == {TOWN, WARD, CENTRE}
    assert owing(case, "svara_senast/m-1") == [TOWN, WARD]
    case.state.meetings["m-1"]["answers"] = {TOWN: [4]}
    assert told(case, "svara_senast/m-1") == {WARD, CENTRE}
    case.awaited = awaits("kallelse/m-1", "kvittera")
    case.awaited["kallelse/m-1"].done = {WARD: ["a", "r", "t"]}
    assert due(case) == {}


def test_sa_a_recalled_call_is_answered_by_nobody():
    assert due(a_case(SA, meetings={"m-1": a_meeting(answer_by="2026-03-18", recalled=True)})) == {}


# --- the plan after the meeting ---------------------------------------------------------------------------------------


def test_cl_the_plan_is_approved_by_the_end_of_the_second_working_day_after_the_meeting():
    case = a_case(CL, meetings={"m-1": held("2026-06-17 10:00")})
    assert due(case) == {"plan_forsenad/m-1": "2026-06-23 00:00"}  # Midsummer's Eve is free
    assert told(case, "plan_forsenad/m-1") == {COORDINATOR}
    case.state.last_valid = {"version": 1, "at": at("2026-06-18 10:00"), "sequence": 7}
    assert due(case) == {}


def test_cl_the_next_version_is_late_for_the_meetings_held_since_the_last_approval():
    meetings = {"m-1": held("2026-03-20 10:00"), "m-2": held("2026-09-14 10:00", "uppfoljning", 9)}
    case = a_case(
        CL, version=2, meetings=meetings, last_valid={"version": 1, "at": at("2026-03-23 10:00"), "sequence": 7}
    )
    assert due(case) == {"plan_forsenad/m-2": "2026-09-17 00:00"}


def test_lc_each_unit_adds_to_the_plan_within_three_days_after_the_meeting():
    case = a_case(LC, meetings={"m-1": held()}, writers={COORDINATOR: 6, TOWN: 7})
    assert due(case) == {"delmal_saknas/m-1": "2026-03-24 00:00"}
    assert due(case, Agreement(subgoal_days=5)) == {"delmal_saknas/m-1": "2026-03-26 00:00"}
    assert told(case, "delmal_saknas/m-1") == {WARD, CENTRE, COORDINATOR}
    assert owing(case, "delmal_saknas/m-1") == [WARD, CENTRE]
    case.state.writers |= {WARD: 8, CENTRE: 9}
    assert due(case) == {}


@pytest.mark.parametrize(("profile", "name"), [(LC, "delmal_saknas"), (CL, "plan_forsenad")])
def test_a_meeting_that_was_not_held_or_was_of_the_actors_alone_sets_no_clock(profile, name):
    for meeting in (a_meeting(), a_meeting(held=False), held(kind="aktorsmote"), held(recalled=True)):
        assert due(a_case(profile, meetings={"m-1": meeting})) == {}
    assert [*due(a_case(profile, meetings={"m-1": held()}))] == [f"{name}/m-1"]


# --- the follow-up ----------------------------------------------------------------------------------------------------


def with_a_day(profile: str, **meetings: dict[str, Any]) -> Case:
    """The day of the follow-up was set by the act with number 5."""
    facts: dict[str, Any] = {
        "plan": {"follow_up_date": "2026-09-15"},
        "dated": {"follow_up_date": [5, at("2026-03-20 10:00")]},
    }
    everybody = dict.fromkeys(UNITS, 6)
    valid = {"version": 1, "at": at("2026-03-23 10:00"), "sequence": 7}
    return a_case(profile, meetings=meetings, writers=everybody, last_valid=valid, **facts)


@pytest.mark.parametrize(
    ("profile", "wanted"),
    [
        (LC, {"kalla_uppfoljning": "2026-09-02 00:00", "uppfoljning_dags": "2026-09-16 00:00"}),
        (CL, {"uppfoljning_dags": "2026-09-16 00:00"}),
    ],
)
def test_the_day_of_the_follow_up_comes_unless_a_meeting_has_taken_its_place(profile, wanted):
    case = with_a_day(profile, first=held())
    assert due(case) == wanted
    assert {unit for key in wanted for unit in concerned(case, key)} == {COORDINATOR}
    booked = with_a_day(profile, booked=a_meeting("2026-09-10 10:00", "uppfoljning"))
    assert due(booked) == {"uppfoljning_dags/booked": "2026-09-11 00:00"}
    assert told(booked, "uppfoljning_dags/booked") == {COORDINATOR}
    recalled = with_a_day(profile, booked=a_meeting("2026-09-10 10:00", "uppfoljning", recalled=True))
    not_held = with_a_day(profile, booked=a_meeting("2026-09-10 10:00", "uppfoljning", held=False))
    assert due(recalled) == due(not_held) == wanted


@pytest.mark.parametrize("profile", [LC, CL])
def test_a_follow_up_that_was_held_ends_the_wait_unless_it_set_the_next_day_itself(profile):
    assert due(with_a_day(profile, later=held("2026-09-14 10:00", "uppfoljning", 9))) == {}
    assert "uppfoljning_dags" in due(with_a_day(profile, same=held("2026-03-20 10:00", "uppfoljning", 5)))


def test_lc_the_call_to_the_follow_up_is_due_as_many_days_before_as_is_agreed():
    assert due(with_a_day(LC), Agreement(follow_up_call_days=30))["kalla_uppfoljning"] == "2026-08-17 00:00"


def test_sa_the_follow_up_is_the_meeting_that_was_booked():
    case = a_case(SA, meetings={"m-2": a_meeting("2026-09-10 10:00", "uppfoljning")})
    assert due(case) == {"uppfoljning_dags/m-2": "2026-09-11 00:00"}
    assert told(case, "uppfoljning_dags/m-2") == {COORDINATOR}
    case.state.meetings["m-2"] |= {"held": True, "held_in": 9}
    assert due(case) == {}


@pytest.mark.parametrize(
    ("approved", "when"),
    [
        ("2026-03-12 10:00", "2027-03-13 00:00"),
        ("2028-02-29 10:00", "2029-03-01 00:00"),
        ("2026-12-31 23:59", "2028-01-01 00:00"),
    ],
)
def test_mp_an_approved_plan_is_followed_up_within_a_year(approved, when):
    case = a_case(MP, last_valid={"version": 1, "at": at(approved), "sequence": 7})
    assert due(case) == {"uppfoljning_arlig": when}
    assert told(case, "uppfoljning_arlig") == set(UNITS)


@pytest.mark.parametrize(
    ("meeting", "stays"),
    [
        (a_meeting(kind="uppfoljning", sent=at("2026-05-01 10:00")), False),
        (a_meeting(kind="uppfoljning", sent=at("2026-05-01 10:00"), recalled=True), True),
        (a_meeting(kind="uppfoljning", sent=at("2026-05-01 10:00"), held=False), True),
        (a_meeting(kind="uppfoljning", sent=at("2026-03-01 10:00")), True),
        (a_meeting(kind="ny", sent=at("2026-05-01 10:00")), True),
    ],
)
def test_mp_a_call_to_a_follow_up_after_the_approval_ends_the_years_wait(meeting, stays):
    case = a_case(MP, meetings={"m-2": meeting}, last_valid={"version": 1, "at": at("2026-04-01 10:00"), "sequence": 7})
    assert ("uppfoljning_arlig" in due(case)) == stays


def test_pr_the_day_of_the_evaluation_comes_unless_it_is_called():
    facts = {"plan": {"evaluation_date": "2026-10-01"}, "dated": {"evaluation_date": [3, at("2026-03-12 10:00")]}}
    case = a_case(PR, asked={WARD: "asked"}, **facts)
    assert due(case) == {"utvardering_dags": "2026-10-02 00:00"}
    assert told(case, "utvardering_dags") == {COORDINATOR, TOWN, CENTRE}
    for meeting, stays in (
        (a_meeting(kind="utvardering"), False),
        (a_meeting(kind="utvardering", cancelled=True), True),
    ):
        assert ("utvardering_dags" in due(a_case(PR, meetings={"u": meeting}, **facts))) == stays


# --- consent ----------------------------------------------------------------------------------------------------------


def test_each_kind_of_consent_ends_with_its_own_last_day():
    case = a_case(
        LC,
        consents={
            "sip": StandingConsent("given", until="2026-03-28"),
            "informationsoverforing": StandingConsent("given", until="2026-10-24"),
        },
    )
    assert due(case) == {
        "samtycke_upphor/sip": "2026-03-29 00:00",
        "samtycke_upphor/informationsoverforing": "2026-10-25 00:00",
    }
    assert told(case, "samtycke_upphor/sip") == set(UNITS)
