"""What operations sees and does by hand: lists, the trail, pauses; and what a command says when it is given what is not there."""

import json

import pytest
import pytest_asyncio

from hub.cli import table
from tests import stack as parts
from tests.stack import Receiver, event, new_ref

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHY = ("--reason", "prov i drift")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver():
    async with Receiver() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory, receiver):
    often = {"breaker_failures": 1000, "schedule_s": [0.2]}
    ways = {
        "centre": {"ways_in": [], "out": receiver.out("centre"), "delivery": often},
        "kommun": {"ways_in": [], "out": receiver.out("kommun")},
    }
    folder = tmp_path_factory.mktemp("operations")
    async with parts.running(shared_database, kafka.bootstrap, folder, parts.content(**ways)) as (stack, _):
        yield stack


async def said(hub, *arguments):
    """What a command prints that goes well."""
    done = await hub.cli(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_what_is_not_there_is_said_with_exit_status_2_and_an_empty_list_says_that_it_is_empty(hub):
    for command, sentence in (
        (["pause", "nobody", *WHY], "there is no system nobody in the directory"),
        (["resume", "nobody", *WHY], "there is no system nobody in the directory"),
        (["resume", f"ehr{hub.tag}", *WHY], "is not paused"),
        (["dead", "list", "--system", "nobody"], "there is no system nobody in the directory"),
        (["dead", "replay", "--system", "nobody", *WHY], "there is no system nobody in the directory"),
        (["dead", "replay", "4711", *WHY], "row 4711 is not dead; `hub dead list`"),
        (["dead", "replay", "4711", "--dry-run"], "row 4711 is not dead; `hub dead list`"),
        (["dead", "skip", "4711", *WHY], "row 4711 is not dead; `hub dead list`"),
        (["held", "show", "m-none"], "no held message has the id m-none; see `hub held list`"),
        (["held", "release", "m-none", *WHY], "no held message has the id m-none; see `hub held list`"),
        (["held", "refuse", "m-none", *WHY], "no held message has the id m-none; see `hub held list`"),
        (["held", "pass", "hub.in.none/0", *WHY], "nothing waits at hub.in.none/0"),
        (["pause", f"ehr{hub.tag}"], "say why with --reason"),
    ):
        done = await hub.cli(*command)
        assert done.returncode == 2, command
        assert sentence in done.stderr, command
        assert "Traceback" not in done.stderr
    assert "nothing is held" in await said(hub, "held", "list")
    assert "nothing is dead" in await said(hub, "dead", "list")
    assert "nothing is dead of" in await said(hub, "dead", "list", "--system", f"ehr{hub.tag}")
    assert "nothing has been announced" in await said(hub, "announcements")
    assert "nothing has been done by hand" in await said(hub, "trail")


async def test_held_list_prints_what_show_and_release_take_and_the_trail_says_who_did_what_and_why(hub):
    early = event("samtycke", new_ref()), {"outcome": "given"}
    assert (await hub.send(*early)).status_code == 202
    found = await said(hub, "held", "list")
    assert all(len(line) <= table.WIDTH for line in found.splitlines())
    (line,) = [line for line in found.splitlines() if early[0]["id"] in line]
    id_ = line.split()[0]
    assert '"outcome": "given"' in await said(hub, "held", "show", id_)
    await said(hub, "held", "release", id_, "--reason", "ärendet är på väg", "--by", "anna")
    await said(hub, "held", "refuse", id_, "--reason", "ärendet kommer aldrig", "--by", "bo")
    assert json.loads(await said(hub, "held", "list", "--json"))["messages"] == []

    trail = json.loads(await said(hub, "trail", "--json"))
    assert [(act["who"], act["what"], act["target"], act["reason"]) for act in trail] == [
        ("anna", "release", id_, "ärendet är på väg"),
        ("bo", "refuse", id_, "ärendet kommer aldrig"),
    ]
    shown = await said(hub, "trail", id_)
    assert "anna" in shown and "ärendet kommer aldrig" in shown
    assert all(len(line) <= table.WIDTH for line in shown.splitlines())
    system = f"ehr{hub.tag}"
    await said(hub, "pause", system, *WHY)
    again = await hub.cli("pause", system, *WHY)
    assert (again.returncode, "is paused already" in again.stderr) == (2, True)
    await said(hub, "resume", system, *WHY)
    assert [act["what"] for act in json.loads(await said(hub, "trail", system, "--json"))] == ["pause", "resume"]
