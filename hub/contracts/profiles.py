"""How the regions differ, as a table with the scenarios that show each cell: contracts/profiles.md. Imports the processes and the
scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.catalogue.rule_uses import natural
from hub.processes.engine.diagram import ProfileQuestion
from hub.processes.engine.process import Process
from hub.processes.registry import PROCESSES
from hub.scenarios import ScenarioFile
from hub.scenarios.steps import Send

Cell = tuple[str, str]
"""(rule, profile)."""


def played_in(written: ScenarioFile, process: Process) -> set[str]:
    """The profiles of the cases of a process that a scenario opens: those of the regions of the units that open them."""
    directory = written.world.under(written.profile).directory
    openers = {
        written.world.names[step.step.from_]
        for step in written.steps
        if isinstance(step.step, Send) and step.step.send in process.openings
    }
    return {directory.region_of(unit).profile for unit in openers}


def shown(process: Process, scenarios: Mapping[str, ScenarioFile]) -> dict[Cell, list[str]]:
    """Cell → the files of the scenarios that show it."""
    found: dict[Cell, list[str]] = {}
    for name, written in scenarios.items():
        for profile in played_in(written, process):
            for rule in written.scenario.rules:
                found.setdefault((rule, profile), []).append(name)
    return found


def cells(process: Process) -> list[Cell]:
    """The cells that a scenario must show: those that hold a rule, and those in which the step does not exist."""
    return [
        (one.rule, name)
        for one in process.differences
        for name, profile in process.profiles.items()
        if one.answer(profile).kind != "silent"
    ]


def document(scenarios: Mapping[str, ScenarioFile]) -> bytes:
    """contracts/profiles.md."""
    lines = [
        "# Where the regions differ",
        "",
        "Generated from the regions' rows of answers by `hub contracts`; do not edit. A case has the profile of the region whose unit",
        "opened it. *none*: the step does not exist there, its message is refused by the rule's id and is never in `may`.",
        "",
    ]
    for process in PROCESSES.values():
        if process.differences:
            lines += _table(process, shown(process, scenarios))
    return ("\n".join(lines) + "\n").encode()


def _table(process: Process, by_cell: Mapping[Cell, Sequence[str]]) -> list[str]:
    names = list(process.profiles)
    lines = [f"## {process.title}", "", f"| id | question | {' | '.join(f'`{name}`' for name in names)} |"]
    lines.append("|---" * (len(names) + 2) + "|")
    for one in sorted(process.differences, key=lambda difference: natural(difference.rule)):
        row = [_cell(one, process, name, by_cell.get((one.rule, name), ())) for name in names]
        lines.append(f"| {one.rule} | {one.question} | {' | '.join(row)} |")
    missing = [f"{rule} in `{name}`" for rule, name in cells(process) if not by_cell.get((rule, name))]
    return [*lines, "", f"Cells without a scenario: {', '.join(missing) or 'none'}.", ""]


def _cell(one: ProfileQuestion, process: Process, name: str, files: Sequence[str]) -> str:
    answer = one.answer(process.profiles[name])
    none = "*none*" + (f": {answer.text}" if answer.text else "")
    words = {"none": none, "silent": answer.text}.get(answer.kind, answer.text)
    links = [f"[{file.removesuffix('.yaml')}](scenarios/{file})" for file in files]
    return "<br>".join([words, *links])
