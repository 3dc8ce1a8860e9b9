"""The catalogue put together: what the rules, the guards and the readers say, with what only a person can write. Imports the rules, the
FHIR reader's sentences and the remedies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from hub.catalogue.entry import CatalogueEntry, Kind, RefusalSentence, bilingual, link
from hub.catalogue.remedies import BUNDLE, EXPLAINS, IDENTITY, REASONS, RULES
from hub.catalogue.remedy import Reason, Remedy, Text
from hub.catalogue.rule_uses import natural, uses
from hub.translators.fhir import refusals
from schemas import identities, unit_ids
from schemas.messages import BilingualText
from schemas.rules import RULES as TEXTS
from schemas.rules.technical import TECHNICAL

_FHIR_ITSELF: Final[Mapping[str, Text]] = {
    "fhir-invalid": (
        "FHIR R4 tillåter inte elementet så som det står.",
        "FHIR R4 does not allow the element as it stands.",
    ),
    "fhir-code": ("Koden finns inte i FHIR R4:s värdemängd.", "The code is not in the value set of FHIR R4."),
}
"""The reasons that the FHIR reader computes the sentence of."""


@cache
def catalogue() -> Mapping[str, CatalogueEntry]:
    """Id → entry: the rules in the order in which people read them, then the reasons by kind."""
    return {one.id: one for one in _entries()}


def of_kind(kind: Kind) -> list[CatalogueEntry]:
    """The entries of a kind."""
    return [one for one in catalogue().values() if one.kind == kind]


def search(text: str) -> list[CatalogueEntry]:
    """The entries that have these words, in either language, those first that are called so or mean so, then those with such a cause;
    all of them, in the order in which people read them, without a word.
    """
    words = text.lower().split()
    found = [one for one in catalogue().values() if all(word in _words_of(one) for word in words)]
    return sorted(found, key=lambda one: _fit(one, words))


def meant(said: str) -> list[CatalogueEntry]:
    """The entries that somebody means: the one of this id, else those written so (``VP004``), else those with these words."""
    if said in catalogue():
        return [catalogue()[said]]
    written = [one for one in catalogue().values() if said.lower() in {one.id.lower(), one.code.lower()}]
    return written or (search(said) if said.strip() else [])


def _fit(one: CatalogueEntry, words: list[str]) -> int:
    """How well an entry fits words, the smaller the better: 0 by its id, 1 by what it means, 2 by its cause too, 3 by the rest."""
    said = ""
    ids = f"{one.id} {one.id.replace('-', ' ')} {one.code}"
    for place, texts in enumerate(((ids,), (one.means.sv, one.means.en), (one.cause.sv, one.cause.en))):
        said = f"{said} {' '.join(texts)}".lower()
        if all(word in said for word in words):
            return place
    return 3


def _words_of(one: CatalogueEntry) -> str:
    texts = (one.means, one.cause, one.what_to_do, *(said.text for said in one.refusals))
    return " ".join(
        (one.id, one.id.replace("-", " "), one.code, *(said for text in texts for said in (text.sv, text.en)))
    ).lower()


def in_short(id_: str) -> BilingualText:
    """What an entry means and what to do, as it is said beside a row."""
    one = catalogue()[id_]
    return BilingualText(sv=f"{one.means.sv} {one.what_to_do.sv}", en=f"{one.means.en} {one.what_to_do.en}")


def _entries() -> Iterator[CatalogueEntry]:
    said = _sentences()
    for rule in sorted(
        TEXTS, key=lambda one: (one in TECHNICAL, *(natural(one) if one not in TECHNICAL else (one, 0)))
    ):
        kind: Kind = "reason" if rule in TECHNICAL else "rule"
        yield _entry(rule, kind, rule, (TEXTS[rule].sv, TEXTS[rule].en), _remedy(rule), tuple(said.get(rule, ())))
    for reason, text in (dict(refusals.sentences()) | dict(_FHIR_ITSELF)).items():
        if reason not in TEXTS:
            yield _entry(reason, "fhir", reason, text, BUNDLE)
    for reason, text in (identities.SENTENCES | unit_ids.SENTENCES).items():
        yield _entry(reason, "reason", reason, text, IDENTITY)
    for name, reasons in REASONS.items():
        for reason, written in reasons.items():
            yield _of_reason(name, reason, written)  # type: ignore[arg-type]


def _of_reason(kind: Kind, reason: str, written: Reason) -> CatalogueEntry:
    return _entry(f"{kind}.{reason}", kind, written.code or reason, written.means, written.remedy)


def _entry(
    id_: str, kind: Kind, code: str, means: Text, remedy: Remedy, said: tuple[RefusalSentence, ...] = ()
) -> CatalogueEntry:
    return CatalogueEntry(
        id=id_,
        kind=kind,
        code=code,
        link=link(id_),
        who=remedy.who,
        means=bilingual(means),
        cause=bilingual(remedy.cause),
        what_to_do=bilingual(remedy.what_to_do),
        refusals=said,
    )


def _remedy(rule: str) -> Remedy:
    """What is done about a rule; nothing about one that refuses nothing."""
    return RULES.get(rule, EXPLAINS)


def _sentences() -> dict[str, list[RefusalSentence]]:
    """Rule → what its refusals say, of the guards first and then of the FHIR reader; the same sentence at the same place once."""
    found: dict[str, dict[RefusalSentence, None]] = {}
    for rule, use in uses().items():
        for guard in use.guards:
            text = bilingual((guard.sv, guard.en))
            found.setdefault(rule, {})[RefusalSentence(element=guard.element, text=text)] = None
    for rule, texts in refusals.by_rule().items():
        for sentence in texts:
            found.setdefault(rule, {})[RefusalSentence(element=None, text=bilingual(sentence))] = None
    return {rule: list(said) for rule, said in found.items()}
