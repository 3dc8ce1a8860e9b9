"""What the person may be shown at 1177 (P-17): per region, and nothing else."""

import pytest

from hub.processes.engine.process import process_of_case
from tests.sip_cases import FOLLOWED, UNITS, WORLD, opened


def shown(sip):
    acts = [act for act in sip.acts(sip.one) if act.kept_to is None]
    return process_of_case(sip.case).shown_to_person(sip.case, acts, WORLD.directory)


def values(plan):
    return {one["element"]: one["fields"] for one in plan["elements"]}


def change(element, version, **said):
    return {"element": element, "change": "andrad", "version": version, "set": said}


def samsa():
    sip = opened("samsa")
    goal = {
        "element": "delmal/a",
        "change": "tillagd",
        "set": {"text": "Gå", "responsible": {"unit": sip.hsa(sip.two)}},
    }
    sip.edit(sip.one, change("plan", 0, kind="ny", purpose="Må bättre"), goal)
    return sip


def approve(sip, **said):
    sip.say(sip.one, "sip.godkannande", {"approver": "person", **said})


def test_samsa_shows_what_was_approved_last_where_the_person_wants_it():
    sip = samsa()
    assert shown(sip) is None
    approve(sip, show_1177=True)
    plan = shown(sip)
    assert values(plan)["plan"]["purpose"] == "Må bättre"
    responsible = values(plan)["delmal/a"]["responsible"]
    assert responsible == {"unit": sip.hsa(sip.two), "unit_name": WORLD.directory.unit_by_hsa[sip.hsa(sip.two)].name}
    sip.edit(sip.two, change("plan", 1, purpose="Inte godkänt"))
    assert values(shown(sip))["plan"]["purpose"] == "Må bättre", "a later edit waits for its approval"
    approve(sip, show_1177=True)
    assert values(shown(sip))["plan"]["purpose"] == "Inte godkänt"
    approve(sip, show_1177=False, show_1177_reason="Vill inte")
    assert shown(sip) is None


def test_samsa_shows_a_new_version_when_it_is_approved():
    sip = samsa()
    approve(sip, show_1177=True)
    receivers = [{"unit": sip.hsa(sip.two)}]
    sip.say(
        sip.one, "sip.kallelse", {"kind": "uppfoljning", "meeting": {"id": "m-2", **FOLLOWED}, "receivers": receivers}
    )
    sip.wait(days=12)
    sip.say(sip.one, "sip.upprattande", {"kind": "upprattad"})
    assert (shown(sip)["version"], shown(sip)["state"]) == (1, "upprattad")
    sip.say(sip.one, "sip.avslut", {"confirmed": True})
    assert shown(sip) is None, "an ended SIP is not shown"


def lifecare():
    sip = opened("lifecare")
    sip.edit(sip.one, change("plan", 0, huvudmal="Bo hemma", delivery="bada"))
    sip.edit(sip.two, {"element": "delmal/a", "change": "tillagd", "set": {"area": "boende", "text": "Trappor"}})
    return sip


def insats(sip, id_, *, shared):
    said = {"text": f"Insats {id_}", "responsible": {"person": True}, "shared": shared}
    return {"element": f"insats/{id_}", "change": "tillagd", "under": "delmal/a", "set": said}


def test_lifecare_shows_an_ongoing_sip_with_main_goal_sub_goal_and_shared_insats_and_nothing_that_has_ended():
    sip = lifecare()
    assert shown(sip) is None
    sip.edit(sip.one, insats(sip, "hidden", shared=False))
    assert shown(sip) is None
    sip.edit(sip.one, insats(sip, "b", shared=True))
    sip.edit(sip.one, insats(sip, "c", shared=True))
    found = values(shown(sip))
    assert found["plan"] == {"huvudmal": "Bo hemma", "delivery": "bada"}
    assert found["insats/b"] == {"text": "Insats b", "responsible": {"person": True}}
    assert list(found) == ["plan", "delmal/a", "insats/b", "insats/c"]
    sip.say(sip.one, "sip.uppfoljning", {"items": [{"element": "insats/c", "version": 1, "outcome": "genomford"}]})
    assert list(values(shown(sip))) == ["plan", "delmal/a", "insats/b"]


@pytest.mark.parametrize("what", ["blocked", "deceased"])
def test_nothing_is_shown_of_a_person_with_protected_identity_or_who_has_died(what):
    sip = lifecare()
    sip.edit(sip.one, insats(sip, "b", shared=True))
    assert shown(sip) is not None
    setattr(sip.case, what, True)
    assert shown(sip) is None


def test_the_other_regions_show_nothing():
    silent = {profile for profile in UNITS if shown(opened(profile)) is None}
    assert silent >= {"mina_planer", "prator", "cosmic_link"}
    note = {"template": "sip_vuxen", "vart_vill_jag_na": "Hem"}
    sip = opened("cosmic_link")
    sip.edit(sip.two, {"element": "anteckning/a", "change": "tillagd", "set": note})
    sip.say(sip.two, "sip.las", {"document": "anteckning/a", "change": "signerad"})
    sip.say(sip.one, "sip.godkannande", {"approver": "samordningsansvarig", "with_person": True})
    assert shown(sip) is None


def test_the_person_is_shown_the_plan_and_nothing_else():
    sip = lifecare()
    sip.edit(sip.one, insats(sip, "b", shared=True))
    plan = shown(sip)
    assert plan.keys() == {"document", "state", "elements", "version", "approved_at"}
    assert all(one.keys() == {"element", "kind", "under", "fields"} for one in plan["elements"])
    for secret in (sip.person(sip.one), sip.person(sip.two), "m-1", "Rum 3", "Bra möte", "191212121212"):
        assert secret not in str(plan)
