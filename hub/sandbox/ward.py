"""A ward: plays one stay after the other from the plot that it alone knows, and from what its notices tell it.

Imports the party, the acts and the plot beside it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from hub.sandbox import acts, staff
from hub.sandbox.casefile import CaseFile
from hub.sandbox.party import STEP, Party
from hub.sandbox.plot import Plot
from hub.sandbox.wire import ReceivedNotice, SenderAnswer
from schemas.directory import Directory, Unit
from schemas.envelope import Message
from schemas.parts import Part
from schemas.shared import Deltagare
from schemas.svu import Klarmarkering

NEIGHBOURS = {
    "SE2321000255-AVD12": ("SE2321000255-VC01", "SE2120001132-K01"),
    "SE2321000255-AVD31": ("SE2321000255-VC03", "SE2120001124-K01"),
    "SE2321000255-AVD40": ("SE2321000255-VC04", "SE2120001157-K01"),
    "SE2321000131-AVD1": ("SE2321000131-VC01", "SE2120001355-K01"),
}
"""Health centre and municipality that a ward rings when the registers found nobody."""
_PATIENCE_S = 9.0
"""So long a ward waits for the others before it goes on, at pace 1."""
_REGISTER_S = 30.0
"""A patient whose plot it is stays until the population register's news has come, or so long."""


class _Over(Exception):  # noqa: N818 - no error: the stay goes no further
    """Nothing more may be said but that the patient leaves."""


class Ward:
    """One unit of a record system."""

    def __init__(self, party: Party, unit: Unit, directory: Directory, pace: float) -> None:
        self.party, self.unit = party, unit
        self._directory = directory
        self._pace = pace

    def told(self, file: CaseFile, notice: ReceivedNotice) -> None:
        """The stays that are being played look into their files themselves."""

    async def prepare(self, file: CaseFile, unit: Unit) -> bool:  # noqa: ARG002 - as every desk
        """The ward's part was marked ready before anybody was asked to adjust."""
        return True

    async def play(self, plot: Plot, admission: Message) -> None:
        """One stay, from the admission to the end."""
        answer = await self.party.push(admission)
        if answer.code == "ok" and answer.case is not None:
            await WardStay(
                self.party, self.unit, self._directory, self._pace, plot, self.party.file(answer.case)
            ).play()


class WardStay:
    """One patient's time on the ward."""

    def __init__(self, party: Party, unit: Unit, directory: Directory, pace: float, plot: Plot, file: CaseFile) -> None:
        self.party, self.unit, self.plot, self.file = party, unit, plot, file
        self._directory, self._patience = directory, _PATIENCE_S * pace
        self._chance = random.Random(f"ward/{plot.number}")  # noqa: S311 - a demo
        self._physician = staff.actor(unit, "lakare")

    async def play(self) -> None:
        """Until the patient has left, or the hub has closed the case."""
        try:
            await self._addressed()
            if self.plot.consent != "refused":
                await self._course()
        except _Over:
            if self.file.closed:
                return
            await self._must("svu.utskrivning", acts.early_end())
            return
        await self._leave()
        if self.plot.undone:
            await self._must("svu.utskrivning_angrad", acts.undone())
            await self._leave()

    async def _course(self) -> None:
        """What is told and written between admission and discharge."""
        if self.plot.new_date:
            await self._act("svu.beraknad_utskrivning", acts.new_date(self._chance))
        for written in acts.wards_half(self._chance):
            await self._act("svu.kartlaggning", written)
        if self.plot.asks:
            await self._act("meddelande", acts.question(self._chance))
        for part in acts.wards_part(self._chance, self._physician):
            await self._act("svu.stallningstagande", part)
        await self._act("svu.klarmarkering", Klarmarkering())
        await self._ready()
        await self._wait(lambda: self.file.green(self.unit.hsa, STEP))
        if self.plot.edited:
            await self._act("svu.stallningstagande", acts.wards_edit(self._chance))
            await self._act("svu.klarmarkering", Klarmarkering())
            await self._wait(lambda: self.file.green(self.unit.hsa, STEP))
        if self.plot.protected and not await self.file.until(lambda: self.file.over, _REGISTER_S):
            return
        self._look()

    async def _addressed(self) -> None:
        """Until all have acknowledged the admission, or the hub says that somebody has to be found by hand."""
        hsa = self.unit.hsa
        await self._wait(lambda: self.file.addressing is not None or self.file.green(hsa, "inskrivning"))
        found = self.file.addressing
        if found is None or not self.plot.by_hand:
            return
        centre, municipality = NEIGHBOURS[hsa]
        for missing, unit in (("health_centre", centre), ("municipality_unit", municipality)):
            known = found.get(missing)
            if known is None or known not in self._directory.unit_by_hsa:
                await self._act("deltagare", Deltagare(unit=unit, change="tillagd"))
        await self._wait(lambda: self.file.green(hsa, "inskrivning"))

    async def _ready(self) -> None:
        """V-9, V-10: utskrivningsklar, which may be interrupted."""
        await self._act("svu.utskrivningsklar", acts.ready(self._physician))
        if self.plot.interrupted is None:
            return
        moved = self.plot.interrupted == "new_date"
        physician = self._physician if moved else None
        await self.party.pause()
        await self._act("svu.utskrivningsklar_avbruten", acts.interrupted(self._chance, physician))
        if not moved:
            await self.party.pause()
            await self._act("svu.utskrivningsklar", acts.ready(self._physician))

    async def _leave(self) -> None:
        """V-16: asked to confirm where nobody is kallelseansvarig, the ward does."""
        for confirmed in (False, True):
            await self.party.pause()
            if self.file.closed:
                return
            data = acts.early_end() if self.file.over else acts.discharge(self._chance, confirmed=confirmed)
            answer = await self.party.act(self.file, self.unit, "svu.utskrivning", data)
            if answer.code == "ok":
                return

    async def _act(self, name: str, data: Part) -> SenderAnswer:
        """After a while, and unless the register has said something in the meantime."""
        await self.party.pause()
        self._look()
        answer = await self.party.act(self.file, self.unit, name, data, self._role())
        if answer.rule in {"C-62", "C-63"}:
            await self._wait(lambda: self.file.over)
            raise _Over
        return answer

    async def _must(self, name: str, data: Part) -> None:
        await self.party.pause()
        await self.party.act(self.file, self.unit, name, data, self._role())

    def _role(self) -> str:
        return self._chance.choice(list(self.unit.roles))

    async def _wait(self, holds: Callable[[], bool]) -> None:
        """For the others, but not for ever."""
        await self.file.until(lambda: self.file.over or holds(), self._patience)
        self._look()

    def _look(self) -> None:
        if self.file.over:
            raise _Over
