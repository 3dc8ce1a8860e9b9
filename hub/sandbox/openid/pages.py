"""The provider's pages: plain HTML forms, no scripts. Imports the demo people only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from hub.sandbox.openid.people import DemoPerson

_PAGE = """<!doctype html>
<html lang="sv"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}
button{{font:inherit;display:block;width:100%;text-align:left;padding:.6rem .8rem;margin:.4rem 0;cursor:pointer}}
input{{font:inherit;padding:.4rem}}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), body=body)


def choose(people: Iterable[DemoPerson], action: str, hidden: Mapping[str, str]) -> str:
    """Who one signs in as; the choice is posted to ``action`` with what is hidden."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    buttons = "".join(
        f'<button name="person" value="{escape(one.subject)}"><strong>{escape(one.name)}</strong><br>{escape(one.said)}</button>'
        for one in people
    )
    said = "<p>Sandlådans inloggning, utan lösenord. Alla namn är påhittade.</p>"
    return _page("Logga in som", f'{said}<form method="post" action="{escape(action)}">{kept}{buttons}</form>')


def enter_code(action: str, wrong: bool) -> str:
    """Where the code of a device is entered."""
    fault = '<p role="alert">Koden finns inte, eller är för gammal.</p>' if wrong else ""
    return _page(
        "Logga in ett program",
        f'{fault}<form method="get" action="{escape(action)}"><label>Koden som programmet visar '
        '<input name="user_code" autocomplete="off" required></label> <button>Fortsätt</button></form>',
    )


def told(title: str, text: str) -> str:
    """One sentence."""
    return _page(title, f"<p>{escape(text)}</p>")
