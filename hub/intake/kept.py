"""How an arrival is kept, and how one that was held comes back. Imports the arrival, the store's rows and the language."""

from __future__ import annotations

from pydantic_core import to_json

from hub.errors import Refused
from hub.intake.arrival import Arrival, read
from hub.processes.machine import Decision
from hub.store import cases, inbox
from hub.translators import formats
from schemas.directory import Directory
from schemas.envelope import Message


def ref_of(arrival: Arrival, message: Message) -> cases.Ref | None:
    """The sender's own reference, where the subject is one."""
    return (arrival.system_id, message.subject[4:]) if message.subject.startswith("ref:") else None


def row_of(arrival: Arrival, case_id: str | None, decision: Decision | None, receipt: bytes | None) -> inbox.Row:
    """An arrival as it is kept, with what became of it."""
    source, id_ = arrival.key
    return inbox.Row(
        source=source,
        id=id_,
        digest=arrival.digest,
        raw=arrival.raw,
        media_type=arrival.media_type,
        attributes=None if arrival.attributes is None else to_json(arrival.attributes),
        system=arrival.system_id,
        received_at=arrival.received_at,
        name=None if arrival.message is None else arrival.message.name,
        case_id=case_id,
        sequence=None if decision is None else decision.case.sequence,
        events=None if decision is None else to_json(decision.events),
        receipt=receipt,
    )


def stored_arrival(row: inbox.Row, directory: Directory) -> Arrival:
    """A held message as it came in; its receipt goes its system's way out, since nobody waits on the line any more."""
    attributes = None if row.attributes is None else formats.json_from(row.attributes)
    system = directory.system_by_id.get(row.system)
    arrival = Arrival(
        system,
        row.raw,
        row.media_type,
        attributes,
        row.received_at,
        row.id,
        by_outbox=True,
        kept_as=(row.source, row.id),
    )
    read(arrival)
    arrival.digest = row.digest
    if system is None:
        arrival.refused = SYSTEM_GONE
    return arrival


SYSTEM_GONE = Refused(
    "unknown-system",
    "Systemet som sände meddelandet finns inte längre i katalogen.",
    "The system that sent the message is no longer in the directory.",
    "/source",
    403,
)
