"""What is drawn of a SIP, in contracts/sip.md: the states of each region (sip-messages.md §5), and the messages that are tried in
each. Pure; imports the engine and the language only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.diagram import Picture, Trial
from hub.processes.sip.state import sip, standing_meetings
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE, MESSAGES

_WHO = "SE2321000255-P01"
"""Who acts in every message that is tried."""
_PATIENT = {"personnummer": "191212121212"}
_GIVEN = {"outcome": "given", "decided_by": _WHO, "scope": "SIP", "others": "Alla", "valid_to": "2027-03-02"}
_AFTER_THE_MEETING = timedelta(days=11)


def _meeting(id_: str, start: str = "2026-03-12T10:00:00+01:00") -> dict[str, Any]:
    return {"id": id_, "form": "fysiskt", "start": start, "place": "Rum 3"}


_NEXT = "2026-09-12T10:00:00+02:00"


def _edit(element: str, set_: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An edit that adds an element, or changes the plan's own fields, which nobody has written."""
    change: dict[str, Any] = {"change": "andrad", "version": 0} if element == "plan" else {"change": "tillagd"}
    return {"element": element, **change, "set": set_, **more}


def _state(case: Case | None) -> str:
    """The region's own state; what a case has become that is not open."""
    if case is None:
        return "no case"
    return {"open": sip(case).state, "ended": "avslutad", "revoked": "borttagen"}.get(case.status, case.status)


def _stand(case: Case | None) -> object:
    """What decides which messages are accepted next, so far as the diagrams need it."""
    assert case is not None
    own = sip(case)
    return (
        _state(case),
        tuple(sorted((name, one.get("status")) for name, one in own.documents.items())),
        tuple(sorted((id_, one.get("held")) for id_, one in standing_meetings(case))),
        tuple(sorted(kind for kind, count in own.living.items() if count)),
        tuple(sorted(own.plan)),
        bool(own.approval),
        tuple(sorted(unit for one in case.awaited.values() for unit in one.by)),
        own.version == own.versions[0]["version"] if own.versions else True,
        own.unsigned == 0,
        own.shared > 0,
    )


class _OfRegion:
    """The trials of one region's diagram, sent by the unit that opens, unless another is named."""

    def __init__(self, opener: str, other: str) -> None:
        self.opener, self.other = opener, other

    def trial(
        self, label: str, data: dict[str, Any], *, by: str | None = None, later: timedelta = timedelta()
    ) -> Trial:
        """``label``: the message's name, and what tells it from others of the name after a colon."""
        name = label.partition(":")[0]
        body = MESSAGES[name].model_validate(data)
        return Trial(by or self.opener, label.removeprefix("sip."), name, body, later)

    def by_all(self, label: str, data: dict[str, Any]) -> tuple[Trial, ...]:
        """The same message by both units."""
        return tuple(self.trial(label, data, by=unit) for unit in (self.opener, self.other))

    def picture(self, region: str, before: tuple[Trial, ...], start: str, *trials: Trial) -> Picture:
        """The diagram of a region."""
        return Picture(f"A SIP in {region}", start, before, trials, _state, _stand)


def pictures(names: Mapping[str, str]) -> tuple[Picture, ...]:
    """SIP's diagrams, one for each region; ``names``: a world's units by name."""
    return (
        _mina_planer(_OfRegion(names["lund_kommun"], names["vc_klostergarden"])),
        _prator(_OfRegion(names["sundsvall_kommun"], names["vc_skonsmon"])),
        _samsa(_OfRegion(names["molndal_kommun"], names["vc_molndal"])),
        _lifecare(_OfRegion(names["lulea_kommun"], names["vc_bjorkskatan"])),
        _cosmic_link(_OfRegion(names["vc_oxbacken"], names["vasteras_kommun"])),
    )


def _mina_planer(of: _OfRegion) -> Picture:
    found = {"outcome": "listed", "health_centre": of.other, "municipality_unit": of.opener}
    opening = {"patient": _PATIENT, "information": {"given": True}, "samtycke": _GIVEN}
    coordinator = {"person": _WHO, "unit": of.opener, "change": "utsedd"}
    call = {"meeting": _meeting("m-1"), "initiator": {"code": "kommun"}, "reason": "Fall"}
    whole = [
        _edit("plan", {"situation": "Bor ensam", "huvudmal": "Bo kvar"}),
        _edit("delmal/1", {"text": "Gå till affären", "responsible": {"unit": of.other}}),
    ]
    return of.picture(
        "Mina planer",
        (
            of.trial("sip.initiativ", opening),
            Trial(HUB_SOURCE, "adressering", "adressering", Adressering.model_validate(found)),
            of.trial("sip.samordningsansvarig", coordinator),
        ),
        "oppnad",
        of.trial("sip.kallelse: ny", call),
        of.trial("sip.kallelse: uppfoljning", {**call, "kind": "uppfoljning", "meeting": _meeting("m-2", _NEXT)}),
        of.trial("sip.plan", {"edits": whole}),
        of.trial("sip.godkannande_start", {}),
        *of.by_all("sip.godkannande", {"approver": "enhet"}),
        of.trial("sip.uppdatering", {"reason": "Uppföljt"}),
        of.trial("sip.avslut", {"reason": "Klart"}),
        of.trial("makulering", {"case": True}),
    )


def _prator(of: _OfRegion) -> Picture:
    opening: dict[str, Any] = {"patient": _PATIENT, "reason": "Flera insatser", "requested_by": {"code": "personen"}}
    opening |= {"receivers": [{"unit": of.other}], "samtycke": _GIVEN}
    call = {"meeting": _meeting("m-1"), "receivers": [{"unit": of.other}]}
    whole = [
        _edit("plan", {"background": "Fall", "date": "2026-03-12", "evaluation_date": "2026-09-12"}),
        _edit("mal/1", {"definition": "Gå", "long_term": "Klara sig", "responsible": {"person": True}}),
    ]
    locks = [
        of.trial(f"sip.las: {document} {change}", {"document": document, "change": change})
        for document in ("plan", "utvardering")
        for change in ("signerad", "last", "upplast")
    ]
    return of.picture(
        "Prator",
        (of.trial("sip.initiativ", {"patient": _PATIENT, "send": False}),),
        "utkast",
        of.trial("sip.initiativ: sent", opening),
        of.trial("sip.svar: yes", {"accepts": True}, by=of.other),
        of.trial("sip.kallelse: ny", call),
        of.trial("sip.kallelse: utvardering", {**call, "kind": "utvardering", "meeting": _meeting("m-2", _NEXT)}),
        of.trial("sip.plan", {"edits": whole}),
        *locks,
        of.trial("sip.uppfoljning: activate", {"activate": True}),
        of.trial("sip.uppdatering", {"confirmed": True}),
        of.trial("sip.utvardering", {"date": "2026-09-12", "summary": "Bra"}),
        of.trial("sip.avslut", {}),
        of.trial("sip.avslut: at the person's wish", {"at_persons_wish": True, "reason": "Vill inte"}),
        of.trial("makulering", {"case": True}),
    )


def _samsa(of: _OfRegion) -> Picture:
    call = {"meeting": _meeting("m-1"), "receivers": [{"unit": of.other}]}
    main = [_edit("plan", {"kind": "ny", "purpose": "Må bättre"}), _edit("delmal/1", {"text": "Gå"})]
    approval = {"approver": "stallforetradare", "show_1177": True}
    return of.picture(
        "SAMSA",
        (
            of.trial("sip.initiativ", {"patient": _PATIENT, "kind": "ny", "send": False}),
            of.trial("samtycke", {"outcome": "given", "others": "Skolan"}),
            of.trial("deltagare", {"unit": of.other, "change": "tillagd"}),
        ),
        "sparad",
        of.trial("sip.plan: sent", {"edits": main}),
        of.trial("sip.kallelse: ny", call),
        of.trial("sip.kallelse: uppfoljning", {**call, "kind": "uppfoljning", "meeting": _meeting("m-2", _NEXT)}),
        of.trial("sip.godkannande", approval, later=_AFTER_THE_MEETING),
        of.trial("sip.upprattande: upprattad", {"kind": "upprattad"}, later=_AFTER_THE_MEETING),
        of.trial("sip.upprattande: uppfoljd", {"kind": "uppfoljd"}, later=_AFTER_THE_MEETING),
        of.trial("sip.avslut", {"confirmed": True}),
        of.trial("makulering", {"case": True}),
    )


def _lifecare(of: _OfRegion) -> Picture:
    coordinator = {"person": _WHO, "unit": of.opener}
    consents = [_GIVEN | {"kind": kind} for kind in ("sip", "informationsoverforing")]
    opening = {"patient": _PATIENT, "need_found_by": {"code": "kommun"}, "samordningsansvarig": coordinator}
    call = {"meeting": _meeting("m-1"), "receivers": [{"unit": of.other}], "agenda": "Planering"}
    held = {"meeting": "m-1", "attended": [{"unit": of.other}], "note": "Alla var med"}
    effort = {"text": "Ramp", "responsible": {"unit": of.opener}, "shared": True}
    goals = [
        _edit("delmal/1", {"area": "boende", "text": "Komma ut"}),
        _edit("insats/1", effort, under="delmal/1"),
    ]
    return of.picture(
        "Lifecare SP",
        (of.trial("sip.initiativ", {**opening, "samtycke": consents}),),
        "underlag",
        of.trial("sip.kallelse: ny", call),
        of.trial("sip.kallelse: uppfoljning", {**call, "kind": "uppfoljning", "meeting": _meeting("m-2", _NEXT)}),
        of.trial("sip.mote", held, later=_AFTER_THE_MEETING),
        of.trial("sip.plan: huvudmal", {"edits": [_edit("plan", {"huvudmal": "Bo hemma"})]}, later=_AFTER_THE_MEETING),
        of.trial("sip.plan: delmal and shared insats", {"edits": goals}, later=_AFTER_THE_MEETING),
        of.trial("aterkallelse: sip", {"kind": "sip"}),
        of.trial("avliden", {}),
        of.trial("sip.avslut", {"reason": "Klart"}, later=_AFTER_THE_MEETING),
        of.trial("makulering", {"case": True}),
    )


def _cosmic_link(of: _OfRegion) -> Picture:
    contact = {"person": _WHO, "unit": of.opener}
    call = {"meeting": _meeting("m-1"), "receivers": [{"unit": of.other}]}
    held: dict[str, Any] = {"meeting": "m-1", "form": "fysiskt", "attended": [{"unit": of.other}]}
    held |= {"follow_up_date": "2026-09-12", "samordningsansvarig": contact}
    note = {"template": "sip_vuxen", "vart_vill_jag_na": "Bo hemma"}
    notes = [
        one
        for id_ in ("anteckning/1", "anteckning/2")
        for one in (
            of.trial("sip.plan: note", {"edits": [_edit(id_, note)]}, later=_AFTER_THE_MEETING),
            of.trial("sip.las: note signed", {"document": id_, "change": "signerad"}, later=_AFTER_THE_MEETING),
        )
    ]
    return of.picture(
        "Cosmic Link",
        (
            of.trial("sip.initiativ", {"patient": _PATIENT, "samordningsansvarig": contact}),
            of.trial("samtycke", _GIVEN),
        ),
        "arende",
        of.trial("sip.kallelse: ny", call),
        of.trial("sip.kallelse: uppfoljning", {**call, "kind": "uppfoljning", "meeting": _meeting("m-2", _NEXT)}),
        of.trial("sip.mote", held, later=_AFTER_THE_MEETING),
        *notes,
        of.trial("sip.godkannande", {"approver": "samordningsansvarig", "with_person": True}, later=_AFTER_THE_MEETING),
        of.trial("sip.uppdatering", {}, later=_AFTER_THE_MEETING),
        of.trial("sip.avslut: plan", {"what": "plan", "reason": "Klart"}, later=_AFTER_THE_MEETING),
        of.trial("sip.avslut: arende", {"what": "arende"}, later=_AFTER_THE_MEETING),
        of.trial("aterkallelse", {}),
        of.trial("makulering", {"case": True}),
    )
