"""Shows the demo: a live table in a terminal, plain lines elsewhere. Imports rich, the report and the ledger.

The data are the parties' events, the hub's metrics and the store's live view.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hub.sandbox import report
from hub.sandbox.gauges import SandboxGauges
from hub.sandbox.ledger import Ledger
from hub.sandbox.played import Played
from schemas.directory import Directory

_COLOURS = {
    "discharged": "green",
    "consent refused": "yellow",
    "protected": "magenta",
    "closed by register": "magenta",
    "refused": "red",
    "SIP ended": "green",
    "SIP revoked": "yellow",
    "SIP deceased": "magenta",
    "SIP consent refused": "yellow",
    "SIP refused": "red",
}
_STEP = {"red": "bold red", "yellow": "yellow", "green": "green", "blue": "blue", "grey": "bright_black"}
_MARKS = {"red": "●", "yellow": "◐", "green": "●", "blue": "◆", "grey": "·"}
"""Signs that can be read without colours too."""
_EVERY_S = 5.0


class DemoView(Protocol):
    """A way of showing the demo."""

    def say(self, text: str) -> None:
        """Print a permanent line."""
        ...

    def addressed(self, stays: Sequence[Played]) -> None:
        """These stays and SIPs have been addressed."""
        ...

    def settled(self, stays: Sequence[Played]) -> None:
        """These stays and SIPs are settled."""
        ...

    def refresh(self) -> None:
        """Called regularly."""
        ...

    def close(self) -> None:
        """End the live display."""
        ...


class Plain:
    """Plain lines on standard output, for logs and pipes."""

    def __init__(self, directory: Directory, ledger: Ledger, gauges: SandboxGauges) -> None:
        self._directory, self._ledger, self._gauges = directory, ledger, gauges
        self._last = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def addressed(self, stays: Sequence[Played]) -> None:
        """Print one line each."""
        for stay in stays:
            self.say(report.begun(self._directory, stay))

    def settled(self, stays: Sequence[Played]) -> None:
        """Print one line each."""
        for stay in stays:
            self.say(report.ended(self._directory, self._ledger, stay))

    def refresh(self) -> None:
        """Print rates and backlogs every five seconds."""
        if time.monotonic() - self._last >= _EVERY_S:
            self._last = time.monotonic()
            self.say(_numbers(self._ledger, self._gauges))

    def close(self) -> None:
        """Nothing to end."""


class Terminal:
    """A live table."""

    def __init__(self, directory: Directory, ledger: Ledger, gauges: SandboxGauges, addresses: dict[str, str]) -> None:
        self._directory, self._ledger, self._gauges, self._addresses = directory, ledger, gauges, addresses
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=4, get_renderable=self._look, screen=False)
        self._live.start()

    def say(self, text: str) -> None:
        """Print a line above the table."""
        self._console.print(text, markup=False, highlight=False)

    def addressed(self, stays: Sequence[Played]) -> None:
        """Nothing: the table shows them."""

    def settled(self, stays: Sequence[Played]) -> None:
        """Nothing: the table shows them."""

    def refresh(self) -> None:
        """Nothing: the table refreshes itself."""

    def close(self) -> None:
        """Stop refreshing, and leave the last state on the screen."""
        self._live.stop()

    def _look(self) -> RenderableType:
        frister = self._gauges.frister()
        rows = max(4, self._console.height - 13 - len(self._addresses) - bool(frister))
        table = Table(expand=True, box=None, header_style="bold", pad_edge=False)
        table.add_column("case", width=8, no_wrap=True)
        for title, ratio in (("opened by", 3), ("addressed to", 5)):
            table.add_column(title, ratio=ratio, no_wrap=True, overflow="ellipsis")
        table.add_column("steps", width=13, no_wrap=True)
        table.add_column("awaited", ratio=5, no_wrap=True, overflow="ellipsis")
        table.add_column("msgs", width=4, no_wrap=True, justify="right")
        table.add_column("state", width=26, no_wrap=True)
        for stay in self._shown(rows):
            table.add_row(*self._row(stay))
        fates = Text()
        for fate, colour in _COLOURS.items():
            fates.append("\n" if fate == report.FIRST_OF_SIPS else "")
            fates.append(f"{fate} {self._ledger.fates[fate]}   ", style=colour)
        fates.append(f"under way {self._ledger.under_way}", style="cyan")
        waiting = ", ".join(f"{system} {count:.0f}" for system, count in self._gauges.waiting.items() if count)
        parts = [
            Text(_numbers(self._ledger, self._gauges)),
            fates,
            Text(f"waiting: {waiting or 'nothing'}", style="dim"),
        ]
        if frister:
            late = ", ".join(f"{name} {count:.0f}" for name, count in frister.items())
            parts.append(Text(f"deadlines that passed: {late}", style="yellow"))
        addresses = Table.grid(padding=(0, 2))
        for name, address in self._addresses.items():
            addresses.add_row(name, address)
        return Group(
            Panel(Group(*parts), title="Samverkan hub, the demo (Ctrl-C ends it)"),
            table,
            Panel(
                addresses,
                title="look at",
                subtitle="stays: Inskrivning Tid Kartläggning Ställningstagande Utskrivning; SIPs: as in their region;"
                " red ● awaited · yellow ◐ waits · blue ◆ written · green ● done",
            ),
        )

    def _shown(self, rows: int) -> list[Played]:
        """The unsettled stays and SIPs and the latest settled ones, in the order in which they began."""
        under_way = self._ledger.unsettled()[-rows:]
        ended = [stay for stay in list(self._ledger.played.values())[-2 * rows :] if stay.fate is not None]
        shown = under_way + ended[len(under_way) - rows :] if len(under_way) < rows else under_way
        return sorted(shown, key=lambda stay: stay.at)

    def _row(self, stay: Played) -> list[RenderableType]:
        colours = [] if stay.case is None else list(report.colours(self._ledger, stay).values())
        steps = Text(" ").join(Text(_MARKS[colour], style=_STEP[colour]) for colour in colours)
        done = stay.fate is not None
        awaited = "" if done else report.awaited(self._directory, self._ledger, stay)
        trail = self._ledger.trail(stay.case)
        state = Text(report.state(self._ledger, stay), style=_COLOURS.get(stay.fate or "", "cyan"))
        if trail.frister:
            state.append(" ⏰", style="yellow")
        return [
            stay.reference,
            report.short(self._directory, stay.unit),
            report.where(self._directory, stay),
            steps,
            Text(awaited, style="red"),
            str(trail.acts.total() or ""),
            state,
        ]


def view(directory: Directory, ledger: Ledger, gauges: SandboxGauges, addresses: dict[str, str]) -> DemoView:
    """A live table in a terminal, plain lines elsewhere."""
    if sys.stdout.isatty():
        return Terminal(directory, ledger, gauges, addresses)
    return Plain(directory, ledger, gauges)


def _numbers(ledger: Ledger, gauges: SandboxGauges) -> str:
    rates = ", ".join(f"{ledger.rate(what):.1f} {name}/s" for what, name in _RATES.items())
    return (
        f"{ledger.counts['admitted']} admitted, {ledger.counts['SIPs']} SIPs, {ledger.under_way} under way; {rates};"
        f" waiting {gauges['hub_outbox_waiting']}, held {gauges['hub_held']},"
        f" manual queue {gauges['hub_manual_queue']}, dead {gauges['hub_outbox_dead']},"
        f" look-ups {gauges['hub_lookups_total']}, deadlines passed {gauges['hub_deadlines_missed_total']}"
    )


_RATES = {"admitted": "admissions", "messages": "messages", "notices": "notices", "kvittens": "kvittens"}
