"""Health centres and municipalities of the demo: they act when their notices allow it, each at its own pace. Imports the party and the
acts.

They know nothing of the ward but what their notices say.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable

from hub.sandbox import acts, staff
from hub.sandbox.casefile import CaseFile
from hub.sandbox.party import ADJUST, Party
from hub.sandbox.wire import ReceivedNotice
from schemas.directory import Directory, Unit
from schemas.parts import Part
from schemas.shared import Deltagare

_PART, _ON_SIP = "svu.stallningstagande", "svu.sip_stallning"
_PATIENCE_S = 10.0
"""The most seconds to wait for another act of the same system; more where people are slow."""


class _Receiver(ABC):
    """What centres and municipalities share: each act is done once, when it is allowed."""

    def __init__(self, party: Party, directory: Directory) -> None:
        self.party, self.directory = party, directory
        self._chance = random.Random(f"desk/{party.system.id}")  # noqa: S311 - a demo
        self._cases = 0

    def noticed(self, file: CaseFile, notice: ReceivedNotice) -> None:
        """Number the case, and start the acts that are allowed now."""
        if not file.number:
            self._cases += 1
            file.number = self._cases
        unit = next((one for one in self.party.units if one.hsa in file.state), None)
        if unit is not None:
            self._consider(file, notice, unit)

    @abstractmethod
    def _consider(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> None:
        """Start the acts that a notice calls for."""

    def _once(self, file: CaseFile, unit: Unit, name: str, data: Callable[[], Part], times: float = 1.0) -> None:
        """Send a message once, after a while, if it is allowed now and is still allowed then."""
        if name not in file.begun and file.allows(unit.hsa, name):
            file.begun.add(name)
            self.party.later(file, self._do(file, unit, name, data(), times))

    async def _do(self, file: CaseFile, unit: Unit, name: str, data: Part, times: float) -> None:
        await self.party.pause(times)
        if file.allows(unit.hsa, name):
            await self.party.act(file, unit, name, data)

    async def _write(self, file: CaseFile, unit: Unit, data: Part) -> None:
        """Write the unit's own part, once."""
        if (unit.hsa, _PART) not in file.own:
            await self.party.act(file, unit, _PART, data)

    def _half(self, field: str) -> Part:
        return acts.others_half(self._chance, field)

    def _party_of(self, unit: str | None) -> str | None:
        found = self.directory.unit_by_hsa.get(unit or "")
        return None if found is None else found.party

    def _heard_from_the_ward(self, file: CaseFile, name: str) -> bool:
        return any(said == name and self._party_of(unit) == "slutenvard" for said, unit in file.notices_seen)


class Centre(_Receiver):
    """Öppenvård (V-7, V-13)."""

    def _consider(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> None:
        if file.number % 5 != 3:  # in some cases no contact is named
            self._once(file, unit, "svu.fast_vardkontakt", lambda: self._contact(file, unit), 2.0)
        if self._heard_from_the_ward(file, "svu.kartlaggning"):
            self._once(file, unit, "svu.kartlaggning", lambda: self._half("tidigare_vardrelationer"))
            if file.number % 4 == 1:
                self._once(file, unit, "meddelande", lambda: self._question(file), 2.0)
        adjusted_anew = notice.name == ADJUST and self._party_of(notice.unit) == "slutenvard"
        if adjusted_anew and "no" in file.begun:
            self.party.later(file, self._say_yes(file, notice, unit))

    def _contact(self, file: CaseFile, unit: Unit) -> Part:
        responsibility = self._chance.choice(acts.RESPONSIBILITIES) if file.number % 5 == 1 else None
        return acts.contact(staff.actor(unit, "sjukskoterska"), unit.hsa, responsibility)

    def _question(self, file: CaseFile) -> Part:
        """A question to the ward only."""
        wards = {unit for _, unit in file.notices_seen if unit is not None and self._party_of(unit) == "slutenvard"}
        return acts.question(self._chance, tuple(sorted(wards)))

    async def _say_yes(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> None:
        """V-13: say yes after the ward has adjusted again, which a notice newer than the no shows."""
        await self.party.pause()
        await self.party.until(file, lambda: (unit.hsa, _ON_SIP) in file.own, _PATIENCE_S)
        if file.own.get((unit.hsa, _ON_SIP), 0) < notice.sequence and "no" in file.begun and not file.over:
            file.begun.discard("no")
            await self.party.act(file, unit, _ON_SIP, acts.on_sip(approves=True))

    async def prepare(self, file: CaseFile, unit: Unit) -> bool:
        """Write the part and answer on SIP; after a no, adjust only after the yes."""
        await self._write(file, unit, acts.centres_part(staff.actor(unit, "lakare")))
        if (unit.hsa, _ON_SIP) in file.own:
            return True
        approves = file.number % 4 != 2
        if not approves:
            file.begun.add("no")
        await self.party.act(file, unit, _ON_SIP, acts.on_sip(approves=approves))
        return approves


class Municipality(_Receiver):
    """Kommun (V-14); it adds its home nursing when needed (C-10)."""

    def _consider(self, file: CaseFile, notice: ReceivedNotice, unit: Unit) -> None:  # noqa: ARG002 - as every receiver
        others = [one for one in self.party.units if one.hsa not in file.state]
        acknowledged = (unit.hsa, "kvittens") in file.own
        if file.number % 3 == 1 and others and acknowledged and file.allows(unit.hsa, "svu.kartlaggning"):
            self._once(file, unit, "deltagare", lambda: Deltagare(unit=others[0].hsa, change="tillagd"))
        if self._heard_from_the_ward(file, "svu.kartlaggning"):
            self._once(file, unit, "svu.kartlaggning", lambda: self._half("bakgrund"))
        if file.number % 4 == 2 and self._heard_from_the_ward(file, "svu.utskrivningsklar"):
            self._once(file, unit, "meddelande", lambda: acts.question(self._chance))

    async def prepare(self, file: CaseFile, unit: Unit) -> bool:
        """Write the planned efforts, when this unit is the municipality's receiving unit."""
        first = self.party.units[0].hsa
        if unit.hsa == first:
            await self._write(file, unit, acts.municipalitys_part(self._chance))
        return await self.party.until(file, lambda: (first, _PART) in file.own, _PATIENCE_S)
