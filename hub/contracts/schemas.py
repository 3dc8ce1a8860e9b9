"""JSON Schemas of everything native on the wire, from the models. Imports the language and the scenario format.

What a schema cannot say (check digits, real dates of birth, the rules) the hub says; the descriptions name it.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from hub.scenarios import Scenario
from schemas.envelope import Envelope
from schemas.messages import FROM_THE_HUB, MESSAGES, Receipt, Told, type_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def messages() -> dict[str, bytes]:
    """File name without ``.json`` → schema: every message's body, the envelope, the receipt, a notice's extensions."""
    found = {name: _schema(name, model) for name, model in MESSAGES.items()}
    envelope = _schema("envelope", Envelope)
    envelope["properties"]["type"] = {
        "enum": sorted(type_of(name) for name in MESSAGES if name not in FROM_THE_HUB),
        "title": "Type",
    }
    # In structured mode the body stands beside the attributes; each type's own schema says what it holds.
    envelope["properties"]["data"] = {"type": "object", "title": "Data"}
    found |= {"envelope": envelope, "receipt": _schema("receipt", Receipt), "notice": _schema("notice", Told)}
    return {name: dumped(schema) for name, schema in found.items()}


def scenario() -> bytes:
    """The schema of the scenario format (messages.md §6), for editors and for vendors' own runners."""
    return dumped(_schema("scenario", Scenario))


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"urn:samverkan:schema:{name}:v1", **model.model_json_schema(by_alias=True)}


def dumped(content: object) -> bytes:
    """Stable: keys sorted, two blanks, å as å."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
