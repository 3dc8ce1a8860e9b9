"""Finds the names of certain people in a file's name or text (C-42). Imports the person numbers only, for the plain form of a text.

A name is recognised by two of its parts beside each other, in any order, case and form: «Andersson, Eva-Lena», «eva andersson»,
«E V A  A N D E R S S O N», «EvaAndersson», broken over a line. One part alone does not identify anybody: many are called Eva. A
longer word that begins or ends like a part is another word: «Anders Bergström» is not Anders Berg.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations

from hub.attachments.person_numbers import plain

_WORD = re.compile(r"[^\W\d_]+")
_NO_LETTER = re.compile(r"[\W\d_]+")
_STOP = re.compile(r"(?<=[^\W\d_]{2})[.;!?]\s")
_HUMP = re.compile(r"(?<=[a-zåäöéü])(?=[A-ZÅÄÖÉÜ])")
_OTHER_LETTERS = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "ı": "i"})

_PARTICLES = frozenset(
    {"von", "van", "der", "den", "de", "la", "le", "du", "di", "da", "af", "av", "el", "al", "bin", "ibn"}
)
_LABELS = frozenset(
    {"namn", "fornamn", "efternamn", "tilltalsnamn", "mellannamn", "name", "first", "last", "given", "family"}
)
"""Words that a form writes between the parts of a name."""
_JOINS = frozenset({"och", "samt", "eller", "and", "or"})
"""A word between the names of two people."""

_BODY = re.compile(
    r"\b(ab|hb|kb)\b|tjanst|kommun|region|vardcentral|halsocentral|hemvard|sjukvard|mottagning|sjukhus|lasarett|klinik|"
    r"apotek|forsakring|boende|forening|stiftelse|bolag|byra\b|byran\b|forsamling|forvaltning|myndighet|namnd"
)
"""Words that only the names of organisations have. Such a name identifies nobody, though it may be listed among the relatives
(C-15)."""
_PREPOSITION = re.compile(r"(?:\d|\b(?:en|ett|kronor|kr|gång|gånger|st|stycken))\s*(?:[a-zåäö]+\s+)?(per)\b")
"""«5 kr per sten»: no Per."""

_SHORTEST_RUN_TOGETHER = 8
"""Letters that two parts must have together to be looked for as one word: fewer could be the end of one word and the beginning
of another."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """One person's name: its parts, each with its words in simple letters («Eva-Lena» is one part of two words)."""

    parts: tuple[frozenset[str], ...]
    together: tuple[tuple[str, re.Pattern[str]], ...]
    """Two parts written as one word: their letters, and a pattern of the same letters with anything but letters between them, as a
    whole word.
    """


def names(stated: Iterable[str]) -> tuple[PersonName, ...]:
    """The names to look for. A name of one part, or of an organisation, is left out: it would be found in files about others."""
    found = []
    for text in stated:
        parts = tuple(words for part in re.split(r"[\s,]+", text) if (words := _words_of(part)))
        if len(parts) > 1 and not _BODY.search(_fold(plain(text))):
            joined = (
                "".join(pair) for one, two in permutations(parts, 2) for a in one for b in two for pair in [(a, b)]
            )
            together = frozenset(word for word in joined if len(word) >= _SHORTEST_RUN_TOGETHER)
            found.append(PersonName(parts, tuple((word, _whole(word)) for word in sorted(together))))
    return tuple(found)


def holds_name(text: str, sought: Iterable[PersonName]) -> bool:
    """Whether one of the people is named in the text."""
    sought = tuple(sought)
    if not sought or not text:
        return False
    text = _without_preposition(plain(text))
    folded = _fold(text)
    letters = _NO_LETTER.sub("", folded)
    if any(word in letters and whole.search(folded) for name in sought for word, whole in name.together):
        return True
    near = [name for name in sought if sum(any(word in folded for word in part) for part in name.parts) > 1]
    return bool(near) and any(_stands_in(sentence, name) for sentence in _STOP.split(text) for name in near)


def _stands_in(sentence: str, name: PersonName) -> bool:
    """Two parts of the name beside each other, or with one word between them."""
    last: dict[int, int] = {}
    where = 0
    for word in _WORD.findall(_fold(_HUMP.sub(" ", sentence))):
        if word in _LABELS or len(word) == 1:
            continue
        if word in _JOINS:
            last.clear()
            continue
        where += 1
        parts = [n for n, part in enumerate(name.parts) if word in part or (word[-1] == "s" and word[:-1] in part)]
        for part in parts:
            if any(other != part and where - at <= 2 and where != at for other, at in last.items()):
                return True
        last.update(dict.fromkeys(parts, where))
    return False


def _whole(word: str) -> re.Pattern[str]:
    """The word, also in boxes, over lines and in the genitive. The pattern looks at each blank once."""
    return re.compile(r"(?<![^\W\d_])" + r"[\W\d_]*+".join(word) + r"(?:[\W\d_]*s)?(?![^\W\d_])")


def _without_preposition(text: str) -> str:
    return _PREPOSITION.sub(lambda found: found[0][: -len(found[1])], text) if "per" in text else text


def _words_of(part: str) -> frozenset[str]:
    words = _WORD.findall(_fold(plain(part)))
    return frozenset(word for word in words if len(word) > 1 and word not in _PARTICLES)


def _fold(text: str) -> str:
    """Lower case without accents: å, ä and a are the same, because file names and old systems lose the difference."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(sign for sign in text if not unicodedata.combining(sign)).translate(_OTHER_LETTERS)
    return text.casefold()
