"""What differs between two directories, by entry and field. Pure; imports the language only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from schemas.directory import Directory
from schemas.messages import BilingualText

_SECRET = ("secrets", "token_sha256")
_SEVERAL = {"befattning": "HSA codes of befattning"}
_SV, _EN = ("nej", "ja"), ("no", "yes")
_MARKS = {"new": "+", "gone": "-", "changed": "~"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of an entry that is different; of a secret only that it is."""

    path: str
    text: BilingualText
    """What stood there and what stands there now."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry that is new, gone or changed."""

    what: Literal["new", "gone", "changed"]
    kind: str
    id: str
    fields: tuple[FieldChange, ...] = ()

    @property
    def name(self) -> str:
        """Its kind and id."""
        return f"{self.kind} {self.id}"


def difference(before: Directory | None, after: Directory) -> list[EntryChange]:
    """What is new, what is gone, and what is changed, field by field. Secrets and tokens are not shown."""
    old = {} if before is None else _entries(before)
    new = _entries(after)
    found = [_entry("new", name) for name in new if name not in old]
    found += [_entry("gone", name) for name in old if name not in new]
    return found + [
        _entry("changed", name, tuple(_fields(old[name], entry, "")))
        for name, entry in new.items()
        if name in old and old[name] != entry
    ]


def _entry(what: Literal["new", "gone", "changed"], name: str, fields: tuple[FieldChange, ...] = ()) -> EntryChange:
    kind, _, id_ = name.partition(" ")
    return EntryChange(what, kind, id_, fields)


def lines(found: Sequence[EntryChange]) -> list[str]:
    """A difference in lines: one for each entry that is new (+) or gone (-), and one for each field that is different (~)."""
    said: list[str] = []
    for one in found:
        mark = _MARKS[one.what]
        said += [f"~ {one.name}: {field.path}: {field.text.en}" for field in one.fields] or [f"{mark} {one.name}"]
    return said


@dataclass(frozen=True, slots=True)
class ChangedCount:
    """How many entries of a kind are new, gone or changed."""

    what: Literal["new", "gone", "changed"]
    kind: str
    count: int


def counts(found: Sequence[EntryChange]) -> list[ChangedCount]:
    """A difference in figures."""
    kinds = Counter((one.what, one.kind) for one in found)
    return [ChangedCount(what, kind, count) for (what, kind), count in kinds.items()]


def counted(found: Sequence[ChangedCount]) -> str:
    """A difference in short: ``2 units new, 1 system changed``."""
    return ", ".join(
        f"{one.count} {one.kind if one.count == 1 else _SEVERAL.get(one.kind, one.kind + 's')} {one.what}"
        for one in found
    )


def _entries(directory: Directory) -> dict[str, Any]:
    found: dict[str, Any] = {f"region {one.id}": one for one in directory.regions}
    found |= {f"organisation {one.orgnr}": one for one in directory.organisations}
    found |= {f"unit {one.hsa}": one for one in directory.units}
    found |= {f"system {one.id}": one for one in directory.systems}
    found |= {f"service {one.id}": one for one in directory.citizen_services or ()}
    plain = {name: entry.model_dump(mode="json") for name, entry in found.items()}
    return plain | {f"befattning {code}": {"role": role} for code, role in directory.befattningar.items()}


def _fields(old: Any, new: Any, path: str) -> Iterator[FieldChange]:
    if old == new:
        return
    name = path.rpartition(".")[2]
    if name in _SECRET:
        before, now = len(old or ()), len(new or ())
        yield _changed(
            path, f"andra än förut ({before} förut, {now} nu)", f"others than before ({before} before, {now} now)"
        )
    elif name == "token":
        kept = bool(old and new)
        yield _changed(
            path,
            "en annan än förut" if kept else "en nu" if new else "ingen nu",
            "another than before" if kept else "one now" if new else "none now",
        )
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _fields(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and not any(isinstance(one, dict) for one in [*old, *new]):
        gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
        if gone or come:
            sv = [*(f"utan {one}" for one in gone), *(f"med {one}" for one in come)]
            en = [*(f"without {one}" for one in gone), *(f"with {one}" for one in come)]
            yield _changed(path, ", ".join(sv), ", ".join(en))
        else:
            yield _from_to(path, old, new)
    else:
        yield _from_to(path, old, new)


def _changed(path: str, sv: str, en: str) -> FieldChange:
    return FieldChange(path, BilingualText(sv=sv, en=en))


def _from_to(path: str, old: Any, new: Any) -> FieldChange:
    return _changed(
        path,
        f"från {_said(old, 'inget', _SV)} till {_said(new, 'inget', _SV)}",
        f"from {_said(old, 'nothing', _EN)} to {_said(new, 'nothing', _EN)}",
    )


def _said(value: Any, nothing: str, flags: tuple[str, str]) -> str:
    if value in (None, [], {}, ()):
        return nothing
    if isinstance(value, bool):
        return flags[value]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
