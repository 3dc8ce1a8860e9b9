"""What is sent in the benchmark: admissions, made beforehand, handed to the broker in whole batches."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from aiokafka import AIOKafkaProducer

from hub.translators import fhir, native
from schemas.identities import luhn10
from tests.stack import WARD

Record = tuple[bytes, list[tuple[str, bytes]], bytes]
"""(key, headers, value)."""

PERSONS = ("191212121212",)
"""Persons of the simulated registers that are listed and registered in Lund."""
BATCH_BYTES = 128 * 1024
_TICK_S = 0.005
"""At more than 200 a second, what is due goes to the broker so often."""


def fictitious() -> Iterator[str]:
    """Numbers of persons who do not exist (C-64): born in 1930 and later, with the birth numbers 980-999, which are given to nobody."""
    for days, number in itertools.product(range(20_000), range(980, 1_000)):
        nine = f"{date(1930, 1, 1) + timedelta(days):%Y%m%d}"[2:] + str(number)
        yield "19" + next(f"{nine}{digit}" for digit in range(10) if luhn10(f"{nine}{digit}"))


def admission(number: int, run: str, persons: Sequence[str]) -> tuple[dict[str, str], bytes]:
    """The attributes and the body of one admission; its case is its own."""
    now = datetime.now(UTC).replace(microsecond=0)
    attributes = {
        "specversion": "1.0",
        "id": f"{run}-{number}",
        "source": f"urn:hsa:{WARD}",
        "type": "se.samverkan.svu.inskrivning.v1",
        "subject": f"ref:{run}-{number}",
        "time": now.isoformat(),
        "actor": "SE2321000255-P03",
        "actorrole": "sjukskoterska",
    }
    data = {
        "patient": {
            "personnummer": persons[number % len(persons)],
            "name": "Tolvan Tolvansson",
            "address": "Storgatan 1, 222 22 Lund",
            "phone": "046-10 00 00",
        },
        "admitted_at": (now - timedelta(hours=2)).isoformat(),
        "estimated_discharge": (now + timedelta(days=6)).date().isoformat(),
        "reason": "Fall i hemmet, höftfraktur vänster. Opereras i dag.",
        "information": {"given": True},
        "samtycke": {"outcome": "given", "how": "muntligt", "given_by": "patienten"},
    }
    return attributes, json.dumps(data, ensure_ascii=False).encode()


def records(count: int, run: str, kind: str, persons: Sequence[str] = PERSONS) -> list[Record]:
    """``count`` admissions, native or as FHIR Bundles."""
    return list(itertools.islice((_bundles if kind == "fhir" else _events)(run, persons), count))


def _events(run: str, persons: Sequence[str]) -> Iterator[Record]:
    for number in itertools.count():
        attributes, body = admission(number, run, persons)
        headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
        yield attributes["subject"].encode(), [*headers, ("content-type", b"application/json")], body


def _bundles(run: str, persons: Sequence[str]) -> Iterator[Record]:
    """One Bundle is written, and the others are made from it, in a tenth of the time: other ids, another person."""
    attributes, body = admission(0, run, persons)
    written = fhir.write_request(native.read_binary(attributes, body))
    envelope = json.loads(written)["id"][:-2].encode()
    for number in itertools.count():
        made = written.replace(envelope, str(uuid.uuid4())[:-2].encode())
        made = made.replace(f"{run}-0".encode(), f"{run}-{number}".encode())
        made = made.replace(persons[0].encode(), persons[number % len(persons)].encode())
        yield f"ref:{run}-{number}".encode(), [("content-type", b"application/fhir+json")], made


def with_letters(admissions: Sequence[Record], letters: int) -> list[Record]:
    """Native admissions, each with so many free messages behind it, which tell the same units and ask for nothing."""
    found = []
    for key, headers, body in admissions:
        found.append((key, headers, body))
        id_ = dict(headers)["ce_id"]
        for number in range(1, letters + 1):
            own = {"ce_id": id_ + b"-%d" % number, "ce_type": b"se.samverkan.meddelande.v1"}
            data = {"text": f"Rond {number} är klar, inget nytt att rapportera från avdelningen.", "kvittera": []}
            its = [(name, own.get(name, value)) for name, value in headers]
            found.append((key, its, json.dumps(data, ensure_ascii=False).encode()))
    return found


async def fill(bootstrap: str, topic: str, made: Sequence[Record]) -> None:
    """All of it on the topic, as fast as the broker takes it, one partition after the other; what follows in a case, on its partition."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_batch_size=BATCH_BYTES, max_request_size=4 * 1024 * 1024
    )
    await producer.start()
    try:
        partitions = itertools.cycle(sorted(await producer.partitions_for(topic)))
        rest, acks = iter(made), []
        record, partition = next(rest, None), next(partitions)
        while record is not None:
            batch, last = producer.create_batch(), record[0]
            while record is not None and batch.append(
                key=record[0], value=record[2], timestamp=None, headers=record[1]
            ):
                last, record = record[0], next(rest, None)
            acks.append(await producer.send_batch(batch, topic, partition=partition))
            if record is not None and record[0] != last:
                partition = next(partitions)
        for ack in acks:
            await ack
    finally:
        await producer.stop()


async def feed(bootstrap: str, topic: str, made: Sequence[Record], rate: float) -> None:
    """One by one at a steady rate; above 200 a second some together, every 5 ms, so that feeding costs little."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=BATCH_BYTES)
    await producer.start()
    try:
        partitions = itertools.cycle(sorted(await producer.partitions_for(topic)))
        partition = next(partitions)
        started, sent, acks = time.monotonic(), 0, []
        while sent < len(made):
            await asyncio.sleep(max(0.0, started + max(sent / rate, 0) - time.monotonic(), _TICK_S if sent else 0))
            due = min(len(made), max(sent + 1, int((time.monotonic() - started) * rate)))
            batch = producer.create_batch()
            if sent and made[sent][0] != made[sent - 1][0]:
                partition = next(partitions)
            while sent < due and batch.append(
                key=made[sent][0], value=made[sent][2], timestamp=None, headers=made[sent][1]
            ):
                sent += 1
            acks.append(await producer.send_batch(batch, topic, partition=partition))
        for ack in acks:
            await ack
    finally:
        await producer.stop()
