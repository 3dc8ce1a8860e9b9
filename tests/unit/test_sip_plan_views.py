"""The plan of a SIP in any version, the differences between two, and what a field has held, as each unit may see them."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Refused
from hub.processes.engine.process import load_case
from hub.views.plan import compared, current_version, field_history, keywords, shown_plan
from tests.sip_cases import FOLLOWED, Sip, opened

LAST = 10**9


def plan(sip, unit, version=None, *, ended=True):
    return shown_plan(sip.seen(unit), sip.hsa(unit), sip.acts(unit), version, ended=ended)


def differences(sip, unit, before=None, after=None):
    return compared(sip.seen(unit), sip.hsa(unit), sip.acts(unit), before, after)


def history(sip, unit, element, name, before=LAST, limit=50):
    return field_history(sip.seen(unit), sip.acts(unit), element, name, before, limit)


def values(shown):
    """Address → field → value."""
    return {one["element"]: {name: said["value"] for name, said in one["fields"].items()} for one in shown["elements"]}


def goal(id_, text, **more):
    return {"element": f"delmal/{id_}", "change": "tillagd", "set": {"text": text, **more}}


def change(element, version, **said):
    return {"element": element, "change": "andrad", "version": version, "set": said}


def lifecare() -> Sip:
    """Region Norrbotten's plan with a main goal and a sub-goal."""
    sip = opened("lifecare")
    sip.edit(sip.one, change("plan", 0, huvudmal="Bo hemma"))
    sip.edit(sip.two, goal("a", "Trappor", area="boende"))
    return sip


def insats(sip, id_, *, shared):
    responsible = {"unit": sip.hsa(sip.two)}
    said = {"text": f"Insats {id_}", "responsible": responsible, "shared": shared}
    return {"element": f"insats/{id_}", "change": "tillagd", "under": "delmal/a", "set": said}


# --- a version --------------------------------------------------------------------------------------------------------


def test_the_plan_is_shown_in_the_shape_of_the_specification():
    sip = opened("mina_planer")
    sip.edit(sip.two, change("plan", 1, situation="Bor ensam"), goal("5f3a", "Gå till affären"))
    shown = plan(sip, sip.one)
    assert {name: shown[name] for name in ("document", "version", "current", "state")} == {
        "document": "plan",
        "version": 1,
        "current": True,
        "state": "kallad",
    }
    own, *rows, sub_goal = shown["elements"]
    assert own.keys() == {"element", "version", "fields"} and own["element"] == "plan"
    situation = own["fields"]["situation"]
    assert (situation["value"], situation["version"], situation["sequence"]) == ("Bor ensam", 2, sip.case.sequence)
    assert situation["by"].keys() == {"unit", "actor", "time"} and situation["by"]["unit"] == sip.hsa(sip.two)
    assert {one["element"] for one in rows} == {f"deltagare/{sip.hsa(unit)}" for unit in (sip.one, sip.two)}
    assert (sub_goal["element"], sub_goal["under"], sub_goal["unit"]) == ("delmal/5f3a", "plan", sip.hsa(sip.two))
    assert sub_goal["ended"] is None


def test_an_archived_version_is_as_it_was_when_it_was_closed_and_names_the_current_one():
    sip = opened("samsa")
    sip.edit(sip.one, change("plan", 0, kind="ny", purpose="Må bättre"), goal("a", "Gå"), goal("b", "Sova"))
    before = plan(sip, sip.two)
    _establish(sip)
    sip.edit(
        sip.two,
        change("delmal/a", 1, text="Gå ut varje dag"),
        {"element": "delmal/b", "change": "borttagen", "version": 1},
        confirmed=True,
    )
    old = plan(sip, sip.two, 0)
    assert old["elements"] == before["elements"]
    assert (old["version"], old["current"], old["current_version"], old["state"]) == (0, False, 1, "sip_mote")
    assert values(plan(sip, sip.one)) == {
        "plan": {"kind": "ny", "purpose": "Må bättre"},
        "delmal/a": {"text": "Gå ut varje dag"},
    }
    with pytest.raises(Refused, match="C-50"):
        plan(sip, sip.one, 2)


def _establish(sip: Sip) -> None:
    receivers = [{"unit": sip.hsa(sip.two)}]
    sip.say(sip.one, "sip.godkannande", {"approver": "person", "show_1177": True})
    meeting = {"id": f"f-{sip.number}", **FOLLOWED}
    sip.say(sip.one, "sip.kallelse", {"kind": "uppfoljning", "meeting": meeting, "receivers": receivers})
    if not sip.case.state.last_valid:
        sip.wait(days=12)
    sip.say(sip.one, "sip.upprattande", {"kind": "uppfoljd" if sip.case.state.last_valid else "upprattad"})


def test_a_version_that_begins_empty_shows_nothing_of_the_one_before_but_the_latest_texts_can_be_fetched():
    sip = opened("cosmic_link")
    note = {"element": "anteckning/a", "change": "tillagd", "set": {"template": "sip_vuxen", "vart_vill_jag_na": "Hem"}}
    sip.edit(sip.two, note)
    sip.say(sip.two, "sip.las", {"document": "anteckning/a", "change": "signerad"})
    sip.say(sip.one, "sip.godkannande", {"approver": "samordningsansvarig", "with_person": True})
    sip.say(sip.two, "sip.uppdatering", {})
    assert plan(sip, sip.one)["elements"] == []
    assert values(plan(sip, sip.one, 1))["anteckning/a"]["vart_vill_jag_na"] == "Hem"
    later = {"template": "sip_vuxen", "vart_vill_jag_na": "Ut", "mal_kortsiktigt": "Trappan"}
    sip.edit(sip.one, {"element": "anteckning/b", "change": "tillagd", "set": later})
    found = {one["keyword"]: one for one in keywords(sip.seen(sip.two), sip.hsa(sip.two))["keywords"]}
    assert {name: (one["value"], one["plan_version"]) for name, one in found.items()} == {
        "vart_vill_jag_na": ("Ut", 2),
        "mal_kortsiktigt": ("Trappan", 2),
    }
    sip.edit(sip.one, {"element": "anteckning/b", "change": "borttagen", "version": 1})
    (one,) = keywords(sip.seen(sip.two), sip.hsa(sip.two))["keywords"]
    assert (one["element"], one["value"], one["plan_version"]) == ("anteckning/a", "Hem", 1)
    (gone,) = [each for each in differences(sip, sip.two)["elements"] if each["element"] == "anteckning/a"]
    assert (gone["change"], gone["by"]) == ("borttagen", None)


def test_ended_parts_are_shown_or_hidden():
    sip = lifecare()
    sip.edit(sip.two, insats(sip, "b", shared=True))
    sip.say(sip.two, "sip.uppfoljning", {"items": [{"element": "insats/b", "version": 1, "outcome": "genomford"}]})
    (ended,) = [one for one in plan(sip, sip.one)["elements"] if one["element"] == "insats/b"]
    assert ended["ended"]["unit"] == sip.hsa(sip.two)
    assert list(values(plan(sip, sip.one, ended=False))) == ["plan", "delmal/a"]


def test_an_insats_that_is_not_shared_is_nobody_elses_until_it_is_then_as_it_stands():
    sip = lifecare()
    sip.edit(sip.two, insats(sip, "c", shared=False))
    sip.edit(sip.two, change("insats/c", 1, text="Hemligt"))
    assert "insats/c" in values(plan(sip, sip.two))
    assert "insats/c" not in values(plan(sip, sip.one))
    with pytest.raises(Refused, match="C-51"):
        history(sip, sip.one, "insats/c", "text")
    sip.edit(sip.two, change("insats/c", 2, text="Ramp"))
    sip.say(sip.two, "sip.delning", {"element": "insats/c", "shared": True})
    assert values(plan(sip, sip.one))["insats/c"]["text"] == "Ramp"
    assert [one["value"] for one in history(sip, sip.one, "insats/c", "text")["history"]] == ["Ramp"]
    assert [one["value"] for one in history(sip, sip.two, "insats/c", "text")["history"]] == [
        "Ramp",
        "Hemligt",
        "Insats c",
    ]
    sip.edit(sip.two, change("insats/c", 4, text="Ramp och räcke"))
    texts = [one["value"] for one in history(sip, sip.one, "insats/c", "text")["history"]]
    assert texts == ["Ramp och räcke", "Ramp"]


def test_an_insats_that_is_not_shared_and_ends_with_its_sub_goal_stays_hidden():
    sip = lifecare()
    sip.edit(sip.two, insats(sip, "c", shared=False))
    version = sip.case.elements["delmal/a"].version
    sip.edit(sip.two, {"element": "delmal/a", "change": "avslutad", "version": version})
    assert list(values(plan(sip, sip.one))) == ["plan", "delmal/a"]
    with pytest.raises(Refused, match="C-51"):
        history(sip, sip.one, "insats/c", "text")


def test_a_unit_that_has_not_answered_is_shown_no_plan():
    sip = opened("prator")
    sip.say(sip.one, "deltagare", {"unit": sip.hsa("vc_nacksta"), "change": "tillagd"})
    sip.edit(sip.two, change("plan", 0, background="Bakgrund"))
    for ask in (
        lambda: plan(sip, "vc_nacksta"),
        lambda: differences(sip, "vc_nacksta"),
        lambda: history(sip, "vc_nacksta", "plan", "background"),
        lambda: keywords(sip.seen("vc_nacksta"), sip.hsa("vc_nacksta")),
    ):
        with pytest.raises(Refused, match="no-plan"):
            ask()
    assert values(plan(sip, sip.one))["plan"] == {"background": "Bakgrund"}


def test_a_plan_whose_first_version_has_the_number_zero_is_stored_with_it():
    case = opened("samsa").case
    assert case.state.version == 0
    assert load_case(case.dump()).state == case.state


# --- what has changed -------------------------------------------------------------------------------------------------


def test_two_versions_are_compared_element_by_element_and_field_by_field():
    sip = opened("samsa")
    sip.edit(
        sip.one,
        change("plan", 0, kind="ny", purpose="Må bättre"),
        goal("a", "Gå", completion_date="2026-05-01"),
        goal("b", "Sova"),
        goal("c", "Äta"),
    )
    _establish(sip)
    sip.edit(sip.two, change("delmal/a", 1, text="Gå ut", completion_date=None), goal("d", "Läsa"))
    sip.edit(sip.two, {"element": "delmal/b", "change": "borttagen", "version": 1}, confirmed=True)
    shown = differences(sip, sip.one)
    assert (shown["from"]["version"], shown["from"]["current"]) == (0, False)
    assert (shown["to"]["version"], shown["to"]["current"], shown["to"]["closed_at"]) == (1, True, None)
    found = {one["element"]: one for one in shown["elements"]}
    assert {address: one["change"] for address, one in found.items()} == {
        "delmal/a": "andrad",
        "delmal/b": "borttagen",
        "delmal/d": "tillagd",
    }
    assert all(one["by"]["unit"] == sip.hsa(sip.two) for one in found.values())
    text, date = found["delmal/a"]["fields"]
    assert (text["field"], text["before"]["value"], text["after"]["value"]) == ("text", "Gå", "Gå ut")
    assert (text["before"]["by"]["unit"], text["after"]["by"]["unit"]) == (sip.hsa(sip.one), sip.hsa(sip.two))
    assert (date["field"], date["before"]["value"], date["after"]) == ("completion_date", "2026-05-01", None)
    assert [(f["before"], f["after"]["value"]) for f in found["delmal/d"]["fields"]] == [(None, "Läsa")]
    assert [(f["before"]["value"], f["after"]) for f in found["delmal/b"]["fields"]] == [("Sova", None)]


def test_versions_are_compared_forwards_and_must_exist():
    sip = opened("samsa")
    sip.edit(sip.one, change("plan", 0, kind="ny", purpose="Må bättre"))
    with pytest.raises(Refused, match="C-50") as alone:
        differences(sip, sip.one)
    assert alone.value.element == "/from"
    _establish(sip)
    for versions, element in (((1, 0), "/from"), ((0, 0), "/from"), ((0, 2), "/version"), ((7, 8), "/version")):
        with pytest.raises(Refused, match="C-50") as refused:
            differences(sip, sip.one, *versions)
        assert refused.value.element == element


def test_a_moved_part_is_seen_as_moved():
    sip = opened("mina_planer")
    unit = {"unit": sip.hsa(sip.two)}
    sip.edit(
        sip.one,
        change("plan", 1, situation="Ensam", huvudmal="Ut"),
        goal("a", "Gå", responsible=unit),
        goal("b", "Sova", responsible=unit),
    )
    sip.edit(sip.one, {"element": "aktivitet/x", "change": "tillagd", "under": "delmal/a", "set": {"name": "Promenad"}})
    _approve(sip)
    sip.say(sip.one, "sip.uppdatering", {"reason": "Uppföljning"})
    sip.edit(sip.two, {"element": "aktivitet/x", "change": "andrad", "version": 1, "under": "delmal/b"})
    (moved,) = differences(sip, sip.one)["elements"]
    assert (moved["element"], moved["change"], moved["fields"]) == ("aktivitet/x", "andrad", [])
    assert moved["under"] == {"before": "delmal/a", "after": "delmal/b"}
    assert moved["by"]["unit"] == sip.hsa(sip.two)


def _approve(sip: Sip) -> None:
    sip.say(sip.one, "sip.godkannande_start", {})
    for unit in (sip.one, sip.two):
        sip.say(unit, "sip.godkannande", {"approver": "enhet"})


# --- the history of a field -------------------------------------------------------------------------------------------


def test_every_value_of_a_field_is_kept_with_who_wrote_it_and_comes_page_by_page():
    sip = opened("samsa")
    sip.edit(sip.one, change("plan", 0, kind="ny", purpose="Ett"))
    sip.edit(sip.two, change("plan", 1, purpose="Två"))
    _establish(sip)
    sip.edit(sip.two, change("plan", 2, purpose=None), send=False)
    sip.edit(sip.one, change("plan", 3, purpose="Fyra", questions="Vad?"))
    shown = history(sip, sip.two, "plan", "purpose")
    assert (shown["element"], shown["field"], shown["current"], shown["total"]) == ("plan", "purpose", 4, 4)
    assert [(one["value"], one["plan_version"], one["by"]["unit"], one["earlier"]) for one in shown["history"]] == [
        ("Fyra", 1, sip.hsa(sip.one), False),
        (None, 1, sip.hsa(sip.two), True),
        ("Två", 0, sip.hsa(sip.two), True),
        ("Ett", 0, sip.hsa(sip.one), True),
    ]
    first = history(sip, sip.two, "plan", "purpose", limit=3)
    assert [one["value"] for one in first["history"]] == ["Fyra", None, "Två"]
    rest = history(sip, sip.two, "plan", "purpose", first["next_before"], 3)
    assert [one["value"] for one in rest["history"]] == ["Ett"] and "next_before" not in rest
    for element, name in (("plan", "huvudmal"), ("delmal/a", "text")):
        with pytest.raises(Refused, match="C-51"):
            history(sip, sip.two, element, name)


# --- whatever is written ----------------------------------------------------------------------------------------------

STEPS = {
    "mina_planer": ("add", "write", "remove", "next"),
    "samsa": ("add", "write", "remove", "next"),
    "lifecare": ("add", "add", "write", "end", "share", "remove"),
    "cosmic_link": ("add", "write", "remove", "next"),
}
FIELD = {"mina_planer": "text", "samsa": "text", "lifecare": "text", "cosmic_link": "vart_vill_jag_na"}


def _random_step(profile: str, sip: Sip, chance: Random) -> None:
    """One message about the plan, by either unit; most of them are accepted."""
    unit, step = chance.choice((sip.one, sip.two)), chance.choice(STEPS[profile])
    living = [
        one
        for one in sip.case.elements.values()
        if not one.removed and "/" in one.address and FIELD[profile] in one.state["fields"]
    ]
    if step == "add":
        sip.try_to(unit, "sip.plan", {"edits": [_new(profile, sip, unit, chance)]})
    elif step == "next":
        _next_version(profile, sip)
    elif living:
        one = chance.choice(living)
        if step == "share":
            sip.try_to(unit, "sip.delning", {"element": one.address, "shared": True})
            return
        said = {
            "write": {"change": "andrad", "set": {FIELD[profile]: f"Ord {sip.number}"}},
            "remove": {"change": "borttagen"},
            "end": {"change": "avslutad"},
        }[step]
        edit = {"element": one.address, "version": one.version, **said}
        sip.try_to(unit, "sip.plan", {"edits": [edit], "confirmed": True})


def _new(profile, sip, unit, chance):
    id_, text = f"e{sip.number}", f"Text {sip.number}"
    if profile == "cosmic_link":
        said = {"template": "sip_vuxen", "vart_vill_jag_na": text}
        return {"element": f"anteckning/{id_}", "change": "tillagd", "set": said}
    if profile == "lifecare":
        goals = [one.address for one in sip.case.elements.values() if one.address.startswith("delmal/")]
        if goals and chance.random() < 0.7:
            said = {"text": text, "responsible": {"unit": sip.hsa(unit)}, "shared": chance.random() < 0.4}
            return {"element": f"insats/{id_}", "change": "tillagd", "under": chance.choice(goals), "set": said}
        return goal(id_, text, area="boende")
    return goal(id_, text, responsible={"unit": sip.hsa(unit)})


def _next_version(profile, sip):
    if profile == "samsa":
        _establish(sip)
    elif profile == "mina_planer" and any(
        address.startswith("delmal/") and not one.removed for address, one in sip.case.elements.items()
    ):
        _approve(sip)
        sip.say(sip.one, "sip.uppdatering", {"reason": "Uppföljning"})
    elif profile == "cosmic_link" and sip.case.state.living.get("anteckning"):
        for one in list(sip.case.elements.values()):
            if not one.removed and "signed" not in one.state and one.address.startswith("anteckning/"):
                author = next(unit for unit in (sip.one, sip.two) if sip.hsa(unit) == one.state["unit"])
                sip.say(author, "sip.las", {"document": one.address, "change": "signerad"})
        sip.say(sip.one, "sip.godkannande", {"approver": "samordningsansvarig", "with_person": True})
        sip.say(sip.two, "sip.uppdatering", {})


def _begun(profile: str) -> Sip:
    sip = opened(profile)
    own = {
        "mina_planer": lambda: change("plan", 1, situation="Ensam", huvudmal="Ut"),
        "samsa": lambda: change("plan", 0, kind="ny", purpose="Må bättre"),
        "lifecare": lambda: change("plan", 0, huvudmal="Bo hemma"),
    }
    if profile in own:
        sip.edit(sip.one, own[profile]())
    return sip


@pytest.mark.parametrize("profile", sorted(STEPS))
@given(seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_every_version_is_readable_comparable_and_the_fold_of_what_was_written(profile, seed):
    chance, sip = Random(seed), _begun(profile)
    units, closed, begun = (sip.one, sip.two), {}, {}
    for _ in range(12):
        stood = {unit: plan(sip, unit)["elements"] for unit in units}
        number = sip.case.state.version
        _random_step(profile, sip, chance)
        if sip.case.state.version != number:
            stood = {unit: values({"elements": stood[unit]}) for unit in units}
            # SAMSA archives a version as it was when it became valid, the others as it was when it was closed.
            closed[number] = begun.get(number, stood) if profile == "samsa" else stood
            begun[sip.case.state.version] = {unit: values(plan(sip, unit)) for unit in units}
    for unit in units:
        case, acts = sip.seen(unit), sip.acts(unit)
        shown = {
            number: shown_plan(case, sip.hsa(unit), acts, number, ended=True)
            for number in (*closed, current_version(case))
        }
        assert {number: values(shown[number]) for number in closed} == {n: closed[n][unit] for n in closed}
        case.state.versions.append({"version": -1, "until": case.sequence, "state": "now", "at": ""})
        folded = shown_plan(case, sip.hsa(unit), acts, -1, ended=True)
        case.state.versions.pop()
        assert folded["elements"] == shown[current_version(case)]["elements"], "the rows are the fold of the history"
        for before, after in zip([*closed], [*closed, current_version(case)][1:], strict=True):
            _agree(shown[before], shown[after], differences(sip, unit, before, after))


def _agree(before, after, differs):
    """The differences lead from one version to the other."""
    led = values(before)
    for one in differs["elements"]:
        if one["change"] == "borttagen":
            del led[one["element"]]
            continue
        fields = led.setdefault(one["element"], {})
        for field in one["fields"]:
            assert (field["before"] or {}).get("value") == fields.pop(field["field"], None)
            if field["after"] is not None:
                fields[field["field"]] = field["after"]["value"]
    assert led == values(after)
