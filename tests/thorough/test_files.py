"""Files are told by their content, read through and through, and refused with a reason (C-42)."""

import base64
import io
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path

import docx
import openpyxl
import openpyxl.comments
import pptx
import pypdf
import pytest
from hypothesis import settings
from PIL import Image, PngImagePlugin
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from hub.attachments.check import check, refusal
from hub.attachments.kinds import Unfit
from hub.attachments.person_numbers import holds_number
from hub.printing import Document, Printed, PrintedPatient, Section, render
from tests.thorough.test_printing import DOCUMENT

NUMBER = "19121212-1212"


def fault(name: str, content: bytes) -> str | None:
    unfit = check(name, content)
    return None if unfit is None else unfit.code


# --- files to try with ----------------------------------------------------------------------------------------------


def saved(thing) -> bytes:
    out = io.BytesIO()
    thing.save(out)
    return out.getvalue()


@cache
def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs or ("Sårvård enligt ordination – åäö.",):
        document.add_paragraph(text)
    return saved(document)


@cache
def sheet(*cells) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(cells) or ["Läkemedel", 20260115, 3.5])
    return saved(book)


@cache
def slides(text: str = "Hemgång") -> bytes:
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[0]).shapes.title.text = text
    return saved(show)


def package(parts: dict[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


HEAVY = {"word/styles.xml", "word/stylesWithEffects.xml", "word/theme/theme1.xml", "word/numbering.xml"}
"""Eighteen thousand elements of python-docx's own template: read in the whole documents of ``GOOD``, and once is enough."""


def with_parts(content: bytes, more: dict[str, bytes | str]) -> bytes:
    """A package with other parts, and without the heavy ones of its template."""
    return package({**{name: body for name, body in parts_of(content).items() if name not in HEAVY}, **more})


ODF = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">{}</office:document-content>'
)


def open_document(body: str = "<text:p>Hej</text:p>", kind: str = "text", **more: str) -> bytes:
    return package(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": ODF.format(body),
            "META-INF/manifest.xml": "<manifest/>",
            **more,
        },
        method=zipfile.ZIP_STORED,
    )


def pdf(*operators: bytes, change=None) -> bytes:
    """A page with text operators as they are given."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 72 700 Td " + b" ".join(operators or (b"(Hej) Tj",)) + b" ET")
    page[NameObject("/Contents")] = writer._add_object(stream)
    if change is not None:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(kind: str, **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(out, kind, **more)
    return out.getvalue()


GOOD = {
    "plan.pdf": pdf(),
    "Utskrift.PDF": render(Document("Plan", True, "x", PrintedPatient("A", "B"), DOCUMENT.printed)),
    "bild.png": picture("PNG"),
    "bild.jpg": picture("JPEG"),
    "bild.jpeg": picture("JPEG", progressive=True),
    "bild.tif": picture("TIFF"),
    "text.txt": "Träning varje dag, åäö.\r\n".encode(),
    "text.TXT": "Träning varje dag, åäö.".encode("cp1252"),
    "utf16.txt": "Träning – varje dag".encode("utf-16"),
    "brev.docx": word(),
    "lista.xlsx": sheet(),
    "visning.pptx": slides(),
    "brev.odt": open_document(),
    "lista.ods": open_document(kind="spreadsheet"),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_ordinary_file_is_taken_in(name):
    assert fault(name, GOOD[name]) is None


# --- what it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("ending", ["exe", "gif", "html", "", "docm", "pdf "])
def test_the_ending_has_to_agree_with_the_content(name, ending):
    assert check(f"fil.{ending}", GOOD[name]).code == "extension"


def test_one_kind_under_another_kinds_name_is_refused():
    assert fault("brev.pdf", word()) == "extension"
    assert fault("brev.docx", sheet()) == "extension"
    assert fault("plan.docx", pdf()) == "extension"
    assert fault("plan.pdf.txt", pdf()) == "extension"


UNWANTED = {
    "ELF": Path("/bin/ls").read_bytes()[:5000],
    "EXE": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + b"\0" * 60 + b"PE\0\0",
    "HTML": b"\xef\xbb\xbf <!DOCTYPE html><html><body>hej</body></html>",
    "script in text": b"hej <script>alert(1)</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "XML": b'<?xml version="1.0"?><a/>',
    "script": b"#!/bin/sh\nls\n",
    "RTF": b"{\\rtf1\\ansi hej}",
    "GIF": b"GIF89a\1\0\1\0\0\0\0;",
    "DOC": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "ZIP": package({"a.txt": "hej"}),
    "JAR": package({"META-INF/MANIFEST.MF": "x", "A.class": "x"}),
    "unknown": bytes(range(1, 256)),
    "MP4": b"\0\0\0\x18ftypmp42" + b"\0" * 50,
    "control signs": b"hej\x1b[2Jhej",
}


@pytest.mark.parametrize("what", UNWANTED)
@pytest.mark.parametrize("name", ["fil.pdf", "fil.txt", "fil.docx"])
def test_every_other_kind_is_refused_by_name(what, name):
    assert fault(name, UNWANTED[what]) == "kind"


def test_the_refusal_names_the_kind_and_says_what_to_do():
    refused = refusal(check("fil.txt", UNWANTED["HTML"]))
    assert (refused.rule, refused.element) == ("C-42", "/data/attachment/content")
    assert "HTML" in refused.sv
    assert "PDF" in refused.sv
    assert "HTML" in refused.en


def test_macros_are_refused():
    assert fault("a.docx", with_parts(word(), {"word/vbaProject.bin": b"x"})) == "macros"
    types = parts_of(word())["[Content_Types].xml"].replace(
        b"vnd.openxmlformats-officedocument.wordprocessingml.document.main", b"vnd.ms-word.document.macroEnabled.main"
    )
    assert fault("a.docm", with_parts(word(), {"[Content_Types].xml": types})) == "macros"
    assert fault("a.odt", open_document(**{"Basic/Standard/script-lb.xml": "<x/>"})) == "macros"


def test_encrypted_files_are_refused():
    assert fault("a.pdf", pdf(change=lambda writer: writer.encrypt("hemligt", algorithm="RC4-128"))) == "encrypted"
    assert fault("a.pdf", pdf(change=lambda writer: writer.encrypt("", "ägare", algorithm="RC4-128"))) == "encrypted"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert fault("a.docx", ole) == "encrypted"
    manifest = '<manifest xmlns:m="urn:m"><m:encryption-data/></manifest>'
    assert fault("a.odt", open_document(**{"META-INF/manifest.xml": manifest})) == "encrypted"


def test_a_zip_with_a_password_is_refused():
    content = bytearray(word())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    assert fault("a.docx", bytes(content)) == "encrypted"


@pytest.mark.parametrize("name", ["plan.pdf", "bild.png", "bild.jpg", "bild.tif", "text.txt"])
def test_a_file_that_is_also_an_archive_is_refused(name):
    assert fault(name, GOOD[name] + package({"evil.html": "<html>"})) in {"two-in-one", "kind", "damaged"}


@pytest.mark.parametrize("name", ["bild.png", "bild.jpg", "brev.docx", "brev.odt"])
def test_something_after_the_end_is_refused(name):
    assert fault(name, GOOD[name] + b"<script>alert(1)</script>") in {"two-in-one", "damaged"}


def test_something_before_the_beginning_is_refused():
    assert fault("a.pdf", b"#!/bin/sh\n" + pdf()) == "kind"
    assert fault("a.docx", b"<html>" + word()) in {"kind", "two-in-one"}


def test_a_telephones_two_pictures_in_one_jpeg_are_taken_in():
    assert fault("a.jpg", picture("JPEG") + picture("JPEG") + b"\0" * 30) is None


@pytest.mark.parametrize("name", [name for name in GOOD if not name.lower().endswith(("txt", "tif"))])
@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_truncated_file_is_refused(name, part):
    content = GOOD[name]
    assert fault(name, content[: int(len(content) * part)]) in {"damaged", "kind", "two-in-one"}


def test_active_content_is_refused():
    def script(writer):
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")}
        )
        writer.root_object[NameObject("/OpenAction")] = action

    assert fault("a.pdf", pdf(change=script)) == "active"
    assert fault("a.pdf", pdf(change=lambda writer: writer.add_attachment("a.exe", b"MZ"))) == "active"
    assert fault(
        "a.docx", with_parts(word(), {"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"})
    ) == ("active")
    fetched = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://x/attachedTemplate" Target="http://example.org/a.dotm" TargetMode="External"/></Relationships>'
    )
    assert fault("a.docx", with_parts(word(), {"word/_rels/settings.xml.rels": fetched})) == "active"


# --- what it says ---------------------------------------------------------------------------------------------------

WRITTEN = [
    "191212121212", "19121212-1212", "1212121212", "121212-1212", "121212+1212", "19121212+1212", "121212 1212",
    "19121212 1212", "19121212 - 1212", "1912-12-12-1212", "1912-12-12 1212", "12 12 12 1212", "121212 12 12",
    "12.12.12-1212", "12/12/12 1212", "1 9 1 2 1 2 1 2 - 1 2 1 2", "1 2 1 2 1 2 1 2 1 2", "121212–1212", "121212‑1212",
    "121212−1212", "19121212\u00a01212", "1912\u200b1212\u00ad1212", "１２１２１２-１２１２", "121212_1212",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_number_is_found_however_it_is_written(text):
    assert holds_number(text)
    assert holds_number(f"Pat: {text}, inkom")
    assert fault(f"{text.replace('/', '.')}.txt", b"hej") in {"name-number", "name"}
    assert fault("a.txt", f"Åsa {text}.".encode()) == "number"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15 0830", "20260115 0845", "IMG_20260115_093012.jpg", "070-123 45 67", "08-123 456 78", "121212-1213",
        "556036-0793", "SE2321000016-1003", "2026-01-15 2026-01-22 1100", "0192f3c4-5b6a-7def-8123-456789abcdef",
        "123 45 Östra Ämtervik", "1 2 3 4 5", "Dos 1 0 1 0, 2 mg", "19991399-1234",
    ],
)  # fmt: skip
def test_what_is_no_persons_number_passes(text):
    assert not holds_number(text)


def test_a_number_in_the_name_is_refused_at_the_name():
    refused = refusal(check("remiss_19121212-1212.pdf", pdf()))
    assert (refused.rule, refused.element) == ("C-42", "/data/attachment/name")


def test_an_unseen_sign_in_the_name_is_refused():
    assert fault("plan\u202efdp.txt", b"hej") == "name"


def test_neither_number_nor_text_stands_in_the_refusal():
    refused = refusal(check("hemlig.txt", b"Kalle 19121212-1212"))
    for text in (refused.sv, refused.en, str(refused)):
        assert "1212" not in text
        assert "Kalle" not in text
        assert "hemlig" not in text


@pytest.mark.parametrize(
    "operators",
    [
        [b"(19121212-1212) Tj"],
        [b"(1912) Tj (1212-) Tj (12) Tj (12) Tj"],
        [b"[(19) -20 (12) 15 (1212) (-) (1212)] TJ"],
        [b"(1912) Tj 26.7 0 Td (1212) Tj 26.7 0 Td (-1212) Tj"],
        [b"3 Tr (191212121212) Tj"],
        [b"6 Tc (19121212-1212) Tj"],
        [
            b"[(1) -900 (9) -900 (1) -900 (2) -900 (1) -900 (2) -900 (1) -900 (2) -900 (1) -900 (2) -900 (1) -900 (2)] TJ"
        ],
    ],
)
def test_a_number_on_a_pdf_page_is_found_also_when_it_is_split_over_operators(operators):
    assert fault("a.pdf", pdf(*operators)) == "number"


def with_xmp(writer):
    stream = DecodedStreamObject()
    stream.set_data(b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d:t xmlns:d="u:d">1912<!-- -->1212-1212</d:t></x:xmpmeta>')
    stream[NameObject("/Type")], stream[NameObject("/Subtype")] = NameObject("/Metadata"), NameObject("/XML")
    writer.root_object[NameObject("/Metadata")] = writer._add_object(stream.flate_encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda writer: writer.add_metadata({"/Title": f"Plan {NUMBER}"}),
        lambda writer: writer.add_metadata({"/Author": "Åsa – 191212121212"}),
        lambda writer: writer.add_outline_item(NUMBER, 0),
        lambda writer: writer.add_annotation(0, FreeText(text=NUMBER, rect=(50, 50, 200, 100))),
        with_xmp,
    ],
)
def test_a_number_in_a_pdfs_metadata_notes_or_bookmarks_is_found(change):
    assert fault("a.pdf", pdf(change=change)) == "number"


def test_a_printed_document_with_a_number_is_refused():
    assert fault("a.pdf", render(DOCUMENT)) == "number"
    none = Document(
        "Plan", True, "x", PrintedPatient("A", "-"), Printed("a", "b", "c", "d", DOCUMENT.printed.at),
        (Section("S", paragraphs=("Text " * 3000,)),),
    )  # fmt: skip
    assert fault("a.pdf", render(none)) is None


def word_with(where: str) -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("Hej")
    match where:
        case "runs":
            for text in ("19", "121212", "-12", "12"):
                paragraph.add_run(text).bold = True
        case "table":
            document.add_table(1, 2).cell(0, 1).text = NUMBER
        case "header":
            document.sections[0].header.paragraphs[0].text = NUMBER
        case "footer":
            document.sections[0].footer.paragraphs[0].text = NUMBER
        case "comment":
            document.add_comment(paragraph.runs, text=f"Gäller {NUMBER}", author="A", initials="A")
        case "comment's author":
            document.add_comment(paragraph.runs, text="x", author=NUMBER, initials="A")
        case _:
            setattr(document.core_properties, where, f"x {NUMBER}")
    return with_parts(saved(document), {})


@pytest.mark.parametrize(
    "where",
    [
        "runs",
        "table",
        "header",
        "footer",
        "comment",
        "comment's author",
        "title",
        "author",
        "comments",
        "keywords",
        "subject",
    ],
)
def test_a_number_anywhere_in_a_word_document_is_found(where):
    assert fault("a.docx", word_with(where)) == "number"


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.mark.parametrize(
    "part",
    [
        f"<w:footnotes {W}><w:footnote><w:p><w:r><w:t>1912</w:t></w:r>\n  <w:r><w:t>1212-1212</w:t></w:r></w:p></w:footnote></w:footnotes>",
        f"<w:x {W}><w:p><w:r><w:t>x</w:t></w:r><w:del><w:r><w:delText>{NUMBER}</w:delText></w:r></w:del></w:p></w:x>",
        f"<w:x {W}><w:p><w:t>1912</w:t><w:del><w:r><w:delText>99</w:delText></w:r></w:del><w:t>12121212</w:t></w:p></w:x>",
        f'<w:x {W} xmlns:wp="u:wp"><wp:docPr id="1" name="B" descr="Foto av {NUMBER}"/></w:x>',
        f'<w:x {W}><w:sdtPr><w:alias w:val="{NUMBER}"/></w:sdtPr></w:x>',
        f"<w:x {W}><!-- {NUMBER} --></w:x>",
        f"<w:x {W}><w:p><w:r><w:t>hej<w:txbxContent><w:p><w:r><w:t>{NUMBER}</w:t></w:r></w:p></w:txbxContent></w:t></w:r></w:p></w:x>",
        f"<w:x {W}><w:p><w:r><w:t>121212</w:t><w:noBreakHyphen/><w:t>1212</w:t></w:r></w:p></w:x>",
    ],
)
def test_a_number_in_notes_deleted_text_alternative_text_and_text_boxes_is_found(part):
    assert fault("a.docx", with_parts(word(), {"word/footnotes.xml": part})) == "number"
    assert fault("a.docx", with_parts(word(), {"word/footnotes.xml": part.encode("utf-16")})) == "number"


def test_random_ids_in_a_package_are_no_text():
    part = f'<w:x {W} xmlns:c="u:c"><w:p w:rsidR="12121212"><c:axId val="1212121212"/></w:p></w:x>'
    assert fault("a.docx", with_parts(word(), {"word/x.xml": part})) is None


def test_a_file_in_a_file_is_read_and_not_too_deep():
    inner = sheet("x", NUMBER)
    assert fault("a.docx", with_parts(word(), {"word/embeddings/a.xlsx": inner})) == "number"
    assert fault("a.docx", with_parts(word(), {"word/embeddings/a.xlsx": sheet()})) is None
    assert fault("a.docx", with_parts(word(), {"word/embeddings/a.zip": package({"x.exe": b"MZ"})})) == "kind"
    deep = word()
    for _ in range(4):
        deep = with_parts(word(), {"word/embeddings/a.docx": deep})
    assert fault("a.docx", deep) == "limits"


def book_with(where: str) -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    first["A1"] = "Hej"
    match where:
        case "text":
            first["B7"] = NUMBER
        case "number":
            first["B7"] = 191212121212
        case "hidden sheet":
            other = book.create_sheet("Dolt")
            other.sheet_state = "veryHidden"
            other["A1"] = NUMBER
        case "sheet's name":
            book.create_sheet(NUMBER)
        case "comment":
            first["A1"].comment = openpyxl.comments.Comment(NUMBER, "A")
        case "formula":
            first["A2"] = f'="{NUMBER}"'
        case "header":
            first.oddHeader.center.text = NUMBER
        case "creator":
            book.properties.creator = NUMBER
    return saved(book)


@pytest.mark.parametrize(
    "where", ["text", "number", "hidden sheet", "sheet's name", "comment", "formula", "header", "creator"]
)
def test_a_number_anywhere_in_a_workbook_is_found(where):
    assert fault("a.xlsx", book_with(where)) == "number"


def test_a_number_that_a_sheet_keeps_as_a_power_of_ten_is_found():
    content = parts_of(sheet(191212121212))
    name = "xl/worksheets/sheet1.xml"
    content[name] = content[name].replace(b"191212121212", b"1.91212121212E+11")
    assert b"E+11" in content[name]
    assert fault("a.xlsx", package(content)) == "number"


def test_a_number_in_a_presentation_or_its_notes_is_found():
    assert fault("a.pptx", slides(NUMBER)) == "number"
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[0])
    slide.notes_slide.notes_text_frame.text = NUMBER
    assert fault("a.pptx", saved(show)) == "number"


@pytest.mark.parametrize(
    "body",
    [
        "<text:p>1912<text:span>1212</text:span>-1212</text:p>",
        '<table:table-cell office:value="191212121212"/>',
        "<text:p>hej<office:annotation><text:p>19121212-1212</text:p></office:annotation></text:p>",
        "<text:p>19121212<text:s/>1212</text:p>",
    ],
)
def test_a_number_in_an_open_document_is_found(body):
    assert fault("a.odt", open_document(body)) == "number"
    assert fault("a.ods", open_document(body, "spreadsheet")) == "number"


def test_a_number_in_a_pictures_metadata_is_found():
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", f"Foto {NUMBER}")
    packed = PngImagePlugin.PngInfo()
    packed.add_text("Comment", f"Foto {NUMBER}", zip=True)
    packed_too = PngImagePlugin.PngInfo()
    packed_too.add_itxt("Comment", f"Foto {NUMBER}", zip=True)
    exif = Image.Exif()
    exif[0x010E] = f"Foto {NUMBER}"
    for content, name in (
        (picture("PNG", pnginfo=note), "a.png"),
        (picture("PNG", pnginfo=packed), "a.png"),
        (picture("PNG", pnginfo=packed_too), "a.png"),
        (picture("JPEG", exif=exif), "a.jpg"),
        (picture("JPEG", comment=NUMBER.encode()), "a.jpg"),
        (picture("TIFF", tiffinfo={270: f"Foto {NUMBER}"}), "a.tif"),
    ):
        assert fault(name, content) == "number"


# --- files that are made to harm ------------------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_by_its_size():
    assert fault("a.docx", with_parts(word(), {"word/media/a.bin": b"\0" * 41_000_000})) == "limits"
    many = {f"word/x{n}.xml": b"<x>" + b" " * 4_000_000 + b"</x>" for n in range(11)}
    assert fault("a.docx", with_parts(word(), many)) == "limits"
    assert fault("a.docx", with_parts(word(), {f"word/x{n}.xml": b"" for n in range(3_100)})) == "limits"


def test_billion_laughs_are_refused():
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
    part = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><x>&l9;</x>'
    assert fault("a.docx", with_parts(word(), {"word/document.xml": part})) == "entities"
    assert fault("a.docx", with_parts(word(), {"word/document.xml": part.encode("utf-16")})) == "entities"
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    assert fault("a.odt", open_document(**{"meta.xml": outside})) == "entities"


def test_a_deep_or_broken_part_is_refused():
    assert fault("a.docx", with_parts(word(), {"word/x.xml": b"<x>" * 100_000})) == "damaged"
    assert fault("a.docx", with_parts(word(), {"word/x.xml": b"<x><y></x>"})) == "damaged"


def test_a_pdf_that_unpacks_to_very_much_is_refused():
    def change(writer):
        stream = DecodedStreamObject()
        stream.set_data(b"(a) Tj " * 12_000_000)
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream.flate_encode())

    assert fault("a.pdf", pdf(change=change)) in {"damaged", "limits"}


def test_a_pdf_of_too_many_pages_is_refused():
    def change(writer):
        for _ in range(250):
            writer.add_blank_page(100, 100)

    assert fault("a.pdf", pdf(change=change)) == "limits"


def test_a_picture_as_large_as_a_city_is_refused():
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    assert fault("a.png", content) == "limits"


def test_the_largest_file_is_read_through():
    text = ("Träning, vila och promenad. " * 30_000).encode()[:599_980]
    assert fault("a.txt", text) is None
    assert fault("a.txt", text + b" 19121212-1212") == "number"
    assert len(base64.b64encode(text)) > 799_000


def test_nothing_that_can_come_makes_it_raise():
    """Every file, spoilt a byte at a time here and there: a verdict each time."""
    tried = settings.default.max_examples // 2  # of each
    for name, content in GOOD.items():
        for at in range(0, len(content), max(1, len(content) // tried)):
            spoilt = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
            found = check(name, spoilt)
            assert found is None or isinstance(found, Unfit)
            if found is not None:
                refusal(found)
