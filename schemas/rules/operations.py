"""What operations may do and see, and why an act of theirs is refused (delivery.md §4). Imports the text's form only."""

from __future__ import annotations

from typing import Final

from schemas.rules.rule_text import RuleText as Rule

OPERATIONS: Final[dict[str, Rule]] = {
    "no-directory": Rule(
        "Hubben har en katalog, som säger vilka som är anslutna.",
        "The hub has a directory, which says who is connected.",
    ),
    "not-editable": Rule(
        "Det som ett anslutet system har sänt rättas, inte hubbens egna meddelanden.",
        "What a connected system has sent is edited, not the hub's own messages.",
    ),
    "not-edited": Rule(
        "En rättelse ändrar innehållet, aldrig vilket meddelande det är.",
        "An edit changes the content, never which message it is.",
    ),
    "directory-invalid": Rule(
        "En katalog har den form och det sammanhang som den ska ha.",
        "A directory has its form, and holds together.",
    ),
    "directory-in-use": Rule(
        "Det som används tas bort ur katalogen bara när någon säger det uttryckligen.",
        "What is in use is taken out of the directory only when somebody says so expressly.",
    ),
    "directory-changed": Rule(
        "En katalog införs på den version som den är skriven på.",
        "A directory is applied to the version that it was written on.",
    ),
    "another-difference": Rule(
        "Den katalog införs vars skillnad har setts.",
        "The directory is applied whose difference has been seen.",
    ),
    "unknown-version": Rule("Versionen finns.", "The version exists."),
    "secret-reference": Rule(
        "En referens till en hemlighet leder till en, som den som inför katalogen slår upp och sänder med.",
        "A reference to a secret leads to one, which whoever applies the directory looks up and sends along.",
    ),
    "address-forbidden": Rule(
        "Ett system har en adress som hubben får anropa.",
        "A system has an address that the hub may call.",
    ),
    "replay-under-way": Rule(
        "Ett system tas inte bort under en omsändning till det.",
        "A system is not taken away during a replay to it.",
    ),
    "not-held": Rule(
        "Det som ska släppas, rättas eller avvisas hålls kvar.", "What is released, edited or refused is held."
    ),
    "handled-meanwhile": Rule(
        "Den åtgärd gäller som kom först; den andra får veta det.",
        "The act that came first holds; the other is told so.",
    ),
    "being-tried": Rule(
        "Ett meddelande hanteras av en åt gången.",
        "A message is handled by one at a time.",
    ),
    "not-dead": Rule(
        "Bara en död underrättelse hoppas över eller sänds om som död.",
        "Only a dead notice is skipped, or sent again as dead.",
    ),
    "unknown": Rule(
        "En tidslinje är av ett meddelande eller ett ärende som hubben känner.",
        "A timeline is of a message or a case that the hub knows.",
    ),
    "unknown-row": Rule("Raden finns i hubbens utkorg.", "The row is in the hub's outbox."),
    "not-waiting": Rule("Bara det som väntar försöks nu.", "Only what waits is tried now."),
    "behind-dead": Rule(
        "Det som står bakom en död underrättelse väntar tills den är sänd eller överhoppad.",
        "What stands behind a dead notice waits until that is sent or skipped.",
    ),
    "nothing-waits": Rule("En åtgärd gäller något som väntar.", "An act is of something that waits."),
    "paused": Rule(
        "Till ett pausat system sänds inget förrän det återupptas.",
        "Nothing is sent to a paused system until it is resumed.",
    ),
    "not-paused": Rule("Bara ett pausat system återupptas.", "Only a paused system is resumed."),
    "both-languages": Rule(
        "Det som sägs till alla sägs på svenska och engelska.",
        "What is said to everybody is said in Swedish and English.",
    ),
    "pass-forward": Rule(
        "Läsningen av en partition går vidare framåt, aldrig bakåt.",
        "The reading of a partition goes on forward, never back.",
    ),
    "wrong-party": Rule(
        "För hand väljs en enhet av varje part som saknas i ärendet.",
        "By hand one unit is chosen of each party that is missing in the case.",
    ),
    "unit-not-served": Rule(
        "Den enhet väljs som något system betjänar.",
        "The unit that is chosen is one that a system serves.",
    ),
    "another-municipality": Rule(
        "En enhet i en annan kommun än den som registret angav väljs bara av den som säger att det är meningen.",
        "A unit of another municipality than the register said is chosen only by somebody who says that it is meant.",
    ),
    "addressed-meanwhile": Rule(
        "Ett ärende adresseras för hand en gång; den som kom först gäller.",
        "A case is addressed by hand once; who came first holds.",
    ),
    "replay-filter": Rule(
        "En omsändning säger vilka underrättelser som den gäller.",
        "A replay says which notices it is of.",
    ),
    "replay-limits": Rule(
        "En omsändning har en högsta fart och ett antal misslyckade ärenden efter vilket den stannar.",
        "A replay has a highest speed, and a number of failed cases after which it stops.",
    ),
    "several-systems": Rule("En omsändning går till ett system.", "A replay is to one system."),
    "nothing-to-replay": Rule(
        "En omsändning har något att sända, som ingen annan omsändning har.",
        "A replay has something to send that no other replay has.",
    ),
    "not-sent": Rule(
        "Bara det som är sänt, och inte gallrat, sänds en gång till.",
        "Only what was sent, and has not been removed, is sent once more.",
    ),
    "unknown-replay": Rule("Omsändningen finns.", "The replay exists."),
    "replay-ended": Rule("Bara en pågående omsändning ångras.", "Only a replay that runs is undone."),
    "not-counted": Rule(
        "Vad gallringen tar räknas av en i taget, och inom rimlig tid.",
        "What gallring removes is counted by one at a time, and within a reasonable time.",
    ),
    "unknown-credential": Rule(
        "En hemlighet nämns så att det bara kan vara en.",
        "A credential is named so that it can be one only.",
    ),
    "last-credential": Rule(
        "Ett system har alltid en giltig hemlighet av varje slag som det använder.",
        "A system always has a valid credential of each kind that it uses.",
    ),
}
"""Reason → what it asks for."""
