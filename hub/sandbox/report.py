"""The demo's report: two lines per stay and per SIP, and a summary that accounts for all. Pure; imports the ledger and the language."""

from __future__ import annotations

import textwrap
from collections import Counter

from hub.sandbox.ledger import Ledger
from hub.sandbox.played import AT_FAULT, EXPECTED, Played
from hub.sandbox.sips import Sip
from schemas.directory import Directory

FATES = {
    "discharged": "discharged, after a stay that was shared",
    "consent refused": "consent refused: admission and discharge alone were told",
    "protected": "the register marked the person as protected during the stay: nothing more was shared, ended early",
    "closed by register": "the register says protected or deceased: no case, the sender was told",
    "refused": "refused by a rule, the sender was told",
}
SIP_FATES = {
    "SIP ended": "SIPs ended, their plan as agreed",
    "SIP revoked": "SIPs ended since the consent was revoked",
    "SIP deceased": "SIPs ended since the person had died",
    "SIP consent refused": "SIPs never begun: the consent was refused, the case removed",
    "SIP refused": "SIPs refused by a rule, the sender was told",
}
FIRST_OF_SIPS = next(iter(SIP_FATES))
STEPS = ("inskrivning", "tid", "kartlaggning", "stallningstagande", "utskrivning")
_STRENGTH = ("red", "yellow", "blue", "green", "grey")


def short(directory: Directory, hsa: str) -> str:
    """A unit's name."""
    unit = directory.unit_by_hsa.get(hsa)
    return hsa if unit is None else unit.name


def where(directory: Directory, stay: Played) -> str:
    """The units that a case was addressed to."""
    view = stay.view
    if isinstance(stay, Sip) and stay.partner is not None:
        return f"with {short(directory, stay.partner)}"
    if view is None or view.addressing is None:
        return ""
    found = [view.addressing.get("health_centre"), view.addressing.get("municipality_unit")]
    units = ", ".join(short(directory, hsa) for hsa in found if hsa)
    outcome = str(view.addressing["outcome"])
    return outcome if view.status == "refused" else f"{outcome}: {units or 'nobody'}"


def why(stay: Played) -> str:
    """The outcome of the registers, then the look-ups; the region's profile of a SIP."""
    view = stay.view
    if isinstance(stay, Sip):
        return stay.plan.profile + (", about a patient of a stay" if stay.linked else "")
    parts = [] if view is None or view.addressing is None else view.addressing.get("why", ())
    return " · ".join(sorted(parts, key=lambda part: "->" not in part))


def colours(ledger: Ledger, stay: Played) -> dict[str, str]:
    """Step → the strongest colour in the units' latest notices."""
    by_unit = ledger.trail(stay.case).colours.values()
    all_steps = dict.fromkeys(step for steps in by_unit for step in steps) if isinstance(stay, Sip) else STEPS
    return {
        step: min((steps.get(step, "grey") for steps in by_unit), key=_STRENGTH.index, default="grey")
        for step in all_steps
    }


def awaited(directory: Directory, ledger: Ledger, stay: Played) -> str:
    """The units whose acts are awaited, with the acts."""
    asked: dict[str, list[str]] = {}
    for (unit, _), act in ledger.trail(stay.case).pending.items():
        asked.setdefault(act, []).append(short(directory, unit).split(",")[0])
    return "; ".join(f"{act}: {', '.join(dict.fromkeys(units))}" for act, units in asked.items())


def state(ledger: Ledger, stay: Played) -> str:
    """The state of a stay or a SIP, in a word or two."""
    if stay.fate in {"refused", "closed by register", "SIP refused"}:
        return f"{stay.fate} ({stay.rule})"
    if stay.fate is not None:
        return stay.fate
    if stay.answer is None or stay.answer.code == "transient-error":
        return "sent" if stay.answer is None else "held"
    trail = ledger.trail(stay.case)
    if isinstance(stay, Sip):
        return trail.latest_act or "accepted"
    if trail.news == "protected":
        return "protected now"
    if trail.acts["svu.utskrivning"]:
        return "undone" if trail.acts["svu.utskrivning_angrad"] and not stay.over else "leaving"
    for name, word in (("svu.utskrivningsklar", "utskrivningsklar"), ("svu.kartlaggning", "under way")):
        if trail.acts[name]:
            return word
    return "accepted" if stay.view is None or stay.view.addressing is None else "addressed"


def begun(directory: Directory, stay: Played) -> str:
    """One line: the units that a case was addressed to, and why."""
    return (
        f"{stay.reference} (case {stay.case}) at {short(directory, stay.unit)}: {where(directory, stay)}; ({why(stay)})"
    )


def ended(directory: Directory, ledger: Ledger, stay: Played) -> str:
    """One line: the outcome."""
    start = f"{stay.reference} from {short(directory, stay.unit)} by {stay.system}"
    if stay.fate in {"refused", "SIP refused"}:
        return f"{start}: refused by {stay.rule}"
    trail = ledger.trail(stay.case)
    parts = [
        f"{start}: {state(ledger, stay)} after {stay.seconds:.1f} s",
        f"{trail.acts.total()} messages, {trail.acts['kvittens']} of them kvittens, {len(trail.notices)} notices",
        *stay.happened(trail),
    ]
    return "; ".join(parts)


def unaccounted(ledger: Ledger) -> list[Played]:
    """The stays and SIPs that have not ended and wait for nobody but the demo itself."""
    return [one for one in ledger.unsettled() if not ledger.waits_for_me(one) and not ledger.waits_for_broken(one)]


def _waiting(directory: Directory, one: Played, ledger: Ledger) -> str:
    """What a stay or a SIP waits for that a person plays."""
    assert one.view is not None
    units = ledger.mine.units(directory)
    asked = [short(directory, unit) for unit in one.view.awaits if unit in units]
    unsent = sum(state != "sent" for system, _, state in one.view.notices if system in ledger.mine)
    told = f"{_notices(unsent)} not sent to you yet" if unsent else "all notices have reached you"
    return f"{one.reference}: an answer is awaited of {', '.join(asked) or 'nobody now'}; {told}"


def summary(directory: Directory, ledger: Ledger, started_s: float, *, stopped: bool = False) -> list[str]:
    """The lines of the summary: stays and SIPs by outcome, and unaccounted ones by name. In a run that a person has ``stopped`` these
    were under way, and nobody knows how they would have ended.
    """
    counts = ledger.counts
    lines = [f"{counts['admitted']} admissions and {counts['SIPs']} SIPs in {started_s:.0f} s; what became of them:"]
    lines += [f"  {ledger.fates[fate]:6} {text}" for fate, text in {**FATES, **SIP_FATES}.items()]
    if ledger.mine:
        waiting = [one for one in ledger.unsettled() if ledger.waits_for_me(one)]
        lines.append(f"  {len(waiting):6} wait for you")
        lines += [f"         {_waiting(directory, one, ledger)}" for one in waiting[:20]]
    if ledger.broken.ever:
        held_up = [one for one in ledger.unsettled() if ledger.waits_for_broken(one)]
        lines.append(f"  {len(held_up):6} wait for what was broken on purpose")
        lines += [f"         {_open(directory, ledger, one)}" for one in held_up[:20]]
    lost = unaccounted(ledger)
    lines.append(f"  {len(lost):6} {'under way when it was stopped' if stopped else 'unaccounted for'}")
    lines += [f"         {_open(directory, ledger, stay)}" for stay in lost[:20]]
    happened = [(what, n) for what, n in ledger.happened.most_common() if not what.startswith("frist ")]
    frister = [(what.removeprefix("frist "), n) for what, n in ledger.happened.items() if what.startswith("frist ")]
    lines.append("in them: " + _list(happened))
    lines.append("deadlines that passed, by case: " + _list(frister))
    lines.append(f"accepted messages ({ledger.acts.total()}): " + _list(ledger.acts.most_common()))
    refused = [
        (f"{name} {rule} ({EXPECTED.get((name, rule)) or EXPECTED.get(('*', rule)) or 'NOT EXPECTED'})", n)
        for (name, rule), n in ledger.refusals.most_common()
    ]
    lines.append(f"refusals by rule ({ledger.refusals.total()}): " + _list(refused))
    if ledger.was_paused:
        late = ledger.counts["late-by-a-pause"]
        lines.append(
            f"paused by a person in this run: {', '.join(sorted(ledger.was_paused))}; kvittenser refused while the newer waited: {late}"
        )
    if ledger.broken.ever:
        lines.append(
            f"broken on purpose in this run: {', '.join(ledger.broken.said())}; acts that were refused in"
            f" the cases that it held up: {counts['refused-held-up']}, by the rules above"
        )
    lines += [f"  fault: {fault}" for fault in ledger.faults[:20]]
    lines.append(
        f"on the wire: {counts['notices']} notices, {counts['kvittens']} kvittens, {counts['doubled']} doubled,"
        f" {counts['out-of-order']} out of order, {counts['gaps']} gaps, {counts['unreadable']} unreadable,"
        f" {counts['bad-signature']} badly signed"
    )
    if ledger.seconds:
        ordered = sorted(ledger.seconds)
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95)]
        lines.append(f"a stay, people's reading included: half within {at[0]:.1f} s, 95 % within {at[1]:.1f} s")
    return lines


def _list(counted: list[tuple[str, int]]) -> str:
    return ", ".join(f"{what} {n}" for what, n in counted) or "none"


def _open(directory: Directory, ledger: Ledger, stay: Played) -> str:
    """One line: where a stay or a SIP stands that has not ended, and what it waits for."""
    trail, view = ledger.trail(stay.case), stay.view
    rows = () if view is None else view.notices
    unsent = Counter((system, row_state) for system, _, row_state in rows if row_state != "sent")
    unseen = Counter(
        system for system, n, row_state in rows if row_state == "sent" and (system, n) not in trail.notices
    )
    waits = [
        f"{_notices(n)} to {system} {_HOW[row_state, system in ledger.paused]}"
        for (system, row_state), n in unsent.items()
    ]
    waits += [f"{_notices(n)} sent to {system} and not seen there" for system, n in unseen.items()]
    waits += [f"awaits {asked}"] if (asked := awaited(directory, ledger, stay)) else []
    if not waits:
        waits = (
            ["its parties are at work"]
            if trail.hands or trail.waits or not stay.over
            else ["all that was told has arrived"]
        )
    line = f"{stay.reference} from {short(directory, stay.unit)}: {state(ledger, stay)}; {'; '.join(waits)}"
    return textwrap.shorten(line, _LINE, placeholder=" …")


_LINE = 150
"""Characters in the line of a stay that has not ended."""
_HOW = {
    ("waiting", False): "wait",
    ("waiting", True): "wait, since a person has paused it",
    ("dead", False): "dead: hub dead list",
    ("dead", True): "dead: hub dead list",
    ("skipped", False): "given up by a person",
    ("skipped", True): "given up by a person",
}
"""(state of the outbox, whether the system is paused) → in words."""


def _notices(number: int) -> str:
    return f"{number} notice{'s' * (number != 1)}"


def accounted(ledger: Ledger) -> bool:
    """Whether nothing is missing, doubled, out of order, unreadable, or refused for an unexpected reason."""
    return not unaccounted(ledger) and not any(ledger.counts[what] for what in AT_FAULT)
