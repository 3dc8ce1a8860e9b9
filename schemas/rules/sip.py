"""The rules of SIP, the coordinated individual plan (S-). Imports the text's form only."""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

SIP: Final[dict[str, Rule]] = {
    "S-1": Rule(
        "En person har en SIP i taget; en ny öppnas när den förra är avslutad eller borttagen.",
        "A person has one SIP at a time; a new one is opened when the last has ended or been removed.",
    ),
    "S-2": Rule(
        "Vilken som helst av parterna öppnar en SIP; den kan kopplas till en SVU för samma person där enheten deltar.",
        "Any of the parties opens a SIP; it can be linked to an SVU of the same person in which the unit takes part.",
    ),
    "S-3": Rule(
        "Vilka enheter som adresseras beror på vem som öppnar: vårdcentralen där personen är listad, "
        "folkbokföringskommunen eller båda.",
        "Which units are addressed depends on who opens: the health centre where the person is listed, the "
        "municipality of registration, or both.",
    ),
    "S-4": Rule(
        "Utan registrerat samtycke tas bara information, samtycke och borttagning emot; nekas det kan ärendet "
        "bara tas bort.",
        "Without a registered consent only information, samtycke and removal are accepted; where it is refused "
        "the case can only be removed.",
    ),
    "S-5": Rule(
        "En kallelse gäller en ny plan, tills den första är godkänd, eller uppföljning av en aktiv; mötet börjar "
        "i framtiden.",
        "A call is for a new plan, until the first is approved, or for the follow-up of an active one; the "
        "meeting begins in the future.",
    ),
    "S-6": Rule(
        "En SIP har högst en samordningsansvarig åt gången.",
        "A SIP has at most one coordinator at a time.",
    ),
    "S-7": Rule(
        "Kartläggningen skrivs av alla deltagande enheter tillsammans, fält för fält.",
        "The kartläggning is written by all participating units together, field by field.",
    ),
    "S-8": Rule(
        "Planen har nuvarande situation, huvudmål, delmål med ansvarig enhet och aktiviteter, och skrivs tillsammans.",
        "The plan has the current situation, the main goal, sub-goals with a responsible unit and activities, and "
        "is written together.",
    ),
    "S-9": Rule(
        "Godkännandet startas när planen är ifylld och fryser den; den blir aktiv när varje deltagande enhet har "
        "godkänt.",
        "The approval is started when the plan is filled in, and freezes it; it becomes active when every "
        "participating unit has approved.",
    ),
    "S-10": Rule(
        "I en aktiv plan ändras bara aktiviteternas uppföljning och status.",
        "In an active plan only the activities' follow-up and status can change.",
    ),
    "S-11": Rule(
        "En plan följs upp minst en gång om året; uppdateringen görs av samordningsansvarig, har en orsak och "
        "bryter godkännandet.",
        "A plan is followed up at least once a year; the update is the coordinator's, has a reason and breaks the "
        "approval.",
    ),
    "S-12": Rule(
        "Vilken part som helst avslutar SIP:en, med en orsak.",
        "Any party ends the SIP, with a reason.",
    ),
    "S-13": Rule(
        "SIP:en kan tas bort av en deltagande enhet tills kallelsen är sänd; därefter kan den bara avslutas.",
        "The SIP can be removed by a participating unit until the call has been sent; after that it can only be ended.",
    ),
    "S-14": Rule(
        "En aktiv SIP lämnar startlistan efter en tid och kommer tillbaka med en ny kallelse eller uppdatering.",
        "An active SIP leaves the start list after a time and comes back with a new call or update.",
    ),
}
"""Rule id → what it says."""
