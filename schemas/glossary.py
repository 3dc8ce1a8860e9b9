"""The glossary: every Swedish word in names on the wire and in the code, explained in Swedish and English. Imports the words of
SIP's codes only.

Keys are the names as written there (å, ä, ö folded to a, a, o). Sources: processes.md "Words", messages.md §3–5 and
law-and-lookups.md. Documentation and console take their explanations from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.sip_glossary import SIP_WORDS
from schemas.word import Word

_NOUNS: Final = {
    "arende": Word("ärende", "En omgång av en process för en person.", "case"),
    "gallring": Word(
        "gallring", "Att innehåll tas bort för gott enligt en regel; det som visar vad som hänt är kvar.", "disposal"
    ),
    "svu": Word("SVU", "Samverkan vid utskrivning: processen kring en vistelse på sjukhus.", "discharge coordination"),
    "sip": Word("SIP", "Samordnad individuell plan.", "coordinated individual plan"),
    "slutenvard": Word(
        "slutenvård", "Vård av den som är inskriven på sjukhus; en av de tre parterna.", "inpatient care"
    ),
    "oppenvard": Word("öppenvård", "Regionens vård utanför sjukhus, främst primärvården; en part.", "outpatient care"),
    "kommun": Word("kommun", "Kommunens socialtjänst och hälso- och sjukvård; en part.", "municipality"),
    "region": Word("region", "Huvudman för sluten- och öppenvård i ett län.", "region"),
    "enhet": Word("enhet", "Del av en organisation, utpekad med HSA-id; hör till en part.", "unit"),
    "vardcentral": Word("vårdcentral", "Enhet i primärvården där en person kan vara listad.", "health centre"),
    "befattning": Word("befattning", "En persons befattning enligt HSA.", "position"),
    "roll": Word("roll", "Det en person handlar som i ett ärende, härlett ur befattningen.", "role"),
    "legitimerad": Word("legitimerad", "Har legitimation för sitt yrke i hälso- och sjukvården.", "licensed"),
    "fast_vardkontakt": Word("fast vårdkontakt", "Namngiven kontakt för personen i öppenvården.", "named care contact"),
    "svara": Word("svara", "Som enhet säga ja eller nej, eller vilka som kommer.", "answer"),
    "kallelseansvarig": Word("kallelseansvarig", "Den som ansvarar för att kalla till SIP.", "responsible for calling"),
    "samordningsansvarig": Word("samordningsansvarig", "Den som samordnar en persons SIP.", "coordinator"),
    "narstaende": Word("närstående", "Anhörig eller annan som står personen nära.", "relative or other close person"),
    "stallforetradare": Word("ställföreträdare", "Den som företräder personen i dennes ställe.", "representative"),
    "samtycke": Word("samtycke", "Personens ja eller nej till att uppgifter lämnas eller en SIP görs.", "consent"),
    "menprovning": Word(
        "menprövning", "Legitimerads prövning av om uppgifter kan lämnas när samtycke inte kan fås.", "harm assessment"
    ),
    "aktivt_val": Word(
        "aktivt val", "Medvetet val att ta del av uppgifter inom egen organisation.", "deliberate choice"
    ),
    "laslage": Word("läsläge", "Åtkomst för att läsa men inte ändra.", "read-only access"),
    "inskrivning": Word("inskrivning", "Att personen tas in i slutenvård, och meddelandet om det.", "admission"),
    "beraknad_utskrivning": Word(
        "beräknad utskrivning", "Dag då personen väntas bli utskriven.", "estimated discharge"
    ),
    "utskrivningsklar": Word(
        "utskrivningsklar",
        "Behandlande läkare har bedömt att slutenvård inte längre behövs (lag 2017:612 1 kap. 3 §).",
        "ready for discharge",
    ),
    "utskrivning": Word("utskrivning", "Att personen lämnar slutenvården; avslutar SVU.", "discharge"),
    "avslut_i_fortid": Word(
        "avslut i förtid", "SVU avslutas utan att personen skrivs ut på vanligt sätt.", "early end"
    ),
    "kartlaggning": Word("kartläggning", "Parternas gemensamma beskrivning av läge och behov.", "assessment"),
    "stallningstagande": Word(
        "ställningstagande", "Vad parterna, var för sin del, tar ställning till före utskrivning.", "position statement"
    ),
    "egenvard": Word("egenvård", "Åtgärd som personen får utföra själv efter vårdens bedömning.", "self-care"),
    "forbrukningsmaterial": Word("förbrukningsmaterial", "Material som personen behöver hemma.", "consumables"),
    "klarmarkera": Word("klarmarkera", "Ange att den egna delen är färdig.", "mark as ready"),
    "kvittera": Word("kvittera", "Bekräfta som enhet att ett meddelande är mottaget och läst.", "acknowledge"),
    "justera": Word("justera", "Som enhet skriva under ställningstagandet.", "sign off"),
    "godkanna": Word("godkänna", "Som enhet, eller person, säga ja till planen.", "approve"),
    "makulera": Word("makulera", "Dra tillbaka: ett meddelande blir kvar, märkt; ett ärende försvinner.", "revoke"),
    "godkannande": Word("godkännande", "Ett ja till planen.", "approval"),
    "att_gora": Word("att göra", "Något i ärendet väntar på enheten.", "something awaits the unit"),
    "justering": Word("justering", "En underskrift av ställningstagandet.", "sign-off"),
    "notifiering": Word("notifiering", "Avisering för kännedom, som inte ska kvitteras.", "notice for information"),
    "tid": Word("tid", "Steget tid för utskrivning: beräknad, därefter utskrivningsklar.", "time of discharge"),
    "kallelse": Word("kallelse", "Inbjudan till ett planeringsmöte.", "call to a meeting"),
    "mote": Word("möte", "Ett planeringsmöte, bokat eller hållet.", "meeting"),
    "aktorsmote": Word("aktörsmöte", "Möte mellan aktörerna, utan personen själv.", "meeting of professionals"),
    "plan": Word("plan", "Det dokument som SIP mynnar ut i.", "plan"),
    "mal": Word("mål", "Vad personen ska uppnå.", "goal"),
    "delmal": Word("delmål", "Del av ett mål, med ansvarig enhet.", "sub-goal"),
    "aktivitet": Word("aktivitet", "Något som ska göras för att nå ett delmål.", "activity"),
    "insats": Word("insats", "Något som en aktör gör för personen.", "effort"),
    "uppfoljning": Word("uppföljning", "Att i efterhand se hur det gått med planen.", "follow-up"),
    "utvardering": Word("utvärdering", "Slutlig bedömning av planen innan den avslutas.", "evaluation"),
    "listning": Word("listning", "Personens val av vårdcentral.", "listing"),
    "lissy": Word("Lissy", "Region Skånes register över listning.", "Skåne's register of listings"),
    "folkbokforing": Word(
        "folkbokföring", "Registret över befolkningen: adress, kommun, avliden, skyddad.", "population register"
    ),
    "adressering": Word("adressering", "Navets svar på vilka enheter som berörs av ett ärende.", "addressing"),
    "verifiering": Word("verifiering", "HSA:s svar på vem den handlande är.", "verification"),
    "frist": Word("frist", "En tid som har gått ut.", "deadline"),
    "lan": Word("län", "Det område som en region svarar för.", "county"),
    "lanskod": Word("länskod", "SCB:s två siffror för ett län.", "county code"),
    "kommunkod": Word("kommunkod", "SCB:s fyra siffror för en kommun.", "municipality code"),
    "personnummer": Word("personnummer", "Skatteverkets nummer för en folkbokförd person.", "personal identity number"),
    "samordningsnummer": Word(
        "samordningsnummer", "Skatteverkets nummer för den som inte är folkbokförd.", "coordination number"
    ),
    "reservnummer": Word(
        "reservnummer", "Vårdens nummer för den vars personnummer saknas eller är okänt.", "reserve number"
    ),
    "nationellt_reservnummer": Word(
        "nationellt reservnummer", "Reservnummer enligt Ineras format.", "national reserve number"
    ),
    "regionalt_reservnummer": Word(
        "regionalt reservnummer", "Reservnummer enligt en regions format.", "regional reserve number"
    ),
    "organisationsnummer": Word("organisationsnummer", "Nummer för en juridisk person.", "organisation number"),
    "orgnr": Word("orgnr", "Organisationsnummer, förkortat.", "organisation number"),
    "hsa": Word("HSA", "Vårdens och omsorgens katalog över enheter och personal.", "national staff and unit directory"),
}

_VALUES: Final = {
    "tillagd": Word("tillagd", "Har lagts till.", "added"),
    "borttagen": Word("borttagen", "Har tagits bort.", "removed"),
    "uttrade": Word("utträde", "Enheten lämnar själv ärendet.", "left"),
    "utsedd": Word("utsedd", "Har fått uppdraget.", "appointed"),
    "andrad": Word("ändrad", "Har ändrats.", "changed"),
    "bytt": Word("bytt", "Uppdraget har gått över till en annan, i ett steg.", "replaced"),
    "last": Word("låst", "Ingen kan skriva förrän det låses upp.", "locked"),
    "signerad": Word("signerad", "Underskriven; andra kan åter skriva.", "signed"),
    "upplast": Word("upplåst", "Går att skriva i igen.", "unlocked"),
    "upprattad": Word("upprättad", "Planen gäller.", "established"),
    "uppfoljd": Word("uppföljd", "Planen har följts upp och gäller i ny version.", "followed up"),
    "ny": Word("ny", "Den första i sitt slag.", "new"),
    "ny_efter_utskrivning": Word("ny efter utskrivning", "Ny SIP i samband med en utskrivning.", "new after discharge"),
    "fysiskt": Word("fysiskt", "Mötet hålls på plats.", "in person"),
    "distans": Word("distans", "Mötet hålls över länk.", "by video link"),
    "telefon": Word("telefon", "Mötet hålls per telefon.", "by telephone"),
    "annat": Word("annat", "Något annat än det uppräknade.", "other"),
    "svar": Word("svar", "Ett ja eller nej som väntas.", "answer"),
    "informationsoverforing": Word(
        "informationsöverföring", "Samtycke till att uppgifter lämnas över.", "transfer of information"
    ),
}

_MESSAGES: Final = {
    "information": Word("information", "Personen har, eller har inte, fått information.", "information given"),
    "aterkallelse": Word("återkallelse", "Samtycket är taget tillbaka.", "consent withdrawn"),
    "atkomst": Word("åtkomst", "Läsning av ett ärende som den egna enheten inte deltar i.", "access"),
    "deltagare": Word("deltagare", "En enhet kommer till eller går ur.", "participant"),
    "kontakt": Word("kontakt", "En kontaktperson läggs till, ändras eller tas bort.", "contact"),
    "kvittens": Word("kvittens", "Enheten har tagit emot ett meddelande och läst det.", "acknowledgement"),
    "felsant": Word("felsänt", "Meddelandet har kommit till fel mottagare.", "wrongly sent"),
    "meddelande": Word("meddelande", "Fri text till enheterna i ärendet.", "free message"),
    "makulering": Word("makulering", "Ett meddelande eller ett ärende dras tillbaka.", "revocation"),
    "avliden": Word("avliden", "Personen har avlidit.", "deceased"),
    "uppslag": Word("uppslag", "Begäran om ny fråga till folkbokföringen.", "register look-up"),
    "utskrift": Word("utskrift", "En handling har tagits ut, för vem och varför.", "printout"),
    "svu.inskrivning": Word("inskrivning", "Inskrivningsmeddelande; öppnar SVU.", "admission notice"),
    "svu.beraknad_utskrivning": Word(
        "beräknad utskrivning", "Ny beräknad dag för utskrivning.", "changed estimated discharge"
    ),
    "svu.utskrivningsklar": Word(
        "utskrivningsklar", "Underrättelse om utskrivningsklar; lagens frist börjar.", "ready-for-discharge notice"
    ),
    "svu.utskrivningsklar_avbruten": Word(
        "utskrivningsklar avbruten",
        "Personen är inte längre utskrivningsklar, eller från annan dag.",
        "ready for discharge withdrawn",
    ),
    "svu.fast_vardkontakt": Word(
        "fast vårdkontakt", "Fast vårdkontakt utses, ändras eller tas bort.", "named care contact"
    ),
    "svu.kartlaggning": Word("kartläggning", "Uppgifter i SVU:s kartläggning.", "assessment"),
    "svu.stallningstagande": Word("ställningstagande", "En parts del av ställningstagandet.", "position statement"),
    "svu.klarmarkering": Word(
        "klarmarkering", "Slutenvårdens del är färdig; övriga kan skriva och justera.", "marked as ready"
    ),
    "svu.sip_stallning": Word(
        "SIP-ställning", "Öppenvårdens ja eller nej till slutenvårdens förslag om SIP.", "answer on the need of a SIP"
    ),
    "svu.justering": Word("justering", "Enheten skriver under ställningstagandet.", "sign-off"),
    "svu.utskrivning": Word("utskrivning", "Utskrivningsmeddelande; avslutar SVU.", "discharge notice"),
    "svu.utskrivning_angrad": Word(
        "utskrivning ångrad", "Utskrivningen tas tillbaka och SVU öppnas igen.", "discharge undone"
    ),
    "sip.initiativ": Word("initiativ", "En part tar initiativ till SIP.", "initiative"),
    "sip.svar": Word("svar", "Mottagarens ja eller nej till initiativet.", "answer to an initiative"),
    "sip.kallelse": Word("kallelse", "Kallelse till möte om SIP.", "call to a meeting"),
    "sip.kallelse_andrad": Word("kallelse ändrad", "En kallelse är ändrad eller återkallad.", "call changed"),
    "sip.kallelsesvar": Word("kallelsesvar", "Kallad enhets svar: vilka som kommer, och hur.", "answer to a call"),
    "sip.samordningsansvarig": Word(
        "samordningsansvarig", "Samordningsansvarig utses, byts eller tas bort.", "coordinator"
    ),
    "sip.kartlaggning": Word("kartläggning", "Uppgifter i SIP:ens kartläggning.", "assessment"),
    "sip.mote": Word("möte", "Mötet är hållet eller inte; vilka som var med.", "meeting held"),
    "sip.plan": Word("plan", "En ändring i planen.", "edit of the plan"),
    "sip.delning": Word("delning", "En insats görs synlig för övriga.", "sharing"),
    "sip.las": Word("lås", "Ett dokument låses, signeras eller låses upp.", "lock"),
    "sip.godkannande_start": Word("godkännande start", "Planen fryses och alla ombeds godkänna.", "approval begun"),
    "sip.godkannande": Word("godkännande", "En enhet eller personen godkänner planen.", "approval"),
    "sip.upprattande": Word("upprättande", "Planen upprättas eller följs upp.", "establishment"),
    "sip.uppfoljning": Word("uppföljning", "Hur det gått med en aktivitet eller insats.", "follow-up"),
    "sip.uppdatering": Word("uppdatering", "Ny version av planen påbörjas.", "update"),
    "sip.utvardering": Word("utvärdering", "Planen utvärderas före avslut.", "evaluation"),
    "sip.avslut": Word("avslut", "Planen eller ärendet avslutas.", "end"),
    "sip.aterstallning": Word("återställning", "Ett felaktigt avslut rättas av administratör.", "reopening"),
    "sip.lage": Word("läge", "Navets bild av ärendet för en enhet som kommer in.", "the case as it stands"),
    "koppling": Word("koppling", "Vad som har hänt i ett länkat ärende av den andra processen.", "link"),
}

WORDS: Final[Mapping[str, Word]] = MappingProxyType({**SIP_WORDS, **_NOUNS, **_VALUES, **_MESSAGES})
"""Name on the wire or in code → its word. Message names are written in full, as ``svu.inskrivning``."""
