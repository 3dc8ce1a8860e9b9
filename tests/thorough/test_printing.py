"""Printable documents are what they should be, page by page (C-55, C-62)."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pypdf
import pytest

from hub.printing import FINAL, NOT_FINAL, Document, Printed, PrintedPatient, Section, Table, render, signatures

SENTENCE = "Patienten önskar komma hem så snart det går – helst före helgen; dotterns ord är ’det ordnar sig’. "

DOCUMENT = Document(
    title="Ställningstagande",
    final=False,
    case="0192f3c4-5b6a-7def-8123-456789abcdef",
    patient=PrintedPatient("Žofie Åkesson-Sjöö", "191212121212", "Lillgatan 3, 123 45 Östra Ämtervik", "070-123 45 67"),
    printed=Printed(
        "Anna Öberg",
        "Avdelning 12",
        "Patienten",
        "Underlag inför hemgång",
        datetime(2026, 6, 1, 12, 5, 9, 7, tzinfo=UTC),
    ),
    sections=(
        Section("Slutenvårdens del", (("Patientens uppfattning", SENTENCE * 30), ("Egenvård", "Nej"))),
        Section("Närstående", (("Dotter", "Eva, 070-765 43 21"),), contacts=True),
        Section("Kommunens del", paragraphs=("Första\nandra *inte fet* #let x = 1 $a^2$ @ref", SENTENCE * 30)),
        Section("Tomt"),
        signatures(
            (("Vårdcentralen Björken", "Läkare", "Ulla Äng", "2026-06-01 10:02"), ("Hemtjänsten", "", "", "")) * 30
        ),
    ),
)


def read(document: Document) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render(document)), strict=True)


def texts(document: Document) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in read(document).pages]


def whole(document: Document) -> str:
    return " ".join(texts(document))


def test_every_page_says_whose_it_is_which_case_and_how_many_pages_there_are():
    pages = texts(DOCUMENT)
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert "Žofie Åkesson-Sjöö" in page
        assert "19121212-1212" in page
        assert "Ärende 0192f3c4-5b6a-7def-8123-456789abcdef" in page
        assert f"Sida {number} av {len(pages)}" in page
        assert "Utskriftsdatum: 1 juni 2026 kl. 14.05 av Anna Öberg, Avdelning 12" in page


def test_it_says_who_printed_it_for_whom_why_and_when_in_swedish_time():
    page = texts(DOCUMENT)[0]
    for text in (
        "Utskriftsdatum 1 juni 2026 kl. 14.05",
        "Anna Öberg, Avdelning 12",
        "För Patienten",
        "Underlag inför hemgång",
    ):
        assert text in page


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        render(replace(DOCUMENT, printed=replace(DOCUMENT.printed, at=datetime(2026, 6, 1))))  # noqa: DTZ001


def test_what_is_not_final_says_so_on_every_page():
    assert all(NOT_FINAL in page and FINAL not in page.replace(NOT_FINAL, "") for page in texts(DOCUMENT))


def test_what_is_final_is_marked_so_on_every_page():
    assert all(FINAL in page and NOT_FINAL not in page for page in texts(replace(DOCUMENT, final=True)))


def test_address_phone_and_contacts_are_printed():
    text = whole(DOCUMENT)
    for part in ("Lillgatan 3", "070-123 45 67", "Närstående", "070-765 43 21"):
        assert part in text


def test_address_phone_and_contacts_of_a_protected_person_are_absent():
    """C-62, whatever the view has filled in."""
    text = whole(replace(DOCUMENT, patient=replace(DOCUMENT.patient, protected=True)))
    for part in ("Lillgatan", "Adress", "070-", "Telefon", "Närstående", "Eva"):
        assert part not in text
    assert "19121212-1212" in text


def test_a_person_whose_name_is_not_known_yet_is_named_by_number():
    pages = texts(replace(DOCUMENT, patient=PrintedPatient("", "191212121212")))
    assert all("19121212-1212" in page for page in pages)


def test_long_texts_flow_over_the_pages_and_lose_nothing():
    text = whole(DOCUMENT)
    # Headers and footers stand in between where a page ends.
    assert text.count("helst före helgen") + text.count("dotterns ord är") >= 2 * 60 - 4
    assert text.count("Vårdcentralen Björken") == 30


def test_no_lines_overlap():
    for page in read(DOCUMENT).pages:
        seen: dict[tuple[int, int], str] = {}

        def visit(text, matrix, _tm, _font, size, seen=seen):
            if text.strip():
                spot = round(matrix[4]), round(matrix[5])
                assert spot not in seen, (seen[spot], text)
                seen[spot] = text
                assert 40 < matrix[5] < 842 - 30
                assert 60 < matrix[4] < 595 - 60

        page.extract_text(visitor_text=visit)
        assert seen


def test_what_is_written_is_never_markup():
    assert "andra *inte fet* #let x = 1 $a^2$ @ref" in whole(DOCUMENT)


def test_an_empty_section_is_left_out_and_an_empty_cell_is_a_dash():
    text = whole(DOCUMENT)
    assert "Tomt" not in text
    assert "Hemtjänsten – – –" in text


def test_a_row_that_does_not_fit_its_head_is_a_defect_of_the_view():
    with pytest.raises(ValueError, match="2 cells"):
        Table(("A", "B"), (("1", "2"), ("1",)))


def lines_of(*sections: Section) -> list[str]:
    (page,) = read(replace(DOCUMENT, sections=sections)).pages
    return [line.strip() for line in page.extract_text().splitlines()]


SIGNED = (
    ("Avdelning 40, Helsingborgs lasarett", "biståndshandläggare", "Mia Berg (SE2321000255-1A2B3C4D5E6F7G)", "1 juni 2026 kl. 14.05"),
    ("Södermöre kommundel, äldreomsorgen", "medicinskt ansvarig sjuksköterska", "SE2120001132-P01", ""),
    ("Barnakutmottagningen", "distriktssköterska", "Ulla Äng (SE2321000255-P02)", "22 september 2026 kl. 14.05"),
)  # fmt: skip


def test_no_word_of_twenty_letters_no_hsa_id_day_or_hour_of_a_table_is_broken():
    lines = lines_of(signatures(SIGNED))
    for cell in (cell for row in SIGNED for cell in row):
        for word in cell.replace("22 september 2026", "22-september-2026").replace("kl. ", "kl.-").split():
            whole_word = word.replace("22-september-2026", "22 september 2026").replace("kl.-", "kl. ")
            assert any(whole_word in line for line in lines), (word, lines)


def test_a_word_that_is_longer_than_its_line_is_divided_as_swedish_is():
    long = "Rehabiliteringsverksamhetssamordningsansvariga"
    said = lines_of(signatures(((long, long, long, long),), f"{long}s svar"))
    assert f"{long}s svar" in said, "a line has room for it"
    words = [word for line in said for word in line.split()]
    begun = {word.removesuffix("-") for word in words if word.startswith("Rehab") and word.endswith("-")}
    assert begun, "four columns have no room for it"
    assert all(any(one + rest == long for rest in words) for one in begun), "two parts, a hyphen between them"


def test_an_hsa_id_that_is_longer_than_its_line_is_broken_after_its_hyphen():
    said = lines_of(signatures((("SE162321000255-ABCDEFGHIJKLMNOP",) * 4,)))
    ids = [word for line in said for word in line.split() if "SE16" in word or "ABC" in word]
    assert sorted(ids) == ["ABCDEFGHIJKLMNOP"] * 4 + ["SE162321000255-"] * 4


def test_an_address_is_broken_after_a_sign_and_keeps_within_its_cell():
    long = "fornamn.mellannamn.efternamn@socialforvaltningen.kommun.example"
    said = " ".join(lines_of(signatures(((long, long, long, long),))))
    assert long in said.replace("\u200b", "").replace(" ", "")
    assert "fornamn.mellannamn." in said


def test_title_language_and_tags_are_set_and_the_fonts_are_embedded():
    reader = read(DOCUMENT)
    assert reader.metadata is not None
    assert reader.metadata.title == "Ställningstagande"
    assert reader.root_object["/Lang"].startswith("sv")
    assert reader.root_object["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert reader.root_object["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert reader.root_object["/StructTreeRoot"]["/K"]
    metadata = reader.root_object["/Metadata"].get_data().decode()
    for part in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<", "<dc:language>", "Ställningstagande"):
        assert part in metadata, "what a reader for everybody (PDF/UA-1) and an archive (PDF/A-2a) look at first"
    assert {round(float(side)) for side in reader.pages[0].mediabox[2:]} == {595, 842}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_no_text_is_too_odd_to_print():
    odd = "Långtnamn-" * 40 + " 😀 سلام Łódź € “x” \u202e abc \ud800 \x00 \t tab" + "å" * 400
    section = Section(odd, ((odd, odd), ("", "")), (odd, ""), Table(("A", "B", "C", "D"), ((odd, odd, odd, odd),) * 2))
    person = PrintedPatient(odd, odd, odd, odd)
    printed = Printed(odd, odd, odd, odd, DOCUMENT.printed.at)
    text = whole(
        replace(DOCUMENT, title=odd[:120], case=odd[:36], patient=replace(person, name=odd[:150]), printed=printed)
    )
    assert "Långtnamn" in text
    shown = whole(replace(DOCUMENT, sections=(section,)))
    assert "Łódź € “x”" in shown
    assert "□" in shown, "a sign that no font of ours has is an empty box, and the document is printed all the same"
    for sign in "😀漢ไ\u0378\u200d\ue000\U000f1234\ufffe":
        assert "AbcXyz" in whole(replace(DOCUMENT, sections=(Section("S", paragraphs=(f"AbcXyz {sign}",)),)))


def test_the_same_facts_give_the_same_bytes_and_threads_may_print_at_once():
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(render, [DOCUMENT] * 8))) == 1
