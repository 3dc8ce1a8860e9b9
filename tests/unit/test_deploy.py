"""What stands in deploy/ and in the README is true to the program: settings, metrics, commands, files."""

import re
from pathlib import Path

import pytest

from hub import metrics
from tests.commands import ROOT as COMMAND_LINE
from tests.deployed import deployed
from tests.unit.test_settings import KNOWN, OTHERS, WRITTEN

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TEXTS = sorted([*(one for one in DEPLOY.iterdir() if one.is_file()), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
ELSEWHERE = {
    "HUB_DIRECTORY_FILE": "deploy/compose.yaml",
    "HUB_SECRET": "contracts/receivers/python/receiver.py",
    "HUB_SETTINGS_FILE": "deploy/compose.yaml",
    "HUB_TEST_BROWSER": "tests/browser/chromium.py",
    "HUB_TEST_ENGINE": "tests/engine.py",
}
"""Names that are read by what is not the hub."""
UNITS = re.compile(r"[Ss]econd|[Cc]onnections|[Mm]essages|[Cc]alls|[Nn]umber of|listens|port|times|twice", re.MULTILINE)


@pytest.mark.parametrize("file", TEXTS, ids=lambda path: path.name)
def test_every_setting_that_a_text_names_is_read(file):
    named = set(re.findall(r"\bHUB_[A-Z0-9_]*[A-Z0-9]\b", file.read_text(encoding="utf-8")))
    groups = {f"HUB_REGISTERS__{one}" for one in ("FOLKBOKFORING", "LISTING", "HSA")} | {"HUB_REGISTERS", "HUB_OPENID"}
    unread = named - KNOWN.keys() - OTHERS - ELSEWHERE.keys() - groups
    assert not {name for name in unread if not name.startswith("HUB_TOKEN_")}  # of `hub sandbox env`
    for name, reader in ELSEWHERE.items():
        assert name in (ROOT / reader).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(name for name, value in WRITTEN.items() if re.fullmatch(r"[\d.]+", value)))
def test_a_setting_that_is_a_number_says_of_what(name):
    """In the comment above it, or above the same setting of the register that has it first."""
    text = (DEPLOY / "settings.example.env").read_text(encoding="utf-8")
    first = re.sub("LISTING|HSA(?=__)", "FOLKBOKFORING", name)
    said = [re.search(rf"((?:^# .*\n)+)(?:^#HUB.*\n)*?^#{one}=", text, re.MULTILINE) for one in (name, first)]
    assert any(found and UNITS.search(found[1]) for found in said), name


def test_the_alerts_can_be_read_and_their_metrics_are_the_hubs():
    groups = deployed("alerts.yaml")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 15
    ours = {sample for family in metrics.REGISTRY.collect() for sample in names_of(family)}
    for rule in rules:
        assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
        assert rule["annotations"].keys() == {"summary", "console", "runbook"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        named = set(re.findall(r"\bhub_\w+", rule["expr"] + " ".join(rule["annotations"].values())))
        assert named <= ours, rule["alert"]
    assert len({rule["alert"] for rule in rules}) == len(rules)


@pytest.mark.parametrize(
    "asked",
    [
        "max by (role) (hub_role_processes) == 0",
        "max by (name) (hub_deadlines_due) > 0",
        "hub_outbox_oldest_age_seconds",
        "hub_held_oldest_age_seconds",
        "hub_outbox_dead",
        "hub_lookups_total",
        "hub_consumer_lag",
    ],
)
def test_what_delivery_asks_to_be_told_of_has_an_alert(asked):
    """delivery.md §4; and a role that no process has, of which no other metric may tell: its process alone would show it."""
    groups = deployed("alerts.yaml")["groups"]
    assert any(asked in rule["expr"] for group in groups for rule in group["rules"])


def names_of(family):
    """As Prometheus sees a metric: a counter and a histogram have endings."""
    ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count", ""]}.get(family.type, [""])
    return [f"{family.name}{end}" for end in ends]


def test_the_composition_can_be_read_and_hands_the_hub_no_setting_that_it_does_not_read():
    composed = deployed("compose.yaml")
    ours = {name: one for name, one in composed["services"].items() if one.get("image") == "samverkan-hub"}
    assert ours.keys() == {"migrate", "directory", "hub"}
    for one in ours.values():
        assert one["environment"].keys() <= KNOWN.keys()
        assert one["command"][0] in COMMAND_LINE.commands
        assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).is_file()
    example = re.search(r":-(.*)}", ours["hub"]["env_file"])[1]
    assert (DEPLOY / example).is_file()
    directory = re.search(r":-(.*)}", ours["directory"]["volumes"][0])[1]
    assert (DEPLOY / directory).is_file()


@pytest.mark.parametrize("recipe", ["Containerfile", "Containerfile.dockerignore"])
def test_the_image_is_built_from_files_that_are_there(recipe):
    lines = (DEPLOY / recipe).read_text(encoding="utf-8").splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    kept = [line[1:] for line in lines if line.startswith("!")]
    assert copied or kept
    assert all((ROOT / name).exists() for name in copied + kept)
    asked = re.findall(r'file = \["(.*?)"\]', (ROOT / "pyproject.toml").read_text())
    assert set(asked) <= set(copied + kept), "pip reads them when it builds"


@pytest.mark.parametrize("file", TEXTS, ids=lambda path: path.name)
def test_every_command_that_a_text_names_is_there(file):
    """`hub held list` of a text is a command, also in an alert's run-book."""
    root = COMMAND_LINE
    for words in re.findall(r"`(?:\.venv/bin/)?hub ((?:[a-z]+ ?)+)", file.read_text(encoding="utf-8")):
        command = root
        for word in words.split():
            if not hasattr(command, "commands"):
                break
            assert word in command.commands, f"hub {words}"
            command = command.commands[word]
