"""The StructureDefinitions are true: what is written conforms to them, and what lacks an element that they require is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings

from hub.errors import Refused
from hub.translators.fhir import JSON, names, read, write_notice, write_request
from hub.translators.fhir.definitions import KINDS, definitions
from hub.translators.fhir.extension_table import EXTENSIONS
from hub.translators.fhir.paths import PATHS
from hub.translators.fhir.profiles import slice_name, structure_definitions
from tests.unit.test_fhir_round_trip import FAIR, SENT, TOLD, WRITES, messages

FOLDER = Path(__file__).parents[2] / "contracts" / "fhir"
PROFILES = structure_definitions()
EXAMPLES = sorted(path.name for path in FOLDER.glob("*.json"))


# --- a judge of its own: cardinalities and fixed values ----------------------------------------------------------------


def children(node: Any, step: str) -> list[Any]:
    """The values of an element: ``value[x]`` is any of its types."""
    if step.endswith("[x]"):
        stem = step.removesuffix("[x]")
        found = [value for name, value in node.items() if name.startswith(stem) and name[len(stem) :][:1].isupper()]
    else:
        found = [node[step]] if step in node else []
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def parents(node: Any, steps: list[str]) -> list[Any]:
    return [node] if not steps else [one for child in children(node, steps[0]) for one in parents(child, steps[1:])]


def faults(profile: dict[str, Any], node: Any) -> Iterator[str]:
    """What of a resource or an extension is against the profile."""
    for element in profile["differential"]["element"][1:]:
        *above, step = element["path"].split(".")[1:]
        sliced = element.get("sliceName") or element["id"].partition(":")[2].partition(".")[0]
        for parent in parents(node, above):
            if not isinstance(parent, dict):
                continue
            if above and sliced and parent.get("url") != sliced and not element.get("sliceName"):
                continue  # an element of another slice
            found = children(parent, step)
            if element.get("sliceName"):
                urls = [one for type_ in element.get("type", ()) for one in type_.get("profile", ())] or [sliced]
                found = [one for one in found if one["url"] in urls]
            most = element.get("max", "*")
            if len(found) < element.get("min", 0) or (most != "*" and len(found) > int(most)):
                yield f"{element['id']}: {len(found)} of {element.get('min')}..{most}"
            fixed = next((value for name, value in element.items() if name.startswith("fixed")), None)
            if fixed is not None and any(one != fixed for one in found):
                yield f"{element['id']}: not {fixed}"
            types = {type_["code"] for type_ in element.get("type", ())}
            if step == "value[x]" and types:
                named = {name[5:].lower() for name in parent if name.startswith("value")}
                if not named <= {one.lower() for one in types}:
                    yield f"{element['id']}: {named}"


def extensions_in(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(the element, its extension) of all but those that stand in others."""
    if isinstance(node, list):
        for one in node:
            yield from extensions_in(one, path)
    elif isinstance(node, dict):
        for one in node.get("extension", ()):
            yield path, one
        for name, child in node.items():
            if name != "extension" and not name.startswith("_"):
                yield from extensions_in(child, f"{path}.{name}")


def against(tree: dict[str, Any], role: str | None) -> list[str]:
    """All that is against the definitions in a Bundle of the hub; ``role``: of its header."""
    found = list(faults(PROFILES["Bundle"], tree))
    for number, entry in enumerate(tree["entry"]):
        resource = entry["resource"]
        kind = resource["resourceType"]
        if kind == "OperationOutcome":
            continue
        found += faults(PROFILES[kind], resource)
        if number == 0 and role is not None:
            found += faults(PROFILES[f"MessageHeader-{role}"], resource)
        for path, extension in extensions_in(resource, kind):
            url = extension["url"]
            if url not in EXTENSIONS or path not in EXTENSIONS[url].on:
                found.append(f"{url} on {path}")
            elif url.startswith("urn:"):
                found += faults(PROFILES[slice_name(url)], extension)
    return found


# ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_definition_is_valid_r4(kind):
    own = {id_: body for (of, id_), body in definitions().items() if of == kind}
    assert own
    for id_, body in own.items():
        made = get_fhir_model_class(kind).model_validate_json(body)
        assert (made.id, json.loads(made.model_dump_json())) == (id_, json.loads(body))


def role_of(name: str) -> str | None:
    roles = {"request": "act", "notice": "notice"}
    return "receipt" if name.startswith("response.") else roles.get(name.split(".")[-2])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_conforms(name):
    tree = json.loads((FOLDER / name).read_bytes())
    if tree["resourceType"] == "Bundle":
        assert against(tree, role_of(name)) == []


@settings(FAIR, max_examples=settings.default.max_examples * 2)
@given(messages(names=WRITES), TOLD)
def test_whatever_is_written_conforms(message, told):
    told = told.model_copy(update={"to": told.to or ("SE2321000255-AVD12",)})
    assert against(json.loads(write_notice(message, told, created=SENT)), "notice") == []
    role = "act" if message.name not in names.WRITES - names.READS else None
    assert against(json.loads(write_request(message)), role) == []


def removals(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(a required element, the Bundle without it), for every one that the definitions name."""
    for number, entry in enumerate(tree["entry"]):
        kind = entry["resource"]["resourceType"]
        for profile in (kind, *(("MessageHeader-act",) if number == 0 else ())):
            for element in PROFILES[profile]["differential"]["element"][1:]:
                steps = element["path"].split(".")[1:]
                if element.get("min") == 1 and not element.get("sliceName"):
                    without = copy.deepcopy(tree)
                    for parent in parents(without["entry"][number]["resource"], steps[:-1]):
                        for member in [name for name in parent if children({name: parent[name]}, steps[-1])]:
                            del parent[member]
                    if without != tree:
                        yield f"{number} {element['id']}", without


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith(".request.json")])
def test_what_lacks_a_required_element_is_refused(name):
    tree = json.loads((FOLDER / name).read_bytes())
    tried = 0
    for element, without in removals(tree):
        assert against(without, "act"), element
        with pytest.raises(Refused):
            read(json.dumps(without).encode(), JSON)
        tried += 1
    assert tried > 5


def test_every_extension_has_its_definition_and_every_field_its_place():
    urls = {url for name, url in vars(names).items() if name.startswith("EXT_")}
    assert urls - {names.EXT_FIELD, names.EXT_TRANSLATION} <= set(EXTENSIONS)
    mapped = {
        one["map"]
        for profile in PROFILES.values()
        for element in profile["differential"]["element"]
        for one in element.get("mapping", ())
    }
    said = {f"{message} /data/{field}" for message, paths in PATHS.items() for field, path in paths.items()}
    whole = {f"{m} /data/{f}" for m, paths in PATHS.items() for f, path in paths.items() if "." not in path}
    assert said - mapped <= whole
