"""The questions that the regions answer differently (P-); contracts/profiles.md has each region's answer. Imports the text's
form only.
"""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

REGIONS: Final[dict[str, Rule]] = {
    "P-1": Rule(
        "Hur en SIP börjar, och vad initiativet ska innehålla, bestäms av ärendets region.",
        "How a SIP begins, and what its initiativ holds, is decided by the case's region.",
    ),
    "P-2": Rule(
        "I Prator svarar mottagarna ja eller nej på initiativet innan de gör något annat; i de andra regionerna "
        "finns inget sådant svar.",
        "In Prator the receivers say yes or no to the initiativ before anything else; the other regions have no "
        "such answer.",
    ),
    "P-3": Rule(
        "Vad en kallelse inväntar bestäms av regionen: kvittens av alla, av dem som avsändaren valt, svar av alla "
        "kallade, eller inget.",
        "What a call awaits is decided by the region: a kvittens of all, of those the sender chose, an answer of "
        "all called, or nothing.",
    ),
    "P-4": Rule(
        "Vem som väljer mottagarna bestäms av regionen: hubben, eller den som sänder.",
        "Who chooses the receivers is decided by the region: the hub, or the sender.",
    ),
    "P-5": Rule(
        "Kartläggningens form och vem som skriver den bestäms av regionen; SAMSA och Cosmic Link har ingen egen.",
        "The form of the kartläggning and who writes it are decided by the region; SAMSA and Cosmic Link have "
        "none of their own.",
    ),
    "P-6": Rule(
        "Vad en kallelse ska och får innehålla, och vem som får ändra den, bestäms av regionen.",
        "What a call must and may hold, and who may change it, is decided by the region.",
    ),
    "P-7": Rule(
        "Hur en kallelse besvaras bestäms av regionen: med kvittens, med ett eget svar, eller inte alls.",
        "How a call is answered is decided by the region: by kvittens, by an answer of its own, or not at all.",
    ),
    "P-8": Rule(
        "Mötet som det hölls, med dem som var med, registreras på regionens sätt; i Mina planer står det i planen.",
        "The meeting as it was held, with those who attended, is registered in the region's way; in Mina planer "
        "it stands in the plan.",
    ),
    "P-9": Rule(
        "Vilka delar och fält planen har bestäms av regionen.",
        "Which parts and fields the plan has is decided by the region.",
    ),
    "P-10": Rule(
        "Hur planen blir giltig bestäms av regionen: godkänd av alla, låst, upprättad, pågående eller godkänd med "
        "personen.",
        "How the plan becomes valid is decided by the region: approved by all, locked, established, ongoing, or "
        "approved with the person.",
    ),
    "P-11": Rule(
        "Hur nästa version av planen börjar bestäms av regionen.",
        "How the plan's next version begins is decided by the region.",
    ),
    "P-12": Rule(
        "Hur planen följs upp, och av vem, bestäms av regionen.",
        "How the plan is followed up, and by whom, is decided by the region.",
    ),
    "P-13": Rule(
        "I Prator utvärderas planen före avslutet, med en egen kallelse och en låst plan; de andra regionerna har "
        "ingen utvärdering.",
        "In Prator the plan is evaluated before its end, with a call of its own and a locked plan; the other "
        "regions have no evaluation.",
    ),
    "P-14": Rule(
        "Vem som avslutar SIP:en, och vad som ska vara gjort först, bestäms av regionen.",
        "Who ends the SIP, and what must be done first, is decided by the region.",
    ),
    "P-15": Rule(
        "Vad som gäller när samtycket återkallas eller upphör bestäms av regionen.",
        "What holds when the consent is withdrawn or runs out is decided by the region.",
    ),
    "P-16": Rule(
        "Vad som sker när personen har avlidit bestäms av regionen.",
        "What happens when the person has died is decided by the region.",
    ),
    "P-17": Rule(
        "Vad personen kan läsa på 1177 bestäms av regionen.",
        "What the person can read at 1177 is decided by the region.",
    ),
    "P-18": Rule(
        "Om ett felaktigt avslut kan göras ogjort, och av vem, bestäms av regionen.",
        "Whether a wrong closing can be undone, and by whom, is decided by the region.",
    ),
    "P-19": Rule(
        "I Cosmic Link påminns regionens enheter om KVÅ-koden AU124 efter ett fysiskt möte.",
        "In Cosmic Link the region's units are reminded of the KVÅ code AU124 after a meeting in person.",
    ),
    "P-20": Rule(
        "En enhet får veta det som är nytt genom en avisering från hubben, i varje region.",
        "A unit learns of news by a notice from the hub, in every region.",
    ),
    "P-21": Rule(
        "Hur samordningsansvarig utses, byts och tas bort bestäms av regionen.",
        "How the coordinator is appointed, changed and removed is decided by the region.",
    ),
    "P-22": Rule(
        "I Mina planer registreras information före samtycke; de andra regionerna har ingen information som ett "
        "eget steg i en SIP.",
        "In Mina planer information is registered before consent; the other regions have no information as a step "
        "of a SIP.",
    ),
}
"""Rule id → what it says."""
