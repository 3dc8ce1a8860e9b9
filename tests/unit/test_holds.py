"""Who waits for whom (hub.intake.holds): whatever order a case's messages come in, nothing stands still that could go on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from hub.intake.arrival import Arrival, read
from hub.intake.handle import hold_for_defect
from hub.intake.hub_messages import own_message
from hub.intake.stored import stored_arrival
from hub.processes.engine.order import replaced, undoes_later_act
from hub.processes.registry import process_of_case
from hub.scenarios import load
from hub.scenarios.memory import HubInMemory
from hub.store.held import Held
from hub.translators.native import STRUCTURED
from schemas.envelope import Message
from schemas.hub_messages import Folkbokforing, Frist, Verifiering
from schemas.messages import HUB_SOURCE, Question, Receipt, type_of
from schemas.parts import Samtycke
from schemas.shared import Aterkallelse
from tests.cases import svu_case

WORLD = load(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
WARD = WORLD.names["lund_avd12"]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PATIENT = {"personnummer": "191212121212"}
ADMISSION = {
    "patient": PATIENT,
    "admitted_at": "2026-03-02T08:40:00+01:00",
    "estimated_discharge": "2026-03-06",
    "reason": "Fall",
}
INFORMATION = {"given": True, "patient": PATIENT}
MENPROVNING = {"outcome": "menprovning", "decided_by": "SE2321000255-P01"}  # whom HSA has to be asked about
WORDS = {"fields": {"aktuellt_tillstand": {"text": "Smärtfri", "version": 0}}}
LOMMA = {"unit": WORLD.names["vc_lomma"], "change": "tillagd"}
MALMO = {"unit": WORLD.names["vc_malmo_centrum"], "change": "tillagd"}
DRAFT = {"patient": PATIENT, "draft": True}


class Hub(HubInMemory):
    """A hub in memory whose registers answer, and whose holds are tried again, only when the test says so."""

    def __init__(self) -> None:
        super().__init__(WORLD, NOW)
        self.answers: dict[str, list[Receipt]] = {}
        self.sent = 0

    def _follow(self) -> None:
        """Later."""

    def send(self, id_: str, name: str, data: dict[str, Any], subject: str = "ref:vk-1", **more: Any) -> Receipt:
        self.sent += 1
        event = {
            "specversion": "1.0",
            "id": id_,
            "source": f"urn:hsa:{WARD}",
            "type": type_of(name),
            "subject": subject,
            "time": (NOW + timedelta(minutes=self.sent)).isoformat(),
            "actor": "SE2321000255-P03",
            "actorrole": "sjukskoterska",
            "data": data,
            **more,
        }
        system = WORLD.directory.system_by_id["skane-sjukhus"]
        arrival = Arrival(system, to_json(event), STRUCTURED, None, self.now, f"t/{self.sent}", by_outbox=False)
        receipt = self.take(arrival, self.now).receipt
        self.answers.setdefault(id_, []).append(receipt)
        return receipt

    def registers_answer(self) -> None:
        """Everything that has been asked is answered now."""
        self._looked_at = 0
        self._look_up()
        self.outbox.clear()

    def take(self, arrival: Arrival, now: datetime) -> Any:
        """As in memory, but what is asked stays asked."""
        asked = [item for item in self.outbox if isinstance(item.content, Question)]
        outcome = super().take(arrival, now)
        self.outbox[:0] = asked
        return outcome

    def again(self) -> None:
        """Everything held is tried, as the schedule would."""
        self._retry()

    @property
    def waiting(self) -> list[str]:
        return [id_ for _, id_ in self._waiting]

    def take_defect(self, arrival: Arrival, error: str) -> Receipt:
        """A message that an error of ours keeps from being handled."""
        handled = hold_for_defect(arrival, error, self._loaded, WORLD.directory, self._lately, self.now)
        self._save(arrival, handled)
        return handled.receipts[0]

    def names(self) -> list[str]:
        case = next(iter(self.cases), None)
        return [] if case is None else [row.name or "" for row in self.history(case)]

    def final_of(self, id_: str) -> Receipt:
        found = self.final((f"urn:hsa:{WARD}", id_))
        assert found is not None, f"{id_} is still held"
        return found


STAY = {
    "information": ("information", INFORMATION),
    "consent": ("samtycke", {"outcome": "given"}),
    "admission": ("svu.inskrivning", ADMISSION),
    "words": ("svu.kartlaggning", WORDS),
    "letter": ("meddelande", {"text": "Hej"}),
}
ASSESSED = {**STAY, "consent": ("samtycke", MENPROVNING)}
REVOKED = {**STAY, "revoked": ("makulering", {"message": "letter"})}
DRAFTED = {**STAY, "draft": ("svu.inskrivning", DRAFT)}
BETWEEN = st.lists(st.sampled_from(["again", "registers", "repeat", "nothing"]), min_size=6, max_size=6)


@pytest.mark.parametrize(
    "stay", [STAY, ASSESSED, DRAFTED, REVOKED], ids=["given", "menprovning", "with a draft", "with a revoking"]
)
@given(data=st.data())
def test_whatever_order_a_stay_comes_in_nothing_is_left_held_and_each_is_handled_once(stay, data):
    hub = Hub()
    order = data.draw(st.permutations(sorted(stay)))
    for id_, then in zip(order, data.draw(BETWEEN), strict=False):
        case = next(iter(hub.cases), None)
        named = case if case is not None and data.draw(st.booleans()) else "ref:vk-1"
        hub.send(id_, *stay[id_], subject=named)
        if then == "again":
            hub.again()
        elif then == "registers":
            hub.registers_answer()
        elif then == "repeat":
            name, body = stay[id_]
            hub.sent -= 1  # the same time, so that it says the same
            assert hub.send(id_, name, body, subject=named).repeat
    for _ in range(3):  # what is tried may ask, and what is answered may free another
        hub.registers_answer()
        hub.again()
    assert hub.waiting == []
    finals = {id_: hub.final_of(id_) for id_ in stay}
    # One that came to an open case before its admission, with nothing held ahead of it, is told at once (V-2).
    told_at_once = {id_ for id_, receipts in hub.answers.items() if receipts[0].code == "fatal-error"}
    assert told_at_once <= {"words", "letter", "draft", "revoked"}
    if finals["letter"].code != "ok":
        told_at_once |= {"revoked"} & set(stay)
    accepted = {id_ for id_, final in finals.items() if final.code == "ok"}
    # A draft that comes after what it was the draft of is refused, whenever it was sent.
    assert accepted | {"draft"} >= set(stay) - told_at_once
    assert {final.rule for final in finals.values()} <= {None, "V-2", "V-4", "C-41"}
    handled = [row.id for row in hub.history(next(iter(hub.cases))) if row.source != HUB_SOURCE]
    assert Counter(handled) == Counter(accepted)
    assert handled.index("information") < handled.index("consent") < handled.index("admission")
    assert "revoked" not in accepted or handled.index("letter") < handled.index("revoked")
    told = [id_ for id_ in ("words", "letter") if id_ in accepted]
    assert all(handled.index("admission") < handled.index(id_) for id_ in told)
    assert sorted(told, key=handled.index) == sorted(told, key=order.index)


def test_the_three_records_of_one_batch_that_locked_a_case_are_all_handled():
    hub = Hub()
    hub.send("early", "samtycke", {"outcome": "given"})
    hub.send("opening", "information", INFORMATION)
    assert hub.send("later", "deltagare", LOMMA).rule == "held"
    hub.again()
    assert hub.names() == ["information", "samtycke", "deltagare"]
    assert hub.send("next", "deltagare", MALMO).code == "ok"


def test_one_that_is_new_does_not_overtake_one_that_still_waits_behind_what_was_just_settled():
    hub = Hub()
    hub.send("opening", "information", INFORMATION)
    hub.send("asked", "samtycke", MENPROVNING)
    hub.send("behind", "deltagare", LOMMA)
    hub.registers_answer()
    asked = hub._waiting.pop((f"urn:hsa:{WARD}", "asked"))
    asked.kept_as = asked.key
    assert hub._handle(asked).code == "ok"
    assert hub.send("new", "deltagare", MALMO).rule == "held"
    hub.again()
    assert [row.id for row in hub.history(next(iter(hub.cases))) if row.source != HUB_SOURCE][-2:] == ["behind", "new"]


def test_the_sender_is_told_at_once_what_an_admission_waits_for_and_in_the_end_the_rule():
    hub = Hub()
    receipt = hub.send("admission", "svu.inskrivning", ADMISSION)
    assert (receipt.code, receipt.rule, receipt.element) == ("transient-error", "held", "/data")
    assert "(V-4)" in receipt.text.sv and "Registrera information och samtycke först" in receipt.text.sv
    assert "72 timmar" in receipt.text.sv and "Sänd det inte igen" in receipt.text.sv
    hub.now = NOW + timedelta(hours=71)
    hub.again()
    assert hub.waiting == ["admission"]
    hub.now = NOW + timedelta(hours=73)
    hub.again()
    assert hub.waiting == []
    final = hub.final_of("admission")
    assert (final.code, final.rule, final.element) == ("fatal-error", "V-4", "/data")
    assert hub.cases == {}


def test_a_whole_admission_goes_ahead_of_the_bare_one_and_is_not_taken_back_by_it():
    hub = Hub()
    hub.send("bare", "svu.inskrivning", ADMISSION)
    whole = ADMISSION | {"information": {"given": True}, "samtycke": {"outcome": "given"}, "reason": "Stroke"}
    assert hub.send("whole", "svu.inskrivning", whole).code == "ok"
    hub.again()
    assert (hub.final_of("bare").rule, hub.final_of("bare").element) == ("D-4", "/time")
    assert hub.names() == ["svu.inskrivning"]


def test_a_yes_that_waited_does_not_replace_a_no_that_was_given_later():
    hub = Hub()
    hub.send("draft", "svu.inskrivning", DRAFT)
    hub.send("yes", "samtycke", {"outcome": "given"})
    refused = {k: v for k, v in ADMISSION.items() if k != "reason"}
    no = refused | {"information": {"given": True}, "samtycke": {"outcome": "refused"}}
    assert hub.send("no", "svu.inskrivning", no).code == "ok"
    hub.again()
    assert hub.final_of("yes").rule == "D-4"
    assert next(iter(hub.cases.values())).samtycke == "refused"


def test_a_no_that_was_given_later_but_came_first_is_replaced_by_nothing_older_and_replaces_the_yes():
    hub = Hub()
    hub.sent = 30
    hub.send("no", "samtycke", {"outcome": "refused"})
    hub.sent = 0
    yes = ADMISSION | {"information": {"given": True}, "samtycke": {"outcome": "given"}}
    assert hub.send("yes", "svu.inskrivning", yes).code == "ok"
    hub.again()
    assert hub.final_of("no").code == "ok"
    assert next(iter(hub.cases.values())).samtycke == "refused"


def test_what_was_informed_later_is_not_taken_back_by_information_that_waited():
    hub = Hub()
    hub.sent = 30
    hub.send("later", "information", INFORMATION)
    hub.send("asked", "samtycke", MENPROVNING)
    hub.sent = 0
    assert hub.send("older", "information", {"given": False, "reason": "Sover"}).rule == "held"
    hub.registers_answer()
    hub.again()
    assert (hub.final_of("older").rule, hub.final_of("older").element) == ("D-4", "/time")
    case = next(iter(hub.cases.values()))
    assert (case.information, case.information_reason) == (True, None)


@pytest.mark.parametrize(("given", "rule"), [(True, None), (False, "D-4")])
def test_an_admission_that_waited_brings_the_information_that_stands_or_is_refused(given, rule):
    hub = Hub()
    said = {"given": True} if given else {"given": False, "reason": "Sover"}
    hub.send("admission", "svu.inskrivning", ADMISSION | {"information": said})
    assert hub.send("informed", "information", INFORMATION).code == "ok"
    assert hub.send("consent", "samtycke", {"outcome": "given"}).code == "ok"
    hub.again()
    assert hub.final_of("admission").rule == rule
    assert next(iter(hub.cases.values())).information is True


@pytest.mark.parametrize(("last", "taken_back"), [("aterkallelse", True), ("frist", False)])
def test_a_consent_that_waited_does_not_come_after_its_withdrawal_but_renews_one_that_ran_out(last, taken_back):
    case = svu_case(registered_until=4)
    yes = Message("yes", f"urn:hsa:{WARD}", "samtycke", "case", NOW, None, None, Samtycke(outcome="given"))
    data = Aterkallelse() if last == "aterkallelse" else Frist(name="samtycke_upphor", due=NOW)
    source = f"urn:hsa:{WARD}" if taken_back else HUB_SOURCE
    then = Message("then", source, last, "case", NOW + timedelta(minutes=1), None, None, data)
    assert list(replaced(process_of_case(case), yes, case)) == [4]
    assert undoes_later_act(process_of_case(case), yes, case, {4: then}) is taken_back


def test_a_revoking_that_waits_for_its_message_holds_nobody_up_and_ends_with_the_message_refused():
    hub = Hub()
    hub.send("draft", "svu.inskrivning", DRAFT)
    assert hub.send("revoked", "makulering", {"message": "letter"}).rule == "held"
    assert hub.send("free", "deltagare", LOMMA).code == "ok"
    assert hub.send("letter", "meddelande", {"text": "Hej"}).rule == "V-2"
    hub.again()
    assert hub.final_of("revoked").rule == "C-41"
    assert hub.send("again", "makulering", {"message": "letter"}).rule == "C-41", "its sender has the answer"


def test_the_ward_may_revoke_a_case_in_which_an_admission_waits():
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    assert hub.send("admission", "svu.inskrivning", ADMISSION).rule == "held"
    assert hub.send("wrong", "makulering", {"case": True, "reason": "Fel patient"}).code == "ok"
    hub.again()
    assert hub.final_of("admission").rule == "V-5"


def test_a_message_behind_one_that_is_given_up_has_its_turn():
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    hub.send("admission", "svu.inskrivning", ADMISSION)
    hub.send("behind", "deltagare", LOMMA)
    hub.now = NOW + timedelta(hours=73)
    hub.again()
    assert (hub.final_of("admission").rule, hub.final_of("behind").code) == ("V-4", "ok")


def test_hsa_that_never_answers_ends_in_a_refusal_that_says_so_and_the_next_goes_on():
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    hub.send("asked", "samtycke", MENPROVNING)
    hub.send("behind", "samtycke", {"outcome": "given"})
    hub.again()
    hub.now = NOW + timedelta(hours=73)
    hub.again()
    assert (hub.final_of("asked").rule, hub.final_of("asked").element) == ("C-22", "/data/decided_by")
    assert hub.final_of("behind").code == "ok"


def _own(hub: Hub, name: str) -> Arrival:
    case = next(iter(hub.cases))
    data = {
        "adressering": WORLD.answer("191212121212"),
        "verifiering": Verifiering(unit=WARD, actor="SE2321000255-P03", role="lakare", outcome="unknown"),
        "folkbokforing": Folkbokforing(news="protected"),
        "frist": Frist(name="inskrivning_sen", due=NOW),
    }[name]
    if name == "frist":
        hub.cases[case].due["inskrivning_sen"] = NOW.isoformat()
    return own_message(case, f"own-{name}", name, data, hub.now)


@pytest.mark.parametrize("name", ["adressering", "verifiering", "folkbokforing", "frist"])
def test_what_the_hub_itself_says_waits_for_nobody(name):
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    hub.send("asked", "samtycke", MENPROVNING)
    assert hub.waiting == ["asked"]
    assert hub._handle(_own(hub, name)).code == "ok"
    assert hub.names()[-1] == name


@pytest.mark.parametrize("name", ["adressering", "verifiering", "folkbokforing", "frist"])
def test_a_message_of_the_hubs_own_that_was_held_comes_back_as_its_own_and_nobody_waits_for_it(name):
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    own = _own(hub, name)
    assert hub.take_defect(own, "KeyError").rule == "held"
    assert hub.send("free", "deltagare", LOMMA).code == "ok"
    (row,) = [row for row in hub.inbox.values() if row.source == HUB_SOURCE]
    waited = Held(row.source, row.id, next(iter(hub.cases)), "defect:KeyError", NOW, NOW, 0, 1, NOW)
    back = stored_arrival(row, waited, WORLD.directory)
    assert back.is_own and back.message == own.message
    if name == "frist":
        hub.cases[waited.case_key].due["inskrivning_sen"] = NOW.isoformat()
    assert hub._handle(back).code == "ok"


def test_a_defect_is_held_for_three_days_at_the_most_and_then_refused():
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    arrival = Arrival(None, b"", STRUCTURED, None, NOW, "x", by_outbox=False)
    arrival.defect, arrival.digest = "RecursionError", b"0" * 32
    assert hub._handle(arrival).rule == "held"
    hub.now = NOW + timedelta(hours=73)
    assert hub._handle(arrival).rule == "defect"


def test_what_our_reading_fails_at_is_kept_with_its_bytes(monkeypatch):
    from hub.intake import arrival as door

    def broken(*_: Any, **__: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(door.formats, "read", broken)
    system = WORLD.directory.system_by_id["skane-sjukhus"]
    one = Arrival(system, b"{}", STRUCTURED, None, NOW, "t/1", by_outbox=False)
    with pytest.raises(RecursionError):
        read(one, WORLD.directory.identities)
    door.read_or_keep(one, WORLD.directory.identities)
    assert (one.defect, one.message, one.refused, len(one.digest)) == ("RecursionError", None, None, 32)
    hub = Hub()
    assert hub._handle(one).rule == "held"
    assert [row.raw for row in hub.inbox.values()] == [b"{}"]


def test_what_can_be_read_at_last_is_asked_for_anew_since_its_own_id_has_not_come_yet():
    hub = Hub()
    hub.send("m-1", "information", INFORMATION)
    kept = replace(next(iter(hub.inbox.values())), source="urn:system:skane-sjukhus", id="t/1")
    waited = Held(kept.source, kept.id, kept.source, "defect:RecursionError", NOW, NOW, 0, 1, NOW)
    back = stored_arrival(kept, waited, WORLD.directory)
    receipt = hub._handle(back)
    assert (receipt.code, receipt.rule, receipt.message) == ("fatal-error", "defect", "m-1")
    assert "samma id" in receipt.text.sv


def test_the_receipt_of_a_message_whose_system_has_left_the_directory_is_not_a_refusal_at_once():
    hub = Hub()
    hub.send("information", "information", INFORMATION)
    hub.send("asked", "samtycke", MENPROVNING)
    row = next(row for row in hub.inbox.values() if row.id == "asked")
    case = next(iter(hub.cases))
    waited = Held(row.source, row.id, case, "awaits-hsa", NOW, NOW, 0, 1, NOW)
    gone = type(WORLD.directory).model_validate(WORLD.directory.model_dump() | {"systems": ()})
    back = stored_arrival(row, waited, gone)
    assert back.system is None and not back.is_own
    assert hub._handle(back).rule == "held"
    assert hub.send("free", "deltagare", LOMMA).code == "ok", "nobody waits for a system that is gone"
    hub.registers_answer()
    assert hub._handle(stored_arrival(row, waited, WORLD.directory)).code == "ok"
    assert from_json(row.attributes or b"null") is None
