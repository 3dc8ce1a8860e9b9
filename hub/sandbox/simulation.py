"""The simulated registers without HTTP: request bytes in, answer bytes out, with faults and changes on demand. Imports
``register_contents`` and ``translators.soap``; never loaded in production.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Literal

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field

from hub.sandbox import register_contents as contents_of
from hub.sandbox.register_contents import Contents, PersonRow
from hub.translators.soap import producer
from hub.translators.soap.envelope import (
    ALL,
    GET_EMPLOYEE,
    GET_HEALTH_CARE_UNIT,
    GET_LISTING,
    GET_LISTING_COUNTY,
    GET_PERSONS,
    GET_UNIT,
    Contract,
    Unreadable,
)
from schemas.oids import OID_PERSONNUMMER, OID_SAMORDNINGSNUMMER

REGISTERS: Final = {
    "folkbokforing": (GET_PERSONS,),
    "listing": (GET_LISTING, GET_LISTING_COUNTY),
    "hsa": (GET_UNIT, GET_HEALTH_CARE_UNIT, GET_EMPLOYEE),
}
"""Path → the contracts answered there."""


class Trouble(BaseModel):
    """How a contract fails. ``slow``: seconds of delay; of the other fields the first that is set applies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slow: float = Field(default=0.0, ge=0, le=600)
    down: Literal["close", "503"] | None = None
    """``close``: the connection is closed without an answer."""
    fault: str | None = Field(default=None, pattern=r"^VP0(0[1-9]|1[0-5])$")
    producer_fault: Literal["Client", "Server"] | None = None
    """A fault of the producer, without VP number."""
    body: str | None = None
    """Bytes to send instead of an answer, with HTTP 200: HTML, cut XML, hostile XML."""
    times: int | None = Field(default=None, ge=1)
    """For how many calls; None: until it is ended."""


class Control(BaseModel):
    """``POST /control``: sets the ``trouble`` of ``contract`` (``*``: all); without ``trouble`` it is ended.

    With ``person``, changes or adds a person instead, as the population register does at a move, a death or a protected
    identity (C-62, C-63); fictitious persons only (C-64).
    """

    model_config = ConfigDict(extra="forbid")

    contract: str = "*"
    trouble: Trouble | None = None
    person: dict[str, Any] | None = None
    """``id`` and the fields that change, as in ``persons.yaml``; a field that is null is removed."""


class Simulation:
    """The registers; it counts the calls."""

    def __init__(self, contents: Contents) -> None:
        self._persons = {person.id: person for person in contents.persons}
        self._units = {unit.id.upper(): unit for unit in contents.units}
        self._employees = {employee.id.upper(): employee for employee in contents.employees}
        self._counties = contents.counties()
        self._ready: dict[tuple[str, ...], bytes] = {}
        self._troubles: dict[str, Trouble] = {}
        self.calls: Counter[str] = Counter()

    def control(self, command: Control) -> None:
        """Carry out a command. Raises ``KeyError`` for an unknown contract, ``ValidationError`` for an unknown field."""
        if command.person is not None:
            self._change(command.person)
            return
        names = {contract.name for contract in ALL}
        chosen = names if command.contract == "*" else {command.contract}
        if not chosen <= names:
            raise KeyError(command.contract)
        for name in chosen:
            self._troubles.pop(name, None)
            if command.trouble is not None:
                self._troubles[name] = command.trouble

    def _change(self, fields: dict[str, Any]) -> None:
        before = self._persons.get(str(fields.get("id")))
        known = {} if before is None else before.model_dump(by_alias=True)
        merged = {name: value for name, value in (known | fields).items() if value is not None}
        changed = PersonRow.model_validate(merged)
        self._persons[changed.id] = changed
        self._counties |= {listing.county for listing in changed.listings}
        self._ready.clear()

    def state(self) -> dict[str, Any]:
        """Contract → calls so far and present trouble."""
        troubles = {name: trouble.model_dump(exclude_defaults=True) for name, trouble in self._troubles.items()}
        return {"calls": {contract.name: self.calls[contract.name] for contract in ALL}, "troubles": troubles}

    async def respond(self, register: str, body: bytes) -> tuple[int, bytes] | None:
        """(status, body), or None to close the connection. A request that is not valid by the XSD gets a Client fault."""
        try:
            contract, address, question = producer.read_question(body)
        except Unreadable as error:
            return 500, producer.fault("Client", f"The question is not valid: {error.reason}")
        if contract not in REGISTERS[register]:
            return 500, producer.platform_fault("VP004")
        self.calls[contract.name] += 1
        trouble = self._taken(contract.name)
        if trouble is not None:
            await asyncio.sleep(trouble.slow)
            if (answer := _misbehave(trouble)) is not False:
                return answer
        if not address:
            return 500, producer.platform_fault("VP003")
        return self._answer(contract, address, question)

    def _taken(self, name: str) -> Trouble | None:
        trouble = self._troubles.get(name)
        if trouble is not None and trouble.times is not None:
            if trouble.times > 1:
                self._troubles[name] = trouble.model_copy(update={"times": trouble.times - 1})
            else:
                del self._troubles[name]
        return trouble

    def _answer(self, contract: Contract, address: str, question: etree._Element) -> tuple[int, bytes]:
        if contract == GET_PERSONS:
            asked = [(_child(one, "root"), _child(one, "extension")) for one in _all(question, "personId")]
            make = partial(contents_of.person_answer, asked, self._persons)
            return 200, self._prepared((contract.name, *asked[0]), make) if len(asked) == 1 else make()
        if contract in {GET_LISTING, GET_LISTING_COUNTY}:
            return self._listing(contract, address, question)
        # In every contract of the catalogue the first child is the id asked for.
        hsa_id = (next(iter(question)).text or "").strip().upper()
        return 200, self._prepared((contract.name, hsa_id), partial(self._catalogue, contract, hsa_id))

    def _listing(self, contract: Contract, county: str, question: etree._Element) -> tuple[int, bytes]:
        person_id = next(_all(question, "personId"))
        root, extension = _child(person_id, "root"), _child(person_id, "extension")
        person = self._persons.get(extension)
        if county not in self._counties:
            return 500, producer.platform_fault("VP004")
        if root not in {OID_PERSONNUMMER, OID_SAMORDNINGSNUMMER} or (person is not None and person.refused_by_listing):
            return 500, producer.fault("Client", "The identity is not accepted")
        if contract == GET_LISTING_COUNTY:
            return 200, self._prepared((contract.name, extension), partial(contents_of.county_answer, person))
        make = partial(contents_of.listing_answer, person, county, self._units)
        return 200, self._prepared((contract.name, county, extension), make)

    def _catalogue(self, contract: Contract, hsa_id: str) -> bytes:
        if contract == GET_EMPLOYEE:
            return contents_of.employee_answer(self._employees.get(hsa_id))
        make = contents_of.unit_answer if contract == GET_UNIT else contents_of.health_care_unit_answer
        return make(self._units.get(hsa_id))

    def _prepared(self, key: tuple[str, ...], make: Callable[[], bytes]) -> bytes:
        """An answer from the cache, since zeep takes a millisecond to build one; a full cache is emptied."""
        if key not in self._ready:
            if len(self._ready) > 100_000:
                self._ready.clear()
            self._ready[key] = make()
        return self._ready[key]


def _misbehave(trouble: Trouble) -> tuple[int, bytes] | Literal[False] | None:
    """The answer of a contract in trouble; False when it is only slow."""
    if trouble.down is not None:
        return None if trouble.down == "close" else (503, b"Service Unavailable")
    if trouble.fault is not None:
        return 500, producer.platform_fault(trouble.fault)
    if trouble.producer_fault is not None:
        return 500, producer.fault(trouble.producer_fault, "An error occurred")
    return False if trouble.body is None else (200, trouble.body.encode())


def _all(node: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements with a local name, in a request that is valid."""
    return (one for one in node if etree.QName(one).localname == name)


def _child(node: etree._Element, name: str) -> str:
    return next(((one.text or "").strip() for one in _all(node, name)), "")
