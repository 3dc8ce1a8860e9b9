"""The sessions of operations: a program's token, and an end to a session. Imports the store and the rights only.

Tokens are made at the machine, never over the network: whoever could make them there could give themselves any right.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub import clock
from hub.errors import Misconfigured, Refused
from hub.operations.reason import given, without_person_number
from hub.operations.rights import ROLES
from hub.store import operator_log, operator_sessions
from hub.store.operator_sessions import Connection, Session
from hub.trail_words import token_made
from schemas.swedish_time import clock_with_zone

_MOST_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A program's token that was made; ``value`` is shown this once."""

    value: str
    session: int
    until: datetime

    def __str__(self) -> str:
        until = clock_with_zone(self.until)
        return f"{self.value}\nthis token is valid until {until}, as session {self.session}; it is not shown again"


async def make_token(
    connection: Connection, name: str, roles: Collection[str], days: int, who: str, reason: str
) -> MadeToken:
    """A token for a program, which acts in its own name and that of who made it. Raises ``Misconfigured``, and ``Refused`` 400 of the
    reason.
    """
    said = given(reason)
    if unknown := [role for role in roles if role not in ROLES]:
        raise Misconfigured(f"there is no role {unknown[0]}; the roles are {', '.join(ROLES)}")
    if not roles:
        raise Misconfigured(f"give --role, one or several of: {', '.join(ROLES)}")
    named = " ".join(name.split())
    if not named or len(named) > _MOST_CHARACTERS:
        raise Misconfigured(f"name the program, in at most {_MOST_CHARACTERS} characters")
    without_person_number(named, "/name")
    until = clock.now() + timedelta(days=days)
    begun = await operator_sessions.begin(connection, f"{named} ({who})", frozenset(roles), until, kind="program")
    await operator_log.record(connection, who, "make a token", token_made(begun.id, named, roles, days), said)
    return MadeToken(begun.token, begun.id, until)


async def end(connection: Connection, session: int, who: str, reason: str) -> Session:
    """End a session now, and return it. Raises ``Refused`` 404 where none is in force under this number."""
    said = given(reason)
    ended = await operator_sessions.end(connection, session, f"by {who}")
    if ended is None:
        raise Refused(
            "not-found",
            f"Ingen session {session} gäller; listan visar dem som gäller (hub operators list).",
            f"No session {session} is in force; the list shows those that are (hub operators list).",
            "/session",
            404,
        )
    await operator_log.record(connection, who, "end a session", f"session {session} of {ended.who}", said)
    return ended
