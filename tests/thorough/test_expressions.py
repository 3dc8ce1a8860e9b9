"""No expression of ours takes more than linear time, whatever a sender writes: `<id ` forty thousand times stopped the hub once.

Every regular expression of hub/ and schemas/ is found, tried on hostile texts, and where one takes long at all, on four times the
text: what is linear then takes four times as long, what is not sixteen times and more.
"""

# ruff: noqa: E501 - a table of pieces
from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hub
import schemas

ROOT = Path(hub.__file__).parent.parent
CALLS = {"compile", "match", "search", "sub", "fullmatch", "findall", "finditer", "split"}
PIECES = [
    "<id ", "<", "<a", "</", "&", "&a", "&amp", '"', '"id"', '"id": ', '"id":"', " ", "\t", "\n", "\r\n", "-", "--", "0", "1 ", "0-", "1-1", "12", "191212",
    "19121212-", "a", "A", "aA0", "a-", "a.", ".", "..", "/", "//", "://", "http://a", "urn:", "url(", "url ", "url  (", "expression", "\\", "/*", "@", "D:",
    "D:0", "D:2026'", "(", ")", "[", "]", "{", "}", "%", "%41", "VP", "VP0", "1.0", "1.0e", "1e+", "e", "vba", "activex", ".xml", "/frame", "data:image/", "=",
    "A=", "QUJD", "T", "2026-01-01T", "00:00", "+", "+1d", "1h", ":", ";", "x;", ",", "'", "_", "ref:", "SE", "SE16", "whsec_", "\u00a0", "\u2010", "\u200b", "å", "é",
    "\ufeff", "\x00", "\x1f", "D:19121212-1212", "1 2 ", "0 -", "\xff", "\xffa", "style=", "on", "<!--", "<!", "hub.in.", "a_", "_a", "$", "^",
]  # fmt: skip


def of_the_source() -> dict[str, re.Pattern[Any]]:
    """Every expression that is written as a text in a call of `re`."""
    found: dict[str, re.Pattern[Any]] = {}
    for folder in ("hub", "schemas"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)) if "re." in text else ():
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in CALLS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "re"
                    and isinstance(node.args[0], ast.Constant)
                    and isinstance(node.args[0].value, str | bytes)
                ):
                    found[f"{path.relative_to(ROOT)}:{node.lineno}"] = re.compile(node.args[0].value)
    return found


def of_the_modules() -> dict[str, re.Pattern[Any]]:
    """Every compiled one that stands in a module, and what msgspec holds a field against."""
    found: dict[str, re.Pattern[Any]] = {}
    for package in (hub, schemas):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in info.name or info.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(info.name)).items():
                if isinstance(value, re.Pattern):
                    found[f"{info.name}.{name}"] = value
                for part in getattr(value, "__metadata__", ()):
                    if isinstance(part, msgspec.Meta) and part.pattern is not None:
                        found[f"{info.name}.{name}"] = re.compile(part.pattern)
    return found


@pytest.fixture(scope="module")
def expressions() -> dict[re.Pattern[Any], str]:
    """Expression → where it stands."""
    return {expression: place for place, expression in (of_the_source() | of_the_modules()).items()}


def seconds(expression: re.Pattern[Any], text: str) -> float:
    """Of the processor that the expression takes for the text, by search over all of it and by fullmatch."""
    subject: Any = text.encode("utf-8", "surrogatepass") if isinstance(expression.pattern, bytes) else text
    began = time.process_time()
    for _ in expression.finditer(subject):
        pass
    expression.fullmatch(subject)
    return time.process_time() - began


def grows_faster_than_linear(expression: re.Pattern[Any]) -> list[str]:
    bad = []
    for piece in PIECES:
        small, large = (piece * (size // len(piece)) + "!" for size in (3_000, 12_000))
        if seconds(expression, large) < 0.01:
            continue  # none that is linear takes as long
        shortest = min(seconds(expression, small) for _ in range(5))
        if all(seconds(expression, large) > 9 * shortest for _ in range(5)):
            bad.append(piece)
    return bad


def test_no_expression_grows_faster_than_its_text(expressions):
    assert len(expressions) > 40
    assert any("identities" in place for place in expressions.values())
    assert any("shapes" in place for place in expressions.values())
    bad = {place: found for expression, place in expressions.items() if (found := grows_faster_than_linear(expression))}
    assert not bad


@pytest.mark.parametrize("expression", [r"<[^>]*>", r"a+b", r"[0-9]+x"])
def test_the_trial_finds_those_that_do(expression):
    assert grows_faster_than_linear(re.compile(expression))
