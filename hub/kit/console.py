"""What a person sees of a run: each step as it happens, and a table at the end. Imports rich and the record; colours only on a
terminal.
"""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub.kit.expects import AwaitedMessage
from hub.kit.record import Finding, Run, ScenarioRun

_SIGNS = {"ok": "[green]ok   [/]", "wrong": "[bold red]WRONG[/]", "not_tried": "[yellow]-    [/]"}


class RunConsole:
    """Prints a run."""

    def __init__(self, console: Console, within_s: float) -> None:
        self._console, self._within_s = console, within_s

    def say(self, text: str) -> None:
        """A line of its own."""
        self._console.print(escape(text), highlight=False, soft_wrap=True)

    def scenario(self, number: int, of: int, name: str, sentence: str) -> None:
        """A scenario begins."""
        self._console.print(
            f"\n[bold]{number}/{of}  {escape(name)}[/]: {escape(sentence)}", highlight=False, soft_wrap=True
        )

    def awaits(self, awaited: AwaitedMessage) -> None:
        """The vendor's system is to send something now."""
        case = "opens the case" if awaited.case is None else f"case {awaited.case}"
        ids = [f"{awaited.called[id_]} is {id_}" for id_ in awaited.ids]
        clock = [] if awaited.now is None else [f"the hub's clock stands at {awaited.now:%Y-%m-%d %H:%M}"]
        told = "; ".join([case, *ids, *clock])
        self.say(f"  {awaited.step:>3}  waits {awaited.sentence}, within {self._within_s:g} s ({told})")

    def finding(self, finding: Finding, measured: str) -> None:
        """Something has been found."""
        after = f" ({measured})" if measured else ""
        self._console.print(
            f"  {finding.step:>3}  {_SIGNS[finding.outcome]} {escape(finding.expected + after)}",
            highlight=False,
            soft_wrap=True,
        )
        if finding.reason:
            self.say(f"             {finding.reason}")

    def summary(self, run: Run) -> None:
        """The run is over."""
        table = Table("scenario", "outcome", "ok", "wrong", "not tried", title=f"{run.role}, suite {run.suite}")
        for scenario in run.scenarios:
            name = scenario.scenario if scenario.fault is None else f"{scenario.fault}: {scenario.scenario}"
            table.add_row(name, scenario.outcome, *(str(_count(scenario, which)) for which in _SIGNS))
        self._console.print()
        self._console.print(table)
        said = {
            "ok": "all is as it should be",
            "wrong": "something is wrong: see above",
            "not_tried": "nothing was tried",
            "interrupted": "stopped before its end: what has not been played is not judged",
        }[run.outcome]
        self.say(said)


def _count(scenario: ScenarioRun, outcome: str) -> int:
    return sum(finding.outcome == outcome for finding in scenario.findings)
