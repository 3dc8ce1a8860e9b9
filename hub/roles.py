"""What a process of the hub does (``hub run --role``). Imports the errors only."""

from __future__ import annotations

from typing import Final, Literal, cast, get_args

from hub.errors import Misconfigured

Role = Literal["intake", "delivery", "addressing", "deadlines", "http"]
"""``intake``: reads Kafka. ``delivery``: owns shards and sends what is told in their cases. ``addressing``: asks the registers.
``deadlines``: tells what has passed, tries what is held, moves what waits. ``http``: takes messages and questions over HTTP; a process
without it answers health and metrics only.
"""
ROLES: Final[frozenset[Role]] = frozenset(get_args(Role))
DOES: Final[dict[Role, tuple[str, str]]] = {
    "intake": ("tar emot ur Kafka", "takes in from Kafka"),
    "delivery": ("sänder", "sends"),
    "addressing": ("adresserar med registren", "addresses by the registers"),
    "deadlines": ("bevakar frister", "watches deadlines"),
    "http": ("svarar över HTTP", "answers over HTTP"),
}
"""What a process with the role does, in Swedish and English, as people are told."""
NOT_DONE: Final[dict[Role, str]] = {
    "intake": "what systems write to Kafka is not read",
    "delivery": "no notice is sent",
    "addressing": "no register is asked, and nobody is added to a case by it",
    "deadlines": "nobody is told of a deadline that passes, and what is held is not tried again",
    "http": "no message and no question is taken over HTTP",
}
"""What is not done while no running process has the role."""


def roles_of(written: str) -> frozenset[Role]:
    """The roles in a list with commas between; all of them where nothing is written. Raises ``Misconfigured``."""
    named = {one.strip() for one in written.split(",") if one.strip()}
    if written.strip() and not named:
        raise Misconfigured(f"--role (HUB_ROLES) names no role: it takes {', '.join(sorted(ROLES))}, or leave it out")
    if unknown := sorted(named - ROLES):
        raise Misconfigured(f"--role (HUB_ROLES) knows no {', '.join(unknown)}: it takes {', '.join(sorted(ROLES))}")
    return frozenset(cast("set[Role]", named)) or ROLES
