"""The commands about a report of the vendor kit: keys, verify, faults. ``hub.cli.kit`` registers them; each imports what it needs
when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.endings import NOT_WELL
from hub.cli.root import place
from hub.cli.table import say
from hub.errors import Misconfigured


def kit_keys(
    owner: Annotated[str, typer.Option(help="Whose key it is: an organisation, as readers of a report know it.")],
    out: Annotated[
        Path,
        typer.Option(
            parser=place, metavar="FILE", help="The file of the private key; the public one gets .pub after it."
        ),
    ] = Path("kit-key.pem"),
) -> None:
    """Make the pair of keys with which you sign reports. Keep the private one; publish the public one where others look for it."""
    from hub.kit.report import keys

    if not out.name or out.is_dir():
        raise Misconfigured(f"--out {out}: it is a folder; name the file of the private key")
    public = out.with_name(f"{out.name}.pub")
    keys.make(owner, out, public)
    typer.echo(f"{out} signs reports (hub kit serve --key {out}); nobody else may have it.")
    typer.echo(f"{public} is for whoever reads them (hub kit verify --public-key {public.name}): publish it.")
    typer.echo(f"Its fingerprint is {keys.fingerprint(keys.known_key(public).public)}.")


def kit_verify(
    report: Annotated[Path, typer.Argument(help="report.json or report.html, as hub kit serve --report wrote it.")],
    public_key: Annotated[
        Path | None, typer.Option(help="The public key of whoever vouches for it, as you have it from them.")
    ] = None,
) -> None:
    """Say who signed a report, whether it is as it was signed, of which contract it is, and whether all was well in it.

    Exit status: 0 it is as it was signed, of this program's contract, and all is as it should be; 1 one of these is not so, or it
    is signed by another than the given key: the line in capitals says which; 2 it is no report or cannot be read.
    """
    from hub.kit.report.keys import known_key
    from hub.kit.report.verify import verify

    found = verify(report, None if public_key is None else known_key(public_key))
    for fault in found.faults:
        typer.echo(f"NOT GENUINE: {fault}")
    for told in found.told:
        typer.echo(told)
    if found.not_passed is not None:
        typer.echo(f"NOT PASSED: {found.not_passed}")
    if found.other_contract is not None:
        typer.echo(f"OF ANOTHER CONTRACT: {found.other_contract}")
    raise typer.Exit(NOT_WELL if found.faults or found.not_passed or found.other_contract else 0)


def kit_faults() -> None:
    """List the faults that hub kit serve --faults makes on purpose: what each is, what a good system does, how it is judged."""
    from hub.kit.faults.table import FAULTS

    for fault in FAULTS.values():
        say(f"{fault.name} [{', '.join(fault.rules) or 'the contract'}]", 2)
        for name, text in (("The kit", fault.does), ("Good", fault.good)):
            say(f"  {name}: {text.en}", 4 + len(name))
            say(f"  {' ' * len(name)}  {text.sv}", 4 + len(name))
        say(f"  Judged: {fault.judged}", 10)
        say(f"  Over Kafka: {fault.over_kafka}", 14)
