"""The technical reasons: what makes a message unreadable, or a call refused, before any rule of the processes is asked. The
reasons of FHIR's own reader stand with their sentences in ``hub.translators.fhir.refusals``. Imports the text's form only.
"""

from __future__ import annotations

from typing import Final

from schemas.rules.operations import OPERATIONS
from schemas.rules.rule_text import RuleText as Rule

TECHNICAL: Final[dict[str, Rule]] = {
    "attribute-twice": Rule("Ett attribut står en gång.", "An attribute stands once."),
    "bad-query": Rule(
        "En fråga har de parametrar och fält som adressen tar, i deras form.",
        "A question has the parameters and fields that the address takes, in their form.",
    ),
    "batch-too-large": Rule(
        "En sats har ett begränsat antal meddelanden.",
        "A batch has a limited number of messages.",
    ),
    "content-encoding": Rule(
        "Innehållet är opackat, eller packat på ett sätt som hubben läser.",
        "The body is not packed, or packed in a way that the hub reads.",
    ),
    "defect": Rule(
        "Hubben har ett fel och håller kvar meddelandet; inget behöver sändas om.",
        "The hub has a defect and holds the message; nothing need be sent again.",
    ),
    "envelope-differs": Rule(
        "Ett event som bär en Bundle säger detsamma som den.",
        "An event that carries a Bundle says the same as the Bundle.",
    ),
    "envelope-reused": Rule(
        "En Bundle bär ett meddelande; ett nytt meddelande har en ny Bundle.",
        "A Bundle bears one message; a new message has a new Bundle.",
    ),
    "field-invalid": Rule(
        "Ett element har den form som dess typ kräver.", "An element has the form that its type asks for."
    ),
    "foreign-unit": Rule(
        "Ett system talar bara för sina egna enheter.",
        "A system speaks for its own units only.",
    ),
    "gallrat": Rule(
        "Ett ärende vars innehåll är gallrat läses och ändras inte mer.",
        "A case whose content has been removed is neither read nor changed any more.",
    ),
    "held": Rule(
        "Meddelandet är mottaget och väntar; ett slutligt svar följer.",
        "The message has been received and waits; a final answer follows.",
    ),
    "http": Rule("Anropet följer HTTP.", "The call follows HTTP."),
    "http-400": Rule("En begäran är HTTP/1.1.", "A request is HTTP/1.1."),
    "http-408": Rule("En begäran kommer hel inom en begränsad tid.", "A request comes whole within a limited time."),
    "http-431": Rule("Rubrikerna ryms inom gränsen.", "The headers are within the limit."),
    "http-503": Rule(
        "Hubben har ett begränsat antal anslutningar.",
        "The hub has a limited number of connections.",
    ),
    "id-reused": Rule(
        "Ett id bär ett meddelande, för alltid.",
        "An id bears one message, for ever.",
    ),
    "internal": Rule(
        "Hubben har ett fel, som är loggat; det går att sända igen.",
        "The hub has a defect, which is logged; send again.",
    ),
    "invalid-value": Rule("Varje fält har ett värde av sitt slag.", "Every field has a value of its kind."),
    "media-type": Rule(
        "Innehållet är av ett slag som hubben läser.",
        "The body is of a kind that the hub reads.",
    ),
    "member-twice": Rule("Ett fält står en gång.", "A member stands once."),
    "method": Rule("Adressen anropas med en metod som den tar.", "An address is called by a method that it takes."),
    "missing-field": Rule("Det som typen kräver finns.", "What the type requires is there."),
    "no-plan": Rule("En plan läses när ärendet har en.", "A plan is read when the case has one."),
    "not-acceptable": Rule(
        "Svaret begärs i ett format som det finns i.",
        "An answer is asked for in a format that there is.",
    ),
    "not-found": Rule("Adressen finns.", "The address exists."),
    "not-json": Rule("Innehållet är JSON.", "The body is JSON."),
    "not-utf8": Rule("Texten är UTF-8.", "The text is UTF-8."),
    "operations": Rule(
        "Driften har nekat ett kvarhållet meddelande, med en orsak.",
        "Operations have refused a held message, with a reason.",
    ),
    "sources-needed": Rule(
        "En lista som hör till flera tider nämner varje meddelandes source.",
        "A list that is of several times names the source of each message.",
    ),
    "span-too-full": Rule(
        "En avstämning gäller så många meddelanden som ett svar rymmer.",
        "A reconciliation is of as many messages as an answer holds.",
    ),
    "span-too-long": Rule(
        "En avstämning gäller ett begränsat antal dygn.",
        "A reconciliation is of a limited number of days.",
    ),
    "subscription": Rule(
        "En prenumeration begär vad som finns: ett ämne, kanalen rest-hook, en adress som hubben får anropa.",
        "A Subscription asks for what there is: a topic, the channel rest-hook, an address that the hub may call.",
    ),
    "subscription-overlap": Rule(
        "Ett slag av underrättelser går till ett system på en av dess prenumerationer.",
        "A kind of notices goes to a system by one of its Subscriptions.",
    ),
    "too-deep": Rule("Innehållet är inte djupare än vad som behövs.", "The body is no deeper than it needs to be."),
    "too-large": Rule("Innehållet ryms inom gränsen.", "The body is within the limit."),
    "too-slow": Rule("Ett meddelande läses inom en begränsad tid.", "A message is read within a limited time."),
    "unauthenticated": Rule(
        "Den som anropar visar vilket system det är.",
        "A caller shows which system it is.",
    ),
    "unavailable": Rule(
        "Hubben kan inte ta emot just nu; det går att sända igen.",
        "The hub cannot take messages in right now; send again.",
    ),
    "unknown-case": Rule(
        "Ett meddelande gäller ett ärende som finns, och som avsändaren känner till.",
        "A message is about a case that exists and that the sender knows of.",
    ),
    "unknown-field": Rule("Bara fält som typen har.", "Only fields that the type has."),
    "unknown-meeting": Rule("Mötet finns i ärendet.", "The meeting is in the case."),
    "unknown-system": Rule("Systemet finns i katalogen.", "The system is in the directory."),
    "unknown-type": Rule(
        "Meddelandet har en typ som finns i ärendets process och inte är hubbens egen.",
        "The message has a type that the case's process has and that is not the hub's own.",
    ),
    "unknown-unit": Rule("Enheten finns i katalogen.", "The unit is in the directory."),
    "way-not-open": Rule(
        "Ett system sänder på de sätt som katalogen öppnar för det.",
        "A system sends by the ways that the directory opens for it.",
    ),
    "another-count": Rule(
        "Antalet som anges är det som skulle sändas om.",
        "The number given is the number that would be sent again.",
    ),
    "no-right": Rule(
        "Var och en av driften gör det som rollen ger behörighet till.",
        "Everybody of operations does what their role gives the right to.",
    ),
    "glass-closed": Rule(
        "Innehåll läses, och personer söks, efter en nödöppning: med skäl, i trettio minuter, inför alla som granskar.",
        "Bodies are read, and persons searched for, when the glass is broken: with a reason, for thirty minutes, before all who audit.",
    ),
    "logout-token": Rule(
        "Inloggningstjänsten säger att någon har loggat ut med ett eget, nytt logout_token.",
        "The sign-in service says that somebody has signed out by a logout_token of its own, a new one.",
    ),
    "no-role": Rule(
        "Den som loggar in har en roll i hubben.",
        "Whoever signs in has a role in the hub.",
    ),
    "no-sign-in": Rule(
        "Inloggning sker hos den inloggningstjänst som installationen har.",
        "Signing in is done at the sign-in service that the installation has.",
    ),
    "personal-reason": Rule(
        "Ett skäl nämner ingen person: ärendet eller meddelandet nämns med sitt id.",
        "A reason names no person: the case or the message is named by its id.",
    ),
    "provider-away": Rule(
        "Inloggningstjänsten svarar som den ska.",
        "The sign-in service answers as it should.",
    ),
    "reason-missing": Rule(
        "Den som gör något säger varför.",
        "Whoever does something says why.",
    ),
    "redirect-uri": Rule(
        "Webbläsaren sänds bara till sidor som installationen har angett.",
        "The browser is sent only to pages that the installation has named.",
    ),
    "shown-name": Rule(
        "Det som driften gör bär ett namn, aldrig ett personnummer.",
        "What operations does bears a name, never a personal identity number.",
    ),
    "sign-in-awaited": Rule(
        "En enhets session börjar när någon har loggat in i en webbläsare.",
        "A device's session begins when somebody has signed in in a browser.",
    ),
    "sign-in-refused": Rule(
        "Inloggningstjänsten intygar vem som loggar in, för den här hubben och just nu.",
        "The sign-in service vouches for who signs in, for this hub and at this moment.",
    ),
    "sign-in-unknown": Rule(
        "En inloggning görs färdig en gång, inom tio minuter, där den började.",
        "A sign-in is completed once, within ten minutes, where it was begun.",
    ),
    "too-many-guesses": Rule(
        "Den som visar felaktiga nycklar väntar.",
        "Whoever shows wrong tokens waits.",
    ),
    "signed-out": Rule(
        "Driften loggar in för att se och styra.",
        "Operations signs in to see and to steer.",
    ),
    "given-up": Rule(
        "En underrättelse kvitteras så länge den väntar.",
        "A notice is acknowledged as long as it waits.",
    ),
    "no-inbox": Rule(
        "Inkorgen är för system som hämtar sina underrättelser.",
        "The inbox is for systems that fetch their notices.",
    ),
    "no-such-credential": Rule(
        "Ett byte gäller en hemlighet som systemet har.",
        "A rotation is of a credential that the system has.",
    ),
    "no-subscriptions": Rule(
        "Prenumerationer görs av system som får sina underrättelser genom dem.",
        "Subscriptions are made by systems that are told by them.",
    ),
    "not-fetched": Rule(
        "En underrättelse kvitteras när den har hämtats.",
        "A notice is acknowledged once it has been fetched.",
    ),
    "rotation-under-way": Rule(
        "Ett byte av en hemlighet görs i taget.",
        "One rotation of a credential is made at a time.",
    ),
    "said-otherwise": Rule(
        "En underrättelse kvitteras på ett sätt: mottagen eller avvisad.",
        "A notice is acknowledged in one way: taken or refused.",
    ),
    "replayed-already": Rule(
        "En underrättelse är i en omsändning åt gången.",
        "A notice is in one replay at a time.",
    ),
    "too-far-back": Rule(
        "Ett system får det som är nyligen sänt sänt igen.",
        "A system has sent again what was sent recently.",
    ),
    "too-many-readers": Rule(
        "Ett system har ett begränsat antal anrop som väntar.",
        "A system has a limited number of calls that wait.",
    ),
    "too-many-to-replay": Rule(
        "Ett system får ett begränsat antal underrättelser sända igen på en gång.",
        "A system has a limited number of notices sent again at once.",
    ),
    "too-much-in-hand": Rule(
        "Ett system kvitterar vad det har hämtat innan det hämtar mycket mer.",
        "A system acknowledges what it has fetched before it fetches much more.",
    ),
    "too-often": Rule("Ett system frågar med måtta.", "A system asks in moderation."),
    "unknown-notice": Rule(
        "En kvittens nämner en underrättelse till det egna systemet.",
        "An acknowledgement names a notice to the system itself.",
    ),
    **OPERATIONS,
}
"""Reason → what it asks for."""
