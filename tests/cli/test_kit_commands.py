"""The kit's commands about a report, as a person calls them."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import pty
import shutil
import signal
import stat
import struct
import subprocess
import sys
import termios
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from hub import cli
from hub.cli.app import app
from hub.kit.faults.table import FAULTS
from hub.kit.record import Finding, Run, ScenarioRun
from hub.kit.report.canonical import canonical
from hub.kit.report.keys import signing_key
from hub.kit.report.write import write_report

GOOD = ScenarioRun("v16-a-whole-stay", "a whole stay", ("V-1",), findings=(Finding(1, "acknowledges it", "ok"),))
RUN = Run(1, "1.0.0", "0.1.0", "lund_kommun", "webhook", "native", "svu", "2026-03-02T09:00:00+01:00", (GOOD,))


def call(*arguments: object) -> tuple[int, str]:
    """(exit status, output)."""
    found = CliRunner().invoke(app, ["kit", *map(str, arguments)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


@pytest.fixture
def signed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, said = call("keys", "--owner", "Region Skåne", "--out", "lab.pem")
    assert status == 0
    assert "lab.pem.pub is for whoever reads them" in said
    write_report(RUN, tmp_path / "report", signing_key(tmp_path / "lab.pem"), [])
    return tmp_path / "report" / "report.json"


def test_a_genuine_report_ends_with_0_and_says_whose_it_is(signed):
    status, said = call("verify", signed, "--public-key", "lab.pem.pub")
    assert status == 0
    assert said.startswith("It is as Region Skåne signed it")


def test_a_report_that_was_changed_or_is_anothers_ends_with_1_and_says_why(signed):
    call("keys", "--owner", "Another", "--out", "other.pem")
    status, said = call("verify", signed, "--public-key", "other.pem.pub")
    assert status == 1
    assert said.startswith("NOT GENUINE: It is not signed by Another")
    signed.write_text(signed.read_text(encoding="utf-8").replace("lund_kommun", "lund_avd12"), encoding="utf-8")
    status, said = call("verify", signed)
    assert status == 1
    assert "NOT GENUINE: The signature does not hold" in said


def test_what_cannot_be_read_ends_with_2_and_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["hub", "kit", "verify", str(tmp_path / "none.json")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"hub: {tmp_path / 'none.json'} cannot be read: No such file or directory\n"


def test_the_faults_are_listed_in_both_languages():
    status, said = call("faults")
    assert status == 0
    for fault in FAULTS.values():
        assert fault.good.en in said
        assert fault.good.sv in said
        assert f"Over Kafka: {fault.over_kafka}" in said


@pytest.mark.parametrize("what", ["list", "faults"])
def test_on_a_terminal_no_line_is_longer_than_it_is_wide_and_a_program_reads_each_whole(what):
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {
        name: value for name, value in os.environ.items() if name != "COLUMNS" and not name.startswith("HUB_")
    }
    with subprocess.Popen([sys.executable, "-m", "hub.cli", "kit", what], stdout=its, env=environment) as shown:
        os.close(its)
        said = b""
        with contextlib.suppress(OSError):  # the terminal ends with the command
            while part := os.read(ours, 65536):
                said += part
        assert shown.wait() == 0
    os.close(ours)
    _, whole = call(what)
    assert max(map(len, said.decode().splitlines())) <= 80 < max(map(len, whole.splitlines()))
    assert said.decode().split() == whole.split()


def test_half_a_setting_of_the_vendors_broker_and_an_address_that_is_none_are_said_before_anything_is_played(
    monkeypatch,
):
    monkeypatch.setenv("HUB_KAFKA_SASL", "PLAIN")
    status, said = call("serve", "--as", "lund_kommun", "--kafka", "127.0.0.1:9")
    assert (status, said) == (2, "hub: HUB_KAFKA_SASL needs HUB_KAFKA_USERNAME and HUB_KAFKA_PASSWORD\n")
    status, said = call("serve", "--as", "lund_kommun", "--kafka", "https://broker")
    assert status == 2
    assert "'--kafka': give host:port" in said


def _anew(report, change):
    """The report as its owner would write it with something changed, but for the signature."""
    document = json.loads(report.read_bytes())
    change(document)
    report.write_bytes(canonical(document) + b"\n")


def _better(document):
    document["verdicts"]["outcome"] = "interrupted"


def _with_another_key(document):
    made = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    document["signer"]["public_key"] = base64.b64encode(made).decode()


def _in_another_form(document):
    document["format"] = "samverkan-kit-report/2"


@pytest.mark.parametrize(
    ("spoil", "status", "says"),
    [
        (lambda report: _anew(report, _better), 1, "NOT GENUINE: The signature does not hold"),
        (lambda report: _anew(report, _with_another_key), 1, "or another has put his key in it"),
        (lambda report: report.write_bytes(report.read_bytes()[:-300]), 2, "is no report of the kit"),
        (lambda report: report.write_bytes(b""), 2, "is no report of the kit"),
        (lambda report: _anew(report, _in_another_form), 2, "is a report in another form than this program reads"),
    ],
)
def test_of_a_report_that_is_not_as_it_was_signed_it_is_said_what_is_wrong_with_it(signed, spoil, status, says):
    spoil(signed)
    found, said = call("verify", signed, "--public-key", "lab.pem.pub")
    assert found == status
    assert says in said
    assert "as it should be" not in said


def test_a_genuine_report_of_another_contract_ends_with_1_and_says_which(tmp_path, signed, monkeypatch):
    monkeypatch.setattr("hub.kit.report.write.contract_digest", lambda: "sha256:" + "0" * 64)
    write_report(replace(RUN, contract="0.9.0"), tmp_path / "old", signing_key(tmp_path / "lab.pem"), [])
    status, said = call("verify", tmp_path / "old" / "report.html", "--public-key", "lab.pem.pub")
    assert status == 1
    assert "It is as Region Skåne signed it" in said
    assert "OF ANOTHER CONTRACT: It tried contract 0.9.0 as of version 0.1.0" in said


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"scenarios": (replace(GOOD, findings=(replace(GOOD.findings[0], outcome="wrong"),)),)}, "✗ wrong"),
        ({"scenarios": (replace(GOOD, findings=()),)}, "– not tried"),
        ({"scenarios": (replace(GOOD, interrupted=True),)}, "– stopped before its end"),
    ],
)
def test_a_genuine_report_of_a_run_that_was_not_well_ends_with_1_and_says_so(tmp_path, signed, how, says):
    write_report(replace(RUN, **how), tmp_path / "bad", signing_key(tmp_path / "lab.pem"), [])
    for name in ("report.json", "report.html"):
        status, said = call("verify", tmp_path / "bad" / name, "--public-key", "lab.pem.pub")
        assert status == 1
        assert said.startswith("It is as Region Skåne signed it")
        assert f"NOT PASSED: The report is genuine, and it says of lund_kommun: {says}." in said


def test_git_passes_over_what_the_readme_lets_the_kit_and_a_receiver_write(tmp_path):
    root = Path(__file__).parents[2]
    steps = (root / "README.md").read_text(encoding="utf-8")
    assert "--report report --key kit-key.pem" in steps
    assert "receivers/python/receiver.py" in steps
    shutil.copy(root / ".gitignore", tmp_path)
    call("keys", "--owner", "Region Skåne", "--out", tmp_path / "kit-key.pem")
    write_report(RUN, tmp_path / "report", None, [])
    (tmp_path / "receiver.db").touch()  # the receiver's STORE, where none is set
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    left = subprocess.run(
        ["git", "-C", tmp_path, "status", "--porcelain"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert left == ["??", ".gitignore"]


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, 0),
        ({"scenarios": (replace(GOOD, findings=(replace(GOOD.findings[0], outcome="wrong"),)),)}, 1),
        ({"scenarios": (replace(GOOD, findings=()),)}, 2),
        ({"scenarios": (GOOD, replace(GOOD, findings=(), interrupted=True)), "stopped_by": signal.SIGTERM}, 143),
    ],
)
def test_ci_learns_the_outcome_by_the_exit_status_and_by_a_file_of_its_own(tmp_path, monkeypatch, how, status):
    async def played(*_: object) -> Run:
        return replace(RUN, **how)

    monkeypatch.setattr("hub.kit.serve.serve", played)
    junit = tmp_path / "ci.xml"
    assert call("serve", "--as", "lund_kommun", "--against", "http://127.0.0.1:9", "--junit", junit)[0] == status
    cases = {case.get("name"): [child.tag for child in case] for case in ET.parse(junit).iter("testcase")}
    assert cases["v16-a-whole-stay"] == [[], ["failure"], ["skipped"], ["skipped"]][min(status, 3)]
    assert [one.name for one in tmp_path.iterdir()] == ["ci.xml"]


@pytest.mark.parametrize("option", ["--report", "--junit"])
def test_a_place_that_cannot_be_written_is_said_before_anything_is_played(tmp_path, option):
    (tmp_path / "file").touch()
    status, said = call(
        "serve", "--as", "lund_kommun", "--against", "http://127.0.0.1:9", option, tmp_path / "file" / "in"
    )
    assert status == 2
    assert f"--report, --junit: {tmp_path / 'file'}" in said


def test_a_key_without_a_report_to_sign_is_said(signed):
    status, said = call("serve", "--as", "lund_kommun", "--against", "http://127.0.0.1:9", "--key", "lab.pem")
    assert status == 2
    assert "name the folder for it with --report" in said


AGAINST = ("serve", "--as", "lund_kommun", "--against", "http://127.0.0.1:9")


@pytest.fixture
def played(monkeypatch):
    """The runs that the kit has played, each of them good."""
    runs = []

    async def play(*_: object) -> Run:
        runs.append(RUN)
        return RUN

    monkeypatch.setattr("hub.kit.serve.serve", play)
    return runs


@pytest.mark.parametrize("name", ["pipe", "report.json", "report.html", "junit.xml"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_where_a_file_is_to_be_is_refused_before_the_run_and_left_as_it_is(tmp_path, played, name, linked):
    pipe = tmp_path / "the-pipe" if linked else tmp_path / name
    os.mkfifo(pipe)
    if linked:
        (tmp_path / name).symlink_to(pipe)
    where = ("--junit", tmp_path / name) if name == "pipe" else ("--report", tmp_path)
    status, said = call(*AGAINST, *where)
    assert status == 2
    assert f"{tmp_path / name} is there and is no ordinary file" in said
    assert played == []
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert (tmp_path / name).is_symlink() == linked


def test_a_pipe_that_comes_during_the_run_is_left_as_it_is(tmp_path, monkeypatch):
    async def play(*_: object) -> Run:
        os.mkfifo(tmp_path / "ci.xml")
        return RUN

    monkeypatch.setattr("hub.kit.serve.serve", play)
    status, said = call(*AGAINST, "--junit", tmp_path / "ci.xml")
    assert (status, "no ordinary file" in said) == (2, True)
    assert stat.S_ISFIFO((tmp_path / "ci.xml").lstat().st_mode)


@pytest.mark.parametrize("is_there", [True, False])
def test_the_file_at_the_end_of_a_link_is_written_and_the_link_stays(tmp_path, played, is_there):
    (tmp_path / "other").mkdir()
    target, link = tmp_path / "other" / "real.xml", tmp_path / "ci.xml"
    if is_there:
        target.write_text("of yesterday")
    link.symlink_to(target)
    assert call(*AGAINST, "--junit", link)[0] == 0
    assert played == [RUN]
    assert link.is_symlink()
    assert ET.parse(target).getroot().tag == "testsuites"
    assert sorted(one.name for one in (tmp_path / "other").iterdir()) == ["real.xml"]


def test_a_file_into_which_the_command_prints_is_not_written_over(tmp_path, played):
    log = tmp_path / "log"
    with log.open("w") as into:
        kept = os.dup(2)
        os.dup2(into.fileno(), 2)
        try:
            status, said = call(*AGAINST, "--junit", log)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    assert (status, played) == (2, [])
    assert f"{log} takes what this command prints" in said


@pytest.mark.parametrize("option", ["--report", "--junit", "--key"])
def test_an_empty_name_of_a_file_is_not_the_present_folder(tmp_path, monkeypatch, played, option):
    monkeypatch.chdir(tmp_path)
    status, said = call(*AGAINST, option, "")
    assert (status, played) == (2, [])
    assert f"'{option}': it is empty" in said
    assert list(tmp_path.iterdir()) == []


def test_the_key_that_signs_is_not_written_over_by_junit(signed, played):
    before = signed.parent.with_name("lab.pem").read_bytes()
    status, said = call(*AGAINST, "--report", "again", "--key", "lab.pem", "--junit", "./lab.pem")
    assert (status, played) == (2, [])
    assert "it is the private key" in said
    assert signed.parent.with_name("lab.pem").read_bytes() == before


@pytest.mark.parametrize("half", ["new.pem", "new.pem.pub"])
def test_keys_are_written_over_nothing_that_is_there_not_even_a_link(tmp_path, half):
    (tmp_path / half).symlink_to(tmp_path / "elsewhere")
    status, said = call("keys", "--owner", "Region Skåne", "--out", tmp_path / "new.pem")
    assert status == 2
    assert f"{tmp_path / half} is there already" in said
    assert [one.name for one in tmp_path.iterdir()] == [half]


@pytest.mark.parametrize(("out", "says"), [("", "it is empty"), (".", "it is a folder")])
def test_keys_need_the_name_of_a_file(tmp_path, monkeypatch, out, says):
    monkeypatch.chdir(tmp_path)
    status, said = call("keys", "--owner", "Region Skåne", "--out", out)
    assert status == 2
    assert says in said
