"""What a call brings into the plan (S-8): date, time, reason, and a row for each participating unit. Imports the engine and the
element's events only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.processes.engine.rule import Context
from hub.processes.sip.element_events import PLAN, copied_fields
from hub.processes.sip.state import sip
from hub.processes.sip.who import writer
from schemas.swedish_time import STOCKHOLM


def copy_into_the_plan(s: Context, call: dict[str, Any]) -> None:
    """While the plan is open the latest call's date, time and reason stand in it, and the units of the case have rows; a row that
    lives already is left alone.
    """
    if "deltagare" not in s.profile.elements or sip(s.case).state not in s.profile.plan_open_in:
        return
    _copy_the_call(s, call)
    for unit in s.case.participants:
        address = f"deltagare/{unit}"
        row = s.case.elements.get(address)
        if row is None or row.removed:
            _edit(s, address, {"unit": unit}, added=True)


def _copy_the_call(s: Context, call: dict[str, Any]) -> None:
    """The plan's own fields are as the latest call says."""
    _write(s, _said(call))


def correct_the_copy(s: Context, changed: dict[str, Any]) -> None:
    """A call that changes corrects what it brought into the plan, and nothing that somebody has written since."""
    one = s.case.elements.get(PLAN)
    untouched = frozenset[str]() if one is None else copied_fields(one)
    _write(s, {name: value for name, value in _said(changed).items() if name in untouched})


def _said(call: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "start" in call:
        start = datetime.fromisoformat(call["start"]).astimezone(STOCKHOLM)
        said = {"date": start.date().isoformat(), "time": start.strftime("%H:%M")}
    if call.get("reason") is not None:
        said["reason"] = call["reason"]
    return said


def _write(s: Context, said: dict[str, Any]) -> None:
    if said:
        _edit(s, PLAN, said, added=PLAN not in s.case.elements)


def _edit(s: Context, element: str, values: dict[str, Any], *, added: bool) -> None:
    change = "tillagd" if added else "andrad"
    s.emit("edited", element=element, change=change, set=values, copied=True, **writer(s))
