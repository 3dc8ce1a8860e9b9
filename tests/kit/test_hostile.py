"""The kit towards a system that floods it, never ends what it says, or shares the machine with another kit: it stands, and tells."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from rich.console import Console
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hub.kit import door, recording, serve, stage
from hub.kit.awaits import Patience
from hub.kit.faults.table import chosen
from hub.kit.kit import secret_of, token_of
from hub.kit.record import Run
from tests.kit.receiver import Receiver
from tests.kit.test_serve import PATIENT, SHORT, free_port, wanted

FLOOD = 300


class HostileReceiver(Receiver):
    """Before it acknowledges, it does to the kit what ``does`` says; what it answers may have no end."""

    def __init__(self, does: str) -> None:
        super().__init__(secret_of(1, "webhook"), token_of(1))
        self._does: str | None = does
        self.statuses: list[int] = []

    async def _take(self, request: Request) -> Response:
        taken = await super()._take(request)
        if self._does == "answers-without-end" and taken.status_code == 204:
            return StreamingResponse(_without_end())
        return taken

    async def _acknowledge(self, notice: dict[str, object]) -> None:
        does, self._does = self._does, self._does if self._does == "answers-without-end" else None
        headers = {"authorization": f"Bearer {token_of(1)}", "content-type": "application/cloudevents+json"}
        async with httpx.AsyncClient(base_url=self.hub, headers=headers, timeout=120) as client:
            if does == "bombs":
                bomb = gzip.compress(bytes(200_000_000), 1)
                for _ in range(2):
                    answer = await client.post("/messages", content=bomb, headers={"content-encoding": "gzip"})
                    self.statuses.append(answer.status_code)
            if does == "floods":
                for start in range(0, FLOOD, 20):
                    calls = [client.get(f"/nothing/{number}") for number in range(start, start + 20)]
                    self.statuses += [answer.status_code for answer in await asyncio.gather(*calls)]
            if does == "floods-with-messages":
                for number in range(20):
                    await self.send(notice, "meddelande", {"text": f"Hej {number}"})
        if does == "is-slow":
            host, port = self.hub.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            head = f"POST /messages HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token_of(1)}\r\ncontent-length: 1000\r\n\r\n{{"
            writer.write(head.encode())
            self.statuses.append(int((await reader.read()).split()[1]))
            writer.close()
        await super()._acknowledge(notice)


async def _without_end() -> AsyncIterator[bytes]:
    while True:
        yield bytes(16_384)
        await asyncio.sleep(0.001)


async def run_against(does: str, faults: str | None = None, patience: Patience = PATIENT) -> tuple[Run, list[int]]:
    receiver = HostileReceiver(does)
    async with receiver:
        how = replace(wanted(receiver, SHORT, patience), faults=() if faults is None else chosen(faults))
        async with asyncio.timeout(300):
            return await serve.serve(how, Console(file=io.StringIO(), width=200)), receiver.statuses


def reasons(run: Run) -> list[str]:
    return [one.reason for scenario in run.scenarios for one in scenario.findings if one.outcome == "wrong"]


async def test_an_answer_without_end_to_the_kits_calls_is_read_no_further_than_it_says_anything():
    run, _ = await run_against("answers-without-end")
    assert run.outcome == "ok", reasons(run)


@pytest.mark.parametrize("faults", [None, "doubled"])
async def test_a_gzip_bomb_is_refused_and_told_and_the_scenario_goes_on(faults):
    run, statuses = await run_against("bombs", faults)
    assert statuses == [413, 413]
    (told,) = reasons(run)
    assert told.startswith("POST /messages was answered 413")


async def test_a_flood_of_calls_is_told_up_to_a_number_and_kept_up_to_a_size(monkeypatch):
    monkeypatch.setattr(recording, "_MOST_KEPT", 100_000)
    run, statuses = await run_against("floods")
    assert set(statuses) == {404} and len(statuses) == FLOOD
    told = reasons(run)
    assert len(told) == stage._CALLS_TOLD + 1
    assert f"more than {stage._CALLS_TOLD} different calls were refused: the others are not told" in told
    passed = [one for scenario in run.scenarios for one in scenario.exchanges]
    assert sum(len(one.body) + len(one.answer) for one in passed) < 100_000
    assert passed[-1].head["request"].startswith("more than can be kept")


async def test_a_flood_of_messages_is_taken_up_to_a_number_and_told(monkeypatch):
    monkeypatch.setattr(stage, "_MOST_TAKEN", 15)
    # Its kvittens is one too many, so it is awaited in vain.
    run, _ = await run_against("floods-with-messages", patience=Patience(within_s=8, late_s=0, after_s=0))
    assert "more than 15 messages came in one scenario: no more of them are taken" in reasons(run)


async def test_a_body_that_does_not_come_whole_is_cut_off_and_told(monkeypatch):
    monkeypatch.setattr(door, "_REQUEST_S", 1.0)
    run, statuses = await run_against("is-slow")
    assert statuses == [408]
    assert reasons(run) == ["POST /messages broke off, or did not come whole in time"]


async def test_two_kits_at_once_on_one_machine_do_not_disturb_each_other():
    async def one() -> Run:
        async with Receiver(secret_of(1, "webhook"), token_of(1)) as receiver:
            how = replace(wanted(receiver, SHORT), listen=str(free_port()), patience=PATIENT)
            receiver.hub = f"http://127.0.0.1:{how.listen}"
            return await serve.serve(how, Console(file=io.StringIO(), width=200))

    first, second = await asyncio.gather(one(), one())
    assert (first.outcome, second.outcome) == ("ok", "ok")
    assert first.scenarios[0].findings == second.scenarios[0].findings
