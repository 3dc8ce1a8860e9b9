"""The whole way once per way: Kafka, HTTP and FHIR in; Kafka, webhook and FHIR out; and what a system sees of the promises.

One hub as a child process on real parts, with a receiver over HTTP.
"""

import asyncio
import base64
import contextlib
import json
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import pytest_asyncio
import yaml
from aiokafka.errors import KafkaError
from standardwebhooks import Webhook, WebhookVerificationError

from hub.check import fhir as check
from hub.errors import Refused
from hub.operations import credentials, delivery, replays
from hub.routers.examples import SUBSCRIPTION
from hub.sandbox import staff, wire
from hub.sandbox.children import Child
from hub.sandbox.registers import Control, Trouble
from hub.store import dead_letters, outbox, shards
from hub.store.replayable import RowFilter
from hub.store.transaction import Store
from hub.translators import fhir, native
from hub.translators.fhir import reference
from hub.translators.fhir.xml_writer import as_xml
from schemas.messages import Receipt
from tests import stack as parts
from tests.stack import CENTRE, KOMMUN, LUND, SECRETS, WARD, admission, attributes, event, kvittens, new_ref, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUSH, PUSH_TOKEN = "pushed/$process-message", "a-token-of-the-third-ward"
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"
SECOND_WARD = "SE2321000255-AVD13"
MOVING = "SE2321000255-VC09"
"""A unit whose system changes its way out."""
THIRD_WARD, FOURTH_WARD = "SE2321000255-AVD15", "SE2321000255-AVD16"
SUBSCRIBED = "a-token-of-the-fourth-ward"
MALMO, MALMO_CENTRE, MALMO_KOMMUN = "193802149819", "SE2321000255-VC03", "SE2120001124-K01"


def directory(receiver):
    """The kommun is told over a webhook with two secrets; Malmö's centre reads FHIR, its municipality bare Bundles over a webhook; a
    second ward's system speaks FHIR and is answered in XML; a third ward's is told by FHIR messages, a
    fourth's by its Subscription.
    """
    found = parts.content(
        kommun={
            "out": receiver.out("kommun", *SECRETS),
            "delivery": {"schedule_s": [0.2]},
            "token_sha256": [parts.hashed("kommun-token")],
        }
    )
    duties = {"inskrivning": ["kvittera"], "tid": ["kvittera"], **parts.SIP_DUTIES}
    found["organisations"].append({"orgnr": "2120001124", "name": "Malmö stad", "region": "skane"})
    ward = {"party": "slutenvard", "organisation": "2321000255", "roles": {"sjukskoterska": {}}}
    found["units"] += [
        {"hsa": SECOND_WARD, "name": "Avdelning 13", **ward},
        {"hsa": THIRD_WARD, "name": "Avdelning 15", **ward},
        {"hsa": FOURTH_WARD, "name": "Avdelning 16", **ward},
        {
            "hsa": MOVING,
            "name": "VC Nio",
            "party": "oppenvard",
            "organisation": "2321000255",
            "roles": {"sjukskoterska": {}},
        },
        {
            "hsa": MALMO_CENTRE,
            "name": "VC Malmö",
            "party": "oppenvard",
            "organisation": "2321000255",
            "roles": {"sjukskoterska": duties},
        },
        {
            "hsa": MALMO_KOMMUN,
            "name": "Malmö mottagning",
            "party": "kommun",
            "organisation": "2120001124",
            "municipality": "1280",
            "roles": {"sjukskoterska": duties},
        },
    ]
    one = {"organisation": "2321000255", "ways_in": ["kafka"], "out": {"way": "kafka"}}
    found["systems"] += [
        {**one, "id": "fhir-ehr", "name": "F", "units": [SECOND_WARD], "format": "fhir-xml"},
        {**one, "id": "malmo", "name": "M", "units": [MALMO_CENTRE], "format": "fhir"},
        {**one, "id": "malmo-kommun", "name": "K", "units": [MALMO_KOMMUN], "format": "fhir"}
        | {"out": receiver.out("malmo-kommun") | {"body": "bundle"}},
        {**one, "id": "moving", "name": "B", "units": [MOVING], "token_sha256": [parts.hashed("moving-token")]},
        {
            **one,
            "id": "pushed",
            "name": "P",
            "units": [THIRD_WARD],
            "token_sha256": [parts.hashed("pushed-token")],
            "format": "fhir",
            "delivery": {"schedule_s": [0.2]},
        }
        | {"out": {"way": "fhir", "base": f"http://127.0.0.1:{receiver.port}/pushed", "token": PUSH_TOKEN}},
    ]
    found["systems"].append(
        {**one, "id": "subscribed", "name": "S", "units": [FOURTH_WARD], "format": "fhir-xml", "ways_in": ["http"]}
        | {"out": {"way": "subscription"}, "token_sha256": [parts.hashed(SUBSCRIBED)]}
    )
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver():
    async with parts.Receiver() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(shared_database, kafka, tmp_path_factory, receiver):
    folder = tmp_path_factory.mktemp("ways")
    often = {"HUB_REGISTERS__ASK_AGAIN_S": "1"}
    async with parts.running(shared_database, kafka.bootstrap, folder, directory(receiver), **often) as (
        stack,
        registers,
    ):
        stack.watch("ehr", "centre", "fhir-ehr", "malmo")
        yield stack, registers


@pytest_asyncio.fixture(loop_scope="module")
async def hub(both):
    return both[0]


def as_bundle(act, data):
    return fhir.write_request(native.read_binary(act, json.dumps(data).encode()))


async def the_notice(hub, system, message, name="svu.inskrivning"):
    """The attributes and body of a message's notice on ``hub.out.<system>``, waited for."""

    async def look():
        for record in await hub.wire(system):
            found = attributes(record)
            if found["id"] == message and found["type"] == f"se.samverkan.{name}.v1":
                return found, record
        return None

    return await until(look)


async def the_call(receiver, message):
    return await until(lambda: next((call for call in receiver.of("kommun") if call.event["id"] == message), None))


async def test_from_kafka_to_kafka_in_the_native_format(hub):
    act, data = admission()
    await hub.tell("ehr", act, data)
    receipt = await hub.receipt("ehr", act["id"])
    assert receipt["code"] == "ok"
    assert receipt["sequence"] == 1
    found, record = await the_notice(hub, "centre", act["id"])
    assert found["case"] == found["subject"] == record.key.decode() == receipt["case"]
    assert found["sequence"] == "1"
    names = [name for name, _ in record.headers]
    assert "content-type" in names  # which is the attribute datacontenttype
    assert "ce_datacontenttype" not in names
    assert len(names) == len(set(names))
    assert json.loads(found["to"]) == [CENTRE]
    assert json.loads(found["awaits"]) == {CENTRE: "kvittens"}
    assert json.loads(found["state"])["inskrivning"][CENTRE] == {"sjukskoterska": "red"}
    assert "kvittens" in json.loads(found["may"])[CENTRE]
    told = json.loads(record.value)
    assert told["patient"]["personnummer"] == data["patient"]["personnummer"]
    assert told["patient"]["name"] and told["patient"]["address"], "the register fills in what the sender left out"
    assert told["reason"] == data["reason"]


async def test_from_fhir_json_over_http_to_a_signed_webhook_in_the_native_format(hub, receiver):
    act, data = admission(LUND[1])
    answer = await hub.post("/fhir/$process-message", as_bundle(act, data), FHIR_JSON)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(FHIR_JSON)
    header = answer.json()["entry"][0]["resource"]
    assert header["response"]["code"] == "ok"
    call = await the_call(receiver, act["id"])
    assert call.headers["content-type"] == STRUCTURED
    assert call.event["data"]["patient"]["personnummer"] == LUND[1]
    assert json.loads(call.event["awaits"]) == {KOMMUN: "kvittens"}
    for secret in SECRETS:  # while they rotate, each of the two opens it
        assert Webhook(secret).verify(call.body, call.headers) == call.event
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "C" * 32).verify(call.body, call.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(call.body.replace(b"Fall", b"Ball"), call.headers)


async def test_from_fhir_xml_over_http_with_an_answer_in_xml(hub, receiver):
    act, data = admission(LUND[2])
    answer = await hub.post("/fhir/$process-message", as_xml(as_bundle(act, data)), FHIR_XML)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(FHIR_XML)
    assert '<code value="ok"' in answer.text
    found, _ = await the_notice(hub, "centre", act["id"])
    assert (await the_call(receiver, act["id"])).event["case"] == found["case"]


async def test_from_fhir_over_kafka_to_fhir_in_json_and_in_xml_and_as_a_bare_bundle_to_a_webhook(hub, receiver):
    act, data = event("svu.inskrivning", new_ref(), SECOND_WARD), admission(MALMO)[1]
    await hub.produce("fhir-ehr", as_bundle(act, data), [("content-type", FHIR_JSON.encode())], b"a-key")

    async def receipt():
        for record in await hub.wire("fhir-ehr"):
            if dict(record.headers)["content-type"] == FHIR_XML.encode():
                found = wire.read(attributes(record), reference.from_xml(record.value))
                if isinstance(found, wire.SenderAnswer) and found.message == act["id"]:
                    return found
        return None

    answer = await until(receipt)
    assert answer.code == "ok"
    _, record = await the_notice(hub, "malmo", act["id"])
    assert dict(record.headers)["content-type"] == FHIR_JSON.encode()
    notice = wire.read({}, record.value)
    assert (notice.case, notice.sequence, notice.message) == (answer.case, 1, act["id"])
    assert notice.awaits == {MALMO_CENTRE: "kvittens"}
    tree = json.loads(record.value)
    assert tree["entry"][0]["resource"]["resourceType"] == "MessageHeader"
    patient = next(e["resource"] for e in tree["entry"] if e["resource"]["resourceType"] == "Patient")
    assert patient["identifier"][0]["value"] == MALMO

    async def bare():
        return next((call for call in receiver.of("malmo-kommun") if act["id"].encode() in call.body), None)

    call = await until(bare)
    assert call.headers["content-type"] == FHIR_JSON
    assert Webhook(SECRETS[0]).verify(call.body, call.headers)["resourceType"] == "Bundle"
    told = wire.read({}, call.body)
    assert (told.case, told.sequence, told.message, told.awaits) == (
        answer.case,
        1,
        act["id"],
        {MALMO_KOMMUN: "kvittens"},
    )
    assert fhir.read(call.body, FHIR_JSON, from_hub=True).data.patient.personnummer == MALMO


async def test_a_ward_told_by_fhir_messages_has_each_once_in_order_after_aa_and_ae_is_dead_with_its_words(
    hub, receiver
):
    """It sends over Kafka, so its receipts come by the same way; AR is tried again, AE held with the later ones behind it."""

    def header_of(call):
        return json.loads(call.body)["entry"][0]["resource"]

    said = {}

    def answer(call):
        header = header_of(call)
        if "response" in header:
            return 202
        codes = said.setdefault(header["id"], ["transient-error", "ok"])
        code = codes.pop(0) if len(codes) > 1 else codes[0]
        why = {} if code == "ok" else {"rule": "X", "text": {"sv": "Vet inte vem 191212121212 är", "en": "Who?"}}
        told = Receipt.model_validate({"message": header["id"], "code": code, **why})
        body = fhir.write_response(told, header["id"], created=datetime.now(UTC)).decode()
        return 200, {"content-type": FHIR_JSON, "body": body}

    receiver.behave[PUSH] = answer
    act, data = event("svu.inskrivning", new_ref(), THIRD_WARD), admission()[1]
    await hub.produce("pushed", as_bundle(act, data), [("content-type", FHIR_JSON.encode())], b"a-key")

    def calls(message):
        return [
            c
            for c in receiver.of(PUSH)
            if header_of(c).get("response", {}).get("identifier", header_of(c)["id"]) == message
        ]

    (receipt, *_) = await until(lambda: calls(act["id"]))
    answered = wire.read({}, receipt.body)
    assert isinstance(answered, wire.SenderAnswer) and answered.code == "ok"
    await until(lambda: hub.value("SELECT 1 FROM outbox WHERE case_id = %s AND system LIKE 'centre%%'", answered.case))
    first, second = (kvittens(answered.case, act["id"], unit) for unit in (CENTRE, KOMMUN))
    await hub.tell("centre", *first)
    assert (await hub.receipt("centre", first[0]["id"]))["code"] == "ok"
    sent = (
        "SELECT answer FROM outbox WHERE system LIKE 'pushed%%' AND message = %s AND state = 'sent' AND kind = 'notice'"
    )
    assert await until(lambda: hub.value(sent, first[0]["id"])) == "fhir:ok"
    assert len(calls(first[0]["id"])) == 2, "AR, then AA"
    for call in calls(first[0]["id"]):
        assert call.headers["authorization"] == f"Bearer {PUSH_TOKEN}"
        assert not check.judge(call.body).faults
        notice = wire.read({}, call.body)
        assert (notice.message, notice.case) == (first[0]["id"], answered.case)
    said[second[0]["id"]] = ["fatal-error"]
    await hub.tell("kommun", *second)
    dead = "SELECT answer, said FROM outbox WHERE system LIKE 'pushed%%' AND message = %s AND state = 'dead'"
    ((code, words),) = await until(lambda: hub.rows(dead, second[0]["id"]))
    assert code == "fhir:fatal-error" and "Vet inte vem" in words and "1212" not in words
    told = [wire.read({}, call.body) for call in receiver.of(PUSH) if "response" not in header_of(call)]
    numbers = [one.sequence for one in told if one.case == answered.case]
    assert numbers == sorted(numbers)


async def subscribe(hub, receiver):
    """The fourth ward's Subscription, unless it has one."""
    channel = {**SUBSCRIPTION["channel"], "endpoint": f"http://127.0.0.1:{receiver.port}/subscribed"}
    body = json.dumps({**SUBSCRIPTION, "channel": channel}).encode()
    made = await hub.post("/fhir/Subscription", body, FHIR_JSON, SUBSCRIBED)
    assert made.status_code in {201, 409}, made.text


async def test_a_ward_told_by_its_subscription_is_told_from_its_first_notice_on_once_it_has_made_one(hub, receiver):
    """In the running hub: the handshake is sent by itself, and what has waited goes at once."""
    act, data = event("svu.inskrivning", new_ref(), FOURTH_WARD), admission()[1]
    case = (await hub.send(act, data, SUBSCRIBED)).json()["case"]
    await the_notice(hub, "centre", act["id"])
    told = kvittens(case, act["id"], CENTRE)
    await hub.tell("centre", *told)
    state = "SELECT state FROM outbox WHERE message = %s AND system LIKE 'subscribed%%'"
    assert await until(lambda: hub.value(state, told[0]["id"])) == "waiting"

    async def says_so():
        return "no active Subscription" in " ".join((await hub.cli("status")).stdout.split())

    await until(says_so)
    await subscribe(hub, receiver)
    await until(lambda: _is_sent(hub, state, told[0]["id"]))
    bodies = [json.loads(call.body) for call in receiver.of("subscribed")]
    kinds = [
        {one["name"]: one for one in body["entry"][0]["resource"]["parameter"]}["type"]["valueCode"] for body in bodies
    ]
    assert kinds[0] == "handshake" and set(kinds[1:]) == {"event-notification"}
    assert all(call.headers["authorization"].startswith("Bearer the-token") for call in receiver.of("subscribed"))
    notices = [wire.read({}, json.dumps(body["entry"][1]["resource"]).encode()) for body in bodies[1:]]
    assert (case, told[0]["id"]) in {(one.case, one.message) for one in notices}


async def _is_sent(hub, statement, message):
    return await hub.value(statement, message) == "sent"


async def test_a_batch_of_500_gives_one_receipt_each_in_its_order(hub):
    made = [admission(LUND[number % 4]) for number in range(500)]
    made[250][0]["type"] = "se.samverkan.okant.v1"
    made[499] = made[0]
    body = json.dumps([{**act, "data": data} for act, data in made]).encode()
    answer = await hub.post("/messages", body, BATCH)
    assert answer.status_code == 200
    receipts = answer.json()
    assert len(receipts) == 500
    for number, ((act, _), receipt) in enumerate(zip(made, receipts, strict=True)):
        if number == 250:
            assert (receipt["code"], receipt["rule"]) == ("fatal-error", "unknown-type")
        else:
            assert (receipt["code"], receipt["message"]) == ("ok", act["id"])
    assert receipts[499] == receipts[0] | {"repeat": True}
    assert len({receipt["case"] for receipt in receipts if "case" in receipt}) == 498


async def test_each_kvittens_turns_yellow_then_green_and_tells_the_ward(hub, receiver):
    act, data = admission(LUND[3])
    case = (await hub.send(act, data)).json()["case"]
    await the_notice(hub, "centre", act["id"])
    first, body = kvittens(case, act["id"], CENTRE)
    await hub.tell("centre", first, body)
    assert (await hub.receipt("centre", first["id"]))["code"] == "ok"
    told, record = await the_notice(hub, "ehr", first["id"], "kvittens")
    assert json.loads(told["to"]) == [WARD]
    assert json.loads(told["state"])["inskrivning"][WARD] == {"sjukskoterska": "yellow"}
    assert json.loads(record.value) == {"message": act["id"]}
    call = await the_call(receiver, first["id"])
    assert json.loads(call.event["state"])["inskrivning"][KOMMUN] == {"bistandshandlaggare": "red"}
    second, body = kvittens(case, act["id"], KOMMUN)
    await hub.tell("kommun", second, body)
    told, _ = await the_notice(hub, "ehr", second["id"], "kvittens")
    assert json.loads(told["state"])["inskrivning"][WARD] == {"sjukskoterska": "green"}
    numbers = [int(each["sequence"]) for each in await hub.notices("ehr", case)]
    assert numbers == sorted(numbers)
    again, body = kvittens(case, act["id"], CENTRE)
    await hub.tell("centre", again, body)
    assert (await hub.receipt("centre", again["id"]))["rule"] == "C-2"


async def over_kafka(hub, act, body, media, headers=()):
    """The receipts of a message that came over Kafka, the last of them waited for; each sending adds one."""
    had = len(await receipts_of(hub, act["id"]))
    await hub.produce("ehr", body, [("content-type", media.encode()), *headers], act["subject"].encode())
    return (await until(lambda: more_than(hub, act["id"], had)))[-1]


async def receipts_of(hub, message):
    found = [record for record in await hub.wire("ehr") if attributes(record)["type"] == "se.samverkan.receipt.v1"]
    return [found for found in map(json.loads, (record.value for record in found)) if found["message"] == message]


async def more_than(hub, message, had):
    found = await receipts_of(hub, message)
    return found if len(found) > had else None


async def kafka_binary(hub, act, data, _):
    headers = [(f"ce_{name}", value.encode()) for name, value in act.items()]
    return await over_kafka(hub, act, json.dumps(data).encode(), "application/json", headers)


async def kafka_structured(hub, act, data, _):
    return await over_kafka(hub, act, json.dumps({**act, "data": data}).encode(), STRUCTURED)


async def http_single(hub, act, data, _):
    return (await hub.send(act, data)).json()


async def http_batch(hub, act, data, _):
    (receipt,) = (await hub.post("/messages", json.dumps([{**act, "data": data}]).encode(), BATCH)).json()
    return receipt


async def fhir_json(hub, act, data, envelope):
    return answered(await hub.post("/fhir/$process-message", in_envelope(act, data, envelope), FHIR_JSON))


async def fhir_xml(hub, act, data, envelope):
    body = as_xml(in_envelope(act, data, envelope))
    answer = await hub.post("/fhir/$process-message", body, FHIR_XML, accept=FHIR_JSON)
    return answered(answer)


def in_envelope(act, data, envelope):
    return json.dumps(json.loads(as_bundle(act, data)) | {"id": envelope}).encode()


def answered(answer):
    """What a FHIR answer says, as a receipt does."""
    found = wire.read({}, answer.content)
    said = {"code": found.code, "rule": found.rule, "case": found.case, "message": found.message}
    header = answer.json()["entry"][0]["resource"]
    repeat = any(one["url"].endswith("repeat") for one in header.get("extension", ()))
    return {name: value for name, value in said.items() if value is not None} | ({"repeat": True} if repeat else {})


@pytest.mark.parametrize("way", [kafka_binary, kafka_structured, http_single, http_batch, fhir_json, fhir_xml])
async def test_duplicates_are_answered_by_d2s_table_on_every_way_in(hub, way):
    act, data = admission()
    tag = act["id"].rpartition("-")[2]
    first = await way(hub, act, data, f"e1-{tag}")
    assert first["code"] == "ok" and "repeat" not in first
    assert await way(hub, act, data, f"e1-{tag}") == first | {"repeat": True}
    assert await way(hub, act, data, f"e2-{tag}") == first | {"repeat": True}, "in whatever envelope"
    other = await way(hub, act, data | {"reason": "Annat"}, f"e3-{tag}")
    assert (other["code"], other["rule"]) == ("fatal-error", "id-reused")
    assert await way(hub, act, data, f"e1-{tag}") == first | {"repeat": True}, "the first stays"
    new, more = admission()
    if way in {fhir_json, fhir_xml}:
        refused = await way(hub, new, more, f"e1-{tag}")
        assert (refused["code"], refused["rule"]) == ("fatal-error", "envelope-reused")
    answer = await way(hub, new, more, f"e4-{tag}")
    assert answer["code"] == "ok" and "repeat" not in answer, "and the refusal took no id"
    assert await hub.value("SELECT count(*) FROM message WHERE id IN (%s, %s)", act["id"], new["id"]) == 2


async def test_a_new_system_is_found_without_a_restart(hub, receiver, tmp_path):
    found = directory(receiver)
    for system in found["systems"]:
        system["id"] += hub.tag
    ward = {"hsa": "SE2321000255-AVD14", "name": "Avdelning 14", "party": "slutenvard", "organisation": "2321000255"}
    found["units"].append({**ward, "roles": {"sjukskoterska": {}}})
    new = {"id": f"new{hub.tag}", "name": "Ny", "organisation": "2321000255", "units": [ward["hsa"]]}
    found["systems"].append({**new, "ways_in": ["kafka"], "out": {"way": "kafka"}})
    file = tmp_path / "directory.yaml"
    file.write_text(yaml.safe_dump(found))
    dry = await hub.cli("directory", "apply", "--dry-run", str(file))
    assert f"+ system new{hub.tag}" in dry.stdout
    assert await hub.value("SELECT count(*) FROM directory_version") == 1
    done = await hub.cli("directory", "apply", str(file))
    assert done.returncode == 0, done.stderr
    assert "version 2 is in force" in done.stdout

    async def topic():
        try:
            return await hub.produce("new", b"", []) is not None
        except KafkaError:
            return False

    await until(topic)
    act, data = event("svu.inskrivning", new_ref(), ward["hsa"]), admission()[1]
    await hub.tell("new", act, data)
    assert (await hub.receipt("new", act["id"]))["code"] == "ok"
    assert hub.hub.alive
    assert "hub_started" in hub.log.read_text()
    assert hub.log.read_text().count("hub_started") == 1


@pytest.mark.parametrize("path", ["/messages", "/fhir/$process-message"])
async def test_without_a_token_it_is_401(hub, path):
    sent = "SELECT count(*) FROM message WHERE source <> 'urn:samverkan:hub'"
    before = await hub.value(sent)
    for token in (None, "wrong", "bench-token-"):
        answer = await hub.post(path, json.dumps({}).encode(), FHIR_JSON, token)
        assert answer.status_code == 401
    assert await hub.value(sent) == before


async def test_a_system_that_speaks_for_anothers_unit_is_403(hub):
    act, data = event("svu.inskrivning", new_ref(), SECOND_WARD), admission()[1]
    answer = await hub.send(act, data)
    assert (answer.status_code, answer.json()["rule"]) == (403, "foreign-unit")
    answer = await hub.post("/fhir/$process-message", as_bundle(act, data), FHIR_JSON)
    assert answer.status_code == 403


async def test_what_comes_before_its_case_is_held_and_handled_after_the_opening(hub):
    ref = new_ref()
    early = event("samtycke", ref), {"outcome": "given"}
    await hub.tell("ehr", *early)
    held = await hub.receipt("ehr", early[0]["id"], final=False)
    assert (held["code"], held["rule"]) == ("transient-error", "held")
    later = event("samtycke", ref), {"outcome": "menprovning", "decided_by": "SE2321000255-P01"}
    answer = await hub.send(*later)
    assert (answer.status_code, answer.json()["rule"]) == (202, "held"), "it waits behind the first"
    act, data = admission(ref=ref)
    opened = await hub.send(act, data)
    assert opened.json()["code"] == "ok"
    for waiting in (early, later):
        receipt = await hub.receipt("ehr", waiting[0]["id"])
        assert (receipt["code"], receipt["case"]) == ("ok", opened.json()["case"])
    order = "SELECT id FROM message WHERE case_id = %s AND system <> 'hub' AND sequence IS NOT NULL ORDER BY sequence"
    handled = [row[0] for row in await hub.rows(order, opened.json()["case"])]
    assert handled == [act["id"], early[0]["id"], later[0]["id"]]
    assert await hub.value("SELECT count(*) FROM held") == 0


async def test_an_admission_that_overtakes_its_consent_and_information_is_told_once_and_whole(hub):
    ref = new_ref()
    act, data = admission(ref=ref)
    information = event("information", ref), {"given": True, "patient": data["patient"]}
    consent = event("samtycke", ref), {"outcome": "given"}
    bare = {name: value for name, value in data.items() if name not in {"information", "samtycke"}}
    for head, body in ((act, bare), consent, information):
        await hub.tell("ehr", head, body)
    first = await hub.receipt("ehr", act["id"], final=False)
    assert (first["code"], first["rule"], first["element"]) == ("transient-error", "held", "/data")
    assert "(V-4)" in first["text"]["sv"]
    finals = [await hub.receipt("ehr", head["id"]) for head, _ in (information, consent, (act, bare))]
    assert [receipt["code"] for receipt in finals] == ["ok", "ok", "ok"]
    case = finals[0]["case"]
    order = "SELECT id FROM message WHERE case_id = %s AND system <> 'hub' AND sequence IS NOT NULL ORDER BY sequence"
    assert [row[0] for row in await hub.rows(order, case)] == [information[0]["id"], consent[0]["id"], act["id"]]

    async def told() -> bool:
        return any(notice["id"] == act["id"] for notice in await hub.notices("centre", case))

    await until(told)
    assert len([notice for notice in await hub.notices("centre", case) if notice["id"] == act["id"]]) == 1
    assert await hub.value("SELECT count(*) FROM held") == 0


async def test_a_register_that_is_down_stops_nobody_and_is_asked_again(both):
    hub, registers = both
    person = "201905059901"
    trouble = Control(contract="*", trouble=Trouble(down="503"))
    registers.simulation.control(trouble)
    try:
        act, data = admission(person)
        answer = await hub.send(act, data)
        assert answer.json()["code"] == "ok"
        case = answer.json()["case"]
        assert await hub.addressed(case) == "lookup_unavailable"
        assert (await the_notice(hub, "ehr", await addressing(hub, case), "adressering"))[0]["case"] == case
        assert await hub.notices("centre", case) == []
        known = await hub.send(*admission(LUND[0]))
        assert known.json()["code"] == "ok"
        act_, body = event("deltagare", case), {"unit": CENTRE, "change": "tillagd"}
        assert (await hub.send(act_, body)).json()["code"] == "ok"
        found, _ = await the_notice(hub, "centre", act["id"])
        assert found["case"] == case, "one who is added by hand is told while the register is away"
    finally:
        registers.simulation.control(Control())
    await until(lambda: hub.value("SELECT 1 FROM cases WHERE id = %s AND state->>'addressed' = 'listed'", case))
    await until(lambda: hub.value("SELECT 1 FROM outbox WHERE case_id = %s AND system LIKE 'kommun%%'", case))


async def addressing(hub, case):
    return await hub.value("SELECT id FROM message WHERE case_id = %s AND name = 'adressering' LIMIT 1", case)


async def test_a_time_of_another_zone_is_told_as_the_moment_that_it_is(hub):
    act, data = admission()
    act["time"] = "2026-03-02T08:30:00-05:00"
    await hub.tell("ehr", act, data)
    found, _ = await the_notice(hub, "centre", act["id"])
    told = datetime.fromisoformat(found["time"])
    assert told == datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
    assert told.utcoffset() in {timedelta(0), timedelta(hours=-5)}


# --- what HSA and folkbokforing say during the stay -------------------------------------------------------------------


async def test_a_menprovning_waits_for_hsa_and_is_handled_or_refused_when_it_has_answered(hub):
    for decided_by, code, rule in (("SE2321000255-P02", "ok", None), (staff.UNLICENSED, "fatal-error", "C-22")):
        act, data = admission(LUND[1])
        data["samtycke"] = {"outcome": "menprovning", "decided_by": decided_by}
        first = await hub.send(act, data)
        assert (first.status_code, first.json().get("rule")) == (202, "held"), first.text
        receipt = await hub.receipt("ehr", act["id"])
        assert (receipt["code"], receipt.get("rule")) == (code, rule), receipt
    assert await hub.value("SELECT count(*) FROM held") == 0


async def test_a_responsible_physician_is_verified_afterwards_and_the_ward_is_told(hub):
    act, data = admission(LUND[1])
    case = (await hub.send(act, data)).json()["case"]
    ready = event("svu.utskrivningsklar", case)
    answer = await hub.send(ready, {"date": "2026-11-23", "responsible_physician": staff.UNLICENSED})
    assert answer.json()["code"] == "ok"
    find = "SELECT id FROM message WHERE case_id = %s AND name = 'verifiering' AND raw LIKE '%%responsible_physician%%'::bytea"
    said = await until(lambda: hub.value(find, case))
    _, record = await the_notice(hub, "ehr", said, "verifiering")
    told = json.loads(record.value)
    assert (told["actor"], told["outcome"]) == (staff.UNLICENSED, "role_not_given")


async def test_a_person_who_becomes_protected_during_the_stay_is_found_by_asking_again(both, receiver):
    hub, registers = both
    person = LUND[2]
    act, data = admission(person)
    case = (await hub.send(act, data)).json()["case"]
    await hub.addressed(case)
    assert (await hub.send(event("uppslag", case), {})).json()["code"] == "ok"
    await until(lambda: hub.value("SELECT 1 FROM outbox WHERE kind = 'lookup' AND answer = 'unchanged'"))
    registers.simulation.control(Control(person={"id": person, "protected": ["person"]}))
    try:
        news = await until(
            lambda: hub.value("SELECT id FROM message WHERE case_id = %s AND name = 'folkbokforing'", case)
        )
        for system in ("ehr", "centre"):
            _, record = await the_notice(hub, system, news, "folkbokforing")
            assert json.loads(record.value) == {"news": "protected"}
        assert (await the_call(receiver, news)).event["data"] == {"news": "protected"}
        state = await hub.value("SELECT state FROM cases WHERE id = %s", case)
        assert state["blocked"] is True
        assert "address" not in state["person"]
        refused = await hub.send(event("samtycke", case), {"outcome": "given"})
        assert (refused.status_code, refused.json()["rule"]) == (409, "C-62")
        again = (await hub.send(*admission(person))).json()
        assert again.get("rule") == "C-62" or await hub.addressed(again["case"]) == "protected", "a new case either"
    finally:
        registers.simulation.control(Control(person={"id": person, "protected": None}))


async def test_a_file_with_a_number_or_a_name_of_the_case_is_refused_and_one_without_is_told(hub):
    act, data = admission(LUND[1])
    data["patient"]["name"] = "Tolvan Tolvansson"
    case = (await hub.send(act, data)).json()["case"]
    listed = {"people": [{"name": "Eva-Lena Tolvansdotter", "relation": "dotter"}]}
    assert (await hub.send(event("narstaende", case), listed)).status_code == 200
    for text, status in (
        ("Ring 191212121212 i morgon.", 409),
        ("Ring Tolvansson, Tolvan i morgon.", 409),
        ("Ring Eva-Lena\nTolvansdotter i morgon.", 409),
        ("Ring Tolvan i morgon.", 200),
    ):
        file = {"name": "lapp.txt", "content": base64.b64encode(text.encode()).decode()}
        answer = await hub.send(event("meddelande", case), {"text": "Se bilagan", "attachment": file})
        assert answer.status_code == status, answer.text
        assert "121212" not in answer.text
        assert "olvan" not in answer.text


async def test_a_file_that_comes_together_with_the_case_is_looked_into_for_its_names(hub):
    act, data = admission(LUND[1])
    data["patient"]["name"] = "Tolvan Tolvansson"
    named, fine = (event("meddelande", act["subject"]) for _ in range(2))
    files = [
        {"name": "lapp.txt", "content": base64.b64encode(text).decode()}
        for text in (b"Ring Tolvan Tolvansson", b"Ring")
    ]
    batch = [{**act, "data": data}] + [
        {**one, "data": {"text": "Se bilagan", "attachment": file}}
        for one, file in zip((named, fine), files, strict=True)
    ]
    answers = (await hub.post("/messages", json.dumps(batch), BATCH)).json()
    assert [one["code"] for one in answers] == ["ok", "transient-error", "transient-error"], answers
    refused, accepted = [await hub.receipt("ehr", one["id"], final=True) for one in (named, fine)]
    assert (refused["code"], refused["rule"]) == ("fatal-error", "C-42")
    assert accepted["code"] == "ok"


# --- announcements (C-34) ---------------------------------------------------------------------------------------------


async def announced(hub, system, id_):
    """The records of an announcement on ``hub.out.<system>``."""
    return [record for record in await hub.wire(system) if attributes(record)["id"] == id_]


async def test_operations_tells_every_connected_system_once_by_its_own_way_also_with_two_hubs(hub, receiver, tmp_path):
    await subscribe(hub, receiver)
    port = parts.free_port()
    second = Child(
        [sys.executable, "-m", "hub.cli", "run"],
        log=tmp_path / "second.log",
        env=hub.environment(HUB_HTTP_PORT=str(port)),
    )
    try:
        await until(lambda: asyncio.to_thread(_ready, port))
        sv, en = "Navet stängs i natt kl. 02.00.", "The hub closes tonight at 02.00."
        done = await hub.cli("announce", "--text-sv", sv, "--text-en", en)
        assert done.returncode == 0, done.stderr
        id_ = done.stdout.split()[0]
        connected = "SELECT jsonb_array_length(body->'systems') FROM directory_version ORDER BY version DESC LIMIT 1"
        ((many,),) = await hub.rows(connected)
        assert f"goes to every system ({many})" in done.stdout
        for system in ("ehr", "centre", "fhir-ehr", "malmo"):
            await until(lambda system=system: announced(hub, system, id_))
        call = await the_call(receiver, id_)

        sent = "SELECT count(*) FROM outbox WHERE message = %s AND state = 'sent' HAVING count(*) = %s"
        await until(lambda: hub.rows(sent, id_, many))
        assert f"{id_}  sent to {many} of {many} systems  {sv} / {en}" in (await hub.cli("announcements")).stdout
        line = (await hub.cli("timeline", id_)).stdout
        assert line.count("sent") == many
        for system in ("ehr", "centre", "fhir-ehr", "malmo"):
            (record,) = await announced(hub, system, id_)
            found = attributes(record)
            assert (found["type"], found["source"]) == ("se.samverkan.announcement.v1", "urn:samverkan:hub")
            assert not {"case", "subject", "sequence"} & set(found)
        (native_record,), (bundle,) = await announced(hub, "ehr", id_), await announced(hub, "malmo", id_)
        assert json.loads(native_record.value) == call.event["data"] == {"text": {"sv": sv, "en": en}}
        said = json.loads(bundle.value)["entry"][1]["resource"]
        assert (said["resourceType"], said["payload"][0]["contentString"]) == ("Communication", sv)
        assert [one.event["id"] for one in receiver.of("kommun")].count(id_) == 1
    finally:
        await asyncio.to_thread(second.stop)


def _ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


async def test_an_announcement_says_it_in_both_languages_and_names_nobody(hub):
    store = Store(hub.database)
    try:
        with pytest.raises(Refused, match="both languages"):
            await delivery.announce(store, "Hej", " ", "drift")
        with pytest.raises(Refused, match="personal identity number") as refused:
            await delivery.announce(store, "Sök 191212121212", "Look for somebody", "drift")
        assert "1212" not in str(refused.value)
    finally:
        await store.close()
    assert not await hub.rows("SELECT 1 FROM outbox WHERE kind = 'announcement' AND told::text LIKE '%%somebody%%'")


# --- rotation ---------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def of_operations(hub, system):
    """What operations does to a system's credentials, as `hub directory` does."""
    store = Store(hub.database, pool=1)
    name = f"{system}{hub.tag}"

    async def rotate(kind, old_for_s=3600.0):
        return (await credentials.rotate_by_hand(store, name, kind, old_for_s, "anna", "prov")).value

    async def end(known_as):
        return await credentials.end_by_hand(store, name, known_as, "anna", "prov")

    async def listed():
        return await credentials.of_systems(store, name)

    yield rotate, end, listed
    await store.close()


def opens(secret, call):
    try:
        return Webhook(secret).verify(call.body, call.headers) == call.event
    except WebhookVerificationError:
        return False


async def test_a_webhooks_secret_rotates_with_both_valid_and_then_the_old_ones_end(hub, receiver):
    done = await hub.cli("directory", "rotate", f"kommun{hub.tag}", "secret", "--reason", "prov")
    assert done.returncode == 0, done.stderr
    new = done.stdout.splitlines()[0]

    async def signed_by(secret, *, alone):
        async def look():
            call = await the_call(receiver, (await hub.admit(*admission()))[1])
            opened = [opens(one, call) for one in SECRETS]
            return call if opens(secret, call) and (not any(opened) if alone else all(opened)) else None

        return await until(look)

    async with of_operations(hub, "kommun") as (rotate, _, listed):
        await signed_by(new, alone=False)
        assert [(one.kind, one.until is None) for one in await listed() if one.kind == "secret"] == [
            ("secret", False),
            ("secret", False),
            ("secret", True),
        ]
        with pytest.raises(Refused, match="under way"):
            await rotate("secret")
        newest = await rotate("secret", 0)
        assert not opens(new, await signed_by(newest, alone=True))
    shown = (await hub.cli("directory", "credentials", f"kommun{hub.tag}")).stdout
    assert "0 days" in shown
    acts = "SELECT count(*) FROM operation WHERE target = %s AND what = 'rotate secret' AND who <> ''"
    assert await hub.value(acts, f"kommun{hub.tag}") == 2
    for secret in (new, newest, *SECRETS):
        assert secret not in shown + hub.log.read_text() + (await hub.cli("directory", "show")).stdout


async def test_two_tokens_of_a_system_are_valid_at_once_until_one_is_ended(hub):
    async with of_operations(hub, "ehr") as (rotate, end, listed):
        new = await rotate("token")

        async def status(token):
            return (await hub.send(*admission(), token=token)).status_code

        async def is_known():
            return await status(new) == 200

        async def is_unknown():
            return await status(new) == 401

        await until(is_known)
        assert await status(parts.TOKEN) == 200
        await end(next(one.known_as for one in await listed() if one.until is None))
        await until(is_unknown)
        assert await status(parts.TOKEN) == 200
        with pytest.raises(Refused, match="the only token"):
            await end(parts.hashed(parts.TOKEN)[:16])


# --- what a system does for itself --------------------------------------------------------------------------------------


async def of_itself(hub, system, path, body=None):
    answer = await hub.post(
        f"/self{path}", json.dumps(body).encode() if body else b"", "application/json", f"{system}-token"
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("system", ["moving", "kommun", "pushed"])
async def test_a_test_notice_comes_by_topic_webhook_and_fhir_message_and_says_that_it_is_a_test(hub, receiver, system):
    receiver.behave.pop(PUSH, None)
    made = (await of_itself(hub, system, "/test"))["id"]
    if system == "moving":
        record = (await until(lambda: announced(hub, system, made)))[0]
        assert json.loads(record.value)["test"] is True
        return
    calls = receiver.of(system if system == "kommun" else PUSH)
    call = await until(lambda: next((call for call in [*calls, *receiver.calls] if made.encode() in call.body), None))
    if system == "kommun":
        assert call.event["data"]["test"] is True
    else:
        header = json.loads(call.body)["entry"][0]["resource"]
        assert header["meta"]["tag"][0]["code"] == "HTEST"


async def test_a_system_is_told_again_by_its_own_replay_with_the_same_ids_in_order_and_marked(hub, receiver):
    began = datetime.now(UTC).isoformat()
    case, message = await hub.admit(*admission())
    await the_call(receiver, message)
    await hub.follow(case)

    def calls():
        return [call for call in receiver.of("kommun") if call.event.get("case") == case]

    sent = "SELECT count(*) FROM outbox WHERE case_id = %s AND system LIKE 'kommun%%' HAVING bool_and(state = 'sent')"
    count = await until(lambda: hub.value(sent, case))
    first = [(call.headers["webhook-id"], call.order) for call in calls()]
    assert len(first) == count
    tried = await of_itself(hub, "kommun", "/replay", {"since": began})
    assert tried == {
        "replay": None, "count": count, "cases": 1, "begun": False, "gallrade": 0, "until": tried["until"],
    }  # fmt: skip
    await of_itself(hub, "kommun", "/replay", {"since": began, "expected": count})
    await until(lambda: len(calls()) == 2 * count)
    again = calls()[count:]
    assert [(call.headers["webhook-id"], call.order) for call in again] == first
    assert {call.event["replay"] for call in again} == {"true"}


# --- a change of way --------------------------------------------------------------------------------------------------

COURSE = [
    "kafka",
    "webhook",
    "kafka",
    "inbox",
    "kafka",
    "fhir",
    "webhook",
    "webhook",
    "inbox",
    "webhook",
    "fhir",
    "inbox",
    "fhir",
    "kafka",
]
"""Every way is followed by every other once, and a webhook by one at another address; the format changes on the way too."""


class Moving:
    """The system that changes its way: what it has taken, by whichever way, as its receiver knows it."""

    def __init__(self, hub, receiver, store):
        self.hub, self.receiver, self.store, self.id, self.number = hub, receiver, store, f"moving{hub.tag}", 0
        self.taken, self.in_call = [], set()
        self.refuses, self.hangs, self.over = set(), set(), asyncio.Event()
        self.read = 0

    async def moves_to(self, way):
        self.number += 1
        name = f"moving-{self.number}"
        found = directory(self.receiver)
        system = next(one for one in found["systems"] if one["id"] == "moving")
        system["format"] = "fhir" if way == "fhir" or self.number % 3 == 0 else "native"
        system["delivery"] = {"schedule_s": [0.2], "breaker_failures": 1000, "timeout_s": 60}
        system["out"] = {
            "kafka": {"way": "kafka"},
            "inbox": {"way": "inbox", "lease_s": 600},
            "webhook": self.receiver.out(name),
            "fhir": {"way": "fhir", "base": f"http://127.0.0.1:{self.receiver.port}/{name}", "token": PUSH_TOKEN},
        }[way]
        self.receiver.behave[name] = self.by_webhook
        self.receiver.behave[f"{name}/$process-message"] = self.by_fhir
        for each in found["systems"]:
            each["id"] += self.hub.tag
        await self.hub.apply(parts.checked(found))
        await until(self.has_moved)
        await asyncio.sleep(
            1
        )  # its lanes look at the directory every 0.4 s, and what comes before goes by the former way

    async def has_moved(self):
        """Whether every process has taken the directory up: until then one may tell it by its former way."""
        newest = "(SELECT max(version) FROM directory_version)"
        return await self.hub.value(f"SELECT bool_and((state->>'directory')::int = {newest}) FROM running_hub")

    async def takes(self, case, number):
        """Whether a call's notice is taken: what is refused is not, nor what hangs."""
        if case in self.hangs:
            self.in_call.add(case)
            await self.over.wait()
            return False
        if case not in self.refuses:
            self.taken.append((case, number))
        return case not in self.refuses

    async def by_webhook(self, call):
        return 204 if await self.takes(*call.order) else 422

    async def by_fhir(self, call):
        notice, header = wire.read({}, call.body), json.loads(call.body)["entry"][0]["resource"]
        taken = await self.takes(notice.case, notice.sequence)
        why = {} if taken else {"rule": "X", "text": {"sv": "Nej", "en": "No"}}
        told = Receipt.model_validate({"message": header["id"], "code": "ok" if taken else "fatal-error", **why})
        body = fhir.write_response(told, header["id"], created=datetime.now(UTC)).decode()
        return 200, {"content-type": FHIR_JSON, "body": body}

    async def comes(self, way):
        """Takes what lies for it, where nobody calls it."""
        if way == "kafka":
            records = await parts.everything(self.hub.bootstrap, f"hub.out.{self.id}")
            told = [attributes(record) for record in records[self.read :]]
            self.taken += [(one["case"], int(one["sequence"])) for one in told if "case" in one]
            self.read = len(records)
        elif way == "inbox":
            await self.fetches()

    async def fetches(self):
        """What hangs stays in its hands."""
        answer = await self.hub.ask("/inbox", "moving-token")
        acks = []
        for one in answer.json()["notices"] if answer.status_code == 200 else ():
            case, number = one["event"]["case"], int(one["event"]["sequence"])
            if case in self.hangs:
                self.in_call.add(case)
                continue
            acks.append({"id": one["id"], "outcome": "refused" if case in self.refuses else "taken"})
            self.taken += [] if case in self.refuses else [(case, number)]
            if case in self.refuses:
                break  # what follows in its case it would not take either
        if acks:
            body = json.dumps({"acks": acks}).encode()
            assert (await self.hub.post("/inbox/ack", body, "application/json", "moving-token")).status_code == 200

    async def case(self, *kinds, follow=0):
        """A case of which its unit is told, with so many further notices; its notices are refused, or hang, from the first on."""
        case, _ = await self.hub.admit(*admission())
        for kind in kinds:
            kind.add(case)
        assert (await self.hub.send(event("deltagare", case), {"unit": MOVING, "change": "tillagd"})).status_code == 200
        for _ in range(follow):
            await self.hub.follow(case)
        return case

    async def rows(self, *cases):
        """(case, number) → (id, state), of its notices in these cases, in order."""
        asked = (
            "SELECT case_id::text, sequence, id, state FROM outbox WHERE system = %s AND case_id = ANY(%s::uuid[])"
            " ORDER BY case_id, sequence"
        )
        return {
            (case, number): (id_, state)
            for case, number, id_, state in await self.hub.rows(asked, self.id, list(cases))
        }

    async def until_taken(self, way, *cases):
        async def look():
            await self.comes(way)
            rows = await self.rows(*cases)
            return set(self.taken) >= rows.keys() and {state for _, state in rows.values()} == {"sent"}

        await until(look)

    async def until_some_are_dead(self, way, case):
        async def look():
            await self.comes(way)
            return "dead" in {state for _, state in (await self.rows(case)).values()}

        await until(look)


async def test_a_system_changes_its_way_to_every_other_and_no_notice_is_lost_doubled_or_out_of_order(hub, receiver):
    store = Store(hub.database, pool=1)
    moving = Moving(hub, receiver, store)
    try:
        for old, new in pairwise(COURSE):
            await changes(moving, old, new)
    finally:
        moving.over.set()
        await store.close()


async def changes(moving, old, new):
    """With notices that wait, with one in a call or in a reader's hands, and with some behind a dead one."""
    hub, store, why = moving.hub, moving.store, ("anna", "prov")
    called, dead = None, None
    if old != "kafka":  # of a topic nothing is refused, and nothing is long in a call
        called = await moving.case(moving.hangs)
        await until(lambda: hangs(moving, old, called))
        dead = await moving.case(moving.refuses, follow=1)
        await moving.until_some_are_dead(old, dead)
    await delivery.pause(store, moving.id, *why)
    await until(lambda: paused(hub, moving.id))
    waiting = await moving.case(follow=2)
    if called is None or dead is None:
        called, dead = await moving.case(), await moving.case(moving.refuses, follow=1)
        first = next(iter((await moving.rows(dead)).values()))[0]
        async with store.transaction() as connection:
            await dead_letters.add(connection, first, "cannot-be-written")
    await hub.follow(called)
    moving.hangs.clear()
    await moving.moves_to(new)
    await delivery.resume(store, moving.id, *why)
    await moving.until_taken(new, waiting, called)
    assert dead not in {case for case, _ in moving.taken}, (
        "what is behind a dead notice waits for operations by every way"
    )
    moving.refuses.clear()
    assert (await replays.replay(store, RowFilter(system=moving.id), *why, expected=1)).total == 1
    await moving.until_taken(new, waiting, called, dead)
    rows = await moving.rows(waiting, called, dead)
    taken = [one for one in moving.taken if one in rows]
    assert sorted(taken) == sorted(rows), f"from {old} to {new} each is taken once"
    for case in (waiting, called, dead):
        numbers = [number for its, number in taken if its == case]
        assert numbers == sorted(numbers), f"in order from {old} to {new}"


@pytest.mark.parametrize("outcome", ["taken", "read", "refused"])
async def test_what_a_receiver_says_of_a_notice_within_its_call_holds_whatever_the_call_answers(hub, receiver, outcome):
    store = Store(hub.database, pool=1)
    moving, calls = Moving(hub, receiver, store), []

    async def says(call):
        calls.append(call.order)
        if len(calls) == 1:
            ack = {"id": call.headers["webhook-id"], "outcome": outcome}
            body = json.dumps({"acks": [ack]}).encode()
            answer = await hub.post("/inbox/ack", body, "application/json", "moving-token")
            assert answer.status_code == 200, answer.text
        return 204

    moving.by_webhook = says
    try:
        await moving.moves_to("webhook")
        case = await moving.case(follow=1)
        first, *rest = (await moving.rows(case)).keys()
        first_state = "sent"
        if outcome == "refused":
            await until(lambda: states(moving, case, "dead", *["waiting"] * len(rest)))
            ((letter,),) = [await delivery.dead(store, moving.id)]
            await delivery.skip(store, letter.id, "anna", "prov")
            first_state = "skipped"
        await until(lambda: states(moving, case, first_state, *["sent"] * len(rest)))
        assert calls == [first, *rest]
        ((answer,),) = await hub.rows(
            "SELECT answer FROM outbox WHERE system = %s AND case_id = %s AND sequence = %s", moving.id, case, first[1]
        )
        said = {"taken": "acknowledged", "read": "acknowledged; read ", "refused": "refused-by-receiver"}[outcome]
        assert answer.startswith(said)

        async def counts():
            return [await hub.metric(f"hub_outbox_{what}", system=moving.id) for what in ("waiting", "dead")] == [0, 0]

        await until(counts)
    finally:
        await store.close()


@pytest.mark.parametrize("goes_on_s", [0, 1.5])  # for less, and for longer, than the proof is good
async def test_a_notice_that_is_written_anew_within_its_call_is_told_once(hub, receiver, goes_on_s):
    store = Store(hub.database, pool=1)
    moving, calls = Moving(hub, receiver, store), []

    async def rewritten(call):
        calls.append(call.order)
        if len(calls) == 1:  # as when its person is found to be protected (C-62)
            async with store.transaction() as connection:
                await shards.change(connection, [call.order[0]])
                for id_, *_ in await outbox.unsent(connection, call.order[0]):
                    await outbox.rewrite(connection, id_, None)
            await asyncio.sleep(goes_on_s)
        return 204

    moving.by_webhook = rewritten
    try:
        await moving.moves_to("webhook")
        case = await moving.case(follow=2)
        rows = await moving.rows(case)
        await until(lambda: states(moving, case, *["sent"] * len(rows)))
        await asyncio.sleep(1)  # what is read from the table again would be told again in that time
        assert calls == list(rows)
    finally:
        await store.close()


async def states(moving, case, *expected):
    return [state for _, state in (await moving.rows(case)).values()] == list(expected)


async def hangs(moving, way, case):
    await moving.comes(way)
    return case in moving.in_call


async def paused(hub, system):
    return await hub.metric("hub_delivery_paused", system=system) == 1
