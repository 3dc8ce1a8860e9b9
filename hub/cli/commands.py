"""The commands that run the hub, and those for vendors. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import asyncio
import re
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.endings import shown
from hub.cli.root import app, in_transaction, place, with_store
from hub.errors import Misconfigured


@app.command()
def run(
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes; unset: HUB_WORKERS, or two thirds of this machine's cores."),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="What they do, with commas between: intake, delivery, addressing, deadlines, http. Unset: HUB_ROLES, or all."
        ),
    ] = None,
) -> None:
    """Run the hub: Kafka, HTTP, delivery and addressing, in one process or in several. Stops in order on SIGTERM."""
    from hub.environment import from_environment
    from hub.roles import roles_of

    settings = from_environment()  # before all that takes seconds to load
    roles = roles_of(settings.roles if role is None else role)

    import uvloop

    from hub.log import configure
    from hub.outages import OncePerMinute
    from hub.workers import default_workers, place
    from hub.workers import run as run_workers

    configure(level=settings.log_level, libraries=OncePerMinute())
    here, count = place(), workers or settings.workers or default_workers()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if here is None and count > 1:
            runner.run(run_workers(settings, count, ["--role", ",".join(sorted(roles))]))
            return
        from hub import garbage
        from hub.app import Hub
        from hub.serving import serve

        garbage.take_over()
        with nullcontext() if here is None else here.starting():
            runner.run(serve(Hub(settings, roles), here))


@app.command()
def migrate() -> None:
    """Bring the database (HUB_DATABASE_URL) up to this version."""
    from hub.environment import database_url
    from hub.store.migrating import migrate as bring_up
    from hub.store.transaction import head

    asyncio.run(bring_up(database_url()))
    shown(f"the database stands at migration {head()}")


@app.command()
def average(
    region: Annotated[str, typer.Argument(help="The region's id in the directory.")],
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month in which the people left.")],
) -> None:
    """Show the days after utskrivningsklar per municipality in a month, and what is owed (law 2017:612, 4:4 and 4:5)."""
    from hub.processes.engine.process import PROCESSES
    from hub.store import case_reads
    from hub.store import directory as directories

    if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) is None:
        raise Misconfigured("give the month as YYYY-MM")
    found = with_store(directories.current)
    ours = None if found is None else next((one for one in found[1].regions if one.id == region), None)
    if found is None or ours is None:
        raise Misconfigured(f"there is no region {region} in the directory; see `hub directory show`")
    here = [unit.hsa for unit in found[1].units if found[1].region_of(unit.hsa).id == region]
    year, number = map(int, month.split("-"))
    named = {unit.municipality: found[1].organisation_by_nr[unit.organisation].name for unit in found[1].units}
    names = {code: name for code, name in named.items() if code is not None}
    for name, process in PROCESSES.items():
        counted = in_transaction(partial(case_reads.of_month, process=name, units=here, month=month))
        for line in process.month_lines(counted, year, number, ours.agreement, names):
            typer.echo(line)
        gone = in_transaction(partial(case_reads.gallrade_of_month, process=name, units=here, month=month))
        if gone:
            typer.echo(
                f"{name}: {gone} more cases of the month are not counted, since their content is removed (hub gallring)"
            )


# --- vendors ----------------------------------------------------------------------------------------------------------


@app.command()
def contracts(
    folder: Annotated[Path, typer.Argument(parser=place, metavar="[FOLDER]", help="Where the contracts lie.")] = Path(
        "contracts"
    ),
    verify: Annotated[bool, typer.Option("--verify", help="Write nothing; name what is stale.")] = False,
) -> None:
    """Write the generated part of contracts/: JSON Schemas, examples, the list of rules, diagrams."""
    from hub import contracts as generated
    from hub.scenarios import Unusable

    if not (folder / "worlds" / "standard.yaml").is_file():
        raise Misconfigured(f"{folder} is not the contracts' folder of a checkout; name it: hub contracts FOLDER")
    try:
        if not verify:
            generated.generate(folder)
            return
        stale = generated.fresh(folder)
    except Unusable as error:
        raise Misconfigured(f"a scenario cannot be read:\n{error}") from None
    typer.echo("\n".join(stale) or "all is fresh")
    raise typer.Exit(1 if stale else 0)
