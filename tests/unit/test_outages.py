"""What is away is said once when it starts and once when it ends; a library's message once a minute."""

import logging

import pytest
from aiokafka.errors import RequestTimedOutError
from structlog.testing import capture_logs

from hub import outages as room
from hub.errors import Unavailable
from hub.outages import BROKER, DATABASE, OncePerMinute, Outages


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(room, "time", clock)
    return clock


def test_the_first_and_the_last_are_said_and_nothing_between(clock):
    outages = Outages()
    with capture_logs() as said:
        for work in ("relay", "intake", "relay"):
            assert outages.met(Unavailable(DATABASE), work=work)
            clock.now += 2
        outages.unanswered(BROKER, clock.now, work="topics")
        assert outages.met(Unavailable(BROKER), work="relay")
        outages.answered(DATABASE)
        outages.answered(DATABASE)
    assert [(one["event"], one["needed"], one.get("work"), one.get("away_s")) for one in said] == [
        ("away", "database", "intake", None),
        ("away", "broker", "topics", None),
        ("back", "database", None, 6.0),
    ]
    assert outages.is_away(BROKER) and not outages.is_away(DATABASE)


def test_a_lost_connection_is_no_outage_where_the_next_probe_is_answered(clock):
    outages = Outages()
    with capture_logs() as said:
        for _ in range(3):
            assert outages.met(Unavailable(DATABASE), work="relay")
            assert not outages.is_away(DATABASE)
            clock.now += 0.5
            outages.answered(DATABASE)
            clock.now += 5
        outages.unanswered(DATABASE, clock.now - 9)  # made before the last answer, and ended after it
    assert said == []


def test_what_no_probe_tells_the_end_of_is_said_each_time(clock):
    outages = Outages()
    with capture_logs() as said:
        for _ in range(2):
            assert not outages.met(Unavailable("busy"), work="files")
    assert [one["event"] for one in said] == ["put_off", "put_off"]


def test_a_librarys_message_is_written_once_a_minute_and_not_while_the_broker_is_known_to_be_away(clock, monkeypatch):
    outages = Outages()
    monkeypatch.setattr(room, "outages", outages)
    thin = OncePerMinute()

    def passes(message, *values, name="aiokafka.conn"):
        return thin.filter(logging.LogRecord(name, logging.ERROR, "", 0, message, values, None))

    assert [passes("Unable to connect to node %s", node) for node in (1, 2, 3)] == [True, False, False]
    assert passes("Heartbeat failed") and passes("Unable to connect to node %s", 1, name="other")
    clock.now += 61
    assert passes("Unable to connect to node %s", 1)
    outages.unanswered(BROKER, clock.now)
    assert not passes("Something new") and passes("Something new", name="zeep")
    outages.answered(BROKER)
    assert passes("Something new")
    for error, written in ((RequestTimedOutError(), False), (ValueError(), True)):
        told = (type(error), error, None)
        record = logging.LogRecord("asyncio", logging.ERROR, "", 0, "Task exception was never retrieved", (), told)
        assert thin.filter(record) is written
