"""A few rounds of `make chaos` on the real stack: two hubs on one database and one broker, with faults by fixed seeds, judged from outside
(D-1 to D-6, D-9); and hubs that are deliberately broken, which the same rounds must catch.

`make chaos` plays many more, by every kind of fault.
"""

import logging

import pytest
import pytest_asyncio

from tests import engine
from tests.broken import BROKEN
from tests.chaos import broken_hubs, rounds
from tests.chaos.rig import running, servers

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(engine.chosen() != "embedded", reason="what is killed and starved must be on this machine"),
]
ROUNDS_BY = {
    ("kafka", "fhir"): {16: ["hub-freeze-long", "hub-kill"], 18: ["database-kill", "broker-kill"]},
    ("subscription", "inbox"): {29: ["receiver", "cut", "full-disk", "clock"]},
}
"""How the two who are told are told → seed → the kinds of faults that it draws from. By webhook those are told whom broken hubs tell."""
ROUNDS = 12
"""Within so many rounds a broken hub is caught; most often in the first."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parts(tmp_path_factory):
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every second of an outage
    async with servers(tmp_path_factory.mktemp("chaos")) as made:
        yield made


@pytest.mark.timeout(400)
@pytest.mark.parametrize("ways", ROUNDS_BY, ids=" and ".join)
async def test_whatever_dies_stands_still_or_is_cut_off_nothing_is_lost_doubled_or_out_of_order(parts, tmp_path, ways):
    async with running(parts, tmp_path, f"chaos-{ways[0]}", 2, ways) as rig:
        for seed, kinds in ROUNDS_BY[ways].items():
            possible = [kind for kind in kinds if kind != "full-disk" or parts.database.disk is not None]
            outcome = await rounds.play(rig, seed, rounds.Plan(possible, tmp_path))
            assert outcome.violations == [], (seed, outcome.kinds, outcome.violations[:10], outcome.history)
            assert outcome.messages > 3 * 25, "each admission was acknowledged by both who were told of it"
        for hub in rig.hubs:
            hub.set_clock(7200.0)  # and stays so: what is due now by this clock is due now
        outcome = await rounds.play(rig, 30, rounds.Plan(["receiver"], tmp_path))
        assert outcome.violations == [], (outcome.violations[:10], outcome.history)
        assert await rig.cases_that_are_not_their_history() == []
        assert rig.gave_up == []
        assert rig.traffic.unknown == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", [name for name, defect in BROKEN.items() if defect.soon])
async def test_a_hub_that_is_broken_is_caught(parts, tmp_path, name):
    assert await broken_hubs.shown(parts, tmp_path, name, 1, ROUNDS) is not None
