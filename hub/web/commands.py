"""Sentences that serve the command line too, as the console says them: where a command stands, the page where the same is done. Imports
the standard library only.

In the sentences of the catalogue of errors and of refusals a command stands in a parenthesis: ``replay (hub dead replay)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_COMMAND: Final = re.compile(r" \((?:[^()]*?[ ,])?hub ([a-z]+)(?: ([a-z-]+))?\b[^()]*\)")
PAGES: Final = {
    "dead": "waiting.dead",
    "dead replays": "waiting.replays",
    "dead undo": "waiting.replays",
    "held": "waiting.held",
    "held pass": "waiting.partitions",
    "directory history": "directory.versions",
    "directory": "menu.directory",
    "directory credentials": "menu.systems",
    "directory rotate": "menu.systems",
    "pause": "menu.systems",
    "resume": "menu.systems",
    "status": "menu.overview",
    "timeline": "menu.search",
    "search": "menu.search",
    "trail": "menu.trail",
    "errors": "menu.catalogue",
    "operators": "trail.tabs.sessions",
}
"""A command, or a group of them → the title of the page where the same is done. What is not here is done on no page."""


def pages_for_commands(sentence: str, text: Callable[[str], str]) -> str:
    """The sentence with pages in place of commands; a parenthesis about what is done on no page is left out. ``text``: of a key."""

    def page(found: re.Match[str]) -> str:
        name = PAGES.get(f"{found[1]} {found[2]}") or PAGES.get(found[1])
        return f" ({text('frame.on_page').format(page=text(name))})" if name else ""

    return _COMMAND.sub(page, sentence)
