"""The format of a body: by the content type that its sender gives, in any case of letters; where the hub does not know that
type, by the body itself when it cannot be mistaken. Imports the translators and the errors.
"""

from __future__ import annotations

from typing import Final

from hub.errors import Refused
from hub.translators import formats, native

MESSAGES: Final = (native.STRUCTURED, native.BATCH, *formats.MEDIA_TYPES)
"""What ``POST /messages`` reads; a Kafka record is one message, so never a batch."""
BUNDLES: Final = (formats.FHIR_JSON, formats.FHIR_XML)
"""What ``$process-message`` reads, and answers in."""

_FHIR_ALIASES: Final = {
    "application/json": formats.FHIR_JSON,
    "text/json": formats.FHIR_JSON,
    "application/json+fhir": formats.FHIR_JSON,
    "application/xml": formats.FHIR_XML,
    "text/xml": formats.FHIR_XML,
    "application/xml+fhir": formats.FHIR_XML,
    "json": formats.FHIR_JSON,
    "xml": formats.FHIR_XML,
}
"""What clients write for FHIR, before R3 or by habit; the last two as ``_format``."""
_HEAD: Final = 2_000


def bare(declared: str) -> str:
    """A media type less its parameters, in small letters: media types have no case."""
    # It is kept with the message, so it must be text that the store can hold.
    return "".join(sign for sign in declared[:200] if sign.isprintable()).partition(";")[0].strip().lower()


def of_message(declared: str | None, body: bytes, *, has_attributes: bool, batches: bool) -> str:
    """The media type that a message or a batch is read as. Raises ``Refused`` 415 that names those that are read.

    ``has_attributes``: CloudEvents attributes came as headers. Without any content type the body itself says it.
    """
    media = "" if declared is None else bare(declared)
    readable = [one for one in MESSAGES if (one != native.BATCH or batches) and (one != native.JSON or has_attributes)]
    if media in readable:
        return media
    found = _looks_like(body, has_attributes=has_attributes)
    if found in readable:
        return str(found)
    if not media:
        return native.JSON if has_attributes else native.STRUCTURED
    raise unread(readable)


def of_bundle(declared: str | None, body: bytes) -> str:
    """The media type that a Bundle is read as. Raises ``Refused`` 415."""
    media = formats.FHIR_JSON if declared is None else bare(declared)
    media = _FHIR_ALIASES.get(media, media)
    if media in BUNDLES:
        return media
    found = _looks_like(body, has_attributes=False)
    if found in BUNDLES:
        return str(found)
    raise unread(BUNDLES)


FORMATS: Final = (*BUNDLES, *_FHIR_ALIASES)
"""What ``_format`` may be."""


def wanted(accept: str | None, format_: str | None, otherwise: str) -> str:
    """The media type of a FHIR answer: ``_format`` goes before ``Accept``, and ``Accept`` before the type of the request.

    Raises ``Refused`` 406 that names those that there are.
    """
    if format_:
        media = bare(format_.replace(" ", "+"))  # a plus in a query is a blank
        media = _FHIR_ALIASES.get(media, media)
        if media in BUNDLES:
            return media
        raise _not_acceptable()
    if not (accept or "").strip(" ,"):
        return otherwise
    ranges = _ranges(accept or "")
    weighed = {media: _weight(media, ranges) for media in (otherwise, *BUNDLES)}
    best = max(weighed, key=lambda media: weighed[media])
    if weighed[best][0] <= 0:
        raise _not_acceptable()
    return best


def _ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges of ``Accept``, FHIR's by their own name, and how much each is wanted, 0 to 1. A range of another version of
    FHIR is left out.
    """
    found = []
    for declared in accept.split(",")[:20]:
        parameters = dict(part.strip().lower().partition("=")[::2] for part in declared.split(";")[1:])
        media = bare(declared)
        q = parameters.get("q", "1")
        weight = float(q) if q.replace(".", "", 1).isdecimal() else 1.0
        version = parameters.get("fhirversion", "4.0").strip('"')
        if media and (version == "4.0" or version.startswith("4.0.")):
            found.append((_FHIR_ALIASES.get(media, media), weight))
    return found


def _weight(media: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """(how much it is wanted, by the most exact range that it is in; the earlier in the list, the more)."""
    for exact in (media, f"{media.partition('/')[0]}/*", "*/*"):
        for place, (one, weight) in enumerate(ranges):
            if one == exact:
                return weight, -place
    return 0.0, -len(ranges)


def _not_acceptable() -> Refused:
    told = ", ".join(BUNDLES)
    return Refused(
        "not-acceptable",
        f"Svaret finns inte i det format som Accept eller _format begär. Det finns som: {told}.",
        f"There is no answer in the format that Accept or _format asks for. There is: {told}.",
        "Accept",
        406,
    )


def _looks_like(body: bytes, *, has_attributes: bool) -> str | None:
    """The format of a body by its first bytes; None when it could be several."""
    head = body[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return formats.FHIR_XML if b"Bundle" in head and b"http://hl7.org/fhir" in head else None
    if not head.startswith((b"{", b"[")):
        return None
    if not has_attributes and b'"specversion"' in body:
        return native.STRUCTURED if head.startswith(b"{") else native.BATCH
    if b'"resourceType"' in body and b'"Bundle"' in body:
        return formats.FHIR_JSON
    return native.JSON if has_attributes and head.startswith(b"{") else None


def unread(readable: list[str] | tuple[str, ...]) -> Refused:
    """The refusal of a content type that is not read."""
    told = ", ".join(readable)
    return Refused(
        "media-type",
        f"Innehållstypen (Content-Type) läses inte här. De som läses: {told}.",
        f"The content type (Content-Type) is not read here. Those that are: {told}.",
        "/datacontenttype",
        415,
    )
