"""The envelopes to and from the national registers, against our own WSDL and XSD (law-and-lookups.md §3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from hub.addressing.soap_client import Parked, failure_of
from hub.errors import Unavailable
from hub.sandbox.soap_examples import FOLDER, examples
from hub.translators.soap import folkbokforing, hsa, listing, producer
from hub.translators.soap.envelope import (
    ALL,
    GET_LISTING,
    GET_PERSONS,
    GET_UNIT,
    MAX_BYTES,
    Contract,
    SoapFault,
    Unreadable,
    open_envelope,
    schema,
)
from schemas.identities import parse_person_id

TOLVAN = parse_person_id("191212121212")
SAMPLES = Path(__file__).parents[3] / "shared" / "spec" / "soap"
BY_NAME = {contract.name: contract for contract in ALL}
ANSWER = {
    "GetListing": listing.listing_answer,
    "GetListingCounty": listing.county_answer,
    "GetPersonsForProfile": folkbokforing.answer,
    "GetUnit": hsa.unit_answer,
    "GetHealthCareUnit": hsa.health_care_unit_answer,
    "GetEmployeeIncludingProtectedPerson": hsa.employee_answer,
}
samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the specification's samples are not on this machine")
LISTED = producer.answer(
    GET_LISTING,
    listings=[
        {
            "validFromDate": datetime(2020, 11, 22),  # noqa: DTZ001 - no zone on the wire
            "listingType": {"code": "PV", "codeSystem": "1.2.752.129.5.1.27"},
            "healthcareFacility": {
                "id": "se2321000255-vc01",
                "name": "Klostergården",
                "hasQueue": False,
                "supportsHealthcarePersonnel": False,
            },
            "isInQueue": False,
        }
    ],
    resultCode="OK",
)


def record(**fields):
    """The record that comes of an answer with these fields besides the required ones."""
    identity = {"root": TOLVAN.root, "extension": TOLVAN.value}
    required = {
        "personalIdentity": identity,
        "protectedPersonIndicator": False,
        "testIndicator": False,
        "primaryIdentity": True,
    }
    rows = [{"requestedPersonalIdentity": identity, "personRecord": required | fields}]
    found = folkbokforing.answer(producer.answer(GET_PERSONS, requestedPersonRecord=rows)).of(TOLVAN)
    assert found is not None
    return found


def date_of(value, form="YYYY-MM-DD"):
    return {"format": form, "value": value}


def valid(contract: Contract, body: bytes) -> bool:
    return schema(contract).validate(etree.ElementTree(open_envelope(body)))


def wrapped(inner: str) -> bytes:
    return f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


@samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("Get*.xml")), ids=lambda path: path.name)
def test_every_sample_of_the_specification_is_valid_against_our_schemas(path):
    assert valid(BY_NAME[path.name.split(".")[0]], path.read_bytes())


@samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("Get*.response*.xml")), ids=lambda path: path.name)
def test_every_sample_answer_of_the_specification_is_read(path):
    assert ANSWER[path.name.split(".")[0]](path.read_bytes())


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_example_in_the_contracts_folder_is_what_our_code_writes_today(name):
    assert (FOLDER / name).read_bytes() == examples()[name], "run python -m hub.sandbox.soap_examples"


@pytest.mark.parametrize("name", sorted(name for name in examples() if name.startswith("Get")))
def test_an_example_is_valid_against_its_schema(name):
    assert valid(BY_NAME[name.split(".")[0]], examples()[name])


def test_the_contracts_folder_holds_no_example_that_nobody_writes():
    assert {path.name for path in FOLDER.iterdir()} == set(examples())


@pytest.mark.parametrize(
    ("outgoing", "contract"),
    [
        (listing.listing_request("12", listing.Actor("SE2321000255-O1"), TOLVAN), "GetListing"),
        (listing.county_request("12", listing.Actor("SE2321000255-O1"), TOLVAN), "GetListingCounty"),
        (folkbokforing.request("12", [TOLVAN]), "GetPersonsForProfile"),
        (hsa.unit_request("12", "SE2321000255-VC01"), "GetUnit"),
        (hsa.health_care_unit_request("12", "SE2321000255-VC01"), "GetHealthCareUnit"),
        (hsa.employee_request("12", "SE2321000255-P01"), "GetEmployeeIncludingProtectedPerson"),
    ],
)
def test_a_question_is_valid_names_its_receiver_in_the_header_and_its_action_by_the_profile(outgoing, contract):
    found, address, question = producer.read_question(outgoing.body)
    assert (found.name, address) == (contract, "12")
    assert outgoing.soap_action == f"{etree.QName(question).namespace}:{contract}"


def test_we_ask_for_profile_p2_and_follow_references_ourselves():
    question = producer.read_question(folkbokforing.request("12", [TOLVAN]).body)[2]
    assert [node.text for node in question[1:]] == ["P2", "true"]


def test_a_question_for_more_than_500_persons_is_never_built():
    with pytest.raises(ValueError, match="501"):
        folkbokforing.request("12", [TOLVAN] * 501)


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.name)
def test_a_wsdl_has_the_names_that_the_profile_prescribes(contract):
    wsdl = etree.parse(contract.file("wsdl"))
    names = {node.get("name") for node in wsdl.iter("{http://schemas.xmlsoap.org/wsdl/}*")}
    assert {f"{contract.name}Responder{part}" for part in ("Interface", "Binding", "Service", "Port")} <= names
    wanted = f"urn:riv:{contract.domain}:{contract.name}:{contract.major}:rivtabp21"
    assert wsdl.getroot().get("targetNamespace") == wanted


def test_prefixes_mean_nothing_and_namespaces_everything():
    other = LISTED
    for old, new in ((b"c0", b"zz"), (b"m", b"c0"), (b"s", b"SOAP")):
        other = re.sub(rb"(</?|xmlns:)" + old + rb"(?=[:=])", rb"\g<1>" + new, other)
    assert b"<SOAP:Envelope" in other
    assert b"<c0:listings>" in other
    assert listing.listing_answer(other) == listing.listing_answer(LISTED)


def test_unknown_elements_of_other_namespaces_are_tolerated_wherever_they_stand():
    new = b'<n:remark xmlns:n="urn:example:new"><n:deep/></n:remark>'
    body = LISTED
    for end in (
        b"</m:GetListingResponse>",
        b"</m:listings>",
        b"</c0:healthcareFacility>",
        b"<c0:isInQueue>",
        b"<m:resultCode>",
    ):
        assert end in body
        body = body.replace(end, new + end)
    assert listing.listing_answer(body) == listing.listing_answer(LISTED)


def test_an_answer_whose_content_came_under_another_namespace_is_unreadable_and_not_not_found():
    body = wrapped(
        f'<m:GetUnitResponse xmlns:m="{GET_UNIT.namespace}"><x:unit xmlns:x="urn:riv:old"/></m:GetUnitResponse>'
    )
    with pytest.raises(Unreadable, match="another-namespace"):
        hsa.unit_answer(body)


def test_an_element_that_lost_its_namespace_is_unreadable():
    body = wrapped(f'<m:GetUnitResponse xmlns:m="{GET_UNIT.namespace}"><remark/></m:GetUnitResponse>')
    with pytest.raises(Unreadable, match="not-valid"):
        hsa.unit_answer(body)


def test_a_listing_is_read_with_swedish_time_and_its_centre_in_capitals():
    (one,) = listing.listing_answer(LISTED).listings
    assert one.facility_id == "SE2321000255-VC01"
    assert one.primary_care
    assert not one.in_queue
    assert not one.valid_at(datetime(2020, 11, 21, 22, 59, tzinfo=UTC))
    assert one.valid_at(datetime(2020, 11, 21, 23, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("code", "error"), [("OK", False), ("INFO", False), ("ERROR", True), ("ERROR_AGE_LIMIT", True)]
)
def test_every_kind_of_error_in_a_listing_answer_is_read_as_error(code, error):
    assert listing.listing_answer(producer.answer(GET_LISTING, resultCode=code)).error is error


def test_a_person_is_protected_by_either_flag_and_an_absent_one_is_false():
    assert not record().protected
    assert record(protectedPersonIndicator=True).protected
    assert record(protectedPopulationRecord=True).protected


def test_of_a_protected_person_neither_municipality_nor_address_is_read_even_if_the_register_slips():
    found = record(
        protectedPopulationRecord=True,
        populationRegistrationLocality={"countyCode": "12", "municipalityCode": "81"},
        addressInformation={"residentialAddress": {"city": "LUND"}},
    )
    assert (found.county, found.municipality, found.address) == ("12", None, None)


def test_the_kommunkod_is_county_and_municipality_joined_and_a_lost_zero_is_put_back():
    assert record(populationRegistrationLocality={"countyCode": "12", "municipalityCode": "81"}).municipality == "1281"
    assert record(populationRegistrationLocality={"countyCode": "1", "municipalityCode": "80"}).municipality == "0180"
    assert record(populationRegistrationLocality={"countyCode": "12"}).municipality is None


@pytest.mark.parametrize(("sent", "code"), [(22222, "22222"), (2222, "02222"), (0, None), (None, None)])
def test_a_postal_code_has_five_digits_or_is_none(sent, code):
    address = {"postalCode": sent, "city": "LUND"}
    found = record(addressInformation={"residentialAddress": address}).address
    assert found is not None
    assert found.postal_code == code


@pytest.mark.parametrize(
    ("value", "form", "known"),
    [
        ("2025-03-12", "YYYY-MM-DD", "2025-03-12"),
        ("20250312", "YYYY-MM-DD", "2025-03-12"),
        ("20250300", "YYYY-MM-DD", "2025-03"),
        ("2025-00-00", "YYYY-MM-DD", "2025"),
        ("2025", "YYYY", "2025"),
        ("2025-03", "YYYY-MM", "2025-03"),
        ("00000000", "YYYY-MM-DD", None),
    ],
)
def test_a_date_is_read_as_far_as_it_is_known(value, form, known):
    assert record(deregistration={"deregistrationDate": date_of(value, form)}).deregistered_on == known


@pytest.mark.parametrize(
    ("fields", "deceased"),
    [
        (
            {"deregistration": {"deregistrationReasonCode": "AV", "deregistrationDate": date_of("20250203")}},
            "2025-02-03",
        ),
        ({"deregistration": {"foundDeadAtDate": date_of("20250200")}}, "2025-02"),
        ({"coOrdinationNumberData": {"deceasedDate": date_of("20240000")}}, "2024"),
    ],
)
def test_a_death_is_seen_wherever_the_register_writes_it(fields, deceased):
    found = record(**fields)
    assert (found.deceased, found.deceased_on) == (True, deceased)


def test_the_death_of_a_coordination_number_holder_may_stand_in_the_status_alone():
    assert record(personalIdentityStatus={"identityStatusCause": "AVLIDEN"}).deceased


@pytest.mark.parametrize(
    "fields",
    [
        {"coOrdinationNumberData": {"deceasedDate": date_of("00000000")}},
        {"deregistration": {"deregistrationReasonCode": "UV"}},
        {"personalIdentityStatus": {"identityStatusCause": "VILANDE"}},
    ],
)
def test_a_date_of_zeros_an_emigration_or_another_status_is_no_death(fields):
    assert not record(**fields).deceased


def test_linked_and_referred_identities_are_read_apart():
    other = {"root": TOLVAN.root, "extension": "194501019808"}
    found = record(
        linkedIdentity=[{"referredPersonalIdentity": other, "assuranceLevel": "3", "primaryIdentity": True}],
        referredPersonalIdentities=[{"referredPersonalIdentity": other, "referredPersonalIdentityStatus": "NY"}],
    )
    assert found.linked[0].primary
    assert found.referred[0].status == "NY"
    assert found.linked[0].identity == found.referred[0].identity


def test_an_answer_about_another_person_is_unreadable():
    rows = [{"requestedPersonalIdentity": {"root": TOLVAN.root, "extension": "194501019808"}}]
    with pytest.raises(Unreadable, match="another-person"):
        folkbokforing.answer(producer.answer(GET_PERSONS, requestedPersonRecord=rows)).of(TOLVAN)


def test_neither_number_nor_name_nor_address_is_shown_by_a_records_repr():
    shown = repr(record(name={"givenName": "Tolvan"}, addressInformation={"residentialAddress": {"city": "LUND"}}))
    assert not any(text in shown for text in ("191212121212", "Tolvan", "LUND"))


def test_a_licensed_physician_is_known_by_licence_or_befattning_and_an_at_lakare_is_none():
    def employee(**fields):
        row = {"personHsaId": "SE2321000255-P1", "middleAndSurName": "Å", "dn": "cn=Å,c=SE"} | fields
        body = producer.answer(BY_NAME["GetEmployeeIncludingProtectedPerson"], personInformation=[row])
        return hsa.employee_answer(body).employees[0]

    assert employee(healthCareProfessionalLicence=["Läkare"]).licensed_physician
    assert employee(paTitle=[{"paTitleCode": "201010"}]).licensed_physician
    assert not employee(paTitle=[{"paTitleCode": "204010"}]).licensed_physician
    assert not employee(healthCareProfessionalLicence=["Sjuksköterska"]).licensed_physician


@pytest.mark.parametrize("number", range(1, 16))
def test_a_platform_fault_is_classified_by_its_number_and_not_by_its_faultcode(number):
    vp = f"VP{number:03}"
    with pytest.raises(SoapFault) as caught:
        hsa.unit_answer(producer.platform_fault(vp))
    assert caught.value.vp_number == vp
    assert caught.value.retryable is (number in {8, 9})
    failure = failure_of(caught.value)
    assert isinstance(failure, Unavailable if number in {8, 9} else Parked)
    assert getattr(failure, "vp_number", vp) == vp


@pytest.mark.parametrize(
    ("code", "text", "retryable"),
    [
        ("Client", "An error occurred", False),
        ("Server", "An error occurred", True),
        ("Server", "An error, not VP007", True),
        ("Server", "VP0071 is no number of the table", True),
        ("Client", "VP016 [X] A number that the table does not have", False),
        ("Server", "VP016 [X] A number that the table does not have", True),
        ("MustUnderstand", "Header", False),
        ("Server.Timeout", "x", True),
    ],
)
def test_a_fault_without_a_number_of_the_table_is_retried_only_when_it_is_the_servers(code, text, retryable):
    with pytest.raises(SoapFault) as caught:
        hsa.unit_answer(producer.fault(code, text))
    assert caught.value.retryable is retryable


@samples
@pytest.mark.parametrize(("name", "code"), [("fault-VP009.xml", "VP009"), ("fault-of-producer.xml", "client-fault")])
def test_the_sample_faults_of_the_specification_are_read(name, code):
    with pytest.raises(SoapFault) as caught:
        hsa.unit_answer((SAMPLES / name).read_bytes())
    assert caught.value.code == code


def test_what_a_fault_says_is_not_kept_since_it_may_quote_the_person():
    with pytest.raises(SoapFault) as caught:
        hsa.unit_answer(producer.fault("Server", "191212121212 Tolvan Tolvansson"))
    assert "Tolvan" not in repr(caught.value) + str(vars(caught.value))


_BILLION = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "empty": b"",
    "no XML": b"<html><body>Service unavailable",
    "another root": b"<a/>",
    "no bytes of UTF-8": b"<?xml version='1.0' encoding='UTF-8'?>\xff\xfe<",
    "unknown encoding": b"<?xml version='1.0' encoding='x-none'?><a/>",
    "a DTD": b"<!DOCTYPE a><a/>",
    "a DTD before SOAP": b"<!DOCTYPE a>" + LISTED.split(b"?>", 1)[1],
    "an external DTD": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    "an external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a billion laughs": f'<!DOCTYPE a [<!ENTITY a0 "ha">{_BILLION}]><a>&a9;</a>'.encode(),
    "great depth": wrapped("<a>" * 100_000 + "</a>" * 100_000),
    "too many bytes": b"<a>" + b" " * MAX_BYTES + b"</a>",
    "a cut answer": LISTED[: len(LISTED) // 2],
    "an empty body": wrapped(""),
    "the answer of another contract": producer.answer(GET_UNIT),
    "a wrong result code": LISTED.replace(b">OK<", b">FINE<"),
    "no result code": LISTED.replace(b"<m:resultCode>OK</m:resultCode>", b""),
    "SOAP 1.2": LISTED.replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_valid_answer_gives_one_clear_error_that_quotes_nothing(name):
    with pytest.raises(Unreadable) as caught:
        listing.listing_answer(HOSTILE[name])
    assert caught.value.reason in {
        "too-large", "not-xml", "dtd-forbidden", "not-soap", "empty-body", "another-answer", "not-valid",
    }  # fmt: skip
    assert caught.value.__cause__ is None


def test_an_external_entity_is_not_fetched_from_disk(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("OK")
    body = LISTED.replace(b">OK<", b">&x;<").split(b"?>", 1)[1]
    with pytest.raises(Unreadable, match="dtd-forbidden"):
        listing.listing_answer(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode() + body)
