"""Why a receiver gave no answer, in the words that operations reads: never a class of Python. Imports aiohttp only."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError


def in_words(error: BaseException) -> str:
    """What became of a call over HTTP that was answered by no status. Names nothing but the kind: addresses may be secret."""
    causes = [one for one in _causes(error) if not isinstance(one, aiohttp.ClientError)]
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return "connection refused"
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "its name has no address"
    for one in causes:
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {one.verify_message}"
        if isinstance(one, ssl.SSLError):
            return "no TLS connection could be made"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection could be made"
    if any(isinstance(one, HttpProcessingError) for one in causes):
        return "what it answered is not HTTP"
    return "the connection broke off before it answered"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
