"""The commands that run the hub, and those for vendors. Imports the root; each command imports what it needs when it runs."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.endings import shown
from hub.cli.root import app, place
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
