"""A database that a test gives back is as the template for the next, or is not given to anybody."""

import psycopg
import pytest

OF_ALL = "SELECT (SELECT count(*) FROM paused), (SELECT sum(epoch) FROM shard), nextval('held_id_seq')"


@pytest.fixture
def used(databases, postgres):
    """The name of a database that a test has used, with what it did to it."""

    def used(*statements):
        name = databases.take()
        with psycopg.connect(postgres.url(name).replace("+psycopg", ""), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)
        databases.give_back(name)
        return name

    return used


def test_the_rows_that_a_test_left_are_gone_and_those_of_the_migrations_there_for_the_next(databases, postgres, used):
    first = used(
        "INSERT INTO paused (system) VALUES ('ehr')",
        "UPDATE shard SET epoch = 7",
        "DELETE FROM shard WHERE id = 3",
        "SELECT nextval('held_id_seq')",
    )
    again = databases.take()
    assert again == first
    with psycopg.connect(postgres.url(again).replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute(OF_ALL).fetchone() == (0, 0, 1)
        assert connection.execute("SELECT count(*) FROM shard").fetchone() == (64,)
    databases.give_back(again)


@pytest.mark.parametrize(
    "changed",
    [
        "ALTER TABLE paused ADD COLUMN more text",
        "DROP INDEX held_due",
        "ALTER TABLE outbox_row DISABLE TRIGGER ALL",
        "ALTER TABLE held DROP CONSTRAINT held_key",
        "CREATE OR REPLACE VIEW more AS SELECT 1",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
    ],
)
def test_one_of_which_more_than_rows_was_changed_is_given_to_nobody(databases, postgres, used, changed):
    before = databases.take()  # or the next would be one that is free already
    name = used(changed)
    assert postgres.run(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == "0"
    databases.give_back(before)
