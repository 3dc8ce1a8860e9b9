"""A hub that is broken on purpose is caught by the simulation, each within so many schedules (``tests.broken``)."""

import os
import subprocess
import sys

import pytest

from tests.broken import BROKEN

MOST = "150"
"""Schedules within which each is caught, several times over."""


@pytest.mark.parametrize("defect", sorted(BROKEN))
def test_a_hub_that_is_broken_is_caught(defect):
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulate", "--broken", defect, "--schedules", MOST],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
