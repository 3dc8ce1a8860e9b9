"""The command of the monthly average. Imports the root and the operations API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from hub.cli import table
from hub.cli.ops import operations
from hub.cli.root import Json, app
from hub.errors import Misconfigured


@app.command()
def average(
    region: Annotated[str, typer.Argument(help="The region's id in the directory.")],
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month in which the people left.")],
    as_json: Json = False,
) -> None:
    """Show the days after utskrivningsklar per municipality in a month, and what is owed (law 2017:612, 4:4 and 4:5)."""
    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) is None:
        raise Misconfigured("give the month as YYYY-MM")
    year, number = map(int, month.split("-"))
    with operations() as ops:
        found = ops.ask("/average", region=region, year=year, month=number)
    if as_json:
        table.show_json(found)
        return
    for one in found["processes"]:
        typer.echo("\n".join(_lines(one, year, found["agreed"])))


def _lines(found: dict[str, Any], year: int, agreed: float) -> Iterator[str]:
    """A heading, a line per municipality, and all of them last."""
    yield f"{'MUNICIPALITY':34} {'CASES':>6} {'DAYS':>7} {'AVERAGE':>8}  {'':10} {'OWED':>15}"
    for one in found["municipalities"]:
        code = one["municipality"]
        yield _line(f"{code} {one['name'] or ''}".rstrip() if code else "unknown", one, agreed)
    yield _line("all", found["all"], agreed)
    if any(one["municipality"] is None for one in found["municipalities"]):
        yield "unknown: nobody has said where the person is registered or placed, so no municipality owes for these cases yet"
    if found["all"]["owed"] is None:
        yield f"amount not set: the directory has no amount for {year} (agreement: amounts)"
    if found["emptied"]:
        yield (
            f"{found['process']}: {found['emptied']} more cases of the month are not counted, since their content is removed"
            " (hub gallring)"
        )


def _line(name: str, share: dict[str, Any], agreed: float) -> str:
    owed = "amount not set" if share["owed"] is None else f"{share['owed']} kr"
    above = f"above {agreed:g}" if share["exceeded"] else ""
    return f"{name[:34]:34} {share['cases']:6} {share['days']:7} {share['average']:8.2f}  {above:10} {owed:>15}"
