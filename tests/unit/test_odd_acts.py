"""Random acts with odd contents, in any order and by anybody: each is answered by a rule, and no deadline lies where no clock
reaches it. What is raised here instead would be a ``defect:`` hold in a running hub.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.intake.arrival import Arrival
from hub.scenarios import load
from hub.scenarios.memory import HubInMemory
from hub.translators.native import STRUCTURED
from schemas.messages import NAME_OF

FOLDER = Path(__file__).parents[2] / "contracts"
WORLD = load(FOLDER / "worlds" / "standard.yaml")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
EVENTS = [json.loads(path.read_bytes()) for path in sorted((FOLDER / "valid").glob("*.json"))]
OPENING = [event for event in EVENTS if NAME_OF[event["type"]] in {"svu.inskrivning", "information"}]
UNITS = [unit for unit in WORLD.directory.units if unit.hsa in WORLD.directory.system_of]
ODD_MOMENTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1582-10-10T00:00:00+01:00",
    "1879-01-01T00:00:00+01:12",
    "1970-01-01T00:00:00Z",
    "2026-03-29T02:30:00+01:00",
    "2026-10-25T02:30:00+02:00",
    "2199-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
)
ODD_DAYS = ("0001-01-01", "1900-02-28", "2024-02-29", "2026-03-02", "2199-12-31", "9999-12-31")
ODD_TEXTS = ("", " ", "\u0000", "å" * 5000, "\ud83d\ude00", "191212121212", "-1", "\u202e")


def _odd(value: Any, chance: Random) -> Any:
    """The same content with something odd in it: moments, days, texts and numbers, of the same kind as what stood there."""
    if isinstance(value, dict):
        return {name: _odd(inner, chance) for name, inner in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [_odd(inner, chance) for inner in value] * chance.choice((1, 1, 1, 1, 0, 2))
    if isinstance(value, str) and (value[10:11] == "T" or (len(value) == 10 and value[4:5] == "-")):
        return chance.choice(ODD_MOMENTS if "T" in value else ODD_DAYS) if chance.random() < 0.4 else value
    if chance.random() > 0.1:
        return value
    if isinstance(value, str):
        return chance.choice(ODD_TEXTS)
    if isinstance(value, bool):
        return not value
    return chance.choice((0, -1, 2**31, 2**63)) if isinstance(value, int) else value


def _event(chance: Random, number: int, case: str | None, accepted: list[str]) -> tuple[str, bytes]:
    """One act: mostly by the unit that does such things, mostly in the case; the sender's system and the bytes."""
    event = chance.choice(EVENTS if case is not None else OPENING)
    own = WORLD.directory.unit_by_hsa.get(event["source"].removeprefix("urn:hsa:"))
    unit = chance.choice(UNITS) if own is None or chance.random() < 0.15 else own
    body = _odd(event["data"], chance) if chance.random() < 0.5 else dict(event["data"])
    if "message" in body and accepted:
        body["message"] = chance.choice(accepted)
    sent = event | {
        "id": f"m-{number}",
        "source": f"urn:hsa:{unit.hsa}",
        "subject": "ref:b" if case is None or chance.random() < 0.1 else case,
        "actorrole": next(iter(unit.roles)),
        "data": body,
    }
    if chance.random() < 0.1:
        sent["time"] = chance.choice(ODD_MOMENTS)
    return WORLD.directory.system_of[unit.hsa], json.dumps(sent).encode("utf-8", "surrogatepass")


@given(seed=st.integers(0, 2**32))
@settings(deadline=None)
def test_whatever_is_sent_is_answered_by_a_rule_and_every_deadline_can_come(seed):
    chance = Random(seed)
    hub, now = HubInMemory(WORLD, NOW), NOW
    accepted: list[str] = []
    for number in range(15):
        system, raw = _event(chance, number, next(iter(hub.cases), None), accepted)
        place = f"t/{number}"
        arrival = Arrival(WORLD.directory.system_by_id[system], raw, STRUCTURED, None, now, place, by_outbox=False)
        receipt = hub.take(arrival, now).receipt
        assert receipt.code == "ok" or receipt.rule
        accepted += [receipt.message] if receipt.code == "ok" else []
        now += timedelta(hours=chance.choice((0, 0, 1, 30)))
        hub.move_clock(now)
        dues = [at for found in hub.cases.values() for at in found.due.values()]
        assert all(datetime.fromisoformat(at).year <= 2200 for at in dues), dues
    hub.move_clock(now + timedelta(days=400))
    assert not hub._waiting, "nothing is held for ever"
