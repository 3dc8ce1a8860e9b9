"""Secrets of webhooks and tokens of FHIR endpoints as references: ``env:NAME``, ``file:PATH``, ``kept:…``. Pure; imports the errors only.

Whoever applies a directory looks its references up where they are (``looked_up``), and gives the secrets beside the text; the secret is
kept with the version: every hub has it at the same moment, none can lack a file, and a rollback brings back the very secrets that were
in force. What is shown is the reference; where the secret was written out itself, ``kept:`` and the beginning of its SHA-256, which
``apply`` takes too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from hub.errors import Refused

Sources = dict[str, list[str | None]]
"""System → the reference of each of its secrets; None where the secret was written out."""


def reference(secret: str, source: str | None) -> str:
    """How a secret is shown."""
    return source or "kept:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


def leads_elsewhere(written: str) -> bool:
    """Whether it is a reference to a variable or a file, which whoever applies the directory looks up."""
    return written.startswith(("env:", "file:"))


def refused(sv: str, en: str, element: str = "/systems/out") -> Refused:
    """The refusal of a reference."""
    return Refused("secret-reference", sv, en, element, 400)


class References:
    """Finds the secrets of references: among those that came with the directory, and among those in force. No variable is read here, and
    no file: the directory may have come over the network.
    """

    def __init__(self, given: Mapping[str, str], kept: Mapping[str, Sequence[str]], sources: Sources) -> None:
        """``given``: reference → its secret; ``kept``: system → its secrets in force; ``sources``: where these came from."""
        self._given = given
        self._not_used = set(given)
        self._by_shown: dict[tuple[str, str], str] = {}
        self._any: dict[str, str] = {}
        for system, secrets in kept.items():
            written: Iterable[str | None] = sources.get(system) or [None] * len(secrets)
            for secret, source in zip(secrets, written, strict=True):
                self._any[reference(secret, None)] = secret
                self._by_shown[system, reference(secret, source)] = secret

    def secret(self, system: str, written: str) -> tuple[str, str | None]:
        """(the secret, its reference). Raises ``Refused`` that names the reference, never a secret."""
        if written.startswith("kept:"):
            if (found := self._any.get(written)) is None:
                raise refused(
                    f"system {system}: ingen hemlighet i kraft är {written}; skriv env:NAMN eller file:SÖKVÄG, eller gå tillbaka till"
                    " versionen som hade den: hub directory history, hub directory rollback VERSION",
                    f"system {system}: no secret in force is {written}; write env:NAME or file:PATH, or bring back the version"
                    " that had it: hub directory history, hub directory rollback VERSION",
                )
            return found, self._source_of(system, found)
        if not leads_elsewhere(written):
            return written, None
        self._not_used.discard(written)
        known = self._given.get(written) or self._by_shown.get((system, written))
        if known is None:
            raise refused(
                f"system {system}: {written} är inte i kraft hos systemet, och hemligheten kom inte med. `hub directory apply` slår upp den"
                " på maskinen där det körs, och sänder den i fältet secrets; själv öppnar hubben ingen variabel och ingen fil som en"
                " katalog nämner",
                f"system {system}: {written} is not in force for the system, and the secret did not come along. `hub directory apply` looks"
                " it up on the machine where it runs, and sends it in the field secrets; the hub itself opens no variable and no file that"
                " a directory names",
            )
        return known, written

    def refuse_others(self) -> None:
        """Raises ``Refused`` of a secret that came along for a reference that the directory does not have: a slip of the pen, by which the
        former secret would stay.
        """
        if other := min(self._not_used, default=None):
            raise refused(
                f"secrets har {other}, som inget system i katalogen nämner: skriv samma referens på båda ställena",
                f"secrets has {other}, which no system of the directory names: write the same reference in both places",
                "/secrets",
            )

    def _source_of(self, system: str, secret: str) -> str | None:
        """The reference that a kept secret came by, so that it is shown by it again."""
        return next(
            (
                shown
                for (its, shown), one in self._by_shown.items()
                if its == system and one == secret and not shown.startswith("kept:")
            ),
            None,
        )
