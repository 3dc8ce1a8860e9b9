"""The command that shows what gallring removes. Imports the root and the operations API."""

from __future__ import annotations

import typer

from hub.cli import table
from hub.cli.ops import operations
from hub.cli.root import Json, app


@app.command()
def gallring(as_json: Json = False) -> None:
    """Show what is due to be removed by the regions' rules, by process and month, and what is passed over. Removes nothing: a running hub
    does (role deadlines), and `hub trail cases` shows what it has removed.
    """
    with operations() as ops:
        due = ops.ask("/gallring")
    if as_json:
        table.show_json(due)
        return
    if not due["rules"]:
        typer.echo("no region has a rule of gallring: everything is kept (regions[].gallring in the directory)")
        return
    for region, days in due["rules"].items():
        said = ", ".join(f"{process} {number} days" for process, number in sorted(days.items()))
        typer.echo(f"region {region}: {said} after a closed case changed last")
    table.show(
        "due",
        ("PROCESS", "CHANGED LAST", "CASES", "MESSAGES"),
        [(one["process"], one["month"], one["cases"], one["messages"]) for one in due["months"]],
    )
    if not due["months"]:
        typer.echo("nothing is due")
    if due["unsettled"]:
        typer.echo(
            f"of the oldest {due['asked']} cases {due['unsettled']} are passed over: something in them waits, is held or dead"
            " (hub timeline CASE, hub dead list, hub held list)"
        )
    for process, count in due["open_as_long"].items():
        typer.echo(
            f"{process}: {table.number_of(count, 'case')} unchanged for as long and still open: only their units can end them"
        )
