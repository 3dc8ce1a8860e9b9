"""Whom the demo wards admit: persons of the simulated registers, mostly plain ones, and every odd outcome in turn.

Imports the language and ``register_contents`` beside it; never loaded in production.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hub.sandbox import staff
from hub.sandbox.register_contents import Contents, PersonRow
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
_ODD_EVERY = 5
"""Every so many admissions one is of a person about whom the registers have something else to say than «listed»."""
_REFUSED_CONSENT_EVERY = 9
_MISTAKE_EVERY = 17
"""And every so many the sender makes a mistake, so that a refusal by a rule is seen."""


class Admissions:
    """An endless row of admissions: ``take(ward, reference, id)`` gives the next for a ward."""

    def __init__(self, directory: Directory, seed: int) -> None:
        self._directory = directory
        self._random = random.Random(seed)  # noqa: S311 - a demo, no secret
        persons = [person for person in Contents.load().persons if _writable(person)]
        self._plain: dict[str, list[PersonRow]] = {}
        for person in persons:
            if person.expect == "listed" and person.county:
                self._plain.setdefault(person.county, []).append(person)
        odd = [person for person in persons if not (person.expect == "listed" and person.county)]
        self._odd: Iterator[PersonRow] = itertools.cycle(self._random.sample(odd, len(odd)))
        self._taken = 0

    def take(self, ward: Unit, subject: str, id_: str) -> Message:
        """A person is admitted to a ward: the message that its record system sends."""
        self._taken += 1
        person = next(self._odd) if self._taken % _ODD_EVERY == 0 else self._random.choice(self._of(ward))
        refused = self._taken % _REFUSED_CONSENT_EVERY == 0
        mistake = self._taken % _MISTAKE_EVERY == 0
        now = datetime.now(UTC)
        admitted = now - timedelta(minutes=self._random.randint(5, 600))
        name = " ".join(filter(None, (person.given, person.middle, person.surname)))
        patient = Patient(personnummer=person.id, name=(name or None) if self._random.random() < 0.5 else None)
        data = Inskrivning(
            patient=patient,
            admitted_at=admitted,
            estimated_discharge=(now + timedelta(days=self._random.randint(2, 9))).date(),
            # V-3: without consent no reason may be told; the mistake is to tell it all the same.
            reason=self._random.choice(REASONS) if mistake or not refused else None,
            information=Information(given=True),
            samtycke=Samtycke(outcome="refused" if refused or mistake else "given"),
        )
        role = self._random.choice(list(ward.roles))
        return Message(id_, ward.hsa, "svu.inskrivning", subject, now, staff.actor(ward, role), role, data)

    def _of(self, ward: Unit) -> list[PersonRow]:
        """Those who live where the ward is."""
        county = self._directory.region_of(ward.hsa).county
        return self._plain.get(county) or [person for those in self._plain.values() for person in those]


def _writable(person: PersonRow) -> bool:
    """Whether a message can name the person at all."""
    try:
        parse_person_id(person.id)
    except IdentityError:
        return False
    return True
