"""The directory (architecture.md §4): who is connected, which units they serve, how each is reached.

Pure data with its checks; read from YAML by `hub directory apply`, kept in the database with its versions. Imports
the parts, the agreement and the ways out only.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.agreement import Agreement
from schemas.entry import Entry
from schemas.identities import KNOWN_REGIONAL_PATTERNS
from schemas.identity_types import IdentityRules, KnownHsa, Kommunkod, Lanskod, Orgnr
from schemas.parts import Code, Flag, Line
from schemas.ways_out import Delivery, KafkaOut, WebhookOut

PartyName = Literal["slutenvard", "oppenvard", "kommun"]
Duty = Literal["kvittera", "justera", "godkanna"]
Step = Literal["inskrivning", "tid", "kartlaggning", "stallningstagande", "utskrivning", "kallelse", "plan"]
SystemId = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""Part of topic names and of metric labels; never anything about a person."""


HsaPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}(16)?[0-9]{10}$")]
"""Of an HSA-id, all before the hyphen: ``SE2321000016``."""


class Region(Entry):
    """A region and what differs there: its profile (processes.md §4), its agreement on the law's clock and where its
    people are registered.
    """

    id: Code
    name: Line
    county: Lanskod
    profile: Literal["mina_planer", "prator", "samsa", "lifecare", "cosmic_link"] = "mina_planer"
    agreement: Agreement = Agreement()
    reserve_numbers: Flag = False
    """Whether the region's own reserve numbers are taken, in the form that is published for its county (C-61)."""


class Organisation(Entry):
    """A legal person; its organisationsnummer is the border of secrecy (C-4)."""

    orgnr: Orgnr
    name: Line
    region: Code
    hsa_prefixes: tuple[HsaPrefix, ...] = ()
    """What else stands before the hyphen of its people's HSA-ids, besides its own number: of an earlier organisation, of a
    company of the region's, of a test environment (C-4).
    """


class Unit(Entry):
    """A unit by its HSA-id, with the roles that act for it and what each answers for per step (C-1)."""

    hsa: KnownHsa
    name: Line
    party: PartyName
    organisation: Orgnr
    roles: dict[Code, dict[Step, tuple[Duty, ...]]]
    municipality: Kommunkod | None = None
    """The municipality whose people this unit receives (V-2); at most one unit per kommunkod."""
    receives: Flag = False
    """The unit receives for its municipality, and HSA says which that is (GetUnit) where ``municipality`` does not."""


class System(Entry):
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


class Directory(Entry):
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
        return found
