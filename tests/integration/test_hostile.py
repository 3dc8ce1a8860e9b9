"""Whatever comes in: refused with a named reason, nothing changed, nothing personal leaked, and the next message flows.

One hub as a child process, over HTTP, FHIR and Kafka.
"""

import asyncio
import base64
import itertools
import json
import uuid
from dataclasses import dataclass, field
from functools import partial

import psycopg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from hub.sandbox.register_contents import Contents
from hub.translators import fhir, native
from hub.translators.fhir.xml_writer import as_xml
from tests import stack as parts
from tests.stack import CENTRE, KOMMUN, LUND, TOKEN, WARD, admission, event, kvittens, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON = "194501019808"
SHORT = "450101-9808"
NAME, ADDRESS = "Zebulon Hemlighetsson", "Gömda gränd 77"
STRUCTURED, FHIR_JSON, FHIR_XML = "application/cloudevents+json", "application/fhir+json", "application/fhir+xml"
MEGABYTE = 1024 * 1024
DEPTH = 10_000
PROTECTED, DEAD = "197503169810", "193006069896"


@dataclass(repr=False)
class Hostile:
    """One message that must be refused under one of ``rules``, and the ways on which it can come."""

    name: str
    rules: str
    body: bytes
    media: str | bytes = STRUCTURED
    headers: list = field(default_factory=list)
    http: bool = True
    kafka: bool = True

    @property
    def path(self):
        return "/fhir/$process-message" if "fhir" in str(self.media) else "/messages"

    def __repr__(self):
        return self.name  # not its 20 MB


def act(change=None, drop=(), data=None, **envelope):
    """A structured admission of PERSON, with what is wrong put in."""
    attributes, found = admission(PERSON)
    found["patient"] |= {"name": NAME, "address": ADDRESS}
    found |= change or {}
    whole = {**attributes, "data": found if data is None else data} | envelope
    for name in drop:
        del whole[name]
    return json.dumps(whole).encode()


def bundle(change=lambda tree: None, person=PERSON):
    """The same as a FHIR Bundle, with what is wrong put in."""
    attributes, found = admission(person)
    found["patient"] |= {"name": NAME, "address": ADDRESS}
    tree = json.loads(fhir.write_request(native.read_binary(attributes, json.dumps(found).encode())))
    change(tree)
    return json.dumps(tree).encode()


def xml(inside=b"", before=b""):
    """The same as XML; ``before`` stands before the root, ``inside`` in place of the person's name."""
    whole = as_xml(bundle())
    whole = whole[whole.index(b"<Bundle") :]
    return before + (whole.replace(NAME.split()[1].encode(), inside) if inside else whole)


def resource(tree, kind):
    return next(entry["resource"] for entry in tree["entry"] if entry["resource"]["resourceType"] == kind)


def put(kind, **values):
    return lambda tree: resource(tree, kind).update(values)


def patient_number(tree):
    resource(tree, "Patient")["identifier"][0]["value"] = PERSON[:-1] + "9"


def nested(depth, opening, closing, core=b"1"):
    return opening * depth + core + closing * depth


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE Bundle [%s]>'
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else NAME.encode() * 10) for n in range(10))


def hostile():
    attributes, data = admission(PERSON)
    good_body = json.dumps(data).encode()
    envelope = [(f"ce_{k}", v.encode()) for k, v in attributes.items()]
    without_id = [header for header in envelope if header[0] != "ce_id"]
    yield Hostile("not JSON", "not-json", b'{"patient": "' + NAME.encode() + b" " + PERSON.encode())
    yield Hostile("not UTF-8", "not-json", act({"reason": NAME}).replace(b"Zebulon", b"Zebul\xf6n"))
    yield Hostile("nothing", "not-json", b"")
    yield Hostile("null", "not-json", b"null")
    yield Hostile("an array", "not-json", b"[" + act() + b"]")
    yield Hostile("20 MB", "too-large", act({"reason": NAME * (20 * MEGABYTE // len(NAME.encode()) - 1000)}))
    yield Hostile("20 MB of nothing", "too-large", b" " * (20 * MEGABYTE))
    yield Hostile("20 MB of FHIR", "too-large", bundle()[:-1] + b" " * (20 * MEGABYTE), FHIR_JSON)
    yield Hostile("20 MB of XML", "too-large", xml() + b" " * (20 * MEGABYTE), FHIR_XML)
    yield Hostile("arrays 10 000 deep", "not-json", nested(DEPTH, b"[", b"]"))
    yield Hostile("objects 10 000 deep", "not-json", nested(DEPTH, b'{"a":', b"}"))
    deep = act(data="DEEP").replace(b'"DEEP"', nested(DEPTH, b"[", b"]"))
    yield Hostile("data 10 000 deep", "not-json", deep)
    yield Hostile("binary data 10 000 deep", "not-json", nested(DEPTH, b"[", b"]"), "application/json", envelope)
    yield Hostile("unknown type", "unknown-type", act(type="se.samverkan.svu.hemligt.v1"))
    yield Hostile("a type that is a person's number", "unknown-type", act(type=f"se.samverkan.{PERSON}.v1"))
    yield Hostile("the hub's own type", "unknown-type", act(type="se.samverkan.adressering.v1"))
    yield Hostile("unknown field", "unknown-field", act({"hemligt": NAME}))
    yield Hostile("an attribute of no CloudEvent", "unknown-field", act(Hemligt=NAME))
    yield Hostile("an attribute that the hub alone sets", "unknown-field", act(awaits=NAME))
    yield Hostile("a member twice", "member-twice", act().replace(b'"reason"', b'"reason": "x", "reason"'))
    yield Hostile("a person's number as field", "unknown-field", act({PERSON: NAME}))
    yield Hostile(
        "a person's number as nested field", "unknown-field", act({"information": {"given": True, SHORT: NAME}})
    )
    yield Hostile("a person's name as attribute", "unknown-field", act(**{NAME: PERSON}))
    yield Hostile("a name as field", "unknown-field", act({NAME: 1}))
    yield Hostile("no such unit", "foreign-unit unknown-unit", act(source="urn:hsa:SE2321000255-INGEN"))
    yield Hostile("another system's unit", "foreign-unit", act(source=f"urn:hsa:{CENTRE}"))
    yield Hostile("a source that is a person", "invalid-value", act(source=f"urn:personnummer:{PERSON}"))
    yield Hostile("wrong check digit", "C-60", act({"patient": {"personnummer": PERSON[:-1] + "9", "name": NAME}}))
    yield Hostile("number with a hyphen", "C-60", act({"patient": {"personnummer": "19450101-9808", "name": NAME}}))
    yield Hostile("number that is a number", "C-60", act({"patient": {"personnummer": int(PERSON), "name": NAME}}))
    yield Hostile("a role that the unit has not", "C-3", act(actorrole="rektor"))
    yield Hostile("a role that is a person's number", "C-3", act(actorrole=PERSON))
    yield Hostile("30 February", "invalid-value", act({"estimated_discharge": "2026-02-30"}))
    yield Hostile("25 o'clock", "invalid-value", act({"admitted_at": "2026-02-03T25:00:00+01:00"}))
    yield Hostile("a time without zone", "invalid-value", act({"admitted_at": "2026-02-03T12:00:00"}))
    yield Hostile("a date that is a person's number", "invalid-value", act({"estimated_discharge": PERSON}))
    yield Hostile("control characters", "invalid-value", act({"reason": f"{NAME}\x07\x1b[2J"}))
    yield Hostile("U+0000", "invalid-value", act({"reason": f"{NAME}\x00"}))
    yield Hostile("U+0000 in the id", "invalid-value", act(id="m\x00"))
    yield Hostile("U+0000 in a field's name", "unknown-field", act({f"{NAME}\x00": 1}))
    yield Hostile("a lone surrogate", "not-json invalid-value", act({"reason": f"{NAME}\ud800"}))
    yield Hostile("a lone surrogate in the id", "not-json invalid-value", act(id="m\udfff"))
    yield Hostile("a lone surrogate in a name", "not-json unknown-field", act({f"{NAME}\ud800": 1}))
    yield Hostile("a lone surrogate as attribute", "not-json unknown-field", act(**{"\ud800": NAME}))
    yield Hostile("an id that is a number", "invalid-value", act(id=4711))
    for at, text in enumerate((PERSON, PERSON[2:], SHORT, f"19{SHORT}", f"vk-{PERSON}", f"a.{SHORT}.b")):
        yield Hostile(f"a person's number as id {at}", "D-10", act(id=text))
        yield Hostile(f"a person's number as reference {at}", "D-10", act(subject=f"ref:{text}"))
        yield Hostile(f"a person's number as subject {at}", "D-10", act(subject=text))
    yield Hostile("a person's number as actor", "D-10 C-3 invalid-value", act(actor=f"SE2321000255-{PERSON}"))
    yield Hostile("a subject that is no case id", "invalid-value unknown-case", act(subject="vk-4711"))
    almost = "0-0-0-0-00000000000000000000000000aa"
    yield Hostile("a subject that is almost a case id", "invalid-value unknown-case", act(subject=almost))
    yield Hostile("a subject in capitals", "invalid-value unknown-case", act(subject=str(uuid.uuid4()).upper()))
    unknown = {**event("kvittens", str(uuid.uuid4())), "data": {"message": "m-1"}}
    yield Hostile("a case that there is not", "unknown-case", json.dumps(unknown).encode())
    almost_kvittens = {**event("kvittens", almost), "data": {"message": "m-1"}}
    yield Hostile("almost a case", "invalid-value unknown-case", json.dumps(almost_kvittens).encode())
    yield Hostile("nobody admitted", "missing-field", act({"patient": {"name": NAME}}))
    yield Hostile("no subject", "missing-field", act(drop=["subject"]))
    # FHIR
    yield Hostile("FHIR that is no JSON", "not-json", bundle()[:-40], FHIR_JSON)
    yield Hostile("FHIR that is not UTF-8", "not-utf8", bundle().replace(b"Zebulon", b"Zebul\xf6n"), FHIR_JSON)
    yield Hostile("FHIR that is nothing", "not-json not-a-bundle fhir-invalid", b"{}", FHIR_JSON)
    yield Hostile("FHIR arrays 10 000 deep", "too-deep not-json", nested(DEPTH, b"[", b"]"), FHIR_JSON)
    opening = b'{"resourceType":"Bundle","entry":'
    yield Hostile("FHIR 10 000 deep", "too-deep not-json", nested(DEPTH, opening, b"}"), FHIR_JSON)
    yield Hostile(
        "XML 10 000 deep", "too-deep not-xml",
        nested(DEPTH, b'<Bundle xmlns="http://hl7.org/fhir">', b"</Bundle>", b""), FHIR_XML,
    )  # fmt: skip
    yield Hostile("XML cut short", "not-xml", xml()[:-30], FHIR_XML)
    yield Hostile("XML with a DTD", "not-xml", xml(before=DOCTYPE % b""), FHIR_XML)
    file = DOCTYPE % b'<!ENTITY x SYSTEM "file:///etc/hostname">'
    yield Hostile("XML that asks for a file", "not-xml", xml(b"&x;", file), FHIR_XML)
    outside = b'<?xml version="1.0"?><!DOCTYPE Bundle SYSTEM "http://127.0.0.1:9/x.dtd">'
    yield Hostile("XML with a DTD elsewhere", "not-xml", xml(before=outside), FHIR_XML)
    yield Hostile("a billion laughs", "not-xml", xml(b"&l9;", DOCTYPE % LAUGHS), FHIR_XML)
    yield Hostile("JSON that says it is XML", "not-xml", bundle(), FHIR_XML)
    yield Hostile("XML that says it is JSON", "not-json", xml(), FHIR_JSON)

    def reversed_entries(tree):
        tree["entry"].reverse()

    yield Hostile("a Bundle that begins otherwise", "bundle-first-entry", bundle(reversed_entries), FHIR_JSON)
    yield Hostile(
        "unknown resourceType",
        "unknown-resource fhir-invalid",
        bundle(put("Patient", resourceType="Person9")),
        FHIR_JSON,
    )
    yield Hostile(
        "a resourceType that is a person", "unknown-resource fhir-invalid", bundle(put("Patient", resourceType=PERSON)),
        FHIR_JSON,
    )  # fmt: skip
    yield Hostile("unknown element", "fhir-invalid", bundle(put("Patient", **{PERSON: NAME})), FHIR_JSON)
    yield Hostile("FHIR with a wrong check digit", "C-60", bundle(patient_number), FHIR_JSON)
    yield Hostile(
        "FHIR with 30 February", "fhir-invalid field-invalid day time-zone",
        bundle(put("Provenance", recorded="2026-02-30T10:00:00Z")), FHIR_JSON,
    )  # fmt: skip
    secret = {"security": [{"code": "sekretessmarkering"}]}
    yield Hostile("FHIR with a label of secrecy", "C-62", bundle(put("Patient", meta=secret)), FHIR_JSON)
    yield Hostile("FHIR with a person's number as id", "D-10", bundle(put("MessageHeader", id=PERSON)), FHIR_JSON)

    def unreadable_too(tree):
        resource(tree, "MessageHeader")["id"] = PERSON
        resource(tree, "Provenance")["recorded"] = "yesterday"

    yield Hostile(
        "FHIR with a person's number as id, unreadable", "fhir-invalid time-zone", bundle(unreadable_too), FHIR_JSON
    )

    def foreign(tree):
        text = json.dumps(tree).replace(WARD, CENTRE)
        tree.clear()
        tree.update(json.loads(text))

    yield Hostile("FHIR of another system's unit", "foreign-unit", bundle(foreign), FHIR_JSON)
    # Kafka's own
    only = {"http": False}
    one = partial(Hostile, body=good_body, media=b"application/json", **only)
    yield one("an attribute that is not UTF-8", "invalid-value", headers=[*without_id, ("ce_id", b"\xff\xfe")])
    yield one("a header of nothing", "missing-field invalid-value", headers=[*without_id, ("ce_id", None)])
    yield one("a header without a name", "missing-field", headers=[*envelope[1:], ("", NAME.encode())])
    yield one(
        "thousands of headers", "unknown-field", headers=[*envelope, *((f"ce_x_{n}", b"x") for n in range(5_000))]
    )
    yield one("a huge id", "invalid-value", headers=[*without_id, ("ce_id", b"x" * MEGABYTE)])
    yield one("a person's number as header", "unknown-field", headers=[*envelope, (f"ce_{NAME}", PERSON.encode())])
    yield Hostile("a media type with U+0000", "media-type", good_body, b"application/json\0", **only)
    yield Hostile("a media type not UTF-8", "media-type", good_body, b"\xff\xff", **only)
    yield Hostile("a huge media type", "media-type", good_body, b"x" * MEGABYTE, **only)
    yield Hostile("no body", "not-json missing-field", b"", b"application/json", envelope, **only)


HOSTILE = list(hostile())
OVER_HTTP = [each for each in HOSTILE if each.http]
OVER_KAFKA = [each for each in HOSTILE if each.kafka]


def directory():
    found = parts.content()
    for unit in found["units"]:
        if unit["hsa"] == CENTRE:
            unit["roles"]["sekreterare"] = {}  # active, but without any responsibility (C-1)
    found["befattningar"]["411010"] = "sekreterare"
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    async with parts.running(shared_database, kafka.bootstrap, folder, directory()) as (stack, _):
        stack.watch("ehr", "centre", "kommun")
        stack.answers = []
        for person in (LUND[0], LUND[1]):
            case = (await stack.send(*admission(person))).json()["case"]
            assert await stack.addressed(case) == "listed"
        await until(lambda: none_under_way(stack))
        yield stack


async def none_under_way(stack):
    return await stack.value("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 0


async def fingerprint(stack):
    """Everything that a refused message must leave as it was."""
    return await stack.rows(
        "SELECT (SELECT count(*) FROM cases), (SELECT sum(sequence) FROM cases), (SELECT count(*) FROM held),"
        " (SELECT count(*) FROM message WHERE sequence IS NOT NULL), (SELECT count(*) FROM message WHERE receipt IS NULL),"
        " (SELECT count(*) FROM outbox WHERE kind <> 'receipt')"
    )


async def post(stack, case):
    headers = {name.replace("ce_", "ce-"): value.decode() for name, value in case.headers}
    answer = await stack.post(case.path, case.body, case.media, **headers)
    stack.answers.append(answer)
    return answer


async def produce(stack, case):
    media = case.media if isinstance(case.media, bytes) else case.media.encode()
    return await stack.produce("ehr", case.body, [*case.headers, ("content-type", media)])


def ruled(answer):
    """The rule of a refusal over HTTP, in either format."""
    found = answer.json() if "json" in answer.headers["content-type"] else None
    if found is None:
        return answer.text.split('urn:samverkan:rule"/><code value="')[1].split('"')[0]
    if "resourceType" not in found:
        assert answer.headers["content-type"] == "application/problem+json"
        assert found["text"]["sv"] and found["text"]["en"]
        return found["rule"]
    outcome = found if found["resourceType"] == "OperationOutcome" else found["entry"][1]["resource"]
    return outcome["issue"][0]["details"]["coding"][0]["code"]


async def flows(stack):
    """The next message, over both ways."""
    answer = await stack.send(*admission())
    assert (answer.status_code, answer.json()["code"]) == (200, "ok")
    attributes, data = admission(LUND[1])
    await stack.tell("ehr", attributes, data)
    assert (await stack.receipt("ehr", attributes["id"]))["code"] == "ok"


@pytest.mark.parametrize("case", OVER_HTTP, ids=str)
async def test_over_http_it_is_refused_with_a_named_reason_and_changes_nothing(hub, case):
    before = await fingerprint(hub)
    answer = await post(hub, case)
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert ruled(answer) in case.rules.split(), answer.text[:300]
    assert await fingerprint(hub) == before
    assert (await hub.send(*admission())).status_code == 200


@pytest.mark.parametrize("case", OVER_KAFKA, ids=str)
async def test_over_kafka_it_is_refused_with_a_named_reason_and_changes_nothing(hub, case):
    before = await fingerprint(hub)
    seen = len(await refusals(hub))
    await produce(hub, case)
    await until(lambda: more(hub, seen), 20)
    receipt = (await refusals(hub))[seen]
    assert receipt["rule"] in case.rules.split(), receipt
    assert await fingerprint(hub) == before
    attributes, data = admission(LUND[1])
    await hub.tell("ehr", attributes, data)
    assert (await hub.receipt("ehr", attributes["id"]))["code"] == "ok"


async def refusals(stack):
    found = [json.loads(record.value) for record in await stack.wire("ehr") if b'"code":"fatal-error"' in record.value]
    return [each for each in found if each["code"] == "fatal-error"]


async def more(stack, seen):
    return len(await refusals(stack)) > seen


async def test_a_body_of_20_mb_that_does_not_say_its_size_is_refused_too(hub):
    async def drip():
        for _ in range(20):
            yield b" " * MEGABYTE

    answer = await hub.post("/messages", drip(), STRUCTURED)
    assert (answer.status_code, ruled(answer)) == (413, "too-large")
    await flows(hub)


async def test_a_batch_with_one_of_each_answers_for_each(hub):
    bad = [
        case
        for case in OVER_HTTP
        if case.media == STRUCTURED and len(case.body) < MEGABYTE and b"\\ud" not in case.body
    ]
    whole = []
    for case in bad:
        try:
            found = json.loads(case.body)
        except (ValueError, RecursionError):
            continue
        raw = case.body
        if isinstance(found, dict) and str(found.get("id")).startswith("m-"):  # it came once already (D-2)
            raw = raw.replace(found["id"].encode(), f"m-{parts.new_ref()[4:]}".encode())
        whole.append((case, raw))
    attributes, data = admission()
    body = b"[%s]" % b",".join([*(raw for _, raw in whole), json.dumps({**attributes, "data": data}).encode()])
    before = await fingerprint(hub)
    answer = await hub.post("/messages", body, "application/cloudevents-batch+json")
    hub.answers.append(answer)
    assert answer.status_code == 200
    *refused, ok = answer.json()
    assert ok["code"] == "ok"
    for (case, _), receipt in zip(whole, refused, strict=True):
        assert receipt["code"] == "fatal-error", case
        assert receipt["rule"] in case.rules.split(), (case, receipt)
    assert (await fingerprint(hub))[0][0] == before[0][0] + 1


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        (b"[" * DEPTH + b"]" * DEPTH, 400, "not-json"),
        (b"{}", 400, "not-json"),
        (b"not json", 400, "not-json"),
        (json.dumps([{}] * 501).encode(), 413, "batch-too-large"),
        (b"[" + b" " * (20 * MEGABYTE) + b"]", 413, "too-large"),
        (b'[{"id": "\\ud800"}]', 400, "not-json"),
    ],
    ids=["deep", "no list", "no JSON", "501", "20 MB", "a lone surrogate"],
)
async def test_a_hostile_batch_is_refused_as_a_whole(hub, body, status, rule):
    answer = await hub.post("/messages", body, "application/cloudevents-batch+json")
    if answer.status_code == 200:  # each has a receipt of its own, which says it
        assert [receipt["rule"] for receipt in answer.json()] == [rule]
    else:
        assert (answer.status_code, ruled(answer)) == (status, rule)
    assert (await hub.send(*admission())).status_code == 200


async def test_the_same_id_with_other_content_is_refused_without_advice_to_take_a_new_one_and_the_first_stays(hub):
    attributes, data = admission()
    first = (await hub.send(attributes, data)).json()
    before = await fingerprint(hub)
    answer = await hub.send(attributes, data | {"reason": "Något annat."})
    assert (answer.status_code, answer.json()["rule"]) == (409, "id-reused")
    assert "Never send the same act once more under another id" in answer.json()["text"]["en"]
    await hub.tell("ehr", attributes, data | {"reason": "Ännu något annat."})
    assert (await until(lambda: reused(hub, attributes["id"])))["rule"] == "id-reused"
    assert await fingerprint(hub) == before
    again = (await hub.send(attributes, data)).json()
    assert again == first | {"repeat": True}


async def test_a_corrected_message_under_the_id_of_a_refused_one_is_told_that_nothing_was_done(hub):
    attributes, data = admission()
    refused = await hub.send(attributes | {"subject": "0199aaaa-0000-7000-8000-000000000001"}, data)
    assert refused.json()["code"] == "fatal-error"
    answer = (await hub.send(attributes, data)).json()
    assert answer["rule"] == "id-reused"
    assert f"was refused ({refused.json()['rule']}), and nothing is done" in answer["text"]["en"]
    assert "Never send" not in answer["text"]["en"]
    assert (await hub.send(attributes | {"id": f"{attributes['id']}-b"}, data)).status_code == 200


async def test_a_message_kept_with_a_digest_of_another_kind_is_recognised_by_what_it_says(hub):
    attributes, data = admission()
    first = (await hub.send(attributes, data)).json()
    async with await psycopg.AsyncConnection.connect(hub.database.replace("+psycopg", "")) as connection:
        await connection.execute("SET session_replication_role = replica")  # what is kept may not be changed
        await connection.execute("UPDATE message SET digest = sha256(raw)")  # as before the canonical form
    before = await fingerprint(hub)
    batch = [{**attributes, "data": data | {"reason": "Något annat."}}, {**attributes, "data": data}]
    other, same = (await hub.post("/messages", json.dumps(batch).encode(), "application/cloudevents-batch+json")).json()
    assert (other["rule"], same) == ("id-reused", first | {"repeat": True})
    assert await fingerprint(hub) == before


async def test_the_same_message_in_other_bytes_gets_its_first_receipt_again_whatever_way_it_comes(hub):
    attributes, data = admission()
    event_ = {**attributes, "data": data}
    first = (await hub.send(attributes, data)).json()
    repeat = first | {"repeat": True}
    before = (await fingerprint(hub))[0]

    async def again(body, media):
        answer = await hub.post("/messages", body, media)
        assert answer.status_code == 200
        return answer.json()

    traced = {"traceparent": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01", "tracestate": "x=" + "y" * 500}
    assert await again(json.dumps(event_ | traced, indent=3).encode(), STRUCTURED) == repeat
    assert await again(json.dumps([event_]).encode(), "application/cloudevents-batch+json") == [repeat]
    packed = {**attributes, "data_base64": base64.b64encode(json.dumps(data).encode()).decode()}
    assert await again(json.dumps(packed).encode(), STRUCTURED) == repeat
    await hub.tell("ehr", attributes, data)

    assert await hub.receipt("ehr", attributes["id"]) == repeat
    assert (await fingerprint(hub))[0] == before


async def reused(stack, message):
    return next((each for each in await refusals(stack) if each["message"] == message), None)


async def test_a_role_without_the_responsibility_is_refused_by_name(hub):
    attributes, data = admission()
    case = (await hub.send(attributes, data)).json()["case"]
    assert await hub.addressed(case) == "listed"
    act_, body = kvittens(case, attributes["id"], CENTRE, actorrole="sekreterare")
    await hub.tell("centre", act_, body)
    receipt = await hub.receipt("centre", act_["id"])
    assert (receipt["code"], receipt["rule"], receipt["element"]) == ("fatal-error", "C-1", "/actorrole")
    assert await hub.value("SELECT sequence FROM cases WHERE id = %s", case) in {2, 3}


@pytest.mark.parametrize(("person", "rule"), [(PROTECTED, "C-62"), (DEAD, "C-63")])
async def test_one_whom_the_register_protects_or_knows_as_dead_is_turned_away_and_not_told_of(hub, person, rule):
    attributes, data = admission(person)
    case = (await hub.send(attributes, data)).json()["case"]
    assert (
        await until(lambda: hub.value("SELECT status FROM cases WHERE id = %s AND status <> 'open'", case)) == "refused"
    )
    assert await hub.value("SELECT state->>'person' FROM cases WHERE id = %s", case) is None
    answer = await hub.send(*admission(person))
    hub.answers.append(answer)
    assert (answer.status_code, answer.json()["rule"]) == (409, rule)
    for system in ("centre", "kommun"):
        assert await hub.notices(system, case) == []
    await flows(hub)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer \u00ff"},
        {"authorization": f"Bearer {PERSON}"},
        {"authorization": "Basic " + "A" * 4000},
        {"authorization": "Bearer"},
    ],
)
async def test_a_hostile_token_is_401_and_nothing_more(hub, headers):
    for path in ("/messages", "/fhir/$process-message"):
        answer = await hub._client.post(
            path, content=act(), headers={k: v.encode("latin-1") for k, v in headers.items()}
        )
        hub.answers.append(answer)
        assert answer.status_code == 401


# --- D-10 -------------------------------------------------------------------------------------------------------------


def needles():
    """Every person's number in all its forms, names and addresses, as they could be found in what came out."""
    found = {NAME, NAME.split()[1], ADDRESS, "Gömda"}
    used = {PERSON, PERSON[:-1] + "9", PROTECTED, DEAD, *LUND}
    for number in used:
        for whole in (number, number[2:]):
            found |= {whole, f"{whole[:-4]}-{whole[-4:]}", f"{whole[:-4]}+{whole[-4:]}"}
    for person in Contents.load().persons:
        if person.id in used:
            found |= {f"{person.given} {person.surname}", person.street or NAME}
    return found


async def test_nothing_personal_comes_out_but_in_the_bodies_of_notices(hub):
    # All of it once more, so that this test stands alone.
    hub.answers = []
    ordinary = {}
    for person in (*LUND, PROTECTED, DEAD):
        attributes, data = admission(person)
        data["patient"] |= {"name": NAME, "address": ADDRESS, "phone": "046-10 10 10"}
        answer = await hub.send(attributes, data)
        hub.answers.append(answer)
        if answer.status_code == 200:
            ordinary[attributes["id"]] = answer.json()["case"]
    for case in OVER_HTTP:
        if len(case.body) < MEGABYTE:
            await post(hub, case)
    for case in OVER_KAFKA:
        if len(case.body) < MEGABYTE:
            await produce(hub, case)
    for message, case in ordinary.items():
        await until(lambda case=case: hub.value("SELECT state->>'addressed' FROM cases WHERE id = %s", case))
        for unit, system in ((CENTRE, "centre"), (KOMMUN, "kommun")):
            await hub.tell(system, *kvittens(case, message, unit))
    early, data = event("samtycke", parts.new_ref()), {"outcome": "given", "given_by": NAME, "comment": PERSON}
    await hub.tell("ehr", early, data)
    assert (await hub.receipt("ehr", early["id"], final=False))["code"] == "transient-error"
    await flows(hub)
    await until(lambda: none_under_way(hub))
    for path in (f"/{PERSON}", f"/messages/{PERSON}?name={PERSON}", f"/metrics?{PERSON}"):
        hub.answers.append(await hub._client.get(path))
    hub.answers.append(await hub._client.post(f"/messages?person={PERSON}", content=act()))

    out = {"log": hub.log.read_text(), "metrics": await asyncio.to_thread(hub.get, "/metrics")}
    for system in ("ehr", "centre", "kommun"):
        for number, record in enumerate(await hub.wire(system)):
            out[f"{system} {number}: topic, key, headers"] = repr(
                (record.topic, (record.key or b"").decode())
            ) + "".join(f"{name}: {value.decode()}\n" for name, value in record.headers)
    for number, answer in enumerate(hub.answers):
        out[f"answer {number}: {answer.status_code}"] = answer.text + str(answer.headers)
    asked = [*ordinary.items()]
    ids = [early["id"], *itertools.chain(*asked[:3])]
    ids += [row[0] for row in await hub.rows("SELECT DISTINCT message FROM outbox WHERE message ~ '[0-9]{4}' LIMIT 5")]
    for command in (["held", "list"], ["dead", "list"], *(["timeline", each] for each in ids)):
        done = await hub.cli(*command)
        out[f"hub {' '.join(command)}"] = done.stdout + done.stderr
    columns = "SELECT message, source FROM outbox UNION SELECT case_key, reason FROM held UNION SELECT id, source FROM message"
    out["ids that commands show"] = "\n".join(" ".join(row) for row in await hub.rows(columns))
    assert len(out["log"]) > 100
    assert early["id"] in out["hub held list"]

    leaks = [(place, needle) for place, text in out.items() for needle in needles() if needle in text]
    found = [(place, out[place][:400]) for place, _ in leaks[:5]]
    assert not found


async def test_the_search_would_find_what_it_searches_for():
    assert {"19450101-9808", "4501019808", "Tolvan Tolvansson", "Storgatan 1", "19750316-9810"} <= needles()
    assert TOKEN not in needles()


async def test_a_header_whose_name_is_not_utf8_stops_only_the_topic_that_holds_it(hub):
    before, before_data = admission(LUND[2])
    await hub.tell("ehr", before, before_data)
    attributes, data = admission()
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    await produce_raw(hub, json.dumps(data).encode(), [*headers, ("zzzz", b"1")], b"zzzz", b"\xff\xfe\xfd\xfc")
    assert (await hub.receipt("ehr", before["id"]))["code"] == "ok"
    case = (await hub.receipt("ehr", before["id"]))["case"]
    await until(lambda: hub.value("SELECT 1 FROM cases WHERE state->>'addressed' = 'listed' AND id = %s", case), 20)
    act, body = kvittens(case, before["id"], CENTRE)
    await hub.tell("centre", act, body)
    assert (await hub.receipt("centre", act["id"]))["code"] == "ok"
    assert f'hub_unreadable_topics{{topic="hub.in.ehr{hub.tag}"}} 1.0' in hub.get("/metrics")


async def produce_raw(stack, body, headers, old, new):
    """A record that aiokafka would not write, though other clients do: a header's name is put into the bytes."""
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
        batch = producer.create_batch()
        batch.append(key=None, value=body, timestamp=None, headers=headers)
        raw = bytearray(bytes(batch._build()).replace(old, new))
        raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
        batch._buffer = bytes(raw)
        await (await producer.send_batch(batch, f"hub.in.ehr{stack.tag}", partition=0))
