"""What is done about the rules that SVU and SIP share (C-) and those of delivery (D-). Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import CONSENT, CONTENT, EXPLAINS, IDENTITY, LATER, STATE, WHO
from hub.catalogue.remedy import Remedy

_PROTECTED: Final = Remedy(
    ("sender",),
    (
        "Folkbokföringen säger att personen har skyddade personuppgifter, eller att den sände det själv med sekretessmarkering.",
        "The population register says that the person has protected identity, or the sender said so by a security mark.",
    ),
    (
        "Samordna vid sidan av hubben, enligt regionens rutin för skyddade personuppgifter. Ett pågående ärende avslutas eller töms på enheter.",
        "Coordinate beside the hub, by the region's routine for protected identity. An open case is ended, or its units are removed.",
    ),
)

COMMON: Final[dict[str, Remedy]] = {
    "C-1": WHO.since(
        "Rollen som anges i actorrole har i katalogen inte ansvaret för steget, eller ingen roll hos den tillfrågade enheten har det.",
        "The role given in actorrole does not have the duty for the step in the directory, or no role of the unit that is asked has it.",
    ).do(
        "Låt en roll med ansvaret göra det. Saknas ansvaret i katalogen: be driften lägga till det (roles.…), se Katalogen i konsolen.",
        "Let a role with the duty do it. If the directory lacks the duty: ask operations to add it (roles.…), see the directory's page.",
    ),
    "C-2": STATE.since(
        "Inget inväntas av enheten: fel id i message, redan kvitterat, eller ersatt av ett nyare meddelande.",
        "Nothing is awaited of the unit: a wrong id in message, acknowledged already, or replaced by a newer message.",
    ).do(
        "Ta id:t ur den senaste underrättelsens awaits, och kvittera det. Är awaits tomt behövs ingen kvittens.",
        "Take the id from the awaits of the latest notice and acknowledge that. Where awaits is empty no kvittens is needed.",
    ),
    "C-3": WHO.since(
        "actorrole saknas fast enheten har flera roller, är ingen roll hos enheten, eller följer inte av personens befattning i HSA.",
        "actorrole is missing although the unit has several roles, is no role of the unit, or does not follow from the person's befattning in HSA.",
    ).do(
        "Ange en av enhetens roller i katalogen. Stämmer rollen men inte HSA: låt HSA-ansvarig rätta befattningen.",
        "Give one of the unit's roles in the directory. If the role is right and HSA is not: let whoever keeps HSA correct the befattning.",
    ),
    "C-4": WHO.since(
        "Den som handlar hör till en annan organisation än enheten, eller så deltar varken enheten eller rollen i ärendet.",
        "Who acts belongs to another organisation than the unit, or neither the unit nor the role takes part in the case.",
    ).do(
        "Låt en deltagande enhet lägga till enheten (deltagare) eller rollen (roll); ange en person ur enhetens egen organisation.",
        "Let a unit that takes part add the unit (deltagare) or the role (roll); name a person of the unit's own organisation.",
    ),
    "C-5": CONSENT.since(
        "Enheten deltar inte i ärendet, och ingen åtkomst med giltig grund är registrerad (den gäller i 24 timmar).",
        "The unit takes no part in the case, and no access on a valid ground is registered (it holds for 24 hours).",
    ).do(
        "Sänd atkomst med grunden samtycke eller menprovning, eller gör ett aktivt val inom organisationen (X-Ground: aktivt_val).",
        "Send atkomst on the ground samtycke or menprovning, or make a deliberate choice within the organisation (X-Ground: aktivt_val).",
    ),
    "C-7": CONTENT.since(
        "Läsningen säger inte vem som läser: rubriken X-Actor saknas.",
        "The reading does not say who reads: the header X-Actor is missing.",
    ).do("Ange X-Actor, HSA-id för den som läser.", "Give X-Actor, the HSA-id of the person who reads."),
    "C-10": STATE.since(
        "Enheten som läggs till finns inte i katalogen, deltar redan, eller läggs till av någon som inte själv deltar.",
        "The unit to be added is not in the directory, takes part already, or is added by one that takes no part itself.",
    ).do(
        "Hämta enheten ur trädet (GET /cases/{id}/organisations). Saknas den där är den inte ansluten: be driften.",
        "Take the unit from the tree (GET /cases/{id}/organisations). If it is not there it is not connected: ask operations.",
    ),
    "C-11": STATE,
    "C-12": STATE.since(
        "Rollen hör till en annan organisation, finns inte, deltar redan, eller är enhetens sista med ett ansvar som inväntas.",
        "The role is of another organisation, does not exist, takes part already, or is the unit's last with a duty that is awaited.",
    ),
    "C-14": STATE,
    "C-15": CONTENT.since(
        "Personen vill inte att den närstående deltar, så som narstaende säger.",
        "The person does not want the relative to take part, as narstaende says.",
    ).do(
        "Utelämna den närstående, eller ändra narstaende efter samtal med personen.",
        "Leave the relative out, or change narstaende after speaking with the person.",
    ),
    "C-20": CONSENT.since(
        "Information är inte registrerad före samtycket, eller orsaken saknas när den skriftliga inte gavs.",
        "Information is not registered before the consent, or the reason is missing where the written part was not given.",
    ).do(
        "Sänd information (given ja, eller nej med reason) först.",
        "Send information (given yes, or no with reason) first.",
    ),
    "C-21": CONSENT.since(
        "Samtycket säger inte vad som gäller: slaget (kind) saknas eller är ett som regionen inte har, eller två är av samma slag.",
        "The consent does not say what holds: its kind is missing or one that the region does not have, or two are of one kind.",
    ).do("Rätta samtycke som meningen säger.", "Correct samtycke as the sentence says."),
    "C-22": CONSENT.since(
        "En menprövning utan legitimerad beslutare: decided_by saknas, HSA känner den inte som legitimerad, eller HSA har inte svarat på"
        " 72 timmar.",
        "A menprovning without a licensed decider: decided_by is missing, HSA does not know that person as licensed, or HSA has not answered for 72 hours.",
    ).do(
        "Ange HSA-id för den legitimerade som beslutade. Stämmer det inte i HSA: låt HSA-ansvarig rätta, eller registrera ett annat samtycke.",
        "Give the HSA-id of the licensed person who decided. If HSA is wrong: let whoever keeps it correct it, or register another consent.",
    ),
    "C-23": CONTENT,
    "C-24": CONSENT,
    "C-33": STATE,
    "C-40": CONTENT.since(
        "En mottagare, eller den som ska kvittera, deltar inte eller får inte meddelandet.",
        "A receiver, or one asked to acknowledge, takes no part or does not get the message.",
    ).do(
        "Välj bland ärendets deltagare, eller lägg till enheten med deltagare först.",
        "Choose among those who take part in the case, or add the unit with deltagare first.",
    ),
    "C-41": STATE.since(
        "Meddelandet som ska makuleras är inte avsändarens eget, är redan makulerat, eller är inget fritt meddelande.",
        "The message to be revoked is not the sender's own, is revoked already, or is no free message.",
    ),
    "C-42": CONTENT.since(
        "Filen är av ett slag som inte tas emot, är för stor, är låst, har makron, eller bär personuppgifter i namn, text eller dolda delar.",
        "The file is of a kind that is not taken, too large, locked, has macros, or bears personal data in its name, text or hidden parts.",
    ).do(
        "Skriv om filen som PDF utan personnummer och namn, utan dolda egenskaper, och sänd den med ett nytt id.",
        "Write the file as PDF without person numbers and names, without hidden properties, and send it with a new id.",
    ),
    "C-50": STATE.since(
        "Versionen finns inte, eller är en annan parts utkast.",
        "There is no such version, or it is another party's draft.",
    ).do("Läs utan version: den gällande visas.", "Read without a version: the current one is shown."),
    "C-51": STATE.since("Fältet är inte skrivet i dokumentet.", "The field is not written in the document.").do(
        "Läs dokumentet; dess fält är de som är skrivna.", "Read the document; its fields are those that are written."
    ),
    "C-53": STATE.since(
        "Dokumentet är låst av samordnarens enhet, eller skrivs av en annan enhet som inte har signerat.",
        "The document is locked by the coordinator's unit, or is being written by another unit that has not signed.",
    ).do(
        "Vänta på signeringen, eller be samordnarens enhet låsa upp med sip.las.",
        "Wait for the signing, or ask the coordinator's unit to unlock it by sip.las.",
    ),
    "C-55": STATE.since(
        "Dokumentet finns inte än, läses inte av enheten, eller så saknas för vem och varför det skrivs ut.",
        "The document is not there yet, is not read by the unit, or it is not said for whom and why it is printed.",
    ).do("Ange for_whom och why, eller begär åtkomst först.", "Give for_whom and why, or ask for access first."),
    "C-60": IDENTITY.since(
        "Personens nummer saknas, är felskrivet, är två olika, eller är en annan persons än ärendets.",
        "The person's number is missing, misspelt, two different ones, or another person's than the case's.",
    ).do(
        "Ange personens nummer ur folkbokföringen. Gäller det en annan person: öppna ett eget ärende.",
        "Give the person's number from the population register. If it is another person: open a case of its own.",
    ),
    "C-62": _PROTECTED,
    "C-63": Remedy(
        ("sender",),
        (
            "Folkbokföringen säger att personen är avliden, eller så är dödsfallet redan känt i ärendet.",
            "The population register says that the person is deceased, or the death is known in the case already.",
        ),
        (
            "Kontrollera identiteten. Stämmer den öppnas inget ärende; ett pågående avslutas som regionen gör det (avliden).",
            "Check the identity. If it is right no case is opened; an open one is ended in the region's way (avliden).",
        ),
    ),
}
"""Rule id → what is done about it."""

DELIVERY_RULES: Final[dict[str, Remedy]] = {
    "D-4": STATE.since(
        "Meddelandet väntade, och under tiden kom ett senare om samma sak som redan gäller.",
        "The message waited, and meanwhile a later one about the same came, which holds already.",
    ).do(
        "Läs i ärendet vad som gäller. Ska det här ändå gälla: sänd det på nytt, med ett nytt id och dagens tid.",
        "Read in the case what holds. If this one is to hold after all: send it anew, with a new id and the present time.",
    ),
    "D-8": LATER,
    "D-9": EXPLAINS.since(
        "Fristen flyttades eller hölls just när den gick ut; hubbens eget besked om den faller då.",
        "The deadline was moved or met just as it passed; the hub's own word of it then falls.",
    ),
    "D-10": CONTENT.since(
        "Ett id, en referens eller en adress ser ut som ett personnummer eller bär ett namn.",
        "An id, a reference or an address looks like a person number or bears a name.",
    ).do(
        "Byt till en egen referens utan personuppgifter, helst ett UUID; sök person med POST /search.",
        "Use a reference of your own without personal data, best a UUID; search for a person by POST /search.",
    ),
}
"""Rule id → what is done about it."""
