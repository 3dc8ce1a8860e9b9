"""The messages to try on a SIP at every step of its way: all of the table, fitting and unfitting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from hub.processes.engine.case import Case
from schemas.messages import FROM_THE_HUB, HUB_SOURCE
from schemas.parts import Part
from tests.sip.walk import DIRECTORY, STAFF, Act, body_of
from tests.sip.ways import GIVEN, LATER, TOLVAN, UNITS, WAYS, call, edit

ELSA = {"personnummer": "194501019808"}
PAST = "2026-03-01T10:00:00+01:00"

_WORDS: Sequence[Mapping[str, Any]] = (
    {"text": "Ord"},
    {"text": None},
    {"situation": "Ny"},
    {"huvudmal": "Nytt mål"},
    {"huvudmal": None},
    {"purpose": "Syfte", "kind": "ny"},
    {"background": "Bakgrund", "date": "2026-03-12"},
    {"follow_up_date": "2026-05-01"},
    {"attainment": "helt"},
    {"status": "okand"},
    {"name": "Promenad", "status": "pagar"},
    {"heading": "Promenad", "description": "Daglig", "responsible": {"outsider": "Anna"}},
    {"area": "boende", "text": "Ramp"},
    {"template": "sip_vuxen", "mal_langsiktigt": "Mål"},
    {"unit": "SE2321000255-VC01", "phone": "046-1"},
)
_ADDRESSES = ("plan", "delmal/a", "delmal/n", "mal/a", "aktivitet/b", "aktivitet/n", "insats/b", "insats/c", "insats/n")
_NOTES = ("anteckning/a", "anteckning/b", "anteckning/n", "deltagare/SE2321000255-VC01")


def _edits(units: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, address in enumerate((*_ADDRESSES, *_NOTES)):
        kind = address.partition("/")[0]
        under = {"aktivitet": "delmal/a", "insats": "delmal/a"}.get(kind)
        for version in (0, 1, 2):
            yield edit(address, "andrad", version, **_WORDS[(3 * number + version) % len(_WORDS)])
            yield edit(address, "borttagen", version)
        yield edit(address, "avslutad", 1)
        yield edit(address, "andrad", 1, under="delmal/n")
        for said in _WORDS[number % 3 :: 3]:
            yield edit(address, "tillagd", under=under, **said)
        responsible = {"unit": units[number % len(units)]}
        yield edit(address, "tillagd", under=under, text="Ord", responsible=responsible, shared=number % 2 == 0)
        yield edit(address, "tillagd", under="mal/a", heading="H", description="D", responsible=responsible)


def _plans(units: Sequence[str]) -> Iterator[dict[str, Any]]:
    edits = list(_edits(units))
    for number, one in enumerate(edits):
        yield {"edits": [one]}
        if number % 3 == 0:
            yield {"edits": [one, edits[(number * 7 + 1) % len(edits)]], "confirmed": True}
        if number % 5 == 0:
            yield {"edits": [one], "send": False}


def _calls(units: Sequence[str]) -> Iterator[dict[str, Any]]:
    more = {"initiator": {"code": "kommun"}, "reason": "Fall"}
    for number, meeting in enumerate(("m-1", "m-2", "m-3", "m-4")):
        for kind in ("ny", "uppfoljning", "utvardering", "aktorsmote"):
            unit = units[number % len(units)]
            yield call(meeting, LATER, unit, kind=kind)
            yield call(meeting, LATER, kind=kind, **more)
        yield {**call(meeting, LATER, units[-1]), "send": False}
        yield {"meeting": {"id": meeting}, "send": False}
        yield call(meeting, PAST, units[1])
        yield call(
            meeting,
            LATER,
            units[1],
            participants=[{"unit": units[1], "role": "motesledare"}, {"outsider": "Anna", "relation": "dotter"}],
        )


def _changes(units: Sequence[str]) -> Iterator[dict[str, Any]]:
    for meeting in ("m-1", "m-2", "m-3"):
        yield {"meeting": {"id": meeting}, "recalled": True}
        for version in (1, 2):
            yield {"meeting": {"id": meeting}, "recalled": True, "version": version}
            yield {"meeting": {"id": meeting, "start": LATER}, "version": version}
            yield {"meeting": {"id": meeting}, "receivers": [{"unit": units[-1]}], "version": version}
            yield {"meeting": {"id": meeting}, "participants": [{"relation": "dotter"}], "version": version}
        yield {"meeting": {"id": meeting, "place": "Rum 4"}}
        yield {"meeting": {"id": meeting}, "receivers": [{"unit": one} for one in units[1:]]}


def _meetings(units: Sequence[str]) -> Iterator[dict[str, Any]]:
    for meeting in ("m-1", "m-2", "m-3"):
        yield {"meeting": meeting, "held": False}
        held = {"meeting": meeting, "attended": [{"unit": units[1], "name": "NN"}], "note": "Bra"}
        yield {"meeting": meeting, "attended": held["attended"]}
        yield {**held, "person_present": True}
        contact = {"person": STAFF[units[1]], "unit": units[1]}
        yield {**held, "form": "fysiskt", "follow_up_date": "2026-09-01", "samordningsansvarig": contact}


def _items() -> Iterator[dict[str, Any]]:
    yield {"activate": True}
    for address in (*_ADDRESSES, "anteckning/a"):
        for said in (
            {"text": "Bra"},
            {"text": "Bra", "status": "klar"},
            {"outcome": "genomford"},
            {"attainment": "helt"},
        ):
            yield {"items": [{"element": address, **said}]}
            yield {"items": [{"element": address, "version": 1, **said}]}


def _texts(units: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    first, second, *_, last = units
    staff = {unit: STAFF[unit] for unit in units}
    ids = [f"m-{number}" for number in range(1, 24)]
    kinds: tuple[dict[str, str], ...] = ({}, {"kind": "sip"}, {"kind": "informationsoverforing"})
    full = {"scope": "Allt", "others": "Alla", "valid_to": "2026-06-02"}
    opening = {"reason": "Flera", "requested_by": {"code": "personen"}, "need_found_by": {"code": "kommun"}}
    contact = {"person": staff[second], "unit": second}
    both = {"information": {"given": True}, "samtycke": GIVEN}
    return {
        "sip.initiativ": [
            {"patient": TOLVAN},
            {"patient": ELSA},
            {"patient": TOLVAN, "send": False, "kind": "ny"},
            {"patient": TOLVAN, **both},
            {"patient": TOLVAN, "kind": "ny", "samtycke": GIVEN},
            {"patient": TOLVAN, "samordningsansvarig": contact, "need_found_by": {"code": "kommun"}},
            {"patient": TOLVAN, **opening, "receivers": [{"unit": last}], "samtycke": GIVEN},
            {
                "patient": TOLVAN,
                "reason": "Flera",
                "requested_by": {"code": "personen"},
                "receivers": [{"unit": one, "kvittera": one == last} for one in units[1:]],
                "samtycke": {**GIVEN, "decided_by": staff[first]},
            },
            {"patient": TOLVAN, "samtycke": {"outcome": "refused"}, "send": False},
        ],
        "information": [{"given": True}, {"given": False}, {"given": False, "reason": "Sjuk"}],
        "samtycke": [
            {**kind, **said}
            for kind in kinds
            for said in (
                GIVEN,
                {**GIVEN, **full},
                {"outcome": "refused"},
                {"outcome": "menprovning", "decided_by": staff[first]},
                {**GIVEN, "valid_to": "2026-03-03"},
            )
        ],
        "aterkallelse": kinds,
        "sip.svar": [
            {"accepts": True},
            {"accepts": False, "comment": "Fel"},
            {"accepts": False, "suggested_unit": last},
        ],
        "sip.kallelse": list(_calls(units)),
        "sip.kallelse_andrad": list(_changes(units)),
        "sip.kallelsesvar": [
            {"meeting": meeting, **said}
            for meeting in ("m-1", "m-2", "m-3")
            for said in ({"text": "Ja"}, {"attendees": [{"name": "NN", "how": "distans"}]}, {})
        ],
        "sip.samordningsansvarig": [
            {"person": staff[unit], "unit": unit, "change": change}
            for unit in units[:3]
            for change in ("utsedd", "bytt", "borttagen")
        ],
        "sip.kartlaggning": [
            {"start": True},
            {"fields": {"situation": {"text": "Ord"}}},
            {"fields": {"boende.behov": {"text": "Ord", "version": 0}}},
            {"fields": {"boende.form": {"text": "Ord"}}},
            {"fields": {"boende.form": {"text": "Ord"}}, "send": False},
            {"removed": ["boende.behov"]},
            {"fields": {"okand": {"text": "Ord"}}},
        ],
        "sip.mote": list(_meetings(units)),
        "sip.plan": list(_plans(units)),
        "sip.delning": [{"element": one, "shared": yes} for one in ("insats/b", "insats/c") for yes in (True, False)],
        "sip.las": [
            {"document": document, "change": change}
            for document in ("kartlaggning", "plan", "uppfoljning", "utvardering", "anteckning/a", "anteckning/b")
            for change in ("signerad", "last", "upplast")
        ],
        "sip.godkannande_start": [{}],
        "sip.godkannande": [
            {"approver": "enhet"},
            {"approver": "person", "show_1177": True},
            {"approver": "stallforetradare", "show_1177": False, "show_1177_reason": "Vill inte"},
            {"approver": "samordningsansvarig", "with_person": True},
            {"approver": "enhet", "plan_version": 7},
        ],
        "sip.upprattande": [{"kind": "upprattad"}, {"kind": "uppfoljd"}],
        "sip.uppfoljning": list(_items()),
        "sip.uppdatering": [{}, {"reason": "Nytt"}, {"confirmed": True}, {"document": "kartlaggning"}],
        "sip.utvardering": [
            {"date": "2026-09-12", "summary": "Bra"},
            {"goals": [{"element": "mal/a", "text": "Nått"}]},
            {},
        ],
        "sip.avslut": [
            {},
            {"reason": "Klart"},
            {"reason": "Klart", "at_persons_wish": True},
            {"confirmed": True},
            {"what": "plan", "reason": "Klart"},
            {"what": "arende"},
        ],
        "sip.aterstallning": [{"element": one, "reason": "Fel"} for one in ("delmal/a", "insats/b", "delmal/x")],
        "kvittens": [{"message": id_} for id_ in ids],
        "deltagare": [
            {"unit": unit, "change": change, "kvittera": kvittera}
            for unit in (*units, "SE2321000255-VC09")
            for change in ("tillagd", "borttagen", "uttrade")
            for kvittera in (True, False)
        ],
        "roll": [
            {"unit": unit, "role": role, "change": change}
            for unit in units[:2]
            for role in DIRECTORY.unit_by_hsa[unit].roles
            for change in ("tillagd", "borttagen")
        ],
        "narstaende": [{"people": [{"name": "Anna", "relation": "dotter"}]}, {"people": []}],
        "kontakt": [{"person": staff[second]}, {"person": staff[second], "change": "borttagen"}],
        "felsant": [{"message": id_} for id_ in ids[::3]],
        "meddelande": [
            {"text": "Hej"},
            {"text": "Hej", "receivers": [last]},
            {"text": "Hej", "receivers": list(units), "kvittera": [second]},
        ],
        "makulering": [{"case": True}, *({"message": id_} for id_ in ids[::3])],
        "avliden": [{}],
        "uppslag": [{}],
        "utskrift": [{"document": "plan"}, {"document": "plan", "for_whom": "Anna", "why": "Begärt"}],
        "atkomst": [{"ground": ground} for ground in ("samtycke", "menprovning", "aktivt_val")],
        "adressering": [
            {"outcome": "listed", "health_centre": last, "municipality_unit": first, "name": "Tolvan"},
            {"outcome": "unlisted", "municipality_unit": first},
            {"outcome": "protected"},
            {"outcome": "lookup_unavailable"},
        ],
        "verifiering": [
            {"unit": unit, "actor": staff[unit], "role": "lakare", "outcome": outcome, "concerns": concerns}
            for unit in units[:2]
            for outcome in ("verified", "unknown")
            for concerns in ("actor", "samordningsansvarig")
        ],
        "folkbokforing": [
            {"news": "moved", "address": "Nygatan 1", "municipality": "1281"},
            {"news": "protected"},
            {"news": "deceased"},
        ],
        "koppling": [
            {"case": "svu-1", "process": "svu", "news": news, "at": "2026-03-02T08:00:00Z"}
            for news in ("oppnad", "utskrivningsklar", "utskriven")
        ],
        "frist": [{"name": "samtycke_upphor", "due": "2026-03-02T08:00:00Z"}],
    }


@cache
def _bodies(profile: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    return _texts(UNITS[profile])


def names(profile: str) -> tuple[str, ...]:
    """The messages that are tried in a region's SIP: all of the table."""
    return tuple(_bodies(profile))


def choose(profile: str, number: int, case: Case | None) -> Act:
    """One of all that is tried: by its number an act of the way, or any message of any unit; half of the answers and edits fit the
    case as it stands.
    """
    if number % 4 == 0:
        way = WAYS[profile]
        act = way[number // 4 % len(way)]
    else:
        units, bodies = UNITS[profile], _bodies(profile)
        name = names(profile)[number // 4 % len(bodies)]
        data = bodies[name][number // 256 % len(bodies[name])]
        often = (*units[:2], *units)
        act = Act(HUB_SOURCE if name in FROM_THE_HUB else often[number // 8192 % len(often)], name, data)
    return act if case is None or number % 2 else _fitted(act, case)


def _fitted(act: Act, case: Case) -> Act:
    """An answer names what awaits its unit, a revoking what its unit said, an edit is written on what stands."""
    data = dict(act.data)
    if act.name == "kvittens":
        waiting = [one.message for one in case.awaited.values() if act.unit in one.by and one.act == "kvittera"]
        talk = [one.awaited.message for one in case.elements.values() if one.awaited and act.unit in one.awaited.by]
        data["message"] = next(iter([*waiting, *talk]), data["message"])
    elif act.name in {"makulering", "felsant"} and "message" in data:
        said = [one for one in case.elements.values() if one.awaited is not None]
        own = [
            one.awaited.message
            for one in said
            if one.awaited and (one.state["unit"] == act.unit) is (act.name == "makulering")
        ]
        data["message"] = next(iter(own), data["message"])
    elif act.name == "sip.plan":
        stands = {address: one.version for address, one in case.elements.items()}
        data["edits"] = [
            {**one, "version": stands.get(one["element"], 0)} if "version" in one else one for one in data["edits"]
        ]
    return Act(act.unit, act.name, data, act.hours, act.actor, act.role)


@cache
def bodies(profile: str) -> Mapping[str, Part]:
    """Name → a body of each message that units send."""
    return {name: body_of(name, texts[0]) for name, texts in _bodies(profile).items() if name not in FROM_THE_HUB}


def tried() -> set[str]:
    """The names of all messages that are tried."""
    return {name for profile in UNITS for name in names(profile)}
