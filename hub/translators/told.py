"""What a notice tells beside its message (messages.md §2), rendered once: the JSON that the outbox keeps, and the CloudEvents
extensions that are cut from it. Imports msgspec and the language only.

``NoticeExtensions`` is the same as a model; ``write`` gives the bytes of its JSON, and costs a tenth of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from schemas.plain_json import plain_json

Rendered = msgspec.Raw
"""A part of what is told, as JSON."""

_parts_of: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text_of: Final = msgspec.json.Decoder(str).decode
_ALWAYS: Final = ("to", "awaits", "state", "may", "skipped")
_WHERE_THERE_IS_ANY: Final = ("names", "prints", "remind")
_NOTHING: Final = frozenset({"{}", "[]"})


def rendered(value: object) -> Rendered:
    """A value as JSON, for many notices to have in common."""
    return Rendered(plain_json(value))


def write(
    case: str,
    sequence: int,
    to: Sequence[str],
    awaits: Mapping[str, str],
    state: Rendered,
    may: Rendered,
    names: Rendered,
    extras: Mapping[str, Sequence[str]],
    skipped: Sequence[int],
    *,
    replay: bool,
) -> bytes:
    """The JSON of what a notice tells to the units ``to``. ``extras``: ``prints`` and ``remind``, where there are any."""
    return plain_json(
        {
            "case": case,
            "sequence": sequence,
            "to": to,
            "awaits": awaits,
            "state": state,
            "may": may,
            "names": names,
            "prints": extras.get("prints", ()),
            "remind": extras.get("remind", ()),
            "skipped": skipped,
            "replay": replay,
        }
    )


def attributes(told: bytes) -> dict[str, str]:
    """The CloudEvents extensions. CloudEvents allows only plain values in them, so lists and objects stand as JSON text.
    ``names``, ``prints``, ``remind`` and ``replay`` are left out where there is nothing to say.
    """
    parts = _parts_of(told)
    found = {"case": _text_of(parts["case"]), "sequence": str(parts["sequence"], "utf-8")}
    for name in _ALWAYS:
        found[name] = str(parts[name], "utf-8")
    for name in _WHERE_THERE_IS_ANY:
        if name in parts and (part := str(parts[name], "utf-8")) not in _NOTHING:
            found[name] = part
    if "replay" in parts and str(parts["replay"], "utf-8") == "true":
        found["replay"] = "true"
    return found
