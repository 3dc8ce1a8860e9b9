"""The refusals for an element that is unknown, missing, repeated, of another type or form, or with an unknown code. Imports the
errors and the vocabulary.

No sentence contains a value of the message; an element is named only when the standard has its name (D-10).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub.errors import Refused
from hub.translators.fhir.vocabulary import ELEMENT_NAMES

_TEXT: Final = ("en text som inte är tom", "a text that is not empty")
_WHOLE: Final = ("ett heltal, i JSON utan citattecken", "a whole number, in JSON without quotation marks")
_ADDRESS: Final = ("en adress (URI) utan blanksteg", "a URI without blanks")
_FORMS: Final[dict[str, tuple[str, str]]] = {
    "boolean": ("true eller false, i JSON utan citattecken", "true or false, in JSON without quotation marks"),
    "integer": _WHOLE,
    "positiveInt": _WHOLE,
    "unsignedInt": _WHOLE,
    "decimal": ("ett tal, i JSON utan citattecken", "a number, in JSON without quotation marks"),
    "date": ("ett datum som text: 2026-03-09", "a date as text: 2026-03-09"),
    "dateTime": (
        "en tid som text: 2026-03-09, eller med klockslag och tidszon 2026-03-09T08:30:00+01:00",
        "a time as text: 2026-03-09, or with time of day and zone 2026-03-09T08:30:00+01:00",
    ),
    "instant": (
        "datum, klockslag och tidszon som text: 2026-03-09T08:30:00+01:00",
        "date, time of day and zone as text: 2026-03-09T08:30:00+01:00",
    ),
    "time": ("ett klockslag som text: 08:30:00", "a time of day as text: 08:30:00"),
    "id": ("1–64 tecken A–Z a–z 0–9 - och punkt", "1–64 characters A–Z a–z 0–9 - and full stop"),
    "code": ("en kod utan blanksteg först, sist eller dubbelt", "a code without blanks at the ends or doubled"),
    "base64Binary": ("base64", "base64"),
    "uri": _ADDRESS,
    "url": _ADDRESS,
    "canonical": _ADDRESS,
    "oid": ("urn:oid: och siffror med punkt emellan", "urn:oid: and digits with full stops between"),
    "uuidVersion": ("urn:uuid: och en UUID", "urn:uuid: and a UUID"),
}


def unknown_element(place: str, name: str, number: int) -> Refused:
    """An element that R4 does not have there, the ``number``-th of its object (in XML: of its parent's elements) from 1. A name that R4
    has nowhere is the sender's own text and is not repeated (D-10).
    """
    return _invalid(
        f"{place}.{name}" if name in ELEMENT_NAMES else place,
        f"Element {number} där finns inte i FHIR R4: ta bort det, eller använd det som R4 har i stället.",
        f"Element {number} there is not of FHIR R4: remove it, or use what R4 has instead.",
    )


def unknown_attribute(place: str) -> Refused:
    """An XML attribute that R4 does not have there."""
    return _invalid(
        place,
        "XML-attributet finns inte i FHIR R4 på den här platsen: ta bort det.",
        "The XML attribute is not of FHIR R4 in this place: remove it.",
    )


def missing(place: str) -> Refused:
    """An element that R4 requires."""
    return _invalid(place, "Elementet saknas: FHIR R4 kräver det.", "The element is missing: FHIR R4 requires it.")


def twice(place: str) -> Refused:
    """An element or a member that occurs more than once where at most one is allowed."""
    return _invalid(
        place,
        "Elementet står mer än en gång, och vilket som gäller går inte att veta: sänd det en gång.",
        "The element is there more than once, and which is meant cannot be known: send it once.",
    )


def not_of_kind(kind: str) -> Refused:
    """Another resource, or none, where one of this kind is asked for."""
    return _invalid(kind, f"Skicka en {kind}, ensam.", f"Send one {kind}, by itself.")


def control_character(place: str) -> Refused:
    """A text with a character that R4 allows in no text, and that the database cannot hold where it is U+0000."""
    return _invalid(
        place,
        "Texten har ett styrtecken, som FHIR R4 inte tillåter: ta bort det.",
        "The text holds a control character, which FHIR R4 does not allow: remove it.",
    )


def several_of_choice(place: str) -> Refused:
    """Two elements of one choice, as ``deceased[x]``."""
    return _invalid(
        place,
        "Bara ett av elementen i valet får finnas: sänd ett av dem.",
        "Only one element of the choice may be there: send one of them.",
    )


def not_many(place: str) -> Refused:
    """A list where R4 has a single value."""
    return _invalid(
        place,
        "Elementet är ett enda i FHIR R4: sänd det utan hakparenteser.",
        "The element is a single one in FHIR R4: send it without brackets.",
    )


def many(place: str) -> Refused:
    """A single value where R4 has a list."""
    return _invalid(
        place,
        "Elementet är en lista i FHIR R4: sänd det inom hakparenteser.",
        "The element is a list in FHIR R4: send it within brackets.",
    )


def null(place: str) -> Refused:
    """A null in a list without an extension at its position."""
    return _invalid(
        place,
        "null står bara för ett värde som har ett tillägg i stället: ta bort det.",
        "null only stands for a value that has an extension instead: remove it.",
    )


def not_an_object(place: str) -> Refused:
    """A value, or a text in XML, where R4 has elements."""
    return _invalid(
        place,
        "Här ska stå element, inte ett värde eller en text.",
        "Elements belong here, not a value or a text.",
    )


def wrong_form(place: str, kind: str) -> Refused:
    """A value whose type or form is not the element's."""
    sv, en = _FORMS.get(kind, _TEXT)
    return _invalid(place, f"Värdet har fel typ eller form. Det ska vara {sv}.", f"The value must be {en}.")


def invalid(place: str) -> Refused:
    """A violation of a rule that the reference model checks and does not name."""
    return _invalid(
        place,
        "Elementet följer inte FHIR R4: jämför med hl7.org/fhir/R4 och exemplen i contracts/fhir.",
        "The element is not as FHIR R4 has it: compare with hl7.org/fhir/R4 and the examples in contracts/fhir.",
    )


def wrong_code(place: str, codes: Sequence[str]) -> Refused:
    """A code outside of the value set that R4 requires; the sentence lists the set."""
    known = ", ".join(codes)
    return Refused(
        "fhir-code",
        f"Koden finns inte i FHIR R4:s värdemängd. De som finns: {known}.",
        f"The code is not in the value set of FHIR R4. Those that there are: {known}.",
        place,
        400,
    )


def _invalid(place: str, sv: str, en: str) -> Refused:
    return Refused("fhir-invalid", sv, en, place, 400)
