"""YAML with its line numbers: reads scenarios and worlds, and says where in a file something is wrong. Imports nothing
of the hub but the YAML loader.

Times stay the text that the author wrote, so that what is sent is what stands in the file (messages.md §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from hub.yaml_text import Loader

_Model = TypeVar("_Model", bound=BaseModel)
Place = tuple[str | int, ...]
"""The keys and numbers that lead to an element."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing that is wrong in a file: where, and what."""

    path: Path
    line: int | None
    element: str
    """JSON pointer."""
    text: str

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.element}: {self.text}" if self.element else f"{place}: {self.text}"


class Unusable(ValueError):  # noqa: N818 - named for what it says of the file
    """A file that cannot be used as it stands, with all its faults in the order of their lines."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        self.faults = tuple(sorted(dict.fromkeys(faults), key=lambda fault: (str(fault.path), fault.line or 0)))
        super().__init__("\n".join(map(str, self.faults)))


def content_of(path: Path) -> tuple[dict[str, Any], yaml.Node]:
    """A YAML mapping, and the tree that knows the lines; the same for two who read the file as it stands, who change neither. Raises
    ``Unusable``.
    """
    try:
        return _parsed(path, path.read_bytes())
    except OSError as error:
        raise Unusable([FileFault(path, None, "", f"cannot be read ({error.strerror})")]) from None


@lru_cache(maxsize=1_000)
def _parsed(path: Path, raw: bytes) -> tuple[dict[str, Any], yaml.Node]:
    """Many scenarios begin with the same few, and are read for the rules, the profiles and the play."""

    def unusable(line: int | None, text: str) -> Unusable:
        return Unusable([FileFault(path, line, "", text)])

    try:
        loader = Loader(raw.decode("utf-8"))
        node = loader.get_single_node()
        content = None if node is None else loader.construct_document(node)
    except UnicodeDecodeError:
        raise unusable(None, "is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        text = getattr(error, "problem", None) or "is not YAML"
        raise unusable(None if mark is None else mark.line + 1, text) from None
    if node is None or not isinstance(content, dict):
        raise unusable(1, "is not a YAML mapping")
    return content, node


def read(path: Path, model: type[_Model]) -> _Model:
    """A file as a model. Raises ``Unusable``."""
    content, node = content_of(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Unusable(faults_of(path, node, error)) from None


def faults_of(path: Path, node: yaml.Node, error: ValidationError) -> list[FileFault]:
    """All faults that a model found, with their lines."""
    faults = error.errors(include_url=False)
    places = [fault["loc"] for fault in faults]
    found = []
    for fault in faults:
        within = any(place != fault["loc"] and place[: len(fault["loc"])] == fault["loc"] for place in places)
        if fault["type"] == "too_short" and within:
            continue  # only because what stands in it is at fault
        line, element = locate(node, fault["loc"])
        found.append(FileFault(path, line, element, fault["msg"]))
    return found


def locate(node: yaml.Node, parts: Sequence[str | int]) -> tuple[int, str]:
    """The line of an element and its JSON pointer; parts that the file lacks (a union's tag) are passed over."""
    pointer = ""
    line = node.start_mark.line + 1
    for number, part in enumerate(parts):
        found = _child(node, part)
        if found is None:
            if number == len(parts) - 1 and isinstance(part, str) and " " not in part:
                pointer += f"/{_escaped(part)}"  # what is missing is named all the same
            continue
        node, line = found
        pointer += f"/{_escaped(part)}"
    return line, pointer or "/"


def _escaped(part: str | int) -> str:
    """A part as a JSON pointer has it."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    return None
