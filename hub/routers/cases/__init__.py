"""What a connected system may ask of its cases (C-5, C-7, C-30 to C-32, C-50, C-51, C-55): lists, the case, its content.
Imports the desk and its counters only.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from hub.intake.hub_messages import WhatRegistersSaid
from hub.intake.reader_check import Readers
from hub.routers.cases import case, content, lists, paper, search, thread, tree
from hub.routers.cases.desk import BEARER, Desk
from hub.routers.cases.names import named
from hub.store.transaction import Store
from schemas.directory import Directory


def router(
    store: Store, directory: Callable[[], Directory], known: WhatRegistersSaid, readers: Readers | None = None
) -> APIRouter:
    """Every view, behind the system's bearer token. ``readers``: asks HSA about those who read; None where there is no HSA
    to ask.
    """
    routes = APIRouter(tags=["cases"], dependencies=[BEARER], route_class=named(known))
    desk = Desk(store, directory, known, readers)
    for part in (lists, search, case, content, thread, paper, tree):
        part.add(routes, desk)
    return routes
