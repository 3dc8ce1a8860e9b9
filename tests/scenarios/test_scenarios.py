"""Every scenario under contracts/, in memory; and what the runner says of one that cannot be played or fails."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from hub.catalogue import rule_uses
from hub.intake import notices
from hub.intake.batch import Batch
from hub.scenarios import Report, ScenarioFile, Unusable, check, play
from tests.published import scenario

FOLDER = Path(__file__).parents[2] / "contracts" / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))


def _file(path: Path):
    return pytest.param(path, id=path.stem)


Seen = dict[tuple[str, str], list[tuple[int, tuple[int, ...] | None]]]
"""(system, case) → what it knows, in order: the sequence, and what the notice said was skipped (None: its own act)."""


@cache
def played(path: Path) -> tuple[Report, Seen]:
    """A scenario, played once for all who ask; and what each system knew of each case meanwhile."""
    found: Seen = {}
    real_notices, real_settle = notices.notices, Batch.settle

    def followed(*given):
        items = real_notices(*given)
        for item in items:
            if not item.content.replay:
                found.setdefault((item.system, item.case_id), []).append((item.sequence, item.content.skipped))
        return items

    def settle(batch, arrival, receipt, in_json, case_id, decision):
        if case_id is not None:
            found.setdefault((arrival.system_id, case_id), []).append((receipt.sequence, None))
        return real_settle(batch, arrival, receipt, in_json, case_id, decision)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(notices, "notices", followed)
        monkeypatch.setattr(Batch, "settle", settle)
        return play(scenario(path.name)), found


def gaps(seen: Seen) -> list[tuple[str, int]]:
    """(system, sequence) of each notice before which something is missing. messages.md §2: between two notices lies nothing that is not
    the system's own act or named in ``skipped``; what was skipped, or came before a system's first, may come later as a replay.
    """
    missing = []
    for (system, _), acts in seen.items():
        known = {acts[0][0]}
        for sequence, skipped in acts[1:]:
            known |= {sequence, *(skipped or ())}
            if skipped is not None and system != "hub" and not known >= set(range(min(known), sequence + 1)):
                missing.append((system, sequence))
    return missing


@pytest.mark.parametrize("path", [_file(path) for path in FILES])
def test_the_scenario_holds_and_leaves_no_system_with_a_gap_in_a_case(path: Path):
    report, seen = played(path)
    assert report.ok, f"\n{report}"
    assert gaps(seen) == []


def test_every_party_of_a_whole_stay_is_looked_at():
    _, seen = played(FOLDER / "v16-a-whole-stay.yaml")
    assert len({system for system, _ in seen} - {"hub"}) == 3


def test_a_notice_that_is_left_out_is_a_gap_and_one_that_is_named_or_an_act_of_ones_own_is_none():
    whole = [(2, ()), (3, None), (5, (4,)), (6, ())]
    assert gaps({("ehr", "case"): whole}) == []
    assert gaps({("ehr", "case"): [*whole, (8, ())]}) == [("ehr", 8)]


@pytest.mark.parametrize("rule", rule_uses.uses())
def test_every_rule_is_seen_to_accept_and_to_refuse_or_it_is_said_why_it_cannot(rule: str):
    shown = [report for report, _ in map(played, FILES) if rule in report.rules]
    assert any(code == "ok" for report in shown for code, _ in report.answered)
    refused = any(("fatal-error", rule) in report.answered for report in shown)
    assert refused is not (rule in rule_uses.REFUSES_NOTHING)


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
        ("notices: {}", "notices: {}\n  - state: {intagning: {lund_avd12: red}}", 9, "no process has a step intagning"),
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


FAULTY = """\
scenario: a scenario with many faults
rules: [V-1]
clock: 2026-03-02T09:00:00+01:00
cases: {elsa: ref:elsa}
profile: {skane: mina_planer, vastra_gotland: samsa}
extra: 1
steps:
  - send: svu.inskrivnin
    case: elsas
    as: admission
    from: lund_avd1
    role: sjukskoterkska
    data: {patient: {personnummer: "191212121212"}, draft: true}
    notice: {}
  - send: svu.inskrivning
    as: admission
    from: lund_avd12
    role: sjukskoterkska
    data: {unit: vc_loma}
    notices: {vc_lomma: {gets: [{mesage: frist}], tells: [fris]}}
  - send: kvittens
    as: receipt
    from: vc_lomma
    subject: admisson
    data: {message: admissionen}
    systems: {lund-omsorgen: [{message: frist, to: [lund_komun], may: [kvitens]}]}
  - snd: kvittens
  - at: 2026-03-29T02:30
    receipts: {receit: ok}
  - state: {inskrivningen: {vc_loma: red}}
  - deadlines: {kvittens_forsenad/inskrivnin: null, kallelse: null}
  - view: vc_nedlagd
  - search: "191212121212"
    from: vc_lomma
    cases: [tolvan]
  - print: kartlagning
    from: vc_lomma
  - history: [frist, adresering]
"""


def test_all_faults_of_a_file_are_told_at_once_each_with_its_line_and_what_was_meant(tmp_path: Path, capsys):
    path = _write(tmp_path, FAULTY)
    with pytest.raises(Unusable) as caught:
        ScenarioFile(path)
    told = [f"{fault.line}: {fault.element}: {fault.text}" for fault in caught.value.faults]
    assert str(caught.value).splitlines() == [f"{path}:{one}" for one in told]
    known = "here may stand scenario, rules, begins, profile, world, cases, late, clock, steps"
    for expected in (
        "5: /profile/vastra_gotland: the world standard has no region vastra_gotland, did you mean vastra_gotaland?",
        f"6: /extra: unknown key; {known}",
        "8: /steps/0/send: there is no message svu.inskrivnin, did you mean svu.inskrivning?",
        "9: /steps/0/case: the scenario has among its cases none named elsas, did you mean elsa?",
        "11: /steps/0/from: the world standard has no unit lund_avd1, did you mean lund_avd12?",
        "14: /steps/0/notice: unknown key, did you mean notices?; here may stand",
        "16: /steps/1/as: a message before this one is named admission already",
        "18: /steps/1/role: lund_avd12 has no role sjukskoterkska, did you mean sjukskoterska?",
        "19: /steps/1/data/unit: the world standard has no unit vc_loma, did you mean vc_lomma?",
        "20: /steps/1/notices/vc_lomma/gets/0/mesage: unknown key, did you mean message?",
        "19: /steps/1/data/unit: the world standard has no unit vc_loma, did you mean vc_lomma?",
        "20: /steps/1/notices/vc_lomma/gets/0/message: Field required",
        "24: /steps/2/subject: no message before this step is sent as admisson",
        "25: /steps/2/data/message: no message before this step is sent as admissionen",
        "26: /steps/2/systems/lund-omsorgen: the world standard has no system lund-omsorgen, did you mean lund-omsorg?",
        "26: /steps/2/systems/lund-omsorgen/0/to/0: the world standard has no unit lund_komun, did you mean lund_kommun?",
        "26: /steps/2/systems/lund-omsorgen/0/may/0: there is no message kvitens, did you mean kvittens?",
        "27: /steps/3: a step has exactly one of the keys send, at,",
        "28: /steps/4/at: the clocks in Sweden never show 2026-03-29T02:30",
        "30: /steps/5/state/inskrivningen: no process has a step inskrivningen, did you mean inskrivning?",
        "30: /steps/5/state/inskrivningen/vc_loma: the world standard has no unit vc_loma, did you mean vc_lomma?",
        "31: /steps/6/deadlines/kallelse: there is no deadline kallelse, did you mean kallelse_sip?",
        "31: /steps/6/deadlines/kvittens_forsenad~1inskrivnin: no process has a step inskrivnin, did you mean inskrivning?",
        "32: /steps/7/view: vc_nedlagd is not in the directory and can ask for nothing",
        "35: /steps/8/cases/0: the scenario has among its cases none named tolvan",
        "36: /steps/9/print: there is no document kartlagning, did you mean kartlaggning?",
        "38: /steps/10/history/1: there is no message adresering, did you mean adressering?",
    ):
        assert any(one.startswith(expected) for one in told), (expected, told)
    assert check([path]) == 1
    said = capsys.readouterr().out
    assert said.startswith("FAIL one.yaml cannot be played:\n")
    assert all(f"  {path}:{one}\n" in said for one in told)


def test_the_names_in_a_step_are_looked_at_before_anything_is_played(tmp_path: Path):
    begin = "  - send: svu.inskrivning\n    as: admission\n    from: lund_avd12\n"
    for step, line, says in (
        ("  - send: kvitens\n    from: vc_lomma\n", 9, "/steps/1/send: there is no message kvitens, did you mean kvittens?"),
        (begin, 10, "/steps/1/as: a message before this one is named admission already"),
        ("  - at: +1h\n    receipts: {admision: ok}\n", 10, "sent as admision, did you mean admission?"),
        ("  - state: {tid: {vc_lomma: red}}\n    case: elsa\n", 10, "/steps/1/case: the scenario has among its cases none named"),
        ("  - send: meddelande\n    from: lund_avd12\n    data: {receivers: [vc_loma]}\n", 11, "/steps/1/data/receivers/0: the w"),
        ("  - view: vc_loma\n", 9, "/steps/1/view: the world standard has no unit vc_loma, did you mean vc_lomma?"),
        ("  - at: 2026-03-01T09:00\n", 9, "/steps/1/at: the clock does not go back"),
    ):  # fmt: skip
        head, _, _ = GOOD.partition("  - send")
        with pytest.raises(Unusable) as caught:
            ScenarioFile(_write(tmp_path, f"{head}{begin}    data: {{}}\n{step}"))
        (fault,) = caught.value.faults
        assert says in str(fault)
        assert fault.line == line


BEGINS = GOOD.replace("clock: 2026-03-02T09:00:00+01:00", "begins: one.yaml")


def _two(folder: Path, begins: str = BEGINS) -> Path:
    path = folder / "two.yaml"
    path.write_text(begins)
    return path


def test_a_scenario_that_begins_with_another_plays_its_steps_first_and_has_its_clock(tmp_path: Path):
    _write(tmp_path, GOOD.replace("  - send", "  - at: +2h\n  - send").replace("  from:", "  as: first\n    from:"))
    steps = BEGINS.partition("steps:\n")[0] + "steps:\n  - history: [svu.inskrivning, adressering]\n"
    written = ScenarioFile(
        _two(tmp_path, steps + "  - send: svu.inskrivning\n    from: lund_avd12\n    subject: first\n")
    )
    assert written.clock.isoformat() == "2026-03-02T09:00:00+01:00"
    assert [(step.path.name, step.number) for step in written.steps] == [
        ("one.yaml", 1), ("one.yaml", 2), ("two.yaml", 1), ("two.yaml", 2),
    ]  # fmt: skip
    report = play(written)
    assert [(one.what, one.path) for one in report.differences] == [("receipt of svu.inskrivning", None)]


def test_what_a_scenario_says_itself_goes_before_what_its_beginning_says(tmp_path: Path):
    _write(
        tmp_path,
        GOOD.replace("steps:", "profile: prator\ncases: {elsa: ref:one, tolvan: }\nlate: {x: +1h, y: +1h}\nsteps:"),
    )
    own = "profile: samsa\ncases: {elsa: ref:two}\nlate: {y: 2 steps}\nclock: 2026-04-01T09:00:00+02:00\nsteps:"
    written = ScenarioFile(_two(tmp_path, BEGINS.replace("steps:", own)))
    assert written.profile == "samsa"
    assert written.cases == {"elsa": "ref:two", "tolvan": "ref:tolvan"}
    assert (str(written.late["x"]), written.late["y"]) == ("1:00:00", 2)
    assert written.clock.month == 4


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        (BEGINS, BEGINS.replace("one", "two"), "/begins: the beginnings go round: two.yaml begins with two.yaml"),
        (BEGINS.replace("one", "two"), BEGINS, "go round: two.yaml begins with one.yaml begins with two.yaml"),
        (GOOD, BEGINS.replace("one", "onne"), "two.yaml:3: /begins: there is no file onne.yaml beside this one, did you mean one"),
        (GOOD, BEGINS.replace("begins: one.yaml\n", ""), "two.yaml:1: /clock: Field required: the time when the scenario begins"),
        (GOOD.replace("from:", "form:"), BEGINS, "one.yaml:6: /steps/0/form: unknown key, did you mean from?"),
        (GOOD, BEGINS.replace("one.yaml", "one"), "two.yaml:3: /begins: String should match pattern"),
    ],
)  # fmt: skip
def test_a_beginning_that_goes_round_is_missing_or_faulty_is_refused(tmp_path: Path, one: str, two: str, says: str):
    _write(tmp_path, one)
    with pytest.raises(Unusable) as caught:
        ScenarioFile(_two(tmp_path, two))
    assert says in str(caught.value)


def test_the_faults_of_a_beginning_and_of_the_file_itself_are_told_together(tmp_path: Path):
    _write(tmp_path, GOOD.replace("from:", "form:"))
    with pytest.raises(Unusable) as caught:
        ScenarioFile(_two(tmp_path, BEGINS.replace("notices:", "notises:")))
    assert {fault.path.name for fault in caught.value.faults} == {"one.yaml", "two.yaml"}


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
