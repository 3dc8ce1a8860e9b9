"""Writes the Grafana dashboards of deploy/dashboards anew: `python deploy/dashboards.py`. tests/unit/test_dashboards.py holds them to the
hub's metrics. Imports the standard library only.

Hubs on one database count its rows alike, so gauges are taken as max, never as a sum; counters of all hubs are added.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
_PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _HEIGHT = 24, 8


@dataclass(frozen=True)
class Panel:
    """One panel: what is asked, and what each line is called."""

    title: str
    description: str
    unit: str
    asked: tuple[tuple[str, str], ...]
    """(PromQL, legend) of each line."""
    width: int = 12
    kind: str = "timeseries"
    bad_above: float | None = None
    """A value above this is red."""


@dataclass(frozen=True)
class Dashboard:
    """One dashboard; ``by``: the label that one chooses a value of, and a metric that has it."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    by: tuple[str, str] | None = None


def _quantiles(metric: str, where: str = "", by: str = "") -> tuple[tuple[str, str], ...]:
    of = f"le, {by}" if by else "le"
    name = f" {{{{{by}}}}}" if by else ""
    return tuple(
        (
            f"histogram_quantile({q}, sum by ({of}) (rate({metric}_bucket{where}[$__rate_interval])))",
            f"p{int(q * 100)}{name}",
        )
        for q in (0.5, 0.95, 0.99)
    )


_SYSTEM = '{system="$system"}'
_TYPE = '{type="$type"}'
_REFUSED = 'sum by (system) (rate(hub_messages_total{type="$type", outcome="refused"}[$__rate_interval]))'
OVERVIEW = Dashboard(
    "overview",
    "Samverkan hub: overview",
    (
        Panel(
            "Oldest notice not yet sent",
            "Of any receiver that is not paused. The law gives 24 hours (2017:612 2:3).",
            "s",
            (("max(hub_outbox_oldest_age_seconds unless on (system) (hub_delivery_paused == 1))", "oldest"),),
            6,
            "stat",
            900,
        ),
        Panel(
            "Dead notices",
            "Tried no more until somebody replays or skips them.",
            "short",
            (("sum(max by (system) (hub_outbox_dead))", "dead"),),
            4,
            "stat",
            0,
        ),
        Panel(
            "Held messages",
            "Received and kept, but they cannot be handled now.",
            "short",
            (("max(hub_held)", "held"),),
            4,
            "stat",
            100,
        ),
        Panel(
            "Oldest hold",
            "Since when the message that is held longest has waited.",
            "s",
            (("max(hub_held_oldest_age_seconds)", "oldest"),),
            5,
            "stat",
            3600,
        ),
        Panel(
            "Manual queue",
            "Cases whose receivers somebody must choose.",
            "short",
            (("max(hub_manual_queue)", "cases"),),
            5,
            "stat",
            25,
        ),
        Panel(
            "Messages in, by outcome",
            "What systems sent: accepted, refused, held, repeated.",
            "ops",
            (("sum by (outcome) (rate(hub_messages_total[$__rate_interval]))", "{{outcome}}"),),
        ),
        Panel(
            "Notices out, by outcome of the attempt",
            "Attempts to send to all receivers.",
            "ops",
            (("sum by (outcome) (rate(hub_delivery_attempts_total[$__rate_interval]))", "{{outcome}}"),),
        ),
        Panel("From accepted to sent", "Of all receivers together.", "s", _quantiles("hub_delivery_seconds")),
        Panel(
            "Receivers with the oldest notices",
            "Ten of them.",
            "s",
            (("topk(10, max by (system) (hub_outbox_oldest_age_seconds))", "{{system}}"),),
        ),
        Panel(
            "Deadlines that have passed and are not told",
            "By name: they passed 30 seconds ago or more. Any that stays is a fault of the hub.",
            "short",
            (("max by (name) (hub_deadlines_due)", "{{name}}"),),
            12,
            "timeseries",
            0,
        ),
        Panel(
            "Deadlines missed",
            "Deadlines of the law and of the regions that passed and were told, an hour.",
            "short",
            (("sum by (name) (increase(hub_deadlines_missed_total[1h]))", "{{name}}"),),
        ),
    ),
)
RECEIVER = Dashboard(
    "receiver",
    "Samverkan hub: one receiver",
    (
        Panel(
            "Waiting",
            "Notices that are not sent yet.",
            "short",
            ((f"max(hub_outbox_waiting{_SYSTEM})", "waiting"),),
            6,
            "stat",
        ),
        Panel(
            "Oldest",
            "Age of the oldest of them.",
            "s",
            ((f"max(hub_outbox_oldest_age_seconds{_SYSTEM})", "oldest"),),
            6,
            "stat",
            900,
        ),
        Panel(
            "Dead",
            "Tried no more until somebody replays or skips them.",
            "short",
            ((f"max(hub_outbox_dead{_SYSTEM})", "dead"),),
            6,
            "stat",
            0,
        ),
        Panel(
            "Spared or paused",
            "1: the breaker is open, or operations has paused it; 0.5: it is being probed.",
            "short",
            ((f"max(hub_breaker_open{_SYSTEM})", "spared"), (f"max(hub_delivery_paused{_SYSTEM})", "paused")),
            6,
            "stat",
            0.4,
        ),
        Panel(
            "Attempts by outcome",
            "ok, retry, and what is final.",
            "ops",
            ((f"sum by (outcome) (rate(hub_delivery_attempts_total{_SYSTEM}[$__rate_interval]))", "{{outcome}}"),),
        ),
        Panel(
            "From accepted to sent",
            "Until the receiver's way acknowledged.",
            "s",
            _quantiles("hub_delivery_seconds", _SYSTEM),
        ),
        Panel(
            "Waiting and dead over time",
            "A line that only grows is a receiver that does not take what it is sent.",
            "short",
            ((f"max(hub_outbox_waiting{_SYSTEM})", "waiting"), (f"max(hub_outbox_dead{_SYSTEM})", "dead")),
        ),
        Panel(
            "Fetched from its inbox",
            "Of a system that fetches its notices; repeats included. Readers that wait beside.",
            "ops",
            (
                (f"sum(rate(hub_inbox_fetched_total{_SYSTEM}[$__rate_interval]))", "fetched a second"),
                (f"sum(hub_inbox_readers{_SYSTEM})", "readers"),
            ),
        ),
        Panel(
            "What it sends, by outcome",
            "As a sender.",
            "ops",
            ((f"sum by (outcome) (rate(hub_messages_total{_SYSTEM}[$__rate_interval]))", "{{outcome}}"),),
        ),
        Panel(
            "Silent",
            "1: it sends less than is usual for that weekday and hour.",
            "short",
            ((f"max(hub_system_silent{_SYSTEM})", "silent"),),
            12,
            "timeseries",
            0,
        ),
        Panel(
            "Records of its topic not yet handled",
            "Of a system that writes to Kafka.",
            "short",
            ((f"sum(hub_consumer_lag{_SYSTEM})", "records"),),
        ),
    ),
    ("system", "hub_outbox_waiting"),
)
CONTRACT = Dashboard(
    "contract",
    "Samverkan hub: one contract",
    (
        Panel(
            "Received, by system",
            "Messages of this type.",
            "ops",
            ((f"sum by (system) (rate(hub_messages_received_total{_TYPE}[$__rate_interval]))", "{{system}}"),),
        ),
        Panel(
            "By outcome",
            "Accepted, refused, held, repeated.",
            "ops",
            ((f"sum by (outcome) (rate(hub_messages_total{_TYPE}[$__rate_interval]))", "{{outcome}}"),),
        ),
        Panel(
            "Refused, share by system",
            "A vendor whose messages are refused much has a fault in its system.",
            "percentunit",
            ((f"{_REFUSED} / sum by (system) (rate(hub_messages_total{_TYPE}[$__rate_interval]))", "{{system}}"),),
            12,
            "timeseries",
            0.2,
        ),
        Panel(
            "In a day, by system",
            "Messages in the last 24 hours.",
            "short",
            ((f"sum by (system) (increase(hub_messages_received_total{_TYPE}[24h]))", "{{system}}"),),
        ),
    ),
    ("type", "hub_messages_received_total"),
)
PLATFORM = Dashboard(
    "platform",
    "Samverkan hub: platform",
    (
        Panel(
            "What the hub needs and that does not answer",
            "1: away.",
            "short",
            (("max by (what) (hub_away)", "{{what}}"),),
            8,
            "stat",
            0,
        ),
        Panel(
            "Processes by role",
            "0: what the role does is not done.",
            "short",
            (("max by (role) (hub_role_processes)", "{{role}}"),),
            8,
            "stat",
        ),
        Panel(
            "The clock is ahead by",
            "Of the database's, which is the hub's time.",
            "s",
            (("max by (instance) (hub_clock_ahead_seconds)", "{{instance}}"),),
            8,
            "stat",
            2,
        ),
        Panel(
            "Messages that wait for their transaction",
            "At 5 000 the intake is full: 503 over HTTP, Kafka is not fetched from.",
            "short",
            (("sum by (instance) (hub_intake_queue)", "{{instance}}"),),
            12,
            "timeseries",
            4000,
        ),
        Panel(
            "Transactions of the intake",
            "A hub that has messages and no transactions is stuck.",
            "ops",
            (("sum by (instance) (rate(hub_intake_transactions[$__rate_interval]))", "{{instance}}"),),
        ),
        Panel(
            "Records not yet handled",
            "By the system whose topic it is.",
            "short",
            (("topk(10, sum by (system) (hub_consumer_lag))", "{{system}}"),),
        ),
        Panel(
            "Topics that wait or lost records",
            "A record that cannot be read, or a gap that nobody has settled.",
            "short",
            (
                ("max by (topic) (hub_unreadable_topics)", "unreadable {{topic}}"),
                ("max by (topic, reason) (hub_records_lost)", "lost {{topic}}: {{reason}}"),
                (
                    "max by (topic, partition, reason) (hub_partition_set_aside_offset)",
                    "set aside {{topic}}/{{partition}}: {{reason}}",
                ),
            ),
            12,
            "timeseries",
        ),
        Panel(
            "Loops: restarted",
            "A loop that ended and was started again.",
            "short",
            (("sum by (loop) (increase(hub_loop_restarts_total[1h]))", "{{loop}}"),),
            12,
            "timeseries",
            0,
        ),
        Panel(
            "Loops: since they last went round",
            "The oldest ten.",
            "s",
            (("topk(10, time() - min by (loop) (hub_loop_turned_timestamp_seconds))", "{{loop}}"),),
            12,
            "timeseries",
            120,
        ),
        Panel(
            "Registers: questions by outcome",
            "ok, none, cached, held, fault, parked, unavailable, unreadable, defect.",
            "ops",
            (("sum by (register, outcome) (rate(hub_lookups_total[$__rate_interval]))", "{{register}} {{outcome}}"),),
        ),
        Panel(
            "Registers: without answer",
            "VP fault, HTTP status, time-out, unreadable.",
            "ops",
            (
                (
                    "sum by (register, reason) (rate(hub_lookup_failures_total[$__rate_interval]))",
                    "{{register}} {{reason}}",
                ),
            ),
        ),
        Panel(
            "Registers: time to answer",
            "Without what came from the cache.",
            "s",
            _quantiles("hub_lookup_seconds", by="register"),
            24,
        ),
        Panel(
            "Removal of content",
            "Closed cases and refused messages whose content was removed by the region's rule (gallring).",
            "short",
            (
                ("sum(increase(hub_gallring_cases_total[1h]))", "cases"),
                ("sum(increase(hub_gallring_refused_total[1h]))", "refused messages"),
            ),
        ),
        Panel(
            "Removal of content is late by",
            "Since when the content that is due longest has been due.",
            "s",
            (("max(hub_gallring_oldest_due_seconds)", "late"),),
        ),
        Panel(
            "Emergency access to content",
            "Times in an hour that somebody of operations broke the glass.",
            "short",
            (("sum(increase(hub_glass_broken_total[1h]))", "times"),),
        ),
        Panel(
            "Replays that stopped",
            "Since the first of them failed.",
            "short",
            (("sum(increase(hub_replays_stopped_total[1h]))", "replays"),),
        ),
    ),
)
DASHBOARDS = (OVERVIEW, RECEIVER, CONTRACT, PLATFORM)


def written(dashboard: Dashboard) -> str:
    """The dashboard as Grafana imports or provisions it."""
    variables: list[dict[str, Any]] = [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    ]
    if dashboard.by is not None:
        label, metric = dashboard.by
        values = f"label_values({metric}, {label})"
        variables.append(
            {"name": label, "type": "query", "datasource": _PROMETHEUS, "query": values, "definition": values, "refresh": 2, "sort": 1}
        )  # fmt: skip
    made = {
        "uid": f"samverkan-hub-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["samverkan-hub"],
        "timezone": "Europe/Stockholm",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": variables},
        "links": [{"type": "dashboards", "tags": ["samverkan-hub"], "title": "Samverkan hub", "asDropdown": True}],
        "panels": _placed(dashboard.panels),
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _placed(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    found, x, y = list[dict[str, Any]](), 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > _COLUMNS:
            x, y = 0, y + _HEIGHT
        found.append(_panel(panel, number) | {"gridPos": {"x": x, "y": y, "w": panel.width, "h": _HEIGHT}})
        x += panel.width
    return found


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_above is not None:
        steps.append({"color": "red", "value": panel.bad_above or 0.001})
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _PROMETHEUS,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": _PROMETHEUS, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.asked)
        ],
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in DASHBOARDS:
        (FOLDER / f"{one.name}.json").write_text(written(one), encoding="utf-8")
