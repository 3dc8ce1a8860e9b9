"""The dashboards of deploy/ ask for metrics and labels that the hub has, and the alerts lead to pages that the console has."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
from starlette.routing import Match

from hub import metrics
from hub.web.console import console
from tests.deployed import deployed
from tests.unit.test_deploy import names_of

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted((DEPLOY / "dashboards").glob("*.json"))
MADE = {"datasource", "__rate_interval"}
"""Variables of Grafana's own, and of every dashboard of ours."""
OF_PROMETHEUS = {"le", "instance", "job"}


def module():
    spec = importlib.util.spec_from_file_location("dashboards", DEPLOY / "dashboards.py")
    made = sys.modules["dashboards"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def labels():
    """Metric, as Prometheus sees it → its labels."""
    found = {}
    for collector in {*metrics.REGISTRY._names_to_collectors.values()}:
        for family in collector.describe() if hasattr(collector, "describe") else ():
            for name in names_of(family):
                found[name] = set(collector._labelnames)
    return found


@pytest.fixture(scope="module")
def known():
    return labels()


def test_the_files_are_what_the_program_writes():
    made = module()
    assert (
        {file.stem for file in FILES}
        == {one.name for one in made.DASHBOARDS}
        == {"overview", "receiver", "contract", "platform"}
    )
    for one in made.DASHBOARDS:
        assert (DEPLOY / "dashboards" / f"{one.name}.json").read_text(encoding="utf-8") == made.written(one), (
            "python deploy/dashboards.py"
        )


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_each_panel_asks_for_metrics_and_labels_that_there_are_and_says_what_it_shows(file, known):
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    variables = {one["name"] for one in dashboard["templating"]["list"]} | MADE
    assert len(dashboard["panels"]) >= 4
    for panel in dashboard["panels"]:
        assert panel["title"] and panel["description"].endswith(".") and panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            asked = target["expr"]
            named = set(re.findall(r"\bhub_\w+", asked))
            assert named and named <= known.keys(), asked
            there = set().union(*(known[name] for name in named)) | OF_PROMETHEUS
            by = {one.strip() for group in re.findall(r"(?:by|on) \(([^)]*)\)", asked) for one in group.split(",")}
            matched = set(re.findall(r"(\w+)=[~\"]", asked))
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert by | matched | shown <= there, asked
            assert shown <= by | matched, (asked, "a label that the sum has taken away")
            assert set(re.findall(r"\$(\w+)", asked)) <= variables, asked


def test_every_metric_of_the_hub_is_on_a_dashboard(known):
    asked = " ".join(file.read_text(encoding="utf-8") for file in FILES)
    families = {
        family.name
        for collector in {*metrics.REGISTRY._names_to_collectors.values()}
        for family in collector.describe()
    }
    assert not {name for name in families if not re.search(rf"\b{name}(_total|_bucket)?\b", asked)}


def test_each_alert_leads_to_a_page_of_the_console():
    app = console(None)
    rules = [one for group in deployed("alerts.yaml")["groups"] for one in group["rules"]]
    for rule in rules:
        address = rule["annotations"]["console"]
        assert address.startswith("/console/"), rule["alert"]
        path = re.sub(r"{{.*?}}", "x", address.removeprefix("/console").partition("?")[0])
        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        match = next(route for route in app.routes if route.matches(scope)[0] == Match.FULL)
        assert "{rest:path}" not in match.path, (rule["alert"], address)
        used = set(re.findall(r"\$labels\.(\w+)", address))
        kept = {one.strip() for group in re.findall(r"(?:by|on) \(([^)]*)\)", rule["expr"]) for one in group.split(",")}
        assert used <= kept, (rule["alert"], "a label that the expression takes away")
