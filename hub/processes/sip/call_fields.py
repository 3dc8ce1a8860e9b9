"""The fields of a call: open, required, and who is called (P-4, P-6). Imports the engine only."""

from __future__ import annotations

from hub.processes.engine.rule import Context, Fault, Guard, guard
from hub.processes.sip.call import whole
from hub.processes.sip.fields import cells, each_is_known_and_stands_once, is_sent


def cells_of_a_call(message: str) -> tuple[Guard, ...]:
    """The cells of a call, where what its draft says counts as said."""
    return tuple(
        _complete(one) if one.name == "what_is_required_is_there" else one
        for one in cells(message, "P-6", receivers="P-4")
    )


def _complete(check: Guard) -> Guard:
    def with_the_draft(s: Context) -> bool | Fault:
        verdict = check.holds(s)
        if not isinstance(verdict, Fault) or not is_sent(s.data):
            return verdict
        known, there = s.profile.cells["sip.kallelse"], {*whole(s), "meeting", "id"}
        for path, cell in known.items():
            if cell == "R" and path.rpartition(".")[2] not in there and (path == "receivers") is (check.rule == "P-4"):
                return Fault("/data/" + path.replace(".", "/"))
        return True

    return Guard(check.name, check.rule, with_the_draft, check.sv, check.en, check.element)


@guard(
    "P-6",
    sv="Sammankallandes enhet finns inte i katalogen. Sök den i katalogens träd.",
    en="The convener's unit is not in the directory. Look it up in the directory's tree.",
    element="/data/convener/unit",
)
def the_convener_is_known(s: Context) -> bool:
    return s.data.convener is None or s.data.convener.unit in s.directory.unit_by_hsa


@guard(
    "P-4",
    sv="En kallad enhet finns inte i katalogen, eller står två gånger.",
    en="A called unit is not in the directory, or stands twice.",
    element="/data/receivers",
)
def the_called_are_known(s: Context) -> bool | Fault:
    return each_is_known_and_stands_once(s)
