"""How every command that uses the database ends on one that is not of this version: one sentence that says what to do, exit status 2."""

import psycopg
import pytest

from hub.cli.endings import NOT_DONE
from hub.sandbox.children import free_port
from tests.commands import USE_THE_DATABASE, ended, line_of, said

EMPTY = "DROP TABLE alembic_version"
OLDER = "UPDATE alembic_version SET version_num = '0001'"
NEWER = "UPDATE alembic_version SET version_num = '9999'"
NOT_MIGRATED = "the database has not been brought up to this version: run `hub migrate`"
OF_A_NEWER = (
    "the database is of a newer version than this program: run that version, or restore the copy made before it"
)


@pytest.fixture(
    scope="module",
    params=[(EMPTY, NOT_MIGRATED), (OLDER, NOT_MIGRATED), (NEWER, OF_A_NEWER)],
    ids=["empty", "older", "newer"],
)
def other(request, shared_database):
    """A database of another version, and what is to be said of it."""
    made, sentence = request.param
    with psycopg.connect(shared_database.replace("+psycopg", ""), autocommit=True) as opened:
        opened.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)")
        opened.execute("TRUNCATE alembic_version")
        opened.execute("INSERT INTO alembic_version VALUES ('0001')")
        opened.execute(made)
    return shared_database, sentence


@pytest.mark.parametrize("words", USE_THE_DATABASE, ids=" ".join)
def test_a_command_says_what_to_do_about_a_database_of_another_version(words, other, tmp_path):
    database, sentence = other
    if words == ("migrate",) and sentence == NOT_MIGRATED:
        pytest.skip("it is what mends that")
    (tmp_path / "a-file").write_text("")
    settings = {"HUB_DATABASE_URL": database, "HUB_KAFKA_BOOTSTRAP": "127.0.0.1:9", "HUB_HTTP_HOST": "127.0.0.1"}
    settings["HUB_HTTP_PORT"] = str(free_port())
    status, stdout, stderr = ended(words, line_of(words, tmp_path), tmp_path, **settings)
    assert (status, said(stderr), stdout) == (NOT_DONE, f"hub: {sentence}", "")
