"""The directory as a file: read, compared, shown."""

from hub.directory.difference import ChangedCount, EntryChange, FieldChange, counted, counts, difference, lines
from hub.directory.file import Applied, WrittenFile, held_together, load, of_text, read, shown
from hub.directory.taken_away import Taken, taken_away

__all__ = [
    "Applied",
    "ChangedCount",
    "EntryChange",
    "FieldChange",
    "Taken",
    "WrittenFile",
    "counted",
    "counts",
    "difference",
    "held_together",
    "lines",
    "load",
    "of_text",
    "read",
    "shown",
    "taken_away",
]
