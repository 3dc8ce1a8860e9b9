"""What came of one way out: its figures, over Kafka's, and whatever the hub has promised and not kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.load import Record
from tests.chaos import checker
from tests.chaos.history import History, Notice, Receipt, Sent

SYSTEMS = ("centre", "kommun")
"""Those who receive."""
WAYS = {
    "kafka": ("kafka", "native"),
    "webhook": ("webhook", "native"),
    "inbox": ("inbox", "native"),
    "kafka, FHIR": ("kafka", "fhir"),
    "FHIR message": ("fhir", "fhir"),
}
"""What is measured: (way, format)."""
FEW = 500
"""Of fewer notices no rate is told."""


@dataclass(frozen=True, slots=True)
class Found:
    """One way's figures. CPU is µs a notice, and includes what the hub does with the message before it tells anybody."""

    per_s: float
    """From the first notice that was accepted to the last that was acknowledged."""
    drained_per_s: float | None
    """Of those that were left when all messages were accepted; None where there were few."""
    hub_us: float
    postgres_us: float
    broker_us: float
    receivers_us: float
    latency_ms: dict[str, float]
    """From accepted to received, at a steady rate."""
    repeats: int
    """Notices that came a second time, under the same id."""
    too_often: int
    """Answers 429 to a reader of the inbox."""

    def __str__(self) -> str:
        drained = "" if self.drained_per_s is None else f" ({self.drained_per_s:.0f}/s once all was accepted)"
        times = ", ".join(f"{name} {self.latency_ms[name]:.1f}" for name in ("p50", "p99"))
        return (
            f"{self.per_s:5.0f}/s{drained}; hub {self.hub_us:4.0f} µs, PostgreSQL {self.postgres_us:4.0f} µs,"
            f" receivers {self.receivers_us:4.0f} µs a notice; {times} ms"
            + (f"; {self.repeats} told again" if self.repeats else "")
            + (f"; {self.too_often} times refused by 429" if self.too_often else "")
        )


@dataclass(frozen=True, slots=True)
class Got:
    """Notices in the order in which they came, with their times."""

    notices: Sequence[Notice]
    at: Sequence[float]
    cpu_s: float
    """What receiving them took of the receivers' process."""
    too_often: int


def faults(sent: Sequence[Record], receipts: Sequence[Receipt], notices: Sequence[Notice]) -> list[str]:
    """What of the hub's promises does not hold for these messages, each of which tells both systems; none when all is well."""
    history = History(receipts=list(receipts), notices=list(notices))
    for key, headers, _ in sent:
        named = {name: value.decode() for name, value in headers}
        history.sent.append(
            Sent("ehr", named["ce_source"], named["ce_id"], "kafka", key.decode(), named["ce_id"], True, True, SYSTEMS)
        )
    return [str(one) for one in checker.violations(history)]


def rates(times: Mapping[Any, tuple[float, float]]) -> tuple[float, float | None]:
    """Notices a second, of all, and of those that were left when the last had been accepted; None where they were few. ``times``: when
    each was accepted and acknowledged.
    """
    last = max(accepted for accepted, _ in times.values())
    acknowledged = [sent for _, sent in times.values()]
    end, left = max(acknowledged), sum(sent > last for sent in acknowledged)
    all_of_them = len(times) / (end - min(accepted for accepted, _ in times.values()))
    return all_of_them, left / (end - last) if left >= FEW else None


def delays(times: Mapping[tuple[str, str], tuple[float, float]], got: Got) -> list[float]:
    """Milliseconds from accepted to received, the first time."""
    came: dict[tuple[str, str], float] = {}
    for one, at in zip(got.notices, got.at, strict=True):
        came.setdefault((one.system, one.message), at)
    return [(at - times[which][0]) * 1000 for which, at in came.items()]


def over_kafka(found: Mapping[str, Found]) -> dict[str, dict[str, float]]:
    """Each way over Kafka in the same format: its rate, what a notice costs the hub and PostgreSQL together, and its delays."""
    ratios = {}
    for name, one in found.items():
        way, format_ = WAYS[name]
        reference = next(
            (found[each] for each, what in WAYS.items() if what == ("kafka", format_) and each in found), None
        )
        if way != "kafka" and reference is not None:
            ratios[name] = {
                "per_s": round(one.per_s / reference.per_s, 2),
                "cpu": round((one.hub_us + one.postgres_us) / (reference.hub_us + reference.postgres_us), 2),
            } | {at: round(one.latency_ms[at] / reference.latency_ms[at], 2) for at in ("p50", "p99")}
    return ratios
