"""Earlier versions and the history of a field (C-50, C-51). Imports the desk, the store and the views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.contents import ContentVersion
from hub.processes.engine.process import listed, process_of_case
from hub.processes.registry import all_documents
from hub.processes.shared.disclosure import may_read
from hub.routers.cases.asker import AskerOnACase, TheDesk
from hub.routers.cases.desk import Opened
from hub.routers.cases.names import views
from hub.routers.cases.question import CaseId, CodePart, InQuery, NoQuery, PlainPart, VersionPart, answer, plain
from hub.store import case_reads
from hub.store.case_reads import Connection, StoredAct
from hub.views.access import Asker
from hub.views.written import line, version, versions

_LAST = 999_999_999

_NO_VERSION = Refused(
    "C-50",
    "Versionen finns inte, eller är ett annat utkast än den egna partens.",
    "There is no such version, or it is another party's draft.",
    "/version",
    404,
)
_NO_FIELD = Refused(
    "C-51",
    "Fältet är inte skrivet i dokumentet.",
    "The field is not written in the document.",
    "/field",
    404,
)


class HistoryQuery(InQuery):
    """A page of versions, the newest first."""

    before: int = Field(default=_LAST, ge=1, le=_LAST, description="next_before of the page before")
    limit: int = Field(default=50, ge=1, le=200)


ROUTES = views()


@ROUTES.get(
    "/cases/{id}/versions/{step}",
    summary="Every version of a step, the newest first (C-50)",
)
async def all_versions(
    desk: TheDesk, asker: AskerOnACase, case: CaseId, step: CodePart, page: Annotated[HistoryQuery, Query()]
) -> Response:
    limit, before = page.limit, page.before
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, f"versioner/{_named(step)}")
        every, may_see = await _versions(connection, step, opened, asker)
        asked = [v for v in reversed(may_see) if v.number < before]
        messages = await desk.messages(connection, opened.case, asker, [v.act.sequence for v in asked[:limit]])
    stands = process_of_case(opened.case).contents.current(step, every, opened.case) if every else None
    lines = [line(step, v, stands or 0, messages[v.act.sequence], desk.directory()) for v in asked[:limit]]
    more = {"next_before": asked[limit - 1].number} if len(asked) > limit else {}
    return answer({"step": step, "current": stands, "total": len(may_see), "versions": lines, **more})


@ROUTES.get(
    "/cases/{id}/versions/{step}/{n}",
    summary="One version of a step, marked when it is an earlier one and naming the one that stands (C-50)",
)
async def one_version(
    desk: TheDesk, asker: AskerOnACase, case: CaseId, step: CodePart, n: VersionPart, _: NoQuery
) -> Response:
    if not plain(n):
        raise replace(_NO_VERSION)
    async with desk.transaction() as connection:
        opened = await desk.open(connection, case, asker, f"version/{_named(step)}/{n}")
        every, may_see = await _versions(connection, step, opened, asker)
        wanted = next((v for v in may_see if str(v.number) == n), None)
        if wanted is None:
            raise replace(_NO_VERSION)
        needed = process_of_case(opened.case).contents.needed(step, every[: wanted.number])
        messages = await desk.messages(connection, opened.case, asker, needed)
    return answer(version(step, every, wanted.number, opened.case, messages, desk.directory()))


@ROUTES.get(
    "/cases/{id}/fields/{document}/{field}",
    summary="Who wrote what in a field and when, the newest first (C-51)",
    description=f"The documents are {listed(all_documents(), 'and')}.",
)
async def field_history(
    desk: TheDesk,
    asker: AskerOnACase,
    case: CaseId,
    document: CodePart,
    field: PlainPart,
    page: Annotated[HistoryQuery, Query()],
) -> Response:
    limit, before = page.limit, page.before
    if not (plain(document) and plain(field)):
        raise replace(_NO_FIELD)
    async with desk.transaction() as connection:
        # What stands in the path may be anything; the trace is kept only where the field is there.
        opened = await desk.open(connection, case, asker, f"falthistorik/{document}/{field}")
        contents, acts = (
            process_of_case(opened.case).contents,
            await _acts(connection, document.partition(".")[0], opened.case, asker),
        )
        every = list(enumerate(contents.writings(acts, document, field), 1))
        if not every:
            raise replace(_NO_FIELD)
        asked = [each for each in reversed(every) if each[0] < before]
        messages = await desk.messages(connection, opened.case, asker, [sequence for _, sequence in asked[:limit]])
    history = [
        {
            "version": each,
            "earlier": each != len(every),
            "sequence": sequence,
            "value": contents.value_of(messages[sequence].message, document, field),
            "by": messages[sequence].by(desk.directory()),
        }
        for each, sequence in asked[:limit]
    ]
    more = {"next_before": asked[limit - 1][0]} if len(asked) > limit else {}
    return answer(
        {
            "document": document,
            "field": field,
            "current": len(every),
            "total": len(every),
            "history": history,
            **more,
        }
    )


def _named(step: str) -> str:
    """A step's name; a path that can be none is refused before it reaches the trace."""
    if not plain(step):
        raise _no_step(())
    return step


def _no_step(steps: Iterable[str]) -> Refused:
    names = ", ".join(steps)
    return Refused(
        "C-50",
        f"Steget finns inte. Ange ett av {names}." if names else "Steget finns inte.",
        f"There is no such step. Give one of {names}." if names else "There is no such step.",
        "/step",
        404,
    )


async def _acts(connection: Connection, step: str, case: Case, asker: Asker) -> list[StoredAct]:
    """The messages that write a step, as far as the asker may read them."""
    names = list(process_of_case(case).step_messages.get(step, ()))
    acts = await case_reads.acts(connection, case.id, asker.unit.hsa, names) if names else []
    return [act for act in acts if may_read(case, act.name, act.events)]


async def _versions(
    connection: Connection, step: str, opened: Opened, asker: Asker
) -> tuple[Sequence[ContentVersion], Sequence[ContentVersion]]:
    """All versions, and those that may be seen: a draft by the party that writes it alone (C-52). Raises ``Refused`` 404 when
    the case has no such step; the trace of the reading is then not kept.
    """
    case, process = opened.case, process_of_case(opened.case)
    if step not in process.step_messages:
        raise _no_step(process.step_messages)
    every = versions(step, await _acts(connection, step, case, asker), case)
    drafts_too = process.may_read_unpublished(case, asker.unit.hsa)
    return every, [v for v in every if drafts_too or not v.draft or v.act.kept_to == asker.unit.hsa]
