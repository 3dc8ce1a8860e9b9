"""A vendor's system names its meetings and the parts of its plans itself, and the kit's other parties take up its names."""

from datetime import date
from pathlib import Path

import pytest

from hub.kit import suites
from hub.kit.own_ids import brought, paired, replaced
from hub.scenarios import ScenarioFile
from tests.kit.robot import played

DAY = date(2026, 12, 21)
SIP = [path for paths in suites.suites().values() for path in paths if "send: sip.kallelse\n" in path.read_text()]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in SIP])
async def test_a_unit_that_gives_ids_of_its_own_gets_all_ok_and_is_told_of_them_by_the_others(path: Path):
    for unit in suites.asked_of(ScenarioFile(path)):
        own: dict[str, str] = {}
        findings, sent = await played(path, unit, DAY, own=own)
        assert {one.outcome for one in findings} == {"ok"}, (unit, [f for f in findings if f.outcome != "ok"])
        told = b" ".join(one.encoded.body for one in sent).decode()
        gone = [id_ for id_ in own if f'"{id_}"' in told]
        assert gone == [], "under the scenario's id the vendor's system would not know it"


def test_parts_of_one_kind_are_paired_in_their_order_and_the_meeting_with_the_meeting():
    def message(meeting, *elements):
        edits = [{"change": "tillagd", "element": element} for element in elements]
        return {"meeting": {"id": meeting}, "edits": [*edits, {"change": "andrad", "element": "delmal/old"}]}

    ours = message("m-1", "delmal/1", "insats/1", "delmal/2")
    theirs = message("mote-a", "insats/x", "delmal/y", "delmal/1")
    assert brought(ours) == ["m-1", "delmal/1", "insats/1", "delmal/2"]
    pairs = paired(ours, theirs)
    assert pairs == {"m-1": "mote-a", "delmal/1": "delmal/y", "insats/1": "insats/x", "delmal/2": "delmal/1"}
    later = {
        "meeting": "m-1",
        "edits": [{"element": "delmal/1"}, {"element": "delmal/2", "part_of": "insats/1"}],
        "n": 1,
    }
    assert replaced(later, pairs) == {
        "meeting": "mote-a",
        "edits": [{"element": "delmal/y"}, {"element": "delmal/1", "part_of": "insats/x"}],
        "n": 1,
    }, "each id once, also where the vendor's is another of the scenario's"


def test_what_a_vendors_message_lacks_is_paired_with_nothing():
    assert paired({"meeting": {"id": "m-1"}, "edits": [{"change": "tillagd", "element": "delmal/1"}]}, {}) == {}
    assert paired({}, {"meeting": {"id": "m-1"}}) == {}
    assert paired({"meeting": {"id": "m-1"}}, {"meeting": {"id": "m-1"}}) == {}, "the same id needs no pairing"
