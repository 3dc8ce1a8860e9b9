"""Which rule stands where: rule → rows, guards, scenarios; written as contracts/rules.md.

Imports the tables and the scenarios. A rule of the tables that no scenario shows is listed, and a contract test fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.processes.machine import Guard, Process
from hub.processes.svu import SVU
from hub.scenarios import Written, files_in

ELSEWHERE: Mapping[str, str] = {
    "C-3": "`hub.processes.machine.acting_role`",
    "C-4": "`hub.processes.machine.decide`: only a participating unit acts in a case",
    "C-30": "`hub.processes.outlook.colours`",
    "C-52": "`hub.processes.svu.all_but_a_draft`",
    "C-56": "`hub.processes.svu`: what is required is asked for when the inskrivning is published",
    "C-60": "`schemas.identities.parse_person_id`",
    "C-62": "`hub.processes.registers.protected_or_deceased`",
    "C-63": "`hub.processes.registers.protected_or_deceased`",
    "D-2": "`hub.intake.batch`: duplicates",
    "D-4": "`hub.intake.batch`: held messages",
    "D-10": "`hub.intake.arrival`: ids and references",
    "P-22": "`hub.processes.profiles.Profile`: information before consent",
    "V-8": "`hub.processes.svu.admit`: the estimated date makes its step green",
}
"""Rules in scope that the machine or the intake enforces besides the tables, and where."""


@dataclass(slots=True)
class Use:
    """Where one rule stands."""

    rows: list[str] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    elsewhere: str | None = None

    @property
    def refuses(self) -> bool:
        """Whether a message can be refused under this rule by a guard of the tables."""
        return bool(self.guards)


def uses(process: Process = SVU) -> dict[str, Use]:
    """Every rule that the tables and the machine name, in the order in which people read them."""
    found: dict[str, Use] = {}
    for row in process.rows:
        parties = ", ".join(sorted(row.parties))
        for rule in row.rules:
            found.setdefault(rule, Use()).rows.append(f"`{row.message}` ({parties})")
        for guard in (*row.guards, *row.checks):
            known = found.setdefault(guard.rule, Use()).guards
            if guard not in known:
                known.append(guard)
    for rule, place in ELSEWHERE.items():
        found.setdefault(rule, Use()).elsewhere = place
    return {rule: found[rule] for rule in sorted(found, key=natural)}


def natural(rule: str) -> tuple[str, int]:
    """``C-4`` before ``C-10``."""
    letters, _, number = rule.partition("-")
    return letters, int(re.sub(r"\D", "", number) or 0)


def scenarios_in(folder: Path) -> dict[str, Sequence[str]]:
    """File name → the rules that the scenario names; raises ``Unusable``."""
    return {path.name: Written(path).scenario.rules for path in files_in([folder])}


def not_shown(found: Iterable[str], scenarios: Mapping[str, Sequence[str]]) -> list[str]:
    """The rules that no scenario names."""
    shown = {rule for rules in scenarios.values() for rule in rules}
    return [rule for rule in found if rule not in shown]


def document(scenarios: Mapping[str, Sequence[str]]) -> bytes:
    """contracts/rules.md."""
    found = uses()
    missing = not_shown(found, scenarios)
    also = sorted({rule for rules in scenarios.values() for rule in rules} - set(found), key=natural)
    lines = [
        "# Rules, and where each is shown",
        "",
        "Generated from the tables by `hub contracts`; do not edit. The rules themselves are in processes.md and",
        "delivery.md; a scenario is run by `hub check FILE`.",
        "",
        "| rule | rows (message, parties) | guards, and elsewhere | scenarios |",
        "|---|---|---|---|",
    ]
    for rule, use in found.items():
        guards = [f"`{guard.name}`" for guard in use.guards] + ([use.elsewhere] if use.elsewhere else [])
        lines.append(f"| {rule} | {_list(use.rows)} | {_list(guards)} | {_list(_shown_by(rule, scenarios))} |")
    if also:
        lines += ["", "Named by scenarios, but not by the tables: " + ", ".join(also) + "."]
    lines += [
        "",
        f"Rules without a scenario: {', '.join(missing) if missing else 'none'}.",
        "",
        "## What a refusal says",
        "",
    ]
    lines += ["| rule | element | svenska | English |", "|---|---|---|---|"]
    for rule, use in found.items():
        lines += [f"| {rule} | `{guard.element or '/'}` | {guard.sv} | {guard.en} |" for guard in use.guards]
    return ("\n".join(lines) + "\n").encode()


def _shown_by(rule: str, scenarios: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"[{name.removesuffix('.yaml')}](scenarios/{name})" for name, rules in scenarios.items() if rule in rules]


def _list(parts: Iterable[str]) -> str:
    return "<br>".join(dict.fromkeys(parts)) or "–"
