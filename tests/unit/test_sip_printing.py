"""The documents of a SIP as PDF: for everybody, under the region's headings, with what the screen shows (sip-messages.md §8)."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from hub.printing import FINAL, NOT_FINAL, Document, render, text_of
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.profiles.sip_elements import ELEMENTS
from hub.processes.profiles.sip_headings import HEADINGS
from hub.processes.sip.documents import DOCUMENTS
from hub.scenarios import ScenarioFile
from hub.scenarios.memory import HubInMemory, answered
from hub.scenarios.play import Play

SCENARIOS = Path(__file__).parents[2] / "contracts" / "scenarios"
PRINTED = sorted(
    path for path in SCENARIOS.glob("*.yaml") if "- print:" in (text := path.read_text()) and "sip." in text
)


def test_some_scenarios_print():
    assert len(PRINTED) >= 5


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.stem)
def test_every_printed_document_is_tagged_and_has_title_and_language(path: Path):
    documents: list[Document] = []

    def keep(document: Document) -> str:
        documents.append(document)
        return text_of(document)

    played = Play(ScenarioFile(path), None, keep)
    hub, running, answer = HubInMemory(played.world, played.now, played.registers), played.run(), None
    while True:
        try:
            answer = answered(hub, running.send(answer))
        except StopIteration:
            break
    assert documents
    for document in documents:
        reader = PdfReader(BytesIO(render(document)))
        root = reader.root_object
        assert reader.metadata is not None
        assert reader.metadata.title == document.title
        assert root["/Lang"].startswith("sv")
        assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712
        mark = FINAL if document.final else NOT_FINAL
        assert all(mark in page.extract_text().replace("\n", " ") for page in reader.pages)


@pytest.mark.parametrize("name", SIP_PROFILES)
def test_every_field_and_document_of_a_region_has_a_heading(name: str):
    headings = HEADINGS[name]
    assert SIP_PROFILES[name].documents <= DOCUMENTS.keys()
    assert all(headings.get(document) for document in SIP_PROFILES[name].documents)
    for kind, holds in ELEMENTS[name].items():
        missing = [field for field in holds.fields if not headings.get(f"{kind}.{field}")]
        assert not missing, kind
