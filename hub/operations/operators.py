"""The sessions of operations as those at the machine see to them: a program's token, and an end to a session. Imports the store and the
rights only.

None of it is on the network: whoever could make tokens there could give themselves any right.
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
from hub.store.operator_sessions import Connection, ListedSession
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
    as_what = f"session {begun.id}: {named} as {', '.join(sorted(roles))} for {days} days"
    await operator_log.record(connection, who, "make a token", as_what, said)
    return MadeToken(begun.token, begun.id, until)


async def end(connection: Connection, session: int, who: str, reason: str) -> str:
    """End a session now; what came of it. Raises ``Refused`` 404 where none is in force under this number."""
    said = given(reason)
    ended = await operator_sessions.end(connection, session, f"by {who}")
    if ended is None:
        raise Refused(
            "not-found",
            f"Ingen session {session} gäller; hub operators list visar dem som gäller.",
            f"No session {session} is in force; hub operators list shows those that are.",
            "/session",
            404,
        )
    await operator_log.record(connection, who, "end a session", f"session {session} of {ended.who}", said)
    return f"session {session} of {ended.who} has ended"


async def in_force(connection: Connection, limit: int) -> list[ListedSession]:
    """The sessions in force, the newest first."""
    return await operator_sessions.listed(connection, in_force=True, limit=limit)
