"""Which contract a system was tried against: its stated version, and a digest of what decides. Imports the contracts' folder.

The stated version says what changed, and people raise it. The digest says whether two programs tried the same: it is of the
schemas, the scenarios, the worlds that they run in and the regions' answers. Texts that only explain are not in it.
"""

from __future__ import annotations

import hashlib
from functools import cache

from hub.contract_files import FOLDER
from hub.kit.report.canonical import canonical, digest

_DECIDES = ("schemas/**/*.json", "scenarios/*.yaml", "worlds/*.yaml", "profiles.md")


@cache
def contract_digest() -> str:
    """Of every file that decides, by its name under ``contracts/``."""
    files = sorted({path for pattern in _DECIDES for path in FOLDER.glob(pattern) if path.is_file()})
    return digest(
        canonical(
            {path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        )
    )
