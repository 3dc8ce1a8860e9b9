"""Why a case or a message waits for somebody's hand, and what to do, in words. Imports the holds' reasons only."""

from __future__ import annotations

from typing import Final

from hub.intake import holds

_BY_HAND = "the ward adds the receivers by hand (deltagare)"

MANUAL: Final = {
    "only_in_queue": f"the person stands only in a health centre's queue and is listed at none; {_BY_HAND}",
    "unlisted": f"the person is listed at no health centre; {_BY_HAND}",
    "region_unknown": f"no register says in which region the person is listed; {_BY_HAND}",
    "protected": "the person has protected identity, and nothing is shared; coordinate as the region prescribes",
    "not_found": f"folkbokforing does not know the number; the ward checks it, or {_BY_HAND}",
    "deceased": "folkbokforing says that the person has died; the ward checks the number",
    "reserve_number": f"nobody is looked up by a reserve number; {_BY_HAND}",
    "lookup_unavailable": f"no register could be asked; it is asked again (`hub status`), and meanwhile {_BY_HAND}",
    "receiver_not_connected": (
        "the health centre or the municipality found has no system in the directory; connect it"
        " (`hub directory apply`) or tell it by hand"
    ),
}
"""The registers' outcome → why the case is in the manual queue (law-and-lookups §4), and what to do."""

HELD: Final = {
    holds.AWAITS_OPENING: "it came before the message that opens its case, and goes when that comes",
    holds.AWAITS_CONSENT: "it came before the information or the consent that it needs, and goes when that comes",
    holds.AWAITS_INSKRIVNING: "its case has no published inskrivning yet, and it goes when that comes",
    holds.AWAITS_MESSAGE: "it revokes a message that has not come, and goes when that comes",
    holds.AWAITS_HSA: "HSA has not said whether the person who decided is licensed; see the registers in `hub status`",
    holds.NAMES_CHANGED: "the case has other names than its file was checked for; it is checked again",
    holds.AWAITS_SYSTEM: "the system that sent it is not in the directory; connect it again, or refuse the message",
    holds.BEHIND: "another message of its case is held before it; see to that one",
}
"""The reason of a hold → in words, and what to do. Every one is tried again by itself, for 72 hours (D-4)."""


def manual(outcome: str) -> str:
    """Why a case is in the manual queue."""
    return MANUAL.get(outcome, outcome)


def held(reason: str) -> str:
    """Why a message is held."""
    if reason.startswith(holds.DEFECT):
        return f"the hub met a defect of its own ({reason.removeprefix(holds.DEFECT)}); report it, and see the log"
    return HELD.get(reason, reason)
