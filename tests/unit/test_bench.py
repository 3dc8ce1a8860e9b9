"""What the benchmarks send is what any system sends, and what they print is what was measured."""

import pytest

from hub.translators import fhir, native
from schemas.identities import parse_person_id
from tests.bench import day, listed, load, measured, report
from tests.bench.day_script import UNITS, Script


def attributes(headers):
    return {name[3:]: value.decode() for name, value in headers if name.startswith("ce_")}


def test_the_persons_of_the_benchmarks_are_many_and_fictitious():
    numbers = listed.persons(5_000)
    assert len(set(numbers)) == 5_000
    assert all(parse_person_id(number).value == number for number in numbers)
    assert {number[8:11] for number in numbers} == {str(each) for each in range(980, 1_000)}


def test_each_bundle_is_the_same_admission_as_the_event_of_its_number_and_its_ids_are_its_own():
    persons = listed.persons(3)
    bundles, events = (load.records(4, "run", kind, persons) for kind in ("fhir", "native"))
    read = [fhir.read(value, "application/fhir+json") for _, _, value in bundles]
    for message, (_, headers, body) in zip(read, events, strict=True):
        other = native.read_binary(attributes(headers), body)
        assert (message.id, message.subject, message.data) == (other.id, other.subject, other.data)
    assert len({message.id for message in read}) == 4
    envelopes = {value[: value.index(b"timestamp")] for _, _, value in bundles}
    assert len(envelopes) == 4


@pytest.mark.parametrize("name", ["v16-a-whole-stay", "s1-a-whole-sip"])
def test_a_day_says_what_its_scenario_says_of_a_person_and_in_a_case_of_its_own(name):
    found = day.directory()
    script, person = Script(name, found), listed.persons(1)[0]
    said = []
    for at in range(len(script.acts)):
        _, headers, body = script.record(at, "run-7", person, "case-7" if at else None)
        said.append(native.read_binary(attributes(headers), body))
        assert not any(short in body.decode() for short in UNITS)
    assert said[0].subject == "ref:run-7"
    assert {each.subject for each in said[1:]} == {"case-7"}
    assert said[0].data.patient.personnummer == person
    earlier = [f"run-7-{at}" for at in range(len(said))]
    answered = [each.data.message for each in said if each.name == "kvittens"]
    assert answered
    assert set(answered) < set(earlier)


def test_every_admission_of_the_day_is_played_and_every_third_has_a_sip():
    played = day.cases(10, listed.persons(10), day.directory())
    assert [each.run for each in played if each.run.startswith("stay")] == [f"stay-{at}" for at in range(10)]
    assert [each.run for each in played if each.run.startswith("sip")] == ["sip-0", "sip-3", "sip-6", "sip-9"]


def test_the_ratios_compare_the_hub_with_each_peer_at_the_same_size_and_format():
    def cost(per_s):
        return measured.Cost(0, 0, 0, 0, per_s)

    rates = {"hub/fhir/20": cost(300), "plain peer/fhir/20": cost(200), "durable peer/fhir/20": cost(100)}
    rates |= {"hub/native/20": cost(500), "plain peer/fhir/99": cost(1)}
    assert report.ratios(rates) == {"fhir/20 over plain peer": 1.5, "fhir/20 over durable peer": 3.0}


def test_percentiles_are_those_of_all_times():
    assert measured.spread([float(each) for each in range(101)]) == {"p50": 50, "p95": 95, "p99": 99}
