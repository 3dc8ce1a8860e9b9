"""What a subscriber of `make chaos` makes of its Subscription's notifications, as the hub writes them: an event that it was not told of is
missed and asked for, and what a notification only points to is read before what comes after it.
"""

import json
from datetime import UTC, datetime

import pytest

from hub.translators import fhir
from tests.chaos import seen
from tests.chaos.subscriber import Reading

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
BASE = "http://hub/fhir"


def said(*numbers, content="full-resource", count=None, kind="event-notification", kept=True):
    """What the hub says of these events, as the subscriber reads it."""
    state = fhir.SubscriptionState("s-1", BASE, "urn:topic", "active", None, count or max(numbers, default=0))
    bundle = json.dumps({"resourceType": "Bundle", "type": "message"}).encode()
    events = [
        fhir.SubscriptionEvent(number, f"out-{number}", AT, bundle)
        if kept
        else fhir.SubscriptionEvent(number, f"out-{number}", None, None)
        for number in numbers
    ]
    written = fhir.write_notification(state, kind, content, events, at=AT, media_type=fhir.JSON)
    return seen.notification(json.loads(written))


def read_all(reading):
    """The numbers that it reads, in this order."""
    found = []
    while (event := reading.next) is not None:
        found.append(event.number)
        reading.had(event.number, event.notice)
    return found


@pytest.mark.parametrize("content", ["empty", "id-only", "full-resource"])
def test_an_event_number_that_is_skipped_is_missed_until_it_has_come(content):
    reading = Reading()
    for number in (1, 3, 5):
        reading.told(said(number, content=content))
    assert read_all(reading) == [1, 3, 5]
    assert reading.unread == [2, 4]
    assert reading.gap(10.0) is None, "they may be under way"
    assert reading.gap(10.6) == (2, 4), "they are asked for"
    reading.told(said(2, content=content))
    assert reading.gap(10.7) == (4, 4)
    assert read_all(reading) == [2]
    reading.had(4, "out-4")
    assert reading.unread == [] and reading.gap(20.0) is None


@pytest.mark.parametrize("kind", ["heartbeat", "handshake", "query-status"])
def test_what_is_only_counted_is_missed_too(kind):
    """Where the last events are lost no later one shows it."""
    reading = Reading()
    reading.told(said(count=2, kind=kind))
    assert reading.next is None and reading.unread == [1, 2]
    assert reading.gap(1.0) is None and reading.gap(2.0) == (1, 2)


def test_what_a_notification_points_to_is_read_before_what_came_later_in_full_and_once():
    reading = Reading()
    reading.told(said(1, content="id-only"))
    reading.told(said(2))
    reading.told(said(3, content="empty"))
    first = reading.next
    assert (first.number, first.notice, first.bundle) == (1, "out-1", None)
    assert reading.gap(1.0) is None and reading.gap(2.0) is None, "it need not be asked for"
    assert read_all(reading) == [1, 2, 3]
    reading.told(said(1, content="id-only"))
    reading.told(said(3, content="empty"))
    assert reading.next is None, "it has had these"


def test_a_number_that_points_to_another_notice_than_before_is_read_again_so_that_it_is_seen():
    reading = Reading()
    reading.told(said(1, content="id-only"))
    reading.had(1, "out-1")
    reading.told(seen.Notification("s-1", 1, (seen.Event(1, "out-9"),)))
    assert reading.next == seen.Event(1, "out-9")


def test_an_event_that_the_hub_keeps_no_longer_is_known_as_such():
    (event,) = said(1, kept=False).events
    assert event.gone and event.bundle is None
