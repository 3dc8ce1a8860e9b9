"""Somebody of operations for a test: signed in with roles, asking ``/ops`` of a hub's own HTTP side."""

from datetime import UTC, datetime, timedelta

import httpx

from hub.http_api import api_of
from hub.store import operator_sessions

EVERY_ROLE = frozenset({"lasare", "drift", "driftansvarig", "katalogansvarig", "granskare"})


class Person:
    """A person of operations; ``ask`` and ``say`` assert the status and return the JSON."""

    def __init__(self, hub, token):
        transport = httpx.ASGITransport(app=api_of(hub), raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://hub/ops", headers=headers)

    async def ask(self, path, status=200, **query):
        found = await self.client.get(path, params=query)
        assert found.status_code == status, found.text
        return found.json()

    async def say(self, path, body=None, status=200):
        found = await self.client.post(path, json=body)
        assert found.status_code == status, found.text
        return found.json()


async def signed_in(hub, *roles, who="Disa Drift"):
    """Somebody with these roles, or with every role."""
    until = datetime.now(UTC) + timedelta(hours=1)
    async with hub.store.transaction() as connection:
        begun = await operator_sessions.begin(connection, who, frozenset(roles) or EVERY_ROLE, until)
    return Person(hub, begun.token)


async def nobody_yet(store):
    """As before anybody has signed in: for tests that share a database."""
    async with store.transaction() as connection:
        await connection.execute(
            "TRUNCATE operation, operator_session, glass, sign_in, device_sign_in, logout_token RESTART IDENTITY"
        )
