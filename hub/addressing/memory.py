"""What the registers are known to say, in memory, so that the intake need not wait for them. Imports the intake's
protocol and the store.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hub.intake.hub_messages import ASKED
from hub.processes.shared.registers import LICENSED
from hub.store.registers import Answers
from schemas.hub_messages import Adressering, VerificationOutcome

K = TypeVar("K")
V = TypeVar("V")

_PERSONS = 50_000
_ACTORS = 100_000
_ACTOR_S = 24 * 3600.0
"""C-3: what HSA said of an actor is good for a day."""
_ASKED_S = 3600.0
"""The question waits in the outbox for as long as it takes; the next act after this writes it down once more."""
_LICENCE_ASKED_S = 60.0
"""A menprovning waits for this one: another hub may have learnt meanwhile that HSA did not answer."""
_VERDICTS = "verdict"
_OVERLAP = timedelta(seconds=10)
"""Another hub's clock may be this much behind."""
_IN_DOUBT = timedelta(minutes=1)
"""An answer that came so soon after another hub's news of the person may have been read before it."""


class TimedMemory(OrderedDict[K, tuple[float, V]]):
    """Answers with the time until which they are good (monotonic seconds); bounded, the least used leaves first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V, seconds: float) -> None:
        """Good for so many seconds from now."""
        self[key] = (time.monotonic() + seconds, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)

    def good(self, key: K) -> V | None:
        """The answer while it is good."""
        found = self.get(key)
        if found is None or found[0] < time.monotonic():
            return None
        self.move_to_end(key)
        return found[1]


class RegisterMemory:
    """The last answers for as long as they are good."""

    def __init__(self, answers: Answers, ttl_s: float, negative_ttl_s: float) -> None:
        self._answers = answers
        self._ttl = ttl_s
        self._negative_ttl = negative_ttl_s
        self._persons: TimedMemory[tuple[str, str], tuple[datetime, Adressering]] = TimedMemory(_PERSONS)
        self._actors: TimedMemory[tuple[str, str], str] = TimedMemory(_ACTORS)
        self._refused: TimedMemory[tuple[str, str], str] = TimedMemory(_ACTORS)
        """Those with whom HSA disagrees, apart: however many others act, they are not forgotten for them."""
        self._names: TimedMemory[str, str] = TimedMemory(_ACTORS)
        self._read_up_to = datetime.now(UTC)

    async def load(self) -> None:
        """What HSA said of actors, to whichever hub it said it, and before a restart: one whom it does not know stays
        refused everywhere.
        """
        now = datetime.now(UTC)
        for key, answer, expires in await self._answers.since(_VERDICTS, self._read_up_to - _OVERLAP):
            self._read_up_to = max(self._read_up_to, expires)
            actor, _, role = key.partition("/")
            if isinstance(answer, dict):
                self._learn(actor, role, answer["outcome"], answer.get("name"), (expires - now).total_seconds())

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> Adressering | None:
        """Whom to address for a person in a case of a region (its länskod), or None; also when there has been ``news`` of
        the person since that was learnt.
        """
        found = self._persons.good((personnummer, county))
        if found is None or (news is not None and found[0] < news + _IN_DOUBT):
            return None
        return found[1]

    def put_person(self, personnummer: str, county: str, answer: Adressering) -> None:
        """Keeps an answer about a person."""
        good = answer.outcome in {"listed", "listed_in_another_region"}
        kept = (datetime.now(UTC), answer)
        self._persons.keep((personnummer, county), kept, self._ttl if good else self._negative_ttl)

    def drop_person(self, personnummer: str) -> None:
        """Folkbokforing has news of the person: what was known no longer holds (C-62)."""
        for key in [key for key in self._persons if key[0] == personnummer]:
            del self._persons[key]

    def actor(self, actor: str, role: str) -> str | None:
        """What HSA said of one who acts in a role; ``asked`` while its answer is awaited; None when it is to be
        asked.
        """
        return self._refused.good((actor, role)) or self._actors.good((actor, role))

    def name(self, person: str) -> str | None:
        """The name of one who works in health care, where HSA has said it (C-60)."""
        return self._names.good(person)

    def asking(self, actor: str, role: str) -> None:
        """The question has been written down: not again for a while."""
        self._actors.keep((actor, role), ASKED, _LICENCE_ASKED_S if role == LICENSED else _ASKED_S)

    def unanswered(self, actor: str, role: str) -> None:
        """HSA will not answer the question: it may be asked again."""
        if self._actors.good((actor, role)) == ASKED:
            del self._actors[actor, role]

    async def put_actor(self, actor: str, role: str, outcome: VerificationOutcome, name: str | None = None) -> None:
        """Keeps what HSA said of an actor, for a day."""
        self._learn(actor, role, outcome, name, _ACTOR_S)
        answer = {"outcome": outcome, "name": name}
        await self._answers.put(_VERDICTS, f"{actor}/{role}", answer, datetime.now(UTC) + timedelta(seconds=_ACTOR_S))

    def _learn(self, actor: str, role: str, outcome: str, name: str | None, seconds: float) -> None:
        self._refused.pop((actor, role), None)
        (self._actors if outcome == "verified" else self._refused).keep((actor, role), outcome, seconds)
        if name is not None:
            self._names.keep(actor, name, seconds)

    def forget(self) -> None:
        """The directory has changed, and with it who receives for a municipality and which befattning gives which
        role.
        """
        self._persons.clear()
        self._actors.clear()
        self._refused.clear()
