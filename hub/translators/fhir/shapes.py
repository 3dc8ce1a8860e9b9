"""The lean shape of R4's data types, for decoding common message Bundles directly from bytes. Imports msgspec only.

Every type is at least as strict as in the reference model (fhir.resources R4B), and has only fields that the hub reads or may ignore;
other Bundles go to the reference model, which decides. ``test_fhir_read`` checks over generated and mutated Bundles that the reference
model accepts whatever the lean shape accepts. Source: hl7.org/fhir/R4/datatypes.html; required bindings are written out, because the
reference model accepts any code there.
"""

# ruff: noqa: N815 - R4's own names; msgspec copies the empty list

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]
"""R4 ``string``. ``reader`` checks on the bytes that it does not consist of exotic blanks, which the reference model refuses."""
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.\-]{1,64}\Z")]
Code = Annotated[str, Meta(pattern=r"^[!-~]+\Z")]
"""R4 ``code``; a code with blanks goes to the reference model."""
_DAY = r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
"""The days that every month has; the structs check the 29th to the 31st (``_calendar``)."""
_LONG_DAY = r"(?:19|20)[0-9]{2}-(?:(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
Date = Annotated[str, Meta(pattern=rf"^(?:{_DAY}|{_LONG_DAY})\Z")]
DateTime = Annotated[str, Meta(pattern=rf"^(?:{_DAY}|{_LONG_DAY})(?:{_TIME})?\Z")]
Instant = Annotated[str, Meta(pattern=rf"^(?:{_DAY}|{_LONG_DAY}){_TIME}\Z")]
_LABEL = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
Url = Annotated[
    str,
    Meta(
        pattern=rf"^(?:https?://{_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,3}})?(?:/[A-Za-z0-9_~./\-]*)?"
        r"|urn:[a-z]{2,20}:[A-Za-z0-9.:\-]{1,80})\Z"
    ),
]
Positive = Annotated[int, Meta(ge=1, le=2147483647)]
Unsigned = Annotated[int, Meta(ge=0, le=2147483647)]
Base64 = Annotated[
    str,
    Meta(
        pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?\Z", min_length=4
    ),
]
"""R4 ``base64Binary`` without blanks and unused bits, which the reference model would write differently."""


class Lean(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """An element of the lean shape."""


class Coding(Lean):
    system: str | None = None
    version: Text | None = None
    code: Code | None = None
    display: Text | None = None
    userSelected: bool | None = None


class Concept(Lean):
    """R4 ``CodeableConcept``."""

    coding: list[Coding] = []
    text: Text | None = None


class Period(Lean):
    start: DateTime | None = None
    end: DateTime | None = None


class Identifier(Lean):
    use: Literal["usual", "official", "temp", "secondary", "old"] | None = None
    type: Concept | None = None
    system: str | None = None
    value: Text | None = None
    period: Period | None = None


class Reference(Lean):
    reference: Text | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: Text | None = None


class Extension(Lean):
    """One level of extension with the value types that the hub reads; ``ext-1``: a value or extensions, never both."""

    url: str
    valueBoolean: bool | None = None
    valueCode: Code | None = None
    valueString: Text | None = None
    valueDate: Date | None = None
    valueDateTime: DateTime | None = None
    valuePositiveInt: Positive | None = None
    valueUnsignedInt: Unsigned | None = None
    valueIdentifier: Identifier | None = None
    valueReference: Reference | None = None
    extension: list[SubExtension] = []

    def __post_init__(self) -> None:
        if (
            (self.valueBoolean is not None)
            + (self.valueCode is not None)
            + (self.valueString is not None)
            + (self.valueDate is not None)
            + (self.valueDateTime is not None)
            + (self.valuePositiveInt is not None)
            + (self.valueUnsignedInt is not None)
            + (self.valueIdentifier is not None)
            + (self.valueReference is not None)
        ) + bool(self.extension) != 1:
            raise ValueError("ext-1")


class SubExtension(Lean):
    """A part of a compound extension of the hub (``awaits``, ``state``, ``may``, ``attendee``)."""

    url: str
    valueCode: Code | None = None
    valueString: Text | None = None

    def __post_init__(self) -> None:
        if (self.valueCode is None) == (self.valueString is None):
            raise ValueError("ext-1")


class Meta_(Lean, rename={"version_id": "versionId", "last_updated": "lastUpdated"}):  # noqa: N801
    version_id: Id | None = None
    last_updated: Instant | None = None
    source: str | None = None
    profile: list[str] = []
    security: list[Coding] = []
    tag: list[Coding] = []


class Narrative(Lean):
    """Not read; ``narrative`` checks its XHTML, because receivers may show it."""

    status: Literal["generated", "extensions", "additional", "empty"]
    div: Text


class Name(Lean):
    """R4 ``HumanName``."""

    use: Literal["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"] | None = None
    text: Text | None = None
    family: Text | None = None
    given: list[Text] = []
    prefix: list[Text] = []
    suffix: list[Text] = []
    period: Period | None = None


class Contact(Lean):
    """R4 ``ContactPoint``."""

    system: Literal["phone", "fax", "email", "pager", "url", "sms", "other"] | None = None
    value: Text | None = None
    use: Literal["home", "work", "temp", "old", "mobile"] | None = None
    rank: Positive | None = None
    period: Period | None = None


class Address(Lean):
    use: Literal["home", "work", "temp", "old", "billing"] | None = None
    type: Literal["postal", "physical", "both"] | None = None
    text: Text | None = None
    line: list[Text] = []
    city: Text | None = None
    district: Text | None = None
    state: Text | None = None
    postalCode: Text | None = None
    country: Text | None = None
    period: Period | None = None


class Attachment(Lean):
    """A file with its content and, by att-1, its content type; a file with only a ``url`` goes to the reference model."""

    contentType: Code | None = None
    data: Base64 | None = None
    title: Text | None = None

    def __post_init__(self) -> None:
        if self.contentType is None or self.data is None:
            raise ValueError("att-1")


class Resource(Lean, tag_field="resourceType"):
    """The elements of every resource."""

    id: Id | None = None
    meta: Meta_ | None = None
    language: Code | None = None
    text: Narrative | None = None
    extension: list[Extension] = []
