"""The command that shows what gallring removes. Imports the root; imports what it needs when it runs."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import typer

from hub.cli import table
from hub.cli.root import Json, app, in_transaction, with_store


@app.command()
def gallring(as_json: Json = False) -> None:
    """Show what is due to be removed by the regions' rules, by process and month, and what is passed over. Removes nothing: a running hub
    does (role deadlines), and `hub trail cases` shows what it has removed.
    """
    from hub import clock
    from hub.operations.known import the_directory
    from hub.store import gallring_counts

    directory = with_store(the_directory)
    rules = {region.id: region.gallring for region in directory.regions if region.gallring}
    due = in_transaction(partial(gallring_counts.counted, directory=directory, now=clock.now()))
    if as_json:
        table.show_json([{"rules": rules, **asdict(due)}])
        return
    if not rules:
        typer.echo("no region has a rule of gallring: everything is kept (regions[].gallring in the directory)")
        return
    for region, days in rules.items():
        said = ", ".join(f"{process} {number} days" for process, number in sorted(days.items()))
        typer.echo(f"region {region}: {said} after a closed case changed last")
    table.show(
        "due",
        ("PROCESS", "CHANGED LAST", "CASES", "MESSAGES"),
        [(one.process, one.month, one.cases, one.messages) for one in due.months],
    )
    if not due.months:
        typer.echo("nothing is due")
    if due.unsettled:
        typer.echo(
            f"of the oldest {gallring_counts.OLDEST} cases {due.unsettled} are passed over: something in them waits, is held or dead"
            " (hub timeline CASE, hub dead list, hub held list)"
        )
    for process, count in due.open_as_long.items():
        typer.echo(
            f"{process}: {table.number_of(count, 'case')} unchanged for as long and still open: only their units can end them"
        )
