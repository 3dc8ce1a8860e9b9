"""The commands of the directory: apply, show, history, rollback. Imports the root and the operations API; each command imports what it
needs when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hub.cli import endings, table
from hub.cli.ops import Ops, operations
from hub.cli.root import By, Json, Reason, directory_app

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference and what is under way, change nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Although it takes away what is in use; needs --reason.")]
_MOST: Final = 2**31 - 1
"""The greatest number that a version can have."""


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

    A webhook's secret, or a FHIR endpoint's token, may be env:NAME or file:PATH (beside FILE): it is looked up here and now, and kept with
    the version.
    """
    from hub.directory import read

    why = reason or ("" if force else f"directory apply {file.name}")
    with operations(by) as ops:
        written = read(Path("/dev/stdin") if file == Path("-") else file)
        wanted = {"yaml": written.text, "secrets": written.secrets}
        stays = ""
        try:
            trial = ops.say("/directory/dry-run", wanted)
            stays = "; the secret that is in force stays"
        finally:
            for one in written.missing:
                typer.echo(f"{one.en}{stays}", err=True)
        _put_in_force(ops, "/directory/apply", wanted, trial, why, force=force, dry_run=dry_run)


@directory_app.command("rollback")
def directory_rollback(
    version: Annotated[int, typer.Argument(min=1, max=_MOST, help="The number from `hub directory history`.")],
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = "",
    by: By = "",
) -> None:
    """Put an earlier version in force again, as a new version, with the secrets that were in force then; checked as `apply` checks."""
    wanted = {"to": version}
    why = reason or ("" if force else f"rollback to version {version}")
    with operations(by) as ops:
        trial = ops.say("/directory/rollback/dry-run", wanted)
        _put_in_force(ops, "/directory/rollback", wanted, trial, why, force=force, dry_run=dry_run)


def _put_in_force(
    ops: Ops, path: str, wanted: dict[str, Any], trial: dict[str, Any], reason: str, *, force: bool, dry_run: bool
) -> None:
    """Put in force what was tried, and show its difference; of a dry run also what it takes away."""
    lines = _lines(trial) or ["no difference"]
    if not dry_run:
        seen = {"version": trial["version"], "digest": trial["digest"]}
        done = ops.say(path, wanted | seen | {"force": force, "reason": reason})
        lines += [f"  {one['text']['en']}" for one in done["taken"]]
        if done["applied"] is not None:
            endings.shown("\n".join([*lines, f"version {done['applied']} is in force"]))
            return
    elif trial["taken"]:
        allowed = "as --force allows" if force else "and is refused without --force"
        lines += [f"it takes away what is in use, {allowed}:", *(f"  {one['text']['en']}" for one in trial["taken"])]
    typer.echo("\n".join([*lines, "nothing was applied"]))
    if trial["taken"] and not force:
        raise typer.Exit(endings.NOT_WELL)


def _lines(found: dict[str, Any]) -> list[str]:
    """A difference as the API answers it, in lines."""
    from hub.directory import EntryChange, FieldChange, lines
    from schemas.messages import BilingualText

    return lines(
        [
            EntryChange(
                one["what"],
                one["kind"],
                one["id"],
                tuple(FieldChange(field["path"], BilingualText(**field["text"])) for field in one["fields"]),
            )
            for one in found["rows"]
        ]
    )


@directory_app.command("show")
def directory_show(
    version: Annotated[
        int | None, typer.Option(min=1, max=_MOST, help="Another version than the one in force.")
    ] = None,
) -> None:
    """Show the directory in force as YAML, as `apply` takes it: tokens as hashes, secrets as references."""
    with operations() as ops:
        number = _newest(ops, 1)[0]["version"] if version is None else version
        found = ops.ask(f"/directory/versions/{number}")
    typer.echo(f"# version {found['version']}\n{found['yaml']}", nl=False)


@directory_app.command("history")
def directory_history(
    version: Annotated[
        int | None,
        typer.Argument(min=1, max=_MOST, help="Show the differences of this version from the one before."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the versions of the directory: when, by whom, why, and what each changed. The newest last."""
    with operations() as ops:
        found = _newest(ops, limit)[::-1] if version is None else [ops.ask(f"/directory/versions/{version}/difference")]
    if as_json:
        table.show_json(found)
    elif version is not None:
        typer.echo("\n".join(_lines(found[0])) or "no difference")
    else:
        rows = [
            (
                one["version"],
                table.moment(one["at"]),
                one["who"] or "nobody named",
                "; ".join(filter(None, (one["reason"], one["summary"] or "no difference"))),
            )
            for one in found
        ]
        typer.echo("\n".join(table.lines(("VERSION", "SINCE", "BY", "WHY, AND WHAT CHANGED"), rows)))


def _newest(ops: Ops, most: int) -> list[dict[str, Any]]:
    """The newest versions, the newest first. Raises ``Refused`` where there is none."""
    from hub.operations.known import no_directory

    found = ops.rows("/directory/versions", most)
    if not found:
        raise no_directory()
    return found
