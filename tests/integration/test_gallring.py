"""Gallring: the content of a closed case is removed by the region's rule, and nothing else; what is left recognises duplicates for ever.

One or two hubs on a real database, each with its own HTTP side; nothing is sent.
"""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from pydantic import ValidationError

from hub import clock
from hub.directory import Applied
from hub.directory_change import put_in_force
from hub.errors import Refused
from hub.gallring import Gallring
from hub.intake.arrival import Arrival, read
from hub.operations import self_service
from hub.operations.timeline import whole
from hub.store import case_reads, dead_letters, gallring, gallring_counts, operator_log, sent_marks
from hub.store.sent_marks import SentRange
from hub.translators import fhir
from hub.translators.fhir.xml_writer import as_xml
from tests.commands import ended
from tests.integration.test_pull_inbox import Hub, bearer, ids, with_inbox
from tests.integration.test_views import ANNA, CENTRE, KOMMUN, TOLVAN, WARD, discharge, served
from tests.operators import signed_in
from tests.stack import checked

DAYS = 31
SAID = "Uppe och går med rullator"
WORDS = (TOLVAN, "Tolvan", "Storgatan", "Fall i hemmet", SAID, "Ring hustrun Berta", "c2VjcmV0LXRleHQ", "secret-text")
"""What stands in the bodies of the tests' cases: the number, the names, the address, free text and a file."""


def with_rule(**days):
    found = with_inbox().model_dump(mode="json", exclude_none=True)
    found["regions"][0]["gallring"] = {"svu": DAYS, "sip": DAYS} | days
    return checked(found)


class Place(Hub):
    """A hub whose rests take no time."""

    def __init__(self, hub):
        super().__init__(hub)
        self.rests = []
        self.busy = False
        self.gallring = Gallring(hub.store, hub.directory, lambda: self.busy, sleep=self.rest)

    async def rest(self, seconds):
        self.rests.append(seconds)
        await asyncio.sleep(0)

    async def whole_stay(self, person=TOLVAN, name="Tolvan Tolvansson"):
        """A discharged case with text, a free message with a file, and people."""
        case = await self.admit(person, name=name)
        await self.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": SAID}}})
        file = {"name": "a.txt", "content": "c2VjcmV0LXRleHQ="}
        await self.say(case, "meddelande", {"text": "Ring hustrun Berta", "attachment": file}, CENTRE)
        await self.say(case, "svu.utskrivning", discharge())
        return case

    async def settle(self, *cases):
        """All is sent, by a range where the system is told over Kafka, and every deadline is told."""
        while (found := await self.fetch("centre"))["notices"]:
            await self.ack(*ids(found))
        while (found := await self.fetch("kommun"))["notices"]:
            await self.ack(*ids(found), system="kommun")
        await self.sql(
            "UPDATE outbox_row SET state = 'sent', sent_at = now(), attempts = 1 WHERE kind IN ('lookup', 'case')"
        )
        rows = await self.sql("UPDATE outbox_row SET state = 'fresh' WHERE state = 'waiting' RETURNING system, id")
        of = {system: sorted(id_ for s, id_ in rows if s == system) for system, _ in rows}
        async with self.hub.store.transaction() as connection:
            for system, every in of.items():
                at = datetime.now(UTC)
                await sent_marks.add(connection, [SentRange(system, every[0], every[-1], at, "0/1", len(every))])
        await self.sql("DELETE FROM deadline WHERE case_id = ANY(%s::uuid[])", list(cases))

    async def age(self, *cases, days=DAYS + 1):
        """So many days pass."""
        by = timedelta(days=days, minutes=1)
        await self.sql("UPDATE cases SET changed_at = changed_at - %s WHERE id = ANY(%s::uuid[])", by, list(cases))
        async with self.hub.store.transaction() as connection:
            await connection.execute(
                "SET LOCAL session_replication_role = replica"
            )  # what is answered is never changed
            await connection.execute("UPDATE message SET received_at = received_at - %s", (by,))
        await self.sql("UPDATE outbox_row SET sent_at = sent_at - %s, accepted_at = accepted_at - %s", by, by)
        await self.sql("UPDATE sent_range SET at = at - %s", by)

    async def old_stay(self, *given, **more):
        case = await self.whole_stay(*given, **more)
        await self.settle(case)
        await self.age(case)
        return case

    async def gallrade(self):
        return {str(id_) for (id_,) in await self.sql("SELECT id FROM cases WHERE gallrad_at IS NOT NULL")}

    async def counts(self):
        """System → how many of its rows wait and are dead, as the kept counters say."""
        return await self.sql(
            "SELECT system, sum(waiting), sum(dead) FROM (SELECT system, waiting, dead FROM outbox_count"
            " UNION ALL SELECT system, waiting, dead FROM outbox_change) n GROUP BY system ORDER BY system"
        )

    async def everything(self):
        """Table → its rows as text, of every table that may hold something of a message."""
        tables = await self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (table,) in tables:
            if table in {"directory_version", "alembic_version", "credential"}:
                continue
            rows = await self.sql(f"SELECT * FROM {table}")
            found[table] = [" ".join(_text(one) for one in row) for row in rows]
        return found


def _text(value):
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)


def holding(tables, words=WORDS):
    return sorted({table for table, rows in tables.items() for row in rows for word in words if word in row})


@asynccontextmanager
async def running(database, found=None):
    async with served(database, found or with_rule(), Place) as place:
        yield place


@pytest.fixture
async def place(database):
    async with running(database) as found:
        yield found


METADATA = {
    "message": "source, id, encode(envelope, 'hex'), media_type, system, received_at, name, case_id, sequence, receipt::text",
    "outbox": "id, kind, system, case_id, sequence, source, message, accepted_at, due_at, state, sent_at, answer, attempts,"
    " follows, shard, failures, known_as, revision",
    "cases": "id, system, ref, process, status, sequence, opened_at, changed_at, archived_at, month",
}
"""Table → what stays of a row."""


async def test_nothing_of_the_bodies_remains_anywhere_and_all_metadata_does(place):
    case = await place.whole_stay()
    await place.say(case, "meddelande", {"text": SAID, "nonsense": TOLVAN}, CENTRE, ok=False)
    await place.settle(case)
    await place.age(case)
    asked = {table: f"SELECT {columns} FROM {table} ORDER BY 1, 2" for table, columns in METADATA.items()}
    before = {table: await place.sql(statement) for table, statement in asked.items()}
    trail, counts = await place.sql("SELECT * FROM reading"), await place.counts()
    held = holding(await place.everything())
    assert {"message", "outbox_row", "cases"} <= set(held), "the words are there to be found"
    await place.gallring.go_round()
    assert holding(await place.everything()) == []
    assert {table: await place.sql(statement) for table, statement in asked.items()} == before
    assert await place.sql("SELECT * FROM reading") == trail
    assert await place.sql("SELECT 1 FROM participation UNION ALL SELECT 1 FROM calendar") == []
    told = await place.sql("SELECT told::text FROM outbox WHERE kind = 'notice'")
    assert all(json.loads(text)["to"] for (text,) in told), "to whom it was told stays"
    assert await place.counts() == counts


async def test_without_a_rule_for_the_process_everything_is_kept(database):
    found = with_inbox().model_dump(mode="json", exclude_none=True)
    for rule in (None, {"sip": DAYS}):
        found["regions"][0]["gallring"] = rule
        async with running(database, checked(found)) as place:
            place.count = 1000 if rule else 0
            await place.old_stay(ANNA if rule else TOLVAN)
            await place.gallring.go_round()
            assert await place.gallrade() == set()


async def test_a_refused_message_is_kept_where_one_of_the_processes_is_and_otherwise_loses_its_content_alone(database):
    found = with_inbox().model_dump(mode="json", exclude_none=True)
    found["regions"].append({"id": "dalarna", "name": "Dalarna", "county": "20"})  # it keeps everything
    for rule in ({"svu": DAYS}, {"svu": DAYS, "sip": DAYS}):
        found["regions"][0]["gallring"] = rule
        async with running(database, checked(found)) as place:
            place.count = len(rule) * 1000
            nowhere = "00000000-0000-7000-8000-000000000000"
            unreadable = "svu.inskrivning", message(name=SAID)
            for subject, name, data in (("ref:vk-9", *unreadable), (nowhere, "samtycke", {"outcome": "given"})):
                receipt = await place.say(subject, name, data, ok=False)
                assert receipt.code == "fatal-error"
            await place.age()
            await place.say("ref:vk-9", *unreadable, ok=False)
            await place.gallring.go_round()
            newest = await place.sql("SELECT raw FROM message ORDER BY received_at DESC LIMIT 3")
            kept = [raw != b"" for (raw,) in newest]
            assert kept == [True, "sip" not in rule, "sip" not in rule], "the newest came today"


async def test_a_case_is_gallrat_so_many_days_after_its_last_change_and_an_open_one_never(place):
    old, young, open_ = await place.whole_stay(), await place.whole_stay(ANNA), await place.admit("192002299861")
    await place.settle(old, young, open_)
    await place.age(open_, old, days=DAYS)
    await place.age(young, days=-1)  # all else is older by now
    await place.gallring.go_round()
    assert await place.gallrade() == {old}
    assert place.rests, "it rests after each transaction"


def message(person=TOLVAN, **more):
    return {
        "patient": {"personnummer": person},
        "admitted_at": "2026-03-02T08:00:00+01:00",
        "estimated_discharge": "2026-03-09",
        "reason": "Fall",
        "information": {"given": True},
        "samtycke": {"outcome": "given"},
    } | more


def arrival(place, id_, data, subject="ref:vk-1", name="svu.inskrivning", *, by_outbox=False):
    attributes = {
        "specversion": "1.0",
        "id": id_,
        "source": f"urn:hsa:{WARD}",
        "type": f"se.samverkan.{name}.v1",
        "subject": subject,
        "time": "2026-03-02T09:00:00+01:00",
        "actor": "SE2321000255-P03",
        "actorrole": "sjukskoterska",
    }
    system = place.hub.directory().system_by_id["ehr"]
    return Arrival(
        system,
        json.dumps(data).encode(),
        "application/json",
        attributes,
        datetime.now(UTC),
        f"x/{id_}",
        by_outbox=by_outbox,
    )


async def test_the_same_message_gets_its_first_receipt_for_ever_and_other_content_is_refused_in_each_format(place):
    one = arrival(place, "first", message())
    read(one, place.hub.directory().identities)
    in_fhir = fhir.write_request(one.message)
    (receipt,) = await place.hub.intake.submit([one])
    (refused,) = await place.hub.intake.submit([arrival(place, "bad", message(reason=""), "ref:vk-2")])
    assert (receipt.code, refused.code) == ("ok", "fatal-error")
    await place.say(receipt.case, "svu.utskrivning", discharge())
    await place.settle(receipt.case)
    await place.age(receipt.case)
    # An earlier hub took the digest otherwise: the message is read a last time, and has the digest of today.
    async with place.hub.store.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE message SET digest = sha256('of old') WHERE id IN ('first', 'bad')")
    await place.gallring.go_round()
    assert await place.gallrade() == {receipt.case}
    (again, other, bad) = await place.hub.intake.submit(
        [
            arrival(place, "first", message()),
            arrival(place, "first", message(reason="Annat")),
            arrival(place, "bad", message(reason=""), "ref:vk-2"),
        ]
    )
    assert again == receipt.model_copy(update={"repeat": True})
    assert other.rule == "id-reused"
    assert (bad.rule, bad.repeat) == (refused.rule, True)
    for body, media in ((in_fhir, fhir.JSON), (as_xml(in_fhir), fhir.XML)):
        answer = await place.client.post(
            "/fhir/$process-message",
            content=body,
            headers=bearer("ehr") | {"content-type": media, "accept": fhir.JSON},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["entry"][0]["resource"]["response"]["code"] == "ok"
        other = body.replace(b"2026-03-09", b"2026-03-10")
        assert other != body
        answer = await place.client.post(
            "/fhir/$process-message",
            content=other,
            headers=bearer("ehr") | {"content-type": media, "accept": fhir.JSON},
        )
        assert answer.status_code == 409 and b"id-reused" in answer.content, answer.text


async def test_what_comes_for_a_gallrat_case_is_refused_in_both_languages_by_its_id_and_by_its_reference(place):
    case = await place.old_stay()
    ((ref,),) = await place.sql("SELECT ref FROM cases")
    await place.gallring.go_round()
    day = f"{datetime.now(UTC):%Y-}"
    for subject in (case, f"ref:{ref}"):
        receipt = await place.say(subject, "samtycke", {"outcome": "given"}, ok=False)
        assert (receipt.code, receipt.rule) == ("fatal-error", "gallrat")
        assert day in receipt.text.sv and "nytt ärende" in receipt.text.sv
        assert day in receipt.text.en and "new case" in receipt.text.en
    answer = await place.client.post(
        "/messages",
        json={"outcome": "given"},
        headers=bearer("ehr")
        | {f"ce-{key}": value for key, value in arrival(place, "late", {}, case, "samtycke").attributes.items()},
    )
    assert answer.status_code == 410 and answer.json()["rule"] == "gallrat", answer.text


async def test_every_view_of_a_gallrat_case_says_so_and_no_list_shows_it(place):
    case = await place.old_stay()
    assert await place.listed() == [case]
    written = place.client._transport.app.openapi()["paths"]
    paths = [path for path, methods in written.items() if path.startswith("/cases/{") and "get" in methods]
    assert len(paths) > 8
    await place.gallring.go_round()
    for path in paths:
        address = re.sub(r"\{[a-z_]+\}", "x", path.replace("{id}", case))
        found = await place.client.get(
            address,
            headers=bearer("ehr") | {"x-unit": WARD, "x-actor": "SE2321000255-P03", "x-role": "sjukskoterska"},
        )
        if found.status_code in {400, 404, 405}:
            assert b"unknown-case" not in found.content, (
                address,
                found.text,
            )  # it wants more, or a part that there is not
            continue
        assert found.status_code == 410 and found.json()["rule"] == "gallrat", (address, found.status_code, found.text)
    assert (await place.ask(f"/cases/{case}", status=410))["text"]["sv"].startswith("Ärendets innehåll är gallrat")
    assert await place.listed() == [] and await place.listed(query="?archived=true") == []


async def test_the_timeline_says_when_it_was_gallrat_and_still_tells_who_was_told_what_and_when(place):
    case = await place.old_stay()
    async with place.hub.store.transaction() as connection:
        before = (await whole.of(connection, case)).entries
    await place.gallring.go_round()
    async with place.hub.store.transaction() as connection:
        after = (await whole.of(connection, case)).entries
    gone = [one for one in after if one.kind == "gallrad"]
    assert len(gone) == 1 and "enligt regionens regel" in gone[0].sv and "by the region's rule" in gone[0].en
    told = {"received", "sent", "acknowledged", "fetched"}
    assert [one for one in after if one.kind in told] == [one for one in before if one.kind in told]


async def test_what_is_gallrat_is_not_replayed_and_the_answer_says_how_much_is_left_out(place):
    case = await place.old_stay()
    rest = await place.whole_stay(ANNA)
    await place.settle(rest)
    await place.gallring.go_round()
    assert await place.gallrade() == {case}
    await place.sql("UPDATE outbox_row SET accepted_at = now()")
    system = place.hub.directory().system_by_id["centre"]
    since = datetime.now(UTC) - timedelta(hours=1)
    async with place.hub.store.transaction() as connection:
        tried = await self_service.replay(connection, system, since, None, None)
        told = await place.sql("SELECT id, case_id::text FROM outbox WHERE system = 'centre' AND kind = 'notice'")
        assert tried.gallrade == sum(1 for _, of in told if of == case) > 0
        assert tried.count == sum(1 for _, of in told if of == rest) > 0
        assert len(await dead_letters.replay(connection, [id_ for id_, _ in told])) == tried.count
    answer = await place.client.post("/self/replay", json={"since": since.isoformat()}, headers=bearer("centre"))
    assert answer.json()["gallrade"] == tried.gallrade
    listed = (await place.client.get("/self/notices", headers=bearer("centre"))).json()["notices"]
    assert {one["case"] for one in listed if one["gallrad"]} == {case}


async def test_the_bundle_behind_a_notification_is_gone_and_an_event_of_it_is_told_as_lost(place):
    case = await place.old_stay()
    ((number,),) = await place.sql(
        "SELECT id FROM outbox WHERE case_id = %s AND system = 'centre' ORDER BY id LIMIT 1", case
    )
    path = f"/fhir/Bundle/out-{number}"
    assert (await place.client.get(path, headers=bearer("centre"))).status_code == 200
    await place.gallring.go_round()
    gone = await place.client.get(path, headers=bearer("centre"))
    assert gone.status_code == 410 and "gallrat" in gone.text, gone.text
    assert (await place.client.get(path, headers=bearer("kommun"))).status_code == 404, "it was never told this"


BUSY = {
    "a notice that waits": "UPDATE outbox_row SET state = 'waiting', sent_at = NULL WHERE id = {row}",
    "a dead notice": "UPDATE outbox_row SET state = 'dead', sent_at = NULL WHERE id = {row}",
    "a fresh notice that no range covers": "UPDATE outbox_row SET state = 'fresh', sent_at = NULL, id = -1 WHERE id = {row}",
    "a notice that was sent today": "UPDATE outbox_row SET sent_at = now() WHERE id = {row}",
    "a deadline": "INSERT INTO deadline (case_id, key, due_at) VALUES ('{case}', 'k', now())",
    "a held message": "INSERT INTO held (source, message, case_key, reason, due_at) VALUES ('s', 'm', '{case}', 'r', now())",
    "a receipt that is dead": "INSERT INTO outbox_row (id, kind, system, source, message, told, accepted_at, due_at, state)"
    " SELECT -2, 'receipt', 'ehr', source, id, '{{}}', now(), now(), 'dead' FROM message WHERE case_id = '{case}' LIMIT 1",
    "a change since it was found": "UPDATE cases SET changed_at = now()",
    "an act that undid its end": "UPDATE cases SET status = 'open'",
    "a message to the case": "INSERT INTO outbox_row (id, kind, system, case_id, source, message, told, accepted_at, due_at)"
    " VALUES (-3, 'case', 'hub-cases', '{case}', 'urn:samverkan:hub', 'h-1', '{{}}', now(), now())",
}


async def test_a_case_in_which_anything_is_not_settled_is_kept_until_it_is(place):
    case = await place.old_stay()
    ((row,),) = await place.sql("SELECT min(id) FROM outbox WHERE case_id = %s AND system = 'centre'", case)
    ((changed,),) = await place.sql("SELECT changed_at FROM cases")
    due = [gallring.Closed(case, WARD, changed)]
    for why, statement in BUSY.items():
        async with place.hub.store.transaction() as connection:
            await connection.execute(statement.format(case=case, row=row))
            found = await gallring.take(connection, due, datetime.now(UTC))
            assert (found.cases, found.notices, found.messages) == ([], [], []), why
            await connection.rollback()
    await place.sql(BUSY["a deadline"].format(case=case))
    await place.gallring.go_round()
    assert await place.gallrade() == set() and holding(await place.everything())
    await place.sql("DELETE FROM deadline")
    await place.gallring.go_round()
    assert await place.gallrade() == {case}


async def test_no_transaction_that_has_the_case_or_a_notice_of_it_is_waited_for(place):
    case, other = await place.old_stay(), await place.old_stay(ANNA)
    for lock in (
        "SELECT 1 FROM cases WHERE id = %s FOR UPDATE",
        "SELECT 1 FROM outbox_row WHERE case_id = %s FOR SHARE",
    ):
        async with place.hub.store.transaction() as connection:
            await connection.execute(lock, (case,))
            await asyncio.wait_for(place.gallring.go_round(), 60)
            assert await place.gallrade() == {other}
    await place.gallring.go_round()
    assert await place.gallrade() == {case, other}


async def test_a_range_goes_with_its_last_fresh_row_and_the_rows_say_the_same_by_themselves(place):
    one, other = await place.whole_stay(), await place.whole_stay(ANNA)
    await place.settle(one, other)
    await place.age(one, days=DAYS + 1)
    shown = "SELECT id, state, sent_at, answer, attempts FROM outbox ORDER BY id"
    before = await place.sql(shown)
    assert await place.sql("SELECT 1 FROM outbox_row WHERE state = 'fresh'")
    await place.gallring.go_round()
    assert await place.gallrade() == {one}
    assert await place.sql(shown) == before
    assert await place.sql("SELECT system FROM sent_range"), "it covers fresh rows of the other case"
    await place.age(other, days=DAYS + 1)
    await place.gallring.go_round()
    assert await place.gallrade() == {one, other}
    assert await place.sql("SELECT system FROM sent_range") == []
    assert await place.sql("SELECT 1 FROM outbox WHERE state = 'waiting'") == []


async def test_of_two_hubs_one_works_at_a_time_and_each_case_is_removed_once(database):
    async with running(database) as one, running(database) as other:
        other.count = 1000
        cases = [await one.old_stay(person) for person in (TOLVAN, ANNA, "192002299861")]
        await asyncio.gather(one.gallring.go_round(), other.gallring.go_round())
        assert await one.gallrade() == set(cases)
        assert await one.sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'") == [], (
            "neither keeps the lock, or a session for it"
        )
        async with one.hub.store.transaction() as connection:
            acts = await operator_log.latest(connection, target="cases", limit=9)
        assert [act.what for act in acts] == ["gallring"]
        assert acts[0].reason.startswith("the content of 3 closed cases")


class KilledError(Exception):
    pass


async def test_a_hub_that_is_killed_in_the_middle_leaves_the_case_whole_and_the_next_goes_on(database, monkeypatch):
    async with running(database) as one, running(database) as other:
        case = await one.old_stay()
        before = await one.everything()

        async def killed(connection, *given):
            await real(connection, *given)
            raise KilledError

        real = gallring._remove_bodies
        with monkeypatch.context() as patched:
            patched.setattr(gallring, "_remove_bodies", killed)
            with pytest.raises(KilledError):
                await one.gallring.go_round()
        assert await one.everything() == before
        await other.gallring.go_round()
        assert await one.gallrade() == {case}


async def test_nothing_is_removed_while_messages_or_notices_are_behind(place, monkeypatch):
    case = await place.old_stay()
    seen = []

    async def rest(seconds):
        seen.append((seconds, await place.gallrade()))
        if len(seen) == 1:
            place.busy = False
            monkeypatch.setattr("hub.gallring._BEHIND", -1)
        if len(seen) == 2:
            monkeypatch.undo()

    place.busy, place.gallring._sleep = True, rest
    await place.gallring.go_round()
    assert [gone for _, gone in seen[:2]] == [set(), set()]
    assert seen[2][1] == {case}


async def test_nothing_is_removed_while_the_machine_and_the_database_disagree_about_the_time(place, monkeypatch):
    case = await place.old_stay()
    with monkeypatch.context() as patched:
        patched.setattr(clock, "_since_s", clock._since_s + 365 * 86_400)  # what a database set wrong would say
        await place.gallring.go_round()
    assert await place.gallrade() == set()
    await place.gallring.go_round()
    assert await place.gallrade() == {case}


async def test_figures_of_a_month_count_no_gallrat_case_and_say_how_many_there_are(place):
    case = await place.old_stay()
    ((month,),) = await place.sql("SELECT month FROM cases WHERE id = %s", case)
    await place.gallring.go_round()
    async with place.hub.store.transaction() as connection:
        assert await case_reads.of_month(connection, "svu", [WARD], month) == []
        assert await case_reads.gallrade_of_month(connection, "svu", [WARD], month) == 1
        assert await case_reads.gallrade_of_month(connection, "svu", [KOMMUN], month) == 0


async def test_the_database_lets_no_answered_message_lose_its_content_but_with_its_whole_case(place):
    case = await place.old_stay()
    emptied = "UPDATE message SET raw = '', attributes = NULL, events = '[]' WHERE case_id = %s"
    with pytest.raises(psycopg.errors.RaiseException):
        await place.sql(emptied, case)
    await place.gallring.go_round()
    await place.sql(emptied, case)
    for changed in (
        "raw = 'x'",
        "receipt = '{}'",
        "received_at = now()",
        "attributes = '{}'",
        "events = '[1]'",
        "name = 'x'",
    ):
        with pytest.raises(psycopg.errors.RaiseException):
            await place.sql(f"UPDATE message SET {changed} WHERE case_id = %s", case)


async def test_the_command_shows_by_process_and_month_what_is_due_and_what_is_passed_over(place, database, tmp_path):
    case, waits, open_ = await place.old_stay(), await place.old_stay(ANNA), await place.admit("192002299861")
    await place.age(open_)
    ((month, messages),) = await place.sql(
        "SELECT to_char(min(changed_at) AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM'), sum(sequence) FROM cases"
        " WHERE id = ANY(%s::uuid[])", [case, waits]
    )  # fmt: skip
    await place.sql("INSERT INTO deadline (case_id, key, due_at) VALUES (%s, 'k', now())", waits)
    before = await place.everything()

    async def shown(*more):
        line = ["gallring", *more]
        status, out, said = await asyncio.to_thread(ended, ("gallring",), line, tmp_path, HUB_DATABASE_URL=database)
        assert status == 0, said
        return out

    out = await shown()
    assert f"region skane: sip {DAYS} days, svu {DAYS} days" in out
    assert re.search(rf"svu +{month} +2 +{messages}\n", out), out
    assert "1 are passed over" in out and "svu: 1 case unchanged for as long and still open" in out
    told = json.loads(await shown("--json"))
    assert told["months"] == [{"process": "svu", "month": month, "cases": 2, "messages": messages}]
    assert (told["unsettled"], told["open_as_long"], told["rules"]) == (
        1,
        {"svu": 1},
        {"skane": {"svu": DAYS, "sip": DAYS}},
    )
    assert await place.everything() == before, "it removes nothing"
    await place.gallring.go_round()
    assert json.loads(await shown("--json"))["months"][0]["cases"] == 1


async def test_over_the_network_one_counts_at_a_time_and_not_for_long(place, monkeypatch):
    reader = await signed_in(place.hub, "lasare")
    assert (await reader.ask("/gallring"))["rules"] == {"skane": {"svu": DAYS, "sip": DAYS}}
    async with place.hub.store.transaction() as connection:
        assert await gallring_counts.alone(connection)
        refused = await reader.ask("/gallring", 409)
        assert (refused["rule"], "Somebody else is counting" in refused["text"]["en"]) == ("not-counted", True)
    monkeypatch.setattr("hub.operations.due_gallring._MOST_S", 0.05)
    async with place.hub.store.transaction() as connection:
        await connection.execute("LOCK TABLE cases")
        refused = await reader.ask("/gallring", 409)
        assert (refused["rule"], "on a standby" in refused["text"]["en"]) == ("not-counted", True)


async def test_a_rule_of_too_few_days_or_of_an_unknown_process_is_refused_when_it_is_applied(store):
    with pytest.raises(ValidationError, match="greater than or equal to 31"):
        with_rule(svu=30)
    with pytest.raises(Refused, match=r"region skane has gallring of the unknown process svo: name sip or svu"):
        await put_in_force(
            store, Applied(with_rule(svo=90)), what="apply", who="anna", reason="prov", force=False, dry_run=True
        )


def test_of_a_unit_that_has_left_the_directory_the_longest_time_of_all_regions_holds_when_each_has_one():
    found = with_rule().model_dump(mode="json", exclude_none=True)
    found["regions"].append({"id": "dalarna", "name": "Dalarna", "county": "20", "gallring": {"svu": 90}})
    known = checked(found)
    assert [known.gallring_days(unit, "svu") for unit in (WARD, "SE2321000255-GONE", None)] == [DAYS, 90, 90]
    assert [known.gallring_days(unit, "sip") for unit in (WARD, "SE2321000255-GONE")] == [DAYS, None]
