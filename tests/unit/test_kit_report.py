"""The report of the vendor kit: signed, reproducible, without secrets, and every change to it is found."""

import json
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from lxml import etree

from hub.delivery.exits.registry import EXITS
from hub.errors import Misconfigured
from hub.kit.faults.table import FAULTS
from hub.kit.record import Exchange, Finding, Run, ScenarioRun
from hub.kit.report import contract, keys, page
from hub.kit.report.canonical import canonical
from hub.kit.report.document import document_of, signed, without_secrets
from hub.kit.report.style import STYLE
from hub.kit.report.verify import verify
from hub.kit.report.write import write_report

TOKEN = "a-token-of-the-vendor"
EXCHANGES = (
    Exchange(12, "to_vendor", "webhook", {"request": "POST /hook?key=77", "webhook-id": "out-1"}, '{"a":"<b>"}', 200),
    Exchange(
        40, "from_vendor", "http", {"request": "POST /messages", "authorization": TOKEN}, f"x {TOKEN} \x00", 200, "ok"
    ),
)
STAY = ScenarioRun(
    "v16-a-whole-stay",
    "a whole stay",
    ("V-1", "V-16"),
    findings=(
        Finding(1, "acknowledges svu.inskrivning within 10 s", "ok"),
        Finding(2, "lund_kommun is to send kvittens", "wrong", "it is refused by C-2", "Den nekas.", ("C-2",)),
        Finding(3, "lund_kommun is to send svu.justering", "not_tried", "the scenario ended before"),
    ),
    exchanges=EXCHANGES,
)
LOST = replace(STAY, fault="lost", findings=(Finding(0, "sends it again", "ok", rules=("D-2",), fault="lost"),))
LATE = replace(STAY, fault="late", findings=(Finding(0, "takes it", "not_tried", "no notice came", fault="late"),))
RUN = Run(
    7, "1.0.0", "0.1.0", "lund_kommun", "webhook", "native", "svu", "2026-03-02T09:00:00+01:00", (STAY, LOST, LATE)
)


@pytest.fixture
def pair(tmp_path):
    keys.make("Region Skåne, provlabbet", tmp_path / "lab.pem", tmp_path / "lab.pub")
    return keys.signing_key(tmp_path / "lab.pem"), keys.known_key(tmp_path / "lab.pub")


@pytest.fixture
def written(tmp_path, pair):
    write_report(RUN, tmp_path / "report", pair[0], [TOKEN])
    return tmp_path / "report"


@pytest.mark.parametrize(
    ("way", "format_", "words"),
    [
        ("webhook", "native", "plays lund_kommun; is told by calls to its webhook, as CloudEvents"),
        ("kafka", "fhir-xml", "plays lund_kommun; reads its topic on Kafka, as FHIR R4 in XML"),
    ],
)
def test_the_page_says_in_plain_words_how_the_system_under_trial_was_reached(tmp_path, way, format_, words):
    write_report(replace(RUN, way=way, format=format_), tmp_path / "report", None, [])
    shown = (tmp_path / "report" / "report.html").read_text()
    assert words in shown
    assert "Ways that are not tried" in shown


def test_the_report_names_every_way_of_the_directory_that_the_kit_does_not_play():
    assert {*page.NOT_TRIED_WAYS, "webhook", "kafka"} == set(EXITS)


def test_an_untouched_report_says_whose_signature_of_which_contract_and_the_verdict(written, pair):
    for name in ("report.json", "report.html"):
        found = verify(written / name, pair[1])
        assert found.faults == ()
        told = "\n".join(found.told)
        assert "as Region Skåne, provlabbet signed it" in told
        assert "contract 1.0.0" in told
        assert "which is this program's" in told
        assert "lund_kommun, suite svu, seed 7: ✗ wrong" in told


def test_without_the_readers_copy_of_the_key_the_name_is_only_the_signers_word(written):
    assert "by their own word: give --public-key" in verify(written / "report.json").told[0]


def test_a_report_of_another_contract_says_so(tmp_path, pair, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr("hub.kit.report.write.contract_digest", lambda: "sha256:" + "0" * 64)
        write_report(RUN, tmp_path / "old", pair[0], [])
    assert "which is not this program's" in verify(tmp_path / "old" / "report.json", pair[1]).told[1]


def _removed(document):
    del document["verdicts"]["scenarios"][0]["findings"][1]


def _turned(document):
    document["verdicts"]["scenarios"][0]["findings"][1]["outcome"] = "ok"


def _other_body(document):
    document["measured"]["exchanges"][0][0]["body"] = "another"


def _other_signer(document):
    document["signer"]["owner"] = "Socialstyrelsen"


def _other_page(document):
    document["page"] = "sha256:" + "0" * 64


@pytest.mark.parametrize("tamper", [_removed, _turned, _other_body, _other_signer, _other_page])
def test_whatever_is_changed_in_the_document_breaks_the_signature(written, pair, tamper):
    document = json.loads((written / "report.json").read_bytes())
    tamper(document)
    (written / "report.json").write_bytes(canonical(document) + b"\n")
    found = verify(written / "report.json", pair[1])
    assert any("The signature does not hold" in fault for fault in found.faults)
    assert found.told == ()


def test_every_single_byte_of_the_document_is_under_the_signature(written, pair):
    whole = (written / "report.json").read_bytes()
    for place in range(0, len(whole), 41):
        changed = bytearray(whole)
        changed[place] ^= 1
        (written / "changed.json").write_bytes(changed)
        try:
            assert verify(written / "changed.json", pair[1]).faults, place
        except Misconfigured as error:
            assert "is no report of the kit" in str(error)  # noqa: PT017 - a byte may also end the JSON


def test_a_report_that_is_only_laid_out_anew_is_told(written, pair):
    document = json.loads((written / "report.json").read_bytes())
    (written / "report.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    (fault,) = verify(written / "report.json", pair[1]).faults
    assert "written anew" in fault


def test_a_report_that_another_signed_anew_is_told(tmp_path, written, pair):
    keys.make("Somebody", tmp_path / "other.pem", tmp_path / "other.pub")
    other = keys.signing_key(tmp_path / "other.pem")
    write_report(replace(RUN, scenarios=(LOST,)), tmp_path / "forged", other, [])
    (fault,) = verify(tmp_path / "forged" / "report.json", pair[1]).faults
    assert "not signed by Region Skåne, provlabbet" in fault
    assert not verify(tmp_path / "forged" / "report.json").faults  # that is why the reader must know the key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("✗ wrong", "✓ as it should be"),
        ("</main>", "<p>Approved.</p></main>"),
        ("</style>", ".wrong { display: none }</style>"),
    ],
)
def test_a_page_whose_text_was_changed_is_told(written, pair, old, new):
    page = (written / "report.html").read_text(encoding="utf-8")
    assert old in page
    (written / "report.html").write_text(page.replace(old, new, 1), encoding="utf-8")
    (fault,) = verify(written / "report.html", pair[1]).faults
    assert "The page has been changed" in fault


def test_a_page_whose_document_was_changed_or_taken_away_is_told(written, pair):
    page = (written / "report.html").read_text(encoding="utf-8")
    (written / "changed.html").write_text(page.replace('"outcome":"wrong"', '"outcome":"ok"'), encoding="utf-8")
    assert any("does not hold" in fault for fault in verify(written / "changed.html", pair[1]).faults)
    (written / "bare.html").write_text(re.sub("<script.*</script>", "", page), encoding="utf-8")
    with pytest.raises(Misconfigured, match="is no report of the kit"):
        verify(written / "bare.html", pair[1])


def test_what_nobody_signed_is_told(tmp_path, pair):
    write_report(RUN, tmp_path / "unsigned", None, [])
    (fault,) = verify(tmp_path / "unsigned" / "report.html", pair[1]).faults
    assert "Nobody has signed it" in fault


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"{}", b"[1]", b"<html></html>", b'{"format": 1.5}', b"[" * 100_000]
)
def test_what_is_no_report_is_said_in_one_sentence(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    for path in (tmp_path / "file", tmp_path / "none", tmp_path):
        with pytest.raises(Misconfigured, match=r"is no report of the kit|cannot be read"):
            verify(path)


def test_two_runs_that_went_alike_have_the_same_verdicts_whenever_they_were(pair):
    later = replace(
        RUN,
        started="2026-04-01T10:00:00+02:00",
        scenarios=tuple(replace(one, exchanges=one.exchanges[:1]) for one in RUN.scenarios),
    )
    first, second = (document_of(run, "sha256:0", pair[0]) for run in (RUN, later))
    assert first["verdicts_digest"] == second["verdicts_digest"]
    assert {name for name in first if first[name] != second[name]} == {"measured"}
    worse = replace(RUN, scenarios=(STAY,))
    assert document_of(worse, "sha256:0", pair[0])["verdicts_digest"] != first["verdicts_digest"]


def test_the_same_report_signed_twice_is_the_same_bytes(pair):
    first, second = (canonical(signed(document_of(RUN, "sha256:0", pair[0]), "page", pair[0])) for _ in range(2))
    assert first == second


def test_no_secret_stands_in_any_file_of_a_report(written):
    for path in written.iterdir():
        content = path.read_text(encoding="utf-8")
        assert TOKEN not in content
        assert "key=77" not in content
    assert "authorization" not in without_secrets(RUN, []).scenarios[0].exchanges[1].head


def test_a_fraction_has_no_place_in_a_report():
    with pytest.raises(ValueError, match="whole numbers"):
        canonical({"a": [1.0]})
    assert canonical({"ö": 1, "b": ["å", None, True]}) == '{"b":["å",null,true],"ö":1}'.encode()


# --- keys ---------------------------------------------------------------------------------------------------------------------


def test_a_private_key_is_its_users_alone_and_is_never_written_over(tmp_path, pair):
    assert stat.S_IMODE((tmp_path / "lab.pem").stat().st_mode) == 0o600
    before = (tmp_path / "lab.pem").read_bytes()
    with pytest.raises(Misconfigured, match="not written over"):
        keys.make("Another", tmp_path / "lab.pem", tmp_path / "new.pub")
    assert (tmp_path / "lab.pem").read_bytes() == before
    assert not (tmp_path / "new.pub").exists()


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff"]
)
def test_what_is_no_key_is_said_in_one_sentence(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Misconfigured, match="holds no private Ed25519 key"):
        keys.signing_key(tmp_path / "file")
    with pytest.raises(Misconfigured, match="holds no public Ed25519 key"):
        keys.known_key(tmp_path / "file")
    with pytest.raises(Misconfigured, match="cannot be read"):
        keys.known_key(tmp_path / "none")


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path, pair):
    with pytest.raises(Misconfigured, match="holds no public Ed25519 key"):
        keys.known_key(tmp_path / "lab.pem")
    with pytest.raises(Misconfigured, match="holds no private Ed25519 key"):
        keys.signing_key(tmp_path / "lab.pub")


# --- the contract ---------------------------------------------------------------------------------------------------------------


def test_the_contracts_digest_changes_with_a_rule_and_not_with_a_text(tmp_path, monkeypatch):
    for name, content in (("schemas/notice.json", "{}"), ("scenarios/v1.yaml", "a: 1"), ("README.md", "Read me.")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(contract, "FOLDER", tmp_path)
    found = [contract.contract_digest.__wrapped__()]
    for name in ("README.md", "scenarios/v1.yaml", "schemas/notice.json"):
        (tmp_path / name).write_text("changed")
        found.append(contract.contract_digest.__wrapped__())
    assert found[0] == found[1]
    assert len(set(found)) == 3


# --- the page -----------------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))


def test_the_page_can_be_read_by_everybody_and_loads_nothing(written):
    page = _Page((written / "report.html").read_text(encoding="utf-8"))
    assert ("html", {"lang": "en"}) in page.attributes
    assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.tags.count("table") == page.tags.count("caption")
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in page.attributes if tag == "th")
    assert [attributes for tag, attributes in page.attributes if tag == "script"] == [
        {"type": "application/json", "id": "report"}
    ]
    assert not {"link", "img", "iframe", "a"} & set(page.tags)
    assert not any(name in {"src", "href", "onclick"} for _, attributes in page.attributes for name in attributes)


def test_every_colour_of_the_page_has_a_contrast_of_seven_to_one():
    def light(colour):
        whole = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
        parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    grounds = re.findall(r"background: #(\w+)", STYLE)
    inks = re.findall(r"[^-]color: #(\w+)", STYLE)
    assert len(inks) >= 4
    assert len(grounds) >= 3
    for ink in inks:
        for ground in grounds:
            assert (light(ground) + 0.05) / (light(ink) + 0.05) >= 7, (ink, ground)


def test_what_is_of_the_whole_run_breaks_no_rule_and_what_breaks_a_rule_breaks_no_other(tmp_path):
    """One false signature accepted at the beginning, all steps well; and a second scenario in which a message is refused."""
    forged = Finding(
        0, "refuses a call that is not signed with its secret", "wrong", "it acknowledged a false signature"
    )
    well = replace(STAY, scenario="v7", rules=("V-6", "V-7"), findings=(forged, STAY.findings[0]))
    write_report(replace(RUN, scenarios=(well, STAY)), tmp_path, None, [])
    tree = etree.parse(tmp_path / "junit.xml")
    found = {case.get("name"): [(child.tag, child.get("message")) for child in case] for case in tree.iter("testcase")}
    whole = "in the whole run: refuses a call that is not signed with its secret: it acknowledged a false signature"
    assert found["v7"] == [("failure", whole)]
    assert found["V-6"] == found["V-7"] == []
    assert found["C-2"] == [("failure", "it is refused by C-2")]
    (skipped,) = found["V-1"]
    assert skipped == (
        "skipped",
        "v16-a-whole-stay did not go well, for a reason that is told there, so it has not shown the rule.",
    )
    assert "Rules" not in re.findall(
        r'<th scope="col">(.*?)</th>', (tmp_path / "report.html").read_text(encoding="utf-8")
    )


def test_the_page_tells_of_kafka_only_where_the_run_was_over_kafka(tmp_path):
    for way in ("webhook", "kafka"):
        write_report(replace(RUN, way=way), tmp_path / way, None, [])
        page = (tmp_path / way / "report.html").read_text(encoding="utf-8")
        assert page.count("Over Kafka: ") == (len(FAULTS) if way == "kafka" else 0)


def test_every_table_scrolls_in_a_box_of_its_own_that_the_keyboard_reaches_and_the_page_does_not(written):
    page = (written / "report.html").read_text(encoding="utf-8")
    boxes = re.findall(r"<div ([^>]*)><table>", page)
    assert len(boxes) == page.count("<table>") > 3
    assert all('class="box"' in box and 'tabindex="0"' in box and "aria-label=" in box for box in boxes)
    assert ".box { overflow-x: auto" in STYLE


def test_the_page_says_of_every_fault_what_a_good_system_does_and_how_it_went(written):
    page = (written / "report.html").read_text(encoding="utf-8")
    for fault in FAULTS.values():
        assert fault.good.en in page
        assert fault.good.sv in page
    assert "It was not asked for." in page
    assert "no notice came" in page
    assert "it is refused by C-2" in page
    assert '<p lang="sv">Den nekas.</p>' in page


# --- JUnit ---------------------------------------------------------------------------------------------------------------------

_SCHEMA = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element ref="testsuite" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" type="xs:string"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuite"><xs:complexType>
    <xs:sequence><xs:element ref="testcase" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/>
  </xs:complexType></xs:element>
  <xs:element name="testcase"><xs:complexType>
    <xs:choice minOccurs="0">
      <xs:element name="failure"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">
        <xs:attribute name="message" type="xs:string" use="required"/>
        <xs:attribute name="type" type="xs:string" use="required"/>
      </xs:extension></xs:simpleContent></xs:complexType></xs:element>
      <xs:element name="skipped"><xs:complexType>
        <xs:attribute name="message" type="xs:string" use="required"/>
      </xs:complexType></xs:element>
    </xs:choice>
    <xs:attribute name="classname" type="xs:string" use="required"/>
    <xs:attribute name="name" type="xs:string" use="required"/>
  </xs:complexType></xs:element>
</xs:schema>
"""
"""What Jenkins, GitLab and GitHub read of JUnit."""


def test_ci_reads_one_test_case_for_each_scenario_rule_and_fault(written):
    tree = etree.parse(written / "junit.xml")
    etree.XMLSchema(etree.fromstring(_SCHEMA)).assertValid(tree)
    found = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in tree.iter("testcase")}
    assert found == {
        ("kit.scenarios", "v16-a-whole-stay"): ["failure"],
        ("kit.rules", "C-2"): ["failure"],
        ("kit.rules", "D-2"): [],
        ("kit.rules", "V-1"): ["skipped"],
        ("kit.rules", "V-16"): ["skipped"],
        ("kit.faults", "lost"): [],
        ("kit.faults", "late"): ["skipped"],
    }
    counted = {
        suite.get("name"): (suite.get("tests"), suite.get("failures"), suite.get("skipped"))
        for suite in tree.iter("testsuite")
    }
    assert counted == {"scenarios": ("1", "1", "0"), "rules": ("4", "1", "2"), "faults": ("2", "0", "1")}
