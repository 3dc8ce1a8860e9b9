"""What the population register learns while patients lie on the wards: changes of the simulated one, at run time.

Imports httpx and the register's rows only. No party sees it: the hub finds out by asking again (C-62).
"""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx

from hub.sandbox.register_contents import PersonRow


class Population:
    """The simulated register's ``/control``, as the tax agency would use it."""

    def __init__(self, registers_url: str) -> None:
        self._url = f"{registers_url}/control"
        self._marked: Counter[str] = Counter()

    async def mark_protected(self, person: PersonRow, after_s: float) -> None:
        """After a while the person's identity is protected."""
        self._marked[person.id] += 1
        await asyncio.sleep(after_s)
        await self._put(person.id, ["person"])

    async def unmark(self, person: PersonRow) -> None:
        """When the last stay of the person has ended the mark is taken away, so that the demo can play it again."""
        self._marked[person.id] -= 1
        if self._marked[person.id] <= 0:
            await self._put(person.id, list(person.protected))

    async def _put(self, person: str, protected: list[str]) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.post(self._url, json={"person": {"id": person, "protected": protected}})
            answer.raise_for_status()
