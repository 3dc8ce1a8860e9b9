"""What a receiver's answer means for its notices: of rows that are dead, and of those that are tried again (D-6). Imports the families
only.
"""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import RECEIVER_AWAY, RECEIVER_SETTINGS
from hub.catalogue.remedy import Reason, Remedy

_NOTICE: Final = Remedy(
    ("receiver",),
    (
        "Mottagarens system kan inte hantera just den här underrättelsen; därför försöks den inte igen.",
        "The receiver's system cannot handle this very notice; therefore it is not tried again.",
    ),
    (
        "Visa mottagarens leverantör vad den svarade och underrättelsens id. När det är rättat: sänd om (hub dead replay), annars ge upp den med en orsak (hub dead skip). Ärendets senare underrättelser väntar bakom.",
        "Show the receiver's vendor what it answered and the notice's id. When it is mended: replay (hub dead replay), else give it up with a reason (hub dead skip). The case's later notices wait behind it.",
    ),
)
_BROKER: Final = Remedy(
    ("operations",),
    ("Kafka, som är hubbens egen, tog inte emot.", "Kafka, which is the hub's own, did not take it."),
    (
        "Se till Kafka; hubben försöker varje sekund och fortsätter själv.",
        "See to Kafka; the hub tries every second and goes on by itself.",
    ),
)


def _http(status: str, sv: str, en: str, remedy: Remedy) -> Reason:
    return Reason((sv, en), remedy, f"http:{status}")


DELIVERY: Final[dict[str, Reason]] = {
    "http-400": _http(
        "400",
        "Mottagaren säger att innehållet är fel (400).",
        "The receiver says that the content is wrong (400).",
        _NOTICE,
    ),
    "http-409": _http(
        "409",
        "Mottagaren säger att underrättelsen krockar med det den har (409).",
        "The receiver says that it conflicts (409).",
        _NOTICE,
    ),
    "http-422": _http(
        "422",
        "Mottagaren kan inte behandla innehållet (422).",
        "The receiver cannot process the content (422).",
        _NOTICE,
    ),
    "http-3xx": _http(
        "3<xx>",
        "Mottagaren hänvisar till en annan adress (3xx), och hubben följer ingen hänvisning.",
        "The receiver redirects to another address (3xx), and the hub follows no redirect.",
        RECEIVER_SETTINGS.by("operations")
        .since("Mottagarens adress har ändrats.", "The receiver's address has changed.")
        .do(
            "Stäm av den nya adressen med mottagaren, skriv den i katalogen (out.url), och sänd om.",
            "Agree the new address with the receiver, write it in the directory (out.url), and replay.",
        ),
    ),
    "http-401": _http(
        "401",
        "Mottagaren godtar inte hubbens signatur eller nyckel (401).",
        "The receiver does not accept the hub's signature or token (401).",
        RECEIVER_SETTINGS.since(
            "Hemligheten är bytt på den ena sidan, klockan går fel, eller innehållet skrivs om av en proxy på vägen.",
            "The secret is changed on one side, a clock is wrong, or a proxy rewrites the content on its way.",
        ).do(
            "Jämför hemligheterna (hub directory credentials), byt vid behov (rotate), kontrollera klockan, och sänd om.",
            "Compare the secrets (hub directory credentials), rotate where needed, check the clock, and replay.",
        ),
    ),
    "http-403": _http(
        "403",
        "Mottagaren släpper inte in hubben (403).",
        "The receiver does not let the hub in (403).",
        RECEIVER_SETTINGS.since(
            "Brandvägg, IP-lista eller behörighet hos mottagaren.", "A firewall, list of addresses or permission."
        ),
    ),
    "http-404": _http(
        "404",
        "Adressen finns inte hos mottagaren (404).",
        "There is no such address at the receiver (404).",
        RECEIVER_SETTINGS.since(
            "Fel sökväg i katalogen (out.url), eller tjänsten är inte driftsatt.",
            "A wrong path in out.url, or not deployed.",
        ),
    ),
    "http-405": _http(
        "405",
        "Mottagarens adress tar inte POST (405).",
        "The receiver's address does not take POST (405).",
        RECEIVER_SETTINGS,
    ),
    "http-410": _http(
        "410",
        "Mottagaren säger att den inte finns mer (410), och systemet är pausat.",
        "The receiver says that it is no more (410), and the system is paused.",
        RECEIVER_SETTINGS.by("operations", "receiver")
        .since("Tjänsten är avvecklad eller flyttad.", "The service is closed or has moved.")
        .do(
            "Fråga mottagaren. Rätta katalogen eller ta bort systemet, och återuppta sedan (hub resume).",
            "Ask the receiver. Correct the directory or take the system away, then resume (hub resume).",
        ),
    ),
    "http-413": _http(
        "413",
        "Underrättelsen är för stor för mottagarens server (413).",
        "The notice is too large for the receiver's server (413).",
        RECEIVER_SETTINGS.by("receiver").do(
            "Mottagaren höjer sin gräns (contracts/README.md säger storleken); sänd sedan om.",
            "The receiver raises its limit (contracts/README.md says how large); then replay.",
        ),
    ),
    "http-415": _http(
        "415",
        "Mottagaren läser inte formatet (415).",
        "The receiver does not read the format (415).",
        RECEIVER_SETTINGS.since(
            "Fel format i katalogen (format, out.body).", "The wrong format in the directory (format, out.body)."
        ),
    ),
    "http-408": _http(
        "408",
        "Mottagaren väntade för länge på anropet (408).",
        "The receiver timed out waiting for the call (408).",
        RECEIVER_AWAY,
    ),
    "http-429": _http(
        "429",
        "Mottagaren tar inte emot i den takten (429).",
        "The receiver does not take them at this rate (429).",
        RECEIVER_AWAY.do(
            "Hubben väntar så länge som Retry-After säger. Varar det: sänk systemets delivery.concurrency i katalogen.",
            "The hub waits for as long as Retry-After says. If it lasts: lower the system's delivery.concurrency in the directory.",
        ),
    ),
    "http-4xx": _http(
        "4<xx>",
        "Mottagaren avvisar anropet av en annan orsak (4xx).",
        "The receiver refuses the call for another reason (4xx).",
        RECEIVER_SETTINGS,
    ),
    "http-5xx": _http(
        "5<xx>", "Mottagarens server har ett fel (5xx).", "The receiver's server has a fault (5xx).", RECEIVER_AWAY
    ),
    "http-other": _http(
        "<status>",
        "Mottagaren svarar med en status som inte betyder något här.",
        "The receiver answers with a status that means nothing here.",
        RECEIVER_SETTINGS,
    ),
    "fhir-fatal-error": Reason(
        (
            "Mottagarens FHIR-server nekar meddelandet (fatal-error).",
            "The receiver's FHIR server refuses the message (fatal-error).",
        ),
        _NOTICE,
        "fhir:fatal-error",
    ),
    "fhir-transient-error": Reason(
        (
            "Mottagarens FHIR-server kan inte just nu (transient-error).",
            "The receiver's FHIR server cannot right now (transient-error).",
        ),
        RECEIVER_AWAY,
        "fhir:transient-error",
    ),
    "no-fhir-answer": Reason(
        (
            "Mottagarens FHIR-server svarade utan svar på just detta meddelande.",
            "The receiver's FHIR server answered without an answer to this message.",
        ),
        RECEIVER_SETTINGS.by("receiver").do(
            "Mottagaren svarar med en Bundle vars MessageHeader.response nämner meddelandets id, eller med 202 eller 204.",
            "The receiver answers with a Bundle whose MessageHeader.response names the message's id, or with 202 or 204.",
        ),
        "http:200 without an answer to this message",
    ),
    "answer-cut": Reason(
        ("Mottagarens svar är avklippt eller för långt.", "The receiver's answer is cut or too long."),
        RECEIVER_AWAY,
        "<answer>, and its answer is cut or too long",
    ),
    "timeout": Reason(("Mottagaren svarade inte i tid.", "The receiver did not answer in time."), RECEIVER_AWAY),
    "connection-refused": Reason(
        ("Inget lyssnar på mottagarens adress.", "Nothing listens at the receiver's address."),
        RECEIVER_AWAY,
        "connection refused",
    ),
    "no-such-host": Reason(
        ("Mottagarens servernamn har ingen adress.", "The receiver's host name has no address."),
        RECEIVER_SETTINGS.since(
            "Fel namn i katalogen (out.url), eller DNS svarar inte.", "A wrong name in out.url, or DNS does not answer."
        ),
        "its name has no address",
    ),
    "certificate-not-trusted": Reason(
        ("Hubben litar inte på mottagarens certifikat.", "The hub does not trust the receiver's certificate."),
        RECEIVER_SETTINGS.since(
            "Certifikatet har gått ut, gäller ett annat namn, eller är utfärdat av någon som hubben inte känner.",
            "The certificate has expired, is of another name, or is issued by one whom the hub does not know.",
        ).do("Mottagaren byter certifikat; sänd sedan om.", "The receiver renews its certificate; then replay."),
        "its certificate is not trusted: <why>",
    ),
    "no-tls": Reason(
        ("Ingen TLS-förbindelse gick att göra.", "No TLS connection could be made."),
        RECEIVER_SETTINGS,
        "no TLS connection could be made",
    ),
    "no-connection": Reason(
        ("Ingen förbindelse gick att göra.", "No connection could be made."),
        RECEIVER_AWAY,
        "no connection could be made",
    ),
    "not-http": Reason(
        ("Mottagarens svar är inte HTTP.", "What the receiver answered is not HTTP."),
        RECEIVER_SETTINGS,
        "what it answered is not HTTP",
    ),
    "broken-off": Reason(
        (
            "Förbindelsen bröts innan mottagaren svarade.",
            "The connection broke off before the receiver answered.",
        ),
        RECEIVER_AWAY,
        "the connection broke off before it answered",
    ),
    "http-not-allowed": Reason(
        (
            "Adressen är utan TLS, och här tillåts bara https.",
            "The address is without TLS, and only https is allowed here.",
        ),
        RECEIVER_SETTINGS.by("operations").do(
            "Skriv en https-adress i katalogen (HUB_WEBHOOK_PLAIN är för test).",
            "Write an https address in the directory (HUB_WEBHOOK_PLAIN is for tests).",
        ),
    ),
    "address-not-allowed": Reason(
        (
            "Adressen leder dit hubben inte får anropa.",
            "The address leads to where the hub may not call.",
        ),
        RECEIVER_SETTINGS.by("operations").since(
            "Namnet leder till ett nät utanför HUB_WEBHOOK_NETWORKS, eller till en server som katalogen inte nämner (out.hosts).",
            "The name leads to a network outside HUB_WEBHOOK_NETWORKS, or to a server that the directory does not name (out.hosts).",
        ),
    ),
    "secret-cannot-be-used": Reason(
        ("Systemets hemlighet går inte att signera med.", "The system's secret cannot be used for signing."),
        RECEIVER_SETTINGS.by("operations")
        .since(
            "Hemligheten i katalogen är inte whsec_ och base64.",
            "The secret of the directory is not whsec_ and base64.",
        )
        .do("Byt den (hub directory rotate SYSTEM secret).", "Rotate it (hub directory rotate SYSTEM secret)."),
    ),
    "no-subscription": Reason(
        (
            "Systemet har ingen aktiv prenumeration för sådana underrättelser; de sparas tills den har det.",
            "The system has no active Subscription for such notices; they are kept until it has.",
        ),
        RECEIVER_SETTINGS.by("receiver").do(
            "Mottagaren gör en prenumeration (POST /fhir/Subscription), eller rättar den som har stannat.",
            "The receiver makes a Subscription (POST /fhir/Subscription), or corrects the one that has stopped.",
        ),
        "no active Subscription",
    ),
    "refused-by-receiver": Reason(
        (
            "Mottagaren hämtade underrättelsen och avvisade den.",
            "The receiver fetched the notice and refused it.",
        ),
        _NOTICE,
    ),
    "too-large-for-the-broker": Reason(
        ("Underrättelsen är större än Kafka tar.", "The notice is larger than Kafka takes."),
        _BROKER.do("Höj message.max.bytes hos Kafka, och sänd om.", "Raise message.max.bytes at Kafka, and replay."),
    ),
    "broker-refused": Reason(
        ("Kafka nekade posten.", "Kafka refused the record."),
        _BROKER.do(
            "Se orsaken efter kolonet: oftast en behörighet (ACL) för hub.out.*, eller för få repliker.",
            "See the reason after the colon: mostly a permission (ACL) for hub.out.*, or too few replicas.",
        ),
        "the broker refused: <why>",
    ),
    "broker-silent": Reason(("Kafka svarade inte.", "Kafka gave no answer."), _BROKER, "the broker gave no answer"),
    "cannot-be-written": Reason(
        (
            "Hubben kunde inte skriva underrättelsen i mottagarens format.",
            "The hub could not write the notice in the receiver's format.",
        ),
        Remedy(
            ("operations",),
            (
                "Ett fel i hubben; dess namn står efter kolonet.",
                "A defect of the hub; its name stands after the colon.",
            ),
            (
                "Anmäl felet. Sänd om i en rättad version; brådskar det, underrätta mottagaren för hand.",
                "Report it. Replay in a mended version; if it is urgent, tell the receiver by hand.",
            ),
        ),
        "cannot-be-written:<name>",
    ),
    "other": Reason(
        (
            "Mottagaren tog inte emot, av en orsak utan eget namn.",
            "The receiver did not take it, for a reason without a name.",
        ),
        RECEIVER_SETTINGS,
        "<answer>",
    ),
}
"""A receiver's answer → what it means and what is done; ``gave-up:`` before an answer says that the time of trying is over."""
