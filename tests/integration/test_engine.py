"""A test run that asks for containers where no engine answers, or for an engine that is not known."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("containers", "HUB_TEST_ENGINE=containers asks for a Docker engine, and none answers at unix:///nobody.sock"),
        ("podman", "HUB_TEST_ENGINE=podman is not known: write embedded or containers"),
    ],
)
def test_a_run_that_cannot_be_as_it_was_asked_for_ends_before_any_test_with_one_sentence(wanted, said, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            f"--basetemp={tmp_path / 'its'}",
            __file__,
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HUB_TEST_ENGINE": wanted, "DOCKER_HOST": "unix:///nobody.sock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert next(line for line in done.stderr.splitlines() if line).startswith(f"ERROR: {said}")
    assert "Traceback" not in done.stdout + done.stderr
    assert "passed" not in done.stdout
