"""Why a message is held, why a case's receivers are found by hand, and why a Kafka partition waits. Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import BY_HAND, PARTITION_WAITS, RECORDS_LOST
from hub.catalogue.remedy import Reason, Remedy

_COMES: Final = Remedy(
    ("sender",),
    (
        "Meddelanden kommer på flera vägar, så att det ena kan hinna före det andra; det som saknas kan också aldrig ha sänts.",
        "Messages come by several ways, so one may overtake another; what is missing may also never have been sent.",
    ),
    (
        "Vänta: meddelandet går av sig självt när det andra kommer. Kommer det inte, låt avsändaren sända det; efter 72 timmar nekas detta.",
        "Wait: the message goes by itself when the other comes. If it does not, let the sender send it; after 72 hours this is refused.",
    ),
)

HELD: Final[dict[str, Reason]] = {
    "awaits-opening": Reason(
        (
            "Meddelandet kom före det som öppnar dess ärende, och går när det kommer.",
            "The message came before the one that opens its case, and goes when that comes.",
        ),
        _COMES,
    ),
    "awaits-consent": Reason(
        (
            "Meddelandet kom före informationen eller samtycket som det behöver, och går när det kommer.",
            "The message came before the information or the consent that it needs, and goes when that comes.",
        ),
        _COMES,
    ),
    "awaits-inskrivning": Reason(
        (
            "Meddelandets ärende har ingen publicerad inskrivning än; det går när den kommer.",
            "The message's case has no published inskrivning yet; it goes when that comes.",
        ),
        _COMES,
    ),
    "awaits-message": Reason(
        (
            "Meddelandet makulerar ett som inte har kommit, och går när det kommer.",
            "The message revokes one that has not come, and goes when that comes.",
        ),
        _COMES,
    ),
    "awaits-hsa": Reason(
        (
            "HSA har inte sagt om den som beslutade är legitimerad.",
            "HSA has not said whether the person who decided is licensed.",
        ),
        Remedy(
            ("register", "operations"),
            (
                "HSA svarar inte, eller tar inte emot hubbens frågor.",
                "HSA does not answer, or does not take the hub's questions.",
            ),
            (
                "Se HSA under Registren. Svarar det igen går meddelandet av sig självt (eller fråga nu: hub retry lookup ÄRENDE).",
                "See HSA on the registers' page. When it answers again the message goes by itself (or ask now: hub retry lookup CASE).",
            ),
        ),
    ),
    "names-changed": Reason(
        (
            "Ärendet har fått andra namn än de som meddelandets fil prövades mot; filen prövas igen.",
            "The case has other names than those that the message's file was checked for; the file is checked again.",
        ),
        Remedy(
            (),
            (
                "Någon kom in i ärendet medan filen prövades.",
                "Somebody came into the case while the file was being checked.",
            ),
            ("Inget: det löser sig på några sekunder.", "Nothing: it settles in a few seconds."),
        ),
    ),
    "awaits-system": Reason(
        (
            "Systemet som sände meddelandet finns inte i katalogen.",
            "The system that sent the message is not in the directory.",
        ),
        Remedy(
            ("operations",),
            (
                "Systemet togs bort ur katalogen, eller bytte id, medan dess meddelande väntade.",
                "The system was taken out of the directory, or changed its id, while its message waited.",
            ),
            (
                "Anslut systemet igen (hub directory apply, eller rollback), eller avvisa meddelandet (hub held refuse).",
                "Connect the system again (hub directory apply, or rollback), or refuse the message (hub held refuse).",
            ),
        ),
    ),
    "behind-held": Reason(
        (
            "Ett annat meddelande i samma ärende hålls kvar före det.",
            "Another message of its case is held before it.",
        ),
        Remedy(
            (),
            ("Ett ärendes meddelanden hanteras i sin ordning.", "The messages of a case are handled in their order."),
            ("Se till det som står först i ärendets kö.", "See to the first one of the case's queue."),
        ),
    ),
    "defect": Reason(
        ("Hubben har ett fel som meddelandet träffar.", "The hub met a defect of its own with the message."),
        Remedy(
            ("operations",),
            (
                "Något i meddelandet eller ärendet är så som ingen har förutsett; felets namn står efter kolonet.",
                "Something in the message or the case is as nobody has foreseen; the defect's name stands after the colon.",
            ),
            (
                "Anmäl felet med namnet och loggens rad. Det hanteras av sig självt i en rättad version; pröva det nu om du vill (hub held release).",
                "Report it with the name and the log's line. It is handled by itself in a mended version; try it now if you like (hub held release).",
            ),
        ),
        "defect:<name>",
    ),
    "other": Reason(
        (
            "Meddelandet väntar, av en orsak utan eget namn.",
            "The message waits, for a reason without a name of its own.",
        ),
        _COMES,
        "<reason>",
    ),
}
"""The reason of a hold → what it means and what is done."""

MANUAL: Final[dict[str, Reason]] = {
    "only_in_queue": Reason(
        (
            "Personen står bara i en vårdcentrals kö och är inte listad någonstans.",
            "The person stands only in a health centre's queue and is listed at none.",
        ),
        BY_HAND,
    ),
    "unlisted": Reason(
        ("Personen är inte listad på någon vårdcentral.", "The person is listed at no health centre."), BY_HAND
    ),
    "region_unknown": Reason(
        (
            "Inget register säger i vilken region personen är listad.",
            "No register says in which region the person is listed.",
        ),
        BY_HAND.since(
            "Personen är utvandrad, har ett samordningsnummer eller saknar folkbokföringsort.",
            "The person has left the country, has a samordningsnummer, or is registered nowhere.",
        ),
    ),
    "protected": Reason(
        (
            "Personen har skyddade personuppgifter, och inget delas.",
            "The person has protected identity, and nothing is shared.",
        ),
        BY_HAND.by("sender").do(
            "Samordna vid sidan av hubben, som regionen föreskriver. Lägg inte till enheter.",
            "Coordinate beside the hub, as the region prescribes. Add no units.",
        ),
    ),
    "not_found": Reason(
        ("Folkbokföringen känner inte numret.", "The population register does not know the number."),
        BY_HAND.by("sender")
        .since(
            "Numret är felskrivet, är en testpersons, eller har inte hunnit registreras.",
            "The number is misspelt, is a test person's, or is not registered yet.",
        )
        .do(
            "Avdelningen kontrollerar numret. Stämmer det lägger den till mottagarna för hand (deltagare).",
            "The ward checks the number. If it is right it adds the receivers by hand (deltagare).",
        ),
    ),
    "deceased": Reason(
        ("Folkbokföringen säger att personen är avliden.", "The population register says that the person has died."),
        BY_HAND.by("sender")
        .since(
            "Personen har avlidit, eller numret är någon annans.", "The person has died, or the number is another's."
        )
        .do(
            "Avdelningen kontrollerar identiteten, och avslutar ärendet om den stämmer.",
            "The ward checks the identity, and ends the case if it is right.",
        ),
    ),
    "reserve_number": Reason(
        ("Ingen söks med ett reservnummer.", "Nobody is looked up by a reserve number."),
        BY_HAND.since(
            "Personen har bara ett reservnummer, som de nationella registren inte känner.",
            "The person has only a reserve number, which the national registers do not know.",
        ),
    ),
    "lookup_unavailable": Reason(
        ("Inget register kunde frågas.", "No register could be asked."),
        BY_HAND.by("register", "operations")
        .since(
            "Ett register är nere, eller inga register är inställda (HUB_REGISTERS__…).",
            "A register is down, or no registers are set (HUB_REGISTERS__…).",
        )
        .do(
            "Se hur registren svarar (GET /ops/registers, hub status). Hubben frågar igen av sig själv; brådskar det lägger avdelningen till mottagarna för hand (deltagare).",
            "See how the registers answer (GET /ops/registers, hub status). The hub asks again by itself; if it is urgent the ward adds the receivers by hand (deltagare).",
        ),
    ),
    "receiver_not_connected": Reason(
        (
            "Vårdcentralen eller kommunen som hittades har inget system i katalogen.",
            "The health centre or the municipality found has no system in the directory.",
        ),
        BY_HAND.by("operations")
        .since("Mottagaren är inte ansluten till hubben.", "The receiver is not connected to the hub.")
        .do(
            "Anslut den (hub directory apply); det som väntar går då av sig självt. Tills dess: underrätta den för hand.",
            "Connect it (hub directory apply); what waits then goes by itself. Until then: tell it by hand.",
        ),
    ),
    "other": Reason(
        (
            "Mottagarna är inte funna, av en orsak utan eget namn.",
            "The receivers are not found, for a reason without a name of its own.",
        ),
        BY_HAND,
        "<outcome>",
    ),
}
"""The registers' outcome → why a case is in the manual queue (law-and-lookups §4), and what is done."""

PARTITION: Final[dict[str, Reason]] = {
    "corrupt": Reason(("En post i partitionen är skadad.", "A record of the partition is damaged."), PARTITION_WAITS),
    "codec-not-installed": Reason(
        (
            "En post är packad med ett sätt som hubben inte har.",
            "A record is packed in a way that the hub does not have.",
        ),
        PARTITION_WAITS.since(
            "Producenten packar med en codec som inte är installerad i hubben.",
            "The producer packs with a codec that is not installed in the hub.",
        ),
    ),
    "header-not-utf8": Reason(
        ("En rubrik på en post är inte UTF-8.", "A header of a record is not UTF-8."), PARTITION_WAITS
    ),
    "too-large": Reason(
        ("En post är större än vad som läses.", "A record is larger than what is read."), PARTITION_WAITS
    ),
    "not-authorised": Reason(
        ("Kafka låter inte hubben läsa topiken.", "Kafka does not let the hub read the topic."),
        PARTITION_WAITS.by("operations")
        .since("En behörighet (ACL) saknas för hubbens användare.", "A permission (ACL) is missing for the hub's user.")
        .do(
            "Ge hubbens användare READ på hub.in.*; läsningen fortsätter av sig själv.",
            "Give the hub's user READ on hub.in.*; the reading goes on by itself.",
        ),
    ),
    "unknown-system": Reason(
        (
            "Topiken hör till ett system som inte finns i katalogen.",
            "The topic is of a system that is not in the directory.",
        ),
        PARTITION_WAITS.by("operations")
        .since(
            "Systemet är inte anslutet än, är borttaget, eller topikens namn är fel.",
            "The system is not connected yet, is taken away, or the topic's name is wrong.",
        )
        .do(
            "Lägg till systemet i katalogen (in: kafka); läsningen fortsätter av sig själv. Annars: ta bort topiken.",
            "Add the system to the directory (in: kafka); the reading goes on by itself. Else: delete the topic.",
        ),
    ),
    "not-on-kafka": Reason(
        (
            "Systemet är inte anslutet över Kafka i katalogen.",
            "The system is not connected over Kafka in the directory.",
        ),
        PARTITION_WAITS.by("operations")
        .since("Katalogens in för systemet har inte kafka.", "The directory's in of the system lacks kafka.")
        .do(
            "Lägg till kafka i systemets in; läsningen fortsätter av sig själv.",
            "Add kafka to the system's in; the reading goes on by itself.",
        ),
    ),
    "defect": Reason(
        ("Hubben har ett fel som posten träffar.", "The hub met a defect of its own with the record."),
        PARTITION_WAITS.by("operations")
        .since("Något i posten är så som ingen har förutsett.", "Something in the record is as nobody has foreseen.")
        .do(
            "Anmäl felet med namnet och loggens rad, eller gå förbi posten (hub held pass).",
            "Report it with its name, or go on past the record (hub held pass).",
        ),
        "defect:<name>",
    ),
    "error": Reason(
        (
            "Posten går inte att läsa, av en orsak utan eget namn.",
            "The record cannot be read, for a reason without a name.",
        ),
        PARTITION_WAITS,
        "error:<name>",
    ),
    "retention": Reason(
        ("Kafka har tagit bort poster innan hubben läste dem.", "Kafka has removed records before the hub read them."),
        RECORDS_LOST.since(
            "Hubben stod stilla längre än topikens lagringstid (retention).",
            "The hub stood still for longer than the topic's retention.",
        ),
    ),
    "never-read": Reason(
        (
            "Topiken började inte från sin första post när hubben läste den första gången.",
            "The topic did not begin at its first record when the hub first read it.",
        ),
        RECORDS_LOST.since(
            "Poster sändes och togs bort innan systemet anslöts.",
            "Records were sent and removed before the system was connected.",
        ),
    ),
    "log-cut": Reason(
        (
            "Partitionen slutar före den plats dit hubben har läst.",
            "The partition ends before the place up to which the hub has read.",
        ),
        RECORDS_LOST.since(
            "Kafka har förlorat eller återställt en del av partitionen.",
            "Kafka has lost or restored a part of the partition.",
        ),
    ),
    "topic-deleted": Reason(("Topiken är borttagen.", "The topic is deleted."), RECORDS_LOST),
    "topic-made-anew": Reason(
        ("Topiken är borttagen och skapad på nytt.", "The topic was deleted and made anew."), RECORDS_LOST
    ),
    "other": Reason(
        (
            "Partitionen väntar, av en orsak utan eget namn.",
            "The partition waits, for a reason without a name of its own.",
        ),
        PARTITION_WAITS,
        "<reason>",
    ),
}
"""The reason of a partition's incident → what it means and what is done."""
