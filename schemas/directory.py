"""The directory (architecture.md §4): who is connected, which units they serve, how each is reached.

`hub directory apply` reads it from YAML; the database keeps its versions. Imports the parts, the agreement and the ways out only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, Strict, StringConstraints

from schemas.agreement import Agreement
from schemas.entry import Entry
from schemas.identities import KNOWN_REGIONAL_PATTERNS
from schemas.identity_types import IdentityRules, KnownHsa, Kommunkod, Lanskod, Orgnr
from schemas.parts import Code, Flag, Line
from schemas.ways_out import Delivery, FhirOut, InboxOut, Out, SubscriptionOut, WebhookOut

PartyName = Literal["slutenvard", "oppenvard", "kommun"]
ProfileName = Literal["mina_planer", "prator", "samsa", "lifecare", "cosmic_link"]
Duty = Literal["kvittera", "justera", "godkanna", "svara"]
Step = Literal[
    "inskrivning",
    "tid",
    "kartlaggning",
    "stallningstagande",
    "utskrivning",
    "initiativ",
    "kallelse",
    "kallelse_utvardering",
    "plan",
]
SystemId = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""Stands in topic names and metric labels, so it must not be personal."""


HsaPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}(16)?[0-9]{10}$")]
"""The part of an HSA-id before the hyphen: ``SE2321000016``."""


GallringDays = Annotated[int, Strict(), Field(ge=31, le=36_525)]
"""More than the 30 days within which a system may have itself told again what it was told."""


class Region(Entry):
    """A region and what differs there: its profile (processes.md §4), its agreement on the law's clock and where its
    people are registered.
    """

    id: Code
    name: Line
    county: Lanskod
    profile: ProfileName = "mina_planer"
    agreement: Agreement = Agreement()
    reserve_numbers: Flag = False
    """Whether the region's own reserve numbers are accepted, in the form published for its county (C-61)."""
    gallring: dict[Code, GallringDays] | None = None
    """Process → days after a closed case changed last, after which the hub removes its content (``hub gallring``). Of a process that
    is not named, everything is kept."""


class Organisation(Entry):
    """A legal person; its organisationsnummer is the border of secrecy (C-4)."""

    orgnr: Orgnr
    name: Line
    region: Code
    hsa_prefixes: tuple[HsaPrefix, ...] = ()
    """Other prefixes of its staff's HSA-ids: of a former organisation, of a company owned by the region, of a test environment
    (C-4).
    """


class Unit(Entry):
    """A unit by its HSA-id, with the roles that act for it and what each answers for per step (C-1)."""

    hsa: KnownHsa
    name: Line
    party: PartyName
    organisation: Orgnr
    roles: dict[Code, dict[Step, tuple[Duty, ...]]]
    municipality: Kommunkod | None = None
    """The municipality for whose residents this unit gets the notices (V-2); at most one unit per kommunkod."""
    receives: Flag = False
    """The unit gets its municipality's notices; without ``municipality``, HSA says which municipality that is (GetUnit)."""


class System(Entry):
    """A connected party's machine: the units it speaks for, its credentials (only the hash is kept), its way out."""

    id: SystemId
    name: Line
    organisation: Orgnr
    units: tuple[KnownHsa, ...] = Field(min_length=1)
    ways_in: tuple[Literal["kafka", "http"], ...] = ("kafka", "http")
    token_sha256: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    out: Annotated[Out, Field(discriminator="way")]
    format: Literal["native", "fhir", "fhir-xml"] = "native"
    delivery: Delivery = Delivery()


class CitizenService(Entry):
    """A service where persons are logged in themselves, such as 1177, with its credential (only the hash is kept): it asks what a person
    may be shown (P-17), and nothing else.
    """

    id: SystemId
    name: Line
    token_sha256: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] = Field(min_length=1)


class DirectoryFault(NamedTuple):
    """What does not hold together in a directory, and what to do."""

    sv: str
    en: str


class Directory(Entry):
    """All of it, with the look-ups that rules and delivery ask for; frozen, so a message sees one version throughout."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    regions: tuple[Region, ...]
    organisations: tuple[Organisation, ...]
    befattningar: dict[Annotated[str, StringConstraints(pattern=r"^\d{6}$")], Code]
    """HSA's befattning code → role (C-3)."""
    units: tuple[Unit, ...]
    systems: tuple[System, ...]
    citizen_services: tuple[CitizenService, ...] | None = None
    """Left out when there are none, so that a hub of the former version reads the directory."""

    def with_systems(self, systems: tuple[System, ...]) -> Directory:
        """The same with other systems, which were checked before; its look-ups are made anew, as those of a copy are not."""
        fields = {name: getattr(self, name) for name in Directory.model_fields}
        return Directory.model_construct(**fields | {"systems": systems})

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
    def unserved(self) -> tuple[str, ...]:
        """The units that no system serves: what they are to be told waits until one does."""
        return tuple(unit.hsa for unit in self.units if unit.hsa not in self.system_of)

    @cached_property
    def system_by_token(self) -> dict[str, System]:
        """SHA-256 of a bearer token, in hex → its system."""
        return {token: system for system in self.systems for token in system.token_sha256}

    @cached_property
    def citizen_service_by_token(self) -> dict[str, CitizenService]:
        """SHA-256 of a bearer token, in hex → its citizen service."""
        return {token: service for service in self.citizen_services or () for token in service.token_sha256}

    @cached_property
    def citizen_service_names(self) -> dict[str, str]:
        """Id of a citizen service → its name, for the trace of what it has shown."""
        return {service.id: service.name for service in self.citizen_services or ()}

    @cached_property
    def receiving_unit(self) -> dict[str, str]:
        """Kommunkod → the municipality's receiving unit (V-2)."""
        return {unit.municipality: unit.hsa for unit in self.units if unit.municipality}

    @cached_property
    def municipality_of_organisation(self) -> dict[str, str]:
        """Organisationsnummer → the one kommunkod for which it receives; not of an organisation that receives for several."""
        found: dict[str, set[str]] = {}
        for unit in self.units:
            if unit.municipality:
                found.setdefault(unit.organisation, set()).add(unit.municipality)
        return {organisation: its.pop() for organisation, its in found.items() if len(its) == 1}

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
        """The agreement of a unit's region; the law's defaults for a unit that is no longer in the directory."""
        region = self._region_of.get(unit)
        return Agreement() if region is None else region.agreement

    def region_of(self, unit: str) -> Region:
        """The region of a unit; a case that the unit opens has this region's profile."""
        return self._region_of[unit]

    def gallring_days(self, unit: str | None, process: str) -> int | None:
        """Days after which the content of a unit's case is removed; None where it is kept. Of a unit that is no longer in the directory
        the longest of all regions' times holds, when each has one.
        """
        region = self._region_of.get(unit or "")
        rules = [(one.gallring or {}).get(process) for one in (self.regions if region is None else (region,))]
        return None if None in rules else max((days for days in rules if days is not None), default=None)

    @cached_property
    def identities(self) -> IdentityRules:
        """The rules for identities: the prefixes of the units' HSA-ids, and the forms of regional reserve numbers in use
        (law-and-lookups.md §2).
        """
        prefixes = {unit.hsa.partition("-")[0].rstrip("0123456789") for unit in self.units}
        counties = {region.county for region in self.regions if region.reserve_numbers}
        patterns = tuple(pattern for pattern in KNOWN_REGIONAL_PATTERNS if pattern.region in counties)
        return IdentityRules(patterns, ("SE", *sorted(prefixes - {"SE"})))

    @cached_property
    def remembered(self) -> dict[object, Any]:
        """A memory for what the rules derive from this version of the directory; a new version begins with an empty one."""
        return {}

    def faults(self) -> list[DirectoryFault]:
        """All contradictions in the directory, one sentence each; when there is none, it may be applied."""
        found: list[DirectoryFault] = []

        def fault(sv: str, en: str) -> None:
            found.append(DirectoryFault(sv, en))

        def twice(sv: str, en: str, keys: list[str]) -> None:
            counted = Counter(keys)
            for key in sorted(k for k in counted if counted[k] > 1):
                fault(f"{sv} {key} står mer än en gång", f"{en} {key} is there more than once")

        twice("region", "region", [r.id for r in self.regions])
        twice("organisation", "organisation", [o.orgnr for o in self.organisations])
        twice("enhet", "unit", [u.hsa for u in self.units])
        connected: tuple[System | CitizenService, ...] = (*self.systems, *(self.citizen_services or ()))
        twice("system", "system", [s.id for s in connected])
        twice(
            "mottagande enhet för kommun",
            "receiving unit of municipality",
            [u.municipality for u in self.units if u.municipality],
        )
        twice("enhet i ett systems lista:", "unit in the list of a system:", [u for s in self.systems for u in s.units])
        twice("nyckel", "token", [t for s in connected for t in s.token_sha256])
        regions = {r.id for r in self.regions}
        organisations = {o.orgnr for o in self.organisations}
        units = {u.hsa: u for u in self.units}
        known = {pattern.region for pattern in KNOWN_REGIONAL_PATTERNS}
        for r in self.regions:
            if r.reserve_numbers and r.county not in known:
                published = ", ".join(sorted(known))
                fault(
                    f"region {r.id} har reserve_numbers, och ingen form för län {r.county} är publicerad (bara för {published})",
                    f"region {r.id} has reserve_numbers, and no form of county {r.county} is published (only of {published})",
                )
        for o in self.organisations:
            if o.region not in regions:
                fault(
                    f"organisation {o.orgnr} nämner den okända regionen {o.region}",
                    f"organisation {o.orgnr} names the unknown region {o.region}",
                )
        for unit in self.units:
            if unit.organisation not in organisations:
                fault(
                    f"enhet {unit.hsa} nämner den okända organisationen {unit.organisation}",
                    f"unit {unit.hsa} names the unknown organisation {unit.organisation}",
                )
            if unit.municipality and unit.party != "kommun":
                fault(
                    f"enhet {unit.hsa} tar emot för en kommun men är inte av parten kommun",
                    f"unit {unit.hsa} receives for a municipality but is not of the party kommun",
                )
            if not unit.roles:
                fault(
                    f"enhet {unit.hsa} har ingen roll: ingen kan handla för den (C-1)",
                    f"unit {unit.hsa} has no role: nobody can act for it (C-1)",
                )
        for system in self.systems:
            found += _faults_of(system, units, organisations)
        return found


def _faults_of(system: System, units: Container[str], organisations: Container[str]) -> Iterator[DirectoryFault]:
    id_ = system.id
    for hsa in system.units:
        if hsa not in units:
            yield DirectoryFault(
                f"system {id_} betjänar den okända enheten {hsa}", f"system {id_} serves the unknown unit {hsa}"
            )
    if system.organisation not in organisations:
        yield DirectoryFault(
            f"system {id_} nämner den okända organisationen {system.organisation}",
            f"system {id_} names the unknown organisation {system.organisation}",
        )
    if "http" in system.ways_in and not system.token_sha256:
        yield DirectoryFault(
            f"system {id_} får använda HTTP men har ingen nyckel", f"system {id_} may use HTTP but has no token"
        )
    if isinstance(system.out, FhirOut | SubscriptionOut) and system.format == "native":
        yield DirectoryFault(
            f"system {id_} får veta genom FHIR och har formatet native: ge det format: fhir eller fhir-xml",
            f"system {id_} is told by FHIR and has the format native: give it format: fhir or fhir-xml",
        )
    if isinstance(system.out, SubscriptionOut) and ("http" not in system.ways_in or not system.token_sha256):
        yield DirectoryFault(
            f"system {id_} får veta genom sina prenumerationer och kan inte göra några: ge det vägen in http och en nyckel",
            f"system {id_} is told by its Subscriptions and cannot make any: give it the way in http and a token",
        )
    if isinstance(system.out, InboxOut) and not system.token_sha256:
        yield DirectoryFault(
            f"system {id_} hämtar ur sin inkorg (out.way inbox) men har ingen nyckel",
            f"system {id_} fetches from its inbox (out.way inbox) but has no token",
        )
    if isinstance(system.out, WebhookOut) and system.out.body == "bundle" and system.format == "native":
        yield DirectoryFault(
            f"system {id_} har out.body bundle och formatet native, som inte har någon Bundle: ge det format: fhir eller fhir-xml,"
            " eller utelämna out.body",
            f"system {id_} has out.body bundle and the format native, which has no Bundle: give it format: fhir or"
            " fhir-xml, or leave out.body out",
        )
