"""The HTTP door: how clients write a request, how they break one off, and that reading what is large stops nobody."""

# ruff: noqa: E501 - a request as it stands on the wire is a line

import asyncio
import gzip
import json
import resource
import socket
import zlib

import pytest
import pytest_asyncio

from hub.translators import fhir
from hub.translators.fhir import READS, WRITES
from hub.translators.fhir.xml_writer import as_xml
from tests import stack as parts
from tests.documented import Documented
from tests.stack import LUND, TOKEN, admission, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"
PROCESS = "/fhir/$process-message"
REQUEST_S = "2"
PLACES = 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    more = {"HUB_HTTP_REQUEST_S": REQUEST_S, "HUB_HTTP_CONNECTIONS": str(PLACES)}
    async with parts.running(shared_database, kafka.bootstrap, folder, **more) as (stack, _):
        written = Documented((await stack._client.get("/openapi.json")).json())  # what is answered is what is written
        stack._client.event_hooks["response"].append(written.check)
        yield stack


def structured(**more):
    attributes, data = admission(LUND[0], **more)
    return json.dumps({**attributes, "data": data}).encode()


def bundle(**changes):
    """An admission as a Bundle, with an id and a case of its own."""
    attributes, _ = admission()
    tree = json.loads(fhir.write_request(fhir_admission()))
    tree["id"] = tree["entry"][0]["resource"]["id"] = attributes["id"]
    for entry in tree["entry"]:
        found = entry["resource"]
        if found["resourceType"] == "EpisodeOfCare":
            found["identifier"][0]["value"] = attributes["id"]
        if found["resourceType"] == "Encounter":
            found["episodeOfCare"][0]["identifier"]["value"] = attributes["id"]
        if found["resourceType"] == "Practitioner":
            found["identifier"][0]["value"] = attributes["actor"]
        found.update(changes.get(found["resourceType"], {}))
    return tree


def fhir_admission():
    from hub.translators.fhir.examples import requests

    return requests()["svu.inskrivning"]


def encoded(tree):
    return json.dumps(tree).encode()


def problem(answer, status, rule):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    found = answer.json()
    assert found["rule"] == rule and found["text"]["sv"] and found["text"]["en"]
    return found


# --- what a body is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media", ["Application/CloudEvents+JSON", "application/json", "text/plain", "application/x-www-form-urlencoded"]
)
async def test_an_event_is_read_whatever_it_is_called(hub, media):
    answer = await hub.post("/messages", structured(), media)
    assert answer.status_code == 200 and answer.json()["code"] == "ok", answer.text


async def test_a_batch_is_read_in_capitals_and_a_bundle_where_it_cannot_be_mistaken(hub):
    answer = await hub.post("/messages", b"[" + structured() + b"," + structured() + b"]", BATCH.upper())
    assert [one["code"] for one in answer.json()] == ["ok", "ok"]
    for media in (
        "application/json",
        "text/json",
        "application/json+fhir",
        FHIR_JSON.upper(),
        "application/octet-stream",
    ):
        answer = await hub.post(PROCESS, encoded(bundle()), media)
        assert answer.status_code == 200, answer.text
    for media in ("text/xml", "application/xml", FHIR_XML):
        answer = await hub.post(PROCESS, as_xml(encoded(bundle())), media)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == FHIR_XML
    assert (await hub.post("/messages", encoded(bundle()), "application/json")).status_code == 200


async def test_a_content_type_that_is_not_read_is_refused_by_name_with_those_that_are(hub):
    for media, body in (
        ("application/cloudevents+xml", b"<event/>"),
        ("text/plain", b"hej"),
        ("application/json", b"{}"),
    ):
        found = problem(await hub.post("/messages", body, media), 415, "media-type")
        assert (
            "Content-Type" in found["text"]["sv"]
            and STRUCTURED in found["text"]["en"]
            and FHIR_XML in found["text"]["en"]
        )
    answer = await hub.post(PROCESS, b"hej", "text/plain")
    assert answer.status_code == 415 and answer.headers["content-type"] == FHIR_JSON
    assert FHIR_XML in answer.json()["issue"][0]["details"]["text"]


async def test_kafka_reads_what_cannot_be_mistaken_and_refuses_the_rest_by_a_rule_of_its_own(hub):
    attributes, data = admission()
    whole = json.dumps({**attributes, "data": data}).encode()
    await hub.produce("ehr", whole, [("content-type", b"application/json")])
    assert (await hub.receipt("ehr", attributes["id"]))["code"] == "ok"
    tree = bundle()
    await hub.produce("ehr", encoded(tree), [("Content-Type", b"application/json")])
    assert (await hub.receipt("ehr", tree["entry"][0]["resource"]["id"]))["code"] == "ok"
    attributes, data = admission()
    await hub.produce(
        "ehr", json.dumps(data).encode(), [(f"ce-{name}", value.encode()) for name, value in attributes.items()]
    )
    assert (await hub.receipt("ehr", attributes["id"]))["code"] == "ok"
    for headers in ([("content-type", b"text/plain")], [("content-type", BATCH.encode())]):
        receipt = await hub.receipt("ehr", await hub.produce("ehr", b"hej", headers))
        assert (receipt["code"], receipt["rule"]) == ("fatal-error", "media-type")
        assert "Content-Type" in receipt["text"]["sv"] and STRUCTURED in receipt["text"]["sv"]


# --- binary mode ------------------------------------------------------------------------------------------------------


async def binary(hub, attributes, data, **headers):
    given = {f"ce-{name}": value for name, value in attributes.items()} | headers
    return await hub.post("/messages", json.dumps(data).encode(), "application/json", **given)


async def test_header_values_are_decoded_once_and_taken_out_of_their_quotes(hub):
    attributes, data = admission()
    ref = attributes["subject"]
    coded = {name: "".join(f"%{byte:02X}" for byte in value.encode()) for name, value in attributes.items()}
    first = await binary(hub, coded, data)
    assert first.status_code == 200, first.text
    attributes["id"] += "-2"
    quoted = await binary(hub, {name: f'"{value}"' for name, value in attributes.items()}, {**data, "reason": "Fall"})
    assert quoted.status_code in (200, 409), quoted.text
    assert quoted.json().get("element") not in ("/id", "/subject", "/source", "/time"), quoted.text
    twice = await binary(hub, attributes | {"id": "a%2525"}, data)
    assert problem(twice, 400, "invalid-value")["element"] == "/id"
    assert ref.startswith("ref:")


async def test_what_is_no_utf8_and_an_attribute_that_stands_twice_are_refused(hub):
    attributes, data = admission()
    assert problem(await binary(hub, attributes | {"id": "%FF"}, data), 400, "not-utf8")["element"] == "/id"
    head = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    head += [(f"ce-{name}", value) for name, value in attributes.items()]
    for more, element in ((("CE-Id", "other"), "/id"), (("content-type", "text/plain"), "/datacontenttype")):
        status, told = await raw(hub, "POST /messages", [*head, more], json.dumps(data).encode())
        assert (
            status == 400 and json.loads(told)["rule"] == "attribute-twice" and json.loads(told)["element"] == element
        )


# --- packed -----------------------------------------------------------------------------------------------------------


async def test_a_packed_body_is_unpacked_within_the_limit_and_other_packings_are_refused_by_name(hub):
    deflate = zlib.compressobj(wbits=-15)
    plain = structured()
    for coding, body in (
        ("gzip", gzip.compress(structured())),
        ("X-GZIP", gzip.compress(plain[:100]) + gzip.compress(plain[100:])),
        ("deflate", zlib.compress(structured())),
        ("deflate", deflate.compress(structured()) + deflate.flush()),
        ("identity", structured()),
    ):
        answer = await hub.post("/messages", body, STRUCTURED, content_encoding=coding)
        assert answer.status_code == 200, (coding, answer.text)
    assert (
        await hub.post(PROCESS, gzip.compress(encoded(bundle())), FHIR_JSON, content_encoding="gzip")
    ).status_code == 200
    bomb = gzip.compress(b" " * 400_000_000, 1)
    problem(await hub.post("/messages", bomb, STRUCTURED, content_encoding="gzip"), 413, "too-large")
    for coding, body, status in (
        ("br", b"x", 415),
        ("gzip, gzip", b"x", 415),
        ("gzip", b"hej", 400),
        ("gzip", gzip.compress(plain)[:-9], 400),
    ):
        answer = await hub.post("/messages", body, STRUCTURED, content_encoding=coding)
        assert "Content-Encoding" in problem(answer, status, "content-encoding")["text"]["sv"]
        assert status == 400 or answer.headers["accept-encoding"] == "gzip, deflate"


# --- who calls, and which message it was ------------------------------------------------------------------------------

_MISSING, _MALFORMED, _UNKNOWN = "is missing", "is not the word Bearer", "is not known here"


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        (None, _MISSING),
        ("", _MISSING),
        ("Bearer", _MALFORMED),
        ("Basic aHViOmh1Yg==", _MALFORMED),
        (TOKEN, _MALFORMED),
        (f"Bearer {TOKEN} {TOKEN}", _MALFORMED),
        (f"Bearer\t{TOKEN}", _MALFORMED),
        (f"Bearer {TOKEN}x", _UNKNOWN),
        (f"Bearer {'x' * 5_000}", _UNKNOWN),
        (f"Bearer  {TOKEN}", None),
        (f"bearer {TOKEN}", None),
    ],
)
async def test_a_token_that_is_missing_malformed_or_unknown_is_told_as_what_it_is(hub, authorization, said):
    given = {} if authorization is None else {"authorization": authorization}
    for path, media, body in (("/messages", STRUCTURED, structured()), (PROCESS, FHIR_JSON, encoded(bundle()))):
        answer = await hub.post(path, body, media, token=None, **given)
        if said is None:
            assert answer.status_code == 200, answer.text
            continue
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        found = answer.json()
        text = found["text"]["en"] if path == "/messages" else answer.text
        assert said in text and "xxxxx" not in answer.text, "a token is not repeated"


async def test_a_call_that_is_refused_before_it_is_a_message_repeats_the_id_of_its_headers(hub):
    headers = {"ce_id": "m-77", "ce_type": "x"}
    for body, media, status in ((b"x", "image/png", 415), (b"1" * 1_100_000, "application/json", 413)):
        answer = await hub.post("/messages", body, media, **headers)
        assert (answer.status_code, answer.json()["message"]) == (status, "m-77")
    answer = await hub.post("/messages", b"x", "image/png", ce_id="19121212-1212")
    assert answer.status_code == 415 and "message" not in answer.json()


# --- FHIR's manners ---------------------------------------------------------------------------------------------------


async def test_fhir_answers_as_fhir_and_http_say(hub):
    answer = await hub.post(PROCESS, encoded(bundle()), FHIR_JSON, token=None)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["resourceType"] == "OperationOutcome" and answer.json()["issue"][0]["code"] == "login"
    for headers, path in (
        ({"accept": FHIR_XML}, PROCESS),
        ({"accept": "text/html, application/fhir+xml;q=0.9, application/fhir+json;q=0.1"}, PROCESS),
        ({}, f"{PROCESS}?_format=xml"),
        ({"accept": FHIR_JSON}, f"{PROCESS}?_format=application/fhir%2Bxml"),
    ):
        answer = await hub.post(path, encoded(bundle()), FHIR_JSON, **headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, FHIR_XML), answer.text
        assert answer.text.startswith("<?xml") and 'code value="ok"' in answer.text
    answer = await hub.post(PROCESS, as_xml(encoded(bundle())), FHIR_XML, accept=FHIR_JSON)
    assert answer.json()["entry"][0]["resource"]["response"]["code"] == "ok"
    for path, status in (("/fhir/Bundle", 404), ("/fhir/metadata", 405)):
        answer = await hub.post(path, b"{}", FHIR_JSON)
        assert (answer.status_code, answer.headers["content-type"]) == (status, FHIR_JSON)
        assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    before = await hub.value("SELECT count(*) FROM message WHERE source <> 'urn:samverkan:hub'")
    answer = await hub.post(PROCESS, encoded(bundle()), FHIR_JSON, accept="text/html")
    assert (answer.status_code, answer.json()["resourceType"]) == (406, "OperationOutcome")
    assert await hub.value("SELECT count(*) FROM message WHERE source <> 'urn:samverkan:hub'") == before
    for path in ("/fhir", "/fhir/"):
        answer = await hub._client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, FHIR_JSON)
        assert answer.json()["resourceType"] == "OperationOutcome"
    assert problem(await hub.post("/nowhere", b"{}", STRUCTURED), 404, "not-found")


async def test_the_capability_statement_is_fhir_and_true(hub):
    from fhir.resources.R4B.capabilitystatement import CapabilityStatement

    answer = await hub._client.get("/fhir/metadata")
    assert (answer.status_code, answer.headers["content-type"]) == (200, FHIR_JSON)
    told = CapabilityStatement.model_validate_json(answer.content)
    assert (str(told.fhirVersion), told.format) == ("4.0.1", [FHIR_JSON, FHIR_XML])
    (operation,) = told.rest[0].operation
    assert operation.name == "process-message"
    assert told.implementation.url == f"http://127.0.0.1:{hub.port}/fhir"
    assert told.messaging[0].endpoint[0].address == f"http://127.0.0.1:{hub.port}{PROCESS}"
    events = {(one.mode, one.definition) for one in told.messaging[0].supportedMessage}
    assert {mode for mode, _ in events} == {"receiver", "sender"}
    assert len(events) == len(READS) + len(WRITES)
    readable = [one.type for one in told.rest[0].resource if one.interaction]
    urls = [operation.definition, *(url for _, url in events)]
    urls += [url for one in told.rest[0].resource for url in one.supportedProfile or ()]
    for url in (one for one in urls if one.startswith("urn:samverkan:")):
        kind, _, id_ = url.removeprefix("urn:samverkan:fhir:").partition(":")
        assert kind in readable
        found = await hub._client.get(f"/fhir/{kind}/{id_.replace('_', '-')}")
        assert (found.status_code, found.json()["url"]) == (200, url)
    (subscriptions,) = [one for one in told.rest[0].resource if one.type == "Subscription"]
    topics = {str(one.valueCanonical) for one in subscriptions.extension}
    assert {
        f"urn:samverkan:fhir:SubscriptionTopic:{name}" for name in (*WRITES, "all", "receipt", "announcement")
    } == topics
    in_xml = await hub._client.get("/fhir/StructureDefinition/Consent", headers={"accept": FHIR_XML})
    assert (in_xml.headers["content-type"], in_xml.text.count("<StructureDefinition ")) == (FHIR_XML, 1)
    nobody = await hub._client.get("/fhir/StructureDefinition/nobody")
    assert (nobody.status_code, nobody.json()["resourceType"]) == (404, "OperationOutcome")
    assert all(name in operation.documentation for name in READS)
    head = await hub._client.head("/fhir/metadata")
    assert (head.status_code, head.headers["content-type"], head.content) == (200, FHIR_JSON, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]
    answer = await hub._client.get("/fhir/metadata", headers={"accept": FHIR_XML})
    assert answer.headers["content-type"] == FHIR_XML
    assert CapabilityStatement.model_validate_xml(answer.content) == told


# --- who does not finish ----------------------------------------------------------------------------------------------


async def raw(hub, line, headers, body):
    """One request as it is written; (status, body)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    writer.write(
        f"{line} HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    )
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


HALVES = {
    "nothing at all": b"",
    "half a header": b"POST /messages HTTP/1.1\r\nHost: x\r\nAuthor",
    "half a body with a token": f"POST /messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n{{".encode(),
    "half a body without": b"POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "half a chunk": f"POST {PROCESS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{{".encode(),
    "a second request by half": b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/l",
}  # fmt: skip


async def test_a_client_that_never_finishes_is_cut_off_and_a_steady_one_is_not(hub):
    open_ = {name: await asyncio.open_connection("127.0.0.1", hub.port) for name in HALVES}
    for name, (_, writer) in open_.items():
        writer.write(HALVES[name])
    dripping = await asyncio.open_connection("127.0.0.1", hub.port)

    async def drip():
        dripping[1].write(b"POST /messages HTTP/1.1\r\n")
        while not dripping[0].at_eof():  # a byte now and then does not give more time
            dripping[1].write(b"x: y\r\n")
            await asyncio.sleep(0.1)

    drips = asyncio.create_task(drip())
    answers = dict(zip(open_, await asyncio.gather(*(reader.read() for reader, _ in open_.values())), strict=True))
    assert answers["half a header"].startswith(b"HTTP/1.1 408 ") and b"connection: close" in answers["half a header"]
    assert answers["half a body with a token"].startswith(b"HTTP/1.1 408 ")
    assert answers["half a body without"].startswith(b"HTTP/1.1 401 ")
    assert answers["half a chunk"].startswith(b"HTTP/1.1 408 ")
    assert answers["a second request by half"].startswith(b"HTTP/1.1 200 ")
    assert (await dripping[0].read()).startswith(b"HTTP/1.1 408 ")
    drips.cancel()
    for _, writer in (*open_.values(), dripping):
        writer.close()

    body = structured()

    async def slowly():
        for at in range(0, len(body), 150):
            yield body[at : at + 150]
            await asyncio.sleep(0.01)

    assert (await hub.post("/messages", slowly(), STRUCTURED)).status_code == 200


async def test_a_client_that_breaks_off_leaves_no_trace_of_the_program_in_the_log(hub):
    for name in ("half a body with a token", "half a chunk"):
        _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(HALVES[name])
        await asyncio.sleep(0.05)
        writer.transport.abort()
    assert (await hub.post("/messages", structured(), STRUCTURED)).status_code == 200
    log = hub.log.read_text()
    assert "Traceback" not in log and "ClientDisconnect" not in log


async def test_a_connection_that_has_been_idle_longer_than_clients_keep_theirs_is_still_answered(hub):
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    for idle_s in (6, 0):  # 5 s is the shortest that a common client keeps an idle connection
        writer.write(b"GET /health/live HTTP/1.1\r\nhost: hub\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        while (line := await reader.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        await asyncio.sleep(idle_s)
    writer.close()


async def test_two_thousand_connections_that_never_finish_stop_nobody(hub):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 6_000), hard))
    resource.prlimit(hub.hub.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    idle = []
    try:
        for number in range(2_000):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", hub.port))
            idle.append((one, list(HALVES.values())[number % len(HALVES)]))
            if number % 50 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        for one, half in idle:
            try:
                one.send(half)
            except OSError:  # it had to give way already
                continue
        for _ in range(5):
            answer = await hub.post("/messages", structured(), STRUCTURED)
            assert answer.status_code == 200, answer.text
        assert (await hub.post(PROCESS, as_xml(encoded(bundle())), FHIR_XML)).status_code == 200
    finally:
        for one, _ in idle:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "Traceback" not in hub.log.read_text()


# --- large ones -------------------------------------------------------------------------------------------------------


async def test_large_bundles_are_read_beside_the_loop_which_goes_on_answering(hub):
    extra = [
        {"resource": {"resourceType": "Basic", "code": {"text": "x" * 400}, "created": "2026-03-02"}}
        for _ in range(1_400)
    ]
    large = []
    for _ in range(4):
        tree = bundle()
        tree["entry"] += extra
        large.append(encoded(tree))
    assert 600_000 < len(large[0]) < 1_000_000
    sending = [asyncio.create_task(hub.post(PROCESS, body, FHIR_JSON)) for body in large]
    answered = 0
    while not all(one.done() for one in sending):
        assert (await hub._client.get("/health/live")).status_code == 200
        answered += 1
    assert [one.result().status_code for one in sending] == [200] * 4
    # In one loop that reads itself hardly anything is answered between two Bundles; beside it, hundreds.
    assert answered > 20
    tree = bundle()
    tree["entry"] += extra
    await hub.produce("ehr", encoded(tree), [("content-type", FHIR_JSON.encode())])
    assert (await until(lambda: hub.receipt("ehr", tree["entry"][0]["resource"]["id"])))["code"] == "ok"
