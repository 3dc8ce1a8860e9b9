"""Whose names a message's file must not hold (C-42). Imports the store, the arrivals and the rules' case.

A file is looked into before its message is decided, and outside the transaction that decides it. So what it was looked
for goes with the arrival: where the case has other names by then, the file is looked into again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from hub.intake.arrival import Arrival, Names
from hub.intake.stored import ref_of
from hub.processes.engine.case import Case
from hub.store import cases, inbox
from hub.store.inbox import Connection
from hub.translators import formats
from schemas.shared import Meddelande, Narstaende


@dataclass(frozen=True, slots=True)
class Named:
    """The people of a case, and as of what they were read."""

    people: tuple[str, ...] = ()
    as_of: Names = ("", None)


def names_of(case: Case | None) -> Names:
    """What a file has to be looked for now: the patient's name, and the sequence of the ``narstaende`` that stands."""
    return ("", None) if case is None else (case.person.get("name", ""), case.outsiders)


def must_be_looked_into(arrival: Arrival, case: Case | None) -> bool:
    """Whether its file was looked into for other names than the case has now."""
    data = None if arrival.message is None else arrival.message.data
    has_file = isinstance(data, Meddelande) and data.attachment is not None
    return has_file and arrival.looked_for != names_of(case)


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
