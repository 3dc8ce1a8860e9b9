"""One class name, one meaning; and no module outside hub/processes names a process."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
THEIR_OWN = {
    "Actor": "FHIR's AuditEvent.agent and the listing contract's actor",
    "Address": "FHIR's type and folkbokforing's address",
    "Attachment": "FHIR's type, and ours that it is read into",
    "Entry": "FHIR's Bundle.entry, and an entry of the directory",
    "Patient": "FHIR's resource, and ours that it is read into",
    "Unit": "HSA's unit, and the directory's that it is compared with",
}
"""Names that FHIR or a register's contract gives its types, each in its translator and once elsewhere at the most."""

SPEAK_OF_MESSAGES = ("hub/translators/fhir/", "hub/sandbox/")
"""Where a message and its kind of consent may be named: the FHIR rows and examples, and the demo's parties, who play SVU."""


@cache
def modules() -> dict[str, str]:
    """Path from the root → the module's text, of the hub and the language."""
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for root in ("hub", "schemas")
        for path in sorted((ROOT / root).rglob("*.py"))
    }


def defined() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path, text in modules().items():
        for name in re.findall(r"^ *class (\w+)[(:\[]", text, re.MULTILINE):
            found[name.lstrip("_")].append(path)
    return found


def once_as_json(places: list[str]) -> list[str]:
    """Without the one model in which the operations API shows what operations or the store have by the same name."""
    shown = [place for place in places if place.startswith("hub/routers/ops/")]
    of = [place for place in places if place.startswith(("hub/operations/", "hub/store/", "hub/sign_in/"))]
    return of if len(shown) == 1 and len(places) == 2 and of else places


def test_each_class_name_is_defined_once():
    twice = {name: places for name, found in defined().items() if len(places := once_as_json(found)) > 1}
    assert not {name: places for name, places in twice.items() if name not in THEIR_OWN}


def test_a_name_that_others_gave_is_defined_in_their_translators_and_once_elsewhere_at_the_most():
    for name, places in defined().items():
        if name in THEIR_OWN:
            theirs = [place for place in places if place.startswith(("hub/translators/fhir/", "hub/translators/soap/"))]
            assert len(places) > 1, name
            assert len(theirs) >= len(places) - 1, (name, places)
            assert len({Path(place).parent for place in places}) == len(places), (name, places)


def _docstrings(module: ast.Module) -> set[int]:
    """Every text that stands alone as a statement."""
    return {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}


def _names_of_a_process(path: str, module: ast.Module) -> Iterator[str]:
    if "svu" in Path(path).stem:
        yield path
    prose = _docstrings(module)
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            for name in [f"{node.module}.{alias.name}" for alias in node.names]:
                if name.startswith("hub.processes.svu") or name.endswith(".SVU"):
                    yield name
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("hub.processes.svu"))
        elif (isinstance(node, ast.Name) and node.id == "SVU") or (
            isinstance(node, ast.Attribute) and node.attr == "SVU"
        ):
            yield "SVU"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from _said(node.value, messages_may=path.startswith(SPEAK_OF_MESSAGES))


def _said(text: str, *, messages_may: bool) -> Iterator[str]:
    """A text that is the process's name, its module or one of its messages; a sentence may speak of SVU."""
    if "hub.processes.svu" in text or (re.match(r"svu(\.[a-z]|$)|SVU$", text) and not messages_may):
        yield text


def naming() -> dict[str, set[str]]:
    found = {
        path: set(_names_of_a_process(path, ast.parse(text)))
        for path, text in modules().items()
        if path.startswith("hub/") and not path.startswith("hub/processes/") and "svu" in (path + text).lower()
    }
    return {path: names for path, names in found.items() if names}


def test_no_module_outside_the_processes_names_a_process():
    assert not naming()


def test_what_names_a_process_is_seen():
    spoken = [
        "from hub.processes.svu import law",
        "from hub.processes import svu",
        "from hub.processes.registry import SVU",
        "import hub.processes.svu.law",
        "if process is SVU: ...",
        "registry.SVU",
        'name = "svu"',
        'NAMES = {"svu.inskrivning"}',
    ]
    assert [text for text in spoken if not set(_names_of_a_process("hub/views/rows.py", ast.parse(text)))] == []
    silent = [
        '"""Of SVU."""',
        'title = "Rules of SVU"',
        'name = "inskrivning"',
        "from hub.processes.registry import PROCESSES",
    ]
    assert [text for text in silent if set(_names_of_a_process("hub/views/rows.py", ast.parse(text)))] == []
    assert not set(_names_of_a_process("hub/sandbox/ward.py", ast.parse('"svu.inskrivning"')))
