"""The demo people who sign in to operations, one of each role and more. Imports the standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who signs in; the name is made up."""

    subject: str
    name: str
    roles: tuple[str, ...]
    said: str
    """What they do, in Swedish, for the page on which one chooses."""


PEOPLE = (
    DemoPerson("demo-astrid", "Astrid Lindqvist", ("lasare",), "läser: ser allt utom innehåll, ändrar inget"),
    DemoPerson("demo-omar", "Omar Haddad", ("drift",), "drift: ser, och rättar ett i taget"),
    DemoPerson("demo-birgitta", "Birgitta Sjöström", ("driftansvarig",), "driftansvarig: rättar många, får nödöppna"),
    DemoPerson("demo-johan", "Johan Ekblad", ("katalogansvarig",), "katalogansvarig: ändrar katalogen"),
    DemoPerson("demo-sara", "Sara Nyström", ("granskare",), "granskare: ser vad andra har gjort"),
    DemoPerson(
        "demo-kim",
        "Kim Bergdahl",
        ("driftansvarig", "katalogansvarig", "granskare"),
        "allt: driftansvarig, katalogansvarig och granskare",
    ),
    DemoPerson("demo-nils", "Nils Ottosson", (), "har ingen roll i hubben, och släpps inte in"),
)
"""In the order in which the page shows them."""
