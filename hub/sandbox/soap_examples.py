"""The examples in ``contracts/soap/examples``: requests, answers and faults as on the wire. Imports ``register_contents`` and
``translators.soap``; ``python -m hub.sandbox.soap_examples`` writes them.
"""

from __future__ import annotations

from lxml import etree

from hub.sandbox import register_contents as contents_of
from hub.sandbox.register_contents import Contents
from hub.translators.soap import folkbokforing, hsa, listing, producer
from hub.translators.soap.envelope import CONTRACTS, MAX_BYTES
from schemas.identities import parse_person_id

FOLDER = CONTRACTS / "examples"
_UNIT = "SE2321000255-VC01"
_PHYSICIAN = "SE2321000255-P01"
_HSA = "SE165565594230-1000"


def examples() -> dict[str, bytes]:
    """File name → content, with line breaks that the wire does not have."""
    contents = Contents.load()
    persons = {person.id: person for person in contents.persons}
    units = {unit.id: unit for unit in contents.units}
    employee = next(one for one in contents.employees if one.id == _PHYSICIAN)
    tolvan, actor = parse_person_id("191212121212"), listing.Actor(_UNIT)
    protected = next(person.id for person in contents.persons if person.expect == "protected")
    unlisted = next(person for person in contents.persons if person.expect == "unlisted" and not person.listings)
    asked = [(parse_person_id(one).root, one) for one in (tolvan.value, protected)]
    files = {
        "GetListing.request": listing.listing_request("12", actor, tolvan).body,
        "GetListing.response": contents_of.listing_answer(persons[tolvan.value], "12", units),
        "GetListing.response-unlisted": contents_of.listing_answer(unlisted, "12", units),
        "GetListingCounty.request": listing.county_request("12", actor, tolvan).body,
        "GetListingCounty.response": contents_of.county_answer(persons[tolvan.value]),
        "GetPersonsForProfile.request": folkbokforing.request(_HSA, [tolvan]).body,
        "GetPersonsForProfile.response": contents_of.person_answer(asked[:1], persons),
        "GetPersonsForProfile.response-protected": contents_of.person_answer(asked[1:], persons),
        "GetPersonsForProfile.response-unknown": contents_of.person_answer(asked[:1], {}),
        "GetUnit.request": hsa.unit_request(_HSA, _UNIT).body,
        "GetUnit.response": contents_of.unit_answer(units[_UNIT]),
        "GetUnit.response-not-found": contents_of.unit_answer(None),
        "GetHealthCareUnit.request": hsa.health_care_unit_request(_HSA, _UNIT).body,
        "GetHealthCareUnit.response": contents_of.health_care_unit_answer(units[_UNIT]),
        "GetEmployeeIncludingProtectedPerson.request": hsa.employee_request(_HSA, _PHYSICIAN).body,
        "GetEmployeeIncludingProtectedPerson.response": contents_of.employee_answer(employee),
        "fault-VP007": producer.platform_fault("VP007"),
        "fault-VP009": producer.platform_fault("VP009"),
        "fault-of-producer": producer.fault("Client", "An error occurred"),
    }
    return {f"{name}.xml": _indented(body) for name, body in files.items()}


def _indented(body: bytes) -> bytes:
    assert len(body) < MAX_BYTES
    tree = etree.fromstring(body)
    etree.indent(tree)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8") + b"\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in examples().items():
        (FOLDER / name).write_bytes(content)
