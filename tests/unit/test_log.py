"""What a log line keeps of an error: its kind and place, never its text, which may quote a message (D-10)."""

import asyncio
import gc
import io
import json
import logging
import sys

import psycopg
import pytest
import structlog

from hub import log
from hub.directory.secrets import reference
from hub.errors import kind_and_place

WRITTEN = 'CONTEXT:  JSON data, line 1: {"reason": "Tolvan Tolvansson har fallit'


def met():
    """As PostgreSQL says it of a text that it cannot store."""
    try:
        raise psycopg.errors.UntranslatableCharacter(f"unsupported Unicode escape sequence\n{WRITTEN}")
    except psycopg.Error as error:
        return error


def raised_again():
    raise KeyError("Tolvan") from met()


def told_by_a_server(error):
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)


def told_with_its_text(error):
    logging.getLogger("a.library").error("Unexpected error in fetcher: %s", error, exc_info=error)


def told_in_a_group(error):
    group = ExceptionGroup("several", [error, ValueError("Tolvan")])
    logging.getLogger("anyio").error("%r", group, exc_info=group)


def told_by_structlog(error):
    try:
        raise error
    except psycopg.Error:
        structlog.get_logger("test").error("round_failed", exc_info=True)


def told_of_a_task_that_nobody_awaits(error):
    async def fails():
        raise error

    async def leave():
        task = asyncio.ensure_future(fails())
        await asyncio.wait({task})

    asyncio.run(leave())
    gc.collect()


@pytest.fixture
def told(monkeypatch):
    """What is logged, in a hub's own form."""
    stream, root = io.StringIO(), logging.getLogger()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(root, "handlers", root.handlers)
    level = root.level
    log.configure()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    root.setLevel(level)


@pytest.mark.parametrize(
    "tell",
    [told_by_a_server, told_with_its_text, told_in_a_group, told_by_structlog, told_of_a_task_that_nobody_awaits],
)
def test_an_error_is_logged_by_its_kind_and_place_and_whoever_tells_it_nothing_that_it_quotes(tell, told):
    tell(met())
    (line,) = told()
    assert line["exc_info"] == ("ExceptionGroup" if tell is told_in_a_group else "UntranslatableCharacter")
    assert "Tolvan" not in json.dumps(line) and line["event"]


def test_the_place_of_an_error_is_the_innermost_line_of_the_hub():
    with pytest.raises(AttributeError) as caught:
        reference(None, None)
    assert kind_and_place(caught.value).startswith("AttributeError in hub/directory/secrets.py, line ")
    with pytest.raises(KeyError) as caught:
        raised_again()
    assert kind_and_place(caught.value) == "KeyError"
