"""What most errors of a kind have in common; an error with more to say says it in place of this. Imports the form only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedy import Remedy

CONTENT: Final = Remedy(
    ("sender",),
    (
        "Ett fält saknas, har ett värde som inte går att använda, eller hör inte till meddelandet som ärendet står.",
        "A field is missing, has a value that cannot be used, or does not belong to the message as the case stands.",
    ),
    (
        "Rätta elementet som svaret nämner, så som dess mening säger, och sänd det rättade meddelandet med ett nytt id.",
        "Correct the element that the answer names, as its sentence says, and send the corrected message with a new id.",
    ),
)
STATE: Final = Remedy(
    ("sender",),
    (
        "Ärendet är inte i det läge som meddelandet förutsätter: något som ska vara gjort före saknas, eller är gjort redan.",
        "The case is not where the message supposes: something that must come before is missing, or it is done already.",
    ),
    (
        "Läs ärendet (GET /cases/{id}: may säger vad enheten kan sända nu), gör det som meningen nämner, och sänd sedan med ett nytt id.",
        "Read the case (GET /cases/{id}: may says what the unit can send now), do what the sentence names, then send with a new id.",
    ),
)
WHO: Final = Remedy(
    ("sender",),
    (
        "Enheten, rollen eller personen som handlar är inte den som får göra detta i ärendet.",
        "The unit, role or person that acts is not one that may do this in the case.",
    ),
    (
        "Låt den som meningen nämner göra det. Är det rätt person eller roll: be driften rätta enhetens roller i katalogen.",
        "Let the one whom the sentence names do it. If it is the right person or role: ask operations to correct the unit's roles.",
    ),
)
REGION: Final = Remedy(
    ("sender",),
    (
        "Ärendet hålls på det sätt som regionen som öppnade det har, och där är meddelandet, fältet eller avsändaren en annan.",
        "The case is held in the way of the region that opened it, and there the message, the field or the sender is another.",
    ),
    (
        "Se regionens svar i contracts/profiles.md och vad ärendets may nämner; rätta elementet som meningen säger, och sänd med ett nytt id.",
        "See the region's answer in contracts/profiles.md and what the case's may names; correct the element as the sentence says, and send with a new id.",
    ),
)
CONSENT: Final = Remedy(
    ("sender",),
    (
        "Samtycke, eller informationen före det, saknas, är nekat, återkallat eller har löpt ut.",
        "Consent, or the information before it, is missing, refused, withdrawn or has run out.",
    ),
    (
        "Fråga personen, registrera information och samtycke (eller menprövning) i ärendet, och sänd sedan meddelandet med ett nytt id.",
        "Ask the person, register information and samtycke (or menprovning) in the case, and then send the message with a new id.",
    ),
)
EXPLAINS: Final = Remedy(
    (),
    (
        "Regeln säger hur det går till; inget meddelande nekas av den.",
        "The rule says how things are; no message is refused by it.",
    ),
    ("Inget behöver göras.", "Nothing need be done."),
)
UNREADABLE: Final = Remedy(
    ("sender",),
    (
        "Innehållet är inte skrivet så som formatet kräver; inget av det har tagits emot.",
        "The content is not written as its format asks for; nothing of it was taken in.",
    ),
    (
        "Rätta där elementet pekar och sänd igen. hub check FIL visar alla fel på en gång, och contracts/valid har exempel.",
        "Correct it where the element points, and send again. hub check FILE shows all faults at once, and contracts/valid has examples.",
    ),
)
BUNDLE: Final = Remedy(
    ("sender",),
    (
        "Bundeln har på den plats som FHIRPath pekar ut inte den form som hubbens profiler beskriver; inget av den har tagits emot.",
        "At the place that the FHIRPath names the Bundle does not have the form of the hub's profiles; nothing of it was taken in.",
    ),
    (
        "Rätta resursen där och sänd en ny Bundle. Jämför med exemplen i contracts/fhir, och pröva med hub check FIL.",
        "Correct the resource there and send a new Bundle. Compare with the examples in contracts/fhir, and try it by hub check FILE.",
    ),
)
IDENTITY: Final = Remedy(
    ("sender",),
    (
        "Ett nummer som pekar ut en person, en enhet eller ett område är felskrivet eller hör inte till det slag som anges.",
        "A number that names a person, a unit or an area is misspelt, or is not of the kind that is given.",
    ),
    (
        "Hämta numret ur källan (folkbokföring, HSA, SCB) i stället för att skriva det för hand, rätta det och sänd igen.",
        "Take the number from its source (the population register, HSA, SCB) instead of writing it by hand, correct it, and send again.",
    ),
)
LATER: Final = Remedy(
    ("sender",),
    (
        "Det sänds mer än hubben eller systemets egen gräns tar just nu; inget är fel i det som sändes.",
        "More is sent than the hub or the system's own limit takes right now; nothing is wrong with what was sent.",
    ),
    (
        "Vänta den tid som Retry-After säger och sänd samma sak igen, med samma id.",
        "Wait for as long as Retry-After says and send the same again, with the same id.",
    ),
)
OPERATORS: Final = Remedy(
    ("operations",),
    (
        "Det som driften begärde går inte att göra så som det står nu.",
        "What operations asked for cannot be done as things stand.",
    ),
    (
        "Gör som meningen säger: läs listan igen, rätta det som begärs, och begär det på nytt med en orsak.",
        "Do as the sentence says: read the list again, correct what is asked for, and ask for it anew with a reason.",
    ),
)
RECEIVER_SETTINGS: Final = Remedy(
    ("receiver", "operations"),
    (
        "Mottagarens server svarar, men tar inte emot just detta anrop; det gäller anslutningen och inte innehållet.",
        "The receiver's server answers, but does not take this call; it concerns the connection and not the content.",
    ),
    (
        "Mottagaren rättar sin server, eller driften rättar systemets rad i katalogen; sänd sedan om (hub dead replay).",
        "The receiver corrects its server, or operations the system's entry in the directory; then replay (hub dead replay).",
    ),
)
RECEIVER_AWAY: Final = Remedy(
    ("receiver",),
    (
        "Mottagarens server är nere, överlastad eller går inte att nå från hubben.",
        "The receiver's server is down, overloaded, or cannot be reached from the hub.",
    ),
    (
        "Underrätta mottagarens drift. Hubben försöker i upp till 72 timmar och fortsätter själv; det som har dött sänds om när servern svarar.",
        "Tell the receiver's operations. The hub tries for up to 72 hours and goes on by itself; what is dead is replayed once it answers.",
    ),
)
BY_HAND: Final = Remedy(
    ("operations", "sender"),
    (
        "Registren pekar inte ut alla mottagare, så att hubben inte vet vilka enheter som ska få veta.",
        "The registers do not name every receiver, so that the hub does not know which units must be told.",
    ),
    (
        "Avdelningen lägger till mottagarna för hand (deltagare), eller så väljer driften enheten ur trädet i den manuella kön.",
        "The ward adds the receivers by hand (deltagare), or operations chooses the unit from the tree in the manual queue.",
    ),
)
REGISTER_SETTINGS: Final = Remedy(
    ("operations",),
    (
        "Tjänsteplattformen tar inte emot frågan så som hubben ställer den; den frågas inte igen förrän någon har rättat det.",
        "The national platform does not take the question as the hub asks it; it is not asked again until somebody has corrected it.",
    ),
    (
        "Rätta inställningen eller avtalet, starta om hubben, och fråga igen (hub retry lookup ÄRENDE).",
        "Correct the setting or the agreement, restart the hub, and ask again (hub retry lookup CASE).",
    ),
)
REGISTER_AWAY: Final = Remedy(
    ("register",),
    (
        "Registret eller plattformen före det svarar inte nu.",
        "The register, or the platform before it, does not answer now.",
    ),
    (
        "Vänta: hubben frågar igen av sig själv. Varar det, anmäl det till registrets förvaltning; avdelningen kan lägga till mottagare för hand.",
        "Wait: the hub asks again by itself. If it lasts, report it to whoever keeps the register; the ward can add receivers by hand.",
    ),
)
PARTITION_WAITS: Final = Remedy(
    ("sender", "operations"),
    (
        "En post i partitionen går inte att läsa, och hubben hoppar aldrig över något: partitionen väntar, alla andra läses.",
        "A record in the partition cannot be read, and the hub never skips anything: the partition waits, all others are read.",
    ),
    (
        "Sändaren rättar sin producent; därefter låter driften partitionen gå förbi posten (hub held pass), och sändaren sänder den igen.",
        "The sender corrects its producer; then operations lets the partition pass the record (hub held pass), and the sender sends it again.",
    ),
)
RECORDS_LOST: Final = Remedy(
    ("sender", "operations"),
    (
        "Poster som hubben inte hade läst finns inte längre hos Kafka.",
        "Records that the hub had not read are no longer with Kafka.",
    ),
    (
        "Jämför med sändarens egen lista, låt den sända det som saknas igen, och avsluta luckan (hub held pass).",
        "Compare with the sender's own list, let it send again what is missing, and settle the gap (hub held pass).",
    ),
)
LOOK: Final = Remedy(
    ("sender",),
    (
        "Meddelandet är mottaget. Något i det eller i ärendet kan vara oavsiktligt.",
        "The message is accepted. Something in it, or in the case, may not be meant.",
    ),
    (
        "Visa varningen för den som sände, och sänd en rättelse om det inte var menat.",
        "Show the warning to whoever sent it, and send a correction if it was not meant.",
    ),
)
