"""The consumer group has no members of dead processes: whoever sees that a process has died says so to the group's coordinator, which
would else wait for it until its session ends. Imports aiokafka and the store only.
"""

from __future__ import annotations

import math
import re
import secrets
import time
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError, NoError, UnknownMemberIdError, for_code
from aiokafka.protocol.admin import DescribeGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest

from hub.errors import Unavailable
from hub.log import log
from hub.outages import BROKER
from hub.store.advisory_locks import Ownership
from hub.store.transaction import Store

_CLIENT_ID = re.compile(r"hub-.*-([0-9a-f]+)\.([0-9]+)")
"""The client id of a process of the hub: it ends with the mark of its database and the number of its lock. Others are left alone."""
_NEW_S = 2.0
"""Seconds for which a new session of ours judges nobody whom it has not seen alive: what cut the one before, such as a restart of the
database, may have cut the others' too, and they come back as we did.
"""
_REQUEST_MS = 2_000
_SHARED = (
    "a hub with another database reads in this consumer group, so that each gets a part of the messages only: stop the one that does"
    " not belong here and give it a broker, or a HUB_KAFKA_GROUP, of its own; deploy/OPERATING.md says how to read what it took"
)


# The theory.
#
# A process that reads Kafka shows that it lives by a lock of a database session, as it does for its shards: PostgreSQL frees the lock
# when the process dies, and when it is silent for ten seconds. The lock's number ends the client id that its member of the group bears;
# before it stands a mark of the database, whose locks say nothing of a process of another one.
#
# A number that was there and is gone, at two looks in a row, is of a dead process. Whoever sees it asks the coordinator for the group's
# members, and says of the one with that number that it has left, as the process itself would have said at an orderly stop. The
# partitions are dealt anew as soon as the others have heard, at their next heartbeat. Several may say it at once: of a member that is
# gone already it is no error.
#
# Should the process live all the same (it was stopped, or had lost the database), it hears at its next heartbeat or commit that it is no
# member, commits nothing, and joins as a new one. What it had in hand is handled by both, and is a repeat at one of them (D-2). Each
# process takes another out once only, so that one that lives and cannot show it stays in.


class ConsumerGroup:
    """The part of this process in the consumer group: it shows that it lives, and takes out who does not."""

    def __init__(self, store: Store, client: Mapping[str, Any], name: str, owner: str) -> None:
        """``client``: as of ``settings.kafka_client``; ``name``: the group's; ``owner``: what operations knows this process as."""
        self._how = client
        self._name = name
        self._owner = owner
        self._number = secrets.randbelow(2**31)
        self._mark = ""
        """Of the database; empty until the first look."""
        self._presence = Ownership(store, "kafka")
        self._before: frozenset[int] | None = None
        """The numbers shown at the last look; None when the session is new."""
        self._compare_at = math.inf
        """When the members are next compared with who lives, in seconds of ``time.monotonic``."""
        self._taken_out: set[int] = set()
        """The numbers of those who have been taken out and have not shown since that they live."""
        self._foreign: set[str] = set()
        """The marks of other databases whose members have been seen in this group, which operations has been told."""

    @property
    def client_id(self) -> str:
        """By this client id the process must be a member; known after the first look."""
        assert self._mark, "nobody has looked yet"
        return f"hub-{self._owner}-{self._mark}.{self._number}"

    async def look(self) -> None:
        """Show that this process lives, and take out the members of those that have died since the last look but one.

        Raises ``Unavailable`` when the database or the broker does not answer; it is done at a later look then.
        """
        self._mark = self._mark or await self._presence.mark_of_database()
        try:
            living = await self._presence.sharing(self._number)
        except Unavailable:
            self._before = None
            living = await self._presence.sharing(
                self._number
            )  # at once, lest the others miss this process at two looks
        now = time.monotonic()
        if self._before is None:
            self._before, self._compare_at = living, now + _NEW_S
        gone, lately, due = self._before - living, self._before | living, now >= self._compare_at
        self._before = living
        self._taken_out -= living
        if gone:
            self._compare_at = now  # at the next look, if they are not back
        if due:
            await self._take_out_the_dead(lately)
            if not gone:
                self._compare_at = math.inf

    async def _take_out_the_dead(self, living: Collection[int]) -> None:
        client = AIOKafkaClient(**self._how, request_timeout_ms=_REQUEST_MS)
        try:
            await client.bootstrap()
            node = await client.coordinator_lookup(CoordinationType.GROUP, self._name)
            found = await client.send(node, DescribeGroupsRequest([self._name]))
            ((error, _, _, _, _, members, *_),) = found.groups
            _raise_for(error)
            for member, client_id, *_ in members:
                shown = _CLIENT_ID.fullmatch(client_id)
                if shown is None:
                    continue
                mark, number = shown[1], int(shown[2])
                if mark != self._mark:
                    self._tell_of_another_database(mark, client_id)
                    continue
                if number in living or number in self._taken_out:
                    continue
                answer = await client.send(node, LeaveGroupRequest(self._name, member))
                _raise_for(answer.error_code)
                self._taken_out.add(number)
                log.warning("dead_reader_taken_out", reader=client_id)
        except (KafkaError, OSError, TimeoutError) as error:
            if isinstance(error, KafkaError) and not error.retriable:
                log.warning("dead_readers_not_taken_out", error=type(error).__name__)
                return  # until their session ends
            raise Unavailable(BROKER) from error
        finally:
            await client.close()

    def _tell_of_another_database(self, mark: str, client_id: str) -> None:
        if mark not in self._foreign:
            self._foreign.add(mark)
            log.warning("group_shared", group=self._name, reader=client_id, said=_SHARED)

    async def close(self) -> None:
        """Show no longer that this process lives: it has left the group."""
        await self._presence.close()


def _raise_for(code: int) -> None:
    """Raise what a code of the broker means, unless it is that all is well, or that the member has gone already."""
    error = for_code(code)
    if not issubclass(error, (NoError, UnknownMemberIdError)):
        raise error()
