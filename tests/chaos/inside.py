"""What only the store can show after a run: that each case is what its history makes of it. Imports the store and the rules."""

from __future__ import annotations

from hub.processes.engine.events import fold, rules_part
from hub.processes.engine.process import load_case
from hub.store import cases
from hub.store.transaction import Store
from tests.stack import Stack


async def cases_that_are_not_their_history(stack: Stack) -> list[str]:
    """The ids of cases whose state is not the fold of their messages, or whose numbers have gaps."""
    found = await stack.rows(
        "SELECT c.id::text, c.state::text, c.sequence,"
        " (SELECT count(*) FROM message m WHERE m.case_id = c.id AND m.sequence IS NOT NULL) FROM cases c"
    )
    store = Store(stack.database, pool=1)
    async with store.transaction() as connection:
        histories = await cases.histories(connection, [id_ for id_, *_ in found])
    await store.close()
    return [
        id_
        for id_, state, sequence, messages in found
        if messages != sequence or rules_part(load_case(state)) != rules_part(fold(id_, histories[id_]))
    ]
