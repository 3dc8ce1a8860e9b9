"""Reads a FHIR R4 message Bundle. Imports the table, the reference model's reader and the language.

The lean reader decodes the common shape directly from the bytes; Bundles that it does not accept go to the reference model, which
decides. Both give the same structs to the same functions (architecture §5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.errors import Refused
from hub.translators import faults
from hub.translators.fhir import names, persons, reference, xml
from hub.translators.fhir.bundle import View
from hub.translators.fhir.header import author, business_time, event, message_id, sender, subject
from hub.translators.fhir.paths import fhir_path
from hub.translators.fhir.refusals import refused
from hub.translators.fhir.resources import Bundle, Encounter, OtherResource
from hub.translators.fhir.shapes import Resource
from hub.translators.fhir.table import TABLE
from schemas.envelope import Message
from schemas.identity_types import IdentityRules
from schemas.messages import FROM_THE_HUB, HUB_SOURCE, MESSAGES

MAX_BYTES: Final = 1_000_000
"""The largest Bundle that is read, in bytes; an admission has about 4 KB."""

_DECODER: Final = msgspec.json.Decoder(Bundle | OtherResource)
"""For two types, so that ``resourceType`` is required."""
_ENCODER: Final = msgspec.json.Encoder()
_ESCAPE: Final = re.compile(rb'\\[^"\\/nrt]')
_MISSING: Final = ("Uppgiften saknas. Ange den", "It is missing. Give it")
_BLANK: Final = re.compile(rb"\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)")
"""U+2000-200A, U+2028, U+2029, U+202F, U+205F."""


def read(
    body: bytes,
    media_type: str,
    *,
    max_bytes: int = MAX_BYTES,
    identities: IdentityRules | None = None,
    from_hub: bool = False,
    accepted: bool = False,
) -> Message:
    """Read a message Bundle. ``identities``: the configured reserve numbers and HSA prefixes. ``from_hub``: accept the hub's own
    messages too, for receivers of notices. ``accepted``: the Bundle was read before, so the reference model need not check it.

    Raises ``Refused``: 400 unreadable, 413 too large, 415 other media type, 409 protected identity (C-62).
    """
    if len(body) > max_bytes:
        raise refused("too-large")
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in (names.JSON, names.XML):
        raise refused("media-type")
    if kind == names.XML:
        body = reference.from_xml(body)
    bundle = lean(body)
    return facts(
        reference.from_json(body, accepted=accepted) if bundle is None else bundle, identities, from_hub=from_hub
    )


@lru_cache(maxsize=1)
def lean(body: bytes) -> Bundle | None:
    """The Bundle in the lean shape, or None when the reference model must decide.

    The last result is cached, because ``is_lean`` is called right before the body is read.
    """
    if (b"\\" in body and _ESCAPE.search(body)) or (not body.isascii() and _has_exotic_blank(body)):
        return None
    try:
        bundle = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # The reference model must decide about a repeated member or a null. Encoded again, the
    # Bundle then has fewer quotation marks.
    return bundle if isinstance(bundle, Bundle) and body.count(b'"') == _ENCODER.encode(bundle).count(b'"') else None


def is_lean(body: bytes) -> bool:
    """Whether the lean reader accepts the body, so that reading it is fast."""
    return lean(body) is not None


def _has_exotic_blank(body: bytes) -> bool:
    """Whether the body has blanks of which alone no R4 string may consist, which the decoder does not check."""
    # Search for the first byte first: that is ten times as fast, and å ä ö do not contain it.
    return (
        (b"\xc2" in body and (b"\xc2\xa0" in body or b"\xc2\x85" in body))  # U+00A0, U+0085
        or (b"\xe1" in body and b"\xe1\x9a\x80" in body)  # U+1680
        or (b"\xe3" in body and b"\xe3\x80\x80" in body)  # U+3000
        or (b"\xe2" in body and _BLANK.search(body) is not None)
    )


def facts(bundle: Bundle, identities: IdentityRules | None = None, *, from_hub: bool = False) -> Message:
    """The message in a Bundle of either shape. Raises ``Refused``."""
    view = View(bundle, identities)
    name = event(view, from_hub=from_hub)
    identity = message_id(view)
    unit, actor, role = HUB_SOURCE, None, None
    if name not in FROM_THE_HUB:
        unit = sender(view)
        actor, role = author(view)
    act = TABLE[name]
    focus = view.one(act.focus)
    if focus is None:
        raise view.refused("focus-missing", view.header, ".focus")
    fields = act.read(view, focus)
    persons.check(view)
    case = subject(view, focus if isinstance(focus, Encounter) else view.one(Encounter))
    time = business_time(view, focus)
    try:
        if identities is None:
            data = MESSAGES[name].model_validate(fields)
        else:
            data = MESSAGES[name].model_validate(fields, context={"identities": identities})
    except ValidationError as error:
        raise fields_refused(view, name, focus, error)[0] from None
    return Message(identity, unit, name, case, time, actor, role, data, envelope_id(bundle))


def envelope_id(bundle: Bundle) -> str | None:
    """The id of the Bundle: its identifier, which it keeps wherever it goes, else its id; None where it has none."""
    known = bundle.identifier
    return bundle.id if known is None or known.value is None else f"{known.system or ''}|{known.value}"


def fields_refused(view: View, name: str, focus: Resource, error: ValidationError) -> list[Refused]:
    """The refusals for the fields that the language refused: at their places in the Bundle, with the native reader's sentences."""
    return [_field(view, name, focus, one) for one in error.errors(include_input=False, include_url=False)]


def _field(view: View, name: str, focus: Resource, fault: ErrorDetails) -> Refused:
    pointer = "/data/" + "/".join(str(part) for part in fault["loc"])
    sv, en = _MISSING if fault["type"] == "missing" else faults.sentence(fault["type"], fault.get("ctx") or {})
    rule = "C-60" if str(fault["type"]).startswith("person-id") else "field-invalid"
    return Refused(rule, f"{sv}.", f"{en}.", _place(view, fhir_path(name, pointer), focus), 400)


def _place(view: View, path: str | None, focus: Resource) -> str:
    """``Patient.address`` → ``Bundle.entry[4].resource.address``; without the position when several entries could be meant."""
    if path is None:
        return view.path(focus)
    kind, dot, rest = path.partition(".")
    entries = [one for one in view.resources if type(one).__struct_config__.tag == kind]
    if type(focus).__struct_config__.tag == kind:
        entries = [focus]
    return view.path(entries[0], f"{dot}{rest}") if len(entries) == 1 else path


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The parts of a refused Bundle that are needed to answer it."""

    id: str | None
    event: str | None


def glimpse(body: bytes, media_type: str, *, max_bytes: int = MAX_BYTES) -> Glimpse:
    """The header's id and event code, as far as they can be read and have the right form. Never raises."""
    try:
        if len(body) > max_bytes:
            return Glimpse(None, None)
        if media_type.partition(";")[0].strip().lower() == names.XML:
            root = xml.parse(body)
            space = {"f": "http://hl7.org/fhir"}
            header = "f:entry[1]/f:resource/f:MessageHeader"
            ids: Any = root.xpath(f"{header}/f:id/@value", namespaces=space)
            codes: Any = root.xpath(f"{header}/f:eventCoding/f:code/@value", namespaces=space)
            return Glimpse(_if_id(ids[0] if ids else None), _if_name(codes[0] if codes else None))
        resource = reference.json_tree(body)["entry"][0]["resource"]
        coding = resource.get("eventCoding")
        return Glimpse(_if_id(resource.get("id")), _if_name(coding.get("code") if isinstance(coding, dict) else None))
    except (Refused, KeyError, IndexError, TypeError, AttributeError):
        return Glimpse(None, None)


def _if_id(found: Any) -> str | None:
    return str(found) if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", found) else None


def _if_name(found: Any) -> str | None:
    return str(found) if isinstance(found, str) and found in names.READS else None
