"""Staff by name where HSA has said it, in notices and views (C-60); an access that ends, in FHIR too (C-5)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from hub.intake.staff import names_in
from hub.processes.shared.registers import of_another_organisation
from hub.routers.cases.names import with_names
from hub.translators import fhir, formats, native
from schemas import shared, svu
from schemas.directory import Organisation, Unit
from schemas.envelope import Message
from schemas.messages import NoticeExtensions, as_json
from schemas.parts import Samtycke

WARD, NURSE, DOCTOR = "SE2321000255-AVD12", "SE2321000255-P03", "SE2321000255-P01"
NAMES = {NURSE: "Syster Sköterska", DOCTOR: "Lisa Läkarsson"}
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CASE = "01890000-0000-7000-8000-000000000001"


def message(name, data, actor=NURSE):
    return Message("m-1", WARD, name, CASE, NOW, actor, "sjukskoterska", data)


class Hsa:
    def name(self, person):
        return NAMES.get(person)


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("kvittens", shared.Kvittens(message="x"), {NURSE}),
        ("samtycke", Samtycke(outcome="menprovning", decided_by=DOCTOR), {NURSE, DOCTOR}),
        ("svu.utskrivningsklar", svu.Utskrivningsklar(date=date(2026, 3, 6), responsible_physician=DOCTOR), {NURSE, DOCTOR}),
        ("kontakt", shared.Kontakt(person=DOCTOR), {NURSE, DOCTOR}),
        ("kontakt", shared.Kontakt(person="SE2321000255-P99"), {NURSE}),
        (
            "svu.stallningstagande",
            svu.Stallningstagande(oppenvard=svu.OppenvardsDel(responsible_physicians=(DOCTOR,))),
            {NURSE, DOCTOR},
        ),
    ],
)  # fmt: skip
def test_a_message_names_who_acted_and_whom_it_names(name, data, named):
    assert names_in(message(name, data), NAMES.get) == {person: NAMES[person] for person in named}


@pytest.mark.parametrize("form", ["native", "fhir"])
def test_a_notice_carries_the_names_in_both_formats_and_none_where_none_is_known(form):
    act = message("kvittens", shared.Kvittens(message="x"))
    for names in (NAMES, {}):
        told = NoticeExtensions(case=CASE, sequence=1, to=(WARD,), names=names)
        written = formats.write_notice(act, as_json(told), form, NOW, None)
        shown = written.body.decode() if form == "fhir" else str(written.attributes)
        assert ("Syster Sköterska" in shown) is bool(names)
    if form == "native":
        assert (
            json.loads(
                native.attributes(act, as_json(NoticeExtensions(case=CASE, sequence=1, to=(WARD,), names=NAMES)))[
                    "names"
                ]
            )
            == NAMES
        )


def test_an_answer_of_a_view_names_whom_hsa_has_named_and_is_else_as_it_was():
    body = f'{{"actor":"{NURSE}","unit":"{WARD}","readers":["{DOCTOR}","SE2321000255-P99"]}}'.encode()
    assert json.loads(with_names(body, Hsa())) == json.loads(body) | {"names": NAMES}
    for other in (b"{}", b'["SE2321000255-P03"]', b'{"unit":"SE2321000255-AVD12"}'):
        assert with_names(other, Hsa()) == other


def test_an_access_that_ends_is_the_same_act_in_fhir():
    act = message("atkomst", shared.Atkomst(ground="samtycke", ends=True, comment="Klar"))
    assert formats.read("application/fhir+json", None, fhir.write_request(act)).data == act.data


class Directory:
    def __init__(self, *prefixes):
        organisation = Organisation(orgnr="2321000255", name="Regionen", region="skane", hsa_prefixes=prefixes)
        self.organisation_by_nr = {"2321000255": organisation}


@pytest.mark.parametrize(
    ("person", "prefixes", "own"),
    [
        ("SE2321000255-P03", (), True),
        ("SE162321000255-P03", (), True),
        ("TSTNMT2321000255-P03", (), True),
        ("SE2120001132-P03", (), False),
        ("SE2321000016-P03", (), False),
        ("SE2321000016-P03", ("SE2321000016",), True),
        ("TSTNMT2321000156-P03", ("SE2321000156",), False),
        ("TSTNMT2321000156-P03", ("SE2321000016", "TSTNMT2321000156"), True),
    ],
)
def test_the_number_in_the_hsa_id_is_the_organisations_or_one_of_its_further_prefixes(person, prefixes, own):
    unit = Unit(hsa=WARD, name="x", party="slutenvard", organisation="2321000255", roles={"lakare": {}})
    refused = of_another_organisation(person, unit, Directory(*prefixes))
    assert (refused is None) is own
    assert refused is None or (refused.rule, refused.element) == ("C-4", "/actor")
