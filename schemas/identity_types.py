"""The identities as pydantic types, with the rules that the configuration adds. Imports pydantic, the identities and the unit
numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.identities import KNOWN_REGIONAL_PATTERNS, IdentityError, RegionalPattern, parse_person_id
from schemas.unit_ids import ALL_PREFIXES, parse_hsa_id, parse_kommunkod, parse_lanskod, parse_organisationsnummer

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """The rules that the configuration adds; given to pydantic as ``context={"identities": IdentityRules(…)}``."""

    regional_patterns: tuple[RegionalPattern, ...] = ()
    hsa_prefixes: tuple[str, ...] = ("SE",)
    today: date | None = None


EVERY_PUBLISHED_FORM = IdentityRules(KNOWN_REGIONAL_PATTERNS, ALL_PREFIXES)
"""Every form that is published: for numbers that were checked on the way in, or that a register or the directory says."""

_DEFAULT_RULES = IdentityRules()


def _checked(parse: Callable[[str, IdentityRules], str], default: IdentityRules = _DEFAULT_RULES) -> AfterValidator:
    """A validator whose error has the ``code`` of ``IdentityError`` as type, and ``sv`` and ``en`` in its context."""

    def validate(text: str, info: ValidationInfo) -> str:
        context: Any = info.context
        rules = context.get("identities", default) if isinstance(context, dict) else default
        try:
            return parse(text, rules)
        except IdentityError as error:
            raise PydanticCustomError(error.code, "{en}", {"sv": error.sv, "en": error.en}) from None

    return AfterValidator(validate)


def _schema(pattern: str, description: str, example: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "description": description, "examples": [example], **more}
    )


def _person(text: str, rules: IdentityRules) -> str:
    return parse_person_id(text, rules.regional_patterns, today=rules.today).value


def _hsa(text: str, rules: IdentityRules) -> str:
    return parse_hsa_id(text, rules.hsa_prefixes)


_PERSON_SCHEMA = _schema(
    "^[0-9]{8}[0-9A-Z]{4}$",
    "Personnummer, samordningsnummer or reserve number: 12 characters without hyphen",
    "191212121212",
)
_HSA_SCHEMA = _schema(
    "^[A-Za-z]{2,6}(16)?[0-9]{10}-[A-Za-z0-9]{1,18}$",
    "HSA-id, without regard to case",
    "SE2321000016-1A2B",
    maxLength=31,
)
Personnummer12 = Annotated[str, _checked(_person), _PERSON_SCHEMA]
"""Any person identity as text (C-60, C-61). Models set ``hide_input_in_errors=True``, since pydantic would quote the number."""
Hsa = Annotated[str, _checked(_hsa), _HSA_SCHEMA]
KnownPerson = Annotated[str, _checked(_person, EVERY_PUBLISHED_FORM), _PERSON_SCHEMA]
"""A person identity from a register: also a reserve number of a region whose numbers the directory does not accept."""
KnownHsa = Annotated[str, _checked(_hsa, EVERY_PUBLISHED_FORM), _HSA_SCHEMA]
"""An HSA-id in the directory or from a register: also with the prefixes of the test environments."""
Orgnr = Annotated[
    str,
    _checked(lambda text, _: parse_organisationsnummer(text)),
    _schema("^[0-9]{2}[2-9][0-9]{7}$", "Organisationsnummer, 10 digits", "2321000016"),
]
Kommunkod = Annotated[
    str,
    _checked(lambda text, _: parse_kommunkod(text)),
    _schema("^(0[13-9]|1[0234789]|2[0-5])([1-9][0-9]|0[1-9])$", "SCB's municipality code", "1281"),
]
Lanskod = Annotated[
    str,
    _checked(lambda text, _: parse_lanskod(text)),
    _schema("^(0[13-9]|1[0234789]|2[0-5])$", "SCB's county code", "12"),
]
