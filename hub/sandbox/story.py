"""The demo in words: one line per admission, and the summary that accounts for every one.

Pure; imports the ledger and the language.
"""

from __future__ import annotations

from hub.sandbox.ledger import Admission, Ledger
from schemas.directory import Directory

FATES = {
    "delivered": "addressed, told and acknowledged; the ward was told",
    "manual queue": "in the manual queue, the ward was told; whoever is known was told and acknowledged",
    "turned away": "the register says protected or deceased: the case was closed, the ward was told",
    "refused": "refused by a rule, the sender was told",
}


def short(directory: Directory, hsa: str) -> str:
    """A unit by its name."""
    unit = directory.unit_by_hsa.get(hsa)
    return hsa if unit is None else unit.name


def where(directory: Directory, admission: Admission) -> str:
    """Where an admission was addressed."""
    view = admission.view
    if view is None or view.addressing is None:
        return ""
    found = [view.addressing.get("health_centre"), view.addressing.get("municipality_unit")]
    units = ", ".join(short(directory, hsa) for hsa in found if hsa)
    return (
        f"{view.addressing['outcome']}: {units or 'nobody'}"
        if view.status == "open"
        else str(view.addressing["outcome"])
    )


def why(admission: Admission) -> str:
    """What led there, then the look-ups made."""
    view = admission.view
    parts = [] if view is None or view.addressing is None else view.addressing.get("why", ())
    return " · ".join(sorted(parts, key=lambda part: "->" not in part))


def state(admission: Admission) -> str:
    """How far it has come, in a word or two."""
    if admission.fate in {"refused", "turned away"}:
        return f"{admission.fate} ({admission.rule})"
    if admission.fate is not None:
        return admission.fate
    if admission.answer is None:
        return "sent"
    if admission.answer.code == "transient-error":
        return "held"
    return "accepted" if admission.view is None or admission.view.addressing is None else "addressed"


def line(directory: Directory, ledger: Ledger, admission: Admission) -> str:
    """All of a settled admission in one plain line."""
    start = f"{admission.reference} from {short(directory, admission.ward)} by {admission.system}"
    if admission.fate == "refused":
        return f"{start}: refused by {admission.rule}"
    awaited, given, told = ledger.kvittens(admission)
    parts = [
        where(directory, admission),
        f"({why(admission)})",
        f"{ledger.notices(admission.case)} notices, kvittens {given} of {awaited}, {told} told the ward",
        state(admission),
    ]
    return f"{start}: " + "; ".join(parts)


def summary(ledger: Ledger, started_s: float) -> list[str]:
    """Every admission under what it came to; what is missing, by name."""
    counts = ledger.counts
    lines = [f"{counts['admitted']} admissions in {started_s:.0f} s; what became of them:"]
    lines += [f"  {ledger.fates[fate]:6} {text}" for fate, text in FATES.items()]
    lines.append(f"  {ledger.under_way:6} unaccounted for")
    for admission in ledger.unsettled()[:20]:
        view = admission.view
        missing = "" if view is None else f", awaits {', '.join(view.awaits) or 'nobody'}"
        if view is not None:
            unsent = [f"{system} #{number} {state}" for system, number, state in view.notices if state != "sent"]
            missing += f", not sent: {', '.join(unsent) or 'nothing'}"
        lines.append(f"         {admission.reference} from {admission.system}: {state(admission)}{missing}")
    if ledger.rules:
        lines.append("refusals by rule: " + ", ".join(f"{rule} {n}" for rule, n in ledger.rules.most_common()))
    lines.append(
        f"on the wire: {counts['notices']} notices, {counts['kvittens']} kvittens, {counts['doubled']} doubled,"
        f" {counts['out-of-order']} out of order, {counts['unreadable']} unreadable,"
        f" {counts['bad-signature']} badly signed"
    )
    if ledger.seconds:
        ordered = sorted(ledger.seconds)
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95)]
        lines.append(
            "from admission to the last kvittens, people's reading included:"
            f" half within {at[0]:.1f} s, 95 % within {at[1]:.1f} s"
        )
    return lines


def accounted(ledger: Ledger) -> bool:
    """Whether nothing is missing, doubled, out of order or unreadable."""
    wrong = ("doubled", "out-of-order", "unreadable", "bad-signature", "kvittens-refused")
    settled = sum(ledger.fates.values()) == ledger.counts["admitted"]
    return settled and ledger.under_way == 0 and not any(ledger.counts[what] for what in wrong)
