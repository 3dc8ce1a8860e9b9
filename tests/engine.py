"""Which Kafka and PostgreSQL the tests run on.

``HUB_TEST_ENGINE``: ``embedded`` (default: the real ones out of wheels and jars) or ``containers`` (the images that
deploy/compose.yaml names, in the Docker engine that answers).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import psutil

from hub.sandbox.kafka import Kafka
from hub.sandbox.postgres import Postgres

VARIABLE = "HUB_TEST_ENGINE"


class EngineError(Exception):
    """The tests cannot run as they were asked to; the text says why and what to do."""


class Server(Protocol):
    """A server of a test's own, which the test may stop in every way."""

    @property
    def alive(self) -> bool: ...
    def start(self) -> Self: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class Broker(Server, Protocol):
    @property
    def bootstrap(self) -> str: ...


class DatabaseServer(Server, Protocol):
    def url(self, database: str = "postgres") -> str: ...
    def create_database(self, name: str, template: str = "template1") -> str: ...
    def drop_database(self, name: str) -> None: ...
    def run(self, statement: str, database: str = "postgres") -> str: ...


class _Pausable:
    """All processes of an embedded server stand still, and go on."""

    pid: int | None
    _paused: list[psutil.Process]

    def pause(self) -> None:
        root = psutil.Process(self.pid)
        self._paused = [root, *root.children(recursive=True)]
        for process in self._paused:
            with contextlib.suppress(psutil.NoSuchProcess):  # a session may end at any time
                process.suspend()

    def resume(self) -> None:
        for process in reversed(self._paused):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


class EmbeddedKafka(_Pausable, Kafka):
    """The sandbox's broker."""


class EmbeddedPostgres(_Pausable, Postgres):
    """The sandbox's database."""


def chosen(environment: Mapping[str, str] = os.environ) -> str:
    """``embedded`` or ``containers``. Raises ``EngineError`` for any other value, by its name."""
    wanted = environment.get(VARIABLE) or "embedded"
    if wanted not in {"embedded", "containers"}:
        raise EngineError(
            f"{VARIABLE}={wanted} is not known: write embedded or containers, or leave it out for embedded."
        )
    return wanted


def check(environment: Mapping[str, str] = os.environ) -> None:
    """Raises ``EngineError`` where the tests could not run as they were asked to."""
    if chosen(environment) == "containers":
        from tests import containers

        try:
            containers.engine_host()
        except containers.NoEngineError as error:
            where = environment.get("DOCKER_HOST", "the usual socket (DOCKER_HOST is not set)")
            raise EngineError(
                f"{VARIABLE}=containers asks for a Docker engine, and none answers at {where} ({error})."
                f" Start one or point DOCKER_HOST at one, or leave {VARIABLE} out: then the embedded Kafka and PostgreSQL are used."
            ) from None


def kafka(folder: Path) -> Broker:
    """A broker that is not started; ``folder`` takes the data of an embedded one."""
    return _made(lambda: EmbeddedKafka(folder), "KafkaContainer")


def postgres(folder: Path) -> DatabaseServer:
    """A database server that is not started; ``folder`` takes the data of an embedded one."""
    return _made(lambda: EmbeddedPostgres(folder), "PostgresContainer")


def _made(embedded: Callable[[], Any], container: str) -> Any:
    if chosen() == "embedded":
        return embedded()
    from tests import containers

    return getattr(containers, container)()
