"""The commands of operations: held, dead, pause, resume, announce. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from hub.cli.root import Reason, app, dead_app, held_app, in_transaction, with_store
from hub.errors import Misconfigured


@held_app.command("list")
def held_list() -> None:
    """List held messages, oldest first, the cases in the manual queue (addressing to be seen to by hand), the partitions
    of Kafka that wait, and gaps in them.
    """
    from hub.store import cases, held, partitions

    for h in in_transaction(held.oldest):
        typer.echo(
            f"{h.since:%Y-%m-%d %H:%M:%S}  {h.message}  case {h.case_key}  {h.reason}  tried {h.attempts}  next {h.due_at:%H:%M:%S}"
        )
    for case_id, outcome, since in in_transaction(cases.manual_queue):
        typer.echo(f"{since:%Y-%m-%d %H:%M:%S}  manual queue  case {case_id}  {outcome}")
    for a in in_transaction(partitions.incidents):
        until = "" if a.until is None else f"  up to {a.until - 1}"
        state = "lost" if a.lost else "goes on at " + str(a.pass_to) if a.pass_to is not None else "waits"
        typer.echo(f"{a.since:%Y-%m-%d %H:%M:%S}  {state}  {a.place}{until}  {a.reason}")


@held_app.command("pass")
def held_pass(
    place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION", help="As `hub held list` names it.")],
    to: Annotated[
        int | None, typer.Option(help="The offset to go on at; without it after the batch that it waits at.")
    ] = None,
    reason: Reason = "",
) -> None:
    """Let a partition that waits go on past what cannot be read (which stays with the broker, unread), or settle a gap."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.let_pass(store, place, to, getpass.getuser(), reason)))


@held_app.command("show")
def held_show(message: Annotated[str, typer.Argument(help="The message's id.")]) -> None:
    """Show a held message as it came, its body included: personal data, for authorised eyes."""
    from hub.store import held, inbox

    async def go(connection: Any) -> list[inbox.InboxRow]:
        keys = [one.key for one in await held.named(connection, message)]
        return list((await inbox.load(connection, keys)).values())

    rows = in_transaction(go)
    if not rows:
        raise Misconfigured(f"no held message has the id {message}")
    for row in rows:
        typer.echo(f"{row.source} {row.id} from {row.system} at {row.received_at:%Y-%m-%d %H:%M:%S}, {row.media_type}")
        typer.echo(row.raw.decode("utf-8", "replace"))


@held_app.command("release")
def held_release(message: str, reason: Reason) -> None:
    """Try a held message again now instead of at its next time."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.release(store, message, getpass.getuser(), reason)))


@held_app.command("refuse")
def held_refuse(message: str, reason: Reason) -> None:
    """Refuse a held message, with a receipt to its sender; the messages that wait for it are handled."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.refuse(store, message, getpass.getuser(), reason)))


@dead_app.command("list")
def dead_list(system: Annotated[str | None, typer.Option(help="Only this receiving system.")] = None) -> None:
    """List the dead notices, oldest first, with the last answer of the receiver."""
    from hub.store import dead_letters

    for d in in_transaction(lambda connection: dead_letters.listed(connection, system=system)):
        number = f" #{d.sequence}" if d.sequence else ""
        typer.echo(
            f"{d.id}  {d.accepted_at:%Y-%m-%d %H:%M:%S}  {d.kind} {d.message}{number} to {d.system}  {d.answer}  tried {d.attempts}"
        )


@dead_app.command("replay")
def dead_replay(
    row: Annotated[
        int | None, typer.Argument(help="The row's number from `hub dead list`; without it all of --system.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="All dead rows of this system.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say how many.")] = False,
    reason: Reason = "",
) -> None:
    """Send dead rows again, marked as replay to the receiver."""
    from hub import operations

    typer.echo(
        with_store(lambda store: operations.replay(store, row, system, getpass.getuser(), reason, dry_run=dry_run))
    )


@dead_app.command("skip")
def dead_skip(row: int, reason: Reason) -> None:
    """Give up a dead row; the case's later notices to that system are sent again."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.skip(store, row, getpass.getuser(), reason)))


@app.command()
def pause(system: str, reason: Reason) -> None:
    """Send nothing to a system until it is resumed; takes effect in under a second."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.pause(store, system, getpass.getuser(), reason)))


@app.command()
def resume(system: str, reason: Reason) -> None:
    """Send to a paused system again."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.resume(store, system, getpass.getuser(), reason)))


@app.command()
def announce(
    text_sv: Annotated[str, typer.Option(help="What is told, in Swedish; nothing about a person.")],
    text_en: Annotated[str, typer.Option(help="The same in English.")],
) -> None:
    """Tell every connected system something, tied to no case: maintenance, trouble, a new version (C-34)."""
    from hub import operations

    typer.echo(with_store(lambda store: operations.announce(store, text_sv, text_en, getpass.getuser())))


@app.command()
def announcements() -> None:
    """List what was announced, the newest first, and to how many systems it has gone."""
    from hub.store import announcements as announced

    for a in in_transaction(announced.listed):
        dead = f", {a.dead} dead" if a.dead else ""
        typer.echo(f"{a.at:%Y-%m-%d %H:%M:%S}  {a.message}  sent to {a.sent} of {a.systems}{dead}  {a.sv} / {a.en}")
