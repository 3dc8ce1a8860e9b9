"""What the views show is the core, and what the case's process has beside it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hub.errors import Refused
from hub.processes.engine.contents import StepContents
from hub.processes.engine.decide import may_open
from hub.processes.engine.process import PROCESSES
from hub.processes.engine.sections import Sections
from hub.processes.registry import all_documents, printable
from hub.store.case_reads import StoredAct
from hub.views.access import Asker, Reach
from hub.views.paper import paper
from hub.views.rows import row
from hub.views.whole import needed, whole
from hub.views.written import versions
from tests.cases import svu_case
from tests.stack import WARD, checked, content
from tests.thorough.test_printing import DOCUMENT

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OF_SVU = {"inskrivning", "kartlaggning", "kartlaggning_written", "stallningstagande", "utskrivning"}
OF_SVU |= {"undone_discharges", "vardkontakter", "time", "liability"}


@pytest.fixture(params=["svu", "bare"])
def process(request, monkeypatch):
    """SVU, and SVU's rules without anything of its own to show."""
    found = PROCESSES["svu"]
    if request.param == "bare":
        found = replace(found, sections=Sections(), contents=StepContents(), documents={})
    monkeypatch.setitem(PROCESSES, "svu", found)
    return request.param


def case():
    ward = {"party": "slutenvard", "roles": ["sjukskoterska"], "since": 1, "by": "m"}
    dates = {"estimated": "2026-03-06"}
    return svu_case(published=True, sequence=1, opened_by=WARD, participants={WARD: ward}, dates=dates)


def test_a_process_without_sections_shows_the_core_alone(process):
    directory = checked(content())
    unit = directory.unit_by_hsa[WARD]
    asker = Asker(directory.systems[0], unit, "SE2321000255-P03", next(iter(unit.roles)))
    shown = whole(
        case(), asker, Reach("deltar", "slutenvard"), [], {}, directory, changed_at=NOW, archived=False, now=NOW
    )
    assert {"person", "steps", "participants", "samtycke", "deadlines", "counts"} <= set(shown)
    assert OF_SVU & set(shown) == (OF_SVU if process == "svu" else set())
    assert shown["addressing"].keys() >= {"outcome", "registered"}
    assert ("placement" in shown["addressing"]) is (process == "svu")
    listed = row(case(), unit, asker.role, directory, now=NOW, changed_at=NOW, archived=False, messages={})
    assert {"kartlaggning", "time", "vardkontakter"} & set(listed) == (
        {"kartlaggning", "time", "vardkontakter"} if process == "svu" else set()
    )


def test_a_process_without_documents_prints_none_of_them(process):
    of_others = {name for other in PROCESSES.values() if other.name != "svu" for name in other.documents}
    own = {"inskrivning", "kartlaggning", "stallningstagande", "utskrivning"} if process == "svu" else set()
    assert set(printable()) == own | of_others
    of_svu = {document for document in all_documents() if document.startswith("stallningstagande")}
    assert (of_svu == set()) is (process == "bare")
    shown = {"kartlaggning": {"bakgrund": {"value": {"text": "Bor ensam"}}}, "vardkontakter": []}
    of_the_printing = ("kartlaggning", case(), shown, checked(content()), DOCUMENT.printed, lambda _: None)
    if process == "svu":
        assert "Bor ensam" in repr(paper(*of_the_printing))
    else:
        with pytest.raises(Refused, match="C-55"):
            paper(*of_the_printing)


def test_a_step_has_a_version_for_each_message_that_writes_it_unless_the_process_says_otherwise(process):
    acts = [
        StoredAct(1, "svu.inskrivning", [["admitted", {}]], NOW),
        StoredAct(
            2, "svu.inskrivning", [["estimated", {"date": "2026-03-06"}], ["stepped", {"step": "inskrivning"}]], NOW
        ),
        StoredAct(3, "meddelande", [], NOW),
    ]
    assert [v.act.sequence for v in versions("tid", acts, case())] == ([2] if process == "svu" else [1, 2])
    assert [v.draft for v in versions("inskrivning", acts, case())] == (
        [True, False] if process == "svu" else [False] * 2
    )
    assert needed(case(), acts) == ({2} if process == "svu" else set())


def test_who_may_open_a_case_is_said_by_the_rows_that_open_one():
    process = PROCESSES["svu"]
    for has_one in (False, True):
        assert may_open(process, "slutenvard", has_one=has_one) is None, "a person may have several stays"
    for party in ("oppenvard", "kommun"):
        refused = may_open(process, party, has_one=False)
        assert refused is not None
        assert (refused.rule, refused.sv) == ("V-1", "Bara slutenvård öppnar ett SVU-ärende.")
