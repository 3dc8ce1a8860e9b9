"""The rules of the plan as a document (E-). Imports the text's form only."""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

PLAN: Final[dict[str, Rule]] = {
    "E-1": Rule(
        "Ett element har adressen slag/id; id väljs av den som lägger till det, används en gång i ärendet och är "
        "aldrig en persons nummer.",
        "An element has the address kind/id; the id is chosen by whoever adds it, is used once in the case and is "
        "never a person's number.",
    ),
    "E-2": Rule(
        "En redigering lägger till, ändrar, avslutar eller tar bort ett element; alla redigeringar i ett "
        "meddelande gäller, eller ingen.",
        "An edit adds, changes, ends or removes an element; all edits of a message hold, or none does.",
    ),
    "E-3": Rule(
        "En ändring anger den version som den skrevs på, och gäller bara om inget av dess fält har skrivits "
        "senare; varningarna säger var det som står finns.",
        "A change names the version that it was written on, and holds only if none of its fields was written "
        "later; the warnings say where the words that stand are found.",
    ),
    "E-4": Rule(
        "Allt som har skrivits sparas: det avslutade står kvar, markerat, och det borttagna lämnar den gällande "
        "versionen med det som ligger under.",
        "All that was written is kept: what has ended stays, marked, and what is removed leaves the current "
        "version with what lies under it.",
    ),
    "E-5": Rule(
        "En plan har högst 500 levande element och 500 kB text.",
        "A plan has at most 500 living elements and 500 kB of text.",
    ),
    "E-6": Rule(
        "Vem som får skriva i ett element följer regionens sätt: alla deltagare, den som håller skrivlåset, "
        "samordnaren eller författarens enhet.",
        "Who may write an element follows the region's way: all participants, the holder of the write lock, the "
        "coordinator, or the author's unit.",
    ),
    "E-7": Rule(
        "Planen har versioner: den gamla arkiveras som den var och går att läsa och jämföra, och ett godkännande "
        "gäller en version.",
        "The plan has versions: the old one is archived as it was and can be read and compared, and an approval "
        "belongs to one version.",
    ),
    "E-8": Rule(
        "En enhet som kommer in i en SIP får ett meddelande, sip.lage, om hur allt står.",
        "A unit that comes into a SIP gets one message, sip.lage, that says how it all stands.",
    ),
    "E-9": Rule(
        "I Cosmic Link utses samordningsansvarig först; därefter registrerar dess enhet samtycket och kallar.",
        "In Cosmic Link the coordinator is appointed first; then its unit registers the consent and calls.",
    ),
}
"""Rule id → what it says."""
