"""The webhook's way out against receivers that misbehave, on sockets of this machine."""

import asyncio
import contextlib
import gzip
import re
import resource
import socket
import ssl
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from unittest.mock import AsyncMock

import pytest
from aiokafka.errors import KafkaConnectionError, NotEnoughReplicasError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.exits import http
from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.answer_start import start_of
from hub.delivery.exits.http import judged, without_secrets
from hub.delivery.exits.kafka import KafkaExit
from hub.delivery.exits.webhook import WebhookExit
from hub.environment import outward
from hub.errors import Misconfigured
from hub.settings import Outward
from schemas.person_numbers import find_person_numbers
from tests.answering import EVERYWHERE, PARCEL, answering, at_once, cut_body, dripping, endless, head, system
from tests.stray_server import StrayServer


def webhook(url, **delivery):
    return system({"way": "webhook", "url": url, "secrets": ["whsec_" + "A" * 32]}, **delivery)


@asynccontextmanager
async def receiver(say, allows=EVERYWHERE):
    exit_ = WebhookExit(allows)
    async with answering(say) as server:
        server.url += "/in?token=x"
        server.send = lambda **delivery: exit_.send(webhook(server.url, **delivery), [PARCEL], at_once)
        try:
            yield server
        finally:
            await exit_.close()


# --- what is answered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "result"),
    [
        ((200, 201, 202, 204, 299), "ok"),
        ((400, 409, 422), "dead"),
        ((410,), "gone"),
        ((408, 425, 429, 500, 502, 503, 504, 599, 600, 999), "retry"),
        ((300, 301, 302, 303, 304, 307, 308, 399, 401, 402, 403, 404, 405, 406, 411, 413, 415, 417, 431, 451, 499), "receiver"),
    ],
)  # fmt: skip
def test_each_status_speaks_of_the_notice_of_the_receiver_or_of_now(statuses, result):
    assert {judged(status, None, None).result for status in statuses} == {result}


@given(st.integers(100, 999))
def test_every_status_has_an_outcome_and_only_2xx_is_an_acknowledgement(status):
    assert (judged(status, None, None).result == "ok") == (200 <= status < 300)


async def test_a_redirect_is_not_followed_and_the_answer_says_where_it_pointed_without_what_is_secret():
    elsewhere = b"location: https://user:secret@proxy.example/login/page?session=abc#top"
    async with receiver(head(302, elsewhere)) as server:
        found = await server.send()
    assert (found.result, found.answer) == ("receiver", "http:302 to https://proxy.example/login/page")
    assert len(server.heads) == 1


@given(st.text(max_size=600))
def test_where_a_redirect_points_is_told_in_a_short_plain_line_whatever_it_says(location):
    told = without_secrets(location)
    assert (len(told) <= 200 and told.isascii() and told.isprintable()) or not told
    assert "?" not in told and "#" not in told


async def test_why_there_was_no_answer_is_said_in_words_and_never_as_a_class_of_python():
    """`hub timeline`, `hub status` and `hub dead list` show these words to operations."""
    async with receiver(b"hello\r\n\r\n") as server:
        told = {"not HTTP": await server.send()}
        speaks_plainly = await asyncio.start_server(lambda _, writer: writer.write(b"hello\r\n"), "127.0.0.1", 0)
        server.url = f"https://127.0.0.1:{speaks_plainly.sockets[0].getsockname()[1]}/in"
        told["not TLS"] = await server.send()
        speaks_plainly.close()
        await speaks_plainly.wait_closed()
        told["nobody"] = await server.send()
        server.url = "https://no-such-name.invalid/in"
        told["no name"] = await server.send()

    async def hangs_up(writer):
        writer.close()

    async with receiver(hangs_up) as server:
        told["hangs up"] = await server.send()
    assert {found.result for found in told.values()} == {"retry"}
    assert {case: found.answer for case, found in told.items()} == {
        "not HTTP": "what it answered is not HTTP",
        "not TLS": "no TLS connection could be made",
        "no name": "its name has no address",
        "nobody": "connection refused",
        "hangs up": "the connection broke off before it answered",
    }


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotEnoughReplicasError(), "the broker refused: not enough replicas"),
        (KafkaConnectionError(), "the broker gave no answer"),
    ],
)
async def test_why_the_broker_did_not_acknowledge_is_said_in_words(error, words):
    producer = AsyncMock(partitions_for=AsyncMock(side_effect=error))
    producer._sender.sender_task.done = lambda: False
    exit_ = KafkaExit(lambda: producer, lambda topic: None)
    await exit_.start()
    found = await exit_.send(webhook("http://127.0.0.1:1/"), [PARCEL], at_once)
    assert (found.result, found.answer) == ("retry", words)


async def test_retry_after_is_taken_from_any_answer_that_is_no_acknowledgement():
    for status in (302, 404, 429, 503, 999):
        async with receiver(head(status, b"Retry-After: 77")) as server:
            assert (await server.send()).retry_after_s == 77.0


# --- what is kept of an answer that is no acknowledgement ---------------------------------------------------------------


async def test_the_start_of_what_a_receiver_says_is_kept_of_a_failure_and_of_nothing_else():
    page = b"<html><head><title>413 Request Entity Too Large</title><style>p {}</style></head>\r\n<body>nginx</body></html>"
    for status, lines, body, said in (
        (413, (), page, "413 Request Entity Too Large nginx"),
        (401, (), b'{"error": "token expired", "token": "abc"}', '{"error": "token expired", "[…]"}'),
        (503, (), b"", ""),
        (500, (b"content-encoding: gzip",), gzip.compress(b"x"), ""),
        (500, (), bytes(range(128, 256)), ""),
        (204, (), b"", ""),
        (200, (), b"welcome", ""),
    ):
        async with receiver(head(status, *lines, body=body)) as server:
            assert (await server.send()).said == said


@pytest.mark.parametrize(
    "secret",
    ["19121212-1212", "191212121212", "121212-1212", "SE2321000255-LAKARE1", "anna.andersson@example.org", "070-123 45 67",
     "Bearer abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXI", "0192f7c4-0d5e-7a31-8f7e-0123456789ab"]
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "patient {} saknas", "<p>{}</p>", "x" * 180 + " {}", "y" * 592 + " {}"])
def test_what_is_personal_or_secret_in_an_answer_is_not_kept(secret, around):
    kept = start_of(around.format(secret).encode())
    assert secret not in kept
    assert len(re.sub(r"\D", "", kept)) < 6 and "abcdef" not in kept and "anna" not in kept


@given(st.one_of(st.binary(max_size=5_000), st.text(max_size=900).map(str.encode)))
def test_whatever_a_receiver_says_a_short_plain_line_is_kept(body):
    kept = start_of(body)
    assert len(kept) <= 200 and kept.isprintable() and not find_person_numbers(kept)


# --- how it is answered -----------------------------------------------------------------------------------------------


async def packed(writer):
    body = gzip.compress(b"\0" * 40_000_000)
    writer.write(head(200, b"content-encoding: gzip", body=body))


async def silent_body(writer):
    writer.write(b"HTTP/1.1 204 X\r\ncontent-length: 5\r\n\r\n")


async def broken_body(writer):
    writer.write(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nnot-a-number\r\n")


@pytest.mark.parametrize("body", [endless, packed, dripping, silent_body, broken_body, cut_body])
async def test_2xx_counts_by_its_head_and_whatever_the_body_does_costs_next_to_nothing(body, monkeypatch):
    monkeypatch.setattr(http, "_BODY_S", 0.1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with receiver(body) as server:
        found = await asyncio.wait_for(server.send(), 5)
        assert (found.result, found.answer) in {("ok", "http:200"), ("ok", "http:204")}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes; what is packed is 40 MB


async def dripping_head(writer):
    writer.write(b"HTTP/1.1 200 X\r\n")
    while True:
        writer.write(b"x: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def continuing(writer):
    while True:
        writer.write(b"HTTP/1.1 103 X\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def huge_head(writer):
    writer.write(b"HTTP/1.1 200 X\r\n" + b"x: " + b"y" * 2_000_000)


@pytest.mark.parametrize(
    "answer", [dripping_head, continuing, huge_head, b"220 mail.example ESMTP\r\n", b"HTTP/1.1 20 X\r\n\r\n", b""]
)
async def test_a_head_that_never_ends_or_is_none_is_a_failed_try_in_bounded_time(answer):
    async with receiver(answer) as server:
        found = await asyncio.wait_for(server.send(timeout_s=0.1), 5)
        assert found.result == "retry"


async def test_a_short_answer_leaves_the_connection_for_the_next_call_and_no_call_carries_a_cookie():
    cookie = b"set-cookie: sid=secret; Domain=127.0.0.1; Path=/"
    async with receiver(head(200, cookie, body=b"thanks")) as server:
        for _ in range(3):
            assert (await server.send()).result == "ok"
    assert server.connections == 1
    assert not [line for lines in server.heads for line in lines if line.startswith("cookie")]
    assert all("accept-encoding: identity" in lines for lines in server.heads)


@pytest.mark.parametrize("more", [head(204), head(200, body=b"thanks"), b"\r\n", b"x"])
async def test_what_a_receiver_writes_beyond_its_answer_is_never_taken_for_the_answer_to_the_next_call(more):
    async def say(writer):
        writer.write(head(204) + more if len(server.heads) == 1 else head(500))

    async with receiver(say) as server:
        assert (await server.send()).answer == "http:204"
        assert (await server.send()).answer == "http:500"
        assert len(server.heads) == 2, "the second call came"
    assert server.connections == 2


@pytest.mark.parametrize("more", [head(204), head(200, body=b"again"), head(103), b"x"])
async def test_nor_is_what_it_writes_beyond_a_body_that_comes_after_its_head(more):
    async def say(writer):
        if len(server.heads) > 1:
            writer.write(head(500))
            return
        writer.write(head(200, body=b"thanks").removesuffix(b"thanks"))
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(b"thanks" + more)

    async with receiver(say) as server:
        assert [(await server.send()).answer for _ in range(2)] == ["http:200", "http:500"]
    assert (len(server.heads), server.connections) == (2, 2)


async def test_what_lies_unread_when_the_next_call_is_made_answers_it_not_and_another_connection_is_taken():
    exit_ = WebhookExit(EVERYWHERE)
    nothing = b"HTTP/1.1 204 No Content\r\n\r\n"
    refused = b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"
    with StrayServer([nothing, refused, nothing], nothing) as server:
        to = webhook(server.url)
        found = [(await exit_.send(to, [PARCEL], at_once)).answer]
        time.sleep(0.1)  # noqa: ASYNC251 - the loop is busy, and has read nothing of it
        found += [(await exit_.send(to, [PARCEL], at_once)).answer for _ in range(2)]
        await exit_.close()
    assert found == ["http:204", "http:503", "http:204"]
    assert server.calls == 3


async def test_quiet_systems_are_given_up_and_nothing_is_left_of_them_in_the_end(monkeypatch):
    exit_ = WebhookExit(EVERYWHERE)
    async with receiver(head(204)) as server:

        async def send(number):
            one = webhook(server.url).model_copy(update={"id": f"many{number}"})
            assert (await exit_.send(one, [PARCEL], at_once)).result == "ok"

        for number in range(30):
            await send(number)
        await send(7)
        assert server.connections == 30
        monkeypatch.setattr(http, "KEEPALIVE_S", 0.0)
        await send(7)
        assert list(exit_._pools) == ["many7"]
    await exit_.close()
    assert not exit_._pools


async def test_what_may_not_leave_any_more_does_not_and_the_lane_is_told():
    class Withheld(Exception):  # noqa: N818 - as the lane's own
        pass

    async def no():
        raise Withheld

    exit_ = WebhookExit(EVERYWHERE)
    async with receiver(head(204)) as server:
        with pytest.raises(Withheld):
            await exit_.send(webhook(server.url), [PARCEL], no)
        assert (await exit_.send(webhook(server.url), [PARCEL], at_once)).result == "ok"
    await exit_.close()


async def test_a_secret_that_cannot_sign_is_a_failed_try_with_its_reason(monkeypatch):
    async with receiver(head(204)) as server:
        bad = webhook(server.url).model_copy(deep=True)
        object.__setattr__(bad.out, "secrets", ("whsec_A",))
        found = await WebhookExit(EVERYWHERE).send(bad, [PARCEL], at_once)
    assert (found.result, found.answer) == ("receiver", "secret-cannot-be-used")


# --- what is sent, and when -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("", "/"),
        ("?a=b", "/?a=b"),
        ("/in%2Fto/%C3%B6?x=%2B+&y=a%20b;c", "/in%2Fto/%C3%B6?x=%2B+&y=a%20b;c"),
        ("/väg?å=ä", "/v%C3%A4g?%C3%A5=%C3%A4"),
        ("/a/../b/./c//d", "/b/c//d"),
        ("/base/$process-message", "/base/$process-message"),
        ("/%7Euser/a:b@c,d'e(f)!*", "/%7Euser/a:b@c,d'e(f)!*"),
        ("/a b", "/a%20b"),
    ],
)
async def test_a_call_asks_for_the_path_and_query_as_the_address_has_them(written, asked):
    async with receiver(head(204)) as server:
        server.url = server.url.removesuffix("/in?token=x")
        host = server.url.removeprefix("http://")
        server.url += written
        assert (await server.send()).result == "ok"
    (lines,) = server.heads
    assert lines[0] == f"POST {asked} HTTP/1.1"
    assert f"host: {host}" in lines


async def test_a_call_says_what_it_is_and_nothing_that_it_was_not_asked_to_say():
    async with receiver(head(204)) as server:
        await server.send()
    named = {line.partition(":")[0] for line in server.heads[0][1:] if line}
    assert named == {"host", "content-type", "content-length", "webhook-id", "webhook-timestamp", "webhook-signature",
                     "user-agent", "accept-encoding"}  # fmt: skip
    assert "user-agent: samverkan-hub" in server.heads[0]


async def post(exit_, url, headers=(), body=b"{}", before_sending=at_once, **delivery):
    return await exit_.post(webhook("https://x.example/", **delivery), url, headers, body, before_sending)


async def test_a_call_carries_its_body_whole_whatever_its_size_and_its_headers_as_they_are_named():
    exit_ = WebhookExit(EVERYWHERE)
    bodies = [b"x", b"y" * 70_000, bytes(range(256)) * 20_000]
    headers = [("X-A", "1"), ("x-a", "2"), ("expect", "100-continue")]
    async with answering(head(204)) as server:
        for body in bodies:
            found = await post(exit_, server.url, headers, body)
            assert found.status == 204
    await exit_.close()
    assert server.bodies == bodies
    assert server.connections == 1
    for lines in server.heads:
        assert [line for line in lines if line.startswith(("x-a", "expect"))] == [
            "x-a: 1",
            "x-a: 2",
            "expect: 100-continue",
        ]


@pytest.mark.parametrize(
    "value", ["a\r\nx-smuggled: b", "a\nx-smuggled: b", "a\rb", "a\0b", "a\r\n\r\nPOST / HTTP/1.1"]
)
async def test_a_header_cannot_carry_another_line(value):
    exit_ = WebhookExit(EVERYWHERE)
    async with answering(head(204)) as server:
        found = await post(exit_, server.url, [("x-a", value)])
        assert found.result == "retry"
        assert (await post(exit_, server.url)).status == 204
    await exit_.close()
    assert len(server.heads) == 1


async def test_what_is_asked_before_sending_is_asked_when_connected_and_before_anything_of_the_notice_is_sent():
    exit_, seen = WebhookExit(EVERYWHERE), []
    async with answering(head(204)) as server:

        async def look():
            await asyncio.sleep(0.05)
            seen.append((server.connections, len(server.bodies)))

        for error in (
            OSError("as the lane's"),
            TimeoutError("as the database's"),
            ConnectionRefusedError(111, "as the database's"),
        ):

            async def no(error=error):
                await look()
                raise error

            with pytest.raises(type(error)) as raised:
                await post(exit_, server.url, before_sending=no)
            assert raised.value is error
        assert seen == [(1, 0), (2, 0), (3, 0)]
        await post(exit_, server.url, before_sending=look)
        await post(exit_, server.url, before_sending=look)
        assert seen[3:] == [(4, 0), (4, 1)]
        assert len(server.heads) == 2
    await exit_.close()


async def test_no_proxy_of_the_environment_is_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with receiver(head(204)) as server:
        assert (await server.send()).result == "ok"


# --- how it is answered, in HTTP ----------------------------------------------------------------------------------------

ONE = b"HTTP/1.1 "
CHUNKED = b"transfer-encoding: chunked"


@pytest.mark.parametrize(
    ("said", "answer", "connections"),
    [
        (ONE + b"103 X\r\nlink: x\r\n\r\n" + head(200, body=b"thanks"), "http:200", 1),
        (ONE + b"100 X\r\n\r\n" + ONE + b"102 X\r\n\r\n" + head(204), "http:204", 1),
        (head(302, b"location: https://x.example/v\xe4g"), "http:302 to https://x.example/v%C3%A4g", 1),
        (head(302, b"Location: https://a.example", b"location: https://b.example"), "http:302 to https://a.example", 1),
        (head(200, b"x: " + b"y" * 60_000), "http:200", 1),
        (head(200, *[b"x: y"] * 3_000), "http:200", 1),
        (head(200, b"x: \xff\x01", b'set-cookie: \xff=;;;="', b"x:"), "http:200", 1),
        (head(200, b"x: a\r\n b"), "http:200", 1),
        (ONE + b"200 " + b"r" * 20_000 + b"\r\ncontent-length: 0\r\n\r\n", "http:200", 1),
        (ONE + b"200\r\ncontent-length: 0\r\n\r\n", "http:200", 1),
        (ONE + b"204 \xe5\r\n\r\n", "http:204", 1),
        (ONE + b"200 X\ncontent-length: 2\n\nok", "http:200", 1),
        (head(200, b"content-length: 2", body=b"ok"), "http:200", 1),
        (ONE + b"200 X\r\ncontent-length: 2\r\n" + CHUNKED + b"\r\n\r\n2\r\nok\r\n0\r\n\r\n", "http:200", 1),
        (ONE + b"200 X\r\n" + CHUNKED + b"\r\n\r\n2;a=b\r\nok\r\n0\r\nx: y\r\n\r\n", "http:200", 1),
        (ONE + b"204 X\r\n" + CHUNKED + b"\r\n\r\n", "http:204", 1),
        (ONE + b"204 X\r\ncontent-length: 2\r\n\r\nok", "http:204", 2),
        (ONE + b"304 X\r\ncontent-length: 2\r\n\r\n", "http:304", 1),
        (ONE + b"426 X\r\nupgrade: h2c\r\nconnection: upgrade\r\ncontent-length: 0\r\n\r\n", "http:426", 1),
        (head(200, b"connection: close", body=b"ok"), "http:200", 2),
        (b"HTTP/1.0 200 X\r\ncontent-length: 2\r\n\r\nok", "http:200", 2),
        (ONE + b"200 X\r\n\r\nno length", "http:200", 2),
        (head(200, body=b"z" * 300_000), "http:200", 2),
        (ONE + b"200 X\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok", "what it answered is not HTTP", 2),
        (ONE + b"200 X\r\ncontent-length: +2\r\n\r\nok", "what it answered is not HTTP", 2),
        (ONE + b"200 X\r\nno colon\r\n\r\n", "what it answered is not HTTP", 2),
        (ONE + b"101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", "what it answered is not HTTP", 2),
        (b"HTTP/2 200\r\ncontent-length: 0\r\n\r\n", "what it answered is not HTTP", 2),
        (b"\x15\x03\x01\x00\x02\x02\x46", "what it answered is not HTTP", 2),
    ],
)  # fmt: skip
async def test_an_answer_is_read_as_it_is_meant_and_leaves_its_connection_where_it_ends_clearly(
    said, answer, connections, monkeypatch
):
    monkeypatch.setattr(http, "_BODY_S", 0.05)
    async with receiver(said) as server:
        for _ in range(2):
            assert (await server.send()).answer == answer
    assert server.connections == connections


@pytest.mark.parametrize(
    "part", [b"", b"HTT", b"HTTP/1.1 200 X\r\n", b"HTTP/1.1 200 X\r\nx: y", b"HTTP/1.1 100 X\r\n\r\n"]
)
async def test_a_head_that_is_cut_off_is_no_answer(part):
    async def say(writer):
        writer.write(part)
        await writer.drain()
        writer.close()

    async with receiver(say) as server:
        found = await server.send()
    assert (found.result, found.answer) == ("retry", "the connection broke off before it answered")
    assert len(server.bodies) == 1, "and it is not made again by the library"


async def test_a_head_in_pieces_is_an_answer():
    async def say(writer):
        for byte in ONE + b"103 X\r\nx: y\r\n\r\n" + head(200, b"x: y", body=b"thanks"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    async with receiver(say) as server:
        for _ in range(2):
            assert (await server.send()).answer == "http:200"
    assert server.connections == 1


# --- what comes beside an answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unasked", [head(204), ONE + b"204 X\r\nx: ", ONE + b"100 X\r\n\r\n", b"\r\n", b"x", b""])
async def test_what_comes_on_a_quiet_connection_is_no_answer_and_ends_it(unasked):
    """Also when its server has ended it: then the next call is made on another, and comes once."""
    quiet = asyncio.Event()

    async def say(writer):
        writer.write(head(200 if len(server.heads) == 1 else 500))
        if len(server.heads) == 1:

            async def later():
                await quiet.wait()
                writer.write(unasked) if unasked else writer.close()

            server.later = asyncio.create_task(later())

    async with receiver(say) as server:
        assert (await server.send()).answer == "http:200"
        quiet.set()
        await server.later
        await asyncio.sleep(0.05)
        assert (await server.send()).answer == "http:500"
    assert (len(server.heads), server.connections) == (2, 2)


async def test_a_server_that_ends_a_kept_connection_at_a_call_gets_it_once():
    async def say(writer):
        if len(server.heads) == 1:
            writer.write(head(204))
        else:
            writer.close()

    async with receiver(say) as server:
        assert (await server.send()).result == "ok"
        found = await server.send()
    assert (found.result, found.answer) == ("retry", "the connection broke off before it answered")
    assert (len(server.bodies), server.connections) == (2, 1)


async def test_an_answer_that_is_there_before_the_call_was_sent_acknowledges_nothing():
    served = []

    async def speaks_first(reader, writer):
        writer.write(head(204))
        with contextlib.suppress(ConnectionError):
            served.append(await reader.read(10))
        writer.close()

    exit_ = WebhookExit(EVERYWHERE)
    listening = await asyncio.start_server(speaks_first, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"

    async def when_it_has_spoken():
        await asyncio.sleep(0.05)

    found = await post(exit_, url, before_sending=when_it_has_spoken)
    await exit_.close()
    listening.close()
    await listening.wait_closed()
    assert (found.result, found.answer) == ("retry", "what it answered is not HTTP")
    assert served == [b""], "nothing of the notice was sent"


async def test_an_answer_to_a_part_of_a_notice_acknowledges_nothing():
    async def answers_the_head(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head(200))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()

    exit_ = WebhookExit(EVERYWHERE)
    small = socket.create_server(("127.0.0.1", 0))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listening = await asyncio.start_server(answers_the_head, sock=small)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    found = await post(exit_, url, body=b"x" * 16_000_000)
    await exit_.close()
    listening.close()
    assert (found.result, found.answer) == ("retry", "the connection broke off before it answered")


async def test_each_system_has_connections_of_its_own_and_many_calls_at_once_have_one_each():
    exit_, waiting = WebhookExit(EVERYWHERE), asyncio.Event()

    async def say(writer):
        if server.connections == 40:
            waiting.set()
        await waiting.wait()
        writer.write(head(204))

    async with answering(say) as server:

        async def send(system_):
            one = webhook(server.url).model_copy(update={"id": f"s{system_}"})
            return (await exit_.send(one, [PARCEL], at_once)).result

        assert await asyncio.gather(*(send(number % 2) for number in range(40))) == ["ok"] * 40
    await exit_.close()


async def test_a_quiet_connection_is_let_go_before_its_server_ends_it(monkeypatch):
    monkeypatch.setattr(http, "KEEPALIVE_S", 0.05)
    async with receiver(head(204)) as server:
        await server.send()
        await asyncio.sleep(0.1)
        await server.send()
    assert server.connections == 2


# --- where it may be --------------------------------------------------------------------------------------------------

INSIDE = """
127.0.0.1 127.8.9.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 255.255.255.255 192.0.2.1
::1 :: fe80::1 fc00::1 fd12::1 ff02::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::a00:1 2002:7f00:1:: 2002:a00:1:: 2001:db8::1
"""
OUTSIDE = "8.8.8.8 193.10.9.1 2a00:801::1 ::ffff:8.8.8.8 64:ff9b::808:808"


@pytest.mark.parametrize("address", INSIDE.split())
def test_an_address_inside_is_refused_in_whatever_form_unless_its_network_is_named(address):
    assert not Allowed().address(ip_address(address))
    assert Allowed(networks=(ip_network("0.0.0.0/0"), ip_network("::/0"))).address(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_a_public_address_is_allowed(address):
    assert Allowed().address(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)  # fmt: skip
async def test_no_way_of_writing_this_machine_is_called_in_production(host):
    async with receiver(head(204), Allowed(plain=True)) as server:
        server.url = server.url.replace("127.0.0.1", host)
        found = await server.send()
        assert (found.result, found.answer) in {("receiver", "address-not-allowed"), ("retry", "connection refused")}
        assert server.connections == 0


def named(monkeypatch, *answers):
    """Lets every name have these addresses, one list after another; what was asked."""
    asked = []

    async def getaddrinfo(self, host, port, **_):
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        if isinstance(found, Exception):
            raise found
        kind = socket.AF_INET6 if ":" in found[0] else socket.AF_INET
        return [(kind, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_is_judged_by_the_address_that_is_called_and_asked_at_each_connection(monkeypatch):
    async with receiver(
        head(204, b"connection: close"), Allowed(plain=True, networks=(ip_network("127.0.0.1/32"),))
    ) as server:
        asked = named(monkeypatch, ["127.0.0.1"], ["127.0.0.9"], ["10.255.255.1", "127.0.0.9", "127.0.0.1"])
        server.url = server.url.replace("127.0.0.1", "rebound.example")
        assert (await server.send()).result == "ok"
        assert (await server.send()).answer == "address-not-allowed"
        assert (await server.send()).result == "ok", "the address that may be called is"
    assert asked == ["rebound.example"] * 3
    assert server.connections == 2
    assert f"host: rebound.example:{server.url.split(':')[2].split('/')[0]}" in server.heads[0]


async def test_a_name_that_is_not_found_or_whose_answer_does_not_come_is_a_failed_try(monkeypatch):
    async with receiver(head(204)) as server:
        server.url = server.url.replace("127.0.0.1", "no.example")
        named(monkeypatch, socket.gaierror(-2, "Name or service not known"))
        assert (await server.send()).answer == "its name has no address"
        named(monkeypatch, UnicodeError("label too long"))
        assert (await server.send()).answer == "no connection could be made"

        async def never(self, host, port, **_):
            await asyncio.sleep(60)

        monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", never)
        assert (await server.send(timeout_s=0.1)).answer == "timeout"


async def test_a_name_of_which_one_address_does_not_answer_is_called_at_the_next(monkeypatch):
    async with receiver(head(204)) as server:
        named(monkeypatch, ["127.0.0.9", "127.0.0.1"])
        server.url = server.url.replace("127.0.0.1", "two.example")
        assert (await server.send()).result == "ok"
        named(monkeypatch, ["127.0.0.8", "127.0.0.9"])
        server.url = server.url.replace("two.example", "none.example")
        assert (await server.send()).answer == "connection refused"


async def test_a_name_in_swedish_is_asked_for_and_called_in_its_ascii_form(monkeypatch):
    async with receiver(head(204)) as server:
        asked = named(monkeypatch, ["127.0.0.1"])
        server.url = server.url.replace("127.0.0.1", "räksmörgås.example")
        assert (await server.send()).result == "ok"
    assert asked == ["xn--rksmrgs-5wao1o.example"]
    assert server.heads[0][1].startswith("host: xn--rksmrgs-5wao1o.example:")


async def test_this_machine_is_called_in_whatever_way_it_is_written_where_it_may_be():
    async with receiver(head(204)) as server:
        url = server.url
        for host in ("127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "[::ffff:127.0.0.1]"):
            server.url = url.replace("127.0.0.1", host)
            assert (await server.send()).result == "ok", host


async def test_a_server_of_ipv6_is_called_by_its_address():
    async with answering(head(204), "::1") as server:
        exit_ = WebhookExit(EVERYWHERE)
        assert (await exit_.send(webhook(server.url), [PARCEL], at_once)).result == "ok"
        await exit_.close()


def certificate(folder):
    """A file with a key and its own certificate, for 127.0.0.1 and trusted.example."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("trusted.example")]
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(
        datetime.now(UTC) + timedelta(days=1)
    )
    made = made.add_extension(x509.SubjectAlternativeName(names), False)
    key_text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(key_text + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return folder / "server.pem"


async def test_over_tls_a_server_is_called_whose_certificate_is_trusted_and_has_its_name(monkeypatch, tmp_path):
    file = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    async with answering(head(204), tls=tls) as server:
        url = server.url.replace("http:", "https:")

        async def answer_of(url):
            exit_ = WebhookExit(EVERYWHERE)
            found = [await post(exit_, url) for _ in range(2)][1]
            await exit_.close()
            return getattr(found, "answer", None) or found.status

        assert await answer_of(url) == "its certificate is not trusted: self-signed certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        http._tls.cache_clear()
        try:
            assert await answer_of(url) == 204
            named(monkeypatch, ["127.0.0.1"])
            assert await answer_of(url.replace("127.0.0.1", "trusted.example")) == 204
            assert await answer_of(url.replace("127.0.0.1", "other.example")) == (
                "its certificate is not trusted: Hostname mismatch, certificate is not valid for 'other.example'."
            )
        finally:
            http._tls.cache_clear()
    assert len(server.heads) == 4
    assert server.connections == 2


async def test_http_without_tls_is_not_called_unless_allowed():
    async with receiver(head(204), Allowed(networks=EVERYWHERE.networks)) as server:
        found = await server.send()
    assert (found.result, found.answer) == ("receiver", "http-not-allowed")
    assert server.connections == 0


def test_the_directory_is_told_of_an_address_that_the_installation_does_not_allow():
    assert "HUB_WEBHOOK_PLAIN" in Allowed().fault("http://example.org/x")
    for written in ("https://10.1.2.3/x", "https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://[fe80::1]:8/"):
        assert "HUB_WEBHOOK_NETWORKS" in Allowed().fault(written)
    assert Allowed().fault("https://mottagare.example:8443/x") is None
    assert EVERYWHERE.fault("http://127.0.0.1:8/x") is None


@pytest.mark.parametrize(
    "url", ["https:// x", "https://x:0/", "https://x:99999/", "https://", "https://a:b@x/", "https://x/#f", "https://[::1",
            "https://-/", "https://x..y/", "https://a b/", "https://" + "a-" * 200, "https://x.se\n/", "https:///h", "https:/x",
            "https://%31.se/", "https://x|y.se/", "https://xn--/", "https://\u200bx.se/", "https://x.se/\x01", "https://[v1.a]/",
            "https://x.se\\@y.se/", "https://" + "a" * 64 + ".se/", "https://[fe80::1%25eth0]/", "https://x.se/#",
            "https://xn--a/", "https://XN--A:8443/x"]
)  # fmt: skip
def test_an_address_that_nobody_can_call_is_a_fault_of_the_directory(url):
    for allows in (Allowed(), EVERYWHERE):
        assert allows.fault(url)


@pytest.mark.parametrize(
    "url", ["https://x.se", "https://ö.se/väg?a=b", "https://x.se./", "https://a_b.se:8443/", "https://[2a00::1]/"]
)
def test_an_address_that_can_be_called_is_none(url):
    assert Allowed().fault(url) is None


def test_the_settings_are_strict_in_production_and_name_the_variable_that_is_wrong(monkeypatch):
    for name in ("HUB_PRODUCTION", "HUB_WEBHOOK_PLAIN", "HUB_WEBHOOK_NETWORKS"):
        monkeypatch.delenv(name, raising=False)
    assert (Outward().plain, Outward().networks) == (False, ())
    assert Outward(production=False).plain
    assert Outward(webhook_networks="10.20.0.0/16, fd00::/8").networks == (
        ip_network("10.20.0.0/16"),
        ip_network("fd00::/8"),
    )
    monkeypatch.setenv("HUB_WEBHOOK_NETWORKS", "10.20.0.0/16,everywhere")
    with pytest.raises(Misconfigured, match="HUB_WEBHOOK_NETWORKS"):
        outward()
