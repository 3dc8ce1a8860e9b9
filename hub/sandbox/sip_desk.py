"""A connected system's part in the SIPs of the demo: opens them, comes in when told, answers what is awaited. Imports the scripts and
the table.
"""

from __future__ import annotations

from collections import Counter

from hub.sandbox.casefile import CaseFile
from hub.sandbox.party import Party
from hub.sandbox.sip_script import HASTE, SipScript, World
from hub.sandbox.sip_table import SipAct, SipPart, SipPlan, SipTable, tables
from hub.sandbox.wire import ReceivedNotice, SenderAnswer
from schemas.directory import Directory, Unit
from schemas.envelope import Message


class SipDesk:
    """Plays SIPs for the units of one system. Its units know the table of the case's profile, as people know their manual."""

    def __init__(self, party: Party, directory: Directory) -> None:
        self.party, self._directory = party, directory
        self._begun: set[tuple[str, str]] = set()
        """(case, unit) of the SIPs that a unit takes part in."""
        self._asked: Counter[tuple[str, str, str]] = Counter()
        """(case, unit, awaited act) → how many times."""

    def first_message(self, unit: Unit, plan: SipPlan, known: dict[str, str | None], subject: str) -> Message:
        """The message that opens a SIP."""
        script = self._script(unit, CaseFile(subject), known)
        return script.message(tables()[plan.profile].acts_of("opener")[0], subject=subject)

    async def open(
        self, unit: Unit, plan: SipPlan, known: dict[str, str | None], first: Message, world: World
    ) -> SenderAnswer:
        """Open a SIP and play it to its end."""
        table = tables()[plan.profile]
        answer = await self.party.push(first)
        if answer.code != "ok" or answer.case is None:
            return answer
        file = self.party.file(answer.case)
        file.profile, file.opener = plan.profile, unit.hsa
        self._begun.add((file.case, unit.hsa))
        colleague = [act for act in table.acts_of("colleague") if act.is_in(plan.end)]
        if colleague:
            other = self._script(unit, file, known, list(unit.roles)[-1])
            self.party.later(file, other.play(colleague, to_the_end=False))
        acts = [act for act in table.acts_of("opener")[1:] if act.is_in(plan.end)]
        await self._script(unit, file, known).play(acts, to_the_end=True, world=world)
        return answer

    def noticed(self, file: CaseFile, notice: ReceivedNotice) -> None:
        """React to a notice of a SIP, which the file has taken in."""
        if not file.profile and notice.name == "sip.initiativ" and notice.unit is not None:
            # The case keeps the profile of the region that opened it.
            file.profile, file.opener = self._directory.region_of(notice.unit).profile, notice.unit
        if not file.profile:
            return
        table = tables()[file.profile]
        file.closed = file.closed or closes(table, notice)
        for unit in self.party.units:
            if unit.hsa not in notice.may:
                continue  # the notice is another unit's of the same system
            part = self._part(table, file, unit)
            if (file.case, unit.hsa) not in self._begun:
                self._begun.add((file.case, unit.hsa))
                self.party.later(file, self._script(unit, file, {}).play(table.acts_of(part), to_the_end=False))
            if awaited := notice.awaits.get(unit.hsa):
                key = (file.case, unit.hsa, awaited)
                answer = table.answer_of(part, awaited, self._asked[key])
                self._asked[key] += 1
                if answer is not None:
                    self.party.later(file, self._answer(unit, file, answer))
        file.ring()

    async def _answer(self, unit: Unit, file: CaseFile, act: SipAct) -> None:
        await self.party.pause(HASTE)
        await self._script(unit, file, {}).send(act)

    def _part(self, table: SipTable, file: CaseFile, unit: Unit) -> SipPart:
        if unit.hsa == file.opener:
            return "opener"
        return "wrong" if unit.hsa == table.wrong else "partner"

    def _script(self, unit: Unit, file: CaseFile, known: dict[str, str | None], role: str | None = None) -> SipScript:
        return SipScript(self.party, unit, file, known, role or next(iter(unit.roles)))

    def forget(self, case: str) -> None:
        """Forget a SIP that is settled."""
        self._begun = {key for key in self._begun if key[0] != case}
        self._asked = Counter({key: number for key, number in self._asked.items() if key[0] != case})


def closes(table: SipTable, notice: ReceivedNotice) -> bool:
    """Whether the case has ended with a message of another unit."""
    return notice.name in {"sip.avslut", "makulering", *table.closes}
