"""Reads the metrics that the live view shows from the hub's ``/metrics``. Imports Prometheus's parser only."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


class SandboxGauges:
    """Some of the metrics, summed."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.waiting: dict[str, float] = {}
        self._frister: dict[str, float] = {}

    def take(self, exposition: str) -> None:
        """Read the metrics from the text format."""
        sums: dict[str, float] = {}
        for family in text_string_to_metric_families(exposition):
            for sample in family.samples:
                if sample.name == "hub_deadlines_missed_total":
                    self._frister[sample.labels["name"]] = sample.value
                if sample.name == "hub_outbox_waiting":
                    self.waiting[sample.labels["system"]] = sample.value
                if not sample.name.endswith(("_bucket", "_created")):
                    sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
        self.values = sums

    def frister(self) -> dict[str, float]:
        """Name → number of deadlines that have passed."""
        return {name: count for name, count in self._frister.items() if count}

    def __getitem__(self, name: str) -> int:
        return int(self.values.get(name, 0))
