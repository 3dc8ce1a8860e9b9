"""Every message of the language is written as a FHIR Bundle and read back as it was, in JSON and XML.

What is written is made from the models themselves, so that a field added to the language is tried here at once.
"""

from __future__ import annotations

import base64
import json
import types
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from fhir.resources.R4B.bundle import Bundle as Reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from pydantic import ValidationError

from hub.errors import Refused
from hub.translators import native
from hub.translators.fhir import JSON, READS, WRITES, XML, names, read, write_notice, write_request
from hub.translators.fhir.examples import SENT
from hub.translators.fhir.paths import PATHS, fhir_path
from hub.translators.fhir.reader import facts
from hub.translators.fhir.reference import from_json, from_xml
from hub.translators.fhir.table import TABLE
from hub.translators.fhir.xml_writer import as_xml
from schemas import identity_types, parts, shared, sip, sip_parts, svu
from schemas.envelope import Message
from schemas.messages import FROM_THE_HUB, HUB_SOURCE, MESSAGES, NoticeExtensions, as_json
from schemas.moments import CANONICAL
from schemas.svu import Inskrivning

# The number of examples is the active profile's: the default hundred, thousands under a profile of CI's.
FAIR = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
EACH = settings(FAIR, max_examples=settings.default.max_examples // 8)  # for each name

UNITS = st.sampled_from(["SE2321000255-AVD12", "SE2321000255-VC01", "SE2120001132-K01"])
PEOPLE = st.sampled_from(["SE2321000255-P001", "SE2120001132-P9Z"])
# XML has no form for U+FFFE and U+FFFF.
_SIGNS = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\r\t", exclude_characters="\ufffe\uffff"
)
TEXTS = st.one_of(
    st.sampled_from(["Fall i hemmet – höftfraktur", 'Citat "så" \\ och\nny rad', "a\u00a0b", "{}[]:,", "<b>&amp;"]),
    st.text(_SIGNS, min_size=1, max_size=60),
).filter(lambda text: not text.isspace())
CODES = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,12}", fullmatch=True)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,63}", fullmatch=True)
ANY_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9\-._:]{0,127}", fullmatch=True)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-11, minutes=-30))])
MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2090, 1, 2), timezones=ZONES)  # noqa: DTZ001
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))
SUBJECTS = st.from_regex(r"(ref:)?[A-Za-z0-9][A-Za-z0-9\-._]{0,30}", fullmatch=True)

ADDRESSES = st.one_of(
    st.just("plan"),
    st.builds(
        "{}/{}".format,
        st.sampled_from(["mal", "delmal", "aktivitet", "insats", "deltagare", "anteckning", "plan", "annat"]),
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}", fullmatch=True),
    ),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)

_KNOWN: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (parts.Line, TEXTS),
    (parts.Text, TEXTS),
    (parts.Code, CODES),
    (parts.MessageId, ANY_IDS),
    (parts.Moment, MOMENTS),
    (date, DAYS),
    (datetime, MOMENTS),
    (identity_types.Hsa, UNITS | PEOPLE),
    (identity_types.KnownHsa, UNITS | PEOPLE),
    (identity_types.KnownPerson, st.sampled_from(["191212121212", "191212721219", "98240301AA06"])),
    (identity_types.Personnummer12, st.sampled_from(["191212121212", "191212721219", "98240301AA06"])),
    (identity_types.Kommunkod, st.sampled_from(["1281", "1280"])),
    (identity_types.Lanskod, st.sampled_from(["12", "25"])),
    (sip_parts.Eid, IDS),
    (sip_parts.Address, ADDRESSES),
    (sip_parts.Clock, st.from_regex(r"([01][0-9]|2[0-3]):[0-5][0-9]", fullmatch=True)),
    (sip.CaseId, st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True)),
    (dict[str, Any], st.dictionaries(TEXTS, JSON_VALUES, max_size=3)),
    (bool, st.booleans()),
    (int, st.integers(0, 9) | st.integers(0, 2**40)),
]


def _strategy(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that the hint allows; what else the model wants of it is left to ``body_of``."""
    for known, strategy in _KNOWN:
        if hint == known:
            return strategy
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of([st.none() if part is type(None) else _strategy(part) for part in inner])
    if origin is tuple:
        return st.lists(_strategy(inner[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_strategy(inner[0]), _strategy(inner[1]), max_size=3)
    if hint is shared.Attachment:
        names = st.from_regex(r"[A-Za-zå0-9 ._-]{0,20}[A-Za-z]", fullmatch=True)
        files = st.binary(min_size=1, max_size=40) | st.just(b"%PDF-1.7 x") | st.just(b"\x89PNG\r\n\x1a\n")
        return st.builds(shared.Attachment, name=names, content=files.map(lambda raw: base64.b64encode(raw).decode()))
    if hint is sip_parts.ElementFields:
        return SETS
    if isinstance(hint, type) and issubclass(hint, sip_parts.ParticipantRow | sip_parts.Responsible):
        return body_of(hint, _WHO)
    if isinstance(hint, type) and issubclass(hint, parts.Part):
        return body_of(hint)
    if inner and inner[0] is str:
        patterns = [rule.pattern for field in inner[1:] for rule in field.metadata if getattr(rule, "pattern", None)]
        return st.from_regex(patterns[0].rstrip("$") + r"\Z")
    if origin is not None:  # Annotated
        return _strategy(inner[0])
    raise AssertionError(hint)


def _is_told(value: Any) -> bool:
    return value is not None


_WHO = {"unit": UNITS, "person": st.just(True), "outsider": TEXTS, "relation": TEXTS}
"""Of whom exactly one is told; a relation alone only at a meeting."""


def body_of(model: type[parts.Part], one_of: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Any body of that model: every field present or not, as the model allows. ``one_of``: fields of which one is told."""
    hints = get_type_hints(model, include_extras=True)
    one = {name: strategy for name, strategy in (one_of or {}).items() if name in hints}
    fields = {name: _strategy(hints[name]) for name in model.model_fields if name not in one or name == "relation"}
    required = {name: fields[name] for name, field in model.model_fields.items() if field.is_required()}
    optional = {name: strategy for name, strategy in fields.items() if name not in required}
    bodies = st.fixed_dictionaries(required, optional=optional)
    if one:
        chosen = st.one_of([st.fixed_dictionaries({name: strategy}) for name, strategy in one.items()])
        bodies = st.builds(lambda body, who: body | who, bodies, chosen)
    return bodies.map(lambda d: _made(model, d)).filter(_is_told)


def _made(model: type[parts.Part], fields: dict[str, Any]) -> parts.Part | None:
    try:
        return model.model_validate(fields)
    except ValidationError:
        return None


def _sets() -> st.SearchStrategy[Any]:
    """What an edit sets: some of the fields, some of them emptied, and keywords with their texts (E-2)."""
    model = sip_parts.ElementFields
    hints = get_type_hints(model, include_extras=True)
    known = st.fixed_dictionaries({}, optional={name: _strategy(hints[name]) for name in model.model_fields})
    few = st.builds(
        lambda said, names: {name: said[name] for name in said if name in names},
        known,
        st.sets(st.sampled_from(sorted(model.model_fields)), max_size=12),
    )
    free = CODES.filter(lambda keyword: keyword not in model.KNOWN)
    keywords = st.dictionaries(free, st.none() | TEXTS, max_size=2)
    return st.builds(lambda one, other: _made(model, other | one), few, keywords).filter(_is_told)


SETS = _sets()
BODIES = {name: body_of(model) for name, model in MESSAGES.items()}
TOLD = st.builds(
    NoticeExtensions,
    case=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9\-._]{0,30}", fullmatch=True),
    sequence=st.integers(1, 2**31 - 1),
    to=st.lists(UNITS, max_size=3).map(tuple),
    awaits=st.dictionaries(UNITS, st.sampled_from(["kvittens", "svar", "justering", "godkannande"]), max_size=2),
    state=st.dictionaries(CODES, st.dictionaries(UNITS, st.dictionaries(CODES, CODES, max_size=2)), max_size=2),
    may=st.dictionaries(UNITS, st.lists(st.sampled_from(sorted(WRITES)), max_size=3).map(tuple), max_size=2),
    names=st.dictionaries(PEOPLE, TEXTS, max_size=2),
    prints=st.lists(TEXTS, max_size=2).map(tuple),
    remind=st.lists(st.sampled_from(["kva:AU124"]), max_size=1).map(tuple),
    skipped=st.lists(st.integers(1, 99), max_size=2).map(tuple),
    replay=st.booleans(),
)


def _is_about_one(body: Any) -> bool:
    """Not an admission of one person with the information of another, which no Bundle may be (``persons``)."""
    told = getattr(getattr(body, "information", None), "patient", None)
    patient = getattr(body, "patient", None)
    return told is None or patient is None or told.personnummer == patient.personnummer


@st.composite
def messages(draw: st.DrawFn, ids: st.SearchStrategy[str] = IDS, names: frozenset[str] = READS) -> Message:
    """A message of any of those names."""
    name = draw(st.sampled_from(sorted(names)))
    body, subject = draw(BODIES[name].filter(_is_about_one)), draw(SUBJECTS)
    if name in FROM_THE_HUB:
        return Message(draw(ids), HUB_SOURCE, name, subject, draw(MOMENTS), None, None, body)
    role = draw(st.none() | CODES)
    return Message(draw(ids), draw(UNITS), name, subject, draw(MOMENTS), draw(PEOPLE), role, body)


def test_every_message_of_the_language_has_its_row_its_paths_and_no_other():
    assert set(TABLE) == set(MESSAGES) == WRITES == set(PATHS)
    assert READS == WRITES - FROM_THE_HUB
    for name, model in MESSAGES.items():
        assert set(model.model_fields) <= {field.partition("/")[0] for field in PATHS[name]}, name
        assert all(fhir_path(name, f"/data/{field}") for field in model.model_fields)


def test_a_consent_is_that_of_the_person_who_was_informed_where_the_admission_names_nobody_else():
    person = parts.Patient(personnummer="191212121212")
    body = svu.Inskrivning(
        draft=True,
        information=parts.Information(given=True, patient=person),
        samtycke=parts.Samtycke(outcome="given"),
    )
    message = Message(
        "m-1",
        "SE2321000255-AVD12",
        "svu.inskrivning",
        "ref:1",
        datetime(2026, 3, 2, 9, tzinfo=UTC),
        "SE2321000255-P001",
        None,
        body,
    )
    assert read(write_request(message), JSON) == message


def same(read_back: Message, message: Message) -> bool:
    """Whether nothing differs, an emptied field (null) and one that is left out included, which models count as equal."""
    written = read_back.data.model_dump_json(context=CANONICAL) == message.data.model_dump_json(context=CANONICAL)
    return read_back == message and written


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_it_is_read_back_as_it_was_by_both_readers_and_in_xml(name):
    @EACH
    @given(messages(names=frozenset({name})), st.booleans())
    def check(message, in_xml):
        body = write_request(message)
        assert same(read(body, JSON, from_hub=True), message)
        if in_xml:
            assert same(read(as_xml(body), XML, from_hub=True), message)
        else:
            assert same(facts(from_json(body), from_hub=True), message)

    check()


def test_a_consent_beside_information_that_names_the_patient_is_of_that_patient():
    """The admission of a case that is open names nobody itself; a Consent that said nothing would be nobody's."""
    told = parts.Information(given=True, patient=parts.Patient(personnummer="191212121212"))
    body = Inskrivning(information=told, samtycke=parts.Samtycke(outcome="given"), draft=True)
    message = Message("m", "SE2321000255-AVD12", "svu.inskrivning", "ref:x", SENT, "SE2321000255-P001", "lakare", body)
    assert read(write_request(message), JSON, from_hub=True) == message


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name in MESSAGES for field in MESSAGES[name].model_fields]
)
def test_every_field_alone_comes_back(name, field):
    """Not left to chance: each field once with no other that may be left out."""
    model = MESSAGES[name]
    hints = get_type_hints(model, include_extras=True)
    needed = {other for other, info in model.model_fields.items() if info.is_required()} | {field}
    if name == "makulering" and field == "reason":
        needed.add("message")  # one of message and case
    wanted = {other: hints[other] for other in model.model_fields if other in needed}
    bodies = st.fixed_dictionaries({other: _strategy(hint).filter(_is_told) for other, hint in wanted.items()})

    @settings(FAIR, max_examples=3 if settings.default.max_examples >= 100 else 1)
    @given(
        bodies.map(lambda fields: _made(model, fields)).filter(_is_told).filter(_is_about_one),
        messages(names=frozenset({name})),
    )
    def check(body, message):
        told = replace(message, data=body)
        assert getattr(body, field) is not None
        assert same(read(write_request(told), JSON, from_hub=True), told)

    check()


@FAIR
@given(messages(ANY_IDS, WRITES), TOLD)
def test_a_notice_is_the_message_in_the_hubs_case(message, told):
    body = write_notice(message, told, created=SENT)
    expected = replace(message, subject=told.case)
    assert same(read(body, JSON, from_hub=True), expected)
    assert same(facts(from_json(body), from_hub=True), expected)


def _texts(header: dict[str, Any], url: str) -> list[list[tuple[str, str]]]:
    """(url, value) of each part of the extensions with that url."""
    return [
        [(part["url"], part.get("valueCode", part.get("valueString"))) for part in one["extension"]]
        for one in header.get("extension", ())
        if one["url"] == url
    ]


def _plain(header: dict[str, Any], url: str) -> list[Any]:
    """The values of the extensions with that url."""
    found = [one for one in header.get("extension", ()) if one["url"] == url]
    return [next(value for key, value in one.items() if key.startswith("value")) for one in found]


def event_of(body: bytes) -> dict[str, str]:
    """The attributes of the event that would stand around a notice's Bundle (JSON), from the Bundle alone."""
    message, header = read(body, JSON, from_hub=True), json.loads(body)["entry"][0]["resource"]
    awaits = [dict(parts) for parts in _texts(header, names.EXT_AWAITS)]
    state: dict[str, Any] = {}
    for parts_ in map(dict, _texts(header, names.EXT_STATE)):
        state.setdefault(parts_["step"], {}).setdefault(parts_["unit"], {})[parts_["role"]] = parts_["colour"]
    told = NoticeExtensions(
        case=message.subject,
        sequence=_plain(header, names.EXT_SEQUENCE)[0],
        to=tuple(one["receiver"]["identifier"]["value"] for one in header["destination"] if "receiver" in one),
        awaits={one["unit"]: one["act"] for one in awaits},
        state=state,
        may={parts_[0][1]: [act for _, act in parts_[1:]] for parts_ in _texts(header, names.EXT_MAY)},
        names={one["person"]: one["name"] for one in map(dict, _texts(header, names.EXT_STAFF))},
        prints=tuple(_plain(header, names.EXT_PRINTS)),
        remind=tuple(_plain(header, names.EXT_REMIND)),
        skipped=tuple(_plain(header, names.EXT_SKIPPED)),
        replay=bool(_plain(header, names.EXT_REPLAY)),
    )
    return native.attributes(message, as_json(told))


def _without_empty(told: NoticeExtensions) -> NoticeExtensions:
    """Without a step that no unit has, or a unit that no role has: neither says anything."""
    state = {step: {unit: roles for unit, roles in units.items() if roles} for step, units in told.state.items()}
    return told.model_copy(update={"state": {step: units for step, units in state.items() if units}})


@FAIR
@given(messages(ANY_IDS, WRITES), TOLD, st.booleans())
def test_a_bundle_alone_says_all_that_the_event_around_it_says(message, told, in_xml):
    body = write_notice(message, told, created=SENT)
    told = _without_empty(told)
    expected = native.attributes(message, as_json(told))
    assert event_of(from_xml(as_xml(body)) if in_xml else body) == expected


@given(messages(names=WRITES), TOLD)
@settings(FAIR, max_examples=settings.default.max_examples // 4)
def test_what_is_written_in_xml_is_what_the_reference_model_writes(message, told):
    body = write_notice(message, told, created=SENT)
    modelled = Reference.model_validate_json(body).model_dump_xml()
    modelled = modelled if isinstance(modelled, bytes) else modelled.encode()
    assert canonical(as_xml(body)) == canonical(modelled)


def canonical(body: bytes) -> bytes:
    """Without what XML leaves to its writer: quotes, the declaration, the order of attributes."""
    return etree.tostring(etree.fromstring(body), method="c14n")


@pytest.mark.parametrize("sign", ["\ufffe", "\x0b"])
def test_a_sign_that_xml_has_no_form_for_holds_up_no_notice(sign):
    body = json.dumps({"resourceType": "Basic", "code": {"text": f"a{sign}b"}}).encode()
    assert "a\ufffdb" in as_xml(body).decode()


@FAIR
@given(messages(names=FROM_THE_HUB))
def test_the_hubs_own_messages_are_not_taken_from_a_sender(message):
    body = write_request(message)
    for attempt in (body, _signed(body)):
        with pytest.raises(Refused) as caught:
            read(attempt, JSON)
        assert caught.value.rule == "unknown-event"


def _signed(body: bytes) -> bytes:
    """As one would forge it: with a sender and an author."""
    tree = json.loads(body)
    who = {"type": "Organization", "identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": "SE2321000255-AVD12"}}
    tree["entry"][0]["resource"].update(sender=who, author=who)
    return json.dumps(tree).encode()


@FAIR
@given(messages(names=WRITES))
def test_what_is_written_holds_no_empty_element_and_resolves_in_itself(message):
    tree = json.loads(write_request(message))
    urls = {entry["fullUrl"] for entry in tree["entry"]}
    assert len(urls) == len(tree["entry"])
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        assert node not in (None, "", [], {})
        if isinstance(node, dict):
            assert "reference" not in node or isinstance(node["reference"], dict) or node["reference"] in urls
            stack += node.values()
        elif isinstance(node, list):
            stack += node
