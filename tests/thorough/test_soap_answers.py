"""What the official schemas allow is read, whatever of it the hub uses; what is beside them is read where it can be
(law-and-lookups.md §3, element-order.md).
"""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.sandbox.soap_examples import examples
from hub.translators.soap import folkbokforing, hsa, listing, producer
from hub.translators.soap.envelope import (
    ALL,
    CONTRACTS,
    GET_EMPLOYEE,
    GET_LISTING,
    GET_LISTING_COUNTY,
    GET_PERSONS,
    GET_UNIT,
    NotOurs,
    SoapFault,
    Unreadable,
    in_utf8,
    schema,
)
from schemas.identities import parse_person_id

ORDER = Path(__file__).parents[3] / "shared" / "spec" / "soap" / "element-order.md"
XS = "{http://www.w3.org/2001/XMLSchema}"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TOLVAN = parse_person_id("191212121212")
READ = {
    "GetListing": listing.listing_answer,
    "GetListingCounty": listing.county_answer,
    "GetPersonsForProfile": folkbokforing.answer,
    "GetUnit": hsa.unit_answer,
    "GetHealthCareUnit": hsa.health_care_unit_answer,
    "GetEmployeeIncludingProtectedPerson": hsa.employee_answer,
}
MARKS = {("1", "1"): "", ("0", "1"): "?", ("0", "unbounded"): "*", ("1", "unbounded"): "+"}


def types():
    """(namespace, type) → its node, of all our schemas."""
    roots = [etree.parse(path).getroot() for path in sorted(CONTRACTS.glob("*/*.xsd"))]
    return {
        (root.get("targetNamespace"), node.get("name")): node
        for root in roots
        for node in root
        if node.tag in {f"{XS}complexType", f"{XS}simpleType"}
    }


TYPES = types()


def particles(node):
    """The elements of a type in their order, the wildcard last."""
    return list(node.iter(f"{XS}element", f"{XS}any"))


def as_the_specification_writes(particle):
    mark = MARKS[particle.get("minOccurs", "1"), particle.get("maxOccurs", "1")]
    if particle.tag == f"{XS}any":
        return "…"
    name = particle.get("name") or particle.get("ref").replace("ext:", "m1:")
    kind = (particle.get("type") or "xs:string").rpartition(":")[2]
    return f"{name}{mark}" + ("" if kind == "string" else f" {kind}")


def official():
    """(namespace, type) → what the specification says of it; the older of two versions of one namespace left out."""
    found, namespace, seen = {}, None, set()
    for line in ORDER.read_text("utf-8").splitlines():
        if line.startswith("`urn:"):
            namespace = None if line in seen else line.strip("`")
            seen.add(line)
        elif namespace and (said := re.fullmatch(r"- (\*\*?)(\w+)\*\*?: (.*)", line)):
            found[namespace, said[2]] = said[3]
    used = {contract.namespace for contract in ALL} | {core for contract in ALL for core in contract.core}
    return {key: said for key, said in found.items() if key[0] in used and key[1] != "TS"}


@pytest.mark.skipif(not ORDER.is_file(), reason="the specification is not on this machine")
def test_our_schemas_have_the_official_elements_in_their_order_number_and_type():
    wanted = official()
    assert len(wanted) > 80
    for key, said in wanted.items():
        node = TYPES[key]
        if node.tag == f"{XS}complexType":
            assert ", ".join(map(as_the_specification_writes, particles(node))) == said, key
        elif " pattern " in said:
            base, _, pattern = said.partition(" pattern ")
            assert node[0].get("base") == f"xs:{base}", key
            assert node.find(f"{XS}restriction/{XS}pattern").get("value") == pattern.strip("`"), key
        elif " · " in said:
            assert " · ".join(one.get("value") for one in node.iter(f"{XS}enumeration")) == said, key
        else:
            assert node[0].get("base") == f"xs:{said}", key


# --- a generator of valid answers ------------------------------------------------------------------------------------

SIMPLE = {
    "boolean": ["true", "false", "1", "0", " true "],
    "dateTime": [
        *("2020-11-22T00:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00", "2021-02-03T24:00:00+14:00"),
        *("12020-01-01T00:00:00.123456789", "2020-06-30T23:59:59.9-05:00"),
    ],
    "date": ["2020-11-22", "2020-11-22Z"],
    "time": ["08:00:00"],
    "int": ["0", "22222", "-1"],
    "long": ["9223372036854775807"],
    "base64Binary": ["", "AAEC"],
    "anyURI": ["urn:x", ""],
    "DNType": ["cn=Åsa Öberg,ou=Vård,o=Region,l=Län,c=SE", ""],
    "TelephoneNumberType": ["+46461000", "0461000"],
    "countyCode": ["12", "1", "01"],
    "municipalityCode": ["81", "1281", "180", "", "00"],
    "root": ["1.2.752.129.2.1.3.1"],
    "string": ["x", "", "Å" * 400, "en\n\trad", "<&>", "\u0085\u2028", "2021-00-00", "00000000"],
}
LATER = "urn:example:later"


class Writer:
    """Writes an element of a type as the schema allows it, each optional part in or out."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice

    def fill(self, element, namespace, name, depth=0):
        node = TYPES.get((namespace, name))
        if node is None or node.tag == f"{XS}simpleType":
            codes = [] if node is None else [one.get("value") for one in node.iter(f"{XS}enumeration")]
            plain = name if name in SIMPLE else "string"
            if node is not None and name not in SIMPLE and (base := node[0].get("base").rpartition(":")[2]) in SIMPLE:
                plain = base
            local = etree.QName(element).localname
            text = self.dice.choice(codes or SIMPLE[plain if plain != "string" or local not in SIMPLE else local])
            element.text = text
            return
        prefixes = node.nsmap
        for particle in particles(node):
            often = self.dice.choice([1, 2]) if particle.get("maxOccurs") == "unbounded" else 1
            if particle.get("minOccurs") == "0" and (self.dice.random() < 0.5 or depth > 4):
                continue
            for _ in range(often):
                if particle.tag == f"{XS}any":
                    etree.SubElement(etree.SubElement(element, f"{{{LATER}}}new"), f"{{{LATER}}}unit").text = "x"
                elif particle.get("ref"):
                    local = particle.get("ref").rpartition(":")[2]
                    etree.SubElement(element, f"{{{prefixes['ext']}}}{local}").text = "7"
                else:
                    prefix, _, kind = particle.get("type").rpartition(":")
                    child = etree.SubElement(element, f"{{{namespace}}}{particle.get('name')}")
                    self.fill(child, prefixes[prefix], kind, depth + 1)


def written(contract, dice):
    envelope = etree.Element(f"{{{SOAP}}}Envelope")
    answer = etree.SubElement(
        etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{contract.namespace}}}{contract.name}Response"
    )
    Writer(dice).fill(answer, contract.namespace, f"{contract.name}ResponseType")
    assert schema(contract).validate(etree.ElementTree(answer)), schema(contract).error_log
    return answer, etree.tostring(envelope)


def texts(answer, *path):
    return [
        " ".join((one.text or "").split()) for one in answer.iterfind(".//" + "/".join(f"{{*}}{step}" for step in path))
    ]


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.name)
@given(dice=st.randoms(use_true_random=False))
def test_every_answer_that_the_official_schema_allows_is_read_without_a_miss(contract, dice):
    answer, body = written(contract, dice)
    try:
        found = READ[contract.name](body)
    except Unreadable as unreadable:
        # An empty text where a fact is needed is valid by the schema and says nothing.
        element = unreadable.code.removeprefix("not-valid-")
        assert element in {"id", "code", "codeSystem", "root", "listingCounties", "healthCareUnitHsaId"} | {
            "healthCareProviderHsaId", "healthCareProviderOrgNo", "unitHsaId", "personHsaId",
        }  # fmt: skip
        assert "" in texts(answer, element) or element == "listingCounties"
        return
    if contract == GET_EMPLOYEE:
        named = [one for one in answer.iterfind(".//{*}personInformation") if any(texts(one, "personHsaId"))]
        titles = [
            [code for code in texts(one, "paTitle", "paTitleCode") if code.strip("\u0085\u2028 ")] for one in named
        ]
        assert [list(one.pa_titles) for one in found.employees] == titles
    elif contract == GET_LISTING:
        assert len(found.listings) == len(texts(answer, "listings"))
    elif contract == GET_PERSONS:
        assert len(found.records) == len(texts(answer, "requestedPersonRecord"))
        for (_, record), row in zip(found.records, answer.iterfind("{*}requestedPersonRecord"), strict=True):
            said = row.find("{*}personRecord")
            flags = (
                []
                if said is None
                else texts(said, "protectedPersonIndicator") + texts(said, "protectedPopulationRecord")
            )
            if isinstance(record, folkbokforing.PersonRecord):
                assert record.protected is any(flag in {"true", "1"} for flag in flags)
            else:
                assert said is None or isinstance(record, Unreadable)
    elif contract == GET_UNIT:
        assert (found.unit is None) == (answer.find("{*}unit") is None)


# --- what is beside the schema ---------------------------------------------------------------------------------------


def listed(dates="", start="<c:code>PV</c:code><c:codeSystem>1.2.752.129.5.1.27</c:codeSystem>"):
    return f"""<s:Envelope xmlns:s="{SOAP}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><s:Body>
    <m:GetListingResponse xmlns:m="{GET_LISTING.namespace}" xmlns:c="{GET_LISTING.core[0]}"><m:listings>{dates}
    <c:listingType>{start}</c:listingType><c:healthcareFacility><c:id>SE2321000255-VC01</c:id><c:name>Åkern</c:name>
    </c:healthcareFacility><c:isInQueue>false</c:isInQueue></m:listings><m:resultCode>OK</m:resultCode>
    </m:GetListingResponse></s:Body></s:Envelope>"""


@pytest.mark.parametrize(
    "date", ["<c:validToDate i:nil='true'/>", "<c:validToDate i:nil='1'>x</c:validToDate>", "<c:validToDate/>", ""]
    + [f"<c:validToDate>{text}</c:validToDate>" for text in ("9999-12-31T23:59:59Z", "9999-12-31")]
    + [f"<c:validToDate>{text}</c:validToDate>" for text in ("99999-01-01T00:00:00", "9999-12-31T24:00:00")],
)  # fmt: skip
def test_a_listing_without_end_holds(date):
    (one,) = listing.listing_answer(listed(date).encode()).listings
    assert one.valid_at(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "-4712-01-01T00:00:00Z", "0000-00-00T00:00:00", "0001-01-01"])
def test_a_listing_that_began_at_the_beginning_of_time_holds(text):
    (one,) = listing.listing_answer(listed(f"<c:validFromDate>{text}</c:validFromDate>").encode()).listings
    assert one.valid_at(datetime(2026, 3, 2, tzinfo=UTC))


def test_a_moment_with_a_zone_and_one_at_hour_24_are_the_moments_that_they_say():
    dates = (
        "<c:validFromDate>2020-06-01T00:00:00+02:00</c:validFromDate><c:validToDate>2020-06-30T24:00:00</c:validToDate>"
    )
    (one,) = listing.listing_answer(listed(dates).encode()).listings
    assert one.valid_from == datetime(2020, 5, 31, 22, tzinfo=UTC)
    assert one.valid_to == datetime(2020, 6, 30, 22, tzinfo=UTC)


def test_the_order_of_an_answers_elements_means_nothing():
    body = (
        listed()
        .replace("<m:resultCode>OK</m:resultCode>", "")
        .replace("<m:listings>", "<m:resultCode>OK</m:resultCode><m:listings>")
    )
    assert listing.listing_answer(body.encode()) == listing.listing_answer(listed().encode())


@pytest.mark.parametrize("element", ["id", "isInQueue", "resultCode", "codeSystem"])
def test_a_missing_element_that_is_needed_is_named(element):
    with pytest.raises(Unreadable, match=element):
        listing.listing_answer(re.sub(rf"<(\w):{element}>.*?</\w:{element}>", "", listed()).encode())


def test_a_listing_of_another_kind_needs_nothing_more_than_its_kind():
    body = listed(start="<c:code>BVC</c:code><c:codeSystem>x</c:codeSystem>").replace("false", "perhaps")
    (one,) = listing.listing_answer(body.encode()).listings
    assert not one.primary_care


def test_a_county_that_lost_its_zero_gets_it_back_and_what_is_no_county_is_not_asked():
    said = [{"root": "1.2.752.129.2.2.1.18", "extension": code} for code in ("1", "12", "99", "012", "x")]
    answer = listing.county_answer(producer.answer(GET_LISTING_COUNTY, listingCounties=said, resultCode="OK"))
    assert answer.counties == ("01", "12")


def test_counties_of_which_none_is_one_are_no_unlisted_person():
    said = [{"root": "1.2.752.129.2.2.1.18", "extension": "Skåne"}]
    with pytest.raises(Unreadable, match="listingCounties"):
        listing.county_answer(producer.answer(GET_LISTING_COUNTY, listingCounties=said, resultCode="OK"))


def persons(**fields):
    identity = {"root": TOLVAN.root, "extension": TOLVAN.value}
    flags = {"protectedPersonIndicator": False, "testIndicator": False, "primaryIdentity": True}
    row = {"requestedPersonalIdentity": identity, "personRecord": {"personalIdentity": identity} | flags | fields}
    return producer.answer(GET_PERSONS, requestedPersonRecord=[row])


@pytest.mark.parametrize("flag", ["protectedPersonIndicator", "protectedPopulationRecord"])
def test_a_flag_of_protection_that_makes_no_sense_is_never_read_as_no(flag):
    body = persons(protectedPopulationRecord=False)
    broken = re.sub(rf"(<\w+:{flag}>)false".encode(), rb"\1perhaps", body)
    assert broken != body
    with pytest.raises(Unreadable, match=flag):
        folkbokforing.answer(broken).of(TOLVAN)


def test_one_persons_unreadable_record_is_nobody_elses_trouble():
    other = parse_person_id("194501019808")
    identity = {"root": other.root, "extension": other.value}
    flags = {"protectedPersonIndicator": False, "testIndicator": False, "primaryIdentity": True}
    rows = [
        {"requestedPersonalIdentity": one, "personRecord": {"personalIdentity": one} | flags}
        for one in ({"root": TOLVAN.root, "extension": TOLVAN.value}, identity)
    ]
    body = producer.answer(GET_PERSONS, requestedPersonRecord=rows)
    found = folkbokforing.answer(re.sub(rb"(testIndicator>)false", rb"\1?", body, count=1))
    with pytest.raises(Unreadable, match="testIndicator"):
        found.of(TOLVAN)
    assert found.of(other) is not None


def test_a_name_is_read_on_one_line_without_control_characters():
    found = folkbokforing.answer(
        persons(name={"givenName": "Tol\u0085van\n", "surname": " Tol\tvansson "}).replace(b"van", b"&#1;van\x02")
    ).of(TOLVAN)
    assert found is not None
    assert found.name == "Tol van Tol vansson"


def test_a_linked_identity_without_its_flag_is_passed_over():
    identity = {"root": TOLVAN.root, "extension": "194501019808"}
    link = {"referredPersonalIdentity": identity, "assuranceLevel": "3", "primaryIdentity": True}
    body = re.sub(
        rb"(<\w+:assuranceLevel>3</\w+:assuranceLevel><\w+:primaryIdentity>)true",
        rb"\1",
        persons(linkedIdentity=[link]),
    )
    found = folkbokforing.answer(body).of(TOLVAN)
    assert found is not None
    assert found.linked == ()


@pytest.mark.parametrize(
    ("code", "kommun"), [("1281", "1281"), ("180", "0180"), ("1200", None), ("x", None), ("", None)]
)
def test_a_kommunkod_of_hsa_is_one_of_scbs_or_none(code, kommun):
    unit = {"unitHsaId": "SE2120001132-K01", "municipalityCode": code, "unitName": "x", "publicName": "x"}
    found = hsa.unit_answer(producer.answer(GET_UNIT, unit=unit)).unit
    assert found is not None
    assert found.municipality == kommun


# --- what is never guessed --------------------------------------------------------------------------------------------

FULL = {name: body for name, body in examples().items() if ".response" in name and b"<m:" in body}


def asked(name):
    return parse_person_id(
        re.search(rb"requestedPersonalIdentity>.*?extension>(\w+)<", FULL[name], re.DOTALL)[1].decode()
    )


def reading(name, body):
    """What the hub makes of an answer, the fault of a single row too; None: it cannot be read."""
    try:
        found = READ[name.split(".")[0]](body)
        return found.of(asked(name)) if isinstance(found, folkbokforing.PopulationAnswer) else found
    except Unreadable:
        return None


def parts(body):
    """Each element within an answer, in a tree of its own."""
    count = sum(1 for _ in etree.fromstring(body).find(f"{{{SOAP}}}Body")[0].iter("*"))
    for place in range(1, count):
        root = etree.fromstring(body)
        yield root, list(root.find(f"{{{SOAP}}}Body")[0].iter("*"))[place]


def may_repeat(node):
    name = etree.QName(node).localname
    said = [one for type_ in TYPES.values() for one in particles(type_) if one.get("name") == name]
    return any(one.get("maxOccurs") == "unbounded" for one in said)


OTHER = {"true": "false", "false": "true", "OK": "ERROR"}


@pytest.mark.parametrize("name", sorted(FULL))
@pytest.mark.parametrize("before", [True, False])
def test_what_may_stand_once_and_stands_twice_with_another_content_is_never_guessed(name, before):
    whole, tried = reading(name, FULL[name]), 0
    assert whole is not None or "unknown" in name
    for root, node in parts(FULL[name]):
        if may_repeat(node):
            continue
        twin = copy.deepcopy(node)
        for leaf in [one for one in twin.iter("*") if not len(one)]:
            leaf.text = OTHER.get(leaf.text, "9" + (leaf.text or ""))
        node.addprevious(twin) if before else node.addnext(twin)
        found = reading(name, etree.tostring(root))
        protects = "rotected" in etree.QName(node).localname
        used = found is not None and found != whole
        assert not used or (protects and "protected=True" in repr(found)), (etree.QName(node).localname, found)
        tried += 1
    assert tried or not etree.fromstring(FULL[name]).find(f"{{{SOAP}}}Body")[0][0:]


@pytest.mark.parametrize("name", sorted(FULL))
@pytest.mark.parametrize("again", [True, False])
def test_what_stands_twice_with_the_same_content_or_once_empty_is_read_as_once(name, again):
    for root, node in parts(FULL[name]):
        if may_repeat(node) or any(may_repeat(one) for one in node):
            continue
        node.addprevious(copy.deepcopy(node) if again else etree.Element(node.tag))
        assert reading(name, etree.tostring(root)) == reading(name, FULL[name]), etree.QName(node).localname


@pytest.mark.parametrize("name", sorted(FULL))
@pytest.mark.parametrize("namespace", ["urn:riv:of:another:3", None])
def test_an_element_under_a_namespace_of_another_version_or_none_is_never_read_as_absent(name, namespace):
    for root, node in parts(FULL[name]):
        local = etree.QName(node).localname
        node.tag = local if namespace is None else f"{{{namespace}}}{local}"
        assert reading(name, etree.tostring(root)) in (None, reading(name, FULL[name])), local


@pytest.mark.parametrize("flag", ["protectedPersonIndicator", "protectedPopulationRecord"])
@pytest.mark.parametrize("said", [("false", "true"), ("true", "false"), ("0", "1"), ("", "true"), ("true", "perhaps")])
def test_one_yes_of_a_flag_of_protection_is_enough(flag, said):
    body = persons(protectedPopulationRecord=False)
    twice = "".join(rf"\g<1>{text}\g<2>" for text in said).encode()
    found = folkbokforing.answer(re.sub(rf"(<\w+:{flag}>)false(</\w+:{flag}>)".encode(), twice, body)).of(TOLVAN)
    assert found is not None
    assert found.protected


def test_a_record_of_another_identity_than_the_one_asked_for_is_unreadable():
    with pytest.raises(Unreadable, match="another-person-personalIdentity"):
        folkbokforing.answer(persons(personalIdentity={"root": TOLVAN.root, "extension": "194501019808"})).of(TOLVAN)


def test_of_two_rows_of_one_person_an_empty_one_says_nothing_and_two_that_differ_are_unreadable():
    identity = {"root": TOLVAN.root, "extension": TOLVAN.value}
    flags = {"personalIdentity": identity, "protectedPersonIndicator": False, "primaryIdentity": True}
    row = {"requestedPersonalIdentity": identity}
    one, two = (row | {"personRecord": flags | {"testIndicator": test}} for test in (False, True))

    def found(*rows):
        return folkbokforing.answer(producer.answer(GET_PERSONS, requestedPersonRecord=list(rows))).of(TOLVAN)

    assert found(row) is None
    assert found(row, one) == found(one, row) == found(one, one) == found(one) is not None
    with pytest.raises(Unreadable, match="requestedPersonRecord"):
        found(one, two)


def test_a_row_of_nobody_spoils_no_other_row():
    body = persons()
    start = body.index(b"<m:requestedPersonRecord>")
    nobody = b"<m:requestedPersonRecord/>"
    assert folkbokforing.answer(body[:start] + nobody + body[start:]).of(TOLVAN) == folkbokforing.answer(body).of(
        TOLVAN
    )


@pytest.mark.parametrize(
    ("county", "code", "kommun"),
    [("12", "1281", "1281"), ("01", "180", "0180"), ("12", "0180", None), ("12", "81", "1281")],
)
def test_a_municipality_of_four_digits_is_read_where_it_is_of_its_county(county, code, kommun):
    body = persons(populationRegistrationLocality={"countyCode": county, "municipalityCode": "81"})
    found = folkbokforing.answer(body.replace(b"municipalityCode>81<", f"municipalityCode>{code}<".encode())).of(TOLVAN)
    assert found is not None
    assert found.municipality == kommun


EMPLOYEE = examples()["GetEmployeeIncludingProtectedPerson.response.xml"]
SPOILT = {
    "a flag of protection that makes no sense": (rb"(<m:personInformation>)", rb"\1<c0:protectedPerson>x</c0:protectedPerson>"),
    "no id": (rb"<(\w+):personHsaId>.*?</\w+:personHsaId>", b""),
    "another version": (b"employee:4", b"employee:3"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_rows_of_the_catalogue_that_cannot_be_read_are_no_unknown_person_and_spoil_no_other_row(how):
    pattern, put = SPOILT[how]
    if how == "another version":
        body = re.sub(rb'(xmlns:c0="urn:riv:[\w:]*employee:)4"', rb'\g<1>3"', EMPLOYEE)
    else:
        body = re.sub(pattern, put, EMPLOYEE)
    assert body != EMPLOYEE
    with pytest.raises(Unreadable):
        hsa.employee_answer(body)
    if how != "another version":
        (row,) = re.findall(rb"<m:personInformation>.*</m:personInformation>", body, re.DOTALL)
        beside = EMPLOYEE.replace(b"<m:personInformation>", row + b"<m:personInformation>", 1)
        assert hsa.employee_answer(beside) == hsa.employee_answer(EMPLOYEE)


def test_an_answer_of_the_catalogue_about_another_than_was_asked_for_is_unreadable():
    member = b"<m:healthCareUnitMemberHsaId>SE2321000255-VC01</m:healthCareUnitMemberHsaId><m:healthCareUnitHsaId>"
    for name in ("GetUnit", "GetHealthCareUnit", "GetEmployeeIncludingProtectedPerson"):
        body = examples()[f"{name}.response.xml"].replace(b"<m:healthCareUnitHsaId>", member)
        with pytest.raises(Unreadable, match="another"):
            READ[name](body).of("SE2321000255-X99")


ROWS = {
    "empty": "<m:listings/>",
    "of another kind without system": "<m:listings><c:listingType><c:code>BVC</c:code></c:listingType></m:listings>",
    "end in another form": "<c:validToDate>20201122</c:validToDate>",
    "end without seconds": "<c:validToDate>2020-11-22T00:00</c:validToDate>",
    "end on no day": "<c:validToDate>2026-02-30T00:00:00</c:validToDate>",
    "two ends": "<c:validToDate>2020-11-22</c:validToDate><c:validToDate>2030-11-22</c:validToDate>",
}


@pytest.mark.parametrize("kind", ROWS)
def test_a_listing_that_cannot_be_read_is_not_counted_and_spoils_no_other(kind):
    (good,) = re.findall("<m:listings>.*</m:listings>", listed(), re.DOTALL)
    spoilt = ROWS[kind] if "listings" in ROWS[kind] else good.replace("<m:listings>", "<m:listings>" + ROWS[kind])
    found = listing.listing_answer(listed().replace(good, spoilt + good).encode())
    assert [one.facility_id for one in found.listings if one.primary_care] == ["SE2321000255-VC01"]
    assert found.unread is (kind != "of another kind without system")
    if found.unread:
        with pytest.raises(Unreadable):
            listing.listing_answer(listed().replace(good, spoilt).encode())


@pytest.mark.parametrize("text", ["Fel: VP007 Ej behörig", "Fault: Error: VP007", "[VP007] x", "VP007"])
def test_a_number_of_the_platform_is_found_behind_a_word_and_a_colon(text):
    with pytest.raises(SoapFault) as caught:
        hsa.unit_answer(producer.fault("Server", text))
    assert (caught.value.vp_number, caught.value.retryable) == ("VP007", False)


@pytest.mark.parametrize("code", ["Receiver", "server", "SERVER.Timeout"])
def test_a_fault_of_the_server_is_one_however_it_is_written(code):
    with pytest.raises(SoapFault) as caught:
        hsa.unit_answer(producer.fault(code, "x"))
    assert caught.value.retryable


# --- which characters the bytes mean ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoded", "declared", "header"),
    [
        ("utf-8", None, None),
        ("utf-8", "UTF-8", "utf-8"),
        ("utf-8", "ISO-8859-1", "utf-8"),
        ("utf-8", "UTF-8", "ISO-8859-1"),
        ("utf-8", None, '"utf8"'),
        ("iso-8859-1", None, "iso-8859-1"),
        ("iso-8859-1", "UTF-8", "ISO-8859-1"),
        ("iso-8859-1", "ISO-8859-1", "utf-8"),
        ("cp1252", None, "windows-1252"),
        ("cp1252", "windows-1252", None),
        ("utf-16", "utf-16", "utf-8"),
        ("utf-16-le", None, "utf-16le"),
        ("utf-8-sig", None, "iso-8859-1"),
        ("utf-8", "UTF-8", "x-none"),
        ("utf-8", "UTF-8", "rot13"),
    ],
)
def test_a_name_is_the_same_by_whichever_of_header_declaration_and_mark_is_right(encoded, declared, header):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = in_utf8((declaration + listed()).encode(encoded), None if header is None else header.strip('"'))
    (one,) = listing.listing_answer(body).listings
    assert one.facility_name == "Åkern"


# --- what we send ----------------------------------------------------------------------------------------------------


def test_what_we_send_follows_the_schema_to_the_letter():
    with pytest.raises(NotOurs):
        producer.answer(GET_LISTING, resultCode="FINE")
