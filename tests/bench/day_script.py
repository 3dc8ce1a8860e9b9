"""What is said in one case of the day: the acts of a scenario under ``contracts/scenarios``, as templates for any number of cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.kit.today import TodaysScenario
from hub.sandbox import staff
from hub.scenarios.steps import Send
from schemas.directory import Directory
from schemas.swedish_time import STOCKHOLM
from tests.bench.load import PERSONS, Record
from tests.stack import CENTRE, KOMMUN, WARD

SCENARIOS = Path("contracts/scenarios")
UNITS = {"lund_avd12": WARD, "vc_klostergarden": CENTRE, "lund_kommun": KOMMUN}
"""The scenarios' short names."""
_RUN, _PERSON = "{run}", PERSONS[0]


@dataclass(frozen=True, slots=True)
class Act:
    """One message of a script. ``body`` names the case's earlier messages by ``{run}-`` and their number."""

    name: str
    unit: str
    system: str
    attributes: Mapping[str, str]
    body: str


class Script:
    """All acts of one scenario in their order."""

    def __init__(self, name: str, directory: Directory) -> None:
        """Raises ``KeyError`` for a unit that is not in ``UNITS``."""
        sent = [
            written.step
            for written in TodaysScenario(SCENARIOS / f"{name}.yaml", datetime.now(STOCKHOLM)).steps
            if isinstance(written.step, Send)
        ]
        labels = {step.as_: f"{_RUN}-{number}" for number, step in enumerate(sent) if step.as_ is not None}
        self.name = name
        self.acts = tuple(_act(step, labels, directory) for step in sent)

    def record(self, at: int, run: str, person: str, case: str | None) -> Record:
        """Act number ``at`` of a case; ``case`` is None for the first."""
        act = self.acts[at]
        subject = case or f"ref:{run}"
        own = {"id": f"{run}-{at}", "subject": subject, "time": datetime.now(UTC).isoformat()}
        headers = [(f"ce_{name}", value.encode()) for name, value in (act.attributes | own).items()]
        body = act.body.replace(_RUN, run).replace(_PERSON, person)
        return subject.encode(), [*headers, ("content-type", b"application/json")], body.encode()


def _act(step: Send, labels: Mapping[str, str], directory: Directory) -> Act:
    unit = directory.unit_by_hsa[UNITS[step.from_]]
    role = next(iter(unit.roles))
    attributes = {
        "specversion": "1.0",
        "source": f"urn:hsa:{unit.hsa}",
        "type": f"se.samverkan.{step.send}.v1",
        "actor": staff.actor(unit, role),
        "actorrole": role,
    }
    body = json.dumps(_written(step.data, labels), ensure_ascii=False)
    system = next(each.id for each in directory.systems if unit.hsa in each.units)
    return Act(step.send, unit.hsa, system, attributes, body)


def _written(value: Any, labels: Mapping[str, str], key: str = "") -> Any:
    """The data with HSA-ids for short names, and ids for the names of messages."""
    if isinstance(value, Mapping):
        return {name: _written(inner, labels, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_written(inner, labels, key) for inner in value]
    if isinstance(value, str):
        return labels.get(value, value) if key == "message" else UNITS.get(value, value)
    return value
