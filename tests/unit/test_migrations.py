"""The migrations are one line from the first to the last, whoever added them at the same time."""

import json
from pathlib import Path
from types import ModuleType

from alembic.config import Config
from alembic.script import ScriptDirectory

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import StandingConsent
from hub.processes.engine.process import load_case
from hub.processes.svu.state import SvuState
from hub.store.transaction import MIGRATIONS, head


def migration(number: str) -> ModuleType:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config).get_revision(number)
    assert script is not None
    return script.module


def test_the_migrations_are_one_line_and_their_numbers_follow_each_other():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == [f"{n:04d}" for n in range(len(numbers), 0, -1)]
    names = {script.revision: Path(script.path).name for script in scripts.walk_revisions()}
    assert all(name.startswith(f"{number}_") for number, name in names.items()), (
        "the store reads the number from the name"
    )
    assert head() == scripts.get_current_head()


def test_a_case_of_the_former_shape_is_read_as_it_stood():
    step = {"sequence": 2, "source": "urn:hsa:W", "message": "m", "at": "2026-03-02T10:00:00+00:00", "done": {}}
    former = {
        "id": "c",
        "process": "svu",
        "profile": "mina_planer",
        "status": "open",
        "sequence": 3,
        "person": {"personnummer": "191212121212"},
        "opened_by": "W",
        "information": False,
        "samtycke": "given",
        "consent_at": 2,
        "records": {"information": {"given": False, "reason": "sover"}, "samtycke": {"outcome": "given"}},
        "shared_until": 1,
        "published": True,
        "participants": {"W": {"party": "slutenvard", "roles": ["lakare"], "since": 1, "by": "m"}},
        "steps": {
            "inskrivning": {**step, "act": "kvittera", "awaits": ["C"], "done": {"K": ["a", "r", "t"]}},
            "tid": {**step, "act": None, "awaits": []},
            "kartlaggning": {**step, "act": "skriva", "awaits": []},
        },
        "dates": {"admitted": "a", "published": "p", "estimated": "2026-03-10", "archived": "z"},
        "vardkontakter": [
            {"person": "P", "unit": "C", "kallelseansvarig": True, "responsibility": None, "sequence": 3}
        ],
        "klarmarkerad": True,
        "sip_approved": False,
        "counts": {"messages": 2},
        "unanswered": {"C": 1},
        "told": {"centre": [3, 3]},
    }
    case = load_case(json.dumps(migration("0014").moved(former)))
    assert (case.published_at, case.archived, case.information_reason) == ("p", "z", "sover")
    assert case.state == SvuState(
        dates={"admitted": "a", "estimated": "2026-03-10"},
        vardkontakter=former["vardkontakter"],
        klarmarkerad=True,
        sip_approved=False,
    )
    assert case.consents == {"": StandingConsent("given", None, 2, {"outcome": "given"}, shared_until=1)}
    since = "2026-03-02T10:00:00+00:00"
    awaited = Awaited("inskrivning", "kvittera", ["C"], "m", "urn:hsa:W", 2, since, {"K": ["a", "r", "t"]})
    assert case.awaited == {"inskrivning": awaited}
    assert [name for name, one in case.steps.items() if "writing" in one] == ["kartlaggning"]
    assert case.counts == {"messages": 2, "elements": 2}
    assert (case.participants, case.unanswered, case.told) == tuple(
        former[name] for name in ("participants", "unanswered", "told")
    )
    assert load_case(case.dump()) == case
