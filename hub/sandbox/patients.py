"""Whom the demo wards admit: persons of the simulated registers, mostly plain ones, and every odd outcome in turn.

Imports the language and ``register_contents`` beside it; never loaded in production.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hub.sandbox import staff
from hub.sandbox.plot import Plot
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
_RESERVED = 5
"""One plain person of so many in each region is kept for the stays in which the register learns something."""


class Admissions:
    """An endless row of admissions: ``take(ward, plot, subject, id)`` gives the next for a ward."""

    def __init__(self, directory: Directory, seed: int) -> None:
        self._directory = directory
        self._random = random.Random(seed)  # noqa: S311 - a demo, no secret
        persons = [person for person in Contents.load().persons if _writable(person)]
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

    def take(self, ward: Unit, plot: Plot, subject: str, id_: str) -> tuple[Message, PersonRow]:
        """A person is admitted to a ward: the message that its record system sends, and who it is."""
        person = self._who(ward, plot)
        now = datetime.now(UTC)
        # Some come late with their notice: a deadline of the law (2:3) has passed then.
        admitted = now - timedelta(minutes=self._random.randint(5, 600), days=plot.number % 19 == 4)
        name = " ".join(filter(None, (person.given, person.middle, person.surname)))
        patient = Patient(personnummer=person.id, name=(name or None) if self._random.random() < 0.5 else None)
        role = self._random.choice(list(ward.roles))
        refused = plot.consent == "refused"
        data = Inskrivning(
            patient=patient,
            admitted_at=admitted,
            estimated_discharge=(now + timedelta(days=self._random.randint(2, 9))).date(),
            # V-3: without consent no reason may be told; the mistake is to tell it all the same.
            reason=None if refused and plot.mistake is None else self._random.choice(REASONS),
            information=Information(given=True),
            samtycke=self._consent(ward, plot),
        )
        return Message(id_, ward.hsa, "svu.inskrivning", subject, now, staff.actor(ward, role), role, data), person

    def _consent(self, ward: Unit, plot: Plot) -> Samtycke:
        if plot.consent != "menprovning":
            return Samtycke(outcome=plot.consent)
        decided = staff.UNLICENSED if plot.mistake == "unlicensed" else staff.actor(ward, "lakare")
        return Samtycke(outcome="menprovning", decided_by=decided, comment="Patienten kan inte ta ställning")

    def _who(self, ward: Unit, plot: Plot) -> PersonRow:
        """Of those who live where the ward is, but for the odd ones."""
        if plot.odd:
            return next(self._odd)
        county = self._directory.region_of(ward.hsa).county
        if plot.protected:
            kept = self._reserved[county]
            kept.rotate(-1)
            return kept[-1]
        return self._random.choice(self._plain[county])


def _writable(person: PersonRow) -> bool:
    """Whether a message can name the person at all."""
    try:
        parse_person_id(person.id)
    except IdentityError:
        return False
    return True
