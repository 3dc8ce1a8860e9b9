"""YAML with its line numbers: reads scenarios and worlds, and says where in a file something is wrong. No hub.

Times stay the text that the author wrote, so that what is sent is what stands in the file (messages.md §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from hub.yaml_text import Loader

_Model = TypeVar("_Model", bound=BaseModel)


class Unusable(ValueError):  # noqa: N818 - named for what it says of the file
    """A file that cannot be used as it stands. Names the file, the line where it is known, and the element."""

    def __init__(self, path: Path, line: int | None, element: str, text: str) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {element}: {text}" if element else f"{place}: {text}")
        self.path, self.line, self.element = path, line, element


def read(path: Path, model: type[_Model]) -> tuple[_Model, yaml.Node]:
    """A file as a model, and the tree that knows the lines. Raises ``Unusable``."""
    try:
        loader = Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        content = None if node is None else loader.construct_document(node)
    except OSError as error:
        raise Unusable(path, None, "", f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise Unusable(path, None, "", "is not UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        text = getattr(error, "problem", None) or "is not YAML"
        raise Unusable(path, None if mark is None else mark.line + 1, "", text) from None
    if node is None or not isinstance(content, dict):
        raise Unusable(path, 1, "", "is not a YAML mapping")
    try:
        return model.model_validate(content), node
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        line, element = locate(node, fault["loc"])
        raise Unusable(path, line, element, fault["msg"]) from None


def locate(node: yaml.Node, parts: Sequence[str | int]) -> tuple[int, str]:
    """The line of an element and its JSON pointer; parts that the file lacks (a union's tag) are passed over."""
    pointer = ""
    line = node.start_mark.line + 1
    for number, part in enumerate(parts):
        found = _child(node, part)
        if found is None:
            if number == len(parts) - 1 and isinstance(part, str) and " " not in part:
                pointer += f"/{part}"  # what is missing is named all the same
            continue
        node, line = found
        pointer += f"/{part}"
    return line, pointer or "/"


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    return None
