"""The views' speed: every list over a million cases in a real PostgreSQL, and what message 5 000 of a case costs.

``python -m tests.bench.views [--cases 1000000] [--messages 5000]``. The requests go through the hub's own HTTP side, in
process; fsync is on, and each answer's trace is committed before it. Takes some minutes, most of them filling.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from hub.app import Hub
from hub.http_api import api_of
from hub.intake.arrival import Arrival
from hub.intake.hub_messages import own_message
from hub.sandbox.postgres import Postgres
from hub.settings import Settings
from hub.store import directory as directories
from hub.store.migrating import migrate
from tests.desk import FOUND
from tests.stack import CENTRE, KOMMUN, SIP_DUTIES, WARD, checked, content, hashed

WARDS, CENTRES, KOMMUNER = 100, 150, 33
NURSES = 2_000
TARGET_MS = 300.0
OUTPUT = Path("build/bench-views.json")
_OF = {"w": ("slutenvard", "2321000255"), "c": ("oppenvard", "2321000255"), "k": ("kommun", "2120001132")}


def unit(kind: str, number: int) -> str:
    """The HSA-id of one of the many units; the first of each kind is that of the stack."""
    return (
        {"w": WARD, "c": CENTRE, "k": KOMMUN}[kind] if number == 0 else f"SE{_OF[kind][1]}-{kind.upper()}{number:03d}"
    )


def directory() -> Any:
    """A region's worth of units, all served by one system."""
    found = content()
    duties = {"inskrivning": ["kvittera"], "tid": ["kvittera"], "stallningstagande": ["justera"], **SIP_DUTIES}
    role = {"w": "sjukskoterska", "c": "sjukskoterska", "k": "bistandshandlaggare"}
    counts = {"w": WARDS, "c": CENTRES, "k": KOMMUNER}
    found["units"] = [
        {"hsa": unit(kind, n), "name": f"Enhet {kind}{n}", "party": _OF[kind][0], "organisation": _OF[kind][1]}
        | {"roles": {role[kind]: duties}}
        | ({"municipality": "1281"} if (kind, n) == ("k", 0) else {})
        for kind, count in counts.items()
        for n in range(count)
    ]
    found["systems"] = found["systems"][:1]
    found["systems"][0]["units"] = [u["hsa"] for u in found["units"]]
    found["systems"][0]["token_sha256"] = [hashed("bench")]
    return checked(found)


# A skewed world: the largest municipality has a sixth of all cases, three in a hundred are active. A tenth are kept as another
# process's, for the lists of one process; what their rows show is a stay all the same.
_FILL = """
CREATE UNLOGGED TABLE made AS
SELECT n, ('0199' || lpad(to_hex(n), 4, '0') || substr(md5(n::text), 1, 24))::uuid AS id,
  '19' || lpad((random() * 999999)::int::text, 6, '0') || lpad((random() * 9999)::int::text, 4, '0') AS person,
  (ARRAY['Anna','Bo','Cecilia','David','Eva','Fredrik','Gunilla','Hans','Ingrid','Johan','Karin','Lars','Maria','Nils',
    'Olga','Per','Rut','Sven','Tova','Ulf','Åke','Ärla','Örjan'])[1 + (random() * 22)::int] || ' '
    || initcap(substr(md5((random() * 5000)::int::text), 1, 6)) || 'sson' AS name,
  (random() ^ 1.5 * (%(wards)s - 0.001))::int AS w, (random() ^ 1.5 * (%(centres)s - 0.001))::int AS c,
  floor(random() ^ 2 * %(kommuner)s)::int AS k, (random() * (%(nurses)s - 1))::int AS nurse, random() AS dice,
  random() AS luck
FROM generate_series(1, %(cases)s) AS n;
CREATE UNLOGGED TABLE dated AS
SELECT m.*, CASE WHEN dice < 0.03 THEN 'open' ELSE 'discharged' END AS status,
  CASE WHEN dice < 0.03 THEN now() - luck * interval '20 days' WHEN dice < 0.035 THEN now() - luck * interval '3 days'
    ELSE now() - interval '3 days' - luck * interval '700 days' END AS changed_at
FROM made m;
"""
_CASES = """
INSERT INTO cases (id, system, ref, person, process, status, sequence, state, opened_at, changed_at, name, archived_at,
  named, sort_name)
SELECT id, 'ehr', NULL, person, CASE WHEN luck < 0.1 THEN 'sip' ELSE 'svu' END, status, 9,
  replace(replace(replace(replace(replace(replace(replace(%(state)s, %(case)s, id::text), %(person)s, person),
    %(name)s, name), %(ward)s, uw.hsa), %(centre)s, uc.hsa), %(kommun)s, uk.hsa),
    %(nurse)s, 'SE2321000255-N' || lpad(nurse::text, 4, '0'))::json,
  changed_at - interval '6 days', changed_at, name,
  CASE WHEN status = 'discharged' THEN changed_at + interval '72 hours' END,
  ARRAY['fast_vardkontakt/SE2321000255-N' || lpad(nurse::text, 4, '0')],
  translate(lower(regexp_replace(name, '^(.*)\\s(\\S+)$', '\\2 \\1')), 'åäö', '{|}')
FROM dated JOIN units uw ON (uw.kind, uw.n) = ('w', w) JOIN units uc ON (uc.kind, uc.n) = ('c', c)
  JOIN units uk ON (uk.kind, uk.n) = ('k', k)
"""
_PARTICIPATION = """
INSERT INTO participation (unit, case_id, att_gora, archived_at, process)
SELECT u.hsa, d.id, CASE WHEN d.dice < 0.012 OR d.dice > 0.99 THEN ARRAY['tid/kvittera/' || %(role)s] ELSE '{}' END,
  CASE WHEN d.status = 'discharged' THEN d.changed_at + interval '72 hours' END, c.process
FROM dated d JOIN cases c USING (id) JOIN units u
  ON u.kind = %(kind)s AND u.n = CASE %(kind)s WHEN 'w' THEN d.w WHEN 'c' THEN d.c ELSE d.k END
"""
_MESSAGES = """
INSERT INTO message (source, id, digest, raw, media_type, attributes, system, received_at, name, case_id, sequence,
  events, receipt)
SELECT 'urn:hsa:x', 'f-' || n, decode(repeat('00', 32), 'hex'), m.raw, m.media_type, m.attributes, 'ehr', changed_at,
  m.name, d.id, m.sequence, m.events, m.receipt
FROM dated d, (SELECT * FROM message WHERE case_id = %(case)s AND sequence = %(sequence)s) m
"""


class Bench:
    """The hub's HTTP side and its intake, in this process, on a database of its own."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.count = hub, 0
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=api_of(hub)), base_url="http://hub", timeout=60
        )

    async def ask(self, path: str, by: str, body: Any = None) -> Any:
        """One view, as a person of a unit."""
        headers = {"authorization": "Bearer bench", "x-unit": by, "x-actor": f"{by.partition('-')[0]}-P03"}
        if body is None:
            found = await self.client.get(path, headers=headers)
        else:
            found = await self.client.post(path, headers=headers, json=body)
        assert found.status_code == 200, (path, found.status_code, found.text)
        return found.json()

    async def say(self, case: str, name: str, data: Any, by: str = WARD) -> str:
        """One message through the intake, a transaction of its own; its case."""
        self.count += 1
        found = self.hub.directory()
        attributes = {
            "specversion": "1.0",
            "id": f"b-{self.count}",
            "source": f"urn:hsa:{by}",
            "type": f"se.samverkan.{name}.v1",
            "subject": case,
            "time": datetime.now(UTC).isoformat(),
            "actor": f"{by.partition('-')[0]}-P03",
            "actorrole": next(iter(found.unit_by_hsa[by].roles)),
        }
        raw = json.dumps(data).encode()
        system = found.system_by_id["ehr"]
        arrival = Arrival(
            system, raw, "application/json", attributes, datetime.now(UTC), f"b/{self.count}", by_outbox=False
        )
        (receipt,) = await self.hub.intake.submit([arrival])
        assert receipt.code == "ok", receipt
        assert receipt.case is not None
        return receipt.case

    async def case(self) -> str:
        """A case like most: addressed, acknowledged, assessed."""
        now = datetime.now(UTC)
        case = await self.say(
            f"ref:bench-{self.count}",
            "svu.inskrivning",
            {
                "patient": {
                    "personnummer": "191212121212",
                    "name": "Tolvan Tolvansson",
                    "address": "Storgatan 1, Lund",
                },
                "admitted_at": (now - timedelta(hours=2)).isoformat(),
                "estimated_discharge": (now + timedelta(days=6)).date().isoformat(),
                "reason": "Fall i hemmet",
                "information": {"given": True},
                "samtycke": {"outcome": "given"},
            },
        )
        await self.hub.intake.submit([own_message(case, f"own-{case}", "adressering", FOUND, now)])
        opened = f"b-{self.count}"
        for by in (CENTRE, KOMMUN):
            await self.say(case, "kvittens", {"message": opened}, by)
        named = {"person": "SE2321000255-NURSE", "unit": CENTRE, "kallelseansvarig": True}
        await self.say(case, "svu.fast_vardkontakt", named, CENTRE)
        await self.say(case, "svu.kartlaggning", {"fields": {"aktuellt_tillstand": {"text": "Går med rollator"}}})
        await self.say(case, "svu.kartlaggning", {"fields": {"bakgrund": {"text": "Bor ensam"}}}, KOMMUN)
        return case

    async def sql(self, statement: str, values: Any = None) -> list[Any]:
        """One statement past the hub."""
        async with self.hub.store.transaction() as connection:
            await connection.execute("SET LOCAL enable_seqscan = on")
            found = await connection.execute(statement, values)  # type: ignore[arg-type]
            return await found.fetchall() if found.description else []

    async def fill(self, cases: int) -> float:
        """So many cases beside the real ones, by generate_series; seconds."""
        started = time.monotonic()
        real = await self.case()
        ((state,),) = await self.sql("SELECT state::text FROM cases WHERE id = %s", (real,))
        counts = {"wards": WARDS, "centres": CENTRES, "kommuner": KOMMUNER, "nurses": NURSES, "cases": cases}
        for statement in _FILL.split(";")[:-1]:
            await self.sql(statement % {k: str(v) for k, v in counts.items()})
        await self.sql("CREATE TABLE units (kind text, n int, hsa text)")
        every = [
            (k, n, unit(k, n)) for k, count in (("w", WARDS), ("c", CENTRES), ("k", KOMMUNER)) for n in range(count + 1)
        ]
        await self.sql(
            "INSERT INTO units SELECT * FROM unnest(%s::text[], %s::int[], %s::text[])",
            tuple(list(column) for column in zip(*every, strict=True)),
        )
        texts = {"case": real, "person": "191212121212", "name": "Tolvan Tolvansson"}
        texts |= {"ward": WARD, "centre": CENTRE, "kommun": KOMMUN, "nurse": "SE2321000255-NURSE", "state": state}
        await self.sql("ALTER TABLE cases DISABLE TRIGGER case_opens_archived")  # the lists are filled whole below
        await self.sql(_CASES, texts)
        await self.sql("ALTER TABLE cases ENABLE TRIGGER case_opens_archived")
        for kind in "wck":
            await self.sql(
                _PARTICIPATION, {"kind": kind, "role": "bistandshandlaggare" if kind == "k" else "sjukskoterska"}
            )
        last = max(written[1] for written in json.loads(state)["state"]["fields"]["kartlaggning"].values())
        await self.sql(_MESSAGES, {"case": real, "sequence": last})
        return time.monotonic() - started


def spread(times: list[float]) -> dict[str, float]:
    """p50 and p95 in ms."""
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return {"p50_ms": round(statistics.median(times) * 1000, 1), "p95_ms": round(cuts[18] * 1000, 1)}


async def timed(work: Callable[[], Awaitable[Any]], times: int) -> dict[str, float]:
    """One view asked so often, one at a time."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        await work()
        found.append(time.perf_counter() - started)
    return spread(found)


async def lists(bench: Bench, times: int) -> dict[str, dict[str, float]]:
    """Every list, of the largest municipality and of units at random."""
    randomly = random.Random(7)
    everyone = [unit(k, n) for k, count in (("w", WARDS), ("c", CENTRES), ("k", KOMMUNER)) for n in range(count)]
    since = (datetime.now(UTC) - timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    queries = {
        "start list, newest change": "",
        "start list by name": "?sort=name",
        "start list by personnummer": "?sort=personnummer",
        "att göra": "?att_gora=true",
        "discharged": "?status=discharged",
        "of one process": "?process=sip",
        "of one process, all": "?process=sip&archived=all",
        "of one process, all by name": "?process=sip&archived=all&sort=name",
        "of one process, all open": "?process=sip&archived=all&status=open",
        "of one process, att göra": "?process=sip&att_gora=true",
        "archived, newest change": "?archived=true",
        "archived by name": "?archived=true&sort=name",
        "archived by personnummer": "?archived=true&sort=personnummer",
        "all": "?archived=all",
        "changed since 6 h": f"?changed_since={since}",
    }
    found = {}
    for who, units in (("largest municipality", [KOMMUN]), ("units at random", everyone)):

        def pick(units: list[str] = units) -> str:
            return randomly.choice(units)

        async def listed(query: str) -> None:
            by = pick()
            await bench.ask(f"/units/{by}/cases{query}", by)

        async def deep() -> None:
            by, cursor = pick(), ""
            for _ in range(5):
                answer = await bench.ask(f"/units/{by}/cases?archived=all&limit=20{cursor}", by)
                if "next" not in answer:
                    return
                cursor = f"&cursor={answer['next']}"

        async def filtered(body: dict[str, Any]) -> None:
            by = pick()
            await bench.ask(f"/units/{by}/cases", by, body)

        async def contact() -> None:
            by = pick()
            await bench.ask(
                f"/units/{by}/contacts/SE2321000255-N{randomly.randrange(NURSES):04d}/cases?archived=all", by
            )

        works: dict[str, Callable[[], Awaitable[Any]]] = {
            name: (lambda query=query: listed(query)) for name, query in queries.items()
        }
        works |= {
            "five pages in a row, the five together": deep,
            "filtered by name": lambda: filtered({"name": "Eva"}),
            "filtered by personnummer": lambda: filtered({"personnummer": "1950", "archived": "all"}),
            "fast vårdkontakt": contact,
            "search of a person": lambda: bench.ask("/search", pick(), {"personnummer": "191212121212"}),
        }
        for name, work in works.items():
            found[f"{name} ({who})"] = await timed(work, times)
    return found


async def long_case(bench: Bench, messages: int, times: int) -> dict[str, Any]:
    """What a free message costs in a case with many, over what it cost when there were few; and what reading costs."""
    case = await bench.case()
    taken = []
    for number in range(messages):
        started = time.perf_counter()
        await bench.say(case, "meddelande", {"text": f"Meddelande {number}"}, KOMMUN if number % 2 else CENTRE)
        taken.append(time.perf_counter() - started)
    around = min(50, messages // 4)
    early, late = statistics.median(taken[around - 25 : around + 25]), statistics.median(taken[-50:])
    return {
        "message_50_ms": round(early * 1000, 2),
        f"message_{messages}_ms": round(late * 1000, 2),
        "ratio": round(late / early, 2),
        "the case, read": await timed(lambda: bench.ask(f"/cases/{case}", KOMMUN), times),
        "its messages, read": await timed(lambda: bench.ask(f"/cases/{case}/messages", KOMMUN), times),
        "its trace, read": await timed(lambda: bench.ask(f"/cases/{case}/trace", KOMMUN), times),
    }


def show(found: dict[str, Any]) -> None:
    """The figures, for people."""
    for name, figure in found.items():
        if isinstance(figure, dict) and "p95_ms" in figure:
            late = "  OVER" if figure["p95_ms"] > TARGET_MS else ""
            print(f"{name:60} p50 {figure['p50_ms']:8.1f} ms   p95 {figure['p95_ms']:8.1f} ms{late}")
        else:
            print(f"{name:60} {figure}")


async def main() -> dict[str, Any]:
    """Fills and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=60)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-views-"))
    found: dict[str, Any] = {"cases": wanted.cases, "cores": os.cpu_count(), "load_before": os.getloadavg()[0]}
    try:
        with Postgres(folder / "postgres") as postgres:
            url = postgres.create_database("views")
            await migrate(url)
            hub = Hub(Settings(database_url=url, kafka_bootstrap="127.0.0.1:1"))
            hub._directory = directory()
            await directories.apply(hub.store, hub.directory())
            running = asyncio.create_task(hub.intake.run())
            bench = Bench(hub)
            found |= await long_case(bench, wanted.messages, wanted.times)
            found["fill_s"] = round(await bench.fill(wanted.cases), 1)
            postgres.run("DROP TABLE made, dated, units", "views")
            postgres.run("VACUUM (ANALYZE) cases, participation, message", "views")
            postgres.run("CHECKPOINT", "views")
            found["database_mb"] = int(postgres.run("SELECT pg_database_size('views') / 1048576", "views"))
            found |= await lists(bench, wanted.times)
            hub.intake.stop()
            await running
            await hub.store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["load_after"] = os.getloadavg()[0]
    return found


if __name__ == "__main__":
    figures = asyncio.run(main())
    show(figures)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, ensure_ascii=False, indent=1))
