"""What operations should see to first, of all that is seen: one function for each kind of thing. Pure; imports the
registers' words and the language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from hub.operations.concern import Concern, Rows, Said, Severity, late_rows, rows, worst_first
from hub.operations.deadline_words import passed
from hub.operations.register_words import QUESTIONS, called, fault
from hub.operations.seen import Seen
from hub.operations.standing import HubStanding
from hub.roles import DOES, ROLES, Role

_LATE: Final = timedelta(minutes=15)
"""A notice that has waited so long is to be seen to, as the alert ``HubReceiverBehind`` has it; one that is late by less is to be known."""
_HELD: Final = timedelta(hours=1)
_HELD_MANY: Final = 100
_MANUAL_MANY: Final = 25
_PAUSED: Final = timedelta(hours=4)
_LOOKUP: Final = timedelta(hours=1)
_SPARED: Final = timedelta(minutes=1)
_HUBS: Final = rows("hubs")


def first(seen: Seen) -> list[Concern]:
    """Everything to see to, worst first; of many of one kind a few, and the rest together."""
    return worst_first(
        [*_hubs(seen), *_deadlines(seen), *_systems(seen), *_waiting(seen), *_registers(seen), *_ways_in(seen)]
    )


_NOT_DONE: Final[dict[Role, str]] = {
    "intake": "det som systemen skriver till Kafka läses inte",
    "delivery": "inga underrättelser sänds",
    "addressing": "inget register tillfrågas",
    "deadlines": "passerade frister berättas inte, och det som hålls prövas inte på nytt",
    "http": "inga meddelanden tas emot över HTTP",
}


def _so_many(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _hubs(seen: Seen) -> Iterator[Concern]:
    if not any(one.state != "silent" for one in seen.hubs):
        text = Said("Ingen process av hubben är igång.", "No process of the hub is running.")
        yield Concern("no-hub", "urgent", max((one.last_said for one in seen.hubs), default=None), text, 1, None, _HUBS)
        return
    for role in seen.missing_roles:
        had = [one.last_said for one in seen.hubs if one.state == "silent" and role.role in one.roles]
        sv, en = DOES[role.role]
        text = Said(
            f"Ingen process {sv}: {_NOT_DONE[role.role]}. Starta en: {_start([role.role])}.",
            f"No running process {en}: {role.not_done}. Start one: {_start([role.role])}.",
        )
        yield Concern("role-missing", "urgent", max(had, default=None), text, 1, None, _HUBS)
    for hub in seen.hubs:
        if hub.state == "silent":
            yield _silent(seen, hub)
        elif hub.state == "not ready":
            text = Said(
                f"Processen {hub.hub} är inte redo: {', '.join(hub.faults)}.",
                f"The process {hub.hub} is not ready: {', '.join(hub.faults)}.",
            )
            yield Concern("hub-not-ready", "urgent", None, text, 1, None, _HUBS)


def _silent(seen: Seen, hub: HubStanding) -> Concern:
    if hub.replaced:
        text = Said(
            f"Processen {hub.hub} har tystnat. De andra har tagit över det den gjorde, och inget väntar på den.",
            f"The process {hub.hub} has fallen silent. The others have taken over what it did, and nothing waits for it.",
        )
        return Concern("hub-replaced", "note", hub.last_said, text, 1, None, _HUBS)
    lost = [one.role for one in seen.missing_roles if one.role in hub.roles]
    sv, en = [], []
    if hub.shards:
        sv.append(f"den har kvar {_so_many(hub.shards, 'ärendegrupp', 'ärendegrupper')}")
        en.append(f"it still has {_so_many(hub.shards, 'shard', 'shards')}")
    if lost:
        sv.append(f"ingen annan {', '.join(DOES[one][0] for one in lost)}")
        en.append(f"no other {', '.join(DOES[one][1] for one in lost)}")
    start = _start(hub.roles)
    text = Said(
        f"Processen {hub.hub} har tystnat: {', och '.join(sv)}. Avsluta den om den ännu finns, och starta en ny: {start}.",
        f"The process {hub.hub} has fallen silent: {', and '.join(en)}. End it if it is still there, and start another: {start}.",
    )
    return Concern("hub-silent", "soon", hub.last_said, text, 1, None, _HUBS)


def _start(roles: Sequence[str]) -> str:
    """How a process with these roles is started."""
    return "hub run" if ROLES.issubset(roles) or not roles else f"hub run --role {','.join(sorted(roles))}"


def _deadlines(seen: Seen) -> Iterator[Concern]:
    for one in seen.overdue:
        means = passed(one.name)
        text = Said(
            f"{_so_many(one.count, 'passerad frist', 'passerade frister')} har inte berättats för någon: {means.sv}.",
            f"{_so_many(one.count, 'deadline has', 'deadlines have')} passed, and nobody was told: {means.en}.",
        )
        yield Concern("deadline-untold", "urgent", one.since, text, one.count, None, rows("deadlines", name=one.name))


def _systems(seen: Seen) -> Iterator[Concern]:
    for id_ in seen.systems:
        yield from of_system(seen, id_)


def of_system(seen: Seen, id_: str) -> Iterator[Concern]:
    """What to see to of one system."""
    one = seen.systems[id_]
    name = seen.directory.system_by_id[id_].name

    def concern(
        kind: str,
        severity: Severity,
        since: object,
        sv: str,
        en: str,
        count: int = 1,
        where: Rows = rows(f"systems/{id_}"),  # noqa: B008 - of this system
    ) -> Concern:
        return Concern(kind, severity, since, Said(sv, en), count, id_, where)  # type: ignore[arg-type]

    if one.dead:
        sv = _so_many(one.dead, "underrättelse är död", "underrättelser är döda")
        en = _so_many(one.dead, "notice is dead", "notices are dead")
        yield concern(
            "dead", "urgent", one.dead_since, f"{name}: {sv}, och det som följer i ärendet väntar.",
            f"{name}: {en}, and what follows in the case waits.", one.dead, rows("dead", system=id_),
        )  # fmt: skip
    if one.paused is not None:
        by = one.paused.by or "okänd"
        yield concern(
            "paused", "soon" if seen.at - one.paused.since > _PAUSED else "note", one.paused.since,
            f"{name} är pausat av {by}: {one.paused.reason or 'utan skäl i spåret'}. {one.waiting} väntar.",
            f"{name} is paused by {one.paused.by or 'nobody that the trail names'}: {one.paused.reason or 'no reason in the trail'}."
            f" {one.waiting} wait.", one.waiting,
        )  # fmt: skip
    elif one.breaker != "closed":
        long = one.breaker_since is None or seen.at - one.breaker_since > _SPARED
        yield concern(
            "breaker", "soon" if long else "note", one.breaker_since,
            f"{name} svarar inte som det ska ({one.last_answer or 'inget svar'}) och skonas. {one.waiting} väntar.",
            f"{name} keeps failing ({one.last_answer or 'no answer'}) and is spared. {one.waiting} wait.", one.waiting,
        )  # fmt: skip
    elif one.oldest is not None and seen.is_late(id_):
        yield concern(
            "late", "soon" if seen.at - one.oldest > _LATE else "note", one.oldest,
            f"{name} är sent: den äldsta av {one.waiting} underrättelser väntar ännu.",
            f"{name} is late: the oldest of {one.waiting} notices still waits.", one.waiting,
        )  # fmt: skip
    if (silent := seen.silences.get(id_)) is not None:
        usual = round(silent.expected)
        yield concern(
            "silent",
            "soon",
            silent.since,
            f"{name} har tystnat: {silent.heard} meddelanden kom när {usual} var att vänta.",
            f"{name} has fallen silent: {silent.heard} messages came where {usual} were to be expected.",
        )
    counts = seen.hour.get(id_, {})
    if seen.refuses_many(id_):
        refused, received = counts.get("refused", 0), counts.get("received", 0)
        yield concern(
            "refused", "soon", None, f"{name}: {refused} av {received} meddelanden har avvisats den senaste timmen.",
            f"{name}: {refused} of {received} messages were refused within the hour.", refused,
        )  # fmt: skip
    if seen.is_slow(id_):
        sent = counts.get("sent", 0)
        late, rows_of_late = sent - counts.get("on_time", 0), late_rows(seen.hour_since, id_)
        yield concern(
            "slow", "note", None, f"{name}: {late} av {sent} underrättelser kom fram för sent den senaste timmen.",
            f"{name}: {late} of {sent} notices were delivered late within the hour.", late, rows_of_late,
        )  # fmt: skip


def _waiting(seen: Seen) -> Iterator[Concern]:
    held, since, manual = seen.glance.held, seen.glance.held_since, seen.glance.manual
    if held:
        old = since is not None and seen.at - since > _HELD
        severity: Severity = "urgent" if held > _HELD_MANY else "soon" if old else "note"
        text = Said(
            f"{_so_many(held, 'meddelande', 'meddelanden')} hålls kvar.",
            f"{_so_many(held, 'message is', 'messages are')} held.",
        )
        yield Concern("held", severity, since, text, held, None, rows("held"))
    if manual:
        text = Said(
            f"{_so_many(manual, 'ärende', 'ärenden')} väntar på att någon väljer mottagare.",
            f"{_so_many(manual, 'case waits', 'cases wait')} for someone to choose the receivers.",
        )
        yield Concern(
            "manual",
            "soon" if manual > _MANUAL_MANY else "note",
            seen.glance.manual_since,
            text,
            manual,
            None,
            rows("manual-queue"),
        )
    for unit, count in seen.unserved.items():
        known = seen.directory.unit_by_hsa.get(unit)
        name = unit if known is None else known.name
        text = Said(
            f"{_so_many(count, 'underrättelse', 'underrättelser')} väntar på {name}, som inget system betjänar.",
            f"{_so_many(count, 'notice waits', 'notices wait')} for {name}, which no system serves.",
        )
        yield Concern("unserved", "soon", None, text, count, None, rows("unserved"))
    for replay in seen.replays:
        if replay.state == "stopped":
            text = Said(
                f"Omsändning {replay.id} till {replay.system} stannade av sig själv: {replay.failed} av de första misslyckades.",
                f"Replay {replay.id} to {replay.system} stopped by itself: {replay.failed} of the first failed.",
            )
            yield Concern(
                "replay-stopped",
                "soon",
                replay.ended_at,
                text,
                replay.failed,
                replay.system,
                rows(f"replays/{replay.id}"),
            )


def _registers(seen: Seen) -> Iterator[Concern]:
    found = seen.registers
    if found.set is False:
        text = Said(
            "Inga register är inställda: varje ärende adresseras för hand.",
            "No registers are set: every case is addressed by hand.",
        )
        yield Concern("no-registers", "note", None, text, 1, None, rows("registers"))
    for name, one in found.contracts.items():
        if one.is_down(seen.at):
            refuses, named, why = one.refuses, called(name), fault(one.reason or "")
            text = Said(
                f"Registret ”{named.sv}” {'nekar oss' if refuses else 'svarar inte'}: {why.sv}.",
                f"The register “{named.en}” {'refuses us' if refuses else 'does not answer'}: {why.en}.",
            )
            yield Concern("register", "soon", one.failing_since, text, 1, None, rows("registers"))
    for name, waiting in found.waiting.items():
        if waiting.oldest is not None and seen.at - waiting.oldest > _LOOKUP:
            text = Said(
                f"{_so_many(waiting.count, 'fråga', 'frågor')} till registren väntar ({QUESTIONS[name].sv}); lagens 24 timmar löper.",
                f"{_so_many(waiting.count, 'look-up waits', 'look-ups wait')} ({QUESTIONS[name].en}); the law's 24 hours run on.",
            )
            yield Concern(
                "lookups", "urgent", waiting.oldest, text, waiting.count, None, rows("registers/waiting", queue=name)
            )


def _ways_in(seen: Seen) -> Iterator[Concern]:
    for one in seen.incidents:
        if one.lost:
            text = Said(
                f"Poster i {one.topic} försvann innan de lästes ({one.reason}).",
                f"Records of {one.topic} went before they were read ({one.reason}).",
            )
        else:
            text = Said(
                f"{one.topic} väntar vid en post som inte kan läsas ({one.reason}).",
                f"{one.topic} waits at a record that cannot be read ({one.reason}).",
            )
        kind = "records-lost" if one.lost else "topic-waits"
        where = rows("partitions", lost="true" if one.lost else "false")
        yield Concern(kind, "urgent", one.since, text, 1, None, where)
