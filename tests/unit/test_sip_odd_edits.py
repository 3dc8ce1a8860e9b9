"""Edits that contradict each other or come to nothing; what a unit that has left had begun; what is read before the answer."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.unit_view import may
from hub.processes.sip.state import sip as state_of
from tests.sip_cases import FOLLOWED, START, WORLD, Sip, opened


def _note(change: str, version: int | None = None, **said: str | None) -> dict[str, Any]:
    return {"edits": [{"element": "anteckning/a", "change": change, "version": version, "set": said}]}


def _refused(sip: Sip, unit: str, name: str, data: dict[str, Any], rule: str, element: str) -> tuple[str, ...]:
    before = sip.case.sequence
    receipt = sip.try_to(unit, name, data)
    assert (receipt.rule, receipt.element) == (rule, element)
    assert sip.case.sequence == before
    return tuple(receipt.warnings or ())


def test_an_edit_that_another_of_its_message_contradicts_names_no_words_that_stand() -> None:
    sip = opened("mina_planer")
    sip.edit(sip.one, {"element": "delmal/a", "change": "tillagd", "set": {"text": "Gå ut"}})
    twice = [
        {"element": "delmal/a", "change": "andrad", "version": 1, "set": {"text": text}} for text in ("Gå hem", "Vila")
    ]
    assert _refused(sip, sip.one, "sip.plan", {"edits": twice}, "E-3", "/data/edits/1/version") == ()


def test_to_move_what_has_no_parent_under_the_plan_changes_nothing_and_is_refused() -> None:
    sip = opened("mina_planer")
    sip.edit(sip.one, {"element": "delmal/a", "change": "tillagd", "set": {"text": "Gå ut"}})
    moved = {"element": "delmal/a", "change": "andrad", "version": 1, "under": "plan"}
    _refused(sip, sip.one, "sip.plan", {"edits": [moved]}, "E-2", "/data/edits/0")


def test_a_note_keeps_a_text() -> None:
    sip = opened("cosmic_link")
    sip.say(sip.two, "sip.plan", _note("tillagd", template="sip_vuxen", mal_langsiktigt="Gå ut"))
    emptied = _note("andrad", 1, mal_langsiktigt=None)
    _refused(sip, sip.two, "sip.plan", emptied, "P-9", "/data/edits/0/set")
    sip.say(sip.two, "sip.plan", _note("andrad", 1, mal_langsiktigt=None, mal_kortsiktigt="Gå till dörren"))


def test_a_note_changes_its_template_when_all_its_words_fit() -> None:
    sip = opened("cosmic_link")
    sip.say(sip.two, "sip.plan", _note("tillagd", template="sip_barn_unga", barnets_asikt="Ja", mal_langsiktigt="Leka"))
    _refused(sip, sip.two, "sip.plan", _note("andrad", 1, template="sip_vuxen"), "P-9", "/data/edits/0/set")
    sip.say(sip.two, "sip.plan", _note("andrad", 1, template="sip_barn_unga", barnets_asikt=None))
    sip.say(sip.two, "sip.plan", _note("andrad", 2, template="sip_vuxen"))


def test_the_coordinators_unit_signs_the_note_of_a_unit_that_has_left() -> None:
    sip = opened("cosmic_link")
    sip.say(sip.two, "sip.plan", _note("tillagd", template="sip_vuxen", mal_langsiktigt="Gå ut"))
    sign = {"document": "anteckning/a", "change": "signerad"}
    _refused(sip, sip.one, "sip.las", sign, "PR-5", "/source")
    sip.say(sip.one, "deltagare", {"unit": sip.hsa(sip.two), "change": "borttagen"})
    sip.say(sip.one, "sip.plan", _note("andrad", 1, mal_kortsiktigt="Gå till dörren"))
    sip.say(sip.one, "sip.las", sign)
    sip.say(sip.one, "sip.godkannande", {"approver": "samordningsansvarig", "with_person": True})
    assert state_of(sip.case).state == "godkand"


def test_the_coordinators_unit_removes_the_unsigned_note_of_a_unit_that_has_left() -> None:
    sip = opened("cosmic_link")
    sip.say(sip.two, "sip.plan", _note("tillagd", template="sip_vuxen", mal_langsiktigt="Gå ut"))
    sip.say(sip.one, "deltagare", {"unit": sip.hsa(sip.two), "change": "borttagen"})
    removed = {"element": "anteckning/a", "change": "borttagen", "version": 1}
    sip.say(sip.one, "sip.plan", {"edits": [removed], "confirmed": True})
    assert sip.case.elements["anteckning/a"].removed


def test_the_coordinators_unit_recalls_the_call_of_a_unit_that_has_left() -> None:
    sip = opened("mina_planer")
    call = {"meeting": {"id": "m-2", **FOLLOWED}, "initiator": {"code": "oppenvard"}, "reason": "Fall"}
    sip.say(sip.one, "sip.kallelse_andrad", {"meeting": {"id": "m-1"}, "recalled": True})
    sip.say(sip.two, "sip.kallelse", call)
    recall = {"meeting": {"id": "m-2"}, "recalled": True}
    _refused(sip, sip.one, "sip.kallelse_andrad", recall, "P-6", "/source")
    assert "sip.kallelse_andrad" not in may(sip.case, sip.hsa(sip.one), WORLD.directory, sip.now)
    sip.say(sip.one, "deltagare", {"unit": sip.hsa(sip.two), "change": "borttagen"})
    assert "sip.kallelse_andrad" in may(sip.case, sip.hsa(sip.one), WORLD.directory, sip.now)
    sip.say(sip.one, "sip.kallelse_andrad", recall)
    assert state_of(sip.case).meetings["m-2"]["recalled"]


def test_before_its_answer_a_called_unit_is_shown_the_call_and_not_the_meeting_as_held() -> None:
    sip = opened("prator")
    asked = "vc_nacksta"
    receivers = [{"unit": sip.hsa(unit)} for unit in (sip.two, asked)]
    sip.say(sip.one, "sip.kallelse", {"meeting": {"id": "m-1", **START}, "receivers": receivers})
    called = set(state_of(sip.seen(asked)).meetings["m-1"])
    sip.say(sip.one, "sip.mote", {"meeting": "m-1", "attended": [{"person": True}], "person_present": True})
    assert "attended" in state_of(sip.seen(sip.two)).meetings["m-1"]
    assert state_of(sip.seen(asked)).meetings["m-1"]["place"] == "Rum 3"
    assert set(state_of(sip.seen(asked)).meetings["m-1"]) == called
