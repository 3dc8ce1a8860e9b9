"""A message as a router hands it over, and how it is read. Imports the translators and the language only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub import clock
from hub.errors import Refused
from hub.translators import formats
from schemas.directory import System
from schemas.envelope import Message
from schemas.identity_types import IdentityRules
from schemas.messages import HUB_SOURCE, BilingualText, Receipt
from schemas.person_numbers import find_person_numbers
from schemas.sip_parts import Meeting

MAX_BYTES = 1_000_000
"""The largest message, in bytes: as large as a broker takes by default. A larger one is refused unread."""

Names = tuple[str, int | None]
"""The names that a file is checked for (C-42): the patient's name, and the sequence of the ``narstaende`` in force."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WHOLE_NUMBER = re.compile(r"(?:18|19|20)\d{6}-?\d{4}")


@dataclass(frozen=True, slots=True)
class Waited:
    """How a message that is tried again has waited until now (``holds``)."""

    case_key: str
    reason: str
    since: datetime
    reason_since: datetime


@dataclass(slots=True)
class Arrival:
    """One message as it came. After ``read`` either ``message`` or ``refused`` is set."""

    system: System | None
    """The system whose connection brought it; None for the hub's own messages, and where the system has left the directory."""
    raw: bytes
    media_type: str
    attributes: Mapping[str, str] | None
    """CloudEvents attributes that came as headers; None when they are in the body."""
    received_at: datetime
    place: str
    """Where it came in (topic/partition/offset, request id); its id where it has no readable one."""
    by_outbox: bool
    """Whether the receipt goes by the system's way out; over HTTP it is the answer to the request instead."""
    message: Message | None = None
    refused: Refused | None = None
    claimed_id: str | None = None
    """The id that a message bears which could not be read, for its refusal to repeat."""
    digest: bytes = b""
    kept_as: tuple[str, str] | None = None
    """The key under which a held message is stored; None for a message that has just come."""
    checked_for: Names = ("", None)
    """The names that its file was checked for."""
    waited: Waited | None = None
    """Set with ``kept_as``."""
    defect: str | None = None
    """The name of an error of ours in reading it. The message is held, and read again later."""
    edited: bool = False
    """Operations has changed it since it came; its receipt says so."""

    @property
    def key(self) -> tuple[str, str]:
        """(source, id), by which duplicates are known. A message that could not be read, or that names another's unit as its
        source, has the key of its place instead.
        """
        if self.kept_as is not None:
            return self.kept_as
        if self.message is not None and self.refused is None:
            return self.message.source, self.message.id
        return f"urn:system:{self.system_id}", self.place

    @property
    def envelope(self) -> tuple[str, bytes] | None:
        """(source, the first half of the SHA-256 of the envelope's id), by which an envelope is known (D-2); None where there is none
        beside the message's own id.
        """
        if self.message is None or self.refused is not None or self.message.envelope is None:
            return None
        return self.message.source, hashlib.sha256(self.message.envelope.encode()).digest()[:16]

    @property
    def is_own(self) -> bool:
        """Whether it comes from the hub itself: an answer of a register, a deadline."""
        return self.key[0] == HUB_SOURCE

    @property
    def was_held(self) -> bool:
        """Whether it was held and is tried again: its row is in the store and gets an answer, instead of a new row."""
        return self.kept_as is not None

    @property
    def system_id(self) -> str:
        """The system's id; the hub's own messages come from ``hub``."""
        return "hub" if self.system is None else self.system.id


def read(arrival: Arrival, identities: IdentityRules, *, accepted: bool = False) -> None:
    """Reads the bytes. A fault in them becomes the arrival's ``refused``, with a reason.

    ``identities``: what the directory adds to the rules of numbers. ``accepted``: it has been read without fault before.
    """
    if arrival.refused is not None:  # by the router: a repeat is recognised by its bytes alone
        leave_unread(arrival, arrival.refused)
        return
    raw, attributes = arrival.raw, arrival.attributes
    try:
        _is_not_huge(arrival)
        message = formats.read(arrival.media_type, arrival.attributes, arrival.raw, identities, accepted=accepted)
        arrival.message = message
        _says_nothing_personal(message)
        _names_a_case(message)
        _speaks_for_itself(message, arrival.system)
    except Refused as refused:
        arrival.refused = refused
    if arrival.message is None:
        whole = raw if len(raw) <= MAX_BYTES else b""
        arrival.claimed_id = formats.claimed_id(arrival.media_type, attributes, whole)
        arrival.digest = hashlib.sha256(arrival.raw).digest()
    else:
        arrival.digest = formats.digest(arrival.message)


def leave_unread(arrival: Arrival, refused: Refused) -> None:
    """Refuses it unread; its id is known where it came beside the body."""
    arrival.message, arrival.refused = None, refused
    arrival.claimed_id = arrival.claimed_id or formats.claimed_id(arrival.media_type, arrival.attributes, b"")
    arrival.digest = hashlib.sha256(arrival.raw).digest()


def _is_not_huge(arrival: Arrival) -> None:
    if len(arrival.raw) > MAX_BYTES:
        # A body above the limit is not stored either, only the refusal and its place.
        arrival.raw, arrival.attributes = b"", None
        size = MAX_BYTES // 1000
        raise Refused(
            "too-large", f"Meddelandet är större än {size} kB.", f"The message is larger than {size} kB.", "/", 413
        )


def _says_nothing_personal(message: Message) -> None:
    """D-10: ids, references and actors end up in logs, keys, headers and addresses, so none may be a person's number.

    Dates with serial numbers, times and UUIDs sometimes look like one, and a wrong refusal would cost a patient the notice.
    So only the number of the message's own patient is refused, or a text that is a number as a whole and no recent date.
    """
    patient = getattr(message.data, "patient", None)
    actor = (message.actor or "").partition("-")[2]
    named = [("/id", message.id), ("/subject", message.subject.removeprefix("ref:")), ("/actor", actor)]
    if isinstance(meeting := getattr(message.data, "meeting", None), Meeting):
        named.append(("/data/meeting/id", meeting.id))
    for element, text in named:
        if _holds(text, patient.personnummer) if patient is not None else _is_someones_number(text):
            raise Refused(
                "D-10",
                f"{element} ser ut som ett personnummer. Använd en egen referens utan personuppgift.",
                f"{element} looks like a personal identity number. Use a reference of your own without personal data.",
                element,
                400,
            )


def _holds(text: str, number: str) -> bool:
    """Whether the number stands in the text, with or without century, hyphen or plus."""
    day, serial = number[:8], number[8:]
    return serial in text and any(day[2:] + sign + serial in text for sign in ("", "-", "+"))


def _is_someones_number(text: str) -> bool:
    return (
        _WHOLE_NUMBER.fullmatch(text) is not None
        and int(text[:4]) < clock.now().year - 2
        and bool(find_person_numbers(text))
    )


def _names_a_case(message: Message) -> None:
    """messages.md §1: the subject is the sender's own reference, or a case id that the hub has given."""
    if not message.subject.startswith("ref:") and not is_case_id(message.subject):
        raise Refused(
            "unknown-case",
            "Ange ärendets id som hubben gav det, eller ref: och er egen referens.",
            "Give the case's id as the hub gave it, or ref: and your own reference.",
            "/subject",
            404,
        )


def is_case_id(subject: str) -> bool:
    """Whether a subject can be one of the hub's case ids: a UUID as the hub writes it."""
    return _UUID.fullmatch(subject) is not None


def _speaks_for_itself(message: Message, system: System | None) -> None:
    """A system may speak only for its own units (messages.md §1)."""
    if system is not None and message.unit not in system.units:
        raise Refused(
            "foreign-unit",
            "Enheten i source hör inte till det anslutna systemet. Sänd från enhetens eget system.",
            "The unit in source does not belong to the connected system. Send from the unit's own system.",
            "/source",
            403,
        )


def refusal(arrival: Arrival, refused: Refused, case: str | None = None) -> Receipt:
    """The receipt of a refused message, with the id that it bears. Where it bears none that may be repeated (a person's number,
    say), its place stands instead.
    """
    claimed = arrival.claimed_id if arrival.message is None else arrival.message.id
    unfit = claimed is None or (refused.rule, refused.element) == ("D-10", "/id")
    return Receipt(
        message=arrival.key[1] if unfit else claimed,
        code="fatal-error",
        case=case,
        rule=refused.rule,
        text=BilingualText(sv=refused.sv, en=refused.en),
        element=refused.element,
        warnings=tuple(refused.warnings),
    )


def read_or_keep(arrival: Arrival, identities: IdentityRules, *, accepted: bool = False) -> None:
    """Reads. An error of ours becomes the arrival's ``defect``: its bytes are stored and read again later."""
    try:
        read(arrival, identities, accepted=accepted)
    except Exception as error:  # noqa: BLE001 - whatever it is: it concerns one message, which must not be lost
        arrival.defect = type(error).__name__
        arrival.message = None
        arrival.digest = arrival.digest or hashlib.sha256(arrival.raw).digest()


def held_receipt(arrival: Arrival, missing: Refused | None = None, *, repeat: bool = False) -> Receipt:
    """The receipt of a message that is held (D-4); a final one follows.

    ``missing``: the refusal by the rule that asks for something which may still be on its way.
    """
    sv = "Meddelandet är mottaget och bevarat men kan inte hanteras ännu."
    en = "The message is received and kept but cannot be handled yet."
    if missing is not None:
        sv = f"Meddelandet är mottaget och bevarat men väntar i högst 72 timmar på det som ska komma först ({missing.rule}). {missing.sv}"
        en = f"The message is received and kept but waits, 72 hours at the most, for what must come first ({missing.rule}). {missing.en}"
    return Receipt(
        message=arrival.key[1],
        code="transient-error",
        rule="held",
        repeat=repeat,
        element=None if missing is None else missing.element,
        text=BilingualText(
            sv=f"{sv} Sänd det inte igen; slutligt svar följer.",
            en=f"{en} Do not send it again; a final answer follows.",
        ),
    )
