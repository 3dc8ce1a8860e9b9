"""YAML as people write it by hand: a scalar is what it looks like, and a key that stands twice is a fault. Imports YAML
only.

YAML 1.1 reads ``12:30`` as 750, ``2026-03-02`` as a date and ``010`` as 8: here all three stay texts.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, Final

import yaml

_TAG: Final = "tag:yaml.org,2002:"
_PLAIN: Final = {
    "bool": (re.compile(r"^(?:true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO)$"), "tTfFyYnN"),
    "int": (re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$"), "-+0123456789"),
    "float": (re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)\.[0-9_]+(?:[eE][-+]?[0-9]+)?$"), "-+0123456789"),
    "null": (re.compile(r"^(?:~|null|Null|NULL|)$"), "~nN\0"),
}


class Loader(yaml.CSafeLoader):
    """Numbers, yes and no, and nothing are told by their form; everything else is text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuses a key that stands twice: the first would be lost in silence."""
        keys = [key.value for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key} stands twice", node.value[number][0].start_mark
                )
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {}
for _kind, (_form, _first) in _PLAIN.items():
    Loader.add_implicit_resolver(_TAG + _kind, _form, [sign if sign != "\0" else "" for sign in _first])


_DEEPEST: Final = 100
"""Lists and objects within each other. The reader of YAML calls itself for each, and far deeper it would end the whole process."""


class NotYaml(ValueError):  # noqa: N818 - named for what it says of the file
    """The text cannot be read; ``line`` (from 1) where it is known."""

    def __init__(self, said: str, line: int | None = None) -> None:
        super().__init__(said if line is None else f"line {line}: {said}")


def load(raw: bytes) -> Any:
    """The content of a file. Raises ``NotYaml`` with one sentence."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotYaml("it is not UTF-8; save it as UTF-8", raw.count(b"\n", 0, error.start) + 1) from None
    if "\0" in text:
        raise NotYaml("it is not UTF-8; save it as UTF-8", 1)
    try:
        _check_depth(text)
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader by descent
    except yaml.YAMLError as error:
        mark, said = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        raise NotYaml(
            f"it is no YAML: {said or 'it cannot be read'}", None if mark is None else mark.line + 1
        ) from None


def _check_depth(text: str) -> None:
    """Raises ``NotYaml`` where the text is nested too deep. Its events are read one by one, without a call for each that is open."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise NotYaml("it is nested too deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
