"""One unit of the demo in one SIP: sends its acts of the table in their order, each when what the unit was told allows it. Imports the
party and the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.sandbox import clock, staff
from hub.sandbox.casefile import CaseFile
from hub.sandbox.party import Party
from hub.sandbox.sip_table import SipAct
from hub.sandbox.wire import SenderAnswer
from schemas.directory import Unit
from schemas.envelope import Message
from schemas.messages import MESSAGES

_SOON = timedelta(seconds=4)
"""From a call to its meeting: in the future when the call arrives (S-5), and no waiting."""
_LATEST = timedelta(minutes=2)
"""A machine so slow that a call takes longer plays no SIP."""
HASTE = 0.5
"""A SIP has more messages than a stay, and each takes half as long."""
_PATIENCE_S = 600.0
"""The most seconds that a unit waits for others; a SIP that takes so long is unaccounted for before."""
_REREAD_S = 30.0
"""The most seconds until the words that stand have come, after a refusal by E-3."""
World = Callable[[], Awaitable[None]]
"""Changes the person in the population register."""


class SipScript:
    """Plays the acts of one unit, by one person."""

    def __init__(self, party: Party, unit: Unit, file: CaseFile, known: Mapping[str, str | None], role: str) -> None:
        self.party, self.unit, self.file, self.role = party, unit, file, role
        self._known = known
        """What the unit knows without being told: whom it plans with."""
        self._soon = _SOON
        self._starts: datetime | None = None

    async def play(self, acts: list[SipAct], *, to_the_end: bool, world: World | None = None) -> None:
        """Send the acts; without ``to_the_end`` no more once the case is closed."""
        for act in acts:
            if not await self._waits_for(act, to_the_end):
                return
            await self.party.pause(HASTE)
            if act.world is not None and world is not None:
                await world()
            await self.send(act)

    async def send(self, act: SipAct) -> SenderAnswer:
        """Send one act; what E-3 refuses is read again and sent on the words that stand, what came too late for its meeting (S-5) is
        sent for a later one.
        """
        answer = await self.party.push(self.message(act))
        while answer.rule == "S-5" != act.refused and self._soon < _LATEST:
            self._soon *= 2
            answer = await self.party.push(self.message(act))
        if answer.rule == "E-3":
            version = await self._read_again(answer)
            if version is not None:
                await self.party.pause(HASTE)
                answer = await self.party.push(self.message(act, version))
                self.party.ledger.showed(self.file.case, "same field at once, refused and sent again")
        if answer.code == "ok" if act.refused is None else answer.rule == act.refused:
            if act.shows:
                self.party.ledger.showed(self.file.case, act.shows)
        elif act.refused is not None:
            self.party.ledger.failed(f"{act.send} in {self.file.case} was to be refused by {act.refused}")
        return answer

    def message(self, act: SipAct, version: int | None = None, subject: str | None = None) -> Message:
        """The message of an act; ``version``: that on which an edit is written."""
        content = self._filled(act.data)
        if version is not None:
            content["edits"][0]["version"] = version
        meeting = content.get("meeting")
        if isinstance(meeting, dict) and "start" in meeting:
            self._starts = datetime.fromisoformat(meeting["start"])
        data = MESSAGES[act.send].model_validate(content)
        return self.party.message(self.unit, act.send, subject or self.file.case, data, self.role)

    # --- what the unit was told ----------------------------------------------------------------------------------

    async def _waits_for(self, act: SipAct, to_the_end: bool) -> bool:
        """Wait until the act's conditions hold and the unit may send it; False when the case was closed before."""

        def ready() -> bool:
            return all(self._holds(one) for one in act.when) and (act.refused is not None or self._may(act.send))

        def closed() -> bool:
            return self.file.turned_away or (self.file.closed and not to_the_end)

        self.party.ledger.waits(self.file.case, self.unit.hsa, f"{act.send} {' '.join(act.when)}".strip())
        if closed() or not await self.party.until(self.file, lambda: closed() or ready(), _PATIENCE_S) or not ready():
            return False
        if "begun" in act.when and self._starts is not None:
            await asyncio.sleep(max(0.0, (self._starts - clock.now()).total_seconds()))
        return True

    def _may(self, name: str) -> bool:
        """Whether the latest notice allows the unit a message; its own later acts may have changed that without a notice."""
        own = max((at for (unit, _), at in self.file.own.items() if unit == self.unit.hsa), default=0)
        return self.file.told_at.get(self.unit.hsa, 0) <= own or name in self.file.may[self.unit.hsa]

    def _holds(self, condition: str) -> bool:
        word, _, rest = condition.partition(" ")
        if word == "green":
            return self.file.green(self.unit.hsa, rest)
        if word == "element":
            return rest in self.file.elements
        if word == "called":
            return len(self.file.meetings) >= _times(rest)
        if word == "news":
            return self.file.news == rest
        return word == "begun" or self.file.acts[word] >= _times(rest)

    async def _read_again(self, answer: SenderAnswer) -> int | None:
        """The version of the words that stand, once they have come; None when they have not."""
        stands = [one.rsplit(":", 2) for one in answer.warnings if one.startswith("stands:")]
        if not stands:
            return None
        _, version, sequence = stands[0]
        came = await self.file.until(lambda: self.file.latest >= int(sequence), _REREAD_S)
        return int(version) if came else None

    # --- what stands in a message ---------------------------------------------------------------------------------

    def _filled(self, value: Any) -> Any:
        """The body with «$…» put in; a field whose word is unknown here is left out."""
        if isinstance(value, dict):
            filled = {name: self._filled(one) for name, one in value.items()}
            return {name: one for name, one in filled.items() if one is not None}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        return self._word(value[1:]) if isinstance(value, str) and value.startswith("$") else value

    def _word(self, word: str) -> str | None:
        now, today = clock.now(), clock.today()
        words: dict[str, str | None] = {
            "me": self.unit.hsa,
            "actor": staff.actor(self.unit, self.role),
            "meeting": self.file.meetings[-1] if self.file.meetings else None,
            "partner": self._known.get("partner") or self.file.found_besides(self.unit.hsa),
            "soon": (now + self._soon).isoformat(),
            "later": (now + timedelta(days=90)).isoformat(),
            "today": today.isoformat(),
            "half_year": (today + timedelta(days=180)).isoformat(),
        }
        return words[word] if word in words else self._known.get(word)


def _times(rest: str) -> int:
    """How many times: «x2»; once when nothing is said."""
    return int(rest.removeprefix("x") or 1)
