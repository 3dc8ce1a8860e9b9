"""What a connected system may ask of its cases (C-5, C-7, C-30 to C-32, C-50, C-51, C-55): lists, the case, its content.
Imports the desk and its counters only.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI

from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.reader_check import Readers
from hub.routers.cases import calendar, case, content, lists, paper, plan, proposals, search, thread, tree
from hub.routers.cases.desk import Desk
from hub.store.transaction import Store
from schemas.directory import Directory

ROUTES = APIRouter()
for _part in (lists, search, case, content, plan, proposals, thread, paper, tree, calendar):
    ROUTES.include_router(_part.ROUTES)


def wire(
    api: FastAPI,
    store: Store,
    directory: Callable[[], Directory],
    known: WhatRegistersSaid,
    readers: Readers | None = None,
) -> None:
    """Gives the views of ``api`` their desk. ``readers``: asks HSA about the persons who read; None without an HSA."""
    api.state.desk = Desk(store, directory, known, readers)
