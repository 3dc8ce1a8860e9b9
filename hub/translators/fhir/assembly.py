"""Builds a Bundle from plain dicts and encodes it once. Imports the standard library, the language and msgspec.

Full URLs are ``urn:uuid:`` and derived from the message, so that a notice written again has the same ids: R4 requires that a message
sent again keeps both ids (hl7.org/fhir/R4/messaging.html).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

from hub.translators.fhir import names
from schemas.oids import FHIR_HSA

_FHIR_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,63}")
_INSTANT: Final = re.compile(r"[12][0-9\-]{9}T[0-9:.]{8,15}[+-](0[0-9]:[0-5][0-9]|1[0-3]:[0-5][0-9]|14:00)")
IMP: Final = {"system": names.ACT_CODE, "code": "IMP", "display": "inpatient encounter"}
_LARGEST: Final = 2**31 - 1
"""The largest ``unsignedInt`` of R4."""
NO_STAY: Final = {"system": names.NULL_FLAVOR, "code": "NA", "display": "not applicable"}
"""The class of the Encounter of a SIP's own messages: R4 requires one, and the person need not be in hospital."""


class Assembly:
    """The entries of a Bundle and their full URLs. ``key``: the text from which all ids are derived."""

    __slots__ = ("_prefix", "entries")

    def __init__(self, *key: str) -> None:
        digest = blake2b("\x1f".join(key).encode(), digest_size=16).hexdigest()
        # RFC 9562 version 8 (custom), variant 10; the last two digits count the entries.
        self._prefix = f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:30]}"
        self.entries: list[dict[str, Any]] = []

    @property
    def bundle_id(self) -> str:
        """The id of the Bundle: derived like the full URLs, with the number 00."""
        return f"{self._prefix}00"

    def add(self, resource: dict[str, Any]) -> str:
        """Add a resource as the next entry; return its full URL."""
        url = f"urn:uuid:{self._prefix}{len(self.entries) + 1:02x}"
        self.entries.append({"fullUrl": url, "resource": resource})
        return url

    def bundle(self, header: dict[str, Any], created: datetime) -> dict[str, Any]:
        """The message Bundle, header first."""
        first = {"fullUrl": f"urn:uuid:{self._prefix}ff", "resource": header}
        return {
            "resourceType": "Bundle",
            "id": self.bundle_id,
            "type": "message",
            "timestamp": instant(created),
            "entry": [first, *self.entries],
        }


def instant(moment: datetime) -> str:
    """R4 ``instant``. A moment with an offset that R4 cannot write (beyond ±14:00, or with seconds) is written in UTC."""
    written = moment.isoformat()
    return written if _INSTANT.fullmatch(written) else moment.astimezone(UTC).isoformat()


def text(value: str) -> str:
    """R4 ``string``; a text of only exotic blanks is not allowed there and becomes one blank."""
    return " " if value.isspace() else value


def hsa_identifier(hsa: str) -> dict[str, str]:
    """An HSA-id as identifier."""
    return {"system": FHIR_HSA, "value": hsa}


def unit_reference(hsa: str) -> dict[str, Any]:
    """A logical reference to a unit by its HSA-id, which needs no entry."""
    return {"type": "Organization", "identifier": {"system": FHIR_HSA, "value": hsa}}


def staff_reference(hsa: str) -> dict[str, Any]:
    """A logical reference to a member of staff by HSA-id."""
    return {"type": "Practitioner", "identifier": {"system": FHIR_HSA, "value": hsa}}


def message_reference(message: str, kind: str) -> dict[str, Any]:
    """A logical reference to a message in another Bundle; ``kind``: the type of its resource."""
    return {"type": kind, "identifier": {"system": names.MESSAGE, "value": text(message)}}


def concept(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def version_extension(version: int) -> dict[str, Any]:
    """The extension of the version on which something was written; as text when it exceeds R4's integers (32 bits)."""
    fits = version <= _LARGEST
    return {"url": names.EXT_VERSION, **({"valueUnsignedInt": version} if fits else {"valueString": str(version)})}


def fhir_id(message: str) -> str:
    """A FHIR id for a message id: the same when it is a valid FHIR id (``-``, ``.``, at most 64), else a UUID derived from it."""
    if _FHIR_ID.fullmatch(message):
        return message
    return Assembly("message-id", message).bundle_id


def write_encounter(assembly: Assembly, case: dict[str, str], *, in_stay: bool = True) -> str:
    """Add the Encounter that identifies the case in every message (fhir.md); return its full URL."""
    class_ = IMP if in_stay else NO_STAY
    return assembly.add(
        {"resourceType": "Encounter", "status": "unknown", "class": class_, "episodeOfCare": [{"identifier": case}]}
    )
