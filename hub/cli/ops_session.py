"""The session of whoever uses this account on this machine, by the hub's address: kept in a file of their own. Imports the errors only."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session that `hub login` began; ``token`` is the bearer of every call to the hub's ``/ops``."""

    token: str
    who: str
    until: str


def kept_in() -> Path:
    """The file: in the user's folder of configuration, as XDG says."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return folder / "samverkan-hub" / "sessions.json"


def of(url: str) -> KeptSession | None:
    """The session at a hub; None without one. Raises ``Misconfigured`` where others may read the file."""
    return _read().get(_key(url))


def keep(url: str, session: KeptSession) -> None:
    """Keep a session, in place of a former one at the same hub."""
    _write(_read() | {_key(url): session})


def forget(url: str) -> None:
    """Forget the session at a hub."""
    _write({one: kept for one, kept in _read().items() if one != _key(url)})


def _key(url: str) -> str:
    return url.rstrip("/")


def _read() -> dict[str, KeptSession]:
    path = kept_in()
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise Misconfigured(
                    f"others may read {path}, which holds your sessions: chmod 600 {path}, then hub logout"
                )
            written = json.load(file)
        return {url: KeptSession(**one) for url, one in written.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError):
        raise Misconfigured(
            f"{path} cannot be read as your sessions: remove it, and sign in again with hub login"
        ) from None


def _write(sessions: dict[str, KeptSession]) -> None:
    path = kept_in()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partly = path.with_name(f"{path.name}.{os.getpid()}")
    with open(
        partly, "w", opener=lambda name, flags: os.open(name, flags | os.O_EXCL, 0o600), encoding="utf-8"
    ) as file:
        json.dump({url: asdict(one) for url, one in sessions.items()}, file)
    partly.replace(path)  # whoever looks finds a whole file
