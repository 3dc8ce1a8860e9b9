"""Working days in Sweden (sip-messages.md §6), against a calendar that is computed here and not read from a library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from schemas.swedish_time import STOCKHOLM, end_of_day
from schemas.working_days import end_of_working_day, is_working_day, nth_working_day

YEARS = range(2020, 2036)
DAY = timedelta(days=1)
MONDAY, FRIDAY, SATURDAY = 0, 4, 5
EASTERS = {
    2020: "04-12", 2021: "04-04", 2022: "04-17", 2023: "04-09", 2024: "03-31", 2025: "04-20", 2026: "04-05", 2027: "03-28",
    2028: "04-16", 2029: "04-01", 2030: "04-21", 2031: "04-13", 2032: "03-28", 2033: "04-17", 2034: "04-09", 2035: "03-25",
}  # fmt: skip
"""As almanacs print them."""


def easter(year: int) -> date:
    """Gauss's rule for the Gregorian calendar, with the two exceptions of its full moon."""
    century = year // 100
    moon = (15 - (13 + 8 * century) // 25 + century - century // 4) % 30
    sunday = (4 + century - century // 4) % 7
    d = (19 * (year % 19) + moon) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + sunday) % 7
    after_22_march = d + e
    if (d, e) == (29, 6) or ((d, e) == (28, 6) and (11 * moon + 11) % 30 < 19):
        after_22_march -= 7
    return date(year, 3, 22) + timedelta(days=after_22_march)


def first(weekday: int, year: int, month: int, day: int) -> date:
    """The first day of that name on or after a date."""
    start = date(year, month, day)
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def free_days(year: int) -> set[date]:
    """Lag (1989:253) om allmänna helgdagar, and the three eves."""
    sunday = easter(year)
    fixed = {date(year, *md) for md in [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)]}
    by_easter = {sunday + timedelta(days=days) for days in (-2, 0, 1, 39, 49)}
    by_weekday = {first(FRIDAY, year, 6, 19), first(SATURDAY, year, 6, 20), first(SATURDAY, year, 10, 31)}
    return fixed | by_easter | by_weekday


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=days) for days in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_a_year_is_a_working_day_or_not_as_the_law_and_the_three_eves_say(year):
    assert f"{easter(year):%m-%d}" == EASTERS[year]
    wrong = [
        day for day in days_of(year) if is_working_day(day) != (day.weekday() < SATURDAY and day not in free_days(year))
    ]
    assert not wrong


@pytest.mark.parametrize("year", YEARS)
def test_the_nth_working_day_is_counted_from_the_day_after_the_act(year):
    working = [day for each in (year, year + 1) for day in days_of(each) if is_working_day(day)]
    for day in days_of(year):
        ahead = [each for each in working if each > day][:3]
        assert [nth_working_day(day, n) for n in (1, 2, 3)] == ahead


@pytest.mark.parametrize(
    ("act", "n", "due"),
    [
        ("2026-03-12T10:00:00+01:00", 1, "2026-03-13T23:00:00+00:00"),  # a Thursday: all of Friday is left
        ("2026-03-13T10:00:00+01:00", 1, "2026-03-16T23:00:00+00:00"),  # over a weekend
        ("2026-03-27T10:00:00+01:00", 1, "2026-03-30T22:00:00+00:00"),  # the clocks go forward on the Sunday between
        ("2026-10-23T10:00:00+02:00", 1, "2026-10-26T23:00:00+00:00"),  # and back
        ("2026-04-02T10:00:00+02:00", 1, "2026-04-07T22:00:00+00:00"),  # Maundy Thursday: Easter Monday is free too
        ("2026-06-18T10:00:00+02:00", 2, "2026-06-23T22:00:00+00:00"),  # over Midsummer's Eve
        ("2026-12-23T10:00:00+01:00", 2, "2026-12-29T23:00:00+00:00"),  # over Christmas
        ("2026-12-30T10:00:00+01:00", 1, "2027-01-04T23:00:00+00:00"),  # over New Year's Eve, into the next year
        ("2026-03-12T22:59:59+00:00", 1, "2026-03-13T23:00:00+00:00"),  # a second before midnight in Sweden
        ("2026-03-12T23:00:00+00:00", 1, "2026-03-16T23:00:00+00:00"),  # at midnight it is Friday
        ("2026-03-14T10:00:00+01:00", 1, "2026-03-16T23:00:00+00:00"),  # an act on a Saturday
        ("2099-12-31T23:59:59+01:00", 2, "2100-01-05T23:00:00+00:00"),  # the last moment that a message may name
    ],
)
def test_a_deadline_in_working_days_is_due_at_the_end_of_the_swedish_day_in_utc(act, n, due):
    found = end_of_working_day(datetime.fromisoformat(act), n)
    assert found.isoformat() == due


@pytest.mark.parametrize("n", [0, -1])
def test_there_is_no_working_day_before_the_first(n):
    with pytest.raises(ValueError, match="number 1"):
        nth_working_day(date(2026, 3, 12), n)


@pytest.mark.parametrize("year", YEARS)
def test_a_day_ends_where_the_next_begins_though_two_days_a_year_have_23_and_25_hours(year):
    ends = [end_of_day(day) for day in days_of(year)]
    assert all(end.tzinfo is UTC for end in ends)
    assert all(end.astimezone(STOCKHOLM).date() == day + DAY for day, end in zip(days_of(year), ends, strict=True))
    lengths = sorted({(later - earlier).total_seconds() / 3600 for earlier, later in pairwise(ends)})
    assert lengths == [23, 24, 25]
