"""Several worker processes are one hub: one port, metrics as one, every case in one process's shards; a worker that dies is replaced,
and what it had is told by the others (D-1, D-3).

May import ``hub.metrics``, the roles, the ways of operations, the workers and the stack; broker and database are real.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress

import httpx
import psutil
import pytest
from fastapi import FastAPI

from hub.errors import Misconfigured
from hub.metrics import together
from hub.roles import ROLES, roles_of
from hub.routers import health
from hub.workers import WorkerPlace
from tests import stack as parts
from tests.stack import CENTRE, LUND, admission, event, kvittens, until


@pytest.fixture
async def hub(database, kafka, tmp_path):
    """Two workers behind one port."""
    async with parts.running(database, kafka.bootstrap, tmp_path, HUB_WORKERS="2") as (stack, _):
        yield stack


def workers(stack):
    """The worker processes, in the order of their numbers."""
    found = []
    for one in psutil.Process(stack.hub.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found += [one] if "--workers" in one.cmdline() else []
    return found


async def owners(stack):
    return await stack.rows("SELECT owner, count(*) FROM shard GROUP BY owner ORDER BY owner")


async def shared_by(stack, number):
    async def look():
        found = await owners(stack)
        return found if len(found) == number and {count for _, count in found} == {64 // number} else None

    return await until(look)


@pytest.mark.timeout(200)
async def test_two_workers_tell_each_case_in_order_also_when_one_is_killed_and_replaced(hub):
    before = await shared_by(hub, 2)
    cases = [(await hub.admit(*admission(LUND[number % 3]))) for number in range(8)]
    killed = workers(hub)[0]
    killed.send_signal(signal.SIGKILL)
    answers = []
    for case, _ in cases:  # while one is gone its shards are the other's
        sent = event("samtycke", case)
        while True:
            try:
                answer = await hub.send(sent, {"outcome": "given"})
            except httpx.TransportError:
                continue  # it was the dead one that had the connection
            assert answer.json()["code"] == "ok", answer.text
            answers.append(answer.json()["sequence"])
            break

    async def replaced():
        return {owner for owner, _ in await shared_by(hub, 2)} != {owner for owner, _ in before}

    await until(replaced)  # the dead worker owns nothing
    for (case, message), sequence in zip(cases, answers, strict=True):
        await hub.tell("centre", *kvittens(case, message, CENTRE))

        async def told(case=case, sequence=sequence):
            found = await hub.notices("kommun", case)
            return found if str(sequence) in {one["sequence"] for one in found} else None

        notices = await until(told)
        assert parts.first_in_order((case, int(one["sequence"])) for one in notices)
        first = {one["sequence"]: one for one in reversed(notices)}
        # What was sent, and not yet marked when the worker died, comes once more: the very same notice.
        assert all(one == first[one["sequence"]] for one in notices)

    async def nothing_waits():
        return await hub.value("SELECT count(*) FROM outbox WHERE state <> 'sent'") == 0

    await until(nothing_waits)
    await hub.admit()  # whatever the killed worker had counted
    accepted = await hub.metric(
        "hub_messages_total", outcome="accepted", system=f"ehr{hub.tag}", type="svu.inskrivning"
    )
    assert accepted is not None
    assert 1 <= accepted <= 9, "of the killed worker's own count nothing is left"

    async def nothing_is_in_hand():
        return await hub.metric("hub_intake_queue") == 0

    await until(nothing_is_in_hand)


@pytest.mark.timeout(200)
async def test_what_comes_with_a_case_as_key_comes_to_the_worker_that_tells_of_it(database, kafka, tmp_path):
    """A worker opens its cases under ids whose partitions it reads: nothing of what comes on them is left for another worker."""
    more = {"HUB_WORKERS": "2", "HUB_KAFKA_PARTITIONS": "4"}
    async with parts.running(database, kafka.bootstrap, tmp_path, **more) as (hub, _):
        await shared_by(hub, 2)
        in_a_row = 0
        written = "SELECT state FROM outbox_row WHERE message = %s AND kind IN ('notice', 'receipt')"
        for _ in range(60):  # the group may share the partitions once more after the start
            case, message = await hub.admit()
            sent, data = kvittens(case, message, CENTRE)
            await hub.tell("centre", sent, data)
            rows = await until(lambda sent=sent: hub.rows(written, sent["id"]))
            assert len(rows) == 3, "a notice to the ward and one to the municipality, and the receipt"
            in_a_row = in_a_row + 1 if {state for (state,) in rows} == {"fresh"} else 0
            if in_a_row == 16:
                return
        raise AssertionError("half of it is left for another worker")


@pytest.mark.timeout(200)
async def test_a_worker_that_cannot_come_back_while_the_database_takes_no_new_connection_ends_no_other(hub, postgres):
    await shared_by(hub, 2)
    case, _ = await hub.admit(*admission(LUND[0]))
    name = hub.database.rpartition("/")[2]
    killed, other = workers(hub)
    postgres.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    try:
        killed.send_signal(signal.SIGKILL)
        cannot = '"event": "worker_cannot_start"'
        await until(lambda: cannot in hub.log.read_text())
        tries = set()

        def tried_again():
            tries.update(one.pid for one in workers(hub))
            return len(tries - {killed.pid, other.pid}) > 1

        await until(tried_again)
        assert hub.hub.alive and other.is_running()
    finally:
        postgres.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    assert hub.log.read_text().count(cannot) == 1, "the log says so once"
    assert "the database does not answer" in hub.log.read_text()
    await shared_by(hub, 2)
    assert other.is_running()
    sent = event("samtycke", case)

    async def accepted():
        with suppress(httpx.TransportError):  # it was the dead one that had the connection
            return (await hub.send(sent, {"outcome": "given"})).json()["code"] == "ok"

    await until(accepted)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("count", ["1", "2"])
async def test_a_hub_of_any_number_of_workers_that_cannot_start_at_first_says_why_once_and_ends(tmp_path, count):
    closed = f"127.0.0.1:{parts.free_port()}"
    stack = parts.Stack(f"postgresql://nobody@{closed}/hub", closed, "http://{}.example", tmp_path / "hub.log")
    done = await stack.cli("run", "--workers", count)
    assert done.returncode == 2
    (last,) = [line for line in done.stderr.splitlines() if line.startswith("hub: ")]
    assert last.startswith("hub: the database does not answer, or not to us")
    await stack.close()


@pytest.mark.timeout(120)
async def test_workers_end_with_the_process_that_started_them_and_the_port_is_free_again(hub):
    await shared_by(hub, 2)
    running = workers(hub)
    assert len(running) == 2
    os.kill(running[0].ppid(), signal.SIGKILL)
    gone, alive = await asyncio.to_thread(psutil.wait_procs, running, 40)
    assert not alive, "they saw that the pipe from their starter had ended"
    assert len(gone) == 2
    hub.start()
    await hub.ready()
    assert (await hub.send(*admission(LUND[0]))).json()["code"] == "ok"


@pytest.mark.timeout(120)
async def test_what_is_accepted_in_one_process_is_told_by_another_that_only_delivers(database, kafka, tmp_path):
    async with parts.running(database, kafka.bootstrap, tmp_path, HUB_ROLES="intake,addressing,deadlines,http") as (
        one,
        _,
    ):
        other = parts.Stack(one.database, one.bootstrap, one.registers, tmp_path / "other.log", one.tag)
        other.start("--role", "delivery")
        await other.ready()
        try:
            case, _ = await one.admit()

            async def told():
                return await one.notices("kommun", case)

            assert await until(told)
            assert await one.value("SELECT count(DISTINCT owner) FROM shard") == 1
            assert (await other.send(*admission(LUND[1]))).status_code == 404, "it takes no messages"
            found = await asyncio.to_thread(other.get, "/health/ready")
            assert '"status":"ok"' in found
        finally:
            await asyncio.to_thread(other.hub.stop)
            await other._client.aclose()


@pytest.mark.parametrize("starter", ["lives", "has died"])
def test_a_worker_removes_the_folder_of_all_when_it_ends_after_the_process_that_started_it(
    tmp_path, monkeypatch, starter
):
    folder = tmp_path / "workers"
    folder.mkdir()
    reads, writes = os.pipe()
    with os.fdopen(reads) as stdin, os.fdopen(writes, "w") as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        with WorkerPlace(1, folder, []).starting():
            (folder / "1.sock").touch()
            if starter == "has died":
                pipe.close()
    assert folder.exists() is (starter == "lives")


def test_a_role_that_is_none_is_named_with_those_that_there_are():
    assert roles_of("") == ROLES
    assert roles_of("intake, http") == {"intake", "http"}
    with pytest.raises(Misconfigured, match=r"knows no kafka: it takes addressing, deadlines, delivery, http, intake"):
        roles_of("http,kafka")


def test_the_metrics_of_several_workers_are_those_of_one_hub():
    one = (
        b'# HELP hub_x_total Sums.\n# TYPE hub_x_total counter\nhub_x_total{system="a"} 2.0\n'
        b"# HELP hub_held Holds.\n# TYPE hub_held gauge\nhub_held 5.0\n"
        b"# HELP hub_intake_queue Waits.\n# TYPE hub_intake_queue gauge\nhub_intake_queue 3.0\n"
        b'# HELP hub_s Takes.\n# TYPE hub_s histogram\nhub_s_bucket{le="1.0"} 1.0\nhub_s_bucket{le="+Inf"} 2.0\n'
        b"hub_s_count 2.0\nhub_s_sum 4.5\n"
    )
    two = one.replace(b'system="a"} 2.0', b'system="b"} 7.0').replace(b"hub_held 5.0", b"hub_held 4.0")
    found = together([one, two]).decode()
    assert 'hub_x_total{system="a"} 2.0' in found
    assert 'hub_x_total{system="b"} 7.0' in found
    assert "hub_held 5.0" in found
    assert "hub_intake_queue 6.0" in found
    assert 'hub_s_bucket{le="1.0"} 2.0' in found
    assert "hub_s_sum 9.0" in found


@pytest.mark.parametrize("answers", [False, True])
async def test_a_worker_that_hangs_delays_no_metrics_for_long_and_takes_nothing_out_of_the_sums(tmp_path, answers):
    """Whichever worker is asked, and whichever was asked before; what the hanging one showed of the present is no longer shown."""
    first = b"# TYPE hub_x_total counter\nhub_x_total 2.0\n# TYPE hub_held gauge\nhub_held 9.0\n"
    hangs = asyncio.Event()

    async def told(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if hangs.is_set() and not answers:
            await reader.read()  # until the caller has gone
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(first) + first)
        writer.close()

    def asked_of(number):
        api = FastAPI()
        sockets = [tmp_path / f"{number}.sock", tmp_path / "3.sock"]
        api.include_router(health.router(lambda: None, lambda: sockets))
        return httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://hub")

    async with await asyncio.start_unix_server(told, tmp_path / "3.sock"), asked_of(1) as one, asked_of(2) as two:
        assert "hub_held 9.0" in (await one.get("/metrics")).text
        hangs.set()
        for asked in (two, one):
            shown = (await asked.get("/metrics")).text
            assert "hub_x_total 2.0" in shown
            assert ("hub_held 9.0" in shown) is answers
    assert health._WORKER_S <= 1, "Prometheus waits for ten seconds"
