"""What a unit may do, and its colours, remembered per shape of case are those computed afresh, in every region."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Refused
from hub.processes.engine.unit_view import colours, may, outline, unit_view
from hub.processes.profiles.sip import SIP_PROFILES
from tests.sip.tries import choose
from tests.sip.walk import DIRECTORY, SIP, Walk
from tests.sip.ways import WAYS, begun

_many = st.integers(0, 10**6)


@pytest.mark.parametrize("profile", SIP_PROFILES)
@settings(max_examples=2 * settings.default.max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(_many, st.lists(st.tuples(_many, st.sampled_from((0, 0, 1, 24 * 12))), min_size=4, max_size=16))
def test_what_is_remembered_of_a_shape_is_what_is_computed_afresh(
    profile: str, steps: int, chosen: list[tuple[int, int]]
):
    walk = begun(profile, steps % len(WAYS[profile]))
    _compare(walk)
    for number, hours in chosen:
        walk.now += timedelta(hours=hours)
        found = walk.decide(walk.message(choose(profile, number, walk.case)))
        if not isinstance(found, Refused):
            list(walk.follow(found))
            _compare(walk)


@pytest.mark.parametrize("profile", SIP_PROFILES)
def test_along_the_whole_way_of_a_sip_nothing_is_remembered_wrongly(profile: str):
    for steps in range(len(WAYS[profile]) + 1):
        _compare(begun(profile, steps))


def _compare(walk: Walk) -> None:
    case = walk.case
    if case is None:
        return
    known = outline(case)
    for unit in case.participants:
        seen = SIP.visible(case, unit)
        remembered = unit_view(case, unit, DIRECTORY, walk.now, known)
        assert remembered.may == may(seen, unit, DIRECTORY, walk.now)
        assert remembered.colours == colours(seen, unit, DIRECTORY)
