"""The middle of the intake is pure: load → handle → save, and the scenarios call the same ``handle`` as the hub."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic_core import to_json

from hub.intake import commit, load, save
from hub.intake.arrival import Arrival, Waited, read
from hub.intake.handle import handle
from hub.intake.handled import Handled
from hub.intake.load import give_new_ids
from hub.intake.loaded import Loaded
from hub.scenarios import load as load_world
from hub.scenarios import memory
from hub.scenarios.world import Lately
from hub.translators.native import STRUCTURED
from schemas.messages import type_of
from tests.shards import all_shards

WORLD = load_world(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
WARD = WORLD.names["lund_avd12"]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PATIENT = {"personnummer": "191212121212"}
STAY: list[tuple[str, str, dict[str, Any]]] = [
    ("early", "deltagare", {"unit": WORLD.names["vc_lomma"], "change": "tillagd"}),
    ("information", "information", {"given": True, "patient": PATIENT}),
    ("asked", "samtycke", {"outcome": "menprovning", "decided_by": "SE2321000255-P01"}),
    ("consent", "samtycke", {"outcome": "given"}),
    (
        "admission",
        "svu.inskrivning",
        {
            "patient": PATIENT,
            "admitted_at": "2026-03-02T08:40:00+01:00",
            "estimated_discharge": "2026-03-06",
            "reason": "Fall",
            "information": {"given": True},
            "samtycke": {"outcome": "given"},
        },
    ),
    ("letter", "meddelande", {"text": "Hej"}),
    ("information", "information", {"given": True, "patient": PATIENT}),
    ("revoked", "makulering", {"message": "one-letter"}),
]


def arrivals() -> list[Arrival]:
    """A stay in two cases, out of order, with a repeat and messages to hold; and in a case that does not exist."""
    found = []
    for ref in ("ref:one", "ref:two", "00000000-0000-7000-8000-000000000000"):
        for number, (id_, name, data) in enumerate(STAY):
            event = {
                "specversion": "1.0",
                "id": f"{ref[-3:]}-{id_}",
                "source": f"urn:hsa:{WARD}",
                "type": type_of(name),
                "subject": ref,
                "time": (NOW + timedelta(minutes=len(id_))).isoformat(),
                "actor": "SE2321000255-P03",
                "actorrole": "sjukskoterska",
                "data": data,
            }
            system = WORLD.directory.system_by_id["skane-sjukhus"]
            arrival = Arrival(system, to_json(event), STRUCTURED, None, NOW, f"t/{ref}/{number}", by_outbox=True)
            read(arrival, WORLD.directory.identities)
            found.append(arrival)
    return found


def loaded() -> Loaded:
    """What stands before any of them: nothing, but the ids that their cases will get."""
    found = Loaded()
    give_new_ids(found, [("skane-sjukhus", "one"), ("skane-sjukhus", "two")])
    return found


def test_of_equal_arguments_comes_an_equal_outcome():
    first = loaded()
    second = deepcopy(first)
    messages = arrivals()
    before = repr(messages)
    one = handle(messages, first, WORLD.directory, Lately(WORLD), NOW)
    two = handle(messages, second, WORLD.directory, Lately(WORLD), NOW)
    assert repr(one) == repr(two)
    assert repr(first.cases) == repr(second.cases)
    assert repr(messages) == before, "the arrivals are left as they are"
    assert {outcome for _, _, outcome in one.counted} == {"held", "accepted", "repeated", "refused"}


def test_a_batch_that_is_handled_in_parts_comes_out_as_one_that_is_handled_at_once():
    messages, whole, parts = arrivals(), loaded(), Handled()
    piecewise = deepcopy(whole)
    at_once = handle(messages, whole, WORLD.directory, Lately(WORLD), NOW)
    for arrival in messages:
        handle([arrival], piecewise, WORLD.directory, Lately(WORLD), NOW, parts)
    assert repr(parts) == repr(at_once)


async def test_the_event_loop_has_its_turn_between_the_parts_of_a_batch(monkeypatch):
    turns, done, most, handled_at = 0, False, 40, []

    async def loaded_at_once(*_):
        return loaded()

    async def saved_at_once(*_):
        return None

    def counted(arrivals, *given):
        handled_at.append((turns, len(arrivals)))
        return handle(arrivals, *given)

    async def take_turns():
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    for name, instead in (("load", loaded_at_once), ("save", saved_at_once), ("handle", counted)):
        monkeypatch.setattr(commit, name, instead)
    counting = asyncio.create_task(take_turns())
    messages = arrivals() * 5
    handled = await commit.handle_in(None, messages, WORLD.directory, Lately(WORLD), NOW, all_shards(None), None)
    done = True
    await counting
    assert len(handled.receipts) == len(messages) == sum(size for _, size in handled_at)
    assert len({turn for turn, _ in handled_at}) == len(handled_at) == -(-len(messages) // most)


def test_a_hold_that_is_given_up_is_named_for_the_log_and_nothing_is_logged_before_the_commit():
    before, (early, *_) = loaded(), arrivals()
    first = handle([early], before, WORLD.directory, Lately(WORLD), NOW)
    assert (first.receipts[0].rule, first.given_up) == ("held", [])
    (holding,) = first.held
    early.kept_as, early.waited = holding.key, Waited(holding.case_key, holding.reason, NOW, NOW)
    last = handle([early], before, WORLD.directory, Lately(WORLD), NOW + timedelta(hours=73))
    assert last.receipts[0].rule == "unknown-case"
    assert "svu.inskrivning" in last.receipts[0].text.sv and "information" in last.receipts[0].text.sv
    assert last.given_up == [("awaits-opening", "skane-sjukhus", early.kept_as[1])]


def _modules(start: ModuleType) -> list[ModuleType]:
    """The module and every module of the intake that it imports, directly or through another."""
    found, left = [], [start.__name__]
    while left:
        module = importlib.import_module(left.pop())
        if module in found:
            continue
        found.append(module)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("hub.intake"):
                names = [node.module] if node.module != "hub.intake" else [f"hub.intake.{a.name}" for a in node.names]
                left += names
    return found


PURE = _modules(importlib.import_module("hub.intake.handle"))


@pytest.mark.parametrize("module", PURE, ids=lambda module: module.__name__)
def test_handle_and_all_that_it_calls_in_the_intake_wait_for_nothing_and_touch_no_io(module):
    tree = ast.parse(inspect.getsource(module))
    asynchronous = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, asynchronous)]
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    used = {alias.name for node in imports for alias in node.names} | {node.module or "" for node in froms}
    assert used.isdisjoint(
        {"asyncio", "psycopg", "httpx", "random", "time", "uuid_utils", "hub.log", "hub.metrics", "hub.store"}
    )
    for node in froms:
        if (node.module or "").startswith("hub.store"):
            here = importlib.import_module(node.module)
            functions = [alias.name for alias in node.names if inspect.isroutine(getattr(here, alias.name))]
            assert not functions, f"only plain rows come from {node.module}"


def test_load_and_save_are_no_part_of_handle():
    assert load not in PURE
    assert save not in PURE
    assert {"hub.intake.accept", "hub.intake.holds", "hub.intake.notices"} <= {module.__name__ for module in PURE}


def test_the_scenarios_hub_calls_the_intakes_own_handle_and_inherits_nothing():
    assert memory.handle is commit.handle is handle
    assert memory.HubInMemory.__mro__ == (memory.HubInMemory, object)
