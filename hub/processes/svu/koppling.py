"""An SVU linked with the person's SIP: its first call is the call of the law (4:3, 5:3). Imports the engine and the shared rules only."""

from __future__ import annotations

from hub.processes.engine.rule import Context
from hub.processes.shared.koppling import can_be_linked, koppling, link, tell_linked
from hub.processes.svu.gate import TO_THE_END

NAMED_SIP = can_be_linked("sip", "sip", "PR-13")
"""The check of an inskrivning that names a SIP."""


def link_with_the_sip(s: Context) -> None:
    """PR-13: the stay is linked with the SIP that its inskrivning names, which is told once the stay may be known."""
    if s.data.sip is not None:
        link(s, s.data.sip, "sip")
    if {"linked", "published"} & {name for name, _ in s.events}:
        tell_linked(s, "oppnad")


def call_or_recall(s: Context) -> None:
    """Law 4:3: the SIP is called when its call was sent; a recalled call takes it back."""
    at = s.data.at.isoformat()
    if s.data.news == "kallad":
        s.emit("sip_called", at=at)
    elif s.data.news == "kallelse_aterkallad":
        s.emit("sip_call_recalled", at=at)


KOPPLING = koppling(TO_THE_END, call_or_recall)
