"""The live view in a terminal, and plain lines where there is none. Imports rich, the story and the ledger.

What it shows comes from the parties' own events, from the hub's metrics and from the store's views.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Protocol

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hub.sandbox import story
from hub.sandbox.ledger import Admission, Ledger
from schemas.directory import Directory

_COLOURS = {"delivered": "green", "manual queue": "yellow", "turned away": "magenta", "refused": "red"}
_EVERY_S = 5.0


class Gauges:
    """Some of ``/metrics``, added up."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.waiting: dict[str, float] = {}

    def take(self, exposition: str) -> None:
        """The text format."""
        sums: dict[str, float] = {}
        for family in text_string_to_metric_families(exposition):
            for sample in family.samples:
                if sample.name == "hub_outbox_waiting":
                    self.waiting[sample.labels["system"]] = sample.value
                if not sample.name.endswith(("_bucket", "_created")):
                    sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
        self.values = sums

    def __getitem__(self, name: str) -> int:
        return int(self.values.get(name, 0))


class View(Protocol):
    """How a demo is shown."""

    def say(self, text: str) -> None:
        """A line that stays."""
        ...

    def settled(self, admissions: Sequence[Admission]) -> None:
        """These have come to their end."""
        ...

    def turn(self) -> None:
        """Time to look anew."""
        ...

    def close(self) -> None:
        """The end of the live part."""
        ...


class Plain:
    """Lines on standard output, for logs and pipes."""

    def __init__(self, directory: Directory, ledger: Ledger, gauges: Gauges) -> None:
        self._directory, self._ledger, self._gauges = directory, ledger, gauges
        self._last = time.monotonic()

    def say(self, text: str) -> None:
        """A line, at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def settled(self, admissions: Sequence[Admission]) -> None:
        """One line each."""
        for admission in admissions:
            self.say(story.line(self._directory, self._ledger, admission))

    def turn(self) -> None:
        """Rates and what waits, every five seconds."""
        if time.monotonic() - self._last >= _EVERY_S:
            self._last = time.monotonic()
            self.say(_numbers(self._ledger, self._gauges))

    def close(self) -> None:
        """Nothing to give back."""


class Terminal:
    """A table that lives."""

    def __init__(self, directory: Directory, ledger: Ledger, gauges: Gauges, addresses: dict[str, str]) -> None:
        self._directory, self._ledger, self._gauges, self._addresses = directory, ledger, gauges, addresses
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=4, get_renderable=self._look, screen=False)
        self._live.start()

    def say(self, text: str) -> None:
        """Above the live part."""
        self._console.print(text, markup=False, highlight=False)

    def settled(self, admissions: Sequence[Admission]) -> None:
        """The table shows them."""

    def turn(self) -> None:
        """It lives by itself."""

    def close(self) -> None:
        """Leaves the last picture."""
        self._live.stop()

    def _look(self) -> RenderableType:
        rows = max(4, self._console.height - 12 - len(self._addresses))
        table = Table(expand=True, box=None, header_style="bold", pad_edge=False)
        for title, width in (("admission", 10), ("from", 24), ("addressed to", None), ("why", None)):
            table.add_column(title, width=width, no_wrap=True, overflow="ellipsis", ratio=None if width else 1)
        table.add_column("kvittens", width=9, no_wrap=True)
        table.add_column("state", width=20, no_wrap=True)
        for admission in list(self._ledger.admissions.values())[-rows:]:
            awaited, given, _ = self._ledger.kvittens(admission)
            table.add_row(
                admission.reference,
                story.short(self._directory, admission.ward),
                story.where(self._directory, admission),
                story.why(admission),
                f"{given} of {awaited}" if awaited else "",
                Text(story.state(admission), style=_COLOURS.get(admission.fate or "", "cyan")),
            )
        fates = Text()
        for fate, colour in _COLOURS.items():
            fates.append(f"{fate} {self._ledger.fates[fate]}   ", style=colour)
        fates.append(f"under way {self._ledger.under_way}", style="cyan")
        waiting = ", ".join(f"{system} {count:.0f}" for system, count in self._gauges.waiting.items() if count)
        addresses = Table.grid(padding=(0, 2))
        for name, address in self._addresses.items():
            addresses.add_row(name, address)
        head = Group(
            Text(_numbers(self._ledger, self._gauges)), fates, Text(f"waiting: {waiting or 'nothing'}", style="dim")
        )
        return Group(
            Panel(head, title="Samverkan hub, the demo (Ctrl-C ends it)"), table, Panel(addresses, title="look at")
        )


def view(directory: Directory, ledger: Ledger, gauges: Gauges, addresses: dict[str, str]) -> View:
    """The live view in a terminal, plain lines elsewhere."""
    if sys.stdout.isatty():
        return Terminal(directory, ledger, gauges, addresses)
    return Plain(directory, ledger, gauges)


def _numbers(ledger: Ledger, gauges: Gauges) -> str:
    rates = ", ".join(f"{ledger.rate(what):.1f} {name}/s" for what, name in _RATES.items())
    return (
        f"{ledger.counts['admitted']} admitted, {ledger.under_way} under way; {rates};"
        f" waiting {gauges['hub_outbox_waiting']}, held {gauges['hub_held']},"
        f" manual queue {gauges['hub_manual_queue']}, dead {gauges['hub_outbox_dead']},"
        f" look-ups {gauges['hub_lookups_total']}"
    )


_RATES = {"admitted": "admissions", "notices": "notices", "kvittens": "kvittens"}
