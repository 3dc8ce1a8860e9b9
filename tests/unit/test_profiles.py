"""Every process has an answer for every profile that a region of the directory may have."""

from typing import get_args

import pytest

from hub.processes.registry import PROCESSES
from schemas.directory import Region


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_process_answers_for_exactly_the_profiles_that_the_directory_offers(process):
    assert set(process.profiles) == set(get_args(Region.model_fields["profile"].annotation))
