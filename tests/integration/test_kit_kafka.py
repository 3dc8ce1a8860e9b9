"""The kit towards a system that has a broker of its own: FHIR Bundles on its two topics, answered with receipts on the same."""

from __future__ import annotations

import asyncio
import io

from aiokafka.admin import AIOKafkaAdminClient
from rich.console import Console

from hub.kit import serve, suites
from hub.kit.awaits import Patience
from hub.kit.faults.table import FAULTS, chosen
from hub.kit.record import Run
from hub.routers.kafka import make_topics
from tests.kit.broker_receiver import SYSTEM, BrokerReceiver

SHORT = "v9-ready-for-discharge"


async def played(bootstrap: str, receiver: BrokerReceiver, faults: str | None = None, scenario: str = SHORT) -> Run:
    topics = [f"hub.{way}.{SYSTEM}" for way in ("in", "out")]
    await make_topics({"bootstrap_servers": bootstrap}, topics, 1, 1)
    running = asyncio.create_task(receiver.run())
    order = serve.ServeOrder(
        played="lund_kommun",
        suite="svu",
        scenarios=[suites.scenario_file(scenario)],
        seed=1,
        patience=Patience(within_s=60, late_s=0, after_s=0),
        faults=() if faults is None else chosen(faults),
        against=None,
        kafka={"bootstrap_servers": bootstrap},
        format="fhir",
        listen="0",
    )
    run = await serve.serve(order, Console(file=io.StringIO(), width=200))
    running.cancel()
    await asyncio.wait({running})
    # Or the hubs of the tests after this one read them, whose directories have no such system.
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_topics(topics)
    await admin.close()
    return run


async def test_a_system_with_a_broker_of_its_own_is_played_to_over_its_topics_and_each_fault_says_what_it_came_to(
    kafka,
):
    receiver = BrokerReceiver(kafka.bootstrap)
    run = await played(kafka.bootstrap, receiver, "all")
    findings = [one for scenario in run.scenarios for one in scenario.findings]
    assert run.outcome == "ok", [one for one in findings if one.outcome == "wrong"]
    stay = run.scenarios[0]
    assert [one.expected for one in stay.findings] == [
        "lund_kommun is to send kvittens with message m-1, within 60 s",
        "lund_kommun is to send kvittens with message m-6, within 60 s",
    ]
    assert [one.code for one in receiver.receipts[:2]] == ["ok", "ok"]
    ways = {(one.direction, one.way, one.head["request"]) for one in stay.exchanges}
    assert ways == {("to_vendor", "kafka", f"hub.out.{SYSTEM}"), ("from_vendor", "kafka", f"hub.in.{SYSTEM}")}
    went: dict[str, list[tuple[str, str]]] = {name: [] for name in FAULTS}
    for one in findings:
        if one.fault is not None:
            went[one.fault].append((one.outcome, one.reason))
    ok, silent = ("ok", ""), ("not_tried", "on a topic nothing is acknowledged")
    not_signed = ("not_tried", "only a webhook is signed")
    not_http = ("not_tried", "it sent no message over HTTP, where alone this fault is made")
    assert went == {
        "late": [ok],
        "doubled": [silent, ok],
        "reordered": [ok],
        "lost": [not_http, not_http],
        "busy": [not_http, ("not_tried", "it sent no message over HTTP, where alone this fault is made")],
        "unknown": [ok],
        "skipped": [ok],
        "rotated": [("not_tried", FAULTS["rotated"].over_kafka)],
        "forged": [("not_tried", FAULTS["forged"].over_kafka)],
        "clock": [not_signed, not_signed, not_signed, ok],
        "protected": [ok, silent],
    }


async def test_a_system_that_acts_on_each_copy_of_a_record_is_found_over_its_topics(kafka):
    run = await played(kafka.bootstrap, BrokerReceiver(kafka.bootstrap, acts_twice=True), "doubled")
    (found,) = [one for one in run.scenarios[1].findings if one.fault and one.outcome == "wrong"]
    assert (found.expected, found.reason) == (
        "acts once on a notice that comes twice",
        "kvittens came twice, under two ids",
    )
