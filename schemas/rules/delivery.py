"""What the hub promises about every message (D-). Imports the text's form only."""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

DELIVERY: Final[dict[str, Rule]] = {
    "D-1": Rule(
        "Ett meddelande som hubben har tagit emot är sparat, med allt som det ledde till.",
        "A message that the hub has accepted is kept, with everything it caused.",
    ),
    "D-2": Rule(
        "Samma meddelande igen, med samma id och innehåll, ger det första svaret; ett annat innehåll under samma "
        "id nekas.",
        "The same message again, with the same id and content, gets the first answer; other content under the "
        "same id is refused.",
    ),
    "D-3": Rule(
        "Ett system får ett ärendes aviseringar i ordning.",
        "A system gets the notices of a case in order.",
    ),
    "D-4": Rule(
        "Det som inte kan hanteras nu hålls kvar med sin orsak; senare meddelanden i samma ärende väntar, allt "
        "annat går vidare.",
        "What cannot be handled now is held with its reason; later messages of that case wait, everything else "
        "goes on.",
    ),
    "D-5": Rule(
        "En mottagares besvär drabbar inte de andra.",
        "One receiver's trouble does not concern the others.",
    ),
    "D-6": Rule(
        "En avisering som inte kommer fram försöks igen efter ett schema, och räknas därefter som död, med sin orsak.",
        "A notice that does not arrive is tried again by a schedule, and then counted as dead, with its reason.",
    ),
    "D-7": Rule(
        "Det som sänds om av driften är märkt replay.",
        "What operations send again is marked replay.",
    ),
    "D-8": Rule(
        "Den som sänder mer än hubben hinner med får vänta, med ett svar som säger hur länge.",
        "A sender of more than the hub can take is made to wait, with an answer that says for how long.",
    ),
    "D-9": Rule(
        "Fristerna hålls av hubben; bara den talar om att en frist har gått ut, en gång.",
        "Deadlines are kept by the hub; it alone tells that one has passed, once.",
    ),
    "D-10": Rule(
        "Inget personligt står i id, nycklar, adresser eller felsvar.",
        "Nothing personal stands in ids, keys, addresses or error texts.",
    ),
}
"""Rule id → what it says."""
