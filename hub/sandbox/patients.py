"""Chooses the persons whom the demo wards admit: mostly listed ones, and every other outcome of the registers in turn. Imports the
language and ``register_contents``; never loaded in production.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Iterator
from datetime import timedelta

from hub.sandbox import clock, staff
from hub.sandbox.register_contents import Contents, PersonRow
from hub.sandbox.stay_plan import StayPlan
from schemas.directory import Directory, Unit
from schemas.envelope import Message
from schemas.identities import IdentityError, parse_person_id
from schemas.parts import Information, Patient, Samtycke
from schemas.svu import Inskrivning

REASONS = (
    "Fall i hemmet, höftfraktur",
    "Lunginflammation",
    "Hjärtsvikt med andfåddhet",
    "Stroke, högersidig svaghet",
    "Bukoperation, planerad",
)
_RESERVED = 5
"""One of so many listed persons in each region is reserved for stays in which the register changes."""


class Admissions:
    """An endless sequence of admissions: ``take(ward, plan, subject, id)`` gives a ward its next."""

    def __init__(self, directory: Directory, seed: int) -> None:
        self._directory = directory
        self._random = random.Random(seed)  # noqa: S311 - a demo, no secret
        persons = [
            person for person in Contents.load().persons if _writable(person) and not person.sip and not person.example
        ]
        plain: dict[str, list[PersonRow]] = {}
        for person in persons:
            if person.expect == "listed" and person.county:
                plain.setdefault(person.county, []).append(person)
        self._reserved = {county: deque(those[::-_RESERVED]) for county, those in plain.items()}
        self._plain = {
            county: [person for person in those if person not in self._reserved[county]]
            for county, those in plain.items()
        }
        odd = [person for person in persons if not (person.expect == "listed" and person.county)]
        self._odd: Iterator[PersonRow] = itertools.cycle(self._random.sample(odd, len(odd)))

    def take(self, ward: Unit, plan: StayPlan, subject: str, id_: str) -> tuple[Message, PersonRow]:
        """(the message that a ward sends for its next admission, the person)."""
        person = self._who(ward, plan)
        now = clock.now()
        # Some notices are late, so that a deadline of the law (2:3) has passed.
        admitted = now - timedelta(minutes=self._random.randint(5, 600), days=plan.number % 19 == 4)
        name = " ".join(filter(None, (person.given, person.middle, person.surname)))
        patient = Patient(personnummer=person.id, name=(name or None) if self._random.random() < 0.5 else None)
        role = self._random.choice(list(ward.roles))
        refused = plan.consent == "refused"
        data = Inskrivning(
            patient=patient,
            admitted_at=admitted,
            estimated_discharge=clock.today() + timedelta(days=self._random.randint(2, 9)),
            # V-3: without consent no reason is allowed; the planned mistake is to send one.
            reason=None if refused and plan.mistake is None else self._random.choice(REASONS),
            information=Information(given=True),
            samtycke=self._consent(ward, plan),
        )
        return Message(id_, ward.hsa, "svu.inskrivning", subject, now, staff.actor(ward, role), role, data), person

    def _consent(self, ward: Unit, plan: StayPlan) -> Samtycke:
        if plan.consent != "menprovning":
            return Samtycke(outcome=plan.consent)
        decided = staff.UNLICENSED if plan.mistake == "unlicensed" else staff.actor(ward, "lakare")
        return Samtycke(outcome="menprovning", decided_by=decided, comment="Patienten kan inte ta ställning")

    def _who(self, ward: Unit, plan: StayPlan) -> PersonRow:
        """The next person: one who lives in the ward's region, unless the plan wants another outcome of the registers."""
        if plan.odd:
            return next(self._odd)
        county = self._directory.region_of(ward.hsa).county
        if plan.protected:
            kept = self._reserved[county]
            kept.rotate(-1)
            return kept[-1]
        return self._random.choice(self._plain[county])


def _writable(person: PersonRow) -> bool:
    """Whether a message can contain the person's number."""
    try:
        parse_person_id(person.id)
    except IdentityError:
        return False
    return True
