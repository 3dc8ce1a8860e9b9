"""The acts of a SIP's plan for the FHIR contract examples: edits, approvals, follow-ups, the end. Imports nothing.

``example_sips`` says of which message each is.
"""

from __future__ import annotations

from typing import Any, Final

CENTRE: Final = "SE2321000255-VC01"
TOWN: Final = "SE2120001132-K01"
_BY: Final = {"unit": CENTRE, "actor": "SE2321000255-P003", "time": "2026-03-12T11:02:00+01:00"}
SNAPSHOT: Final[dict[str, Any]] = {
    "element": "insats/77b0",
    "version": 2,
    "under": "delmal/5f3a",
    "unit": TOWN,
    "fields": {"text": {"value": "Gångträning två gånger i veckan", "version": 1, "sequence": 41, "by": _BY}},
}
"""An insats as it stands (§4)."""

PLANS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "sip.plan": (
        CENTRE,
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
                            "unit": CENTRE,
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
                        "responsible": {"unit": TOWN},
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
        TOWN,
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
        TOWN,
        {
            "edits": [
                {
                    "element": "deltagare/d1",
                    "change": "tillagd",
                    "under": "plan",
                    "set": {"relation": "dotter", "name": "NN", "phone": "046-00 00 00"},
                },
                {"element": "deltagare/d2", "change": "tillagd", "under": "plan", "set": {"unit": CENTRE}},
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
                    "set": {"heading": "Träning", "description": "Två gånger i veckan", "responsible": {"unit": TOWN}},
                },
            ]
        },
    ),
    "sip.plan.draft": (
        CENTRE,
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
    "sip.delning": (TOWN, {"element": "insats/77b0", "shared": True}),
    "sip.las": (CENTRE, {"document": "plan", "change": "last"}),
    "sip.las.note": (TOWN, {"document": "anteckning/n1", "change": "signerad"}),
    "sip.godkannande_start": (CENTRE, {}),
    "sip.godkannande": (TOWN, {"approver": "enhet", "plan_version": 1}),
    "sip.godkannande.person": (
        CENTRE,
        {
            "approver": "stallforetradare",
            "how": "muntligt",
            "show_1177": False,
            "show_1177_reason": "Personen vill inte",
        },
    ),
    "sip.upprattande": (CENTRE, {"kind": "upprattad"}),
    "sip.uppfoljning": (
        TOWN,
        {
            "items": [
                {"element": "aktivitet/a1", "version": 4, "text": "Promenerar dagligen", "status": "klar"},
                {"element": "delmal/5f3a", "attainment": "helt"},
                {"element": "insats/77b0", "outcome": "fortsatter"},
            ]
        },
    ),
    "sip.uppfoljning.activate": (CENTRE, {"activate": True}),
    "sip.uppdatering": (CENTRE, {"reason": "Uppföljningsmöte hållet"}),
    "sip.uppdatering.assessment": (CENTRE, {"document": "kartlaggning", "confirmed": True}),
    "sip.utvardering": (
        CENTRE,
        {
            "date": "2026-09-15",
            "summary": "Målen är uppnådda",
            "goals": [{"element": "mal/m1", "text": "Går till affären varje dag"}],
        },
    ),
    "sip.avslut": (CENTRE, {"at_persons_wish": True, "reason": "Personen önskar avsluta"}),
    "sip.avslut.plan": (CENTRE, {"what": "plan", "reason": "Målen är uppnådda"}),
    "sip.aterstallning": (TOWN, {"element": "delmal/5f3a", "reason": "Fel delmål avslutades"}),
}
"""File name without ending → (the acting unit, the body as JSON)."""
