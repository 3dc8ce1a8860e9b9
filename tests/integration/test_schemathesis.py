"""schemathesis asks a running hub, by ``/openapi.json``: examples, every edge of every schema, a few made-up requests of each
operation. Their number is bounded and they are the same each time.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests import stack as parts
from tests.stack import hashed

TESTS = Path(__file__).parents[1]
ASKS = ("--checks", "all", "--seed", "1", "--continue-on-failure", "--no-color")
SENDS = ("/messages", "/fhir/$process-message")
VIEWS = (*(part for path in SENDS for part in ("--exclude-path", path)), "--phases", "examples,coverage,fuzzing")
MESSAGES = (*(part for path in SENDS for part in ("--include-path", path)), "--phases", "examples,fuzzing")
MESSAGES += ("--exclude-checks", "positive_data_acceptance")
"""The schemas of 46 messages have more edges than a minute holds, and what they allow is accepted or not by rules and by FHIR: the
contracts' mutants try those.
"""


@pytest.mark.timeout(900)
async def test_schemathesis_finds_nothing(shared_database, kafka, tmp_path_factory):
    found = parts.content()
    found["citizen_services"] = [{"id": "citizens", "name": "1177", "token_sha256": [hashed("token-1177")]}]
    async with parts.running(shared_database, kafka.bootstrap, tmp_path_factory.mktemp("schema"), found) as (hub, _):
        document = f"http://127.0.0.1:{hub.port}/openapi.json"
        for asks in (VIEWS, MESSAGES):
            asking = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("schemathesis")),
                "--config-file",
                str(TESTS / "schemathesis.toml"),
                "run",
                document,
                *ASKS,
                *asks,
                cwd=tmp_path_factory.mktemp("asked"),
                env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.schemathesis_hooks", "PYTHONPATH": str(TESTS.parent)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said = (await asking.communicate())[0].decode()
            assert asking.returncode == 0, said
            assert "generated" in said
