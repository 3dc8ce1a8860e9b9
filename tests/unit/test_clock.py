"""The hub's time is the database's, whatever the machine's clock says."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from hub import clock

HUB = Path(clock.__file__).parent


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    monkeypatch.setattr(clock, "_since_s", clock._since_s)


def heard(moment, answer_s=0.01):
    now = time.monotonic()
    clock.heard(moment, now - answer_s, now)


@pytest.mark.parametrize("wrong_h", [-2, -0.01, 0.01, 2])
def test_a_machine_whose_clock_is_set_wrong_changes_nothing(wrong_h):
    right = datetime.now(UTC)
    heard(right)
    with time_machine.travel(right + timedelta(hours=wrong_h), tick=True):
        assert abs(clock.now() - right) < timedelta(seconds=20)
        assert clock.machine_ahead_s() == pytest.approx(wrong_h * 3600, abs=20)


def test_the_databases_time_is_taken_up():
    later = datetime.now(UTC) + timedelta(days=3)
    heard(later)
    assert abs(clock.now() - later) < timedelta(seconds=20)
    assert clock.machine_ahead_s() == pytest.approx(-3 * 86400, abs=20)


def test_a_slow_answer_that_may_agree_with_what_is_known_changes_nothing():
    heard(datetime.now(UTC))
    known = clock._since_s
    heard(datetime.now(UTC) - timedelta(seconds=8), answer_s=20)
    assert clock._since_s == known


ASK_THE_MACHINE = ("clock.py", "kit/", "sandbox/", "scenarios/", "attachments/person_numbers.py")
"""Those who do: the clock itself, what runs without a database, and what asks for the year only."""


def test_nothing_that_runs_with_a_database_asks_the_machine_what_time_it_is():
    asking = {
        path.relative_to(HUB).as_posix()
        for path in HUB.rglob("*.py")
        if re.search(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\b", path.read_text(encoding="utf-8"))
    }
    assert {one for one in asking if not one.startswith(ASK_THE_MACHINE)} == set()
