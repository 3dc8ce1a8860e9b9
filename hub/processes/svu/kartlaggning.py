"""The assessment, written together in real time (V-11, C-51). Imports the machine and the common rows only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, Rule, guard
from hub.processes.shared.audience import ALL_PARTIES, SHARING, everyone_else, step_told

DOCUMENT = "kartlaggning"


@guard(
    "V-11",
    sv="Ange start, eller minst ett fält i fields.",
    en="Give start, or at least one field in fields.",
    element="/data",
)
def something_is_written(s: Context) -> bool:
    return s.data.start or bool(s.data.fields)


@guard(
    "V-11",
    sv="Ett fält finns inte i kartläggningen. Fälten står i kontraktet för er region.",
    en="A field is not in the kartlaggning. The fields stand in your region's contract.",
    element="/data/fields",
)
def the_fields_exist(s: Context) -> bool:
    return all(any(name in half for half in s.profile.kartlaggning.values()) for name in s.data.fields)


@guard(
    "V-11",
    sv="Fältet skrivs av den andra sidan: slutenvården skriver önskemål och tillstånd, öppenvård och kommun bakgrund.",
    en="The other side writes that field: inpatient care writes wishes and state, outpatient care and kommun background.",
    element="/data/fields",
)
def it_is_ones_own_half(s: Context) -> bool:
    return all(name in s.profile.kartlaggning[s.party] for name in s.data.fields)


def write(s: Context) -> None:
    """The last word stands and all are kept; who wrote on an older version is told so, and whose words were replaced
    gets this message.
    """
    if DOCUMENT not in s.case.steps:
        step_told(s, DOCUMENT, "skriva", [])
    stands = s.case.fields.get(DOCUMENT, {})
    for name, field in s.data.fields.items():
        version = stands[name][0] if name in stands else 0
        if field.version is not None and field.version != version:
            s.warnings.append(f"written-meanwhile:{name}")
    for name in s.data.fields:
        s.emit("wrote", document=DOCUMENT, field=name, unit=s.unit, complete=True)


KARTLAGGNING = (
    Rule(
        "svu.kartlaggning",
        ALL_PARTIES,
        ("V-11", "C-51"),
        (write,),
        everyone_else,
        guards=SHARING,
        checks=(something_is_written, the_fields_exist, it_is_ones_own_half),
    ),
)
