"""What happens in a hub before somebody looks at its console. May import the tests' stack only."""

import uuid

from tests.stack import CENTRE, KOMMUN, LUND, WARD, admission, event, kvittens, new_ref, until


async def an_ordinary_day(hub):
    """Some cases come and are acknowledged; then centre begins to refuse, a message is refused, and one comes too early."""
    cases = [await hub.admit(*admission(person)) for person in LUND]
    for case, message in cases[:2]:
        for system, unit in (("centre", CENTRE), ("kommun", KOMMUN)):
            await hub.tell(system, *kvittens(case, message, unit))
    await until(lambda: hub.value("SELECT count(*) = 4 FROM message WHERE name = 'kvittens'"))
    await until(lambda: hub.value("SELECT count(*) = 0 FROM outbox WHERE state = 'waiting'"))
    hub.receiver.behave["centre"] = lambda _: (422, {"body": "unknown unit"})
    for case, _ in cases:
        await hub.follow(case)
    unknown = await hub.send(event("samtycke", str(uuid.uuid4()), WARD), {"outcome": "given"})
    assert unknown.status_code == 404, unknown.text
    await a_message_too_early(hub)
    await until(lambda: hub.value("SELECT count(*) = 4 FROM outbox WHERE state = 'dead'"))
    return cases


async def a_message_too_early(hub):
    """It comes before the one that opens its case, and is held."""
    early = await hub.send(event("samtycke", new_ref(), WARD), {"outcome": "given"})
    assert early.status_code == 202, early.text


async def a_case_without_receivers(hub, person):
    """Of somebody who is listed nowhere; returns it when it waits in the manual queue."""
    answer = await hub.send(*admission(person))
    assert answer.status_code == 200, answer.text
    case = answer.json()["case"]
    assert await hub.addressed(case) == "unlisted"
    return case
