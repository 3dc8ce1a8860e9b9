"""The commands of operations: dead, pause, resume, announce, trail. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import table
from hub.cli.endings import shown
from hub.cli.root import By, Json, Reason, app, dead_app, in_transaction, operator, with_store

if TYPE_CHECKING:
    from hub.operations.replays import Counted
    from hub.store.dead_list import DeadLetter
    from hub.store.replayable import Group
    from hub.store.replays import Replay


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
    from hub.catalogue import ids
    from hub.operations import delivery, replays

    if by_group:
        _show_groups(with_store(lambda store: replays.groups(store, system)), system, as_json=as_json)
        return
    dead = with_store(lambda store: delivery.dead(store, system))
    if as_json:
        table.show_json([asdict(one) | {"error": ids.of_delivery(one.answer or "")} for one in dead])
        return
    if not dead:
        typer.echo(_nothing_dead(system))
    table.show(
        "dead: hub dead replay|skip ROW, hub errors [ID]",
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


def _nothing_dead(system: str | None) -> str:
    return "nothing is dead" + (f" of {system}" if system else "")


def _show_groups(found: Sequence[Group], system: str | None, *, as_json: bool) -> None:
    from hub.catalogue import ids

    if as_json:
        table.show_json([asdict(one) | {"error": ids.of_delivery(one.answer)} for one in found])
        return
    if not found:
        typer.echo(_nothing_dead(system))
    table.show(
        "dead by what they failed of: hub dead replay --system SYSTEM --answer ANSWER",
        ("COUNT", "SYSTEM", "ANSWER", "WHAT"),
        [
            (
                one.count,
                one.system,
                one.answer,
                f"[{ids.of_delivery(one.answer)}] accepted from {table.moment(one.oldest)} to {table.moment(one.newest)}"
                + (f"; {table.number_of(one.behind, 'waits', 'wait')} behind them" if one.behind else "")
                + (f"; {one.replayed} had been replayed, and failed again" if one.replayed else ""),
            )
            for one in found
        ],
    )


def _of_dead(one: DeadLetter) -> str:
    from hub.catalogue import ids

    said = f', it said "{one.said}"' if one.said else ""
    case = f"; case {one.case_id}" if one.case_id else ""
    number = f" #{one.sequence}" if one.sequence else ""
    tried = f"; tried from {table.moment(one.first_tried_at)} to {table.moment(one.tried_at)}" if one.tried_at else ""
    behind = (
        f"; {table.number_of(one.behind, 'waits', 'wait')} behind it, the oldest since {table.moment(one.behind_since)}"
        if one.behind
        else ""
    )
    going = f"; replay {one.replay} is to send it again" if one.replay else ""
    group = ids.of_delivery(one.answer or "")
    return f"{one.kind} {one.message}{number}: {one.answer} [{group}]{said}{case}{tried}{behind}{going}"


def _moment(written: str) -> datetime:
    """The value of an option that is a moment."""
    with suppress(ValueError):
        if (found := datetime.fromisoformat(written)).tzinfo is not None:
            return found
    raise typer.BadParameter("give a time with its zone, as 2026-03-02T08:00:00+01:00")


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
    since: Annotated[datetime | None, typer.Option(parser=_moment, help="Accepted from this moment on.")] = None,
    until: Annotated[datetime | None, typer.Option(parser=_moment, help="Accepted before this moment.")] = None,
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
    from hub.operations import replays
    from hub.operations.reason import without_person_number
    from hub.store.replayable import RowFilter

    who, limits = operator(by), replays.Limits(rate, stop_after)
    wanted = RowFilter(system, case, kind, answer, since, until, tuple(rows) if rows else None)
    replays.may_be(limits)
    if run is None:
        without_person_number(reason, "/reason")
        typer.echo(_would(with_store(lambda store: replays.count(store, wanted, of_sent=of_sent))))
        return
    begun = with_store(
        lambda store: replays.replay(store, wanted, who, reason, expected=run, limits=limits, of_sent=of_sent)
    )
    shown(
        f"replay {begun.id}: {begun.total} are sent again, marked as replay, at most {begun.rate:g} a second; it stops when the first"
        f" {begun.stop_after} fail. `hub dead replays` says how it stands, `hub dead undo {begun.id}` puts back what is not sent yet"
    )


def _would(found: Counted) -> str:
    each = ", ".join(f"{system} ({number})" for system, number in found.systems.items())
    to = f" to {len(found.systems)} systems: {each}; a replay is to one, say --system" if len(found.systems) > 1 else ""
    of = f", of {found.cases} cases,{to or f' to {next(iter(found.systems))}'}" if found.count else ""
    left_out = f"; {found.gallrade} are left out, since gallring has removed what they said" if found.gallrade else ""
    so_far = "" if found.until is None else f" --until {found.until.isoformat()}"
    how = f". It begins with{so_far} --run {found.count} --reason …" if found.count and not to else ""
    return f"would be sent again: {found.count}{of}{left_out}{how}"


@dead_app.command("replays")
def dead_replays(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 20, as_json: Json = False
) -> None:
    """List the replays, the newest first: how each stands, how many of its rows came to what, who began it and why."""
    from hub.store import replays

    found = in_transaction(partial(replays.listed, limit=limit))
    if as_json:
        table.show_json([asdict(one) | {"open": one.open} for one in found])
        return
    if not found:
        typer.echo("nothing has been replayed")
    table.show(
        "replays: hub dead undo ID",
        ("ID", "BEGUN", "STATE", "SENT", "FAILED", "LEFT", "BACK", "WHAT"),
        [
            (one.id, table.moment(one.at), one.state, one.sent, one.failed, one.open, one.put_back, _of_replay(one))
            for one in found
        ],
    )


def _of_replay(one: Replay) -> str:
    what = (
        ", ".join(f"{name} {value}" for name, value in one.wanted.items() if name not in {"rows", "of"}) or one.target
    )
    what = f"{one.of or 'rows'} of {what}"
    ended = f"; {one.state}: {one.ended}" if one.ended else ""
    passed_over = f"; {one.passed_over} passed over" if one.passed_over else ""
    return f"{one.total} {what}, by {one.who}: {one.why}{passed_over}{ended}"


@dead_app.command("undo")
def dead_undo(
    id_: Annotated[int, typer.Argument(metavar="ID", help="From `hub dead replays`.")], reason: Reason = "", by: By = ""
) -> None:
    """Put back what a running replay has not sent yet, as it was before."""
    from hub.operations import replays

    ended = with_store(lambda store: replays.undo(store, id_, operator(by), reason))
    still = f"; {ended.open} are with their reader, or in a call, and may still be taken" if ended.open else ""
    shown(f"replay {id_} is undone: {replays.counts(ended)}{still}")


@dead_app.command("skip")
def dead_skip(row: int, reason: Reason = "", by: By = "") -> None:
    """Give up a dead row; the case's later notices to that system are sent again."""
    from hub.operations import delivery

    with_store(lambda store: delivery.skip(store, row, operator(by), reason))
    shown(f"row {row} is skipped; what waited behind it flows")


@app.command()
def pause(system: str, reason: Reason = "", by: By = "") -> None:
    """Send nothing to a system until it is resumed; takes effect in under a second."""
    from hub.operations import delivery

    with_store(lambda store: delivery.pause(store, system, operator(by), reason))
    shown(f"{system} is paused; its notices wait")


@app.command()
def resume(system: str, reason: Reason = "", by: By = "") -> None:
    """Send to a paused system again."""
    from hub.operations import delivery

    with_store(lambda store: delivery.resume(store, system, operator(by), reason))
    shown(f"{system} is sent to again")


@app.command()
def announce(
    text_sv: Annotated[str, typer.Option(help="What is told, in Swedish; nothing about a person.")],
    text_en: Annotated[str, typer.Option(help="The same in English.")],
    by: By = "",
) -> None:
    """Tell every connected system something, tied to no case: maintenance, trouble, a new version (C-34)."""
    from hub.operations import delivery

    done = with_store(lambda store: delivery.announce(store, text_sv, text_en, operator(by)))
    shown(f"{done.id} goes to every system ({done.systems}); see `hub announcements` and `hub timeline {done.id}`")


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
