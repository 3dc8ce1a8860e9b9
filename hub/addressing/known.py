"""What the registers are known to say, in memory, so that the intake need not wait for them. Imports the intake's
protocol and the store.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta

from hub.intake.own import ASKED
from hub.store.registers import Answers
from schemas.own import Adressering, VerificationOutcome

_PERSONS = 50_000
_ACTOR_S = 24 * 3600.0
"""C-3: what HSA said of an actor is good for a day."""
_ASKED_S = 60.0
_VERDICTS = "verdict"


class Known:
    """The last answers for as long as they are good; bounded, the least used person leaves first."""

    def __init__(self, answers: Answers, ttl_s: float, negative_ttl_s: float) -> None:
        self._answers = answers
        self._ttl = ttl_s
        self._negative_ttl = negative_ttl_s
        self._persons: OrderedDict[tuple[str, str], tuple[float, Adressering]] = OrderedDict()
        self._actors: dict[tuple[str, str], tuple[float, str]] = {}

    async def load(self) -> None:
        """What HSA said of actors outlives a restart: one whom it does not know stays refused."""
        now = datetime.now(UTC)
        for key, outcome, expires in await self._answers.all(_VERDICTS):
            actor, _, role = key.partition("/")
            self._actors[actor, role] = (time.monotonic() + (expires - now).total_seconds(), outcome)

    def person(self, personnummer: str, county: str) -> Adressering | None:
        """Whom to address for a person in a case of a region (its länskod), or None."""
        found = self._persons.get((personnummer, county))
        if found is None or found[0] < time.monotonic():
            return None
        self._persons.move_to_end((personnummer, county))
        return found[1]

    def put_person(self, personnummer: str, county: str, answer: Adressering) -> None:
        """Keeps an answer about a person."""
        good = answer.outcome in {"listed", "listed_in_another_region"}
        key = (personnummer, county)
        self._persons[key] = (time.monotonic() + (self._ttl if good else self._negative_ttl), answer)
        self._persons.move_to_end(key)
        if len(self._persons) > _PERSONS:
            self._persons.popitem(last=False)

    def drop_person(self, personnummer: str) -> None:
        """Folkbokforing has news of the person: what was known no longer holds (C-62)."""
        for key in [key for key in self._persons if key[0] == personnummer]:
            del self._persons[key]

    def actor(self, actor: str, role: str) -> str | None:
        """What HSA said of one who acts in a role; ``asked`` while its answer is awaited; None when it is to be
        asked.
        """
        found = self._actors.get((actor, role))
        return None if found is None or found[0] < time.monotonic() else found[1]

    def asking(self, actor: str, role: str) -> None:
        """The question has been written down: not again for a while."""
        self._actors[actor, role] = (time.monotonic() + _ASKED_S, ASKED)

    async def put_actor(self, actor: str, role: str, outcome: VerificationOutcome) -> None:
        """Keeps what HSA said of an actor, for a day."""
        self._actors[actor, role] = (time.monotonic() + _ACTOR_S, outcome)
        await self._answers.put(_VERDICTS, f"{actor}/{role}", outcome, datetime.now(UTC) + timedelta(seconds=_ACTOR_S))

    def forget(self) -> None:
        """The directory has changed, and with it who receives for a municipality and which befattning gives which
        role.
        """
        self._persons.clear()
        self._actors.clear()
