"""The free messages of a case and their files (C-40 to C-42). Imports the desk, the store's readings and the views."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hub.errors import Refused
from hub.processes.shared.disclosure import may_read
from hub.routers.cases.desk import ON_A_CASE, Desk
from hub.routers.cases.question import PRIVATE, answer, bad, number, only, plain, within
from hub.store import case_reads
from hub.views.rows import counts
from hub.views.thread import file_of, shown

_LAST = 2_000_000_000

_NO_FILE = Refused(
    "C-42",
    "Meddelandet finns inte, eller har ingen fil.",
    "There is no such message, or it has no file.",
    "/message",
    404,
)


def add(routes: APIRouter, desk: Desk) -> None:
    """``/cases/{id}/messages`` and ``/cases/{id}/files/{message}``."""

    @routes.get(
        "/cases/{id}/messages",
        summary="Free messages, the newest first: receivers, kvittenser, revoked or not, with or without a file",
        openapi_extra=ON_A_CASE,
    )
    async def messages(request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
        asker = desk.asker(request)
        only(request, "before", "limit")
        limit, before = number(request, "limit", 20, 100), number(request, "before", _LAST, _LAST)
        async with desk.transaction() as connection:
            opened = await desk.open(connection, id, asker, "meddelanden")
            case = opened.case
            found = await case_reads.threads(connection, case.id, asker.unit.hsa, before, limit)
            found = found if may_read(case, "meddelande") else []
            count = within([one.size for one in found], limit)
            page = found[:count]
            said = await desk.messages(connection, case, [one.sequence for one in page])
            lines = [shown(case, one, said[one.sequence], desk.directory()) for one in page]
        more = {"next_before": page[-1].sequence} if len(found) > count else {}
        total = counts(case)
        return answer({"total": total["messages"], "files": total["files"], "messages": lines, **more})

    @routes.get(
        "/cases/{id}/files/{message}",
        summary="The file of a message, as it was sent; its type is told from its content",
        openapi_extra=ON_A_CASE,
        response_class=Response,
    )
    async def file(request: Request, id: str, message: str) -> Response:  # noqa: A002
        asker = desk.asker(request)
        only(request, "sender")
        sender = request.query_params.get("sender")
        source = None if sender is None else f"urn:hsa:{desk.hsa(sender, 'sender')}"
        if not plain(message):
            raise replace(_NO_FILE)
        async with desk.transaction() as connection:
            opened = await desk.open(connection, id, asker, f"fil/{message}")
            found = await case_reads.thread(connection, opened.case.id, asker.unit.hsa, message)
            found = [one for one in found if source is None or one.source == source]
            found = found if may_read(opened.case, "meddelande") else []
            if len(found) > 1:
                raise bad(
                    "sender", "två enheter har använt samma id; ange sender", "two units have used the id; give sender"
                )
            said = await desk.messages(connection, opened.case, [one.sequence for one in found])
            attached = file_of(said[found[0].sequence]) if found else None
            if attached is None:
                raise replace(_NO_FILE)
        headers = {
            **PRIVATE,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attached.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return Response(attached.content, 200, headers, attached.media)
