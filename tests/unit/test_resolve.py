"""Addressing as a pure function of the registers' answers (law-and-lookups.md §3, §4)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.addressing.lookups import Lookup, LookupContext, LookupFailed, LookupOutcome, Register, Resolution, Unknown
from hub.addressing.resolve import next_question
from hub.translators.soap.folkbokforing import (
    Address,
    LinkedIdentity,
    PersonRecord,
    ReferredIdentity,
    RegisterIdentity,
)
from hub.translators.soap.listing import CountiesAnswer, Listing, ListingAnswer
from schemas.identities import VASTRA_GOTALAND, parse_person_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES = LookupContext(NOW)
TOLVAN = parse_person_id("191212121212")
ELSA = parse_person_id("194501019808")
COORDINATION = parse_person_id("198001632390")
RESERVE = parse_person_id("98240301AA06")


def register(person):
    return RegisterIdentity(person.root, person.value)


def record(person=TOLVAN, **fields):
    standard = {"county": "12", "municipality": "1281", "name": "Tolvan Tolvansson", "address": Address(city="LUND")}
    return PersonRecord(**({"identity": register(person), "protected": False, "test": False} | standard | fields))


def placeless(person=TOLVAN, **fields):
    return record(person, **({"county": None, "municipality": None} | fields))


def pv(unit="SE2321000255-VC01", **fields):
    standard = {"type_code": "PV", "type_system": "1.2.752.129.5.1.27", "in_queue": False}
    return Listing(facility_id=unit, facility_name="VC", **(standard | fields))


def referred(person, status="NY"):
    return (ReferredIdentity(register(person), status),)


def answering(folkbokforing, counties=(), listings=None):
    """Registers that answer from these: records by person, then counties, then listings by county."""

    def answer(question):
        if question.register is Register.FOLKBOKFORING:
            return folkbokforing.get(question.person, Unknown())
        if question.register is Register.COUNTIES:
            return counties if isinstance(counties, LookupFailed | CountiesAnswer) else CountiesAnswer(tuple(counties))
        one = (listings or {}).get(question.county, ())
        return one if isinstance(one, LookupFailed | ListingAnswer) else ListingAnswer(tuple(one))

    return answer


def resolve(person, answer, rules=RULES) -> Resolution:
    answers = {}
    for _ in range(20):
        step = next_question(person, answers, rules)
        if isinstance(step, Resolution):
            return step
        assert step not in answers, "the same question twice"
        answers[step] = answer(step)
    pytest.fail("no end to the questions")


def test_the_first_question_is_always_to_folkbokforing():
    assert next_question(TOLVAN, {}, RULES) == Lookup(Register.FOLKBOKFORING, TOLVAN)


def test_a_listed_person_takes_three_questions_in_the_order_of_the_specification():
    found = resolve(TOLVAN, answering({TOLVAN: record()}, ["12"], {"12": [pv()]}))
    assert found.outcome is LookupOutcome.LISTED
    assert (found.health_centre, found.municipality_code, found.county) == ("SE2321000255-VC01", "1281", "12")
    assert (found.name, found.address) == ("Tolvan Tolvansson", Address(city="LUND"))
    assert found.asked == ("folkbokforing", "listing_county:12", "listing:12")
    assert not found.outcome.manual


def test_a_listing_in_another_county_than_that_of_registration_is_elsewhere():
    found = resolve(TOLVAN, answering({TOLVAN: record()}, ["14"], {"14": [pv("SE2321000131-VC01")]}))
    assert (found.outcome, found.county, found.municipality_code) == (LookupOutcome.LISTED_ELSEWHERE, "14", "1281")
    assert not found.outcome.manual


def test_elsewhere_is_seen_from_the_cases_region_when_it_is_given():
    answer = answering({TOLVAN: record()}, ["12"], {"12": [pv()]})
    assert resolve(TOLVAN, answer, LookupContext(NOW, home_county="14")).outcome is LookupOutcome.LISTED_ELSEWHERE
    assert resolve(TOLVAN, answer, LookupContext(NOW, home_county="12")).outcome is LookupOutcome.LISTED


def test_each_county_that_is_returned_is_asked_and_the_own_one_is_preferred():
    listings = {"14": [pv("SE2321000131-VC01", valid_from=NOW.replace(year=2025))], "12": [pv()]}
    found = resolve(TOLVAN, answering({TOLVAN: record()}, ["14", "12", "14"], listings))
    assert found.asked[2:] == ("listing:14", "listing:12")
    assert (found.outcome, found.health_centre) == (LookupOutcome.LISTED, "SE2321000255-VC01")


def test_of_two_listings_that_hold_the_latest_counts():
    old, new = pv("SE2321000255-VC04", valid_from=NOW.replace(year=2014)), pv(valid_from=NOW.replace(year=2022))
    assert resolve(
        TOLVAN, answering({TOLVAN: record()}, ["12"], {"12": [old, new, pv("SE2321000255-VC03")]})
    ).health_centre == ("SE2321000255-VC01")


@pytest.mark.parametrize(
    ("listings", "outcome"),
    [
        ([], LookupOutcome.UNLISTED),
        ([pv(in_queue=True)], LookupOutcome.IN_QUEUE),
        ([pv(in_queue=True, valid_to=NOW.replace(year=2020))], LookupOutcome.UNLISTED),
        ([pv(valid_from=NOW.replace(year=2099))], LookupOutcome.UNLISTED),
        ([pv(valid_to=NOW.replace(year=2020))], LookupOutcome.UNLISTED),
        ([pv(type_code="BHV")], LookupOutcome.UNLISTED),
        ([pv(type_system="1.2.3")], LookupOutcome.UNLISTED),
        ([pv(in_queue=True), pv("SE2321000255-VC02")], LookupOutcome.LISTED),
    ],
)
def test_only_a_primary_care_listing_that_holds_now_and_is_no_queue_counts(listings, outcome):
    found = resolve(TOLVAN, answering({TOLVAN: record()}, ["12"], {"12": listings}))
    assert (found.outcome, found.municipality_code) == (outcome, "1281")


@pytest.mark.parametrize(
    ("listings", "outcome"),
    [
        ((pv(valid_to=NOW.replace(year=2020)),), LookupOutcome.UNAVAILABLE),
        ((pv(in_queue=True),), LookupOutcome.UNAVAILABLE),
        ((pv(),), LookupOutcome.LISTED),
    ],
)
def test_beside_a_listing_that_cannot_be_read_nobody_is_said_to_be_unlisted(listings, outcome):
    answer = answering({TOLVAN: record()}, ["12"], {"12": ListingAnswer(listings, unread=True)})
    assert resolve(TOLVAN, answer).outcome is outcome


def test_no_county_at_all_is_unlisted_and_the_municipality_is_still_known():
    found = resolve(TOLVAN, answering({TOLVAN: record()}))
    assert (found.outcome, found.municipality_code, found.outcome.manual) == (LookupOutcome.UNLISTED, "1281", True)


def test_an_identity_that_folkbokforing_does_not_know_is_not_found():
    assert resolve(TOLVAN, answering({})).outcome is LookupOutcome.NOT_FOUND


def test_a_test_person_is_discarded_in_production_only():
    answer = answering({TOLVAN: record(test=True)}, ["12"], {"12": [pv()]})
    assert resolve(TOLVAN, answer) == Resolution(LookupOutcome.NOT_FOUND, asked=("folkbokforing",))
    assert resolve(TOLVAN, answer, LookupContext(NOW, production=False)).outcome is LookupOutcome.LISTED


def test_of_a_protected_person_nothing_is_given_on_and_no_listing_is_asked():
    found = resolve(TOLVAN, answering({TOLVAN: record(protected=True)}, ["12"], {"12": [pv()]}))
    assert found == Resolution(LookupOutcome.PROTECTED, protected=True, asked=("folkbokforing",))


def test_the_death_of_a_protected_person_is_still_told():
    found = resolve(TOLVAN, answering({TOLVAN: record(protected=True, deceased=True, deceased_on="2025")}))
    assert (found.outcome, found.protected, found.deceased_on, found.name) == (
        LookupOutcome.DECEASED,
        True,
        "2025",
        None,
    )


def test_no_listing_is_asked_about_the_deceased():
    found = resolve(TOLVAN, answering({TOLVAN: record(deceased=True, deregistration="AV")}, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.asked, found.municipality_code) == (LookupOutcome.DECEASED, ("folkbokforing",), None)


@pytest.mark.parametrize("reason", ["UV", "FI", "OB", "TA", "AN"])
def test_one_who_has_left_the_register_has_neither_municipality_nor_region(reason):
    found = resolve(TOLVAN, answering({TOLVAN: record(deregistration=reason)}, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.municipality_code) == (LookupOutcome.REGION_UNKNOWN, None)


def test_an_old_number_is_followed_to_the_new_one_and_the_reference_back_is_not():
    records = {
        TOLVAN: placeless(deregistration="GN", referred=referred(ELSA)),
        ELSA: record(ELSA, referred=referred(TOLVAN, "AS")),
    }
    found = resolve(TOLVAN, answering(records, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.identity) == (LookupOutcome.LISTED, ELSA)
    assert found.asked == ("folkbokforing", "folkbokforing", "listing_county:12", "listing:12")


def test_a_reference_on_a_living_record_is_not_followed():
    found = resolve(ELSA, answering({ELSA: record(ELSA, referred=referred(TOLVAN))}, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.identity) == (LookupOutcome.LISTED, None)


def test_a_reference_is_followed_once_even_if_two_old_numbers_point_at_each_other():
    records = {
        TOLVAN: placeless(deregistration="GN", referred=referred(ELSA)),
        ELSA: placeless(ELSA, deregistration="GN", referred=referred(TOLVAN)),
    }
    found = resolve(TOLVAN, answering(records))
    assert (found.outcome, len(found.asked)) == (LookupOutcome.NOT_FOUND, 2)


@pytest.mark.parametrize(
    "references", [(), referred(ELSA) + referred(COORDINATION), (ReferredIdentity(RegisterIdentity("1.2", "x"), "NY"),)]
)
def test_an_old_number_without_one_clear_new_one_is_not_found(references):
    found = resolve(
        TOLVAN, answering({TOLVAN: placeless(deregistration="GN", referred=references), ELSA: record(ELSA)})
    )
    assert found.outcome is LookupOutcome.NOT_FOUND


def test_protection_of_the_old_record_holds_for_the_new_one():
    records = {TOLVAN: placeless(protected=True, deregistration="GN", referred=referred(ELSA)), ELSA: record(ELSA)}
    assert resolve(TOLVAN, answering(records)).outcome is LookupOutcome.PROTECTED


def test_a_reserve_number_is_addressed_by_the_main_identity_that_it_is_linked_to():
    linked = (LinkedIdentity(register(ELSA), False), LinkedIdentity(register(TOLVAN), True))
    records = {RESERVE: placeless(RESERVE, linked=linked), TOLVAN: record()}
    found = resolve(RESERVE, answering(records, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.identity, found.municipality_code) == (LookupOutcome.LISTED, TOLVAN, "1281")


def test_a_link_to_a_number_that_was_changed_since_is_followed_through():
    records = {
        RESERVE: placeless(RESERVE, linked=(LinkedIdentity(register(TOLVAN), True),)),
        TOLVAN: placeless(deregistration="GN", referred=referred(ELSA)),
        ELSA: record(ELSA),
    }
    assert resolve(RESERVE, answering(records, ["12"], {"12": [pv()]})).identity == ELSA


@pytest.mark.parametrize("records", [{}, {RESERVE: placeless(RESERVE)}])
def test_a_reserve_number_without_a_link_is_never_asked_of_listing(records):
    found = resolve(RESERVE, answering(records, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.asked) == (LookupOutcome.RESERVE_NUMBER, ("folkbokforing",))


def test_a_regional_reserve_number_is_not_asked_of_anyone():
    person = parse_person_id(_regional(), (VASTRA_GOTALAND,))
    assert next_question(person, {}, RULES) == Resolution(LookupOutcome.RESERVE_NUMBER)


def _regional() -> str:
    for last in "0123456789":
        try:
            parse_person_id(f"19500101K50{last}", (VASTRA_GOTALAND,))
        except ValueError:
            continue
        return f"19500101K50{last}"
    raise AssertionError


def test_a_coordination_number_is_tried_in_the_cases_own_region():
    rules = LookupContext(NOW, home_county="12")
    found = resolve(COORDINATION, answering({COORDINATION: placeless(COORDINATION)}, ["12"], {"12": [pv()]}), rules)
    assert (found.outcome, found.asked[1]) == (LookupOutcome.LISTED, "listing_county:12")
    unlisted = resolve(COORDINATION, answering({COORDINATION: placeless(COORDINATION)}), rules)
    assert unlisted.outcome is LookupOutcome.REGION_UNKNOWN
    assert (
        resolve(COORDINATION, answering({COORDINATION: placeless(COORDINATION)})).outcome
        is LookupOutcome.REGION_UNKNOWN
    )


@pytest.mark.parametrize("refusal", [LookupFailed("client-fault", parked=True), CountiesAnswer(error=True)])
def test_a_coordination_number_that_listing_refuses_is_a_reserve_number_but_a_personnummer_is_unavailable(refusal):
    rules = LookupContext(NOW, home_county="12")
    refused = resolve(COORDINATION, answering({COORDINATION: placeless(COORDINATION)}, refusal), rules)
    assert refused.outcome is LookupOutcome.RESERVE_NUMBER
    assert resolve(TOLVAN, answering({TOLVAN: record()}, refusal), rules).outcome is LookupOutcome.UNAVAILABLE


def test_when_folkbokforing_fails_nothing_else_is_asked_since_the_person_may_be_protected():
    found = resolve(TOLVAN, answering({TOLVAN: LookupFailed("VP009")}, ["12"], {"12": [pv()]}))
    assert (found.outcome, found.asked, found.retry) == (LookupOutcome.UNAVAILABLE, ("folkbokforing",), True)
    assert found.failures == ("folkbokforing=VP009",)


@pytest.mark.parametrize("failure", [LookupFailed("VP009"), LookupFailed("VP007", parked=True)])
def test_when_listing_fails_the_municipality_is_still_known(failure):
    for answer in (
        answering({TOLVAN: record()}, failure),
        answering({TOLVAN: record()}, ["12"], {"12": failure}),
    ):
        found = resolve(TOLVAN, answer)
        assert (found.outcome, found.municipality_code, found.retry) == (
            LookupOutcome.UNAVAILABLE,
            "1281",
            not failure.parked,
        )


def test_one_counties_failure_does_not_hide_a_listing_in_another():
    found = resolve(TOLVAN, answering({TOLVAN: record()}, ["12", "14"], {"12": [pv()], "14": LookupFailed("VP009")}))
    assert (found.outcome, found.retry) == (LookupOutcome.LISTED, False)
    assert found.failures == ("listing:14=VP009",)


def test_a_queue_in_one_county_says_nothing_while_another_is_silent():
    listings = {"12": [pv(in_queue=True)], "14": LookupFailed("VP009")}
    assert resolve(TOLVAN, answering({TOLVAN: record()}, ["12", "14"], listings)).outcome is LookupOutcome.UNAVAILABLE


def test_what_was_asked_and_what_failed_names_nobody():
    found = resolve(TOLVAN, answering({TOLVAN: record()}, ["12"], {"12": LookupFailed("VP009")}))
    assert "191212121212" not in repr(found)
    assert "Tolvan" not in repr(found)


_persons = st.sampled_from([TOLVAN, ELSA, COORDINATION, RESERVE])
_records = st.builds(
    record,
    _persons,
    protected=st.booleans(),
    test=st.booleans(),
    deceased=st.booleans(),
    county=st.sampled_from([None, "12", "14"]),
    deregistration=st.sampled_from([None, "AV", "UV", "GN", "FI"]),
    referred=st.lists(
        st.builds(lambda p, s: ReferredIdentity(register(p), s), _persons, st.sampled_from(["NY", "AS", None])),
        max_size=2,
    ).map(tuple),
    linked=st.lists(st.builds(lambda p, b: LinkedIdentity(register(p), b), _persons, st.booleans()), max_size=2).map(
        tuple
    ),
)
_failed = st.builds(LookupFailed, st.sampled_from(["VP009", "VP007", "client-fault", "time-out"]), st.booleans())
_counties = st.lists(st.sampled_from(["12", "14"]), max_size=3).map(lambda some: CountiesAnswer(tuple(some)))
_listings = st.lists(st.builds(pv, in_queue=st.booleans()), max_size=2).map(lambda some: ListingAnswer(tuple(some)))


@given(person=_persons, home=st.sampled_from([None, "12", "14"]), production=st.booleans(), data=st.data())
def test_whatever_the_registers_answer_there_is_an_outcome_and_a_protected_person_is_never_exposed(
    person, home, production, data
):
    seen = []

    def answer(question):
        kinds = {
            Register.FOLKBOKFORING: st.one_of(_records, _failed, st.just(Unknown())),
            Register.COUNTIES: st.one_of(_counties, _failed),
            Register.LISTING: st.one_of(_listings, _failed),
        }
        one = data.draw(kinds[question.register])
        seen.append((question, one))
        return one

    found = resolve(person, answer, LookupContext(NOW, home_county=home, production=production))
    assert (found.health_centre is None) is found.outcome.manual
    if any(isinstance(one, PersonRecord) and one.protected for _, one in seen):
        assert (found.name, found.address, found.municipality_code, found.health_centre) == (None, None, None, None)
        assert all(question.register is Register.FOLKBOKFORING for question, _ in seen)
