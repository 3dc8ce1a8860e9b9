"""The one function that decides: a message meets the rules of its case's process. Pure; imports the rules and the case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Refused
from hub.processes.engine.case import Case, Event
from hub.processes.engine.process import Process, listed
from hub.processes.engine.record import kept_to
from hub.processes.engine.rule import HUB_PARTY, Context, HubMessage, LinkableCase, Rule, acting_role
from hub.processes.engine.unit_view import unable
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE, Question

# The theory.
#
# A process is a table; a message finds its row by name. What can happen to a message is one of two things: it is accepted,
# and then the case changes, or it is refused by a named rule, and then nothing changes. In this order:
#
# 1. The row. A message without a row is refused (unknown-type).
# 2. The sender: the directory knows the unit and its role (C-3), and the row admits its party.
# 3. The case: a row that opens makes one; every other row needs one. The sender takes part in it, in its role (C-4), unless
#    the row is open to those outside; a unit that may not know of the case is told no more than that it takes no part. The
#    case's status admits the row, else the process says why it is closed.
# 4. Responsibilities that the directory has taken away since: the case stops waiting for those units (C-1).
# 5. The rows of the messages that ride inside (``embeds``), then the row itself. Of each row all guards and checks come
#    first and all effects after; the first guard that does not hold refuses the message.
# 6. Who is told, from the case as it stands then; of a message with the event ``kept``, its unit at most.
#
# Promised: the same case, message, directory and time give the same decision. Effects change the case through events
# alone, and the fold of all events is the case. A refused message leaves the case as it was: guards do not emit, and where
# something must be tried (4, 5) it is tried on a copy. A case gives an accepted message its number once, before its first
# effect. What needs another case, a register or the clock is work for later (``asks``, ``hub_messages``), never done here.
#
# May never be: an exception other than ``Refused``; a case that changed for a refused message; a decision that reads the
# clock or does I/O; a process that the engine knows by name.


@dataclass(slots=True)
class Decision:
    """What one accepted message amounts to."""

    case: Case
    rules: tuple[str, ...]
    events: list[Event]
    tell: list[str]
    """Units that shall get this message."""
    joined: list[str]
    """Units that came in with it and need what stands to catch up (C-10)."""
    asks: list[Question]
    """Questions for the registers that it gave rise to."""
    hub_messages: list[HubMessage]
    """Messages of the hub's own that it leads to: in the same case, handled right after it; in other cases, handed to the
    intake after the commit."""
    warnings: list[str]
    kept_to: str | None = None
    """The unit that alone may know of the message, or None."""


def is_gallrat(day: str) -> Refused:
    """The refusal of a message about a case whose content was removed on a day (YYYY-MM-DD), and of who would read it."""
    return Refused(
        "gallrat",
        f"Ärendets innehåll är gallrat {day} enligt regionens regel. Det kan inte läsas eller ändras: är det ett nytt vårdtillfälle, öppna"
        " ett nytt ärende med en ny egen referens.",
        f"The content of the case was removed on {day} by the region's rule. It cannot be read or changed: if this is a new stay, open a"
        " new case with a new reference of your own.",
        "/subject",
        410,
    )


def no_such_case(openings: Iterable[str]) -> Refused:
    """The refusal of a message about a case that does not exist; ``openings`` are the messages that open one."""
    names = tuple(openings)
    return Refused(
        "unknown-case",
        f"Ärendet finns inte. Öppna ett med {listed(names, 'eller')} och en egen referens (ref:…) som subject.",
        f"There is no such case. Open one with {listed(names, 'or')} and a reference of your own (ref:…) as subject.",
        "/subject",
        404,
    )


def decide(
    process: Process,
    case: Case | None,
    case_id: str,
    message: Message,
    directory: Directory,
    now: datetime,
    others: Collection[str] = (),
    linkable: Sequence[LinkableCase] = (),
) -> Decision:
    """The decision on a message, or ``Refused`` with the rule that forbids it; only an accepted message changes the case.

    ``case`` is None when the subject names a case that does not exist; a rule that opens makes it then, under
    ``case_id``. ``others``: ids of the person's other open cases of the process, where the rule looks at them. ``linkable``: the
    cases that the message may link its own with.
    """
    rule = process.rule(message.name)
    if rule is None:
        raise Refused(
            "unknown-type",
            f"Meddelandet {message.name} finns inte i processen {process.name}.",
            f"The process {process.name} has no message {message.name}.",
            "/type",
            400,
        )
    party, fresh = _party(process, rule, message, directory), case is None
    if case is None:
        if not rule.opens:
            raise no_such_case(process.openings)
        case = Case(case_id, process.name, directory.region_of(message.unit).profile)
    profile = process.profiles[case.profile]
    context = Context(
        process,
        case,
        message,
        message.data,
        rule.message,
        party,
        directory,
        profile,
        now,
        others=others,
        linkable=linkable,
    )
    if not fresh and party != HUB_PARTY:
        _takes_part(rule, context)
    parts, stale = process.parts(message), unable(case, directory)
    if stale or (len(parts) > 1 and not fresh):
        # The guards look at what has been changed before them, and what is refused changes nothing: try it on a copy.
        context.case = case = case.copy()
    for step, units in stale.items():
        context.emit("unawaited", step=step, units=units)
    for part, data, inside in parts:
        context.data, context.name, context.memo = data, part.message, {}
        try:
            _apply(part, context)
        except Refused as refused:
            if inside:
                refused.element = (refused.element or "/data").replace("/data", f"/data/{part.message}", 1)
            raise
    if process.catch_up is not None:
        # One message says how things stand, in place of the messages that made it so.
        told = [unit for unit in context.joined if case.published or process.sees_unpublished(case, unit)]
        if told:
            name, data = process.catch_up(case, told)
            context.hub_messages.append(HubMessage(name, data, case.id))
        context.joined = []
    keeper = kept_to(context.events)
    return Decision(
        case,
        rule.rules,
        context.events,
        [unit for unit in rule.tells(context) if keeper in {None, unit}],
        context.joined,
        context.asks,
        context.hub_messages,
        context.warnings,
        keeper,
    )


def _apply(rule: Rule, context: Context) -> None:
    """Every guard and check first, then the effects: a rule either holds as a whole or changes nothing."""
    for conditions in (rule.guards, rule.checks):
        for condition in conditions:
            verdict = condition.holds(context)
            if not verdict:
                raise condition.refusal(context, verdict)
    if not context.counted:
        context.case.sequence += 1
        context.counted = True
    for effect in rule.effects:
        effect(context)


def _party(process: Process, rule: Rule, message: Message, directory: Directory) -> str:
    """The sender's party; refuses a unit or a role that the directory does not know and a party that the rule excludes."""
    if message.unit == HUB_SOURCE and HUB_PARTY in rule.parties:
        return HUB_PARTY
    unit = directory.unit_by_hsa.get(message.unit)
    if unit is None:
        raise Refused(
            "unknown-unit",
            "Enheten i source finns inte i katalogen. Kontrollera HSA-id eller be hubbens drift lägga till den.",
            "The unit in source is not in the directory. Check the HSA-id, or ask the hub's operations to add it.",
            "/source",
            403,
        )
    if unit.party not in rule.parties:
        raise Refused(
            process.opening_rule if rule.opens else rule.rules[0],
            f"{rule.message} får sändas av {_named(rule.parties, PARTY_SV, 'eller')}, inte av {PARTY_SV[unit.party]}.",
            f"{rule.message} may be sent by {_named(rule.parties, PARTY_EN, 'or')}, not by {PARTY_EN[unit.party]}.",
            "/source",
        )
    acting_role(message.role, unit)
    return unit.party


def may_open(process: Process, party: str, *, has_one: bool) -> Refused | None:
    """Why a unit of a party cannot open a case of a process, whatever it sends; None where it can (C-31). ``has_one``: the person
    has an open one, which the unit may know nothing else of.
    """
    parties = frozenset[str]().union(*(rule.parties for rule in process.rules if rule.opens))
    if party in parties:
        only = process.one_open_per_person
        return Refused(only.rule, only.sv, only.en, only.element) if only is not None and has_one else None
    return Refused(
        process.opening_rule,
        f"Bara {_named(parties, PARTY_SV, 'eller')} öppnar ett {process.title}-ärende.",
        f"Only {_named(parties, PARTY_EN, 'or')} opens a case of {process.title}.",
        "/source",
    )


PARTY_SV = {"slutenvard": "slutenvård", "oppenvard": "öppenvård", "kommun": "kommun", HUB_PARTY: "hubben själv"}
PARTY_EN = {
    "slutenvard": "inpatient care (slutenvard)",
    "oppenvard": "outpatient care (oppenvard)",
    "kommun": "the municipality (kommun)",
    HUB_PARTY: "the hub itself",
}


def _named(parties: Collection[str], words: Mapping[str, str], last: str) -> str:
    """The parties that may send a message, in words."""
    return listed([word for party, word in words.items() if party in parties], last)


def _takes_part(rule: Rule, context: Context) -> None:
    """C-4: only a participating unit acts in a case, in a role that it has there; others are not told that there is one.

    The process says who sees a case that is not published (V-2), and in which statuses others know of it (V-5).
    """
    case, process, message = context.case, context.process, context.message
    participant = case.participants.get(message.unit)
    hidden = not case.published and not process.sees_unpublished(case, message.unit)
    hidden = hidden or (participant is None and case.status not in process.lasting)
    if hidden or (participant is None and not rule.from_outside(context)):
        raise Refused(
            "C-4",
            "Enheten deltar inte i ärendet.",
            "The unit takes no part in the case.",
            "/subject",
        )
    if case.status not in rule.in_status:
        raise process.closed[case.status](case)
    if participant is not None and context.role not in participant["roles"]:
        raise Refused(
            "C-4",
            "Rollen deltar inte i ärendet för enheten. Lägg till den med roll.",
            "The role takes no part in the case for the unit. Add it with roll.",
            "/actorrole",
        )
