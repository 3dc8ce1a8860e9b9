"""The entries of what operations did by hand, with who and why. Imports the store and the words of the trail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hub import trail_words
from hub.operations.timeline.entry import OPERATIONS, TimelineEntry
from hub.store.timeline import Row, StoredHistory, targets

_REPLAY: Final = re.compile(r"\(replay (\d+): [^()]*\)$")
"""How the reason of what was done with a replay ends (``hub.operations.replays``)."""
_WITH_ROWS: Final = {"replay", "stop replay", "undo replay", "skip", "retry"}
_WITH_SYSTEMS: Final = {"pause", "resume", "replay", "stop replay", "undo replay", "retry", "skip"}


def shown(history: StoredHistory) -> list[Row]:
    """The acts that may concern what is shown: of replays those in which its rows are."""
    replays = {str(one["replay"]) for one in history.replayed}
    return [act for act in history.acts if (replay := _REPLAY.search(act["reason"])) is None or replay[1] in replays]


def skipped(history: StoredHistory) -> dict[str, datetime]:
    """Row or unit → when operations gave it up."""
    return {act["target"]: act["at"] for act in shown(history) if act["what"] == "skip"}


def entries(history: StoredHistory, since: datetime | None) -> Iterator[TimelineEntry]:
    """The acts that concern what is shown: of a system only those that it had since then."""
    numbers, systems = targets(history.rows)
    for act in shown(history):
        target, what = act["target"], act["what"]
        of_it = (
            target in history.named
            or (target in numbers and what in _WITH_ROWS)
            or (target in systems and what in _WITH_SYSTEMS and since is not None and act["at"] >= since)
        )
        if of_it:
            # A replay of several rows is named by its reason.
            of_sv, of_en = ("", "") if target.startswith("replay ") else (f" av {target}", f" of {target}")
            yield TimelineEntry(
                at=act["at"],
                lane=OPERATIONS,
                kind="by-hand",
                sv=f"{trail_words.ACTS.get(what, what)}{of_sv}, gjort av {act['who']}: {trail_words.why(what, act['reason'])}",
                en=f"{what}{of_en} by {act['who']}: {act['reason']}",
                who=act["who"],
                reason=act["reason"],
                outcome=what,
            )
