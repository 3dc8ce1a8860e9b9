"""The console's own files and those of others, by names that hold their content's digest: a browser keeps them for ever. Imports
Starlette and the errors.

``static/`` is ours. ``assets/`` is laid out by ``lay_out`` from the packages in ``package-lock.json``; it is not in the repository.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.errors import Misconfigured

HERE: Final = Path(__file__).parent
OURS: Final = HERE / "static"
THEIRS: Final = HERE / "assets"
_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
_KEPT: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class ServedFile:
    """One file, as it is sent."""

    name: str
    """With the digest: ``console.3f2a9c01d4.css``."""
    kind: str
    content: bytes
    packed: bytes
    """By gzip."""


@cache
def served_files() -> Mapping[str, ServedFile]:
    """Plain name → file. What a stylesheet names by ``url(name)`` gets its digest too. Raises ``Misconfigured`` where others' files are
    not laid out.
    """
    found: dict[str, ServedFile] = {}
    if not (THEIRS / "htmx.js").is_file():
        raise Misconfigured(
            "the console's files are not laid out: run `make .venv/hub` (in a checkout), or install the wheel"
        )
    files = [path for folder in (THEIRS, OURS) for path in sorted(folder.iterdir()) if path.suffix in _KINDS]
    for path in sorted(files, key=lambda path: path.suffix == ".css"):
        content = path.read_bytes()
        if path.suffix == ".css":
            for one in found.values():
                plain = f"{one.name.split('.')[0]}.{one.name.rpartition('.')[2]}"
                content = content.replace(f'url("{plain}")'.encode(), f'url("{one.name}")'.encode())
        digest = hashlib.sha256(content).hexdigest()[:12]
        name = f"{path.stem}.{digest}{path.suffix}"
        found[path.name] = ServedFile(name, _KINDS[path.suffix], content, gzip.compress(content, mtime=0))
    return found


async def serve_file(request: Request) -> Response:
    """``/assets/NAME``."""
    for one in served_files().values():
        if one.name == request.path_params["name"]:
            headers = {"Cache-Control": _KEPT, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
            if "gzip" in request.headers.get("accept-encoding", ""):
                return Response(one.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=one.kind)
            return Response(one.content, headers=headers, media_type=one.kind)
    return PlainTextResponse("", 404)
