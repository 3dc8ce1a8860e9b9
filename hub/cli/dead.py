"""The commands for notices that are tried no more (D-6): list, skip. Imports the root and the operations API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.ops import operations, part
from hub.cli.root import By, Json, Reason, dead_app


@dead_app.command("list")
def dead_list(
    system: Annotated[str | None, typer.Option(help="Only this receiving system.")] = None,
    by_group: Annotated[
        bool, typer.Option("--groups", help="How many of each system failed of what, instead of each notice.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the dead notices, oldest first: the case, the receiver's last answer and the start of what it said, when it was tried,
    and what waits behind.
    """
    with operations() as ops:
        found = ops.ask("/dead/groups", system=system)["rows"] if by_group else ops.rows("/dead", system=system)
        if not found and system is not None:
            ops.ask(f"/systems/{part(system)}")  # of a misspelt name nothing would be dead either
    if as_json:
        table.show_json(found)
    elif not found:
        typer.echo("nothing is dead" + (f" of {system}" if system else ""))
    elif by_group:
        _show_groups(found)
    else:
        table.show(
            "dead: hub dead replay|skip ROW, hub errors [ID]",
            ("ROW", "SYSTEM", "ACCEPTED", "TRIED", "WHAT"),
            [
                (one["row"], one["system"], table.moment(one["accepted_at"]), one["attempts"], _of_dead(one))
                for one in found
            ],
        )


def _show_groups(found: Sequence[dict[str, Any]]) -> None:
    table.show(
        "dead by what they failed of: hub dead replay --system SYSTEM --answer ANSWER",
        ("COUNT", "SYSTEM", "ANSWER", "WHAT"),
        [
            (
                one["count"],
                one["system"],
                one["answer"],
                f"[{one['error']}] accepted from {table.moment(one['oldest'])} to {table.moment(one['newest'])}"
                + (f"; {table.number_of(one['behind'], 'waits', 'wait')} behind them" if one["behind"] else "")
                + (f"; {one['replayed']} had been replayed, and failed again" if one["replayed"] else ""),
            )
            for one in found
        ],
    )


def _of_dead(one: dict[str, Any]) -> str:
    said = f', it said "{one["said"]}"' if one["said"] else ""
    case = f"; case {one['case']}" if one["case"] else ""
    number = f" #{one['sequence']}" if one["sequence"] else ""
    tried = (
        f"; tried from {table.moment(one['first_tried_at'])} to {table.moment(one['tried_at'])}"
        if one["tried_at"]
        else ""
    )
    behind = (
        f"; {table.number_of(one['behind'], 'waits', 'wait')} behind it, the oldest since {table.moment(one['behind_since'])}"
        if one["behind"]
        else ""
    )
    going = f"; replay {one['replay']} is to send it again" if one["replay"] else ""
    return f"{one['kind']} {one['message']}{number}: {one['answer']} [{one['error']}]{said}{case}{tried}{behind}{going}"


@dead_app.command("skip")
def dead_skip(row: int, reason: Reason = "", by: By = "") -> None:
    """Give up a dead row; the case's later notices to that system are sent again."""
    with operations(by) as ops:
        ops.say(f"/dead/{row}/skip", {"reason": reason})
    shown(f"row {row} is skipped; what waited behind it flows")
