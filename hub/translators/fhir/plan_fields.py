"""The fields that an edit sets (E-2), as extensions of the element's resource. Imports the shapes and the parties.

``plan_elements`` writes those for which R4's resource has an element; whatever is left is an extension whose url ends with the field's
name. A field that is emptied is named by an extension of its own, because R4 has no null.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import text, unit_reference
from hub.translators.fhir.bundle import View, swedish_day
from hub.translators.fhir.parties import read_party
from hub.translators.fhir.shapes import Extension, Resource
from schemas.sip_parts import ElementFields, Responsible, Who

_CODES: Final = frozenset(
    {"situation_by", "kind", "delivery", "area", "attainment", "status", "outcome", "template"}
)  # fmt: skip
_DAYS: Final = frozenset({"date", "evaluation_date", "follow_up_date", "completion_date"})
_KEYWORD: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_NEED_FOUND_BY: Final = "need_found_by"


Refer = Callable[[Responsible], dict[str, Any]]
"""Writes somebody who answers for a part of the plan, as a reference."""


def value_kind(field: str) -> str:
    """The element of an extension with a field's value: ``valueCode`` …; ``extension`` for one of several parts."""
    if field in _CODES:
        return "valueCode"
    if field in _DAYS:
        return "valueDate"
    if field == "shared":
        return "valueBoolean"
    if field in ("unit", "responsible"):
        return "valueReference"
    return "extension" if field == _NEED_FOUND_BY else "valueString"


def fields_of(fields: ElementFields | None) -> dict[str, Any]:
    """Field or keyword → what the edit sets it to; None empties it."""
    if fields is None:
        return {}
    known = {name: getattr(fields, name) for name in type(fields).model_fields if name in fields.model_fields_set}
    return known | (fields.__pydantic_extra__ or {})


def take(fields: dict[str, Any], name: str) -> Any:
    """Take a value out of the fields; None where there is none. A null stays, because only an extension can empty a field."""
    return fields.pop(name) if fields.get(name) is not None else None


def write_fields(said: dict[str, Any], refer: Refer) -> list[dict[str, Any]]:
    """The extensions of fields and keywords."""
    return [_extension(field, value, refer) for field, value in said.items()]


def _extension(field: str, value: Any, refer: Refer) -> dict[str, Any]:
    if value is None:
        return {"url": names.EXT_EMPTIED, "valueCode": field}
    if field not in ElementFields.KNOWN:
        parts = [{"url": "keyword", "valueCode": field}, {"url": "text", "valueString": text(value)}]
        return {"url": names.EXT_KEYWORD, "extension": parts}
    url = names.EXT_FIELD + field
    if field == _NEED_FOUND_BY:
        return write_who(url, value)
    if field == "unit":
        return {"url": url, "valueReference": unit_reference(value)}
    if field == "responsible":
        return {"url": url, "valueReference": refer(value)}
    kind = value_kind(field)
    if kind == "valueString":
        return {"url": url, kind: text(value)}
    return {"url": url, kind: value.isoformat() if field in _DAYS else value}


def read_fields(view: View, of: Resource, extensions: list[Extension], into: dict[str, Any]) -> None:
    """Read the extensions of fields into ``into``, which has those of the resource's own elements. Raises ``Refused`` for a field
    that the language does not have or that is said twice.
    """
    for found in extensions:
        if found.url == names.EXT_EMPTIED:
            field, value = found.valueCode, None
        elif found.url == names.EXT_KEYWORD:
            parts = parts_of(view, of, found, {"keyword": "valueCode", "text": "valueString"})
            field, value = parts.get("keyword"), parts.get("text")
            if value is None or field in ElementFields.KNOWN:
                raise view.refused("plan-field", of, f".extension('{found.url}')")
        elif found.url.startswith(names.EXT_FIELD):
            field = found.url.removeprefix(names.EXT_FIELD)
            if field not in ElementFields.KNOWN:
                raise view.refused("plan-field", of, ".extension")
            value = _value(view, of, found, field)
        else:
            continue
        add_field(view, of, into, field, value, f".extension('{found.url}')")


def add_field(view: View, of: Resource, into: dict[str, Any], field: str | None, value: Any, element: str) -> None:
    """Add a field. Raises ``Refused`` when it is there already, or has no name that a field or a keyword can have."""
    if field is None or field in into or not _KEYWORD.fullmatch(field):
        # An extension's url may end with anything, so it is not repeated (D-10).
        raise view.refused("plan-field", of, element)
    into[field] = value


def _value(view: View, of: Resource, found: Extension, field: str) -> Any:
    element = f".extension('{found.url}').value"
    if field == _NEED_FOUND_BY:
        return _who(view, of, found)
    value = getattr(found, value_kind(field))
    if value is None:
        raise view.refused("extension-value", of, element)
    if field == "unit":
        return view.unit(value, of, element)
    if field == "responsible":
        return read_party(view, value, of, element)
    return swedish_day(value, view, of, element) if field in _DAYS else value


def parts_of(view: View, of: Resource, found: Extension, kinds: dict[str, str]) -> dict[str, Any]:
    """The parts of a compound extension. ``kinds``: name of the part → the element of its value. Raises ``Refused``."""
    parts: dict[str, Any] = {}
    for part in found.extension:
        value = getattr(part, kinds[part.url]) if part.url in kinds and part.url not in parts else None
        if value is None:
            raise view.refused("extension-parts", of, f".extension('{found.url}')")
        parts[part.url] = value
    return parts


def read_who(view: View, of: Resource, url: str) -> dict[str, Any] | None:
    """The fields of ``Who`` from the extension with a url; None when it is absent. Raises ``Refused``."""
    found = view.extension(of, of.extension, url)
    return None if found is None else _who(view, of, found)


def _who(view: View, of: Resource, found: Extension) -> dict[str, Any]:
    return parts_of(view, of, found, {"code": "valueCode", "name": "valueString", "relation": "valueString"})


def write_who(url: str, who: Who) -> dict[str, Any]:
    """The extension for who asked for the SIP, or found the need."""
    parts: list[dict[str, Any]] = [{"url": "code", "valueCode": who.code}]
    texts = (("name", who.name), ("relation", who.relation))
    parts += [{"url": part, "valueString": text(value)} for part, value in texts if value is not None]
    return {"url": url, "extension": parts}
