"""The commands that try now what waits: a notice, a look-up, a system. Imports the root and the operations API."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.endings import shown
from hub.cli.ops import operations
from hub.cli.root import By, Reason, app

retry_app = typer.Typer(
    help="Try now what waits, in its order and in under a second: a notice, a look-up, a system.", no_args_is_help=True
)
app.add_typer(retry_app, name="retry")


@retry_app.command("notice")
def retry_notice(
    row: Annotated[int, typer.Argument(help="The row's number, as `hub timeline` names it.")],
    reason: Reason = "",
    by: By = "",
) -> None:
    """Send a waiting notice, receipt or announcement now, after those of its case that go before it."""
    with operations(by) as ops:
        before = ops.say("/tries", {"notice": row, "reason": reason})["count"] - 1
    shown(f"row {row} is tried now" + (f", after {before} of its case that go before it" if before else ""))


@retry_app.command("lookup")
def retry_lookup(case: Annotated[str, typer.Argument(help="The case's id.")], reason: Reason = "", by: By = "") -> None:
    """Ask the registers now about a case whose look-up waits for its next time."""
    with operations(by) as ops:
        count = ops.say("/tries", {"case": case, "reason": reason})["count"]
    shown(
        f"look-ups made now: {count}; a register that answered with a fault is not asked the same sooner than it allows"
    )


@retry_app.command("system")
def retry_system(
    system: Annotated[str, typer.Argument(help="The system's id.")], reason: Reason = "", by: By = ""
) -> None:
    """Send now all that waits for a system. Where its breaker is open one call goes first, and the others when that is
    acknowledged; what is in a call already is tried again as soon as that has failed.
    """
    with operations(by) as ops:
        count = ops.say("/tries", {"system": system, "reason": reason})["count"]
    shown(
        f"rows of {system} tried now: {count}; where its breaker is open one goes first, and the others when that is acknowledged"
    )
