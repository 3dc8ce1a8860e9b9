"""The search of a person, and whether the unit may open a case (C-5, C-31). Imports the desk, the store's lists and the
views.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from hub.routers import openapi
from hub.routers.cases.asker import AskerAnywhere, TheDesk
from hub.routers.cases.desk import trace_of
from hub.routers.cases.names import views
from hub.routers.cases.question import Asked, NoQuery, answer, body, in_body, now
from hub.store import access_log, lists, person_changes
from hub.views.access import may_be_known
from hub.views.search import is_own, search_answer
from schemas.identity_types import KnownPerson


class SearchedPerson(Asked):
    """Whom a search is about."""

    personnummer: KnownPerson


ROUTES = views()


@ROUTES.post(
    "/search",
    summary="A person's cases, active and archived, and whether the unit may open one",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(SearchedPerson),
)
async def search(
    desk: TheDesk, asker: AskerAnywhere, _: NoQuery, asked: Annotated[SearchedPerson, Depends(in_body(SearchedPerson))]
) -> Response:
    person = asked.personnummer
    async with desk.transaction() as connection:
        found = await lists.of_person(connection, person)
        news = await person_changes.latest(connection, [person])
        shown = [f for f in found if may_be_known(f.case, asker.unit)]
        await access_log.write(
            connection,
            [trace_of(asker, f.case.id, "sok", "deltar" if is_own(f, asker) else "sok") for f in shown],
        )
    directory = desk.directory()
    said = desk.known.person(person, directory.region_of(asker.unit.hsa).county, news.get(person))
    return answer(search_answer(found, asker, directory, now(), said))
