"""The files, tests and functions that CONTRIBUTING.md and README.md name are there, and the walk is the one that is tested."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATH = re.compile(r"`((?:hub|schemas|tests|contracts|deploy)/[\w./-]*[\w/])`")
TEST = re.compile(r"`(test_\w+)(?:\.py)?`")
FUNCTION = re.compile(r"`(?:\w+\.)*([A-Za-z_]\w+)`")
DEFINED = re.compile(r"^ *(?:async def|def|class) (\w+)[(:\[]", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def known_tests() -> set[str]:
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= {path.stem, *re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    return found


@cache
def defined() -> set[str]:
    found = set()
    for path in (ROOT / "hub").rglob("*.py"):
        found |= {path.stem, *DEFINED.findall(path.read_text(encoding="utf-8"))}
    return found


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_every_file_that_is_named_is_there(name):
    named = PATH.findall(text(name))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_test_that_is_named_is_there():
    named = TEST.findall(text("CONTRIBUTING.md"))
    assert len(named) > 5
    assert [name for name in named if name not in known_tests()] == []


def test_every_function_of_the_walk_is_there_and_the_walk_is_the_one_that_is_played():
    rows = [line.split("|")[3] for line in text("CONTRIBUTING.md").splitlines() if re.match(r"\| \d+ \|", line)]
    named = [name for row in rows for name in FUNCTION.findall(row)]
    assert len(rows) == 14
    assert [name for name in named if name not in defined()] == []
    played = re.findall(r'(?m)^    "hub\.[\w.]*\.(\w+)",$', text("tests/integration/test_walk.py"))
    assert len(played) > 10
    told = iter(named)
    assert all(name in told for name in played), "the walk that is played is not told in this order"
