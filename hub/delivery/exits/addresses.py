"""Which addresses a webhook may have (delivery.md §3): a directory must not make the hub call what lies inside. Imports
httpcore only.

Asked at each connection, of the address that the name resolves to, which is then the one that is called: a name that
changes between the question and the call (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import httpcore
import httpx

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allowed:
    """``plain``: http without TLS. ``networks``: those that are allowed beside the public addresses."""

    plain: bool = False
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def address(self, address: Address) -> bool:
        """Whether it may be called: in a network that is named, or public in every way in which it can be meant."""
        meant = _meant(address)
        if any(one in network for one in meant for network in self.networks if one.version == network.version):
            return True
        return all(one.is_global and not one.is_multicast for one in meant)

    def fault(self, url: str) -> str | None:
        """What forbids an address as it is written, or keeps anybody from calling it; where a name leads is judged when it
        is called.
        """
        if (wrong := _unusable(url)) is not None:
            return wrong
        parts = httpx.URL(url)
        if parts.scheme != "https" and not self.plain:
            return "is without TLS: take https, or set HUB_WEBHOOK_PLAIN=true"
        try:
            written = ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(parts.host)))
        except OSError:
            try:
                written = ipaddress.ip_address(parts.host)
            except ValueError:
                return None
        if self.address(written):
            return None
        return f"leads inside, to {written}: name its network in HUB_WEBHOOK_NETWORKS if it is meant"


_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")


def _unusable(url: str) -> str | None:
    """Why nobody can be called at an address, or None: read by the library that calls."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):  # IDNAError is one
        return "cannot be read as an address"
    if parts.userinfo:
        return "holds a user or a password: the signature proves the hub"
    if "#" in url:
        return "has a part after #, which no server gets"
    host = parts.raw_host.decode("ascii")
    if not (parts.port is None or 0 < parts.port < 65536) or not (_is_name(host) or _is_ipv6(host)):
        return "has no server or port that can be called"
    return None


def _is_name(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def _is_ipv6(host: str) -> bool:
    try:
        return bool(IPv6Address(host)) and "%" not in host
    except ValueError:
        return False


def _meant(address: Address) -> list[Address]:
    """An address and the IPv4 addresses that it carries in itself."""
    found: list[Address] = [address]
    if isinstance(address, IPv6Address):
        found += [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
        found += list(address.teredo or ())
        if address in _NAT64:
            found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return found[1:]  # it is that address, and no other
    return found


class Forbidden(httpcore.ConnectError):
    """The name leads to where the hub may not call."""


class CheckedConnections(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only."""

    def __init__(self, allows: Allowed) -> None:
        self._allows = allows
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own parameter
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """To the first of a name's addresses that answers. Raises ``Forbidden`` when none of them may be called."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no address") from error
        addresses = dict.fromkeys(str(where[0]) for *_, where in found)
        may = [one for one in addresses if self._allows.address(ipaddress.ip_address(one.partition("%")[0]))]
        if not may:
            raise Forbidden
        for one in may[:-1]:
            try:
                return await self._inner.connect_tcp(one, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(may[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: no address of a webhook is a file of ours."""
        del path, timeout, socket_options
        raise Forbidden

    async def sleep(self, seconds: float) -> None:
        """As the library's."""
        await self._inner.sleep(seconds)
