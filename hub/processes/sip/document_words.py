"""The words of the documents beside the plan, a row for each field: so a unit that comes in is told them (E-8), and a case costs the
same however much is written. Imports the engine and the shared rules only.

An element ``<document>/<field>`` has the shape of the plan's own, with the one field ``words``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from hub.processes.sip.element_events import value_of
from hub.processes.sip.state import document

WORDS = "words"


def addresses(name: str, fields: Iterable[str]) -> list[str]:
    """The addresses of a document's fields."""
    return [f"{name}/{field}" for field in fields]


def write_fields(s: Context, name: str, said: Mapping[str, Any], removed: Iterable[str] = ()) -> None:
    """The fields hold these words from now on, and the removed ones none."""
    gone = list(removed)
    s.emit("wrote", document=name, fields=list(said), removed=gone, unit=s.unit)
    for field, words in said.items():
        version, sequence, unit = document(s.case, name)["fields"][field]
        written = [words, version, sequence, unit, s.message.actor, s.message.time.isoformat()]
        s.emit("element", element=f"{name}/{field}", state={"fields": {WORDS: written}, "unit": unit})
    for address in addresses(name, gone):
        _remove(s, address)


def empty(s: Context, name: str) -> None:
    """The document begins anew, and the old one is archived as it was; its rows are loaded."""
    for address in addresses(name, document(s.case, name).get("fields", {})):
        _remove(s, address)
    s.emit("document_anew", document=name)


def _remove(s: Context, address: str) -> None:
    s.emit("element", element=address, state={"fields": {}, "unit": s.unit}, removed=True)


def words_of(case: Case, name: str, field: str) -> dict[str, Any]:
    """What a field holds, and who wrote it when; its row is loaded."""
    one = case.elements[f"{name}/{field}"]
    _, _, _, unit, actor, time = one.state["fields"][WORDS]
    return {"value": value_of(one, WORDS), "by": {"unit": unit, "actor": actor, "time": time}}
