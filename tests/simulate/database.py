"""A model of PostgreSQL as the hub uses it: transactions at READ COMMITTED, row locks, unique keys, advisory locks, sessions.

A statement is a generator over a transaction: it yields the sessions that it waits for, and goes on when one of them has let
go. What it finds, it finds as of its beginning; a row that it had to wait for it sees as it is then, as in PostgreSQL. A
transaction's changes are its own until the commit. A session that ends takes its transaction and its locks with it.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Generator, Iterable
from inspect import isgenerator
from random import Random
from typing import Any

import psycopg

from hub.store.transaction import Conflict
from tests.simulate.loop import Loop, Process

Row = dict[str, Any]
Statement = Callable[["Transaction"], Any]
Waiting = Generator[list["Session"], None, Any]

IDLE_IN_TRANSACTION_S = 15.0
"""As the hub sets it for its sessions; a process that stands still loses its row locks after it."""


class Table:
    """Rows by primary key; ``unique``: name of a key → what a row has as that key, None where it has none."""

    def __init__(self, **unique: Callable[[Row], Any]) -> None:
        self.rows: dict[Any, Row] = {}
        self.unique = unique


class Session:
    """A connection as the server knows it."""

    def __init__(self, number: int, process: Process | None, *, autocommit: bool, idle_s: float | None) -> None:
        self.number = number
        self.process = process
        self.autocommit = autocommit
        self.idle_s = idle_s
        self.transaction: Transaction | None = None
        self.running: Waiting | None = None
        self.waits_for: list[Session] = []
        self.wait_number = 0
        self.wants: tuple[Any, str] | None = None
        """The advisory lock that it waits for, and in which mode."""
        self.listens: set[str] = set()
        self.heard: list[str] = []
        self.hears: Future[None] | None = None
        self.reply: Future[Any] | None = None
        self.in_flight = 0
        """Requests that have not reached the server."""
        self.failed = False
        """Its transaction met an error, and was not rolled back yet."""
        self.ended = False
        self.client_gone = False
        self.quiet_since = 0.0
        self.timer: Any = None


class Server:
    """The database server. ``choose`` draws how long each statement takes."""

    def __init__(self, loop: Loop, choose: Random, tables: dict[str, Table]) -> None:
        self.loop = loop
        self.choose = choose
        self.tables = tables
        self.process = loop.process("database")
        self.sequences: dict[str, int] = {}
        self.away = False
        self.sessions: dict[int, Session] = {}
        self.locks: dict[tuple[str, Any], dict[Transaction, str]] = {}
        self.claims: dict[tuple[str, str, Any], Transaction] = {}
        self.advisory: dict[Any, dict[Session, str]] = {}
        self.commits = 0
        self.waiting: list[Session] = []
        self._unsynced: list[tuple[Table, Any, Row | None]] = []
        """How to take back what was committed without waiting for the disk: a crash of the server loses it."""
        self._number = 0

    # --- sessions -------------------------------------------------------------------------------------------------------

    def connect(self, process: Process | None, *, autocommit: bool = False, idle_s: float | None = None) -> Session:
        if self.away:
            raise psycopg.OperationalError("the server is away")
        self._number += 1
        session = Session(self._number, process, autocommit=autocommit, idle_s=idle_s)
        session.quiet_since = self.loop.now
        self.sessions[self._number] = session
        self._watch(session)
        return session

    def _watch(self, session: Session) -> None:
        """End the session when its client has said nothing for too long."""
        limit = session.idle_s or IDLE_IN_TRANSACTION_S
        left = session.quiet_since + limit - self.loop.now
        if left <= 0 and session.running is None and (session.idle_s or session.transaction):
            self.end(session)
        elif not session.ended:
            session.timer = self.loop.call_later(
                left if left > 0 else limit, self._watch, session, context=self.process.context
            )

    def end(self, session: Session) -> None:
        """Roll back, and let go of every lock."""
        if session.ended:
            return
        session.ended = True
        del self.sessions[session.number]
        if session.timer is not None:
            session.timer.cancel()
        if session in self.waiting:
            self.waiting.remove(session)
        if session.running is not None:
            session.running.close()
            session.running = None
        self._answer(session, error=psycopg.errors.AdminShutdown("the session was ended"))
        if session.hears is not None and not session.hears.done():
            session.hears.set_exception(psycopg.errors.AdminShutdown("the session was ended"))
        for holders in self.advisory.values():
            holders.pop(session, None)
        if session.transaction is not None:
            self._finish(session.transaction)
        self.wake()

    def client_died(self, process: Process, *, silently: bool = False) -> None:
        """The client of these sessions is dead. ``silently``: its machine lost power, and the server hears nothing of it."""
        for session in [one for one in self.sessions.values() if one.process is process]:
            session.reply = None
            if silently:
                continue
            session.client_gone = True
            if session.running is None and not (session.in_flight and self.choose.random() < 0.5):
                self.end(session)

    def restart(self, away_s: float) -> None:
        """The server crashes: every session ends, and what was not on the disk is gone."""
        for session in list(self.sessions.values()):
            self.end(session)
        for table, key, before in reversed(self._unsynced):
            if before is None:
                table.rows.pop(key, None)
            else:
                table.rows[key] = before
        self._unsynced.clear()
        self.away = True
        self.loop.call_later(away_s, self._come_back, context=self.process.context)

    def _come_back(self) -> None:
        self.away = False

    # --- statements -----------------------------------------------------------------------------------------------------

    def request(self, session: Session, work: Statement | str, reply: Future[Any]) -> None:
        """A statement, or ``commit`` or ``rollback``, is on its way."""
        session.in_flight += 1
        session.reply = reply
        drawn = self.choose.random()
        took = 0.0 if drawn < 0.3 else 0.002 * drawn if drawn < 0.97 else 0.2 * self.choose.random()
        self.loop.call_later(took, self._arrived, session, work, context=self.process.context)

    def _arrived(self, session: Session, work: Statement | str) -> None:
        session.in_flight -= 1
        if session.ended:
            self._answer(session, error=psycopg.errors.AdminShutdown("the session was ended"))
            return
        if work == "rollback":
            session.failed = False
        elif session.failed:
            self._answer(session, error=psycopg.errors.InFailedSqlTransaction("the transaction has failed"))
            return
        if session.transaction is None:
            session.transaction = Transaction(self, session)
        if work == "commit":
            self._commit(session)
        elif work == "rollback":
            self._finish(session.transaction)
            self._answer(session)
        elif session.client_gone:
            self.end(session)
        else:
            self._run(session, work)

    def _run(self, session: Session, work: Any) -> None:
        try:
            found = work(session.transaction)
        except Exception as error:  # noqa: BLE001 - told to the client, and looked at
            self._failed(session, error)
            return
        if isgenerator(found):
            session.running = found
            self._step(session)
        else:
            self._done(session, found)

    def _step(self, session: Session) -> None:
        assert session.running is not None
        try:
            waits_for = next(session.running)
            if self._is_deadlock(session, waits_for):
                session.running.throw(psycopg.errors.DeadlockDetected("deadlock detected"))
        except StopIteration as stop:
            self._end_wait(session)
            self._done(session, stop.value)
        except Exception as error:  # noqa: BLE001 - told to the client, and looked at
            self._end_wait(session)
            self._failed(session, error)
        else:
            session.waits_for = waits_for
            if session not in self.waiting:
                self.waiting.append(session)
                session.wait_number += 1
                limit = None if session.transaction is None else session.transaction.lock_timeout_s
                if limit is not None:
                    self.loop.call_later(
                        limit, self._waited_enough, session, session.wait_number, context=self.process.context
                    )

    def _waited_enough(self, session: Session, number: int) -> None:
        if session in self.waiting and session.wait_number == number and session.running is not None:
            session.running.close()
            self._end_wait(session)
            self._failed(session, psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"))

    def _end_wait(self, session: Session) -> None:
        session.running = session.wants = None
        if session in self.waiting:
            self.waiting.remove(session)

    def _is_deadlock(self, session: Session, waits_for: Iterable[Session]) -> bool:
        seen: set[Session] = set()
        left = list(waits_for)
        while left:
            one = left.pop()
            if one is session:
                return True
            if one not in seen and one in self.waiting:
                seen.add(one)
                left += one.waits_for
        return False

    def _done(self, session: Session, value: Any) -> None:
        if session.autocommit:
            self._commit(session, value)
        elif session.client_gone:
            self.end(session)
        else:
            self._answer(session, value)

    def _failed(self, session: Session, error: BaseException) -> None:
        if not isinstance(error, psycopg.Error | Conflict | RuntimeError):
            self.loop.failure = error  # a defect of the model
        if session.transaction is not None and (session.autocommit or isinstance(error, psycopg.Error)):
            session.failed = (
                not session.autocommit
            )  # an error undoes all at once; the session then waits for the rollback
            self._finish(session.transaction)
        self._answer(session, error=error)
        if session.client_gone:
            self.end(session)

    def _answer(self, session: Session, value: Any = None, error: BaseException | None = None) -> None:
        session.quiet_since = self.loop.now
        reply, session.reply = session.reply, None
        if reply is not None and not reply.done():
            if error is None:
                reply.set_result(value)
            else:
                reply.set_exception(error)

    def _commit(self, session: Session, value: Any = None) -> None:
        transaction = session.transaction
        assert transaction is not None
        self.commits += bool(transaction.changes)
        if not transaction.lazy:
            self._unsynced.clear()
        for (name, key), row in transaction.changes.items():
            table = self.tables[name]
            if transaction.lazy:
                self._unsynced.append((table, key, table.rows.get(key)))
            if row is None:
                table.rows.pop(key, None)
            else:
                table.rows[key] = row
        self._finish(transaction)
        for channel, text in transaction.notes:
            for one in self.sessions.values():
                if channel in one.listens and text not in one.heard:
                    one.heard.append(text)
                    if one.hears is not None and not one.hears.done():
                        one.hears.set_result(None)
        self._answer(session, value)
        if session.client_gone:
            self.end(session)

    def _finish(self, transaction: Transaction) -> None:
        session = transaction.session
        session.transaction = None
        for place in transaction.locked:
            holders = self.locks[place]
            del holders[transaction]
            if not holders:
                del self.locks[place]
        for claim in transaction.claimed:
            del self.claims[claim]
        for key in transaction.advisory:
            self.advisory[key].pop(session, None)
        self.wake()

    def wake(self) -> None:
        """Those that wait look again, first come, first served."""
        for session in list(self.waiting):
            if session in self.waiting:
                self._step(session)


class Transaction:
    def __init__(self, server: Server, session: Session) -> None:
        self.server = server
        self.session = session
        self.changes: dict[tuple[str, Any], Row | None] = {}
        self.locked: set[tuple[str, Any]] = set()
        self.claimed: set[tuple[str, str, Any]] = set()
        self.advisory: set[Any] = set()
        self.notes: list[tuple[str, str]] = []
        """What is told by NOTIFY when it commits: (channel, text)."""
        self.lock_timeout_s: float | None = None
        self.lazy = False
        """Its commit does not wait for the disk (``synchronous_commit = off``)."""

    # --- reading --------------------------------------------------------------------------------------------------------

    def get(self, table: str, key: Any) -> Row | None:
        """A row as this transaction sees it now."""
        if (table, key) in self.changes:
            return self.changes[table, key]
        return self.server.tables[table].rows.get(key)

    def rows(self, table: str) -> list[tuple[Any, Row]]:
        """All rows, with their keys, as this transaction sees them now."""
        own = {key: row for (name, key), row in self.changes.items() if name == table}
        if not own:
            return list(self.server.tables[table].rows.items())
        found = [(key, own.pop(key, row)) for key, row in self.server.tables[table].rows.items()]
        return [(key, row) for key, row in (*found, *own.items()) if row is not None]

    # --- writing --------------------------------------------------------------------------------------------------------

    def lock(self, table: str, key: Any, *, share: bool = False) -> Waiting:
        """Lock a row until the transaction ends, FOR UPDATE or FOR SHARE."""
        place = (table, key)
        while others := [
            one.session
            for one, mode in self.server.locks.get(place, {}).items()
            if one is not self and not (share and mode == "share")
        ]:
            yield others
        holders = self.server.locks.setdefault(place, {})
        if holders.get(self) != "update":
            holders[self] = "share" if share else "update"
        self.locked.add(place)

    def insert(self, table: str, key: Any, row: Row) -> Waiting:
        """Raises ``UniqueViolation`` where another row has one of its keys; waits for a transaction that may write one."""
        for name, of in (("key", lambda _: key), *self.server.tables[table].unique.items()):
            value = of(row)
            if value is None:
                continue
            claim = (table, name, value)
            while (other := self.server.claims.get(claim)) is not None and other is not self:
                yield [other.session]
            taken = self.get(table, key) if name == "key" else self._with(table, of, value)
            if taken is not None:
                raise psycopg.errors.UniqueViolation(f"{table} {name}")
            self.server.claims[claim] = self
            self.claimed.add(claim)
        yield from self.lock(table, key)
        self.changes[table, key] = row

    def _with(self, table: str, of: Callable[[Row], Any], value: Any) -> Row | None:
        return next((row for _, row in self.rows(table) if of(row) == value), None)

    def update(self, table: str, where: Callable[[Row], Any], change: Callable[[Row], Row | None]) -> Waiting:
        """Change the rows that fit, or delete them where ``change`` gives None; return those that were changed, as they were
        and as they are."""
        found = sorted(key for key, row in self.rows(table) if where(row))
        done: list[tuple[Row, Row | None]] = []
        for key in found:
            yield from self.lock(table, key)
            row = self.get(table, key)
            if row is None or not where(row):
                continue
            changed = change(row)
            self.changes[table, key] = changed if changed is None else row | changed
            done.append((row, self.changes[table, key]))
        return done

    # --- advisory locks -------------------------------------------------------------------------------------------------

    def advisory_lock(self, key: Any, *, share: bool = False) -> Waiting:
        """Until the transaction ends."""
        mode = "share" if share else "update"
        while others := self._others(key, mode):
            self.session.wants = key, mode
            yield others
        self.session.wants = None
        holders = self.server.advisory.setdefault(key, {})
        if holders.get(self.session) != "update":
            holders[self.session] = mode
        self.advisory.add(key)

    def try_session_lock(self, key: Any) -> bool:
        """Until the session ends, or gives it back."""
        if self._others(key, "update"):
            return False
        self.server.advisory.setdefault(key, {})[self.session] = "update"
        return True

    def release_session_locks(self, keys: set[Any] | None = None) -> None:
        """Those named, or all."""
        for key, holders in self.server.advisory.items():
            if keys is None or key in keys:
                holders.pop(self.session, None)
        self.server.wake()

    def _others(self, key: Any, mode: str) -> list[Session]:
        """Who holds the lock, or asked for it before: who comes later waits behind those who wait."""
        holders = self.server.advisory.get(key, {})
        if self.session in holders and mode == "share":
            return []
        found = [one for one, its in holders.items() if one is not self.session and not (mode == its == "share")]
        for one in self.server.waiting:
            if one is self.session:
                break
            if one.wants is not None and one.wants[0] == key and not (mode == one.wants[1] == "share"):
                found.append(one)
        return found

    def next_of(self, sequence: str, step: int = 1) -> int:
        """The next of a sequence; not taken back with the transaction."""
        value = self.server.sequences.get(sequence, 1)
        self.server.sequences[sequence] = value + step
        return value
