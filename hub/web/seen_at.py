"""The console's address as browsers see it, where a proxy between them changes it. Imports Starlette only."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


class SeenAt:
    """Gives the console each request as the browser made it: by ``url`` (``https://host/path/console``), its scheme, host and path. None:
    as the request came.
    """

    def __init__(self, app: ASGIApp, url: str | None) -> None:
        self._app = app
        self._seen = None if url is None else urlsplit(url.rstrip("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._seen is not None and scope["type"] == "http":
            inner = scope["path"].removeprefix(scope["root_path"])
            headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {
                **scope,
                "scheme": self._seen.scheme,
                "root_path": self._seen.path,
                "path": self._seen.path + inner,
                "headers": [*headers, (b"host", self._seen.netloc.encode())],
            }
        await self._app(scope, receive, send)
