"""The directory (architecture.md §4): who is connected, which units they serve, how each is reached.

Pure data with its checks; read from YAML by `hub directory apply`, kept in the database with its versions. Imports
the parts only.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from datetime import time
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import Url

from schemas.identities import KNOWN_REGIONAL_PATTERNS
from schemas.identity_types import IdentityRules, KnownHsa, Kommunkod, Lanskod, Orgnr
from schemas.parts import Code, Line

PartyName = Literal["slutenvard", "oppenvard", "kommun"]
Duty = Literal["kvittera", "justera", "godkanna"]
Step = Literal["inskrivning", "tid", "kartlaggning", "stallningstagande", "utskrivning", "kallelse", "plan"]
SystemId = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""Part of topic names and of metric labels; never anything about a person."""


HsaPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}(16)?[0-9]{10}$")]
"""Of an HSA-id, all before the hyphen: ``SE2321000016``."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")


def _wall_clock(value: object) -> object:
    """A time of the local day; one with a zone would be another time in summer than in winter."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    raise ValueError('give a time of the local day in quotes, as in "12:30"')


LocalTime = Annotated[time, BeforeValidator(_wall_clock)]
"""A time of day in Europe/Stockholm."""
Days = Annotated[int, Field(ge=0, le=365)]
Hours = Annotated[int, Field(ge=1, le=8760)]


class Agreement(_Entry):
    """What a region and its municipalities agree on the clock of lag 2017:612; the defaults are the law's own, where it
    has any.
    """

    start_days: Days = 3
    """Calendar days from the day of the notice to the first liable day (5:4)."""
    late_start_days: Days = 4
    """The same for a notice sent after ``cutoff`` (5:4)."""
    cutoff: LocalTime = time(12)
    """Local time; a notice sent strictly after it is late, at 12.00.00 it is not (5:4, the boundary is our reading)."""
    count_day_0: bool = False
    """Whether the day of the notice is itself a day of the monthly average (4:4; Stockholm)."""
    method: Literal["per_case", "monthly_average"] = "per_case"
    """Whether each case is liable by itself (5:4) or a municipality's cases of a month together (4:4)."""
    average_days: float = Field(default=3, ge=0, le=365, allow_inf_nan=False)
    """Days per case and month; above it the municipality owes (4:4; Skåne, Dalarna, Norrbotten)."""
    amounts: dict[int, int] = {2019: 7_800, 2020: 8_200, 2022: 9_300, 2023: 10_500}
    """Calendar year → kr per day, set yearly (5:6, 4:5); a year that is absent is unknown."""
    kvittens_hours: Hours = 24
    """Hours after which a kvittens that is still owed is told as overdue (D-9, our settling)."""
    admission_notice_hours: Hours = 24
    """Hours from the admission within which the inskrivningsmeddelande is given (2:3)."""
    call_days: Days = 3
    """Calendar days after the utskrivningsklar notice within which the SIP is called (4:3)."""
    vardkontakt_warn: LocalTime = time(12)
    """Local time on the day before the discharge date, when a fast vardkontakt that is still missing is told (2:5, our
    settling).
    """
    sip_positions: tuple[Code, ...] = ("sip_behovs",)
    """Codes of the ward's position on SIP that make one due (V-12, 4:1, 5:3)."""
    access_hours: Hours = 24
    """Hours that an access by consent or menprovning holds for the one who registered it (C-5, our settling)."""
    archive_hours: Hours = 72
    """Hours that a discharged case stays on the start list (C-54), and may be undone (V-17)."""

    @model_validator(mode="after")
    def _late_is_no_earlier(self) -> Self:
        if self.late_start_days < self.start_days:
            raise ValueError("late_start_days is less than start_days")
        return self

    def amount(self, year: int) -> int | None:
        """Kr per liable day of a calendar year (5:6), or None where it is not configured."""
        return self.amounts.get(year)


class Region(_Entry):
    """A region and what differs there: its profile (processes.md §4), its agreement on the law's clock and where its
    people are registered.
    """

    id: Code
    name: Line
    county: Lanskod
    profile: Literal["mina_planer", "prator", "samsa", "lifecare", "cosmic_link"] = "mina_planer"
    agreement: Agreement = Agreement()
    reserve_numbers: bool = False
    """Whether the region's own reserve numbers are taken, in the form that is published for its county (C-61)."""


class Organisation(_Entry):
    """A legal person; its organisationsnummer is the border of secrecy (C-4)."""

    orgnr: Orgnr
    name: Line
    region: Code
    hsa_prefixes: tuple[HsaPrefix, ...] = ()
    """What else stands before the hyphen of its people's HSA-ids, besides its own number: of an earlier organisation, of a
    company of the region's, of a test environment (C-4).
    """


class Unit(_Entry):
    """A unit by its HSA-id, with the roles that act for it and what each answers for per step (C-1)."""

    hsa: KnownHsa
    name: Line
    party: PartyName
    organisation: Orgnr
    roles: dict[Code, dict[Step, tuple[Duty, ...]]]
    municipality: Kommunkod | None = None
    """The municipality whose people this unit receives (V-2); at most one unit per kommunkod."""
    receives: bool = False
    """The unit receives for its municipality, and HSA says which that is (GetUnit) where ``municipality`` does not."""


class Delivery(_Entry):
    """How one system is spared (D-5) and how long it is tried (D-6)."""

    timeout_s: float = Field(default=10.0, gt=0, le=120)
    concurrency: int = Field(default=8, ge=1, le=256)
    schedule_s: tuple[float, ...] = (1, 5, 30, 120, 600, 3600)
    """Waits between the tries; the last one is repeated until ``give_up_s``."""
    give_up_s: float = Field(default=72 * 3600.0, gt=0)
    """Seconds from the first try until a notice that never came through is dead."""
    deploy_s: float = Field(default=1800.0, gt=0)
    """Seconds for which answers that speak of the receiver (3xx, 401, 403, 404 …) are taken for a deploy of its own."""
    breaker_failures: int = Field(default=5, ge=1)
    breaker_open_s: float = Field(default=10.0, gt=0)


class KafkaOut(_Entry):
    """Topic ``hub.out.<system>``, key = case."""

    way: Literal["kafka"]


def _can_sign(text: str) -> str:
    """What Standard Webhooks signs with; the refusal does not repeat it."""
    try:
        if text.startswith("whsec_") and len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) >= 18:
            return text
    except ValueError:  # binascii's own is one
        pass
    raise ValueError("a secret is whsec_ and at least 18 bytes in base64; this one is cut or changed, copy it whole")


Secret = Annotated[str, AfterValidator(_can_sign)]


class WebhookOut(_Entry):
    """CloudEvents over HTTP, signed by the Standard Webhooks scheme; every secret in the list signs, so that they can
    rotate.
    """

    way: Literal["webhook"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=500)]
    secrets: tuple[Secret, ...] = Field(min_length=1)


def _fault_of_address(url: str) -> str | None:
    """Why nobody can be called at an address, or None; whether the hub may call there is the installation's setting."""
    try:
        parts = Url(url)
    except ValidationError:
        return "cannot be read as an address"
    if parts.username or parts.password:
        return "holds a user or a password: the signature proves the hub"
    if parts.fragment is not None:
        return "has a part after #, which no server gets"
    host = (parts.host or "").removesuffix(".")
    labels = [] if host.startswith("[") else host.split(".")
    if not parts.port or any(not one or one.startswith("-") or one.endswith("-") for one in labels):
        return "has no server or port that can be called"
    return None


class System(_Entry):
    """A connected party's machine: the units it speaks for, its credentials (only the hash is kept), its way out."""

    id: SystemId
    name: Line
    organisation: Orgnr
    units: tuple[KnownHsa, ...] = Field(min_length=1)
    ways_in: tuple[Literal["kafka", "http"], ...] = ("kafka", "http")
    token_sha256: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    out: Annotated[KafkaOut | WebhookOut, Field(discriminator="way")]
    format: Literal["native", "fhir"] = "native"
    delivery: Delivery = Delivery()


class Directory(_Entry):
    """All of it, with the look-ups that rules and delivery ask for; frozen, so a message sees one version throughout."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    regions: tuple[Region, ...]
    organisations: tuple[Organisation, ...]
    befattningar: dict[Annotated[str, StringConstraints(pattern=r"^\d{6}$")], Code]
    """HSA's befattning code → role (C-3)."""
    units: tuple[Unit, ...]
    systems: tuple[System, ...]

    @cached_property
    def unit_by_hsa(self) -> dict[str, Unit]:
        return {unit.hsa: unit for unit in self.units}

    @cached_property
    def system_by_id(self) -> dict[str, System]:
        return {system.id: system for system in self.systems}

    @cached_property
    def system_of(self) -> dict[str, str]:
        """Unit → the one system that serves it."""
        return {unit: system.id for system in self.systems for unit in system.units}

    @cached_property
    def system_by_token(self) -> dict[str, System]:
        """SHA-256 of a bearer token, in hex → its system."""
        return {token: system for system in self.systems for token in system.token_sha256}

    @cached_property
    def receiving_unit(self) -> dict[str, str]:
        """Kommunkod → the municipality's receiving unit (V-2)."""
        return {unit.municipality: unit.hsa for unit in self.units if unit.municipality}

    @cached_property
    def organisation_by_nr(self) -> dict[str, Organisation]:
        return {organisation.orgnr: organisation for organisation in self.organisations}

    @cached_property
    def region_by_id(self) -> dict[str, Region]:
        return {region.id: region for region in self.regions}

    @cached_property
    def _region_of(self) -> dict[str, Region]:
        return {unit.hsa: self.region_by_id[self.organisation_by_nr[unit.organisation].region] for unit in self.units}

    def agreement_of(self, unit: str) -> Agreement:
        """What region and municipalities have agreed on the clock where a unit lies; the law's own for one that is gone."""
        region = self._region_of.get(unit)
        return Agreement() if region is None else region.agreement

    def region_of(self, unit: str) -> Region:
        """The region in which a unit lies; its profile is the one a case carries that the unit opens."""
        return self._region_of[unit]

    @cached_property
    def identities(self) -> IdentityRules:
        """What holds of numbers here: the prefixes of the units' HSA-ids, and the reserve numbers of the regions that
        use their own (law-and-lookups.md §2).
        """
        prefixes = {unit.hsa.partition("-")[0].rstrip("0123456789") for unit in self.units}
        counties = {region.county for region in self.regions if region.reserve_numbers}
        patterns = tuple(pattern for pattern in KNOWN_REGIONAL_PATTERNS if pattern.region in counties)
        return IdentityRules(patterns, ("SE", *sorted(prefixes - {"SE"})))

    @cached_property
    def remembered(self) -> dict[object, Any]:
        """Where the rules remember what they worked out from this version; a new version begins with nothing."""
        return {}

    def faults(self) -> list[str]:
        """Everything that does not hold together, one sentence each; an empty list means that it may be applied."""
        found: list[str] = []

        def twice(what: str, keys: list[str]) -> None:
            counted = Counter(keys)
            found.extend(
                f"{what} {key} is there more than once" for key in sorted(k for k in counted if counted[k] > 1)
            )

        twice("region", [r.id for r in self.regions])
        twice("organisation", [o.orgnr for o in self.organisations])
        twice("unit", [u.hsa for u in self.units])
        twice("system", [s.id for s in self.systems])
        twice("receiving unit of municipality", [u.municipality for u in self.units if u.municipality])
        twice("unit in the list of a system:", [u for s in self.systems for u in s.units])
        twice("token", [t for s in self.systems for t in s.token_sha256])
        regions = {r.id for r in self.regions}
        organisations = {o.orgnr for o in self.organisations}
        units = {u.hsa: u for u in self.units}
        served = {u for s in self.systems for u in s.units}
        known = {pattern.region for pattern in KNOWN_REGIONAL_PATTERNS}
        found += [
            f"region {r.id} has reserve_numbers, and no form of county {r.county} is published (only of {', '.join(sorted(known))})"
            for r in self.regions
            if r.reserve_numbers and r.county not in known
        ]
        found += [
            f"organisation {o.orgnr} names the unknown region {o.region}"
            for o in self.organisations
            if o.region not in regions
        ]
        for unit in self.units:
            if unit.organisation not in organisations:
                found.append(f"unit {unit.hsa} names the unknown organisation {unit.organisation}")
            if unit.municipality and unit.party != "kommun":
                found.append(f"unit {unit.hsa} receives for a municipality but is not of the party kommun")
            if not unit.roles:
                found.append(f"unit {unit.hsa} has no role: nobody can act for it (C-1)")
            if unit.hsa not in served:
                found.append(f"unit {unit.hsa} is served by no system: nobody would be told")
        for system in self.systems:
            found += [f"system {system.id} serves the unknown unit {hsa}" for hsa in system.units if hsa not in units]
            if system.organisation not in organisations:
                found.append(f"system {system.id} names the unknown organisation {system.organisation}")
            if "http" in system.ways_in and not system.token_sha256:
                found.append(f"system {system.id} may use HTTP but has no token")
            if isinstance(system.out, WebhookOut) and (wrong := _fault_of_address(system.out.url)) is not None:
                found.append(f"system {system.id}: its address {wrong}")
        return found


__all__ = [
    "Agreement",
    "Delivery",
    "Directory",
    "KafkaOut",
    "Organisation",
    "Region",
    "System",
    "Unit",
    "ValidationError",
    "WebhookOut",
]
