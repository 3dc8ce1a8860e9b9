"""How far one page of a search goes (``hub.store.walk``), with a database whose speed the test says. May import the store."""

from hypothesis import given
from hypothesis import strategies as st

from hub.store.walk import SECONDS, Pace


@given(st.lists(st.sampled_from((2e-6, 2e-5, 3e-4)), min_size=1, max_size=300))
def test_a_page_ends_soon_after_its_time_though_rows_are_not_in_memory_from_some_step_on(speeds):
    """``speeds``: seconds a row of each step; the last holds on."""
    at = 0.0
    pace = Pace(now=lambda: at)
    steps = []
    while step := pace.step():
        each = speeds[min(len(steps), len(speeds) - 1)]
        is_as_before = not steps or each == steps[-1][1]
        at += step * each
        steps.append((step, each))
        assert at <= SECONDS + (100 if is_as_before else 1_000) * each
    assert at >= SECONDS
    assert steps[0][0] == 100 and all(100 <= step <= 1_000 for step, _ in steps)


def test_a_quick_database_is_asked_for_more_at_once():
    at = 0.0
    pace = Pace(now=lambda: at)
    steps = []
    while step := pace.step():
        steps.append(step)
        at += step * 2e-6
    assert set(steps[1:-2]) == {1_000}
