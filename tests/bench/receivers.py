"""Two systems that receive by one way, in a process of their own: well, and answering at once. They keep what comes as it came, with its
time, and look at it when they are asked what they got; so what they cost the machine is little and the same for every notice.

``python -m tests.bench.receivers``: the first line of its input says how they receive (``Receiving``), each further line how many notices
to wait for; when so many have come and are acknowledged, one line says where it has written what they got since.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import aiohttp
import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from standardwebhooks import Webhook

from tests.bench.called import Called, Kept, answer_aa, headers_of
from tests.chaos import seen
from tests.chaos.history import Notice, Receipt
from tests.stack import attributes

READY = "ready"
INBOX_WAIT_S, INBOX_LIMIT = 30, 500
_SPARED_S = 1.0
"""How long a reader of the inbox waits when it has asked too often."""
_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Receiving:
    """How they receive, and what they know of the hub."""

    way: str
    """As in the directory: ``kafka`` · ``webhook`` · ``fhir`` · ``inbox``."""
    systems: tuple[str, ...]
    folder: str
    """Where what they got is written."""
    bootstrap: str
    hub: str
    """The address of the hub's ways over HTTP."""
    port: int
    """On this one they are called; a system's calls go to ``/<system>…``."""
    secret: str
    """Signs the webhooks, and is the token of FHIR messages."""
    readers: int
    """Of each system's inbox."""


class Keeper:
    """What has come and is acknowledged."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self._want = 0
        self._enough = asyncio.Event()
        self.too_often = 0
        """Answers of the hub that a reader of the inbox asks too often."""

    def keep(self, *those: Kept) -> None:
        """Some that are acknowledged, or will be in this moment."""
        self.kept += those
        if self._want and len(self.kept) >= self._want:
            self._enough.set()

    async def until(self, want: int) -> list[Kept]:
        """So many, or more; what comes afterwards is of the next time."""
        self._want = want
        self._enough.clear()
        self.keep()
        await self._enough.wait()
        found, self.kept, self._want = self.kept, [], 0
        return found


# --- the topics and the inbox -----------------------------------------------------------------------------------------


async def read_topics(how: Receiving, keeper: Keeper) -> None:
    """Until cancelled: both systems' topics from their beginning."""
    parts = {TopicPartition(f"hub.out.{system}", 0): system for system in how.systems}
    async with AIOKafkaConsumer(bootstrap_servers=how.bootstrap) as consumer:
        consumer.assign(list(parts))
        await consumer.seek_to_beginning()
        while True:
            for part, records in (await consumer.getmany(timeout_ms=1000)).items():
                now = time.time()
                keeper.keep(*(Kept(parts[part], now, record, record.value) for record in records))


def token_of(system: str) -> str:
    """By which it asks for what is in its inbox."""
    return f"bench-inbox-token-of-{system}"


class _Fetched(msgspec.Struct):
    id: str
    event: msgspec.Raw


class _Answer(msgspec.Struct):
    notices: list[_Fetched]
    next: str


async def read_inbox(how: Receiving, system: str, keeper: Keeper) -> None:
    """Until cancelled: one reader, which waits for notices and acknowledges what it was given."""
    headers = {"authorization": f"Bearer {token_of(system)}"}
    asked = {"wait": str(INBOX_WAIT_S), "limit": str(INBOX_LIMIT)}
    async with aiohttp.ClientSession(how.hub, headers=headers) as client:
        while True:
            async with client.get("/inbox", params=asked) as answer:
                if answer.status == 429:
                    keeper.too_often += 1
                    await asyncio.sleep(_SPARED_S)
                    continue
                assert answer.status == 200, await answer.text()
                found, now = msgspec.json.decode(await answer.read(), type=_Answer), time.time()
            asked["after"] = found.next
            if found.notices:
                await _acknowledge(client, [one.id for one in found.notices], keeper)
                keeper.keep(*(Kept(system, now, one.id.encode(), bytes(one.event)) for one in found.notices))


async def _acknowledge(client: aiohttp.ClientSession, ids: list[str], keeper: Keeper) -> None:
    acks = {"acks": [{"id": id_} for id_ in ids]}
    while True:
        async with client.post("/inbox/ack", json=acks) as answer:
            if answer.status != 429:
                assert answer.status == 200, await answer.text()
                said = await answer.json()
                assert all(one["status"] == 200 for one in said["acks"]), said
                return
        keeper.too_often += 1
        await asyncio.sleep(_SPARED_S)


# --- what they got ----------------------------------------------------------------------------------------------------


def read(how: Receiving, kept: Kept) -> Notice | Receipt | None:
    """What came, as a history tells it. Raises where a webhook's signature, or a FHIR message's token, is not the hub's."""
    if isinstance(kept.head, ConsumerRecord):
        found = attributes(kept.head)
        if dict(kept.head.headers)["content-type"] == b"application/fhir+json":
            return replace(
                seen.bundle(kept.system, json.loads(kept.body), how.way), id=f"{found['source']} {found['id']}"
            )
        return seen.event(kept.system, how.way, f"{found['source']} {found['id']}", found, json.loads(kept.body))
    if how.way == "inbox":
        event = json.loads(kept.body)
        return seen.event(kept.system, how.way, kept.head.decode(), event, event.get("data"))
    headers = headers_of(kept.head)
    if how.way == "fhir":
        assert headers["authorization"] == f"Bearer {how.secret}", "the token of a FHIR message is not the system's"
        return seen.bundle(kept.system, json.loads(kept.body), how.way)
    event = Webhook(how.secret).verify(kept.body, headers)
    return seen.event(kept.system, how.way, headers["webhook-id"], event, event.get("data"))


def written(how: Receiving, kept: list[Kept]) -> Iterator[dict[str, object]]:
    """Each notice with the time at which it came. Raises for anything else: nothing else is sent to these systems."""
    for one in kept:
        notice = read(how, one)
        assert isinstance(notice, Notice), f"{one.system} got what is no notice: {one.body[:200]!r}"
        yield {"at": one.at, "notice": asdict(notice)}


async def serve() -> None:
    """Until the input ends, or a reader fails."""
    loop, orders = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    given = json.loads(await orders.readline())
    how = Receiving(**given | {"systems": tuple(given["systems"])})
    keeper, readers = Keeper(), set[asyncio.Task[None]]()
    if how.way == "kafka":
        readers.add(asyncio.create_task(read_topics(how, keeper)))
    elif how.way == "inbox":
        readers |= {
            asyncio.create_task(read_inbox(how, system, keeper)) for system in how.systems for _ in range(how.readers)
        }
    else:
        answer = answer_aa if how.way == "fhir" else lambda _: _NO_CONTENT
        await loop.create_server(lambda: Called(keeper.keep, answer), "127.0.0.1", how.port)
    print(READY, flush=True)
    order = asyncio.create_task(orders.readline())
    while want := await order:
        waiting, used = asyncio.create_task(keeper.until(int(want))), time.process_time()
        order = asyncio.create_task(orders.readline())
        await asyncio.wait({waiting, order, *readers}, return_when=asyncio.FIRST_COMPLETED)
        for reader in readers:
            if reader.done():
                reader.result()  # it has failed
        if order.done():
            return  # nobody waits for the answer any more
        spent = {"cpu_s": time.process_time() - used, "too_often": keeper.too_often}
        file = Path(how.folder) / f"got-{time.monotonic_ns()}.json"
        file.write_text(json.dumps(spent | {"rows": list(written(how, await waiting))}))
        print(file, flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
