"""The acts of the FHIR contract examples: one for each message name, and the variants that differ in FHIR. Imports the language only.

The only patient is the fictitious Tolvan Tolvansson; his wife is invented too (C-64). The codes are those of the profile
mina_planer.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from schemas import hub_messages, shared, svu
from schemas.parts import Part, Patient, Samtycke

WARD: Final = "SE2321000255-AVD12"
HEALTH_CENTRE: Final = "SE2321000255-VC01"
MUNICIPALITY: Final = "SE2120001132-K01"
EMERGENCY: Final = "SE2321000255-AVD31"
PHYSICIAN: Final = "SE2321000255-P002"
CARE_CONTACT: Final = "SE2321000255-P003"
CASE: Final = "SVU-2026-000001"
_CET: Final = timezone(timedelta(hours=1))
ADMITTED: Final = datetime(2026, 3, 2, 8, 40, tzinfo=_CET)
SENT: Final = datetime(2026, 3, 2, 9, 14, tzinfo=_CET)
WRITTEN: Final = datetime(2026, 3, 2, 8, 14, 1, tzinfo=UTC)
TOLVAN: Final = Patient(
    personnummer="191212121212", name="Tolvan Tolvansson", address="Storgatan 1, 222 22 Lund", phone="046-12 34 56"
)
CONSENT: Final = Samtycke(
    outcome="given",
    kind="svu",
    scope="Samordning vid utskrivning",
    holds_for=(HEALTH_CENTRE, MUNICIPALITY),
    valid_from=date(2026, 3, 2),
    given_by="Patienten",
    how="muntligt",
)
PLACEMENT: Final = svu.Placement(municipality="1281", stated_by="Biståndshandläggare, Lunds kommun")
_FILE: Final = b64encode("Rollator och duschpall är beställda.\n".encode()).decode()

ACTS: Final[dict[str, tuple[str, Part]]] = {
    "aterkallelse": (WARD, shared.Aterkallelse(reason="Patienten har ångrat sig", kind="svu")),
    "atkomst": (
        EMERGENCY,
        shared.Atkomst(ground="menprovning", comment="Akut omhändertagande, patienten är medvetslös"),
    ),
    "roll": (HEALTH_CENTRE, shared.Roll(unit=HEALTH_CENTRE, role="rehabkoordinator", change="tillagd")),
    "narstaende": (
        WARD,
        shared.Narstaende(
            people=(
                shared.Outsider(name="Tolva Tolvansson", relation="maka", phone="046-12 34 57"),
                shared.Outsider(name="Försäkringskassan", relation="handläggare", person_objects=True),
            )
        ),
    ),
    "narstaende.empty": (WARD, shared.Narstaende(people=())),
    "kontakt": (
        HEALTH_CENTRE,
        shared.Kontakt(
            person=CARE_CONTACT,
            unit=HEALTH_CENTRE,
            role="huvudansvarig",
            phone="046-17 00 01",
            email="vc01@example.se",
        ),
    ),
    "felsant": (HEALTH_CENTRE, shared.Felsant(message="inskrivning-1", reason="Patienten är inte listad här")),
    "meddelande": (
        WARD,
        shared.Meddelande(
            text="Hemgång först efter lunch, se bilagan.",
            receivers=(HEALTH_CENTRE, MUNICIPALITY),
            kvittera=(MUNICIPALITY,),
            attachment=shared.Attachment(name="hjalpmedel.txt", content=_FILE),
        ),
    ),
    "meddelande.to_all": (MUNICIPALITY, shared.Meddelande(text="Hemtjänsten är beställd.", kvittera=())),
    "makulering": (WARD, shared.Makulering(message="meddelande-1", reason="Fel bilaga")),
    "makulering.case": (WARD, shared.Makulering(case=True, reason="Fel person inskriven")),
    "avliden": (WARD, shared.Avliden(date=date(2026, 3, 5))),
    "avliden.undated": (MUNICIPALITY, shared.Avliden()),
    "uppslag": (WARD, shared.Uppslag()),
    "utskrift": (
        WARD,
        shared.Utskrift(document="inskrivning", for_whom="Patienten", why="Vill ha underlaget på papper"),
    ),
    "svu.beraknad_utskrivning": (
        WARD,
        svu.BeraknadUtskrivning(date=date(2026, 3, 9), reason="Infektion, fortsatt behandling"),
    ),
    "svu.utskrivningsklar": (
        WARD,
        svu.Utskrivningsklar(date=date(2026, 3, 6), responsible_physician=PHYSICIAN, placement=PLACEMENT),
    ),
    "svu.utskrivningsklar_avbruten": (WARD, svu.UtskrivningsklarAvbruten(reason="Feber i natt")),
    "svu.utskrivningsklar_avbruten.moved": (
        WARD,
        svu.UtskrivningsklarAvbruten(reason="Feber i natt", date=date(2026, 3, 8), responsible_physician=PHYSICIAN),
    ),
    "svu.fast_vardkontakt": (
        HEALTH_CENTRE,
        svu.FastVardkontakt(person=CARE_CONTACT, unit=HEALTH_CENTRE, kallelseansvarig=True),
    ),
    "svu.fast_vardkontakt.responsibility": (
        HEALTH_CENTRE,
        svu.FastVardkontakt(
            person="SE2321000255-P004", unit=HEALTH_CENTRE, change="andrad", responsibility="rehabilitering"
        ),
    ),
    "svu.kartlaggning": (
        WARD,
        svu.Kartlaggning(
            fields={
                "patientens_onskemal": svu.Written(text="Vill hem till sin lägenhet", version=0),
                "aktuellt_tillstand": svu.Written(
                    text="Går med rullator", choices=("rullator", "behover_en_person"), version=2
                ),
            }
        ),
    ),
    "svu.kartlaggning.start": (MUNICIPALITY, svu.Kartlaggning(start=True)),
    "svu.stallningstagande": (
        WARD,
        svu.Stallningstagande(
            slutenvard=svu.SlutenvardsDel(
                patient_opinion="Patienten är införstådd",
                egenvard=svu.YesNo(needed=False),
                forbrukningsmaterial=svu.YesNo(needed=True, description="Inkontinensskydd för en vecka"),
                responsible_physician=PHYSICIAN,
                sip_position="sip_behovs",
            )
        ),
    ),
    "svu.stallningstagande.oppenvard": (
        HEALTH_CENTRE,
        svu.Stallningstagande(
            oppenvard=svu.OppenvardsDel(
                responsible_physicians=("SE2321000255-P005", "SE2321000255-P006"),
                responsibility_division="Vårdcentralen svarar för läkemedel och uppföljning",
            )
        ),
    ),
    "svu.stallningstagande.kommun": (
        MUNICIPALITY,
        svu.Stallningstagande(kommun=svu.KommunsDel(planned_efforts="Hemtjänst morgon och kväll, trygghetslarm")),
    ),
    "svu.klarmarkering": (WARD, svu.Klarmarkering()),
    "svu.sip_stallning": (HEALTH_CENTRE, svu.SipStallning(approves=True)),
    "svu.sip_stallning.rejected": (
        HEALTH_CENTRE,
        svu.SipStallning(approves=False, comment="SIP finns redan", kallelseansvarig=CARE_CONTACT),
    ),
    "svu.justering": (MUNICIPALITY, svu.Justering()),
    "svu.utskrivning": (
        WARD,
        svu.Utskrivning(
            date=date(2026, 3, 6),
            kind="utskrivning",
            discharged_to="ordinart_boende",
            comment="Bor tills vidare hos dottern",
            confirmed=True,
        ),
    ),
    "svu.utskrivning.ended": (
        WARD,
        svu.Utskrivning(date=date(2026, 3, 6), kind="avslut_i_fortid", ended_with="annan_slutenvard"),
    ),
    "svu.utskrivning_angrad": (WARD, svu.UtskrivningAngrad(reason="Återinskriven samma dag")),
}
"""File name without ending → (the acting unit, the body); the part before the variant is the message's name."""

FROM_HUB: Final[dict[str, Part]] = {
    "folkbokforing": hub_messages.Folkbokforing(news="moved", address="Lillgatan 2, 241 30 Eslöv", municipality="1285"),
    "folkbokforing.deceased": hub_messages.Folkbokforing(news="deceased"),
    "folkbokforing.doubled": hub_messages.Folkbokforing(news="dubbelt_arende"),
    "folkbokforing.new_number": hub_messages.Folkbokforing(news="new_number", personnummer=TOLVAN.personnummer),
    "frist": hub_messages.Frist(
        name="kvittens_forsenad",
        due=datetime(2026, 3, 3, 9, 14, tzinfo=_CET),
        step="inskrivning",
        message="inskrivning-1",
        units=(MUNICIPALITY,),
    ),
    "frist.meeting": hub_messages.Frist(
        name="svar_forsenat",
        due=datetime(2026, 3, 3, 23, 0, tzinfo=_CET),
        step="kallelse",
        of="m-1",
        message="kallelse-1",
        units=(MUNICIPALITY,),
    ),
    "frist.element": hub_messages.Frist(
        name="uppfoljning_dags", due=datetime(2026, 9, 15, 23, 0, tzinfo=_CET), of="plan"
    ),
}
"""File name without ending → body of a message of the hub; ``examples`` has ``adressering`` and ``verifiering``."""


def name_of(key: str) -> str:
    """The message's name: ``svu.utskrivning.ended`` → ``svu.utskrivning``."""
    parts = key.split(".")
    return ".".join(parts[:2] if parts[0] in ("svu", "sip") else parts[:1])


def id_of(key: str) -> str:
    """The message id of an example: a FHIR id, so without underscore."""
    return f"{key.removeprefix('svu.').replace('_', '-').replace('.', '-')}-1"
