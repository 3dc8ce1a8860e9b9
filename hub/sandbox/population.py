"""Changes in the simulated population register during stays. Imports httpx and the register's rows only.

No party sees the change; the hub finds it by asking again (C-62).
"""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx

from hub.sandbox.register_contents import PersonRow


class Population:
    """Changes persons through the simulated register's ``/control``."""

    def __init__(self, registers_url: str) -> None:
        self._url = f"{registers_url}/control"
        self._marked: Counter[str] = Counter()

    async def mark_protected(self, person: PersonRow, after_s: float) -> None:
        """Protect the person's identity after ``after_s`` seconds."""
        self._marked[person.id] += 1
        await asyncio.sleep(after_s)
        await self._put(person.id, ["person"])

    async def unmark(self, person: PersonRow) -> None:
        """End the protection after the person's last stay, so that the demo can repeat it."""
        self._marked[person.id] -= 1
        if self._marked[person.id] <= 0:
            await self._put(person.id, list(person.protected))

    async def _put(self, person: str, protected: list[str]) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.post(self._url, json={"person": {"id": person, "protected": protected}})
            answer.raise_for_status()
