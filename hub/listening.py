"""The sockets on which a program of ours listens. Imports the errors only."""

from __future__ import annotations

import errno
import socket

from hub.errors import Misconfigured


def bound(
    host: str, port: int, who: str = "the hub", instead: str = "set HUB_HTTP_PORT, or HUB_HTTP_HOST"
) -> list[socket.socket]:
    """A socket for each address of ``host``, bound but not yet listening: a port that is taken is found before anything begins.
    Each names TCP as its protocol: only then does asyncio turn Nagle's algorithm off, without which an answer that is written in two parts
    waits 40 ms for the client's ACK.

    Raises ``Misconfigured`` that says ``who`` cannot listen, and what to do ``instead``.
    """
    found: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in sorted(
            set(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE))
        ):
            found.append(socket.socket(family, kind, protocol))
            found[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                found[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            found[-1].bind(address)
    except OSError as error:
        for each in found:
            each.close()
        taken = error.errno == errno.EADDRINUSE
        why = "another program has the port" if taken else error.strerror or type(error).__name__
        raise Misconfigured(f"{who} cannot listen at {host}:{port} ({why}): {instead}") from None
    return found
