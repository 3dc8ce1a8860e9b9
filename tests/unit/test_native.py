"""The native reader: what it takes, what it refuses, and that its refusals say what is wrong there."""

from __future__ import annotations

import base64
import copy
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter

from hub.errors import Refused
from hub.translators import faults, formats, native
from schemas.directory import Directory
from schemas.envelope import Envelope, Message
from schemas.identities import VASTRA_GOTALAND
from schemas.identity_types import IdentityRules
from schemas.messages import FROM_THE_HUB, MESSAGES, NAME_OF
from schemas.moments import FIRST_YEAR, LAST_YEAR, Day, Moment
from schemas.parts import Text

VALID = {
    path.stem: json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[2] / "contracts" / "valid").glob("*.json"))
}
ADMISSION = VALID["svu.inskrivning"]
SCHEMAS = {
    path.stem: Draft202012Validator(json.loads(path.read_bytes()))
    for path in (Path(__file__).parents[2] / "contracts" / "schemas").glob("*.json")
}
LIBRARY = re.compile(r"Input|String should|should be|\^|\[A-Z|Value error|\.\.|  |validat", re.IGNORECASE)


def _read(event: Any) -> Any:
    return formats.read(native.STRUCTURED, None, event if isinstance(event, bytes) else json.dumps(event).encode())


def _refused(event: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        _read(event)
    return caught.value


def _with(path: str, value: Any, event: dict[str, Any] = ADMISSION) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    node: Any = changed
    *way, last = path.strip("/").split("/")
    for key in way:
        node = node[int(key) if isinstance(node, list) else key]
    node[int(last) if isinstance(node, list) else last] = value
    return changed


# --- types: what is not of its kind is never taken for it -------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [0, 1796688000, 1.5, "1796688000", "2026-03-02", "2026-03-02T09:00Z", True, [], {}, " "]
)
@pytest.mark.parametrize("path", ["/time", "/data/admitted_at"])
def test_a_moment_is_a_text_with_date_seconds_and_zone_and_nothing_else(path, value):
    assert _refused(_with(path, value)).element == path


@pytest.mark.parametrize(
    "value", [0, 1796688000000, "1796688000", "2026-03-02T00:00:00", "2026-03-02T00:00:00Z", "2026-02-30", "20260302"]
)
def test_a_day_is_a_text_of_a_day_that_the_calendar_has_and_nothing_else(value):
    assert _refused(_with("/data/estimated_discharge", value)).element == "/data/estimated_discharge"


@pytest.mark.parametrize("value", [0, 1, 1.0, "n", "no", "yes", "true", "off", ""])
def test_yes_and_no_are_true_and_false_and_nothing_else(value):
    refused = _refused(_with("/data/approves", value, VALID["svu.sip_stallning"]))
    assert refused.element == "/data/approves"
    assert "true eller false" in refused.sv and "true or false" in refused.en
    assert _refused(_with("/data/case", value, VALID["makulering.case"])).element == "/data/case"


@pytest.mark.parametrize("value", [True, "1", 1.5, -1, 2**53 + 1])
def test_a_version_is_a_whole_number_and_nothing_else(value):
    event = _with("/data/fields", {"bakgrund": {"text": "x", "version": value}}, VALID["svu.kartlaggning"])
    assert _refused(event).element == "/data/fields/?/version"


def test_a_whole_number_with_a_fraction_of_nothing_is_that_number_as_json_schema_says():
    event = _with("/data/fields", {"bakgrund": {"text": "x", "version": 2.0}}, VALID["svu.kartlaggning"])
    message = formats.read(native.STRUCTURED, None, json.dumps(event).encode())
    assert repr(message.data.fields["bakgrund"].version) == "2"


@pytest.mark.parametrize(
    "blanks", ["   ", "\n\t", "\u00a0\u2003", "\u200b", "\u00ad\u2060", "\ufeff", "\u3164", "\u2800", "\u0301"]
)
def test_a_reason_that_nobody_can_see_is_none(blanks):
    refused = _refused(_with("/data/reason", blanks))
    assert (refused.rule, refused.element) == ("invalid-value", "/data/reason")


@pytest.mark.parametrize("text", ["x", "–", "1", "€", " x ", "日本", "مرحبا", "👍"])
def test_what_can_be_read_is_a_text(text):
    assert TypeAdapter(Text).validate_python(text) == text


# --- one rule for the years (1.11) ------------------------------------------------------------------------------------


def _dated() -> list[tuple[str, str, bool]]:
    """Every field of a message that holds a day or a moment, inside lists too, as (message, path, whether a moment): none can be
    left out of the rule.
    """
    found = []

    def look(name: str, kind: Any, path: str) -> None:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for field, info in kind.model_fields.items():
                look(name, info.annotation, f"{path}/{field}")
        elif kind in (date, datetime):
            found.append((name, path, kind is datetime))
        elif get_origin(kind) is tuple:
            look(name, get_args(kind)[0], f"{path}/0")
        else:
            for inner in get_args(kind)[: 1 if get_origin(kind) is Annotated else None]:
                look(name, inner, path)

    for name, model in MESSAGES.items():
        if name not in FROM_THE_HUB:
            look(name, model, "")
    return found


def test_every_date_in_the_language_is_found_by_the_test_of_the_years():
    assert len(_dated()) >= 25
    assert {("sip.plan", "/edits/0/set/completion_date", False), ("sip.initiativ", "/samtycke/0/valid_to", False)} <= {
        *_dated()
    }


@pytest.mark.parametrize(("name", "path", "moment"), _dated())
def test_the_calendars_ends_and_unset_dates_are_refused_in_every_field_by_reader_and_schema(name, path, moment):
    *way, last = path.strip("/").split("/")
    event = copy.deepcopy(_with_the_way(name, way))
    node = event["data"]
    for key in way:
        node = node[int(key)] if key.isdecimal() else node.setdefault(key, {"outcome": "given"})
    for year in ("0001", "1753", "1899", "2100", "9999"):
        for text in (f"{year}-01-01", f"{year}-12-31"):
            node[last] = f"{text}T23:59:59Z" if moment else text
            refused = _refused(event)
            assert refused.element == f"/data{path}"
            assert f"{FIRST_YEAR}" in refused.sv and f"{LAST_YEAR}" in refused.en
            assert not SCHEMAS[name].is_valid(event["data"])
    for year in (FIRST_YEAR, LAST_YEAR):
        node[last] = f"{year}-12-31T23:59:59-12:00" if moment else f"{year}-01-01"
        assert _read(event).name == name
        assert SCHEMAS[name].is_valid(event["data"])


def _with_the_way(name: str, way: list[str]) -> dict[str, Any]:
    """A valid message of the name in which every list on the way is there."""

    def there(data: Any) -> bool:
        for key in way:
            if key.isdecimal() and not isinstance(data, list):
                return False
            data = data[int(key)] if isinstance(data, list) else data.get(key, {})
        return True

    return next(one for one in VALID.values() if NAME_OF[one["type"]] == name and there(one["data"]))


@pytest.mark.parametrize(
    ("path", "name"),
    [("/data/ends", "atkomst"), ("/data/confirmed", "svu.utskrivning")],
)
def test_a_flag_may_be_left_out_or_false_and_is_else_refused_where_it_stands(path, name):
    key = path.rpartition("/")[2]
    out = copy.deepcopy(VALID[name])
    out["data"].pop(key, None)
    assert formats.digest(_read(_with(path, False, out))) == formats.digest(_read(out))
    for value in (1, 0, "true", "", [], {}, "2099-01-01T00:00:00Z"):
        refused = _refused(_with(path, value, VALID[name]))
        assert (refused.rule, refused.element) == ("invalid-value", path)
        assert "true" in refused.sv


def test_the_time_of_the_act_follows_the_same_years():
    for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert _refused(_with("/time", text)).element == "/time"
        assert not SCHEMAS["envelope"].is_valid(_with("/time", text))


@given(st.integers(1, 9999), st.integers(1, 12), st.integers(1, 28))
def test_schema_and_reader_draw_the_line_of_years_alike(year, month, day):
    text = f"{year:04}-{month:02}-{day:02}"
    for kind, written in ((Day, text), (Moment, f"{text}T12:00:00+01:00")):
        adapter = TypeAdapter(kind)
        taken = Draft202012Validator(adapter.json_schema()).is_valid(written)
        assert taken is (FIRST_YEAR <= year <= LAST_YEAR)
        try:
            adapter.validate_json(json.dumps(written))
        except ValueError:
            assert not taken
        else:
            assert taken


@pytest.mark.parametrize("year", ["0001", "1899", "2100", "9999"])
@pytest.mark.parametrize("path", ["Provenance/recorded", "Encounter/period"])
def test_a_bundle_follows_the_same_years(year, path):
    tree = json.loads((BUNDLES / "svu.inskrivning.request.json").read_bytes())
    kind, element = path.split("/")
    resource = next(entry["resource"] for entry in tree["entry"] if entry["resource"]["resourceType"] == kind)
    moment = f"{year}-06-30T12:00:00Z"
    resource[element] = {**resource[element], "start": moment} if element == "period" else moment
    with pytest.raises(Refused) as caught:
        formats.read(formats.FHIR_JSON, None, json.dumps(tree).encode())
    assert element in str(caught.value.element) and f"{FIRST_YEAR}" in caught.value.sv


def test_fractions_are_cut_and_a_leap_second_is_the_second_before_it():
    assert _read(_with("/time", "2026-03-02T08:00:00.123456789123Z")).time == datetime(2026, 3, 2, 8, 0, 0, 123456, UTC)
    assert _read(_with("/time", "2026-12-31T23:59:60.5Z")).time == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert _read(_with("/time", "2026-03-02t09:00:00z")).time == datetime(2026, 3, 2, 9, tzinfo=UTC)


# --- JSON -------------------------------------------------------------------------------------------------------------


def _twice(text: bytes, before: bytes, member: bytes) -> bytes:
    assert text.count(before) == 1
    return text.replace(before, member + before)


RAW = json.dumps(ADMISSION).encode()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(_twice(RAW, b'"data":', b'"data": {}, '), id="data"),
        pytest.param(_twice(RAW, b'"id":', b'"id": "other", '), id="an attribute"),
        pytest.param(_twice(RAW, b'"personnummer":', b'"personnummer": "198106162383", '), id="nested"),
        pytest.param(_twice(RAW, b'"personnummer":', b'"personn\\u0075mmer": "198106162383", '), id="escaped"),
    ],
)
def test_a_member_that_stands_twice_is_refused_alone_and_in_a_batch_and_its_name_is_not_told(raw):
    refused = _refused(raw)
    assert refused.rule == "member-twice"
    assert re.search(r"rad \d+, tecken \d+", refused.sv) and re.search(r"line \d+, character \d+", refused.en)
    good, bad = native.split_batch(b"[" + RAW + b",\n" + raw + b"]", 10)
    assert _read(good).id == ADMISSION["id"]
    assert _refused(bad).rule == "member-twice"


def test_a_member_that_stands_twice_is_refused_in_binary_mode_and_in_data_base64():
    attributes = {name: value for name, value in ADMISSION.items() if name != "data"}
    body = b'{"patient": {"personnummer": "191212121212"}, "patient": {"personnummer": "198106162383"}}'
    with pytest.raises(Refused, match="member-twice"):
        native.read_binary(attributes, body)
    assert _refused({**attributes, "data_base64": base64.b64encode(body).decode()}).rule == "member-twice"


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b'{\n "id": "x",\n}', (3, 1)),
        ('{"namn": "åäö",,}'.encode(), (1, 16)),
        (b'{"a": 1} x', (1, 10)),
        (b"{'a': 1}", (1, 2)),
        (b'{"a": NaN}', (1, 7)),
        (b'{"a": "\xff"}', None),
        (b"\xff\xfe{\x00}\x00", (1, 1)),
        (b"", (1, 1)),
        (b'{"a": ' * 300, None),
    ],
)
def test_what_is_no_json_is_told_by_line_and_character(raw, where):
    refused = _refused(raw)
    line, character = map(int, re.search(r"line (\d+), character (\d+)", refused.en).groups())
    assert refused.rule == "not-json"
    assert f"rad {line}, tecken {character}" in refused.sv
    assert where is None or (line, abs(character - where[1]) <= 1) == (where[0], True)


def test_a_byte_order_mark_is_passed_over_in_every_mode():
    attributes = {name: value for name, value in ADMISSION.items() if name != "data"}
    mark = b"\xef\xbb\xbf"
    data = json.dumps(ADMISSION["data"]).encode()
    assert _read(mark + RAW) == _read(RAW) == native.read_binary(attributes, mark + data)
    assert native.split_batch(mark + b"[" + RAW + b"]", 1) == [RAW]


def test_a_batch_keeps_the_bytes_of_its_events_and_one_that_is_no_event_spoils_no_other():
    odd = b'{ "id" :\t"x" , "n": 1e2 }'
    assert native.split_batch(b"[ " + RAW + b" ,\n" + odd + b", 7 ]", 9) == [RAW, odd, b"7"]
    assert _refused(b"7").rule == "not-json"
    for whole in (b"{}", b"[1,", b"7", b""):
        with pytest.raises(Refused, match="not-json"):
            native.split_batch(whole, 9)


# --- CloudEvents (3.3) ------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True).filter(
            lambda name: (
                name
                not in {*Envelope.model_fields, "data", "case", "to", "awaits", "state", "may", "skipped", "replay"}
                and not name.startswith("data")
            )
        ),
        st.text(max_size=600) | st.booleans() | st.integers(-(2**31), 2**31) | st.none(),
        max_size=6,
    )
)
def test_any_extension_attribute_is_passed_over_and_the_schema_takes_it_too(more):
    event = {**ADMISSION, **more}
    assert _read(event) == _read(ADMISSION)
    assert SCHEMAS["envelope"].is_valid(event)
    binary = {name: value for name, value in event.items() if name != "data"}
    assert native.read_binary(binary, json.dumps(event["data"]).encode()) == _read(ADMISSION)


@pytest.mark.parametrize("name", ["tracestate", "traceparent", "dataschema", "sequence", "partitionkey", "dataref"])
@pytest.mark.parametrize("value", ["", "x" * 5_000, "åäö", None])
def test_tracing_and_documented_extensions_stop_no_message(name, value):
    assert _read({**ADMISSION, name: value}) == _read(ADMISSION)


def test_null_attributes_are_absent_and_a_required_one_is_then_missing():
    assert _read({**ADMISSION, "datacontenttype": None, "data_base64": None, "actorrole": None}).role is None
    assert _refused({**ADMISSION, "subject": None}).rule == "missing-field"
    assert _refused({**ADMISSION, "data": None}).element == "/data"


@pytest.mark.parametrize("name", ["case", "to", "awaits", "state", "may", "skipped", "replay"])
def test_what_the_hub_alone_sets_is_refused_from_a_sender(name):
    refused = _refused({**ADMISSION, name: "x"})
    assert (refused.rule, refused.element) == ("unknown-field", f"/{name}")
    assert not SCHEMAS["envelope"].is_valid({**ADMISSION, name: "x"})


@pytest.mark.parametrize("name", ["actorRole", "actor_role", "Tolvan", "å", "", "a b"])
def test_a_name_that_no_attribute_can_have_is_refused_and_not_repeated(name):
    refused = _refused({**ADMISSION, name: "x"})
    assert (refused.rule, refused.element) == ("unknown-field", "/?")
    assert not name or len(name) == 1 or name not in refused.sv + refused.en
    assert not SCHEMAS["envelope"].is_valid({**ADMISSION, name: "x"})


def test_packed_data_are_the_same_message_and_never_stand_beside_plain_ones():
    plain = {name: value for name, value in ADMISSION.items() if name != "data"}
    packed = base64.b64encode(json.dumps(ADMISSION["data"]).encode()).decode()
    assert _read({**plain, "data_base64": packed}) == _read(ADMISSION)
    assert _refused({**ADMISSION, "data_base64": packed}).rule == "member-twice"
    for bad in ("%%", packed[:-2], 7, [], packed + "\n"):
        assert _refused({**plain, "data_base64": bad}).element == "/data_base64"


def test_data_that_are_a_text_of_json_are_no_object():
    refused = _refused({**ADMISSION, "data": json.dumps(ADMISSION["data"])})
    assert (refused.element, refused.rule) == ("/data", "invalid-value")
    assert "objekt" in refused.sv and "object" in refused.en


BUNDLES = Path(__file__).parents[2] / "contracts" / "fhir"


def _envelope_of(message: Message) -> dict[str, Any]:
    said = {"id": message.id, "source": f"urn:hsa:{message.unit}", "subject": message.subject}
    said |= {"time": message.time.isoformat(), "actor": message.actor, "actorrole": message.role}
    return {"specversion": "1.0", "type": ADMISSION["type"], **said}


OTHERS = {
    "id": "other", "source": "urn:hsa:SE2321000255-ANNAN", "type": ADMISSION["type"].replace("svu.inskrivning", "avliden"),
    "subject": "ref:annan", "time": "2026-03-01T00:00:00Z", "actor": "SE2321000255-P999", "actorrole": "annan",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_an_event_that_contradicts_its_bundle_is_refused_at_the_attribute(name):
    bundle = (BUNDLES / "svu.inskrivning.request.json").read_bytes()
    event = _envelope_of(formats.read(formats.FHIR_JSON, None, bundle)) | {"datacontenttype": formats.FHIR_JSON}
    refused = _refused({**event, name: OTHERS[name], "data": json.loads(bundle)})
    assert (refused.rule, refused.element, refused.status) == ("envelope-differs", f"/{name}", 400)
    assert name in refused.sv and name in refused.en
    assert OTHERS[name] not in refused.sv + refused.en


def test_a_bundle_in_an_event_is_read_as_the_bundle_in_every_form():
    bundle = (BUNDLES / "svu.inskrivning.request.json").read_bytes()
    xml = (BUNDLES / "svu.inskrivning.request.xml").read_bytes()
    alone = formats.read(formats.FHIR_JSON, None, bundle)
    event = _envelope_of(alone)
    as_json = {**event, "datacontenttype": "Application/FHIR+JSON; fhirVersion=4.0"}
    as_xml = {**event, "datacontenttype": formats.FHIR_XML}
    assert _read({**as_json, "data": json.loads(bundle)}) == alone
    assert _read({**as_json, "data_base64": base64.b64encode(bundle).decode()}) == alone
    assert _read({**as_xml, "data": xml.decode()}).data == alone.data
    assert _read({**as_xml, "data_base64": base64.b64encode(xml).decode()}).data == alone.data
    assert formats.read("application/json", {**event, "datacontenttype": formats.FHIR_JSON}, bundle) == alone


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "yes", "application/octet-stream"])
def test_another_kind_of_content_is_refused_by_a_sentence_about_it(kind):
    refused = _refused({**ADMISSION, "datacontenttype": kind})
    assert refused.element == "/datacontenttype"
    for sentence in (refused.sv, refused.en):
        assert "datacontenttype" in sentence and "application/fhir+json" in sentence


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "text/json", "application/vnd.x+json"]
)
def test_every_name_of_json_is_read(kind):
    assert _read({**ADMISSION, "datacontenttype": kind}) == _read(ADMISSION)


@pytest.mark.parametrize("subject", ["ref:", "ref: ", "ref::", "ref:-", "ref", ":x", "ref:ref x", ""])
def test_a_reference_of_nothing_is_refused(subject):
    if subject == "ref":  # a case's id by its form; the door refuses it as none of the hub's
        return
    assert _refused(_with("/subject", subject)).element == "/subject"


# --- identities by configuration (3.8) --------------------------------------------------------------------------------


def test_a_regions_own_number_and_a_test_environments_prefix_are_taken_where_the_installation_has_them():
    own = _with("/data/patient/personnummer", "19450101K060")
    raw = json.dumps(own).encode()
    plain, theirs = IdentityRules(), IdentityRules((VASTRA_GOTALAND,), ("SE", "TSTNMT"))
    assert formats.read(native.STRUCTURED, None, raw, theirs).data.patient.personnummer == "19450101K060"
    with pytest.raises(Refused, match="C-60"):
        formats.read(native.STRUCTURED, None, raw, plain)
    tested = json.dumps(_with("/actor", "TSTNMT2321000156-1002")).encode()
    assert formats.read(native.STRUCTURED, None, tested, theirs).actor == "TSTNMT2321000156-1002"
    with pytest.raises(Refused, match="/actor"):
        formats.read(native.STRUCTURED, None, tested, plain)


# --- what a refusal says (5.1) ----------------------------------------------------------------------------------------

VALUES = [
    "yes",
    "\x00",
    1,
    0,
    1.5,
    "1",
    True,
    None,
    [],
    {},
    "",
    "   ",
    "x" * 400,
    "x" * 21_000,
    "2026-12-09T00:00:00",
    "åäö",
]


def _places(node: Any, path: tuple[Any, ...] = ()) -> Any:
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _places(child, (*path, key))
    if path:
        yield path


def _outcome(event: Any) -> Refused | None:
    try:
        _read(event)
    except Refused as refused:
        return refused
    return None


def _fault_kinds(schema: Any) -> set[str]:
    """The types of fault that pydantic's own checks in a model's core schema can give."""
    found: set[str] = set()
    if isinstance(schema, dict):
        kind = schema.get("type") if isinstance(schema.get("type"), str) else None
        limits = {
            "str": {
                "min_length": "string_too_short",
                "max_length": "string_too_long",
                "pattern": "string_pattern_mismatch",
            },
            "int": {"ge": "greater_than_equal", "le": "less_than_equal", "gt": "greater_than", "lt": "less_than"},
            "float": {
                "ge": "greater_than_equal",
                "le": "less_than_equal",
                "gt": "greater_than",
                "lt": "less_than",
                "allow_inf_nan": "finite_number",
            },
            "tuple": {"min_length": "too_short", "max_length": "too_long"},
            "dict": {"min_length": "too_short", "max_length": "too_long"},
        }.get(kind, {})
        found |= {limits[name] for name in limits if schema.get(name) is not None}
        own = {
            "str": "string_type",
            "int": "int_type",
            "bool": "bool_type",
            "tuple": "tuple_type",
            "dict": "dict_type",
            "model": "model_type",
            "literal": "literal_error",
            "float": "float_type",
            "tagged-union": "union_tag_invalid",
        }
        found |= {own[kind]} if kind in own else set()
        for name, inner in schema.items():
            if name not in {"metadata", "ref", "serialization"}:
                found |= _fault_kinds(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            found |= _fault_kinds(inner)
    return found


def test_every_type_of_fault_that_the_models_can_give_has_a_sentence_of_its_own():
    kinds = {"missing", "extra_forbidden"}
    for model in (Envelope, Directory, *MESSAGES.values()):
        kinds |= _fault_kinds(model.__pydantic_core_schema__)
    assert kinds - {"missing", "extra_forbidden"} <= set(faults.SENTENCES)
    assert len(kinds) >= 14


def _patterns(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        here = {schema["pattern"]} if schema.get("type") == "str" and "pattern" in schema else set()
        return here.union(*(_patterns(inner) for name, inner in schema.items() if name != "metadata"), set())
    return set().union(*(_patterns(inner) for inner in schema)) if isinstance(schema, list | tuple) else set()


def test_every_pattern_of_the_language_is_told_in_words():
    found = set().union(
        *(_patterns(model.__pydantic_core_schema__) for model in (Envelope, Directory, *MESSAGES.values()))
    )
    assert found == set(faults.PATTERNS)


def test_all_that_is_missing_is_told_at_once():
    refused = _refused({"specversion": "1.0", "type": ADMISSION["type"], "data": {}})
    assert refused.rule == "missing-field"
    for name in ("/id", "/source", "/subject", "/time", "/actor"):
        assert name in refused.sv and name in refused.en


def test_the_codes_that_there_are_are_told():
    refused = _refused(_with("/data/samtycke/outcome", "ja"))
    for code in ("given", "refused", "menprovning"):
        assert code in refused.sv and code in refused.en


def test_a_zone_that_is_missing_is_told_as_that():
    refused = _refused(_with("/data/admitted_at", "2026-03-02T09:00:00"))
    assert "Tidszonen saknas" in refused.sv and "zone is missing" in refused.en


@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=3, max_size=40).filter(
        lambda key: not key.isascii() or not key.islower()
    )
)
def test_a_key_is_never_repeated_wherever_it_stands(key):
    name = f"Tolvan{key}"
    for event in (
        _with("/data/fields", {name: {"text": "x"}}, VALID["svu.kartlaggning"]),
        _with("/data/fields", {"ok": {name: "x"}}, VALID["svu.kartlaggning"]),
        _with(f"/data/{name.replace('/', '')}", 1),
        _with("/data/patient", {**ADMISSION["data"]["patient"], name: 1}),
        {**ADMISSION, name: "x"},
    ):
        refused = _refused(event)
        assert "Tolvan" not in f"{refused.sv}{refused.en}{refused.element}"


def test_a_name_that_is_not_repeated_is_told_by_its_number():
    fields = {"bakgrund": {"text": "x"}, "Tolvan Tolvansson": {"text": "x"}}
    refused = _refused(_with("/data/fields", fields, VALID["svu.kartlaggning"]))
    assert refused.element == "/data/fields/?"
    assert "(nr 2)" in refused.sv and "(number 2)" in refused.en


def test_a_field_that_is_unknown_is_answered_with_those_that_there_are():
    refused = _refused(_with("/data/patient", {"personnummer": "191212121212", "namn": "x"}))
    assert refused.element == "/data/patient/?"
    assert "personnummer, name, address, phone" in refused.sv


# --- one message, however it is written (1.9, D-2) --------------------------------------------------------------------


def _digest(message: Any) -> bytes:
    return formats.digest(message)


def test_encoding_mode_layout_tracing_zone_and_order_change_nothing_of_what_a_message_says():
    first = _digest(_read(ADMISSION))
    attributes = {name: value for name, value in ADMISSION.items() if name != "data"}
    turned = dict(reversed([(name, value) for name, value in ADMISSION.items()]))
    again = [
        _read(json.dumps(ADMISSION, indent=4, ensure_ascii=False).encode()),
        _read({**ADMISSION, "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "tracestate": "x=1"}),
        _read(turned),
        native.read_binary(attributes, json.dumps(ADMISSION["data"]).encode()),
        _read({**attributes, "data_base64": base64.b64encode(json.dumps(ADMISSION["data"]).encode()).decode()}),
        _read(native.split_batch(b"[" + RAW + b"]", 1)[0]),
        _read(_with("/data/draft", False)),
        _read(_with("/time", datetime.fromisoformat(ADMISSION["time"]).astimezone(UTC).isoformat())),
        _read(
            _with(
                "/data/admitted_at",
                datetime.fromisoformat(ADMISSION["data"]["admitted_at"]).astimezone(UTC).isoformat(),
            )
        ),
        _read(_with("/actor", ADMISSION["actor"].lower())),
    ]
    assert {_digest(message) for message in again} == {first}


def test_the_order_of_the_fields_of_a_kartlaggning_says_nothing():
    fields = {"bakgrund": {"text": "a"}, "boende": {"text": "b"}}
    one, other = (
        _read(_with("/data/fields", dict(order), VALID["svu.kartlaggning"]))
        for order in (fields.items(), reversed(fields.items()))
    )
    assert _digest(one) == _digest(other)
    assert list(one.data.fields) != list(other.data.fields)


def test_a_bundle_in_json_and_xml_with_another_declaration_and_other_metadata_is_one_message():
    tree = json.loads((BUNDLES / "svu.inskrivning.request.json").read_bytes())
    xml = (BUNDLES / "svu.inskrivning.request.xml").read_bytes().partition(b"?>")[2].strip() or (
        BUNDLES / "svu.inskrivning.request.xml"
    ).read_bytes()
    first = formats.digest(formats.read(formats.FHIR_JSON, None, json.dumps(tree).encode()))
    renewed = {
        **tree,
        "id": "another",
        "timestamp": "2026-03-02T10:00:00+01:00",
        "meta": {"lastUpdated": "2026-03-02T10:00:00Z"},
    }
    for entry in renewed["entry"]:
        entry["resource"] = {
            **entry["resource"],
            "meta": {**entry["resource"].get("meta", {}), "lastUpdated": "2026-03-02T10:00:00Z"},
        }
    assert formats.digest(formats.read(formats.FHIR_JSON, None, json.dumps(renewed, indent=1).encode())) == first
    for head in (b"", b'<?xml version="1.0"?>', b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'):
        assert formats.digest(formats.read(formats.FHIR_XML, None, head + xml)) == first
