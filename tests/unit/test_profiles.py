"""Every process has an answer for every profile that a region of the directory may have."""

from typing import get_args

import pytest

from hub.processes.registry import PROCESSES
from hub.processes.shared.answers import SharedAnswers
from schemas.directory import ProfileName


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_a_process_answers_for_exactly_the_profiles_that_the_directory_offers(process):
    assert set(process.profiles) == set(get_args(ProfileName))
    assert all(isinstance(row, SharedAnswers) for row in process.profiles.values()), "the shared rules ask it too"
