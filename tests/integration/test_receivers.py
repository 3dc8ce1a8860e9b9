"""Receivers that are dead, slow, unwell or at odds: what waits, what dies, what operations does about it, and who never notices.

One hub as a child process; each test connects a system of its own to the same unit, with the delivery it needs.
"""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests import stack as parts
from tests.stack import CENTRE, Receiver, admission, event, kvittens, new_ref, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENT = {"breaker_failures": 1000, "schedule_s": [0.2]}
"""A system whose breaker never opens and that is tried again at once."""
WHY = ("--reason", "prov i drift")
TOLD = "<p>No token=abc123 for patient 191212121212</p>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver():
    async with Receiver() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory, receiver):
    plain = directory("first", receiver, receiver)
    folder = tmp_path_factory.mktemp("delivery")
    async with parts.running(shared_database, kafka.bootstrap, folder, plain) as (stack, _):
        stack.neighbour = receiver
        yield stack


def directory(name, receiver, neighbour, ways_in=(), **delivery):
    """The stack's directory; CENTRE is served by the system ``name``, KOMMUN by one that is always well."""
    out = receiver.out(name)
    centre = {"id": name, "ways_in": list(ways_in), "out": out, "delivery": PATIENT | delivery}
    return parts.content(centre=centre, kommun={"ways_in": [], "out": neighbour.out("kommun")})


class System:
    """The system that serves CENTRE in one test."""

    def __init__(self, hub, name, receiver):
        self.hub, self.name, self.receiver, self.id = hub, name, receiver, name + hub.tag

    @property
    def calls(self):
        """The calls with notices in the order in which they came."""
        return [call for call in self.receiver.of(self.name) if "case" in call.event]

    def of(self, case):
        return [call for call in self.calls if call.event["case"] == case]

    def numbers(self, case):
        """The sequences of a case in the order in which they came."""
        return [call.order[1] for call in self.of(case)]

    def behave(self, answer):
        self.receiver.behave[self.name] = answer

    async def metric(self, name):
        return await self.hub.metric(name, system=self.id)

    async def rows(self, state):
        """(case, sequence) of the notices in a state, oldest first."""
        statement = "SELECT case_id::text, sequence FROM outbox WHERE system = %s AND state = %s AND kind = 'notice' ORDER BY id"
        return await self.hub.rows(statement, self.id, state)

    async def row(self, case, message, columns="id, attempts, answer, due_at"):
        found = await self.hub.rows(
            f"SELECT {columns} FROM outbox WHERE system = %s AND case_id::text = %s AND message = %s",
            self.id,
            case,
            message,
        )
        return found[0]

    async def all_sent(self):
        """Until nothing waits any more; each notice came, the first time in its order."""

        async def look():
            return not await self.rows("waiting")

        await until(look)
        sent = await self.rows("sent")
        orders = [call.order for call in self.calls]
        assert set(sent) <= set(orders)
        assert parts.first_in_order(orders), orders
        return sent

    async def dies(self, count=1):
        async def look():
            return len(await self.rows("dead")) == count

        await until(look)

    async def cli(self, *arguments):
        """A command that goes well; returns what it said."""
        done = await self.hub.cli(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def neighbour_has(self, *cases):
        """Until the other system has all notices of the cases, each once and in order."""
        wanted = await self.hub.rows(
            "SELECT case_id::text, sequence FROM outbox WHERE system = %s AND kind = 'notice' ORDER BY case_id, sequence",
            "kommun" + self.hub.tag,
        )
        wanted = [row for row in wanted if row[0] in cases]
        assert {case for case, _ in wanted} == set(cases)

        def told():
            return [call.order for call in self.hub.neighbour.of("kommun") if call.event["case"] in cases]

        await until(lambda: len(told()) >= len(wanted))
        assert sorted(told()) == wanted
        assert parts.first_in_order(told())


async def connect(hub, name, receiver, ways_in=(), **delivery):
    """A system of the test's own serves CENTRE from now on."""
    plain = directory(name, receiver, hub.neighbour, ways_in, **delivery)
    for system in plain["systems"]:
        system["id"] += hub.tag
    await hub.apply(parts.checked(plain))
    made = System(hub, name, receiver)

    async def delivered_to():
        return await made.metric("hub_delivery_paused") is not None

    await until(delivered_to)
    return made


def answering(message, answer):
    """Answers the notices of one message so, all others well."""
    return lambda call: answer if call.event["id"] == message else 204


async def killed(system, followers=2):
    """A case whose first notice is dead of a 422, with others waiting behind it; returns (case, message, sequences)."""
    attributes, data = admission()
    system.behave(answering(attributes["id"], 422))
    had = len(await system.rows("dead"))
    case, message = await system.hub.admit(attributes, data)
    await system.dies(had + 1)
    later = [await system.hub.follow(case) for _ in range(followers)]
    return case, message, later


# --- dead -------------------------------------------------------------------------------------------------------------


async def test_a_422_is_dead_at_once_and_its_case_waits_until_it_is_replayed_while_other_cases_flow(hub, receiver):
    system = await connect(hub, "replayed", receiver)
    case, message, later = await killed(system)
    other, _ = await hub.admit()
    more = [await hub.follow(other) for _ in range(2)]
    await until(lambda: system.numbers(other)[-2:] == more)
    await system.neighbour_has(case, other)

    row, attempts, answer, _ = await system.row(case, message)
    assert (attempts, answer) == (1, "http:422")
    (listed,) = json.loads(await system.cli("dead", "list", "--system", system.id, "--json"))
    said = {name: listed[name] for name in ("row", "kind", "message", "sequence", "system", "answer", "attempts")}
    assert said == {
        "row": row, "kind": "notice", "message": message, "sequence": 1, "system": system.id, "answer": "http:422",
        "attempts": 1,
    }  # fmt: skip

    async def counted():
        return await system.metric("hub_outbox_dead") == 1

    await until(counted)
    (first,) = system.of(case)  # nothing has overtaken the dead one in all this time
    assert [number for _, number in await system.rows("waiting")][-2:] == later

    system.behave(lambda call: 204)
    said = await system.cli("dead", "replay", str(row), "--run", "1", *WHY)
    assert ": 1 are sent again, marked as replay" in said
    await system.all_sent()
    assert system.numbers(case) == [1, *sorted({1, *system.numbers(case)})]
    assert system.numbers(case)[-2:] == later
    first, again, *rest = system.of(case)
    assert "replay" not in first.event
    assert again.event == first.event | {"replay": "true"}
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert not any("replay" in call.event for call in rest)
    assert await system.rows("dead") == []
    number = said.split()[1].rstrip(":")
    assert await hub.rows("SELECT what, reason FROM operation WHERE target = %s", str(row)) == [
        ("replay", f"{WHY[1]} (replay {number}: 1, at most 50 a second)")
    ]


async def test_a_call_that_is_rejected_is_made_again_for_the_time_of_a_deploy(hub, receiver):
    system = await connect(hub, "deployed", receiver)
    rejections = iter([401, (302, {"location": "https://proxy.example/login"}), 403, 404, 405, 413, 415])
    system.behave(lambda call: next(rejections, 204))
    await hub.admit()
    await system.all_sent()
    assert next(rejections, None) is None
    assert await system.rows("dead") == []


async def test_what_is_rejected_for_longer_than_a_deploy_is_dead_and_the_list_says_what_operations_must_know(
    hub, receiver
):
    system = await connect(hub, "rejecting", receiver, deploy_s=1.0)
    attributes, data = admission()
    system.behave(lambda call: (401, {"body": TOLD}) if call.event["id"] == attributes["id"] else 204)
    case, _ = await hub.admit(attributes, data)
    await system.dies()
    for _ in range(2):
        await hub.follow(case)
    waiting = await system.rows("waiting")
    (listed,) = json.loads(await system.cli("dead", "list", "--system", system.id, "--json"))
    assert (listed["answer"], listed["said"]) == ("gave-up:http:401", "No […] for patient […]")
    assert (listed["case"], listed["behind"]) == (case, len(waiting)) and len(waiting) >= 2
    moments = [
        datetime.fromisoformat(listed[name]) for name in ("accepted_at", "first_tried_at", "tried_at", "behind_since")
    ]
    assert moments[:3] == sorted(moments[:3]) and moments[3] >= moments[0]
    assert moments[2] - moments[1] >= timedelta(seconds=1)
    shown = " ".join((await system.cli("dead", "list", "--system", system.id)).split())
    for wanted in (
        case,
        'it said "No […] for patient […]"',
        f"; {len(waiting)} wait behind it, the oldest since ",
        "; tried from ",
    ):
        assert wanted in shown
    assert "for patient" not in hub.log.read_text(), "a receiver's words are in no log"
    assert await hub.metric("hub_delivery_attempts_total", outcome="receiver", system=system.id) >= 2


async def test_a_dead_row_that_is_skipped_lets_the_rest_of_its_case_flow(hub, receiver):
    system = await connect(hub, "skipped", receiver)
    case, message, later = await killed(system)
    row, *_ = await system.row(case, message)
    assert system.numbers(case) == [1]
    await system.cli("dead", "skip", str(row), *WHY)
    await system.all_sent()
    assert system.numbers(case) == sorted(set(system.numbers(case)))
    assert system.numbers(case)[-2:] == later
    assert await system.row(case, message, "state") == ("skipped",)
    assert await hub.rows("SELECT what, reason FROM operation WHERE target = %s", str(row)) == [("skip", WHY[1])]
    again = await hub.cli("dead", "skip", str(row), *WHY)
    assert again.returncode != 0
    told = json.loads(await system.cli("timeline", message, "--json"))
    of_it = [one for one in told["entries"] if f"to {system.id}" in one["en"] or one["kind"] == "by-hand"]
    assert [one["kind"] for one in of_it if one["kind"] != "tried"] == ["queued", "dead", "by-hand", "skipped"]
    *_, tried, died, by_hand, skipped = of_it
    assert (tried["kind"], died["at"], skipped["at"]) == ("tried", tried["at"], by_hand["at"])
    assert f"(row {row})" in died["en"] and "attempt" in died["en"]


async def test_a_dry_run_only_counts_and_all_dead_rows_of_a_system_are_replayed_together(hub, receiver):
    system = await connect(hub, "together", receiver)
    cases = [(await killed(system, 1))[0] for _ in range(3)]
    system.behave(lambda call: 204)
    calls = len(system.calls)
    one = "SELECT id FROM outbox WHERE system = %s AND state = %s LIMIT 1"
    dead, alive = [await hub.value(one, system.id, state) for state in ("dead", "waiting")]
    *said, not_dead, without = await asyncio.gather(
        system.cli("dead", "replay", "--system", system.id),
        system.cli("dead", "replay", str(dead)),
        hub.cli("dead", "replay", str(alive)),
        hub.cli("dead", "replay", "--system", system.id, "--run", "3"),
    )
    together, alone = (text.strip() for text in said)
    begins = f"would be sent again: 3, of 3 cases, to {system.id}. It begins with --as-of "
    as_of, _, how = together.removeprefix(begins).partition(" ")
    assert (together.startswith(begins), how) == (True, "--run 3 --reason …")
    assert datetime.fromisoformat(as_of).tzinfo is not None, "it can be given back as it stands"
    assert alone == f"would be sent again: 1, of 1 cases, to {system.id}. It begins with --run 1 --reason …"
    assert (not_dead.returncode, f"Row {alive} is not dead" in not_dead.stderr) == (2, True)
    assert without.returncode != 0
    assert "--reason" in without.stderr
    assert len(await system.rows("dead")) == 3
    assert len(system.calls) == calls
    assert await hub.rows("SELECT what FROM operation WHERE target = %s", system.id) == []
    other = await hub.cli("dead", "replay", "--system", system.id, "--run", "2", *WHY)
    assert (other.returncode, "3 rows fit now, not 2" in other.stderr) == (2, True)
    begun = await system.cli("dead", "replay", "--system", system.id, "--as-of", as_of, "--run", "3", *WHY)
    assert ": 3 are sent again" in begun
    await system.all_sent()
    assert await system.rows("dead") == []
    for case in cases:
        first, again, *rest = system.of(case)
        assert again.event == first.event | {"replay": "true"}
        assert rest
        assert not any("replay" in call.event for call in rest)


async def test_a_dead_receipt_is_replayed_like_a_notice_and_notices_flow_all_the_while(hub, receiver):
    system = await connect(hub, "receipted", receiver, ["kafka"])
    system.behave(lambda call: 204 if "case" in call.event else 422)
    case, message = await hub.admit()
    attributes, data = kvittens(case, message, CENTRE)
    await hub.tell(system.name, attributes, data)

    died = "SELECT id FROM outbox WHERE system = %s AND state = 'dead' AND kind = 'receipt'"
    await until(lambda: hub.value(died, system.id))
    listed = " ".join((await system.cli("dead", "list")).split())  # of all systems
    assert f"receipt {attributes['id']}: http:422" in listed
    later = await hub.follow(case)
    await until(lambda: system.numbers(case)[-1:] == [later])
    system.behave(lambda call: 204)
    await system.cli("dead", "replay", "--system", system.id, "--run", "1", *WHY)

    def receipts():
        return [call for call in receiver.of(system.name) if "case" not in call.event]

    await until(lambda: len(receipts()) == 2)
    later = await hub.follow(case)
    await until(lambda: system.numbers(case)[-1:] == [later])
    first, again = receipts()
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert again.event["data"] == first.event["data"]
    assert again.event["data"]["message"] == attributes["id"]
    await system.all_sent()


async def test_what_has_been_tried_long_enough_is_dead_as_given_up_and_others_flow(hub, receiver):
    system = await connect(hub, "given-up", receiver, give_up_s=1.5, schedule_s=[0.3])
    attributes, data = admission()
    system.behave(answering(attributes["id"], 500))
    case, message = await hub.admit(attributes, data)
    other, _ = await hub.admit()
    await system.dies()
    row, attempts, answer, _ = await system.row(case, message)
    assert answer == "gave-up:http:500"
    assert attempts == len(system.of(case)) > 1
    assert {call.headers["webhook-id"] for call in system.of(case)} == {f"out-{row}"}
    tried = [call.at for call in system.of(case)]
    accepted, died = tried[0], tried[-1]
    assert died - accepted > 1  # it was not given up before its time
    assert await system.rows("dead") == [(case, 1)]
    later = await hub.follow(case)
    more = await hub.follow(other)
    await until(lambda: system.numbers(other)[-1:] == [more])
    assert set(system.numbers(case)) == {1}
    system.behave(lambda call: 204)
    await system.cli("dead", "replay", "--system", system.id, "--run", "1", *WHY)
    await system.all_sent()
    assert system.numbers(case)[-1] == later


# --- spared -----------------------------------------------------------------------------------------------------------


class Gate:
    """A receiver that answers 500 until told otherwise, or holds the call until it is."""

    def __init__(self):
        self.status, self.held, self.answered = 500, asyncio.Event(), []
        self.held.set()

    async def __call__(self, call):
        await self.held.wait()
        self.answered.append(asyncio.get_running_loop().time())
        return self.status


async def test_failures_open_the_breaker_one_probe_at_a_time_finds_the_system_well_and_all_comes_in_order(
    hub, receiver
):
    system = await connect(hub, "unwell", receiver, breaker_failures=3, breaker_open_s=1)
    gate = Gate()
    system.behave(gate)

    async def open_():
        return await system.metric("hub_breaker_open") == 1 and not receiver.under_way[system.name]

    cases = [(await hub.admit())[0] for _ in range(8)]
    await until(open_)
    for case in cases:
        await hub.follow(case)
    await system.neighbour_has(*cases)
    assert not await system.rows("sent")

    await until(open_)
    receiver.most[system.name] = 0
    calls, answers = len(system.calls), len(gate.answered)
    assert calls == answers
    await until(lambda: len(gate.answered) >= answers + 2)
    assert receiver.most[system.name] == 1
    for probe, answered in zip(system.calls[calls:], gate.answered[answers - 1 :], strict=False):
        assert probe.at - answered >= 0.99  # on this machine the loop's clock is the calls' clock

    gate.held.clear()

    async def probing():
        return receiver.under_way[system.name] and await system.metric("hub_breaker_open") == 0.5

    await until(probing)
    calls = len(system.calls)
    other, _ = await hub.admit()  # time for more than one, were more than one let through
    await system.neighbour_has(other)
    assert await system.metric("hub_breaker_open") == 0.5
    assert len(system.calls) == calls
    assert receiver.most[system.name] == 1

    gate.status = 204
    gate.held.set()
    sent = await system.all_sent()
    assert {case for case, _ in sent} == {*cases, other}
    assert len(sent) == len(set(sent))

    async def closed():
        return await system.metric("hub_breaker_open") == 0

    await until(closed)


async def test_retry_after_is_obeyed_and_only_its_own_case_waits(hub, receiver):
    system = await connect(hub, "busy", receiver)
    acts = [admission(), admission()]
    status = {attributes["id"]: found for (attributes, _), found in zip(acts, (429, 503), strict=True)}
    told = {}

    def behave(call):
        message = call.event["id"]
        if message not in status or message in told:
            return 204
        told[message] = datetime.now(UTC)
        return status[message], {"retry-after": "4"}

    system.behave(behave)
    cases = [await hub.admit(*act) for act in acts]
    later = []
    for case, message in cases:

        async def put_off(case=case, message=message):
            return (await system.row(case, message, "attempts"))[0]

        assert await until(put_off) == 1
        _, _, answer, due = await system.row(case, message)
        assert answer == f"http:{status[message]}"
        assert due >= told[message] + timedelta(seconds=3.9)
        later.append(await hub.follow(case))
    other, _ = await hub.admit()
    await system.all_sent()
    for (case, _), last in zip(cases, later, strict=True):
        first, again, *rest = system.of(case)
        assert again.at - first.at >= 3.9
        assert again.headers["webhook-id"] == first.headers["webhook-id"]
        assert rest[-1].order == (case, last)
        assert all(call.at >= again.at for call in rest)
        assert system.of(other)[0].at < again.at


async def test_retry_after_is_obeyed_though_the_breaker_would_probe_sooner(hub, receiver):
    system = await connect(hub, "spared", receiver, breaker_failures=1, breaker_open_s=0.2)
    system.behave(lambda call: (503, {"retry-after": "3"}) if len(system.of(call.event["case"])) == 1 else 204)
    cases = [(await hub.admit())[0] for _ in range(2)]
    await system.all_sent()
    for case in cases:
        first, again, *_ = system.of(case)
        assert again.at - first.at >= 2.9


async def test_nothing_is_sent_to_a_paused_system_and_all_of_it_once_it_is_resumed(hub, receiver):
    system = await connect(hub, "paused", receiver)
    early, _ = await hub.admit()
    await system.all_sent()
    await system.cli("pause", system.id, *WHY)

    async def paused():
        return await system.metric("hub_delivery_paused") == 1

    await until(paused)
    before = len(system.calls)
    cases = [(await hub.admit())[0] for _ in range(3)]
    for case in (*cases, early):
        await hub.follow(case)
    await system.neighbour_has(early, *cases)
    assert {case for case, _ in await system.rows("waiting")} == {early, *cases}
    assert len(system.calls) == before
    await system.cli("resume", system.id, *WHY)
    sent = await system.all_sent()
    assert len(system.calls) == len(sent)  # each once
    assert {case for case, _ in sent} == {early, *cases}
    acts = await hub.rows("SELECT what FROM operation WHERE target = %s ORDER BY id", system.id)
    assert acts == [("pause",), ("resume",)]


# --- dead, slow, and at the same time ---------------------------------------------------------------------------------


async def test_while_one_system_is_down_another_notices_nothing_and_it_gets_all_once_it_is_up(hub):
    away = Receiver()  # nobody listens on its port yet
    system = await connect(hub, "down", away, concurrency=8, breaker_failures=5, breaker_open_s=0.5)
    cases = [(await hub.admit())[0] for _ in range(8)]

    async def open_():
        return await system.metric("hub_breaker_open") == 1

    await until(open_)
    for case in cases:
        await hub.follow(case)
    await system.neighbour_has(*cases)
    waiting = await system.rows("waiting")
    assert {case for case, _ in waiting} == set(cases)
    async with away:
        assert await system.all_sent() == waiting
        assert len(system.calls) == len(waiting)


async def test_a_call_without_end_is_given_up_in_time_and_made_again_while_another_system_notices_nothing(
    hub, receiver
):
    system = await connect(hub, "endless", receiver, timeout_s=0.5)
    slow = set()
    never = asyncio.Event()

    async def behave(call):
        if call.order in slow:
            return 204
        slow.add(call.order)
        if len(slow) % 2:
            await never.wait()
        return 200, {"drip": True}  # byte by byte

    system.behave(behave)
    cases = [(await hub.admit())[0] for _ in range(3)]
    for case in cases:
        await hub.follow(case)
    await system.neighbour_has(*cases)
    sent = await system.all_sent()
    assert sorted(call.order for call in system.calls) == sorted(sent * 2)  # each in vain, then well
    attempts = await hub.rows("SELECT DISTINCT attempts FROM outbox WHERE system = %s", system.id)
    assert attempts == [(2,)]
    never.set()


async def test_each_case_comes_in_order_at_a_receiver_with_whims_and_eight_calls_at_a_time(hub, receiver):
    system = await connect(hub, "whims", receiver, concurrency=8)
    under_way, overlaps = set(), []

    async def behave(call):
        case = call.event["case"]
        if case in under_way:
            overlaps.append(call.order)
        under_way.add(case)
        await asyncio.sleep(random.uniform(0, 0.1))
        under_way.discard(case)
        return 204

    async def one():
        case, _ = await hub.admit()
        for _ in range(4):
            await hub.follow(case)
        return case

    system.behave(behave)
    cases = await asyncio.gather(*(one() for _ in range(20)))
    sent = await system.all_sent()
    assert {case for case, _ in sent} == set(cases)
    assert overlaps == []
    assert 1 < receiver.most[system.name] <= 8
    for case in cases:
        numbers = system.numbers(case)
        assert numbers == sorted(set(numbers)) == [number for which, number in sorted(sent) if which == case]
        assert len(numbers) >= 5


async def test_a_held_message_is_listed_shown_released_and_refused(hub):
    early = event("samtycke", new_ref()), {"outcome": "given"}
    behind = event("samtycke", early[0]["subject"]), {"outcome": "refused"}
    assert (await hub.send(*early)).status_code == 202
    assert (await hub.send(*behind)).status_code == 202
    listed = (await hub.cli("held", "list")).stdout
    assert early[0]["id"] in listed and behind[0]["id"] in listed
    in_words = " ".join(listed.split())
    assert "[held.awaits-opening]" in in_words
    assert "is held before it. See to the first one of the case's queue. [held.behind-held]" in in_words
    shown = (await hub.cli("held", "show", early[0]["id"], *WHY)).stdout
    assert '"outcome": "given"' in shown
    released = await hub.cli("held", "release", early[0]["id"], "--reason", "looked at")
    assert released.returncode == 0, released.stderr
    await until(lambda: hub.value("SELECT 1 FROM held WHERE message = %s AND attempts > 0", early[0]["id"]))
    for waiting in (early, behind):
        refused = await hub.cli("held", "refuse", waiting[0]["id"], "--reason", "the case will never come")
        assert refused.returncode == 0, refused.stderr
        receipt = await hub.receipt("ehr", waiting[0]["id"])
        assert (receipt["code"], receipt["rule"]) == ("fatal-error", "operations")
    assert await hub.value("SELECT count(*) FROM held") == 0
    again = await hub.send(*early)
    assert (again.status_code, again.json()["repeat"]) == (409, True)
    assert (await hub.cli("held", "refuse", early[0]["id"], "--reason", "again")).returncode == 2
