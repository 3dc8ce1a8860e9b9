"""Operations edits a held message (D-4): it is judged like any other, takes effect once, and what it was stays. Imports the intake, which
decides on it, and the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic_core import from_json

from hub import clock
from hub.errors import Refused
from hub.intake.arrival import MAX_BYTES, Arrival
from hub.intake.naming import file_of
from hub.intake.stored import stored_arrival
from hub.operations import glass
from hub.operations.judging import judge
from hub.operations.known import the_directory
from hub.operations.reason import given
from hub.operations.refusing import TRIES, being_tried
from hub.operations.rights import Operator
from hub.operations.waiting import named
from hub.store import edits, held, inbox, operator_log
from hub.store.held import Held
from hub.store.inbox import Connection, InboxRow
from hub.store.transaction import Conflict, Store
from hub.translators import json_text
from schemas.directory import Directory
from schemas.messages import HUB_SOURCE
from schemas.plain_json import plain_json

_MOST_NAMED = 12
"""So many of the places that were changed stand in the trail."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class MessageEdit:
    """What is changed; what is None stays. A patch is a JSON merge patch (RFC 7396): null takes a member away."""

    edited: int
    """How often the message had been edited when it was read."""
    body: str | None = None
    """The whole body."""
    patch: dict[str, Any] | None = None
    """Of the body, where that is JSON."""
    attributes: dict[str, str | None] | None = None
    """A patch of the CloudEvents attributes, where they came beside the body."""


@dataclass(frozen=True, slots=True)
class HeldBody:
    """A held message as it is now, its body included."""

    message: str
    media_type: str
    attributes: dict[str, str] | None
    body: str
    edited: int
    """How often it has been edited."""


async def read(store: Store, number: int, operator: Operator) -> HeldBody:
    """A held message with its body, from behind the glass. Raises ``Refused``."""
    async with store.transaction() as connection:
        (one,) = await named(connection, number)
        await glass.used(connection, operator, f"held message {one.message}")
        row = (await inbox.load(connection, [one.key]))[one.key]
        count = await edits.count(connection, one.key)
    return HeldBody(one.message, row.media_type, _attributes(row), row.raw.decode("utf-8", "replace"), count)


@dataclass(frozen=True, slots=True)
class Edited:
    """A held message that was edited, and what came of it."""

    message: str
    outcome: Literal["accepted", "held"]
    """Held: it waits for something else still, and is tried again."""
    case: str | None
    sequence: int | None
    changed: tuple[str, ...]
    """The places that were changed."""


async def edit(store: Store, number: int, change: MessageEdit, operator: Operator, reason: str) -> Edited:
    """Change a held message and have it judged. What a rule refuses is refused here, and nothing is changed. Raises ``Refused``."""
    reason = given(reason)
    directory = await the_directory(store)
    for _ in range(TRIES):
        with suppress(Conflict):  # a hub was trying it: what stands now is read again
            async with store.transaction() as connection:
                await edits.lock(connection, number)
                (one,) = await named(connection, number)
                await glass.used(connection, operator, f"held message {one.message}")
                if await edits.count(connection, one.key) != change.edited:
                    raise Refused(
                        "handled-meanwhile",
                        "En annan har rättat meddelandet sedan du läste det. Läs det igen.",
                        "Somebody else has edited the message since you read it. Read it again.",
                        "/edited",
                    )
                return await _edit(connection, store, one, change, directory, operator.who, reason)
    raise being_tried()


async def _edit(
    connection: Connection, store: Store, one: Held, change: MessageEdit, directory: Directory, who: str, reason: str
) -> Edited:
    before = (await inbox.load(connection, [one.key]))[one.key]
    if before.source == HUB_SOURCE:
        raise Refused(
            "not-editable",
            "Hubbens egna meddelanden rättas inte: släpp det, eller avvisa det.",
            "The hub's own messages are not edited: release it, or refuse it.",
            "/message",
        )
    after, changed = _changed(before, change)
    arrival = _read(after, one, directory)
    named_in_trail = ", ".join(changed[:_MOST_NAMED]) + (" …" if len(changed) > _MOST_NAMED else "")
    await edits.edit(connection, before, after.raw, after.attributes, who, reason)
    await operator_log.record(connection, who, "edit", one.message, f"{reason} ({named_in_trail})")
    await held.wake(connection, {one.case_key}, clock.now())  # it may leave this queue
    if file_of(arrival) is not None:  # it is looked into first, beside (C-42)
        await held.try_now(connection, one.key, clock.now())
        return Edited(one.message, "held", None, None, changed)
    (receipt,) = (await judge(connection, store, [arrival], directory, who)).receipts
    if receipt.code == "fatal-error":
        assert receipt.text is not None
        raise Refused(receipt.rule or "defect", receipt.text.sv, receipt.text.en, receipt.element)
    outcome: Literal["accepted", "held"] = "accepted" if receipt.code == "ok" else "held"
    return Edited(one.message, outcome, receipt.case, receipt.sequence, changed)


def _changed(row: InboxRow, change: MessageEdit) -> tuple[InboxRow, tuple[str, ...]]:
    """The message with the change, and where it is another. Raises ``Refused`` 400 where it cannot be changed so, or stays as it is."""
    raw, attributes = row.raw, _attributes(row)
    if change.body is not None:
        raw = change.body.encode()
    elif change.patch is not None:
        raw = plain_json(_merged(_json_of(row), change.patch))
    if change.attributes is not None:
        if attributes is None:
            raise _cannot(
                "attributes",
                "meddelandets attribut står i innehållet: ändra dem där (patch)",
                "the message's attributes stand in its body: change them there (patch)",
            )
        attributes = _merged(attributes, change.attributes)
    if len(raw) > MAX_BYTES:
        raise _cannot("body", "det är för stort", "it is too large")
    after = replace(row, raw=raw, attributes=None if attributes is None else plain_json(attributes), name=None)
    places = [f"/{name}" for name in _differing(_attributes(row), _attributes(after))]
    places += list(_places(row, after))
    if not places:
        raise _cannot("body", "inget är ändrat", "nothing is changed")
    return after, tuple(dict.fromkeys(places))


def _cannot(element: str, sv: str, en: str) -> Refused:
    return Refused("not-edited", f"Rätta {element}: {sv}.", f"Correct {element}: {en}.", f"/{element}", 400)


def _attributes(row: InboxRow) -> dict[str, str] | None:
    return None if row.attributes is None else from_json(row.attributes)


def _json_of(row: InboxRow) -> Any:
    try:
        return json_text.read(row.raw)
    except Refused:
        raise _cannot(
            "patch", "innehållet är inte JSON: ange det helt (body)", "the body is no JSON: give it whole (body)"
        ) from None


def _merged(one: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(one) if isinstance(one, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merged(kept.get(name), value)
    return kept


def _places(before: InboxRow, after: InboxRow) -> Iterator[str]:
    """Where the bodies differ, as pointers: into JSON as far as ``_DEEPEST``, else the whole."""
    if before.raw == after.raw:
        return
    try:
        one, other = json_text.read(before.raw), json_text.read(after.raw)
    except Refused:
        yield "/body"
        return
    yield from _within(one, other, "", _DEEPEST)


def _within(one: Any, other: Any, at: str, deeper: int) -> Iterator[str]:
    if one == other:
        return
    if deeper and isinstance(one, dict) and isinstance(other, dict):
        for name in _differing(one, other):
            yield from _within(one.get(name), other.get(name), f"{at}/{name}", deeper - 1)
    else:
        yield at or "/body"


def _differing(one: dict[str, Any] | None, other: dict[str, Any] | None) -> list[str]:
    one, other = one or {}, other or {}
    return [name for name in (one | other) if one.get(name) != other.get(name)]


def _read(row: InboxRow, one: Held, directory: Directory) -> Arrival:
    """The edited message as one that comes now. Raises ``Refused`` as its reading does, and where it would be another message."""
    arrival = stored_arrival(row, one, directory, edited=True)
    if arrival.message is not None and (arrival.message.source, arrival.message.id) != one.key:
        raise Refused(
            "not-edited",
            "Id och source står kvar: ett meddelande med ett annat id sänder den som äger det.",
            "The id and the source stay: a message with another id is sent by whose it is.",
            "/id",
        )
    if arrival.refused is not None:
        raise arrival.refused
    if arrival.defect is not None:
        raise Refused(
            "defect",
            f"Hubben kan inte läsa meddelandet så ({arrival.defect}); rapportera det.",
            f"The hub cannot read the message like this ({arrival.defect}); report it.",
            "/body",
        )
    return arrival
