"""The tables that the migrations make are those that the code knows, and the database itself keeps the promises.

May import ``hub.store`` and SQLAlchemy.
"""

import json
import re

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from hub.store import directory as directories
from hub.store.migrating import migrate
from hub.store.sort_name import sort_name
from hub.store.tables import metadata
from hub.store.transaction import MIGRATIONS, Store
from tests import stack

CASE = "0199aaaa-0000-7000-8000-000000000001"
OTHER = "0199aaaa-0000-7000-8000-000000000002"
MESSAGE = (
    "INSERT INTO message (source, id, digest, raw, media_type, system, received_at, case_id, sequence, events, receipt)"
    " VALUES ('urn:hsa:a', %s, decode(repeat('00', 32), 'hex'), 'x', 'application/json', 'ehr', now(), %s, %s, %s, %s)"
)
A_CASE = (
    "INSERT INTO cases (id, system, ref, person, process, status, sequence, state, opened_at, changed_at)"
    " VALUES (%s, %s, %s, '', 'svu', 'open', 1, '{}', now(), now())"
)
A_NOTICE = (
    "INSERT INTO outbox_row (id, kind, system, case_id, sequence, source, message, told, accepted_at, due_at)"
    " VALUES (%s, 'notice', %s, %s, %s, 'urn:hsa:a', 'm-1', '{}', now(), now())"
)


@pytest.fixture
def connection(database):
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as opened:
        yield opened


def refused(connection, error, statement, *values):
    with pytest.raises(error) as raised:
        connection.execute(statement, values)
    return str(raised.value)


@pytest.fixture
def both(database, postgres):
    """Inspectors of two databases: one that the migrations made, one that the metadata makes."""
    name = re.search(r"/([a-z0-9_]+)$", database).group(1) + "_metadata"
    engines = [sa.create_engine(url, poolclass=sa.NullPool) for url in (database, postgres.create_database(name))]
    metadata.create_all(engines[1])
    yield [sa.inspect(engine) for engine in engines]
    postgres.drop_database(name)


def test_alembic_sees_no_difference_between_the_migrations_and_the_metadata(database):
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with engine.connect() as opened:
        context = MigrationContext.configure(opened, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_check_constraints_are_the_same_in_the_migrations_and_the_metadata(both):
    def checks(inspector):
        return {
            (table, each["name"]): each["sqltext"]
            for table in metadata.tables
            for each in inspector.get_check_constraints(table)
        }

    migrated, made = map(checks, both)
    assert migrated == made
    assert len(migrated) >= 10


def test_indexes_and_their_conditions_are_the_same_in_the_migrations_and_the_metadata(both):
    def indexes(inspector):
        return {
            (table, each["name"]): (
                each["column_names"],
                each["unique"],
                each.get("dialect_options", {}).get("postgresql_where"),
            )
            for table in metadata.tables
            for each in inspector.get_indexes(table)
        }

    migrated, made = map(indexes, both)
    assert migrated == made
    assert migrated["outbox_row", "outbox_notice"][2] is not None


def test_columns_defaults_and_keys_are_the_same_in_the_migrations_and_the_metadata(both):
    def columns(inspector):
        return {
            (table, each["name"]): (str(each["type"]), each["nullable"], each["default"], bool(each.get("identity")))
            for table in metadata.tables
            for each in inspector.get_columns(table)
        }

    def keys(inspector):
        return {table: inspector.get_pk_constraint(table)["constrained_columns"] for table in metadata.tables}

    assert columns(both[0]) == columns(both[1])
    assert keys(both[0]) == keys(both[1])


def test_there_is_no_table_that_the_metadata_does_not_know(both):
    assert set(both[0].get_table_names()) - {"alembic_version"} == set(metadata.tables)


async def test_migrating_what_is_migrated_changes_nothing(database):
    await migrate(database)
    store = Store(database, pool=1)
    assert await store.check() is None
    await store.close()


async def test_cases_from_before_are_found_by_their_persons_stand_in_months_and_wait_since_they_were_opened(
    database, connection
):
    contacts = [{"person": "SE1-P1"}, {"person": "SE1-P2"}, {"person": "SE1-P1"}]
    left = {"vardkontakter": contacts, "dates": {"discharged": {"date": "2026-03-09"}}}
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with engine.begin() as opened:
        command.downgrade(config_on(opened), "0017")
        for id_, status, by_hand, state in (
            (CASE, "discharged", None, left),
            (OTHER, "open", "unlisted", {"vardkontakter": []}),
        ):
            opened.exec_driver_sql(
                "INSERT INTO cases (id, system, ref, person, process, status, manual, sequence, state, opened_at, changed_at)"
                " VALUES (%s, 'ehr', NULL, '', 'svu', %s, %s, 1, %s, now() - interval '1 day', now())",
                (id_, status, by_hand, json.dumps({"state": state})),
            )
    await migrate(database)
    found = connection.execute("SELECT named, month, manual_since = opened_at FROM cases ORDER BY id").fetchall()
    assert found == [(["fast_vardkontakt/SE1-P1", "fast_vardkontakt/SE1-P2"], "2026-03", None), (None, None, True)]


def config_on(opened):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = opened
    return config


async def test_a_database_without_migrations_is_said_to_be_so(postgres, database):
    name = re.search(r"/([a-z0-9_]+)$", database).group(1) + "_empty"
    store = Store(postgres.create_database(name), pool=1)
    assert (await store.check()).word == "not-migrated"
    await store.close()
    postgres.drop_database(name)


def test_an_answered_message_is_never_changed_or_deleted(connection):
    connection.execute(MESSAGE, ("m-1", CASE, 1, "[]", "{}"))
    for statement in (
        "UPDATE message SET receipt = NULL, case_id = NULL, sequence = NULL, events = NULL",
        "UPDATE message SET raw = 'y'",
        "UPDATE message SET events = '[1]'",
        "UPDATE message SET source = 'urn:hsa:b'",
        "DELETE FROM message",
    ):
        assert "never changed" in refused(connection, psycopg.errors.RaiseException, statement)
    assert connection.execute("SELECT count(*) FROM message").fetchone() == (1,)


def test_a_held_message_may_be_answered_once_but_its_bytes_never_change(connection):
    connection.execute(MESSAGE, ("m-1", None, None, None, None))
    refused(connection, psycopg.errors.RaiseException, "UPDATE message SET raw = 'y'")
    refused(connection, psycopg.errors.RaiseException, "UPDATE message SET id = 'm-2'")
    refused(connection, psycopg.errors.RaiseException, "DELETE FROM message")
    connection.execute("UPDATE message SET receipt = '{}'")
    refused(connection, psycopg.errors.RaiseException, "UPDATE message SET receipt = '{\"a\": 1}'")


def test_the_trail_of_operations_is_never_changed_and_asks_for_a_reason(connection):
    connection.execute("INSERT INTO operation (who, what, target, reason) VALUES ('a', 'pause', 'ehr', 'night')")
    refused(connection, psycopg.errors.RaiseException, "UPDATE operation SET reason = 'other'")
    refused(connection, psycopg.errors.RaiseException, "DELETE FROM operation")
    refused(
        connection,
        psycopg.errors.CheckViolation,
        "INSERT INTO operation (who, what, target, reason) VALUES ('a', 'pause', 'ehr', '')",
    )


def test_a_message_id_is_there_once_per_source(connection):
    connection.execute(MESSAGE, ("m-1", None, None, None, "{}"))
    refused(connection, psycopg.errors.UniqueViolation, MESSAGE, "m-1", None, None, None, "{}")


def test_two_messages_of_a_case_never_have_the_same_number(connection):
    connection.execute(MESSAGE, ("m-1", CASE, 1, "[]", "{}"))
    refused(connection, psycopg.errors.UniqueViolation, MESSAGE, "m-2", CASE, 1, "[]", "{}")
    connection.execute(MESSAGE, ("m-3", OTHER, 1, "[]", "{}"))


@pytest.mark.parametrize(
    "values",
    [
        (None, 1, "[]", "{}"),  # a number without a case
        (CASE, 1, None, "{}"),  # accepted without events
        (CASE, 1, "[]", None),  # accepted without a receipt
        (CASE, None, "[]", "{}"),  # events without a number
        (CASE, 0, "[]", "{}"),
    ],
)
def test_half_a_message_is_refused(connection, values):
    refused(connection, psycopg.errors.CheckViolation, MESSAGE, "m-1", *values)


def test_a_second_case_with_the_same_reference_is_refused(connection):
    connection.execute(A_CASE, (CASE, "ehr", "vk-1"))
    refused(connection, psycopg.errors.UniqueViolation, A_CASE, OTHER, "ehr", "vk-1")
    connection.execute(A_CASE, (OTHER, "other", "vk-1"))  # two systems may use the same reference


def test_cases_without_a_reference_are_not_taken_for_one(connection):
    connection.execute(A_CASE, (CASE, "ehr", None))
    connection.execute(A_CASE, (OTHER, "ehr", None))
    assert connection.execute("SELECT count(*) FROM cases").fetchone() == (2,)


def test_the_sequence_of_a_case_never_goes_back(connection):
    connection.execute(A_CASE, (CASE, "ehr", "vk-1"))
    connection.execute("UPDATE cases SET sequence = 3")
    refused(connection, psycopg.errors.RaiseException, "UPDATE cases SET sequence = 2")


def test_a_doubled_notice_is_refused(connection):
    connection.execute(A_NOTICE, (1, "centre", CASE, 1))
    refused(connection, psycopg.errors.UniqueViolation, A_NOTICE, 2, "centre", CASE, 1)
    connection.execute(A_NOTICE, (3, "kommun", CASE, 1))
    connection.execute(A_NOTICE, (4, "centre", CASE, 2))


@pytest.mark.parametrize(
    "change",
    [
        "state = 'lost'",
        "state = 'sent'",  # without a time
        "sent_at = now()",  # without being sent
        "kind = 'rumour'",
        "case_id = NULL",
        "sequence = NULL",
    ],
)
def test_half_a_row_of_the_outbox_is_refused(connection, change):
    connection.execute(A_NOTICE, (1, "centre", CASE, 1))
    refused(connection, psycopg.errors.CheckViolation, f"UPDATE outbox_row SET {change}")


async def test_the_directory_is_kept_with_its_versions(database):
    store = Store(database, pool=1)
    first, second = stack.directory(), stack.directory("-two")
    assert await directories.current(store) is None
    assert await directories.apply(store, first) == 1
    assert await directories.current(store) == (1, first)
    assert await directories.apply(store, second) == 2
    assert await directories.current(store) == (2, second)
    assert await directories.current(store, newer_than=2) is None
    async with store.transaction() as connection:
        found = await (await connection.execute("SELECT count(*) FROM directory_version")).fetchone()
    assert found == (2,)
    await store.close()


async def test_what_a_transaction_wrote_is_gone_when_anything_is_raised_in_it(database):
    store = Store(database, pool=1)

    async def half_way():
        async with store.transaction() as connection:
            await connection.execute(A_CASE, (CASE, "ehr", "vk-1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half_way()
    async with store.transaction() as connection:
        assert await (await connection.execute("SELECT count(*) FROM cases")).fetchone() == (0,)
    await store.close()


def test_the_hub_sorts_by_the_names_as_the_database_did_which_made_them_itself(connection):
    """The rows of an earlier version keep what the database had made of their names."""
    names = [
        "Tolvan Tolvansson", "Tolvansson, Tolvan", "  Åke   Öberg ", "von Ärlig , Eva-Lena", "Ö", "", " ", "a,b,c", "Anna Maria Ek",
        "Anna\tMaria\nEk", "ÉVA D'Ö", "Ek ,", ", Ek", "x y z\n",
    ]  # fmt: skip
    made = "lower(CASE WHEN POSITION(',' IN name) > 0 THEN regexp_replace(btrim(name), '\\s*,\\s*', ' ')"
    made += " ELSE regexp_replace(btrim(name), '^(.*\\S)\\s+(\\S+)$', '\\2 \\1') END)"
    found = connection.execute(
        f"SELECT translate({made}, 'åäö', '{{|}}') FROM unnest(%s::text[]) WITH ORDINALITY AS n (name, at) ORDER BY at",
        (names,),
    )
    assert [sort_name(name) for name in names] == [each for (each,) in found.fetchall()]
