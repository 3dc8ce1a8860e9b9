"""Changes in the simulated population register during stays. Imports httpx, the clock and the register's rows only.

No party sees the change; the hub finds it by asking again (C-62).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx

from hub.sandbox import clock
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
        await self._put({"id": person.id, "protected": ["person"]})

    async def dies(self, person: str) -> None:
        """Register the person as deceased."""
        await self._put({"id": person, "deregistration": "AV", "deregistered": clock.today().isoformat()})

    async def lives(self, person: str) -> None:
        """Take the death back after the person's SIP, so that the demo can repeat it."""
        await self._put({"id": person, "deregistration": None, "deregistered": None})

    async def unmark(self, person: PersonRow) -> None:
        """End the protection after the person's last stay, so that the demo can repeat it."""
        self._marked[person.id] -= 1
        if self._marked[person.id] <= 0:
            await self._put({"id": person.id, "protected": list(person.protected)})

    async def _put(self, person: dict[str, Any]) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.post(self._url, json={"person": person})
            answer.raise_for_status()
