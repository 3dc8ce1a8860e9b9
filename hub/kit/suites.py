"""Which scenarios a system is run through, and what each asks of it. Imports the scenarios and the contracts' folder.

A suite is of a process; which of its scenarios a unit plays follows from the scenarios themselves: those in which it has
something to send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from hub.contract_files import FOLDER
from hub.errors import Misconfigured
from hub.kit.vendor import units_of
from hub.processes.engine.process import PROCESSES
from hub.scenarios import ScenarioFile
from hub.scenarios.part import did_you_mean
from hub.scenarios.steps import Send

SCENARIOS: Final = (
    "v7-a-stay-with-its-care-contact",
    "v6-corrected-admission-is-acknowledged-anew",
    "v8-a-changed-estimate",
    "v9-ready-for-discharge",
    "v10-interrupted",
    "c40-all-but-ones-own-are-asked",
    "c24-withdrawn-consent-in-the-middle",
    "v5-revoked",
    "v16-a-whole-stay",
    "v16-a-whole-stay-in-vasternorrland",
    "v16-a-whole-stay-in-vastra-gotaland",
    "v16-a-whole-stay-in-norrbotten",
    "v16-a-whole-stay-in-vastmanland",
    # Mina planer
    "s9-approved-by-all",
    "s11-the-plan-is-updated",
    "s12-any-party-ends-it",
    # Prator
    "p14-prator-a-whole-sip",
    "p2-a-receiver-for-information",
    "pr13-a-stay-opened-from-the-sip",
    # SAMSA
    "p14-samsa-a-whole-sip",
    "p11-followed-up-in-samsa",
    "p6-a-call-in-samsa",
    # Lifecare
    "p10-lifecare-ongoing",
    "p14-lifecare-the-end",
    "lc4-after-a-stay",
    # Cosmic Link
    "p10-cosmic-link-approved",
    "p7-cosmic-link-who-comes",
    "cl5-three-ways-to-end",
)
"""The scenarios of all suites, by their files' names, in the order in which they are played. Every party plays in each process
and each region's profile.
"""


@lru_cache(maxsize=1)
def suites() -> Mapping[str, Sequence[Path]]:
    """Name of a suite, which is that of the process that most of its messages are of → its scenarios."""
    found: dict[str, list[Path]] = {}
    for path in map(scenario_file, SCENARIOS):
        sent = [one.step.send.partition(".")[0] for one in ScenarioFile(path).steps if isinstance(one.step, Send)]
        found.setdefault(max(PROCESSES, key=sent.count), []).append(path)
    return found


def scenario_file(name: str) -> Path:
    """A scenario by the name of its file in contracts/scenarios, or any file. Raises ``Misconfigured``."""
    known = {path.stem: path for path in (FOLDER / "scenarios").glob("*.yaml")}
    stem = name.removesuffix(".yaml")
    if stem in known:
        return known[stem]
    if Path(name).is_file():
        return Path(name)
    raise Misconfigured(
        f"--scenario {name}: neither a file nor a scenario in contracts/scenarios{did_you_mean(stem, known)}"
    )


def is_asked(step: object) -> bool:
    """Whether a step asks something of the unit that it is from: to send what is accepted at once. The kit asks for no
    mistakes and no repeats.
    """
    return isinstance(step, Send) and step.receipt.code == "ok" and not step.receipt.repeat


def asked_of(written: ScenarioFile) -> dict[str, list[str]]:
    """Unit, by its short name → the messages that it is to send, in their order."""
    found: dict[str, list[str]] = {}
    for one in written.steps:
        if isinstance(one.step, Send) and is_asked(one.step):
            found.setdefault(one.step.from_, []).append(one.step.send)
    return found


def chosen(played: str, suite: str | None) -> list[Path]:
    """The scenarios of a suite, or of all, in which a system or unit has something to send. Raises ``Misconfigured``."""
    if suite is not None and suite not in suites():
        raise Misconfigured(f"--suite {suite}: there is none; those that there are: {', '.join(suites())}")
    files = [path for name, paths in suites().items() for path in paths if suite in (name, None)]
    found, parties = [], set()
    for path in files:
        written = ScenarioFile(path)
        asked = asked_of(written)
        parties |= set(asked)
        _, units = units_of(written.world, played)
        if any(written.world.names[short] in units for short in asked):
            found.append(path)
    if not found:
        which = f"the suite {suite}" if suite else "any suite"
        raise Misconfigured(
            f"--as {played}: it has nothing to send in {which}. Those that have: {', '.join(sorted(parties))}."
            " A single scenario is named with --scenario."
        )
    return found
