"""The hub as a package: built, unpacked somewhere else, and run from there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Where the wheel lies unpacked, as pip would put it."""
    source = tmp_path_factory.mktemp("source")
    for name in ("hub", "schemas", "contracts"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.in", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", made, "."],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    there = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(next(made.glob("*.whl"))) as wheel:
        wheel.extractall(there)
    return there


def _run(site: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")} | more
    environment["PYTHONPATH"] = str(site)
    return subprocess.run(
        [sys.executable, *words],
        cwd=site.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_wheel_names_what_it_needs_and_carries_every_contract_and_world(site):
    (metadata,) = site.glob("*.dist-info/METADATA")
    named = {line.split(": ", 1)[1] for line in metadata.read_text().splitlines() if line.startswith("Requires-Dist: ")}
    assert named == set((ROOT / "requirements.in").read_text().split())
    wanted = {file.relative_to(ROOT / "contracts") for file in (ROOT / "contracts").rglob("*") if file.is_file()}
    there = site / "hub" / "published"
    assert len(wanted) > 800 and {file.relative_to(there) for file in there.rglob("*") if file.is_file()} == wanted


def test_from_the_wheel_alone_the_commands_answer_and_every_register_can_be_asked(site):
    assert "directory" in _run(site, "-m", "hub.cli", "--help").stdout
    scenario = ROOT / "contracts" / "scenarios" / "c60-the-person.yaml"
    elsewhere = shutil.copy(scenario, site.parent)
    done = _run(site, "-m", "hub.cli", "check", "--scenario", elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    script = "import hub; from hub.translators.soap import envelope as e; [e.document(c) for c in e.ALL]; print(hub.__file__)"
    assert _run(site, "-c", script).stdout.strip().startswith(str(site))
    done = _run(site, "-m", "hub.cli", "contracts")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "contracts" in done.stderr


def test_without_its_contracts_a_hub_with_registers_refuses_to_start_in_one_sentence(site):
    gone = site / "hub" / "published" / "soap" / "person" / "GetPersonsForProfile_5.xsd"
    kept = gone.read_bytes()
    gone.unlink()
    try:
        url = "http://127.0.0.1:9"
        done = _run(
            site, "-m", "hub.cli", "run",
            HUB_DATABASE_URL="postgresql+psycopg://hub@127.0.0.1:9/hub", HUB_KAFKA_BOOTSTRAP="127.0.0.1:9",
            **{f"HUB_REGISTERS__{one}__URL": url for one in ("FOLKBOKFORING", "LISTING", "HSA")},
        )  # fmt: skip
    finally:
        gone.write_bytes(kept)
    assert done.returncode == 2
    assert "GetPersonsForProfile_5.xsd is missing" in done.stderr and "Traceback" not in done.stderr
