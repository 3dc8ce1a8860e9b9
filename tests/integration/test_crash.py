"""kill -9 at any instant loses nothing and does nothing twice (D-1, D-2, D-3): two hubs on one database and one broker, and each of
the four dies in the middle of the flow. The hub that delivers is also stopped for a while, until the other has taken over, and
then goes on from its memory.

``CHAOS_ROUNDS`` rounds (2), each with a seed of its own from ``CHAOS_SEED``; ``CHAOS_ADMISSIONS`` admissions a round (800);
``CHAOS_STOP_S`` seconds for which the one that delivers is stopped (12).
"""

import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import time
from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass, field

import httpx
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from hub.processes.engine.case import Case
from hub.processes.engine.events import fold, rules_part
from hub.processes.engine.process import load_case
from hub.store import cases
from hub.store.transaction import Store
from tests import engine
from tests import stack as parts
from tests.stack import CENTRE, KOMMUN, LUND, TOKEN, WARD, Receiver, Stack, admission, attributes, everything, kvittens

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "2"))
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(1_000_000))))
ADMISSIONS = int(os.environ.get("CHAOS_ADMISSIONS", "800"))
STOP_S = float(os.environ.get("CHAOS_STOP_S", "12"))
OVER_HTTP = 10  # one in so many
SYSTEM_OF = {WARD: "ehr", CENTRE: "centre", KOMMUN: "kommun"}
RECEIPT = "se.samverkan.receipt.v1"


# --- the oracle -------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """What was sent, what the store holds, and what came out on the wire."""

    sent: dict[tuple[str, str], str] = field(default_factory=dict)
    """(source, id) → the system that sent it."""
    answered: set[tuple[str, str]] = field(default_factory=set)
    """What HTTP acknowledged with ok."""
    messages: list[tuple] = field(default_factory=list)
    """(source, id, name, case, sequence, code of the receipt)."""
    cases: dict[str, tuple[int, dict]] = field(default_factory=dict)
    """case → (sequence, the rules' part of its state)."""
    folds: dict[str, dict] = field(default_factory=dict)
    """case → the rules' part of the fold of its history."""
    outbox: list[tuple] = field(default_factory=list)
    """(system, case, sequence, message, state) of every notice."""
    wire: dict[str, list[tuple]] = field(default_factory=dict)
    """system → what came, in its order: (case, sequence, message, the wire's own id, all that was told)."""
    receipts: dict[str, list[tuple]] = field(default_factory=dict)
    """system → (message, code)."""


def faults(world):
    """Everything that breaks a promise, one line each."""
    return [
        *_of_messages(world),
        *_of_cases(world),
        *_of_cases_without_all(world),
        *_of_notices(world),
        *_of_the_wire(world),
        *_of_receipts(world),
    ]


def _of_messages(world):
    rows = Counter((source, id_) for source, id_, *_ in world.messages)
    codes = {(source, id_): code for source, id_, _, _, _, code in world.messages}
    for key in world.sent:
        if rows[key] != 1:
            yield f"{key} has {rows[key]} rows"
        elif codes[key] != "ok":
            yield f"{key} came to {codes[key]}"
    for key in rows.keys() - world.sent.keys():
        if not key[0].startswith("urn:samverkan"):
            yield f"{key} was never sent"


def _of_cases(world):
    numbers = defaultdict(list)
    for _, _, _, case, sequence, _ in world.messages:
        if sequence is not None:
            numbers[case].append(sequence)
    for case in numbers.keys() | world.cases.keys():
        found, (last, state) = sorted(numbers[case]), world.cases.get(case, (0, {}))
        if found != list(range(1, last + 1)):
            yield f"case {case} stands at {last} with the numbers {found}"
        if state != world.folds.get(case):
            yield f"case {case} is not the fold of its history"


def _expected(world):
    """Who must have been told of what: each who takes part, of the others' acts.

    One whose register was late is told the admission when it comes in, and of what others do from then on.
    """
    for source, id_, name, case, sequence, _ in world.messages:
        if sequence is None or name not in {"svu.inskrivning", "kvittens"}:
            continue
        sender = source.removeprefix("urn:hsa:")
        for unit, participant in world.cases[case][1]["participants"].items():
            if unit != sender and (name == "svu.inskrivning" or participant["since"] <= sequence):
                yield (SYSTEM_OF[unit], case, sequence, id_)


def _of_notices(world):
    wanted = set(_expected(world))
    rows = Counter(row[:4] for row in world.outbox)
    states = {row[:4]: row[4] for row in world.outbox}
    # What the ward is told of a register that did not answer (law-and-lookups §4) depends on when things died.
    own = {("ehr", case, number, id_) for _, id_, name, case, number, _ in world.messages if name == "adressering"}
    for notice in wanted:
        if rows[notice] != 1:
            yield f"notice {notice} is there {rows[notice]} times"
        elif states[notice] != "sent":
            yield f"notice {notice} is {states[notice]}"
    for notice in rows.keys() - wanted:
        if notice not in own or rows[notice] != 1:
            yield f"notice {notice} should not be there"


def _of_cases_without_all(world):
    for case, (_, state) in world.cases.items():
        if set(state["participants"]) != set(SYSTEM_OF):
            yield f"case {case} has the participants {sorted(state['participants'])}"


def _of_the_wire(world):
    wanted = {row[:4] for row in world.outbox}
    came = {(system, case, number, id_) for system, seen in world.wire.items() for case, number, id_, _, _ in seen}
    yield from (f"{notice} never came" for notice in wanted - came)
    yield from (f"{notice} came, and nobody sent it" for notice in came - wanted)
    for system, seen in world.wire.items():
        last, first = {}, {}
        for case, number, _, own, content in seen:
            if (case, number) in first:
                if first[case, number] != (own, content):
                    yield f"{system} got {number} of case {case} under two ids or with two contents"
                continue
            first[case, number] = own, content
            if number < last.get(case, 0):
                yield f"{system} got {number} of case {case} after {last[case]}"
            last[case] = number


def _of_receipts(world):
    for (source, id_), system in world.sent.items():
        codes = {code for message, code in world.receipts.get(system, ()) if message == id_}
        if (source, id_) in world.answered:
            continue
        if codes != {"ok"}:
            yield f"{id_} of {system} has the receipts {codes}"


def small_world():
    """One case in which all went well, with a repeat here and there."""
    state = rules_part(
        Case("c-1", "svu", sequence=4, participants={WARD: {"since": 1}, CENTRE: {"since": 2}, KOMMUN: {"since": 2}})
    )
    case = "c-1"
    acts = [(WARD, "m-1", "svu.inskrivning", 1), (CENTRE, "m-2", "kvittens", 3), (KOMMUN, "m-3", "kvittens", 4)]
    world = World(cases={case: (4, state)}, folds={case: state})
    world.messages = [(f"urn:hsa:{unit}", id_, name, case, number, "ok") for unit, id_, name, number in acts]
    world.messages.append(("urn:samverkan:hub", "a-1", "adressering", case, 2, "ok"))
    world.sent = {(f"urn:hsa:{unit}", id_): SYSTEM_OF[unit] for unit, id_, *_ in acts}
    world.outbox = [(*notice, "sent") for notice in _expected(world)]
    for system in SYSTEM_OF.values():
        seen = sorted((c, number, id_, id_, "told") for to, c, number, id_ in _expected(world) if to == system)
        world.wire[system] = [seen[0], *seen, seen[0]]
        world.receipts[system] = [(id_, "ok") for (_, id_), by in world.sent.items() if by == system] * 2
    return world


def test_the_oracle_finds_nothing_where_all_is_well():
    assert faults(small_world()) == []


def _lose_a_message(world):
    del world.messages[1]


def _double_a_message(world):
    world.messages.append(world.messages[0])


def _refuse_a_message(world):
    world.messages[1] = (*world.messages[1][:5], "fatal-error")


def _lose_a_notice_in_the_store(world):
    del world.outbox[0]


def _double_a_notice_in_the_store(world):
    world.outbox.append(world.outbox[0])


def _leave_a_notice_waiting(world):
    world.outbox[0] = (*world.outbox[0][:4], "waiting")


def _lose_a_notice_on_the_wire(world):
    world.wire["ehr"] = [each for each in world.wire["ehr"] if each[1] != 3]


def _reorder_on_the_wire(world):
    world.wire["ehr"] = sorted(world.wire["ehr"], reverse=True)


def _give_a_repeat_another_id(world):
    world.wire["ehr"][-1] = (*world.wire["ehr"][-1][:3], "other", "told")


def _give_a_repeat_another_content(world):
    world.wire["ehr"][-1] = (*world.wire["ehr"][-1][:4], "other")


def _tell_of_what_never_was(world):
    world.wire["ehr"].append(("c-2", 1, "m-9", "m-9", "told"))


def _lose_a_receipt(world):
    world.receipts["ehr"].clear()


def _skip_a_number(world):
    world.messages[2] = (*world.messages[2][:4], 5, "ok")


def _leave_a_receiver_out(world):
    del world.cases["c-1"][1]["participants"][KOMMUN]


def _change_a_state(world):
    world.cases["c-1"] = (4, {**world.cases["c-1"][1], "published": True})


@pytest.mark.parametrize(
    "harm",
    [
        _lose_a_message,
        _double_a_message,
        _refuse_a_message,
        _lose_a_notice_in_the_store,
        _double_a_notice_in_the_store,
        _leave_a_notice_waiting,
        _lose_a_notice_on_the_wire,
        _reorder_on_the_wire,
        _give_a_repeat_another_id,
        _give_a_repeat_another_content,
        _tell_of_what_never_was,
        _lose_a_receipt,
        _skip_a_number,
        _leave_a_receiver_out,
        _change_a_state,
    ],
)
def test_the_oracle_sees_what_goes_wrong(harm):
    world = deepcopy(small_world())
    harm(world)
    assert faults(world)


# --- a round ----------------------------------------------------------------------------------------------------------


class Round:
    """The flow, the accidents, and what is gathered of both."""

    def __init__(self, seed, kafka, postgres, stacks, receiver):
        self.random = random.Random(seed)
        self.kafka, self.postgres, self.stacks, self.receiver = kafka, postgres, stacks, receiver
        self.stack = stacks[0]
        self.world = World()
        self.acknowledged = set()
        self.to_send = asyncio.Queue()

    # What comes in.

    async def admit(self):
        """Admissions over some seconds, one in ten over HTTP."""
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as calls:
            for number in range(ADMISSIONS):
                act, data = admission(LUND[number % len(LUND)])
                self.world.sent[act["source"], act["id"]] = "ehr"
                if number % OVER_HTTP == 0:
                    calls.create_task(self._over_http(client, act, data))
                else:
                    await self.to_send.put(("ehr", act, data))
                if number % 50 == 0:
                    await asyncio.sleep(self.random.uniform(0.1, 0.9))

    async def _over_http(self, client, act, data):
        body = json.dumps({**act, "data": data}).encode()
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/cloudevents+json"}
        while True:
            with contextlib.suppress(httpx.TransportError):
                port = self.random.choice(self.stacks).port
                answer = await client.post(
                    f"http://127.0.0.1:{port}/messages", content=body, headers=headers, timeout=10
                )
                if answer.status_code == 200:
                    assert answer.json()["code"] == "ok"
                    self.world.answered.add((act["source"], act["id"]))
                    return
                assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.3)

    async def produce(self):
        """Sends what is in the queue until the broker has it; a new producer after each failure."""
        pending = []
        while True:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with AIOKafkaProducer(
                    bootstrap_servers=self.kafka.bootstrap, acks="all", request_timeout_ms=5_000
                ) as producer:
                    while True:
                        pending.append(await self.to_send.get())
                        while not self.to_send.empty() and len(pending) < 200:
                            pending.append(self.to_send.get_nowait())
                        acks = [await self._hand_over(producer, *each) for each in pending]
                        for ack in acks:
                            await asyncio.wait_for(ack, 10)
                        pending = []
            await asyncio.sleep(0.3)

    async def _hand_over(self, producer, system, act, data):
        headers = [(f"ce_{name}", value.encode()) for name, value in act.items()]
        topic = f"hub.in.{system}{self.stack.tag}"
        return await producer.send(topic, json.dumps(data).encode(), key=act["subject"].encode(), headers=headers)

    # What comes out, and is acknowledged.

    async def read_centre(self):
        """The health centre's system reads its topic from where it was."""
        part, at = TopicPartition(f"hub.out.centre{self.stack.tag}", 0), 0
        while True:
            with contextlib.suppress(KafkaError, OSError):
                async with AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap, fetch_max_wait_ms=100) as consumer:
                    consumer.assign([part])
                    consumer.seek(part, at)
                    while True:
                        found = await consumer.getmany(timeout_ms=500, max_records=200)
                        for record in found.get(part, ()):
                            at = record.offset + 1
                            self.noticed("centre", CENTRE, attributes(record))
            await asyncio.sleep(0.3)

    def told_kommun(self, call):
        """The municipality's system, over a webhook: sometimes it is not well itself."""
        if self.random.random() < 0.05:
            return 503
        self.noticed("kommun", KOMMUN, call.event)
        return 204

    def noticed(self, system, unit, found):
        awaited = json.loads(found.get("awaits", "{}"))
        key = (unit, found.get("case"), found["id"])
        if awaited.get(unit) == "kvittens" and key not in self.acknowledged:
            self.acknowledged.add(key)
            act, data = kvittens(found["case"], found["id"], unit)
            self.world.sent[act["source"], act["id"]] = system
            self.to_send.put_nowait((system, act, data))

    # The accidents.

    async def keep_running(self):
        """The platform: a hub that ended is started again."""
        while True:
            await asyncio.sleep(0.2)
            for stack in self.stacks:
                if not stack.hub.alive:
                    stack.start()

    async def delivers(self):
        """The hub that holds the locks."""
        port = await self.stack.value(
            "SELECT a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.objsubid = 2 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )
        for stack in self.stacks:
            if any(one.laddr.port == port for one in psutil.Process(stack.hub.pid).net_connections()):
                return stack
        return None

    async def freeze(self):
        """The hub that delivers is stopped until the other has taken over, and then goes on from its memory."""
        holder = None
        while holder is None:
            with contextlib.suppress(Exception):
                holder = await self.delivers()
            await asyncio.sleep(0.1)
        os.kill(holder.hub.pid, signal.SIGSTOP)
        await asyncio.sleep(STOP_S)
        os.kill(holder.hub.pid, signal.SIGCONT)

    async def accidents(self):
        def kill_hub():
            self.random.choice(self.stacks).hub.kill()

        def lose(service, ending, seconds):
            getattr(service, ending)()
            time.sleep(seconds)
            service.start()

        await asyncio.sleep(self.random.uniform(0.3, 2.5))
        await self.freeze()
        plan = [kill_hub, kill_hub]
        for service in (self.kafka, self.postgres):
            ending, seconds = self.random.choice(["kill", "stop"]), self.random.uniform(0.1, 2.0)
            plan.append(lambda service=service, ending=ending, seconds=seconds: lose(service, ending, seconds))
        self.random.shuffle(plan)
        for accident in plan:
            await asyncio.sleep(self.random.uniform(0.3, 2.5))
            await asyncio.to_thread(accident)

    # The end.

    async def settled(self):
        """Everything was taken in, answered and sent."""
        with contextlib.suppress(Exception):
            told, rows, waiting, held = (
                await self.stack.rows(
                    "SELECT (SELECT count(*) FROM message WHERE name = 'kvittens' AND receipt IS NOT NULL),"
                    " (SELECT count(*) FROM message WHERE name = 'svu.inskrivning' AND receipt IS NOT NULL),"
                    " (SELECT count(*) FROM outbox WHERE state <> 'sent'), (SELECT count(*) FROM held)"
                )
            )[0]
            return (told, rows, waiting, held) == (2 * ADMISSIONS, ADMISSIONS, 0, 0) and self.to_send.empty()
        return False

    async def gather(self):
        """The store and the wire, as they stand in the end."""
        world, stack = self.world, self.stack
        world.messages = await stack.rows(
            "SELECT source, id, name, case_id::text, sequence, receipt->>'code' FROM message"
        )
        world.outbox = await stack.rows(
            "SELECT left(system, -%s), case_id::text, sequence, message, state FROM outbox WHERE kind = 'notice'",
            len(stack.tag),
        )
        found = await stack.rows("SELECT id::text, sequence, state::text FROM cases")
        world.cases = {id_: (number, rules_part(load_case(state))) for id_, number, state in found}
        store = Store(stack.database, pool=1)
        async with store.transaction() as connection:
            histories = await cases.histories(connection, list(world.cases))
        await store.close()
        world.folds = {id_: rules_part(fold(id_, history)) for id_, history in histories.items()}
        for system in SYSTEM_OF.values():
            if system == "kommun":
                came = [
                    (call.event, call.event.get("data"), call.headers["webhook-id"]) for call in self.receiver.calls
                ]
                told = [json.dumps(call.event) for call in self.receiver.calls]
            else:
                records = await everything(stack.bootstrap, f"hub.out.{system}{stack.tag}")
                came = [(attributes(record), record.value, None) for record in records]
                told = [(record.key, record.value, record.headers) for record in records]
            world.wire[system] = [
                (each["case"], int(each["sequence"]), each["id"], own or each["id"], content)
                for (each, _, own), content in zip(came, told, strict=True)
                if each["type"] != RECEIPT
            ]
            bodies = [body for each, body, _ in came if each["type"] == RECEIPT]
            bodies = [body if isinstance(body, dict) else json.loads(body) for body in bodies]
            world.receipts[system] = [(body["message"], body.get("code", "ok")) for body in bodies]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", range(ROUNDS))
async def test_whatever_dies_in_the_middle_nothing_is_lost_doubled_or_out_of_order(number, tmp_path):
    seed = SEED + number
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every second of an outage
    print(f"CHAOS_SEED={seed}")
    wait = {"delivery": {"schedule_s": [0.2, 0.5, 1.0], "breaker_open_s": 0.5}}
    tag = "-chaos"
    async with Receiver() as receiver:
        webhook = {"out": receiver.out("kommun"), **wait}
        found = parts.directory(tag, ehr=wait, centre=wait, kommun=webhook)
        async with parts.registers(found) as registers:
            with engine.kafka(tmp_path / "kafka") as kafka, engine.postgres(tmp_path / "postgres") as postgres:
                url = postgres.create_database("chaos")
                logs = [tmp_path / "one.log", tmp_path / "other.log"]
                stacks = [Stack(url, kafka.bootstrap, registers.url("{}"), log, tag) for log in logs]
                await stacks[0].prepare(found)
                for stack in stacks:
                    stack.start()
                    await stack.ready()
                course = Round(seed, kafka, postgres, stacks, receiver)
                receiver.behave["kommun"] = course.told_kommun
                loops = [
                    asyncio.create_task(each)
                    for each in (course.produce(), course.read_centre(), course.keep_running())
                ]
                try:
                    flow = asyncio.create_task(course.admit())
                    await course.accidents()
                    await flow
                    deadline = time.monotonic() + 120
                    while not await course.settled() and time.monotonic() < deadline:
                        await asyncio.sleep(0.5)
                    await course.gather()
                finally:
                    for loop in loops:
                        loop.cancel()
                    await asyncio.gather(*loops, return_exceptions=True)
                    for stack in stacks:
                        await asyncio.to_thread(stack.hub.stop)
                        await stack._client.aclose()
    broken = faults(course.world)
    assert not broken, (len(broken), broken[:10], [log.read_text()[-2000:] for log in logs])
    assert len(course.world.cases) == ADMISSIONS
    assert not any("ended by itself" in log.read_text() for log in logs)
