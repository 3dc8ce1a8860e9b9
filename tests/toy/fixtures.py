"""The toy put in its place: registered like any process, with its messages in the language and its duties in a directory."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from hub.processes.engine.process import PROCESSES
from schemas.directory import Directory
from schemas.messages import MESSAGES as LANGUAGE
from schemas.messages import NAME_OF, type_of
from tests.toy.bodies import MESSAGES
from tests.toy.process import TOY


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy is a process of the hub until the test ends."""
    monkeypatch.setitem(PROCESSES, TOY.name, TOY)
    for name, body in MESSAGES.items():
        monkeypatch.setitem(LANGUAGE, name, body)
        monkeypatch.setitem(NAME_OF, type_of(name), name)


def with_duties(directory: Directory, **profiles: str) -> Directory:
    """The directory with the duty to acknowledge a call for every role that acknowledges anything; ``profiles``: region's id
    → its profile.
    """
    plain: dict[str, Any] = to_jsonable_python(directory.model_dump(mode="json", exclude_defaults=True))
    for unit in plain["units"]:
        for steps in unit["roles"].values():
            if any("kvittera" in acts for acts in steps.values()):
                steps["kallelse"] = ["kvittera"]
    for region in plain["regions"]:
        region["profile"] = profiles.get(region["id"], region.get("profile", "mina_planer"))
    return Directory.model_validate(plain)
