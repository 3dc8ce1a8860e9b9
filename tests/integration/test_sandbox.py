"""The sandbox as a newcomer runs it: accounts for every admission and every SIP, and leaves nothing behind, however it is ended."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from hub.directory import load
from hub.processes.profiles.sip import SIP_PROFILES
from hub.sandbox import running, wire
from hub.sandbox.children import free_port
from hub.sandbox.patients import Admissions
from hub.sandbox.played import EXPECTED
from hub.sandbox.register_contents import Contents
from hub.sandbox.registers import SimulatedRegisters
from hub.sandbox.services import DIRECTORY, Services
from hub.sandbox.sip_table import sip_plan, tables
from hub.sandbox.stay_plan import plan
from hub.translators import fhir, native
from hub.translators.soap import folkbokforing as population
from schemas import hub_messages
from schemas.envelope import Message
from schemas.identities import parse_person_id
from schemas.messages import (
    FROM_THE_HUB,
    HUB_SOURCE,
    MESSAGES,
    RECEIPT_TYPE,
    BilingualText,
    NoticeExtensions,
    Receipt,
    as_json,
)
from schemas.person_numbers import holds_person_number
from schemas.svu import UtskrivningAngrad

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WARD, KOMMUN = "SE2321000255-AVD12", "SE2120001132-K01"
NOT_PLAYED = {
    "atkomst", "roll", "narstaende", "kontakt", "felsant", "utskrift", "sip.aterstallning",
}  # fmt: skip
COMMAND = [sys.executable, "-m", "hub.cli", "sandbox"]


def environment(folder, **more):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HUB_") or name == "HUB_CACHE"}
    apart = {"HUB_SANDBOX_DATA": str(folder), "HUB_SANDBOX_PORT": str(free_port())}
    return {**ours, **apart, "HUB_SANDBOX_PACE": "0.6", **more}


def until(process, wanted, within=300):
    """Reads lines until one holds ``wanted``; returns all of them."""
    lines = []
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        assert line, "".join(lines)
        lines.append(line)
        if wanted in line:
            return lines
    raise AssertionError("".join(lines))


def gone_within(seconds, processes):
    return not psutil.wait_procs(processes, timeout=seconds)[1]


@contextmanager
def demo(folder, *options, **more):
    """A sandbox with its data in the folder, as somebody starts it in a terminal."""
    process = subprocess.Popen(
        [*COMMAND, *options],
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.stdout.close()
        process.wait()


def test_the_demo_directory_holds_together_and_has_each_way_in_and_out():
    directory = load(DIRECTORY)
    assert {s.out.way for s in directory.systems} == {"kafka", "webhook"}
    assert {(s.out.way, s.format) for s in directory.systems} == {
        (way, form) for way in ("kafka", "webhook") for form in ("native", "fhir")
    }
    assert {way for s in directory.systems for way in s.ways_in} == {"kafka", "http"}
    parties = [unit.party for unit in directory.units]
    assert (parties.count("slutenvard"), parties.count("oppenvard")) == (4, 10)
    assert {region.profile for region in directory.regions} == set(SIP_PROFILES)
    with_wards = {directory.region_of(unit.hsa).id for unit in directory.units if unit.party == "slutenvard"}
    municipalities = {
        unit.organisation
        for unit in directory.units
        if unit.party == "kommun" and directory.region_of(unit.hsa).id in with_wards
    }
    assert len(municipalities) == 5
    assert all(sum(u.organisation == m for u in directory.units) >= 2 for m in municipalities)
    assert all(unit.hsa.startswith(f"SE{unit.organisation}-") for unit in directory.units)


def test_every_unit_that_the_registers_name_is_in_the_demo_directory():
    directory, contents = load(DIRECTORY), Contents.load()
    centres = {person.centre for person in contents.persons if person.centre}
    assert centres <= set(directory.unit_by_hsa)
    asked_of_hsa = [u.hsa for u in directory.units if u.receives and u.municipality is None]
    assert asked_of_hsa
    assert set(asked_of_hsa) <= {unit.id for unit in contents.units}


def test_forty_stays_have_everything_in_them_and_are_the_same_every_time():
    plots = [plan(1, number) for number in range(1, 41)]
    assert plots == [plan(1, number) for number in range(1, 41)]
    assert {one.consent for one in plots} == {"given", "refused", "menprovning"}
    assert {one.mistake for one in plots} == {None, "reason", "unlicensed"}
    assert {one.interrupted for one in plots} == {None, "new_date", "back"}
    for what in ("odd", "protected", "by_hand", "new_date", "asks", "edited", "undone"):
        assert {getattr(one, what) for one in plots} == {True, False}, what


def test_twenty_sips_are_of_every_region_and_end_in_every_way():
    plots = [sip_plan(number) for number in range(1, 21)]
    ends = {"ended", "revoked", "death", "refused"}
    assert {(one.profile, one.end) for one in plots} == {(profile, end) for profile in SIP_PROFILES for end in ends}
    assert {one.profile for one in plots if one.crossing} == set(SIP_PROFILES)
    assert {one.link for one in plots} == {None, "svu", "by_call"}


@pytest.mark.parametrize("profile", sorted(SIP_PROFILES))
def test_every_row_of_the_table_is_a_message_that_the_region_has(profile):
    table, directory = tables()[profile], load(DIRECTORY)
    assert directory.region_of(table.opener).profile == profile
    assert {table.opener, table.partner, table.guest, table.wrong} <= {None, *directory.unit_by_hsa}
    for act in (*table.acts, *table.answers):
        assert SIP_PROFILES[profile].has(act.send) or not act.send.startswith("sip."), act.send
        assert act.send in MESSAGES
    expected = {(act.send, act.refused) for act in table.acts if act.refused}
    assert expected, "each region has its no"
    assert expected <= set(EXPECTED)
    persons = [person for person in Contents.load().persons if person.sip == profile]
    assert len(persons) >= 4


def test_no_person_of_the_sips_is_admitted():
    directory = load(DIRECTORY)
    wards = [unit for unit in directory.units if unit.party == "slutenvard"]
    source = Admissions(directory, seed=1)
    theirs = {person.id for person in Contents.load().persons if person.sip}
    admitted = {source.take(ward, plan(1, n), f"ref:vk-{n}", f"m-{n}")[1].id for n in range(1, 200) for ward in wards}
    assert theirs
    assert admitted.isdisjoint(theirs)


LAGE = {
    "units": [KOMMUN],
    "case": {"profile": "lifecare", "opened_by": WARD, "status": "open"},
    "meetings": [{"id": "mote-1", "kind": "ny"}],
    "plan": {"version": 1, "current": True, "state": "pagaende", "elements": [{"element": "delmal/ute", "version": 1}]},
}
EDITS = {
    "edits": [
        {"element": "plan", "change": "andrad", "version": 0, "set": {"huvudmal": "Bo hemma"}},
        {"element": "delmal/ute", "change": "tillagd", "set": {"text": "Gå ut"}},
    ]
}
CALL = {"meeting": {"id": "mote-1", "form": "fysiskt", "start": "2026-03-12T10:00:00+01:00"}}


@pytest.mark.parametrize(
    ("name", "data", "facts"),
    [
        ("frist", hub_messages.Frist(name="kallelse_sip", due=NOW), {"name": "kallelse_sip"}),
        ("folkbokforing", hub_messages.Folkbokforing(news="protected"), {"news": "protected"}),
        (
            "adressering",
            hub_messages.Adressering(
                outcome="unlisted", municipality="1281", municipality_unit=KOMMUN, name="Tolvan Tolvansson"
            ),
            {"outcome": "unlisted", "municipality_unit": KOMMUN},
        ),
        ("svu.utskrivning_angrad", UtskrivningAngrad(), {}),
        (
            "sip.lage",
            MESSAGES["sip.lage"].model_validate(LAGE),
            {"profile": "lifecare", "opener": WARD, "meetings": ("mote-1",), "elements": ("delmal/ute",)},
        ),
        ("sip.plan", MESSAGES["sip.plan"].model_validate(EDITS), {"elements": ("plan", "delmal/ute")}),
        ("sip.kallelse", MESSAGES["sip.kallelse"].model_validate(CALL), {"meetings": ("mote-1",)}),
        ("sip.avslut", MESSAGES["sip.avslut"].model_validate({"reason": "Klart"}), {}),
    ],
)
def test_a_party_reads_the_same_from_a_native_notice_and_from_fhir(name, data, facts):
    sender = HUB_SOURCE if name in FROM_THE_HUB else WARD
    actor = (None, None) if sender == HUB_SOURCE else ("SE2321000255-LAKARE1", "lakare")
    message = Message("m-1", sender, name, "case-1", NOW, *actor, data)
    told = NoticeExtensions(
        case="case-1", sequence=7, to=(KOMMUN,), awaits={KOMMUN: "justering"}, skipped=(5, 6),
        state={"tid": {KOMMUN: {"bistandshandlaggare": "red", "sjukskoterska": "yellow"}}},
        may={KOMMUN: ("kvittens", "svu.kartlaggning")},
    )  # fmt: skip
    plain = wire.read(native.attributes(message, as_json(told)), native.write_body(message))
    assert wire.read({}, fhir.write_notice(message, told, created=NOW)) == plain
    assert (plain.unit, plain.sequence, plain.skipped) == (None if sender == HUB_SOURCE else WARD, 7, (5, 6))
    assert plain.awaits == {KOMMUN: "justering"}
    assert plain.state == {KOMMUN: {"tid": "red"}}
    assert plain.may == {KOMMUN: ("kvittens", "svu.kartlaggning")}
    assert plain.facts == facts


def test_a_party_reads_in_both_formats_which_words_stand_after_a_refusal():
    receipt = Receipt(
        message="m-1", code="fatal-error", case="case-1", rule="E-3", element="/data/edits/0",
        text=BilingualText(sv="Läs det som står", en="Read what stands"), warnings=("stands:delmal/ute/text:2:14",),
    )  # fmt: skip
    told = json.loads(receipt.model_dump_json(exclude_none=True))
    plain = wire.read({"type": RECEIPT_TYPE}, json.dumps(told).encode())
    assert wire.read({}, fhir.write_response(receipt, "m-1", created=NOW, event="sip.plan", sender=KOMMUN)) == plain
    assert plain.warnings == ("stands:delmal/ute/text:2:14",)


async def test_the_population_register_learns_while_it_runs():
    tolvan = parse_person_id("191212121212")
    address = "SE165565594230-1000"

    async def record():
        async with httpx.AsyncClient(trust_env=False) as client:
            outgoing = population.request(address, [tolvan])
            answer = await client.post(registers.url("folkbokforing"), content=outgoing.body)
            return population.answer(answer.content).of(tolvan)

    async def change(**fields):
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(registers.url("control"), json={"person": fields})

    async with SimulatedRegisters() as registers:
        assert (await record()).protected is False
        assert (await change(id=tolvan.value, protected=["person"])).status_code == 200
        found = await record()
        assert (found.protected, found.address) == (True, None)
        await change(id=tolvan.value, protected=[], municipality="80", street=None)
        found = await record()
        assert (found.protected, found.municipality) == (False, "1280")
        wrong = await change(id=tolvan.value, protected=["person"], shoe_size=43)
        assert wrong.status_code == 400
        assert "shoe_size" in wrong.text
        assert tolvan.value not in wrong.text


def test_thirty_stays_and_fifteen_sips_are_all_accounted_for_while_another_terminal_has_the_addresses(tmp_path):
    with demo(tmp_path, "--admissions", "30") as process:
        told = "".join(until(process, ": listed: "))  # every part has had a part in it
        is_operated_from_another_terminal(port_of(told))
        told += process.stdout.read()
        assert process.wait() == 0, told
    assert "everything is up after: " in told
    assert re.search(r"^30 admissions and 15 SIPs in", told, re.MULTILINE)
    fates = {
        text: int(n)
        for n, text in re.findall(
            r"^ +(\d+) (discharged|consent|the register marked|refused|unaccounted|SIPs \w+ since the \w+|SIPs \w+)",
            told,
            re.MULTILINE,
        )
    }
    assert fates["unaccounted"] == 0
    assert fates["discharged"] >= 15
    assert fates["consent"] == 3
    assert fates["refused"] == 2
    assert fates["the register marked"] >= 1, "a person became protected during a stay, and the hub learnt it"
    assert re.search(r"^vk-\d+ from .* by .*: protected after ", told, re.MULTILINE)
    assert fates["SIPs ended"] == 5
    assert fates["SIPs ended since the consent"] == 5
    assert fates["SIPs ended since the person"] == 4
    assert fates["SIPs never"] == 1
    wire_line = next(line for line in told.splitlines() if line.startswith("on the wire:"))
    counts = {name: int(n) for n, name in re.findall(r"(\d+) ([a-z ]+)", wire_line)}
    for fault in ("doubled", "out of order", "gaps", "unreadable", "badly signed"):
        assert counts[fault] == 0, wire_line
    assert counts["kvittens"] > 60
    lines = [line for line in told.splitlines() if re.match(r"vk-\d+ from ", line)]
    assert sorted(int(re.match(r"vk-(\d+)", line)[1]) for line in lines) == list(range(1, 31))
    for what in ("refused by V-3", "refused by C-22", "no to SIP, then yes", "interrupted", "discharge undone",
                 "menprövning", "edited and adjusted anew", "unit added", "frist utan_fast_vardkontakt"):  # fmt: skip
        assert any(what in line for line in lines), what
    sips = [line for line in told.splitlines() if re.match(r"sip-\d+ from ", line)]
    assert sorted(int(re.match(r"sip-(\d+)", line)[1]) for line in sips) == list(range(1, 16))
    played = [line for line in sips if "consent refused after" not in line]
    for what in ("meeting changed", "two editors in different fields", "same field at once, refused and sent again"):
        assert all(what in line for line in played), what
    for what in ("crossing regions", "declined by one and asked another", "nobody could come", "consent refused, then given",
                 "no call while consent is refused", "told of its stay", "shared an effort"):  # fmt: skip
        assert any(what in line for line in sips), what
    accepted = next(line for line in told.splitlines() if line.startswith("accepted messages"))
    for name in set(MESSAGES) - FROM_THE_HUB - NOT_PLAYED:
        assert f"{name} " in accepted, name
    assert "NOT EXPECTED" not in told
    assert not holds_person_number(told), "a person's number was shown"
    assert len(told.splitlines()) < 45 * 4, "a flood of lines"
    # The same data again: the second run goes on where the first stopped, and is stopped by Ctrl-C.
    with demo(tmp_path, HUB_SANDBOX_RATE="0.5") as process:
        again = until(process, "vk-31 from")
        if not any("sip-16 from" in line for line in again):
            again += until(process, "sip-16 from")
        parts = parts_of(process)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(40) == 0, rest
        assert "under way when it was stopped" in rest
        assert "NOT EXPECTED" not in rest and "fault:" not in rest
        assert "0 doubled, 0 out of order, 0 gaps, 0 unreadable, 0 badly signed" in rest
        nothing_is_left_of(parts, port_of("".join(again)))


def test_of_a_sandbox_that_is_killed_no_process_is_left(tmp_path):
    with demo(tmp_path) as process:
        told = "".join(until(process, ": listed: "))
        parts = parts_of(process)
        process.kill()
        nothing_is_left_of(parts, port_of(told))


def port_of(told):
    """Of the hub, as the sandbox says it."""
    return re.search(r"^API.*http://127.0.0.1:(\d+)/docs$", told, re.MULTILINE)[1]


def parts_of(process):
    """Its process and all below it: the hub, the broker and the database are among them."""
    parent = psutil.Process(process.pid)
    below = parent.children(recursive=True)
    names = " ".join(part for each in below for part in each.cmdline())
    assert "hub.cli" in names
    assert "kafka.Kafka" in names
    assert "postgres" in names
    return [parent, *below]


def nothing_is_left_of(parts, port):
    """Neither a process, nor the note by which another terminal finds the sandbox."""
    assert gone_within(40, parts)
    status, _, said = in_its_terminal(port, "true")
    assert status == 2 and "no sandbox of yours" in said


def is_operated_from_another_terminal(port):
    """By its commands, its API, and by one of its demo people who signs in."""
    asks = (
        "import os, httpx; print(httpx.get(os.environ['HUB_URL'] + '/units/SE2321000255-AVD12/cases', headers={"
        "'Authorization': 'Bearer ' + os.environ['HUB_TOKEN_SUS_EHR'], 'X-Unit': 'SE2321000255-AVD12',"
        "'X-Actor': 'SE2321000255-P01', 'X-Role': 'lakare'}).status_code)"
    )
    words = f'hub directory show | grep -c "id: sus-ehr"; hub directory history | tail -n +2; python -c "{asks}"'
    status, (found, *history, answered), said = in_its_terminal(port, words)
    assert (status, found, answered, said) == (0, "1", "200", "")
    in_words = " ".join(" ".join(history).split())
    assert re.fullmatch(
        r"1 \S+ \S+ \S+ hub sandbox the demonstration's directory; .* 10 HSA codes of befattning new",
        in_words,
    )
    assert signs_in_and_out(port, "demo-birgitta") == ("Birgitta Sjöström", 200, 401)


def signs_in_and_out(port, person):
    """Who signs in to its operations as one of its demo people, and what they are answered before and after signing out at its provider."""
    hub = f"http://127.0.0.1:{port}"
    with httpx.Client(timeout=10, trust_env=False) as browser:
        back = {"redirect_uri": f"{hub}/console/signed-in"}
        begun = browser.post(f"{hub}/ops/sign-in", json=back).raise_for_status().json()
        page = browser.get(begun["authorization_url"])
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = {name: unescape(value) for name, value in form.items()}
        sent = browser.post(str(page.url.copy_with(query=None)), data={**form, "person": person})
        (code,) = parse_qs(urlsplit(sent.headers["location"]).query)["code"]
        asked = {"state": begun["state"], "proof": begun["proof"], "code": code}
        session = browser.post(f"{hub}/ops/sessions", json=asked).raise_for_status().json()
        bearer = {"authorization": f"Bearer {session['token']}"}
        before = browser.get(f"{hub}/ops/me", headers=bearer).status_code
        browser.get(str(page.url.copy_with(query=None)).replace("/authorize", "/end_session"))
        return session["who"], before, browser.get(f"{hub}/ops/me", headers=bearer).status_code


def in_its_terminal(port, words):
    """Exit status, lines and errors of a shell that has taken up the addresses and tokens of the sandbox with this port."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HUB_") or name == "HUB_CACHE"}
    ours["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{ours['PATH']}"
    command = f'set -e; found="$(hub sandbox env --port {port})"; eval "$found"; {words}'
    done = subprocess.run(["bash", "-c", command], env=ours, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_a_sandbox_is_steered_from_its_own_folder_and_any_other_by_its_port_alone(tmp_path, monkeypatch):
    """The commands of operations never reach another person's hub by chance."""
    monkeypatch.setenv("HUB_CACHE", str(tmp_path))
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    monkeypatch.chdir(here)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / "running" / "1.json"
    assert (
        refused()
        == "hub: no sandbox of yours runs; start one with `make run` or `hub sandbox`, and wait until everything is up"
    )
    with noted_by(os.getppid(), 8400, tmp_path, elsewhere):
        left.write_text(json.dumps({"process": gone.pid, "began": 1.0, "port": 8402, "folder": "", "variables": {}}))
        assert refused() == (
            f"hub: no sandbox runs in this folder ({here}); choose with hub sandbox env --port PORT, of those that run:"
            f" port 8400 (of {elsewhere})"
        )
        assert not left.exists()
        with running.noted(services(8401)):
            assert "export HUB_URL=http://127.0.0.1:8401\n" in taken_up()
            assert "export HUB_REGISTERS__HSA__URL=" in taken_up(), "a `hub run` beside it asks the same registers"
            assert taken_up("--port", "8400") == "export HUB_URL='the other'\n"
            assert refused("--port", "8402") == (
                "hub: no sandbox of yours has port 8402; those that run:"
                f" port 8400 (of {elsewhere}), port 8401 (of {here})"
            )
            (ours,) = set((tmp_path / "running").iterdir()) - {tmp_path / "running" / "other.json"}
            assert ours.stat().st_mode & 0o077 == 0, "the database's password is in it"
    with noted_by(os.getppid(), 8400, tmp_path, here), running.noted(services(8401)):
        assert refused() == (
            "hub: several sandboxes run in this folder; choose with hub sandbox env --port PORT, of those that run:"
            f" port 8400 (of {here}), port 8401 (of {here})"
        )


def taken_up(*words):
    """What `hub sandbox env` prints for the shell."""
    done = CliRunner().invoke(app, ["sandbox", "env", *words])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def refused(*words):
    """The one sentence with which `hub sandbox env` refuses; a shell is given nothing."""
    done = CliRunner().invoke(app, ["sandbox", "env", *words])
    assert (done.exit_code, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    return sentence


def services(port):
    return Services(
        "127.0.0.1:9092",
        "postgresql+psycopg://x",
        port,
        "http://127.0.0.1:1",
        "http://127.0.0.1:3",
        2,
        Path(),
        None,
        load(DIRECTORY),
    )


@contextmanager
def noted_by(process, port, cache, folder):
    """A sandbox of another process, in a folder."""
    note = {
        "process": process,
        "began": psutil.Process(process).create_time(),
        "port": port,
        "folder": str(folder),
    }
    path = cache / "running" / "other.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**note, "variables": {"HUB_URL": "the other"}}))
    yield
    path.unlink()


def test_what_a_killed_demo_left_on_the_disk_is_removed_by_the_next(tmp_path, monkeypatch):
    from hub.sandbox import services

    monkeypatch.delenv("HUB_SANDBOX_DATA", raising=False)
    monkeypatch.setattr(services.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(services.tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"samverkan-sandbox-{gone.pid}-abc"
    left.mkdir()
    alive = tmp_path / f"samverkan-sandbox-{os.getppid()}-def"
    alive.mkdir()
    with services.data_folder() as folder:
        assert Path(folder).is_dir()
        assert not left.exists()
        assert alive.exists()
    assert not Path(folder).exists()
