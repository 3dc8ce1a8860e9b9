"""The form of what only a person can write of an error: who acts, why it comes, what to do. Imports nothing of the hub."""

from __future__ import annotations

from typing import Literal, NamedTuple

Who = Literal["sender", "receiver", "operations", "register"]
"""Who must act: who sent the message, the receiving system, the hub's operations, or a national register."""
Text = tuple[str, str]
"""(Swedish, English)."""


class Remedy(NamedTuple):
    """What is done about an error. ``who`` is empty where nobody need act."""

    who: tuple[Who, ...]
    cause: Text
    what_to_do: Text

    def by(self, *who: Who) -> Remedy:
        """The same, where others must act."""
        return self._replace(who=who)

    def since(self, sv: str, en: str) -> Remedy:
        """The same with a cause of its own."""
        return self._replace(cause=(sv, en))

    def do(self, sv: str, en: str) -> Remedy:
        """The same, where something else is to be done."""
        return self._replace(what_to_do=(sv, en))


class Reason(NamedTuple):
    """A reason that is no rule: what it means and what is done about it."""

    means: Text
    remedy: Remedy
    code: str = ""
    """How it is written in rows, logs and receipts, where that is not the end of its id; ``<…>`` stands for what varies."""
