"""What the commands share: the groups, options of many, a store. Imports the endings, and the store when a command runs."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from hub.cli.endings import Commands
from hub.errors import Misconfigured, Unavailable

app = typer.Typer(
    cls=Commands,
    help="The message hub for Swedish discharge coordination (SVU, SIP). Settings come from HUB_… variables; see README.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
directory_app = typer.Typer(
    help="Who is connected: organisations, units, systems (a YAML file, kept with its versions).", no_args_is_help=True
)
held_app = typer.Typer(
    help="What cannot be handled now (D-4): list, show, release, refuse; topics that wait: pass.", no_args_is_help=True
)
dead_app = typer.Typer(
    help="Notices that are tried no more (D-6): list, skip; what is told again (D-7): replay, replays, undo.",
    no_args_is_help=True,
)
app.add_typer(directory_app, name="directory")
app.add_typer(held_app, name="held")
app.add_typer(dead_app, name="dead")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        from schemas.version import CONTRACT_VERSION

        typer.echo(f"samverkan-hub {version('samverkan-hub')}, contracts {CONTRACT_VERSION}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="The program's version and the contracts'."),
    ] = False,
) -> None:
    # The text above is the help; a docstring would take its place.
    _ = version


T = TypeVar("T")
Reason = Annotated[str, typer.Option(help="Why; kept in the trail of operations.")]
By = Annotated[str, typer.Option("--by", help="Who does it, where several share the account of the machine.")]
Json = Annotated[bool, typer.Option("--json", help="For machines: JSON.")]


def operator(by: str) -> str:
    """Who stands in the trail: as --by says, else the user of the operating system. Raises ``Misconfigured`` of a --by that may not
    stand there.
    """
    if by.strip():
        from hub.operations.reason import without_person_number

        without_person_number(by, "/by")
        return by.strip()
    try:
        return os.fsencode(getpass.getuser()).decode("utf-8", "replace")
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"uid-{os.getuid()}"


def web_address(written: str) -> str:
    """The value of an option that is an address, as ``typer.Option(parser=web_address)``: it has a scheme."""
    if not written.startswith(("http://", "https://")):
        raise typer.BadParameter("give the address with its scheme, as http://127.0.0.1:8400")
    return written


def zoned_moment(written: str) -> datetime:
    """The value of an option that is a moment, as ``typer.Option(parser=zoned_moment)``."""
    with suppress(ValueError):
        if (found := datetime.fromisoformat(written)).tzinfo is not None:
            return found
    raise typer.BadParameter("give a time with its zone, as 2026-03-02T08:00:00+01:00")


def place(written: str | Path) -> Path:
    """The value of an option that names a file or folder to write, as ``typer.Option(parser=place)``: an empty one, as of a variable
    that is not set, would be the present folder.
    """
    if not str(written):
        raise typer.BadParameter("it is empty: name a file or folder")
    return Path(written)


def broker_address(written: str) -> str:
    """The value of an option that is a broker's address, as ``typer.Option(parser=broker_address)``."""
    from hub.settings import kafka_addresses

    try:
        return kafka_addresses(written)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@asynccontextmanager
async def opened_store() -> AsyncIterator[tuple[Any, str | None]]:
    """The store of ``HUB_DATABASE_URL``, while the block runs, and, where it takes no writes, as a standby, what is to be said of that:
    what only reads may read it. Raises ``Misconfigured`` when it is not fit for this version.
    """
    from hub.environment import database_url
    from hub.store import database_time
    from hub.store.transaction import Store

    store = Store(database_url(), pool=2)
    try:
        fault = await store.check()
        if fault is not None and fault.word != "read-only":
            raise Misconfigured(str(fault))
        await database_time.look(store)
        yield store, None if fault is None else str(fault)
    finally:
        await store.close()


def in_transaction(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run ``work`` on the database, in a transaction. Raises ``Misconfigured`` when the database is not fit for it."""

    async def go() -> T:
        async with opened_store() as (store, no_writes):
            try:
                async with store.transaction() as connection:
                    return await work(connection)
            except Unavailable:
                if no_writes is not None:
                    raise Misconfigured(no_writes) from None
                raise

    return asyncio.run(go())
