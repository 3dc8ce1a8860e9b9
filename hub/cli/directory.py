"""The commands of the directory: apply, show, history, rollback. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import endings, table
from hub.cli.root import By, Json, Reason, directory_app, in_transaction, operator, with_store

if TYPE_CHECKING:
    from hub.directory import Applied

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference and what is under way, change nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Although it takes away what is in use; needs --reason.")]


@directory_app.command("apply")
def directory_apply(
    file: Annotated[
        Path, typer.Argument(help="YAML file in the directory's format, as `show` prints it; - reads it from a pipe.")
    ],
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Check a directory, show what it changes, and put it in force; running hubs take it up within a second.

    A webhook's secret may be env:NAME or file:PATH (beside FILE): it is looked up now and kept with the version.
    """
    from hub.directory import read
    from hub.directory_change import in_force

    found = with_store(in_force)
    wanted = read(Path("/dev/stdin") if file == Path("-") else file, None if found is None else found[1])
    for note in wanted.notes:
        typer.echo(note.en, err=True)
    why = reason or ("" if force else f"directory apply {file.name}")
    _put_in_force(wanted, "apply", why, by, force=force, dry_run=dry_run)


@directory_app.command("rollback")
def directory_rollback(
    version: Annotated[int, typer.Argument(help="The number from `hub directory history`.")],
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Put an earlier version in force again, as a new version, with the secrets that were in force then; checked as `apply` checks."""
    from hub.directory_change import at

    wanted = with_store(lambda store: at(store, version))
    why = reason or ("" if force else f"rollback to version {version}")
    _put_in_force(wanted, "rollback", why, by, force=force, dry_run=dry_run)


def _put_in_force(wanted: Applied, what: str, reason: str, by: str, *, force: bool, dry_run: bool) -> None:
    from hub.directory_change import put_in_force, said
    from hub.operations.reason import given

    _may_be_called(wanted)
    if not dry_run:
        reason = given(reason)
    done = with_store(
        lambda store: put_in_force(
            store, wanted, what=what, who=operator(by), reason=reason, force=force, dry_run=dry_run
        )
    )
    lines = [*done.lines] or ["no difference"]
    if done.taken and done.version is None:
        lines += [
            f"it takes away what is in use, {'as --force allows' if force else 'and is refused without --force'}:"
        ]
    lines += [f"  {said(*one).en}" for one in done.taken]
    if done.version is not None:
        endings.shown("\n".join([*lines, f"version {done.version} is in force"]))
        return
    typer.echo("\n".join([*lines, "nothing was applied"]))
    if done.taken and not force:
        raise typer.Exit(endings.NOT_WELL)


def _may_be_called(wanted: Applied) -> None:
    """Refuse addresses of systems that lead where the hub may not call."""
    from hub.delivery.exits.addresses import Allowed, refuse_forbidden
    from hub.environment import outward

    may = outward()
    refuse_forbidden(wanted.directory, Allowed(may.plain, may.networks))


@directory_app.command("show")
def directory_show(
    version: Annotated[int | None, typer.Option(help="Another version than the one in force.")] = None,
) -> None:
    """Show the directory in force as YAML, as `apply` takes it: tokens as hashes, secrets as references."""
    from hub.directory import shown
    from hub.directory_change import at, in_force
    from hub.operations.known import no_directory

    if version is not None:
        typer.echo(f"# version {version}\n{shown(with_store(lambda store: at(store, version)))}", nl=False)
        return
    found = with_store(in_force)
    if found is None:
        raise no_directory()
    typer.echo(f"# version {found[0]}\n{shown(found[1])}", nl=False)


@directory_app.command("history")
def directory_history(
    version: Annotated[
        int | None, typer.Argument(help="Show the differences of this version from the one before.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the versions of the directory: when, by whom, why, and what each changed. The newest last."""
    from hub.directory import changes, counted
    from hub.directory_change import no_version
    from hub.operations.known import no_directory
    from hub.store import directory as store

    async def go(connection: Any) -> list[store.DirectoryVersion]:
        return await store.versions(connection, up_to=version, limit=2 if version is not None else limit + 1)

    found = in_transaction(go)[::-1]
    if not found:
        raise no_directory()
    if version is not None and found[-1].version != version:
        raise no_version(version)
    before = [None, *(one.directory for one in found[:-1])]
    told = [(one, changes(earlier, one.directory)) for earlier, one in zip(before, found, strict=True)]
    if found[0].version != 1:
        told = told[1:]  # its earlier one was not read
    if as_json:
        table.show_json(
            [
                {"version": one.version, "at": one.at, "by": one.who, "why": one.reason, "changes": lines}
                for one, lines in told
            ]
        )
    elif version is not None:
        typer.echo("\n".join(told[-1][1]) or "no difference")
    else:
        rows = [
            (
                one.version,
                table.moment(one.at),
                one.who or "nobody named",
                "; ".join(filter(None, (one.reason, counted(lines) or "no difference"))),
            )
            for one, lines in told
        ]
        typer.echo("\n".join(table.lines(("VERSION", "SINCE", "BY", "WHY, AND WHAT CHANGED"), rows)))
