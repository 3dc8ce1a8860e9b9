"""What is drawn of an SVU, in contracts/svu.md: its states, and the messages that are tried in each. Pure; imports the engine
and the language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from hub.processes.engine.case import Case
from hub.processes.engine.diagram import Picture, Trial
from hub.processes.engine.unit_view import outline
from hub.processes.svu.state import svu as state_of
from hub.processes.svu.steps import still_awaits
from schemas import shared, svu
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE
from schemas.parts import Information, Part, Patient, Samtycke
from schemas.shared import Deltagare
from schemas.svu import Inskrivning

_NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_PATIENT = Patient(personnummer="191212121212")
_WHO = "SE2321000255-P01"

_WARDS_PART = svu.SlutenvardsDel(
    patient_opinion="Vill hem",
    egenvard=svu.YesNo(needed=False),
    forbrukningsmaterial=svu.YesNo(needed=False),
    responsible_physician=_WHO,
    sip_position="sip_behovs",
)
_REWRITTEN = _WARDS_PART.model_copy(update={"patient_opinion": "Vill inte hem"})
"""The same words again would change nothing."""
_CENTRES_PART = svu.OppenvardsDel(responsible_physicians=(_WHO,), responsibility_division="Vårdcentralen")
_KOMMUNS_PART = svu.KommunsDel(planned_efforts="Hemtjänst")
_DISCHARGE = svu.Utskrivning(date=_NOW.date(), kind="utskrivning", discharged_to="ordinart_boende", confirmed=True)


def _admission(*, embedded: str | None = None, reason: str | None = "Fall") -> Inskrivning:
    return Inskrivning(
        patient=_PATIENT,
        admitted_at=_NOW,
        estimated_discharge=date(2026, 3, 6),
        reason=reason,
        information=None if embedded is None else Information(given=True),
        samtycke=None if embedded is None else Samtycke.model_validate({"outcome": embedded, "decided_by": _WHO}),
    )


_WARD: tuple[tuple[str, str, Part], ...] = (
    ("information", "information", Information(given=True, patient=_PATIENT)),
    ("samtycke: given", "samtycke", Samtycke(outcome="given")),
    ("samtycke: refused", "samtycke", Samtycke(outcome="refused")),
    ("samtycke: menprovning", "samtycke", Samtycke(outcome="menprovning", decided_by=_WHO)),
    ("svu.inskrivning, draft", "svu.inskrivning", Inskrivning(patient=_PATIENT, draft=True)),
    ("svu.inskrivning", "svu.inskrivning", _admission()),
    ("svu.inskrivning without reason", "svu.inskrivning", _admission(reason=None)),
    ("svu.inskrivning with information and samtycke", "svu.inskrivning", _admission(embedded="given")),
)


def _progress(case: Case | None) -> str:
    """How far the ward has come, as one state."""
    if case is None:
        return "no case"
    known = [] if case.information is None else ["informed"]
    known += [] if case.samtycke is None else [f"consent {case.samtycke}"]
    return ("published, " if case.published else "open, ") + (" and ".join(known) or "nothing registered")


def _addressing(case: Case | None) -> str:
    """Where the addressing stands, as one state."""
    if case is None or case.addressed is None:
        return "asked"
    if case.status != "open":
        return "closed"
    return "manual queue" if case.in_manual_queue else "receivers known"


def _stay(case: Case | None) -> str:
    """How far a published stay has come, as one state."""
    assert case is not None
    if case.status != "open":
        return case.status
    awaited = case.awaited.get("stallningstagande")
    if awaited is None:
        return "admitted"
    if not state_of(case).klarmarkerad:
        return "the ward writes its part"
    if state_of(case).sip_approved is False:
        return "no to the position on SIP"
    return "justering awaited" if still_awaits(case, awaited) else "adjusted by all"


def _time(case: Case | None) -> str:
    """Where the time of discharge stands, as one state."""
    assert case is not None
    if case.status != "open":
        return case.status
    return "utskrivningsklar: the clock runs" if "klar" in state_of(case).dates else "estimated"


def pictures(names: Mapping[str, str]) -> tuple[Picture, ...]:
    """SVU's diagrams; ``names``: a world's units by name."""
    ward, centre, municipality = (names[name] for name in ("lund_avd12", "vc_klostergarden", "lund_kommun"))
    admitted = Trial(ward, "svu.inskrivning", "svu.inskrivning", _admission(embedded="given"))
    found = Trial(HUB_SOURCE, "adressering", "adressering", _answer("listed", centre, municipality))
    stay = _trials_of_a_stay(ward, centre, municipality)
    answers = (
        ("adressering: both found", _answer("listed", centre, municipality)),
        ("adressering: one not connected", _answer("listed", centre, None)),
        ("adressering: any other outcome", _answer("unlisted", None, municipality)),
        ("adressering: protected or deceased", _answer("protected", None, None)),
    )
    addressing = tuple(Trial(HUB_SOURCE, label, "adressering", data) for label, data in answers)
    addressing += tuple(
        Trial(ward, "deltagare", "deltagare", Deltagare(unit=unit, change="tillagd")) for unit in (centre, municipality)
    )
    of_the_ward = tuple(Trial(ward, *trial) for trial in _WARD)
    begun = (admitted, found)
    return (
        Picture("The stay: from a published admission to the discharge", "admitted", begun, stay, _stay, _stand),
        Picture("The time of discharge", "estimated", begun, stay, _time, _stand),
        Picture("From nothing to a published admission (profile Mina planer)", "no case", (), of_the_ward, _progress),
        Picture("Whom the hub addresses (V-2)", "asked", (admitted,), addressing, _addressing),
    )


def _trials_of_a_stay(ward: str, centre: str, municipality: str) -> tuple[Trial, ...]:
    """The messages of all three parties, from a case in which they take part."""
    parts: list[tuple[str, str, Part]] = [
        (ward, "svu.stallningstagande", svu.Stallningstagande(slutenvard=_WARDS_PART)),
        (ward, "svu.stallningstagande", svu.Stallningstagande(slutenvard=_REWRITTEN)),
        (centre, "svu.stallningstagande", svu.Stallningstagande(oppenvard=_CENTRES_PART)),
        (municipality, "svu.stallningstagande", svu.Stallningstagande(kommun=_KOMMUNS_PART)),
        (ward, "svu.klarmarkering", svu.Klarmarkering()),
        (centre, "svu.sip_stallning", svu.SipStallning(approves=True)),
        (centre, "svu.sip_stallning", svu.SipStallning(approves=False)),
        (ward, "svu.utskrivningsklar", svu.Utskrivningsklar(date=_NOW.date(), responsible_physician=_WHO)),
        (ward, "svu.beraknad_utskrivning", svu.BeraknadUtskrivning(date=_NOW.date(), reason="Feber")),
        (ward, "svu.utskrivningsklar_avbruten", svu.UtskrivningsklarAvbruten(reason="Feber")),
        (ward, "makulering", shared.Makulering(case=True)),
        (ward, "svu.utskrivning", _DISCHARGE),
        (ward, "svu.utskrivning_angrad", svu.UtskrivningAngrad()),
    ]
    parts += [(unit, "svu.justering", svu.Justering()) for unit in (ward, centre, municipality)]
    return tuple(Trial(unit, _labelled(name, data), name, data) for unit, name, data in parts)


def _labelled(name: str, data: Part) -> str:
    short = name.removeprefix("svu.")
    return f"{short}: {'yes' if data.approves else 'no'}" if isinstance(data, svu.SipStallning) else short


def _stand(case: Case | None) -> object:
    """Everything that decides what is possible next, in whatever order it has come about, so that no state is tried twice."""
    assert case is not None
    looked_at = outline(case)
    return (
        tuple(part for part in looked_at if not isinstance(part, tuple)),
        frozenset((part[0], frozenset(part[1:])) for part in looked_at if isinstance(part, tuple)),
        frozenset((key, unit) for key, one in case.awaited.items() for unit in one.by),
        frozenset(case.unanswered),
        frozenset(case.access),
    )


def _answer(outcome: str, centre: str | None, municipality: str | None) -> Adressering:
    found = {"outcome": outcome, "health_centre": centre, "municipality_unit": municipality}
    return Adressering.model_validate(found)
