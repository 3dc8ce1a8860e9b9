"""The machine that both processes run on: a message meets the table. Pure; imports the table and the case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.events import Event
from hub.processes.engine.rule import HUB_PARTY, TO_THE_END, Context, Process, Rule, acting_role
from hub.processes.engine.unit_view import unable
from hub.processes.profiles.profile import PROFILES
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import FROM_THE_HUB, HUB_SOURCE, Question


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
    warnings: list[str]


NO_SUCH_CASE = Refused(
    "unknown-case",
    "Ärendet finns inte. Öppna ett med svu.inskrivning eller information och en egen referens (ref:…) som subject.",
    "There is no such case. Open one with svu.inskrivning or information and a reference of your own (ref:…) as subject.",
    "/subject",
    404,
)


def decide(
    process: Process, case: Case | None, case_id: str, message: Message, directory: Directory, now: datetime
) -> Decision:
    """Events, or ``Refused`` with the rule that forbids; the case given is changed only when the message is accepted.

    ``case`` is None when the subject names a case that does not exist; a row that opens makes it then, under
    ``case_id``.
    """
    row = process.row(message.name)
    if row is None:
        raise Refused(
            "unknown-type",
            f"Meddelandet {message.name} finns inte i processen {process.name}.",
            f"The process {process.name} has no message {message.name}.",
            "/type",
            400,
        )
    party = _party(process, row, message, directory)
    if case is None:
        if not row.opens:
            raise replace(NO_SUCH_CASE)  # raised as itself it would keep every frame that it passed
        case = Case(case_id, profile=directory.region_of(message.unit).profile)
    else:
        if party != HUB_PARTY:
            _takes_part(row, case, message, directory)
        if any(getattr(message.data, name) is not None for name in row.embeds):
            # The guards of the outer message look at what the inner ones have changed: try it on a copy.
            case = case.copy()
    stale = unable(case, directory)
    if stale:
        case = case.copy()  # what is refused changes nothing
    situation = Context(case, message, message.data, row.message, party, directory, PROFILES[case.profile], now)
    for step, units in stale.items():
        situation.emit("unawaited", step=step, units=units)
    for name in row.embeds:
        part = getattr(message.data, name)
        inner = process.row(name)
        if part is None or inner is None:
            continue
        situation.data, situation.name = part, name
        try:
            _handle(inner, situation)
        except Refused as refused:
            refused.element = (refused.element or "/data").replace("/data", f"/data/{name}", 1)
            raise
    situation.data, situation.name = message.data, row.message
    _handle(row, situation)
    return Decision(
        case,
        row.rules,
        situation.events,
        row.tells(situation),
        situation.joined,
        situation.asks,
        situation.warnings,
    )


def _handle(row: Rule, situation: Context) -> None:
    """Every guard and check first, then the effects: a row either holds as a whole or changes nothing."""
    for conditions in (row.guards, row.checks):
        for condition in conditions:
            if not condition.holds(situation):
                raise condition.refusal(situation)
    if not situation.counted:
        situation.case.sequence += 1
        situation.counted = True
    for effect in row.effects:
        effect(situation)


def _party(process: Process, row: Rule, message: Message, directory: Directory) -> str:
    """Who the sender is; refuses a unit or a role that the directory does not know and a party that the row excludes."""
    if message.unit == HUB_SOURCE and HUB_PARTY in row.parties:
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
    if row.message in FROM_THE_HUB or unit.party not in row.parties:
        raise Refused(
            process.opening_rule if row.opens else row.rules[0],
            f"{row.message} får sändas av {_listed(row.parties, PARTY_SV, 'eller')}, inte av {PARTY_SV[unit.party]}.",
            f"{row.message} may be sent by {_listed(row.parties, PARTY_EN, 'or')}, not by {PARTY_EN[unit.party]}.",
            "/source",
        )
    acting_role(message.role, unit)
    return unit.party


PARTY_SV = {"slutenvard": "slutenvård", "oppenvard": "öppenvård", "kommun": "kommun", HUB_PARTY: "hubben själv"}
PARTY_EN = {
    "slutenvard": "inpatient care (slutenvard)",
    "oppenvard": "outpatient care (oppenvard)",
    "kommun": "the municipality (kommun)",
    HUB_PARTY: "the hub itself",
}


def _listed(parties: Collection[str], words: Mapping[str, str], last: str) -> str:
    """The parties that may send a message, in words."""
    *before, end = [word for party, word in words.items() if party in parties]
    return f"{', '.join(before)} {last} {end}" if before else end


def _takes_part(row: Rule, case: Case, message: Message, directory: Directory) -> None:
    """C-4: only a participating unit acts in a case, in a role that it has there; others are not even told that there
    is one.

    V-2: before anything is published there is none for those outside slutenvard; V-5: a revoked one is gone for those
    who took no part.
    """
    participant = case.participants.get(message.unit)
    hidden = not case.published and (participant is None or participant["party"] != "slutenvard")
    hidden = hidden or (participant is None and case.status not in TO_THE_END)
    if hidden or (participant is None and not row.from_outside):
        raise Refused(
            "C-4",
            "Enheten deltar inte i ärendet.",
            "The unit takes no part in the case.",
            "/subject",
        )
    if case.status not in row.in_status:
        raise _closed(case)
    if participant is None:
        return
    if acting_role(message.role, directory.unit_by_hsa[message.unit]) not in participant["roles"]:
        raise Refused(
            "C-4",
            "Rollen deltar inte i ärendet för enheten. Lägg till den med roll.",
            "The role takes no part in the case for the unit. Add it with roll.",
            "/actorrole",
        )


def _closed(case: Case) -> Refused:
    """The refusal of a message in a case that is no longer open to it."""
    if case.status == "discharged":
        return Refused(
            "V-16",
            "Patienten är utskriven och ärendet avslutat. Ångra utskrivningen först, om den var fel.",
            "The patient is discharged and the case ended. Undo the discharge first, if it was wrong.",
            "/subject",
        )
    if case.status == "revoked":
        return Refused("V-5", "Ärendet är makulerat.", "The case is revoked.", "/subject")
    return Refused(
        "C-62" if case.addressed == "protected" else "C-63",
        "Ärendet är stängt: folkbokföringen uppger skyddade personuppgifter eller att personen är avliden.",
        "The case is closed: the population register says that the person is protected or deceased.",
        "/subject",
    )
