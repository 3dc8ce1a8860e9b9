"""Shards for tests of parts of a hub: all of them are this process's, as the database has them from the beginning."""

from hub.shards import Shards
from hub.store import send_queue
from hub.store.shards import SHARDS, ShardState


def all_shards(store):
    """As if this process had taken them all, and nobody else ever does."""
    made = Shards(store, "test", takes_part=False)
    made._states = dict.fromkeys(range(SHARDS), ShardState(0, 0))
    made._confirmed_at = float("inf")
    return made


async def unsent_ids(connection, system, every=range(SHARDS)):
    """The ids of a system's rows that are to be sent, of every shard, in the order of writing."""
    fresh = await send_queue.fresh_ids(connection, system, after=0, limit=1_000)
    waiting = await send_queue.waiting_ids(connection, system, every, after=0, limit=1_000)
    return sorted([one.id for one in fresh if not one.sent] + waiting)
