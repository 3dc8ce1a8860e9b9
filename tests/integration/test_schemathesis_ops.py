"""schemathesis asks the operations API with every right, by its own document: every edge of every schema, a few made-up requests of
each operation. Their number is bounded and they are the same each time.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from itertools import count
from pathlib import Path

from hub.store import operator_sessions
from tests.integration.test_views import directory, served
from tests.openid import sign_in_place
from tests.operators import EVERY_ROLE

TESTS = Path(__file__).parents[1]
ASKS = (
    "--checks",
    "all",
    "--seed",
    "1",
    "--continue-on-failure",
    "--no-color",
    "--phases",
    "examples,coverage,fuzzing",
)
ASKS += ("--exclude-checks", "positive_data_acceptance")
"""A reason, an address to come back to, a cursor are judged by rules that no schema says: they may be refused, by name."""
LEFT_OUT = {
    "/events": "it ends with the session",
    "/sessions/current": "the token by which it asks would end",
    "/sessions/{session}/end": "so it might by its number",
}


def each_from_another_address(app):
    """The same application; each call comes from another address, or the brake on wrong tokens, which has its own tests, answers 429."""
    calls = count()

    async def called(scope, receive, send):
        if scope["type"] == "http":
            scope["client"] = (str(IPv6Address(next(calls))), 1)
        await app(scope, receive, send)

    return called


async def test_schemathesis_finds_nothing_in_the_operations_api(database, tmp_path):
    async with (
        served(database, directory()) as found,
        sign_in_place(found.hub, before=each_from_another_address) as place,
    ):
        async with found.hub.store.transaction() as connection:
            until = datetime.now(UTC) + timedelta(hours=1)
            begun = await operator_sessions.begin(connection, "Kim Bergdahl", EVERY_ROLE, until)
        asking = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(TESTS / "schemathesis_ops.toml"),
            "run",
            f"{place.url}/ops/openapi.json",
            *ASKS,
            *(part for path in LEFT_OUT for part in ("--exclude-path", path)),
            "--header",
            f"Authorization: Bearer {begun.token}",
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.schemathesis_hooks", "PYTHONPATH": str(TESTS.parent)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await asking.communicate())[0].decode()
        assert asking.returncode == 0, said
        assert "generated" in said
