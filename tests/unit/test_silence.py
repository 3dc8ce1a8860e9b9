"""When a system counts as silent: by what it usually sends in that weekday and hour, seldom wrongly, and without flapping."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.operations.usual import Back, HeardDay, Hour, is_heard_again, learn, less_than_usual
from schemas.working_days import is_red_day

OPEN = (60,) * 24
FIRST = date(2026, 8, 17)
"""A Monday; the weeks after it have no red day before Alla helgons dag."""


def office(day, hour):
    """Messages an hour of a system of people who work in the daytime."""
    if day.weekday() >= 5 or is_red_day(day):
        return 1.0
    return 30.0 if 7 <= hour < 17 else 2.0


def poisson(rate, chance):
    """A number by the Poisson law."""
    if rate > 50:
        return max(0, round(chance.gauss(rate, rate**0.5)))
    count, passed = 0, chance.expovariate(1.0)
    while passed < rate:
        count, passed = count + 1, passed + chance.expovariate(1.0)
    return count


def days_of(rate, first, count, chance, minutes=OPEN):
    found = []
    for number in range(count):
        day = first + timedelta(days=number)
        heard = [poisson(rate(day, hour) * minutes[hour] / 60, chance) for hour in range(24)]
        found.append(HeardDay(day, heard, minutes))
    return found


def cut(day, hour):
    """The day as it is known when an hour is over."""
    return HeardDay(
        day.day, day.heard[: hour + 1] + [0] * (23 - hour), [*day.minutes[: hour + 1], *([0] * (23 - hour))]
    )


def lived(weeks, days, step=1):
    """The silences that began and ended over some days, judged at each hour: [(begins or ends, day, hour)]."""
    told, silent = [], False
    for number, day in enumerate(days):
        usual = learn([*weeks, *days[:number]][-56:])
        for hour in range(0, 24, step):
            back = Back(usual, [*[*weeks, *days[:number]][-14:], cut(day, hour)])
            if not silent and less_than_usual(back, usual.spread):
                silent = True
                told.append(("begins", day.day, hour))
            elif silent and is_heard_again(back):
                silent = False
                told.append(("ends", day.day, hour))
    return told


def nothing(day, hours_of):
    return HeardDay(day.day, [0 if hour in hours_of else count for hour, count in enumerate(day.heard)], day.minutes)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.001, 200), st.floats(0.001, 200))
def test_a_system_that_sends_as_usual_is_never_silent(seed, by_day, by_night):
    chance = random.Random(seed)

    def rate(day, hour):
        return (by_day if 7 <= hour < 17 else by_night) * (1.0 if day.weekday() < 5 else 0.3)

    assert lived(days_of(rate, FIRST, 56, chance), days_of(rate, FIRST + timedelta(weeks=8), 10, chance), 3) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(20, 200))
def test_one_that_stops_is_told_of_once_when_it_begins_and_once_when_it_ends(seed, rate):
    chance = random.Random(seed)
    weeks = days_of(lambda *_: rate, FIRST, 56, chance)
    days = days_of(lambda *_: rate, FIRST + timedelta(weeks=8), 4, chance)
    days[1] = nothing(days[1], range(9, 24))
    days[2] = nothing(days[2], range(5))
    begins, ends = lived(weeks, days)
    assert begins[:2] == ("begins", days[1].day) and 9 <= begins[2] <= 11
    assert ends[:2] == ("ends", days[2].day) and 5 <= ends[2] <= 6


def test_a_quiet_night_and_a_weekend_are_as_usual_and_a_quiet_morning_is_not():
    chance = random.Random(1)
    weeks = days_of(office, FIRST, 56, chance)
    week = days_of(office, FIRST + timedelta(weeks=8), 14, chance)
    assert lived(weeks, week) == []
    week[2] = nothing(week[2], range(7, 12))
    assert [(what, day) for what, day, _ in lived(weeks, week)] == [("begins", week[2].day), ("ends", week[2].day)]


def test_a_small_system_is_silent_after_days_and_a_tiny_one_never():
    chance = random.Random(2)
    few = days_of(lambda day, hour: 0.5 if 8 <= hour < 18 and day.weekday() < 5 else 0.0, FIRST, 56, chance)
    gone = [HeardDay(FIRST + timedelta(days=56 + number), [0] * 24, OPEN) for number in range(12)]
    told = lived(few, gone, 6)
    assert [what for what, *_ in told] == ["begins"]
    assert timedelta(days=3) <= told[0][1] - gone[0].day <= timedelta(days=10)
    tiny = days_of(lambda *_: 1 / 24 / 7, FIRST, 56, chance)
    assert lived(tiny, gone, 6) == []


@pytest.mark.parametrize("christmas", [2026, 2027, 2028])
def test_christmas_new_year_and_easter_are_no_silence(christmas):
    """Offices are closed on red days and eves, and send half as much between them."""

    def rate(day, hour):
        between = date(christmas, 12, 21) <= day <= date(christmas + 1, 1, 7)
        return office(day, hour) * (0.5 if between and not is_red_day(day) else 1.0)

    chance = random.Random(christmas)
    first = date(christmas, 12, 21) - timedelta(days=56)
    assert lived(days_of(rate, first, 56, chance), days_of(rate, first + timedelta(days=56), 20, chance)) == []
    spring = date(christmas + 1, 3, 1)
    assert lived(days_of(office, spring - timedelta(days=56), 56, chance), days_of(office, spring, 56, chance), 6) == []


@pytest.mark.parametrize("change", [date(2026, 10, 25), date(2027, 3, 28)])
def test_the_hour_that_comes_twice_and_the_one_that_is_left_out_are_no_silence(change):
    """The night's hour from 2 to 3, in which this system sends most."""
    chance = random.Random(3)

    def rate(_, hour):
        return 100.0 if hour in {1, 2, 3} else 5.0

    twice = 120 if change.month == 10 else 0
    weeks = days_of(rate, change - timedelta(days=56), 56, chance)
    (day,) = days_of(rate, change, 1, chance, [60, 60, twice, *([60] * 21)])
    assert sum(day.heard) > 0
    assert lived(weeks, [day, *days_of(rate, change + timedelta(days=1), 7, chance)]) == []


def test_while_the_hub_does_not_listen_nobody_is_silent_and_it_learns_nothing_of_it():
    chance = random.Random(4)
    weeks = days_of(lambda *_: 50.0, FIRST, 56, chance)
    down = [HeardDay(FIRST + timedelta(days=56 + number), [0] * 24, [0] * 24) for number in range(3)]
    after = days_of(lambda *_: 50.0, FIRST + timedelta(days=59), 3, chance)
    assert lived(weeks, [*down, *after]) == []
    assert learn([*weeks, *down]).rates == learn(weeks).rates
    assert lived([*weeks[:50], *down, *down], after, 6) == []


def test_a_new_system_is_judged_when_three_weeks_are_known():
    chance = random.Random(5)
    new = days_of(lambda *_: 50.0, FIRST, 20, chance)
    stopped = [HeardDay(FIRST + timedelta(days=20), [0] * 24, OPEN)]
    assert lived(new, stopped) == []
    known = days_of(lambda *_: 50.0, FIRST, 28, chance)
    assert [what for what, *_ in lived(known, [HeardDay(FIRST + timedelta(days=28), [0] * 24, OPEN)])] == ["begins"]


def test_an_outage_in_the_weeks_before_teaches_little():
    chance = random.Random(6)
    weeks = days_of(lambda *_: 40.0, FIRST, 56, chance)
    usual = learn([*weeks[:40], *[HeardDay(one.day, [0] * 24, OPEN) for one in weeks[40:44]], *weeks[44:]])
    assert all(30 < rate < 50 for hours_ in usual.rates[:7] for rate in hours_)
    assert usual.spread < 2


_HOURS = st.lists(
    st.builds(Hour, st.floats(0, 500), st.integers(0, 800), st.sampled_from([15, 30, 45, 60, 120])),
    min_size=1,
    max_size=80,
)


@given(_HOURS, st.floats(1, 20))
def test_what_is_silent_is_not_heard_again_at_the_same_time(back, spread):
    assert not (less_than_usual(back, spread) and is_heard_again(back))


@given(_HOURS, st.floats(1, 20))
def test_who_is_silent_is_so_too_when_less_was_heard(back, spread):
    if less_than_usual(back, spread):
        assert less_than_usual([Hour(one.expected, one.heard // 2, one.minutes) for one in back], spread)


@given(_HOURS)
def test_whose_weeks_differ_much_is_called_silent_no_sooner(back):
    if less_than_usual(back, 5.0):
        assert less_than_usual(back, 1.0)
