"""The entries of the error catalogue, as they are served and written. Imports the language only."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from hub.catalogue.remedy import Text, Who
from schemas.messages import BilingualText

Kind = Literal["rule", "reason", "fhir", "held", "manual", "delivery", "register", "partition", "warning"]
"""``rule`` and ``reason`` (a technical one) and ``fhir`` (of the FHIR reader) refuse a message or a call; ``held``: a message waits;
``manual``: a case's receivers are found by hand; ``delivery``: a receiver has not taken a notice; ``register``: a register gave no
answer; ``partition``: a Kafka partition waits or has a gap; ``warning``: a receipt's warning, of a message that was taken.
"""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class RefusalSentence(_Frozen):
    """What a refusal by the rule says."""

    element: str | None
    """Where in the message, as far as that is the same each time."""
    text: BilingualText


class Line(_Frozen):
    """An entry as a list shows it."""

    id: str
    kind: Kind
    code: str
    """How it is written in ``rule``, rows, logs and warnings; ``<…>`` stands for what varies."""
    link: str
    """The address of the entry: ``type`` of a problem."""
    who: tuple[Who, ...]
    """Who must act; empty where nobody need."""
    means: BilingualText


class CatalogueEntry(Line):
    """All that the catalogue says of one error."""

    cause: BilingualText
    what_to_do: BilingualText
    refusals: tuple[RefusalSentence, ...] = ()
    """The sentences of the refusals by a rule, each of which says what to do in its case; ``{…}`` stands for what varies."""


ERRORS: Final = "/errors/"
"""Where the entries are served, from the root of the hub."""


def link(id_: str) -> str:
    """The address of an entry, from the root of the hub."""
    return f"{ERRORS}{id_}"


def bilingual(text: Text) -> BilingualText:
    """A text as it is served."""
    return BilingualText(sv=text[0], en=text[1])
