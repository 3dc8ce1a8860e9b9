"""Judges what passes between the parties and the hub, by content alone and all faults at once: ``hub check``. Imports the readers and
the language; no I/O but reading files.
"""

from hub.check.judge import MAX_BYTES, judge
from hub.check.verdict import KINDS, CheckFault, Verdict, unreadable

__all__ = ["KINDS", "MAX_BYTES", "CheckFault", "Verdict", "judge", "unreadable"]
