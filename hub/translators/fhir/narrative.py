"""Checks that a narrative's XHTML is harmless, by the rules txt-1 and txt-2 of hl7.org/fhir/R4/narrative.html and stricter. Imports
lxml and the refusals.
"""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

from hub.translators.fhir.refusals import refused
from hub.translators.fhir.xml import entity_in

_XHTML: Final = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "ul",
        "var",
    ]
)
_ATTRIBUTES: Final = frozenset(
    [
        "abbr",
        "align",
        "alt",
        "axis",
        "border",
        "cellhalign",
        "cellpadding",
        "cellspacing",
        "cellvalign",
        "char",
        "charoff",
        "charset",
        "class",
        "cols",
        "colspan",
        "dir",
        "frame",
        "headers",
        "height",
        "hreflang",
        "id",
        "lang",
        "longdesc",
        "name",
        "nowrap",
        "rel",
        "rowspan",
        "rules",
        "scope",
        "span",
        "start",
        "style",
        "summary",
        "title",
        "type",
        "valign",
        "value",
        "width",
    ]
)
_FETCHES: Final = re.compile(r"url\s*\(|expression|@import|\\|/\*", re.IGNORECASE)
"""Styles that fetch something; also escapes and comments, which can hide such words."""
_LINK: Final = re.compile(r"#|https?://|mailto:|tel:", re.IGNORECASE)
_PICTURE: Final = re.compile(r"#|data:image/(?:png|gif|jpeg)[;,]", re.IGNORECASE)


def _is_safe_attribute(name: str, value: str) -> bool:
    if name == "href":
        return _LINK.match(value) is not None
    if name == "src":
        return _PICTURE.match(value) is not None
    if name == "style":
        return _FETCHES.search(value) is None
    return name in _ATTRIBUTES or name == "{http://www.w3.org/XML/1998/namespace}lang"


def fault(div: str) -> str | None:
    """The reason (in ``refusals``) why a narrative is refused; None for one XHTML ``div`` of text elements that fetches nothing and
    runs nothing when it is shown.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(div.encode(), parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        return "narrative-entity" if entity_in(div) is not None else "narrative-xhtml"
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        return "narrative-entity"
    if root.tag != f"{_XHTML}div":
        return "narrative-xhtml"
    for element in root.iter():
        if element.tag is etree.Comment:
            continue
        if not isinstance(element.tag, str) or element.tag.removeprefix(_XHTML) not in _ELEMENTS:
            return "narrative-unsafe"
        for name, value in element.attrib.items():
            if not _is_safe_attribute(str(name), str(value)):
                return "narrative-unsafe"
    return None


def check(div: str, place: str) -> None:
    """Raise ``Refused`` for a narrative that is not harmless."""
    reason = fault(div)
    if reason is None:
        return
    found = refused(reason, place)
    if reason == "narrative-entity":
        entity = entity_in(div)
        if entity is not None:
            found.sv, found.en = f"{found.sv} {entity[0]}", f"{found.en} {entity[1]}"
    raise found
