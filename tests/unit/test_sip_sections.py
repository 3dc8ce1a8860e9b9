"""What the views show of a SIP beside the core: state, phase, meetings, documents, versions, receivers, versions of its steps."""

from datetime import UTC, datetime

import pytest

from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import CaseRecord
from hub.views.access import Asker, Reach
from hub.views.rows import row
from hub.views.whole import whole
from hub.views.written import version, versions
from tests.sip_cases import FOLLOWED, START, WORLD, Sip, contact, opened

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def shown(sip: Sip, unit: str):
    """The whole case as a unit reads it."""
    hsa = sip.hsa(unit)
    entry = WORLD.directory.unit_by_hsa[hsa]
    system = WORLD.directory.system_by_id[WORLD.directory.system_of[hsa]]
    asker = Asker(system, entry, sip.person(unit), next(iter(entry.roles)))
    case = sip.seen(unit)
    reach = Reach("deltar", entry.party)
    args = (case, asker, reach, sip.acts(unit), sip.messages(unit), WORLD.directory)
    return whole(*args, changed_at=AT, archived=False, now=sip.now)


def listed(sip: Sip, unit: str):
    """The case as a row of a unit's list."""
    entry = WORLD.directory.unit_by_hsa[sip.hsa(unit)]
    role = next(iter(entry.roles))
    more = {"now": sip.now, "changed_at": AT, "archived": False, "messages": sip.messages(unit)}
    return row(sip.case, entry, role, WORLD.directory, **more)


def step_contents(sip: Sip, unit: str, step: str):
    """The content of every version of a step, the first first."""
    case, messages = sip.seen(unit), sip.messages(unit)
    found = versions(
        step, [act for act in sip.acts(unit) if act.name in process_of_case(case).step_messages[step]], case
    )
    return [version(step, found, one.number, case, messages, WORLD.directory)["content"] for one in found]


def field(sip: Sip, unit: str, document: str, name: str):
    """Every value of a field of a document, as its history's address shows them."""
    contents, messages = process_of_case(sip.case).contents, sip.messages(unit)
    numbers = contents.writings(sip.acts(unit), document, name)
    return [contents.value_of(messages[number].message, document, name) for number in numbers]


# --- rows and sections ------------------------------------------------------------------------------------------------


def test_a_row_has_state_the_latest_meetings_time_the_coordinator_and_the_kartlaggnings_last_change():
    sip = opened("mina_planer")
    sip.say(
        sip.one,
        "sip.kallelse",
        {"meeting": {"id": "m-2", **FOLLOWED}, "initiator": {"code": "kommun"}, "reason": "Mer"},
    )
    sip.say(sip.two, "sip.kartlaggning", {"fields": {"boende.form": {"text": "Trappor"}}})
    found = listed(sip, sip.one)
    assert (found["state"], found["phase"], found["profile"]) == ("kallad", None, "mina_planer")
    assert found["meeting"]["start"] == FOLLOWED["start"] and found["meeting"]["step"] == "kallelse"
    assert found["samordningsansvarig"]["person"] == sip.person(sip.one)
    assert found["samordningsansvarig"]["unit_name"] == WORLD.directory.unit_by_hsa[sip.hsa(sip.one)].name
    assert found["kartlaggning"]["changed_by"]["unit"] == sip.hsa(sip.two)
    sip.say(sip.one, "sip.kallelse_andrad", {"meeting": {"id": "m-2"}, "recalled": True})
    assert listed(sip, sip.one)["meeting"]["id"] == "m-1"


def test_prators_states_belong_to_three_phases():
    sip = Sip("prator")
    sip.say(sip.one, "sip.initiativ", {"patient": {"personnummer": "191212121212"}, "send": False})
    assert (listed(sip, sip.one)["state"], listed(sip, sip.one)["phase"]) == ("utkast", "forberedelse")
    sip = opened("prator")
    assert (listed(sip, sip.two)["state"], listed(sip, sip.two)["phase"]) == ("initierad", "forberedelse")
    sip.edit(sip.two, {"element": "plan", "change": "andrad", "version": 0, "set": {"background": "Bakgrund"}})
    assert (listed(sip, sip.two)["state"], listed(sip, sip.two)["phase"]) == ("planeras", "genomforande")


def test_the_sender_sees_per_receiver_who_accepted_declined_and_why():
    sip = opened("prator")
    for unit in ("vc_nacksta", "sundsvall_avd3"):
        sip.say(sip.one, "deltagare", {"unit": sip.hsa(unit), "change": "tillagd"})
    sip.say(
        "vc_nacksta", "sip.svar", {"accepts": False, "comment": "Listad hos annan", "suggested_unit": sip.hsa(sip.two)}
    )
    found = {one["unit"]: one for one in shown(sip, sip.one)["receivers"]}
    assert {unit: one["answer"] for unit, one in found.items()} == {
        sip.hsa(sip.two): "accepted",
        sip.hsa("sundsvall_avd3"): "asked",
        sip.hsa("vc_nacksta"): "declined",
    }
    declined = found[sip.hsa("vc_nacksta")]
    assert (declined["comment"], declined["suggested_unit"]) == ("Listad hos annan", sip.hsa(sip.two))
    assert declined["by"]["actor"] == sip.person("vc_nacksta")


def test_a_unit_that_has_not_answered_reads_the_initiativ_and_is_told_what_it_may_answer():
    sip = opened("prator")
    sip.say(sip.one, "deltagare", {"unit": sip.hsa("vc_nacksta"), "change": "tillagd"})
    sip.say(sip.two, "sip.kartlaggning", {"fields": {"situation": {"text": "HEMLIGT"}}})
    sip.edit(sip.two, {"element": "plan", "change": "andrad", "version": 0, "set": {"background": "HEMLIGT"}})
    sip.say(
        sip.one,
        "sip.kallelse",
        {"meeting": {"id": "m-1", **START, "place": "HEMLIGT"}, "receivers": [{"unit": sip.hsa(sip.two)}]},
    )
    found = shown(sip, "vc_nacksta")
    assert found["initiativ"]["reason"] == "Flera insatser"
    assert found["may"] == ["sip.svar"] or "sip.svar" in found["may"]
    assert "HEMLIGT" not in str(found) and found["meetings"] == [] and found["versions"] == []
    assert found["documents"] == {} and found["states"] == []
    assert [one["unit"] for one in found["receivers"]] == [sip.hsa("vc_nacksta")]
    assert "HEMLIGT" not in str(listed(sip, "vc_nacksta"))


def test_a_saved_call_is_shown_to_its_own_unit_alone():
    sip = opened("prator")
    saved = {"meeting": {"id": "m-9", "place": "HEMLIGT"}, "receivers": [{"unit": sip.hsa(sip.one)}], "send": False}
    before = shown(sip, sip.one)
    sip.say(sip.two, "sip.kallelse", saved)
    assert [(one["id"], one["state"]) for one in shown(sip, sip.two)["meetings"]] == [("m-9", "saved")]
    assert shown(sip, sip.one) == before
    assert step_contents(sip, sip.one, "kallelse") == [] and len(step_contents(sip, sip.two, "kallelse")) == 1


def test_a_meeting_shows_its_call_its_receivers_their_answers_and_how_it_was_held():
    sip = opened("cosmic_link")
    attendees = [{"name": "NN", "how": "distans"}]
    sip.say(sip.two, "sip.kallelsesvar", {"meeting": "m-1", "attendees": attendees})
    (called,) = shown(sip, sip.one)["meetings"]
    assert (called["state"], called["form"], called["place"]) == ("called", "fysiskt", "Rum 3")
    (receiver,) = called["receivers"]
    assert (receiver["unit"], receiver["state"]) == (sip.hsa(sip.two), "done")
    assert receiver["acted"]["person"] == sip.person(sip.two)
    (answer,) = called["answers"]
    assert answer["attendees"][0]["name"] == "NN" and answer["by"]["unit"] == sip.hsa(sip.two)
    sip.wait(days=12)
    held = {
        "meeting": "m-1",
        "form": "distans",
        "attended": [{"unit": sip.hsa(sip.two), "name": "NN"}],
        "follow_up_date": "2026-09-15",
        "samordningsansvarig": contact(sip, sip.one),
    }
    sip.say(sip.one, "sip.mote", held)
    (after,) = shown(sip, sip.two)["meetings"]
    assert (after["state"], after["form"], after["held"]["form"]) == ("held", "fysiskt", "distans")
    assert after["held"]["attended"][0]["name"] == "NN" and after["held"]["follow_up_date"] == "2026-09-15"


def test_documents_show_their_locks_fields_and_archived_versions():
    sip = opened("prator")
    sip.say(sip.two, "sip.kartlaggning", {"fields": {"situation": {"text": "Ensam"}}})
    document = shown(sip, sip.one)["documents"]["kartlaggning"]
    assert (document["status"], document["unit"], document["version"]) == ("written", sip.hsa(sip.two), 1)
    situation = document["fields"]["situation"]
    assert (situation["value"], situation["version"], situation["by"]["unit"]) == (
        {"text": "Ensam", "choices": []},
        1,
        sip.hsa(sip.two),
    )
    sip.say(sip.two, "sip.las", {"document": "kartlaggning", "change": "signerad"})
    sip.say(sip.one, "sip.uppdatering", {"document": "kartlaggning"})
    sip.say(sip.one, "sip.kartlaggning", {"fields": {"bakgrund": {"text": "Ny"}}})
    anew = shown(sip, sip.two)["documents"]["kartlaggning"]
    assert (anew["version"], anew["archived"], list(anew["fields"])) == (2, [1], ["bakgrund"])
    contents = step_contents(sip, sip.two, "kartlaggning")
    assert [{name: one["value"]["text"] for name, one in each.items()} for each in contents] == [
        {"situation": "Ensam"},
        {},
        {"bakgrund": "Ny"},
    ]


def test_versions_states_approval_and_the_end_are_shown():
    sip = opened("samsa")
    sip.edit(
        sip.one, {"element": "plan", "change": "andrad", "version": 0, "set": {"kind": "ny", "purpose": "Må bättre"}}
    )
    sip.say(sip.one, "sip.godkannande", {"approver": "person", "show_1177": True})
    receivers = [{"unit": sip.hsa(sip.two)}]
    sip.say(
        sip.one, "sip.kallelse", {"kind": "uppfoljning", "meeting": {"id": "m-2", **FOLLOWED}, "receivers": receivers}
    )
    sip.wait(days=12)
    sip.say(sip.one, "sip.upprattande", {"kind": "upprattad"})
    found = shown(sip, sip.two)
    assert [(one["version"], one["current"], one["state"]) for one in found["versions"]] == [
        (1, True, "upprattad"),
        (0, False, "sip_mote"),
    ]
    assert found["versions"][1]["address"] == f"/cases/{sip.id}/plan?version=0"
    assert (found["valid"]["version"], found["valid"]["approval"]["approver"]) == (1, "person")
    assert found["approval"] is None, "the next version needs an approval of its own"
    assert [(one["state"], one["version"]) for one in found["states"]] == [
        ("upprattad", 1),
        ("sip_mote", 0),
        ("skickad", 0),
        ("sparad", 0),
    ]
    assert found["ended"] is None
    sip.say(sip.one, "sip.avslut", {"confirmed": True, "reason": "Flyttat"})
    ended = shown(sip, sip.two)["ended"]
    assert (ended["reason"], ended["rule"], ended["by"]["unit"]) == ("Flyttat", None, sip.hsa(sip.one))


def test_both_consents_are_shown_each_under_its_kind():
    found = shown(opened("lifecare"), "vc_bjorkskatan")
    assert {kind: one["outcome"] for kind, one in found["samtycken"].items()} == {
        "sip": "given",
        "informationsoverforing": "given",
    }


# --- versions of steps, history of fields (C-50, C-51) ----------------------------------------------------------------


def test_each_version_of_the_call_shows_the_calls_as_they_stood():
    sip = opened("samsa")
    sip.say(sip.two, "sip.kallelse_andrad", {"meeting": {"id": "m-1", "place": "Rum 4"}, "version": 1})
    first, second = step_contents(sip, sip.one, "kallelse")
    assert ([one["place"] for one in first], [one["place"] for one in second]) == (["Rum 3"], ["Rum 4"])
    assert list(first[0]["receivers"]) == [sip.hsa(sip.two)]


def test_what_a_unit_saves_of_the_kartlaggning_is_a_draft_of_its_own_and_does_not_stand():
    sip = opened("mina_planer")
    sip.say(sip.two, "sip.kartlaggning", {"fields": {"boende.form": {"text": "Trappor"}}})
    sip.say(sip.two, "sip.kartlaggning", {"fields": {"boende.form": {"text": "Utkast"}}, "send": False})
    first, saved = step_contents(sip, sip.two, "kartlaggning")
    assert first["boende.form"]["value"]["text"] == "Trappor" and saved["fields"]["boende.form"]["text"] == "Utkast"
    assert len(step_contents(sip, sip.one, "kartlaggning")) == 1
    case, contents = sip.seen(sip.two), process_of_case(sip.case).contents
    found = versions("kartlaggning", [act for act in sip.acts(sip.two) if act.name == "sip.kartlaggning"], case)
    assert [(one.number, one.draft) for one in found] == [(1, False), (2, True)]
    assert contents.current("kartlaggning", found, case) == 1


def test_a_call_to_the_evaluation_is_a_version_of_its_own_step():
    sip = opened("prator")
    sip.say(sip.one, "sip.kallelse", {"meeting": {"id": "m-1", **START}, "receivers": [{"unit": sip.hsa(sip.two)}]})
    assert len(step_contents(sip, sip.one, "kallelse")) == 1
    assert step_contents(sip, sip.one, "kallelse_utvardering") == []
    assert step_contents(sip, sip.two, "initiativ")[0]["reason"] == "Flera insatser"


@pytest.mark.parametrize("profile", ["mina_planer", "samsa", "lifecare"])
def test_the_last_version_of_the_plan_as_a_step_is_the_plan_as_it_stands(profile):
    sip = opened(profile)
    own = {
        "mina_planer": {"situation": "Ensam"},
        "samsa": {"kind": "ny", "purpose": "Må"},
        "lifecare": {"huvudmal": "Hem"},
    }
    plan = sip.case.elements.get("plan")
    edit = {"element": "plan", "change": "andrad", "version": plan.version if plan else 0, "set": own[profile]}
    sip.edit(sip.one, edit)
    area = {"area": "boende"} if profile == "lifecare" else {}
    sip.edit(sip.two, {"element": "delmal/a", "change": "tillagd", "set": {"text": "Gå", **area}})
    seen = sip.seen(sip.one)
    stands = process_of_case(seen).plan.current(seen, sip.hsa(sip.one), ended=True)["elements"]
    *_, before, last = step_contents(sip, sip.one, "plan")
    assert [one["element"] for one in last["elements"]] == [one["element"] for one in stands]
    assert [one["fields"] for one in last["elements"]] == [one["fields"] for one in stands]
    assert "delmal/a" not in {one["element"] for one in before["elements"]}


def test_the_history_of_a_field_holds_every_word_and_that_it_was_taken_away():
    sip = Sip("lifecare")
    opened_as = {
        "patient": {"personnummer": "191212121212"},
        "need_found_by": {"code": "kommun"},
        "samordningsansvarig": contact(sip, sip.one),
        "samtycke": [{"outcome": "given", "kind": kind} for kind in ("sip", "informationsoverforing")],
    }
    sip.say(sip.one, "sip.initiativ", opened_as)
    sip.say(sip.one, "sip.kartlaggning", {"fields": {"boende.behov": {"text": "Trappor"}}})
    sip.say(sip.one, "sip.kartlaggning", {"fields": {"boende.behov": {"text": "Höga trappor"}}})
    sip.say(sip.one, "sip.kartlaggning", {"removed": ["boende.behov"]})
    assert field(sip, sip.one, "kartlaggning", "boende.behov") == [
        {"text": "Trappor", "choices": []},
        {"text": "Höga trappor", "choices": []},
        None,
    ]
    assert field(sip, sip.one, "kartlaggning", "boende.resurser") == []


# --- protected identity (C-62) ----------------------------------------------------------------------------------------


def test_of_a_person_with_protected_identity_the_plan_names_nobody_around_the_person():
    sip = opened("mina_planer")
    sip.say(sip.one, "narstaende", {"people": [{"name": "Maja", "relation": "dotter"}]})
    relative = {
        "element": "deltagare/r1",
        "change": "tillagd",
        "set": {"relation": "dotter", "name": "Maja", "phone": "070"},
    }
    sip.edit(sip.two, relative)
    seen = sip.seen(sip.one)
    plan = process_of_case(seen).plan
    assert "Maja" in str(plan.current(seen, sip.hsa(sip.one), ended=True))
    seen.blocked = True
    acts = sip.acts(sip.one)
    assert "Maja" not in str(plan.current(seen, sip.hsa(sip.one), ended=True))
    assert "Maja" in str(acts) and plan.writings(seen, acts, "deltagare/r1", "name") == []


def test_sections_ask_for_the_messages_that_they_show():
    sip = opened("prator")
    sip.say(sip.two, "sip.kartlaggning", {"fields": {"situation": {"text": "Ensam"}}})
    seen, acts = sip.seen(sip.one), sip.acts(sip.one)
    sections = process_of_case(seen).sections
    every = sip.messages(sip.one)
    asked = {number: every[number] for number in sections.needed(seen, acts)}
    few = {number: every[number] for number in sections.needed_in_a_list(seen)}

    def record(messages):
        return CaseRecord(seen, acts, messages, WORLD.directory, sip.now)

    assert sections.of_case(record(asked)) == sections.of_case(record(every))
    assert sections.of_row(record(few)) == sections.of_row(record(every))
    assert len(few) == 1 and len(asked) < len(every)
