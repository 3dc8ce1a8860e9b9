"""A whole SIP of each region, from its opening to its end, as a manual walks it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from schemas.messages import HUB_SOURCE
from tests.sip.walk import STAFF, WORLD, Act, Walk

TOLVAN = {"personnummer": "191212121212"}
GIVEN = {"outcome": "given"}
START, LATER = "2026-03-12T10:00:00+01:00", "2026-09-12T10:00:00+02:00"


def _units(*names: str) -> tuple[str, ...]:
    return tuple(WORLD.names[name] for name in names)


UNITS: Mapping[str, tuple[str, ...]] = {
    "mina_planer": _units("lund_kommun", "vc_klostergarden", "lund_avd12", "vc_lomma", "malmo_kommun"),
    "prator": _units("sundsvall_kommun", "vc_skonsmon", "sundsvall_avd3", "vc_nacksta"),
    "samsa": _units("molndal_kommun", "vc_molndal", "sahlgrenska_avd21", "vc_majorna"),
    "lifecare": _units("lulea_kommun", "vc_bjorkskatan", "sunderby_avd5", "lulea_hemsjukvard"),
    "cosmic_link": _units("vc_oxbacken", "vasteras_kommun", "vasteras_avd8", "vasteras_hemsjukvard"),
}
"""Region's profile → who takes part: first the opener, then the one that it works with, then others."""


def edit(
    element: str, change: str, version: int | None = None, under: str | None = None, **set_: Any
) -> dict[str, Any]:
    said = {"element": element, "change": change, "version": version, "under": under, "set": set_ or None}
    return {name: value for name, value in said.items() if value is not None}


def call(meeting: str, start: str, unit: str | None = None, /, **more: Any) -> dict[str, Any]:
    receivers = {} if unit is None else {"receivers": [{"unit": unit}]}
    return {"meeting": {"id": meeting, "form": "fysiskt", "start": start, "place": "Rum 3"}, **receivers, **more}


def _mina_planer(a: str, b: str, c: str, *_: str) -> list[Act]:
    who = {"initiator": {"code": "oppenvard"}, "reason": "Fall i hemmet"}
    return [
        Act(a, "sip.initiativ", {"patient": TOLVAN}),
        Act(
            HUB_SOURCE,
            "adressering",
            {"outcome": "listed", "health_centre": b, "municipality_unit": a, "name": "Tolvan"},
        ),
        Act(a, "information", {"given": True}),
        Act(a, "samtycke", GIVEN),
        Act(a, "deltagare", {"unit": c, "change": "tillagd"}),
        Act(a, "sip.kallelse", call("m-1", START, **who)),
        Act(b, "kvittens", {"message": "m-6"}),
        Act(b, "sip.samordningsansvarig", {"person": STAFF[b], "unit": b, "change": "utsedd"}),
        Act(b, "sip.kartlaggning", {"fields": {"boende.form": {"text": "Trappor"}}}),
        Act(
            b,
            "sip.plan",
            {
                "edits": [
                    edit("plan", "andrad", 1, situation="Ensam", huvudmal="Gå ut"),
                    edit("delmal/a", "tillagd", text="Gå till affären", responsible={"unit": b}),
                    edit("aktivitet/b", "tillagd", under="delmal/a", name="Promenad"),
                ]
            },
        ),
        Act(b, "sip.godkannande_start"),
        Act(b, "sip.godkannande", {"approver": "enhet"}),
        Act(c, "sip.godkannande", {"approver": "enhet"}),
        Act(a, "sip.godkannande", {"approver": "enhet"}),
        Act(
            a, "sip.uppfoljning", {"items": [{"element": "aktivitet/b", "version": 1, "text": "Bra", "status": "klar"}]}
        ),
        Act(a, "sip.kallelse", call("m-2", LATER, kind="uppfoljning", **who)),
        Act(b, "sip.uppdatering", {"reason": "Uppföljning"}),
        Act(b, "sip.godkannande_start"),
        Act(a, "sip.avslut", {"reason": "Klart"}),
    ]


def _prator(a: str, b: str, c: str, *_: str) -> list[Act]:
    wish = {"reason": "Flera insatser", "requested_by": {"code": "personen"}}
    consent = {"samtycke": {**GIVEN, "decided_by": STAFF[a]}}
    return [
        Act(a, "sip.initiativ", {"patient": TOLVAN, "send": False}),
        Act(a, "sip.initiativ", {"patient": TOLVAN, **wish, **consent, "receivers": [{"unit": b}, {"unit": c}]}),
        Act(b, "sip.svar", {"accepts": True}),
        Act(b, "sip.kartlaggning", {"fields": {"situation": {"text": "Ensam"}}}),
        Act(b, "sip.las", {"document": "kartlaggning", "change": "signerad"}),
        Act(a, "sip.las", {"document": "kartlaggning", "change": "last"}),
        Act(a, "sip.kallelse", call("m-1", START, b)),
        Act(b, "kvittens", {"message": "m-7"}),
        Act(
            b,
            "sip.plan",
            {
                "edits": [
                    edit("plan", "andrad", 0, background="B", date="2026-03-12", evaluation_date="2026-09-12"),
                    edit("mal/a", "tillagd", definition="Gå", long_term="Långt", responsible={"unit": b}),
                    edit(
                        "aktivitet/b",
                        "tillagd",
                        under="mal/a",
                        heading="Promenad",
                        description="Varje dag",
                        responsible={"person": True},
                    ),
                ]
            },
        ),
        Act(b, "sip.mote", {"meeting": "m-1", "attended": [{"unit": b, "name": "NN"}], "person_present": True}),
        Act(b, "sip.las", {"document": "plan", "change": "signerad"}),
        Act(a, "sip.las", {"document": "plan", "change": "last"}),
        Act(b, "sip.uppfoljning", {"activate": True}),
        Act(b, "sip.uppfoljning", {"items": [{"element": "aktivitet/b", "version": 1, "text": "Bra"}]}),
        Act(b, "sip.las", {"document": "uppfoljning", "change": "signerad"}),
        Act(b, "sip.kallelse", call("m-2", LATER, a, kind="utvardering")),
        Act(a, "sip.utvardering", {"date": "2026-09-12", "summary": "Bra"}),
        Act(a, "sip.las", {"document": "utvardering", "change": "signerad"}),
        Act(a, "sip.las", {"document": "utvardering", "change": "last"}),
        Act(a, "sip.avslut"),
    ]


def _samsa(a: str, b: str, *_: str) -> list[Act]:
    return [
        Act(a, "sip.initiativ", {"patient": TOLVAN, "kind": "ny", "send": False, "receivers": [{"unit": b}]}),
        Act(a, "samtycke", {**GIVEN, "others": "Skolan"}),
        Act(a, "sip.plan", {"send": False, "edits": [edit("plan", "andrad", 0, purpose="Må bättre")]}),
        Act(a, "sip.plan", {"edits": [edit("plan", "andrad", 1, kind="ny")]}),
        Act(a, "sip.kallelse", {**call("m-1", START), "receivers": [{"unit": b, "kvittera": True}]}),
        Act(b, "sip.kallelsesvar", {"meeting": "m-1", "text": "Vi kommer"}),
        Act(
            b, "sip.kallelse_andrad", {"meeting": {"id": "m-1"}, "version": 1, "participants": [{"relation": "dotter"}]}
        ),
        Act(a, "sip.mote", {"meeting": "m-1", "attended": [{"unit": b}]}, 24 * 11),
        Act(b, "sip.plan", {"edits": [edit("delmal/a", "tillagd", text="Gå")]}),
        Act(a, "sip.godkannande", {"approver": "person", "show_1177": True}),
        Act(a, "sip.kallelse", call("m-2", LATER, b, kind="uppfoljning")),
        Act(a, "sip.upprattande", {"kind": "upprattad"}),
        Act(a, "sip.avslut", {"confirmed": True}),
    ]


def _lifecare(a: str, b: str, *_: str) -> list[Act]:
    coordinator = {"samordningsansvarig": {"person": STAFF[a], "unit": a}}
    consents = [{**GIVEN, "kind": "sip"}, {**GIVEN, "kind": "informationsoverforing"}]
    start = {"patient": TOLVAN, "need_found_by": {"code": "kommun"}, **coordinator, "samtycke": consents}
    shared, own = (
        {"text": text, "responsible": {"unit": b}, **more} for text, more in (("Bygga", {"shared": True}), ("Egen", {}))
    )
    return [
        Act(a, "sip.initiativ", start),
        Act(a, "sip.kartlaggning", {"fields": {"boende.behov": {"text": "Trappor"}}}),
        Act(a, "sip.kallelse", call("m-1", START, b, agenda="Plan")),
        Act(a, "sip.mote", {"meeting": "m-1", "attended": [{"unit": b, "name": "NN"}], "note": "Bra"}, 24 * 11),
        Act(a, "sip.plan", {"edits": [edit("plan", "andrad", 0, huvudmal="Bo hemma")]}),
        Act(
            b,
            "sip.plan",
            {
                "edits": [
                    edit("delmal/a", "tillagd", area="boende", text="Ramp"),
                    edit("insats/b", "tillagd", under="delmal/a", **shared),
                ]
            },
        ),
        Act(b, "sip.plan", {"edits": [edit("insats/c", "tillagd", under="delmal/a", **own)]}),
        Act(b, "sip.delning", {"element": "insats/c", "shared": True}),
        Act(b, "sip.uppfoljning", {"items": [{"element": "insats/b", "version": 1, "outcome": "genomford"}]}),
        Act(a, "sip.avslut", {"reason": "Klart"}),
    ]


def _cosmic_link(a: str, b: str, *_: str) -> list[Act]:
    coordinator = {"person": STAFF[a], "unit": a}
    note = {"template": "sip_vuxen", "vart_vill_jag_na": "Bo hemma"}
    approval = {"approver": "samordningsansvarig", "with_person": True}
    return [
        Act(a, "sip.initiativ", {"patient": TOLVAN}),
        Act(a, "sip.samordningsansvarig", {**coordinator, "change": "utsedd"}),
        Act(a, "samtycke", {**GIVEN, "scope": "Allt", "others": "Alla", "valid_to": "2027-03-02"}),
        Act(a, "sip.kallelse", call("m-1", START, b)),
        Act(b, "sip.kallelsesvar", {"meeting": "m-1", "attendees": [{"name": "NN", "how": "fysiskt"}]}),
        Act(
            a,
            "sip.mote",
            {
                "meeting": "m-1",
                "form": "fysiskt",
                "attended": [{"unit": b, "name": "NN"}],
                "follow_up_date": "2026-09-01",
                "samordningsansvarig": coordinator,
            },
            24 * 11,
        ),
        Act(b, "sip.plan", {"edits": [edit("anteckning/a", "tillagd", **note)]}),
        Act(b, "sip.las", {"document": "anteckning/a", "change": "signerad"}),
        Act(a, "sip.godkannande", approval),
        Act(b, "sip.uppdatering"),
        Act(b, "sip.plan", {"edits": [edit("anteckning/b", "tillagd", **note)]}),
        Act(b, "sip.las", {"document": "anteckning/b", "change": "signerad"}),
        Act(a, "sip.godkannande", approval),
        Act(b, "sip.avslut", {"what": "plan", "reason": "Klar"}),
        Act(a, "sip.avslut", {"what": "arende"}),
    ]


WAYS: Mapping[str, Sequence[Act]] = {
    name: make(*UNITS[name])
    for name, make in (
        ("mina_planer", _mina_planer),
        ("prator", _prator),
        ("samsa", _samsa),
        ("lifecare", _lifecare),
        ("cosmic_link", _cosmic_link),
    )
}


@cache
def _begun(profile: str, steps: int) -> bytes:
    walk = Walk() if steps == 0 else begun(profile, steps - 1)
    if steps:
        walk.do(WAYS[profile][steps - 1])
    return pickle.dumps(walk, -1)


def begun(profile: str, steps: int) -> Walk:
    """A region's SIP after so many steps of its way."""
    return pickle.loads(_begun(profile, steps))  # type: ignore[no-any-return]
