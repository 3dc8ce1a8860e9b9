"""Every process has an answer for every profile that a region of the directory may have."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from hub.processes.registry import PROCESSES
from hub.processes.shared.answers import SharedAnswers
from schemas.directory import ProfileName


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_process_answers_for_exactly_the_profiles_that_the_directory_offers(process):
    assert set(process.profiles) == set(get_args(ProfileName))
    assert all(isinstance(row, SharedAnswers) for row in process.profiles.values()), "the shared rules ask it too"


_HUB = Path(__file__).parents[2] / "hub"
_ANSWERS = _HUB / "processes" / "profiles"
_REGIONS = {"skane", "vastra_gotaland", "vasternorrland", "norrbotten", "vastmanland"}
_MODULES = sorted(
    path for path in _HUB.rglob("*.py") if _ANSWERS not in path.parents and not path.name.startswith("example_")
)


_NAMES = _REGIONS | {*get_args(ProfileName)}
_SPOKEN = (*_NAMES, "profile")
"""A module in which none of these stands cannot ask, and need not be parsed."""


def _asks_for_a_name(tree: ast.AST) -> list[int]:
    """The lines that name a region or its profile, read a profile's name, or compare a case's profile with anything."""
    found = []
    for node in ast.walk(tree):
        named = isinstance(node, ast.Constant) and node.value in _NAMES
        of_a_row = (
            isinstance(node, ast.Attribute) and node.attr == "name" and ast.unparse(node.value).endswith("profile")
        )
        compared = isinstance(node, ast.Compare) and any(
            isinstance(side, ast.Attribute) and side.attr == "profile" for side in (node.left, *node.comparators)
        )
        if named or of_a_row or compared:
            found.append(node.lineno)
    return found


def test_no_module_asks_for_the_name_of_a_region_or_of_its_profile():
    texts = {path: path.read_text() for path in _MODULES}
    may_ask = {path: text for path, text in texts.items() if any(word in text for word in _SPOKEN)}
    asking = {str(path.relative_to(_HUB)): _asks_for_a_name(ast.parse(text)) for path, text in may_ask.items()}
    assert {path: lines for path, lines in asking.items() if lines} == {}


@pytest.mark.parametrize(
    "text", ['if s.profile.name == "x": pass', 'case.profile == "prator"', "x = 'samsa'", "case.profile in given"]
)
def test_a_module_that_asked_for_a_name_would_be_found(text: str):
    assert _asks_for_a_name(ast.parse(text))
