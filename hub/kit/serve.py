"""Brings a run up, and down again: the door, the exit, the kit between them. Imports the kit and the settings' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final, Literal

from pydantic import ValidationError
from rich.console import Console

from hub.delivery.exits.addresses import Allowed
from hub.delivery.outgoing import Exit
from hub.errors import Misconfigured
from hub.kit.console import RunConsole
from hub.kit.door import Door
from hub.kit.faults.fault import Means
from hub.kit.kafka import KafkaSide
from hub.kit.kit import Kit, Order, secret_of, token_of
from hub.kit.reach import takes_a_connection
from hub.kit.record import Run
from hub.kit.recording import RecordingWebhook, Wire
from hub.kit.stop import Stop
from hub.kit.vendor import Connected, Format, short_names, units_of
from hub.scenarios import ScenarioFile
from schemas.ways_out import Delivery, KafkaOut, WebhookOut

_ALLOWED: Final = Allowed(plain=True, networks=(ip_network("0.0.0.0/0"), ip_network("::/0")))
"""The kit calls the one address that its user names, wherever it is."""
_DELIVERY: Final = Delivery(schedule_s=(0.5, 1, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOrder(Order):
    """A run, and how the two sides reach each other."""

    against: str | None
    """The address of the vendor's system; None where it reads from Kafka."""
    kafka: Mapping[str, Any] | None = None
    """The vendor's own broker, as ``settings.kafka_client`` reaches it."""
    format: Format
    listen: str
    """``[host:]port``."""
    body: Literal["event", "bundle"] = "event"
    """Of a webhook in FHIR: a CloudEvent around the Bundle, or the Bundle alone."""
    token: str | None = None
    """None: made of the seed."""
    secret: str | None = None
    next_secret: str | None = None
    """That follows the secret, where the fault ``rotated`` is made."""
    delivery: Delivery = _DELIVERY

    @property
    def secrets(self) -> list[str]:
        """What must stand in no report."""
        password = None if self.kafka is None else self.kafka.get("sasl_plain_password")
        found = (self.token, self.secret, self.next_secret, password)
        made = (token_of(self.seed), *[secret_of(self.seed, what) for what in ("webhook", "next", "forged")])
        return [*made, *[one for one in found if one is not None]]


async def serve(wanted: ServeOrder, console: Console, stop: Stop | None = None) -> Run:
    """Plays everything and shows it. ``stop`` may end the play, and what has been played by then is returned. Raises
    ``Misconfigured`` where it cannot be run.
    """
    host, port = _place(wanted.listen)
    out = await _out(wanted)
    connected = Connected(out, wanted.format, wanted.token or token_of(wanted.seed), wanted.delivery)
    wire, shown = Wire(), RunConsole(console, wanted.patience.within_s)
    means = Means(
        false_secret=secret_of(wanted.seed, "forged"), next_secret=wanted.next_secret or secret_of(wanted.seed, "next")
    )
    async with AsyncExitStack() as opened:
        side = None
        if wanted.kafka is not None:
            system, _ = units_of(ScenarioFile(wanted.scenarios[0]).world, wanted.played)
            side = await opened.enter_async_context(KafkaSide(wanted.kafka, system, wire))
        if isinstance(out, WebhookOut):
            exit_: Exit = RecordingWebhook(_ALLOWED, wire, means.clock.now)
            opened.push_async_callback(exit_.close)
        else:
            assert side is not None
            exit_ = side.exit
        kit = Kit(wanted, connected, exit_, wire, shown, means)
        door = Door(kit, wire)
        at = await door.open(host, port)
        opened.push_async_callback(door.close)
        shown.say(f"Your system plays {short_names(kit.cast.world, kit.cast.units)} ({', '.join(kit.cast.units)}).")
        shown.say(f"It sends to http://{host}:{at}, with Authorization: Bearer {connected.token}")
        if side is not None:
            shown.say(f"Or it writes to {side.topic_in}.")
            side.read(kit.take, lambda: kit.cast.system)
        if isinstance(out, WebhookOut):
            shown.say(f"It is called at {out.url}, signed with {out.secrets[0]}")
            if any(row.name == "rotated" for row in wanted.faults):
                shown.say(
                    f"The secret that follows, for the fault rotated, is {means.next_secret}: it is to know both."
                )
        run = await (kit.run() if stop is None else stop.play(kit.run()))
    shown.summary(run)
    return run


def _place(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise Misconfigured(f"--listen {listen}: name a port, as 8401, or a host and a port, as 0.0.0.0:8401")
    return host or "127.0.0.1", int(port)


async def _out(wanted: ServeOrder) -> WebhookOut | KafkaOut:
    """How the vendor's system is reached: its webhook, once something answers at its address, or its broker."""
    if wanted.body == "bundle" and wanted.format == "native":
        raise Misconfigured("--body bundle: the Bundle goes alone only in FHIR; add --format fhir or fhir-xml")
    if wanted.against is None:
        if wanted.kafka is None:
            raise Misconfigured("say where your system is: --against URL, or --kafka BOOTSTRAP")
        return KafkaOut(way="kafka")
    if (fault := _ALLOWED.fault(wanted.against)) is not None:
        raise Misconfigured(f"--against {wanted.against}: the address {fault}")
    secret = wanted.secret or secret_of(wanted.seed, "webhook")
    try:
        out = WebhookOut(
            way="webhook", url=wanted.against, secrets=(secret, wanted.next_secret or secret), body=wanted.body
        )
    except ValidationError as error:
        if ("url",) in [fault["loc"] for fault in error.errors()]:
            raise Misconfigured(
                f"--against {wanted.against}: name the whole address, as http://127.0.0.1:9000/notices"
            ) from None
        raise Misconfigured(
            "--secret, --next-secret: a secret is whsec_ and at least 18 bytes in base64; leave it out, and the kit makes one"
        ) from None
    out = out.model_copy(update={"secrets": (secret,)})
    if not await takes_a_connection(out.url, wanted.delivery.timeout_s):
        raise Misconfigured(f"--against {wanted.against}: nothing answers there; start your system first")
    return out
