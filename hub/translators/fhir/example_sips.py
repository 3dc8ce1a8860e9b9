"""The acts of a SIP for the FHIR contract examples: one for each message name, and the variants that differ in FHIR; ``example_plans``
has those of the plan. Imports the language and the plans.

The codes are those of sip-messages.md §7; each example is of a profile that has the message. The only patient is the fictitious Tolvan
Tolvansson (C-64).
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir.example_plans import CENTRE, PLANS, SNAPSHOT, TOWN
from schemas.messages import MESSAGES
from schemas.parts import Part

SIP_CASE: Final = "SIP-2026-000001"
_TOLVAN: Final = {"personnummer": "191212121212", "name": "Tolvan Tolvansson", "phone": "046-12 34 56"}
_COORDINATOR: Final = {
    "person": "SE2321000255-P003",
    "unit": CENTRE,
    "phone": "046-17 00 01",
    "email": "vc01@example.se",
}
_BODIES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "sip.initiativ": (
        CENTRE,
        {
            "patient": _TOLVAN,
            "reason": "Flera insatser från region och kommun",
            "requested_by": {"code": "narstaende", "name": "Tolva Tolvansson", "relation": "maka"},
            "stallforetradare": {"name": "Tolva Tolvansson", "relation": "maka", "phone": "046-12 34 57"},
            "samordningsansvarig": _COORDINATOR,
            "receivers": [
                {"unit": TOWN, "kvittera": True, "professions": ["bistandshandlaggare"]},
                {"unit": "SE2321000255-AVD12", "kvittera": False},
            ],
            "information": {"given": True},
            "samtycke": {"outcome": "given", "given_by": "Personen", "decided_by": "SE2321000255-P003"},
            "svu": "SVU-2026-000001",
        },
    ),
    "sip.initiativ.two_consents": (
        TOWN,
        {
            "patient": {"personnummer": "191212121212"},
            "need_found_by": {"code": "kommun"},
            "samordningsansvarig": _COORDINATOR,
            "samtycke": [
                {"outcome": "given", "kind": "sip"},
                {"outcome": "given", "kind": "informationsoverforing", "valid_to": "2027-03-02"},
            ],
        },
    ),
    "sip.initiativ.draft": (
        CENTRE,
        {"patient": {"personnummer": "191212121212"}, "kind": "uppfoljning", "send": False},
    ),
    "sip.svar": (TOWN, {"accepts": True}),
    "sip.svar.rejected": (
        TOWN,
        {
            "accepts": False,
            "comment": "Personen är listad hos annan vårdcentral",
            "suggested_unit": "SE2321000255-VC02",
        },
    ),
    "sip.kallelse": (
        CENTRE,
        {
            "meeting": {
                "id": "m-1",
                "form": "fysiskt",
                "start": "2026-03-12T10:00:00+01:00",
                "end": "2026-03-12T11:00:00+01:00",
                "place": "Vårdcentralen, rum 3",
            },
            "initiator": {"code": "oppenvard", "relation": "Distriktssköterska"},
            "reason": "Återkommande fall i hemmet",
            "comment": "Maken ringer dottern",
        },
    ),
    "sip.kallelse.distance": (
        TOWN,
        {
            "kind": "uppfoljning",
            "meeting": {
                "id": "m-2",
                "form": "distans",
                "start": "2026-09-15T13:00:00+02:00",
                "link": "https://mote.example/intern",
                "link_external": "https://mote.example/extern",
                "conference_id": "123 456",
            },
            "purpose": "Följa upp gångträningen",
            "questions": "Räcker hemtjänsten?",
            "convener": _COORDINATOR,
            "answer_by": "2026-09-08",
            "receivers": [{"unit": CENTRE, "kvittera": True, "professions": ["fysioterapeut", "lakare"]}],
            "participants": [
                {"person": True},
                {"outsider": "Tolva Tolvansson", "phone": "046-12 34 57"},
                {"unit": TOWN, "name": "NN", "title": "Enhetschef", "role": "motesledare"},
                {"relation": "Tolk i arabiska", "role": "tolk"},
            ],
        },
    ),
    "sip.kallelse.draft": (CENTRE, {"meeting": {"id": "m-3"}, "reason": "Återkommande fall i hemmet", "send": False}),
    "sip.kallelse_andrad": (
        CENTRE,
        {"meeting": {"id": "m-1", "start": "2026-03-13T13:00:00+01:00"}, "version": 1},
    ),
    "sip.kallelse_andrad.receivers": (
        TOWN,
        {"meeting": {"id": "m-2"}, "version": 2, "receivers": [{"unit": CENTRE}], "participants": []},
    ),
    "sip.kallelse_andrad.recalled": (CENTRE, {"meeting": {"id": "m-1"}, "recalled": True}),
    "sip.kallelsesvar": (
        TOWN,
        {
            "meeting": "m-1",
            "attendees": [{"name": "NN", "title": "Fysioterapeut", "how": "distans", "extent": "del"}],
        },
    ),
    "sip.kallelsesvar.words": (
        TOWN,
        {
            "meeting": "m-2",
            "text": "Enhetschefen kommer",
            "invitees": [{"name": "NN", "relation": "kontaktperson i hemtjänsten"}],
        },
    ),
    "sip.samordningsansvarig": (CENTRE, {**_COORDINATOR, "change": "bytt"}),
    "sip.samordningsansvarig.unit": (TOWN, {"unit": TOWN, "change": "bytt", "phone": "046-00 00 00"}),
    "sip.kartlaggning": (
        TOWN,
        {
            "fields": {
                "boende.behov": {"text": "Klarar inte trapporna", "version": 0},
                "boende.resurser": {"text": "Går med rollator på plant golv"},
            },
            "removed": ["ekonomi.behov"],
        },
    ),
    "sip.kartlaggning.start": (TOWN, {"start": True}),
    "sip.mote": (
        CENTRE,
        {
            "meeting": "m-1",
            "form": "fysiskt",
            "attended": [
                {"unit": TOWN, "name": "NN", "phone": "046-00 00 00", "role": "motesledare"},
                {"outsider": "Tolva Tolvansson", "relation": "maka"},
                {"person": True, "present": False},
            ],
            "person_present": False,
            "note": "Personen orkade inte",
            "follow_up_date": "2026-09-15",
            "samordningsansvarig": _COORDINATOR,
        },
    ),
    "sip.mote.not_held": (CENTRE, {"meeting": "m-1", "held": False}),
    **PLANS,
}

SIP_ACTS: Final[dict[str, tuple[str, Part]]] = {
    key: (unit, MESSAGES[".".join(key.split(".")[:2])].model_validate(body)) for key, (unit, body) in _BODIES.items()
}
"""File name without ending → (the acting unit, the body), as ``example_acts.ACTS``."""

SIP_FROM_HUB: Final[dict[str, Part]] = {
    "sip.lage": MESSAGES["sip.lage"].model_validate(
        {
            "units": [TOWN],
            "case": {"profile": "lifecare", "status": "open", "state": "pagaende"},
            "meetings": [{"id": "m-1", "kind": "ny", "start": "2026-03-12T10:00:00+01:00"}],
            "plan": {"version": 1, "current": True, "state": "pagaende", "elements": [SNAPSHOT]},
        }
    ),
    "koppling": MESSAGES["koppling"].model_validate(
        {"case": "SVU-2026-000001", "process": "svu", "news": "utskrivningsklar", "at": "2026-03-06T08:00:00+01:00"}
    ),
}
"""File name without ending → body of a message of the hub."""
SHARED: Final = MESSAGES["sip.delning"].model_validate({"element": "insats/77b0", "shared": True, "snapshot": SNAPSHOT})
"""``sip.delning`` as receivers get it: with the insats as it stands (LC-6)."""
