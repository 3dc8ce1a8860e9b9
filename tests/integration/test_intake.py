"""The intake on a real database, without a broker: what is told when the registers answer late, who may act, what a held message keeps."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.addressing.memory import RegisterMemory
from hub.errors import Refused
from hub.intake.hub_messages import own_message
from hub.operations import delivery, refusing
from hub.operations.timeline import whole
from hub.store import held, inbox, live_view, paused_systems, send_queue
from hub.store.registers import Answers
from schemas.hub_messages import Folkbokforing, Verifiering
from tests.desk import FOUND, Desk
from tests.shards import unsent_ids
from tests.stack import CENTRE, KOMMUN, WARD


async def test_a_notice_told_after_a_late_look_up_has_the_name_and_address_that_the_sender_left_out(desk):
    opened = await desk.send("m-1")
    await desk.intake.submit([own_message(opened.case, "a-1", "adressering", FOUND, datetime.now(UTC))])
    notices = [item for item in desk.offered if item.kind == "notice"]
    assert {item.system for item in notices} == {"centre", "kommun"}
    for item in notices:
        assert item.message.data.patient.name == "Tolvan Tolvansson"
        assert b"Storgatan 1" in item.body
    async with desk.store.transaction() as connection:
        kept = await send_queue.rows(connection, await unsent_ids(connection, "centre"))
    assert b"Tolvan Tolvansson" in bytes(kept[0].body)


async def test_the_live_view_shows_whose_act_is_awaited_and_what_is_sent(desk):
    opened = await desk.send("m-1")
    await desk.intake.submit([own_message(opened.case, "a-1", "adressering", FOUND, datetime.now(UTC))])
    await desk.tell("k-1", "kvittens", {"message": "m-1"}, opened.case, CENTRE)
    async with desk.store.transaction() as connection:
        (shown,) = await live_view.cases(connection, [opened.case])
    assert shown.awaits == (KOMMUN,)
    assert shown.addressing["outcome"] == "listed"
    assert {system for system, _, _ in shown.notices} == {"ehr", "centre", "kommun"}


async def test_whom_hsa_does_not_know_is_vouched_for_once_and_refused_from_then_on(desk):
    first = await desk.send("m-1")
    asked = [item for item in desk.offered if item.kind == "lookup" and item.content.question == "verifiering"]
    assert first.code == "ok"
    assert [item.content.actor for item in asked] == ["SE2321000255-P03"]
    await desk.known.put_actor("SE2321000255-P03", "sjukskoterska", "unknown")
    told = Verifiering(unit=WARD, actor="SE2321000255-P03", role="sjukskoterska", outcome="unknown")
    await desk.intake.submit([own_message(first.case, "a-2", "verifiering", told, datetime.now(UTC))])
    assert [(item.system, item.message.name) for item in desk.offered if item.kind == "notice"] == [
        ("ehr", "verifiering")
    ]
    second = await desk.send("m-2", subject="ref:vk-2")
    assert (second.code, second.rule, second.element) == ("fatal-error", "C-3", "/actor")
    again = RegisterMemory(Answers(desk.store), 3600, 600)
    await again.load()
    assert again.actor("SE2321000255-P03", "sjukskoterska") == "unknown"


async def test_an_early_kvittens_is_held_and_refused_when_its_case_was_never_opened(desk):
    early = desk.arrival("k-1", name="kvittens", body=b'{"message":"m-1"}', unit=CENTRE)
    (receipt,) = await desk.intake.submit([early])
    assert (receipt.code, receipt.rule) == ("transient-error", "held")
    async with desk.store.transaction() as connection:
        await connection.execute(
            "UPDATE held SET since = %s, due_at = now()", (datetime.now(UTC) - timedelta(hours=73),)
        )
    assert await desk.intake.retry_held() == 1
    async with desk.store.transaction() as connection:
        assert await held.oldest(connection) == []
        settled = (await inbox.load(connection, [early.key]))[early.key]
    assert b'"unknown-case"' in settled.receipt
    assert [item.content.rule for item in desk.offered if item.kind == "receipt"] == ["unknown-case"]


async def test_operations_refuses_a_held_message_and_its_sender_is_told(desk):
    early = desk.arrival("k-1", name="kvittens", body=b'{"message":"m-1"}', unit=CENTRE)
    await desk.intake.submit([early])
    await refusing.refuse(desk.store, "k-1", "anna", "fel system")
    async with desk.store.transaction() as connection:
        assert await held.oldest(connection) == []
        waiting = await send_queue.rows(connection, await unsent_ids(connection, "centre"))
        trail = await (await connection.execute("SELECT who, what, target, reason FROM operation")).fetchall()
        told = [(entry.kind, entry.en) for entry in (await whole.of(connection, "k-1")).entries]
    assert [item.content.rule for item in waiting] == ["operations"]
    assert trail == [("anna", "refuse", "k-1", "fel system")]
    assert ("by-hand", "refuse of k-1 by anna: fel system") in told
    assert any("refused by operations: " in detail for _, detail in told)


async def test_a_held_message_is_handled_when_its_case_is_opened(desk):
    desk.known.put_person("191212121212", "12", FOUND)
    kvittens = {"name": "deltagare", "body": b'{"unit":"' + KOMMUN.encode() + b'","change":"borttagen"}'}
    (early,) = await desk.intake.submit([desk.arrival("d-1", **kvittens)])
    assert early.rule == "held"
    opened = await desk.send("m-1")
    assert await desk.intake.retry_held() == 1
    async with desk.store.transaction() as connection:
        rows = await (await connection.execute("SELECT id, sequence FROM message ORDER BY sequence")).fetchall()
    assert opened.sequence == 1
    assert [row[1] for row in rows] == [1, 2, 3]
    assert rows[2][0] == "d-1"


async def test_what_another_hub_has_learnt_of_a_protected_person_ends_what_this_one_remembers(desk):
    desk.known.put_person("191212121212", "12", FOUND)
    other = Desk(desk.store)
    running = asyncio.create_task(other.intake.run())
    opened = await other.send("m-1", subject="ref:vk-1")
    protected = own_message(opened.case, "n-1", "folkbokforing", Folkbokforing(news="protected"), datetime.now(UTC))
    (receipt,) = await other.intake.submit([protected])
    assert receipt.code == "ok"
    other.intake.stop()
    await running

    assert (await desk.send("m-2", subject="ref:vk-2")).code == "ok"
    assert [item for item in desk.offered if item.kind == "notice"] == []  # nobody outside is told by memory
    asked = [item.content for item in desk.offered if item.kind == "lookup"]
    assert "adressering" in [question.question for question in asked]  # the registers are asked afresh
    async with desk.store.transaction() as connection:
        bodies = await (await connection.execute("SELECT body FROM outbox WHERE body IS NOT NULL")).fetchall()
    assert not any(b"Storgatan" in bytes(body) for (body,) in bodies)


async def test_a_slip_in_a_systems_name_pauses_nobody_and_says_so(desk):
    for act in (delivery.pause, delivery.resume):
        with pytest.raises(Refused, match="There is no system kommum in the directory"):
            await act(desk.store, "kommum", "anna", "fel mottagare")
    await delivery.pause(desk.store, "kommun", "anna", "underhåll")
    async with desk.store.transaction() as connection:
        assert await paused_systems.paused(connection) == {"kommun"}
    assert not (await delivery.resume(desk.store, "kommun", "anna", "klart")).paused
