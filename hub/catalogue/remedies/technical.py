"""What is done about the technical reasons (``schemas.rules.technical``). Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import CONTENT, LATER, OPERATORS, STATE, UNREADABLE
from hub.catalogue.remedy import Remedy

TECHNICAL: Final[dict[str, Remedy]] = {
    # --- the content cannot be read ---
    "attribute-twice": UNREADABLE.since(
        "Ett CloudEvents-attribut står som flera rubriker, oftast för att en proxy har lagt till en egen.",
        "A CloudEvents attribute stands as several headers, mostly because a proxy has added its own.",
    ),
    "batch-too-large": UNREADABLE.since(
        "Satsen har fler än 500 meddelanden.", "The batch has more than 500 messages."
    ).do("Dela satsen och sänd delarna var för sig.", "Split the batch and send the parts by themselves."),
    "bad-query": UNREADABLE.since(
        "En parameter i adressen, eller ett fält i det som frågas, saknas, är okänt, står två gånger eller har fel form.",
        "A parameter of the address, or a field of what is asked, is missing, unknown, there twice or of the wrong form.",
    ).do(
        "Rätta parametern som elementet nämner, se /docs.", "Correct the parameter that the element names, see /docs."
    ),
    "content-encoding": UNREADABLE.since(
        "Rubriken Content-Encoding stämmer inte med innehållet, eller nämner en packning som hubben inte läser.",
        "The header Content-Encoding does not agree with the body, or names a packing that the hub does not read.",
    ).do(
        "Sänd opackat, eller packat en gång med gzip eller deflate.",
        "Send unpacked, or packed once with gzip or deflate.",
    ),
    "envelope-differs": UNREADABLE.since(
        "Eventets attribut och den Bundle som det bär säger olika om samma sak.",
        "The event's attributes and the Bundle that it carries say two things of the same.",
    ),
    "envelope-reused": UNREADABLE.since(
        "Bundle.identifier (eller Bundle.id) har burit ett annat meddelande förut, ofta för att en mall har ett fast id.",
        "Bundle.identifier (or Bundle.id) has borne another message before, often because a template has a fixed id.",
    ).do(
        "Ge varje ny Bundle ett eget id, och sänd samma meddelande (MessageHeader.id) igen i den.",
        "Give every new Bundle an id of its own, and send the same message (MessageHeader.id) again in it.",
    ),
    "field-invalid": UNREADABLE,
    "invalid-value": UNREADABLE,
    "media-type": UNREADABLE.since(
        "Content-Type (eller datacontenttype) saknas eller nämner ett slag av innehåll som hubben inte läser här.",
        "Content-Type (or datacontenttype) is missing, or names a kind of content that the hub does not read here.",
    ).do(
        "Ange ett av de slag som svaret räknar upp: application/cloudevents+json, application/fhir+json och så vidare.",
        "Give one of the kinds that the answer lists: application/cloudevents+json, application/fhir+json and so on.",
    ),
    "member-twice": UNREADABLE,
    "missing-field": UNREADABLE,
    "not-json": UNREADABLE,
    "not-utf8": UNREADABLE.since(
        "Texten är skriven i ett annat teckensätt, oftast Windows-1252 eller ISO 8859-1.",
        "The text is written in another character set, mostly Windows-1252 or ISO 8859-1.",
    ).do("Skriv innehållet som UTF-8; rubriker procentkodas.", "Write the body as UTF-8; headers are percent-encoded."),
    "too-deep": UNREADABLE,
    "too-large": UNREADABLE.since(
        "Meddelandet, satsen eller filen är större än gränsen som svaret nämner.",
        "The message, the batch or the file is larger than the limit that the answer names.",
    ).do(
        "Sänd mindre: dela satsen, minska filen, eller hänvisa till handlingen i journalsystemet.",
        "Send less: split the batch, make the file smaller, or refer to the document in the record system.",
    ),
    "too-slow": UNREADABLE.since(
        "Innehållet är litet men tar ovanligt lång tid att läsa, som djupt nästlade eller upprepade delar.",
        "The content is small but takes unusually long to read, as deeply nested or repeated parts.",
    ),
    "unknown-field": UNREADABLE.since(
        "Ett fält är felstavat, eller hör till en annan version av kontraktet.",
        "A field is misspelt, or belongs to another version of the contract.",
    ),
    # --- who calls, and how ---
    "foreign-unit": CONTENT.since(
        "Enheten i source (eller X-Unit) hör i katalogen till ett annat system än det vars nyckel användes.",
        "The unit in source (or X-Unit) belongs in the directory to another system than the one whose token was used.",
    ).do(
        "Sänd från enhetens eget system, eller be hubbens drift föra enheten till detta system i katalogen.",
        "Send from the unit's own system, or ask the hub's operations to give the unit to this system in the directory.",
    ),
    "unauthenticated": Remedy(
        ("sender",),
        (
            "Nyckeln saknas, är felskriven, har bytts ut, eller gäller en annan hubb (test eller produktion).",
            "The token is missing, misspelt, has been replaced, or is of another hub (test or production).",
        ),
        (
            "Sänd Authorization: Bearer och nyckeln som gäller nu. Är den tappad: be driften byta den (hub directory rotate).",
            "Send Authorization: Bearer and the token in force. If it is lost: ask operations to rotate it (hub directory rotate).",
        ),
    ),
    "unknown-system": Remedy(
        ("operations",),
        (
            "Systemet togs bort ur katalogen medan dess meddelande väntade, eller har aldrig funnits där.",
            "The system was taken out of the directory while its message waited, or was never there.",
        ),
        (
            "Anslut systemet igen i katalogen, eller avvisa meddelandet (hub held refuse) och tala om det för avsändaren.",
            "Connect the system again in the directory, or refuse the message (hub held refuse) and tell its sender.",
        ),
    ),
    "unknown-unit": CONTENT.by("sender", "operations")
    .since(
        "Enheten som sänder finns inte i katalogen: HSA-id:t är felskrivet, eller enheten är inte ansluten än.",
        "The unit that sends is not in the directory: its HSA-id is misspelt, or the unit is not connected yet.",
    )
    .do(
        "Kontrollera HSA-id:t. Stämmer det lägger driften till enheten (hub directory apply), och meddelandet sänds med ett nytt id.",
        "Check the HSA-id. If it is right operations adds the unit (hub directory apply), and the message is sent with a new id.",
    ),
    "way-not-open": Remedy(
        ("operations",),
        (
            "Katalogen öppnar inte HTTP för systemet (in: http saknas).",
            "The directory does not open HTTP to the system (in: http is missing).",
        ),
        (
            "Sänd på systemets egen väg (Kafka), eller be driften öppna HTTP för det i katalogen.",
            "Send by the system's own way (Kafka), or ask operations to open HTTP to it in the directory.",
        ),
    ),
    "http": UNREADABLE.since("Anropet följer inte HTTP.", "The call does not follow HTTP."),
    "http-400": UNREADABLE.since(
        "Det som kom på anslutningen är inte HTTP/1.1, eller är TLS mot en port utan.",
        "What came on the connection is not HTTP/1.1, or is TLS at a port without it.",
    ).do(
        "Rätta klienten eller adressen (http, https, port).", "Correct the client or the address (http, https, port)."
    ),
    "http-408": LATER.since(
        "Anropet började men kom inte helt inom tiden: en långsam förbindelse, eller en Content-Length som är för stor.",
        "The call began but did not come whole in time: a slow connection, or a Content-Length that is too large.",
    ).do("Sänd hela anropet igen, med samma id.", "Send the whole call again, with the same id."),
    "http-431": UNREADABLE.since(
        "Rubrikerna är tillsammans för stora, ofta kakor eller spårning från en proxy.",
        "The headers are too large together, often cookies or tracing of a proxy.",
    ).do("Sänd bara de rubriker som behövs.", "Send only the headers that are needed."),
    "http-503": LATER.since(
        "Alla anslutningar till hubben är upptagna (HUB_HTTP_CONNECTIONS).",
        "All connections to the hub are taken (HUB_HTTP_CONNECTIONS).",
    ),
    "method": UNREADABLE.since(
        "Adressen finns, men tar inte metoden.", "The address exists, but does not take the method."
    ).do("Använd en metod som rubriken Allow räknar upp.", "Use a method that the header Allow lists."),
    "not-acceptable": UNREADABLE.since(
        "Accept (eller _format) nämner inget format som svaret finns i.",
        "Accept (or _format) names no format in which there is an answer.",
    ).do("Be om ett av formaten i svaret.", "Ask for one of the formats in the answer."),
    "not-found": UNREADABLE.since(
        "Adressen är felskriven, eller det som den nämner finns inte (eller är inte systemets eget).",
        "The address is misspelt, or what it names does not exist (or is not the system's own).",
    ).do(
        "Se /docs för adresserna; de skrivs utan snedstreck i slutet.",
        "See /docs for the addresses; they end without a slash.",
    ),
    # --- what the case, the message or the notice is ---
    "gallrat": STATE.since(
        "Ärendets innehåll är borttaget enligt regionens gallringsregel; bara id:n, tider och spår finns kvar.",
        "The case's content has been removed by the region's rule; only ids, times and trails remain.",
    ).do(
        "Gäller det en ny vårdtid eller plan: öppna ett nytt ärende med en ny egen referens.",
        "If it is a new stay or plan: open a new case with a new reference of your own.",
    ),
    "id-reused": STATE.since(
        "Ett id som redan har burit ett meddelande sändes med annat innehåll: en rättelse under samma id, eller en räknare som börjat om.",
        "An id that has borne a message was sent with other content: a correction under the same id, or a counter that began anew.",
    ).do(
        "Läs i ärendet vad som gäller. Nekades det första: sänd det rättade med ett nytt id. Togs det emot: sänd en rättelse, aldrig samma handling igen under ett nytt id.",
        "Read in the case what holds. Was the first refused: send the corrected one with a new id. Was it accepted: send a correction, never the same act again under a new id.",
    ),
    "no-plan": STATE.since(
        "Ärendet har ingen plan än, eller planen är inte visad för enheten.",
        "The case has no plan yet, or it is not shown to the unit.",
    ).do(
        "Läs ärendet i stället; planen kommer när den är påbörjad.",
        "Read the case instead; the plan is there once it is begun.",
    ),
    "unknown-case": STATE.since(
        "Ärendets id är fel, ärendet öppnades aldrig, eller enheten får inte känna till det.",
        "The case's id is wrong, the case was never opened, or the unit may not know of it.",
    ).do(
        "Ta ärendets id ur en underrättelse eller sökningen; för ett nytt ärende, öppna det med den egna referensen (ref:…) som subject.",
        "Take the case's id from a notice or the search; for a new case, open it with a reference of your own (ref:…) as subject.",
    ),
    "unknown-meeting": STATE.since(
        "Mötet finns inte i ärendet, eller visas inte för enheten.",
        "The meeting is not in the case, or is not shown to the unit.",
    ).do("Läs mötets id ur ärendet (GET /cases/{id}).", "Read the meeting's id in the case (GET /cases/{id})."),
    "unknown-notice": STATE.since(
        "Id:t i kvittensen är inte det som hämtningen gav, eller gäller ett annat system.",
        "The id in the acknowledgement is not the one that the fetch gave, or is another system's.",
    ).do("Kvittera med id:t ur GET /inbox, som out-4711.", "Acknowledge with the id of GET /inbox, as out-4711."),
    "unknown-type": CONTENT.since(
        "Typen är felstavad, finns inte i ärendets process, eller är en som bara hubben sänder.",
        "The type is misspelt, is not one of the case's process, or is one that only the hub sends.",
    ).do(
        "Se typerna i contracts/schemas, och i ärendets may vad enheten kan sända nu.",
        "See the types in contracts/schemas, and in the case's may what the unit can send now.",
    ),
    # --- the inbox, Subscriptions, what a system does for itself ---
    "another-count": OPERATORS.by("sender", "operations")
    .since(
        "Antalet ändrades mellan provet och beställningen, eller så angavs ett annat.",
        "The number changed between the dry run and the order, or another one was given.",
    )
    .do(
        "Prova igen, och ange det antal som provet svarar.",
        "Make a dry run again, and give the number that it answers.",
    ),
    "given-up": STATE.since(
        "Driften har gett upp underrättelsen medan den var hämtad.",
        "Operations gave the notice up while it was fetched.",
    ).do("Läs i ärendet vad som gäller; kvittera inget mer.", "Read in the case what holds; acknowledge nothing more."),
    "no-inbox": STATE.by("sender", "operations")
    .since(
        "Katalogen säger att systemet får sina underrättelser på en annan väg (out.way).",
        "The directory says that the system is told by another way (out.way).",
    )
    .do(
        "Ta emot på den vägen, eller be driften ändra den till inbox.",
        "Receive by that way, or ask operations to change it to inbox.",
    ),
    "no-such-credential": OPERATORS.by("sender", "operations")
    .since(
        "Systemets vägar använder ingen hemlighet av det slaget, eller ingen som är känd så.",
        "The system's ways use no credential of that kind, or none that is known so.",
    )
    .do(
        "Se vilka som finns (GET /self, eller hub directory credentials SYSTEM).",
        "See which there are (GET /self, or hub directory credentials SYSTEM).",
    ),
    "no-subscriptions": STATE.by("sender", "operations")
    .since(
        "Katalogen säger en annan väg ut än subscription för systemet.",
        "The directory says another way out than subscription for the system.",
    )
    .do("Be driften ändra out.way till subscription.", "Ask operations to change out.way to subscription."),
    "not-fetched": STATE.since(
        "Kvittensen kom före hämtningen, eller gäller en underrättelse som en annan läsare har.",
        "The acknowledgement came before the fetch, or is of a notice that another reader has.",
    ).do("Hämta med GET /inbox, och kvittera sedan.", "Fetch by GET /inbox, then acknowledge."),
    "rotation-under-way": OPERATORS.by("sender", "operations")
    .since(
        "Den förra hemligheten gäller ännu från ett byte som inte är klart.",
        "The former credential is valid still, from a rotation that is not done.",
    )
    .do(
        "Vänta tills den har upphört, avsluta den (hub directory end), eller byt med old_for_s 0.",
        "Wait until it has ended, end it (hub directory end), or rotate with old_for_s 0.",
    ),
    "said-otherwise": STATE.since(
        "Underrättelsen är redan mottagen respektive avvisad, och nu sägs motsatsen.",
        "The notice was taken or refused before, and now the opposite is said.",
    ).do("Kontakta hubbens drift om det första var fel.", "Contact the hub's operations if the first was wrong."),
    "sources-needed": UNREADABLE.since(
        "Många av listans meddelanden kom inte i intervallet, och utan source kan de vara vilken enhets som helst.",
        "Many messages of the list did not come in the span, and without source they may be any unit's.",
    ).do(
        "Ange source för varje meddelande, eller stäm av det intervall som de hör till.",
        "Give the source of each message, or reconcile the span to which they belong.",
    ),
    "span-too-full": UNREADABLE.since(
        "Intervallet har fler meddelanden än ett svar rymmer.", "The span has more messages than an answer holds."
    ).do("Stäm av i kortare intervall, ett efter det andra.", "Reconcile in shorter spans, one after the other."),
    "span-too-long": UNREADABLE.since("Intervallet är för långt.", "The span is too long.").do(
        "Stäm av högst så många dygn i taget som meningen säger.",
        "Reconcile at most as many days at a time as the sentence says.",
    ),
    "subscription": UNREADABLE.since(
        "Prenumerationen begär ett ämne, en kanal eller en adress som hubben inte har eller inte får anropa.",
        "The Subscription asks for a topic, a channel or an address that the hub does not have or may not call.",
    ).do("Rätta elementet; ämnena står i /fhir/metadata.", "Correct the element; the topics are in /fhir/metadata."),
    "subscription-overlap": STATE.since(
        "En annan av systemets prenumerationer får redan sådana underrättelser.",
        "Another Subscription of the system gets such notices already.",
    ).do("Ändra eller ta bort den först.", "Change or delete that one first."),
    "too-far-back": OPERATORS.by("sender", "operations")
    .since("Det som begärs om är äldre än 30 dygn.", "What is asked for again is older than 30 days.")
    .do(
        "Ange en senare tid, eller be hubbens drift sända om.",
        "Give a later moment, or ask the hub's operations to replay.",
    ),
    "too-many-readers": LATER.since(
        "Fler anrop mot inkorgen väntar än systemet får ha.", "More calls to the inbox wait than the system may have."
    ),
    "too-many-to-replay": OPERATORS.by("sender", "operations")
    .since("Fler underrättelser än en omsändning rymmer.", "More notices than one replay holds.")
    .do("Ange en kortare tid, och sänd om i delar.", "Give a shorter time, and replay in parts."),
    "too-much-in-hand": LATER.since(
        "Systemet har hämtat mycket som det inte har kvitterat.",
        "The system has fetched much that it has not acknowledged.",
    ).do("Kvittera det som är hämtat (POST /inbox/ack).", "Acknowledge what is fetched (POST /inbox/ack)."),
    "too-often": LATER.since(
        "Systemet frågar om och om igen i stället för att låta anropet vänta.",
        "The system asks over and over instead of letting the call wait.",
    ).do("Fråga med wait=30.", "Ask with wait=30."),
    # --- operations, and the hub itself ---
    "defect": Remedy(
        ("operations",),
        ("Hubben har ett fel som just detta meddelande träffar.", "The hub has a defect that this very message meets."),
        (
            "Driften anmäler felet med dess namn (hub held list) och loggens rad; meddelandet hanteras när hubben är rättad. Inget behöver sändas om.",
            "Operations reports the defect with its name (hub held list) and the log's line; the message is handled once the hub is mended. Nothing need be sent again.",
        ),
    ),
    "held": Remedy(
        (),
        ("Något som meddelandet behöver har inte kommit än.", "Something that the message needs has not come yet."),
        (
            "Inget: meddelandet är sparat, och ett slutligt svar följer på systemets väg ut inom 72 timmar.",
            "Nothing: the message is kept, and a final answer follows by the system's way out within 72 hours.",
        ),
    ),
    "internal": LATER.by("sender", "operations")
    .since("Ett fel i hubben; det är loggat.", "A defect of the hub; it is logged.")
    .do(
        "Sänd samma meddelande igen, med samma id. Återkommer det: anmäl tiden till hubbens drift.",
        "Send the same message again, with the same id. If it comes back: report the time to the hub's operations.",
    ),
    "operations": Remedy(
        ("sender",),
        (
            "Hubbens drift har avvisat ett kvarhållet meddelande för hand, med en orsak i sitt spår.",
            "The hub's operations has refused a held message by hand, with a reason in its trail.",
        ),
        ("Kontakta hubbens drift innan något sänds om.", "Contact the hub's operations before anything is sent again."),
    ),
    "unavailable": LATER.since(
        "Hubbens databas eller en del av hubben svarar inte just nu; inget är mottaget.",
        "The hub's database, or a part of the hub, does not answer right now; nothing was taken in.",
    ).do("Sänd igen efter Retry-After, med samma id.", "Send again after Retry-After, with the same id."),
}
"""Technical reason → what is done about it."""
