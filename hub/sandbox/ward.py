"""A ward of the demo: plays stays from their plans, which it alone knows, and from its notices. Imports the party, the acts and the stay
plans.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from hub.sandbox import acts, staff
from hub.sandbox.casefile import CaseFile
from hub.sandbox.party import STEP, Party
from hub.sandbox.stay_plan import StayPlan
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
"""Region → the health centre and municipality that a ward adds when the registers found none."""
_PATIENCE_S = 9.0
"""The most seconds that a ward waits for others, at pace 1."""
_REGISTER_S = 30.0
"""The most seconds that a ward waits for a planned change in the population register, at pace 1."""


class _Over(Exception):  # noqa: N818 - not an error: the stay is cut short
    """Nothing more may be sent but the discharge."""


class Ward:
    """One unit of a record system."""

    def __init__(self, party: Party, unit: Unit, directory: Directory, pace: float) -> None:
        self.party, self.unit = party, unit
        self._directory = directory
        self._pace = pace

    def noticed(self, file: CaseFile, notice: ReceivedNotice) -> None:
        """Nothing: the stays read their files themselves."""

    async def prepare(self, file: CaseFile, unit: Unit) -> bool:  # noqa: ARG002 - as every desk
        """True: the ward's part was marked as ready before any unit was asked to adjust."""
        return True

    async def play(self, plan: StayPlan, admission: Message) -> None:
        """Play one stay from admission to end."""
        answer = await self.party.push(admission)
        if answer.code == "ok" and answer.case is not None:
            await WardStay(
                self.party, self.unit, self._directory, self._pace, plan, self.party.file(answer.case)
            ).play()


class WardStay:
    """One stay on the ward."""

    def __init__(
        self, party: Party, unit: Unit, directory: Directory, pace: float, plan: StayPlan, file: CaseFile
    ) -> None:
        self.party, self.unit, self.plan, self.file = party, unit, plan, file
        self._directory, self._pace = directory, pace
        self._chance = random.Random(f"ward/{plan.number}")  # noqa: S311 - a demo
        self._physician = staff.actor(unit, "lakare")

    async def play(self) -> None:
        """Play until the patient has left, or the hub has closed the case."""
        try:
            await self._addressed()
            if self.plan.consent != "refused":
                await self._course()
        except _Over:
            if self.file.closed:
                return
            await self._must("svu.utskrivning", acts.early_end())
            return
        if await self._leave() and self.plan.undone:
            await self._must("svu.utskrivning_angrad", acts.undone())
            await self._leave()

    async def _course(self) -> None:
        """Send the messages between admission and discharge."""
        if self.plan.new_date:
            await self._act("svu.beraknad_utskrivning", acts.new_date(self._chance))
        for written in acts.wards_half(self._chance):
            await self._act("svu.kartlaggning", written)
        if self.plan.asks:
            await self._act("meddelande", acts.question(self._chance))
        for part in acts.wards_part(self._chance, self._physician):
            await self._act("svu.stallningstagande", part)
        await self._act("svu.klarmarkering", Klarmarkering())
        await self._ready()
        await self._wait(lambda: self.file.green(self.unit.hsa, STEP))
        if self.plan.edited:
            await self._act("svu.stallningstagande", acts.wards_edit(self._chance))
            await self._act("svu.klarmarkering", Klarmarkering())
            await self._wait(lambda: self.file.green(self.unit.hsa, STEP))
        if self.plan.protected and not await self.file.until(
            lambda: self.file.over, _REGISTER_S * max(1.0, self._pace)
        ):
            return
        self._look()

    async def _addressed(self) -> None:
        """Wait until all have acknowledged the admission, or the case is in the manual queue."""
        hsa = self.unit.hsa
        await self._wait(lambda: self.file.addressing is not None or self.file.green(hsa, "inskrivning"))
        found = self.file.addressing
        if found is None or not self.plan.by_hand:
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
        if self.plan.interrupted is None:
            return
        moved = self.plan.interrupted == "new_date"
        physician = self._physician if moved else None
        await self.party.pause()
        await self._act("svu.utskrivningsklar_avbruten", acts.interrupted(self._chance, physician))
        if not moved:
            await self.party.pause()
            await self._act("svu.utskrivningsklar", acts.ready(self._physician))

    async def _leave(self) -> bool:
        """V-16: discharge; confirm when no fast vardkontakt is kallelseansvarig. False when the hub has closed the case itself: then
        there is no discharge to undo (V-17).
        """
        for confirmed in (False, True):
            await self.party.pause()
            if self.file.closed:
                return False
            data = acts.early_end() if self.file.over else acts.discharge(self._chance, confirmed=confirmed)
            answer = await self.party.act(self.file, self.unit, "svu.utskrivning", data)
            if answer.code == "ok":
                return True
        return False

    async def _act(self, name: str, data: Part) -> SenderAnswer:
        """Send a message after a while; raises ``_Over`` when the case was closed or the person protected meanwhile."""
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
        """Wait for others, within the time limit."""
        await self.party.until(self.file, lambda: self.file.over or holds(), _PATIENCE_S * self._pace)
        self._look()

    def _look(self) -> None:
        if self.file.over:
            raise _Over
