"""What is sent in the benchmark: admissions, made beforehand, handed to the broker in whole batches."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer

from hub.translators import fhir, native
from tests.stack import WARD

PERSONS = ("191212121212",)
"""Persons of the simulated registers that are listed and registered in Lund."""


def admission(number: int, run: str, persons: tuple[str, ...]) -> tuple[dict[str, str], bytes]:
    """The attributes and the body of one admission; its person is one of a few hundred, its case its own."""
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


def records(
    count: int, run: str, kind: str, persons: tuple[str, ...]
) -> list[tuple[bytes, list[tuple[str, bytes]], bytes]]:
    """(key, headers, value) of ``count`` admissions, native or as FHIR Bundles."""
    made = []
    for number in range(count):
        attributes, body = admission(number, run, persons)
        key = attributes["subject"].encode()
        if kind == "fhir":
            bundle = fhir.write_request(native.read_binary(attributes, body))
            made.append((key, [("content-type", b"application/fhir+json")], bundle))
        else:
            headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
            made.append((key, [*headers, ("content-type", b"application/json")], body))
    return made


async def fill(bootstrap: str, topic: str, made: list[tuple[bytes, list[tuple[str, bytes]], bytes]]) -> None:
    """All of it on the topic, as fast as the broker takes it."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_batch_size=512 * 1024, max_request_size=4 * 1024 * 1024
    )
    await producer.start()
    try:
        batch = producer.create_batch()
        for key, headers, value in made:
            while batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                await (await producer.send_batch(batch, topic, partition=0))
                batch = producer.create_batch()
        await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()
