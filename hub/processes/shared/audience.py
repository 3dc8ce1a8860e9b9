"""What both processes share (processes.md §1): who is told, what must be there before anything is shared, who is awaited.

Imports the machine and the language only.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context, guard
from hub.processes.engine.unit_view import ANSWER, able
from hub.processes.shared.disclosure import knows, visible
from schemas.directory import Directory, Unit

SLUTENVARD = frozenset({"slutenvard"})
OPPENVARD = frozenset({"oppenvard"})
ALL_PARTIES = frozenset({"slutenvard", "oppenvard", "kommun"})


def everyone_else(s: Context) -> list[str]:
    """messages.md §2: the participants but the sending unit, which is told only of its own act when that awaits itself.

    V-2: before anything is published, slutenvard alone; C-24: not one who came in when nothing may be shared.
    """
    this = (s.message.source, s.message.id)
    awaited = {u for step in s.case.steps.values() if (step["source"], step["message"]) == this for u in step["awaits"]}
    return [unit for unit in s.case.participants if knows(s.case, unit) and (unit != s.unit or unit in awaited)]


def those_of(s: Context, *parties: str) -> list[str]:
    """The participating units of some parties."""
    return [unit for unit, participant in s.case.participants.items() if participant["party"] in parties]


def organisation_takes_part(case: Case, unit: Unit, directory: Directory) -> bool:
    """C-4: the organisation number is the border of secrecy."""
    known = directory.unit_by_hsa
    return any(other in known and known[other].organisation == unit.organisation for other in case.participants)


def with_duty(s: Context, units: list[str], step: str, act: str) -> list[str]:
    """Those of the units of which a role in the case answers for an act of a step (C-1)."""
    return [unit for unit in units if able(s.case, unit, step, act, s.directory)]


def step_told(s: Context, step: str, act: str | None, awaits: list[str], done: dict[str, Any] | None = None) -> None:
    """A step stands as this message left it."""
    this = {"source": s.message.source, "message": s.message.id, "at": s.at}
    s.emit("stepped", step=step, act=act, awaits=awaits, **this, **({"done": done} if done else {}))


# --- what must be there first -----------------------------------------------------------------------------------------


@guard(
    "V-2",
    sv="Publicera en inskrivning först: innan dess finns inget att dela.",
    en="Publish an inskrivning first: before that there is nothing to share.",
    element="/type",
    early="inskrivning",
)
def an_inskrivning_is_published(s: Context) -> bool:
    return s.case.published


@guard(
    "C-62",
    sv="Personen har skyddade personuppgifter: bara kvittens, borttagning av enhet och utskrivning tas emot.",
    en="The person has protected identity: only kvittens, removal of a unit and discharge are accepted.",
    element="/type",
)
def the_person_is_not_protected(s: Context) -> bool:
    return not s.case.blocked


@guard(
    "C-24",
    sv="Samtycket är återkallat eller har upphört: registrera ett nytt samtycke först.",
    en="The consent is withdrawn or has expired: register a new samtycke first.",
    element="/type",
)
def consent_is_registered(s: Context) -> bool:
    # A message that brings a new samtycke may carry information before it.
    brings_one = getattr(s.message.data, "samtycke", None) is not None
    return s.case.samtycke is not None or not s.case.published or brings_one


@guard(
    "V-3",
    sv="Samtycke är nekat: meddelandet tas inte emot förrän ett nytt samtycke är registrerat.",
    en="Consent is refused: the message is not accepted until a new consent is registered.",
    element="/type",
)
def consent_allows(s: Context) -> bool:
    allowed = ALLOWED_WHEN_REFUSED | s.profile.refused_consent_allows
    # What rides inside an allowed message is allowed with it.
    return s.case.samtycke != "refused" or s.name in allowed or s.message.name in allowed


@guard(
    "V-16",
    sv="Ärendet har lämnat startlistan: bara kvittens, läsning och utskrift tas emot. Öppna ett nytt ärende.",
    en="The case has left the start list: only kvittens, reading and printing are accepted. Open a new case.",
    element="/subject",
)
def on_the_start_list(s: Context) -> bool:
    """C-54: what may still be said after the discharge is said while the case is on the start list."""
    return not s.case.has_left(s.now)


ALLOWED_WHEN_REFUSED = frozenset(
    {"svu.inskrivning", "kvittens", "samtycke", "aterkallelse", "deltagare", "roll", "makulering", "svu.utskrivning"}
    | {"svu.utskrivning_angrad", "utskrift", "atkomst"}
)
"""V-3's list, and the two that only leave a trace (our settling)."""

SHARING = (an_inskrivning_is_published, the_person_is_not_protected, consent_is_registered, consent_allows)
"""What must hold before anything of the person is shared."""


def may_adjust(s: Context) -> frozenset[str]:
    """The parties whose justering is open: none before klarmarkering (V-12), and after a no on the position on SIP not
    outpatient care (V-13).
    """
    if not s.case.klarmarkerad:
        return frozenset()
    return ALL_PARTIES - OPPENVARD if s.case.sip_approved is False else ALL_PARTIES


def join(s: Context, unit: str, *, for_information: bool = False) -> None:
    """C-4, C-10: a unit of the directory comes in with the roles of its configuration; ``for_information``: of what was
    there before it nothing is asked of it.
    """
    entry = s.directory.unit_by_hsa[unit]
    asked = {"for_information": True} if for_information else {}
    s.emit("joined", unit=unit, party=entry.party, roles=list(entry.roles), by=s.message.id, **asked)
    s.joined.append(unit)


_ANSWERED_BY = {"tid": OPPENVARD | frozenset({"kommun"})}
"""Step → the parties that acknowledge it, where not all do (V-8 to V-10)."""


def ask(s: Context, units: Sequence[str], *, anew: bool, but: Container[str] = ()) -> None:
    """C-13: units that came in are asked for what still awaits someone, and always for the inskrivning and for
    utskrivningsklar as they stand, so that nobody sees green for one that never acknowledged.

    A justering only where it is open to their party (V-12, V-13). ``anew``: what a unit acknowledged before it left is
    asked of it again; else one that has done it is left alone. ``but``: steps of which nothing is asked. One that came
    in for information is asked for nothing that was there before it, whenever it is shown it or gets a role for it.
    """
    for step, standing in s.case.steps.items():
        act = standing["act"]
        always = step == "inskrivning" or (step == "tid" and "klar" in s.case.dates)
        if step in but or act not in ANSWER or not (standing["awaits"] or always or not s.case.all_receivers_known):
            continue
        parties = may_adjust(s) if act == "justera" else _ANSWERED_BY.get(step, ALL_PARTIES)
        asked = [
            unit
            for unit in units
            if s.case.participants[unit]["party"] in parties
            and unit not in standing["awaits"]
            and (unit not in standing["done"] or (anew and always))
            and standing["source"] != f"urn:hsa:{unit}"
            and step in visible(s.case, unit).steps
            and not _is_for_information(s.case.participants[unit], standing)
            and able(s.case, unit, step, act, s.directory)
        ]
        if asked:
            s.emit("awaited", step=step, units=asked, by=s.message.id)


def _is_for_information(participant: Mapping[str, Any], standing: Mapping[str, Any]) -> bool:
    """C-10, C-33: the step was there before a unit that came in for information."""
    return "for_information" in participant and standing["sequence"] < participant["since"]


def catch_up(s: Context, before: Mapping[str, Case]) -> None:
    """C-13: units that may see more of the case than ``before`` get what they were not told, and are asked for it."""
    for unit, then in before.items():
        now = visible(s.case, unit)
        if not {*now.standing} <= {*then.standing, s.case.sequence}:
            s.joined.append(unit)
            ask(s, [unit], anew=False, but=then.steps)


def nothing_changes(s: Context) -> None:
    """The history holds it; the case stays as it is."""


def nobody(s: Context) -> list[str]:  # noqa: ARG001 - a row's ``tells``
    return []
