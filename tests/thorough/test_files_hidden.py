"""A person's number is found in every place and form that a format has for it, and what is no number passes (C-42)."""

import io
from datetime import date

import docx
import openpyxl
import pptx
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from hub.attachments.person_numbers import holds_number
from tests.thorough.test_files import (
    NUMBER,
    W,
    fault,
    open_document,
    package,
    parts_of,
    pdf,
    saved,
    sheet,
    with_parts,
    word,
)

# --- numbers in a text ------------------------------------------------------------------------------------------------

BLANK = st.sampled_from([" ", "\n", "\r\n", "\t", "\u00a0", "  ", " \n ", "\u2003", "\x0b"])
HYPHEN = st.sampled_from(["-", "+", "–", "‑", "−", "\uff0d", "\u00ad-", "-\u200b"])


@given(st.data())
def test_a_number_is_found_over_a_line_or_a_tab_wherever_it_is_broken(data):
    digits = data.draw(st.sampled_from(["191212121212", "1212121212"]))
    day, serial = digits[:-4], digits[-4:]
    blank, hyphen = data.draw(BLANK), data.draw(HYPHEN)
    text = data.draw(
        st.sampled_from(
            [
                f"{day}{hyphen}{blank}{serial}", f"{day}{blank}{hyphen}{serial}", f"{day}{blank}{serial}",
                blank.join(digits), f"19{blank}12 12 12 {serial}", "|".join(digits), " | ".join(digits),
            ]
        )
    )  # fmt: skip
    assert holds_number(f"Patienten {text} skrevs in")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25\n1212",
        "Kl 12.30\n046-12 34 56",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12",
        "121212-\n1213",
        "5050-\n1055",
    ],
)
def test_other_numbers_over_lines_pass(text):
    assert not holds_number(text)


# --- PDF --------------------------------------------------------------------------------------------------------------


def boxes(digits: str, across: float, down: float) -> list[bytes]:
    """A text object for each digit."""
    return [
        f"ET BT /F1 12 Tf {100 + n * across:.1f} {700 - n * down:.1f} Td ({digit}) Tj".encode()
        for n, digit in enumerate(digits)
    ]


@pytest.mark.parametrize(
    "operators",
    [
        [b"(Patienten 121212-) Tj 0 -14 Td (1212 skrevs in) Tj"],
        [b"(19121212) Tj 0 -14 Td (1212) Tj"],
        boxes("191212121212", 20, 0),
        boxes("191212121212", 0, 20),
        boxes("121212-1212", 7, 0)[::-1],
        [b"1 0 0 1 160 700 Tm (1212) Tj 1 0 0 1 100 700 Tm (19121212) Tj"],
        [b"1 0 0 1 160 700 Tm (-1212) Tj 1 0 0 1 300 650 Tm (annat) Tj 1 0 0 1 100 700 Tm (19121212) Tj"],
        [b"0 1 -1 0 300 160 Tm (-1212) Tj 0 1 -1 0 300 100 Tm (19121212) Tj"],
        [b"-1 0 0 -1 240 300 Tm (-1212) Tj -1 0 0 -1 300 300 Tm (19121212) Tj"],
        [b"1 0 0 1 100 700 Tm (191) Tj 1 0 0 1 140 700 Tm (2-1212) Tj 1 0 0 1 120 700 Tm (2121) Tj"],
        [b"3 Tr 1 1 1 rg (19121212) Tj 60 0 Td (1212) Tj"],
        [b"ET 0 0 10 10 re W n BT /F1 12 Tf 72 700 Td (19121212-1212) Tj"],
        [b"1 0 0 1 -500 -500 Tm (19121212-1212) Tj"],
        [b"/Span << /ActualText (19121212-1212) >> BDC (x) Tj EMC"],
        [b"/Span << /ActualText <FEFF003100390031003200310032003100320031003200310032> >> BDC (x) Tj EMC"],
        [b"(1\\0711\\06212\\\n12-1212) Tj"],
        [b"<313931323132 31322D31323132> Tj"],
    ],
)
def test_a_number_on_a_page_is_found_however_it_is_drawn(operators):
    assert fault("a.pdf", pdf(*operators)) == "number"


def test_two_columns_of_other_numbers_pass():
    rows = [f"1 0 0 1 {x} {700 - 14 * n} Tm ({x}{n}) Tj".encode() for n in range(5) for x in (100, 300)]
    assert fault("a.pdf", pdf(*rows)) is None


def form(writer, text: bytes):
    stream = DecodedStreamObject()
    stream.set_data(b"q BT /F1 12 Tf 5 5 Td (" + text + b") Tj ET Q")
    stream.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(FloatObject(n) for n in (0, 0, 200, 50)),
            NameObject("/Resources"): writer.pages[0]["/Resources"],
        }
    )
    return writer._add_object(stream.flate_encode())


def never_drawn(writer):
    form(writer, b"19121212-1212")


def in_a_fields_appearance(writer):
    field = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject("nr"),
            NameObject("/Rect"): ArrayObject(FloatObject(n) for n in (50, 50, 250, 100)),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): form(writer, b"19121212-1212")}),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(field)])


def a_field_for_each_digit(writer):
    fields = ArrayObject()
    for n, digit in enumerate("191212121212"):
        field = DictionaryObject(
            {NameObject("/T"): TextStringObject(f"f{n}"), NameObject("/V"): TextStringObject(digit)}
        )
        fields.append(writer._add_object(field))
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): fields})


def with_a_font_that_says_letters(writer):
    stream = DecodedStreamObject()
    stream.set_data(
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
        b"1 beginbfrange <30> <39> <0061> endbfrange endcmap end"
    )
    font = writer.pages[0]["/Resources"]["/Font"]["/F1"]
    font[NameObject("/ToUnicode")] = writer._add_object(stream)


@pytest.mark.parametrize("change", [never_drawn, in_a_fields_appearance, a_field_for_each_digit])
def test_a_number_in_a_pdfs_forms_and_fields_is_found(change):
    assert fault("a.pdf", pdf(change=change)) == "number"


def test_a_font_that_takes_digits_for_letters_hides_no_number():
    assert fault("a.pdf", pdf(b"(19121212-1212) Tj", change=with_a_font_that_says_letters)) == "number"


def updated(content: bytes) -> bytes:
    """The same file with its page masked by an update that is appended."""
    writer = pypdf.PdfWriter(io.BytesIO(content), incremental=True)
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 72 700 Td (Maskad) Tj ET")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "Maskad"})
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(content)
    return out.getvalue()


def test_a_number_in_an_earlier_revision_is_found():
    assert fault("a.pdf", updated(updated(pdf(b"(19121212-1212) Tj")))) == "number"
    assert fault("a.pdf", updated(pdf(change=lambda writer: writer.add_metadata({"/Title": NUMBER})))) == "number"


def test_a_file_with_earlier_revisions_and_no_number_is_taken_in():
    assert fault("a.pdf", updated(updated(pdf()))) is None


def signed(der: bytes) -> bytes:
    def change(writer):
        value = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Sig"),
                NameObject("/Contents"): ByteStringObject(der),
                NameObject("/M"): TextStringObject("D:20261125091500+01'00'"),
            }
        )
        field = {NameObject("/FT"): NameObject("/Sig"), NameObject("/V"): writer._add_object(value)}
        fields = ArrayObject([writer._add_object(DictionaryObject(field))])
        writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): fields})

    return pdf(change=change)


@pytest.mark.parametrize("time", [b"\x17\x0d200608094538Z", b"\x17\x0d121212121212Z", b"\x18\x0f19121212121212Z"])
def test_a_certificates_times_are_no_number(time):
    assert fault("a.pdf", signed(b"0\x1e" + time + time + b"\x01" * 30)) is None


def test_a_number_in_a_certificate_is_found():
    assert fault("a.pdf", signed(b"0\x1e\x17\x0d200608094538Z\x13\x0c191212121212" + b"\x01" * 30)) == "number"


def test_a_pdf_by_aes_is_refused_as_encrypted():
    numbers: list[int] = []

    def change(writer):
        crypt = DictionaryObject({NameObject("/Filter"): NameObject("/Standard")})
        for key, number in (("/V", 5), ("/R", 6), ("/Length", 256), ("/P", -4)):
            crypt[NameObject(key)] = NumberObject(number)
        for key, length in (("/O", 48), ("/U", 48), ("/OE", 32), ("/UE", 32), ("/Perms", 16)):
            crypt[NameObject(key)] = ByteStringObject(b"\x01" * length)
        filters = DictionaryObject({NameObject("/CFM"): NameObject("/AESV3")})
        crypt[NameObject("/CF")] = DictionaryObject({NameObject("/StdCF"): filters})
        crypt[NameObject("/StmF")] = crypt[NameObject("/StrF")] = NameObject("/StdCF")
        numbers.append(writer._add_object(crypt).idnum)

    content = pdf(change=change)
    trailer = f"trailer\n<<\n/Encrypt {numbers[0]} 0 R /ID [<01> <01>]".encode()
    assert fault("a.pdf", content.replace(b"trailer\n<<", trailer)) == "encrypted"


# --- Office -----------------------------------------------------------------------------------------------------------


def book(*rows, formats: dict[str, str] | None = None) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, code in (formats or {}).items():
        made.active[cell].number_format = code
    return saved(made)


@pytest.mark.parametrize(
    "content",
    [
        book(["x", 2292399], formats={"B1": "000000-0000"}),
        book([2292399], formats={"A1": "0000000000"}),
        book([2292399], formats={"A1": '000000"-"0000'}),
        book([2292399], formats={"A1": "[$-41D]000000\\-0000;@"}),
        book([191212121212], formats={"A1": "#,##0"}),
        book([229, 2399], formats={"A1": "000000", "B1": "0000"}),
        book([date(2000, 2, 29), 2399]),
        book([date(2000, 2, 29), "2399"], formats={"A1": "yymmdd"}),
        book(["19121212", "1212"]),
        book(["19121212", "-1212"]),
        book(["121212", "1212"]),
        book([19121212, 1212]),
        book(["Hej", "19121212"], [None, "1212"]),
        book(list("191212121212")),
        book([1, 9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]),
        book(*([digit] for digit in "191212121212")),
    ],
)
def test_a_number_that_a_sheet_shows_in_one_cell_or_in_several_is_found(content):
    assert fault("a.xlsx", content) == "number"


@pytest.mark.parametrize(
    "content",
    [
        book([229, 2399], [121212, 1212], ["Artikel", 121212, 1212]),
        book([2292399, 2292400]),
        book([date(2026, 3, 2), "1212"]),
        book([0.5, 121212.12, 1212]),
        book(*([n, n * 7] for n in range(40))),
    ],
)
def test_a_sheet_of_amounts_is_taken_in(content):
    assert fault("a.xlsx", content) is None


def test_a_shared_string_of_several_runs_is_one_text():
    content = parts_of(book(["plats"]))
    page, types = "xl/worksheets/sheet1.xml", "[Content_Types].xml"
    content[page] = content[page].replace(
        b'<c r="A1" t="inlineStr"><is><t>plats</t></is></c>', b'<c r="A1" t="s"><v>1</v></c>'
    )
    content[types] = content[types].replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>',
    )
    content["xl/sharedStrings.xml"] = (
        b"<sst><si><t/></si><si><r><t>1912</t></r><r><rPr><b/></rPr><t>1212-12</t></r><r><t>12</t></r></si></sst>"
    )
    assert b't="s"' in content[page]
    assert fault("a.xlsx", package(content)) == "number"
    content[page] = content[page].replace(b"<v>1</v></c>", b'<v>1</v></c><c r="B1" t="s"><v>2</v></c>')
    content["xl/sharedStrings.xml"] = b"<sst><si><t/></si><si><t>19121212</t></si><si><t>1212</t></si></sst>"
    assert fault("a.xlsx", package(content)) == "number"


SYMBOLS = "".join(f'<w:sym w:font="x" w:char="F0{ord(digit):02X}"/>' for digit in "191212121212")
CELLS = "".join(
    f"<w:tc><w:tcPr><w:tcW w:w='1000' w:type='dxa'/></w:tcPr><w:p><w:r><w:t>{digit}</w:t></w:r></w:p></w:tc>"
    for digit in "191212121212"
)
ROWS = "".join(
    f"<w:tr><w:tc><w:p><w:r><w:t>rad</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc></w:tr>"
    for text in ("19121212", "-1212")
)


@pytest.mark.parametrize(
    "part",
    [
        f"<w:x {W}><w:p><w:r><w:t>19121212</w:t><w:tab/><w:t>1212</w:t></w:r></w:p></w:x>",
        f"<w:x {W}><w:p><w:r><w:t>121212-</w:t><w:br/><w:t>1212</w:t></w:r></w:p></w:x>",
        f"<w:x {W}><w:p><w:r><w:t>19121212</w:t></w:r></w:p><w:p w:rsidR='00AB12CD'><w:r><w:t>1212</w:t></w:r></w:p></w:x>",
        f'<w:x {W}><w:p><w:fldSimple w:instr=" HYPERLINK &quot;https://journal.example/191212121212&quot; "/></w:p></w:x>',
        f"<w:x {W}><w:p><w:r><w:instrText>HYPERLINK http://x/19121212</w:instrText></w:r><w:r><w:instrText>1212</w:instrText></w:r></w:p></w:x>",
        f"<w:x {W}><w:p><w:ins w:author='{NUMBER}'/></w:p></w:x>",
        f"<w:x {W}><w:p><w:t>19121212</w:t><w:del><w:r><w:delText>-1212</w:delText></w:r></w:del><w:t>.</w:t></w:p></w:x>",
        f"<w:x {W}><w:p>{SYMBOLS}</w:p></w:x>",
        f"<w:x {W}><w:tbl><w:tr>{CELLS}</w:tr></w:tbl></w:x>",
        f"<w:x {W}><w:tbl>{ROWS}</w:tbl></w:x>",
        f"<w:x {W}><w:bookmarkStart w:name='_191212121212'/></w:x>",
        f"<w:x {W} xmlns:v='u:v'><v:shape alt='{NUMBER}' title='x'/></w:x>",
        f"<w:x {W} xmlns:o='u:o'><o:anything strange='nr {NUMBER}'/></w:x>",
    ],
)  # fmt: skip
def test_a_number_in_a_word_documents_attributes_tables_and_changes_is_found(part):
    assert fault("a.docx", with_parts(word(), {"word/footnotes.xml": part})) == "number"


def test_a_number_in_custom_xml_and_custom_properties_is_found():
    assert fault("a.docx", with_parts(word(), {"customXml/item1.xml": "<a nr='1212121212'/>"})) == "number"
    assert fault("a.docx", with_parts(word(), {"customXml/item1.xml": f"<a><b>{NUMBER}</b></a>"})) == "number"
    custom = f"<Properties xmlns:vt='u:vt'><property name='x'><vt:lpwstr>{NUMBER}</vt:lpwstr></property></Properties>"
    assert fault("a.docx", with_parts(word(), {"docProps/custom.xml": custom})) == "number"


def test_the_shapes_of_a_slide_are_read_by_their_places():
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    for across, down, text in ((4, 1, "-1212"), (6, 3, "annat"), (2, 1, "19121212")):
        box = slide.shapes.add_textbox(across * 900_000, down * 900_000, 900_000, 900_000)
        box.text_frame.text = text
    assert fault("a.pptx", saved(show)) == "number"


def test_a_pivot_tables_memory_is_read():
    part = f"<pivotCacheRecords><r><s v='{NUMBER}'/></r></pivotCacheRecords>"
    assert fault("a.xlsx", with_parts(sheet(), {"xl/pivotCache/pivotCacheRecords1.xml": part})) == "number"


@pytest.mark.parametrize(
    "body",
    [
        "<table:table><table:table-row>"
        + "".join(f"<table:table-cell><text:p>{part}</text:p></table:table-cell>" for part in ("19121212", "1212"))
        + "</table:table-row></table:table>",
        "<table:table>"
        + "".join(
            f"<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell><text:p>{n}"
            "</text:p></table:table-cell></table:table-row>"
            for n in "191212121212"
        )
        + "</table:table>",
        "<text:p>19121212<text:line-break/>1212</text:p>",
        '<text:p>x<text:user-defined text:name="nr" office:string-value="19121212-1212"/></text:p>',
        "<text:tracked-changes><text:deletion><text:p>19121212-1212</text:p></text:deletion></text:tracked-changes>",
    ],
)
def test_a_number_in_an_open_documents_tables_fields_and_changes_is_found(body):
    assert fault("a.odt", open_document(body)) == "number"
    assert fault("a.ods", open_document(body, "spreadsheet")) == "number"


def test_an_ordinary_document_with_tables_and_dates_is_taken_in():
    document = docx.Document()
    table = document.add_table(3, 4)
    for n, cell in enumerate(table._cells):
        cell.text = ("2026-03-02", "08.30", "Alvedon 500 mg", "046-12 34 56", "1 x 3")[n % 5]
    assert fault("a.docx", saved(document)) is None


def test_a_file_that_is_made_to_be_slow_is_read_in_time():
    """Long rows of single digits, pairs and blanks: no expression takes more than linear time."""
    for text in ("1 " * 30_000, "12 " * 20_000, "1\n" * 30_000, "1-" * 30_000, " " * 60_000, "121212-\n" * 7_500):
        assert fault("a.txt", text.encode()) in {None, "number"}
    assert fault("a.pdf", updated(pdf(*[b"(1) Tj 0 -1 Td"] * 500))) is None
