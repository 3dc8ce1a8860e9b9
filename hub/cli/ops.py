"""The operations API as the commands ask it. With ``HUB_OPS_URL`` that of a running hub, in the name of who has signed in there; else it is
made here, on the database itself (``HUB_DATABASE_URL``): so the commands work while no hub runs, and whoever has the database's password
may do everything. Imports the root; each way imports what it needs when it is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from hub.cli import ops_session
from hub.cli.root import opened_store, operator
from hub.errors import Misconfigured, Refused, Unavailable

if TYPE_CHECKING:
    import httpx
    from pydantic import SecretStr

    from hub.ops_client.client import OpsAway, OpsClient, OpsRefused

T = TypeVar("T")
_PATIENCE_S: Final = 120.0
"""Seconds that an answer may take: an act on many rows, an undo that waits for what is in a call."""
_PAGE: Final = 200


def part(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


class Ops:
    """The operations API for one command."""

    def __init__(self, runner: asyncio.Runner, client: OpsClient, is_away: Callable[[OpsAway], Exception]) -> None:
        """``is_away``: what it means that nobody answers."""
        self._runner, self._client, self._is_away = runner, client, is_away

    def ask(self, path: str, **query: Any) -> Any:
        """What it answers. Raises ``Refused`` as it refuses, ``Unavailable`` where nobody answers."""
        return self._waited_for(self._client.ask(path, **query))

    def say(self, path: str, body: Any = None) -> Any:
        """Tell it something, and return its answer. Raises as ``ask``."""
        return self._waited_for(self._client.say(path, body))

    def end(self, path: str) -> Any:
        """End something. Raises as ``ask``."""
        return self._waited_for(self._client.end(path))

    def rows(self, path: str, most: int | None = None, **query: Any) -> list[dict[str, Any]]:
        """The rows of a list, page by page, at most so many. Raises as ``ask``."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        while most is None or len(found) < most:
            limit = _PAGE if most is None else min(_PAGE, most - len(found))
            page = self.ask(path, **query, after=after, limit=limit)
            found += page["rows"]
            after = page["next"]
            if after is None:
                break
        return found

    def _waited_for(self, work: Awaitable[T]) -> T:
        from hub.ops_client.client import OpsAway, OpsRefused

        async def go() -> T:
            return await work

        try:
            return self._runner.run(go())
        except OpsRefused as refused:
            raise _refused(refused) from None
        except OpsAway as away:
            raise self._is_away(away) from None


def _refused(refused: OpsRefused) -> Refused:
    said = refused.text
    return Refused(refused.rule, said.get("sv", ""), said.get("en", ""), refused.element, refused.status)


def _away_there(url: str, away: OpsAway) -> Exception:
    if said := away.text.get("en"):
        return Unavailable(f"the hub at {url} cannot answer now: {said}")
    return Unavailable(
        f"no operations API answers at {url} ({away.why}): does a hub run there, and is HUB_OPS_URL right?"
    )


@contextmanager
def operations(by: str = "") -> Iterator[Ops]:
    """The operations API, while the block runs. ``by``: who does it, on the database itself; a session says itself whose it is. Raises
    ``Misconfigured``.
    """
    from hub.environment import of_operations

    settings = of_operations()
    if settings.ops_url is None:
        with _on_the_database(operator(by)) as ops:
            yield ops
        return
    if by.strip():
        raise Misconfigured("--by names who acts on the database itself; at HUB_OPS_URL your session says who you are")
    with at(settings.ops_url, _token(settings.ops_url, settings.ops_token)) as ops:
        yield ops


def _token(url: str, of_program: SecretStr | None) -> str:
    """The bearer of the calls. Raises ``Misconfigured`` where nobody has signed in."""
    if of_program is not None:
        return of_program.get_secret_value()
    session = ops_session.of(url)
    if session is None:
        raise Misconfigured(f"you are not signed in at {url}: hub login, or a program's token in HUB_OPS_TOKEN")
    return session.token


@contextmanager
def at(url: str, token: str | None) -> Iterator[Ops]:
    """The operations API of a running hub, while the block runs. Raises ``Misconfigured`` where the address is none."""
    import httpx

    from hub.ops_client.client import OpsClient

    with asyncio.Runner() as runner:
        try:
            http = httpx.AsyncClient(base_url=url, timeout=_PATIENCE_S)
            yield Ops(runner, OpsClient(http, token), partial(_away_there, url))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Misconfigured(
                f"{url} is no address; give the operations API's (HUB_OPS_URL) as http://host:port/ops"
            ) from None
        runner.run(http.aclose())


@contextmanager
def _on_the_database(who: str) -> Iterator[Ops]:
    from hub.log import quiet
    from hub.ops_client.client import OpsClient

    with quiet(), asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            http, no_writes = runner.run(_at_the_machine(stack, who))
            away = Unavailable("database") if no_writes is None else Misconfigured(no_writes)
            yield Ops(runner, OpsClient(http), lambda _: away)
        finally:
            runner.run(stack.aclose())


async def _at_the_machine(stack: AsyncExitStack, who: str) -> tuple[httpx.AsyncClient, str | None]:
    """The API on the database, for somebody who may do everything; and what is to be said where the database takes no writes."""
    import httpx

    from hub.directory_in_force import DirectoryInForce
    from hub.intake.process_pool import ProcessPool
    from hub.operations.rights import Operator, Right
    from hub.routers.ops.api import ops_api
    from hub.routers.ops.asking import OpsParts
    from hub.sign_in.sign_in import SignIn

    async def nothing(_: Any) -> None: ...

    store, no_writes = await stack.enter_async_context(opened_store())
    in_force = DirectoryInForce(store, nothing)
    await in_force.take_up()
    sign_in = SignIn(store, None, production=True)
    pool = ProcessPool()
    stack.push_async_callback(pool.close)
    api = ops_api(OpsParts(store, in_force, sign_in, Operator(who, frozenset(Right))), pool)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://hub", timeout=_PATIENCE_S)
    return await stack.enter_async_context(client), no_writes
