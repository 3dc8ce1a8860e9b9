"""The systems of the sandbox that a person plays with a system of their own (``--mine``), while the demo plays all others. Imports the
directory, the tokens' form and the errors only.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import httpx

from hub.errors import Misconfigured
from schemas.directory import Directory, System
from schemas.ways_out import WebhookOut

Wire = Literal["native", "fhir"]


def token(system: str) -> str:
    """The demo token of a system; ``directory.yaml`` has its hash."""
    return f"demo-token-{system}"


def secret(system: str) -> str:
    """The secret that signs the webhooks of a system, in the form of those in ``directory.yaml``."""
    return f"whsec_{base64.b64encode(f'demo-secret-of-{system}-0001'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Mine:
    """Which systems a person plays; none by default."""

    urls: dict[str, str] = field(default_factory=dict)
    """System → where its notices and receipts are sent."""
    wire: Wire | None = None
    """The format of what is sent there; None: the system's own in ``directory.yaml``."""

    def __contains__(self, system: object) -> bool:
        return system in self.urls

    def __bool__(self) -> bool:
        return bool(self.urls)

    def in_force(self, directory: Directory) -> Directory:
        """The directory in which these systems are told by webhook at their addresses."""
        systems = tuple(self._system(system) if system.id in self else system for system in directory.systems)
        return directory.with_systems(systems)

    def _system(self, system: System) -> System:
        out = WebhookOut(way="webhook", url=self.urls[system.id], secrets=(secret(system.id),))
        return system.model_copy(update={"out": out, "format": self.wire or system.format})

    def units(self, directory: Directory) -> frozenset[str]:
        """The units that the person plays."""
        return frozenset(hsa for system in directory.systems if system.id in self for hsa in system.units)

    def how(self, directory: Directory, hub_url: str) -> Iterator[str]:
        """What a person needs in order to play, a line each."""
        for id_, url in self.urls.items():
            system = directory.system_by_id[id_]
            units = [directory.unit_by_hsa[hsa] for hsa in system.units]
            yield f"{id_} is yours: {'; '.join(f'{unit.name} ({unit.hsa})' for unit in units)}"
            yield f"  it is told at {url} in the format {system.format}, signed with {secret(id_)}"
            path = "/fhir/$process-message" if system.format == "fhir" else "/messages"
            address = shlex.quote(f"{hub_url}{path}")  # a shell would take $process for a variable
            yield f"  it sends to {address} with the token {token(id_)}, or: hub send FILE --url {hub_url} --token {token(id_)}"
            if units[0].party == "slutenvard":
                yield f"  its wards open stays: send svu.inskrivning from {units[0].hsa}, as contracts/valid/svu.inskrivning.json does"
            else:
                yield "  stays and SIPs in which it takes part wait for it: it answers what `awaits` of a notice asks of its units"
            yield "  a SIP begins with sip.initiativ, as in contracts/valid/sip.initiativ.json; its actors are those of the examples"


def parsed(words: Sequence[str], wire: str | None, directory: Directory) -> Mine:
    """Read ``SYSTEM=URL`` words. Raises ``Misconfigured`` that says what is wrong with which."""
    if wire not in {None, "native", "fhir"}:
        raise Misconfigured(f"--mine-format is native or fhir, not {wire}")
    if wire is not None and not words:
        raise Misconfigured("--mine-format says how a system of --mine is told: give --mine SYSTEM=URL too")
    urls: dict[str, str] = {}
    for word in words:
        system, equals, url = word.partition("=")
        if not equals:
            raise Misconfigured(
                f"--mine {word}: give it as SYSTEM=URL, as in lund-kommun=http://127.0.0.1:9000/notices"
            )
        if system not in directory.system_by_id:
            known = ", ".join(one.id for one in directory.systems)
            raise Misconfigured(f"--mine {word}: the sandbox has no system {system}; it has {known}")
        if system in urls:
            raise Misconfigured(f"--mine {word}: {system} is given twice")
        urls[system] = _address(url, word)
    return Mine(urls, "fhir" if wire == "fhir" else "native" if wire == "native" else None)


def _address(url: str, word: str) -> str:
    try:
        parts = httpx.URL(url)
        host = parts.host  # IDNA may refuse a name that begins with xn--
    except (httpx.InvalidURL, UnicodeError):
        parts, host = httpx.URL(""), ""
    if parts.scheme not in {"http", "https"} or not host:
        raise Misconfigured(f"--mine {word}: give the address with its scheme, as http://127.0.0.1:9000/notices")
    return url
