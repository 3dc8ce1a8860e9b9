"""Vantar: what waits for somebody: dead notices, held messages, cases without receivers, and what else stands still. Imports the visit."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from hub.ops_client.client import OpsAway, OpsRefused
from hub.web.visit import Visit, act, deed, number_of, page, part_of_path


async def queue_counts(visit: Visit) -> dict[str, int]:
    """Queue → how many the page of it has, by the overview; of the replays those that go on. None where the overview does not
    answer: the list itself is worth more than its numbers.
    """
    try:
        now = await visit.ops.ask("/overview")
    except (OpsAway, OpsRefused):
        return {}
    return {name: now[name]["count"] for name in ("dead", "held", "manual", "unserved", "replays")} | {
        "partitions": now["partitions"]["count"] + now["gaps"]["count"],
        "deadlines": sum(one["count"] for one in now["deadlines"]["untold"]),
    }


async def waiting(visit: Visit) -> Response:
    """``/waiting``: everything at a glance, by group."""
    system = visit.query.get("system")
    dead, held, manual, unserved, partitions, deadlines, to_send, queues = await asyncio.gather(
        visit.ops.ask("/dead/groups", system=system),
        visit.ops.ask("/held/groups"),
        visit.ops.ask("/manual-queue", limit=5),
        visit.ops.ask("/unserved"),
        visit.ops.ask("/partitions"),
        visit.ops.ask("/deadlines", limit=5),
        _to_send(visit, system),
        queue_counts(visit),
    )
    return visit.show(
        "waiting.html",
        dead=dead["rows"], held=held["rows"], manual=manual, unserved=unserved["rows"], partitions=partitions["rows"], deadlines=deadlines,
        to_send=to_send["rows"], to_send_count=to_send["waiting"], more_to_send=to_send["next"], queues=queues,
    )  # fmt: skip


async def _to_send(visit: Visit, system: str | None) -> Any:
    """The systems for which something waits to be sent: the first of all, or the one that was asked for."""
    if not system:
        return await visit.ops.ask("/systems", trouble="waiting")
    try:
        one = (await visit.ops.ask(f"/systems/{part_of_path(system)}"))["system"]
    except OpsRefused as error:
        if error.status != 404:
            raise
        return {"rows": [], "waiting": 0, "next": None}
    waits = one["standing"]["waiting"]
    return {"rows": [one] if waits else [], "waiting": waits, "next": None}


async def dead(visit: Visit) -> Response:
    """``/dead``: notices that are tried no more, of a group or one by one."""
    names = ("system", "answer", "kind", "case", "since", "until", "after")
    return await _list(visit, "dead.html", "/dead", names)


async def held(visit: Visit) -> Response:
    """``/held``: messages that cannot be handled now."""
    return await _list(visit, "held.html", "/held", ("reason", "system", "queue", "message", "after"))


async def held_message(visit: Visit) -> Response:
    """``/held/NUMBER``: one of them, with what can be done; behind the glass what it says."""
    number = visit.path["number"]
    found = await visit.ops.ask("/held", after=number - 1 or None, limit=1)
    if not found["rows"] or found["rows"][0]["number"] != number:
        raise OpsRefused(404, "not-held", _NOT_HELD)
    said = await visit.ops.ask(f"/held/{number}/body") if visit.reads else None
    return visit.show("held_message.html", one=found["rows"][0], said=said)


_NOT_HELD = {
    "sv": "Meddelandet hålls inte längre. Någon annan kan ha släppt eller avvisat det, eller så har det gått av sig självt.",
    "en": "The message is no longer held. Somebody else may have released or refused it, or it has gone by itself.",
}


async def edit(visit: Visit, form: FormData) -> Response:
    """Edits a held message behind the glass, and has it judged."""
    number = visit.path["number"]
    asked = {
        "edited": number_of(form, "edited", int),
        "body": str(form.get("body", "")).replace("\r\n", "\n"),
        "reason": str(form.get("reason", "")),
    }
    done = await visit.ops.say(f"/held/{number}/edit", asked)
    return (
        visit.go("/held", done="edited")
        if done["outcome"] == "accepted"
        else visit.go(f"/held/{number}", done="edited_held")
    )


async def let_pass(visit: Visit, form: FormData) -> Response:
    """Lets a partition of Kafka go on."""
    parts = str(form.get("place", "")).split("/")
    if len(parts) != 3 or not re.fullmatch(r"[\w.\-]+", parts[0], re.ASCII) or not re.fullmatch("[0-9]+", parts[1]):
        raise OpsRefused(
            400,
            "bad-query",
            {"sv": "Rätta place: ange en partition.", "en": "Correct place: give a partition."},
            "/place",
        )
    topic, partition, _ = parts
    await visit.ops.say(f"/partitions/{topic}/{partition}/pass", {"reason": str(form.get("reason", ""))})
    return visit.back(form, "passed")


async def unserved(visit: Visit) -> Response:
    """``/unserved``: units that no system serves."""
    return await _list(visit, "unserved.html", "/unserved", ())


async def partitions(visit: Visit) -> Response:
    """``/partitions``: topics of Kafka that wait at what cannot be read, and gaps in them."""
    return await _list(visit, "partitions.html", "/partitions", ("lost",))


async def deadlines(visit: Visit) -> Response:
    """``/deadlines``: deadlines that have passed and of which nobody has been told."""
    return await _list(visit, "deadlines.html", "/deadlines", ("name", "after"))


async def _list(visit: Visit, template: str, path: str, names: tuple[str, ...]) -> Response:
    asked: dict[str, Any] = {name: visit.query.get(name) for name in names}
    found, queues = await asyncio.gather(visit.ops.ask(path, **asked), queue_counts(visit))
    return visit.show(template, found=found, asked=asked, queues=queues)


ROUTES = (
    page("/waiting", waiting),
    page("/dead", dead),
    page("/held", held),
    deed("/dead/{row:int}/skip", "/dead/{row}/skip", "skipped"),
    deed("/dead/{row:int}/retry", "/dead/{row}/retry", "retried"),
    page("/held/{number:int}", held_message),
    deed("/held/{number:int}/release", "/held/{number}/release", "released"),
    deed("/held/{number:int}/refuse", "/held/{number}/refuse", "message_refused"),
    act("/held/{number:int}/edit", edit),
    page("/unserved", unserved),
    deed("/unserved/{unit}/give-up", "/unserved/{unit}/give-up", "given_up"),
    act("/partitions/pass", let_pass),
    page("/partitions", partitions),
    page("/deadlines", deadlines),
)
