"""What is due in a case, when, and whom it concerns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.processes.engine.case import Case
from hub.processes.svu.deadlines import concerned, deadlines
from schemas.agreement import Agreement
from schemas.swedish_time import STOCKHOLM
from tests.cases import svu_case

LAW = Agreement()
WARD, WARD_2, CENTRE, TOWN = "ward", "ward-2", "centre", "town"
PARTIES = {WARD: "slutenvard", CENTRE: "oppenvard", TOWN: "kommun", WARD_2: "slutenvard"}
CONTACT = {"person": "p", "unit": "u", "kallelseansvarig": True, "responsibility": None, "sequence": 3}


def at(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)).astimezone(UTC).isoformat()


def a_step(when: str, act: str | None = "kvittera", awaits: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "sequence": 1,
        "source": "s",
        "message": "m",
        "at": at(when),
        "act": act,
        "awaits": list(awaits),
        "done": {},
    }


def a_case(**facts: Any) -> Case:
    """Admitted, published and estimated; consent given, a vardkontakt named, nothing awaited: nothing is due."""
    plain: dict[str, Any] = {
        "published": True,
        "outcome": "given",
        "participants": {u: {"party": p, "roles": [], "since": 1, "by": "m"} for u, p in PARTIES.items()},
        "steps": {"inskrivning": a_step("2026-03-02 10:00"), "tid": a_step("2026-03-02 10:00", None)},
        "dates": {"admitted": at("2026-03-02 09:00"), "estimated": "2026-03-10"},
        "vardkontakter": [CONTACT],
    }
    return svu_case(**{**plain, **facts})


def due(case: Case, agreement: Agreement = LAW) -> dict[str, str]:
    """Each deadline with its local time."""
    return {key: f"{when.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" for key, when in deadlines(case, agreement).items()}


def klar(day: str, when: str) -> dict[str, Any]:
    facts = {"date": day, "physician": "SE1", "at": at(when), "source": "s", "message": "m"}
    return {"admitted": at("2026-03-02 09:00"), "estimated": "2026-03-10", "klar": facts}


def left(kind: str = "utskrivning") -> dict[str, Any]:
    return {"discharged": {"date": "2026-03-09", "kind": kind, "to": "hemmet", "at": at("2026-03-09 14:00")}}


def test_nothing_is_due_in_a_case_in_order_nor_in_one_that_has_just_begun():
    assert due(a_case()) == {}
    assert due(svu_case()) == {}


# --- inskrivning_sen (2:3) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("admitted", "told", "when"),
    [
        ("2026-03-02 09:00", None, "2026-03-03 09:00"),
        ("2026-03-02 09:00", "2026-03-03 09:00", None),
        ("2026-03-02 09:00", "2026-03-03 09:01", "2026-03-03 09:00"),
        ("2026-03-28 09:00", None, "2026-03-29 10:00"),
        ("2026-03-28 09:00", "2026-03-29 10:00", None),
        ("2026-10-24 09:00", None, "2026-10-25 08:00"),
        ("2026-03-02T09:00:00-05:00", None, "2026-03-03 15:00"),
    ],
)
def test_the_admission_notice_is_due_24_hours_after_the_admission(admitted, told, when):
    steps = {} if told is None else {"inskrivning": a_step(told)}
    case = a_case(published=told is not None, steps=steps, dates={"admitted": at(admitted)})
    assert due(case) == ({} if when is None else {"inskrivning_sen": when})


def test_a_correction_of_a_notice_given_in_time_is_not_late():
    dates = {"admitted": at("2026-03-02 09:00")}
    assert (
        due(a_case(dates=dates, published_at=at("2026-03-02 10:00"), steps={"inskrivning": a_step("2026-03-05 10:00")}))
        == {}
    )


def test_the_admission_notice_is_due_of_one_who_refuses_consent_too():
    case = a_case(published=False, steps={}, outcome="refused")
    assert due(case) == {"inskrivning_sen": "2026-03-03 09:00"}


# --- kvittens_forsenad ----------------------------------------------------------------------------------------------


def test_a_kvittens_is_overdue_after_a_day_for_each_step_that_awaits_one():
    steps = {
        "inskrivning": a_step("2026-03-02 10:00", awaits=(CENTRE, TOWN)),
        "tid": a_step("2026-03-28 10:00", awaits=(TOWN,)),
        "kartlaggning": a_step("2026-03-04 10:00", "skriva"),
        "stallningstagande": a_step("2026-03-04 10:00", "justera", (WARD,)),
        "utskrivning": a_step("2026-03-04 10:00", None),
        "kallelse": a_step("2026-03-04 10:00"),
    }
    wanted = {"kvittens_forsenad/inskrivning": "2026-03-03 10:00", "kvittens_forsenad/tid": "2026-03-29 11:00"}
    assert due(a_case(steps=steps)) == wanted
    sooner = due(a_case(steps=steps), Agreement(kvittens_hours=2))
    assert sooner["kvittens_forsenad/inskrivning"] == "2026-03-02 12:00"


# --- kallelse_sip (4:3) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_at", "when"),
    [
        ("2026-03-02 09:00", "2026-03-06 00:00"),
        ("2026-03-02 23:59:59", "2026-03-06 00:00"),
        ("2026-03-03 00:00", "2026-03-07 00:00"),
        ("2026-03-02T23:30:00+00:00", "2026-03-07 00:00"),
        ("2026-03-27 09:00", "2026-03-31 00:00"),
        ("2026-10-23 09:00", "2026-10-27 00:00"),
        ("2026-12-30 09:00", "2027-01-03 00:00"),
    ],
)
def test_the_call_to_sip_is_due_when_the_third_day_after_the_notice_has_passed(given_at, when):
    assert due(a_case(dates=klar("2026-12-31", given_at), sip_position="sip_behovs"))["kallelse_sip"] == when


@pytest.mark.parametrize(
    "facts",
    [
        {"sip_position": None},
        {"sip_position": "nej"},
        {"outcome": "refused"},
        {"outcome": None},
        {"blocked": True, "outcome": None},
        {"deceased": True},
        {"status": "discharged", "dates": {**klar("2026-03-09", "2026-03-08 09:00"), **left()}},
        {"dates": {**klar("2026-03-09", "2026-03-08 09:00"), "sip_called": at("2026-03-08 10:00")}},
        {"dates": {"estimated": "2026-03-10"}},
    ],
)
def test_no_call_is_due_where_none_can_be_or_none_is_needed(facts):
    case = a_case(**{"dates": klar("2026-03-09", "2026-03-08 09:00"), "sip_position": "sip_behovs", **facts})
    assert "kallelse_sip" not in due(case)


def test_menprovning_stands_for_consent_and_a_region_names_its_own_positions():
    case = a_case(dates=klar("2026-03-09", "2026-03-08 09:00"), sip_position="ja", outcome="menprovning")
    assert due(case) == {}
    assert due(case, Agreement(sip_positions=("ja",), call_days=1)) == {"kallelse_sip": "2026-03-10 00:00"}


# --- utan_fast_vardkontakt (2:5) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "told", "when"),
    [
        ({"estimated": "2026-03-10"}, "2026-03-02 10:00", "2026-03-09 12:00"),
        ({"estimated": "2026-03-10"}, "2026-03-09 12:00", "2026-03-09 12:00"),
        ({"estimated": "2026-03-10"}, "2026-03-09 15:30", "2026-03-09 15:30"),
        ({"estimated": "2026-03-01"}, "2026-03-09 15:30", "2026-03-09 15:30"),
        (klar("2026-03-06", "2026-03-04 09:00"), "2026-03-04 09:00", "2026-03-05 12:00"),
        (klar("2026-03-06", "2026-03-06 09:00"), "2026-03-06 09:00", "2026-03-06 09:00"),
        ({"estimated": "2026-03-30"}, "2026-03-02 10:00", "2026-03-29 12:00"),
        ({"estimated": "2026-10-26"}, "2026-03-02 10:00", "2026-10-25 12:00"),
        ({"estimated": "2027-01-01"}, "2026-03-02 10:00", "2026-12-31 12:00"),
    ],
)
def test_a_missing_vardkontakt_is_told_at_noon_the_day_before(dates, told, when):
    case = a_case(dates=dates, vardkontakter=[], steps={"tid": a_step(told, None)})
    assert due(case) == {"utan_fast_vardkontakt": when}


def test_a_region_says_when_it_is_told():
    case = a_case(vardkontakter=[])
    assert due(case, Agreement(vardkontakt_warn=time(8, 15))) == {"utan_fast_vardkontakt": "2026-03-09 08:15"}


@pytest.mark.parametrize(
    "facts",
    [
        {"published": False, "dates": {"estimated": "2026-03-10"}},
        {"outcome": "refused"},
        {"blocked": True, "outcome": None},
        {"deceased": True},
        {"dates": {}},
        {"vardkontakter": [CONTACT]},
    ],
)
def test_nothing_is_told_of_a_vardkontakt_that_nobody_can_name_or_somebody_has(facts):
    assert due(a_case(**{"vardkontakter": [], **facts})) == {}


def test_a_discharge_without_vardkontakt_is_told_at_once():
    facts: dict[str, Any] = {"status": "discharged", "vardkontakter": []}
    assert due(a_case(**facts, dates=left())) == {"utskriven_utan_fast_vardkontakt": "2026-03-09 14:00"}
    assert due(a_case(**facts, dates=left("avslut_i_fortid"))) == {}
    assert due(a_case(**facts, dates=left(), outcome="refused")) == {}
    assert due(a_case(**{**facts, "vardkontakter": [CONTACT]}, dates=left())) == {}


# --- samtycke_upphor (C-23) -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "when"),
    [
        ("2026-03-10", "2026-03-11T00:00:00+01:00"),
        ("2026-03-28", "2026-03-29T00:00:00+01:00"),
        ("2026-03-29", "2026-03-30T00:00:00+02:00"),
        ("2026-10-24", "2026-10-25T00:00:00+02:00"),
        ("2026-10-25", "2026-10-26T00:00:00+01:00"),
        ("2026-12-31", "2027-01-01T00:00:00+01:00"),
    ],
)
def test_consent_ends_at_the_midnight_after_its_last_day(until, when):
    assert deadlines(a_case(until=until), LAW) == {"samtycke_upphor": datetime.fromisoformat(when)}


def test_a_day_that_no_clock_reaches_is_no_deadline():
    assert due(a_case(until="9999-12-31")) == {}
    assert due(a_case(published=False, steps={}, dates={"admitted": "9999-12-31T12:00:00+00:00"})) == {}
    case = a_case(vardkontakter=[], dates={"estimated": "0001-01-01"})
    assert due(case) == {"utan_fast_vardkontakt": "2026-03-02 10:00"}


# --- once -----------------------------------------------------------------------------------------------------------


def _all_due() -> Case:
    return a_case(
        published=False,
        until="2026-03-20",
        steps={"inskrivning": a_step("2026-03-02 10:00", awaits=(CENTRE,))},
    )


def test_what_was_told_with_the_same_time_is_left_out_and_with_another_it_comes_again():
    case = _all_due()
    first = deadlines(case, LAW)
    assert set(first) == {"inskrivning_sen", "kvittens_forsenad/inskrivning", "samtycke_upphor"}
    case.fired = {key: when.isoformat() for key, when in first.items()}
    assert deadlines(case, LAW) == {}
    case.consents[""].until = "2026-03-21"
    assert due(case) == {"samtycke_upphor": "2026-03-22 00:00"}


def test_the_same_moment_is_the_same_text_in_whatever_zone_it_was_told():
    case = _all_due()
    before = {key: when.isoformat() for key, when in deadlines(case, LAW).items()}
    case.state.dates["admitted"] = (
        datetime.fromisoformat(case.state.dates["admitted"]).astimezone(STOCKHOLM).isoformat()
    )
    assert {key: when.isoformat() for key, when in deadlines(case, LAW).items()} == before


@pytest.mark.parametrize("status", ["revoked", "refused"])
def test_a_case_that_is_no_more_has_no_deadlines(status):
    case = _all_due()
    case.status = status
    assert deadlines(case, LAW) == {}


# --- whom -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "units"),
    [
        ("inskrivning_sen", [WARD, WARD_2]),
        ("kvittens_forsenad/tid", [WARD, TOWN, WARD_2]),
        ("kvittens_forsenad/inskrivning", [WARD, WARD_2]),
        ("kvittens_forsenad/never", [WARD, WARD_2]),
        ("kallelse_sip", [WARD, CENTRE, WARD_2]),
        ("utan_fast_vardkontakt", [WARD, CENTRE, WARD_2]),
        ("utskriven_utan_fast_vardkontakt", [WARD, CENTRE, WARD_2]),
        ("samtycke_upphor", [WARD, CENTRE, TOWN, WARD_2]),
        ("unknown", []),
    ],
)
def test_those_are_told_whom_it_concerns(key, units):
    case = a_case(steps={"tid": a_step("2026-03-02 10:00", awaits=(TOWN, "gone")), "inskrivning": a_step("2026-03-02")})
    assert concerned(case, key) == units


def test_before_anything_is_published_slutenvard_alone_is_told():
    case = a_case(published=False)
    assert concerned(case, "samtycke_upphor") == [WARD, WARD_2]


# --- properties -----------------------------------------------------------------------------------------------------

DAY = st.dates().map(date.isoformat)
MOMENT = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
STEP = st.builds(
    lambda when, act, awaits: {"at": when, "act": act, "awaits": awaits},
    MOMENT,
    st.sampled_from(["kvittera", "justera", "skriva", None]),
    st.lists(st.sampled_from(list(PARTIES)), unique=True),
)
CASES = st.builds(
    a_case,
    status=st.sampled_from(["open", "discharged", "revoked", "refused"]),
    published=st.booleans(),
    blocked=st.booleans(),
    deceased=st.booleans(),
    outcome=st.sampled_from(["given", "refused", "menprovning", None]),
    until=st.none() | DAY,
    sip_position=st.sampled_from(["sip_behovs", "nej", None]),
    vardkontakter=st.sampled_from([[], [CONTACT]]),
    steps=st.dictionaries(st.sampled_from(["inskrivning", "tid", "kallelse"]), STEP),
    dates=st.fixed_dictionaries(
        {"discharged": st.fixed_dictionaries({"kind": st.just("utskrivning"), "at": MOMENT})},
        optional={"admitted": MOMENT, "estimated": DAY, "klar": st.fixed_dictionaries({"date": DAY, "at": MOMENT})},
    ),
)


@given(CASES)
def test_any_case_has_its_deadlines_told_once_to_participants_and_is_not_changed(case):
    before = case.dump()
    first = deadlines(case, LAW)
    assert case.dump() == before
    for key, when in first.items():
        assert when.utcoffset() is not None and datetime.fromisoformat(when.isoformat()) == when
        assert set(concerned(case, key)) <= set(case.participants)
        assert concerned(case, key)
    case.fired = {key: when.isoformat() for key, when in first.items()}
    assert deadlines(case, LAW) == {}
