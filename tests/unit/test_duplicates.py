"""Duplicates by D-2's table over (message id, envelope id, content), in every order, for each way in and across them.

| message id | content | envelope | answer |
|---|---|---|---|
| seen | the same | any | the first answer again, marked as a repeat |
| seen | another | any | id-reused; the first stays |
| new | any | seen with another message | envelope-reused; nothing is kept |
| new | any | new, or of a format that has none | handled |
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from hub.intake.arrival import Arrival, read
from hub.intake.handle import handle
from hub.intake.handled import Handled
from hub.intake.load import give_new_ids
from hub.intake.loaded import Loaded
from hub.scenarios import load as load_world
from hub.scenarios.world import Lately
from hub.translators import fhir, formats, native
from hub.translators.fhir.xml_writer import as_xml
from schemas.messages import Receipt, type_of

WORLD = load_world(Path(__file__).parents[2] / "contracts" / "worlds" / "standard.yaml")
WARD = WORLD.names["lund_avd12"]
SYSTEM = WORLD.directory.system_by_id["skane-sjukhus"]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ACCEPTED, ALSO_ACCEPTED, REFUSED, HELD = "accepted", "also accepted", "refused", "held"
CONTENTS = (ACCEPTED, ALSO_ACCEPTED, REFUSED, HELD)
WAYS = ("kafka-binary", "kafka-structured", "http", "http-batch", "fhir-json", "fhir-xml")
IDS, ENVELOPES = ("m-1", "m-2", "m-3"), ("e-1", "e-2", "e-3")
ADMISSION = {
    "patient": {"personnummer": "191212121212"},
    "admitted_at": "2026-03-02T08:40:00+01:00",
    "estimated_discharge": "2026-03-06",
    "reason": "Fall",
    "information": {"given": True},
    "samtycke": {"outcome": "given"},
}
NO_CASE = "00000000-0000-7000-8000-000000000000"
SUBJECTS = {ACCEPTED: "ref:one", ALSO_ACCEPTED: "ref:two", REFUSED: NO_CASE, HELD: "ref:four"}


def event(id_: str, content: str) -> dict[str, Any]:
    """A message; the contents differ in what they say and in what becomes of them."""
    name, data = "svu.inskrivning", {**ADMISSION, "reason": content}
    if content in (REFUSED, HELD):  # of a case that does not exist, and of one that is not open yet
        name, data = "samtycke", {"outcome": "given"}
    return {
        "specversion": "1.0",
        "id": id_,
        "source": f"urn:hsa:{WARD}",
        "type": type_of(name),
        "subject": SUBJECTS[content],
        "time": NOW.isoformat(),
        "actor": "SE2321000255-P03",
        "actorrole": "sjukskoterska",
        "data": data,
    }


@cache
def body(way: str, id_: str, envelope: str, content: str) -> tuple[bytes, str, dict[str, str] | None]:
    """(body, media type, attributes beside it) as the router of that way hands it to the intake."""
    whole = event(id_, content)
    head = {name: value for name, value in whole.items() if name != "data"}
    match way:
        case "kafka-binary":
            return to_json(whole["data"]), native.JSON, head
        case "kafka-structured" | "http":
            return json.dumps(whole, indent=1).encode(), native.STRUCTURED, None
        case "http-batch":
            (part,) = native.split_batch(to_json([whole]), 500)
            return part, native.STRUCTURED, None
    tree = json.loads(fhir.write_request(native.read_binary(head, to_json(whole["data"]))))
    if id_ == "m-3":  # a sender that names its Bundles by identifier, and gives them ids anew
        tree["identifier"], tree["id"] = (
            {"system": "urn:x", "value": envelope},
            f"b{len(way)}-{content.replace(' ', '')}",
        )
    else:
        tree["id"] = envelope
    raw = json.dumps(tree).encode()
    return (as_xml(raw), formats.FHIR_XML, None) if way == "fhir-xml" else (raw, formats.FHIR_JSON, None)


def arrival(way: str, id_: str, envelope: str, content: str, number: int) -> Arrival:
    raw, media, beside = body(way, id_, envelope, content)
    found = Arrival(SYSTEM, raw, media, beside, NOW, f"t/{number}", by_outbox=way.startswith("kafka"))
    read(found, WORLD.directory.identities)
    return found


class Table:
    """What the table says, in plain words."""

    def __init__(self) -> None:
        self.first: dict[str, tuple[str, Receipt]] = {}
        self.borne: dict[tuple[str, str], str] = {}

    def expects(self, way: str, id_: str, envelope: str, content: str) -> str:
        if id_ in self.first:
            return "repeat" if self.first[id_][0] == content else "id-reused"
        if self.envelope(way, id_, envelope) and self.borne.get(self.envelope(way, id_, envelope), id_) != id_:
            return "envelope-reused"
        return "handled"

    @staticmethod
    def envelope(way: str, id_: str, envelope: str) -> tuple[str, str] | None:
        kind = "identifier" if id_ == "m-3" else "id"
        return (kind, envelope) if way.startswith("fhir") else None

    def handled(self, way: str, id_: str, envelope: str, content: str, receipt: Receipt) -> None:
        self.first[id_] = content, receipt
        if (borne := self.envelope(way, id_, envelope)) is not None:
            self.borne[borne] = id_


ROW = st.tuples(st.sampled_from(WAYS), st.sampled_from(IDS), st.sampled_from(ENVELOPES), st.sampled_from(CONTENTS))


@given(st.lists(ROW, max_size=14), st.lists(st.integers(0, 14), max_size=3))
def test_every_order_of_messages_envelopes_and_contents_over_every_way_in_is_answered_by_the_table(rows, cuts):
    loaded = Loaded()
    give_new_ids(loaded, [(SYSTEM.id, ref) for ref in ("one", "two", "four")])
    table, receipts, stored = Table(), [], []
    arrivals = [arrival(*row, number) for number, row in enumerate(rows)]
    assert all(one.message is not None and one.refused is None for one in arrivals)
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for start, end in pairwise(edges):  # the same, however the arrivals are cut into batches
        handled = handle(arrivals[start:end], loaded, WORLD.directory, Lately(WORLD), NOW)
        receipts += handled.receipts
        stored += handled.received
    for row, receipt in zip(rows, receipts, strict=True):
        id_ = row[1]
        expected = table.expects(*row)
        if expected == "repeat":
            first = table.first[id_][1]
            assert receipt == first.model_copy(update={"repeat": True})
        elif expected == "handled":
            assert not receipt.repeat and receipt.message == id_
            table.handled(*row, receipt)
        else:
            assert (receipt.rule, receipt.code, receipt.message) == (expected, "fatal-error", id_)
    kept = [row.id for row in stored if row.system == SYSTEM.id]
    assert sorted(kept) == sorted(table.first), "each message is kept once, and no refusal takes an id or an envelope"


@pytest.mark.parametrize("way", WAYS)
def test_the_contents_are_accepted_refused_and_held_as_their_names_say(way):
    loaded = Loaded()
    give_new_ids(loaded, [(SYSTEM.id, ref) for ref in ("one", "two", "four")])
    made = [arrival(way, f"m-{n}x", f"e-{n}", content, n) for n, content in enumerate(CONTENTS)]
    codes = [receipt.code for receipt in handle(made, loaded, WORLD.directory, Lately(WORLD), NOW, Handled()).receipts]
    assert codes == ["ok", "ok", "fatal-error", "transient-error"]
    assert {one.digest for one in made} == {
        arrival(WAYS[0], f"m-{n}x", "e", c, n).digest for n, c in enumerate(CONTENTS)
    }
