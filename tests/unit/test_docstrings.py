"""Every module says in its docstring what is in it, and what it may import."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for room in ("hub", "schemas")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts  # alembic's own layout
)
SAID = re.compile(r'\A"""(.+?)"""', re.DOTALL)


def test_every_module_says_what_is_in_it_and_what_it_may_import():
    silent = []
    for path in MODULES:
        said = SAID.match(path.read_text(encoding="utf-8"))
        if said is None or not (path.stem.startswith("__") or "import" in said[1].lower()):
            silent.append(str(path.relative_to(ROOT)))
    assert len(MODULES) > 300
    assert silent == []
