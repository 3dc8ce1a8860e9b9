"""Each thing that a scenario can say of what comes: changed to what is not so, the report tells it in a plain sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.scenarios import ScenarioFile, Unusable, memory, play
from hub.scenarios.late import PutQuestion, WorldRegisters
from hub.scenarios.matching import at, matches
from hub.scenarios.moments import duration, wall_clock
from hub.scenarios.world import load
from schemas.messages import Question
from tests.scenarios.test_scenarios import FOLDER
from tests.toy.fixtures import register, with_duties

STAY, STAYS = "v7-a-stay-with-its-care-contact", "v1-two-stays-of-two-persons"
READ = "c31-what-a-unit-reads-in-lists-versions-and-trace"
PLAYED = (
    # what a notice holds
    (STAY, "name: Tolvan Tolvansson", "name: Tolvan", "to vc_klostergarden, 1. svu.inskrivning, /patient\n"),
    (STAY, "/message: admission", "/message: m-2", "to lund_avd12, /message\n    expected  m-2\n    got       m-1"),
    (STAY, "/unit: vc_klostergarden", "/unit: vc_lomma", "/unit\n    expected  SE2321000255-VC02\n"),
    # what the unit may do, and how the steps stand for it
    (STAY, "may: [kvittens,", "may: [svu.justering,", "may of vc_klostergarden\n    expected  svu.justering\n"),
    (STAY, "may_not: [svu.utskrivning]", "may_not: [kvittens]", "may of vc_klostergarden\n    expected  not kvittens\n"),
    (STAY, "skipped: []", "skipped: [1]", "1. svu.inskrivning, skipped\n    expected  1\n    got       nothing"),
    (STAY, "{inskrivning: red, tid", "{inskrivning: grey, tid", "inskrivning of vc_klostergarden\n    expected  grey\n"),
    (STAY, "{inskrivning: green}}", "{inskrivning: red}}", "to lund_avd12, inskrivning of lund_avd12\n    expected  red\n"),
    (STAY, "awaits: kvittens\n            may", "awaits: null\n            may", "expected  nothing\n    got       kvittens"),
    # what one that comes in is sent, in its order
    (
        "c10-an-added-unit-catches-up",
        "skipped: [2, 3]",
        "skipped: [2]",
        "2. deltagare, skipped\n    expected  2\n    got       2, 3",
    ),
    ("c10-an-added-unit-catches-up", "replay: false", "replay: true", "replay\n    expected  True\n    got       False"),
    (
        "v3-what-is-read-after-a-refused-consent",
        "- {message: samtycke, holds: {/outcome: refused}}\n",
        "- {message: kvittens}\n",
        "expected  svu.inskrivning, kvittens, deltagare\n    got       svu.inskrivning, samtycke, deltagare",
    ),
    (
        "v3-what-is-read-after-a-refused-consent",
        "lacks: [/reason]",
        "lacks: [/patient/name]",
        "/patient/name\n    expected  nothing\n    got       Tolvan Tolvansson",
    ),
    # what a system gets
    (
        "v6-several-units-of-a-party",
        "to: [lund_hemsjukvard]",
        "to: [lund_kommun]",
        "to the system lund-omsorg, 1. deltagare, to\n    expected  lund_kommun\n    got       lund_hemsjukvard",
    ),
    (
        "v6-several-units-of-a-party",
        "skane-primarvard: []",
        "skane-primarvard: [{message: kvittens}]",
        "to the system skane-primarvard\n    expected  kvittens\n    got       nothing",
    ),
    # colours per role
    (
        "c30-colours",
        "rehabkoordinator: yellow",
        "rehabkoordinator: red",
        "inskrivning of vc_klostergarden, role rehabkoordinator\n    expected  red\n    got       yellow",
    ),
    ("c30-colours", "rehabkoordinator:", "lakare:", "expected  yellow\n    got       only the roles distriktsskoterska, reh"),
    # cases by name
    (STAYS, "case: tolvan\n  - history: [svu.inskrivning, adressering]", "case: elsa\n  - history: []", "history\n"),
    (STAYS, "{estimated: 2026-03-06}", "{estimated: 2026-03-09}", "dates, estimated\n    expected  2026-03-09\n    got       2026"),
    # views and searches
    (STAYS, "ground: aktivt_val,", "ground: deltar,", "view of vc_klostergarden, /access/ground\n    expected  deltar\n"),
    (STAYS, "    choice: true\n", "", "view of vc_klostergarden\n    expected  an answer\n    got       refused by C-5 at /X-Ground"),
    (STAYS, "rule: C-5, element", "rule: C-4, element", "expected  refused by C-4 at /X-Ground\n    got       refused by C-5"),
    (STAYS, "cases: [tolvan]", "cases: [elsa]", "search by lund_kommun, cases\n    expected  elsa\n    got       tolvan"),
    (STAYS, "lacks: [/cases/*/person,", "lacks: [/cases/*/status,", "/cases/*/status\n    expected  nothing\n    got       open"),
    (STAYS, "svu/allowed: false", "svu/allowed: true", "svu/allowed\n    expected  True\n    got       False"),
    (
        "v3-what-is-read-after-a-refused-consent",
        "lacks: [/inskrivning/reason,",
        "lacks: [/person/name,",
        "view of vc_lomma, /person/name\n    expected  nothing\n    got       Tolvan",
    ),
    # what stands at an address, in a list, and in the case whoever reads it
    (READ, "/total: 2", "/total: 3", "versions/kartlaggning by vc_klostergarden, /total\n    expected  3\n    got       2"),
    (READ, "{version: 2, earlier: false}", "{version: 2, earlier: true}", "among /versions\n    expected  {'version': 2, 'earlier': True}"),
    (READ, "{draft: true}", "{version: 1}", "among /versions\n    expected  nothing like {'version': 1}\n    got       {"),
    (READ, "kartlaggning/3", "kartlaggning/2", "by lund_kommun\n    expected  refused by C-50\n    got       an answer"),
    (READ, "{what: svu.justering}", "{sequence: 3}", "trace by lund_avd12, among /trace\n    expected  nothing like"),
    (READ, "list: vc_lomma\n    cases: []", "list: vc_lomma\n    cases: [tolvan]", "start list of vc_lomma, cases\n    expected  tolvan\n"),
    (READ, "archived: true\n    cases: []", "archived: true\n    cases: [tolvan]", "archive of lund_kommun, cases\n    expected  tolvan\n"),
    (READ, "status: open\n    lacks", "status: ended\n    lacks", "status\n    expected  ended\n    got       open"),
    (READ, "stands: null", "stands: aktiv", "state\n    expected  aktiv\n    got       nothing"),
    (READ, "2026-03-06}\n", "2026-03-07}\n", "how the case stands, /time/estimated\n    expected  2026-03-07"),
    # what is owed on paper, and reminded of
    (READ, "prints: []", "prints: [plan/1/personen]", "to vc_klostergarden, prints\n    expected  plan/1/personen\n    got       nothing"),
    (READ, "remind: []", 'remind: ["kva:AU124"]', "to vc_klostergarden, remind\n    expected  kva:AU124\n    got       nothing"),
    # prints
    (
        "c55-what-stands-on-paper",
        "lacks: [Storgatan]",
        "lacks: [Tolvan]",
        "print of inskrivning by lund_kommun\n    expected  not Tolvan\n    got       Inskrivningsmeddelande",
    ),
    ("c55-what-stands-on-paper", "- SLUTGILTIG", "- Provsson", "expected  Provsson\n    got       Inskrivningsmeddelande"),
    (
        "c55-what-stands-on-paper",
        "print: utskrivning\n    from: lund_kommun\n    refused: {rule: C-55, element: /document}",
        "print: utskrivning\n    from: lund_kommun",
        "print of utskrivning by lund_kommun\n    expected  an answer\n    got       refused by C-55 at /document",
    ),
    (
        "c55-what-stands-on-paper",
        "holds: [Tolvan Tolvansson]\n    lacks: [Storgatan]",
        "refused: {rule: C-62}",
        "expected  refused by C-62\n    got       an answer",
    ),
    # a profile per region
    ("p22-a-case-across-regions", "profile: {vastra_gotaland: samsa", "profile: {vastra_gotaland: prator", "got       an answer"),
    # deadlines by name
    ("d9-an-overdue-kvittens", "inskrivning: 2026-03-03T09:00}", "inskrivning: 2026-03-03T09:00:01}", "2026-03-03T09:00:01+01:00\n"),
    ("d9-an-overdue-kvittens", "{kvittens_forsenad/inskrivning: null}", "{kallelse_sip: 2026-03-03T09:00}", "got       not due"),
    ("d9-a-care-contact-in-time", "{utan_fast_vardkontakt: null}", "{inskrivning_sen: 2026-03-03T09:00}", "got       not due"),
    # the wall clock, to the second
    ("v18-after-twelve", "T12:00:01", "T12:00:00", "liability starts\n    expected  2026-03-06\n    got       2026-03-05"),
    ("d9-the-night-when-the-clocks-go-forward", "T21:59:59", "T22:00:00", "expected  nobody\n    got       lund_avd12, lund_kommun"),
    ("d9-the-night-when-the-clocks-go-back", "T19:59:59", "T20:00:00", "expected  nobody\n    got       lund_avd12, lund_kommun"),
    # late registers
    ("v2-registers-that-answer-late", "late: {", "late: {}\n# {", "notices of svu.inskrivning\n    expected  nobody\n    got       lund"),
    ("v2-registers-that-answer-late", "+3h}", "2026-03-02T12:00:01}", "notices of at\n    expected  lund_kommun (awaits kvittens),"),
    ("v2-listed-in-another-region", "receipt: ok", "late: 1 step\n    receipt: ok", "expected  lund_kommun (awaits kvittens), vc_"),
    (
        "v2-registers-that-answer-late",
        "    data:\n      patient",
        "    late: +4h\n    data:\n      patient",
        "notices of at\n    expected  lund_kommun (awaits kvittens), vc_klostergarden (awaits kvittens)\n    got       nobody",
    ),
    ("c22-hsa-answers-late", "1 step}", "2 steps}", "final receipt of admission\n    expected  a final receipt\n    got       still held"),
    # a shared beginning
    (
        "v17-undone",
        "begins: v7-a-stay",
        "begins: copy-of-v7-a-stay",
        "step 3 (copy-of-v7-a-stay-with-its-care-contact.yaml, line 43), notices of kvittens to lund_avd12, inskrivning",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("name", "was", "is_", "says"), PLAYED, ids=[f"{one[0]}: {one[2]}" for one in PLAYED])
def test_what_is_not_as_written_is_told(tmp_path: Path, name: str, was: str, is_: str, says: str):
    text = (FOLDER / f"{name}.yaml").read_text()
    assert was in text
    beginning = (FOLDER / f"{STAY}.yaml").read_text()
    (tmp_path / f"{STAY}.yaml").write_text(beginning)
    (tmp_path / f"copy-of-{STAY}.yaml").write_text(beginning.replace("{inskrivning: green}}", "{inskrivning: red}}", 1))
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.replace(was, is_, 1))
    said = str(play(ScenarioFile(changed)))
    assert said.startswith("FAIL changed.yaml")
    assert says in said


def test_a_step_about_a_case_that_has_not_come_says_so(tmp_path: Path):
    text = (FOLDER / f"{STAYS}.yaml").read_text()
    head, _, _ = text.partition("steps:")
    steps = (
        "- state: {inskrivning: {lund_avd12: red}}",
        "- dates: {estimated: 2026-03-06}",
        "- deadlines: {samtycke_upphor: 2026-03-06T00:00}",
        "- history: [svu.inskrivning]",
        "- view: lund_avd12",
        "- get: trace\n    from: lund_avd12",
        "- stands: aktiv",
    )
    path = tmp_path / "early.yaml"
    path.write_text(head + "steps:\n" + "".join(f"  {step}\n    case: elsa\n" for step in steps))
    got = [difference.got for difference in play(ScenarioFile(path)).differences]
    assert got[:4] == ["no case", "there is no case yet", "there is no case yet", "empty"]
    assert got[4].startswith("refused by unknown-case") and got[5].startswith("refused by unknown-case")
    assert got[6] == "there is no case yet"


def test_a_message_in_the_case_of_one_that_was_refused_is_told_and_not_sent(tmp_path: Path):
    path = tmp_path / "refused.yaml"
    path.write_text("""\
scenario: a case that was never opened
rules: [V-1]
clock: 2026-03-02T09:00:00+01:00
steps:
  - send: svu.inskrivning
    as: wrong
    from: vc_lomma
    data: {patient: {personnummer: "191212121212"}, draft: true}
    receipt: {code: fatal-error, rule: V-1}
  - send: kvittens
    from: vc_lomma
    subject: wrong
""")
    (difference,) = play(ScenarioFile(path)).differences
    assert (difference.what, difference.got) == ("subject of kvittens", "wrong was not accepted")


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/a/b", [1]),
        ("/a/c", []),
        ("/list/1", ["y"]),
        ("/list/7", []),
        ("/list/*", ["x", "y"]),
        ("/rows/*/n", [1, 2]),
        ("/a~1b", [3]),
        ("/list/x", []),
    ],
)
def test_a_pointer_leads_into_what_is_nested_and_a_star_is_every_element(pointer: str, found: list):
    data = {"a": {"b": 1}, "list": ["x", "y"], "rows": [{"n": 1}, {"n": 2}, {}], "a/b": 3}
    assert at(data, pointer) == found


@pytest.mark.parametrize(
    ("expected", "found", "holds"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": {"b": [1]}}, {"a": {"b": [1], "c": 0}}, True),
        ([1, 2], [1, 2], True),
        ([1], [1, 2], False),
        (True, 1, False),
        (None, None, True),
        ("2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00Z", True),
        ("2026-03-02T09:00:00+01:00", "2026-03-02T09:00:00Z", False),
        ("Till Tranås", "Till Tranås", True),
        ({"a": 1}, "a", False),
    ],
)
def test_a_mapping_holds_with_its_keys_a_list_whole_and_a_time_as_a_moment(expected, found, holds: bool):
    assert matches(expected, found) is holds


TOYS = """\
scenario: a meeting, its parts and a case that names another
rules: [V-1]
clock: 2026-03-02T09:00:00+01:00
cases: {first: , second: }
steps:
  - send: toy.start
    case: first
    from: lund_avd12
    data: {patient: {personnummer: "191212121212"}}
  - send: toy.call
    case: first
    from: lund_avd12
    data: {meeting: m-1, receivers: [vc_klostergarden], start: 2026-03-12T10:00:00+01:00}
    notices:
      vc_klostergarden: {awaits: kvittens, holds: {/receivers: [vc_klostergarden]}}
      lund_kommun: {}
  - get: meetings/m-1.ics
    case: first
    from: vc_klostergarden
    among: {/lines: ["METHOD:REQUEST", "SEQUENCE:0"]}
    not_among: {/lines: ["METHOD:CANCEL"]}
  - get: meetings/m-2.ics
    case: first
    from: vc_klostergarden
    refused: {rule: unknown-meeting, element: /meeting}
  - send: toy.end
    case: first
    from: lund_avd12
  - send: toy.start
    case: second
    from: lund_avd12
    data: {patient: {personnummer: "194501019808"}, linked: [first]}
"""


def test_a_meeting_is_read_as_the_lines_of_its_calendar_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    register(monkeypatch)
    path = tmp_path / "toys.yaml"
    path.write_text(TOYS)
    written = ScenarioFile(path)
    report = play(written, written.world.model_copy(update={"directory": with_duties(written.world.directory)}))
    assert report.ok, f"\n{report}"


def test_in_memory_too_a_message_meets_only_the_elements_that_its_rules_touch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    register(monkeypatch)
    met: list[tuple[str, list[str]]] = []

    def handle(arrivals, loaded, *more):
        (arrival,) = arrivals
        case = loaded.case_of(arrival, arrival.message)
        met.append((arrival.message.name, sorted(case.elements) if case is not None else []))
        return real(arrivals, loaded, *more)

    real = memory.handle
    monkeypatch.setattr(memory, "handle", handle)
    goals = "[{element: mal/1, text: Gå}, {element: mal/2, text: Läsa}]"
    path = tmp_path / "toys.yaml"
    path.write_text(
        TOYS.partition("  - get:")[0]
        + f"  - {{send: toy.plan, case: first, from: lund_avd12, data: {{edits: {goals}}}}}\n"
        + "  - {send: toy.plan, case: first, from: lund_avd12, data: {edits: [{element: mal/2, text: Sova, version: 1}]}}\n"
        + "  - {send: toy.call, case: first, from: lund_avd12, data: {meeting: m-2, receivers: []}}\n"
        + "  - {send: deltagare, case: first, from: lund_avd12, data: {unit: vc_lomma, change: tillagd}}\n"
    )
    assert play(ScenarioFile(path)).ok
    assert [elements for name, elements in met if name == "toy.plan"] == [[], ["mal/2"]]
    assert met[-2][1] == []
    assert met[-1][1] == ["mal/1", "mal/2"]


@pytest.mark.parametrize(
    ("was", "says"),
    [
        ("get: meetings/m-1.ics", "/get: String should match pattern"),
        ("get: meeting/m-1.ics", "below a case there is no address meeting/m-1.ics; here may stand versions/{step},"),
        ("list: vc_loma", "the world standard has no unit vc_loma, did you mean vc_lomma?"),
    ],
)
def test_an_address_and_a_list_that_there_is_not_are_told_before_anything_is_played(
    tmp_path: Path, was: str, says: str
):
    path = tmp_path / "read.yaml"
    text = (FOLDER / f"{READ}.yaml").read_text()
    wrong = was.replace("meetings", "Meetings") if "pattern" in says else was
    old = "get: versions/kartlaggning\n" if was.startswith("get") else "list: vc_lomma\n"
    path.write_text(text.replace(old, f"{wrong}\n", 1))
    with pytest.raises(Unusable, match=re.escape(says)):
        ScenarioFile(path)


def test_the_name_of_a_case_stands_for_its_id_where_a_case_is_named():
    world = load(FOLDER.parent / "worlds" / "standard.yaml")
    data = {"svu": "first", "case": "first", "text": "first", "message": "one", "unit": "vc_lomma"}
    assert world.with_ids(data, {"one": "m-1"}, {"first": "c-1"}) == {
        "svu": "c-1",
        "case": "c-1",
        "text": "first",
        "message": "m-1",
        "unit": "SE2321000255-VC02",
    }


def test_a_clock_of_nothing_is_a_fault_and_no_traceback(tmp_path: Path):
    text = (FOLDER / "c10-unknown-or-already-in.yaml").read_text()
    path = tmp_path / "empty.yaml"
    path.write_text(re.sub("(?m)^clock:.*$", "clock:", text))
    with pytest.raises(Unusable, match="/clock: Field required"):
        ScenarioFile(path)


def test_a_time_is_the_wall_clocks_in_sweden_and_is_refused_where_that_shows_it_never_or_twice():
    assert wall_clock("2026-03-02T14:30").isoformat() == "2026-03-02T14:30:00+01:00"
    assert wall_clock("2026-07-02T14:30:15").isoformat() == "2026-07-02T14:30:15+02:00"
    assert wall_clock("2026-07-02T14:30:15Z").isoformat() == "2026-07-02T14:30:15+00:00"
    assert wall_clock("2026-02-30T10:00") is None
    assert wall_clock("2026-03-02") is None
    assert duration("+1d2h3m4s").total_seconds() == 26 * 3600 + 184
    assert duration("+") is None
    with pytest.raises(ValueError, match="never show 2026-03-29T02:30: they are put forward"):
        wall_clock("2026-03-29T02:30")
    with pytest.raises(ValueError, match=r"twice.*write 2026-10-25T02:30:00\+02:00 or 2026-10-25T02:30:00\+01:00"):
        wall_clock("2026-10-25T02:30")


def test_a_world_may_say_itself_that_a_register_answers_late():
    world = load(FOLDER.parent / "worlds" / "standard.yaml")
    person = world.persons["191212121212"].model_copy(update={"late": 1})
    registers = WorldRegisters(world.model_copy(update={"persons": {"191212121212": person}}))
    put = PutQuestion("c-1", Question(question="adressering", person="191212121212"), "urn:hsa:x", "m-1")
    now = wall_clock("2026-03-02T09:00")
    registers.begin_step()
    assert registers.ask(put, now) is None
    assert registers.come(now) == []
    registers.begin_step()
    ((asked, answer),) = registers.come(now)
    assert (asked, answer.outcome) == (put, "listed")
    assert registers.come(now) == []
