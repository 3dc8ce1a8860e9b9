"""The acts of a SIP for the FHIR contract examples: one for each message name, and the variants that differ in FHIR. Imports the
language only.

The codes are those of sip-messages.md §7; each example is of a profile that has the message. The only patient is the fictitious Tolvan
Tolvansson (C-64).
"""

from __future__ import annotations

from typing import Any, Final

from schemas.messages import MESSAGES
from schemas.parts import Part

SIP_CASE: Final = "SIP-2026-000001"
_CENTRE: Final = "SE2321000255-VC01"
_TOWN: Final = "SE2120001132-KOM1"
_TOLVAN: Final = {"personnummer": "191212121212", "name": "Tolvan Tolvansson", "phone": "046-12 34 56"}
_COORDINATOR: Final = {
    "person": "SE2321000255-P003",
    "unit": _CENTRE,
    "phone": "046-17 00 01",
    "email": "vc01@example.se",
}
_BY: Final = {"unit": _CENTRE, "actor": "SE2321000255-P003", "time": "2026-03-12T11:02:00+01:00"}
_SNAPSHOT: Final[dict[str, Any]] = {
    "element": "insats/77b0",
    "version": 2,
    "under": "delmal/5f3a",
    "unit": _TOWN,
    "fields": {"text": {"value": "Gångträning två gånger i veckan", "version": 1, "sequence": 41, "by": _BY}},
}

_BODIES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "sip.initiativ": (
        _CENTRE,
        {
            "patient": _TOLVAN,
            "reason": "Flera insatser från region och kommun",
            "requested_by": {"code": "narstaende", "name": "Tolva Tolvansson", "relation": "maka"},
            "stallforetradare": {"name": "Tolva Tolvansson", "relation": "maka", "phone": "046-12 34 57"},
            "samordningsansvarig": _COORDINATOR,
            "receivers": [
                {"unit": _TOWN, "kvittera": True, "professions": ["bistandshandlaggare"]},
                {"unit": "SE2321000255-AVD12", "kvittera": False},
            ],
            "information": {"given": True},
            "samtycke": {"outcome": "given", "given_by": "Personen", "decided_by": "SE2321000255-P003"},
            "svu": "SVU-2026-000001",
        },
    ),
    "sip.initiativ.two_consents": (
        _TOWN,
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
        _CENTRE,
        {"patient": {"personnummer": "191212121212"}, "kind": "uppfoljning", "send": False},
    ),
    "sip.svar": (_TOWN, {"accepts": True}),
    "sip.svar.rejected": (
        _TOWN,
        {
            "accepts": False,
            "comment": "Personen är listad hos annan vårdcentral",
            "suggested_unit": "SE2321000255-VC02",
        },
    ),
    "sip.kallelse": (
        _CENTRE,
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
        _TOWN,
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
            "receivers": [{"unit": _CENTRE, "kvittera": True, "professions": ["fysioterapeut", "lakare"]}],
            "participants": [
                {"person": True},
                {"outsider": "Tolva Tolvansson", "phone": "046-12 34 57"},
                {"unit": _TOWN, "name": "NN", "title": "Enhetschef", "role": "motesledare"},
                {"relation": "Tolk i arabiska", "role": "tolk"},
            ],
        },
    ),
    "sip.kallelse.draft": (_CENTRE, {"meeting": {"id": "m-3"}, "reason": "Återkommande fall i hemmet", "send": False}),
    "sip.kallelse_andrad": (
        _CENTRE,
        {"meeting": {"id": "m-1", "start": "2026-03-13T13:00:00+01:00"}, "version": 1},
    ),
    "sip.kallelse_andrad.receivers": (
        _TOWN,
        {"meeting": {"id": "m-2"}, "version": 2, "receivers": [{"unit": _CENTRE}], "participants": []},
    ),
    "sip.kallelse_andrad.recalled": (_CENTRE, {"meeting": {"id": "m-1"}, "recalled": True}),
    "sip.kallelsesvar": (
        _TOWN,
        {
            "meeting": "m-1",
            "attendees": [{"name": "NN", "title": "Fysioterapeut", "how": "distans", "extent": "del"}],
        },
    ),
    "sip.kallelsesvar.words": (
        _TOWN,
        {
            "meeting": "m-2",
            "text": "Enhetschefen kommer",
            "invitees": [{"name": "NN", "relation": "kontaktperson i hemtjänsten"}],
        },
    ),
    "sip.samordningsansvarig": (_CENTRE, {**_COORDINATOR, "change": "bytt"}),
    "sip.samordningsansvarig.unit": (_TOWN, {"unit": _TOWN, "change": "bytt", "phone": "046-00 00 00"}),
    "sip.kartlaggning": (
        _TOWN,
        {
            "fields": {
                "boende.behov": {"text": "Klarar inte trapporna", "version": 0},
                "boende.resurser": {"text": "Går med rollator på plant golv"},
            },
            "removed": ["ekonomi.behov"],
        },
    ),
    "sip.kartlaggning.start": (_TOWN, {"start": True}),
    "sip.mote": (
        _CENTRE,
        {
            "meeting": "m-1",
            "form": "fysiskt",
            "attended": [
                {"unit": _TOWN, "name": "NN", "phone": "046-00 00 00", "role": "motesledare"},
                {"outsider": "Tolva Tolvansson", "relation": "maka"},
                {"person": True, "present": False},
            ],
            "person_present": False,
            "note": "Personen orkade inte",
            "follow_up_date": "2026-09-15",
            "samordningsansvarig": _COORDINATOR,
        },
    ),
    "sip.mote.not_held": (_CENTRE, {"meeting": "m-1", "held": False}),
    "sip.plan": (
        _CENTRE,
        {
            "edits": [
                {
                    "element": "delmal/5f3a",
                    "change": "tillagd",
                    "under": "plan",
                    "set": {
                        "text": "Jag vill kunna gå till affären",
                        "area": "forflyttning",
                        "completion_date": "2026-09-15",
                        "responsible": {
                            "unit": _CENTRE,
                            "name": "NN",
                            "title": "Fysioterapeut",
                            "phone": "046-17 00 02",
                        },
                    },
                },
                {
                    "element": "insats/77b0",
                    "change": "tillagd",
                    "under": "delmal/5f3a",
                    "set": {
                        "text": "Gångträning två gånger i veckan",
                        "responsible": {"unit": _TOWN},
                        "completion_date": "2026-06-30",
                        "shared": True,
                    },
                },
                {
                    "element": "insats/77b1",
                    "change": "tillagd",
                    "under": "delmal/5f3a",
                    "set": {"text": "Promenad varje dag", "responsible": {"person": True}},
                },
                {
                    "element": "plan",
                    "change": "andrad",
                    "version": 3,
                    "set": {"situation": "Bor ensam sedan i höstas", "huvudmal": "Bo kvar hemma", "delivery": "1177"},
                },
            ]
        },
    ),
    "sip.plan.edits": (
        _TOWN,
        {
            "edits": [
                {
                    "element": "aktivitet/a1",
                    "change": "andrad",
                    "version": 4,
                    "set": {
                        "name": "Promenader",
                        "description": "Med hemtjänsten",
                        "follow_up": None,
                        "status": "pagar",
                    },
                },
                {"element": "plan", "change": "andrad", "version": 7, "set": {"risk_assessment": None}},
                {"element": "plan", "change": "andrad", "version": 8, "set": {"time": "10:00"}},
                {"element": "aktivitet/a1", "change": "andrad", "version": 5, "under": "delmal/b2"},
                {"element": "mal/c3", "change": "avslutad", "version": 2},
                {"element": "delmal/5f3a", "change": "borttagen", "version": 1},
            ],
            "confirmed": True,
        },
    ),
    "sip.plan.participants_and_notes": (
        _TOWN,
        {
            "edits": [
                {
                    "element": "deltagare/d1",
                    "change": "tillagd",
                    "under": "plan",
                    "set": {"relation": "dotter", "name": "NN", "phone": "046-00 00 00"},
                },
                {"element": "deltagare/d2", "change": "tillagd", "under": "plan", "set": {"unit": _CENTRE}},
                {
                    "element": "anteckning/n1",
                    "change": "tillagd",
                    "under": "plan",
                    "set": {
                        "template": "sip_vuxen",
                        "vart_vill_jag_na": "Bo kvar hemma",
                        "insatser_och_ansvar": "Hemtjänsten går med till affären",
                    },
                },
                {
                    "element": "mal/m1",
                    "change": "tillagd",
                    "under": "plan",
                    "set": {
                        "definition": "Gå själv",
                        "long_term": "Bo kvar",
                        "responsible": {"outsider": "Tolva Tolvansson"},
                    },
                },
                {
                    "element": "aktivitet/a2",
                    "change": "tillagd",
                    "under": "mal/m1",
                    "set": {"heading": "Träning", "description": "Två gånger i veckan", "responsible": {"unit": _TOWN}},
                },
            ]
        },
    ),
    "sip.plan.draft": (
        _CENTRE,
        {
            "edits": [
                {
                    "element": "plan",
                    "change": "andrad",
                    "version": 1,
                    "set": {"kind": "ny", "need_found_by": {"code": "personen"}, "purpose": "Klara vardagen"},
                }
            ],
            "send": False,
        },
    ),
    "sip.delning": (_TOWN, {"element": "insats/77b0", "shared": True}),
    "sip.las": (_CENTRE, {"document": "plan", "change": "last"}),
    "sip.las.note": (_TOWN, {"document": "anteckning/n1", "change": "signerad"}),
    "sip.godkannande_start": (_CENTRE, {}),
    "sip.godkannande": (_TOWN, {"approver": "enhet", "plan_version": 1}),
    "sip.godkannande.person": (
        _CENTRE,
        {
            "approver": "stallforetradare",
            "how": "muntligt",
            "show_1177": False,
            "show_1177_reason": "Personen vill inte",
        },
    ),
    "sip.upprattande": (_CENTRE, {"kind": "upprattad"}),
    "sip.uppfoljning": (
        _TOWN,
        {
            "items": [
                {"element": "aktivitet/a1", "version": 4, "text": "Promenerar dagligen", "status": "klar"},
                {"element": "delmal/5f3a", "attainment": "helt"},
                {"element": "insats/77b0", "outcome": "fortsatter"},
            ]
        },
    ),
    "sip.uppfoljning.activate": (_CENTRE, {"activate": True}),
    "sip.uppdatering": (_CENTRE, {"reason": "Uppföljningsmöte hållet"}),
    "sip.uppdatering.assessment": (_CENTRE, {"document": "kartlaggning", "confirmed": True}),
    "sip.utvardering": (
        _CENTRE,
        {
            "date": "2026-09-15",
            "summary": "Målen är uppnådda",
            "goals": [{"element": "mal/m1", "text": "Går till affären varje dag"}],
        },
    ),
    "sip.avslut": (_CENTRE, {"at_persons_wish": True, "reason": "Personen önskar avsluta"}),
    "sip.avslut.plan": (_CENTRE, {"what": "plan", "reason": "Målen är uppnådda"}),
    "sip.aterstallning": (_TOWN, {"element": "delmal/5f3a", "reason": "Fel delmål avslutades"}),
}

SIP_ACTS: Final[dict[str, tuple[str, Part]]] = {
    key: (unit, MESSAGES[".".join(key.split(".")[:2])].model_validate(body)) for key, (unit, body) in _BODIES.items()
}
"""File name without ending → (the acting unit, the body), as ``example_acts.ACTS``."""

SIP_FROM_HUB: Final[dict[str, Part]] = {
    "sip.lage": MESSAGES["sip.lage"].model_validate(
        {
            "units": [_TOWN],
            "case": {"profile": "lifecare", "status": "open", "state": "pagaende"},
            "meetings": [{"id": "m-1", "kind": "ny", "start": "2026-03-12T10:00:00+01:00"}],
            "plan": {"version": 1, "current": True, "state": "pagaende", "elements": [_SNAPSHOT]},
        }
    ),
    "koppling": MESSAGES["koppling"].model_validate(
        {"case": "SVU-2026-000001", "process": "svu", "news": "utskrivningsklar", "at": "2026-03-06T08:00:00+01:00"}
    ),
}
"""File name without ending → body of a message of the hub."""
SHARED: Final = MESSAGES["sip.delning"].model_validate(
    {"element": "insats/77b0", "shared": True, "snapshot": _SNAPSHOT}
)
"""``sip.delning`` as receivers get it: with the insats as it stands (LC-6)."""
