"""The bodies of the demo parties' messages, in Swedish and about fictitious persons (C-64). Imports the language and the clock only.

Codes and fields are those of the profiles.
"""

from __future__ import annotations

import random
from datetime import timedelta

from hub.sandbox.clock import today
from schemas.shared import Meddelande
from schemas.svu import (
    BeraknadUtskrivning,
    FastVardkontakt,
    Kartlaggning,
    KommunsDel,
    OppenvardsDel,
    SipStallning,
    SlutenvardsDel,
    Stallningstagande,
    Utskrivning,
    UtskrivningAngrad,
    Utskrivningsklar,
    UtskrivningsklarAvbruten,
    Written,
    YesNo,
)

_DATES = ("Inväntar hjälpmedel", "Läkningen tar längre tid", "Återhämtar sig snabbare än väntat")
_WORSE = ("Feber sedan i morse", "Nytt fall på avdelningen", "Sjunkande syresättning")
_WISHES = ("Vill hem till sin lägenhet", "Vill bo nära sin syster", "Vill klara trapporna själv")
_STATES = ("Går med rollator inomhus", "Behöver stöd vid förflyttning", "Smärtfri i vila")
_BACKGROUND = ("Bor ensam, hemtjänst två gånger om dagen", "Bor med make", "Inga insatser tidigare")
_EARLIER = (
    "Känd på vårdcentralen sedan många år",
    "Kontakt med rehabilitering i våras",
    "Diabetessköterska var tredje månad",
)
_EFFORTS = ("Hemtjänst morgon och kväll, trygghetslarm", "Korttidsplats i två veckor", "Rehabilitering i hemmet")
_QUESTIONS = ("När kommer läkemedelslistan?", "Finns hjälpmedel hemma?", "Vem möter vid hemkomsten?")
_PLACES = ("ordinart_boende", "sarskilt_boende", "korttidsboende")
RESPONSIBILITIES = ("rehabilitering", "dialys", "psykiatri")


def new_date(chance: random.Random) -> BeraknadUtskrivning:
    """V-8: another estimated day, with its reason."""
    return BeraknadUtskrivning(date=today() + timedelta(days=chance.randint(2, 12)), reason=chance.choice(_DATES))


def ready(physician: str) -> Utskrivningsklar:
    """V-9: ready for discharge from today."""
    return Utskrivningsklar(date=today(), responsible_physician=physician)


def interrupted(chance: random.Random, physician: str | None) -> UtskrivningsklarAvbruten:
    """V-10: moved to a new date when there is a physician, else taken back."""
    date = None if physician is None else today() + timedelta(days=chance.randint(1, 3))
    return UtskrivningsklarAvbruten(reason=chance.choice(_WORSE), date=date, responsible_physician=physician)


def wards_half(chance: random.Random) -> list[Kartlaggning]:
    """V-11: the ward's fields, one message each."""
    return [
        Kartlaggning(fields={"patientens_onskemal": Written(text=chance.choice(_WISHES), version=0)}),
        Kartlaggning(fields={"aktuellt_tillstand": Written(text=chance.choice(_STATES), version=0)}),
    ]


def others_half(chance: random.Random, field: str) -> Kartlaggning:
    """V-11: a field of the other parties: earlier care relations, or background."""
    words = _EARLIER if field == "tidigare_vardrelationer" else _BACKGROUND
    return Kartlaggning(fields={field: Written(text=chance.choice(words))})


def wards_part(chance: random.Random, physician: str) -> list[Stallningstagande]:
    """V-12: the ward's part: first the patient's opinion, then the rest."""
    own_care = chance.random() < 0.5
    return [
        Stallningstagande(slutenvard=SlutenvardsDel(patient_opinion=chance.choice(_WISHES))),
        Stallningstagande(
            slutenvard=SlutenvardsDel(
                egenvard=YesNo(needed=own_care, description="Sköter insulin själv" if own_care else None),
                forbrukningsmaterial=YesNo(needed=False),
                responsible_physician=physician,
                sip_position=chance.choice(("sip_behovs", "sip_behovs", "sip_behovs_inte", "sip_finns")),
            )
        ),
    ]


def wards_edit(chance: random.Random) -> Stallningstagande:
    """V-15: a change of the ward's part."""
    return Stallningstagande(slutenvard=SlutenvardsDel(patient_opinion=f"Har ändrat sig: {chance.choice(_WISHES)}"))


def centres_part(physician: str) -> Stallningstagande:
    """V-13."""
    part = OppenvardsDel(
        responsible_physicians=(physician,), responsibility_division="Vårdcentralen följer upp i hemmet"
    )
    return Stallningstagande(oppenvard=part)


def municipalitys_part(chance: random.Random) -> Stallningstagande:
    """V-14."""
    return Stallningstagande(kommun=KommunsDel(planned_efforts=chance.choice(_EFFORTS)))


def on_sip(approves: bool) -> SipStallning:
    """V-13."""
    return SipStallning(approves=approves, comment=None if approves else "Behovet av SIP behöver talas igenom först")


def contact(person: str, unit: str, responsibility: str | None) -> FastVardkontakt:
    """V-7: kallelseansvarig when ``responsibility`` is None, else a contact with that responsibility."""
    calls = responsibility is None
    return FastVardkontakt(person=person, unit=unit, kallelseansvarig=calls, responsibility=responsibility)


def question(chance: random.Random, of: tuple[str, ...] | None = None) -> Meddelande:
    """C-40: a free message to all units, or to some."""
    return Meddelande(text=chance.choice(_QUESTIONS), kvittera=of)


def discharge(chance: random.Random, *, confirmed: bool) -> Utskrivning:
    """V-16: a discharge today."""
    return Utskrivning(date=today(), kind="utskrivning", discharged_to=chance.choice(_PLACES), confirmed=confirmed)


def early_end() -> Utskrivning:
    """V-16: the case ends before the patient leaves."""
    return Utskrivning(date=today(), kind="avslut_i_fortid", ended_with="annat")


def undone() -> UtskrivningAngrad:
    """V-17."""
    return UtskrivningAngrad(reason="Transporten ställdes in, patienten är kvar")
