"""The free messages of a case and their files (C-40 to C-42). Imports the desk, the store and the views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.shared.disclosure import may_read, shown_elements
from hub.routers.cases.asker import AskerOnACase, TheDesk
from hub.routers.cases.names import views
from hub.routers.cases.question import PRIVATE, CaseId, InQuery, PlainPart, answer, plain, within
from hub.routers.parameters import bad
from hub.store import case_reads
from hub.store.case_reads import Thread
from hub.views.access import Asker
from hub.views.rows import counts
from hub.views.thread import file_of, shown
from schemas.identity_types import KnownHsa

_LAST = 2_000_000_000

_NO_FILE = Refused(
    "C-42",
    "Meddelandet finns inte, eller har ingen fil.",
    "There is no such message, or it has no file.",
    "/message",
    404,
)


class ThreadQuery(InQuery):
    """A page of free messages, the newest first."""

    before: int = Field(default=_LAST, ge=1, le=_LAST, description="next_before of the page before")
    limit: int = Field(default=20, ge=1, le=100)


class FileQuery(InQuery):
    """Which file is meant, where two units have used the same id."""

    sender: KnownHsa | None = Field(default=None, description="HSA-id of the unit that sent the message.")


ROUTES = views()


@ROUTES.get(
    "/cases/{id}/messages",
    summary="Free messages, the newest first: receivers, kvittenser, revoked or not, with or without a file",
)
async def messages(desk: TheDesk, asker: AskerOnACase, id_: CaseId, asked: Annotated[ThreadQuery, Query()]) -> Response:
    limit, before = asked.limit, asked.before
    async with desk.transaction() as connection:
        opened = await desk.open(connection, id_, asker, "meddelanden")
        case = opened.case
        found = await case_reads.threads(connection, case.id, asker.unit.hsa, before, limit)
        found = found if may_read(case, "meddelande") else []
        count = within([one.size for one in found], limit)
        page = found[:count]
        told = _shown(case, asker, page)
        said = await desk.messages(connection, case, asker, [one.sequence for one in told])
        lines = [shown(case, one, said[one.sequence], desk.directory()) for one in told]
    more = {"next_before": page[-1].sequence} if len(found) > count else {}
    total = counts(case)
    return answer({"total": total["messages"], "files": total["files"], "messages": lines, **more})


@ROUTES.get(
    "/cases/{id}/files/{message}",
    summary="The file of a message, as it was sent; its type is told from its content",
    response_class=Response,
    responses={200: {"content": {"*/*": {}}}},
)
async def file(
    desk: TheDesk, asker: AskerOnACase, id_: CaseId, message: PlainPart, asked: Annotated[FileQuery, Query()]
) -> Response:
    source = None if asked.sender is None else f"urn:hsa:{asked.sender}"
    if not plain(message):
        raise replace(_NO_FILE)
    async with desk.transaction() as connection:
        opened = await desk.open(connection, id_, asker, f"fil/{message}")
        found = await case_reads.thread(connection, opened.case.id, asker.unit.hsa, message)
        found = [one for one in found if source is None or one.source == source]
        found = _shown(opened.case, asker, found) if may_read(opened.case, "meddelande") else []
        if len(found) > 1:
            raise bad(
                "sender", "två enheter har använt samma id; ange sender", "two units have used the id; give sender"
            )
        said = await desk.messages(connection, opened.case, asker, [one.sequence for one in found])
        attached = file_of(said[found[0].sequence]) if found else None
        if attached is None:
            raise replace(_NO_FILE)
    headers = {
        **PRIVATE,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attached.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(attached.content, 200, headers, attached.media)


def _shown(case: Case, asker: Asker, found: Sequence[Thread]) -> list[Thread]:
    """The messages whose elements the asker may see."""
    seen = {one.address for one in shown_elements(case, asker.unit.hsa, [one.element for one in found])}
    return [one for one in found if one.address in seen]
