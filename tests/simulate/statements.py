"""How a function of the model takes the place of one of the hub's store. Imports the model's transaction only."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tests.simulate.store import Connection

INSTEAD: dict[tuple[ModuleType, str], Callable[..., Any]] = {}
"""(module of the hub's store, name of a function) → the function that the simulation calls instead."""


def instead_of(module: ModuleType, *names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The decorated function, of a transaction and the original's arguments, stands for the module's function of its name, or for
    those named; one statement or several of PostgreSQL are one statement here, unless it yields in between.
    """

    def stand_in(function: Callable[..., Any]) -> Callable[..., Any]:
        async def call(connection: Connection, *args: Any, **named: Any) -> Any:
            return await connection.run(lambda transaction: function(transaction, *args, **named))

        for name in names or (function.__name__,):
            assert hasattr(module, name), f"{module.__name__} has no {name}"
            INSTEAD[module, name] = call
        return function

    return stand_in
