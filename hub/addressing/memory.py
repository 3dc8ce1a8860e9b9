"""The register answers that this process remembers, so that the intake need not wait for a register. Imports the intake's
protocol and the store.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from hub import clock
from hub.addressing.cached_lookup import key_of
from hub.intake.hub_messages import ASKED
from hub.processes.shared.registers import LICENSED
from hub.store.registers import Answers
from schemas.hub_messages import Adressering, VerificationOutcome

K = TypeVar("K")
V = TypeVar("V")

_PERSONS = 50_000
_ACTORS = 100_000
_ACTOR_S = 24 * 3600.0
"""C-3: HSA's answer about an actor is good for a day."""
_ASKED_S = 3600.0
"""The question waits in the outbox for as long as it takes; the next act after this time writes it down once more."""
_LICENCE_ASKED_S = 60.0
"""A menprovning waits for this answer: another hub may have learnt meanwhile that HSA did not answer."""
_VERDICTS = "verdict"
_FOUND, _NOT_FOUND = "addressing", "no addressing"
"""Under which names the addressing of persons is kept for all hubs: apart, since each kind is good for a time of its own, and who reads
what has come since goes by when it expires.
"""
_OVERLAP = timedelta(seconds=10)
"""Another hub's clock may be this much behind."""
_IN_DOUBT = timedelta(minutes=1)
"""An answer that came so soon after another hub's news of the person may have been read before the news."""


class TimedMemory(Generic[K, V]):
    """Values, each for as many seconds as it is good. A full memory forgets the least recently used one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[K, tuple[V, float]] = {}
        """Key → (value, until when it is good); the one used last stands last."""

    def get(self, key: K) -> V | None:
        """The value, while it is good."""
        kept = self._kept.pop(key, None)
        if kept is None or kept[1] <= time.monotonic():
            return None
        self._kept[key] = kept
        return kept[0]

    def put(self, key: K, value: V, seconds: float) -> None:
        """Remembers a value for so many seconds."""
        self._kept.pop(key, None)
        if len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = value, time.monotonic() + seconds

    def forget(self, key: K) -> None:
        """Forgets the value, if there is one."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forgets all."""
        self._kept.clear()


class RegisterMemory:
    """The latest answers, each for as long as it is good."""

    def __init__(
        self,
        answers: Answers,
        ttl_s: float,
        negative_ttl_s: float,
        secret: bytes = b"",
        directory: Callable[[], int] = lambda: 0,
    ) -> None:
        """``secret``: of the keys of persons; ``directory``: the version of the directory in force, by which a person is addressed."""
        self._answers = answers
        self._secret = secret
        self._directory = directory
        self._ttl = ttl_s
        self._negative_ttl = negative_ttl_s
        self._persons: TimedMemory[str, tuple[datetime, Adressering]] = TimedMemory(_PERSONS)
        self._counties: set[str] = set()
        """The regions (länskod) in whose cases persons are remembered."""
        self._actors: TimedMemory[tuple[str, str], str] = TimedMemory(_ACTORS)
        self._refused: TimedMemory[tuple[str, str], str] = TimedMemory(_ACTORS)
        """The actors with whom HSA disagrees, in a memory of their own: they are not pushed out by the many others."""
        self._names: TimedMemory[str, str] = TimedMemory(_ACTORS)
        self._read_up_to = dict.fromkeys((_VERDICTS, _FOUND, _NOT_FOUND), clock.now())

    async def load(self) -> None:
        """Reads from the store what the registers have said to other hubs, and before a restart, of actors and of persons. An
        actor whom HSA does not know is then refused by every hub, and a person is asked about once.
        """
        now = clock.now()
        for key, answer, expires in await self._come_since(_VERDICTS):
            actor, _, role = key.partition("/")
            if isinstance(answer, dict):
                self._learn(actor, role, answer["outcome"], answer.get("name"), (expires - now).total_seconds())
        for kept in (_FOUND, _NOT_FOUND):
            for key, answer, expires in await self._come_since(kept, _PERSONS):
                known, at = self._persons.get(key), datetime.fromisoformat(answer["at"])
                if answer["directory"] == self._directory() and (known is None or known[0] < at):
                    self._counties.add(answer["county"])
                    found = Adressering.model_validate(answer["answer"])
                    self._persons.put(key, (at, found), (expires - now).total_seconds())

    async def _come_since(self, register: str, limit: int | None = None) -> list[tuple[str, Any, datetime]]:
        found = await self._answers.since(register, self._read_up_to[register] - _OVERLAP, limit)
        self._read_up_to[register] = max([self._read_up_to[register], *(expires for *_, expires in found)])
        return found

    def person(self, personnummer: str, county: str, news: datetime | None = None) -> Adressering | None:
        """The addressing of a person in a case of a region (its länskod); None where none is remembered, or where there
        has been ``news`` of the person since.
        """
        found = self._persons.get(key_of(self._secret, personnummer, county))
        if found is None or (news is not None and found[0] < news + _IN_DOUBT):
            return None
        return found[1]

    def put_person(self, personnummer: str, county: str, answer: Adressering) -> None:
        """Remembers the addressing of a person, a negative answer for a shorter time."""
        self._put_person(key_of(self._secret, personnummer, county), county, clock.now(), answer)

    def _put_person(self, key: str, county: str, at: datetime, answer: Adressering) -> None:
        self._counties.add(county)
        self._persons.put(key, (at, answer), self._good_for(answer))

    async def share_person(self, personnummer: str, county: str, answer: Adressering) -> None:
        """Remembers the addressing of a person, here and for the other hubs."""
        key, at = key_of(self._secret, personnummer, county), clock.now()
        self._put_person(key, county, at, answer)
        kept = {
            "at": at.isoformat(), "county": county, "directory": self._directory(),
            "answer": answer.model_dump(mode="json", exclude_none=True),
        }  # fmt: skip
        register = _FOUND if self._is_found(answer) else _NOT_FOUND
        await self._answers.put(register, key, kept, at + timedelta(seconds=self._good_for(answer)))

    def _is_found(self, answer: Adressering) -> bool:
        return answer.outcome in {"listed", "listed_in_another_region"}

    def _good_for(self, answer: Adressering) -> float:
        return self._ttl if self._is_found(answer) else self._negative_ttl

    def drop_person(self, personnummer: str) -> None:
        """Forgets a person: folkbokforing has news, so the earlier answers no longer hold (C-62)."""
        for county in self._counties:
            self._persons.forget(key_of(self._secret, personnummer, county))

    def actor(self, actor: str, role: str) -> str | None:
        """HSA's answer about an actor in a role; ``asked`` while the answer is awaited; None when HSA must be asked."""
        return self._refused.get((actor, role)) or self._actors.get((actor, role))

    def name(self, person: str) -> str | None:
        """The name of a person who works in health care, where HSA has told it (C-60)."""
        return self._names.get(person)

    def asking(self, actor: str, role: str) -> None:
        """Remembers that the question is written down, so that it is not written again for a while."""
        self._actors.put((actor, role), ASKED, _LICENCE_ASKED_S if role == LICENSED else _ASKED_S)

    def unanswered(self, actor: str, role: str) -> None:
        """HSA will not answer the question: it may be asked again."""
        if self._actors.get((actor, role)) == ASKED:
            self._actors.forget((actor, role))

    async def put_actor(self, actor: str, role: str, outcome: VerificationOutcome, name: str | None = None) -> None:
        """Remembers HSA's answer about an actor for a day, here and for the other hubs."""
        self._learn(actor, role, outcome, name, _ACTOR_S)
        answer = {"outcome": outcome, "name": name}
        await self._answers.put(_VERDICTS, f"{actor}/{role}", answer, clock.now() + timedelta(seconds=_ACTOR_S))

    def _learn(self, actor: str, role: str, outcome: str, name: str | None, seconds: float) -> None:
        self._refused.forget((actor, role))
        memory = self._actors if outcome == "verified" else self._refused
        memory.put((actor, role), outcome, seconds)
        if name is not None:
            self._names.put(actor, name, seconds)

    def forget(self) -> None:
        """Forgets the answers that the directory has a part in: its receiving units and its befattningar have changed."""
        self._persons.clear()
        self._actors.clear()
        self._refused.clear()
