"""A municipality's system that reads from a topic and writes to one: FHIR Bundles, acknowledged once each."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from hub.sandbox import wire
from hub.translators import fhir
from schemas.envelope import Message
from schemas.shared import Kvittens

SYSTEM, UNIT, ACTOR = "lund-omsorg", "SE2120001132-K01", "SE2120001132-P01"


class BrokerReceiver:
    """Acknowledges what it is asked to, and keeps the receipts that it gets. ``acts_twice``: on what it is told twice too."""

    def __init__(self, bootstrap: str, *, acts_twice: bool = False) -> None:
        self.receipts: list[wire.SenderAnswer] = []
        self._consumer = AIOKafkaConsumer(
            f"hub.out.{SYSTEM}", bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        )
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        self._acts_twice = acts_twice
        self._acted: set[str] = set()
        """Messages that it has acknowledged."""

    async def run(self) -> None:
        await self._consumer.start()
        await self._producer.start()
        try:
            async for record in self._consumer:
                attributes = {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}
                found = wire.read(attributes, record.value)
                if isinstance(found, wire.SenderAnswer):
                    self.receipts.append(found)
                elif found.awaits.get(UNIT) == "kvittens" and (self._acts_twice or found.message not in self._acted):
                    self._acted.add(found.message)
                    await self._acknowledge(found)
        finally:
            await self._consumer.stop()
            await self._producer.stop()

    async def _acknowledge(self, notice: wire.ReceivedNotice) -> None:
        message = Message(
            id=str(uuid4()),
            unit=UNIT,
            name="kvittens",
            subject=notice.case,
            time=datetime.now(UTC),
            actor=ACTOR,
            role="bistandshandlaggare",
            data=Kvittens(message=notice.message),
        )
        headers = [("content-type", b"application/fhir+json")]
        body = fhir.write_request(message)
        await self._producer.send_and_wait(f"hub.in.{SYSTEM}", body, key=notice.case.encode(), headers=headers)
