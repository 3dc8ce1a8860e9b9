"""The prints that are owed to the person and to those outside (C-15, sip-messages.md §8). Pure; imports the engine and the case only.

Each is a text ``<document>[/<meeting or version>]/<personen or utomstaende-n>``: n counts the outsiders in the order in which they
are listed, so that no name stands in a notice's head (D-10).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.call import ACTORS
from hub.processes.sip.fields import is_sent
from hub.processes.sip.state import coordinating_unit, sip
from schemas.envelope import Message

PERSON, OUTSIDER = "personen", "utomstaende"
_CALLS = frozenset({"sip.kallelse", "sip.kallelse_andrad"})


def serving_unit(case: Case, message: Message) -> str:
    """The unit that serves the person and the outsiders: the coordinator's; without one, the sender's."""
    unit = coordinating_unit(case)
    return unit if unit in case.participants and unit is not None else message.unit


def owed(case: Case, message: Message) -> tuple[str, ...]:
    """The prints that the message which the case has just taken leads to."""
    if case.blocked or not case.published:
        return ()
    return tuple(
        f"{document}/{whom}" for document, rows in _documents(case, message) for whom in _whom(case, document, rows)
    )


def _documents(case: Case, message: Message) -> Iterator[tuple[str, int]]:
    """Each document with how many outsiders its meeting lists besides those of the case."""
    own, profile, data = sip(case), SIP_PROFILES[case.profile], message.data
    said: Any = data
    meeting = own.meetings.get(said.meeting.id, {}) if message.name in _CALLS else {}
    if "sent" in meeting and is_sent(data) and meeting["kind"] != ACTORS:  # LC-2: an aktorsmote is the actors' own
        rows = [row for row in meeting.get("participants", ()) if "unit" not in row and not row.get("person")]
        yield f"kallelse/{said.meeting.id}", len([row for row in rows if row.get("outsider") not in own.outsiders])
    if message.name == "samtycke" and profile.prints_consents and said.outcome == "given":
        yield "samtycke", 0
    if own.last_valid.get("sequence") == case.sequence or own.ended.get("sequence") == case.sequence:
        yield f"plan/{own.version}", 0


def _whom(case: Case, document: str, others: int) -> Iterator[str]:
    own, profile = sip(case), SIP_PROFILES[case.profile]
    if not (document.startswith("plan/") and own.plan.get("delivery") == "1177"):
        yield PERSON
    permitted = (
        not profile.prints_for_outsiders_by_permission or "others" in case.consent(profile.consent_kinds[0]).record
    )
    if document == "samtycke" or not permitted:
        return
    outsiders = [name for name, objects in own.outsiders.items() if not objects]
    for number in range(1, len(outsiders) + others + 1):
        yield f"{OUTSIDER}-{number}"


def warn_of_prints(s: Context) -> None:
    """The sender that serves itself has them in its receipt."""
    if serving_unit(s.case, s.message) == s.unit:
        s.warnings.extend(dict.fromkeys(f"prints:{one.partition('/')[0]}" for one in owed(s.case, s.message)))


LEADS_TO_PRINTS = frozenset(
    {"sip.kallelse", "sip.kallelse_andrad", "samtycke", "sip.las", "sip.godkannande", "sip.upprattande", "sip.plan"}
    | {"sip.delning", "sip.avslut", "aterkallelse", "avliden", "deltagare"}
)
"""The messages after which something may be owed."""
