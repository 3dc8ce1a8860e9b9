"""Every fault on purpose: what the kit does, what a good system does, how that is judged. Imports the language only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.errors import Misconfigured
from schemas.messages import BilingualText


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault."""

    name: str
    does: BilingualText
    good: BilingualText
    judged: str
    """One sentence."""
    over_kafka: str
    """What is made of it towards a system that reads from a topic, and how it shows there."""
    rules: tuple[str, ...]
    """The promises that it tries."""
    scenario: str | None = None
    """The scenario in which it is made; None: the first that is chosen."""
    webhook_alone: bool = False
    """Whether there is nothing of it on a topic."""


_IN_ACTS = "It is made. Nobody hears that a record has been read, so it shows in the acts that are awaited after it."
_ONLY_SIGNED = "It is not made: only a webhook is signed, and the broker guards who may write to a topic."


FAULTS: Final = {
    row.name: row
    for row in (
        FaultRow(
            "late",
            BilingualText(
                sv="Aviseringarna kommer två dygn efter händelsen, den första dessutom efter en paus.",
                en="Notices come two days after the act, the first of them after a pause as well.",
            ),
            BilingualText(
                sv="Tar emot dem och handlar på dem: hubben försöker i 72 timmar, så sent kan de komma.",
                en="Takes them and acts on them: the hub tries for 72 hours, so they can come as late as that.",
            ),
            "Every notice is acknowledged and every awaited act comes.",
            _IN_ACTS,
            ("D-6",),
        ),
        FaultRow(
            "doubled",
            BilingualText(
                sv="Varje avisering sänds två gånger med samma id och innehåll.",
                en="Every notice is sent twice with the same id and content.",
            ),
            BilingualText(
                sv="Kvitterar båda med 2xx och handlar en gång: id:t är känt.",
                en="Answers both with 2xx and acts once: the id is known.",
            ),
            "The second call is answered 2xx, and no act comes under two ids.",
            "It is made: each record is written twice. Nothing is acknowledged on a topic, so only that it acts once is judged.",
            ("D-2",),
        ),
        FaultRow(
            "reordered",
            BilingualText(
                sv="Ett ärendes aviseringar hålls tills ett senare ärendes har kommit. Inom ärendet är ordningen den rätta.",
                en="The notices of one case are kept back until those of a later case have come. Within a case the order holds.",
            ),
            BilingualText(
                sv="Väntar inte in något: ordning finns bara inom ett ärende.",
                en="Waits for nothing: there is an order within a case only.",
            ),
            "Every notice is acknowledged and every awaited act comes, in both cases.",
            _IN_ACTS,
            ("D-3",),
            "d3-two-stays-at-once",
        ),
        FaultRow(
            "lost",
            BilingualText(
                sv="Hubben har tagit systemets meddelande, men förbindelsen bryts innan svaret har kommit.",
                en="The hub has taken the system's message, but the connection breaks before the answer has come.",
            ),
            BilingualText(
                sv="Sänder samma meddelande igen med samma id, och får då det första svaret. Aldrig ett nytt id för samma handling.",
                en="Sends the same message again with the same id, and is then given the first answer. Never a new id for the same act.",
            ),
            "The same id comes again, and the act comes under no other id.",
            "It is made where the system sends over HTTP: on a topic the broker answers, and no answer of the hub's is lost.",
            ("D-1", "D-2"),
        ),
        FaultRow(
            "busy",
            BilingualText(
                sv="Systemets meddelande besvaras med 429, och nästa gång med 503, båda med Retry-After.",
                en="The system's message is answered 429, and the next time 503, both with Retry-After.",
            ),
            BilingualText(
                sv="Väntar så länge som det står och sänder sedan samma meddelande igen med samma id.",
                en="Waits as long as it says, and then sends the same message again with the same id.",
            ),
            "The same id comes again each time, and not before the time is over.",
            "It is made where the system sends over HTTP: from a topic the hub takes messages at its own pace, and sends none away.",
            ("D-8",),
        ),
        FaultRow(
            "unknown",
            BilingualText(
                sv="Aviseringarna har ett fält och ett attribut som först en senare version av kontraktet känner.",
                en="Notices have a field and an attribute that only a later version of the contract knows.",
            ),
            BilingualText(
                sv="Bortser från det som det inte känner, och handlar på resten.",
                en="Passes over what it does not know, and acts on the rest.",
            ),
            "Every notice is acknowledged and every awaited act comes.",
            "It is made: the attribute is a header of the record. It shows in the acts that are awaited after it.",
            (),
        ),
        FaultRow(
            "skipped",
            BilingualText(
                sv="Ett nummer i ärendet kommer aldrig: nästa avisering nämner det i skipped, och numren fortsätter efter det.",
                en="One number of the case never comes: the next notice names it in skipped, and the numbers go on after it.",
            ),
            BilingualText(
                sv="Väntar inte på det som står i skipped.",
                en="Does not wait for what stands in skipped.",
            ),
            "Every notice is acknowledged and every awaited act comes.",
            _IN_ACTS,
            ("D-3",),
        ),
        FaultRow(
            "rotated",
            BilingualText(
                sv="Hemligheten byts: de första aviseringarna har två signaturer, en med den nya och en med den gamla, sedan bara den nya.",
                en="The secret changes: the first notices have two signatures, of the new and of the old one, then of the new one only.",
            ),
            BilingualText(
                sv="Godtar en avisering när någon av signaturerna är gjord med någon av dess hemligheter.",
                en="Accepts a notice when any of the signatures is made with any of its secrets.",
            ),
            "Every notice is acknowledged, with two signatures and with the new one only.",
            _ONLY_SIGNED,
            (),
            webhook_alone=True,
        ),
        FaultRow(
            "forged",
            BilingualText(
                sv="Före den äkta aviseringen kommer samma innehåll med falsk signatur.",
                en="Before the genuine notice the same content comes with a false signature.",
            ),
            BilingualText(
                sv="Svarar 401, handlar inte och minns inte id:t. Den äkta tas emot.",
                en="Answers 401, does not act, and does not remember the id. The genuine one is taken.",
            ),
            "The false call is answered 401 or 403, no act follows before the genuine one, which is acknowledged.",
            _ONLY_SIGNED,
            (),
            webhook_alone=True,
        ),
        FaultRow(
            "clock",
            BilingualText(
                sv="Före den äkta aviseringen kommer samma med webhook-timestamp sex minuter gammal, och sex minuter före."
                " Sedan går avsändarens klocka fem minuter före.",
                en="Before the genuine notice the same comes with a webhook-timestamp six minutes old, and six minutes ahead."
                " Then the sender's clock is five minutes fast.",
            ),
            BilingualText(
                sv="Svarar 401 på de två första (fem minuter tolereras), och tar emot en händelse vars tid är lite i framtiden.",
                en="Answers 401 to the first two (five minutes are tolerated), and takes an act whose time is a little in the future.",
            ),
            "Both calls outside of the tolerance are answered 401 or 403, and the notice from the future is acknowledged.",
            "The two false calls are not made, since only a webhook is signed. The notice from the future is.",
            (),
        ),
        FaultRow(
            "protected",
            BilingualText(
                sv="Mitt i vårdtillfället säger folkbokföringen att personen har skyddade personuppgifter.",
                en="In the middle of the stay folkbokföringen says that the person's data are protected.",
            ),
            BilingualText(
                sv="Delar inget mer om personen: sänder bara det som aviseringens may tillåter, och kan ändå kvittera.",
                en="Shares nothing more of the person: sends only what the notice's may allows, and can still acknowledge.",
            ),
            "The news is acknowledged, and no message is refused by C-62 after it.",
            "It is made. Nobody hears that the news has been read, so only what the system sends after it is judged.",
            ("C-62",),
            "c62-protected-while-the-case-is-open",
        ),
    )
}
"""By their names, in the order in which they are made."""


def chosen(names: str) -> tuple[FaultRow, ...]:
    """``all``, or names with commas between them. Raises ``Misconfigured`` for a name that is none."""
    if names == "all":
        return tuple(FAULTS.values())
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    unknown = [name for name in wanted if name not in FAULTS]
    if unknown or not wanted:
        raise Misconfigured(
            f"--faults {', '.join(unknown) or names}: there is no such fault; name all, or some of {', '.join(FAULTS)}"
        )
    return tuple(FAULTS[name] for name in wanted)
