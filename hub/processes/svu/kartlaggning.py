"""The assessment, written together in real time (V-11, C-51). Imports the engine and the shared rules only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, step_told
from hub.processes.svu.gate import SHARING
from hub.processes.svu.state import svu

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
    sv="Ett fält finns inte i kartläggningen. Fälten är: {codes}.",
    en="A field is not in the kartlaggning. The fields are: {codes}.",
    element="/data/fields",
)
def the_fields_exist(s: Context) -> bool | Fault:
    known = frozenset().union(*s.profile.kartlaggning.values())
    # The name that does not exist is the sender's own text, so it is not repeated (D-10).
    return known.issuperset(s.data.fields) or Fault(codes=codes(known))


@guard(
    "V-11",
    sv="Fältet {field} skrivs av den andra sidan. Er sida skriver: {codes}.",
    en="The other side writes the field {field}. Your side writes: {codes}.",
    element="/data/fields",
)
def it_is_ones_own_half(s: Context) -> bool | Fault:
    own = s.profile.kartlaggning[s.party]
    other = next((name for name in s.data.fields if name not in own), None)
    return other is None or Fault(field=other, codes=codes(own))


def write(s: Context) -> None:
    """The last word stands and all are kept; who wrote on an older version is told so, and whose words were replaced
    gets this message.
    """
    if DOCUMENT not in s.case.steps:
        step_told(s, DOCUMENT, "skriva", [])
    stands = svu(s.case).fields.get(DOCUMENT, {})
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
        writes=("kartlaggning",),
    ),
)
