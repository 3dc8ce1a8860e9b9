"""Elements of a page and of an XML file. Imports nothing of the hub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Content = str | Element


def plain(text: str) -> str:
    """The text with U+FFFD for what neither XML nor a page may hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def el(name: str, /, *content: Content, **attributes: str) -> Element:
    """An element with text and elements in it."""
    made = Element(name, {key: plain(value) for key, value in attributes.items()})
    last: Element | None = None
    for one in content:
        if isinstance(one, Element):
            made.append(one)
            last = one
        elif last is None:
            made.text = (made.text or "") + plain(one)
        else:
            last.tail = (last.tail or "") + plain(one)
    return made


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Content]]) -> Element:
    """A table; the first cell of a row names it."""
    body = [el("tr", el("th", row[0], scope="row"), *[el("td", cell) for cell in row[1:]]) for row in rows]
    top = el("tr", *[el("th", name, scope="col") for name in head])
    return boxed(caption, el("table", el("caption", caption), el("thead", top), el("tbody", *body)))


def boxed(caption: str, inner: Element) -> Element:
    """A table in a box of its own: where the screen is narrow the box scrolls, by the keyboard too, and not the page."""
    return el("div", inner, **{"class": "box", "role": "region", "tabindex": "0", "aria-label": caption})
