"""The contracts for vendors, written from the code (architecture.md §2): ``generate`` writes, ``fresh`` checks.

Imports the tables, the scenarios, the translators' examples and the named files. What is written by hand (scenarios, worlds, fixtures,
WSDL) is left alone.
"""

from __future__ import annotations

from pathlib import Path

from hub.catalogue import document as errors
from hub.contracts import asyncapi, cookbook, diagram, profiles, rules, schemas
from hub.named_files import put
from hub.processes.registry import PROCESSES
from hub.scenarios import load


def files(folder: Path) -> dict[str, bytes]:
    """Path under ``folder`` → content of every generated file; the scenarios and the world there are read."""
    from hub.sandbox import soap_examples
    from hub.translators.fhir import definitions as fhir_definitions
    from hub.translators.fhir import examples as fhir_examples

    world = load(folder / "worlds" / "standard.yaml")
    scenarios = rules.scenarios_in(folder / "scenarios")
    return {
        **{f"schemas/{name}.json": body for name, body in schemas.messages().items()},
        "scenarios/schema.json": schemas.scenario(),
        "rules.md": rules.document(rules.by_file(scenarios)),
        "errors.md": errors.as_page(),
        "errors.json": errors.as_json(),
        "profiles.md": profiles.document(scenarios),
        **{f"{name}.md": diagram.document(process, world) for name, process in PROCESSES.items()},
        "asyncapi.yaml": asyncapi.document(folder),
        **{f"cookbook/{name}": body for name, body in cookbook.documents(folder).items()},
        **{f"fhir/{name}": body for name, body in fhir_examples.examples().items()},
        **{f"fhir/definitions/{kind}-{id_}.json": body for (kind, id_), body in fhir_definitions.definitions().items()},
        **{f"soap/examples/{name}": body for name, body in soap_examples.examples().items()},
    }


def generate(folder: Path) -> list[str]:
    """Writes the files that are missing or stale and removes those that are generated no more; returns the changed names."""
    wanted = files(folder)
    stale = _stale(folder, wanted)
    for name in stale:
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            put(path, wanted[name])
        else:
            path.unlink()
    return stale


def fresh(folder: Path) -> list[str]:
    """The names of files that are missing, stale or left over; empty when all is as generated."""
    return _stale(folder, files(folder))


def _stale(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    stale = [name for name, body in wanted.items() if _content(folder / name) != body]
    for generated in ("schemas", "fhir", "fhir/definitions", "soap/examples", "cookbook"):
        found = [path for path in (folder / generated).glob("*") if path.is_file() and path.name != cookbook.RECIPES]
        stale += [f"{generated}/{path.name}" for path in found if f"{generated}/{path.name}" not in wanted]
    return sorted(stale)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


__all__ = ["files", "fresh", "generate"]
