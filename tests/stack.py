"""A whole hub on real parts, for the integration tests and the benchmark; the hub is a child process."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from hub.sandbox import staff
from hub.sandbox.children import Child, free_port
from hub.sandbox.register_contents import Contents
from hub.sandbox.registers import SimulatedRegisters
from hub.store import directory as directories
from hub.store.migrating import migrate
from hub.store.transaction import Store
from schemas.directory import Directory
from tests.commands import ended
from tests.judged import JUDGE
from tests.wires import Listener

WARD, CENTRE, KOMMUN = "SE2321000255-AVD12", "SE2321000255-VC01", "SE2120001132-K01"
TOKEN = "bench-token"
LUND = ("191212121212", "192002299861", "193304179884", "197001239917")
"""Persons of the simulated registers who are listed at CENTRE and live in KOMMUN's municipality."""
SIP_DUTIES = {
    "initiativ": ["svara"],
    "kallelse": ["kvittera", "svara"],
    "kallelse_utvardering": ["kvittera"],
    "plan": ["godkanna"],
}
"""What a role that acknowledges anything also answers for."""
DIRECTORY = f"""
regions: [{{id: skane, name: Region Skåne (fiktiv), county: "12"}}]
organisations:
  - {{orgnr: "2321000255", name: Regionen, region: skane}}
  - {{orgnr: "2120001132", name: Lunds kommun, region: skane}}
befattningar: {{"201010": lakare, "206010": sjukskoterska, "341210": bistandshandlaggare}}
units:
  - {{hsa: {WARD}, name: Avdelning 12, party: slutenvard, organisation: "2321000255", roles: {{sjukskoterska: {{}}}}}}
  - hsa: {CENTRE}
    name: Vårdcentralen
    party: oppenvard
    organisation: "2321000255"
    roles: {{sjukskoterska: {{inskrivning: [kvittera], tid: [kvittera], {json.dumps(SIP_DUTIES)[1:-1]}}}}}
  - hsa: {KOMMUN}
    name: Kommunens mottagning
    party: kommun
    organisation: "2120001132"
    municipality: "1281"
    roles: {{bistandshandlaggare: {{inskrivning: [kvittera], tid: [kvittera], {json.dumps(SIP_DUTIES)[1:-1]}}}}}
systems:
  - id: ehr
    name: Journal
    organisation: "2321000255"
    units: [{WARD}]
    token_sha256: ["{{token}}"]
    out: {{way: kafka}}
  - {{id: centre, name: Vårdcentralens, organisation: "2321000255", units: [{CENTRE}], ways_in: [kafka], out: {{way: kafka}}}}
  - {{id: kommun, name: Kommunens, organisation: "2120001132", units: [{KOMMUN}], ways_in: [kafka], out: {{way: kafka}}}}
"""
ROLE = {WARD: "sjukskoterska", CENTRE: "sjukskoterska", KOMMUN: "bistandshandlaggare"}


def hashed(token: str) -> str:
    """A bearer token as the directory keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()


def content(tag: str = "", **changes: dict[str, Any]) -> dict[str, Any]:
    """The stack's directory as plain data; ``changes`` are put into the systems by id, ``tag`` ends each system's id."""
    found: dict[str, Any] = yaml.safe_load(DIRECTORY.replace("{token}", hashed(TOKEN)))
    for system in found["systems"]:
        system.update(changes.get(system["id"], {}))
        system["id"] += tag
    return found


def checked(found: dict[str, Any]) -> Directory:
    """A directory that holds together."""
    made = Directory.model_validate(found)
    assert not made.faults(), made.faults()
    return made


def directory(tag: str = "", **changes: dict[str, Any]) -> Directory:
    """The stack's directory; ``changes`` are put into the systems by id."""
    return checked(content(tag, **changes))


def registers(found: Directory | None = None) -> SimulatedRegisters:
    """The simulated registers, whose HSA knows those who act for the units of the directory (C-3)."""
    contents = Contents.load()
    acting = staff.employees(found or directory())
    return SimulatedRegisters(contents.model_copy(update={"employees": (*contents.employees, *acting)}))


def environment(database: str, bootstrap: str, registers: str, port: int, **more: str) -> dict[str, str]:
    """The HUB_ variables of a hub on these parts."""
    found = {
        "HUB_DATABASE_URL": database,
        "HUB_KAFKA_BOOTSTRAP": f"{bootstrap}, {bootstrap}",  # several, as of a cluster
        "HUB_HTTP_PORT": str(port),
        "HUB_PRODUCTION": "false",
        "HUB_LOG_LEVEL": "info",
    }
    for name in ("folkbokforing", "listing", "hsa"):
        found[f"HUB_REGISTERS__{name.upper()}__URL"] = registers.replace("{}", name)
        found[f"HUB_REGISTERS__{name.upper()}__RATE"] = "1000"
    return found | more


class Stack:
    """The hub as a child process beside its broker, database and registers."""

    def __init__(self, database: str, bootstrap: str, registers: str, log: Path, tag: str = "") -> None:
        self.database, self.bootstrap, self.registers, self.log, self.tag = database, bootstrap, registers, log, tag
        self.port = free_port()
        self.hub: Child | None = None
        self._producer: AIOKafkaProducer | None = None
        self._reading: asyncio.Task[None] | None = None
        self.seen: dict[str, list[ConsumerRecord]] = {}
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60)

    # --- the hub
    # -------------------------------------------------------------------------------------------------------

    async def prepare(self, found: Directory | None = None) -> None:
        """Migrates and applies the directory."""
        await migrate(self.database)
        await self.apply(found or directory(self.tag))

    async def apply(self, found: Directory) -> None:
        """A new version of the directory, as ``hub directory apply`` keeps it."""
        store = Store(self.database, pool=1)
        await directories.apply(store, found)
        await store.close()

    def environment(self, **more: str) -> dict[str, str]:
        """What the hub and its commands are given."""
        group = {"HUB_KAFKA_GROUP": f"hub{self.tag}"} | more
        return {**os.environ, **environment(self.database, self.bootstrap, self.registers, self.port, **group)}

    def start(self, *options: str, **more: str) -> None:
        """Starts the hub; ``options``: of ``hub run``."""
        command = [sys.executable, "-m", "hub.cli", "run", *options]
        self.hub = Child(command, log=self.log, env=self.environment(**more))

    async def ready(self, timeout_s: float = 30) -> None:
        """Until the hub says that it is ready."""
        assert self.hub is not None
        async with asyncio.timeout(timeout_s):
            while True:
                if not self.hub.alive:
                    raise AssertionError(f"the hub ended: {self.log.read_text()[-2000:]}")
                try:
                    await asyncio.to_thread(self.get, "/health/ready")
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    return

    async def close(self) -> None:
        """Stops the hub and takes its topics away, so that the next test's hub need not read them."""
        if self.hub is not None:
            await asyncio.to_thread(self.hub.stop)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._client.aclose()
        if self._producer is not None:
            await self._producer.stop()
        if self.tag:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
            await admin.start()
            try:
                mine = [topic for topic in await admin.list_topics() if topic.endswith(self.tag)]
                await admin.delete_topics(mine)
            finally:
                await admin.close()

    async def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One ``hub`` command as operations runs it, in this process: one of its own takes two seconds to load."""
        settings = {name: value for name, value in self.environment().items() if name.startswith("HUB_")}
        done = await asyncio.to_thread(ended, arguments[:1], arguments, self.log.parent, **settings)
        return subprocess.CompletedProcess(arguments, *done)

    # --- its doors
    # -----------------------------------------------------------------------------------------------------

    def get(self, path: str) -> str:
        """One answer of the hub's HTTP side."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    async def metric(self, name: str, **labels: str) -> float | None:
        """One value of ``/metrics``; None while it is not there."""
        wanted = name + ("{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else "")
        for line in (await asyncio.to_thread(self.get, "/metrics")).splitlines():
            if line.startswith(f"{wanted} "):
                return float(line.rpartition(" ")[2])
        return None

    async def post(
        self, path: str, body: bytes | AsyncIterator[bytes], media: str, token: str | None = TOKEN, **headers: str
    ) -> httpx.Response:
        """One call to a way in over HTTP."""
        given = {"content-type": media} | {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        answer = await self._client.post(path, content=body, headers=given)
        JUDGE.answer(answer.status_code, answer.headers.get("content-type", ""), answer.content)
        return answer

    async def ask(self, path: str, token: str = TOKEN) -> httpx.Response:
        """One question by a system's token."""
        return await self._client.get(path, headers={"authorization": f"Bearer {token}"})

    async def send(self, attributes: dict[str, str], data: Any, token: str | None = TOKEN) -> httpx.Response:
        """One structured CloudEvent over HTTP."""
        body = json.dumps({**attributes, "data": data}).encode()
        return await self.post("/messages", body, "application/cloudevents+json", token)

    async def admit(self, attributes: dict[str, str] | None = None, data: Any = None) -> tuple[str, str]:
        """Opens a case and waits until its units are in it; returns (case, message)."""
        if attributes is None:
            attributes, data = admission(LUND[0])
        answer = await self.send(attributes, data)
        assert answer.status_code == 200, answer.text
        case = answer.json()["case"]
        assert await self.addressed(case) == "listed"
        return case, attributes["id"]

    async def follow(self, case: str) -> int:
        """One more message in the case, told to all; returns its sequence."""
        answer = await self.send(event("samtycke", case), {"outcome": "given"})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["sequence"])

    async def produce(
        self,
        system: str,
        body: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        key: bytes | None = None,
    ) -> str:
        """One record on ``hub.in.<system>``; returns its place, as the hub names it."""
        if self._producer is None:
            self._producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, max_request_size=21 * 1024 * 1024)
            await self._producer.start()
        at = await self._producer.send_and_wait(f"hub.in.{system}{self.tag}", body, key=key, headers=list(headers))
        return f"{at.topic}/{at.partition}/{at.offset}"

    async def tell(self, system: str, attributes: dict[str, str], data: Any) -> str:
        """One message over Kafka, in binary mode."""
        headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
        headers.append(("content-type", b"application/json"))
        return await self.produce(system, json.dumps(data).encode(), headers, attributes["subject"].encode())

    def watch(self, *systems: str) -> None:
        """Reads ``hub.out`` of these systems from now on, so that ``wire`` need not each time; the topics must be there."""
        self.seen = {system: [] for system in systems}
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        topics = {f"hub.out.{system}{self.tag}": system for system in self.seen}
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap, fetch_max_wait_ms=100) as consumer:
            parts = [TopicPartition(topic, 0) for topic in topics]
            consumer.assign(parts)
            for part in parts:
                consumer.seek(part, 0)
            async for record in consumer:
                _judge(record)
                self.seen[topics[record.topic]].append(record)

    async def wire(self, system: str) -> list[ConsumerRecord]:
        """Everything that lies on ``hub.out.<system>``, in its order."""
        if system in self.seen:
            return self.seen[system]
        return await everything(self.bootstrap, f"hub.out.{system}{self.tag}")

    async def notices(self, system: str, case: str) -> list[dict[str, str]]:
        """The attributes of a case's notices on ``hub.out.<system>``."""
        found = [attributes(record) for record in await self.wire(system)]
        return [each for each in found if each.get("case") == case]

    async def receipt(self, system: str, message: str, *, final: bool = True) -> dict[str, Any]:
        """The receipt of a message on ``hub.out.<system>``, waited for; unless ``final`` also one that says it is
        held.
        """

        async def look() -> dict[str, Any] | None:
            for record in await self.wire(system):
                if attributes(record).get("type") == "se.samverkan.receipt.v1":
                    found: dict[str, Any] = json.loads(record.value)
                    if found["message"] == message and not (final and found.get("code") == "transient-error"):
                        return found
            return None

        return await until(look)

    # --- its store
    # -----------------------------------------------------------------------------------------------------

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds."""
        address = self.database.replace("+psycopg", "")
        async with await psycopg.AsyncConnection.connect(address) as connection:
            return await (await connection.execute(statement, values)).fetchall()

    async def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = await self.rows(statement, *values)
        return found[0][0] if found else None

    async def addressed(self, case: str) -> str:
        """The outcome of a case's addressing, waited for."""
        return str(await until(lambda: self.value("SELECT state->>'addressed' FROM cases WHERE id = %s", case)))


def attributes(record: ConsumerRecord) -> dict[str, str]:
    """The CloudEvents attributes of a record in binary mode."""
    return {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}


_judged: set[tuple[str, int, int]] = set()


def _judge(record: ConsumerRecord) -> None:
    """Has a record of ``hub.out`` judged, once however often a test reads it."""
    place = (record.topic, record.partition, record.offset)
    if record.topic.startswith("hub.out.") and place not in _judged:
        _judged.add(place)
        JUDGE.record(dict(record.headers), record.value)


async def everything(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """All records of a topic of one partition; none when there is no such topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, max_partition_fetch_bytes=8 * 1024 * 1024)
    await consumer.start()
    try:
        if not consumer.partitions_for_topic(topic) and topic not in await consumer.topics():
            return []
        part = TopicPartition(topic, 0)
        consumer.assign([part])
        end = (await consumer.end_offsets([part]))[part]
        consumer.seek(part, 0)
        found: list[ConsumerRecord] = []
        while await consumer.position(part) < end:
            for records in (await consumer.getmany(part, timeout_ms=500)).values():
                found += records
        for record in found:
            _judge(record)
        return found
    finally:
        await consumer.stop()


async def until(look: Callable[[], Any], timeout_s: float = 60, every_s: float = 0.1) -> Any:
    """Asks again until the answer is true, and returns it."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        found = await found if asyncio.iscoroutine(found) else found
        if found:
            return found
        assert time.monotonic() < deadline, f"in vain for {timeout_s} s: {getattr(look, '__qualname__', look)}"
        await asyncio.sleep(every_s)


@contextlib.asynccontextmanager
async def running(
    database: str, bootstrap: str, folder: Path, found: dict[str, Any] | None = None, **more: str
) -> AsyncIterator[tuple[Stack, SimulatedRegisters]]:
    """A hub that is ready, with registers of its own; its systems' ids end with a tag of its own."""
    tag = "-" + "".join(random.choices("bcdfghjkmnpqrstvwxz", k=6))
    plain = found or content()
    for system in plain["systems"]:
        system["id"] += tag
    wanted = checked(plain)
    async with registers(wanted) as simulated:
        stack = Stack(database, bootstrap, simulated.url("{}"), folder / "hub.log", tag)
        try:
            await stack.prepare(wanted)
            stack.start(**more)
            await stack.ready()
            yield stack, simulated
        finally:
            await stack.close()


# --- messages ---------------------------------------------------------------------------------------------------------

_number = itertools.count(1)


def new_ref() -> str:
    """A reference that says nothing about anybody: letters and a counter."""
    return "ref:" + "".join(c for c in uuid.uuid4().hex if c.isalpha()) + f"-{next(_number)}"


def event(name: str, subject: str, unit: str = WARD, **more: str) -> dict[str, str]:
    """The attributes of a message of a unit, done now; ``more`` is put over them."""
    role = more.get("actorrole") or ROLE.get(unit, "sjukskoterska")
    found = {
        "specversion": "1.0",
        "id": "m-" + new_ref()[4:],
        "source": f"urn:hsa:{unit}",
        "type": f"se.samverkan.{name}.v1",
        "subject": subject,
        "time": datetime.now(UTC).isoformat(),
        "actor": f"SE{unit[2:12]}-{role.upper()[:14]}1",
        "actorrole": role,
    }
    return found | more


def admission(person: str = LUND[0], ref: str | None = None, **more: str) -> tuple[dict[str, str], dict[str, Any]]:
    """An admission that holds all it must; its name and address are left to the register."""
    now = datetime.now(UTC).replace(microsecond=0)
    data = {
        "patient": {"personnummer": person},
        "admitted_at": (now - timedelta(hours=2)).isoformat(),
        "estimated_discharge": (now + timedelta(days=6)).date().isoformat(),
        "reason": "Fall i hemmet.",
        "information": {"given": True},
        "samtycke": {"outcome": "given"},
    }
    return event("svu.inskrivning", ref or new_ref(), **more), data


def kvittens(case: str, message: str, unit: str, **more: str) -> tuple[dict[str, str], dict[str, Any]]:
    """A unit acknowledges a message."""
    return event("kvittens", case, unit, **more), {"message": message}


# --- a receiver over HTTP ---------------------------------------------------------------------------------------------

SECRETS = ("whsec_" + "A" * 32, "whsec_" + "B" * 32)


class Call:
    """One call that a webhook got."""

    def __init__(self, system: str, headers: dict[str, str], body: bytes) -> None:
        self.system, self.headers, self.body, self.at = system, headers, body, time.monotonic()
        # A Bundle alone may be XML, and then there is no event.
        self.event: dict[str, Any] = json.loads(body) if body.startswith(b"{") else {}

    @property
    def order(self) -> tuple[str, int]:
        """(case, sequence) of a notice."""
        return self.event["case"], int(self.event["sequence"])


Behave = Callable[[Call], Any]
"""Answers a call: a status, or (status, headers); may be a coroutine function."""


class Receiver(Listener):
    """Webhooks of any number of systems on one port; ``behave`` says by system how each answers."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.under_way: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.behave: dict[str, Behave] = {}

    def out(self, system: str, *secrets: str) -> dict[str, Any]:
        """The way out of a system, for the directory."""
        return {
            "way": "webhook",
            "url": f"http://127.0.0.1:{self.port}/{system}",
            "secrets": list(secrets or SECRETS[:1]),
        }

    def of(self, system: str) -> list[Call]:
        """The calls of a system in the order in which they came."""
        return [call for call in self.calls if call.system == system]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._one(reader, writer)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        call = Call(head[0].split()[1].strip("/"), headers, body)
        system = call.system
        self.calls.append(call)
        if "webhook-id" in headers:
            JUDGE.call(headers, body)
        else:
            JUDGE.bundle(headers["content-type"], body)
        self.under_way[system] = self.under_way.get(system, 0) + 1
        self.most[system] = max(self.most.get(system, 0), self.under_way[system])
        try:
            answer = self.behave.get(system, lambda _: 204)(call)
            answer = await answer if asyncio.iscoroutine(answer) else answer
        finally:
            self.under_way[system] -= 1
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        if more.pop("drip", None):
            writer.write(f"HTTP/1.1 {status} X\r\n".encode())
            while True:  # a receiver that never comes to an end, though it is never silent for long
                writer.write(b"x: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        said = str(more.pop("body", "")).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(said)}\r\n{lines}\r\n".encode() + said)
        await writer.drain()


def first_in_order(seen: Iterable[tuple[str, int]]) -> bool:
    """Whether the first occurrences of each case's numbers come in order; repeats are allowed (D-3)."""
    last: dict[str, int] = {}
    had: set[tuple[str, int]] = set()
    for case, number in seen:
        if (case, number) not in had:
            if number < last.get(case, 0):
                return False
            had.add((case, number))
            last[case] = number
    return True
