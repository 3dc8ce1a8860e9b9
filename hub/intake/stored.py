"""An arrival as a stored row, and a held message as an arrival again. Pure; imports the arrival, the translators, the store's
rows and the language.
"""

from __future__ import annotations

from hub.errors import Refused
from hub.intake.arrival import Arrival, Waited, read_or_keep
from hub.processes.engine.decide import Decision
from hub.store.cases import Ref
from hub.store.held import Held
from hub.store.inbox import InboxRow
from hub.translators import formats
from schemas.directory import Directory
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE
from schemas.plain_json import plain_json

READABLE_NOW = Refused(
    "defect",
    "Hubben kunde inte läsa meddelandet när det kom, men kan det nu. Sänd det på nytt, med samma id.",
    "The hub could not read the message when it came, but can now. Send it again, with the same id.",
    "/",
    400,
)


def ref_of(arrival: Arrival, message: Message) -> Ref | None:
    """(system, its own reference) where the subject is a reference; else None."""
    return (arrival.system_id, message.subject[4:]) if message.subject.startswith("ref:") else None


def person_named(message: Message) -> str | None:
    """The personnummer of the patient that a message names."""
    patient = getattr(message.data, "patient", None)
    return None if patient is None else patient.personnummer


def row_of(arrival: Arrival, case_id: str | None, decision: Decision | None, receipt: bytes | None) -> InboxRow:
    """The row that stores an arrival and its outcome."""
    source, id_ = arrival.key
    return InboxRow(
        source=source,
        id=id_,
        digest=arrival.digest,
        raw=arrival.raw,
        media_type=arrival.media_type,
        attributes=None if arrival.attributes is None else plain_json(arrival.attributes),
        system=arrival.system_id,
        received_at=arrival.received_at,
        name=None if arrival.message is None else arrival.message.name,
        case_id=case_id,
        sequence=None if decision is None else decision.case.sequence,
        events=None if decision is None else plain_json(decision.events),
        receipt=receipt,
        envelope=None if arrival.envelope is None else arrival.envelope[1],
    )


def stored_arrival(row: InboxRow, held: Held, directory: Directory, *, edited: bool = False) -> Arrival:
    """A held message as an arrival again, the hub's own messages included.

    The receipt to a system goes by its way out: no request waits for it any more. A message that our code still cannot read
    keeps its ``defect``. ``edited``: operations has changed it since it came.
    """
    attributes = None if row.attributes is None else formats.json_from(row.attributes)
    own = row.source == HUB_SOURCE
    arrival = Arrival(
        None if own else directory.system_by_id.get(row.system),
        row.raw,
        row.media_type,
        attributes,
        row.received_at,
        row.id,
        by_outbox=not own,
        kept_as=(row.source, row.id),
        waited=Waited(held.case_key, held.reason, held.since, held.reason_since),
        edited=edited,
    )
    if own:
        try:
            arrival.message = formats.read_stored(row)
        except Exception as error:  # noqa: BLE001 - the hub wrote the message: whatever the error is, it is ours
            arrival.defect = type(error).__name__
    else:
        read_or_keep(arrival, directory.identities, accepted=row.name is not None)
        if arrival.message is not None and arrival.key != (arrival.message.source, arrival.message.id):
            arrival.refused = READABLE_NOW  # it is stored under its place, so under its own id it has not come yet
    arrival.digest = row.digest
    return arrival
