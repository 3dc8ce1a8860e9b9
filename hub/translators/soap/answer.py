"""An answer of a register, read by its elements' names: what the hub does not use is passed over (law-and-lookups.md §3).

Order, unknown elements, ``xsi:nil`` and an optional element that makes no sense refuse nothing. What is needed and is
missing, or makes no sense, is ``Unreadable`` with the element's name, never its content. Imports lxml and ``envelope``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
"""The calendar's ends, a day inside, so that no zone carries them out of it."""


class Element:
    """One element of an answer, whose children are found by name."""

    def __init__(self, node: etree._Element, namespaces: frozenset[str], passed_over: set[str]) -> None:
        self._node = node
        self._namespaces = namespaces
        self.passed_over = passed_over
        """The names of optional elements, anywhere in the answer, that were there and made no sense."""

    def all(self, name: str) -> list[Element]:
        """The children of a name, in the order in which they stand; those that are nil are not there."""
        return [
            Element(node, self._namespaces, self.passed_over)
            for node in self._node.iterchildren("*")
            if self._is(node, name) and node.get(_NIL, "").strip() not in _TRUE
        ]

    def one(self, name: str) -> Element | None:
        """The first child of a name, or None."""
        return next(iter(self.all(name)), None)

    def needed(self, name: str) -> Element:
        """The first child of a name. Raises ``Unreadable``: there is none."""
        found = self.one(name)
        if found is None:
            raise Unreadable("not-valid", element=name)
        return found

    def readable(self, name: str, read: Callable[[Element], T]) -> tuple[T, ...]:
        """The optional children of a name, without those that lack what they need."""
        found = []
        for child in self.all(name):
            try:
                found.append(read(child))
            except Unreadable:
                self.passed_over.add(name)
        return tuple(found)

    @property
    def words(self) -> str:
        """Its text on one line, without what no screen shows."""
        text = self._node.text or ""
        return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())

    def text(self, name: str) -> str | None:
        """A child's text; None where it is not there or empty."""
        found = self.one(name)
        return None if found is None else found.words or None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of all children of a name, the empty ones left out."""
        return tuple(filter(None, (child.words for child in self.all(name))))

    def needed_text(self, name: str) -> str:
        """As ``text``. Raises ``Unreadable``: it is not there, or empty."""
        found = self.text(name)
        if found is None:
            raise Unreadable("not-valid", element=name)
        return found

    def flag(self, name: str) -> bool | None:
        """Yes, no, or None where it is not there. Raises ``Unreadable`` for anything else: a flag is never guessed."""
        said = self.text(name)
        if said is None:
            return None
        if said.casefold() in _TRUE | _FALSE:
            return said.casefold() in _TRUE
        raise Unreadable("not-valid", element=name)

    def needed_flag(self, name: str) -> bool:
        """As ``flag``. Raises ``Unreadable``: it is not there."""
        found = self.flag(name)
        if found is None:
            raise Unreadable("not-valid", element=name)
        return found

    def moment(self, name: str) -> datetime | None:
        """A time in Sweden, aware; without zone it is local. A day stands for its beginning; None: not there, no time."""
        said = self.text(name)
        found = None if said is None else moment_of(said)
        if said is not None and found is None:
            self.passed_over.add(name)
        return found

    def _is(self, node: etree._Element, name: str) -> bool:
        found = etree.QName(node)
        return found.localname == name and found.namespace in self._namespaces


def moment_of(text: str) -> datetime | None:
    """xs:dateTime or xs:date as a time in Sweden, kept within the calendar at its ends; None for what is no time."""
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


def read(contract: Contract, body: bytes) -> Element:
    """The answer of a contract. Raises ``SoapFault`` or ``Unreadable``."""
    answer = open_envelope(body)
    if answer.tag == f"{{{SOAP}}}Fault":
        raise read_fault(answer)
    if answer.tag != f"{{{contract.namespace}}}{contract.name}Response":
        raise Unreadable("another-answer")
    namespaces = frozenset({contract.namespace, *contract.core})
    own = {name for name, _ in document(contract).types.get_element(answer.tag).type.elements}
    for child in answer.iterchildren("*"):
        # An answer whose parts came under another namespace, or none, would else be read as "not found".
        name = etree.QName(child)
        if name.namespace is None:
            raise Unreadable("not-valid", element=name.localname if name.localname in own else None)
        if name.namespace not in namespaces and name.localname in own:
            raise Unreadable("another-namespace")
    return Element(answer, namespaces, set())
