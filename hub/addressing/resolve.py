"""Decides from the registers' answers which units must know of a person (law-and-lookups.md §3, §4; V-2, C-62).

Pure: imports ``lookups`` beside it, ``schemas`` and the answers of ``translators.soap``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hub.addressing.lookups import (
    Answer,
    Lookup,
    LookupContext,
    LookupFailed,
    LookupOutcome,
    Register,
    Resolution,
)
from hub.translators.soap.folkbokforing import PersonRecord, RegisterIdentity
from hub.translators.soap.listing import CountiesAnswer, Listing, ListingAnswer
from schemas.identities import IdentityError, PersonId, PersonIdKind, parse_person_id


@dataclass(slots=True)
class _Walk:
    """One pass over the answers so far; it notes which questions were asked and which failed."""

    answers: Mapping[Lookup, Answer]
    asked: list[Lookup] = field(default_factory=list)
    failures: list[tuple[Lookup, LookupFailed]] = field(default_factory=list)

    def get(self, question: Lookup) -> Answer:
        """The answer, or ``_Missing`` when it is not there yet."""
        if question not in self.answers:
            raise _Missing(question)
        answer = self.answers[question]
        if isinstance(answer, CountiesAnswer | ListingAnswer) and answer.error:
            answer = LookupFailed("result-error")
        if question not in self.asked:
            self.asked.append(question)
            if isinstance(answer, LookupFailed):
                self.failures.append((question, answer))
        return answer


class _Missing(Exception):  # noqa: N818 - it ends a walk and is no error
    def __init__(self, question: Lookup) -> None:
        self.question = question


def next_question(person: PersonId, answers: Mapping[Lookup, Answer], rules: LookupContext) -> Lookup | Resolution:
    """The next look-up to make, or the ``Resolution``. Ask, add the answer, and call again until the ``Resolution`` comes.

    ``answers``: all so far. The order is §3's: folkbokföring, its county's GetListingCounty, then GetListing in each
    county that it names.
    """
    walk = _Walk(answers)
    try:
        found = _resolve(person, walk, rules)
    except _Missing as missing:
        return missing.question
    return replace(
        found,
        asked=tuple(str(question) for question in walk.asked),
        failures=tuple(f"{question}={failed.reason}" for question, failed in walk.failures),
        retry=found.outcome is LookupOutcome.UNAVAILABLE and any(not failed.parked for _, failed in walk.failures),
    )


def _resolve(person: PersonId, walk: _Walk, rules: LookupContext) -> Resolution:
    reserve = person.kind in {PersonIdKind.NATIONELLT_RESERVNUMMER, PersonIdKind.REGIONALT_RESERVNUMMER}
    if person.kind is PersonIdKind.REGIONALT_RESERVNUMMER:
        # A national register does not know a region's own series of numbers.
        return Resolution(LookupOutcome.RESERVE_NUMBER)
    answer = walk.get(Lookup(Register.FOLKBOKFORING, person))
    current, protected = person, False
    followed_link = followed_change = False
    while isinstance(answer, PersonRecord):
        if answer.test and rules.production:
            return Resolution(LookupOutcome.NOT_FOUND)
        protected = protected or answer.protected
        other: PersonId | None = None
        if reserve and not followed_link:
            other = _main_identity(answer, rules)
            followed_link = True
        elif answer.deregistration == "GN" and not followed_change:
            # The same reference stands on the new record too, pointing back: once, or it loops.
            other = new_number(answer, rules)
            followed_change = True
        if other is None:
            break
        current = other
        answer = walk.get(Lookup(Register.FOLKBOKFORING, other))
    if isinstance(answer, LookupFailed):
        return _guarded(Resolution(LookupOutcome.UNAVAILABLE), protected)
    if not isinstance(answer, PersonRecord):
        lost = LookupOutcome.RESERVE_NUMBER if reserve and current == person else LookupOutcome.NOT_FOUND
        return _guarded(Resolution(lost), protected)
    return _guarded(_of_record(current, answer, walk, rules, changed=current != person, protected=protected), protected)


def _of_record(
    person: PersonId, record: PersonRecord, walk: _Walk, rules: LookupContext, *, changed: bool, protected: bool
) -> Resolution:
    left = record.deregistration is not None
    known = Resolution(
        LookupOutcome.NOT_FOUND,
        # A person who has left the register no longer lives there: the law's duty would fall on the wrong municipality.
        municipality_code=None if left else record.municipality,
        county=record.county,
        name=record.name,
        address=record.address,
        identity=person if changed else None,
        deceased=record.deceased,
        deceased_on=record.deceased_on,
        deregistration=record.deregistration,
    )
    if record.deceased:
        return replace(known, outcome=LookupOutcome.DECEASED)
    if protected:
        return known
    if record.deregistration == "GN":
        return known
    if person.kind is PersonIdKind.NATIONELLT_RESERVNUMMER:
        return replace(known, outcome=LookupOutcome.RESERVE_NUMBER)
    return _listed(person, known, None if left else record.county, walk, rules)


def _listed(person: PersonId, known: Resolution, county: str | None, walk: _Walk, rules: LookupContext) -> Resolution:
    coordination = person.kind is PersonIdKind.SAMORDNINGSNUMMER
    # The holder of a coordination number is registered nowhere: the case's own region is tried (§3).
    asked = county or (rules.home_county if coordination else None)
    if asked is None:
        return replace(known, outcome=LookupOutcome.REGION_UNKNOWN)
    counties = walk.get(Lookup(Register.COUNTIES, person, asked))
    if not isinstance(counties, CountiesAnswer):
        return replace(known, outcome=_not_told(counties, coordination))
    if not counties.counties:
        return replace(known, outcome=LookupOutcome.UNLISTED if county else LookupOutcome.REGION_UNKNOWN)
    answers = {code: walk.get(Lookup(Register.LISTING, person, code)) for code in dict.fromkeys(counties.counties)}
    primary = [
        (code, listing)
        for code, answer in answers.items()
        if isinstance(answer, ListingAnswer)
        for listing in answer.listings
        if listing.primary_care
    ]
    home = rules.home_county or county
    holding = [(code, one) for code, one in primary if not one.in_queue and one.valid_at(rules.now)]
    if holding:
        code, best = max(holding, key=lambda pair: _preference(pair, home))
        return replace(
            known,
            outcome=LookupOutcome.LISTED if code == home else LookupOutcome.LISTED_ELSEWHERE,
            health_centre=best.facility_id,
            health_centre_name=best.facility_name,
            county=code,
        )
    silent = [answer for answer in answers.values() if not isinstance(answer, ListingAnswer)]
    if silent:
        return replace(known, outcome=_not_told(silent[0], coordination))
    if any(isinstance(answer, ListingAnswer) and answer.unread for answer in answers.values()):
        return replace(known, outcome=LookupOutcome.UNAVAILABLE)
    queued = any(one.in_queue and not one.ended_at(rules.now) for _, one in primary)
    return replace(known, outcome=LookupOutcome.IN_QUEUE if queued else LookupOutcome.UNLISTED)


def _not_told(answer: Answer, coordination: bool) -> LookupOutcome:
    """Listings do not take a coordination number that they refuse; every other failure is tried again (§3)."""
    refused = isinstance(answer, LookupFailed) and answer.refused
    return LookupOutcome.RESERVE_NUMBER if coordination and refused else LookupOutcome.UNAVAILABLE


def _preference(pair: tuple[str, Listing], home: str | None) -> tuple[bool, float]:
    """The home county's listing first, then the one that began last: an old listing may not have been ended."""
    code, listing = pair
    return code == home, 0.0 if listing.valid_from is None else listing.valid_from.timestamp()


def _guarded(found: Resolution, protected: bool) -> Resolution:
    """Of a protected person only the protection and a death are given (C-62)."""
    if not protected:
        return found
    outcome = (
        found.outcome
        if found.outcome in {LookupOutcome.DECEASED, LookupOutcome.UNAVAILABLE}
        else LookupOutcome.PROTECTED
    )
    return Resolution(outcome, protected=True, deceased=found.deceased, deceased_on=found.deceased_on)


def _main_identity(record: PersonRecord, rules: LookupContext) -> PersonId | None:
    primary = [link.identity for link in record.linked if link.primary]
    return _person(primary[0], rules) if len(primary) == 1 else None


def new_number(record: PersonRecord, rules: LookupContext) -> PersonId | None:
    """The number that an old number was changed to. Of several, the only one marked NY; None where none can be chosen."""
    new = [other for other in record.referred if other.status == "NY"] or list(record.referred)
    return _person(new[0].identity, rules) if len(new) == 1 else None


def _person(identity: RegisterIdentity, rules: LookupContext) -> PersonId | None:
    try:
        person = parse_person_id(identity.extension, rules.regional_patterns, today=rules.now.date())
    except IdentityError:
        return None
    return person if person.root == identity.root else None
