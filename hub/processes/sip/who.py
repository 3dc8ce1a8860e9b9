"""Who may send what (sip-messages.md §2): the codes of ``SipProfile.senders`` as conditions on the unit. Imports the engine and the
shared rules only.

A condition on the unit is a guard, so that ``may`` follows; a condition on the person who acts is a check of its message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.processes.engine.rule import Context, Fault, Guard
from hub.processes.shared.audience import organisation_takes_part
from hub.processes.sip.gate import the_unit_has_answered
from hub.processes.sip.state import ASKED, INFORMED, coordinating_unit, sip, standing_meetings, takes_full_part

ADMINISTRATOR = "administrator"
ANSWER = "sip.svar"
"""The one message of a unit that has not answered the initiativ."""


def _takes_full_part(s: Context) -> bool:
    """A participant that has accepted (P-2); a ward of the region acts as one without being added (C-6)."""
    return takes_full_part(s.case, s.unit)


def _is_asked(s: Context) -> bool:
    return sip(s.case).asked.get(s.unit) in {ASKED, INFORMED}


def is_coordinating_unit(s: Context) -> bool:
    return coordinating_unit(s.case) == s.unit


def takes_over_from(s: Context, unit: object) -> bool:
    """The coordinator's unit does what a unit that has left began and nobody else could end: notes, calls, a meeting's plan."""
    return unit not in s.case.participants and is_coordinating_unit(s)


def _is_opener_without_coordinator(s: Context) -> bool:
    return coordinating_unit(s.case) is None and s.unit == s.case.opened_by


def _has_called(s: Context) -> bool:
    """It has sent or saved a call that is not recalled, or coordinates, and a unit that has left sent one."""
    meetings = sip(s.case).meetings.values()
    return any(one.get("caller") == s.unit and not one.get("recalled") for one in meetings) or any(
        takes_over_from(s, one.get("caller")) for _, one in standing_meetings(s.case)
    )


def _is_called(s: Context) -> bool:
    return any(s.unit in one.get("receivers", {}) for _, one in standing_meetings(s.case))


def _leads(s: Context) -> bool:
    """P-8: its row in a call says that it leads the meeting."""
    rows = (row for _, one in standing_meetings(s.case) for row in one.get("participants", ()))
    return any(row.get("role") == "motesledare" and row.get("unit") == s.unit for row in rows)


def _convenes(s: Context) -> bool:
    """P-10: its meeting is one that the plan may be established by."""
    return any(convening_unit(one) == s.unit for _, one in standing_meetings(s.case)) or is_coordinating_unit(s)


def convening_unit(meeting: Mapping[str, object]) -> object:
    """The unit of the convener of a meeting; the caller's where none is named."""
    convener = meeting.get("convener")
    return convener["unit"] if isinstance(convener, dict) else meeting.get("caller")


def _administers(s: Context) -> bool:
    """P-18: the unit has the role ``administrator`` in the directory, and its organisation takes part."""
    entry = s.directory.unit_by_hsa.get(s.unit)
    return entry is not None and ADMINISTRATOR in entry.roles and organisation_takes_part(s.case, entry, s.directory)


def wrote_the_assessment(s: Context) -> bool:
    """P-5: its words stand in the assessment."""
    fields = sip(s.case).documents.get("kartlaggning", {}).get("fields", {})
    return any(unit == s.unit for _, _, unit in fields.values())


def _anyone(_: Context) -> bool:
    return True


_CONDITIONS: Mapping[str, Callable[[Context], bool]] = {
    "any_unit": _anyone,
    "participant": _takes_full_part,
    "asked_receiver": _is_asked,
    "coordinator_unit": is_coordinating_unit,
    "opener_without_coordinator": _is_opener_without_coordinator,
    "caller": _has_called,
    "called": _is_called,
    "leader": _leads,
    "convener": _convenes,
    "administrator": _administers,
    "assessment_author": wrote_the_assessment,
}
_NAMED: Mapping[str, tuple[str, str]] = {
    "any_unit": ("en enhet", "a unit"),
    "participant": ("en deltagande enhet som har svarat ja", "a participating unit that has accepted"),
    "asked_receiver": ("en tillfrågad mottagare", "a receiver that was asked"),
    "coordinator_unit": ("samordningsansvarigs enhet", "the coordinator's unit"),
    "opener_without_coordinator": (
        "öppnande enhet utan samordningsansvarig",
        "the opener, while there is no coordinator",
    ),
    "caller": ("enheten som kallade", "the unit that called"),
    "called": ("en kallad enhet", "a called unit"),
    "leader": ("mötesledarens enhet", "the unit of the meeting's leader"),
    "convener": ("enheten som sammankallade mötet", "the unit that convened the meeting"),
    "assessment_author": ("enheten som har skrivit kartläggningen", "the unit that has written the kartlaggning"),
    "administrator": ("en enhet med rollen administrator", "a unit with the role administrator"),
}


def named(code: str) -> str:
    """Who a code of ``SipProfile.senders`` stands for, in English."""
    return _NAMED[code][1]


def senders(message: str, rule: str) -> tuple[Guard, ...]:
    """The guards of a message: that the region has it, that the unit has answered the initiativ where it is asked to (P-2), and
    that it is one of the message's senders there.
    """

    def exists_here(s: Context) -> bool:
        return bool(s.profile.has(message))

    def unit_may_send(s: Context) -> bool | Fault:
        who = sorted(s.profile.senders.get(message, ()))
        words = [_NAMED[code] for code in who]
        return any(_CONDITIONS[code](s) for code in who) or Fault(
            sv=", ".join(sv for sv, _ in words), en=", ".join(en for _, en in words)
        )

    return (
        Guard(
            "exists_here",
            rule,
            exists_here,
            f"Meddelandet {message} finns inte i ärendets region. Se may för vad enheten kan sända.",
            f"The region of the case has no message {message}. See may for what the unit can send.",
            "/type",
        ),
        *(() if message == ANSWER else (the_unit_has_answered,)),
        Guard(
            "unit_may_send",
            rule,
            unit_may_send,
            f"Enheten kan inte sända {message} i det här ärendet nu. I ärendets region sänds det av: {{sv}}.",
            f"The unit cannot send {message} in this case now. In the region of the case it is sent by: {{en}}.",
            "/source",
        ),
    )


def writer(s: Context) -> dict[str, Any]:
    """Who acts and when, as the events of the plan's elements hold it (C-51)."""
    return {"unit": s.unit, "actor": s.message.actor, "time": s.message.time.isoformat()}


def is_the_coordinator(s: Context) -> bool:
    """Whether the person who acts is the registered coordinator, or acts for the coordinator's unit where the region lets the
    unit coordinate (§1).
    """
    registered = sip(s.case).coordinator
    if registered.get("unit") != s.unit:
        return False
    return not s.profile.coordinator_in_person or registered.get("person") == s.message.actor
