"""Every scenario under contracts/, in memory; and what the runner says of one that cannot be played or fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.intake import notices
from hub.intake.batch import Batch
from hub.scenarios import ScenarioFile, Unusable, check, load, play

FOLDER = Path(__file__).parents[2] / "contracts" / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))


def _file(path: Path):
    return pytest.param(path, id=path.stem)


@pytest.mark.parametrize("path", [_file(path) for path in FILES])
def test_the_scenario_holds(path: Path):
    report = play(ScenarioFile(path))
    assert report.ok, f"\n{report}"


def test_every_outcome_of_addressing_is_played():
    from typing import get_args

    from schemas.hub_messages import AddressingOutcome

    world = load(FOLDER.parent / "worlds" / "standard.yaml")
    texts = "".join(path.read_text() for path in FILES)
    played = {person.outcome for number, person in world.persons.items() if number in texts}
    assert played == set(get_args(AddressingOutcome))


def test_no_system_is_left_with_a_gap_in_a_case(monkeypatch: pytest.MonkeyPatch):
    """messages.md §2: between two notices lies nothing that is not the system's own act or named in ``skipped``; what was
    skipped, or came before a system's first, may come later as a replay.
    """
    seen: dict[tuple[str, str], list[tuple[int, tuple[int, ...] | None]]] = {}
    real_notices, real_settle = notices.notices, Batch.settle

    def followed(*given):
        items = real_notices(*given)
        for item in items:
            if not item.content.replay:
                seen.setdefault((item.system, item.case_id), []).append((item.sequence, item.content.skipped))
        return items

    def settle(batch, arrival, receipt, case_id, decision):
        if case_id is not None:
            seen.setdefault((arrival.system_id, case_id), []).append((receipt.sequence, None))
        return real_settle(batch, arrival, receipt, case_id, decision)

    monkeypatch.setattr(notices, "notices", followed)
    monkeypatch.setattr(Batch, "settle", settle)
    for path in FILES:
        play(ScenarioFile(path))
    assert seen
    for (system, _), acts in seen.items():
        if system == "hub":
            continue
        known = {acts[0][0]}
        for sequence, skipped in acts[1:]:
            known |= {sequence, *(skipped or ())}
            told = skipped is not None
            assert not told or known >= set(range(min(known), sequence + 1)), (system, acts)


GOOD = """\
scenario: a scenario of the tests
rules: [V-1]
clock: 2026-03-02T09:00:00+01:00
steps:
  - send: svu.inskrivning
    from: lund_avd12
    data: {patient: {personnummer: "191212121212"}, draft: true}
    notices: {}
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "one.yaml"
    path.write_text(text)
    return path


def test_a_scenario_elsewhere_finds_the_standard_world(tmp_path: Path):
    assert play(ScenarioFile(_write(tmp_path, GOOD))).ok


@pytest.mark.parametrize(
    ("was", "is_", "line", "says"),
    [
        ("    from: lund_avd12", "    form: lund_avd12", 5, "/steps/0/from: Field required"),
        (
            "    from: lund_avd12",
            "    from: lund_avd12\n    to: x",
            7,
            "/steps/0/to: unknown key; here may stand case, send, as, from",
        ),
        ("from: lund_avd12", "from: lund_avd99", 6, "/steps/0/from: the world standard has no unit lund_avd99"),
        ("from: lund_avd12", "from: vc_nedlagd", 6, "vc_nedlagd is served by no system"),
        (
            "notices: {}",
            "notices: {vc_borta: {}}",
            8,
            "/steps/0/notices/vc_borta: the world standard has no unit vc_borta",
        ),
        ("notices: {}", "notices: {lund_kommun: {awaits: svarar}}", 8, "/steps/0/notices/lund_kommun/awaits: Input"),
        (
            "notices: {}",
            "notices: {lund_kommun: {holds: {patient: x}}}",
            8,
            "/steps/0/notices/lund_kommun/holds/patient",
        ),
        (
            "notices: {}",
            "notices: {}\n  - liability: {starts: tomorrow}",
            9,
            "/steps/1/liability/starts: Input should be",
        ),
        ("notices: {}", "notices: {}\n  - liability: {begins: null}", 9, "/steps/1/liability/begins: unknown key"),
        (
            "notices: {}",
            "notices: {}\n  - at: tomorrow",
            9,
            "/steps/1/at: say how long after the scenario's clock, as +26h",
        ),
        ("notices: {}", "notices: {}\n  - at: +2h\n  - at: +1h", 10, "the clock does not go back"),
        ("notices: {}", "notices: {}\n  - state: {intagning: {lund_avd12: red}}", 9, "svu has no step intagning"),
        ("notices: {}", "notices: {}\n    notices: {}", 9, "the key notices stands twice"),
        ("rules: [V-1]", "rules: []", 2, "/rules: Tuple should have at least 1 item"),
        ("rules: [V-1]", "rules: [V-1]\nworld: moon", 3, "/world: there is no world moon"),
        ("+01:00", "", 3, "/clock: Input should have timezone info"),
        ("steps:", "steps: [", 5, "expected"),
    ],
)
def test_what_cannot_be_played_names_file_line_and_element(tmp_path: Path, was: str, is_: str, line: int, says: str):
    path = _write(tmp_path, GOOD.replace(was, is_, 1))
    with pytest.raises(Unusable) as caught:
        play(ScenarioFile(path))
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert caught.value.faults[0].line == line


def test_a_file_that_is_not_there_or_no_mapping_is_named(tmp_path: Path):
    with pytest.raises(Unusable, match="cannot be read"):
        ScenarioFile(tmp_path / "none.yaml")
    with pytest.raises(Unusable, match="not a YAML mapping"):
        ScenarioFile(_write(tmp_path, "- one"))


def test_the_report_says_step_expected_and_got(tmp_path: Path, capsys):
    text = GOOD.replace(
        "notices: {}", "receipt: {code: fatal-error, rule: V-1}\n    notices: {vc_lomma: {awaits: kvittens}}"
    )
    text += "  - state: {inskrivning: {lund_avd12: red, vc_lomma: red}}\n  - history: [svu.inskrivning]\n"
    assert check([_write(tmp_path, text)]) == 1
    said = capsys.readouterr().out
    assert "FAIL one.yaml: a scenario of the tests [V-1]" in said
    assert "step 1 (line 5), receipt of svu.inskrivning\n    expected  code fatal-error, rule V-1\n" in said
    assert "got       code ok" in said
    assert "expected  vc_lomma (awaits kvittens)\n    got       nobody" in said
    assert "step 2 (line 10), inskrivning of lund_avd12\n    expected  red\n    got       grey" in said
    assert "inskrivning of vc_lomma\n    expected  red\n    got       takes no part" in said
    assert "expected  svu.inskrivning\n    got       svu.inskrivning, adressering" in said
    assert "0 of 1 scenarios as written" in said


def test_what_a_notice_is_of_holds_and_lacks_is_compared(tmp_path: Path):
    text = (FOLDER / "v4-a-notice-shows-patient-information-and-consent.yaml").read_text()
    assert play(ScenarioFile(_write(tmp_path, text))).ok
    for was, is_, says in (
        (
            "/patient/name: Elsa Testberg",
            "/patient/name: Elsa",
            "/patient/name\n    expected  Elsa\n    got       Elsa Testberg",
        ),
        (
            "/samtycke/others: Dottern",
            "/samtycke/other: Dottern",
            "/samtycke/other\n    expected  Dottern\n    got       nothing",
        ),
        ("tells: [svu.inskrivning]", "tells: []", "to vc_lomma\n    expected  nothing\n    got       svu.inskrivning"),
        (
            "lacks: [/samtycke/others]",
            "lacks: [/samtycke/outcome]",
            "/samtycke/outcome\n    expected  nothing\n    got       given",
        ),
    ):
        assert says in str(play(ScenarioFile(_write(tmp_path, text.replace(was, is_, 1))))), says


def test_check_takes_folders_and_files_and_fails_on_none(tmp_path: Path, capsys):
    assert check([]) == 1
    _write(tmp_path, GOOD)
    assert check([tmp_path]) == 0
    assert "1 of 1 scenarios as written" in capsys.readouterr().out
    (tmp_path / "two.yaml").write_text("scenario: [")
    assert check([tmp_path]) == 1


def test_the_laws_clock_is_asked_of_a_case(tmp_path: Path):
    head, _, _ = GOOD.partition("  - send")
    report = play(ScenarioFile(_write(tmp_path, head + "  - liability: {starts: null}\n")))
    assert [difference.got for difference in report.differences] == ["there is no case yet"]
