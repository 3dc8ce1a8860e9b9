"""The kit towards a system that has a broker of its own: FHIR Bundles on its two topics, answered with receipts on the same."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console

from hub.kit import serve, suites
from hub.kit.stage import Patience
from hub.routers.kafka import make_topics
from hub.sandbox import wire
from hub.translators import fhir
from schemas.envelope import Message
from schemas.shared import Kvittens

SYSTEM, UNIT, ACTOR = "lund-omsorg", "SE2120001132-K01", "SE2120001132-P01"


class BrokerReceiver:
    """Acknowledges what it is asked to, and keeps the receipts that it gets."""

    def __init__(self, bootstrap: str) -> None:
        self.receipts: list[wire.SenderAnswer] = []
        self._consumer = AIOKafkaConsumer(
            f"hub.out.{SYSTEM}", bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        )
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap)

    async def run(self) -> None:
        await self._consumer.start()
        await self._producer.start()
        try:
            async for record in self._consumer:
                attributes = {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}
                found = wire.read(attributes, record.value)
                if isinstance(found, wire.SenderAnswer):
                    self.receipts.append(found)
                elif found.awaits.get(UNIT) == "kvittens":
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


async def test_a_system_with_a_broker_of_its_own_is_played_to_over_its_topics(kafka):
    await make_topics({"bootstrap_servers": kafka.bootstrap}, [f"hub.{way}.{SYSTEM}" for way in ("in", "out")], 1, 1)
    receiver, screen = BrokerReceiver(kafka.bootstrap), io.StringIO()
    running = asyncio.create_task(receiver.run())
    order = serve.ServeOrder(
        played="lund_kommun",
        suite="svu",
        scenarios=[suites.scenario_file("v9-ready-for-discharge")],
        seed=1,
        patience=Patience(within_s=60, late_s=0, after_s=0),
        against=None,
        kafka=kafka.bootstrap,
        format="fhir",
        listen="0",
    )
    run = await serve.serve(order, Console(file=screen, width=200))
    running.cancel()
    await asyncio.wait({running})
    assert run.outcome == "ok", screen.getvalue()
    (played,) = run.scenarios
    assert [one.expected for one in played.findings] == [
        "lund_kommun is to send kvittens with message m-1, within 60 s",
        "lund_kommun is to send kvittens with message m-6, within 60 s",
    ]
    assert [one.code for one in receiver.receipts] == ["ok", "ok"]
    ways = {(one.direction, one.way, one.head["request"]) for one in played.exchanges}
    assert ways == {("to_vendor", "kafka", f"hub.out.{SYSTEM}"), ("from_vendor", "kafka", f"hub.in.{SYSTEM}")}
