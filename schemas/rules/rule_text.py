"""One rule's text. Imports nothing."""

from __future__ import annotations

from typing import NamedTuple


class RuleText(NamedTuple):
    """What a rule says, in one sentence or two, in both languages."""

    sv: str
    en: str
