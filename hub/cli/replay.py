"""The commands that tell again what was told (D-7): replay, replays, undo. Imports the root and the operations API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.ops import operations
from hub.cli.root import By, Json, Reason, dead_app, zoned_moment


@dead_app.command("replay")
def dead_replay(
    rows: Annotated[
        list[int] | None, typer.Argument(metavar="ROW…", help="Rows by their numbers from `hub dead list`.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="To this receiving system.")] = None,
    case: Annotated[str | None, typer.Option(help="Of this case.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="Of this message, as svu.inskrivning; or receipt, announcement.")
    ] = None,
    answer: Annotated[str | None, typer.Option(help="Failed of this, from `hub dead list --groups`.")] = None,
    since: Annotated[
        datetime | None, typer.Option(parser=zoned_moment, help="Accepted from this moment on; with --sent: or sent.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(parser=zoned_moment, help="Accepted before this moment.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", parser=zoned_moment, help="Dead, or sent, by this moment, as a dry run gave it."),
    ] = None,
    of_sent: Annotated[
        bool, typer.Option("--sent", help="What --system was sent (--since or --case), instead of what is dead.")
    ] = False,
    run: Annotated[
        int | None, typer.Option(min=1, help="Do it: the number that a dry run gave. Without it, it is a dry run.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="At most so many a second.")] = 50.0,
    stop_after: Annotated[int, typer.Option(min=1, help="Stop when so many cases have failed and none went well.")] = 5,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Send what is dead, or was sent, again, marked as replay to the receiver: first a dry run that says how many, then with --run."""
    from hub.operations.reason import without_person_number

    without_person_number(reason, "/reason")
    wanted = {
        "rows": rows or None, "system": system, "case": case, "kind": kind, "answer": answer, "since": _written(since),
        "until": _written(until), "as_of": _written(as_of), "sent": of_sent, "rate": rate, "stop_after": stop_after, "expected": run,
        "reason": reason,
    }  # fmt: skip
    with operations(by) as ops:
        found = ops.say("/replays", {name: value for name, value in wanted.items() if value is not None})
    begun = found["replay"]
    if begun is None:
        typer.echo(_would(found))
        return
    shown(
        f"replay {begun['id']}: {begun['total']} are sent again, marked as replay, at most {begun['rate']:g} a second; it stops when the"
        f" first {begun['stop_after']} fail. `hub dead replays` says how it stands, `hub dead undo {begun['id']}` puts back what is not"
        " sent yet"
    )


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _would(found: dict[str, Any]) -> str:
    systems = found["systems"]
    each = ", ".join(f"{system} ({number})" for system, number in systems.items())
    to = f" to {len(systems)} systems: {each}; a replay is to one, say --system" if len(systems) > 1 else ""
    of = f", of {found['cases']} cases,{to or f' to {next(iter(systems))}'}" if found["count"] else ""
    left_out = (
        f"; {found['removed']} are left out, since gallring has removed what they said" if found["removed"] else ""
    )
    so_far = "" if found["as_of"] is None else f" --as-of {found['as_of']}"
    how = f". It begins with{so_far} --run {found['count']} --reason …" if found["count"] and not to else ""
    return f"would be sent again: {found['count']}{of}{left_out}{how}"


@dead_app.command("replays")
def dead_replays(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 20, as_json: Json = False
) -> None:
    """List the replays, the newest first: how each stands, how many of its rows came to what, who began it and why."""
    with operations() as ops:
        found = ops.rows("/replays", limit)
    if as_json:
        table.show_json(found)
        return
    if not found:
        typer.echo("nothing has been replayed")
    table.show(
        "replays: hub dead undo ID",
        ("ID", "BEGUN", "STATE", "SENT", "FAILED", "LEFT", "PUT BACK", "WHAT"),
        [
            (
                one["id"],
                table.moment(one["at"]),
                one["state"],
                one["sent"],
                one["failed"],
                one["left"],
                one["put_back"],
                _of_replay(one),
            )
            for one in found
        ],
    )


def _of_replay(one: dict[str, Any]) -> str:
    what = ", ".join(f"{name} {value}" for name, value in one["wanted"].items() if name != "rows") or one["system"]
    what = f"{one['of'] or 'rows'} of {what}"
    ended = f"; {one['state']}: {one['ended']}" if one["ended"] else ""
    passed_over = f"; {one['passed_over']} passed over" if one["passed_over"] else ""
    return f"{one['total']} {what}, by {one['who']}: {one['why']}{passed_over}{ended}"


@dead_app.command("undo")
def dead_undo(
    id_: Annotated[int, typer.Argument(metavar="ID", help="From `hub dead replays`.")], reason: Reason = "", by: By = ""
) -> None:
    """Put back what a running replay has not sent yet, as it was before."""
    with operations(by) as ops:
        ended = ops.say(f"/replays/{id_}/undo", {"reason": reason})
    still = f"; {ended['left']} are with their reader, or in a call, and may still be taken" if ended["left"] else ""
    shown(f"replay {id_} is undone: {_counts(ended)}{still}")


def _counts(one: dict[str, Any]) -> str:
    passed_over = f", {one['passed_over']} passed over" if one["passed_over"] else ""
    return f"{one['sent']} of {one['total']} sent, {one['failed']} failed{passed_over}, {one['put_back']} put back"
