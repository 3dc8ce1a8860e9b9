"""What is said beside the steps: free messages, their revoking, what was wrongly sent (processes.md §1). Imports the engine
and the shared guards only.
"""

from __future__ import annotations

from typing import Any

from hub.processes.engine.events import talk_address
from hub.processes.engine.process import sharing_consent
from hub.processes.engine.rule import Context, Guard, Rule, guard
from hub.processes.engine.unit_view import speakers
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, nothing_changes
from hub.processes.shared.consent import EVERYTHING_EARLY
from hub.processes.shared.gate import Gate
from hub.processes.shared.koppling import tell_linked

# --- meddelande (C-40, C-42, C-43) and its revoking (C-41) ------------------------------------------------------------


def _receivers(s: Context) -> list[str]:
    """C-40: all participating units when none are named."""
    return everyone_else(s) if s.data.receivers is None else list(s.data.receivers)


def _acknowledgers(s: Context) -> list[str]:
    """C-40: the units named, else all receivers but the sender; of these only units of which a role can answer (C-1)."""
    named = [unit for unit in _receivers(s) if unit != s.unit] if s.data.kvittera is None else s.data.kvittera
    return [unit for unit in dict.fromkeys(named) if speakers(s.case, unit, s.directory)]


@guard(
    "C-40",
    sv="En mottagare deltar inte i ärendet. Lägg till enheten med deltagare först.",
    en="A receiver takes no part in the case. Add the unit with deltagare first.",
    element="/data/receivers",
)
def the_receivers_take_part(s: Context) -> bool:
    named = s.data.receivers or ()
    if s.profile.messages_reach_new_units:
        return all(unit in s.case.participants or unit in s.directory.unit_by_hsa for unit in named)
    return all(unit in s.case.participants for unit in named)


@guard(
    "C-40",
    sv="Meddelandet går till alla som deltar. Utelämna receivers, och ange i kvittera vilka som ska kvittera.",
    en="The message goes to all who take part. Leave out receivers, and name in kvittera who shall acknowledge.",
    element="/data/receivers",
)
def nobody_is_left_out(s: Context) -> bool:
    named = s.data.receivers
    return named is None or s.profile.messages_reach_new_units or {*everyone_else(s)} <= {*named}


@guard(
    "C-1",
    sv="Kvittens begärs av en enhet där ingen roll i ärendet har ansvaret att kvittera.",
    en="An acknowledgement is asked of a unit where no role in the case has the responsibility to acknowledge.",
    element="/data/kvittera",
)
def those_named_can_acknowledge(s: Context) -> bool:
    return all(speakers(s.case, unit, s.directory) for unit in s.data.kvittera or ())


@guard(
    "C-40",
    sv="Kvittens begärs av en enhet som inte får meddelandet.",
    en="An acknowledgement is asked of a unit that does not get the message.",
    element="/data/kvittera",
)
def those_who_acknowledge_get_it(s: Context) -> bool:
    got = {*_receivers(s), s.unit}
    return all(unit in got and unit in s.case.participants for unit in s.data.kvittera or ())


def say(s: Context) -> None:
    """C-43: one who was not in the case may read it from now on, and the sender is told so."""
    to = None if s.data.receivers is None else _receivers(s)
    awaits, file = _acknowledgers(s), s.data.attachment is not None
    s.emit("threaded", thread=f"{s.message.id} {s.message.source}", unit=s.unit, to=to, awaits=awaits, file=file)
    for unit in _receivers(s):
        if unit not in s.case.participants:
            s.emit("accessed", unit=unit, ground="meddelande", at=s.at)
            s.warnings.append(f"ny-mottagare:{unit}")


def its_receivers(s: Context) -> list[str]:
    """Those who are to read it, and the sending unit when it asked itself to acknowledge."""
    own = [s.unit] if s.unit in (s.data.kvittera or ()) else []
    return list(dict.fromkeys([*(unit for unit in _receivers(s) if unit != s.unit), *own]))


def brings_a_message(_: Any) -> frozenset[str]:
    """What an early makulering waits for and a free message is (D-4)."""
    return frozenset({"message"})


def meddelande(gate: Gate) -> Rule:
    """The rule of ``meddelande``."""
    return Rule(
        "meddelande",
        ALL_PARTIES,
        ("C-40", "C-42", "C-43"),
        (say,),
        its_receivers,
        guards=(*gate.sharing, gate.still_listed),
        checks=(the_receivers_take_part, nobody_is_left_out, those_who_acknowledge_get_it, those_named_can_acknowledge),
        in_status=gate.to_the_end,
        is_talk=True,
        brings=brings_a_message,
    )


def _own_thread(s: Context) -> str:
    return f"{s.data.message} {s.message.source}"


@guard(
    "C-41",
    sv="Bara ett eget meddelande som inte redan är makulerat kan makuleras; annat rättas med ett nytt.",
    en="Only a message of one's own that is not revoked already can be revoked; other things are corrected by a new one.",
    element="/data/message",
    early="message",
)
def the_message_is_ones_own(s: Context) -> bool:
    element = s.case.elements.get(talk_address(_own_thread(s)))
    return bool(s.data.case) or (element is not None and not element.removed)


@guard(
    "C-24",
    sv="Samtycket är återkallat eller har upphört: bara ärendet i sin helhet kan makuleras.",
    en="The consent is withdrawn or has expired: only the whole case can be revoked.",
    element="/data/message",
)
def without_consent_only_the_case(s: Context) -> bool:
    return bool(s.data.case) or sharing_consent(s.case).outcome is not None or not s.case.published


def revoke(s: Context) -> None:
    if s.data.case:
        tell_linked(s, "avslutad")
        s.emit("revoked")
    else:
        s.emit("thread_revoked", thread=_own_thread(s))


def those_who_knew(s: Context) -> list[str]:
    """V-5: all who knew of the case; C-41: all who got the message, one who only reads the case (C-43) included."""
    to = None if s.data.case else s.case.elements[talk_address(_own_thread(s))].state["to"]
    if to is None:
        return everyone_else(s)
    readers = {*s.case.participants, *s.case.access}
    return [unit for unit in to if unit in readers and unit != s.unit]


def brings_an_end(data: Any) -> frozenset[str]:
    """A revoked case ends all waiting in it (V-5); a revoked message brings nothing."""
    return EVERYTHING_EARLY if data.message is None else frozenset()


def makulering(gate: Gate, rules: tuple[str, ...], checks: tuple[Guard, ...]) -> Rule:
    """The rule of ``makulering``; ``checks`` say when the process lets the case itself be revoked."""
    return Rule(
        "makulering",
        ALL_PARTIES,
        ("C-41", *rules),
        (revoke,),
        those_who_knew,
        guards=(gate.still_listed,),
        checks=(*checks, without_consent_only_the_case, the_message_is_ones_own),
        in_status=gate.to_the_end,
        names_a_message=True,
        brings=brings_an_end,
    )


# --- felsant (C-33) ---------------------------------------------------------------------------------------------------


def _sender_of(s: Context) -> str | None:
    """The unit that sent what is said to be wrongly sent: a step that stands, or a free message."""
    sources = [step["source"] for step in s.case.steps.values() if step["message"] == s.data.message]
    talk = (element.awaited for element in s.case.elements.values())
    sources += [one.source for one in talk if one is not None and one.message == s.data.message]
    return next((source.removeprefix("urn:hsa:") for source in sources), None)


@guard(
    "C-33",
    sv="Meddelandet står inte i ärendet, eller är enhetens eget.",
    en="The message does not stand in the case, or is the unit's own.",
    element="/data/message",
)
def another_sent_it(s: Context) -> bool:
    return _sender_of(s) not in {None, s.unit}


def the_sender(s: Context) -> list[str]:
    sender = _sender_of(s)
    return [] if sender is None or sender not in s.case.participants else [sender]


def felsant(gate: Gate) -> Rule:
    """The rule of ``felsant``."""
    return Rule(
        "felsant",
        ALL_PARTIES,
        ("C-33",),
        (nothing_changes,),
        the_sender,
        guards=(*gate.sharing, gate.still_listed),
        checks=(another_sent_it,),
        in_status=gate.to_the_end,
        names_a_message=True,
        is_talk=True,
    )
