"""Sentences that serve the command line and the operations API too, as the console says them: where a command or an address stands, the
page where the same is done. Imports the standard library only.

In the sentences of the catalogue of errors and of refusals both stand in a parenthesis: ``replay (hub dead replay)``, ``see the list
(GET /errors)``; where both stand, the address says the page: ``(GET /ops/registers, hub status)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_COMMAND: Final = re.compile(r" \((?:[^()]*?[ ,])?hub ([a-z]+)(?: ([a-z-]+))?\b[^()]*\)")
_ADDRESS: Final = re.compile(r" \((?:GET /errors|(?:GET|POST) /ops/([a-z-]+))(?:, hub [a-z -]+)?\)")
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


ADDRESSES: Final = {"errors": "menu.catalogue", "registers": "menu.registers", "systems": "menu.systems"}
"""The first word of an address of the operations API → the title of the page that shows the same."""


def pages_for_commands(sentence: str, text: Callable[[str], str]) -> str:
    """The sentence with pages in place of commands and addresses; a parenthesis about what is done on no page is left out. ``text``: of a
    key.
    """

    def on_page(name: str | None) -> str:
        return f" ({text('frame.on_page').format(page=text(name))})" if name else ""

    def of_command(found: re.Match[str]) -> str:
        return on_page(PAGES.get(f"{found[1]} {found[2]}") or PAGES.get(found[1]))

    def of_address(found: re.Match[str]) -> str:
        return on_page(ADDRESSES.get(found[1] or "errors"))

    return _COMMAND.sub(of_command, _ADDRESS.sub(of_address, sentence))
