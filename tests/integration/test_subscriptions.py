"""FHIR Subscriptions: a system makes its own over HTTP and is told by them: nothing lost, every event under one number, gaps filled.

The hub's own HTTP side, intake and relay on a real database, and a receiver on a socket; no broker.
"""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.subscription import Subscription

from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.subscription import SubscriptionExit
from hub.delivery.outgoing import AttemptOutcome
from hub.delivery.relay import Relay
from hub.delivery.subscription_keeper import SubscriptionKeeper
from hub.routers.examples import SUBSCRIPTION
from hub.store import subscriptions
from hub.translators import fhir
from hub.translators.fhir.subscription import KINDS
from schemas.messages import MESSAGES
from tests.answering import EVERYWHERE
from tests.integration.test_views import CENTRE, SYSTEM, Place, directory, served
from tests.stack import Receiver, checked, until

TOKEN = "token-of-the-endpoint"
JSON, XML = fhir.JSON, fhir.XML
CONTENT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
FILTER = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria"


def of_subscriptions(**out):
    """The views' directory, in which the centre is told by its Subscriptions, and so is the municipality."""
    found = directory().model_dump(mode="json", exclude_none=True)
    for system in found["systems"]:
        if system["id"] in {SYSTEM[CENTRE], "kommun"}:
            system |= {"out": out or {"way": "subscription"}, "format": "fhir"}
            system["delivery"] |= {"schedule_s": [0.1], "breaker_open_s": 0.2, "breaker_failures": 3, "timeout_s": 2}
    return checked(found)


def wanted(endpoint, *, content="full-resource", topic="all", payload=JSON, status="requested", events=None, **more):
    found = json.loads(json.dumps(SUBSCRIPTION)) | {"status": status} | more
    found["criteria"] = f"urn:samverkan:fhir:SubscriptionTopic:{topic}"
    if events is not None:
        found["_criteria"] = {"extension": [{"url": FILTER, "valueString": events}]}
    found["channel"] |= {"endpoint": endpoint, "payload": payload, "header": [f"Authorization: Bearer {TOKEN}"]}
    found["channel"]["_payload"]["extension"][0]["valueCode"] = content
    return found


class Notified:
    """A notification as its receiver reads it."""

    def __init__(self, call):
        self.headers, media = call.headers, call.headers["content-type"]
        read = Bundle.model_validate_xml if media == XML else Bundle.model_validate_json
        valid = read(call.body)  # by the reference model
        self.bundle = json.loads(valid.model_dump_json() if media == XML else call.body)
        assert self.bundle["type"] == "history"
        assert all("request" in one and "response" in one for one in self.bundle["entry"]), "bdl-3, bdl-4"
        status, *self.entries = self.bundle["entry"]
        assert status["resource"]["resourceType"] == "Parameters"
        self.parts = {one["name"]: one for one in status["resource"]["parameter"]}
        self.kind = self.parts["type"]["valueCode"]
        self.status = self.parts["status"]["valueCode"]
        self.events = [
            {part["name"]: part for part in one["part"]}
            for one in status["resource"]["parameter"]
            if one["name"] == "notification-event"
        ]

    @property
    def number(self):
        ((event,),) = [self.events]
        return int(event["event-number"]["valueString"])

    @property
    def message(self):
        """(case, sequence) of the message Bundle that it carries."""
        return order_of(self.entries[0]["resource"])


def order_of(bundle):
    header = bundle["entry"][0]["resource"]
    found = {one["url"]: one for one in header.get("extension", ())}
    return (
        found["urn:samverkan:fhir:case"]["valueIdentifier"]["value"],
        found["urn:samverkan:fhir:sequence"]["valuePositiveInt"],
    )


async def here(work, *given, **more):
    """What is read and written in a process of its own, in this one: starting one for each hub would take seconds."""
    return work(*given, **more)


class Hub(Place):
    """The hub with its relay; ``endpoint`` is where its systems are told."""

    def __init__(self, hub, receiver):
        super().__init__(hub)
        self.client._transport.app.state.subscriptions.allows = EVERYWHERE
        hub.intake.process_pool.run = here
        self.receiver, self.endpoint = receiver, f"http://127.0.0.1:{receiver.port}/told"
        self.exit = SubscriptionExit(EVERYWHERE, hub.store)
        hub.relay = Relay(hub.store, hub.directory, {"subscription": self.exit, "kafka": Nowhere()}, hub.shards)
        self.keeper = SubscriptionKeeper(hub.store, hub.directory, self.exit)

    async def fhir(self, method, path, body=None, status=200, system=SYSTEM[CENTRE], **headers):
        given = {"authorization": f"Bearer token-{system}", "content-type": JSON} | headers
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        found = await self.client.request(method, f"/fhir{path}", content=raw, headers=given)
        assert found.status_code == status, (found.status_code, found.text)
        return found

    async def made(self, **how):
        """A Subscription whose handshake has been answered."""
        found = (await self.fhir("POST", "/Subscription", wanted(self.endpoint, **how), 201)).json()
        assert found["status"] == "requested"
        await self.shake()
        return found["id"]

    async def shake(self, system=SYSTEM[CENTRE]):
        await self.send_due()
        self.hub.relay.lanes.try_now(system, None)

    async def send_due(self):
        await self.keeper.begin_due()
        await self.keeper.finish()

    async def status(self, id_):
        found = (await self.fhir("GET", f"/Subscription/{id_}/$status")).json()
        (one,) = found["entry"]
        return {part["name"]: part for part in one["resource"]["parameter"]}

    async def events(self, id_, **asked):
        found = await self.fhir("GET", f"/Subscription/{id_}/$events?" + "&".join(f"{k}={v}" for k, v in asked.items()))
        return Notified(AsCall(found))

    def notified(self, kind="event-notification"):
        return [one for one in map(Notified, self.receiver.of("told")) if one.kind == kind]

    async def told(self, count):
        return await until(lambda: (found := self.notified())[count - 1 :] and found)

    async def all_sent(self):
        await until(self._none_waits)

    async def _none_waits(self):
        return not await self.sql("SELECT 1 FROM outbox WHERE system = %s AND state <> 'sent'", SYSTEM[CENTRE])


class AsCall:
    """An answer, read as a notification is."""

    def __init__(self, answer):
        self.headers, self.body = {"content-type": answer.headers["content-type"]}, answer.content


class Nowhere:
    """A way out that takes everything."""

    together = 1_000

    def breaker(self, system):
        return 1, 1.0

    async def send(self, system, batch, before_sending):
        await before_sending()
        return AttemptOutcome("ok", "nowhere")

    async def close(self):
        pass


@asynccontextmanager
async def running(database, receiver):
    async with served(database, of_subscriptions(), lambda hub: Hub(hub, receiver)) as hub:
        relay = hub.hub.relay
        tasks = [asyncio.create_task(relay.run()), asyncio.create_task(relay.lanes.marker.run())]
        await until(lambda: hub.hub.shards.owned)
        try:
            yield hub
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await relay.close()
            await hub.exit.close()


@pytest.fixture
async def hub(database):
    async with Receiver() as receiver, running(database, receiver) as made:
        yield made


async def test_what_waits_for_a_subscription_is_told_by_it_once_in_order_and_under_numbers_without_gaps(hub):
    """Without an active one it is kept, as long as that takes; the handshake comes first; another endpoint goes on counting."""
    cases = [await hub.admit(), await hub.admit("192002299861")]
    for case in cases:
        await hub.say(case, "samtycke", {"outcome": "given"})
    await until(lambda: hub.hub.relay.lanes.shown.get(SYSTEM[CENTRE], {}).get("answer") == "no active Subscription")
    assert hub.hub.relay.lanes.shown[SYSTEM[CENTRE]]["breaker"] != "closed", "operations sees that it waits"
    assert await hub.sql("SELECT 1 FROM outbox WHERE system = %s AND attempts > 0", SYSTEM[CENTRE]) == []
    id_ = await hub.made()
    (shaken,) = hub.notified("handshake")
    assert (shaken.status, shaken.headers["authorization"]) == ("requested", f"Bearer {TOKEN}")
    ((count,),) = await hub.sql("SELECT count(*) FROM outbox WHERE system = %s", SYSTEM[CENTRE])
    found = await hub.told(count)
    await hub.all_sent()
    assert sorted(one.number for one in found) == list(range(1, count + 1))
    for case in cases:
        its = [one.message[1] for one in sorted(found, key=lambda one: one.number) if one.message[0] == case]
        assert len(its) >= 2 and its == sorted(its)
    for one in found:
        assert one.status == "active" and one.parts["topic"]["valueCanonical"].endswith(":all")
        (entry,) = one.entries
        assert one.events[0]["focus"]["valueReference"]["reference"] == entry["fullUrl"]
        read = (await hub.fhir("GET", entry["fullUrl"].removeprefix("http://hub/fhir"))).json()
        assert {**read, "timestamp": ""} == {**entry["resource"], "timestamp": ""} and read["id"].startswith("out-")
    assert (await hub.status(id_))["events-since-subscription-start"]["valueString"] == str(count)


async def test_an_endpoint_that_fails_is_told_again_under_the_same_number_and_its_subscription_says_so_meanwhile(hub):
    case = await hub.admit()
    id_ = await hub.made()
    await hub.all_sent()
    before = len(hub.notified())
    hub.receiver.behave["told"] = lambda _: (503, {"body": "patient 19121212-1212"})
    await hub.say(case, "samtycke", {"outcome": "given"})
    await until(lambda: len(hub.notified()) > before + 1)
    status = await until(lambda: _in_error(hub, id_))
    assert "http:503" in status["error"]["valueCodeableConcept"]["text"]
    shown = (await hub.fhir("GET", f"/Subscription/{id_}")).json()
    assert shown["status"] == "error" and "1212" not in shown["error"]
    missed = await hub.events(id_, eventsSinceNumber=before + 1)
    assert [int(one["event-number"]["valueString"]) for one in missed.events] == [before + 1], (
        "it waits, and can be read"
    )
    assert missed.entries[0]["resource"]["type"] == "message" and missed.kind == "query-event"
    hub.receiver.behave["told"] = lambda _: 204
    await hub.all_sent()
    again = hub.notified()[before:]
    assert {one.number for one in again} == {before + 1}, "the same number at every attempt"
    assert len({one.bundle["id"] for one in again}) == 1
    await until(lambda: _stands(hub, id_, "active"))


async def _in_error(hub, id_):
    found = await hub.status(id_)
    return found if found["status"]["valueCode"] == "error" else None


async def _stands(hub, id_, status):
    return (await hub.status(id_))["status"]["valueCode"] == status


@pytest.mark.parametrize("content", ["empty", "id-only"])
@pytest.mark.parametrize("payload", [JSON, XML])
async def test_a_notification_says_as_little_as_was_asked_for_and_events_fill_in_the_rest(hub, content, payload):
    case = await hub.admit()
    id_ = await hub.made(content=content, payload=payload)
    await hub.all_sent()
    ((count,),) = await hub.sql("SELECT count(*) FROM outbox WHERE system = %s", SYSTEM[CENTRE])
    for one in hub.notified():
        assert one.headers["content-type"] == payload
        assert case not in json.dumps(one.bundle) and "121212" not in json.dumps(one.parts)
        if content == "empty":
            assert one.entries == [] and "topic" not in one.parts and "focus" not in one.events[0]
        else:
            assert "resource" not in one.entries[0]
            path = one.entries[0]["fullUrl"].removeprefix("http://hub/fhir")
            assert (await hub.fhir("GET", path, accept=XML)).headers["content-type"] == XML
            await hub.fhir("GET", path, status=404, system="kommun")
    whole = await hub.events(id_, content="full-resource", eventsSinceNumber=2, eventsUntilNumber=3)
    assert [int(one["event-number"]["valueString"]) for one in whole.events] == list(range(2, min(3, count) + 1))
    assert all(one["resource"]["type"] == "message" for one in whole.entries)
    body = {"resourceType": "Parameters", "parameter": [{"name": "eventsSinceNumber", "valueString": "1"}]}
    posted = Notified(AsCall(await hub.fhir("POST", f"/Subscription/{id_}/$events", body)))
    assert len(posted.events) == count
    assert Notified(AsCall(await hub.fhir("POST", f"/Subscription/{id_}/$events"))).events == posted.events


async def test_a_handshake_that_is_not_answered_leaves_the_notices_waiting_until_it_is_asked_for_again(hub):
    await hub.admit()
    hub.receiver.behave["told"] = lambda _: 401
    id_ = await hub.made()
    shown = (await hub.fhir("GET", f"/Subscription/{id_}")).json()
    assert (shown["status"], shown["error"]) == ("error", "handshake: http:401")
    assert hub.notified() == []
    hub.receiver.behave["told"] = lambda _: 200
    changed = (await hub.fhir("PUT", f"/Subscription/{id_}", shown)).json()
    assert changed["status"] == "requested" and "error" not in changed
    await hub.shake()
    await hub.all_sent()
    assert await _stands(hub, id_, "active")


async def test_a_subscription_that_is_off_ended_or_deleted_keeps_its_notices_and_another_goes_on_from_there(hub):
    case = await hub.admit()
    id_ = await hub.made()
    await hub.all_sent()
    first = len(hub.notified())
    await hub.fhir("PUT", f"/Subscription/{id_}", wanted(hub.endpoint, status="off"))
    await hub.say(case, "samtycke", {"outcome": "given"})
    await hub.fhir("PUT", f"/Subscription/{id_}", wanted(hub.endpoint, end="2020-01-01T00:00:00Z"))
    assert (await hub.fhir("GET", f"/Subscription/{id_}")).json()["status"] == "off"
    await hub.shake()
    await hub.fhir("DELETE", f"/Subscription/{id_}", status=204)
    for method, path in (("GET", ""), ("GET", "/$status"), ("GET", "/$events"), ("DELETE", "")):
        await hub.fhir(method, f"/Subscription/{id_}{path}", status=404)
    await until(lambda: hub.hub.relay.lanes.shown[SYSTEM[CENTRE]].get("answer") == "no active Subscription")
    assert len(hub.notified()) == first
    await hub.made()
    await hub.all_sent()
    news = hub.notified()[first:]
    assert [one.number for one in news] == list(range(1, len(news) + 1)), "a new one counts from the first"
    assert len({one.message for one in hub.notified()}) == len(hub.notified()), "nothing twice"


async def test_kinds_may_go_by_several_subscriptions_and_none_by_two(hub):
    case = await hub.admit()
    one = await hub.made(events="MessageHeader?event=svu.inskrivning,urn:samverkan:event|adressering")
    for more in ({}, {"topic": "svu.inskrivning"}, {"events": "MessageHeader?event=kvittens,adressering"}):
        answer = await hub.fhir("POST", "/Subscription", wanted(hub.endpoint, **more), 409)
        assert one in answer.json()["issue"][0]["details"]["text"]
    await until(lambda: {order_of(n.entries[0]["resource"])[1] for n in hub.notified()})
    await hub.say(case, "samtycke", {"outcome": "given"})
    await until(
        lambda: hub.hub.relay.lanes.shown[SYSTEM[CENTRE]].get("answer") == "no active Subscription for samtycke"
    )
    assert hub.hub.relay.lanes.shown[SYSTEM[CENTRE]]["breaker"] == "closed", "other cases go on meanwhile"
    second = await hub.admit("192002299861")
    await until(lambda: second in json.dumps([n.bundle for n in hub.notified()]))
    assert await hub.sql("SELECT 1 FROM outbox WHERE system = %s AND attempts > 1", SYSTEM[CENTRE]) == []
    other = await hub.made(topic="samtycke")
    await hub.all_sent()
    by_url = [n.parts["subscription"]["valueReference"]["reference"] for n in hub.notified()]
    assert {url.rpartition("/")[2] for url in by_url} == {one, other}
    numbers = [n.message[1] for n in hub.notified() if n.message[0] == case]
    assert numbers == sorted(numbers), "the order of a case holds over both"
    found = (await hub.fhir("GET", "/Subscription?status=active,error")).json()
    assert {entry["resource"]["id"] for entry in found["entry"]} == {one, other}
    assert (await hub.fhir("GET", "/Subscription?criteria=urn:samverkan:fhir:SubscriptionTopic:samtycke")).json()[
        "total"
    ] == 1
    assert (await hub.fhir("GET", "/Subscription?url=https://elsewhere.example/")).json()["total"] == 0
    assert (await hub.fhir("GET", f"/Subscription/$status?id={other}&status=active")).json()["total"] == 1
    assert (await hub.fhir("GET", "/Subscription", system="kommun")).json()["total"] == 0
    assert Bundle.model_validate(found).total == 2


async def test_a_heartbeat_comes_when_it_is_due_and_takes_no_number(hub):
    id_ = await hub.made()
    await hub.send_due()
    assert hub.notified("heartbeat") == [], "not before its time"
    await hub.sql("UPDATE subscription SET due_at = now()")
    await hub.send_due()
    (beat,) = hub.notified("heartbeat")
    assert (beat.status, beat.parts["events-since-subscription-start"]["valueString"], beat.events) == (
        "active",
        "0",
        [],
    )
    hub.receiver.behave["told"] = lambda _: 500
    await hub.sql("UPDATE subscription SET due_at = now()")
    other = SubscriptionKeeper(hub.hub.store, hub.hub.directory, hub.exit)
    await asyncio.gather(hub.keeper.begin_due(), other.begin_due())
    await asyncio.gather(hub.keeper.finish(), other.finish())
    assert len(hub.notified("heartbeat")) == 2, "two processes send it once"
    assert (await _in_error(hub, id_))["error"]["valueCodeableConcept"]["text"] == "heartbeat: http:500"


async def test_endpoints_of_one_system_that_hang_hold_few_of_its_own_calls_and_delay_no_other_systems_handshake(hub):
    """Nothing here passes by time: the hanging calls end when the test lets them."""
    let_go = asyncio.Event()
    hub.exit = Hanging(EVERYWHERE, hub.hub.store, SYSTEM[CENTRE], let_go)
    hub.keeper = SubscriptionKeeper(hub.hub.store, hub.hub.directory, hub.exit)
    for kind in sorted(KINDS)[:12]:
        await hub.fhir("POST", "/Subscription", wanted(hub.endpoint, topic=kind), 201)
    await hub.keeper.begin_due()
    await until(lambda: hub.exit.hanging == 4)
    other = (await hub.fhir("POST", "/Subscription", wanted(hub.endpoint), 201, system="kommun")).json()["id"]
    await hub.keeper.begin_due()
    await until(lambda: hub.exit.told == ["kommun"])
    await until(lambda: _is_active(hub, other))
    for _ in range(3):
        await hub.keeper.begin_due()
    assert hub.exit.hanging == 4, "a system has so many calls at a time, however many are due"
    let_go.set()
    await hub.keeper.finish()
    assert await hub.sql("SELECT count(*) FROM subscription WHERE status = 'active'") == [(13,)], (
        "and all get their turn"
    )


async def test_a_handshake_whose_process_died_is_sent_by_another_soon_after_the_time_that_the_call_may_take(hub):
    dying = Hanging(EVERYWHERE, hub.hub.store, SYSTEM[CENTRE], asyncio.Event())
    keeper = SubscriptionKeeper(hub.hub.store, hub.hub.directory, dying)
    id_ = (await hub.fhir("POST", "/Subscription", wanted(hub.endpoint), 201)).json()["id"]
    await keeper.begin_due()
    await until(lambda: dying.hanging == 1)
    await keeper.finish(within_s=0.01)  # it is no more
    await hub.send_due()
    assert hub.notified("handshake") == [], "as far as another knows it is under way"
    await hub.sql("UPDATE subscription SET due_at = due_at - interval '13 seconds'")  # a call may take two of them
    await hub.send_due()
    assert len(hub.notified("handshake")) == 1
    await until(lambda: _is_active(hub, id_))
    await dying.close()


async def _is_active(hub, id_):
    return await hub.sql("SELECT 1 FROM subscription WHERE id = %s AND status = 'active'", id_)


class Hanging(SubscriptionExit):
    """One system's endpoints do not answer until they are let go; the others' do at once."""

    def __init__(self, allows, store, system, let_go):
        super().__init__(allows, store)
        self.system, self.let_go, self.hanging, self.told = system, let_go, 0, []

    async def notify(self, system, row, kind, events, before_sending):
        if system.id == self.system and not self.let_go.is_set():
            self.hanging += 1
            await self.let_go.wait()
        self.told.append(system.id)
        return AttemptOutcome("ok", "http:204")


async def test_events_that_several_processes_hand_over_and_ask_for_at_once_have_one_number_each_and_no_gaps(hub):
    """Whoever numbers them: the lanes of two processes, or ``$events`` while they wait."""
    case = await hub.admit()
    for _ in range(6):
        await hub.say(case, "samtycke", {"outcome": "given"})
    id_ = await hub.made()
    ids = [id_ for (id_,) in await hub.sql("SELECT id FROM outbox WHERE system = %s ORDER BY id", SYSTEM[CENTRE])]

    async def hand(notice):
        async with hub.hub.store.transaction() as connection:
            _, number = await subscriptions.hand_over(connection, SYSTEM[CENTRE], "samtycke", notice)
            return notice, number

    asked = [hub.events(id_) for _ in range(3)]
    handed = await asyncio.gather(*(hand(one) for one in (*ids, *ids)), *asked)
    numbers = dict(handed[: len(ids)])
    assert dict(handed[len(ids) : 2 * len(ids)]) == numbers, "the same when it is handed over again"
    assert sorted(numbers.values()) == list(range(1, len(ids) + 1))


async def test_what_was_just_written_behind_a_dead_notice_has_no_number_before_those_between_them(hub):
    case = await hub.admit()
    id_ = await hub.made()
    await hub.all_sent()
    hub.receiver.behave["told"] = lambda _: 400
    for _ in range(3):
        await hub.say(case, "samtycke", {"outcome": "given"})
    await until(lambda: _behind(hub, 2))
    before = len((await hub.events(id_)).events)
    async with hub.hub.store.transaction() as connection:  # as it is until its lane has looked
        last = "UPDATE outbox_row SET behind = %s WHERE id = (SELECT max(id) FROM outbox_row WHERE system = %s)"
        await connection.execute(last, (False, SYSTEM[CENTRE]))
        await subscriptions.number_waiting(connection, SYSTEM[CENTRE], id_)
        await connection.execute(last, (True, SYSTEM[CENTRE]))
        assert len(await subscriptions.events(connection, id_, 1, 1_000, 1_000)) == before


async def _behind(hub, count):
    return await hub.sql("SELECT count(*) FROM outbox_row WHERE system = %s AND behind", SYSTEM[CENTRE]) == [(count,)]


async def test_what_is_read_again_of_a_person_who_has_become_protected_shows_no_address(hub):
    case = await hub.admit(name="Tolvan Tolvansson")
    id_ = await hub.made()
    await hub.all_sent()
    told = json.dumps((await hub.events(id_)).bundle)
    assert "Tolvansson" in told
    await hub.own(case, "folkbokforing", MESSAGES["folkbokforing"](news="protected"))
    again = json.dumps((await hub.events(id_)).bundle)
    assert "address" not in again
    path = next(one for one in hub.notified()).entries[0]["fullUrl"].removeprefix("http://hub/fhir")
    assert "address" not in (await hub.fhir("GET", path)).text


def header(*lines):
    return lambda found: found["channel"].update(header=list(lines))


WRONG = [
    (lambda f: f.update(criteria="Observation?code=1"), 422, "Subscription.criteria"),
    (lambda f: f.update(criteria="urn:samverkan:fhir:SubscriptionTopic:nothing"), 422, "Subscription.criteria"),
    (lambda f: f.update(_criteria={"extension": [{"url": FILTER, "valueString": "Patient?id=1"}]}), 422, "Subscription.criteria"),
    (lambda f: f.update(_criteria={"extension": [{"url": FILTER, "valueString": "MessageHeader?event=x"}]}), 422,
     "Subscription.criteria"),
    (lambda f: f["channel"].update(type="email"), 422, "Subscription.channel.type"),
    (lambda f: f["channel"].pop("endpoint"), 422, "Subscription.channel.endpoint"),
    (lambda f: f["channel"].update(endpoint="https://10.1.2.3/x"), 422, "Subscription.channel.endpoint"),
    (lambda f: f["channel"].update(endpoint="https://a:b@x.example/"), 422, "Subscription.channel.endpoint"),
    (lambda f: f["channel"].update(endpoint="https://xn--a/"), 422, "Subscription.channel.endpoint"),
    (lambda f: f.update(reason="Tolvan Tolvansson\0"), 400, "Subscription.reason"),
    (lambda f: f["channel"].update(endpoint="https://elsewhere.example/"), 422, "Subscription.channel.endpoint"),
    (lambda f: f["channel"].update(payload="text/plain"), 422, "Subscription.channel.payload"),
    (lambda f: f["channel"].pop("_payload"), 422, "Subscription.channel.payload"),
    (header("Content-Length: 3"), 422, "Subscription.channel.header"),
    (header("no colon"), 422, "Subscription.channel.header"),
    (header("A: b\u00e5"), 422, "Subscription.channel.header"),
    (lambda f: f.pop("reason"), 400, "Subscription.reason"),
    (lambda f: f.update(end="2027-01-01"), 400, "Subscription.end"),
    (lambda f: f.update(status="banana"), 400, "Subscription.status"),
    (lambda f: f.update(resourceType="Patient"), 400, ""),
    (lambda f: f["channel"]["extension"][0].update(valueUnsignedInt=0), 422, "Subscription.channel.extension"),
]  # fmt: skip


async def test_a_subscription_that_asks_for_what_there_is_not_is_refused_at_its_place_and_none_is_made(
    hub, monkeypatch
):
    monkeypatch.setattr(hub.client._transport.app.state.subscriptions, "allows", Allowed(plain=True))
    named = {"way": "subscription", "hosts": ["system.example"]}
    monkeypatch.setattr(hub.hub.in_force, "_now", of_subscriptions(**named))
    for break_it, status, place in WRONG:
        body = wanted("https://system.example/told")
        break_it(body)
        said = json.dumps((await hub.fhir("POST", "/Subscription", body, status)).json()["issue"][0])
        assert place in said and TOKEN not in said
    assert await hub.sql("SELECT 1 FROM subscription") == []


async def test_a_system_of_another_way_out_makes_no_subscription_and_one_that_it_had_is_not_told(hub, monkeypatch):
    id_ = await hub.made()
    calls = len(hub.receiver.of("told"))
    changed = {"way": "fhir", "base": hub.endpoint, "token": "a-token-that-is-long-enough"}
    monkeypatch.setattr(hub.hub.in_force, "_now", of_subscriptions(**changed))
    for method, path in (("POST", ""), ("PUT", f"/{id_}")):
        answer = (await hub.fhir(method, f"/Subscription{path}", wanted(hub.endpoint), 409)).json()
        assert "out.way" in answer["issue"][0]["details"]["text"]
    await hub.sql("UPDATE subscription SET due_at = now()")
    await hub.send_due()
    assert len(hub.receiver.of("told")) == calls
    assert await hub.sql("SELECT count(*) FROM subscription") == [(1,)]
    await hub.fhir("DELETE", f"/Subscription/{id_}", status=204)


async def test_an_operations_parameter_that_stands_twice_is_refused_and_a_searchs_may(hub):
    """Which is meant cannot be known; those of FHIR's searches may stand several times."""
    await hub.fhir("GET", "/Subscription?status=active&status=off")
    id_ = await hub.made()
    twice = {"resourceType": "Parameters", "parameter": [{"name": "eventsSinceNumber", "valueString": "1"}] * 2}
    answer = await hub.fhir("POST", f"/Subscription/{id_}/$events", twice, 400)
    assert "eventsSinceNumber" in answer.text


async def test_subscriptions_are_a_systems_own_and_read_in_both_formats(hub):
    made = await hub.fhir(
        "POST", "/Subscription", fhir.as_xml(json.dumps(wanted(hub.endpoint)).encode()), 201, **{"content-type": XML}
    )
    assert made.headers["content-type"] == XML
    path = made.headers["location"].removeprefix("http://hub/fhir")
    read = (await hub.fhir("GET", path)).json()
    Subscription.model_validate(read)
    assert read["channel"]["header"] == [f"Authorization: Bearer {TOKEN}"]
    await hub.fhir("GET", path, status=404, system="kommun")
    await hub.fhir("PUT", path, wanted(hub.endpoint), 404, system="kommun")
    await hub.fhir("DELETE", path, status=404, system="kommun")
    await hub.fhir("GET", path, status=401, authorization="Bearer nobody")
    await hub.fhir("PUT", path, wanted(hub.endpoint, id="another"), 400)
    for path in ("/Bundle/out-1", "/Bundle/4711", "/Bundle/out-" + "9" * 40, "/Bundle/out-x"):
        await hub.fhir("GET", path, status=404)
