"""Why a national register gave no answer (law-and-lookups §3). Imports the families only."""

from __future__ import annotations

from typing import Final

from hub.catalogue.remedies.families import REGISTER_AWAY, REGISTER_SETTINGS
from hub.catalogue.remedy import Reason, Remedy


def _vp(number: str, sv: str, en: str, remedy: Remedy = REGISTER_SETTINGS) -> Reason:
    return Reason((f"Plattformen svarar {number}: {sv}.", f"The platform answers {number}: {en}."), remedy)


_ADDRESS: Final = REGISTER_SETTINGS.do(
    "Kontrollera den logiska adressen i inställningarna (HUB_REGISTERS__…__LOGICAL_ADDRESS) och anslutningen i TAK; fråga sedan igen.",
    "Check the logical address of the settings (HUB_REGISTERS__…__LOGICAL_ADDRESS) and the connection in TAK; then ask again.",
)
_PERMISSION: Final = REGISTER_SETTINGS.do(
    "Beställ eller rätta hubbens behörighet i TAK för tjänstekontraktet, och fråga sedan igen.",
    "Order or correct the hub's permission in TAK for the service contract, then ask again.",
)
_CERTIFICATE: Final = REGISTER_SETTINGS.do(
    "Kontrollera hubbens certifikat (HUB_REGISTERS__…__CERT_FILE) och dess HSA-id hos plattformen; fråga sedan igen.",
    "Check the hub's certificate (HUB_REGISTERS__…__CERT_FILE) and its HSA-id at the platform; then ask again.",
)
_PLATFORM: Final = REGISTER_SETTINGS.do(
    "Anmäl felet med numret till plattformens förvaltning; hubben frågar igen när ärendet provas (hub retry lookup ÄRENDE).",
    "Report it with its number to whoever keeps the platform; the hub asks again when the case is tried (hub retry lookup CASE).",
)

REGISTER: Final[dict[str, Reason]] = {
    "VP001": _vp("VP001", "RIV-TA-versionen är inte angiven", "the RIV-TA version is not given", _PLATFORM),
    "VP002": _vp(
        "VP002",
        "avsändaren går inte att läsa ur certifikatet",
        "the sender cannot be read from the certificate",
        _CERTIFICATE,
    ),
    "VP003": _vp(
        "VP003", "den logiska adressen saknas i frågan", "the logical address is missing in the question", _ADDRESS
    ),
    "VP004": _vp(
        "VP004",
        "den logiska adressen är inte ansluten till kontraktet",
        "the logical address is not connected",
        _ADDRESS,
    ),
    "VP005": _vp(
        "VP005", "adressen har inte den RIV-TA-versionen", "the address does not have that RIV-TA version", _ADDRESS
    ),
    "VP006": _vp("VP006", "flera producenter svarar på adressen", "several producers answer at the address", _PLATFORM),
    "VP007": _vp(
        "VP007", "hubben saknar behörighet till kontraktet", "the hub has no permission for the contract", _PERMISSION
    ),
    "VP008": _vp("VP008", "adresskatalogen svarar inte", "the address catalogue does not answer", REGISTER_AWAY),
    "VP009": _vp("VP009", "producenten svarar inte i tid", "the producer does not answer in time", REGISTER_AWAY),
    "VP010": _vp(
        "VP010",
        "producentens adress saknas i katalogen",
        "the producer's address is missing in the catalogue",
        _PLATFORM,
    ),
    "VP011": _vp(
        "VP011", "avsändaren är inte godkänd av plattformen", "the sender is not approved by the platform", _CERTIFICATE
    ),
    "VP012": _vp(
        "VP012", "plattformen kunde inte läsa sin katalog", "the platform could not read its catalogue", _PLATFORM
    ),
    "VP013": _vp(
        "VP013",
        "en rubrik som plattformen kräver saknas",
        "a header that the platform asks for is missing",
        _CERTIFICATE,
    ),
    "VP014": _vp(
        "VP014", "plattformen har ett fel i sin inställning", "the platform has a fault in its settings", _PLATFORM
    ),
    "VP015": _vp(
        "VP015",
        "frågan följer inte plattformens krav",
        "the question does not follow the platform's demands",
        _PLATFORM,
    ),
    "VP-other": Reason(
        (
            "Plattformen svarar ett nummer som inte finns i tabellen.",
            "The platform answers a number that is not in the table.",
        ),
        _PLATFORM,
        "VP<number>",
    ),
    "client-fault": Reason(
        ("Producenten tar inte emot frågan (Client fault).", "The producer does not take the question (Client fault)."),
        REGISTER_SETTINGS.since(
            "Registret godtar inte frågan eller identiteten, som ett samordningsnummer hos ett listningsregister.",
            "The register does not accept the question or the identity, as a samordningsnummer at a listing register.",
        ),
    ),
    "server-fault": Reason(
        ("Producenten har ett fel (Server fault).", "The producer has a fault (Server fault)."), REGISTER_AWAY
    ),
    "result-error": Reason(("Listningsregistret svarar ERROR.", "The listing register answers ERROR."), REGISTER_AWAY),
    "time-out": Reason(("Registret svarade inte i tid.", "The register did not answer in time."), REGISTER_AWAY),
    "no-answer": Reason(
        ("Ingen förbindelse med registret.", "No connection with the register."),
        REGISTER_AWAY.by("register", "operations").since(
            "Registret är nere, eller nät, adress eller certifikat hindrar.",
            "The register is down, or the network, address or certificate hinders.",
        ),
    ),
    "register-busy": Reason(
        (
            "Fler frågor väntar till registret än det får ta per sekund.",
            "More questions wait for the register than it may take a second.",
        ),
        Remedy(
            (),
            (
                "Många inskrivningar på en gång, eller ett långsamt register.",
                "Many admissions at once, or a slow register.",
            ),
            (
                "Vänta: frågorna ställs i tur och ordning. Varar det: se HUB_REGISTERS__…__RATE.",
                "Wait: the questions are asked in their turn. If it lasts: see HUB_REGISTERS__…__RATE.",
            ),
        ),
    ),
    "http-5xx": Reason(
        (
            "Registret eller plattformen svarar med en tillfällig HTTP-status.",
            "The register or the platform answers a passing HTTP status.",
        ),
        REGISTER_AWAY,
        "http-<status>",
    ),
    "http-4xx": Reason(
        ("Registret eller plattformen avvisar anropet.", "The register or the platform refuses the call."),
        REGISTER_SETTINGS.since(
            "Fel adress, behörighet eller certifikat.", "A wrong address, permission or certificate."
        ),
        "http-<status>",
    ),
    "unreadable": Reason(
        (
            "Registrets svar går inte att läsa; vad som är fel står sist.",
            "The register's answer cannot be read; what is wrong stands last.",
        ),
        REGISTER_AWAY.by("register", "operations")
        .since(
            "Svaret följer inte tjänstekontraktet, eller är ett annat än frågans.",
            "The answer does not follow the contract, or is another's.",
        )
        .do(
            "Anmäl det till registrets förvaltning med kontrakt och tid; hubben frågar igen om fem minuter.",
            "Report it to whoever keeps the register, with contract and time; the hub asks again in five minutes.",
        ),
        "unreadable-<what>",
    ),
    "defect": Reason(
        (
            "Hubben har ett fel som registrets svar träffar.",
            "The hub met a defect of its own with the register's answer.",
        ),
        REGISTER_AWAY.by("operations").do(
            "Anmäl felet med namnet och loggens rad.", "Report it with the name and the log's line."
        ),
        "defect-<name>",
    ),
    "other": Reason(
        (
            "Registret gav inget svar, av en orsak utan eget namn.",
            "The register gave no answer, for a reason without a name.",
        ),
        REGISTER_AWAY,
        "<reason>",
    ),
}
"""A register's fault → what it means and what is done."""
