"""The commands of operations: dead, pause, resume, announce, trail. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.root import By, Json, Reason, app, dead_app, in_transaction, operator, with_store

if TYPE_CHECKING:
    from hub.store.dead_letters import DeadLetter


@dead_app.command("list")
def dead_list(
    system: Annotated[str | None, typer.Option(help="Only this receiving system.")] = None, as_json: Json = False
) -> None:
    """List the dead notices, oldest first: the case, the receiver's last answer and the start of what it said, when it was tried,
    and what waits behind.
    """
    from hub.operations import delivery

    dead = with_store(lambda store: delivery.dead(store, system))
    if as_json:
        table.show_json([asdict(one) for one in dead])
        return
    if not dead:
        typer.echo("nothing is dead" + (f" of {system}" if system else ""))
    table.show(
        "dead: hub dead replay|skip ROW",
        ("ROW", "SYSTEM", "ACCEPTED", "TRIED", "WHAT"),
        [
            (
                one.id,
                one.system,
                table.moment(one.accepted_at),
                one.attempts,
                _of_dead(one),
            )
            for one in dead
        ],
    )


def _of_dead(one: DeadLetter) -> str:
    said = f', it said "{one.said}"' if one.said else ""
    case = f"; case {one.case_id}" if one.case_id else ""
    number = f" #{one.sequence}" if one.sequence else ""
    tried = f"; tried from {table.moment(one.first_tried_at)} to {table.moment(one.tried_at)}" if one.tried_at else ""
    behind = (
        f"; {table.number_of(one.behind, 'waits', 'wait')} behind it, the oldest since {table.moment(one.behind_since)}"
        if one.behind
        else ""
    )
    return f"{one.kind} {one.message}{number}: {one.answer}{said}{case}{tried}{behind}"


@dead_app.command("replay")
def dead_replay(
    row: Annotated[
        int | None, typer.Argument(help="The row's number from `hub dead list`; without it all of --system.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="All dead rows of this system.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say how many.")] = False,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Send dead rows again, marked as replay to the receiver."""
    from hub.operations import delivery

    said = with_store(lambda store: delivery.replay(store, row, system, operator(by), reason, dry_run=dry_run))
    (typer.echo if dry_run else shown)(said)


@dead_app.command("skip")
def dead_skip(row: int, reason: Reason = "", by: By = "") -> None:
    """Give up a dead row; the case's later notices to that system are sent again."""
    from hub.operations import delivery

    shown(with_store(lambda store: delivery.skip(store, row, operator(by), reason)))


@app.command()
def pause(system: str, reason: Reason = "", by: By = "") -> None:
    """Send nothing to a system until it is resumed; takes effect in under a second."""
    from hub.operations import delivery

    shown(with_store(lambda store: delivery.pause(store, system, operator(by), reason)))


@app.command()
def resume(system: str, reason: Reason = "", by: By = "") -> None:
    """Send to a paused system again."""
    from hub.operations import delivery

    shown(with_store(lambda store: delivery.resume(store, system, operator(by), reason)))


@app.command()
def announce(
    text_sv: Annotated[str, typer.Option(help="What is told, in Swedish; nothing about a person.")],
    text_en: Annotated[str, typer.Option(help="The same in English.")],
    by: By = "",
) -> None:
    """Tell every connected system something, tied to no case: maintenance, trouble, a new version (C-34)."""
    from hub.operations import delivery

    shown(with_store(lambda store: delivery.announce(store, text_sv, text_en, operator(by))))


@app.command()
def announcements(as_json: Json = False) -> None:
    """List what was announced, the newest first, and to how many systems it has gone."""
    from hub.store import announcements as announced

    told = in_transaction(announced.listed)
    if as_json:
        table.show_json([asdict(one) for one in told])
        return
    if not told:
        typer.echo("nothing has been announced")
    for a in told:
        dead = f", {a.dead} dead" if a.dead else ""
        typer.echo(
            f"{table.moment(a.at)}  {a.message}  sent to {a.sent} of {table.number_of(a.systems, 'system')}{dead}  {a.sv} / {a.en}"
        )


@app.command()
def trail(
    target: Annotated[
        str | None, typer.Argument(help="Only what was done with this: a system, a message, a row, a place.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what operations did by hand: when, by whom, with what, and why. The newest last."""
    from hub.store import operator_log

    acts = in_transaction(partial(operator_log.latest, target=target, limit=limit))
    if as_json:
        table.show_json([asdict(one) for one in acts])
        return
    if not acts:
        typer.echo("nothing has been done by hand" + (f" with {target}" if target else ""))
        return
    rows = [(table.moment(one.at), one.who, one.what, one.target, one.reason) for one in acts]
    typer.echo("\n".join(table.lines(("WHEN", "BY", "WHAT", "WITH", "WHY"), rows)))
