"""The way out by FHIR messages: what each answer of a receiver means, whatever it is."""

import gzip
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.check.fhir import judge
from hub.delivery.exits.fhir import FhirExit
from hub.delivery.outgoing import Outgoing
from hub.directory.difference import difference, lines
from hub.directory.file import load, of_text, read, shown
from hub.errors import Refused
from hub.translators import fhir
from hub.translators.formats import Encoded
from schemas.directory import Directory
from schemas.messages import RECEIPT_TYPE, Receipt
from tests.answering import EVERYWHERE, answering, at_once, cut_body, dripping, endless, head, system
from tests.stack import content

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOKEN = "a-token-of-the-receiver"
ID = "m-1:with a longer id"  # no id of FHIR's, so that the header has another


def parcel(kind="se.samverkan.kvittens.v1", id_=ID, media=fhir.JSON):
    attributes = {"specversion": "1.0", "id": id_, "type": kind}
    return Outgoing("out-1", "c", Encoded(attributes=attributes, body=b"<the Bundle>", media_type=media))


def answer(code="ok", to=ID, text="Fel", media=fhir.JSON):
    why = None if code == "ok" else {"sv": text, "en": "Wrong"}
    receipt = Receipt.model_validate(
        {"message": "m-1", "code": code} | ({} if why is None else {"rule": "C-2", "text": why})
    )
    return fhir.write_response(receipt, to, created=NOW, media_type=media)


OUTCOME = json.dumps({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]}).encode()


@asynccontextmanager
async def receiver(say, **delivery):
    exit_ = FhirExit(EVERYWHERE)
    async with answering(say) as server:
        out = {"way": "fhir", "base": f"{server.url}/fhir/", "token": TOKEN}
        wanted = system(out, "fhir", **delivery)
        server.send = lambda outgoing=None: exit_.send(wanted, [outgoing or parcel()], at_once)
        try:
            yield server
        finally:
            await exit_.close()


@pytest.mark.parametrize("media", [fhir.JSON, fhir.XML])
@pytest.mark.parametrize("code", ["ok", "transient-error", "fatal-error"])
def test_the_hubs_own_answers_are_read_as_a_receivers_and_are_fhir(code, media):
    body = answer(code, media=media)
    assert not judge(body, media).faults
    found = fhir.read_answer(body, ID)
    assert found is not None and found.code == code
    assert all(part in found.said for part in (() if code == "ok" else ("C-2", "Fel")))
    assert fhir.read_answer(body, "m-2") is None


@pytest.mark.parametrize(
    ("status", "body", "result", "told"),
    [
        (200, answer(), "ok", "fhir:ok"),
        (200, answer(media=fhir.XML), "ok", "fhir:ok"),
        (202, answer(), "ok", "fhir:ok"),
        (202, b"", "ok", "http:202"),
        (204, b"", "ok", "http:204"),
        (200, answer("transient-error"), "retry", "fhir:transient-error"),
        (503, answer("transient-error"), "retry", "fhir:transient-error"),
        (200, answer("fatal-error"), "dead", "fhir:fatal-error"),
        (403, answer("fatal-error"), "dead", "fhir:fatal-error"),
        (202, answer("fatal-error"), "dead", "fhir:fatal-error"),
        (200, b"", "receiver", "http:200 without an answer to this message"),
        (200, b"<html><body>Log in</body></html>", "receiver", "http:200 without an answer to this message"),
        (200, answer(to="m-2"), "receiver", "http:200 without an answer to this message"),
        (201, OUTCOME, "receiver", "http:201 without an answer to this message"),
        (500, answer(), "retry", "http:500"),
        (401, answer(), "receiver", "http:401"),
        (401, OUTCOME, "receiver", "http:401"),
        (422, OUTCOME, "dead", "http:422"),
        (400, answer("fatal-error", to="m-2"), "dead", "http:400"),
        (503, OUTCOME, "retry", "http:503"),
        (410, answer("fatal-error"), "gone", "http:410"),
        (302, b"", "receiver", "http:302"),
    ],
)  # fmt: skip
async def test_the_answer_to_this_message_decides_and_without_one_the_status(status, body, result, told):
    """D-6; only AA, custody (202) and handled without an answer (204) acknowledge: a login page answers 200 too."""
    async with receiver(head(status, b"Retry-After: 77", body=body)) as server:
        found = await server.send()
    assert (found.result, found.answer) == (result, told)
    if found.result == "retry":
        assert found.retry_after_s == 77.0


async def test_what_the_receiver_says_of_a_refusal_is_kept_without_what_is_personal():
    body = answer("fatal-error", text="Patienten 19121212-1212 finns inte hos oss")
    async with receiver(head(422, body=body)) as server:
        found = await server.send()
    assert "finns inte hos oss" in found.said and "C-2" in found.said
    assert "1212" not in found.said


@pytest.mark.parametrize("body", [endless, dripping, cut_body])
async def test_an_answer_that_does_not_end_is_a_failed_try_in_bounded_time(body):
    async with receiver(body, timeout_s=0.2) as server:
        found = await server.send()
    assert (found.result, found.answer) == ("retry", "http:200, and its answer is cut or too long")


async def test_an_answer_that_is_compressed_against_the_hubs_wish_acknowledges_nothing():
    async with receiver(head(200, b"content-encoding: gzip", body=gzip.compress(answer()))) as server:
        found = await server.send()
    assert (found.result, found.said) == ("receiver", "")


@pytest.mark.parametrize(("status", "result"), [(200, "ok"), (204, "ok"), (400, "dead"), (503, "retry")])
async def test_a_receipt_is_never_answered_so_its_status_counts(status, result):
    async with receiver(head(status)) as server:
        assert (await server.send(parcel(RECEIPT_TYPE))).result == result


@pytest.mark.parametrize("media", [fhir.JSON, fhir.XML])
async def test_the_bundle_is_posted_to_the_operation_with_the_token_and_asks_for_its_own_format(media):
    async with receiver(head(200, body=answer())) as server:
        assert (await server.send(parcel(media=media))).result == "ok"
    ((line, *lines),) = server.heads
    assert line == "POST /fhir/$process-message HTTP/1.1"
    assert {f"content-type: {media}", f"accept: {media}", f"authorization: Bearer {TOKEN}"} < set(lines)
    assert server.bodies == [b"<the Bundle>"]


PIECE = st.sampled_from([None, True, 7, "ok", "fatal-error", "m-1", "MessageHeader", "OperationOutcome", "message"])
TREES = st.recursive(
    PIECE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "type", "entry", "resource", "response", "identifier", "code", "issue"]),
            inner,
        )
    ),
    max_leaves=25,
)


@given(st.one_of(st.binary(max_size=2_000), TREES.map(lambda tree: json.dumps(tree).encode())))
def test_nothing_but_a_message_bundle_that_answers_is_an_answer(body):
    assert fhir.read_answer(body, "m-1") is None
    assert fhir.read_answer(b"[" * 100_000 + body, "m-1") is None
    assert fhir.read_answer(b"<a>" * 5_000 + body, "m-1") is None


@given(st.data())
def test_an_answer_counts_whatever_else_stands_in_it_but_for_what_decides(data):
    tree = json.loads(answer("fatal-error", to="m-1"))
    tree["entry"][0]["resource"][data.draw(st.sampled_from(["x", "source", "destination", "meta"]))] = data.draw(TREES)
    tree["entry"][1]["resource"]["issue"] = data.draw(TREES)
    assert fhir.read_answer(json.dumps(tree).encode(), "m-1").code == "fatal-error"
    header = tree["entry"][0]["resource"]
    place, name = data.draw(
        st.sampled_from([(header["response"], "identifier"), (header["response"], "code"), (header, "resourceType"),
                         (tree, "type"), (tree, "resourceType"), (header, "response"), (tree, "entry")])
    )  # fmt: skip
    place[name] = data.draw(TREES.filter(lambda drawn: drawn != place[name]).filter(lambda d: d not in ("ok", "m-1")))
    assert fhir.read_answer(json.dumps(tree).encode(), "m-1") is None


# --- the directory ----------------------------------------------------------------------------------------------------


def with_out(**out):
    found = content()
    found["systems"][0] |= {
        "format": "fhir",
        "out": {"way": "fhir", "base": "https://a.example/fhir", "token": TOKEN} | out,
    }
    return found


def test_a_system_that_is_told_by_fhir_messages_has_a_format_of_fhir():
    found = with_out()
    assert not Directory.model_validate(found).faults()
    found["systems"][0]["format"] = "native"
    ((_, fault),) = Directory.model_validate(found).faults()
    assert "system ehr" in fault and "format: fhir" in fault


def test_the_token_is_looked_up_kept_and_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("THE_TOKEN", TOKEN)
    file = tmp_path / "directory.yaml"
    file.write_text(json.dumps(with_out(token="env:THE_TOKEN")))
    written = read(file)
    applied = of_text(written.text.encode(), None, written.secrets)
    assert TOKEN not in written.text + repr(written)
    assert applied.directory.systems[0].out.token == TOKEN
    assert applied.directory.systems[0].out.url == "https://a.example/fhir/$process-message"
    assert "env:THE_TOKEN" in shown(applied) and TOKEN not in shown(applied)
    file.write_text(shown(applied))
    monkeypatch.delenv("THE_TOKEN")
    without = read(file)
    assert [one.en for one in without.missing] == ["system ehr: env:THE_TOKEN is not there"]
    assert of_text(without.text.encode(), applied, without.secrets) == applied, "what is in force stays"
    plain = of_text(json.dumps(with_out()).encode(), None)
    assert "kept:" in shown(plain) and TOKEN not in shown(plain)
    other = Directory.model_validate(with_out(token="another-token-of-it"))
    kafka = Directory.model_validate(content() | {})
    for before, after in ((applied.directory, other), (kafka, other), (other, kafka)):
        told = lines(difference(before, after))
        assert [line for line in told if "token" in line] and "token-of" not in " ".join(told)


@pytest.mark.parametrize("token", ["short", "with a blank in it, and more", "ending-in-a-line\n", "åäö" * 10])
def test_a_token_that_cannot_be_a_bearers_is_refused_with_its_system_and_not_repeated(token, tmp_path):
    file = tmp_path / "directory.yaml"
    file.write_text(json.dumps(with_out(token=token)))
    with pytest.raises(Refused) as refused:
        load(file)
    assert "(system ehr, written out here)" in str(refused.value) and token not in str(refused.value)


@pytest.mark.parametrize(
    "base",
    ["https://a.example/fhir?x=1", "ftp://a.example/", "https://a.example/#x", "https://a.example/$process-message"],
)
def test_a_base_that_no_operation_can_be_added_to_is_refused(base, tmp_path):
    file = tmp_path / "directory.yaml"
    file.write_text(json.dumps(with_out(base=base)))
    with pytest.raises(Refused, match=r"out\.fhir\.base"):
        load(file)
