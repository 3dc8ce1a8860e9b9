"""The StructureDefinitions of what is read and written: a profile of each resource, of the Bundle and of the header as an act, a notice
and a receipt have it, and one of each extension. Imports the elements, the extensions and the names.

They are made from the tables that the reader and the writer work by; ``tests/thorough/test_fhir_definitions.py`` judges by them
what is written, and sees that the reader refuses what lacks a required element.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.elements import elements
from hub.translators.fhir.extension_table import EXTENSIONS, ExtensionForm
from hub.translators.fhir.profile_elements import RESOURCES, ResourceElement, fields_in, places

R4: Final = "http://hl7.org/fhir/StructureDefinition/"
BASE: Final = "urn:samverkan:fhir:StructureDefinition:"
"""Before the id of each profile of a resource."""
_LANGUAGE: Final = {"identity": "samverkan", "uri": "urn:samverkan:schema", "name": "The messages of contracts/schemas"}
_HEADERS: Final = ("act", "notice", "receipt")

Element = dict[str, Any]


def url_of(kind: str) -> str:
    """The canonical url of the profile of a resource."""
    return f"{BASE}{kind}"


def structure_definitions() -> dict[str, dict[str, Any]]:
    """Id → StructureDefinition."""
    made = [_bundle(), *(_resource(kind) for kind in RESOURCES), *(_header(role) for role in _HEADERS)]
    made += [_extension(url, form) for url, form in EXTENSIONS.items() if url.startswith("urn:")]
    return {one["id"]: one for one in made}


def _definition(id_: str, of: str, url: str, title: str, differential: list[Element], **more: Any) -> dict[str, Any]:
    name = "".join(part[:1].upper() + part[1:] for part in id_.replace("_", "-").split("-"))
    return {
        "resourceType": "StructureDefinition",
        "id": id_,
        "url": url,
        "name": f"Samverkan{name}",
        "title": title,
        "status": "active",
        "fhirVersion": "4.0.1",
        **more,
        "type": of,
        "baseDefinition": f"{R4}{of}",
        "derivation": "constraint",
        "differential": {"element": differential},
    }


def _profile(id_: str, kind: str, title: str, differential: list[Element]) -> dict[str, Any]:
    more = {"mapping": [_LANGUAGE], "kind": "resource", "abstract": False}
    return _definition(id_, kind, url_of(id_), title, differential, **more)


def _element(path: str, least: int = 0, many: bool = False, **more: Any) -> Element:
    return {"id": path, "path": path, "min": least, "max": "*" if many else "1", **more}


# --- resources --------------------------------------------------------------------------------------------------------


def _resource(kind: str) -> dict[str, Any]:
    found: list[Element] = [{"id": kind, "path": kind}]
    own = _extensions_on(kind)
    for place in places(kind).values():
        if not place.of_any_resource:
            found += own
            own = []
        found += [_placed(place), *_extensions_on(place.path)]
    return _profile(kind, kind, f"{kind} as the hub reads and writes it, inside a message Bundle", found)


def _placed(place: ResourceElement) -> Element:
    said = _mapping(place.fields)
    return _element(place.path, place.least, place.many, **({"mustSupport": True, **said} if said else {}))


def _mapping(fields: Collection[tuple[str, str]]) -> dict[str, Any]:
    """What of the language stands there, as (message, field)."""
    said = [{"identity": "samverkan", "map": f"{message} /data/{field}"} for message, field in sorted(fields)]
    return {"mapping": said} if said else {}


def _extensions_on(path: str) -> list[Element]:
    """The slices of the extensions that stand on an element."""
    own = {url: form for url, form in EXTENSIONS.items() if path in form.on}
    if not own:
        return []
    by_url = {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "open"}
    found = [{"id": f"{path}.extension", "path": f"{path}.extension", "slicing": by_url}]
    for url, form in own.items():
        type_ = [{"code": "Extension", "profile": [url]}]
        said = {} if url.startswith("urn:") else _mapping(fields_in(url))  # ours have it in their own definition
        sliced = _element(f"{path}.extension", 0, form.many, sliceName=slice_name(url), type=type_, **said)
        found.append(sliced | {"id": f"{path}.extension:{slice_name(url)}"})
    return found


def slice_name(url: str) -> str:
    """The id of an extension's definition, and the name of its slice."""
    return url.removeprefix("urn:samverkan:fhir:").replace(":", "-").replace("_", "-").rpartition("/")[2]


# --- the Bundle and its header ------------------------------------------------------------------------------------------


def _bundle() -> dict[str, Any]:
    return _profile(
        "Bundle",
        "Bundle",
        "A message: the header is the first entry, and every reference is to an entry, or logical",
        [
            {"id": "Bundle", "path": "Bundle"},
            _element("Bundle.type", 1, fixedCode="message"),
            _element("Bundle.timestamp"),
            _element("Bundle.entry", 1, many=True),
            _element("Bundle.entry.resource", 1),
        ],
    )


_TITLES: Final = {
    "act": "The header of a message that a system sends",
    "notice": "The header of a message that a system is told",
    "receipt": "The header of the answer to a message",
}


def _header(role: str) -> dict[str, Any]:
    """The header as one kind of message has it, beside what every header has."""
    kind = "MessageHeader"
    at = f"{kind}.extension"
    found: list[Element] = [{"id": kind, "path": kind}, _element(f"{kind}.id", 1)]
    if role == "notice":
        found += [
            _element(at, 1, sliceName=name) | {"id": f"{at}:{name}", "type": [{"code": "Extension", "profile": [url]}]}
            for name, url in (("case", names.EXT_CASE), ("sequence", names.EXT_SEQUENCE))
        ]
    event = f"{kind}.event[x]"
    found.append(_element(event, 1, type=[{"code": "Coding"}]))
    found.append(_element(f"{event}.system", 1, fixedUri=names.EVENT))
    found.append(_element(f"{event}.code", 1))
    if role == "notice":
        found.append(_element(f"{kind}.destination", 1, many=True))
    if role == "act":
        found += [_element(f"{kind}.sender", 1), _element(f"{kind}.author", 1)]
    found.append(_element(f"{kind}.source", 1))
    if role == "receipt":
        found += [_element(f"{kind}.response", 1), _element(f"{kind}.response.identifier", 1)]
    else:
        found.append(_element(f"{kind}.response") | {"max": "0"})
        found.append(_element(f"{kind}.focus", int(role == "notice"), many=True))
    return _profile(f"{kind}-{role}", kind, _TITLES[role], found)


# --- extensions -------------------------------------------------------------------------------------------------------


def _extension(url: str, form: ExtensionForm) -> dict[str, Any]:
    at = "Extension"
    found: list[Element] = [_element(at, 0, form.many, **_mapping(fields_in(url)))]
    if form.parts is None:
        found.append(_element(f"{at}.extension") | {"max": "0"})
        found.append(_element(f"{at}.url", 1, fixedUri=url))
        types = [{"code": _type(value)} for value in form.values]
        found.append(_element(f"{at}.value[x]", 1, type=types))
    else:
        for part, value in form.parts.items():
            inner, id_ = f"{at}.extension", f"{at}.extension:{part}"
            found.append(_element(inner, 0, url == names.EXT_MAY and part == "act", sliceName=part) | {"id": id_})
            found.append(_element(f"{inner}.url", 1, fixedUri=part) | {"id": f"{id_}.url"})
            found.append(_element(f"{inner}.value[x]", 1, type=[{"code": _type(value)}]) | {"id": f"{id_}.value[x]"})
        found.append(_element(f"{at}.url", 1, fixedUri=url))
        found.append(_element(f"{at}.value[x]") | {"max": "0"})
    context = [{"type": "element", "expression": path} for path in form.on]
    title = f"Extension of {', '.join(form.on)}"
    return _definition(
        slice_name(url), at, url, title, found, mapping=[_LANGUAGE], kind="complex-type", abstract=False, context=context
    )  # fmt: skip


def _type(value: str) -> str:
    """R4's name of a type: primitives begin with a small letter."""
    return elements("Extension")[f"value{value}"].kind
