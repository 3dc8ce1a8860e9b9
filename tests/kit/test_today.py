"""A scenario that a vendor's system plays today tells of no act that is yet to come, whatever time of day it is."""

from __future__ import annotations

from datetime import datetime

import pytest

from hub.kit.suites import scenario_file
from hub.kit.today import TodaysScenario
from schemas.swedish_time import STOCKHOLM

SCENARIO = scenario_file("v7-a-stay-with-its-care-contact")
ITS_TIME = 9


@pytest.mark.parametrize("minute", [0, 59])
@pytest.mark.parametrize("hour", range(24))
def test_it_begins_at_its_own_time_of_day_or_now_where_that_is_yet_to_come(hour, minute):
    now = datetime(2026, 3, 30, hour, minute, tzinfo=STOCKHOLM)  # summer time, which its own day has not
    assert TodaysScenario(SCENARIO, now).clock == min(now, now.replace(hour=ITS_TIME, minute=0))
