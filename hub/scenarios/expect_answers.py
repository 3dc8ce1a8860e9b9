"""What a unit reads, prints and finds in a scenario, compared with what is expected. Imports the views and the printing.

The answers are those of the hub's own views, made of the case as it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic_core import to_jsonable_python

from hub.errors import Refused
from hub.printing import Document, Printed
from hub.processes.engine.documents import PrintedSelection, person
from hub.processes.engine.process import process_of_case
from hub.processes.engine.rule import acting_role
from hub.scenarios.actions import StoredCase
from hub.scenarios.answers import asked_for, at_address, whole_case
from hub.scenarios.judge import StepJudge
from hub.scenarios.report import listed
from hub.scenarios.steps import GetStep, ListStep, PersonStep, PrintStep, SearchStep, ViewStep
from hub.store.lists import Found
from hub.views.access import Asker, may_be_known
from hub.views.citizen import of_person
from hub.views.paper import paper, with_the_plan
from hub.views.search import rows, search_answer
from schemas.hub_messages import Adressering

TextOf = Callable[[Document], str]
Asking = ViewStep | GetStep | PrintStep | ListStep | SearchStep


def judge_view(judge: StepJudge, step: ViewStep | GetStep, stored: StoredCase | None) -> None:
    """Compares what a unit reads of the case: the whole of it, or what stands at an address below it."""
    name = step.view if isinstance(step, ViewStep) else step.from_
    what = f"view of {name}" if isinstance(step, ViewStep) else f"{step.get} by {name}"
    try:
        asked = asked_for(stored, _asker(judge, step, name), judge.world.directory, judge.now)
        content = whole_case(asked.opened()) if isinstance(step, ViewStep) else at_address(asked, step.get)
    except Refused as refused:
        _judge_refused(judge, what, step, refused)
        return
    if _is_given(judge, what, step):
        judge.content(what, step, [content])


def judge_print(judge: StepJudge, step: PrintStep, stored: StoredCase | None, text_of: TextOf) -> None:
    """Compares what stands on a printed document."""
    what = f"print of {step.document} by {step.from_}"
    try:
        asker = _asker(judge, step, step.from_)
        of = asked_for(stored, asker, judge.world.directory, judge.now).opened()
        by = Printed(person(asker.actor, _no_name), asker.unit.name, step.for_whom or "", step.why or "", judge.now)
        selection = PrintedSelection(step.meeting, step.version, step.from_version, step.ended)
        content = with_the_plan(
            step.document, of.case, asker.unit.hsa, of.asked.acts, to_jsonable_python(whole_case(of)), selection
        )
        document = paper(step.document, of.case, content, judge.world.directory, by, _no_name)
    except Refused as refused:
        _judge_refused(judge, what, step, refused)
        return
    if not _is_given(judge, what, step):
        return
    text = _in_one_line(text_of(document))
    for wanted in step.holds:
        if _in_one_line(wanted) not in text:
            judge.differs(what, wanted, text)
    for unwanted in step.lacks:
        if _in_one_line(unwanted) in text:
            judge.differs(what, f"not {unwanted}", text)


def judge_search(
    judge: StepJudge, step: SearchStep, found: Sequence[StoredCase], names: Mapping[str, str], said: Adressering | None
) -> None:
    """Compares what a search finds; ``names``: a case's id → its name in the scenario; ``said``: what the registers are
    known to say of the person.
    """
    what = f"search by {step.from_}"
    try:
        asker = _asker(judge, step, step.from_)
    except Refused as refused:
        _judge_refused(judge, what, step, refused)
        return
    if not _is_given(judge, what, step):
        return
    every = [_of_list(judge)(one) for one in found]
    shown = [one for one in every if may_be_known(one.case, asker.unit)]
    content = to_jsonable_python(search_answer(every, asker, judge.world.directory, judge.now, said))
    _judge_cases(judge, what, step, shown, names)
    judge.content(what, step, [content])


def judge_person(judge: StepJudge, step: PersonStep, found: Sequence[StoredCase]) -> None:
    """Compares what the person is shown at 1177 of the own cases."""
    plans = [
        of_person(one.case, [act for act in one.acts if act.kept_to is None], judge.world.directory) for one in found
    ]
    content = {"plans": to_jsonable_python([plan for plan in plans if plan is not None])}
    judge.content(f"what {step.shown_at_1177} is shown at 1177", step, [content])


def judge_list(judge: StepJudge, step: ListStep, found: Sequence[StoredCase], names: Mapping[str, str]) -> None:
    """Compares a unit's start list, or its archive; ``names``: a case's id → its name in the scenario."""
    what = f"{'archive' if step.archived else 'start list'} of {step.list_}"
    try:
        asker = _asker(judge, step, step.list_)
    except Refused as refused:
        _judge_refused(judge, what, step, refused)
        return
    if not _is_given(judge, what, step):
        return
    shown = [one for one in map(_of_list(judge), found) if one.archived is step.archived]
    _judge_cases(judge, what, step, shown, names)
    judge.content(what, step, [{"cases": to_jsonable_python(rows(shown, asker, judge.world.directory, judge.now))}])


def _judge_cases(
    judge: StepJudge, what: str, step: ListStep | SearchStep, shown: Sequence[Found], names: Mapping[str, str]
) -> None:
    """Compares which cases there are, by their names."""
    if step.cases is not None:
        wanted, got = sorted(step.cases), sorted(names.get(one.case.id, "a case without a name") for one in shown)
        if wanted != got:
            judge.differs(f"{what}, cases", listed(wanted), listed(got))


def _asker(judge: StepJudge, step: Asking, name: str) -> Asker:
    """Who asks; raises ``Refused`` where the role is none of the unit's (C-3)."""
    directory = judge.world.directory
    unit = directory.unit_by_hsa[judge.unit(name)]
    role = step.role or next(iter(unit.roles))
    system = directory.system_by_id[directory.system_of[unit.hsa]]
    choice = not isinstance(step, ListStep | SearchStep) and step.choice
    return Asker(system, unit, step.actor or judge.world.staff[name][0], acting_role(role, unit), choice, judge.now)


def _of_list(judge: StepJudge) -> Callable[[StoredCase], Found]:
    """A stored case as the store's lists give it."""

    def found(stored: StoredCase) -> Found:
        needed = process_of_case(stored.case).sections.needed_in_a_list(stored.case)
        rows = {row.sequence: row for row in stored.rows if row.sequence in needed}
        return Found(stored.case, stored.changed_at, stored.case.has_left(judge.now), rows)

    return found


def _is_given(judge: StepJudge, what: str, step: Asking) -> bool:
    """Whether the answer was to be given."""
    if step.refused is None:
        return True
    judge.differs(what, f"refused by {step.refused.rule}", "an answer")
    return False


def _judge_refused(judge: StepJudge, what: str, step: Asking, refused: Refused) -> None:
    """Compares why an answer is not given."""
    got = f"refused by {refused.rule} at {refused.element} ({refused.en})"
    if step.refused is None:
        judge.differs(what, "an answer", got)
    elif step.refused.rule != refused.rule or step.refused.element not in (None, refused.element):
        at = "" if step.refused.element is None else f" at {step.refused.element}"
        judge.differs(what, f"refused by {step.refused.rule}{at}", got)


def _no_name(_: str) -> None:
    """A world names no staff."""


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
