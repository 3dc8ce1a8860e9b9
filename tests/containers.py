"""Kafka and PostgreSQL as containers, for HUB_TEST_ENGINE=containers: the images, environment and commands are those of
deploy/compose.yaml, with the broker and server settings of the sandbox on top, so that a test meets the same limits.

A container that was stopped or killed starts again with its data and at its address, as the embedded ones do. What is left by
a killed test run is removed by testcontainers' own reaper.
"""

from __future__ import annotations

import re
import secrets
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import psycopg
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from hub.sandbox import kafka, postgres
from hub.sandbox.children import free_port
from tests.deployed import deployed
from tests.statements import Statements

COMPOSE = "compose.yaml"
_VARIABLE = re.compile(r"\$\{(\w+)(?::?([-?])([^}]*))?\}")


class NoEngineError(Exception):
    """No container engine answers; its text says what to do."""


def service(name: str, **variables: str) -> dict[str, Any]:
    """One service of the compose file, with ``${…}`` filled in: a variable that is not given has its default."""

    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1], match[3] if match[2] == "-" else None)
        if found is None:
            raise KeyError(f"{COMPOSE}: {match[1]} of the service {name} is not given")
        return found

    def filled(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: filled(each) for key, each in part.items()}
        if isinstance(part, list):
            return [filled(each) for each in part]
        return _VARIABLE.sub(value, part) if isinstance(part, str) else part

    found: dict[str, Any] = filled(deployed(COMPOSE)["services"][name])
    return found


def engine_host() -> str:
    """Where the ports of containers are reached. Raises ``NoEngineError``."""
    try:
        client = DockerClient(timeout=5)
        client.client.ping()
        return client.host()
    except DockerException as error:
        raise NoEngineError(type(error).__name__) from error


class Container(ABC):
    """One server in a container, with the acts of the embedded ones."""

    service: ClassVar[str]
    up_s: ClassVar[float] = 90.0

    def __init__(self) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self._container: DockerContainer | None = None

    @abstractmethod
    def configured(self) -> DockerContainer:
        """The container as it shall be, not started."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it takes work."""

    @property
    def _wrapped(self) -> Any:
        assert self._container is not None, "it has never been started"
        return self._container.get_wrapped_container()

    @property
    def alive(self) -> bool:
        if self._container is None:
            return False
        self._wrapped.reload()
        return bool(self._wrapped.status == "running")

    def start(self) -> Self:
        """Returns when the server has answered."""
        if self._container is None:
            self.host = engine_host()
            self._container = self.configured()
            self._container.start()
        else:
            self._wrapped.start()
        deadline = time.monotonic() + self.up_s
        while not self._answers():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.service} does not answer:\n{self._wrapped.logs(tail=50).decode()}")
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        """In order; the data stays."""
        self._wrapped.stop(timeout=30)

    def kill(self) -> None:
        """SIGKILL; the data stays."""
        self._wrapped.kill()

    def pause(self) -> None:
        """All its processes stand still."""
        self._wrapped.pause()

    def resume(self) -> None:
        """They go on."""
        self._wrapped.unpause()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self._container is not None:
            self._container.stop()  # removes it, with its data
            self._container = None


class KafkaContainer(Container):
    """The broker of the compose file; its door for this machine is at ``bootstrap``."""

    service = "kafka"

    @property
    def bootstrap(self) -> str:
        return f"{self.host}:{self.port}"

    def configured(self) -> DockerContainer:
        found = service(self.service)
        environment = found["environment"] | {
            f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in kafka.SETTINGS.items()
        }
        outside = re.search(r"OUTSIDE://:(\d+)", environment["KAFKA_LISTENERS"])
        assert outside is not None
        environment["KAFKA_ADVERTISED_LISTENERS"] = re.sub(
            r"OUTSIDE://[^,]+", f"OUTSIDE://{self.bootstrap}", environment["KAFKA_ADVERTISED_LISTENERS"]
        )
        return (
            DockerContainer(found["image"])
            .with_envs(**environment)
            .with_bind_ports(int(outside[1]), self.port)
            .with_kwargs(hostname=self.service)  # by which the controller finds itself
        )

    def _answers(self) -> bool:
        return kafka.listens(self.port, self.host) and kafka.takes_work(self.bootstrap)


class PostgresContainer(Container, Statements):
    """The server of the compose file."""

    service = "postgres"

    def __init__(self) -> None:
        super().__init__()
        self._password = secrets.token_hex(16)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://hub:{self._password}@{self.host}:{self.port}/{database}"

    def configured(self) -> DockerContainer:
        found = service(self.service, POSTGRES_PASSWORD=self._password)
        container = DockerContainer(found["image"])
        settings = [part for name, value in postgres.SETTINGS.items() for part in ("-c", f"{name}={value}")]
        container._command = [*found["command"], *settings]
        return container.with_envs(**found["environment"]).with_bind_ports(5432, self.port)

    def _answers(self) -> bool:
        try:
            return self.run("SELECT 1") == "1"
        except psycopg.OperationalError:
            return False
