"""A process's own state comes back from the store as it was."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from hub.processes.engine.case import Case
from hub.processes.engine.process import load_case
from hub.processes.registry import PROCESSES


@pytest.mark.parametrize("name", PROCESSES)
def test_a_field_that_is_empty_where_its_default_is_not_comes_back_empty(name):
    """The first version of the plan is 0 in SAMSA and 1 in the other regions."""
    process = PROCESSES[name]
    plain = [one for one in fields(process.state) if one.default is not MISSING]
    for one in plain:
        case = Case("c", name, "samsa", process.state(**{one.name: type(one.default)()}))
        assert load_case(case.dump()) == case, one.name
