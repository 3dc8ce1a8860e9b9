"""Reads a register's answer by the names of its elements; unknown elements are ignored (law-and-lookups.md §3). Imports lxml and
``envelope``.

The order of elements, ``xsi:nil`` and an invalid optional element are tolerated too. A required element that is missing, invalid,
of another version's namespace, or repeated with different content raises ``Unreadable`` with the element's name, never its content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from lxml import etree

from hub.translators.soap.envelope import (
    SOAP,
    Contract,
    Unreadable,
    document,
    open_envelope,
    read_fault,
)
from schemas.swedish_time import STOCKHOLM

T = TypeVar("T")
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})
_MOMENT: Final = re.compile(
    r"(?P<year>-?[0-9]{4,12})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.[0-9]{1,20})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_NEVER_BEGAN: Final = datetime(1, 1, 2, tzinfo=UTC)
_WITHOUT_END: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""The last day of the calendar but one: no zone moves it outside of the calendar."""


class XmlElement:
    """One element of an answer; its children are found by name."""

    def __init__(self, node: etree._Element, namespaces: frozenset[str], passed_over: set[str]) -> None:
        self.node = node
        self._namespaces = namespaces
        self.passed_over = passed_over
        """The names of optional elements of the whole answer that were invalid and therefore ignored."""

    def all(self, name: str) -> list[XmlElement]:
        """The children with a name, in order, without those that are nil.

        Raises ``Unreadable`` when one has no namespace or another version's, because it would be missed.
        """
        found = []
        for node in self._named(name):
            namespace = etree.QName(node).namespace
            if namespace in self._namespaces:
                if node.get(_NIL, "").strip() not in _TRUE:
                    found.append(XmlElement(node, self._namespaces, self.passed_over))
            elif namespace is None or namespace.startswith(
                "urn:riv:"
            ):  # the contract's, and not another party's extension
                raise Unreadable("another-namespace", element=name)
        return found

    def _named(self, name: str) -> Iterator[etree._Element]:
        """The children with a name, in whatever namespace."""
        return self.node.iterchildren(f"{{*}}{name}")

    def one(self, name: str) -> XmlElement | None:
        """The child with a name, or None. Raises ``Unreadable`` when there are several with different content."""
        found = self.all(name)
        if len(found) < 2:
            return found[0] if found else None
        contents = {content: one for one in reversed(found) if any((content := _content(one.node))[1:])}
        if len(contents) > 1:
            raise Unreadable("not-valid", element=name)
        return next(iter((*contents.values(), *found)), None)

    def needed(self, name: str) -> XmlElement:
        """As ``one``; raises ``Unreadable`` when there is none."""
        found = self.one(name)
        if found is None:
            raise Unreadable("not-valid", element=name)
        return found

    def rows(self, name: str, read: Callable[[XmlElement], T]) -> tuple[tuple[T, ...], Unreadable | None]:
        """(the children with a name that can be read, why the first of the others cannot): "none" must differ from "unknown"."""
        found, spoilt = [], None
        for child in self.all(name):
            try:
                found.append(read(child))
            except Unreadable as unreadable:
                self.passed_over.add(name)
                spoilt = spoilt or unreadable
        return tuple(found), spoilt

    def readable(self, name: str, read: Callable[[XmlElement], T]) -> tuple[T, ...]:
        """The optional children with a name, without those that cannot be read."""
        return self.rows(name, read)[0]

    @property
    def words(self) -> str:
        """The element's text on one line, without invisible characters."""
        return _words(self.node)

    def text(self, name: str) -> str | None:
        """A child's text; None when the child is absent or empty."""
        found = self.one(name)
        return None if found is None else found.words or None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of all children with a name, without empty ones."""
        return tuple(filter(None, (child.words for child in self.all(name))))

    def needed_text(self, name: str) -> str:
        """As ``text``; raises ``Unreadable`` when the child is absent or empty."""
        found = self.text(name)
        if found is None:
            raise Unreadable("not-valid", element=name)
        return found

    def flag(self, name: str) -> bool | None:
        """True, False, or None when the child is absent; raises ``Unreadable`` for any other value."""
        said = {text.casefold() for text in self.texts(name)}
        if not said:
            return None
        if said <= _TRUE or said <= _FALSE:
            return said <= _TRUE
        raise Unreadable("not-valid", element=name)

    def marked(self, name: str) -> bool | None:
        """A flag of protection: True when any child with the name says yes, in whatever namespace; else as ``flag``."""
        if any((node.text or "").strip().casefold() in _TRUE for node in self._named(name)):
            return True
        return self.flag(name)

    def needed_flag(self, name: str) -> bool:
        """As ``flag``; raises ``Unreadable`` when the child is absent."""
        found = self.flag(name)
        if found is None:
            raise Unreadable("not-valid", element=name)
        return found

    def moment(self, name: str) -> datetime | None:
        """An aware time in Sweden; a time without zone is local, a day means its beginning. None when absent or invalid."""
        said = self.text(name)
        found = None if said is None else moment_of(said)
        if said is not None and found is None:
            self.passed_over.add(name)
        return found

    def end(self, name: str) -> datetime | None:
        """As ``moment``; raises ``Unreadable`` for an invalid time, because an unknown end must not mean "no end"."""
        said, found = self.text(name), self.moment(name)
        if said is not None and found is None:
            raise Unreadable("not-valid", element=name)
        return found


def _words(node: etree._Element) -> str:
    return " ".join("".join(sign for sign in node.text or "" if sign.isprintable() or sign.isspace()).split())


def _content(node: etree._Element) -> tuple[object, ...]:
    """The element's name, text and children in order, to compare two elements."""
    return (node.tag, _words(node), tuple(_content(child) for child in node.iterchildren("*")))


def moment_of(text: str) -> datetime | None:
    """An xs:dateTime or xs:date as a time in Sweden, limited to the calendar; None for any other text."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year = int(found["year"])
    if year >= _WITHOUT_END.year:
        return _WITHOUT_END.astimezone(STOCKHOLM)
    if year <= _NEVER_BEGAN.year:
        return _NEVER_BEGAN.astimezone(STOCKHOLM)
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    next_day = (hour, minute, second) == (24, 0, 0)
    try:
        local = datetime(year, int(found["month"]), int(found["day"]), 0 if next_day else hour, minute, min(second, 59))  # noqa: DTZ001 - its zone follows
    except ValueError:
        return None
    local += timedelta(days=next_day)
    zone = found["zone"]
    if zone is None:
        return local.replace(tzinfo=STOCKHOLM)
    offset = timedelta() if zone == "Z" else timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
    away = -offset if zone[0] == "-" else offset
    return (local - away).replace(tzinfo=UTC).astimezone(STOCKHOLM)


def read(contract: Contract, body: bytes) -> XmlElement:
    """Read the answer of a contract. Raises ``SoapFault`` or ``Unreadable``."""
    answer = open_envelope(body)
    if answer.tag == f"{{{SOAP}}}Fault":
        raise read_fault(answer)
    if answer.tag != f"{{{contract.namespace}}}{contract.name}Response":
        raise Unreadable("another-answer")
    namespaces = frozenset({contract.namespace, *contract.core})
    own = {name for name, _ in document(contract).types.get_element(answer.tag).type.elements}
    for child in answer.iterchildren("*"):
        # Without this check an answer with another namespace, or none, would be read as "not found".
        name = etree.QName(child)
        if name.namespace is None:
            raise Unreadable("not-valid", element=name.localname if name.localname in own else None)
        if name.namespace not in namespaces and name.localname in own:
            raise Unreadable("another-namespace")
    return XmlElement(answer, namespaces, set())
