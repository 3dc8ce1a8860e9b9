"""What operations sees and does by hand: lists, the trail, pauses; and what a command says when it is given what is not there."""

import asyncio
import itertools
import json
import re
from datetime import datetime

import psycopg
import pytest
import pytest_asyncio
import yaml

from hub.cli import table
from hub.sandbox.registers import Control, Trouble
from schemas.swedish_time import clock_with_zone
from tests import stack as parts
from tests.commands import ended
from tests.stack import CENTRE, KOMMUN, LUND, SECRETS, Receiver, admission, event, kvittens, new_ref, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHY = ("--reason", "prov i drift")
OFTEN = {"breaker_failures": 1000, "schedule_s": [0.2]}
SELDOM = {"breaker_failures": 2, "breaker_open_s": 600.0, "schedule_s": [600.0]}
"""A system that is not tried again within a test by itself."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiver():
    async with Receiver() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(shared_database, kafka, tmp_path_factory, receiver):
    ways = {
        "centre": {"ways_in": ["kafka"], "out": receiver.out("centre"), "delivery": OFTEN},
        "kommun": {"ways_in": [], "out": receiver.out("kommun"), "delivery": SELDOM},
    }
    folder = tmp_path_factory.mktemp("operations")
    async with parts.running(shared_database, kafka.bootstrap, folder, parts.content(**ways)) as (stack, simulated):
        stack.simulated = simulated
        yield stack


NO_ZONE = re.compile(r"\d\d:\d\d:\d\d(?!\.\d| CES?T\b|[+Z])")
"""A clock whose zone is not said."""


async def said(hub, *arguments):
    """What a command prints that goes well; whatever it is, its clocks have a zone."""
    done = await hub.cli(*arguments)
    assert done.returncode == 0, done.stderr
    assert NO_ZONE.findall(" ".join(done.stdout.split())) == []
    return done.stdout


async def test_what_is_not_there_is_said_with_exit_status_2_and_an_empty_list_says_that_it_is_empty(hub, tmp_path):
    settings = {name: value for name, value in hub.environment().items() if name.startswith("HUB_")}
    for command, sentence in (
        (["pause", "nobody", *WHY], "There is no system nobody in the directory. `hub status --all`"),
        (["resume", "nobody", *WHY], "There is no system nobody in the directory. `hub status --all`"),
        (["resume", f"ehr{hub.tag}", *WHY], "is not paused"),
        (["dead", "list", "--system", "nobody"], "There is no such system in the directory."),
        (["search", "--outcome", "odd"], "Correct outcome"),
        (
            ["dead", "replay", "--system", "nobody", *WHY],
            "There is no system nobody in the directory. `hub status --all`",
        ),
        (
            ["dead", "replay", "4711", "--run", "1", *WHY],
            "Row 4711 is not dead, or another replay has it. `hub dead list`",
        ),
        (["dead", "replay", "4711"], "Row 4711 is not dead, or another replay has it. `hub dead list`"),
        (["dead", "replay"], "say what is to be sent again: rows, system,"),
        (
            ["dead", "replay", "--system", f"ehr{hub.tag}", "--run", "1"],
            "Say why (reason), in at most 1000 characters",
        ),
        (["dead", "replay", "--system", f"ehr{hub.tag}", "--run", "1", *WHY], "Nothing fits that no other replay has"),
        (
            ["dead", "replay", "--sent", "--system", f"ehr{hub.tag}"],
            "since is missing: say from which moment on what was sent (sent) is sent again, or of which case (case). What it",
        ),
        (["dead", "replay", "--since", "2026-03-02T08:00"], "give a time with"),
        (["dead", "replay", "--case", "x"], "Correct case: give the id of a case"),
        (["dead", "undo", "4711", *WHY], "There is no replay 4711. `hub dead replays`"),
        (["dead", "skip", "4711", *WHY], "Row 4711 is not dead: there is no such row. `hub dead list`"),
        (
            ["held", "show", "m-none", *WHY],
            "No held message has the id m-none: it has been handled, or was never held. `hub held list`",
        ),
        (
            ["held", "release", "m-none", *WHY],
            "No held message has the id m-none: it has been handled, or was never held. `hub held list`",
        ),
        (
            ["held", "refuse", "m-none", *WHY],
            "No held message has the id m-none: it has been handled, or was never held. `hub held list`",
        ),
        (["held", "pass", "hub.in.none/0", *WHY], "Nothing waits at hub.in.none/0"),
        (["held", "skip", "SE0000000000-E999", *WHY], "Nothing waits for unit SE0000000000-E999. `hub held list`"),
        (["retry", "notice", "4711", *WHY], "There is no row 4711"),
        (["retry", "lookup", "none", *WHY], "No look-up of case none waits"),
        (["retry", "system", "nobody", *WHY], "There is no system nobody in the directory. `hub status --all`"),
        (["timeline", "m-none"], "Nothing is known of m-none: give the id of a message or a case"),
        (["pause", f"ehr{hub.tag}"], "Say why (reason), in at most 1000 characters"),
    ):
        status, _, told = await asyncio.to_thread(ended, tuple(command), command, tmp_path, **settings)
        assert status == 2, command
        assert sentence in told, command
        assert "Traceback" not in told
    assert "nothing is held" in await said(hub, "held", "list")
    assert "nothing is dead" in await said(hub, "dead", "list")
    assert "nothing is dead" in await said(hub, "dead", "list", "--groups")
    assert "nothing has been replayed" in await said(hub, "dead", "replays")
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
    assert '"outcome": "given"' in await said(hub, "held", "show", id_, "--reason", "vad väntar", "--by", "anna")
    await said(hub, "held", "release", id_, "--reason", "ärendet är på väg", "--by", "anna")
    await said(hub, "held", "refuse", id_, "--reason", "ärendet kommer aldrig", "--by", "bo")
    assert json.loads(await said(hub, "held", "list", "--json"))["messages"] == []

    trail = json.loads(await said(hub, "trail", "--json"))
    of_glass = [act for act in trail if "glass" in act["what"]]
    assert {act["who"] for act in of_glass} == {"anna"} and id_ in of_glass[0]["target"]
    assert [(act["who"], act["what"], act["target"], act["reason"]) for act in trail if act not in of_glass] == [
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


# --- the directory ----------------------------------------------------------------------------------------------------


def written(folder, content, name="directory.yaml"):
    """The directory as a file."""
    file = folder / name
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    return str(file)


async def in_force(hub):
    """Until the hub has taken up the newest version."""
    newest = await hub.value("SELECT max(version) FROM directory_version")
    await until(lambda: f'"version": {newest},' in hub.log.read_text())


def now_in_force(hub, receiver, **changes):
    """The directory of this module as plain data."""
    ways = {
        "centre": {"ways_in": ["kafka"], "out": receiver.out("centre"), "delivery": OFTEN},
        "kommun": {"ways_in": [], "out": receiver.out("kommun"), "delivery": SELDOM},
    }
    return parts.content(hub.tag, **ways, **changes)


async def test_the_directory_is_shown_as_apply_takes_it_and_a_difference_names_the_fields_but_no_secret(
    hub, receiver, tmp_path, monkeypatch
):
    shown = await said(hub, "directory", "show")
    assert SECRETS[0] not in shown
    copy = tmp_path / "shown.yaml"
    copy.write_text(shown)
    assert "no difference" in await said(hub, "directory", "apply", str(copy), "--dry-run")

    (tmp_path / "secret").write_text(SECRETS[1] + "\n")
    monkeypatch.setenv("CENTRE_SECRET", SECRETS[0])
    changed = now_in_force(hub, receiver)
    centre, kommun = (system for system in changed["systems"] if system["out"]["way"] == "webhook")
    centre["out"]["secrets"] = ["env:CENTRE_SECRET", "file:secret"]
    centre["delivery"] |= {"timeout_s": 5.0}
    changed["units"][1]["name"] = "Vårdcentralen i byn"
    lines = (
        await said(hub, "directory", "apply", written(tmp_path, changed), "--reason", "två hemligheter")
    ).splitlines()
    assert lines[:-1] == [
        f"~ unit {CENTRE}: name: from Vårdcentralen to Vårdcentralen i byn",
        f"~ system centre{hub.tag}: out.secrets: others than before (1 before, 2 now)",
        f"~ system centre{hub.tag}: delivery.timeout_s: from 10.0 to 5.0",
    ]
    assert "is in force" in lines[-1]
    version = int(lines[-1].split()[1])

    shown = await said(hub, "directory", "show")
    assert "env:CENTRE_SECRET" in shown and "file:secret" in shown
    assert not any(secret in shown for secret in SECRETS)
    copy.write_text(shown)
    assert "no difference" in await said(hub, "directory", "apply", str(copy), "--dry-run")
    (tmp_path / "secret").unlink()
    monkeypatch.delenv("CENTRE_SECRET")
    done = await hub.cli("directory", "apply", str(copy), "--dry-run")
    assert (done.returncode, "no difference" in done.stdout) == (0, True)
    assert "env:CENTRE_SECRET is not there; the secret that is in force stays" in done.stderr
    kommun["out"]["secrets"] = ["env:NOWHERE"]
    done = await hub.cli("directory", "apply", written(tmp_path, changed))
    assert (done.returncode, "env:NOWHERE is not there" in done.stderr) == (2, True)

    history = json.loads(await said(hub, "directory", "history", "--json"))
    assert (history[-1]["version"], history[-1]["reason"]) == (version, "två hemligheter")
    assert [(one["kind"], one["count"]) for one in history[-1]["changed"]] == [("unit", 1), ("system", 1)]
    first, *lines_of_versions = (await said(hub, "directory", "history")).splitlines()
    assert first.split("  ")[-1].strip() == "WHY, AND WHAT CHANGED"
    assert all(re.match(r"\d+ +20[-\d]+ \S+ \S+ +\S|  ", line) for line in lines_of_versions), "nobody is left out"
    assert "två hemligheter; 1 unit changed, 1 system changed" in " ".join(" ".join(lines_of_versions).split())
    assert "name: from Vårdcentralen to Vårdcentralen i byn" in await said(hub, "directory", "history", str(version))
    assert (await hub.cli("directory", "rollback", "4711")).returncode == 2
    dry = await said(hub, "directory", "rollback", str(version - 1), "--dry-run")
    assert f"~ unit {CENTRE}: name: from Vårdcentralen i byn to Vårdcentralen" in dry
    await said(hub, "directory", "rollback", str(version - 1))
    await in_force(hub)
    assert await said(hub, "directory", "show") == (
        (await said(hub, "directory", "show", "--version", str(version - 1))).replace(
            f"# version {version - 1}", f"# version {version + 1}"
        )
    )
    acts = json.loads(await said(hub, "trail", "--json"))
    assert [(act["what"], act["target"]) for act in acts][-2:] == [
        ("apply", f"version {version}"),
        ("rollback", f"version {version + 1}"),
    ]


async def test_what_is_for_a_unit_without_a_system_waits_in_the_manual_queue_and_goes_in_order_when_one_serves_it(
    hub, receiver, tmp_path
):
    centre = f"centre{hub.tag}"
    case, _ = await hub.admit()
    await until(lambda: numbers(receiver, case))
    receiver.behave["centre"] = lambda call: 500  # what comes now waits
    second = await hub.follow(case)

    async def waits():
        return await hub.value("SELECT 1 FROM outbox WHERE system = %s AND state = 'waiting' AND attempts > 0", centre)

    await until(waits)
    tells_of_gap = next(call.event.get("skipped") for call in receiver.of("centre") if numbered(call, case) == second)
    without = now_in_force(hub, receiver)
    without["systems"] = [system for system in without["systems"] if system["id"] != centre]
    file = written(tmp_path, without)
    refused = await hub.cli("directory", "apply", file)
    assert refused.returncode == 2
    assert f"system {centre} is gone: " in refused.stderr and "1 waiting notice" in refused.stderr
    assert f"unit {CENTRE} is served by no system: " in refused.stderr
    assert "open case" in refused.stderr and "--force" in refused.stderr
    dry = await hub.cli("directory", "apply", file, "--dry-run")
    assert (dry.returncode, "is refused without --force" in dry.stdout) == (1, True), "the answer is no"
    assert "as --force allows" in await said(hub, "directory", "apply", file, "--dry-run", "--force", *WHY)
    before = await hub.value("SELECT max(version) FROM directory_version")
    no_reason = await hub.cli("directory", "apply", file, "--force")
    assert (no_reason.returncode, "--reason" in no_reason.stderr) == (2, True)
    await said(hub, "directory", "apply", file, "--force", *WHY)

    await in_force(hub)
    third, fourth = await hub.follow(case), await hub.follow(case)
    listed = json.loads(await said(hub, "held", "list", "--json"))["unserved"]
    assert [(one["waits_for"], one["notices"], one["cases"]) for one in listed] == [(CENTRE, 3, 1)]
    shown = await said(hub, "held", "list")
    assert CENTRE in shown and all(len(line) <= table.WIDTH for line in shown.splitlines())
    assert max(numbers(receiver, case)) == second  # tried in vain, and never told
    await until(lambda: fourth in numbers(receiver, case, "kommun"))
    others = numbers(receiver, case, "kommun")
    assert others == sorted({*others, second, third, fourth})

    receiver.behave["centre"] = lambda call: 204
    tried = len(numbers(receiver, case))
    await said(hub, "directory", "rollback", str(before))
    await until(lambda: fourth in numbers(receiver, case))
    fifth = await hub.follow(case)
    await until(lambda: fifth in numbers(receiver, case) and fifth in numbers(receiver, case, "kommun"))
    told = [call.event for call in receiver.of("centre") if call.event.get("case") == case][tried:]
    assert [int(each["sequence"]) for each in told] == [second, third, fourth, fifth]
    calls = [call for call in receiver.of("centre") if numbered(call, case) == second]
    assert len(calls) > 1 and len({call.headers["webhook-id"] for call in calls}) == 1, "to the system it is a repeat"
    assert told[0].get("skipped") == tells_of_gap and not any(each.get("replay") for each in told)
    # HSA's answers about who acted may have taken numbers meanwhile: each is told as skipped, and nothing else is.
    between = [[*range(one + 1, other)] for one, other in itertools.pairwise((second, third, fourth, fifth))]
    assert [json.loads(each["skipped"]) for each in told[1:]] == between
    assert json.loads(await said(hub, "held", "list", "--json"))["unserved"] == []
    assert numbers(receiver, case, "kommun") == [*others, fifth]  # it had each of them once, in order, all the while


async def test_a_notice_that_a_system_has_had_comes_for_another_of_its_units_under_another_webhook_id(
    hub, receiver, tmp_path
):
    kommun, centre = f"kommun{hub.tag}", f"centre{hub.tag}"
    case, _ = await hub.admit()
    await until(lambda: numbers(receiver, case) and numbers(receiver, case, "kommun"))
    receiver.behave["kommun"] = lambda call: 500
    later = await hub.follow(case)
    await until(lambda: later in numbers(receiver, case))
    await until(
        lambda: hub.value("SELECT 1 FROM outbox WHERE system = %s AND attempts > 0 AND state = 'waiting'", kommun)
    )

    before = await hub.value("SELECT max(version) FROM directory_version")
    both = now_in_force(hub, receiver)
    both["systems"] = [system for system in both["systems"] if system["id"] != kommun]
    next(system for system in both["systems"] if system["id"] == centre)["units"] = [CENTRE, KOMMUN]
    await said(hub, "directory", "apply", written(tmp_path, both), "--force", *WHY)

    def calls():
        return [call for call in receiver.of("centre") if numbered(call, case) == later]

    await until(lambda: len(calls()) == 2)
    told = [(json.loads(call.event["to"]), call.event.get("replay")) for call in calls()]
    assert told == [([CENTRE], None), ([KOMMUN], "true")]
    assert len({call.headers["webhook-id"] for call in calls()}) == 2, "else a receiver takes it for a repeat"
    assert len({(call.event["source"], call.event["id"]) for call in calls()}) == 1
    receiver.behave["kommun"] = lambda call: 204
    await said(hub, "directory", "rollback", str(before), "--force", *WHY)
    await in_force(hub)  # else the next test's case is told as this directory says


def numbers(receiver, case, system="centre"):
    """The sequences of a case in the order in which the system was called with them."""
    return [number for call in receiver.of(system) if (number := numbered(call, case))]


def numbered(call, case):
    """The number of a call that is a notice of the case; else None."""
    return int(call.event["sequence"]) if call.event.get("case") == case else None


# --- why late ---------------------------------------------------------------------------------------------------------


async def lines_of(hub, wanted):
    """(kind, sentence) of a timeline, which fits the screen and names nobody."""
    shown = await said(hub, "timeline", wanted)
    assert all(len(line) <= table.WIDTH for line in shown.splitlines())
    assert LUND[0] not in shown and "Tolvan" not in shown
    return [(one["kind"], one["en"]) for one in json.loads(await said(hub, "timeline", wanted, "--json"))["entries"]]


def has(lines, what, *parts_of_it):
    return any(one == what and all(part in detail for part in parts_of_it) for one, detail in lines)


async def row_of(hub, system, case, sequence):
    """The number of a row of the outbox once it is there."""
    statement = "SELECT id FROM outbox WHERE system = %s AND case_id::text = %s AND sequence = %s"
    return await until(lambda: hub.value(statement, f"{system}{hub.tag}", case, sequence))


async def test_the_timeline_says_why_a_notice_is_late_and_what_is_to_be_tried_now_is_in_its_order(hub, receiver):
    kommun = f"kommun{hub.tag}"
    case, message = await hub.admit()
    await until(lambda: numbers(receiver, case, "kommun") and numbers(receiver, case))
    await hub.tell("centre", *kvittens(case, message, CENTRE))
    acknowledged = "SELECT sequence FROM message WHERE case_id::text = %s AND name = 'kvittens'"
    await until(lambda: hub.value(acknowledged, case))

    async def nothing_waits():
        return not await hub.rows("SELECT 1 FROM outbox WHERE state = 'waiting' AND kind = 'notice'")

    await until(nothing_waits)
    assert has(await lines_of(hub, case), "kvittens", f"acknowledges {message}")

    receiver.behave["kommun"] = lambda call: 500
    first = await hub.follow(case)
    row = await row_of(hub, "kommun", case, first)
    await until(lambda: hub.value("SELECT 1 FROM outbox WHERE id = %s AND attempts = 1", row))
    second = await hub.follow(case)
    behind = await row_of(hub, "kommun", case, second)
    lines = await lines_of(hub, case)
    assert has(lines, "tried", f"#{first} to {kommun}: http:500")
    assert has(lines, "waits", f"#{first} to {kommun}", "tried once, last answer http:500, next try 20", f"(row {row})")
    assert has(lines, "waits", f"#{second} to {kommun}", f"behind #{first} of its case, which waits: http:500")

    receiver.behave["kommun"] = lambda call: 204  # the next try by itself is ten minutes away
    told = await said(hub, "retry", "notice", str(behind), "--by", "anna", "--reason", "leverantören har rättat")
    assert "after 1 of its case that go before it" in told
    await until(lambda: second in numbers(receiver, case, "kommun"))
    assert numbers(receiver, case, "kommun")[-3:] == [first, first, second]
    await until(nothing_waits)
    lines = await lines_of(hub, case)
    assert has(lines, "by-hand", f"retry of {behind} by anna: leverantören har rättat")
    assert has(lines, "tried", f"#{first} to {kommun}: http:500")
    assert has(lines, "sent", f"#{first} to {kommun}: http:204")
    for command, sentence in (
        (["retry", "notice", str(behind), *WHY], "does not wait, it is sent"),
        (["retry", "notice", "4711", *WHY], "There is no row 4711"),
        (["retry", "system", "nobody", *WHY], "There is no system nobody"),
        (["retry", "system", kommun, *WHY], f"Nothing waits for {kommun}"),
        (["retry", "lookup", case, *WHY], f"No look-up of case {case} waits"),
    ):
        done = await hub.cli(*command)
        assert (done.returncode, sentence in done.stderr) == (2, True), command


async def test_the_status_names_the_breaker_and_the_pause_and_all_of_a_system_is_tried_now(hub, receiver):
    kommun, centre = f"kommun{hub.tag}", f"centre{hub.tag}"
    cases = [(await hub.admit())[0] for _ in range(2)]
    for case in cases:
        await until(lambda case=case: numbers(receiver, case, "kommun"))
    receiver.behave["kommun"] = lambda call: 500
    late = [await hub.follow(case) for case in cases]

    async def system(id_=kommun):
        found = json.loads(await said(hub, "status", "--json"))["systems"]
        return next(one["standing"] for one in found if one["standing"]["system"] == id_)

    async def is_open():
        one = await system()
        return one if one["breaker"] == "open" and one["waiting"] else None

    opened = await until(is_open)
    (running,) = json.loads(await said(hub, "status", "--json"))["overview"]["hubs"]
    assert opened["hub"] == running["hub"]
    assert (running["state"], running["port"], running["shards"], running["asks_registers"]) == (
        "ready",
        hub.port,
        64,
        True,
    )
    assert opened["last_answer"] == "http:500"
    told = (datetime.fromisoformat(opened[name]) for name in ("oldest", "answered", "breaker_until"))
    moments = [moment.replace(microsecond=0) for moment in told]  # a hub says of itself in whole seconds
    assert all(moment.tzinfo is not None for moment in moments) and moments == sorted(moments)
    lines = await lines_of(hub, cases[1])
    assert has(
        lines, "waits", f"#{late[1]} to {kommun}", f"the breaker is open until {clock_with_zone(moments[-1])[:13]}"
    )

    await said(hub, "pause", centre, "--by", "anna", "--reason", "leverantören uppgraderar")

    async def taken_up():
        return await hub.metric("hub_delivery_paused", system=centre) == 1

    await until(taken_up)
    third = await hub.follow(cases[0])
    lines = await lines_of(hub, cases[0])
    assert has(lines, "waits", f"#{third} to {centre}", "paused since 20", "by anna: leverantören uppgraderar")
    assert has(lines, "by-hand", f"pause of {centre} by anna: leverantören uppgraderar")
    paused = (await system(centre))["paused"]
    assert (paused["by"], paused["reason"]) == ("anna", "leverantören uppgraderar")
    assert datetime.fromisoformat(paused["since"]).tzinfo is not None
    shown = await said(hub, "status")
    assert all(len(line) <= table.WIDTH for line in shown.splitlines())
    assert "breaker open until" in " ".join(shown.split()) and "leverantören uppgraderar" in " ".join(shown.split())
    refused = await hub.cli("retry", "system", centre, *WHY)
    assert (refused.returncode, "`hub resume SYSTEM`" in refused.stderr) == (2, True)
    await said(hub, "resume", centre, *WHY)

    receiver.behave["kommun"] = lambda call: 204  # the breaker's own probe is ten minutes away
    await said(hub, "retry", "system", kommun, *WHY)
    for case, number in zip(cases, late, strict=True):
        await until(lambda case=case, number=number: number in numbers(receiver, case, "kommun"))
    await until(lambda: third in numbers(receiver, cases[0]) and third in numbers(receiver, cases[0], "kommun"))


async def test_a_look_up_that_waits_is_made_now_and_the_status_says_what_each_register_answered(hub):
    hub.simulated.simulation.control(Control(contract="GetListing", trouble=Trouble(fault="VP009")))
    attributes, data = admission(LUND[1])
    case = (await hub.send(attributes, data)).json()["case"]
    assert await hub.addressed(case) == "lookup_unavailable"
    waits = "SELECT 1 FROM outbox WHERE kind = 'lookup' AND case_id::text = %s AND state = 'waiting' AND attempts > 0"
    await until(lambda: hub.value(waits, case))
    await changed(
        hub, "UPDATE outbox_row SET due_at = now() + interval '1 day' WHERE kind = 'lookup' AND case_id = %s", case
    )
    await changed(hub, "DELETE FROM register_answer")  # the register's own pause after a fault
    lines = await lines_of(hub, case)
    assert has(lines, "tried", "to the registers", "VP009")
    assert has(lines, "waits", "to the registers", "VP009", "next try 20")
    assert has(lines, "asked", "lookup (adressering) of ")
    assert "; 1 look-up waits, the oldest since" in " ".join((await said(hub, "status")).split())

    async def faults():
        found = json.loads(await said(hub, "status", "--json"))["registers"]["rows"]
        return next(one["reason"] for one in found if one["register"] == "listing")

    assert await until(faults) == "VP009"
    hub.simulated.simulation.control(Control(contract="GetListing", trouble=None))
    await said(hub, "retry", "lookup", case, *WHY)

    async def found():
        return await hub.value("SELECT state->>'addressed' FROM cases WHERE id = %s", case) == "listed"

    await until(found)


async def changed(hub, statement, *values):
    """Changes the database past the hub."""
    async with await psycopg.AsyncConnection.connect(hub.database.replace("+psycopg", "")) as connection:
        await connection.execute(statement, values)


class WithoutRegisters(parts.Stack):
    """A hub for which no HUB_REGISTERS__… is set."""

    def environment(self, **more):
        return {name: value for name, value in super().environment(**more).items() if "HUB_REGISTERS" not in name}


async def test_a_hub_without_registers_says_at_its_start_and_in_the_status_that_every_case_is_addressed_by_hand(
    database, kafka, tmp_path
):
    stack = WithoutRegisters(database, kafka.bootstrap, "", tmp_path / "hub.log", "-byhand")
    words = "nobody is looked up, and every case waits in the manual queue (`hub held list`)"
    try:
        await stack.prepare()
        stack.start()
        await stack.ready()
        case = (await stack.send(*admission())).json()["case"]
        assert await stack.addressed(case) == "lookup_unavailable"

        async def status():
            shown = " ".join((await said(stack, "status")).split())
            return shown if "of the shards" in shown and "1 case in the manual queue" in shown else None

        shown = await until(status)
        assert f"registers: none are set (HUB_REGISTERS__…): {words}" in shown
        assert "asks the registers" not in shown and "asked by" not in shown
        listed = " ".join((await said(stack, "held", "list")).split())
        assert (
            "No register could be asked" in listed
            and "[manual.lookup_unavailable]" in listed
            and "the ward adds the receivers by hand (deltagare)" in listed
        )
    finally:
        await stack.close()
    logged = [json.loads(line) for line in stack.log.read_text().splitlines() if "no_registers_set" in line]
    assert [(one["level"], one["said"]) for one in logged] == [("warning", f"HUB_REGISTERS__… is not set: {words}")]
