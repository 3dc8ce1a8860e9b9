"""What a person names on the command line: files that are not there, that are something else, or written by hand."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hub import yaml_text
from hub.cli import commands, messages
from hub.cli.app import app
from hub.directory import load
from hub.errors import Misconfigured, Refused

CONTRACTS = Path(__file__).parents[2] / "contracts"
XML = (CONTRACTS / "fhir" / "svu.inskrivning.request.xml").read_bytes()
BUNDLE = (CONTRACTS / "fhir" / "svu.inskrivning.request.json").read_bytes()
EVENT = (CONTRACTS / "valid" / "svu.inskrivning.refused-consent.json").read_bytes()


def _run(*words: str):
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("command", ["check", "send"])
def test_a_file_that_is_not_there_and_a_folder_are_told_in_one_sentence(command, tmp_path):
    assert messages.app is commands.app is app
    for named in (tmp_path / "nofile.json", tmp_path):
        done = _run(command, str(named))
        assert str(named) in done.output
        assert done.output.strip().count("\n") == 0
        assert done.exit_code == 2


@pytest.mark.parametrize("more", [[], ["--verify"]])
def test_contracts_with_a_scenario_that_cannot_be_read_names_its_place_and_writes_nothing(more, tmp_path):
    shutil.copytree(CONTRACTS / "worlds", tmp_path / "worlds")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "v1-slip.yaml").write_text("scenario: x\nrules: [V-1]\nstep: []\n")
    done = _run("contracts", str(tmp_path), *more)
    assert done.exit_code == 2
    assert "v1-slip.yaml:3" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"worlds", "scenarios"}


def test_without_a_token_nothing_is_sent_and_the_sentence_says_what_is_missing(tmp_path):
    (tmp_path / "m.json").write_bytes(EVENT)
    done = _run("send", str(tmp_path / "m.json"), "--url", "http://127.0.0.1:9", "--token", "")
    assert done.exit_code == 2
    assert done.stderr == "hub: give the system's token: --token, or HUB_TOKEN\n"


@pytest.mark.parametrize(
    "name", ["message.xml", "MESSAGE.XML", "message.txt", "message", "message.json", "m.fhir.JSON"]
)
@pytest.mark.parametrize(
    "body",
    [
        XML,
        BUNDLE,
        EVENT,
        b"\xef\xbb\xbf" + EVENT,
        b"\n \t" + BUNDLE,
        XML.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_a_message_is_told_by_what_it_holds_whatever_its_name_ends_in(name, body, tmp_path):
    (tmp_path / name).write_bytes(body)
    done = _run("check", str(tmp_path / name))
    assert (done.exit_code, "ok, svu.inskrivning" in done.output) == (0, True), done.output


def test_a_bundle_that_stands_late_in_its_file_is_a_bundle_and_one_inside_an_event_is_not(tmp_path):
    late = json.dumps({"id": "x" * 900, **json.loads(BUNDLE)}).encode()
    assert messages.media_type_of(late) == "application/fhir+json"
    assert messages.media_type_of(json.dumps({"data": json.loads(BUNDLE)}).encode()) == "application/cloudevents+json"


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    (tmp_path / "good.json").write_bytes(EVENT)
    done = _run("check", str(tmp_path / "none.json"), str(tmp_path / "good.json"))
    assert done.exit_code == 2 and "good.json: ok" in done.output and "none.json cannot be read" in done.output


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_a_file_holds_the_check_ends_in_a_verdict(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(content)
    done = _run("check", str(file))
    assert done.exit_code in {1, 2} and isinstance(done.exception, SystemExit)


DIRECTORY = """
regions:
  - {id: skane, name: "Region Skåne", county: "12", agreement: {cutoff: 12:30}}
organisations:
  - {orgnr: "2321000255", name: "Region Skåne", region: skane}
befattningar: {"206010": sjukskoterska}
units:
  - hsa: SE2321000255-AVD12
    name: "Avdelning 12"
    party: slutenvard
    organisation: "2321000255"
    roles: {sjukskoterska: {kartlaggning: [kvittera]}}
systems:
  - id: ehr
    name: "Journalsystemet"
    organisation: "2321000255"
    units: [SE2321000255-AVD12]
    ways_in: [kafka]
    out: {way: webhook, url: "https://ehr.example/x", secrets: [whsec_%s]}
""" % ("A" * 32)


def _load(tmp_path, content: str | bytes):
    file = tmp_path / "directory.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(file)


def _fault(tmp_path, content: str | bytes) -> str:
    with pytest.raises(Refused) as caught:
        _load(tmp_path, content)
    return caught.value.en


def test_a_clock_time_without_quotes_is_a_clock_time(tmp_path):
    assert _load(tmp_path, DIRECTORY).regions[0].agreement.cutoff.isoformat() == "12:30:00"
    assert _load(tmp_path, DIRECTORY.replace("12:30", '"08:00"')).regions[0].agreement.cutoff.hour == 8


@pytest.mark.parametrize("value", ["750", "12", "12.30", '"12.30"', '"25:00"', '"12:30+01:00"', "noon", "true"])
def test_what_is_no_clock_time_is_told_with_an_example_in_quotes(value, tmp_path):
    said = _fault(tmp_path, DIRECTORY.replace("12:30", value))
    assert "cutoff" in said and 'in quotes, as in "12:30"' in said


NUMBERS = ("[]", "[1e308]", "[0]", "[-1]", "[.inf]", "[.nan]", "[true]", '["3"]', "3", "[1.0e+30]")
LIBRARY = re.compile(
    r"(?i)\b(input|should|valid|string|tuple|unable|parse|pattern|instance|dictionary|validation|error)\b"
)
BESIDE = [  # what stands in the directory, what stands there instead, and what is said of it
    *(("ways_in: [kafka]\n", f"ways_in: [kafka]\n    delivery: {{schedule_s: {n}}}\n", "schedule_s") for n in NUMBERS),
    *(("ways_in: [kafka]\n", f"ways_in: [kafka]\n    delivery: {{{n}}}\n", n.partition(":")[0]) for n in (
        "timeout_s: true", 'timeout_s: "3"', "timeout_s: 0", "timeout_s: 1000", "give_up_s: -1", "give_up_s: .inf",
        "deploy_s: 1.0e+300", "deploy_s: no", "breaker_failures: 0", "breaker_failures: true", "breaker_failures: 1.0",
        "breaker_open_s: .nan", "breaker_open_s: 1.0e+300", "concurrency: 1.5", 'concurrency: "8"', "concurrency: yes")),
    *(("cutoff: 12:30", n, n.partition(":")[0]) for n in (
        'count_day_0: "n"', "count_day_0: 1", "start_days: true", 'start_days: "3"', "start_days: 1.0", "average_days: true",
        "average_days: .nan", "amounts: {2024: -5}", "amounts: {2024: true}", "amounts: {abc: 5}", "amounts: {1: 5}",
        "amounts: 5", "amounts: []", "kvittens_hours: 0", "method: weekly", "sip_positions: 5", "sip_positions: [A B]")),
    *(("    party: slutenvard\n", f"    party: slutenvard\n    receives: {n}\n", "receives") for n in ("1", '"yes"', "0.0", "[]")),
    ("party: slutenvard", "party: sjukhus", "party"),
    ("id: ehr", "id: EHR", "id"),
    ("id: ehr", "id: 12", "id"),
    ("way: webhook", "way: mail", "out"),
    ("way: webhook, ", "", "out"),
    ("https://ehr.example", "ftp://ehr.example", "url"),
    ("secrets: [whsec_%s]" % ("A" * 32), "secrets: []", "secrets"),
    ("secrets: [whsec_%s]" % ("A" * 32), "secrets: [whsec_x]", "secrets.0"),
    ("ways_in: [kafka]", "ways_in: [post]", "ways_in"),
    ("ways_in: [kafka]", "token_sha256: [abc]", "token_sha256"),
    ('"206010"', '"20601"', "befattningar"),
    ("units: [SE2321000255-AVD12]", "units: []", "units"),
    ("units: [SE2321000255-AVD12]", "units: 5", "units"),
    ("- id: ehr", "- 5\n  - id: ehr", "systems.0"),
    ('name: "Avdelning 12"', "name: [1]", "name"),
    ('name: "Avdelning 12"', 'name: ""', "name"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "place"), BESIDE)
def test_what_no_directory_may_hold_is_told_in_one_sentence_of_ours(before, after, place, tmp_path):
    assert before in DIRECTORY
    said = _fault(tmp_path, DIRECTORY.replace(before, after, 1)).splitlines()[1:]
    assert len(said) == 1, said
    where, _, what = said[0].partition(": ")
    assert place in where and what
    assert not LIBRARY.search(what), what
    assert "contracts/schemas" not in what


@pytest.mark.parametrize("empty", ["", "- 1", "7", "text"])
def test_a_file_that_is_no_object_is_told_in_a_sentence_of_ours(empty, tmp_path):
    assert "Give an object" in _fault(tmp_path, empty)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_is_told_by_a_sentence_that_says_utf_8(encoding, tmp_path):
    assert "UTF-8" in _fault(tmp_path, DIRECTORY.encode(encoding))


def test_a_byte_order_mark_and_windows_line_ends_are_passed_over(tmp_path):
    assert _load(tmp_path, b"\xef\xbb\xbf" + DIRECTORY.replace("\n", "\r\n").encode()).systems[0].id == "ehr"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("units:\n", "units: []\nunits:\n"),
        ("    party: slutenvard\n", "    party: kommun\n    party: slutenvard\n"),
        ("{id: skane,", "{id: goteborg, id: skane,"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_line(before, after, tmp_path):
    said = _fault(tmp_path, DIRECTORY.replace(before, after))
    assert "stands twice" in said and "line " in said


@pytest.mark.parametrize("broken", ["a: [", "\ta: 1", "a: b: c", "!!python/object:x {}", "", "- 1", "7", "[" * 5_000])
def test_what_is_no_directory_is_one_message_and_no_trace(broken, tmp_path):
    assert "directory.yaml" in _fault(tmp_path, broken)


def test_digits_without_quotes_are_told_as_that(tmp_path):
    assert "quotes" in _fault(tmp_path, DIRECTORY.replace('"2321000255"', "2321000255"))
    assert _load(tmp_path, DIRECTORY.replace('county: "12"', "county: 01")).regions[0].county == "01"


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_" + "A" * 31,
        "whsec_" + "A" * 25,
        "whsec_" + "A" * 31 + "!",
        "whsec_",
        "A" * 38,
        "whsec_ " + "A" * 32,
        "whsec_" + "A" * 20,
    ],
)
def test_a_secret_that_cannot_sign_is_refused_at_its_place_and_not_repeated(secret, tmp_path):
    said = _fault(tmp_path, DIRECTORY.replace("whsec_" + "A" * 32, f'"{secret}"'))
    assert "secrets.0" in said and "base64" in said
    assert "AAAA" not in said


SECRET = "whsec_" + "A" * 32


@pytest.mark.parametrize("content", [SECRET, f"{SECRET}\r\n", f"  {SECRET}\n\n"])
def test_a_secret_is_the_same_from_a_variable_and_from_a_file_whatever_ends_its_line(content, tmp_path, monkeypatch):
    (tmp_path / "kept").write_bytes(content.encode())
    (tmp_path / "secret").symlink_to("kept")
    monkeypatch.setenv("THE_SECRET", content)
    written = DIRECTORY.replace(f"[{SECRET}]", "[env:THE_SECRET, file:secret]")
    assert _load(tmp_path, written).systems[0].out.secrets == (SECRET, SECRET)


@pytest.mark.parametrize(
    ("reference", "wrong"),
    [
        ("file:none", "is not there"),
        ("file:empty", "is empty"),
        ("file:latin", "is not UTF-8"),
        ("file:folder", "is a folder"),
        ("file:fifo", "is no regular file"),
        ("file:/dev/zero", "is no regular file"),
        ("file:long", "is larger than 4096 bytes"),
        ("env:NONE", "is not there"),
        ("env:EMPTY", "is empty"),
        ("env:LATIN", "is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_secret_that_is_elsewhere_is_told_with_its_system_and_reference(
    reference, wrong, tmp_path, monkeypatch
):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for name, content in {"empty": b" \n", "latin": b"\xe5", "long": b"A" * 5_000}.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.delenv("NONE", raising=False)
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("LATIN", os.fsdecode(b"\xe5"))
    said = _fault(tmp_path, DIRECTORY.replace(SECRET, reference))
    assert said.startswith(f"system ehr: {reference} {wrong}")
    assert said.endswith("so nothing could be sent to it")


def test_a_secret_elsewhere_that_cannot_sign_is_told_with_its_system_and_reference(tmp_path):
    (tmp_path / "short").write_text("whsec_AAAA")
    said = _fault(tmp_path, DIRECTORY.replace(f"[{SECRET}]", f"[{SECRET}, file:short]"))
    assert "secrets.1 (system ehr, file:short): a secret is whsec_" in said and "AAAA" not in said
    assert "secrets.0 (system ehr, written out here): " in _fault(tmp_path, DIRECTORY.replace(SECRET, "whsec_AAAA"))


def test_a_directory_that_never_ends_is_refused():
    with pytest.raises(Misconfigured, match="/dev/zero is larger than 64 MB, which no directory is"):
        load(Path("/dev/zero"))


def test_a_unit_of_the_test_environment_brings_its_prefix_and_a_region_its_own_numbers(tmp_path):
    plain = _load(tmp_path, DIRECTORY).identities
    assert (plain.hsa_prefixes, plain.regional_patterns) == (("SE",), ())
    tested = _load(tmp_path, DIRECTORY.replace("SE2321000255-AVD12", "TSTNMT2321000156-1002")).identities
    assert tested.hsa_prefixes == ("SE", "TSTNMT")
    west = DIRECTORY.replace('county: "12"', 'county: "14", reserve_numbers: true')
    assert [pattern.region for pattern in _load(tmp_path, west).identities.regional_patterns] == ["14"]
    assert "reserve_numbers" in _fault(
        tmp_path, DIRECTORY.replace('county: "12"', 'county: "12", reserve_numbers: true')
    )


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(0, 10**6)
        | st.from_regex(r"[a-zåäö ]{1,8}|[0-9]{2}:[0-9]{2}|0[0-9]{1,4}|20[0-9]{2}-0[1-9]-1[0-9]", fullmatch=True),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_what_was_written_as_yaml_reads_as_it_was(content):
    raw = yaml.safe_dump(content, allow_unicode=True).encode()
    assert yaml_text.load(raw) == content
