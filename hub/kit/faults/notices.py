"""Faults of the notices themselves: late, doubled, in another order, with what is unknown, with a number that never comes. Imports
the fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic_core import from_json, to_json

from hub.delivery.outgoing import AttemptOutcome, Outgoing
from hub.intake.arrival import Arrival
from hub.kit.faults.acts import Acts
from hub.kit.faults.fault import NOTHING_AFTER, KitFault, Means, Send
from hub.kit.faults.mark import marked
from hub.kit.faults.time_of_act import acted_at
from hub.kit.record import Finding
from hub.store.outbox import OutboxRow
from hub.translators import fhir
from hub.translators.fhir import xml
from hub.translators.formats import FHIR_XML, Encoded
from schemas.directory import System
from schemas.messages import NoticeExtensions, Receipt, as_json
from schemas.ways_out import KafkaOut

_LATER_VERSION = {"text": "Added in contract 1.1"}
_FIELD, _ATTRIBUTE = "added_in_1_1", "addedin11"
_EXTENSION = "urn:samverkan:kit:added-in-1-1"


class _Changed(KitFault):
    """Notices that are otherwise than usual, and are to be taken all the same."""

    expected: str

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._changed: set[str] = set()
        """Ids of the notices that were otherwise."""
        self._tried = False
        """Whether the vendor's system has shown how it takes one."""
        self._on_topic = False
        """Whether one has been written to a topic."""
        self._why_not = "it was given no notice"

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """Judges the answer to a notice that is otherwise."""
        outcome = await super().send(send, system, outgoing)
        if outgoing.id not in self._changed:
            return outcome
        if isinstance(system.out, KafkaOut):
            self._on_topic, self._why_not = True, NOTHING_AFTER
            return outcome
        self._tried = True
        if outcome.result != "ok":
            self.wrong(self.expected, f"it answered {outcome.answer.removeprefix('http:')}")
        return outcome

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """What comes after a notice on a topic shows that it goes on."""
        self._tried |= self._on_topic and receipt.code == "ok"
        return super().taken(arrival, receipt)

    def findings(self) -> Iterator[Finding]:
        """One of all notices."""
        yield from super().findings()
        if not self._told:
            yield self.found(self.expected, "ok" if self._tried else "not_tried", "" if self._tried else self._why_not)


class Late(_Changed):
    """Notices of acts two days ago, the first of them after a pause."""

    name = "late"
    expected = "takes notices that come two days after the act"

    def rows(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """The act was two days ago."""
        return [acted_at(row, datetime.now(UTC) - timedelta(hours=50)) for row in rows]

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """The first comes after a pause."""
        if not self._changed:
            await self.means.sleep(2.0)
        self._changed.add(outgoing.id)
        with marked(self.name):
            return await super().send(send, system, outgoing)


class Doubled(KitFault):
    """Each notice twice."""

    name = "doubled"
    expected = "acknowledges a notice that comes again"
    expected_once = "acts once on a notice that comes twice"

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._acts = Acts()
        self._on_topic = False
        self._why_not = dict.fromkeys((self.expected, self.expected_once), "it was given no notice")
        """Expectation → why it has not been tried."""

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """The same call again, once the first is acknowledged."""
        outcome = await send(system, outgoing)
        if outcome.result == "ok":
            with marked(self.name):
                again = await send(system, outgoing)
            if isinstance(system.out, KafkaOut):
                if not self._on_topic:
                    self._why_not = {
                        self.expected: "on a topic nothing is acknowledged",
                        self.expected_once: NOTHING_AFTER,
                    }
                self._on_topic = True
                return outcome
            self._why_not.clear()
            if again.result != "ok":
                reason = f"it answered {again.answer.removeprefix('http:')} to the second call: the id is known, so answer 2xx"
                self.wrong(self.expected, reason)
        return outcome

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """Looks whether the same act comes under another id."""
        if self._acts.is_again(arrival, receipt):
            name = arrival.message.name if arrival.message else "a message"
            self.wrong(self.expected_once, f"{name} came twice, under two ids")
        if self._on_topic and receipt.code == "ok":
            self._why_not.pop(self.expected_once, None)
        return super().taken(arrival, receipt)

    def findings(self) -> Iterator[Finding]:
        """One of the second call, one of the act."""
        yield from super().findings()
        wrong = {finding.expected for finding in self._told}
        for expected in (self.expected, self.expected_once):
            if expected not in wrong:
                why_not = self._why_not.get(expected, "")
                yield self.found(expected, "not_tried" if why_not else "ok", why_not)


class Reordered(_Changed):
    """The notices of the first case wait until those of another have come, once."""

    name = "reordered"
    expected = "takes the notices of a later case before those of an earlier"

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._held: list[OutboxRow] = []
        self._why_not = "no two cases had notices for it at one time"

    def rows(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """Keeps back what is of the case that came first, until something of another comes."""
        if self._changed:
            return list(rows)
        self._held += rows
        cases = dict.fromkeys(row.case_id for row in self._held if row.kind == "notice")
        if len(cases) < 2:
            return []
        first = next(iter(cases))
        earlier = [row for row in self._held if row.case_id == first]
        later = [row for row in self._held if row.case_id != first]
        self._held = []
        self._changed = {f"out-{row.id}" for row in (*later, *earlier)}
        return [*later, *earlier]

    def due(self) -> list[OutboxRow]:
        """The vendor's system is awaited: nothing more can be kept back."""
        held, self._held = self._held, []
        return held


class UnknownField(_Changed):
    """What a later version of the contract has added."""

    name = "unknown"
    expected = "passes over what it does not know"

    async def send(self, send: Send, system: System, outgoing: Outgoing) -> AttemptOutcome:
        """A field in the data and an attribute; in FHIR an extension of the MessageHeader."""
        self._changed.add(outgoing.id)
        with marked(self.name):
            return await super().send(send, system, replace(outgoing, encoded=with_unknown(outgoing.encoded)))


def with_unknown(encoded: Encoded) -> Encoded:
    """A notice with what a later version of the contract has added."""
    in_xml = encoded.media_type == FHIR_XML
    body = xml.tree(xml.parse(encoded.body)) if in_xml else from_json(encoded.body)
    if body.get("resourceType") == "Bundle":
        header = body["entry"][0]["resource"]
        header["extension"] = [*header.get("extension", ()), {"url": _EXTENSION, "valueString": _LATER_VERSION["text"]}]
    else:
        body[_FIELD] = _LATER_VERSION
    attributes = {**encoded.attributes, _ATTRIBUTE: "1"}
    written = to_json(body)
    return replace(encoded, attributes=attributes, body=fhir.as_xml(written) if in_xml else written)


class Skipped(_Changed):
    """After the first notice of a case, one number never comes."""

    name = "skipped"
    expected = "does not wait for a number that stands in skipped"

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._first: dict[str, int] = {}
        """Case → the number of its first notice: the one after it is left out."""
        self._left_out: set[str] = set()
        """Cases of which the number has been left out."""
        self._why_not = "no case had two notices for it"

    def rows(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """Each number after the first is one higher."""
        return [self._later(row) for row in rows]

    def _later(self, row: OutboxRow) -> OutboxRow:
        told = row.content
        if isinstance(told, Receipt):
            return replace(row, told=as_json(self._receipt(told)))
        if not isinstance(told, NoticeExtensions):
            return row
        first = self._first.setdefault(told.case, told.sequence)
        if told.sequence == first:
            return row
        self._changed.add(f"out-{row.id}")
        never = () if told.case in self._left_out else (first + 1,)
        self._left_out.add(told.case)
        skipped = (*never, *[number + 1 for number in told.skipped])
        changed = told.model_copy(update={"sequence": told.sequence + 1, "skipped": skipped})
        return replace(row, told=as_json(changed))

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """The number of the vendor's own message is one higher too."""
        return super().taken(arrival, self._receipt(receipt))

    def _receipt(self, receipt: Receipt) -> Receipt:
        first = self._first.get(receipt.case or "")
        if first is None or receipt.sequence is None or receipt.sequence <= first:
            return receipt
        return receipt.model_copy(update={"sequence": receipt.sequence + 1})
