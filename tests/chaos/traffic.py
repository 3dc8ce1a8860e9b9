"""Senders by each way in, who answer what receivers are told, and keep the history of both. Imports the messages' format and the tests'
stack.

Each of a round's admissions goes its way: the health centre and the municipality acknowledge it, the ward writes some free messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from hub.translators import fhir, native
from tests.chaos import seen
from tests.chaos.history import Deadline, History, Notice, Receipt, Sent
from tests.chaos.readers import AGAIN_S, opened
from tests.stack import CENTRE, KOMMUN, LUND, TOKEN, WARD, admission, event, kvittens

UNITS = {"ehr": WARD, "centre": CENTRE, "kommun": KOMMUN}
REUSED = 0.1
"""The share of messages by HTTP whose id is used for another content afterwards."""
LATE = "inskrivning_sen"
"""The deadline that has passed already when an admission is told 30 hours after it (2:3)."""
_CALL_S = 15.0


class Round:
    """What one round wants done, and what came of it."""

    def __init__(self, seed: int, admissions: int, over_s: float, repeats: float, follow: Sequence[int]) -> None:
        self.follows = follow
        """How many free messages follow an admission: chance picks one of these."""
        self.repeats = repeats
        """The share of messages that are sent twice."""
        self.random = random.Random(seed)
        self.history = History()
        self.admissions = admissions
        self.over_s = over_s
        """Seconds over which the admissions are spread."""
        self.under_way = 0
        """Messages that were handed to no way in yet."""
        self.follow: dict[str, list[int]] = {}
        """Admission → [how many free messages follow, how many kvittenser they wait for]."""
        self.admitted: dict[str, str] = {}
        """Case → its admission."""
        self.late: set[str] = set()
        """Admissions that come when their deadline has passed."""
        self.by_kafka: list[tuple[Sent, dict[str, str], Any]] = []
        """What went into topics: what is deleted there before it was answered is sent again."""
        self.acknowledged: set[tuple[str, str]] = set()
        """(system, admission)."""


class Traffic:
    """All senders, and what becomes of what receivers get; it outlives the rounds."""

    def __init__(self, bootstrap: str, tag: str) -> None:
        self._bootstrap, self._tag = bootstrap, tag
        self.ports: list[int] = []
        """Where the hubs listen."""
        self.current = Round(0, 0, 0.0, 0.0, ())
        """The round that is played now."""
        self._of_message: dict[str, Round] = {}
        self._of_case: dict[str, Round] = {}
        self._early: dict[str, list[Notice]] = defaultdict(list)
        """The hub's own notices of cases that nobody has named yet."""
        self._to_produce: asyncio.Queue[tuple[Round, Sent, dict[str, str], Any]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient(trust_env=False, timeout=_CALL_S)

    async def __aenter__(self) -> Self:
        self._spawn(self._produce())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    @property
    def unknown(self) -> list[str]:
        """Cases of which somebody was told, and that no message opened."""
        return sorted(self._early)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- what is sent -------------------------------------------------------------------------------------------------

    async def play(self, course: Round) -> None:
        """Hands over all admissions of a round; what follows from them is sent as the answers come."""
        self.current = course
        for number in range(course.admissions):
            chance = course.random
            act, data = admission(LUND[number % len(LUND)])
            late = chance.random() < 0.25
            if late:
                course.late.add(act["id"])
                data["admitted_at"] = (datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30)).isoformat()
            course.follow[act["id"]] = [chance.choice(course.follows), chance.choice((0, 2))]
            self._hand_over(course, "ehr", act, data, ("centre", "kommun"))
            await asyncio.sleep(course.over_s / course.admissions)

    def _hand_over(
        self,
        course: Round,
        system: str,
        act: dict[str, str],
        data: Any,
        tells: tuple[str, ...],
        may: tuple[str, ...] = (),
    ) -> None:
        """Sends a message, by a way that chance picks, and now and then a second time."""
        chance = course.random
        self._of_message[act["id"]] = course
        ways = ("kafka", "kafka", "http", "fhir") if system == "ehr" else ("kafka",)
        for way in chance.choices(ways, k=2 if chance.random() < course.repeats else 1):
            one = Sent(system, act["source"], act["id"], way, act["subject"], right=True, tells=tells, may_tell=may)
            course.history.sent.append(one)
            course.under_way += 1
            if way == "kafka":
                course.by_kafka.append((one, act, data))
                self._to_produce.put_nowait((course, one, act, data))
            else:
                self._spawn(self._call(course, one, act, data))

    def send_again(self, system: str) -> None:
        """A system's topic is gone, with what nobody had read: the system sends again what has no answer."""
        course = self.current
        answered = {receipt.message for receipt in course.history.receipts if receipt.code != "transient-error"}
        for one, act, data in course.by_kafka:
            if one.system == system and one.id not in answered:
                course.under_way += 1
                self._to_produce.put_nowait((course, one, act, data))

    def _reuse_the_id(self, course: Round, one: Sent, act: dict[str, str], data: Any) -> None:
        """Other content under the id of a message that was answered, which the hub must refuse (D-2)."""
        other = Sent(one.system, one.source, one.id, "http", one.subject, content="other", tells=one.tells)
        course.history.sent.append(other)
        course.under_way += 1
        changed = {**data, "reason": "Något annat."} if "reason" in data else {**data, "text": "Något annat."}
        self._spawn(self._call(course, other, act, changed))

    async def _call(self, course: Round, one: Sent, act: dict[str, str], data: Any) -> None:
        """By HTTP to any hub, until one answers."""
        path, media = "/messages", "application/cloudevents+json"
        if one.way == "fhir":
            path, media = "/fhir/$process-message", "application/fhir+json"
            body = fhir.write_request(native.read_binary(act, json.dumps(data).encode()))
        else:
            body = json.dumps({**act, "data": data}).encode()
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": media}
        while True:
            url = f"http://127.0.0.1:{course.random.choice(self.ports)}{path}"
            with contextlib.suppress(httpx.TransportError):
                answer = await self._client.post(url, content=body, headers=headers)
                if answer.status_code in {200, 400, 404, 409}:
                    one.acknowledged = answer.status_code == 200
                    self._receipt(course, _answer(one, answer.json()))
                    if one.acknowledged and not one.content and course.random.random() < REUSED:
                        self._reuse_the_id(course, one, act, data)
                    break
            await asyncio.sleep(AGAIN_S)
        course.under_way -= 1

    async def _produce(self) -> None:
        """By Kafka, until the broker has acknowledged; a new producer after each failure."""
        pending: list[tuple[Round, Sent, dict[str, str], Any]] = []
        while True:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with opened(
                    AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all", request_timeout_ms=3_000)
                ) as producer:
                    while True:
                        if not pending:
                            pending.append(await self._to_produce.get())
                        while not self._to_produce.empty() and len(pending) < 200:
                            pending.append(self._to_produce.get_nowait())
                        acks = [await self._put(producer, one.system, act, data) for _, one, act, data in pending]
                        for ack in acks:
                            await asyncio.wait_for(ack, 5)
                        for course, one, _, _ in pending:
                            one.acknowledged = True
                            course.under_way -= 1
                        pending = []
            await asyncio.sleep(AGAIN_S)

    async def _put(self, producer: AIOKafkaProducer, system: str, act: dict[str, str], data: Any) -> Any:
        headers = [(f"ce_{name}", value.encode()) for name, value in act.items()]
        topic = f"hub.in.{system}{self._tag}"
        return await producer.send(topic, json.dumps(data).encode(), key=act["subject"].encode(), headers=headers)

    # --- what comes ---------------------------------------------------------------------------------------------------

    def got(self, found: Notice | Receipt | None) -> None:
        """Whatever a receiver was sent."""
        if isinstance(found, Receipt):
            if (course := self._of_message.get(found.message)) is not None:
                self._receipt(course, found)
        elif found is not None:
            self._notice(found)

    def _notice(self, notice: Notice) -> None:
        course = self._of_message.get(notice.message)
        if course is not None:
            self._is_of(notice.case, course, notice.message)
        course = course or self._of_case.get(notice.case)
        if course is None:
            self._early[notice.case].append(notice)
            return
        course.history.notices.append(notice)
        if UNITS[notice.system] in notice.awaited:
            self._acknowledge(course, notice.system, notice)

    def _is_of(self, case: str, course: Round, message: str) -> None:
        if message in course.late:
            course.late.remove(message)
            course.history.deadlines.append(Deadline(case, LATE, ("ehr",)))
        self._of_case[case] = course
        course.history.notices += self._early.pop(case, ())

    def _acknowledge(self, course: Round, system: str, notice: Notice) -> None:
        if (system, notice.message) in course.acknowledged:
            return
        course.acknowledged.add((system, notice.message))
        others = tuple(one for one in UNITS if one not in {system, "ehr"})
        act, data = kvittens(notice.case, notice.message, UNITS[system])
        self._hand_over(course, system, act, data, ("ehr",), others)
        course.admitted[notice.case] = notice.message
        self._follow(course, notice.case)

    def _receipt(self, course: Round, receipt: Receipt) -> None:
        course.history.receipts.append(receipt)
        if receipt.code == "ok" and receipt.case is not None:
            self._is_of(receipt.case, course, receipt.message)
            if receipt.message in course.follow:
                course.admitted[receipt.case] = receipt.message
                self._follow(course, receipt.case)

    def _follow(self, course: Round, case: str) -> None:
        """The ward's free messages, at once after the admission's receipt or when both have been told of the admission."""
        admitted = course.admitted[case]
        both = sum(1 for _, message in course.acknowledged if message == admitted)
        count, wait_for = course.follow.get(admitted, (0, 0))
        if both < wait_for or not count:
            return
        course.follow[admitted] = [0, 0]
        told: tuple[str, ...] = ("centre", "kommun")
        for number in range(count):
            act = event("meddelande", case)
            text = {"text": f"Meddelande {number}.", "kvittera": []}
            self._hand_over(course, "ehr", act, text, told if wait_for else (), () if wait_for else told)


def _answer(one: Sent, told: dict[str, Any]) -> Receipt:
    """The receipt that an HTTP answer is."""
    if told.get("resourceType") == "Bundle":
        found = seen.bundle(one.system, told)
        assert isinstance(found, Receipt)
        return found
    return seen.receipt(one.system, {"message": one.id, "code": "fatal-error", "rule": told.get("resourceType")} | told)


def waiting_for(course: Round, *, whole: bool) -> Iterator[str]:
    """What a round still wants to send; only when ``whole`` also what waits for others to be told."""
    if course.under_way:
        yield f"{course.under_way} messages are with no way in yet"
    for admitted, (count, _) in course.follow.items():
        if count and whole:
            yield f"the free messages after {admitted} are not sent yet"
