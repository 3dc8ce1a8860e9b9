"""Why a case or a message waits for somebody's hand, and what to do, in words. Imports the holds' reasons and the language only."""

from __future__ import annotations

from typing import Final

from hub.intake import holds
from schemas.messages import BilingualText as Said

_SV, _EN = "avdelningen lägger till mottagarna för hand (deltagare)", "the ward adds the receivers by hand (deltagare)"

MANUAL: Final = {
    "only_in_queue": Said(
        sv=f"personen står bara i kö hos en vårdcentral och är inte listad; {_SV}, eller så väljs enheten här",
        en=f"the person stands only in a health centre's queue and is listed at none; {_EN}, or the unit is chosen here",
    ),
    "unlisted": Said(
        sv=f"personen är inte listad hos någon vårdcentral; {_SV}, eller så väljs enheten här",
        en=f"the person is listed at no health centre; {_EN}, or the unit is chosen here",
    ),
    "region_unknown": Said(
        sv=f"inget register säger i vilken region personen är listad; {_SV}, eller så väljs enheten här",
        en=f"no register says in which region the person is listed; {_EN}, or the unit is chosen here",
    ),
    "protected": Said(
        sv="personen har skyddade personuppgifter, och inget delas; samordna enligt regionens rutin",
        en="the person has protected identity, and nothing is shared; coordinate as the region prescribes",
    ),
    "not_found": Said(
        sv=f"folkbokföringen känner inte numret; avdelningen kontrollerar det, eller {_SV}",
        en=f"folkbokforing does not know the number; the ward checks it, or {_EN}",
    ),
    "deceased": Said(
        sv="folkbokföringen säger att personen är avliden; avdelningen kontrollerar numret",
        en="folkbokforing says that the person has died; the ward checks the number",
    ),
    "reserve_number": Said(
        sv=f"ingen slås upp på ett reservnummer; {_SV}, eller så väljs enheten här",
        en=f"nobody is looked up by a reserve number; {_EN}, or the unit is chosen here",
    ),
    "lookup_unavailable": Said(
        sv=f"inget register kunde frågas; det frågas igen, och under tiden kan {_SV}, eller så väljs enheten här",
        en=f"no register could be asked; it is asked again, and meanwhile {_EN}, or the unit is chosen here",
    ),
    "receiver_not_connected": Said(
        sv=(
            "vårdcentralen eller kommunen som hittades har inget system i katalogen; anslut det, välj en annan enhet här, eller"
            " meddela för hand"
        ),
        en=(
            "the health centre or the municipality found has no system in the directory; connect it, choose another unit here, or"
            " tell it by hand"
        ),
    ),
}
"""The registers' outcome → why the case is in the manual queue (law-and-lookups §4), and what to do."""

HELD: Final = {
    holds.AWAITS_OPENING: Said(
        sv="det kom före meddelandet som öppnar ärendet, och går när det kommer",
        en="it came before the message that opens its case, and goes when that comes",
    ),
    holds.AWAITS_CONSENT: Said(
        sv="det kom före informationen eller samtycket som det behöver, och går när det kommer",
        en="it came before the information or the consent that it needs, and goes when that comes",
    ),
    holds.AWAITS_INSKRIVNING: Said(
        sv="dess ärende har ingen publicerad inskrivning än, och det går när den kommer",
        en="its case has no published inskrivning yet, and it goes when that comes",
    ),
    holds.AWAITS_MESSAGE: Said(
        sv="det makulerar ett meddelande som inte har kommit, och går när det kommer",
        en="it revokes a message that has not come, and goes when that comes",
    ),
    holds.AWAITS_HSA: Said(
        sv="HSA har inte sagt om den som beslutade är legitimerad; se hur registren mår",
        en="HSA has not said whether the person who decided is licensed; see how the registers are",
    ),
    holds.NAMES_CHANGED: Said(
        sv="ärendet har andra namn än dem som filen granskades för; den granskas igen",
        en="the case has other names than its file was checked for; it is checked again",
    ),
    holds.AWAITS_SYSTEM: Said(
        sv="systemet som sände det finns inte i katalogen; anslut det igen, eller avvisa meddelandet",
        en="the system that sent it is not in the directory; connect it again, or refuse the message",
    ),
    holds.BEHIND: Said(
        sv="ett annat meddelande i samma ärende hålls kvar före det; åtgärda det",
        en="another message of its case is held before it; see to that one",
    ),
}
"""The reason of a hold → in words, and what to do. Every one is tried again by itself, for 72 hours (D-4)."""


def manual(outcome: str) -> Said:
    """Why a case is in the manual queue."""
    return MANUAL.get(outcome) or Said(sv=outcome, en=outcome)


def held(reason: str) -> Said:
    """Why a message is held."""
    if reason.startswith(holds.DEFECT):
        defect = reason.removeprefix(holds.DEFECT)
        return Said(
            sv=f"hubben stötte på ett eget fel ({defect}); rapportera det, och se loggen",
            en=f"the hub met a defect of its own ({defect}); report it, and see the log",
        )
    return HELD.get(reason) or Said(sv=reason, en=reason)
