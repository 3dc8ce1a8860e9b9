"""The bare broker: reads each admission and writes two records of the same size, with no work in between."""

from __future__ import annotations

import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def bare_broker(bootstrap: str, source: str, sinks: list[str], count: int) -> float:
    """Admissions a second, consumed and produced twice in whole batches, offsets committed per batch."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id="bare", enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=1024 * 1024
    )
    await consumer.start()
    await producer.start()
    try:
        consumer.subscribe([source])
        done, started = 0, 0.0
        while done < count:
            found = await consumer.getmany(timeout_ms=1000, max_records=500)
            started = started or time.monotonic()
            records = [record for those in found.values() for record in those]
            acks = []
            for sink in sinks:
                batch = producer.create_batch()
                for record in records:
                    if (
                        batch.append(key=record.key, value=record.value, timestamp=None, headers=list(record.headers))
                        is None
                    ):
                        acks.append(await producer.send_batch(batch, sink, partition=0))
                        batch = producer.create_batch()
                        batch.append(key=record.key, value=record.value, timestamp=None, headers=list(record.headers))
                if batch.record_count():
                    acks.append(await producer.send_batch(batch, sink, partition=0))
            for ack in acks:
                await ack
            if records:
                await consumer.commit()
            done += len(records)
        return count / (time.monotonic() - started)
    finally:
        await consumer.stop()
        await producer.stop()
