"""The settings of an installation (``HUB_…``), which ``environment`` reads. Imports pydantic-settings and the errors only."""

from __future__ import annotations

import ssl
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.errors import Misconfigured


def _web_address(written: str) -> str:
    if not written.startswith(("http://", "https://")):
        raise ValueError("give the address with its scheme, as https://host/path")
    return written


def kafka_addresses(written: str) -> str:
    """The addresses of a broker as they were written. Raises ``ValueError`` where they are none."""
    for one in written.split(","):
        host, colon, port = one.strip().rpartition(":")
        if "/" in one or not (host if colon else port) or (colon and not port.isdecimal()):
            raise ValueError("give host:port, several with commas between, without a scheme")
    return written


def _readable_file(written: str | None) -> str | None:
    if written is not None:
        try:
            with Path(written).open("rb"):
                pass
        except OSError as error:
            raise ValueError(f"the file cannot be read ({error.strerror})") from None
    return written


def _web_addresses(written: str) -> str:
    for one in written.split(","):
        _web_address(one.strip())
    return written


WebAddress = Annotated[str, AfterValidator(_web_address)]
KafkaAddresses = Annotated[str, AfterValidator(kafka_addresses)]
ReadableFile = Annotated[str | None, BeforeValidator(lambda written: written or None), AfterValidator(_readable_file)]
"""The path of a file that this process can read; empty: none."""
Port = Annotated[int, Field(ge=1, le=65_535)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RegisterSettings(BaseModel):
    """One national register (law-and-lookups §3). Times in seconds, the rate in calls a second and producer."""

    url: WebAddress
    logical_address: str = ""
    rate: Positive = 10.0
    connect_timeout: Positive = 5.0
    read_timeout: Positive = 32.0
    ttl_positive: NotNegative = 12 * 3600.0
    ttl_negative: NotNegative = 600.0
    fault_pause: NotNegative = 300.0
    consumer_hsa_id: str | None = None
    cert_file: ReadableFile = None
    key_file: ReadableFile = None
    ca_file: ReadableFile = None


class FolkbokforingSettings(RegisterSettings):
    """PU-tjänsten; its LogicalAddress is the same for all."""

    logical_address: str = "SE165565594230-1000"


class ListingSettings(RegisterSettings):
    """A producer of listings must carry only one call a second; its LogicalAddress is the länskod, so none is set."""

    rate: Positive = 1.0


class Hsa(RegisterSettings):
    """HSA; the LogicalAddress is its source system's HSA-id."""

    logical_address: str = "SE165565594230-1000"


class RegistersSettings(BaseModel):
    """The three registers, and the organisation in whose name the hub asks."""

    folkbokforing: FolkbokforingSettings
    listing: ListingSettings
    hsa: Hsa
    actor: str = "SE2321000255-HUB1"
    """HSA-id of the organisation that asks for listings."""
    ask_again_s: Positive = 12 * 3600.0
    """Seconds after which folkbokforing is asked again about a person in an open case (C-62, C-63)."""
    key_secret: str = ""
    """Keys the cache, so that a key cannot be guessed back to a number."""


class OpenIdSettings(BaseModel):
    """How operations signs in: an OpenID provider, with the hub as its client."""

    issuer: WebAddress
    """As the provider itself writes it: ``<issuer>/.well-known/openid-configuration`` is read."""
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    """Empty: the hub is a public client, and PKCE alone protects the code."""
    redirect_uris: Annotated[str, AfterValidator(_web_addresses)] = Field(
        examples=["https://hub.example.se/console/signed-in"]
    )
    """Where the provider may send the browser back, separated by commas; each as it is registered there."""
    after_sign_out: WebAddress | None = None
    """Where the provider sends the browser after signing out; as it is registered there. Unset: it stays."""
    scope: str = "openid profile"
    name_claim: str = "name"
    """The claim with the name by which the trail knows somebody, never a personal identity number."""
    roles_claim: str = "roles"
    """The claim with the names of their roles; in an object by dots, as ``realm_access.roles``."""
    roles: str = ""
    """What the provider calls the roles, ``their-name=role`` with commas between; empty: as the hub does."""
    idle_s: Positive = 1800.0
    """Seconds without use after which a session ends."""
    session_s: Positive = 36_000.0
    """Seconds after which it ends in any case."""
    ca_file: ReadableFile = None
    """PEM; unset: the machine's own certificate authorities are trusted."""

    @property
    def allowed_redirects(self) -> frozenset[str]:
        """``redirect_uris``, each."""
        return frozenset(one.strip() for one in self.redirect_uris.split(",") if one.strip())


WITHOUT_REGISTERS = "nobody is looked up, and every case waits in the manual queue (`hub held list`)"
"""What it means that no registers are set."""


class Stored(BaseSettings):
    """Where the database is: all that most commands of operations need."""

    model_config = SettingsConfigDict(env_prefix="HUB_", env_nested_delimiter="__", extra="ignore")

    database_url: str = Field(min_length=1, examples=["postgresql+psycopg://hub@localhost/hub"])


class Outward(BaseSettings):
    """Which addresses a webhook may have: the hub checks each call, and ``hub directory apply`` checks the directory."""

    model_config = SettingsConfigDict(env_prefix="HUB_", env_nested_delimiter="__", extra="ignore")

    production: bool = True
    """True: the registers' test persons are not acted on, and webhooks have TLS and lead outside unless said otherwise."""
    webhook_plain: bool | None = None
    """Whether a webhook may be http without TLS; unset: only where ``production`` is false."""
    webhook_networks: str | None = None
    """Inner networks (private, link-local, loopback) that webhooks may call, separated by commas: ``10.20.0.0/16``. Unset: none,
    or all of them where ``production`` is false.
    """

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, written: str | None) -> str | None:
        for one in (written or "").split(","):
            if one.strip():
                ip_network(one.strip())
        return written

    @property
    def plain(self) -> bool:
        """``webhook_plain`` with its default."""
        return not self.production if self.webhook_plain is None else self.webhook_plain

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """``webhook_networks`` with its default."""
        everywhere = "" if self.production else "0.0.0.0/0, ::/0"
        written = everywhere if self.webhook_networks is None else self.webhook_networks
        return tuple(ip_network(one.strip()) for one in written.split(",") if one.strip())


class Sandbox(BaseSettings):
    """What ``hub sandbox`` is told; it takes ``HUB_DATABASE_URL`` and ``HUB_KAFKA_BOOTSTRAP`` too, where they are set."""

    model_config = SettingsConfigDict(env_prefix="HUB_SANDBOX_", extra="ignore", env_ignore_empty=True)

    rate: Positive | None = None
    """Admissions a second; unset: 4, or fewer at a pace that a person can follow."""
    pace: Positive = 1.0
    """How slowly people act; at 2 a stay takes twice as long."""
    data: Path | None = None
    """A folder for its data, which is kept; unset: a temporary one."""
    port: Port = 8400
    """The hub's port, if it is free."""
    cache: Annotated[Path | None, Field(validation_alias="HUB_CACHE")] = None
    """Where Kafka's jars are kept; unset: the user's own cache folder."""


class OfOperations(BaseSettings):
    """Which operations API the commands of operations ask."""

    model_config = SettingsConfigDict(env_prefix="HUB_", extra="ignore", env_ignore_empty=True)

    ops_url: WebAddress | None = None
    """The ``/ops`` of a running hub; unset: the commands ask on the database itself."""
    ops_token: SecretStr | None = None
    """The token of a program of operations; unset: that of who signed in by ``hub login``."""


class Broker(BaseSettings):
    """How a broker is reached: the hub's own, and that of a vendor to which ``hub kit serve --kafka`` speaks."""

    model_config = SettingsConfigDict(env_prefix="HUB_", env_nested_delimiter="__", extra="ignore")

    kafka_bootstrap: KafkaAddresses = Field(examples=["localhost:9092"])
    kafka_tls: bool = False
    kafka_ca_file: ReadableFile = None
    """PEM; unset: the machine's own certificate authorities are trusted."""
    kafka_cert_file: ReadableFile = None
    kafka_key_file: ReadableFile = None
    """The hub's own certificate and key, PEM, where the broker asks for one."""
    kafka_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")


class Settings(Stored, Outward, Broker):
    """All settings. A nested one is written with two underscores: ``HUB_REGISTERS__LISTING__URL``."""

    database_pool: int = Field(default=10, ge=1)
    database_wait_s: Positive = 30.0
    """Seconds to wait for a free connection; after that the work is put off."""
    kafka_group: str = Field(default="hub", min_length=1)
    kafka_session_s: Annotated[float, Field(ge=3, le=1_800)] = 6.0
    """Seconds of silence after which the broker gives a process's partitions to others, where no other process has seen that it is dead;
    within the broker's ``group.min.session.timeout.ms`` and ``group.max.session.timeout.ms``.
    """
    kafka_create_topics: bool = True
    """True: the hub creates the topics of new systems; false where the platform's team does that."""
    kafka_partitions: int = Field(default=1, ge=1)
    kafka_replication: int = Field(default=1, ge=1)
    http_host: str = Field(default="127.0.0.1", min_length=1)
    http_port: Port = 8400
    http_request_s: Positive = 30.0
    """Seconds within which a request must be complete; a large body gets more time. A client that stops sending is cut off."""
    http_answer_s: Positive = 20.0
    """Seconds within which a request that was read gets its answer; then 503, as when the database stands still. What was under way may
    be done all the same: who sends it again gets the same receipt (D-2).
    """
    http_connections: int = Field(default=400, ge=10)
    """The most connections at a time. A further one takes the place of the connection whose request is oldest and unfinished."""
    console_url: WebAddress | None = None
    """The console's address as browsers see it, where a proxy changes scheme, host or path. Unset: as a request comes."""
    workers: Annotated[int | None, Field(ge=1, le=64)] = None
    """Processes of this hub behind one port; unset: two thirds of the machine's cores."""
    roles: str = ""
    """What its processes do, with commas between (``hub.roles``); empty: all."""
    shards: Annotated[int | None, Field(ge=1, le=1024)] = None
    """Into how many parts the cases are divided among the hub's processes; unset: as many as the database has, which is 64 at first.
    Another number is taken when the first hub starts, while no other runs.
    """
    intake_batch: int = Field(default=500, ge=1, le=5_000)
    """The most messages in one transaction."""
    on_time_s: Positive = 30.0
    """Seconds from when a message was accepted within which each of its notices is to be acknowledged by its receiver's way: what is later
    counts as late in the overview.
    """
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(lambda written: str(written).lower())
    ] = "info"
    stop_s: Positive = 20.0
    """Seconds for a graceful stop."""
    registers: RegistersSettings | None = None
    """Unset: no look-up is made, and every case waits in the manual queue."""
    openid: OpenIdSettings | None = None
    """Unset: nobody signs in; ``/ops`` answers programs, which have a token of their own."""


def kafka_client(settings: Broker) -> dict[str, Any]:
    """The arguments with which every Kafka client connects. Raises ``Misconfigured`` that names the variable."""
    found: dict[str, Any] = {"bootstrap_servers": [one.strip() for one in settings.kafka_bootstrap.split(",")]}
    tls = None
    if settings.kafka_tls:
        try:
            tls = ssl.create_default_context(cafile=settings.kafka_ca_file)
            if settings.kafka_cert_file is not None:
                tls.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
        except OSError as error:  # errors of ssl are OSErrors too
            raise Misconfigured(
                f"a file of HUB_KAFKA_CA_FILE, …_CERT_FILE, …_KEY_FILE cannot be used: {type(error).__name__}"
            ) from None
    elif settings.kafka_ca_file or settings.kafka_cert_file or settings.kafka_key_file:
        raise Misconfigured("HUB_KAFKA_CA_FILE, …_CERT_FILE and …_KEY_FILE are of use only with HUB_KAFKA_TLS=true")
    if settings.kafka_sasl is not None:
        if not settings.kafka_username or not settings.kafka_password.get_secret_value():
            raise Misconfigured("HUB_KAFKA_SASL needs HUB_KAFKA_USERNAME and HUB_KAFKA_PASSWORD")
        found |= {
            "sasl_mechanism": settings.kafka_sasl,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    elif settings.kafka_username:
        raise Misconfigured("HUB_KAFKA_USERNAME is of use only with HUB_KAFKA_SASL")
    protocol = ("SASL_" if settings.kafka_sasl else "") + ("SSL" if tls else "PLAINTEXT")
    return {**found, "security_protocol": protocol, "ssl_context": tls}
