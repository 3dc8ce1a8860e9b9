"""What somebody of operations may see and do: the rights, the roles that are made of them, and who asks. Imports the errors only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from hub.errors import Refused


class Right(StrEnum):
    """One right; none of them implies another."""

    SEE = "see"
    """Metadata: what came, what goes, what waits, how systems and registers are."""
    SEE_BODIES = "see-bodies"
    """What messages say, and search by person; each use breaks the glass: with a reason, for 30 minutes, seen by all with ``AUDIT``."""
    ACT_ON_ONE = "act-on-one"
    """Release, refuse, skip or replay one; pause and resume a system; a test notice."""
    ACT_ON_MANY = "act-on-many"
    """Replay by filter or group."""
    DIRECTORY = "directory"
    """Apply a directory, go back to a version, rotate credentials."""
    AUDIT = "audit"
    """Read what others did, whose glass is broken and who is signed in; end a session."""


ROLES: Final[dict[str, frozenset[Right]]] = {
    "lasare": frozenset({Right.SEE}),
    "drift": frozenset({Right.SEE, Right.ACT_ON_ONE}),
    "driftansvarig": frozenset({Right.SEE, Right.SEE_BODIES, Right.ACT_ON_ONE, Right.ACT_ON_MANY}),
    "katalogansvarig": frozenset({Right.SEE, Right.DIRECTORY}),
    "granskare": frozenset({Right.SEE, Right.AUDIT}),
}
"""Role → its rights. Somebody with several roles has the rights of all."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks: a person of operations, or a program of theirs."""

    who: str
    """As the trail names them: a name that colleagues know, never a personal identity number."""
    rights: frozenset[Right]
    session: int | None = None
    """The number of the session; None of somebody at the machine itself, by the command line on the database."""
    until: datetime | None = None
    """When the session ends at the latest."""
    is_program: bool = False
    """Whether it is a program, with a token of its own."""

    def needs(self, right: Right) -> None:
        """Raises ``Refused`` 403 where the right is missing."""
        if right not in self.rights:
            roles = ", ".join(role for role, rights in ROLES.items() if right in rights)
            raise Refused(
                "no-right",
                f"Du saknar behörigheten {right}. Den finns i rollerna: {roles}.",
                f"You do not have the right {right}. These roles have it: {roles}.",
                "/authorization",
                403,
            )


def rights_of(roles: frozenset[str]) -> frozenset[Right]:
    """The rights of some roles together; a role that is not known gives none."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))
