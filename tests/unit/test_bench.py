"""What the benchmarks send is what any system sends, and what they print is what was measured."""

import json
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hub.translators import fhir, formats, native
from schemas.identities import parse_person_id
from schemas.messages import NoticeExtensions, as_json
from tests.bench import called, day, delivered, listed, load, measured, receivers, report, ways
from tests.bench.day_script import UNITS, Script
from tests.chaos.history import Notice, Receipt
from tests.stack import SECRETS


def attributes(headers):
    return {name[3:]: value.decode() for name, value in headers if name.startswith("ce_")}


def test_the_persons_of_the_benchmarks_are_many_and_fictitious():
    numbers = listed.persons(5_000)
    assert len(set(numbers)) == 5_000
    assert all(parse_person_id(number).value == number for number in numbers)
    assert {number[8:11] for number in numbers} == {str(each) for each in range(980, 1_000)}


def test_each_bundle_is_the_same_admission_as_the_event_of_its_number_and_its_ids_are_its_own():
    persons = listed.persons(3)
    bundles, events = (load.records(4, "run", kind, persons) for kind in ("fhir", "native"))
    read = [fhir.read(value, "application/fhir+json") for _, _, value in bundles]
    for message, (_, headers, body) in zip(read, events, strict=True):
        other = native.read_binary(attributes(headers), body)
        assert (message.id, message.subject, message.data) == (other.id, other.subject, other.data)
    assert len({message.id for message in read}) == 4
    envelopes = {value[: value.index(b"timestamp")] for _, _, value in bundles}
    assert len(envelopes) == 4


@pytest.mark.parametrize("name", ["v16-a-whole-stay", "s1-a-whole-sip"])
def test_a_day_says_what_its_scenario_says_of_a_person_and_in_a_case_of_its_own(name):
    found = day.directory()
    script, person = Script(name, found), listed.persons(1)[0]
    said = []
    for at in range(len(script.acts)):
        _, headers, body = script.record(at, "run-7", person, "case-7" if at else None)
        said.append(native.read_binary(attributes(headers), body))
        assert not any(short in body.decode() for short in UNITS)
    assert said[0].subject == "ref:run-7"
    assert {each.subject for each in said[1:]} == {"case-7"}
    assert said[0].data.patient.personnummer == person
    earlier = [f"run-7-{at}" for at in range(len(said))]
    answered = [each.data.message for each in said if each.name == "kvittens"]
    assert answered
    assert set(answered) < set(earlier)


def test_every_admission_of_the_day_is_played_and_every_third_has_a_sip():
    played = day.cases(10, listed.persons(10), day.directory())
    assert [each.run for each in played if each.run.startswith("stay")] == [f"stay-{at}" for at in range(10)]
    assert [each.run for each in played if each.run.startswith("sip")] == ["sip-0", "sip-3", "sip-6", "sip-9"]


def test_the_ratios_compare_the_hub_with_each_peer_at_the_same_size_and_format():
    def cost(per_s):
        return measured.Cost(0, 0, 0, 0, per_s)

    rates = {"hub/fhir/20": cost(300), "plain peer/fhir/20": cost(200), "durable peer/fhir/20": cost(100)}
    rates |= {"hub/native/20": cost(500), "plain peer/fhir/99": cost(1)}
    assert report.ratios(rates) == {"fhir/20 over plain peer": 1.5, "fhir/20 over durable peer": 3.0}


def test_percentiles_are_those_of_all_times():
    assert measured.spread([float(each) for each in range(101)]) == {"p50": 50, "p95": 95, "p99": 99}


# --- what each way out delivers ---------------------------------------------------------------------------------------


def sent_and_told(stays=2):
    """Admissions with letters, their receipts, and a notice of each for each system, in order."""
    sent = load.with_letters(load.records(stays, "told", "native"), 2)
    receipts, notices = [], []
    for number, (key, headers, _) in enumerate(sent):
        named, case, sequence = attributes(headers), key.decode(), number % 3 + 1
        receipts.append(Receipt("ehr", named["id"], "ok", case, sequence))
        notices += [
            Notice(system, "webhook", f"out-{system}-{number}", named["source"], named["id"], case, sequence)
            for system in delivered.SYSTEMS
        ]
    return sent, receipts, notices


def test_the_letters_of_an_admission_follow_it_in_its_case_and_are_read_as_any_systems():
    sent = load.with_letters(load.records(2, "run", "native"), 2)
    read = [native.read_binary(attributes(headers), body) for _, headers, body in sent]
    assert [each.name for each in read] == ["svu.inskrivning", "meddelande", "meddelande"] * 2
    assert [each.id for each in read] == ["run-0", "run-0-1", "run-0-2", "run-1", "run-1-1", "run-1-2"]
    assert (
        [key.decode() for key, _, _ in sent] == [each.subject for each in read] == ["ref:run-0"] * 3 + ["ref:run-1"] * 3
    )


def test_a_way_that_loses_doubles_or_reorders_a_notice_ends_the_benchmark():
    sent, receipts, notices = sent_and_told()
    assert delivered.faults(sent, receipts, notices) == []
    assert (
        delivered.faults(sent, receipts, [*notices, notices[0]]) == []
    )  # a repeat under its id is told, and is no fault
    other_id = Notice(**{name: getattr(notices[0], name) for name in Notice.__slots__} | {"id": "out-another"})
    foreign = Notice(**{name: getattr(notices[0], name) for name in Notice.__slots__} | {"message": "of-nobody"})
    for wrong, kind in (
        (notices[1:], "lost"),
        ([notices[2], notices[0], *notices[1:2], *notices[3:]], "out-of-order"),
        ([*notices, other_id], "two-ids"),
        ([*notices, foreign], "misdirected"),
    ):
        assert kind in {each.partition(":")[0] for each in delivered.faults(sent, receipts, wrong)}
    assert any(each.startswith("no-receipt") for each in delivered.faults(sent, receipts[1:], notices))


def test_a_ways_rate_is_from_the_first_accepted_to_the_last_acknowledged_and_its_delay_from_accepted_to_received():
    times = {number: (number / 1_000, 2 + number / 500) for number in range(1_000)}
    assert delivered.rates(times) == (pytest.approx(1_000 / 3.998), pytest.approx(1_000 / (3.998 - 0.999)))
    assert delivered.rates({0: (1.0, 1.5), 1: (1.25, 2.0)}) == (2.0, None)
    _, _, notices = sent_and_told(1)
    told = {(one.system, one.message): (10.0, 11.0) for one in notices}
    got = delivered.Got([*notices, notices[0]], [10.5] * 5 + [10.25, 99.0], 0.0, 0)
    assert delivered.delays(told, got) == [500.0] * 5 + [250.0]

    def found(per_s, us, ms):
        return delivered.Found(per_s, None, us, us, 0, 0, {"p50": ms, "p99": 2 * ms}, 0, 0)

    measured_ways = {"kafka": found(1_000, 100, 5), "webhook": found(500, 150, 10), "FHIR message": found(1, 1, 1)}
    assert delivered.over_kafka(measured_ways) == {"webhook": {"per_s": 0.5, "cpu": 1.5, "p50": 2.0, "p99": 2.0}}


@pytest.mark.parametrize(("way", "format_"), delivered.WAYS.values())
def test_each_ways_directory_holds_together(way, format_):
    systems = ways.directory(way, format_, 4711).system_by_id
    assert {(systems[each].out.way, systems[each].format) for each in delivered.SYSTEMS} == {(way, format_)}
    assert systems["ehr"].out.way == "kafka"


class Line:
    """The hub's end of a connection."""

    def __init__(self):
        self.said = b""

    def write(self, data):
        self.said += data


def call(answer, *pieces):
    kept, line = [], Line()
    connection = called.Called(kept.append, answer)
    connection._transport = line
    for piece in pieces:
        connection.data_received(piece)
    return kept, line.said


def told(format_):
    """An admission as a system is told of it, in its format."""
    sent = load.admission(0, "run", load.PERSONS)
    extensions = as_json(NoticeExtensions(case="case-1", sequence=3, to=("SE2321000255-VC01",)))
    return formats.write_notice(native.read_binary(*sent), extensions, format_, datetime.now(UTC))


def how(way):
    return receivers.Receiving(way, delivered.SYSTEMS, "", "", "", 0, SECRETS[0], 1)


def test_a_webhook_is_kept_when_it_is_whole_and_is_taken_by_its_signature_only():
    encoded, now = told("native"), datetime.now(UTC)
    body = native.structured(encoded.attributes, encoded.body)
    head = (
        f"POST /centre HTTP/1.1\r\nContent-Length: {len(body)}\r\nwebhook-id: out-7\r\n"
        f"webhook-timestamp: {int(now.timestamp())}\r\n"
        f"webhook-signature: {Webhook(SECRETS[0]).sign('out-7', now, body.decode())}\r\n\r\n"
    )
    whole = head.encode() + body
    kept, said = call(lambda _: b"yes ", whole[:50], whole[50:400], whole[400:] + whole)
    assert (len(kept), said) == (2, b"yes yes ")
    notice = receivers.read(how("webhook"), kept[0])
    assert (notice.id, notice.message, notice.case, notice.sequence) == ("out-7", "run-0", "case-1", 3)
    kept[1].body = kept[1].body.replace(b"Fall i hemmet", b"Fall i trappan")
    with pytest.raises(WebhookVerificationError):
        receivers.read(how("webhook"), kept[1])


def test_a_fhir_message_is_answered_with_aa_and_is_taken_by_its_token_only():
    body = told("fhir").body
    head = "POST /kommun/$process-message HTTP/1.1\r\ncontent-length: {}\r\nauthorization: Bearer {}\r\n\r\n"
    kept, said = call(called.answer_aa, head.format(len(body), SECRETS[0]).encode() + body)
    assert fhir.read_answer(said.partition(b"\r\n\r\n")[2], "run-0").code == "ok"
    notice = receivers.read(how("fhir"), kept[0])
    assert (notice.system, notice.message, notice.case, notice.sequence) == ("kommun", "run-0", "case-1", 3)
    kept, _ = call(called.answer_aa, head.format(len(body), SECRETS[1]).encode() + body)
    with pytest.raises(AssertionError, match="token"):
        receivers.read(how("fhir"), kept[0])


def test_a_receipt_to_a_receiver_is_no_notice():
    event = {"type": "se.samverkan.receipt.v1", "data": {"message": "m", "code": "ok"}}
    kept = called.Kept("centre", time.time(), b"out-1", json.dumps(event).encode())
    with pytest.raises(AssertionError, match="no notice"):
        list(receivers.written(how("inbox"), [kept]))
