"""The webhook's way out against receivers that misbehave, on sockets of this machine."""

import asyncio
import gzip
import re
import resource
import socket
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from unittest.mock import AsyncMock

import pytest
from aiokafka.errors import KafkaConnectionError, NotEnoughReplicasError
from httpcore import AsyncHTTPConnection
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.exits import addresses, http
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


async def test_a_call_costs_the_same_however_many_connections_the_others_have_and_quiet_ones_are_given_up(monkeypatch):
    looked = []
    closed = AsyncHTTPConnection.is_closed
    monkeypatch.setattr(AsyncHTTPConnection, "is_closed", lambda self: (looked.append(self), closed(self))[1])
    exit_ = WebhookExit(EVERYWHERE)
    async with receiver(head(204)) as server:

        async def send(number):
            one = webhook(server.url).model_copy(update={"id": f"many{number}"})
            assert (await exit_.send(one, [PARCEL], at_once)).result == "ok"

        for number in range(30):
            await send(number)
        looked.clear()
        await send(7)
        assert server.connections == 30
        assert len(set(looked)) == 1
        monkeypatch.setattr(http, "_KEEPALIVE_S", 0.0)
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


async def test_a_name_is_judged_by_the_address_that_is_called_and_asked_once_a_connection(monkeypatch):
    asked = []

    async def getaddrinfo(self, host, port, **_):
        asked.append(host)
        inside = "127.0.0.1" if len(asked) > 1 else "10.255.255.1"  # the name changes after the first question
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (inside, port))]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", getaddrinfo)
    backend = addresses.CheckedConnections(Allowed(plain=True, networks=(ip_network("127.0.0.0/8"),)))
    with pytest.raises(addresses.Forbidden):
        await backend.connect_tcp("rebound.example", 80, timeout=1)
    assert asked == ["rebound.example"]


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
