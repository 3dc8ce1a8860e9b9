"""Which addresses the hub may call (delivery.md §3), so that a directory cannot lead a webhook into an internal network. Imports
aiohttp and httpx (which reads URLs), the errors and the language only.

The check is made at each connection, on the resolved address that is then called: a name that resolves differently between
check and call (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from hub.errors import Refused
from schemas.directory import Directory
from schemas.ways_out import address as address_of

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The installation's rules. ``plain``: http without TLS is allowed. ``networks``: allowed beside the public addresses."""

    plain: bool = False
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def address(self, address: Address) -> bool:
        """Whether the address may be called: it, or an address inside it, is in a named network, or all of them are public."""
        addresses = _with_embedded(address)
        if any(each in network for each in addresses for network in self.networks if each.version == network.version):
            return True
        return all(each.is_global and not each.is_multicast for each in addresses)

    def fault(self, url: str) -> str | None:
        """Why a URL cannot or may not be called, as far as its text says, or None; a name is resolved and checked at each call."""
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
    """Why no call to a URL is possible, or None; read with the library that calls."""
    try:
        parts = httpx.URL(url)
        _ = parts.host  # a name that begins with xn-- is decoded here only, and IDNA may refuse it
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


def _with_embedded(address: Address) -> list[Address]:
    """An address and the IPv4 addresses embedded in it."""
    found: list[Address] = [address]
    if isinstance(address, IPv6Address):
        found += [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
        found += list(address.teredo or ())
        if address in _NAT64:
            found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return found[1:]  # a mapped address is the IPv4 address itself
    return found


class Forbidden(Exception):  # noqa: N818 - its name says what the address is
    """The hub may not call any of the name's addresses."""


class AllowedNames(AbstractResolver):
    """Gives of a name the addresses that may be called. Nothing is kept: a name is asked for at each connection."""

    def __init__(self, allows: Allowed) -> None:
        self._allows = allows

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """In the order of the machine; raises ``OSError`` for a name without addresses, ``Forbidden`` where none is allowed."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("no address") from error
        addresses = dict.fromkeys(str(endpoint[0]) for *_, endpoint in found)
        allowed = [each for each in addresses if self._allows.address(_read(each))]
        if not allowed:
            raise Forbidden
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for each in allowed
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def allowed_socket(allows: Allowed, address: AddrInfoType) -> socket.socket:
    """A socket to an address that is about to be called, also one that the URL names itself; raises ``Forbidden``."""
    family, kind, protocol, _, endpoint = address
    if not allows.address(_read(str(endpoint[0]))):
        raise Forbidden
    return socket.socket(family, kind, protocol)


def _read(address: str) -> Address:
    return ipaddress.ip_address(address.partition("%")[0])


def refuse_forbidden(directory: Directory, allows: Allowed) -> None:
    """Raises ``Refused`` 400 where a directory names an address that the hub may not call."""
    called = [(system.id, address_of(system.out)) for system in directory.systems]
    faults = [(id_, allows.fault(url)) for id_, url in called if url is not None]
    wrong = [(id_, fault) for id_, fault in faults if fault is not None]
    if wrong:
        raise Refused(
            "address-forbidden",
            "katalogen nämner adresser som hubben inte får anropa, utan TLS, inåt eller oläsliga: "
            + ", ".join(f"system {id_}" for id_, _ in wrong),
            "the directory names addresses that the hub may not call:"
            + "".join(f"\n  system {id_}: its address {fault}" for id_, fault in wrong),
            "/systems/out",
            400,
        )
