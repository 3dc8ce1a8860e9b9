"""What the hub proposes for a message before it is written (P-4). Imports the desk, the store and the views."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import CaseRecord
from hub.routers.cases.asker import AskerOnACase, TheDesk
from hub.routers.cases.names import views
from hub.routers.cases.question import CODE, CaseId, InQuery, answer, now
from hub.store import case_reads, cases
from hub.views.proposals import proposed, proposes_for

_Code = Annotated[str, StringConstraints(pattern=CODE)]
ROUTES = views()


class ProposalQuery(InQuery):
    """For which message."""

    message: _Code = Field(
        default="sip.kallelse", description="The message that is about to be written: sip.kallelse, sip.initiativ."
    )
    kind: _Code = Field(default="ny", description="The kind of the call.")


@ROUTES.get(
    "/cases/{id}/proposals",
    summary="Whom a call or an initiativ may go to: receivers, participants and a coordinator, as the region chooses them (P-4)",
)
async def proposals(
    desk: TheDesk, asker: AskerOnACase, case: CaseId, asked: Annotated[ProposalQuery, Query()]
) -> Response:
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, "forslag")
        proposes_for(opened.case, asked.message)
        acts = await case_reads.acts(connection, case, asker.unit.hsa, ["adressering"])
        messages = await desk.messages(connection, opened.case, asker, [act.sequence for act in acts[-1:]])
        others = process_of_case(opened.case).proposals.linked(opened.case)
        linked = [found for id_ in others if (found := await cases.read(connection, id_)) is not None]
    record = CaseRecord(opened.case, acts, messages, desk.directory(), now())
    return answer(proposed(record, asker, asked.message, asked.kind, linked))
