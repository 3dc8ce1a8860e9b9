"""How every command that uses the database ends on one that is not of this version or takes no writes: one sentence that says what to
do, exit status 2; what only reads is shown.
"""

import asyncio
import json

import psycopg
import pytest

from hub.cli.endings import NOT_DONE
from hub.sandbox.children import free_port
from hub.store import directory as directories
from hub.store.transaction import Store
from tests.commands import COMMANDS, USE_THE_DATABASE, ended, line_of, said
from tests.stack import directory

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


# --- a database that takes no writes, such as a standby -------------------------------------------------------------------------

NUMBER = "191212121212"
ACTS = [words for words in USE_THE_DATABASE if any(each.name == "by" for each in COMMANDS[words].params)]
READS = [words for words in USE_THE_DATABASE if words not in [*ACTS, ("run",), ("migrate",)]]


@pytest.fixture(scope="module")
def in_force(postgres, template):
    """The address of a database with a directory in force, which takes no writes afterwards."""
    name = "takes_no_writes"
    url = postgres.create_database(name, template)

    async def apply():
        store = Store(url)
        await directories.apply(store, directory())
        await store.close()

    asyncio.run(apply())
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as opened:
        opened.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    yield url
    postgres.drop_database(name)


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_what_only_reads_is_shown_from_a_database_that_takes_no_writes(words, in_force, tmp_path):
    line = line_of(words, tmp_path)
    if words == ("average",):
        line[1] = next(iter(directory().regions)).id
    status, stdout, stderr = ended(words, line, tmp_path, HUB_DATABASE_URL=in_force)
    assert "takes no writes" not in stderr
    if words in {("timeline",), ("held", "show")}:  # of what is not there
        assert status == NOT_DONE and "x" in said(stderr)
    else:
        assert (status, bool(stdout), stderr) == (0, True, "")


def test_the_status_as_json_is_whole_from_a_database_that_takes_no_writes(in_force, tmp_path):
    status, stdout, _ = ended(("status",), ["status", "--json"], tmp_path, HUB_DATABASE_URL=in_force)
    assert (status, json.loads(stdout)["overview"]["directory"]) == (0, 1)


def test_an_act_on_a_database_that_takes_no_writes_says_that_and_not_that_it_does_not_answer(in_force, tmp_path):
    system = next(iter(directory().systems)).id
    line = ["pause", system, "--reason", "y"]
    status, _, stderr = ended(("pause",), line, tmp_path, HUB_DATABASE_URL=in_force)
    assert (status, said(stderr).startswith("hub: the database takes no writes: ")) == (NOT_DONE, True)
    assert "does not answer" not in stderr


def test_a_database_that_takes_no_writes_cannot_be_brought_up_and_that_is_said(postgres, tmp_path):
    name = "empty_and_takes_no_writes"
    url = postgres.create_database(name)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as opened:
        opened.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    status, _, stderr = ended(("migrate",), ["migrate"], tmp_path, HUB_DATABASE_URL=url)
    postgres.drop_database(name)
    assert (status, said(stderr).startswith("hub: the database takes no writes: ")) == (NOT_DONE, True)


@pytest.mark.parametrize("option", ["--reason", "--by"])
@pytest.mark.parametrize("words", ACTS, ids=" ".join)
def test_what_is_kept_in_the_trail_holds_no_personal_identity_number(words, option, in_force, tmp_path):
    if (words, option) == (("announce",), "--reason"):
        pytest.skip("its texts are its reason, and are checked as such")
    line = line_of(words, tmp_path)
    if words == ("directory", "apply"):
        shown = ended(("directory", "show"), ["directory", "show"], tmp_path, HUB_DATABASE_URL=in_force)[1]
        (tmp_path / "shown.yaml").write_text(shown)
        line[2:] = [str(tmp_path / "shown.yaml")]
    line += ["--system", next(iter(directory().systems)).id] if words == ("dead", "replay") else []
    line += [] if words == ("announce",) else ["--reason", "y"]
    line += [option, f"patient {NUMBER}"]
    status, _, stderr = ended(words, line, tmp_path, HUB_DATABASE_URL=in_force)
    assert (status, said(stderr).startswith(f"hub: {option.lstrip('-')} holds a personal identity number")) == (
        NOT_DONE,
        True,
    ), stderr
    assert NUMBER not in stderr
