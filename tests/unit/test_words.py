"""Every code that a person may read has a Swedish word, and times are read as people write them (C-55)."""

from datetime import UTC, date, datetime
from typing import Literal, get_args, get_origin

import pytest

from hub.directory import load
from hub.errors import Refused
from hub.operations.deadline_words import passed
from hub.processes.engine.documents import plain
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.profiles.sip_codes import TEMPLATES
from hub.processes.profiles.svu import SVU_PROFILES
from hub.sandbox.services import DIRECTORY
from hub.views.paper import paper
from schemas import directory, hub_messages, parts, shared, sip, sip_parts, svu
from schemas.hub_messages import DeadlineName
from schemas.parts import Part
from schemas.swedish_time import day_in_words, moment_in_words
from schemas.words import CODES, word
from tests.cases import svu_case
from tests.stack import checked, content
from tests.thorough.test_printing import DOCUMENT

FOLD = str.maketrans("åäö", "aao")


def literals(annotation) -> set[str]:
    """The texts that a field may hold."""
    if get_origin(annotation) is Literal:
        return {value for value in get_args(annotation) if isinstance(value, str)}
    return set().union(*map(literals, get_args(annotation))) if get_args(annotation) else set()


def of_the_language() -> set[str]:
    found = set(get_args(directory.PartyName)) | set(get_args(directory.Duty)) | set(get_args(directory.Step))
    for module in (shared, hub_messages, svu, sip, sip_parts, parts):
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, Part):
                found |= set().union(*(literals(field.annotation) for field in model.model_fields.values()), set())
    return found


def of_the_profiles() -> set[str]:
    found: set[str] = set()
    for profile in SVU_PROFILES.values():
        found |= profile.sip_positions | profile.discharged_to | profile.ended_with
        found |= set().union(*profile.kartlaggning.values())
    for row in SIP_PROFILES.values():
        found |= {*row.states, *row.steps, *row.elements, *row.consent_kinds, *row.coordinator_changes}.difference({""})
        found |= set().union(*row.codes.values())
    return found.union(*TEMPLATES.values())


@pytest.mark.parametrize("code", sorted(of_the_language() | of_the_profiles()))
def test_every_code_of_the_language_and_the_profiles_has_a_swedish_word(code):
    assert code in CODES
    assert "_" not in word(code)
    assert "." not in word(code)


@pytest.mark.parametrize("state", ["avslutad", "borttagen", "forberedelse", "genomforande", "avslut", "ended"])
def test_every_state_and_phase_that_is_of_no_region_alone_has_a_swedish_word(state):
    assert state in CODES


def test_a_field_of_an_assessment_is_told_by_its_heading_and_its_part():
    assert word("sysselsattning.arbete_skola") == "sysselsättning: arbete och skola"
    assert word("mat_och_dryck.behov") == "mat och dryck: behov"


def test_every_role_of_the_demos_directory_has_a_swedish_word():
    assert {role for unit in load(DIRECTORY).units for role in unit.roles} <= set(CODES)


def test_a_code_that_a_region_has_made_itself_is_read_without_its_signs():
    assert word("nagot_annat.eget") == "nagot annat eget"
    assert word("oppenvard") == "öppenvård"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 25, 21, 26, tzinfo=UTC), "25 november 2026 kl. 22.26"),
        (datetime(2026, 11, 25, 23, 35, 59, 98370, tzinfo=UTC), "26 november 2026 kl. 00.35"),
        (datetime(2026, 6, 1, 12, 5, tzinfo=UTC), "1 juni 2026 kl. 14.05"),
    ],
)
def test_a_time_is_in_words_and_by_the_clock_in_sweden(moment, words):
    assert moment_in_words(moment) == words


def test_every_month_has_its_name():
    assert {day_in_words(date(2026, month, 1)).split()[1] for month in range(1, 13)} >= {"januari", "maj", "december"}
    assert len({day_in_words(date(2026, month, 1)) for month in range(1, 13)}) == 12


BY = {"unit": "SE2321000255-AVD12", "unit_name": "Avdelning 12", "actor": "SE2321000255-LAKARE1", "role": "lakare"}
BY |= {"time": datetime(2026, 11, 25, 22, 0, tzinfo=UTC)}
SHOWN = {
    "inskrivning": {"reason": "Fall", "by": BY},
    "information": {"given": True, "by": BY},
    "samtycke": {"outcome": "menprovning", "decided_by": "SE2321000255-OKAND", "by": BY},
    "time": {"admitted": "2026-11-25T21:26:00.098370+00:00", "estimated": "2026-12-01"},
    "kartlaggning": {"bakgrund": {"value": {"choices": ["annan_slutenvard", "eget_val"], "text": "Bor ensam"}}},
    "stallningstagande": {
        "slutenvard": {
            "sip_position": {"value": "sip_behovs"},
            "responsible_physician": {"value": "SE2321000255-LAKARE1"},
            "egenvard": {"value": {"needed": True, "description": "Sår"}},
        },
        "oppenvard": {"responsible_physicians": {"value": ["SE2321000255-LAKARE1", "SE2321000255-OKAND"]}},
        "kommun": {},
        "sip_approved": None,
    },
    "utskrivning": {"date": "2026-12-01", "kind": "avslut_i_fortid", "ended_with": "annan_slutenvard", "by": BY},
    "undone_discharges": [
        {
            "date": "2026-11-30",
            "kind": "utskrivning",
            "discharged_to": "ordinart_boende",
            "undone": {"reason": "Fel patient", "by": {"time": datetime(2026, 11, 30, 9, 0, tzinfo=UTC)}},
        }
    ],
    "vardkontakter": [
        {"person": "SE2321000255-LAKARE1", "unit": "SE1", "unit_name": "VC Öst", "kallelseansvarig": True}
    ],
}
NAMES = {"SE2321000255-LAKARE1": "Ulla Äng"}


def printed(kind: str) -> str:
    signed = ["SE2321000255-LAKARE1", "bistandshandlaggare", "2026-11-25T23:35:59.098370+00:00"]
    step = {"act": "justera", "at": "", "awaits": [], "done": {"SE2120001017-K01": signed}}
    case = svu_case("c-1", vardkontakter=[{"person": "x"}], steps={kind: step})
    made = paper(kind, case, SHOWN, checked(content()), DOCUMENT.printed, NAMES.get)
    return repr(made.sections)


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        ("inskrivning", ["25 november 2026 kl. 22.26", "1 december 2026", "Avdelning 12", "Fall", "läkare",
                         "25 november 2026 kl. 23.00", "Patienten är informerad', 'Ja", "Samtycke', 'menprövning",
                         "Beslutat av', 'SE2321000255-OKAND"]),
        ("kartlaggning", ["annan slutenvård", "eget val", "Bor ensam"]),
        ("stallningstagande", ["SIP behövs", "Ulla Äng (SE2321000255-LAKARE1)", "SE2321000255-OKAND", "Ja. Sår"]),
        ("utskrivning", ["Avdelning 12", "Ulla Äng (SE2321000255-LAKARE1), läkare", "25 november 2026 kl. 23.00",
                         "avslut i förtid", "annan slutenvård", "1 december 2026", "Ångrad utskrivning", "Fel patient",
                         "ordinärt boende", "30 november 2026 kl. 10.00"]),
    ],
)  # fmt: skip
def test_a_document_shows_words_names_and_swedish_times(kind, there):
    said = printed(kind)
    for words in [*there, "biståndshandläggare", "26 november 2026 kl. 00.35", "Ulla Äng (SE2321000255-LAKARE1)"]:
        assert words in said
    assert "T21:26" not in said and "_" not in said.replace("contacts=", "")


def test_a_discharge_that_was_undone_stands_alone_until_there_is_a_new_one():
    case, directory = svu_case("c-1"), checked(content())
    shown = {**SHOWN, "utskrivning": None, "vardkontakter": []}
    made = paper("utskrivning", case, shown, directory, DOCUMENT.printed, NAMES.get)
    assert [section.heading for section in made.sections] == ["Ångrad utskrivning"]
    assert not made.final
    with pytest.raises(Refused) as caught:
        paper("utskrivning", case, {**shown, "undone_discharges": []}, directory, DOCUMENT.printed, NAMES.get)
    assert (caught.value.rule, caught.value.element, caught.value.status) == ("C-55", "/document", 404)


def test_a_yes_and_a_no_are_words():
    assert (plain(True, NAMES.get), plain(False, NAMES.get)) == ("Ja", "Nej")


@pytest.mark.parametrize("name", get_args(DeadlineName))
def test_every_deadline_that_passes_is_told_to_operations_in_words(name):
    said = passed(name)
    assert said.sv and name not in said.sv and said.en != name.replace("_", " ")
