"""What the console says, in each language: ``texts/sv.yaml`` and ``texts/en.yaml``, a group a page. Imports YAML's text reader, Markup, and
how the console writes times and commands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import escape

from hub import trail_words
from hub.web.commands import pages_for_commands
from hub.web.shown import times_in
from hub.yaml_text import Loader

_FOLDER = Path(__file__).parent / "texts"


@cache
def table(language: str) -> Mapping[str, str]:
    """Key (``overview.title``) → text."""
    return dict(_flat("", yaml.load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"), Loader)))  # noqa: S506


def _flat(before: str, found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _flat(f"{before}{name}.", value)
        else:
            yield f"{before}{name}", str(value)


class Texts:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._table = table(language)

    def __call__(self, key: str, **words: Any) -> str:
        """The text; ``words`` fill its places. Raises ``KeyError`` of a key that is not there."""
        found = self._table[key]
        return escape(found).format(**words) if words else found

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._table

    def count(self, key: str, number: float, **words: Any) -> str:
        """The text for so many: the key's ``none`` (where it has one), ``one`` or ``many``."""
        kind = "none" if number == 0 and f"{key}.none" in self._table else "one" if number == 1 else "many"
        return self(f"{key}.{kind}", number=grouped(number, self.language), **words)

    def word(self, group: str, code: Any) -> str:
        """The word for a code of the operations API; the code itself where the table has none."""
        return self._table.get(f"words.{group}.{code}", "" if code is None else str(code))

    def words(self, group: str, codes: Iterable[Any]) -> str:
        """The words for several codes, with commas."""
        return ", ".join(self.word(group, code) for code in codes)

    def notice(self, name: str | None) -> str:
        """What a row of the outbox tells: the message's name, or that it is a receipt or an announcement."""
        return self.word("notice" if name in {"receipt", "announcement"} else "message", name)

    def step(self, about: str | None) -> str:
        """The name of the message or the step that a deadline is about (``inskrivning``, ``tid``); what is neither stays."""
        keys = (f"words.{before}{about}" for before in ("message.", "message.svu.", "message.sip.", "step."))
        return next((self._table[key] for key in keys if key in self._table), about or "")

    def why(self, what: str, reason: str | None) -> str:
        """Why something was done, as the trail has it; what the hub wrote of it is in the person's language."""
        return trail_words.why(what, reason or "") if self.language == "sv" else reason or ""

    def of(self, bilingual: Mapping[str, str] | None) -> str:
        """What the operations API says in both languages, as a sentence begins; its times and commands are the console's."""
        said = times_in((bilingual or {}).get(self.language, ""), self.language)
        said = pages_for_commands(said, self._table.__getitem__)
        return said[:1].upper() + said[1:]


def grouped(number: float, language: str) -> str:
    """A number as the language writes it: ``12 345,5`` in Swedish, with a narrow space that no line breaks at; ``12,345.5`` in English."""
    written = f"{int(number) if number == int(number) else number:,}"
    return written if language == "en" else written.replace(",", "\u202f").replace(".", ",")
