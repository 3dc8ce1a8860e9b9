"""What the tests do to a database server beside the hub, over its address."""

from __future__ import annotations

from abc import ABC, abstractmethod

import psycopg


class Statements(ABC):
    """What a test does to a database server beside the hub, over its address."""

    @abstractmethod
    def url(self, database: str = "postgres") -> str:
        """The address of a database, as SQLAlchemy writes it."""

    def create_database(self, name: str, template: str = "template1") -> str:
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, statement: str, database: str = "postgres") -> str:
        """One statement, and the first column of its first row as text."""
        address = self.url(database).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            answer = connection.execute(statement)
            row = answer.fetchone() if answer.description else None
        return "" if row is None else str(row[0])
