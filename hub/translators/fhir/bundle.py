"""Finds the entries of a Bundle by reference, and reads times and HSA-ids. Imports the shapes and the identities.

``header`` reads the header; each group of resources has a module of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, TypeVar

from hub.errors import Refused
from hub.translators.fhir import names, narrative
from hub.translators.fhir.identifiers import best
from hub.translators.fhir.refusals import refused
from hub.translators.fhir.resources import (
    Bundle,
    MessageHeader,
    Organization,
    Provenance,
)
from hub.translators.fhir.shapes import Concept, Extension, Identifier, Reference, Resource
from schemas.identities import IdentityError
from schemas.identity_types import IdentityRules
from schemas.moments import can_be_of_a_stay
from schemas.oids import FHIR_HSA_SYSTEMS
from schemas.swedish_time import local_day
from schemas.unit_ids import parse_hsa_id

R = TypeVar("R", bound=Resource)

_DATE_LENGTH: Final = 10
_VERSION: Final = "/_history/"
_AMBIGUOUS: Final = Resource()


class View:
    """A Bundle with an index of its entries. Raises ``Refused`` when the Bundle as a whole is wrong."""

    __slots__ = ("_at", "bundle", "header", "identities", "resources")

    def __init__(self, bundle: Bundle, identities: IdentityRules | None = None) -> None:
        self.bundle = bundle
        self.identities = identities
        self.resources: list[Resource] = [entry.resource for entry in bundle.entry]
        if not self.resources or not isinstance(self.resources[0], MessageHeader):
            raise refused("bundle-first-entry", "Bundle.entry[0]")
        self.header = self.resources[0]
        self._at: dict[str, Resource] = {}
        at = self._at
        if bundle.meta is not None:
            _refuse_protected(bundle, "Bundle")
        for index, entry in enumerate(bundle.entry):
            resource = entry.resource
            if resource.meta is not None:
                _refuse_protected(resource, f"Bundle.entry[{index}].resource")
            if index and isinstance(resource, MessageHeader):
                raise refused("bundle-first-entry", f"Bundle.entry[{index}]")
            if resource.text is not None:
                narrative.check(resource.text.div, f"Bundle.entry[{index}].resource.text.div")
            url = entry.fullUrl
            if url is not None:
                if url in at:
                    raise refused("bundle-duplicate-fullurl", f"Bundle.entry[{index}].fullUrl")
                at[url] = resource
        for each in self.resources:
            # Real messages refer by Type/id, absolute or relative, to entries whatever their fullUrl (fhir.md).
            if each.id is not None:
                local = f"{type(each).__struct_config__.tag}/{each.id}"
                if at.setdefault(local, each) is not each:
                    at[local] = _AMBIGUOUS

    def path(self, resource: Resource, element: str = "") -> str:
        """The FHIRPath of an element of an entry."""
        for index, other in enumerate(self.resources):
            if other is resource:
                return f"Bundle.entry[{index}].resource{element}"
        return f"Bundle{element}"

    def refused(self, rule: str, resource: Resource, element: str = "") -> Refused:
        """The refusal for a reason at an element."""
        return refused(rule, self.path(resource, element))

    def resolve(self, reference: Reference | None, kind: type[R], of: Resource, element: str) -> R | None:
        """The entry of a type that a literal reference leads to; None without such a reference. Raises ``Refused``."""
        if reference is None or reference.reference is None:
            return None
        found = self.entry(reference)
        if isinstance(found, kind):
            return found
        raise self.refused("reference-unresolved", of, element)

    def entry(self, reference: Reference) -> Resource | None:
        """The entry that a literal reference leads to, with or without a version."""
        stated = reference.reference
        if stated is None:
            return None
        found = self._at.get(stated)
        return self._at.get(unversioned(stated)) if found is None and _VERSION in stated else found

    @property
    def day(self) -> str:
        """The latest day in the Bundle; identifiers and names that ended before it are ignored."""
        stated = [self.bundle.timestamp or ""]
        stated += [one.recorded for one in self.resources if isinstance(one, Provenance)]
        return max(stated)[:_DATE_LENGTH]

    def one(self, kind: type[R]) -> R | None:
        """The resource of a type: the one in focus, else the only one. Raises ``Refused`` when two are in focus."""
        focus: list[R] = []
        for reference in self.header.focus:
            found = self.entry(reference)
            if found is None:
                raise self.refused("reference-unresolved", self.header, ".focus")
            if isinstance(found, kind) and found not in focus:
                focus.append(found)
        if len(focus) > 1:
            raise self.refused("several-in-focus", self.header, ".focus")
        if focus:
            return focus[0]
        some = [resource for resource in self.resources if isinstance(resource, kind)]
        return some[0] if len(some) == 1 else None

    def hsa(self, identifiers: list[Identifier], of: Resource, element: str) -> str | None:
        """The HSA-id among identifiers, in capitals; None when none has an HSA system. Raises ``Refused``."""
        found = [one for one in identifiers if one.system in FHIR_HSA_SYSTEMS and one.value is not None]
        if len(found) > 1 or (found and (found[0].use is not None or found[0].period is not None)):
            found = best(found, self.day)
        ids = {self._hsa_id(one, of, element) for one in found}
        if len(ids) > 1:
            raise self.refused("hsa-ids-differ", of, element)
        return ids.pop() if ids else None

    def _hsa_id(self, identifier: Identifier, of: Resource, element: str) -> str:
        try:
            if self.identities is None:
                return parse_hsa_id(identifier.value or "")
            return parse_hsa_id(identifier.value or "", self.identities.hsa_prefixes)
        except IdentityError as error:
            raise Refused("hsa-id", error.sv, error.en, self.path(of, element), 400) from None

    def organisation(self, reference: Reference | None, of: Resource, element: str) -> str | None:
        """The HSA-id of the unit that a reference names, by an entry or by an identifier."""
        if reference is None:
            return None
        unit = self.resolve(reference, Organization, of, element)
        if unit is not None:
            found = self.hsa(unit.identifier, unit, ".identifier.value")
            if found is not None:
                return found
        return self.logical_hsa(reference, of, element)

    def unit(self, reference: Reference | None, of: Resource, element: str) -> str:
        """As ``organisation``; raises ``Refused`` when there is none."""
        found = self.organisation(reference, of, element)
        if found is None:
            raise self.refused("hsa-id", of, element)
        return found

    def value(self, of: Resource, extensions: list[Extension], url: str, kind: str) -> Any:
        """The value of the extension with a url; ``kind``: ``valueCode`` …; None when the extension is absent.

        Raises ``Refused`` when the value is of another kind.
        """
        found = self.extension(of, extensions, url)
        if found is None:
            return None
        value = getattr(found, kind)
        if value is None:
            raise self.refused("extension-value", of, f".extension('{url}').value")
        return value

    def extension(self, of: Resource, extensions: list[Extension], url: str) -> Extension | None:
        """The extension with a url. Raises ``Refused`` when there are two, since it is unknown which is meant."""
        found = [one for one in extensions if one.url == url]
        if len(found) > 1:
            raise self.refused("extension-twice", of, f".extension('{url}')")
        return found[0] if found else None

    def logical_hsa(self, reference: Reference, of: Resource, element: str) -> str | None:
        """The HSA-id in ``Reference.identifier``."""
        if reference.identifier is None:
            return None
        return self.hsa([reference.identifier], of, f"{element}.identifier.value")


def unversioned(reference: str) -> str:
    """A literal reference without its version."""
    return reference.partition(_VERSION)[0]


def _refuse_protected(of: Any, place: str) -> None:
    """C-62: refuse a protected person before any other refusal."""
    for label in of.meta.security:
        if label.code is not None and label.code.lower() in names.PROTECTED:
            raise refused("C-62", f"{place}.meta.security")


def code_of(concept: Concept | None, system: str) -> str | None:
    """The concept's code in a system; None when there is none. Raises ``Refused`` when two differ."""
    if concept is None:
        return None
    codes = {coding.code for coding in concept.coding if coding.system == system}
    if len(codes) > 1:
        raise refused("codes-differ", f"Bundle.descendants().coding.where(system='{system}')")
    return codes.pop() if codes else None


def moment(text: str | None, view: View, of: Resource, element: str) -> datetime | None:
    """A moment with its zone; R4's ``dateTime`` may lack time and zone, which is refused. A leap second as ``moment_of``."""
    if text is None:
        return None
    if "T" not in text:
        raise view.refused("time-zone", of, element)
    try:
        found = moment_of(text)
    except ValueError:
        raise view.refused("time-zone", of, element) from None
    if not can_be_of_a_stay(found):
        raise view.refused("year", of, element)
    return found


def moment_of(text: str) -> datetime:
    """A dateTime or instant with time of day; a leap second becomes the second before. Raises ``ValueError``."""
    return datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if text[17:19] == "60" else text)


def swedish_day(stated: str, view: View, of: Resource, element: str) -> date:
    """The day in Sweden of a date or dateTime. Raises ``Refused`` for a year or month alone."""
    try:
        if len(stated) == _DATE_LENGTH:
            return date.fromisoformat(stated)
        full = moment(stated, view, of, element) if "T" in stated else None
        if full is not None:
            return local_day(full)
    except (ValueError, OverflowError):
        pass
    raise view.refused("day", of, element)
