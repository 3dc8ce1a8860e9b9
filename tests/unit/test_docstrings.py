"""Every module says in its docstring what is in it, and what it may import."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for room in ("hub", "schemas")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts  # alembic's own layout
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_module_says_what_is_in_it_and_what_it_may_import(path):
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said
    assert path.stem.startswith("__") or "import" in said.lower()
