"""A SIP of each region in memory, brought to where its plan can be written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from hub.intake.arrival import Arrival
from hub.processes.engine.case import Case
from hub.processes.engine.record import kept_to
from hub.processes.shared.disclosure import readable
from hub.scenarios import load
from hub.scenarios.memory import HubInMemory
from hub.store.case_reads import StoredAct
from hub.store.inbox import events_of
from hub.translators.native import STRUCTURED
from hub.views.written import shown_messages
from schemas.messages import Receipt, type_of

WORLD = load(Path(__file__).parents[1] / "contracts" / "worlds" / "standard.yaml")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TOLVAN = "191212121212"
START = {"form": "fysiskt", "place": "Rum 3", "start": "2026-03-12T10:00:00+01:00"}
FOLLOWED = {"form": "fysiskt", "place": "Rum 3", "start": "2026-09-12T10:00:00+02:00"}
GIVEN = {"outcome": "given"}
UNITS = {
    "mina_planer": ("lund_kommun", "vc_klostergarden"),
    "prator": ("sundsvall_kommun", "vc_skonsmon"),
    "samsa": ("molndal_kommun", "vc_molndal"),
    "lifecare": ("lulea_kommun", "vc_bjorkskatan"),
    "cosmic_link": ("vc_oxbacken", "vasteras_kommun"),
}
"""Region's profile → the unit that opens and coordinates, and the other one."""


class Sip:
    """A SIP in memory; ``one`` opens and coordinates it, ``two`` takes part."""

    def __init__(self, profile: str) -> None:
        self.hub, self.now, self.number, self.id = HubInMemory(WORLD, NOW), NOW, 0, "ref:sip"
        self.one, self.two = UNITS[profile]

    @property
    def case(self) -> Case:
        """The case as it is stored."""
        return self.hub.cases[self.id]

    def hsa(self, unit: str) -> str:
        """The HSA-id of a unit by its short name."""
        return WORLD.names[unit]

    def person(self, unit: str) -> str:
        """Who acts for a unit."""
        return WORLD.staff[unit][0]

    def try_to(self, unit: str, name: str, data: dict[str, Any]) -> Receipt:
        """The receipt of a message in the case; of the first one, that opens it."""
        self.number += 1
        event = {
            "specversion": "1.0",
            "id": f"m-{self.number}",
            "source": f"urn:hsa:{self.hsa(unit)}",
            "type": type_of(name),
            "subject": self.id,
            "time": self.now.isoformat(),
            "actor": self.person(unit),
            "actorrole": next(iter(WORLD.directory.unit_by_hsa[self.hsa(unit)].roles)),
            "data": data,
        }
        system = WORLD.directory.system_by_id[WORLD.directory.system_of[self.hsa(unit)]]
        arrival = Arrival(system, to_json(event), STRUCTURED, None, self.now, f"t/{self.number}", by_outbox=False)
        receipt = self.hub.take(arrival, self.now).receipt
        self.id = receipt.case or self.id
        return receipt

    def say(self, unit: str, name: str, data: dict[str, Any]) -> Receipt:
        """As ``try_to``; the message is accepted."""
        receipt = self.try_to(unit, name, data)
        assert receipt.code == "ok", receipt
        return receipt

    def edit(self, unit: str, *edits: dict[str, Any], **more: Any) -> None:
        """``sip.plan``."""
        self.say(unit, "sip.plan", {"edits": list(edits), **more})

    def wait(self, **time: float) -> None:
        """Lets time pass."""
        self.now += timedelta(**time)
        self.hub.move_clock(self.now)

    def seen(self, unit: str) -> Case:
        """The case as a unit may see it, with its elements."""
        return readable(self.case, self.hsa(unit), "deltar")

    def acts(self, unit: str) -> list[StoredAct]:
        """The accepted messages that a unit may know of."""
        rows = self.hub.history(self.id)
        every = [StoredAct(row.sequence or 0, row.name or "", events_of(row), row.received_at) for row in rows]
        return [act for act in every if kept_to(act.events) in {None, self.hsa(unit)}]

    def messages(self, unit: str) -> dict[int, Any]:
        """Every message that a unit may know of, as it is shown."""
        return shown_messages(self.hub.history(self.id), self.seen(unit), self.hsa(unit))


def contact(sip: Sip, unit: str) -> dict[str, str]:
    """A person of a unit."""
    return {"person": sip.person(unit), "unit": sip.hsa(unit)}


def opened(profile: str) -> Sip:
    """A SIP of a region in which the plan can be written."""
    sip = Sip(profile)
    _OPENINGS[profile](sip)
    return sip


def _patient() -> dict[str, Any]:
    return {"patient": {"personnummer": TOLVAN}}


def _mina_planer(sip: Sip) -> None:
    sip.say(sip.one, "sip.initiativ", {**_patient(), "information": {"given": True}, "samtycke": GIVEN})
    sip.say(
        sip.one,
        "sip.kallelse",
        {"meeting": {"id": "m-1", **START}, "initiator": {"code": "oppenvard"}, "reason": "Fall i hemmet"},
    )
    sip.say(sip.one, "sip.samordningsansvarig", {**contact(sip, sip.one), "change": "utsedd"})


def _prator(sip: Sip) -> None:
    sip.say(
        sip.one,
        "sip.initiativ",
        {
            **_patient(),
            "reason": "Flera insatser",
            "requested_by": {"code": "personen"},
            "receivers": [{"unit": sip.hsa(sip.two)}],
            "samtycke": {**GIVEN, "decided_by": sip.person(sip.one)},
        },
    )
    sip.say(sip.two, "sip.svar", {"accepts": True})


def _samsa(sip: Sip) -> None:
    sip.say(
        sip.one,
        "sip.initiativ",
        {
            **_patient(),
            "kind": "ny",
            "receivers": [{"unit": sip.hsa(sip.two)}],
            "samtycke": {**GIVEN, "others": "Skolan"},
        },
    )
    _call(sip)


def _lifecare(sip: Sip) -> None:
    consents = [{**GIVEN, "kind": kind} for kind in ("sip", "informationsoverforing")]
    sip.say(
        sip.one,
        "sip.initiativ",
        {
            **_patient(),
            "need_found_by": {"code": "kommun"},
            "samordningsansvarig": contact(sip, sip.one),
            "samtycke": consents,
        },
    )
    _call(sip)
    sip.wait(days=12)
    attended = [{"unit": sip.hsa(sip.two), "name": "NN"}]
    sip.say(sip.one, "sip.mote", {"meeting": "m-1", "attended": attended, "note": "Bra möte"})


def _cosmic_link(sip: Sip) -> None:
    sip.say(sip.one, "sip.initiativ", {**_patient(), "samordningsansvarig": contact(sip, sip.one)})
    sip.say(sip.one, "samtycke", {**GIVEN, "scope": "Allt", "others": "Alla", "valid_to": "2027-03-02"})
    _call(sip)


def _call(sip: Sip) -> None:
    sip.say(sip.one, "sip.kallelse", {"meeting": {"id": "m-1", **START}, "receivers": [{"unit": sip.hsa(sip.two)}]})


_OPENINGS = {
    "mina_planer": _mina_planer,
    "prator": _prator,
    "samsa": _samsa,
    "lifecare": _lifecare,
    "cosmic_link": _cosmic_link,
}
