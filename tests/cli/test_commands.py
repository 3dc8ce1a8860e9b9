"""How every command ends when something is wrong: one sentence that names the setting, the file or the address, an exit status by
one rule (``hub/cli/endings.py``), never a stack trace. The commands are read from the command line itself, so that a new one is
tried like the others.

May import the command line, the settings and the sandbox's children.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hub.cli.endings import ENDINGS, NO_READER, NOT_DONE, NOT_WELL, STOPPED, Commands, NotShown
from hub.cli.ops import Ops
from hub.directory import WrittenFile
from hub.environment import names, refuse_unknown
from hub.errors import Misconfigured, Refused, Unavailable
from hub.ops_client.client import OpsClient
from hub.sandbox.children import free_port
from hub.settings import Sandbox, Settings
from tests.commands import COMMANDS, ROOT, USE_THE_DATABASE, ended, kind, line_of, said

CONTRACTS = Path(__file__).parents[2] / "contracts"
AWAY = "postgresql://hub:hemlig@127.0.0.1:9/hub"
"""Nothing listens there."""
EACH = [pytest.param(words, id=" ".join(words)) for words in COMMANDS]


@pytest.fixture
def folder(tmp_path):
    """A folder with a file where a folder would have to be."""
    (tmp_path / "a-file").write_text("")
    return tmp_path


@pytest.fixture
def end(folder):
    """``ended`` with a command line of the command's own."""

    def run(words, line=None, **settings):
        return ended(words, line_of(words, folder) if line is None else line, folder, **settings)

    return run


# --- every command × every trouble ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", EACH)
def test_every_command_refuses_a_misspelt_setting_and_names_the_nearest(words, end):
    status, _, stderr = end(words, HUB_DATABSE_URL="x")
    assert (status, "HUB_DATABSE_URL: write HUB_DATABASE_URL" in said(stderr)) == (NOT_DONE, True)


@pytest.mark.parametrize("words", EACH)
def test_every_command_tells_its_help_also_where_settings_are_wrong(words, end):
    status, stdout, _ = end(words, [*words, "--help"], HUB_DATABSE_URL="x")
    assert (status, "Usage: " in stdout) == (0, True)


_WITH_A_DATABASE = [words for words in COMMANDS if words not in {("sandbox",), ("console",)}]  # which serve without it
_ADDRESSES_OF_DATABASES = [
    *((words, address) for words in _WITH_A_DATABASE for address in ("x", AWAY)),
    *((("status",), address) for address in ("", "mysql://hub@localhost/hub", "postgresql://hub@localhost:port/hub")),
]
"""Every command with one that is none and one that is away; the other ways of being none are read by one piece of code."""


@pytest.mark.parametrize(("words", "address"), _ADDRESSES_OF_DATABASES, ids=str)
def test_a_database_that_is_wrong_or_away_is_told_with_its_setting(words, address, end):
    settings = {"HUB_DATABASE_URL": address, "HUB_KAFKA_BOOTSTRAP": "127.0.0.1:9", "HUB_HTTP_PORT": str(free_port())}
    status, stdout, stderr = end(words, **settings)
    assert status in {0, NOT_WELL, NOT_DONE}, stdout
    sentence = said(stderr) if stderr else ""
    if words in USE_THE_DATABASE:
        assert status == NOT_DONE
        assert "HUB_DATABASE_URL" in sentence


_PATHS = [
    pytest.param(words, each, id=f"{' '.join(words)} {each.name}")
    for words, command in COMMANDS.items()
    for each in command.params
    if "Path" in kind(each)
]


@pytest.mark.parametrize(("words", "path"), _PATHS)
def test_a_file_that_cannot_be_read_or_a_folder_that_cannot_be_written_is_named(words, path, end, folder):
    status, stdout, stderr = end(words, HUB_DATABASE_URL=AWAY, HUB_TOKEN="x")
    assert status in {NOT_WELL, NOT_DONE}, stdout
    told = said(stderr) if stderr else stdout
    assert "a-file" in told or "HUB_DATABASE_URL" in told, "what was asked first is told: the file, or the database"


_ADDRESSES = [
    pytest.param(words, each, id=f"{' '.join(words)} {each.name}")
    for words, command in COMMANDS.items()
    for each in command.params
    if each.name in {"url", "against"} or each.metavar == "URL"
]


@pytest.mark.parametrize(("words", "option"), _ADDRESSES)
def test_an_address_without_its_scheme_is_told_with_the_option(words, option, end, folder):
    line = [
        *line_of(words, folder),
        *([option.opts[0]] if option.param_type_name == "option" else []),
        "localhost:8400",
    ]
    status, _, stderr = end(words, line)
    assert status == NOT_DONE
    assert option.opts[0] in said(stderr) and "http://" in said(stderr)


_TOKENS = [
    pytest.param(words, each, id=" ".join(words))
    for words, command in COMMANDS.items()
    for each in command.params
    if each.envvar and "TOKEN" in str(each.envvar)
]


@pytest.mark.parametrize(("words", "token"), _TOKENS)
def test_a_token_that_is_missing_or_cannot_be_one_is_told_with_its_option_and_variable(words, token, end, folder):
    (folder / "a-file").write_text("{}")
    line = [each.replace("a-file/inside", "a-file") for each in line_of(words, folder)]
    for wrong in ("", "å\nä"):
        status, _, stderr = end(words, line, **({str(token.envvar): wrong} if wrong else {}))
        assert (status, "token" in said(stderr)) == (NOT_DONE, True)


# --- settings -------------------------------------------------------------------------------------------------------------------

_NONSENSE = {"float": "soon", "int": "many", "bool": "perhaps", "Literal": "some", "Path": ""}
_OF_RUN = {
    "HUB_DATABASE_URL": AWAY,
    "HUB_KAFKA_BOOTSTRAP": "127.0.0.1:9",
    **{f"HUB_REGISTERS__{one}__URL": "https://x" for one in ("FOLKBOKFORING", "LISTING", "HSA")},
    **{f"HUB_OPENID__{one}": "https://x" for one in ("ISSUER", "CLIENT_ID", "REDIRECT_URIS")},
}


def _nonsense(field):
    """Values that the setting cannot have; none where every text may be right."""
    written = str(field.annotation)
    for named, value in _NONSENSE.items():
        if named in written:
            return [value] if value else []
    return []


_WRONG = {
    "HUB_KAFKA_BOOTSTRAP": ["", "kafka://host:9092", "host:port", ":9092"],
    "HUB_HTTP_PORT": ["0", "65536", "-1"],
    "HUB_HTTP_HOST": [""],
    "HUB_DATABASE_POOL": ["0"],
    "HUB_DATABASE_WAIT_S": ["inf", "nan", "0", "-1"],
    "HUB_WEBHOOK_NETWORKS": ["everywhere"],
    "HUB_KAFKA_CA_FILE": ["/there/is/no/such.pem"],
    "HUB_REGISTERS__HSA__CERT_FILE": ["/there/is/no/such.pem"],
    "HUB_REGISTERS__LISTING__URL": ["localhost:8080", "www.example.org", ""],
    "HUB_LOG_LEVEL": ["loud"],
    "HUB_OPENID__ISSUER": ["idp.example.org", ""],
    "HUB_OPENID__REDIRECT_URIS": ["/console", "https://x,console", ","],
    "HUB_OPENID__AFTER_SIGN_OUT": ["/console"],
}


@pytest.mark.parametrize("name", sorted(names(Settings)))
def test_nonsense_in_a_setting_is_told_by_its_name_and_nothing_else_is_blamed(name, monkeypatch):
    from hub.environment import from_environment

    for other in [one for one in os.environ if one.startswith("HUB_")]:
        monkeypatch.delenv(other)
    for other, value in _OF_RUN.items():
        monkeypatch.setenv(other, value)
    assert from_environment() is not None
    for value in [*_nonsense(names(Settings)[name]), *_WRONG.get(name, ())]:
        monkeypatch.setenv(name, value)
        with pytest.raises(Misconfigured) as told:
            from_environment()
        assert str(told.value).startswith(f"{name} is wrong: "), told.value
        assert str(told.value).count("HUB_") == 1


def test_what_is_required_is_asked_for_with_an_example(end):
    status, _, stderr = end(("run",), HUB_REGISTERS__HSA__URL="https://x")
    assert status == NOT_DONE
    for wanted in (
        "HUB_DATABASE_URL (such as postgresql",
        "HUB_KAFKA_BOOTSTRAP (such as ",
        "HUB_REGISTERS__LISTING__URL",
    ):
        assert f"set {wanted}" in said(stderr)


@pytest.mark.parametrize(
    ("name", "value"),
    [("RATE", "often"), ("PACE", "0"), ("PORT", "first"), ("PORT", "70000"), ("DATA", "a-file/inside")],
)
def test_the_sandbox_refuses_nonsense_in_its_settings_before_it_starts_anything(name, value, end, folder):
    status, _, stderr = end(("sandbox",), **{f"HUB_SANDBOX_{name}": value})
    assert status == NOT_DONE
    assert ("a-file" if name == "DATA" else f"HUB_SANDBOX_{name} is wrong") in said(stderr)


def test_every_name_that_something_reads_is_known_and_those_that_kubernetes_and_the_tests_write_are_let_be():
    ours = {
        **dict.fromkeys(names(Settings), ""),
        **dict.fromkeys(names(Sandbox), ""),
        "HUB_TOKEN": "",
        "hub_http_port": "",
    }
    others = {
        "HUB_SERVICE_HOST": "10.0.0.1", "HUB_SERVICE_PORT_HTTP": "8400", "HUB_PORT": "tcp://10.0.0.1:8400",
        "HUB_PORT_8400_TCP_ADDR": "10.0.0.1", "HUB_KAFKA_PORT": "tcp://10.0.0.1:9092",
        "HUB_TEST_ENGINE": "embedded", "HUB_TOKEN_SUS_EHR": "x", "HUB_SECRET_LUND": "x", "HUB_SECRET": "x", "HUBBLE": "",
    }  # fmt: skip
    refuse_unknown(ours | others, ["HUB_TOKEN"])
    for wrong, nearest in {
        "HUB_HTPT_PORT": "HUB_HTTP_PORT",
        "HUB_REGISTER__HSA__URL": "HUB_REGISTERS__HSA__URL",
    }.items():
        with pytest.raises(Misconfigured, match=f"{wrong}: write {nearest}, or unset it"):
            refuse_unknown({wrong: "tcp://x" if wrong == "HUB" else "8400"}, [])
    with pytest.raises(Misconfigured, match="nothing reads HUB_XYZZY: unset it"):
        refuse_unknown({"HUB_XYZZY": ""}, [])


# --- how a command ends ---------------------------------------------------------------------------------------------------------

_ENDS = {
    NotShown: (
        NotShown(OSError(28, "No space left")),
        NOT_WELL,
        "hub: this is done, but its answer could not be shown",
    ),
    BrokenPipeError: (BrokenPipeError(32, "Broken pipe"), NO_READER, ""),
    KeyboardInterrupt: (KeyboardInterrupt(), STOPPED, "hub: stopped\n"),
    Misconfigured: (Misconfigured("set HUB_X"), NOT_DONE, "hub: set HUB_X\n"),
    Unavailable: (Unavailable("database"), NOT_DONE, "HUB_DATABASE_URL"),
    Refused: (Refused("not-held", "Nej.", "No."), NOT_DONE, "hub: No. `hub held list` prints what is held.\n"),
    ModuleNotFoundError: (ModuleNotFoundError(name="orjson"), NOT_DONE, "hub: the package orjson is missing: install"),
    OSError: (
        PermissionError(13, "Permission denied", "out/x"),
        NOT_DONE,
        "hub: out/x cannot be used: Permission denied\n",
    ),
    Exception: (ValueError("191212121212"), NOT_DONE, "a defect of its own, ValueError"),
}


@pytest.mark.parametrize("kind", [kind for kind, _, _ in ENDINGS])
def test_whatever_ends_a_command_becomes_one_sentence_and_a_status(kind):
    raised, status, sentence = _ENDS[kind]
    tried = typer.Typer(cls=Commands)

    @tried.command()
    def fail():
        raise raised

    @tried.command()
    def other():
        """So that the first is named."""

    done = CliRunner().invoke(tried, ["fail"], env={name: None for name in os.environ if name.startswith("HUB_")})
    assert done.exit_code == status
    assert sentence in done.stderr and done.stderr.count("\n") == (1 if sentence else 0)
    assert "Traceback" not in done.stderr and "191212121212" not in done.stderr


def _child(*line, **settings):
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.Popen(
        [sys.executable, "-m", "hub.cli", *line],
        env=bare | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # As a terminal starts it: a shell that runs the tests in the background (`make test &`) hands on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread runs
    )  # fmt: skip


def test_a_reader_that_goes_away_ends_a_command_without_a_word(tmp_path):
    names_ = [tmp_path / f"{n}.json" for n in range(2_000)]
    for each in names_:
        each.write_text("{}")
    child = _child("check", *map(str, names_))
    assert child.stdout.readline()
    child.stdout.close()
    stderr = child.stderr.read()
    child.stderr.close()
    assert (child.wait(60), stderr) == (NO_READER, "")


def test_output_that_cannot_be_written_is_told():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", "--help"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            env={name: value for name, value in os.environ.items() if not name.startswith("HUB_")},
        )  # fmt: skip
    assert done.returncode == NOT_DONE
    assert "No space left" in said(done.stderr)


@pytest.mark.parametrize("words", [("held", "list"), ("migrate",), ("send",)], ids=" ".join)
def test_ctrl_c_ends_a_command_that_waits_for_an_answer_with_a_word_and_the_status_of_a_signal(words, folder):
    (folder / "a-file").write_text("{}")
    line = [each.replace("a-file/inside", "a-file") for each in line_of(words, folder)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = {"HUB_DATABASE_URL": f"postgresql://hub@127.0.0.1:{port}/hub", "HUB_URL": f"http://127.0.0.1:{port}"}
        child = _child(*line, **settings, HUB_TOKEN="x")
        connection, _ = silent.accept()
        assert connection.recv(1), "the command has asked, and waits for the answer"
        child.send_signal(signal.SIGINT)
        _, stderr = child.communicate(timeout=60)
        connection.close()
    assert (child.returncode, stderr) == (STOPPED, "hub: stopped\n")


def test_a_port_that_is_taken_is_told_before_anything_is_begun(end):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {**_OF_RUN, "HUB_HTTP_PORT": str(taken.getsockname()[1])}
        status, _, stderr = end(("run",), **settings)
    assert status == NOT_DONE
    assert "HUB_HTTP_PORT" in said(stderr) and "another program has the port" in stderr


def test_a_host_that_is_not_this_machines_is_told_with_its_setting(end):
    status, _, stderr = end(("run",), **_OF_RUN, HUB_HTTP_HOST="192.0.2.1", HUB_HTTP_PORT=str(free_port()))
    assert (status, "HUB_HTTP_HOST" in said(stderr)) == (NOT_DONE, True)


# --- streams, words, Ctrl-C: what the process itself is given -------------------------------------------------------------------


def _shell(line, folder, **settings):
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        ["bash", "-c", line.replace("hub ", f"{sys.executable} -m hub.cli ", 1)],
        env={**bare, **settings}, cwd=folder, capture_output=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_as_dev_null_and_the_status_is_the_right_one(closed, tmp_path):
    refused = json.loads((CONTRACTS / "invalid" / "data.no-object.json").read_bytes())
    (tmp_path / "faulty.json").write_text(json.dumps(refused["event"]))
    for line, status in {"hub --version": 0, "hub check faulty.json": NOT_WELL, "hub check -": NOT_DONE}.items():
        done = _shell(f"{line} {closed}" + (" < /dev/null" if "<" not in closed else ""), tmp_path)
        assert (done.returncode, done.stderr) == (status, b""), line


def test_what_a_command_opens_never_gets_the_number_of_a_closed_stream(tmp_path):
    told = "import os, sys; from hub.cli import process; process.open_standard_streams()"
    told += "; os._exit(0 if all(os.path.samestat(os.fstat(n), os.stat(os.devnull)) for n in (0, 1, 2)) else 3)"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -c '{told}' <&- >&- 2>&-"],
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
    )
    assert done.returncode == 0


_CHANGE = [words for words, command in COMMANDS.items() if any(each.name == "by" for each in command.params)]
_CHANGE.remove(("held", "show"))  # which is for its answer: without it nothing is done
_CHANGE += [("migrate",)]


@pytest.mark.parametrize("words", _CHANGE, ids=" ".join)
def test_an_act_whose_answer_cannot_be_shown_is_told_as_done(words, folder, monkeypatch, capsys):
    """The act itself is left out: only what becomes of its answer is tried."""

    class Answered(dict):
        """What any act answers: numbers, and times where it has times."""

        def __missing__(self, name):
            if name == "replay":
                return Answered()
            if name in {"rows", "taken"}:
                return []
            return datetime.now(UTC).isoformat() if name in {"since", "old_until", "at", "until"} else 1

    def done(*work):
        work[-1].close()
        return Answered()

    monkeypatch.setattr(asyncio, "run", done)
    monkeypatch.setattr("hub.cli.ops.Ops._waited_for", done)
    monkeypatch.setattr("hub.cli.ops.Ops.rows", lambda *_, **__: [Answered()])
    monkeypatch.setattr("hub.cli.ops._on_the_database", lambda _: nullcontext(Ops(None, OpsClient(None), None)))
    monkeypatch.setattr("hub.directory.read", lambda _: WrittenFile("", {}, ()))
    for name in [one for one in os.environ if one.startswith("HUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HUB_DATABASE_URL", AWAY)
    line = line_of(words, folder) + ([] if words[0] in {"migrate", "announce"} else ["--reason", "y"])
    line += ["--run", "1"] if words == ("dead", "replay") else []  # without it is only counted
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ending:
            ROOT.main(line, prog_name="hub")
        monkeypatch.undo()
    sentence = said(capsys.readouterr().err)
    assert "this is done, but its answer could not be shown: No space left" in sentence
    assert ending.value.code == NOT_WELL


@pytest.mark.parametrize("words", EACH)
def test_a_word_that_is_not_utf_8_is_told_by_its_place_and_never_repeated(words, end, folder):
    for line, named in (
        (["--reason", "p\udce5"], "the value of --reason"),
        (["--reason=p\udce5"], "the value of --reason"),
        (["p\udce5"], f"argument {len(words) + 1}"),
    ):
        status, _, stderr = end(words, [*words, *line])
        assert (status, said(stderr).startswith(f"hub: {named} is not UTF-8: ")) == (NOT_DONE, True), stderr


@pytest.mark.parametrize(
    "line", ["hub timeline $'\\xe5'", "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 hub timeline på"]
)
def test_a_word_in_another_encoding_and_a_locale_without_one_end_in_one_sentence(line, tmp_path):
    done = _shell(line, tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (NOT_DONE, 1)
    assert b"hub: argument 2 is not UTF-8" in done.stderr


def test_swedish_is_shown_also_where_the_locale_says_nothing(tmp_path):
    done = _shell("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 hub check none", tmp_path)
    assert (done.returncode, "kan inte läsas" in done.stdout.decode()) == (NOT_DONE, True)


def test_a_setting_that_is_not_utf_8_is_told_by_its_name(tmp_path):
    done = _shell("HUB_DATABASE_URL=$'\\xe5' hub held list", tmp_path)
    assert (done.returncode, b"hub: HUB_DATABASE_URL is not UTF-8" in done.stderr) == (NOT_DONE, True)


def test_ctrl_c_while_the_commands_are_loaded_ends_with_a_word(tmp_path):
    """The signal comes in the midst of the imports: one of them sends it."""
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    child = _child("held", "list", PYTHONPATH=str(tmp_path))
    stdout, stderr = child.communicate(timeout=120)
    assert (child.returncode, stdout, stderr) == (STOPPED, "", "hub: stopped\n")
