"""Chooses who opens each SIP of the demo, about whom and with whom: a person of its own, or a patient of a stay under way. Imports the
parties, the ledger and the table.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

from hub.sandbox.casefile import CaseFile
from hub.sandbox.ledger import Ledger
from hub.sandbox.parties import Parties
from hub.sandbox.party import Party
from hub.sandbox.register_contents import Contents
from hub.sandbox.sip_desk import SipDesk
from hub.sandbox.sip_table import SipPlan, SipTable, tables
from schemas.directory import Directory, Unit

_STAY_S = 15.0
"""The most seconds that a SIP waits for a stay to be linked with; then it is about a person of its own."""
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens a SIP, and what that unit knows."""

    desk: SipDesk
    system: str
    unit: Unit
    person: str
    partner: str | None
    stay: str | None
    """The case of the stay."""
    known: dict[str, str | None]


class Openings:
    """``await take(plan)`` gives the next opening, once a person without an open SIP is there (S-1); ``free`` when the SIP has ended."""

    def __init__(self, directory: Directory, parties: Parties, ledger: Ledger) -> None:
        self._directory, self._parties, self._ledger = directory, parties, ledger
        self._busy: set[str] = set()
        self._own: dict[str, deque[str]] = {}
        for person in Contents.load().persons:
            if person.sip:
                self._own.setdefault(person.sip, deque()).append(person.id)

    async def take(self, plan: SipPlan) -> Opening | None:
        """Choose the opener and the person; None where a person plays the opener, who opens SIPs as he likes."""
        table = tables()[plan.profile]
        if self._parties.of(table.opener) is None:
            return None
        until = time.monotonic() + _STAY_S
        while True:
            found = (
                self._of_a_stay(plan, table)
                if plan.link and time.monotonic() < until
                else self._of_its_own(plan, table)
            )
            if found is not None:
                self._busy.add(found.person)
                return found
            await asyncio.sleep(_LOOK_S)

    def free(self, person: str) -> None:
        """The person's SIP has ended."""
        self._busy.discard(person)

    def _of_its_own(self, plan: SipPlan, table: SipTable) -> Opening | None:
        party = self._parties.of(table.opener)
        persons = self._own[plan.profile]
        persons.rotate(-1)
        person = next((one for one in persons if one not in self._busy), None)
        partner = table.guest if plan.crossing else table.partner
        if person is None or party is None:
            return None
        if table.partner_is_found:
            partner = None
        return self._opening(table, party, table.opener, person, partner, None, plan)

    def _of_a_stay(self, plan: SipPlan, table: SipTable) -> Opening | None:
        """A patient of a stay of whom a health centre or a municipality of the region has been told."""
        for party in self._parties.by_id.values():
            for file in party.stays():
                for unit in party.units:
                    if self._may_open(unit, file, table):
                        assert file.patient is not None
                        other = table.partner if self._parties.of(table.partner) is not party else table.opener
                        partner = None if table.partner_is_found else other
                        return self._opening(table, party, unit.hsa, file.patient, partner, file.case, plan)
        return None

    def _may_open(self, unit: Unit, file: CaseFile, table: SipTable) -> bool:
        stay = self._ledger.stay(file.case)
        return (
            file.patient not in self._busy
            and [other.case for other in self._stays_of(file.patient)] == [file.case]
            and self._directory.region_of(unit.hsa).id == table.region
            and (unit.party == "oppenvard" or unit.receives)
            and file.allows(unit.hsa, "svu.kartlaggning")
            and stay is not None
            and stay.plan.consent == "given"
            and not stay.plan.protected
            and stay.found_all
        )

    def _stays_of(self, patient: str | None) -> list[CaseFile]:
        """The stays of a person: a call links with the only one."""
        found = (file for party in self._parties.by_id.values() for file in party.stays() if file.patient == patient)
        return list({file.case: file for file in found}.values())

    def _opening(
        self, table: SipTable, party: Party, hsa: str, person: str, partner: str | None, stay: str | None, plan: SipPlan
    ) -> Opening:
        known = {
            "person": person,
            "partner": partner,
            "wrong": table.wrong,
            "svu": stay if plan.link == "svu" else None,
        }
        return Opening(
            self._parties.sips[party.system.id],
            party.system.id,
            self._directory.unit_by_hsa[hsa],
            person,
            partner,
            stay,
            known,
        )
