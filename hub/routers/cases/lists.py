"""The lists of a unit (C-31, C-32, C-54). Imports the desk, the store's lists and the views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query
from fastapi.responses import Response
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hub.intake.arrival import is_case_id
from hub.processes.engine.process import listed
from hub.processes.engine.unit_view import duties
from hub.processes.registry import PROCESSES, named_as, statuses
from hub.routers import openapi
from hub.routers.cases.asker import AskerOfUnit, TheDesk
from hub.routers.cases.desk import Desk, trace_of
from hub.routers.cases.names import views
from hub.routers.cases.question import Asked, InQuery, NoQuery, answer, body, in_body, moment, now, of_moment
from hub.routers.parameters import WrittenTime, bad
from hub.store import access_log, lists
from hub.store.lists import Wanted
from hub.views.access import Asker
from hub.views.search import rows
from schemas.identity_types import KnownHsa
from schemas.parts import Line

_MOST = 200
_MOST_CHANGED = 1000


def _one_of(names: Callable[[], Iterable[str]]) -> AfterValidator:
    """A code of one of the processes: what they are called is theirs alone."""

    def check(code: str) -> str:
        known = tuple(names())
        if code in known:
            return code
        said = {"sv": f"ange {listed(known, 'eller')}", "en": f"give {listed(known, 'or')}"}
        raise PydanticCustomError("not_among", "{en}", said)

    return AfterValidator(check)


_Process = Annotated[str, _one_of(lambda: PROCESSES)]
_Status = Annotated[str, _one_of(statuses)]
_NamedAs = Annotated[str, _one_of(named_as)]


class Filters(Asked):
    """The filters that may stand in a URL."""

    sort: Literal["changed", "name", "personnummer"] = "changed"
    att_gora: bool = False
    process: _Process | None = Field(
        default=None, description="svu, sip …; left out: all.", json_schema_extra={"enum": [*PROCESSES]}
    )
    status: _Status | None = Field(
        default=None, description="open, or how a case has ended.", json_schema_extra={"enum": [*statuses()]}
    )
    archived: Literal["true", "false", "all"] = "false"
    changed_since: WrittenTime | None = None
    cursor: Annotated[str, StringConstraints(max_length=100)] | None = None
    limit: int = Field(default=50, ge=1, le=_MOST)


class FiltersInBody(Filters):
    """The same, and the filters about a person."""

    name: Line | None = None
    """Any part of the name; on the start list only (C-31), for an archive is searched by personnummer."""
    personnummer: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,12}$")] | None = None
    """The beginning of it, or all; a number that the person had before finds them too (C-60)."""


class ListQuery(Filters, InQuery):
    """The filters as a query."""


class NamedQuery(ListQuery):
    """The same, of the cases in which a person is named."""

    named_as: _NamedAs | None = Field(
        default=None,
        description="As what the person is named; left out: as any.",
        json_schema_extra={"enum": [*named_as()]},
    )


ROUTES = views()


@ROUTES.get(
    "/units/{unit}/cases",
    summary="The start list of a unit, newest change first; with changed_since the count and ids of what has changed",
)
async def start_list(desk: TheDesk, asker: AskerOfUnit, asked: Annotated[ListQuery, Query()]) -> Response:
    return await _listed(desk, asker, asked)


@ROUTES.post(
    "/units/{unit}/cases",
    summary="The same list, filtered by name or personnummer, which must not stand in a URL",
    responses=openapi.READING_A_BODY,
    openapi_extra=body(FiltersInBody),
)
async def filtered(
    desk: TheDesk, asker: AskerOfUnit, _: NoQuery, asked: Annotated[FiltersInBody, Depends(in_body(FiltersInBody))]
) -> Response:
    return await _listed(desk, asker, asked)


@ROUTES.get(
    "/units/{unit}/contacts/cases",
    summary="The unit's cases in which the actor is fast vårdkontakt or samordningsansvarig",
)
async def ones_own(desk: TheDesk, asker: AskerOfUnit, asked: Annotated[NamedQuery, Query()]) -> Response:
    return await _listed(desk, asker, asked, _named(asker.actor, asked))


@ROUTES.get(
    "/units/{unit}/contacts/{person}/cases",
    summary="The unit's cases in which a person (HSA-id) is fast vårdkontakt or samordningsansvarig",
)
async def a_persons(
    desk: TheDesk,
    asker: AskerOfUnit,
    person: Annotated[KnownHsa, Path(description="HSA-id of the person who is named.")],
    asked: Annotated[NamedQuery, Query()],
) -> Response:
    return await _listed(desk, asker, asked, _named(person, asked))


def _named(person: str, asked: NamedQuery) -> list[str]:
    """The person as any of the processes may name one, or as the one thing that is asked for."""
    return [f"{what}/{person}" for what in ((asked.named_as,) if asked.named_as else named_as())]


# --- the list ---------------------------------------------------------------------------------------------------------


async def _listed(desk: Desk, asker: Asker, asked: Filters, named: Sequence[str] | None = None) -> Response:
    wanted = _wanted(asker, asked, named)
    async with desk.transaction() as connection:
        if asked.changed_since is not None:
            return answer(_changed(wanted, *await lists.changed(connection, wanted)))
        found, total = await lists.page(connection, wanted)
        shown = found[: wanted.limit]
        await access_log.write(connection, [trace_of(asker, f.case.id, "lista", "deltar") for f in shown])
    counted = min(total, lists.COUNTED)
    content = {"total": counted, "total_is_more": total > counted, "cases": rows(shown, asker, desk.directory(), now())}
    if len(found) > wanted.limit:
        content["next"] = _cursor(shown[-1].case.id, shown[-1].changed_at if wanted.sort == "changed" else None)
    return answer(content)


def _changed(wanted: Wanted, found: Sequence[tuple[str, datetime]], until: datetime) -> dict[str, Any]:
    """C-32: count and ids, nothing of the cases' content; ``as_of`` is the changed_since of the next question."""
    shown = found[: wanted.limit]
    content: dict[str, Any] = {"count": len(shown), "cases": [id_ for id_, _ in shown], "as_of": until}
    return content | ({"next": _cursor(*shown[-1])} if len(found) > len(shown) else {})


def _wanted(asker: Asker, asked: Filters, named: Sequence[str] | None) -> Wanted:
    since = asked.changed_since
    if getattr(asked, "name", None) is not None and asked.archived != "false":
        raise bad(
            "name",
            "namnfiltret gäller startlistan; sök arkiverade med /search",
            "it filters the start list; use /search",
        )
    return Wanted(
        unit=asker.unit.hsa,
        sort=asked.sort,
        archived=None if asked.archived == "all" else asked.archived == "true",
        to_do=duties(asker.role, asker.unit.roles[asker.role]) if asked.att_gora else None,
        process=asked.process,
        status=asked.status,
        name=getattr(asked, "name", None),
        personnummer=getattr(asked, "personnummer", None),
        named=named,
        changed_since=since,
        after=_after(asked),
        limit=asked.limit if since is None else _MOST_CHANGED,
    )


# --- the cursor: a time and a case, never a name or a number (D-10) ---------------------------------------------------


def _cursor(case: str, changed_at: datetime | None) -> str:
    return f"{'' if changed_at is None else moment(changed_at)}_{case}"


def _after(asked: Filters) -> tuple[datetime | None, str] | None:
    if asked.cursor is None:
        return None
    text, _, case = asked.cursor.partition("_")
    at = of_moment(text)
    if not is_case_id(case) or (at is None) == (asked.sort == "changed"):
        raise bad(
            "cursor",
            "använd next från föregående sida, med samma sortering",
            "use next of the page before, sorted alike",
        )
    return at, case
