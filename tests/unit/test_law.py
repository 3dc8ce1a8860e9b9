"""The law's clock: from which day a municipality is liable, and what is missing when none is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.processes.svu.average import monthly_average
from hub.processes.svu.law import CONDITIONS, STOCKHOLM, Liability, liability
from schemas.agreement import Agreement
from schemas.directory import Region

LAW = Agreement()
FAR = date(2030, 1, 1)
Events = list[list[Any]]


def at(text: str) -> str:
    """A local time in Sweden, as events hold it."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)).astimezone(UTC).isoformat()


def step(name: str, when: str) -> list[Any]:
    facts = {"step": name, "source": "s", "message": "m", "at": at(when), "act": None, "awaits": []}
    return ["stepped", facts]


def admitted(when: str, published: str | None = None) -> Events:
    return [["admitted", {"at": at(when)}], step("inskrivning", published or when), ["published", {}]]


def klar(when: str, day: str | None = None) -> Events:
    facts = {"date": day or when[:10], "physician": "SE1", "at": at(when), "source": "s", "message": "m"}
    return [["klar", facts], step("tid", when)]


def ended(when: str) -> Events:
    return [["klar_ended", {"at": at(when)}], step("tid", when)]


def contact(change: str = "utsedd", person: str = "SE-P", **facts: str) -> Events:
    return [["vardkontakt", {"change": change, "person": person, "unit": "SE-V", **facts}]]


def left(day: str, when: str | None = None) -> Events:
    return [["discharged", {"date": day, "kind": "utskrivning", "at": at(when or f"{day} 14:00")}]]


def undone(when: str) -> Events:
    return [["discharge_undone", {"at": at(when)}]]


def position(code: str = "sip_behovs") -> Events:
    return [["positioned", {"code": code}]]


LUND = [["folkbokford", {"municipality": "1281"}]]
GIVEN = [["consented", {"outcome": "given"}]]
REFUSED = [["consented", {"outcome": "refused"}]]


def whole(*more: Events, admission: str = "2026-01-02 09:00") -> list[Events]:
    """A case in which every condition but utskrivningsklar is met, and what comes after."""
    return [[["opened", {}], *GIVEN], admitted(admission), LUND, contact(), *more]


def say(*more: Events, today: str | date = FAR, agreement: Agreement = LAW, **facts: Any) -> Liability:
    day = today if isinstance(today, date) else date.fromisoformat(today)
    return liability(whole(*more, **facts), agreement, day)


# --- 5:4 ------------------------------------------------------------------------------------------------------------

STARTS = {
    "in the morning": ("2026-03-02 09:00", "2026-03-05"),
    "a second before noon": ("2026-03-02 11:59:59", "2026-03-05"),
    "at noon": ("2026-03-02 12:00:00", "2026-03-05"),
    "a microsecond after noon": ("2026-03-02 12:00:00.000001", "2026-03-06"),
    "a second after noon": ("2026-03-02 12:00:01", "2026-03-06"),
    "at noon in winter, told in UTC": ("2026-03-02T11:00:00+00:00", "2026-03-05"),
    "after noon in winter, told in UTC": ("2026-03-02T11:00:01+00:00", "2026-03-06"),
    "at noon in summer, told in UTC": ("2026-06-01T10:00:00+00:00", "2026-06-04"),
    "after noon in summer, told in UTC": ("2026-06-01T10:00:01+00:00", "2026-06-05"),
    "in UTC before midnight, when it is the next day here": ("2026-03-02T23:30:00+00:00", "2026-03-06"),
    "in New York in the evening, when it is the next morning here": ("2026-03-02T20:00:00-05:00", "2026-03-06"),
    "in Tokyo in the morning, when it is the evening before here": ("2026-03-02T06:00:00+09:00", "2026-03-05"),
    "at the last second of a day": ("2026-03-02 23:59:59", "2026-03-06"),
    "at midnight": ("2026-03-03 00:00", "2026-03-06"),
    "before a weekend": ("2026-03-06 10:00", "2026-03-09"),
    "on a Saturday": ("2026-03-07 13:00", "2026-03-11"),
    "over the night when the clocks go forward": ("2026-03-28 12:00", "2026-03-31"),
    "after noon over the same night": ("2026-03-28 12:00:01", "2026-04-01"),
    "on the day when the clocks have gone forward": ("2026-03-29 12:00", "2026-04-01"),
    "in the hour that came when there was none": ("2026-03-29T01:00:00+00:00", "2026-04-01"),
    "over the night when the clocks go back": ("2026-10-24 12:00", "2026-10-27"),
    "in the first of the two same hours": ("2026-10-25T00:30:00+00:00", "2026-10-28"),
    "in the second of the two same hours": ("2026-10-25T01:30:00+00:00", "2026-10-28"),
    "at noon on the day when they have gone back": ("2026-10-25T11:00:00+00:00", "2026-10-28"),
    "a second after it": ("2026-10-25T11:00:01+00:00", "2026-10-29"),
    "before the year's end": ("2026-12-30 10:00", "2027-01-02"),
    "before the end of February": ("2026-02-26 10:00", "2026-03-01"),
    "before a leap day": ("2028-02-27 10:00", "2028-03-01"),
}


@pytest.mark.parametrize("case", STARTS)
def test_liability_starts_three_days_after_the_notice_and_four_after_noon(case):
    sent, first = STARTS[case]
    found = say(klar(sent, "2026-01-03"))
    assert (found.starts, found.unmet) == (date.fromisoformat(first), ())
    assert found.since == datetime.fromisoformat(at(sent))


def test_an_agreement_has_other_days_and_another_hour():
    agreement = Agreement(start_days=1, late_start_days=5, cutoff=time(15, 30))
    assert say(klar("2026-03-02 15:30"), agreement=agreement).starts == date(2026, 3, 3)
    assert say(klar("2026-03-02 15:31"), agreement=agreement).starts == date(2026, 3, 7)


def test_a_notice_sent_ahead_starts_nothing_before_its_own_date():
    assert say(klar("2026-03-02 09:00", "2026-03-20")).starts == date(2026, 3, 20)
    assert say(klar("2026-03-02 09:00", "2026-03-04")).starts == date(2026, 3, 5)
    assert say(klar("2026-03-02 09:00", "2026-02-20")).starts == date(2026, 3, 5)


# --- days -----------------------------------------------------------------------------------------------------------

DAYS = {
    "before the start": ([], "2026-03-04", 0),
    "on the first day, which is not over": ([], "2026-03-05", 0),
    "a day later": ([], "2026-03-06", 1),
    "left before the start": ([left("2026-03-04")], "2026-04-01", 0),
    "left on the first day": ([left("2026-03-05")], "2026-04-01", 0),
    "left after two nights": ([left("2026-03-07")], "2026-04-01", 2),
    "told late that the person left": ([left("2026-03-07", "2026-03-09 10:00")], "2026-04-01", 2),
    "told ahead that the person leaves": ([left("2026-03-09", "2026-03-06 10:00")], "2026-03-07", 2),
    "withdrawn before the start": ([ended("2026-03-04 10:00")], "2026-04-01", 0),
    "withdrawn on the first day": ([ended("2026-03-05 10:00")], "2026-04-01", 0),
    "withdrawn after two nights": ([ended("2026-03-07 10:00")], "2026-04-01", 2),
    "withdrawn, klar anew": ([ended("2026-03-07 10:00"), klar("2026-03-08 10:00")], "2026-03-12", 3),
    "the discharge undone": ([left("2026-03-07"), undone("2026-03-07 18:00")], "2026-03-10", 5),
    "undone and left anew": ([left("2026-03-07"), undone("2026-03-07 18:00"), left("2026-03-08")], "2026-04-01", 3),
}


@pytest.mark.parametrize("case", DAYS)
def test_a_day_counts_when_the_person_is_there_at_its_end(case):
    more, today, days = DAYS[case]
    found = say(klar("2026-03-02 09:00"), *more, today=today)
    assert found.days == days == sum(period.days for period in found.klar)


def test_days_over_the_nights_when_the_clocks_change_are_calendar_days():
    assert say(klar("2026-03-25 09:00"), left("2026-03-31")).days == 3
    assert say(klar("2026-10-22 09:00"), left("2026-10-28")).days == 3


def test_one_who_left_before_the_first_day_makes_nobody_liable():
    found = say(klar("2026-03-02 09:00"), left("2026-03-04"))
    assert (found.starts, found.unmet, found.days) == (None, ("utskriven_fore_start",), 0)
    again = say(klar("2026-03-02 09:00"), left("2026-03-04"), undone("2026-03-04 16:00"), today="2026-03-07")
    assert (again.starts, again.unmet, again.days) == (date(2026, 3, 5), (), 2)


def test_what_happens_after_the_discharge_changes_nothing():
    before = say(klar("2026-03-02 09:00"), left("2026-03-09"))
    after = say(klar("2026-03-02 09:00"), left("2026-03-09"), contact("borttagen"), [["withdrawn", {}]], position())
    assert before == after


# --- a series -------------------------------------------------------------------------------------------------------


def test_a_withdrawn_utskrivningsklar_stops_the_clock_and_a_new_one_starts_a_new_clock():
    series = [klar("2026-03-02 09:00"), ended("2026-03-07 10:00")]
    stopped = say(*series)
    assert (stopped.starts, stopped.unmet, stopped.since, stopped.days) == (None, ("utskrivningsklar",), None, 2)
    anew = say(*series, klar("2026-03-09 13:00"), today="2026-03-14")
    assert (anew.starts, anew.days) == (date(2026, 3, 13), 3)
    assert [(p.date.day, p.ended and p.ended.astimezone(STOCKHOLM).day, p.days) for p in anew.klar] == [
        (2, 7, 2),
        (9, None, 1),
    ]


def test_a_moved_one_is_a_new_notice_whether_or_not_the_old_is_ended_by_name():
    moved = [*ended("2026-03-03 13:00"), *klar("2026-03-03 13:00", "2026-03-05")]
    for second in (moved, klar("2026-03-03 13:00", "2026-03-05")):
        found = say(klar("2026-03-02 09:00"), second)
        assert found.starts == date(2026, 3, 7)
        assert [period.ended is None for period in found.klar] == [False, True]


# --- 5:3, 5:5 -------------------------------------------------------------------------------------------------------

K = klar("2026-03-02 09:00")
ADMITTED = admitted("2026-03-01 09:00")
UNMET = {
    "nothing at all": ([], ["inskrivningsmeddelande", "utskrivningsklar", "oppenvardens_insatser"]),
    "a draft of the admission": (
        [[["admitted", {"at": at("2026-03-01 09:00")}]], contact(), K],
        ["inskrivningsmeddelande"],
    ),
    "no notice": ([ADMITTED, contact()], ["utskrivningsklar"]),
    "no vardkontakt": ([ADMITTED, K], ["oppenvardens_insatser"]),
    "a vardkontakt removed": ([ADMITTED, contact(), K, contact("borttagen")], ["oppenvardens_insatser"]),
    "one of two removed": ([ADMITTED, contact(), contact(person="B"), K, contact("borttagen")], []),
    "another removed that was not there": ([ADMITTED, contact(), K, contact("borttagen", "B")], []),
    "a SIP due and not called": ([GIVEN, ADMITTED, contact(), position(), K], ["kallelse_till_sip"]),
    "a SIP due under menprovning": (
        [[["consented", {"outcome": "menprovning"}]], ADMITTED, contact(), position(), K],
        ["kallelse_till_sip"],
    ),
    "a SIP due and consent withdrawn": (
        [GIVEN, ADMITTED, contact(), position(), [["withdrawn", {}]], K],
        ["samtycke", "kallelse_till_sip"],
    ),
    "a SIP due and the person protected": (
        [GIVEN, ADMITTED, contact(), position(), [["blocked", {}]], K],
        ["samtycke", "kallelse_till_sip"],
    ),
    "a SIP that the person refuses": ([REFUSED, ADMITTED, contact(), position(), K], []),
    "no SIP needed": ([GIVEN, ADMITTED, contact(), position("sip_behovs_inte"), K], []),
    "a SIP no longer needed": ([GIVEN, ADMITTED, contact(), position(), position("nej"), K], []),
    "a SIP called": ([GIVEN, ADMITTED, contact(), position(), K, [["sip_called", {"at": at("2026-03-03 09:00")}]]], []),
    "called, then consent withdrawn": (
        [
            GIVEN,
            ADMITTED,
            contact(),
            position(),
            [["sip_called", {"at": at("2026-03-02 09:00")}]],
            K,
            [["withdrawn", {}]],
        ],
        [],
    ),
    "a revoked case": ([ADMITTED, contact(), K, [["revoked", {}]]], ["arendet_makulerat"]),
    "a case turned away": (
        [[["turned_away", {"rule": "C-62"}]]],
        ["arendet_avvisat", "inskrivningsmeddelande", "utskrivningsklar", "oppenvardens_insatser"],
    ),
    "a person who died": ([ADMITTED, contact(), K, [["died", {}]]], ["personen_avliden"]),
}


@pytest.mark.parametrize("case", UNMET)
def test_every_condition_that_is_not_met_is_named_in_a_stable_order(case):
    history, unmet = UNMET[case]
    found = liability(history, LAW, FAR)
    assert list(found.unmet) == unmet
    assert (found.starts is None) == bool(unmet)


def test_a_condition_met_late_starts_liability_on_that_day_and_not_before():
    late = [GIVEN, ADMITTED, position(), K, contact(at=at("2026-03-06 15:00"))]
    called = [["sip_called", {"at": at("2026-03-08 23:30")}]]
    found = liability([*late, called], LAW, date(2026, 3, 10))
    assert (found.starts, found.days) == (date(2026, 3, 8), 2)
    assert liability(late, LAW, FAR).unmet == ("kallelse_till_sip",)


def test_a_condition_that_lapses_interrupts_the_days_and_a_new_run_has_its_own_start():
    gone, back = contact("borttagen", at=at("2026-03-07 09:00")), contact(at=at("2026-03-09 09:00"))
    assert say(K, gone).days == 2
    found = say(K, gone, back, today="2026-03-11")
    assert (found.starts, found.days, len(found.klar)) == (date(2026, 3, 9), 4, 1)
    same_day = say(K, gone, contact(at=at("2026-03-07 10:00")), today="2026-03-11")
    assert (same_day.starts, same_day.days) == (date(2026, 3, 5), 6)


def test_times_stand_in_where_the_facts_have_none():
    history = [ADMITTED, K, contact()]
    times = [datetime.fromisoformat(at(t)) for t in ("2026-03-01 09:00", "2026-03-02 09:00", "2026-03-10 09:00")]
    assert liability(history, LAW, FAR).starts == date(2026, 3, 5)
    assert liability(history, LAW, FAR, times).starts == date(2026, 3, 10)


def test_a_revoked_case_never_was_liable():
    assert say(K, [["revoked", {}]]).days == 0


def test_a_late_admission_notice_is_a_doubt_and_no_hindrance():
    for told, doubts in (("2026-03-02 09:00", ()), ("2026-03-02 09:00:01", ("inskrivningsmeddelande_i_tid",))):
        found = liability([admitted("2026-03-01 09:00", told), contact(), klar("2026-03-02 10:00")], LAW, FAR)
        assert (found.doubts, found.unmet, found.starts) == (doubts, (), date(2026, 3, 5))


def test_24_hours_are_hours_also_when_the_clocks_change():
    for told, late in (("2026-03-29 10:00", False), ("2026-03-29 10:00:01", True)):
        assert bool(liability([admitted("2026-03-28 09:00", told)], LAW, FAR).doubts) is late


def test_a_corrected_admission_notice_does_not_become_late():
    corrected = admitted("2026-03-01 09:00", "2026-03-04 09:00")
    assert liability([ADMITTED, corrected], LAW, FAR).doubts == ()


# --- 5:2 ------------------------------------------------------------------------------------------------------------

PLACED = [["placed", {"municipality": "1262", "stated_by": "Lomma kommun"}]]


@pytest.mark.parametrize(
    ("history", "who"),
    [
        ([], (None, None)),
        ([LUND], ("1281", "folkbokforing")),
        ([PLACED], ("1262", "Lomma kommun")),
        ([PLACED, LUND], ("1262", "Lomma kommun")),
        ([LUND, K, left("2026-03-09"), PLACED], ("1262", "Lomma kommun")),
        ([LUND, [["folkbokford", {"municipality": "1280"}]]], ("1280", "folkbokforing")),
    ],
)
def test_the_municipality_is_that_of_folkbokforing_unless_another_is_stated(history, who):
    found = liability(history, LAW, FAR)
    assert (found.municipality, found.stated_by) == who


# --- 4:4 ------------------------------------------------------------------------------------------------------------


def _stay(first: str, last: str, place: str = "1281") -> list[Events]:
    return [*whole(klar(f"{first} 15:00")), [["folkbokford", {"municipality": place}]], left(last)]


MARCH = [
    _stay("2023-03-01", "2023-03-06"),
    _stay("2023-03-01", "2023-03-04"),
    _stay("2023-03-08", "2023-03-09", "1262"),
]


def test_the_average_is_by_municipality_and_what_is_above_it_is_owed():
    found = monthly_average(_in_2023(MARCH), 2023, 3, Agreement(method="monthly_average"))
    lund, lomma = found.municipalities["1281"], found.municipalities["1262"]
    assert (lund.cases, lund.days, lund.average, lund.exceeded, lund.owed) == (2, 8, 4.0, True, 2 * 10_500)
    assert (lomma.cases, lomma.days, lomma.exceeded, lomma.owed) == (1, 1, False, 0)
    assert (found.all.cases, found.all.average, found.all.exceeded, found.all.owed) == (3, 3.0, False, 21_000)


def test_day_0_is_a_day_where_the_agreement_counts_it():
    found = monthly_average(_in_2023(MARCH), 2023, 3, Agreement(count_day_0=True))
    assert (found.all.days, found.all.exceeded) == (12, True)


def _in_2023(cases: list[list[Events]]) -> list[list[Events]]:
    """Admitted before, so that everything comes in its order."""
    return [[case[0], admitted("2023-01-02 09:00"), *case[2:]] for case in cases]


def test_a_year_without_an_amount_owes_nobody_knows_what():
    found = monthly_average(
        [_stay("2026-03-01", "2026-03-06"), _stay("2026-03-01", "2026-03-02", "1262")], 2026, 3, LAW
    )
    assert (found.municipalities["1281"].exceeded, found.municipalities["1281"].owed) == (True, None)
    assert (found.municipalities["1262"].owed, found.all.owed) == (0, None)


def test_a_case_counts_in_the_month_in_which_the_person_left_once_and_whole():
    case = _stay("2026-03-28", "2026-04-02")
    assert monthly_average([case], 2026, 3, LAW).all.cases == 0
    assert monthly_average([case], 2026, 4, LAW).all.days == 5


def test_only_cases_that_met_the_conditions_are_averaged():
    never = [ADMITTED, K, left("2026-03-20")]
    revoked = [*whole(K), left("2026-03-20"), [["revoked", {}]]]
    here = whole(K)
    same_day = [*whole(K), left("2026-03-02")]
    found = monthly_average([never, revoked, here, same_day], 2026, 3, LAW)
    assert (found.all.cases, found.all.days) == (1, 0)


def test_every_period_of_a_series_counts_and_no_day_twice():
    series = whole(K, ended("2026-03-04 09:00"), klar("2026-03-04 10:00"), left("2026-03-06"))
    assert monthly_average([series], 2026, 3, LAW).all.days == 4
    assert monthly_average([series], 2026, 3, Agreement(count_day_0=True)).all.days == 5


def test_no_case_is_an_average_of_nothing():
    found = monthly_average([], 2026, 3, LAW)
    assert (found.all.cases, found.all.average, found.all.exceeded, found.all.owed) == (0, 0.0, False, 0)


# --- the agreement --------------------------------------------------------------------------------------------------


def test_an_agreement_reads_as_people_write_it_and_is_the_laws_own_by_default():
    region = Region.model_validate({"id": "skane", "name": "Skåne", "county": "12", "agreement": {"cutoff": "11:30"}})
    assert (region.agreement.cutoff, region.agreement.start_days) == (time(11, 30), 3)
    assert Region(id="skane", name="Skåne", county="12").agreement == LAW
    assert Agreement.model_validate_json(LAW.model_dump_json()) == LAW
    assert [LAW.amount(year) for year in (2019, 2020, 2021, 2022, 2023, 2024)] == [7800, 8200, None, 9300, 10500, None]


@pytest.mark.parametrize("wrong", [{"cutoff": "12:00Z"}, {"start_days": 5}, {"start_days": -1}, {"method": "guess"}])
def test_an_agreement_that_says_nothing_sensible_is_refused(wrong):
    with pytest.raises(ValidationError):
        Agreement.model_validate(wrong)


# --- properties -----------------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(
    datetime(2025, 12, 1),  # noqa: DTZ001 - the zone is Hypothesis's
    datetime(2027, 1, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, STOCKHOLM, ZoneInfo("America/New_York")]),
).map(datetime.isoformat)
DATES = st.dates(date(2025, 12, 1), date(2027, 1, 31)).map(date.isoformat)


def _event(name: str, **facts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(facts)).map(list)


SOME = st.sampled_from(["a", "b"])
EVENT = st.one_of(
    _event("klar", date=DATES, at=MOMENTS),
    _event("klar", date=DATES, at=MOMENTS),
    _event("klar_ended", at=MOMENTS),
    _event("published"),
    _event("admitted", at=MOMENTS),
    _event("stepped", step=st.just("inskrivning"), at=MOMENTS),
    _event("consented", outcome=st.sampled_from(["given", "refused", "menprovning"])),
    _event("withdrawn"),
    _event("positioned", code=st.sampled_from(["sip_behovs", "nej"])),
    _event("sip_called", at=MOMENTS),
    _event("vardkontakt", change=st.sampled_from(["utsedd", "andrad", "borttagen"]), person=SOME, unit=SOME),
    _event("discharged", date=DATES, at=MOMENTS),
    _event("discharge_undone", at=MOMENTS),
    _event("placed", municipality=SOME, stated_by=SOME),
    _event("folkbokford", municipality=SOME),
    _event("revoked"),
    _event("died"),
    _event("turned_away", rule=st.just("C-62")),
    _event("accessed", unit=SOME, ground=SOME, at=MOMENTS),
    _event("unknown"),
)
HISTORIES = st.lists(st.lists(EVENT, max_size=3), max_size=12)
MET = [[["published", {}], ["vardkontakt", {"change": "utsedd", "person": "p", "unit": "u"}]]]
SERIES = st.lists(st.tuples(st.booleans(), st.integers(1, 100_000)), min_size=1, max_size=8)


@given(HISTORIES, st.dates(date(2025, 12, 1), date(2027, 6, 1)), st.booleans())
def test_any_events_in_any_order_have_an_answer_that_holds_together(history, today, day_0):
    found = liability(history, LAW, today)
    assert (found.starts is None) == bool(found.unmet)
    assert set(found.unmet) <= set(CONDITIONS)
    assert list(found.unmet) == sorted(found.unmet, key=CONDITIONS.index)
    assert found.days == sum(period.days for period in found.klar) >= 0
    assert liability(history, LAW, today) == found
    assert found.days <= liability(history, LAW, today + timedelta(days=1)).days <= found.days + 1
    if found.starts is not None:
        sent = found.since.astimezone(STOCKHOLM)
        assert found.starts >= sent.date() + timedelta(days=4 if sent.time() > time(12) else 3)
    for month in (1, 6, 12):
        share = monthly_average([history, history], 2026, month, Agreement(count_day_0=day_0)).all
        assert share.days >= 0 and share.cases in {0, 2}


@given(st.lists(st.lists(EVENT, max_size=3), max_size=8), MOMENTS)
def test_withdrawing_never_moves_the_start_earlier_nor_adds_a_day(history, when):
    before = liability(history, LAW, FAR)
    after = liability([*history, [["klar_ended", {"at": when}]]], LAW, FAR)
    assert after.starts is None or (before.starts is not None and after.starts >= before.starts)
    assert after.days <= before.days


@given(SERIES)
def test_a_series_is_kept_whole_and_each_start_is_counted_from_its_own_notice(series):
    moment, history, notices = datetime(2026, 1, 1, tzinfo=UTC), list(MET), 0
    for is_klar, seconds in series:
        moment += timedelta(seconds=seconds)
        facts = {"date": "2026-01-01", "at": moment.isoformat()}
        history.append([["klar", facts]] if is_klar else [["klar_ended", {"at": moment.isoformat()}]])
        notices += is_klar
        found = liability(history, LAW, FAR)
        assert len(found.klar) == notices
        assert (found.starts is not None) == is_klar
        assert not is_klar or found.since == moment
        assert all(period.ended is not None for period in found.klar[:-1])
