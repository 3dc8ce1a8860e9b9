"""The console as people of operations meet it: a browser, somebody signed in, a page. What a browser complains of fails the test."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from playwright.async_api import async_playwright

from hub.store import operator_sessions
from hub.store.transaction import Store
from tests.browser import chromium
from tests.operators import EVERY_ROLE

PICTURES = Path(__file__).parents[2] / "build" / "console"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
AXE = chromium.CONSOLE / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ASKED = {"runOnly": [*WCAG, "best-practice"], "resultTypes": ["violations"]}
"""What is in order is not written out: that took longer than to look."""


@cache
def _axe():
    return AXE.read_text()


@asynccontextmanager
async def browser():
    """A browser of its own, as long as the block runs."""
    program, environment = chromium.chromium()
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=program,
            env=environment,
            chromium_sandbox=False,
            args=["--disable-gpu", "--font-render-hinting=none"],
        )
        yield opened
        await opened.close()


class Console:
    """The console of a hub in a browser."""

    def __init__(self, browser, address, database):
        self.browser, self.address, self._store = browser, address, Store(database, pool=1)
        self._contexts = []
        self.complaints = []
        """What the browser said of our pages: errors of scripts, refusals by the content security policy."""

    async def aclose(self):
        await self.leave()
        await self._store.close()

    async def leave(self):
        """Every page that was opened is closed."""
        for context in self._contexts:
            await context.close()
        self._contexts.clear()

    async def person(self, *roles, who="Disa Drift", size=DESK, lang="sv", javascript=True):
        """A page of somebody with these roles, or with every role."""
        until = datetime.now(UTC) + timedelta(hours=1)
        async with self._store.transaction() as connection:
            begun = await operator_sessions.begin(connection, who, frozenset(roles) or EVERY_ROLE, until)
        page = await self.stranger(size=size, lang=lang, javascript=javascript)
        await page.context.add_cookies([self._cookie("hub-session", begun.token)])
        return page

    async def stranger(self, size=DESK, lang="sv", javascript=True):
        """A page of somebody who is not signed in."""
        context = await self.browser.new_context(
            viewport=size,
            base_url=self.address,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="sv-SE",
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        await context.add_cookies([self._cookie("hub-lang", lang)])
        page = await context.new_page()
        await self.wears(page, "light")
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        return page

    async def wears(self, page, scheme):
        """The theme of what the page opens next."""
        await page.context.add_cookies([self._cookie("hub-scheme", scheme)])

    def _cookie(self, name, value):
        return {"name": name, "value": value, "domain": "127.0.0.1", "path": "/console"}

    def _heard(self, message):
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)


async def go(page, path="/"):
    """Opens a page of the console; answers its HTTP status."""
    answer = await page.goto(f"/console{path}")
    return answer.status


async def faults(page):
    """What axe finds against WCAG 2.2 AA: rule → places."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe() + "; undefined")
    found = await page.evaluate(f"axe.run(document, {json.dumps(_ASKED)}).then(found => found.violations)")
    return {one["id"]: [f"{node['target']}: {node['failureSummary']}" for node in one["nodes"]] for one in found}


async def too_wide(page):
    """By how many pixels the page is wider than the window."""
    return await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


async def picture(page, name):
    """A screenshot for looking at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
