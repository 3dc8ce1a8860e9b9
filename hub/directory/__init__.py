"""The directory as a file: read, compared, shown."""

from hub.directory.difference import changes, counted
from hub.directory.file import Applied, load, read, shown
from hub.directory.taken_away import Taken, taken_away

__all__ = ["Applied", "Taken", "changes", "counted", "load", "read", "shown", "taken_away"]
