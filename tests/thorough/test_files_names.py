"""A file that names the patient or a listed relative is refused, and one that shares a part of a name passes (C-42)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.attachments.check import check, refusal
from hub.attachments.person_names import holds_name, names
from tests.thorough.test_files import W, open_document, pdf, sheet, slides, with_parts, word
from tests.thorough.test_files_hidden import book, updated

PEOPLE = ("Tolvan Eva-Lena Tolvansson", "Bo Ek", "Åsa von Öberg")
SOUGHT = names(PEOPLE)


def fault(name: str, content: bytes) -> str | None:
    unfit = check(name, content, PEOPLE)
    return None if unfit is None else unfit.code


@pytest.mark.parametrize(
    "text",
    [
        "Tolvan Tolvansson", "TOLVANSSON, Tolvan", "tolvan eva-lena tolvansson", "Lena Tolvansson", "Eva–Lena Tolvansson",
        "Tolvan T. Tolvansson", "Tolvan\nTolvansson", "Tolvan\tTolvansson", "Tolvan Tolvanssons plan", "Tolvans-\nson, Tolvan",
        "Tol\u00advan Tolvans\u200bson", "T O L V A N  T O L V A N S S O N", "T\no\nl\nv\na\nn\nT\no\nl\nv\na\nn\ns\ns\no\nn",
        "ＴＯＬＶＡＮ ＴＯＬＶＡＮＳＳＯＮ", "TolvanTolvansson", "Förnamn: Tolvan Efternamn: Tolvansson", "Bo Ek", "Ek Bo", "BoEk", "bo_ek",
        "Asa Oberg", "A\u030asa von O\u0308berg", "Öberg, Åsa",
    ],
)  # fmt: skip
def test_a_full_name_is_found_in_any_order_case_and_form(text):
    assert holds_name(f"Hembesök hos {text} i morgon", SOUGHT)
    assert fault("a.txt", f"Hembesök hos {text} i morgon".encode()) == "person"


@pytest.mark.parametrize(
    "text",
    [
        "Tolvan", "Tolvansson", "Bo i Lund", "En ek", "Åsa", "von Öberg", "Eva-Lena", "Bo och Ek", "boende i turboekonomi",
        "Tolvan kom på besök. Ek fälldes", "Åsa Nilsson och Bo Öberg", "Ekbo", "Boek",
    ],
)  # fmt: skip
def test_a_part_of_a_name_or_parts_of_two_is_no_identification(text):
    assert not holds_name(text, SOUGHT)
    assert fault("a.txt", text.encode()) is None


def test_a_name_of_one_part_is_not_checked_for():
    assert names(["Försäkringskassan", "", "Eva"]) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Anders Berg", "Anders Bergström, läkare"), ("Anders Berg", "Anders\nBergström"), ("Maria Lind", "Maria Lindqvist"),
        ("Anna Fors", "Hanna Forsberg"), ("Anna Fors", "Johanna Fors"), ("Anna Forsberg", "Hanna Forsberg"),
        ("Sven Vall", "Svenvallen"), ("Per Sten", "Kostnad 5 kr per sten"), ("Per Dag", "2 tabletter per dag"),
        ("Per Dag", "En gång per dag"), ("Per Dag", "3 gånger per dag"),
        ("Hemtjänsten Lund", "Hemtjänsten Lund kommer"), ("Malmö kommun", "Malmö kommun beviljar"),
        ("Omsorg i Lund AB", "Omsorg i Lund AB"),
        ("Vårdcentralen Eken", "Vårdcentralen Eken"), ("Eva Andersson", "Neva Anderssonska huset"),
    ],
)  # fmt: skip
def test_what_only_begins_or_ends_as_a_name_does_is_no_name(name, text):
    assert not holds_name(text, names([name]))
    assert check("a.txt", text.encode(), (name,)) is None


@pytest.mark.parametrize(
    "text",
    [
        "A N D E R S  B E R G", "|A|n|d|e|r|s| |B|e|r|g|", "Ander-\ns Be-\nrg", "An\nders Be\nrg", "andersberg", "AndersBergs",
        "AndersBerg.",
        "plan_andersberg_2026", "B_E_R_G A_N_D_E_R_S", "Dr Anders Bergs plan", "1 Anders Berg, 2 Eva",
    ],
)  # fmt: skip
def test_a_name_is_found_in_boxes_over_lines_and_in_one_word(text):
    assert holds_name(text, names(["Anders Berg"]))


def test_per_is_a_name_where_nothing_is_counted():
    for text in ("Per Sten", "patienten per sten", "per_sten", "Rum 5 Per Sten", "5 st för Per Sten"):
        assert holds_name(text, names(["Per Sten"])), text


@given(st.permutations(["tolvan", "tolvansson"]), st.sampled_from([" ", "_", "-", ".", " - "]), st.booleans())
def test_a_files_name_that_names_someone_is_refused_at_the_name(parts, between, capital):
    text = between.join(part.title() if capital else part for part in parts)
    refused = refusal(check(f"Remiss {text}.txt", b"hej", PEOPLE))
    assert (refused.rule, refused.element) == ("C-42", "/data/attachment/name")
    assert "olvan" not in f"{refused.sv}{refused.en}".lower()


RUNS = f"<w:x {W}><w:p><w:r><w:t>Tol</w:t></w:r><w:proofErr/><w:r><w:t>van Tolvan</w:t></w:r><w:r><w:t>sson</w:t></w:r></w:p></w:x>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", word("Hej", "Tolvan", "Tolvansson")),
        ("a.docx", with_parts(word(), {"word/footnotes.xml": RUNS})),
        ("a.docx", with_parts(word(), {"docProps/custom.xml": "<a><b>Tolvansson, Tolvan</b></a>"})),
        ("a.docx", with_parts(word(), {"word/x.xml": f"<w:x {W}><w:ins w:author='Bo Ek'/></w:x>"})),
        ("a.xlsx", sheet("x", "Tolvan", "Tolvansson")),
        ("a.xlsx", book(["Namn", "Tolvansson"], ["", "Tolvan"])),
        ("a.pptx", slides("Bo Ek")),
        ("a.odt", open_document("<text:p>Tolvan <text:span>Tolvansson</text:span></text:p>")),
        ("a.pdf", pdf(b"(Tolvan Tolvansson) Tj")),
        ("a.pdf", pdf(b"(\\305sa von \\326berg) Tj")),
        (
            "a.pdf",
            pdf(b"1 0 0 1 160 700 Tm (Tolvansson) Tj 1 0 0 1 300 600 Tm (annat) Tj 1 0 0 1 100 700 Tm (Tolvan) Tj"),
        ),
        ("a.pdf", pdf(change=lambda writer: writer.add_metadata({"/Author": "Tolvan Tolvansson"}))),
        ("a.pdf", updated(pdf(b"(Tolvan Tolvansson) Tj"))),
    ],
)
def test_a_name_is_found_in_every_kind_of_file(name, content):
    assert fault(name, content) == "person"
    assert check(name, content) is None, "and without its people the file passes"


def test_the_refusal_says_that_it_is_a_name_and_not_which():
    refused = refusal(check("a.txt", b"Bo Ek", PEOPLE))
    assert (refused.rule, refused.element) == ("C-42", "/data/attachment/content")
    assert "namn" in refused.sv
    assert "name" in refused.en
    assert "Bo" not in refused.sv + refused.en


def test_a_large_file_is_looked_through_for_many_names():
    many = [f"Förnamn{chr(97 + n % 26)} Efternamn{chr(97 + n // 26)}" for n in range(50)]
    text = "Träning, vila och promenad med Förnamna varje dag. " * 11_000
    assert check("a.txt", text.encode()[:599_000], many) is None


def test_an_ordinary_file_passes():
    assert fault("a.docx", word("Träning varje dag.", "Bo i Lund, och Ek är ett träd.")) is None


@pytest.mark.parametrize(
    "text", ["1912.12.12-1212", "1912 1212 1212", "1912.1212.1212", "1912 1212-1212", "Nr 1912-1212-1212."]
)
def test_a_number_with_dots_or_blanks_between_is_found(text):
    assert check("a.txt", text.encode()) == check("a.txt", b"191212121212")


@pytest.mark.parametrize("text", ["1912 1212 1212 1212", "4000 1912 1212 1212", "1912 1212 1213", "1912 1312 1212"])
def test_a_longer_row_of_fours_and_what_is_no_number_pass(text):
    assert check("a.txt", text.encode()) is None
