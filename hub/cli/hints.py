"""What a command says of a refusal: its English sentence, and which command helps. Imports the errors only."""

from __future__ import annotations

from typing import Final

from hub.errors import Refused

HINTS: Final = {
    "reason-missing": "Give --reason.",
    "signed-out": "`hub login` signs in.",
    "unknown-system": "`hub status --all` names those that there are.",
    "not-held": "`hub held list` prints what is held.",
    "handled-meanwhile": "See `hub timeline`.",
    "not-dead": "`hub dead list` prints the rows that are.",
    "unknown-row": "`hub timeline` of a message names the rows that wait.",
    "not-waiting": "`hub timeline` of a message names the rows that wait.",
    "nothing-waits": "`hub held list` and `hub status` say what waits.",
    "paused": "`hub trail SYSTEM` says by whom and why, `hub resume SYSTEM` ends it.",
    "replay-filter": "What it names is an option of that name, as --since.",
    "several-systems": "The option is --system.",
    "another-count": "Look without --run, or give --as-of of what was counted.",
    "nothing-to-replay": "See `hub dead list` and `hub dead replays`.",
    "replayed-already": "`hub dead replays` names it.",
    "unknown-version": "See `hub directory history`.",
    "unknown-replay": "`hub dead replays` prints those that there are.",
    "replay-ended": "See `hub dead replays`.",
    "unknown-credential": "See `hub directory credentials`.",
    "last-credential": "`hub directory rotate`, with --old-for 0.",
    "rotation-under-way": "The option is --old-for.",
}
"""Rule of the refusal → what helps at the command line. What a refusal calls by the name of an element is an option of that name."""


def said(refused: Refused) -> str:
    """The sentence."""
    hint = HINTS.get(refused.rule)
    return refused.en if hint is None else f"{refused.en} {hint}"
