"""The suites: every scenario can be played by every unit that has something to do in it, on any day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from hub.errors import Misconfigured
from hub.kit import suites
from hub.processes.registry import PROCESSES
from hub.scenarios import ScenarioFile
from tests.kit.robot import played

DAYS = [date(2026, 12, 19) + timedelta(days) for days in range(14)]
"""Christmas and the new year: weekdays, Sundays and days off."""
ALL = [path for paths in suites.suites().values() for path in paths]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in ALL])
async def test_a_unit_that_does_what_the_scenario_says_gets_all_ok_on_any_day_in_either_format(path: Path):
    units = suites.asked_of(ScenarioFile(path))
    for number, (unit, asked) in enumerate(units.items()):
        day = DAYS[(ALL.index(path) * 3 + number) % len(DAYS)]
        findings, sent = await played(path, unit, day, ("native", "fhir")[number % 2])
        assert {one.outcome for one in findings} == {"ok"}, (unit, day, [f for f in findings if f.outcome != "ok"])
        assert sum(" is to send " in one.expected for one in findings) == len(asked)
        assert len({one.id for one in sent}) == len(sent) == sum(" is to send " not in one.expected for one in findings)


def test_every_party_plays_in_every_process_of_every_region():
    found = set()
    for suite, paths in suites.suites().items():
        for path in paths:
            written = ScenarioFile(path)
            directory = written.world.under(written.profile).directory
            for unit in suites.asked_of(written):
                hsa = written.world.names[unit]
                party, profile = directory.unit_by_hsa[hsa].party, directory.region_of(hsa).profile
                found |= {(suite, party), (suite, party, profile)}
    parties = ("slutenvard", "oppenvard", "kommun")
    assert {(process, party) for process in PROCESSES for party in parties} <= found
    profiles = ("mina_planer", "prator", "samsa", "lifecare", "cosmic_link")
    assert {(process, party, profile) for process in PROCESSES for party in parties for profile in profiles} <= found


def test_a_unit_gets_the_scenarios_in_which_it_has_something_to_send():
    chosen = [path.stem for path in suites.chosen("sundsvall_kommun", "sip")]
    assert chosen == ["p14-prator-a-whole-sip", "p2-a-receiver-for-information"]
    (stay,) = suites.chosen("sundsvall_kommun", "svu")
    assert stay.stem == "v16-a-whole-stay-in-vasternorrland"
    assert [path.stem for path in suites.chosen("lund-omsorg", "svu")][-1] == "v16-a-whole-stay"
    assert len(suites.chosen("lund_kommun", None)) > len(suites.chosen("lund_kommun", "svu"))
    for played_, suite, said in (
        (
            "malmo_kommun",
            "svu",
            "it has nothing to send in the suite svu. Those that have: lulea_kommun, lund_avd12, lund_kommun",
        ),
        ("lund_kommun", "vsu", "--suite vsu: there is none; those that there are: svu, sip"),
    ):
        with pytest.raises(Misconfigured, match=re.escape(said)):
            suites.chosen(played_, suite)


def test_the_list_says_of_every_scenario_what_each_unit_is_to_send():
    printed = CliRunner().invoke(app, ["kit", "list"]).output
    assert re.search(
        r"v16-a-whole-stay: .*\n(    --as .*\n){2}    --as lund_kommun +sends kvittens, svu\.kartlaggning", printed
    )
    assert all(path.stem in printed for path in ALL)


def test_a_command_that_cannot_be_run_says_so_and_ends_with_two():
    for arguments, said in (
        (["--as", "lund_kommun"], "say where your system is: --against URL, or --kafka BOOTSTRAP"),
        (["--as", "lund_kommun", "--within", "soon"], "--within soon: say how long, as 30s, 10m or 1h"),
        (["--as", "lund_kommun", "--scenario", "v16-a-whole-sta"], "did you mean v16-a-whole-stay?"),
    ):
        done = CliRunner().invoke(app, ["kit", "serve", *arguments])
        assert done.exit_code == 2 and said in done.stderr
