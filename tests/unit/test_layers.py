"""Who may import whom (pyproject.toml, architecture.md §2): the contracts refuse what they are there to refuse."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import grimp
import pytest
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract

ROOT = Path(__file__).parents[2]
KINDS = {"layers": LayersContract, "protected": ProtectedContract}
WRITTEN = {
    each["id"]: each
    for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if "id" in each
}


def contract(name: str) -> Contract:
    """As it is written, without the imports that it lets pass."""
    options = {
        key: str(value) if isinstance(value, bool) else value  # as import-linter reads them from the file
        for key, value in WRITTEN[name].items()
        if key != "ignore_imports"
    }
    return KINDS[options["type"]](options["name"], {"root_packages": ["hub", "schemas"]}, options)


@cache
def modules() -> list[str]:
    found = (
        path.relative_to(ROOT).with_suffix("").parts
        for root in ("hub", "schemas")
        for path in (ROOT / root).rglob("*.py")
    )
    return [".".join(parts[:-1] if parts[-1] == "__init__" else parts) for parts in found]


@pytest.fixture
def house() -> grimp.ImportGraph:
    """The modules of the house, without their imports."""
    graph = grimp.ImportGraph()
    for module in modules():
        graph.add_module(module)
    return graph


def kept(name: str, graph: grimp.ImportGraph) -> bool:
    return contract(name).check(graph, verbose=False).kept


@pytest.mark.parametrize("name", ["rooms", "delivery", "processes", "tenants"])
def test_the_house_as_it_stands_has_a_room_for_every_module(name, house):
    assert kept(name, house)


@pytest.mark.parametrize(
    ("name", "stray"),
    [
        ("rooms", "hub.utils"),
        ("rooms", "hub.foo"),
        ("delivery", "hub.delivery.helpers"),
        ("processes", "hub.processes.helpers"),
    ],
)
def test_a_module_or_folder_that_no_layer_names_is_refused_by_name(name, stray, house):
    house.add_module(stray)
    house.add_module(f"{stray}.inside")
    check = contract(name).check(house, verbose=False)
    assert not check.kept
    assert set(check.metadata["undeclared_modules"]) == {stray}


@pytest.mark.parametrize(
    ("name", "importer", "imported"),
    [
        ("rooms", "hub.store.cases", "hub.intake.queue"),
        ("rooms", "hub.intake.queue", "hub.routers.http"),
        ("rooms", "hub.delivery.relay", "hub.routers.http"),
        ("rooms", "hub.processes.engine.case", "hub.store.cases"),
        ("rooms", "hub.errors", "hub.log"),
        ("delivery", "hub.delivery.lane", "hub.delivery.lanes"),
        ("delivery", "hub.delivery.exits.kafka", "hub.delivery.attempt"),
        ("processes", "hub.processes.engine.decide", "hub.processes.shared.consent"),
        ("processes", "hub.processes.engine.decide", "hub.processes.svu.law"),
        ("processes", "hub.processes.shared.consent", "hub.processes.svu.law"),
        ("processes", "hub.processes.shared.consent", "hub.processes.profiles.svu"),
        ("processes", "hub.processes.profiles.svu", "hub.processes.svu.law"),
        ("tenants", "hub.views.whole", "hub.processes.svu.law"),
    ],
)
def test_an_import_against_the_direction_is_refused(name, importer, imported, house):
    assert {importer, imported} <= house.modules
    house.add_import(importer=importer, imported=imported)
    assert not kept(name, house)


def test_every_process_is_a_tenant_that_nobody_outside_names():
    rooms = {path.parent.name for path in (ROOT / "hub" / "processes").glob("*/__init__.py")}
    tenants = {f"hub.processes.{room}" for room in rooms - {"engine", "shared", "profiles"}}
    assert set(WRITTEN["tenants"]["protected_modules"]) == tenants
