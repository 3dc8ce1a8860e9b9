"""Whose names the files of some messages must not hold (C-42). Imports the store, the arrivals and the translators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from hub.intake.arrival import Arrival, Names
from hub.intake.stored import ref_of
from hub.store import cases, inbox
from hub.store.inbox import Connection
from hub.translators import formats
from schemas.shared import Narstaende


@dataclass(frozen=True, slots=True)
class Named:
    """The people of a case, and as of what they were read."""

    people: tuple[str, ...] = ()
    as_of: Names = ("", None)


async def named(connection: Connection, arrivals: Sequence[Arrival]) -> list[Named]:
    """The people of each arrival's case as it stands now; nobody where there is no such case yet."""
    refs = [None if one.message is None else ref_of(one, one.message) for one in arrivals]
    by_ref = await cases.by_ref(connection, {ref for ref in refs if ref is not None})
    ids = [
        by_ref.get(ref) if ref is not None else None if one.message is None else one.message.subject
        for one, ref in zip(arrivals, refs, strict=True)
    ]
    found = await cases.names(connection, {id_ for id_ in ids if id_ is not None})
    listed = [(id_, number) for id_, (_, number) in found.items() if number is not None]
    relatives = {
        id_: tuple(one.name for one in cast("Narstaende", formats.kept(row).data).people)
        for (id_, _), row in (await inbox.at(connection, listed)).items()
    }
    return [
        Named((found[id_][0], *relatives.get(id_, ())), found[id_]) if id_ is not None and id_ in found else Named()
        for id_ in ids
    ]
