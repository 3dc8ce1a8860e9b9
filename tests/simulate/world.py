"""Who is connected in a schedule, and what they say: three systems of Lund, a few stays, made beforehand as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pydantic_core import to_json

from hub.scenarios import load
from schemas.directory import Directory
from schemas.hub_messages import Adressering
from schemas.messages import type_of
from tests.simulate.clock import BEGAN

WORLD = load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
WARD, CENTRE, KOMMUN = "skane-sjukhus", "skane-primarvard", "lund-omsorg"
SYSTEMS = (WARD, CENTRE, KOMMUN)
_SPEAKS = {
    WARD: (WORLD.names["lund_avd12"], "SE2321000255-P03", "sjukskoterska"),
    CENTRE: (WORLD.names["vc_klostergarden"], "SE2321000255-P02", "distriktsskoterska"),
    KOMMUN: (WORLD.names["lund_kommun"], "SE2120001132-P01", "bistandshandlaggare"),
}
LATE = "kvittens_forsenad"
"""The deadline that passes in every case of the schedules when a day has gone: nobody acknowledges an admission there."""


class EverybodyKnown:
    """What the registers said: everything has been asked lately."""

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> Adressering:
        return WORLD.answer(personnummer)

    def actor(self, actor: str, role: str) -> str:
        return "verified"

    def name(self, person: str) -> None:
        return None

    def asking(self, actor: str, role: str) -> None:
        raise AssertionError("nothing is asked")


@dataclass(frozen=True, slots=True)
class Line:
    """One message that a system will send."""

    system: str
    id: str
    ref: str
    """The stay's reference; the ward writes to it, the others write to the case that it opened."""
    name: str
    data: dict[str, Any]

    @property
    def source(self) -> str:
        return f"urn:hsa:{_SPEAKS[self.system][0]}"

    @property
    def tells(self) -> tuple[str, ...]:
        told = {WARD: (CENTRE, KOMMUN), CENTRE: (WARD, KOMMUN), KOMMUN: (WARD, CENTRE)}
        return told[self.system]

    def raw(self, subject: str) -> bytes:
        _, actor, role = _SPEAKS[self.system]
        return to_json(
            {
                "specversion": "1.0",
                "id": self.id,
                "source": self.source,
                "type": type_of(self.name),
                "subject": subject,
                "time": BEGAN.isoformat(),
                "actor": actor,
                "actorrole": role,
                "data": self.data,
            }
        )


_ADMISSION = {
    "patient": {"personnummer": "191212121212"},
    "admitted_at": "2026-03-02T08:40:00+01:00",
    "estimated_discharge": "2026-03-06",
    "reason": "Fall",
    "information": {"given": True},
    "samtycke": {"outcome": "given"},
}


def stays(draw: Random) -> dict[str, list[Line]]:
    """System → what it sends, in its order: two or three stays with some messages each."""
    found: dict[str, list[Line]] = {system: [] for system in SYSTEMS}
    for number in range(draw.choice((1, 2, 2, 3))):
        ref = f"ref:stay-{number}"
        found[WARD].append(Line(WARD, f"adm-{number}", ref, "svu.inskrivning", _ADMISSION))
        for count in range(draw.randint(1, 4)):
            system = draw.choice((WARD, WARD, CENTRE, KOMMUN))
            found[system].append(Line(system, f"m-{number}-{count}", ref, "meddelande", {"text": f"Hej {count}"}))
    if draw.random() < 0.5:  # as of several units of the ward, whose stays are interleaved; an admission may come late
        draw.shuffle(found[WARD])
    return found


@cache
def directory(ways: tuple[str, str, str], concurrency: int) -> Directory:
    """The world's directory with a way out for each of the three systems."""
    plain = WORLD.directory.model_dump(mode="json", exclude_defaults=True)
    of = dict(zip(SYSTEMS, ways, strict=True))
    plain["systems"] = [one for one in plain["systems"] if one["id"] in of]
    for one in plain["systems"]:
        one["out"] = (
            {"way": "kafka"}
            if of[one["id"]] == "kafka"
            else {"way": "webhook", "url": "https://receiver.example/notices", "secrets": ["whsec_" + "A" * 32]}
        )
        one["delivery"] = {
            "schedule_s": [0.2, 0.5, 1.0, 2.0], "concurrency": concurrency, "breaker_failures": 3, "breaker_open_s": 1.0,
        }  # fmt: skip
    return Directory.model_validate(plain)
