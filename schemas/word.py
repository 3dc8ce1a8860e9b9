"""What the glossary says of one word. Imports nothing."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """One word: its Swedish spelling, its meaning, and the English word that the hub uses."""

    swedish: str
    meaning: str
    english: str
