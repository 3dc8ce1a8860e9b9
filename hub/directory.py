"""Reads, checks, compares and shows the directory as a file. Imports the language, its sentences and YAML only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub import yaml_text
from hub.errors import Misconfigured
from hub.translators.faults import sentence
from schemas.directory import Directory


def load(file: Path) -> Directory:
    """The directory in a YAML file. Raises ``Misconfigured`` that names every faulty entry."""
    try:
        directory = Directory.model_validate(yaml_text.load(file.read_bytes()))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}") from None
    except yaml_text.NotYaml as error:
        raise Misconfigured(f"{file}, {error}") from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        faults = [_said(fault) for fault in found if not _follows(fault, found)]
        raise Misconfigured(f"{file} is no directory:\n  " + "\n  ".join(faults)) from None
    if faults := directory.faults():
        raise Misconfigured(f"{file} does not hold together:\n  " + "\n  ".join(faults))
    return directory


_QUOTES: Final = {
    "string_type": 'give a text; put it in quotes where it is digits, true, yes or no: "0012"',
    "missing": "it is missing",
    "extra_forbidden": "there is no such entry",
}


def _follows(fault: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because entries in it are refused; those have sentences of their own."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in found
    )


def _said(fault: ErrorDetails) -> str:
    """The place and the fault, never the value, which may be a secret."""
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    context = fault.get("ctx") or {}
    if fault["type"] == "value_error":  # from the directory's own checks
        return f"{place}: {context['error']}"
    return f"{place}: {_QUOTES.get(fault['type']) or sentence(fault['type'], context)[1]}"


def changes(before: Directory | None, after: Directory) -> list[str]:
    """One line for each entry that is new (+), gone (-) or different (~)."""
    old = {} if before is None else _entries(before)
    new = _entries(after)
    lines = [f"+ {name}" for name in new if name not in old]
    lines += [f"- {name}" for name in old if name not in new]
    lines += [f"~ {name}" for name in new if name in old and new[name] != old[name]]
    return lines


def _entries(directory: Directory) -> dict[str, Any]:
    found: dict[str, Any] = {f"region {r.id}": r for r in directory.regions}
    found |= {f"organisation {o.orgnr} {o.name}": o for o in directory.organisations}
    found |= {f"unit {u.hsa} {u.name}": u for u in directory.units}
    found |= {f"system {s.id}": s for s in directory.systems}
    found |= {f"befattning {code}": role for code, role in directory.befattningar.items()}
    return found


def shown(directory: Directory) -> str:
    """The directory as YAML to read. The secrets are left out, so it cannot be applied again as it is."""
    content = directory.model_dump(mode="json", exclude_defaults=True)
    for system in content["systems"]:
        system["out"].pop("secrets", None)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
