"""Compares the receipts and notices of a step with what the scenario expects. Imports the language and the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hub.scenarios.actions import ToldNotice
from hub.scenarios.expected import Colours, ExpectedMessage, ExpectedNotice, ExpectedReceipt, Notices, Systems
from hub.scenarios.judge import StepJudge
from hub.scenarios.report import listed, words
from schemas.messages import Receipt

_ORDER = ("red", "blue", "yellow", "green", "grey")


def judge_receipt(judge: StepJudge, what: str, expected: ExpectedReceipt, receipt: Receipt | None) -> None:
    """Compares an answer; None where a held message has no final one yet."""
    if receipt is None:
        judge.differs(what, "a final receipt", "still held")
        return
    judge.report.answered.add((receipt.code, receipt.rule))
    looked_at = [name for name in ExpectedReceipt.model_fields if getattr(expected, name) is not None]
    if any(getattr(receipt, name) != getattr(expected, name) for name in looked_at):
        shown = dict.fromkeys(["code", "rule", "element", *looked_at])
        wanted = words([(name, getattr(expected, name)) for name in looked_at])
        got = words([(name, getattr(receipt, name)) for name in shown])
        got += "" if receipt.text is None else f" ({receipt.text.en})"
        judge.differs(what, wanted, got)


def judge_told(judge: StepJudge, what: str, notices: Notices, systems: Systems, told: Sequence[ToldNotice]) -> None:
    """Compares who was told, and what each of them was told."""
    if notices is not None:
        wanted = _who({name: notice.awaits for name, notice in notices.items()})
        got = _who(_awaited(judge, told))
        if wanted != got:
            judge.differs(f"notices of {what}", wanted, got)
    for name, notice in (notices or {}).items():
        unit = judge.unit(name)
        own = [one for one in told if unit in one.told.to]
        _judge_unit(judge, f"notices of {what} to {name}", notice, own, unit)
    for system, expected in systems.items():
        own = [one for one in told if one.system == system]
        _judge_each(judge, f"notices of {what} to the system {system}", expected, own, None)


def _awaited(judge: StepJudge, told: Sequence[ToldNotice]) -> dict[str, str | None]:
    """Unit → what is awaited of it, over all notices of a step."""
    found: dict[str, str | None] = {}
    for notice in told:
        for unit in notice.told.to:
            name = judge.world.short(unit)
            found[name] = notice.told.awaits.get(unit) or found.get(name)
    return found


def _who(found: Mapping[str, str | None]) -> str:
    parts = [name if awaits is None else f"{name} (awaits {awaits})" for name, awaits in sorted(found.items())]
    return ", ".join(parts) or "nobody"


def _judge_unit(judge: StepJudge, what: str, expected: ExpectedNotice, told: Sequence[ToldNotice], unit: str) -> None:
    """Compares what a unit's notices are of, hold and lack, and what the last of them says of the case."""
    names = tuple(notice.name for notice in told)
    if expected.tells is not None and names != expected.tells:
        judge.differs(what, listed(expected.tells), listed(names))
    if expected.gets is not None:
        _judge_each(judge, what, expected.gets, told, unit)
    judge.content(what, expected, [notice.data for notice in told])
    skipped = tuple(number for notice in told for number in notice.told.skipped)
    if expected.skipped is not None and skipped != expected.skipped:
        judge.differs(f"{what}, skipped", listed(expected.skipped), listed(skipped))
    _judge_owed(judge, what, expected, told)
    if told:
        _judge_unit_view(judge, what, expected, told[-1], [unit])


def _judge_owed(
    judge: StepJudge, what: str, expected: ExpectedNotice | ExpectedMessage, told: Sequence[ToldNotice]
) -> None:
    """Compares what notices say is owed on paper, and of what they remind."""
    for name, stated, found in (
        ("prints", expected.prints, [one for notice in told for one in notice.told.prints]),
        ("remind", expected.remind, [one for notice in told for one in notice.told.remind]),
    ):
        if stated is not None and sorted(stated) != sorted(found):
            judge.differs(f"{what}, {name}", listed(sorted(stated)), listed(sorted(found)))


def _judge_each(
    judge: StepJudge, what: str, expected: Sequence[ExpectedMessage], told: Sequence[ToldNotice], unit: str | None
) -> None:
    """Compares notices one by one: those to one unit, or all of a system."""
    names = [notice.name for notice in told]
    if names != [one.message for one in expected]:
        judge.differs(what, listed([one.message for one in expected]), listed(names))
        return
    for number, (one, notice) in enumerate(zip(expected, told, strict=True), 1):
        which = f"{what}, {number}. {notice.name}"
        units = list(notice.told.to) if unit is None else [unit]
        judge.content(which, one, [notice.data])
        _judge_owed(judge, which, one, [notice])
        got: dict[str, object] = {
            "to": sorted(judge.world.short(each) for each in notice.told.to),
            "skipped": list(notice.told.skipped),
            "replay": notice.told.replay,
        }
        for name, found in got.items():
            stated = getattr(one, name)
            wanted = sorted(stated) if isinstance(stated, tuple) else stated
            if stated is not None and wanted != found:
                judge.differs(f"{which}, {name}", _said(wanted), _said(found))
        if "awaits" in one.model_fields_set:
            for each in units:
                awaited = notice.told.awaits.get(each)
                if awaited != one.awaits:
                    judge.differs(f"{which}, awaits of {judge.world.short(each)}", _said(one.awaits), _said(awaited))
        _judge_unit_view(judge, which, one, notice, units)


def _said(value: object) -> str:
    if isinstance(value, list):
        return listed(value)
    return "nothing" if value is None else str(value)


def _judge_unit_view(
    judge: StepJudge,
    what: str,
    expected: ExpectedNotice | ExpectedMessage,
    notice: ToldNotice,
    units: Iterable[str],
) -> None:
    """Compares what a notice says that units may do, and how the steps stand for them."""
    for unit in units:
        of = judge.world.short(unit)
        may = notice.told.may.get(unit, ())
        if missing := [name for name in expected.may if name not in may]:
            judge.differs(f"{what}, may of {of}", listed(missing), listed(may))
        if allowed := [name for name in expected.may_not if name in may]:
            judge.differs(f"{what}, may of {of}", f"not {listed(allowed)}", listed(may))
        for step, wanted in expected.state.items():
            judge_colours(judge, f"{what}, {step} of {of}", wanted, notice.told.state.get(step, {}).get(unit))


def judge_colours(judge: StepJudge, what: str, expected: Colours, roles: Mapping[str, str] | None) -> None:
    """Compares the colour of a unit, or of its roles (C-30)."""
    if roles is None:
        judge.differs(what, str(expected), "takes no part")
    elif isinstance(expected, str):
        got = next((colour for colour in _ORDER if colour in roles.values()), "no role")
        if got != expected:
            judge.differs(what, expected, got)
    else:
        for role, wanted in expected.items():
            if roles.get(role) != wanted:
                judge.differs(f"{what}, role {role}", wanted, roles.get(role, f"only the roles {listed(list(roles))}"))
