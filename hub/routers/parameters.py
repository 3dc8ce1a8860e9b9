"""The answer to a parameter or a body that cannot be read: which one it is and what to write instead, never the value that
came (D-10). Imports the translators' sentences and the errors only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams

from hub.errors import Refused
from hub.translators import faults

_ABOUT_A_PERSON: Final = frozenset({"name", "personnummer", "person", "q", "namn"})
"""Names of parameters about a person: their values would end up in logs."""
_MISSING: Final = {
    "X-Actor": ("C-7", "Ange X-Actor: HSA-id för den som läser.", "Give X-Actor: the HSA-id of the person who reads."),
}
"""Parameters that a rule demands, with the rule."""
_SENTENCES: Final[Mapping[str, faults.Sentence]] = {
    "missing": ("fältet saknas", "the field is missing"),
    "extra_forbidden": ("en okänd parameter", "an unknown parameter"),
    "number_form": ("ange ett tal med siffror, som 30", "give a number in digits, as 30"),
    "bool_parsing": ("ange true eller false", "give true or false"),
    "datetime": (
        "ange en tid med zon, som 2026-03-02T08:00:00+01:00",
        "give a time with its zone, as 2026-03-02T08:00:00+01:00",
    ),
}
"""A kind of fault, without what follows the first part of a ``datetime_…`` → Swedish and English."""
_ELSE: Final = ("värdet är inte tillåtet", "the value is not allowed")


def bad(where: str, sv: str, en: str, rule: str = "bad-query") -> Refused:
    """400: something asked for cannot be read; its value is not repeated (D-10)."""
    return Refused(rule, f"Rätta {where}: {sv}.", f"Correct {where}: {en}.", f"/{where}", 400)


def refusal(errors: Sequence[Mapping[str, Any]]) -> Refused:
    """The refusal of the first of pydantic's errors; ``loc`` begins with ``query``, ``header``, ``path`` or ``body``."""
    first = errors[0]
    source, *path = first["loc"]
    name = str(path[0]) if path else "body"
    if first["type"] == "missing" and name in _MISSING:
        rule, sv, en = _MISSING[name]
        return Refused(rule, sv, en, f"/{name}", 400)
    if first["type"] == "extra_forbidden":
        if source == "query" and name in _ABOUT_A_PERSON:
            return Refused(
                "D-10",
                "Namn och personnummer får inte stå i adressen. Sänd dem i innehållet med POST.",
                "Names and person numbers must not stand in the URL. Send them in the body with POST.",
                "/query",
                400,
            )
        name = str(source)  # the name is the caller's own text
    context = first.get("ctx") or {}
    # Our own validators carry their sentences; an identity's fault has a name that is a rule of its own.
    rule = first["type"] if "sv" in context and "_" not in first["type"] else "bad-query"
    return bad(name, *_sentence(first["type"], context), rule=rule)


def _sentence(kind: str, context: Mapping[str, Any]) -> faults.Sentence:
    kind = "datetime" if kind.startswith(("datetime", "timezone")) else kind
    if (ours := _SENTENCES.get(kind)) is not None:
        return ours
    known = kind != "string_pattern_mismatch" or context["pattern"] in faults.PATTERNS
    if "sv" not in context and not (kind in faults.SENTENCES and known):
        return _ELSE
    sv, en = faults.sentence(kind, context)
    return _after_a_colon(sv), _after_a_colon(en)


def _after_a_colon(sentence: str) -> str:
    """The sentence with a small first letter, unless it begins with an abbreviation."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def plain_number(value: Any) -> Any:
    """A number, or a text of its digits; raises pydantic's fault for a text in any other form, and for true and false."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise PydanticCustomError("number_form", "not a number")
    return value


_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def once(query: QueryParams, known: Callable[[], Mapping[str, bool]]) -> None:
    """Raises ``Refused`` where a parameter stands twice: which is meant cannot be known. ``known``: the route's own, and whether each may.

    The name of an unknown one is the caller's own text and is not repeated (D-10).
    """
    for name, times in Counter(name for name, _ in query.multi_items()).items():
        if times > 1 and not (names := known()).get(name, False):
            raise twice(name if name in names else "query")


def twice(name: str) -> Refused:
    """The refusal of a parameter that stands more than once."""
    return bad(name, "ange varje parameter en gång", "give each parameter once")


def _written(text: Any) -> Any:
    """A time as it is written; a number would be read as seconds since 1970."""
    if text is None:
        return None
    if not isinstance(text, str) or text[4:5] != "-":
        raise PydanticCustomError("datetime_parsing", "not a time")
    return text.replace(" ", "+")  # a plus sign that was not escaped has become a space


WrittenTime = Annotated[AwareDatetime, BeforeValidator(_written)]
"""A moment with its zone, as it is written in a URL or in JSON."""
