"""HUB_TEST_ENGINE: what the tests run on is chosen by name, from the images of deploy/compose.yaml, and refused clearly."""

from __future__ import annotations

import os
import subprocess
from unittest.mock import MagicMock, create_autospec

import pytest
from docker.models.containers import Container as DockerPyContainer
from testcontainers.core.container import DockerContainer

from hub.sandbox import kafka, postgres
from tests import containers, engine
from tests.deployed import deployed

COMPOSE = deployed("compose.yaml")["services"]


@pytest.fixture
def docker(monkeypatch):
    """A Docker engine that says yes to all: each container notes what it is told, with the real one's signatures."""
    made = []

    def create(image):
        found = create_autospec(DockerContainer, instance=True)
        found.image = image
        for name in ("with_envs", "with_bind_ports", "with_kwargs"):
            getattr(found, name).return_value = found
        found.get_wrapped_container.return_value = create_autospec(DockerPyContainer, instance=True)
        found.get_wrapped_container.return_value.logs.return_value = b"the image says no"
        made.append(found)
        return found

    monkeypatch.setattr(containers, "DockerContainer", create)
    monkeypatch.setattr(containers, "engine_host", lambda: "10.0.0.7")
    monkeypatch.setattr(kafka, "listens", lambda *_: True)
    monkeypatch.setattr(kafka, "takes_work", lambda _: True)
    monkeypatch.setattr(containers.PostgresContainer, "run", lambda *_: "1")
    return made


def test_the_embedded_ones_are_the_default_and_containers_are_chosen_by_name(monkeypatch, tmp_path):
    assert engine.chosen({}) == engine.chosen({"HUB_TEST_ENGINE": ""}) == "embedded"
    assert engine.chosen({"HUB_TEST_ENGINE": "containers"}) == "containers"
    monkeypatch.delenv("HUB_TEST_ENGINE", raising=False)
    assert isinstance(engine.kafka(tmp_path), kafka.Kafka)
    assert isinstance(engine.postgres(tmp_path), postgres.Postgres)
    monkeypatch.setenv("HUB_TEST_ENGINE", "containers")
    assert isinstance(engine.kafka(tmp_path), containers.KafkaContainer)
    assert isinstance(engine.postgres(tmp_path), containers.PostgresContainer)


@pytest.mark.parametrize("value", ["podman", "Containers", "true"])
def test_an_unknown_engine_is_refused_by_its_name_with_those_that_there_are(value):
    with pytest.raises(
        engine.EngineError, match=f"^HUB_TEST_ENGINE={value} is not known: write embedded or containers"
    ):
        engine.check({"HUB_TEST_ENGINE": value})


def test_an_engine_that_does_not_answer_is_told_with_what_was_asked_and_what_to_do(monkeypatch, tmp_path):
    nobody = f"unix://{tmp_path}/nobody.sock"
    monkeypatch.setenv("HUB_TEST_ENGINE", "containers")
    monkeypatch.setenv("DOCKER_HOST", nobody)
    with pytest.raises(engine.EngineError) as told:
        engine.check()
    assert str(told.value) == (
        f"HUB_TEST_ENGINE=containers asks for a Docker engine, and none answers at {nobody} (DockerException). Start one or"
        " point DOCKER_HOST at one, or leave HUB_TEST_ENGINE out: then the embedded Kafka and PostgreSQL are used."
    )


def test_images_and_environment_are_those_of_the_compose_file():
    broker = containers.service("kafka")
    assert broker["image"] == COMPOSE["kafka"]["image"]
    assert broker["environment"] == COMPOSE["kafka"]["environment"]
    server = containers.service("postgres", POSTGRES_PASSWORD="abc")
    assert server["image"] == COMPOSE["postgres"]["image"]
    assert server["environment"] == COMPOSE["postgres"]["environment"] | {"POSTGRES_PASSWORD": "abc"}
    assert containers.service("hub", POSTGRES_PASSWORD="abc")["env_file"] == "trial.env"
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD of the service postgres"):
        containers.service("postgres")


def test_the_broker_is_reached_from_here_by_its_outer_door_and_has_the_limits_of_the_embedded_one(docker):
    with containers.KafkaContainer() as broker:
        (container,) = docker
        environment = container.with_envs.call_args.kwargs
        container.with_bind_ports.assert_called_once_with(29092, broker.port)
        container.with_kwargs.assert_called_once_with(hostname="kafka")
        assert container.image == COMPOSE["kafka"]["image"]
        assert broker.bootstrap == f"10.0.0.7:{broker.port}"
        assert environment["KAFKA_ADVERTISED_LISTENERS"] == f"INSIDE://kafka:9092,OUTSIDE://{broker.bootstrap}"
        assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
        assert environment["KAFKA_MESSAGE_MAX_BYTES"] == kafka.SETTINGS["message.max.bytes"]


def test_the_database_has_a_password_of_its_own_and_the_settings_of_the_embedded_one(docker):
    with containers.PostgresContainer() as server, containers.PostgresContainer() as other:
        container = docker[0]
        password = container.with_envs.call_args.kwargs["POSTGRES_PASSWORD"]
        container.with_bind_ports.assert_called_once_with(5432, server.port)
        assert container._command[: len(COMPOSE["postgres"]["command"])] == COMPOSE["postgres"]["command"]
        assert container._command[-2:] == ["-c", "log_min_error_statement=panic"]
        assert server.url("mine") == f"postgresql+psycopg://hub:{password}@10.0.0.7:{server.port}/mine"
        assert password not in other.url()


@pytest.mark.parametrize("kind", [containers.KafkaContainer, containers.PostgresContainer])
def test_a_container_is_stopped_killed_and_paused_and_comes_back_as_the_same_one(kind, docker):
    with kind() as server:
        port = server.port
        for act in (server.stop, server.start, server.kill, server.start, server.pause, server.resume):
            act()
        assert server.port == port
    (container,) = docker
    told = [name for name, _, _ in container.get_wrapped_container.return_value.method_calls]
    assert told == ["stop", "start", "kill", "start", "pause", "unpause"]
    container.start.assert_called_once_with()
    container.stop.assert_called_once_with()


def test_a_container_that_does_not_answer_is_removed_and_its_end_is_shown(docker, monkeypatch):
    monkeypatch.setattr(kafka, "listens", lambda *_: False)
    monkeypatch.setattr(containers.Container, "up_s", 0)
    broker = containers.KafkaContainer()
    with pytest.raises(AssertionError, match="kafka does not answer:\nthe image says no"):
        broker.__enter__()
    docker[0].stop.assert_called_once_with()


def test_an_embedded_server_stands_still_and_goes_on(tmp_path):
    server = engine.EmbeddedPostgres(tmp_path)
    sleeper = subprocess.Popen(["sleep", "600"])
    try:
        server._child = MagicMock(pid=sleeper.pid)
        server.pause()
        assert os.WIFSTOPPED(os.waitpid(sleeper.pid, os.WUNTRACED)[1])
        server.resume()
        assert os.WIFCONTINUED(os.waitpid(sleeper.pid, os.WCONTINUED)[1])
    finally:
        sleeper.kill()
        sleeper.wait()
