"""The error catalogue has every rule and reason that the code has, and none that nothing raises; each says why it comes and what to do."""

import ast
import gc
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from hub import catalogue as room
from hub.addressing.lookups import LookupOutcome
from hub.catalogue import document, ids
from hub.catalogue.catalogue import catalogue, meant, of_kind, search
from hub.catalogue.remedies import REASONS, RULES
from hub.catalogue.rule_uses import uses
from hub.delivery.exits.http import judged
from hub.delivery.exits.subscription import NO_SUBSCRIPTION
from hub.intake import holds
from hub.intake.accept import EDITED
from hub.operations.timeline.entry import TimelineEntry
from hub.processes.shared.registers import FOUND
from hub.routers import faults
from hub.routers.asides import NOBODYS
from hub.translators.fhir import refusals
from hub.translators.soap import envelope
from schemas import identities, unit_ids
from schemas.hub_messages import AddressingOutcome
from schemas.rules import RULES as TEXTS

HUB = Path(room.__file__).parents[1]
FALLBACK = "other"


@cache
def by_kind():
    """Kind of syntax → (file, piece of code), of the hub's own code (the sandbox and the catalogue itself apart)."""
    apart = {"sandbox", "catalogue"}
    found = {ast.Call: [], ast.Constant: [], ast.Return: []}
    gc.disable()  # it would go through the million pieces again and again while they are made
    for path in HUB.rglob("*.py"):
        if path.relative_to(HUB).parts[0] not in apart:
            name = str(path.relative_to(HUB))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (kept := found.get(type(node))) is not None:
                    kept.append((name, node))
    gc.enable()
    return found


def nodes(kind, inside=""):
    return [node for name, node in by_kind()[kind] if name.startswith(inside)]


def called(node):
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def texts(node):
    """The constant texts in a piece of code; of one with ``{…}`` its beginning."""
    if isinstance(node, ast.JoinedStr):
        return {str(node.values[0].value)} if isinstance(node.values[0], ast.Constant) else set()
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    return {one for child in ast.iter_child_nodes(node) for one in texts(child)}


@cache
def constants():
    return {node.value for node in nodes(ast.Constant) if isinstance(node.value, str)}


def refused_by_name():
    """The rules of refusals that are written as a text, or that a guard has."""
    named = {
        node.args[0].value
        for node in nodes(ast.Call)
        if called(node) in {"Refused", "guard"} and node.args and isinstance(node.args[0], ast.Constant)
    }
    return named | {guard.rule for use in uses().values() for guard in use.guards}


# --- nothing is missing ---------------------------------------------------------------------------------------------------


def test_every_refusal_is_in_the_catalogue_and_says_what_to_do():
    named = refused_by_name() | set(refusals.by_rule()) | identities.SENTENCES.keys() | unit_ids.SENTENCES.keys()
    assert len(named) > 200
    assert named - catalogue().keys() == set()
    explains = catalogue()["D-3"].cause
    assert {rule for rule in named if catalogue()[rule].cause == explains} == set(), (
        "write it in hub/catalogue/remedies"
    )


def test_every_technical_reason_and_rule_with_a_text_is_there():
    assert TEXTS.keys() <= catalogue().keys()


def test_every_reason_to_hold_a_message_is_there():
    reasons = {
        value.removesuffix(":") for name, value in vars(holds).items() if name.isupper() and isinstance(value, str)
    }
    assert reasons == REASONS["held"].keys() - {FALLBACK}
    assert all(ids.of_held(reason) == f"held.{reason}" for reason in reasons)
    assert ids.of_held("defect:KeyError") == "held.defect"


def test_every_outcome_of_the_registers_that_needs_a_hand_is_there():
    by_hand = set(get_args(AddressingOutcome)) - FOUND
    assert {one.value for one in LookupOutcome if one.manual} < by_hand
    assert by_hand == REASONS["manual"].keys() - {FALLBACK}


def test_every_reason_of_a_partition_is_there():
    lost = {one for node in nodes(ast.Call, "routers/") if called(node) == "lose" for one in texts(node)}
    reasons = {*faults._REASONS.values(), *NOBODYS, *lost, "defect", "error"}
    assert reasons == REASONS["partition"].keys() - {FALLBACK}


def test_every_answer_of_a_receiver_is_there():
    answers = {judged(status, "https://there", None).answer for status in range(300, 600)}
    answers |= {
        one
        for node in nodes(ast.Call, "delivery/exits/")
        if called(node) == "AttemptOutcome"
        for one in texts(node.args[1])
    }
    in_words = {
        one
        for room in ("delivery/exits/no_answer.py", "delivery/exits/kafka.py")
        for node in nodes(ast.Return, room)
        if node.value is not None
        for one in texts(node.value)
    }
    answers |= {one for one in in_words if " " in one} | {NO_SUBSCRIPTION}
    answers |= {"fhir:fatal-error", "fhir:transient-error", "refused-by-receiver", "cannot-be-written:X"}
    answers |= {
        f"http:200{end}" for end in (" without an answer to this message", ", and its answer is cut or too long")
    }
    found = {answer: ids.of_delivery(answer) for answer in answers - {"ok", "broker-ack", "acknowledged"}}
    assert {answer for answer, id_ in found.items() if id_ == "delivery.other"} == set()
    known = {f"delivery.{name}" for name in REASONS["delivery"]} - {"delivery.other", "delivery.http-other"}
    assert set(found.values()) == known
    assert ids.of_delivery("gave-up:http:503") == "delivery.http-5xx"
    assert ids.of_delivery("http:600") == ids.of_delivery("http:101") == "delivery.http-other"


def test_every_fault_of_a_register_is_there():
    raised = {
        one
        for node in nodes(ast.Call, "addressing/")
        if called(node) in {"Unavailable", "Parked", "LookupFailed"} and node.args
        for one in texts(node.args[0])
    }
    codes = {
        one
        for node in nodes(ast.Call, "translators/soap/")
        if called(node) == "Unreadable"
        for one in texts(node.args[0])
    }
    faults_ = raised - {"database"} | {f"unreadable-{code}" for code in codes} | envelope.RETRYABLE | envelope.PARKED
    faults_ |= {"client-fault", "server-fault", "VP999", "http-503", "http-404", "listing:12=VP009"}
    found = {ids.of_register(fault + "404" if fault == "http-" else fault) for fault in faults_ - {"fault"}}
    assert found == {f"register.{name}" for name in REASONS["register"]} - {"register.other"}


def test_every_warning_is_there():
    warned = {
        one.partition(":")[0]
        for node in nodes(ast.Call, "processes/")
        if called(node) in {"append", "extend"} and getattr(getattr(node.func, "value", None), "attr", "") == "warnings"
        for one in texts(node)
    }
    warned |= {
        one.partition(":")[0]
        for one in constants()
        if re.fullmatch(r"(stands|skrivet-av|pagaende-insatser|avdelning-kvar|kva):.*", one)
    }
    warned.add(EDITED)
    assert warned - {"/", "kartlaggning", "delmal"} == REASONS["warning"].keys() - {FALLBACK}


# --- nothing is left over -------------------------------------------------------------------------------------------------


def test_no_entry_is_of_a_rule_that_nothing_refuses_by():
    assert RULES.keys() - refused_by_name() - refusals.by_rule().keys() - constants() == set()


# --- what it says ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", catalogue())
def test_an_entry_is_whole_sentences_in_two_languages(id_):
    one = catalogue()[id_]
    for text in (one.means, one.cause, one.what_to_do):
        assert text.sv != text.en
        for said in (text.sv, text.en):
            assert said.endswith((".", ")")) and "  " not in said
            assert said[0].isupper() or re.match(r"[a-z]+[A-Z_. ]", said), (
                "it begins with a field's name, or with a capital"
            )
    assert one.link == f"/errors/{id_}"
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]{0,63}", id_)


def test_the_page_and_the_json_have_every_entry():
    page, whole = document.as_page().decode(), document.as_json().decode()
    for id_, one in catalogue().items():
        assert f"\n### {id_}" in page
        assert f'"{id_}": {{' in whole
        assert one.what_to_do.sv in page
    assert sum(len(of_kind(kind)) for kind in {one.kind for one in catalogue().values()}) == len(catalogue())


@pytest.mark.parametrize(
    ("entry", "leads_to"),
    [
        ({"kind": "decided", "outcome": "refused", "rule": "V-3"}, "V-3"),
        ({"kind": "held", "outcome": "awaits-hsa"}, "held.awaits-hsa"),
        ({"kind": "tried", "answer": "http:503"}, "delivery.http-5xx"),
        ({"kind": "tried", "answer": "folkbokforing=VP009"}, "register.VP009"),
        ({"kind": "dead", "answer": "gave-up:timeout"}, "delivery.timeout"),
        ({"kind": "sent", "answer": "http:200"}, None),
        ({"kind": "received"}, None),
    ],
)
def test_what_went_wrong_in_a_timeline_leads_to_its_entry(entry, leads_to):
    found = TimelineEntry(at=datetime.now(UTC), lane="hub", sv="", en="", **entry)
    assert found.error == leads_to
    assert leads_to is None or leads_to in catalogue()


def test_an_entry_is_found_by_what_somebody_has_seen():
    assert [one.id for one in meant("VP004")] == [one.id for one in meant("register.vp004")] == ["register.VP004"]
    assert [one.id for one in meant("connection refused")] == ["delivery.connection-refused"]
    assert "delivery.connection-refused" in [one.id for one in search("Connection refused")]
    assert meant("no such words anywhere") == meant(" ") == []


def test_a_search_gives_what_is_called_so_first_then_what_means_it_then_its_cause():
    found = search("refused")
    called = [one for one in found if "refused" in f"{one.id} {one.code}"]
    assert found[: len(called)] == called and "delivery.connection-refused" in {one.id for one in called[:3]}
    means = [one for one in found if one not in called and "refused" in one.means.en.lower()]
    assert means and found[len(called) : len(called) + len(means)] == means
    assert search("") == list(catalogue().values())
