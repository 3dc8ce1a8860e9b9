"""The command ``errors``: what a refusal, a reason to wait or a warning means, and what to do. Imports the root; the command imports what
it needs when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import table
from hub.cli.root import Json, app
from hub.errors import Misconfigured

if TYPE_CHECKING:
    from hub.catalogue.entry import CatalogueEntry


@app.command()
def errors(
    error: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="A rule of a refusal, a register's code, what stands beside what waits, or words of it."
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="Only those with these words, in either language.")] = "",
    as_json: Json = False,
) -> None:
    """Explain an error in Swedish and English: what it means, its cause, what to do, who must act. Without ID the list of all."""
    from hub.catalogue.catalogue import meant, search

    found = search(text) if error is None else meant(error)
    if error is not None and not found:
        raise Misconfigured(f"the error catalogue has no {error}; `hub errors` lists all, `--text` searches")
    if error is not None and len(found) == 1:
        if as_json:
            table.show_json(found[0].model_dump(mode="json"))
        else:
            _show(found[0])
        return
    if as_json:
        table.show_json([each.model_dump(mode="json") for each in found])
        return
    if not found:
        typer.echo("nothing in the error catalogue has these words")
    table.show(
        "errors: hub errors ID",
        ("ID", "MEANS"),
        [(each.id, each.means.en) for each in found],
    )


def _show(one: CatalogueEntry) -> None:
    from hub.catalogue.document import who

    by = who(one)
    typer.echo(f"{one.id} ({one.kind}; written {one.code})")
    for title, sv, en in (
        ("Betyder / Means", one.means.sv, one.means.en),
        ("Orsak / Cause", one.cause.sv, one.cause.en),
        (f"Vad göra: {by[0]} / What to do: {by[1]}", one.what_to_do.sv, one.what_to_do.en),
    ):
        typer.echo(f"\n{title}")
        table.say(f"  {sv}", 2)
        table.say(f"  {en}", 2)
    if one.refusals:
        typer.echo("\nDess nekanden säger / Its refusals say")
    for said in one.refusals:
        table.say(f"  {said.element or '…'}: {said.text.sv} / {said.text.en}", 4)
