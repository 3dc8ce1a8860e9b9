"""A FHIR R4 message Bundle → ``Message``. Imports the table, the reference model's door and the language.

The lean reader takes the common shape straight from the bytes; whatever it does not take goes to the reference model,
which decides; both give the same structs to the same functions (architecture §5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from pydantic import ValidationError

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
"""The size above which a Bundle is refused unread; an admission is about 4 KB."""

_DECODER: Final = msgspec.json.Decoder(Bundle | OtherResource)
"""Of two, so that the Bundle must say that it is one."""
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
    """Read a message Bundle. ``identities``: the configured reserve numbers and HSA prefixes. ``from_hub``: the hub's own
    messages too, for one who receives notices; from a sender they are refused. ``accepted``: it was read once already,
    so the reference model is not asked again.

    Raises ``Refused``: 400 for what cannot be read, 413 too large, 415 other media types, 409 for protected identity
    (C-62).
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
    """The Bundle in the lean shape, or ``None`` where the reference model shall decide.

    The last one is kept: whether a body is read here or beside the loop is asked just before it is read.
    """
    if (b"\\" in body and _ESCAPE.search(body)) or (not body.isascii() and _has_exotic_blank(body)):
        return None
    try:
        bundle = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # A member that stands twice, of which the last would win, or a null is not for us to interpret: written anew the
    # Bundle then has fewer quotation marks.
    return bundle if isinstance(bundle, Bundle) and body.count(b'"') == _ENCODER.encode(bundle).count(b'"') else None


def is_lean(body: bytes) -> bool:
    """Whether the lean reader takes it, so that it is read in a moment."""
    return lean(body) is not None


def _has_exotic_blank(body: bytes) -> bool:
    """A text of these blanks alone is no R4 string, which a typed decoder does not see; an en dash is common and is
    none.
    """
    # One byte at a time first: that search is ten times as fast, and å ä ö hold none of these.
    return (
        (b"\xc2" in body and (b"\xc2\xa0" in body or b"\xc2\x85" in body))  # U+00A0, U+0085
        or (b"\xe1" in body and b"\xe1\x9a\x80" in body)  # U+1680
        or (b"\xe3" in body and b"\xe3\x80\x80" in body)  # U+3000
        or (b"\xe2" in body and _BLANK.search(body) is not None)
    )


def facts(bundle: Bundle, identities: IdentityRules | None = None, *, from_hub: bool = False) -> Message:
    """What the Bundle says, in either shape. Raises ``Refused``."""
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
        raise _field_refused(view, name, focus, error) from None
    return Message(identity, unit, name, case, time, actor, role, data)


def _field_refused(view: View, name: str, focus: Resource, error: ValidationError) -> Refused:
    """The language refused a field: told by its place in the Bundle, in the words that the native reader has for it."""
    first = error.errors(include_input=False, include_url=False)[0]
    pointer = "/data/" + "/".join(str(part) for part in first["loc"] if isinstance(part, str))
    sv, en = _MISSING if first["type"] == "missing" else faults.sentence(first["type"], first.get("ctx") or {})
    rule = "C-60" if str(first["type"]).startswith("person-id") else "field-invalid"
    return Refused(rule, f"{sv}.", f"{en}.", _place(view, fhir_path(name, pointer), focus), 400)


def _place(view: View, path: str | None, focus: Resource) -> str:
    """``Patient.address`` → ``Bundle.entry[4].resource.address``; its type alone where several entries could be meant."""
    if path is None:
        return view.path(focus)
    kind, dot, rest = path.partition(".")
    entries = [one for one in view.resources if type(one).__struct_config__.tag == kind]
    if type(focus).__struct_config__.tag == kind:
        entries = [focus]
    return view.path(entries[0], f"{dot}{rest}") if len(entries) == 1 else path


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a Bundle that was refused says of itself: enough to answer it."""

    id: str | None
    event: str | None


def glimpse(body: bytes, media_type: str, *, max_bytes: int = MAX_BYTES) -> Glimpse:
    """The header's id and event code, as far as they can be seen and are of the right form. Never raises."""
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
