"""The metrics for Prometheus (delivery.md §4): base units, the prefix ``hub_``, no unbounded label and nothing about a person
(D-10).

Imports prometheus-client and the tally only; every room may import it.
"""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from hub.tally import ALL, BOUNDS_S, REGISTER, TALLY, bucket

REGISTRY = CollectorRegistry()

received = Counter("hub_messages_received", "Messages that came in.", ["system", "type"], registry=REGISTRY)
outcomes = Counter(
    "hub_messages",
    "Messages by outcome: accepted, refused, held, repeated.",
    ["system", "type", "outcome"],
    registry=REGISTRY,
)
outbox_waiting = Gauge("hub_outbox_waiting", "Rows not yet sent, by receiving system.", ["system"], registry=REGISTRY)
outbox_oldest = Gauge(
    "hub_outbox_oldest_age_seconds", "Age of the oldest row not yet sent.", ["system"], registry=REGISTRY
)
outbox_dead = Gauge(
    "hub_outbox_dead", "Rows that are tried no more until someone replays or skips them.", ["system"], registry=REGISTRY
)
replays_stopped = Counter(
    "hub_replays_stopped", "Replays that stopped by themselves, since the first of them failed.", registry=REGISTRY
)
attempts = Counter("hub_delivery_attempts", "Attempts to send, by outcome.", ["system", "outcome"], registry=REGISTRY)
latency = Histogram(
    "hub_delivery_seconds",
    "From accepted to acknowledged by the receiver's way.",
    ["system"],
    buckets=BOUNDS_S,
    registry=REGISTRY,
)
inbox_fetched = Counter(
    "hub_inbox_fetched", "Notices given to a reader of a pull inbox, repeats included.", ["system"], registry=REGISTRY
)
inbox_readers = Gauge(
    "hub_inbox_readers", "Readers of a pull inbox that wait in this process.", ["system"], registry=REGISTRY
)
breaker = Gauge(
    "hub_breaker_open",
    "1 while a system is spared after failures, 0.5 while it is probed.",
    ["system"],
    registry=REGISTRY,
)
paused = Gauge("hub_delivery_paused", "1 while operations has paused a system.", ["system"], registry=REGISTRY)
held = Gauge("hub_held", "Messages that are held.", registry=REGISTRY)
held_oldest = Gauge("hub_held_oldest_age_seconds", "Age of the oldest hold.", registry=REGISTRY)
manual = Gauge("hub_manual_queue", "Cases whose addressing someone has to see to.", registry=REGISTRY)
deadlines_due = Gauge(
    "hub_deadlines_due",
    "Deadlines that passed 30 seconds ago or more and are not told, by name.",
    ["name"],
    registry=REGISTRY,
)
deadlines_missed = Counter(
    "hub_deadlines_missed", "Deadlines that passed and were told, by name.", ["name"], registry=REGISTRY
)
lookups = Counter("hub_lookups", "Questions to the registers, by outcome.", ["register", "outcome"], registry=REGISTRY)
lookup_failures = Counter(
    "hub_lookup_failures",
    "Questions to the registers without answer: VP fault, HTTP status, time-out, unreadable element.",
    ["register", "reason"],
    registry=REGISTRY,
)
lookup_seconds = Histogram(
    "hub_lookup_seconds", "Time that a register took.", ["register"], buckets=BOUNDS_S, registry=REGISTRY
)
intake_queue = Gauge("hub_intake_queue", "Messages that wait for their transaction.", registry=REGISTRY)
progress = Gauge("hub_intake_transactions", "Transactions done since the start.", registry=REGISTRY)
unreadable_topics = Gauge(
    "hub_unreadable_topics", "1 for a topic that holds a record that cannot be read.", ["topic"], registry=REGISTRY
)
set_aside = Gauge(
    "hub_partition_set_aside_offset",
    "Offset at which a partition of hub.in was set aside, with the reason; absent while it flows.",
    ["topic", "partition", "reason"],
    registry=REGISTRY,
)
records_lost = Gauge(
    "hub_records_lost",
    "Gaps on hub topics that operations has not settled: records that went before they were read.",
    ["topic", "reason"],
    registry=REGISTRY,
)
loop_restarts = Counter(
    "hub_loop_restarts", "Times that a loop of the hub ended and was started again.", ["loop"], registry=REGISTRY
)
loop_turned = Gauge(
    "hub_loop_turned_timestamp_seconds", "When a loop of the hub last went round.", ["loop"], registry=REGISTRY
)
away = Gauge("hub_away", "1 while what the hub needs does not answer: database, broker.", ["what"], registry=REGISTRY)
clock_ahead = Gauge(
    "hub_clock_ahead_seconds",
    "By how much the machine's clock is ahead of the database's, which is the hub's time.",
    registry=REGISTRY,
)
role_processes = Gauge(
    "hub_role_processes",
    "Processes on this database that run and have the role; 0: what the role does is not done.",
    ["role"],
    registry=REGISTRY,
)
system_silent = Gauge(
    "hub_system_silent",
    "1 while a system sends less than is usual for the weekday and hour.",
    ["system"],
    registry=REGISTRY,
)
consumer_lag = Gauge("hub_consumer_lag", "Records in hub.in topics not yet handled.", ["system"], registry=REGISTRY)
glass_broken = Counter(
    "hub_glass_broken",
    "Times that somebody of operations broke the glass, to read what messages say or to search by person.",
    registry=REGISTRY,
)

gallring_cases = Counter(
    "hub_gallring_cases", "Closed cases whose content was removed by the region's rule.", registry=REGISTRY
)
gallring_messages = Counter(
    "hub_gallring_refused", "Refused messages whose content was removed by the region's rule.", registry=REGISTRY
)
gallring_oldest = Gauge(
    "hub_gallring_oldest_due_seconds",
    "For how long the content that is due longest has been due to be removed; 0 when none is.",
    registry=REGISTRY,
)


def handled(counted: Iterable[tuple[str, str, str]], refused: Iterable[tuple[str, str, str]] = ()) -> None:
    """Counts a batch of (system, message name, outcome), and its refusals: (system, rule, message id)."""
    for (system, name, outcome), count in Counted(counted).items():
        received.labels(system, name).inc(count)
        outcomes.labels(system, name, outcome).inc(count)
        if system != "hub":  # the hub's own messages were not received from anybody
            TALLY.add(system, "received", count)
            TALLY.add(system, outcome, count)
    for system, rule, message in refused:
        TALLY.refused(system, rule, message)


def attempted(system: str, outcome: str, count: int = 1) -> None:
    """Counts an attempt to send so many notices to a system."""
    attempts.labels(system, outcome).inc(count)
    TALLY.add(system, f"attempt/{outcome}", count)


def delivered(system: str, seconds: Sequence[float]) -> None:
    """Counts what was sent to a system, so long after it was accepted."""
    its = latency.labels(system)
    for took in seconds:
        its.observe(took)
    TALLY.delivered(system, seconds)


def looked_up(register: str, outcome: str, seconds: float) -> None:
    """Counts a question to a register."""
    lookups.labels(register, outcome).inc()
    TALLY.add(REGISTER + register, f"asked/{outcome}")
    if outcome != "cached":
        lookup_seconds.labels(register).observe(seconds)
        TALLY.add(REGISTER + register, bucket(seconds))


def missed(deadline: str) -> None:
    """Counts a deadline that passed and was told, by its name."""
    deadlines_missed.labels(deadline).inc()
    TALLY.add(ALL, f"missed/{deadline}")


def exposition() -> bytes:
    """All metrics in the text format."""
    return generate_latest(REGISTRY)


_SUMMED = {"hub_intake_queue", "hub_intake_transactions", "hub_consumer_lag"}
"""Gauges of which each worker has a part of its own; of the others each has what there is of all, and the highest is shown."""


def together(written: Sequence[bytes], former: Sequence[bytes] = ()) -> bytes:
    """The metrics of several workers as those of one hub: counters and histograms are summed, of gauges the highest is shown.

    ``former``: what workers wrote earlier that do not answer now. What is summed must not sink for that, since Prometheus takes it for a
    new start; the rest of it is no longer true.
    """
    families: dict[str, Metric] = {}
    values: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = {}
    for place, text in enumerate((*written, *former)):
        for family in text_string_to_metric_families(text.decode()):
            summed = family.type != "gauge" or family.name in _SUMMED
            if place >= len(written) and not summed:
                continue
            families.setdefault(family.name, family)
            for one in family.samples:
                key = family.name, one.name, tuple(one.labels.items())
                before = values.get(key)
                values[key] = one.value if before is None else before + one.value if summed else max(before, one.value)
    for family in families.values():
        family.samples = []
    for (name, sample, labels), value in values.items():
        families[name].add_sample(sample, dict(labels), value)
    return generate_latest(_Families(families.values()))


class _Families(Collector):
    """Metrics that are written as they are."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
