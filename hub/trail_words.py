"""What the hub itself wrote in the trail, in Swedish: what was done, and of a replay how many, of a sign-in as what. Imports nothing of the
hub.

The trail keeps what people wrote as they wrote it. What the hub adds is English there, one text that can be searched and watched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

DEMO_DIRECTORY: Final = "the demonstration's directory"
"""Why the sandbox's first version of the directory was made."""
AT_PROVIDER: Final = "ended at the sign-in service"
BY_THEMSELVES: Final = "by themselves"

ACTS: Final[Mapping[str, str]] = {
    "announce": "meddelande till alla",
    "pause": "paus",
    "resume": "slut på paus",
    "skip": "överhoppning",
    "release": "nytt försök",
    "refuse": "avvisning",
    "pass": "förbigång",
    "replay": "omsändning",
    "undo replay": "ångrad omsändning",
    "stop replay": "stannad omsändning",
    "retry": "nytt försök",
    "test": "prov",
    "address": "val av enheter",
    "edit": "ändring",
    "sign in": "inloggning",
    "sign out": "utloggning",
    "sign in refused": "nekad inloggning",
    "break the glass": "nödöppning",
    "close the glass": "stängd nödöppning",
    "make a token": "ny nyckel",
    "end a session": "avslutad inloggning",
    "refused": "saknad behörighet",
    "look behind the glass": "läsning efter nödöppning",
    "gallring": "gallring",
    "apply": "införd katalog",
    "rollback": "återgång till en katalog",
    "rotate token": "byte av nyckel",
    "rotate secret": "byte av hemlighet",
    "rotate bearer": "byte av bärarnyckel",
    "end token": "avslutad nyckel",
    "end secret": "avslutad hemlighet",
    "end bearer": "avslutad bärarnyckel",
}
"""What was done, as the trail has it → the same as a noun."""

_OF_A_REPLAY: Final = (
    (r"(?P<why>.*) \(replay (?P<id>\d+): (?P<all>\d+), at most (?P<rate>\S+) a second\)",
     "{why} (omsändning {id}: {all}, högst {rate} i sekunden)"),
    (r"(?P<why>.*) \(replay (?P<id>\d+): (?P<counts>[^()]*)\)", "{why} (omsändning {id}: {counts})"),
    (r"the first failed", "det första misslyckades"),
    (r"the first (?P<all>\d+) failed", "de första {all} misslyckades"),
    (r"what it was sent since (?P<since>\S+), by the system itself", "det som systemet har fått sedan {since}, på egen begäran"),
    (r"what it lacks by its own list, by the system itself", "det som saknas på systemets egen lista, på egen begäran"),
)  # fmt: skip
_COUNTS: Final = {
    " of ": " av ",
    " sent": " sända",
    " failed": " misslyckade",
    " passed over": " förbigångna",
    " put back": " återställda",
}
"""How many of a replay came to what (``hub.operations.replays.counts``)."""
_OF_A_SIGN_IN: Final = (
    (r"as (?P<roles>[a-z]+(?:, [a-z]+)*)", "som {roles}"),
    (r"signed out", "loggade ut"),
    (BY_THEMSELVES, "loggade ut"),
    (AT_PROVIDER, "utloggad hos organisationens inloggning"),
    (r"no role of the hub's", "har ingen roll i hubben"),
    (r"by (?P<who>.+)", "av {who}"),
)
_OF_A_DIRECTORY: Final = ((DEMO_DIRECTORY, "demonstrationens katalog"),)
_SAID: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "replay": _OF_A_REPLAY,
    "undo replay": _OF_A_REPLAY,
    "stop replay": _OF_A_REPLAY,
    "sign in": _OF_A_SIGN_IN,
    "sign in refused": _OF_A_SIGN_IN,
    "sign out": _OF_A_SIGN_IN,
    "close the glass": ((BY_THEMSELVES, "av den som öppnade"),),
    "look behind the glass": ((r"glass (?P<id>\d+): (?P<said>.*)", "nödöppning {id}: {said}"),),
    "refused": ((r"without the right (?P<right>\S+)", "utan behörigheten {right}"),),
    "pause": ((r"the receiver answered (?P<answer>.+)", "mottagaren svarade {answer}"),),
    "retry": ((r"its Subscription (?P<id>\S+) is active", "prenumerationen {id} är aktiv"),),
    "gallring": (
        (r"the content of (?P<cases>\d+) closed cases and (?P<refused>\d+) refused messages was removed by the regions' rules",
         "innehållet i {cases} avslutade ärenden och {refused} avvisade meddelanden togs bort enligt regionernas regler"),
    ),
    "apply": _OF_A_DIRECTORY,
}  # fmt: skip
"""What was done → what the hub writes of why, as a pattern, and the same in Swedish."""


_TOKEN: Final = re.compile(
    r"session (?P<id>\d+): (?P<name>.+) as (?P<roles>[a-z]+(?:, [a-z]+)*) for (?P<days>\d+) days?"
)


def token_made(session: int, name: str, roles: Collection[str], days: int) -> str:
    """What the trail has of a program's token that was made."""
    return f"session {session}: {name} as {', '.join(sorted(roles))} for {days} {'day' if days == 1 else 'days'}"


def token_in_swedish(target: str) -> str | None:
    """The same in Swedish, of a token; its name stays. None of anything else that an act concerned."""
    found = _TOKEN.fullmatch(target)
    if found is None:
        return None
    days = "dag" if found["days"] == "1" else "dagar"
    return f"inloggning {found['id']}: {found['name']} som {found['roles']} i {found['days']} {days}"


def why(what: str, reason: str) -> str:
    """Why something was done, in Swedish where the hub wrote it; what somebody wrote stays."""
    for pattern, swedish in _SAID.get(what, ()):
        if (found := re.fullmatch(pattern, reason)) is not None:
            words = found.groupdict()
            if "why" in words:
                words["why"] = why(what, words["why"])
            for english, its in _COUNTS.items() if "counts" in words else ():
                words["counts"] = words["counts"].replace(english, its)
            if "rate" in words:
                words["rate"] = words["rate"].replace(".", ",")
            return swedish.format(**words)
    return reason
