"""The FHIR contract examples (``contracts/fhir/``), written by the hub's own writers. Imports the writers, the acts and
the language.

The only patient is the fictitious Tolvan Tolvansson (C-64). ``test_fhir_examples`` checks that the files are current, and
validates them as a vendor would.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from hub.translators.fhir.announcement import write_announcement
from hub.translators.fhir.example_acts import (
    ACTS,
    ADMITTED,
    CASE,
    CONSENT,
    FROM_HUB,
    HEALTH_CENTRE,
    MUNICIPALITY,
    PLACEMENT,
    SENT,
    TOLVAN,
    WARD,
    WRITTEN,
    id_of,
    name_of,
)
from hub.translators.fhir.example_sips import SHARED, SIP_ACTS, SIP_CASE, SIP_FROM_HUB
from hub.translators.fhir.faults import wrong_code
from hub.translators.fhir.resources import Communication
from hub.translators.fhir.response import write_response
from hub.translators.fhir.wide_shapes import codes_at
from hub.translators.fhir.writer import is_saved, write_notice, write_request
from hub.translators.fhir.xml_writer import as_xml
from schemas.envelope import Message
from schemas.hub_messages import Adressering, Verifiering
from schemas.messages import HUB_SOURCE, Announcement, BilingualText, NoticeExtensions, Receipt
from schemas.parts import Information, Part, Samtycke
from schemas.shared import Deltagare, Kvittens
from schemas.svu import Inskrivning


def _message(identity: str, unit: str, name: str, data: Part, subject: str = CASE, minutes: int = 0) -> Message:
    actor = None if unit == HUB_SOURCE else f"{unit.partition('-')[0]}-P001"
    role = None if actor is None else "sjukskoterska"
    return Message(identity, unit, name, subject, SENT + timedelta(minutes=minutes), actor, role, data)


_OPENS: Final = "sip.initiativ"


def requests() -> dict[str, Message]:
    """File name → a message as vendors' systems send it, one of each kind that is read."""
    admission = Inskrivning(
        patient=TOLVAN,
        admitted_at=ADMITTED,
        estimated_discharge=date(2026, 3, 6),
        reason="Fall i hemmet, höftfraktur",
        information=Information(given=True),
        samtycke=CONSENT,
    )
    own = "ref:vardkontakt-4711"
    acts = {
        key: _message(id_of(key), unit, name_of(key), body, minutes=60 + minutes)
        for minutes, (key, (unit, body)) in enumerate(ACTS.items())
    }
    acts |= {
        key: _message(id_of(key), unit, name_of(key), body, own if name_of(key) == _OPENS else SIP_CASE, 300 + minutes)
        for minutes, (key, (unit, body)) in enumerate(SIP_ACTS.items())
    }
    return {
        "svu.inskrivning": _message("inskrivning-1", WARD, "svu.inskrivning", admission, own),
        "svu.inskrivning.placement": _message(
            "inskrivning-2",
            WARD,
            "svu.inskrivning",
            admission.model_copy(update={"placement": PLACEMENT, "sip": "019cafe0-0000-7000-8000-000000000001"}),
            own,
        ),
        "svu.inskrivning.draft": _message(
            "inskrivning-0", WARD, "svu.inskrivning", Inskrivning(patient=TOLVAN, admitted_at=ADMITTED, draft=True), own
        ),
        "information": _message(
            "information-1",
            WARD,
            "information",
            Information(given=False, reason="Patienten är inte kontaktbar", patient=TOLVAN),
            own,
        ),
        "samtycke": _message("samtycke-1", WARD, "samtycke", CONSENT, own, 5),
        "samtycke.refused": _message("samtycke-2", WARD, "samtycke", Samtycke(outcome="refused"), own, 6),
        "samtycke.menprovning": _message(
            "samtycke-3",
            WARD,
            "samtycke",
            Samtycke(outcome="menprovning", decided_by="SE2321000255-P002", comment="Samtycke kan inte inhämtas"),
            own,
            7,
        ),
        "kvittens": _message("kvittens-1", HEALTH_CENTRE, "kvittens", Kvittens(message="inskrivning-1"), minutes=40),
        "deltagare": _message(
            "deltagare-1", WARD, "deltagare", Deltagare(unit=MUNICIPALITY, change="tillagd"), minutes=50
        ),
        **acts,
    }


def _extensions(
    sequence: int, *to: str, awaits: str | None = None, may: tuple[str, ...] = ("kvittens",), case: str = CASE
) -> NoticeExtensions:
    return NoticeExtensions(
        case=case,
        sequence=sequence,
        to=to,
        awaits=dict.fromkeys(to, awaits) if awaits is not None else {},
        state={"inskrivning": {unit: {"sjukskoterska": "red" if awaits else "yellow"} for unit in to}},
        may=dict.fromkeys(to, may),
        skipped=(1,) if sequence == 2 else (),
    )


def notices() -> dict[str, tuple[Message, NoticeExtensions]]:
    """File name → a notice as receiving systems get it, one of each kind that is written."""
    sent = requests()
    found = Adressering(
        outcome="listed",
        health_centre=HEALTH_CENTRE,
        municipality="1281",
        municipality_unit=MUNICIPALITY,
        county="12",
        name=TOLVAN.name,
        address=TOLVAN.address,
        why=("folkbokföring: 1281", "listning: en gällande primärvårdslistning"),
    )
    both = (HEALTH_CENTRE, MUNICIPALITY)
    acts = {key: sent[key] for key in ACTS}
    acts |= {key: _message(id_of(key), HUB_SOURCE, name_of(key), body, minutes=200) for key, body in FROM_HUB.items()}
    unchanged = {
        key: (message, _extensions(sequence, *(unit for unit in (WARD, *both) if unit != message.unit)))
        for sequence, (key, message) in enumerate(acts.items(), 9)
    }
    return {
        **unchanged,
        **_sip_notices(sent),
        "svu.inskrivning": (sent["svu.inskrivning"], _extensions(2, *both, awaits="kvittens")),
        "information": (sent["information"], _extensions(3, *both)),
        "samtycke": (sent["samtycke"], _extensions(4, *both)),
        "kvittens": (sent["kvittens"], _extensions(5, WARD, may=("deltagare",))),
        "deltagare": (sent["deltagare"], _extensions(6, MUNICIPALITY, awaits="kvittens")),
        "adressering": (
            _message("adressering-1", HUB_SOURCE, "adressering", found),
            _extensions(7, WARD, may=("deltagare",)),
        ),
        "verifiering": (
            _message(
                "verifiering-1",
                HUB_SOURCE,
                "verifiering",
                Verifiering(unit=WARD, actor="SE2321000255-P001", role="sjukskoterska", outcome="unknown"),
            ),
            _extensions(8, WARD, may=("deltagare",)),
        ),
    }


def _sip_notices(sent: dict[str, Message]) -> dict[str, tuple[Message, NoticeExtensions]]:
    """A call asks for an answer, the meeting that was held reminds of its code, and the plan is owed on paper."""
    acts = {key: sent[key] for key in SIP_ACTS if not is_saved(sent[key].data)}
    acts["sip.delning"] = replace(acts["sip.delning"], data=SHARED)
    for key, body in SIP_FROM_HUB.items():
        acts[key] = _message(id_of(key), HUB_SOURCE, name_of(key), body, SIP_CASE, minutes=400)
    both = (HEALTH_CENTRE, MUNICIPALITY)
    told = {
        key: _extensions(sequence, *(unit for unit in both if unit != message.unit), case=SIP_CASE, may=("sip.plan",))
        for sequence, (key, message) in enumerate(acts.items(), 3)
    }
    more: dict[str, dict[str, Any]] = {
        "sip.kallelse": {
            "awaits": {MUNICIPALITY: "svar"},
            "prints": ("kallelse/m-1/personen", "kallelse/m-1/utomstaende-1"),
        },
        "sip.mote": {"remind": ("kva:AU124",)},
        "sip.upprattande": {"prints": ("plan/1/personen",)},
    }
    return {key: (acts[key], told[key].model_copy(update=more.get(key, {}))) for key in acts}


def receipts() -> dict[str, Receipt]:
    """File name → a receipt."""
    reason = BilingualText(
        sv="Samtycke är nekat: skicka inskrivningen utan skäl.",
        en="Consent is refused: send the admission without reason.",
    )
    wait = BilingualText(
        sv="Navet kan inte ta emot just nu: skicka om samma meddelande.",
        en="The hub cannot take it just now: send the same message again.",
    )
    banana = wrong_code("Bundle.entry[7].resource.status", codes_at(Communication, {}, ["status"]))
    return {
        "ok": Receipt(message="inskrivning-1", code="ok", case=CASE, sequence=2),
        "refused": Receipt(
            message="inskrivning-1", code="fatal-error", case=CASE, rule="V-3", text=reason, element="/data/reason"
        ),
        "unreadable": Receipt(
            message="inskrivning-1",
            code="fatal-error",
            rule=banana.rule,
            text=BilingualText(sv=banana.sv, en=banana.en),
            element=banana.element,
        ),
        "transient": Receipt(message="inskrivning-1", code="transient-error", rule="unavailable", text=wait),
    }


def announcement() -> Announcement:
    """The announcement of the example."""
    return Announcement(
        text=BilingualText(
            sv="Navet stängs för uppgradering i natt kl. 02.00 till 02.15. Det som sänds då väntar.",
            en="The hub is closed for an upgrade tonight from 02.00 to 02.15. What is sent then waits.",
        )
    )


_IN_XML: Final = (
    "svu.inskrivning.request",
    "svu.inskrivning.notice",
    "svu.utskrivningsklar.request",
    "svu.kartlaggning.request",
    "meddelande.request",
    "sip.plan.request",
    "sip.kallelse.notice",
)


def examples() -> dict[str, bytes]:
    """File name → content of every example, JSON and XML."""
    files: dict[str, bytes] = {}
    for name, message in requests().items():
        files[f"{name}.request.json"] = _pretty(
            write_request(message, reference_system="https://ehr.example/vardkontakt")
        )
    for name, (message, extensions) in notices().items():
        files[f"{name}.notice.json"] = _pretty(write_notice(message, extensions, created=WRITTEN))
    for name, receipt in receipts().items():
        body = write_response(receipt, receipt.message, created=WRITTEN, event="svu.inskrivning", sender=WARD)
        files[f"response.{name}.json"] = _pretty(body)
    files["announcement.json"] = _pretty(write_announcement(announcement(), "announcement-1", created=WRITTEN))
    for name in (*_IN_XML, "response.refused"):
        files[f"{name}.xml"] = as_xml(files[f"{name}.json"]) + b"\n"
    return files


def _pretty(body: bytes) -> bytes:
    return msgspec.json.format(body, indent=2) + b"\n"
