"""The migrations are one line from the first to the last, whoever added them at the same time."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from hub.store.transaction import MIGRATIONS


def test_the_migrations_are_one_line_and_their_numbers_follow_each_other():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == [f"{n:04d}" for n in range(len(numbers), 0, -1)]
