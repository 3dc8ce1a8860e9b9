"""The toy on a real database: what the store must hold for a second process, with two hubs on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import to_json

from hub.intake import commit
from hub.intake.arrival import Arrival
from hub.intake.case_messages import CaseMessages
from hub.intake.hub_messages import own_message
from hub.processes.engine.case import Case
from hub.store import cases, inbox, outbox
from hub.store import directory as directories
from hub.store.transaction import Store
from hub.translators import formats
from schemas.hub_messages import Folkbokforing
from schemas.messages import HUB_SOURCE, Receipt, type_of
from tests.desk import Desk
from tests.stack import CENTRE, WARD, directory
from tests.toy.fixtures import register, with_duties

PATIENT = {"patient": {"personnummer": "191212121212"}}
ELSA = {"patient": {"personnummer": "194501019808"}}


@pytest.fixture
async def hubs(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Desk]]:
    """Two hubs on one database."""
    register(monkeypatch)
    content = with_duties(directory())
    stores = [Store(database, pool=4) for _ in range(2)]
    await directories.apply(stores[0], content)
    found = [Desk(store, content) for store in stores]
    running = [asyncio.create_task(hub.intake.run()) for hub in found]
    yield found
    for hub in found:
        hub.intake.stop()
    await asyncio.gather(*running)
    for store in stores:
        await store.close()


async def send(hub: Desk, id_: str, name: str, data: dict[str, Any], subject: str, unit: str = WARD) -> Receipt:
    role = next(iter(hub.directory.unit_by_hsa[unit].roles))
    (receipt,) = await hub.intake.submit([arrival(hub, id_, name, data, subject, unit, role)])
    return receipt


def arrival(hub: Desk, id_: str, name: str, data: dict[str, Any], subject: str, unit: str, role: str) -> Arrival:
    made = hub.arrival(id_, name=name, body=to_json(data), subject=subject, unit=unit, role=role)
    assert made.attributes["type"] == type_of(name)
    return made


async def case_of(hub: Desk, id_: str) -> Case:
    async with hub.store.transaction() as connection:
        found = await cases.read(connection, id_)
    assert found is not None
    return found


async def rows(hub: Desk, statement: str, *values: Any) -> list[Any]:
    async with hub.store.transaction() as connection:
        return await (await connection.execute(statement, values)).fetchall()


@pytest.mark.parametrize("locked", [True, False])
async def test_of_two_that_open_a_case_of_one_person_at_once_exactly_one_is_accepted(hubs, monkeypatch, locked):
    """By the lock on the person; and by the index, where the lock is not there."""
    if not locked:
        monkeypatch.setattr(cases, "lock_persons", lambda *_: asyncio.sleep(0))
    for turn in range(5):
        answers = await asyncio.gather(
            *(send(hub, f"s-{turn}-{n}", "toy.start", PATIENT, f"ref:{turn}-{n}") for n, hub in enumerate(hubs))
        )
        assert sorted(answer.code for answer in answers) == ["fatal-error", "ok"]
        (opened,) = [answer for answer in answers if answer.code == "ok"]
        (refused,) = [answer for answer in answers if answer.code != "ok"]
        assert (refused.rule, refused.element) == ("T-1", "/data/patient")
        assert await rows(hubs[0], "SELECT id::text FROM cases WHERE status = 'open'") == [(opened.case,)]
        assert (await send(hubs[turn % 2], f"e-{turn}", "toy.end", {}, opened.case)).code == "ok"


async def test_a_case_is_found_under_a_number_that_its_person_had_and_reopens_only_alone(hubs):
    first = await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")
    news = Folkbokforing(news="new_number", personnummer=ELSA["patient"]["personnummer"])
    (receipt,) = await hubs[0].intake.submit([own_message(first.case, "n-1", "folkbokforing", news, datetime.now(UTC))])
    assert receipt.code == "ok"
    for number, person in enumerate((PATIENT, ELSA)):
        assert (await send(hubs[1], f"s-2-{number}", "toy.start", person, f"ref:2-{number}")).rule == "T-1"
    assert (await send(hubs[1], "e-1", "toy.end", {}, first.case)).code == "ok"
    second = await send(hubs[0], "s-3", "toy.start", ELSA, "ref:3")
    assert second.code == "ok"
    assert (await send(hubs[1], "r-1", "toy.reopen", {}, first.case)).rule == "T-1"
    assert (await send(hubs[0], "e-2", "toy.end", {}, second.case)).code == "ok"
    assert (await send(hubs[1], "r-2", "toy.reopen", {}, first.case)).code == "ok"


async def test_a_case_under_a_former_number_is_seen_when_another_is_reopened(hubs):
    """Its own sender may use that number still. The index alone would end in a hold for a defect."""
    first = await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")
    assert (await _changed(hubs[0], first.case, "n-1")).code == "ok"
    assert (await send(hubs[0], "e-1", "toy.end", {}, first.case)).code == "ok"
    second = await send(hubs[0], "s-2", "toy.start", PATIENT, "ref:2")
    assert second.code == "ok"
    assert (await send(hubs[1], "r-1", "toy.reopen", {}, first.case)).rule == "T-1"
    assert (await send(hubs[0], "e-2", "toy.end", {}, second.case)).code == "ok"
    assert (await send(hubs[1], "r-2", "toy.reopen", {}, first.case)).code == "ok"


async def _changed(hub: Desk, case: str, id_: str) -> Receipt:
    """The person of PATIENT has got the number of ELSA."""
    news = Folkbokforing(news="new_number", personnummer=ELSA["patient"]["personnummer"])
    (receipt,) = await hub.intake.submit([own_message(case, id_, "folkbokforing", news, datetime.now(UTC))])
    return receipt


async def test_an_end_and_an_opening_of_one_person_are_written_in_one_transaction(hubs, monkeypatch):
    """In whichever order the rows come: otherwise the index would have the whole batch handled message by message."""
    first = await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")
    again: list[str] = []
    monkeypatch.setattr("hub.intake.commit.log.warning", lambda event, **_: again.append(event))
    role = next(iter(hubs[0].directory.unit_by_hsa[WARD].roles))
    told = [("e-1", "toy.end", {}, first.case), ("s-2", "toy.start", PATIENT, "ref:2")]
    answers = await hubs[0].intake.submit([arrival(hubs[0], *one, WARD, role) for one in told])
    assert [answer.code for answer in answers] == ["ok", "ok"]
    back = [("e-2", "toy.end", {}, answers[1].case), ("r-1", "toy.reopen", {}, first.case)]
    answers = await hubs[0].intake.submit([arrival(hubs[0], *one, WARD, role) for one in back])
    assert [answer.code for answer in answers] == ["ok", "ok"]
    assert again == []


async def test_an_opening_waits_while_the_persons_number_changes_and_then_meets_the_case(hubs, monkeypatch):
    first = await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")
    real, decided, go_on = commit.save, asyncio.Event(), asyncio.Event()

    async def save(*given: Any) -> None:
        if not decided.is_set():
            decided.set()
            await go_on.wait()
        await real(*given)

    monkeypatch.setattr(commit, "save", save)
    news = asyncio.create_task(_changed(hubs[0], first.case, "n-1"))
    await decided.wait()
    opening = asyncio.create_task(send(hubs[1], "s-2", "toy.start", ELSA, "ref:2"))
    await asyncio.sleep(0.2)
    waited = not opening.done()
    go_on.set()
    assert waited
    assert ((await news).code, (await opening).rule) == ("ok", "T-1")


async def test_a_case_tells_another_once_however_many_hubs_deliver_and_however_often_they_stop(hubs, monkeypatch):
    other = await send(hubs[0], "s-1", "toy.start", ELSA, "ref:elsa")
    case = await send(hubs[0], "s-2", "toy.start", {**PATIENT, "linked": [other.case]}, "ref:one")
    assert (await send(hubs[1], "e-1", "toy.end", {}, case.case)).code == "ok"
    assert (await case_of(hubs[0], other.case)).state.news == [], "nothing in the decision touches the other case"
    with monkeypatch.context() as stopped:
        stopped.setattr(outbox, "done", _stop)
        with pytest.raises(RuntimeError):
            await CaseMessages(hubs[0].store, hubs[0].intake).deliver()
    found = await asyncio.gather(*(CaseMessages(hub.store, hub.intake).deliver() for hub in hubs))
    assert sum(found) >= 1
    assert (await case_of(hubs[0], other.case)).state.news == ["ended"]
    assert await rows(hubs[0], "SELECT state, answer FROM outbox WHERE kind = 'case'") == [("sent", "ok")]
    assert await CaseMessages(hubs[0].store, hubs[0].intake).deliver() == 0
    (stored,) = await rows(hubs[0], "SELECT source, id FROM message WHERE name = 'toy.news'")
    async with hubs[0].store.transaction() as connection:
        row = (await inbox.load(connection, [stored]))[stored]
    assert row.source == HUB_SOURCE
    assert formats.read_stored(row).data.news == "ended"


async def _stop(*_: Any) -> None:
    """A hub that ends between the message in the other case and the mark of its row."""
    raise RuntimeError


async def test_a_message_to_a_case_that_is_not_there_is_refused_and_stops_nothing(hubs):
    nowhere = "00000000-0000-7000-8000-000000000001"
    other = await send(hubs[0], "s-1", "toy.start", ELSA, "ref:elsa")
    linked = [nowhere, "no case's id", other.case]
    case = await send(hubs[0], "s-2", "toy.start", {**PATIENT, "linked": linked}, "ref:one")
    assert (await send(hubs[0], "e-1", "toy.end", {}, case.case)).code == "ok"
    assert await CaseMessages(hubs[0].store, hubs[0].intake).deliver() == 3
    answers = await rows(hubs[0], "SELECT case_id::text, answer FROM outbox WHERE kind = 'case' ORDER BY id")
    assert answers == [(nowhere, "unknown-case"), (None, "unknown-case"), (other.case, "ok")]


async def test_a_case_message_that_this_hub_cannot_read_waits_and_delays_no_other(hubs):
    """Another version of the hub has written it: while versions are changed, both run."""
    other = await send(hubs[0], "s-1", "toy.start", ELSA, "ref:elsa")
    case = await send(hubs[0], "s-2", "toy.start", {**PATIENT, "linked": [other.case]}, "ref:one")
    assert (await send(hubs[0], "e-1", "toy.end", {}, case.case)).code == "ok"
    change = "UPDATE outbox_row SET told = jsonb_set(told::jsonb, '{name}', %s)::json WHERE kind = 'case' RETURNING 1"
    assert await rows(hubs[0], change, '"toy.later"')
    assert (await send(hubs[0], "r-1", "toy.reopen", {}, case.case)).code == "ok"
    deliver = CaseMessages(hubs[0].store, hubs[0].intake).deliver
    assert await deliver() == 1
    assert (await case_of(hubs[0], other.case)).state.news == ["reopened"]
    assert await deliver() == 0
    assert await rows(hubs[0], change, '"toy.news"')  # as a hub that knows it reads it
    assert await rows(hubs[0], "UPDATE outbox_row SET due_at = now() WHERE kind = 'case' RETURNING 1")
    assert await deliver() == 1
    assert (await case_of(hubs[0], other.case)).state.news == ["reopened", "ended"]


@pytest.mark.parametrize("address", ["mal/\U0010ffff", "mal/\U0010ffffx", "mal/1%", "mal/'\"\\{}", "mal/ "])
async def test_an_element_is_found_by_its_beginning_however_its_address_goes_on(hubs, address):
    case = (await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")).case
    edit = {"element": address, "text": "x"}
    assert (await send(hubs[0], "p-1", "toy.plan", {"edits": [edit]}, case)).code == "ok"
    assert (await send(hubs[1], "p-2", "toy.plan", {"edits": [edit | {"text": "y", "version": 1}]}, case)).code == "ok"
    hubs[1].offered.clear()
    assert (await send(hubs[1], "d-1", "deltagare", {"unit": CENTRE, "change": "tillagd"}, case)).code == "ok"
    told = [row.message for row in hubs[1].offered if row.kind == "notice" and row.message.name == "toy.standing"]
    assert [message.data.goals for message in told] == [{address: "y"}]


async def test_elements_are_rows_of_their_own_and_only_those_touched_are_loaded(hubs, monkeypatch):
    case = (await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")).case

    async def size() -> int:
        return (await rows(hubs[0], "SELECT length(state::text) FROM cases"))[0][0]

    async def write(hub: Desk, id_: str, *edits: dict[str, Any]) -> Receipt:
        return await send(hub, id_, "toy.plan", {"edits": list(edits)}, case)

    await write(hubs[0], "p-0", {"element": "mal/0", "text": "x"})
    before = await size()
    for start in range(1, 501, 50):  # larger messages are read in another process, which does not know the toy
        edits = [{"element": f"mal/{n}", "text": "x" * 100} for n in range(start, start + 50)]
        written = await write(hubs[0], f"p-1-{start}", *edits)
        assert written.code == "ok", written
    assert await size() <= before + 20
    assert await rows(hubs[0], "SELECT count(*) FROM element") == [(501,)]

    loaded: list[str] = []
    real = cases.elements

    async def seen(*given: Any) -> Any:
        found = await real(*given)
        loaded.extend(element.address for _, element in found)
        return found

    monkeypatch.setattr(cases, "elements", seen)
    assert (await write(hubs[1], "p-2", {"element": "mal/499", "text": "y", "version": 1})).code == "ok"
    assert loaded == ["mal/499"]
    assert (await write(hubs[1], "p-2b", {"element": "mal/4", "text": "y", "version": 1})).code == "ok"
    assert loaded == ["mal/499", "mal/4"], "an address is no beginning of others"
    refused = await write(hubs[0], "p-3", {"element": "mal/499", "text": "z", "version": 1})
    assert (refused.rule, refused.element) == ("T-4", "/data/edits/0")
    assert await rows(hubs[0], "SELECT version, state->'state'->>'text' FROM element WHERE address = 'mal/499'") == [
        (2, "y")
    ]
    both = await asyncio.gather(
        *(write(hub, f"p-4-{n}", {"element": "mal/7", "text": str(n), "version": 1}) for n, hub in enumerate(hubs))
    )
    assert sorted(answer.code for answer in both) == ["fatal-error", "ok"], "of two on one version one is told so"


async def test_an_element_that_was_not_loaded_is_never_overwritten(hubs, monkeypatch):
    """A message of a rule that does not say what it touches is held as a defect, and the element stays."""
    case = (await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")).case
    assert (await send(hubs[0], "p-1", "toy.plan", {"edits": [{"element": "mal/1", "text": "x"}]}, case)).code == "ok"
    monkeypatch.setattr(cases, "elements", _nothing)
    answer = await send(hubs[1], "p-2", "toy.plan", {"edits": [{"element": "mal/1", "text": "y"}]}, case)
    assert (answer.code, answer.rule) == ("transient-error", "held")
    assert await rows(hubs[0], "SELECT reason FROM held") == [("defect:RuntimeError",)]
    assert await rows(hubs[0], "SELECT version, state->'state'->>'text' FROM element") == [(1, "x")]


async def _nothing(*_: Any) -> list[Any]:
    return []


async def test_a_unit_that_comes_in_is_sent_one_message_with_everything_that_stands(hubs):
    case = (await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")).case
    edits = [{"element": f"mal/{n}", "text": f"Mål {n}"} for n in range(50)]
    assert (await send(hubs[0], "p-1", "toy.plan", {"edits": edits}, case)).code == "ok"
    hubs[1].offered.clear()
    assert (await send(hubs[1], "d-1", "deltagare", {"unit": CENTRE, "change": "tillagd"}, case)).code == "ok"
    told = [
        row for row in hubs[1].offered if row.kind == "notice" and row.system == hubs[1].directory.system_of[CENTRE]
    ]
    assert [row.message.name for row in told] == ["deltagare", "toy.standing"]
    assert len(told[-1].message.data.goals) == 50
    async with hubs[0].store.transaction() as connection:
        row = (await inbox.load(connection, [(told[-1].source, told[-1].message_id)])).popitem()[1]
    assert formats.read_stored(row).data == told[-1].message.data, "sent again from the table, it says the same"


async def test_two_open_cases_become_one_persons_and_both_are_told_and_go_on(hubs):
    """By a changed personnummer. Nothing fails or waits, and no third case is opened until both have ended."""
    first = (await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")).case
    second = (await send(hubs[0], "s-2", "toy.start", ELSA, "ref:2")).case
    for number, case in enumerate((first, second)):
        assert (
            await send(hubs[0], f"d-{number}", "deltagare", {"unit": CENTRE, "change": "tillagd"}, case)
        ).code == "ok"
    for hub in hubs:
        hub.offered.clear()
    assert (await _changed(hubs[0], first, "n-1")).code == "ok"
    assert await CaseMessages(hubs[1].store, hubs[1].intake).deliver() == 1
    told = [row for hub in hubs for row in hub.offered if row.kind == "notice"]
    for case, news in ((first, ["new_number", "dubbelt_arende"]), (second, ["dubbelt_arende"])):
        for unit in (WARD, CENTRE):
            system = hubs[0].directory.system_of[unit]
            rows_ = [row for row in told if (row.case_id, row.system) == (case, system)]
            assert [row.message.data.news for row in rows_] == news
        found = await case_of(hubs[0], case)
        assert (found.status, found.person["personnummer"]) == ("open", ELSA["patient"]["personnummer"])
        assert (
            await send(hubs[1], f"p-{case}", "toy.plan", {"edits": [{"element": "mal/1", "text": "x"}]}, case)
        ).code == "ok"
    for number, case in enumerate((first, second)):
        for one, person in enumerate((PATIENT, ELSA)):
            id_ = f"s-3-{number}-{one}"
            assert (await send(hubs[1], id_, "toy.start", person, f"ref:{id_}")).rule == "T-1"
        assert (await send(hubs[0], f"e-{number}", "toy.end", {}, case)).code == "ok"
    assert (await send(hubs[1], "s-4", "toy.start", ELSA, "ref:4")).code == "ok"
    assert await rows(hubs[0], "SELECT count(*) FROM held") == [(0,)]


async def test_the_news_of_two_cases_is_none_where_one_has_ended_meanwhile(hubs):
    first = (await send(hubs[0], "s-1", "toy.start", PATIENT, "ref:1")).case
    second = (await send(hubs[0], "s-2", "toy.start", ELSA, "ref:2")).case
    assert (await _changed(hubs[0], first, "n-1")).code == "ok"
    assert (await send(hubs[0], "e-1", "toy.end", {}, first)).code == "ok"
    assert await CaseMessages(hubs[1].store, hubs[1].intake).deliver() == 1
    assert await rows(hubs[0], "SELECT answer FROM outbox WHERE kind = 'case'") == [("C-62",)]
    assert (await case_of(hubs[0], second)).status == "open"
