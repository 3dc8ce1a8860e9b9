"""Holds answers against ``/openapi.json``: status, media type, headers and body. Imports jsonschema only."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator


class Documented:
    """The document of a running hub."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        found = sorted(document["paths"], key=lambda path: path.count("{"))  # the most exact address first
        self._paths = [(re.compile(re.sub(r"\\{[^}]*\\}", "[^/]*", re.escape(path))), path) for path in found]
        self._validator = cache(self._made)

    def path_of(self, url: str) -> str | None:
        """The address in the document; None for one that it does not have."""
        return next((path for pattern, path in self._paths if pattern.fullmatch(url)), None)

    def _made(self, path: str, method: str, status: str, media: str) -> Draft202012Validator:
        content = self._document["paths"][path][method]["responses"][status]["content"]
        return Draft202012Validator({**content[media]["schema"], "components": self._document["components"]})

    async def check(self, answer: httpx.Response) -> None:
        """Asserts that an answer is as it is written."""
        path, method, status = self.path_of(answer.url.path), answer.request.method.lower(), str(answer.status_code)
        if path is None or method not in self._document["paths"][path]:
            return
        assert status in self._document["paths"][path][method]["responses"], (method, path, status)
        said = self._document["paths"][path][method]["responses"][status]
        media = answer.headers.get("content-type", "").partition(";")[0]
        nothing = not said["content"] and not answer.headers.get("content-type")
        assert nothing or media in said["content"] or "*/*" in said["content"], (method, path, status, media)
        for name, header in said.get("headers", {}).items():
            assert Draft202012Validator(header["schema"]).is_valid(answer.headers.get(name)), (
                method,
                path,
                status,
                name,
            )
        if media.endswith("json") and media in said["content"]:
            await answer.aread()
            body = answer.json()
            faults = list(self._validator(path, method, status, media).iter_errors(body))
            assert not faults, (method, path, status, faults[0].json_path, faults[0].message)
