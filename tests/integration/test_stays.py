"""What a whole stay meets besides its rules: two at once, the clock struck twice, five hundred participants, news of the person."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from hub.cli.average import average
from hub.delivery.outgoing import encode
from hub.delivery.relay import Relay
from hub.errors import Misconfigured, Refused
from hub.intake.deadline_timer import DeadlineTimer
from hub.intake.hub_messages import own_message
from hub.store import cases
from hub.store import directory as directories
from hub.store.transaction import Store
from schemas.directory import Directory
from schemas.hub_messages import Folkbokforing
from tests.desk import FOUND, Desk
from tests.shards import all_shards
from tests.stack import CENTRE, KOMMUN, WARD, directory
from tests.unit.test_law import MARCH, _in_2023


@pytest.fixture
async def opened(desk):
    """A published case in which both receivers take part."""
    desk.known.put_person("191212121212", "12", FOUND)
    receipt = await desk.send("m-1")
    desk.case = receipt.case
    return desk


async def rows(desk, statement, *parameters):
    async with desk.store.transaction() as connection:
        return await (await connection.execute(statement, parameters)).fetchall()


async def case_of(desk):
    async with desk.store.transaction() as connection:
        return await cases.read(connection, desk.case)


# --- the clock (D-9) --------------------------------------------------------------------------------------------------


async def test_a_deadline_is_told_once_though_two_hubs_strike_and_one_of_them_starts_afterwards(opened):
    later = datetime.now(UTC) + timedelta(hours=25)
    opened.now = later
    other = Desk(opened.store)
    other.now = later
    running = asyncio.create_task(other.intake.run())
    struck = await asyncio.gather(
        *(DeadlineTimer(opened.store, one.intake, lambda: later).tell_passed() for one in (opened, other))
    )
    other.intake.stop()
    await running
    restarted = DeadlineTimer(opened.store, opened.intake, lambda: later + timedelta(hours=1))
    assert await restarted.tell_passed() == 0
    told = await rows(opened, "SELECT id FROM message WHERE name = 'frist' AND sequence IS NOT NULL ORDER BY id")
    assert sum(struck) == len(told) == 3, "the admission was late, nobody is fast vardkontakt, a kvittens is overdue"
    notices = await rows(opened, "SELECT system, count(*) FROM outbox WHERE message LIKE 'f-%%kvittens%%' GROUP BY 1")
    assert sorted(notices) == [("centre", 1), ("ehr", 1), ("kommun", 1)]


async def test_what_was_done_in_time_is_never_told_as_late(opened):
    for number, unit in enumerate((CENTRE, KOMMUN)):
        receipt = await opened.tell(f"k-{number}", "kvittens", {"message": "m-1"}, opened.case, unit)
        assert receipt.code == "ok", receipt
    left = await rows(opened, "SELECT key FROM deadline WHERE key LIKE 'kvittens%%'")
    assert left == []


async def test_a_deadline_is_told_though_something_is_held_in_its_case(opened):
    async with opened.store.transaction() as connection:
        await connection.execute(
            "INSERT INTO held (source, message, case_key, reason, due_at) VALUES ('urn:x', 'x', %s, 'defect:X', now())",
            (opened.case,),
        )
    later = datetime.now(UTC) + timedelta(hours=25)
    opened.now = later
    clock = DeadlineTimer(opened.store, opened.intake, lambda: later)
    assert await clock.tell_passed() == 3
    assert await rows(opened, "SELECT count(*) FROM deadline WHERE due_at < %s", later) == [(0,)]


# --- two at once ------------------------------------------------------------------------------------------------------


async def test_of_two_who_write_one_field_at_once_nobodys_words_vanish_and_both_know_what_stands(opened):
    def words(text):
        return {"fields": {"bakgrund": {"text": text, "version": 0}}}

    first, second = await asyncio.gather(
        opened.tell("f-1", "svu.kartlaggning", words("Bor ensam"), opened.case, CENTRE),
        opened.tell("f-2", "svu.kartlaggning", words("Har hemtjänst"), opened.case, KOMMUN),
    )
    assert {first.code, second.code} == {"ok"}
    earlier, later = sorted((first, second), key=lambda receipt: receipt.sequence)
    assert earlier.warnings == ()
    assert later.warnings == ("written-meanwhile:bakgrund",)
    case = await case_of(opened)
    assert case.state.fields["kartlaggning"]["bakgrund"][:2] == [2, later.sequence]
    told = {(item.system, item.message_id) for item in opened.offered if item.kind == "notice"}
    assert {("kommun", "f-1"), ("centre", "f-2")} <= told, "each is told the other's words"
    kept = await rows(opened, "SELECT raw FROM message WHERE id IN ('f-1', 'f-2')")
    assert {text for text in ("Bor ensam", "Har hemtjänst") if any(text.encode() in raw for (raw,) in kept)} == {
        "Bor ensam",
        "Har hemtjänst",
    }


async def test_an_acknowledgement_and_the_removal_of_its_unit_at_once_leave_nothing_awaited(opened):
    leaving = {"unit": CENTRE, "change": "borttagen"}
    answers = await asyncio.gather(
        opened.tell("k-1", "kvittens", {"message": "m-1"}, opened.case, CENTRE),
        opened.tell("d-1", "deltagare", leaving, opened.case),
    )
    assert answers[1].code == "ok"
    assert answers[0].code == "ok" or answers[0].rule == "C-4"
    assert (await case_of(opened)).awaited["inskrivning"].by == [KOMMUN]


# --- many -------------------------------------------------------------------------------------------------------------


def with_many_units(count):
    """The stack's directory with a health centre of many units, one system."""
    found = directory().model_dump(mode="json")
    model = next(unit for unit in found["units"] if unit["hsa"] == CENTRE)
    ids = [f"SE2321000255-MANY{number}" for number in range(count)]
    found["units"] += [{**model, "hsa": hsa, "name": hsa} for hsa in ids]
    served = next(system for system in found["systems"] if CENTRE in system["units"])
    served["units"] = [*served["units"], *ids]
    return Directory.model_validate(found), ids


async def test_five_hundred_participants_are_each_told_and_each_awaited(database):
    content, ids = with_many_units(500)
    store = Store(database, pool=4)
    await directories.apply(store, content)
    desk = Desk(store, content)
    running = asyncio.create_task(desk.intake.run())
    desk.known.put_person("191212121212", "12", FOUND)
    desk.case = (await desk.send("m-1")).case
    for hsa in ids:
        assert (await desk.tell(f"d-{hsa}", "deltagare", {"unit": hsa, "change": "tillagd"}, desk.case)).code == "ok"
    said = await desk.tell("hej", "meddelande", {"text": "Till alla"}, desk.case)
    assert said.code == "ok"
    (notice,) = [item for item in desk.offered if item.message_id == "hej" and item.system == "centre"]
    assert set(notice.content.to) == {CENTRE, *ids}
    assert set(notice.content.awaits) == {CENTRE, *ids}
    for hsa in ids[:3]:
        assert (await desk.tell(f"k-{hsa}", "kvittens", {"message": "hej"}, desk.case, hsa)).code == "ok"
    case = await case_of(desk)
    assert len(case.participants) == 503
    assert len(case.unanswered) == 499  # all but the three, and but the ward; the municipality too
    desk.intake.stop()
    await running
    await store.close()


async def test_a_case_does_not_grow_with_its_messages(opened):
    async def size():
        return (await rows(opened, "SELECT length(state::text) FROM cases"))[0][0]

    for number in range(10):
        assert (await opened.tell(f"t-{number}", "meddelande", {"text": "Hej"}, opened.case)).code == "ok"
    before = await size()
    for number in range(10, 110):
        await opened.tell(f"t-{number}", "meddelande", {"text": "Hej"}, opened.case)
    assert await size() <= before + 20, "a few digits more, nothing else"
    receipt = await opened.tell("k-t", "kvittens", {"message": "t-3"}, opened.case, CENTRE)
    assert receipt.code == "ok"
    again = await opened.tell("k-u", "kvittens", {"message": "t-3"}, opened.case, CENTRE)
    assert again.rule == "C-2"


# --- the monthly average (law 4:4) ------------------------------------------------------------------------------------


async def test_operations_see_a_months_average_by_municipality(desk, monkeypatch, capsys):
    for number, events in enumerate(_in_2023(MARCH)):
        id_ = f"0190000{number}-0000-7000-8000-000000000000"
        left = events[-1][0][1]
        state = {"id": id_, "opened_by": WARD, "state": {"dates": {"discharged": left}}}
        await rows(
            desk,
            "WITH c AS (INSERT INTO cases (id, system, person, process, status, sequence, state, opened_at, changed_at, month)"
            " VALUES (%s, 'ehr', '191212121212', 'svu', 'discharged', 9, %s, now(), now(), '2023-03'))"
            " INSERT INTO message (source, id, digest, raw, media_type, system, received_at, name, case_id, sequence, events, receipt)"
            " SELECT 'urn:x', %s || n, sha256(''), '', '', 'ehr', now(), 'x', %s::uuid, n, e, '{}' FROM json_array_elements(%s::json)"
            " WITH ORDINALITY AS a (e, n) RETURNING id",
            id_, json.dumps(state), id_, id_, json.dumps(events),
        )  # fmt: skip
    await directories.apply(desk.store, directory())
    monkeypatch.setenv("HUB_DATABASE_URL", desk.store.address)
    region = directory().region_of(WARD).id
    await asyncio.to_thread(average, region, "2023-03")
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["MUNICIPALITY", "CASES", "DAYS", "AVERAGE", "OWED"],
        ["1262", "1", "1", "1.00", "0", "kr"],
        ["1281", "Lunds", "kommun", "2", "8", "4.00", "above", "3", "21000", "kr"],
        ["all", "3", "9", "3.00", "21000", "kr"],
    ]
    await asyncio.to_thread(average, region, "2023-04")
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "0", "0", "0.00", "0", "kr"]
    for wrong, month in ((region, "2023-13"), ("no-such", "2023-03")):
        with pytest.raises((Misconfigured, Refused), match=r"YYYY-MM|no such region"):
            await asyncio.to_thread(average, wrong, month)


# --- news of the person (C-62) ----------------------------------------------------------------------------------------


async def test_protection_learnt_takes_address_and_contacts_out_of_what_is_shown_from_then_on(opened):
    near = {"people": [{"name": "Anna", "relation": "dotter", "phone": "070"}]}
    await opened.tell("n-1", "narstaende", near, opened.case)
    news = own_message(opened.case, "n-x", "folkbokforing", Folkbokforing(news="protected"), datetime.now(UTC))
    assert (await opened.intake.submit([news]))[0].code == "ok"
    case = await case_of(opened)
    assert (case.blocked, case.samtycke, case.outsiders) == (True, None, None)
    assert "address" not in case.person
    refused = await opened.tell("t-1", "meddelande", {"text": "Hej"}, opened.case)
    assert refused.rule == "C-62"
    told = [item.system for item in opened.offered if item.message_id == "n-x" and item.kind == "notice"]
    assert sorted(told) == ["centre", "ehr", "kommun"]


async def test_what_waits_to_be_sent_when_protection_is_learnt_is_sent_without_address_and_contacts(opened):
    near = {"people": [{"name": "Anna", "relation": "dotter", "phone": "070-1"}]}
    await opened.tell("n-1", "narstaende", near, opened.case)
    waiting = [item for item in opened.offered if item.kind == "notice" and item.system == "kommun"]
    assert "Storgatan" in b"".join(item.body or b"" for item in waiting).decode(), "the notice carries the address"
    news = own_message(opened.case, "n-x", "folkbokforing", Folkbokforing(news="protected"), datetime.now(UTC))
    await opened.intake.submit([news])
    relay = Relay(opened.store, opened.intake._directory, {}, all_shards(opened.store))
    shown = await relay.lanes._messages(waiting, 10_000_000)  # as a lane does with what it did not send at once
    kommun = next(system for system in opened.intake._directory().systems if system.id == "kommun")
    for format_ in ("native", "fhir"):
        out = kommun.model_copy(update={"format": format_})
        written = b"".join(encode(item, shown[item.id], out).encoded.body for item in waiting)
        assert b"191212121212" in written
        for hidden in (b"Storgatan", b"Anna", b"070-1"):
            assert hidden not in written
