"""Whom a call or an initiativ is proposed to go to, as each region chooses them (P-4), and who is proposed as coordinator."""

import pytest

from hub.errors import Refused
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import CaseRecord, ShownMessage
from hub.views.access import Asker
from hub.views.proposals import proposed, proposes_for
from schemas.envelope import Message
from schemas.hub_messages import Adressering
from schemas.messages import HUB_SOURCE
from tests.cases import svu_case
from tests.sip_cases import FOLLOWED, START, WORLD, Sip, contact, opened


def asker(sip, unit):
    entry = WORLD.directory.unit_by_hsa[sip.hsa(unit)]
    system = WORLD.directory.system_by_id[WORLD.directory.system_of[entry.hsa]]
    return Asker(system, entry, sip.person(unit), next(iter(entry.roles)))


def proposals(sip, unit, message="sip.kallelse", kind="ny", linked=()):
    messages = {n: one for n, one in sip.messages(unit).items() if one.message.name == "adressering"}
    record = CaseRecord(sip.seen(unit), [], messages, WORLD.directory, sip.now)
    return proposed(record, asker(sip, unit), message, kind, linked)


def receivers(sip, unit, **more):
    known = {hsa: name for name, hsa in WORLD.names.items()}
    return {known[one["unit"]]: one["why"] for one in proposals(sip, unit, **more)["receivers"]}


def call(sip, id_, when, *units, kind="ny", **more):
    named = [{"unit": sip.hsa(unit), **more} for unit in units]
    return {"kind": kind, "meeting": {"id": id_, **when}, "receivers": named}


def test_mina_planer_proposes_all_who_take_part():
    sip = opened("mina_planer")
    assert receivers(sip, sip.one) == {sip.two: "deltar"}
    assert receivers(sip, sip.two) == {sip.one: "deltar"}


def test_prator_proposes_those_of_the_initiativ_that_have_not_declined():
    sip = opened("prator")
    for unit in ("vc_nacksta", "sundsvall_avd3"):
        sip.say(sip.one, "deltagare", {"unit": sip.hsa(unit), "change": "tillagd"})
    sip.say("vc_nacksta", "sip.svar", {"accepts": False})
    assert receivers(sip, sip.one) == {sip.two: "deltar", "sundsvall_avd3": "deltar"}


def test_samsa_proposes_those_of_the_last_meeting_units_and_persons():
    sip = opened("samsa")
    sip.say(
        sip.one,
        "sip.kallelse",
        {**call(sip, "m-2", FOLLOWED, sip.two, "vc_majorna"), "participants": [{"relation": "dotter"}]},
    )
    found = proposals(sip, sip.one, kind="uppfoljning")
    assert receivers(sip, sip.one, kind="uppfoljning") == {sip.two: "senaste_mote", "vc_majorna": "senaste_mote"}
    assert [row["relation"] for row in found["participants"]] == ["dotter"]
    assert receivers(sip, sip.two, kind="uppfoljning") == {"vc_majorna": "senaste_mote", sip.one: "senaste_mote"}


def test_who_stayed_away_from_the_last_meeting_is_not_proposed():
    sip = opened("samsa")
    sip.wait(days=12)
    attended = [{"relation": "son", "name": "NN"}, {"relation": "kusin", "present": False}]
    sip.say(sip.one, "sip.mote", {"meeting": "m-1", "attended": attended})
    assert proposals(sip, sip.one)["participants"] == [{"relation": "son", "name": "NN"}]


def lifecare_before_the_call():
    sip = Sip("lifecare")
    opening = {
        "patient": {"personnummer": "191212121212"},
        "need_found_by": {"code": "kommun"},
        "samordningsansvarig": contact(sip, sip.one),
        "samtycke": [{"outcome": "given", "kind": kind} for kind in ("sip", "informationsoverforing")],
    }
    sip.say(sip.one, "sip.initiativ", opening)
    return sip


def test_lifecares_first_call_is_proposed_to_nobody_but_whom_the_registers_name():
    sip = lifecare_before_the_call()
    record = CaseRecord(sip.seen(sip.one), [], {}, WORLD.directory, sip.now)
    assert proposed(record, asker(sip, sip.one), "sip.kallelse", "ny", ())["receivers"] == []
    named = CaseRecord(sip.seen(sip.one), [], {2: _adressering(sip, sip.hsa(sip.two))}, WORLD.directory, sip.now)
    (found,) = proposed(named, asker(sip, sip.one), "sip.kallelse", "ny", ())["receivers"]
    assert (found["unit"], found["why"], found["ingar"]) == (sip.hsa(sip.two), "adressering", False)


def _adressering(sip, centre):
    data = Adressering(outcome="listed", health_centre=centre)
    message = Message("a-1", HUB_SOURCE, "adressering", sip.id, sip.now, None, None, data)
    return ShownMessage(2, message, sip.now)


def test_lifecares_later_calls_are_proposed_to_all_who_take_part_with_the_professions_that_were_wanted():
    sip = lifecare_before_the_call()
    sip.say(sip.one, "sip.kallelse", call(sip, "m-1", START, sip.two, professions=["lakare"]))
    (found,) = proposals(sip, sip.one, kind="uppfoljning")["receivers"]
    assert (found["unit"], found["professions"]) == (sip.hsa(sip.two), ["lakare"])


def test_an_actors_meeting_is_proposed_without_the_person_and_relatives():
    sip = lifecare_before_the_call()
    rows = [{"person": True}, {"relation": "dotter"}, {"unit": sip.hsa(sip.two), "name": "NN"}]
    sip.say(sip.one, "sip.kallelse", {**call(sip, "m-1", START, sip.two), "participants": rows})
    assert len(proposals(sip, sip.one, kind="uppfoljning")["participants"]) == 3
    assert [row["name"] for row in proposals(sip, sip.one, kind="aktorsmote")["participants"]] == ["NN"]


def test_cosmic_link_proposes_its_participants_and_the_leader_of_the_last_meeting():
    sip = opened("cosmic_link")
    leader = [{"unit": sip.hsa(sip.one), "name": "NN", "role": "motesledare"}]
    sip.say(sip.one, "sip.kallelse_andrad", {"meeting": {"id": "m-1"}, "participants": leader})
    found = proposals(sip, sip.one)
    assert [one["unit"] for one in found["receivers"]] == [sip.hsa(sip.two)]
    assert found["participants"] == leader


def test_the_registers_suggestion_to_prators_opener_is_the_openers_alone():
    sip = opened("prator")
    messages = {2: _adressering(sip, sip.hsa("vc_nacksta"))}

    def suggested(unit):
        record = CaseRecord(sip.seen(unit), [], messages, WORLD.directory, sip.now)
        found = proposed(record, asker(sip, unit), "sip.initiativ", "ny", ())
        return [one["unit"] for one in found["receivers"] if one["why"] == "adressering"]

    assert suggested(sip.one) == [sip.hsa("vc_nacksta")]
    assert suggested(sip.two) == []


@pytest.mark.parametrize(("takes_part", "proposes"), [(True, 1), (False, 0)])
def test_the_kallelseansvarig_of_a_linked_stay_is_proposed_as_coordinator_to_those_who_take_part_in_it(
    takes_part, proposes
):
    sip = opened("lifecare")
    sip.case.links["stay"] = {"process": "svu"}
    contacts = [
        {
            "person": "SE2321000230-P03",
            "unit": sip.hsa(sip.two),
            "kallelseansvarig": True,
            "responsibility": None,
            "sequence": 3,
        },
        {
            "person": "SE2321000230-P04",
            "unit": sip.hsa(sip.two),
            "kallelseansvarig": False,
            "responsibility": "dialys",
            "sequence": 4,
        },
    ]
    unit = sip.hsa(sip.two if takes_part else "lulea_hemsjukvard")
    participant = {"party": "oppenvard", "roles": ["distriktsskoterska"], "since": 1, "by": "m"}
    stay = svu_case("stay", published=True, sequence=4, participants={unit: participant}, vardkontakter=contacts)
    assert process_of_case(sip.case).proposals.linked(sip.case) == ["stay"]
    found = proposals(sip, sip.two, linked=[stay])["samordningsansvarig"]
    assert [(one["person"], one["why"], one["case"]) for one in found] == [
        ("SE2321000230-P03", "kallelseansvarig", "stay")
    ] * proposes


def test_there_are_proposals_for_calls_and_initiativ_of_a_sip_alone():
    case = opened("samsa").case
    proposes_for(case, "sip.kallelse")
    for asked, message in ((case, "sip.plan"), (svu_case("stay"), "sip.kallelse")):
        with pytest.raises(Refused, match="P-4"):
            proposes_for(asked, message)
