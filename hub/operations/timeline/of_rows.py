"""The entries of the outbox: queued, each attempt with its answer, sent, acknowledged, read, why it waits; and how each notice stands.
Imports the store, the registers' words and the language only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from hub.operations import register_words
from hub.operations.concern import Said
from hub.operations.timeline.entry import HUB, REGISTERS, Place, TimelineEntry, of_system
from hub.store import in_hand
from hub.store.outbox import LOOKUPS
from hub.store.timeline import Row, StoredHistory
from hub.store.why_waiting import Why, of_row
from schemas.swedish_time import clock_with_zone

_KINDS: Final = {
    "notice": "underrättelse",
    "receipt": "kvitto",
    "announcement": "anslag",
    "lookup": "uppslag",
    "case": "eget meddelande",
}
_CONCERNS: Final = {
    "actor": ("den som agerade", "who acted"),
    "responsible_physician": ("den ansvariga läkaren", "the responsible physician"),
    "decided_by": ("den som beslutade", "who decided"),
    "fast_vardkontakt": ("den fasta vårdkontakten", "the care contact"),
    "samordningsansvarig": ("den samordningsansvariga", "the coordinator"),
}
"""Whom a question about staff concerns → in words; nobody is named."""
_APPLICATION: Final = "fhir:ok"
"""The answer of a receiving application, and not of its transport alone."""


@dataclass(frozen=True, slots=True)
class _Of:
    """A row with how it is called."""

    row: Row
    sv: str
    en: str
    lane: str

    def entry(self, at: datetime, kind: str, sv: str = "", en: str = "", **more: Any) -> TimelineEntry:
        """An entry of the row; ``sv`` and ``en``: what follows its name."""
        row = self.row
        return TimelineEntry(
            at=at,
            lane=more.pop("lane", self.lane),
            kind=kind,
            sv=self.sv + sv,
            en=self.en + en,
            message=row["message"],
            case=row["case_id"],
            sequence=row["sequence"],
            system=row["system"],
            units=tuple(row["told"].get("to", ())) if row["kind"] == "notice" else (),
            row=row["id"],
            **more,
        )


def _called(row: Row) -> _Of:
    number = f" #{row['sequence']}" if row["sequence"] else ""
    sv, en = _KINDS[row["kind"]], row["kind"]
    if row["kind"] == "lookup":
        asks_sv, asks_en = _asks(row["told"])
        to_sv, to_en, lane = "registren", "the registers", REGISTERS
        sv, en = f"{sv} ({asks_sv})", f"{en} ({asks_en})"
    else:
        to_sv = to_en = row["system"]
        lane = HUB if row["kind"] == "case" else of_system(row["system"])
    if row["system"] in LOOKUPS:
        to_sv, to_en = "registren", "the registers"
    return _Of(
        row, f"{sv} om {row['message']}{number} till {to_sv}", f"{en} of {row['message']}{number} to {to_en}", lane
    )


def _asks(told: Mapping[str, Any]) -> tuple[str, str]:
    """What a look-up asks the registers, without naming anybody."""
    if told["question"] != "verifiering":
        return str(told["question"]), str(told["question"])
    sv, en = _CONCERNS[told.get("concerns", "actor")]
    role = told.get("role")
    return (
        f"verifiering av {sv}{f' som {role}' if role else ''}, enhet {told['unit']}",
        f"verifiering of {en}{f' as {role}' if role else ''}, unit {told['unit']}",
    )


def entries(history: StoredHistory, skipped: Mapping[str, datetime], now: datetime) -> Iterator[TimelineEntry]:
    """What is known of each row; ``skipped``: row or unit → when operations gave it up. What waits, waits ``now``."""
    told_again = {one["outbox_id"] for one in history.replayed}
    for row in history.rows:
        yield from _of_row(history, row, skipped, told_again, now)
    yield from _before_replays(history)


def _of_row(
    history: StoredHistory, row: Row, skipped: Mapping[str, datetime], told_again: Collection[int], now: datetime
) -> Iterator[TimelineEntry]:
    of = _called(row)
    if row["kind"] == "notice":
        to = ", ".join(row["told"].get("to", ()))
        awaits = row["told"].get("awaits") or {}
        asked = ", ".join(f"{act} av {unit}" for unit, act in awaits.items())
        asked_en = ", ".join(f"{act} of {unit}" for unit, act in awaits.items())
        yield of.entry(
            row["accepted_at"],
            "queued",
            f" för {to}" + (f", inväntar {asked}" if asked else ""),
            f" for {to}" + (f", awaits {asked_en}" if asked else ""),
        )
    else:
        yield of.entry(row["accepted_at"], "asked" if row["kind"] == "lookup" else "written")
    failed = [(datetime.fromisoformat(at), answer) for at, answer in row["failures"] or ()]
    for at, answer in failed:
        said = _said(row, answer)
        yield of.entry(at, "tried", f": {said.sv}", f": {said.en}", answer=answer)
    ended = failed[-1][0] if failed else row["due_at"]
    if row["state"] == "sent":
        is_as_first_told = row["id"] not in told_again and row["kind"] != "lookup"
        yield from _sent(of, row, _late(row, len(failed)) if is_as_first_told else ("", ""))
    elif row["state"] in {"dead", "skipped"}:
        if row["state"] == "dead" or str(row["id"]) in skipped:
            said = _said(row, str(row["answer"]))
            yield of.entry(
                ended,
                "dead",
                f": {said.sv} efter {row['attempts']} försök (rad {row['id']})",
                f": {said.en} after {row['attempts']} attempts (row {row['id']})",
                answer=row["answer"],
            )
        if row["state"] == "skipped":
            at = skipped.get(str(row["id"])) or skipped.get(row["system"].removeprefix("unit:")) or ended
            yield of.entry(at, "skipped")
    else:
        if (fetched := history.fetched.get(row["id"])) is not None:
            yield of.entry(fetched.first_at, "fetched")
        why = why_waits(history, row)
        yield of.entry(now, "waits", f": {why.sv} (rad {row['id']})", f": {why.en} (row {row['id']})", lane=HUB)


def _said(row: Row, answer: str) -> Said:
    """An answer as people read it: of a register in words, of a receiver as it was."""
    return register_words.answer(answer) if row["kind"] == "lookup" else Said(answer, answer)


def why_waits(history: StoredHistory, row: Row) -> Why:
    """Why a row that waits is not sent, or not acknowledged."""
    fetched = history.fetched.get(row["id"])
    if fetched is None or row["behind"]:
        why = of_row(row, history.firsts, history.known)
        return register_words.in_why(why, row["answer"]) if row["kind"] == "lookup" else why
    until = clock_with_zone(fetched.until)
    return Why(
        f"hämtad {fetched.times} gånger, inte kvitterad, i en läsares händer till {until}",
        f"fetched {fetched.times} times, not acknowledged, in a reader's hands until {until}",
    )


def _before_replays(history: StoredHistory) -> Iterator[TimelineEntry]:
    """How rows had been sent, and read, before a replay sent them again."""
    rows = {row["id"]: row for row in history.rows}
    for one in history.replayed:
        before, row = one["before"] or {}, rows[one["outbox_id"]]
        if before.get("state") != "sent":
            continue
        sent_at = datetime.fromisoformat(before["sent_at"])
        if sent_at == row["sent_at"]:
            continue
        first_tried = before["first_tried_at"] and datetime.fromisoformat(before["first_tried_at"])
        former = {**row, "sent_at": sent_at, "first_tried_at": first_tried, "answer": before["answer"]}
        of = _called(former)
        yield from _sent(
            _Of(
                former, f"{of.sv}, före omsändning {one['replay']}", f"{of.en}, before replay {one['replay']}", of.lane
            ),
            former,
            ("", ""),
        )


def _parts(answer: str) -> tuple[str, datetime | None]:
    """How a sent row was answered, and when it was read, where the receiver has said so."""
    said, _, read_at = answer.partition(f"; {in_hand.READ} ")
    return said, datetime.fromisoformat(read_at) if read_at else None


_LATE: Final = timedelta(seconds=10)


def _late(row: Row, failed: int) -> tuple[str, str]:
    """That a row was sent long after it was written, and what is known of why, in both languages."""
    took = row["sent_at"] - row["accepted_at"]
    if took < _LATE:
        return "", ""
    seconds = round(took.total_seconds())
    if failed:
        why_sv, why_en = (
            f"{failed} försök hade misslyckats",
            f"{failed} {'attempt' if failed == 1 else 'attempts'} had failed",
        )
    else:
        why_sv = "den väntade på sin tur: mottagaren skonades, var pausad eller långsam, eller äldre i ärendet var före"
        why_en = (
            "it waited for its turn: its receiver was spared, paused or slow, or older ones of the case were before it"
        )
    return f", {seconds} s efter att den skrevs; {why_sv}", f", {seconds} s after it was written; {why_en}"


def _sent(of: _Of, row: Row, late: tuple[str, str]) -> Iterator[TimelineEntry]:
    """The entries of a row that was sent: by its way, or fetched and acknowledged; and when it was read."""
    answer, read_at = _parts(str(row["answer"]))
    if answer == in_hand.ACKNOWLEDGED:
        if row["first_tried_at"]:
            yield of.entry(row["first_tried_at"], "fetched")
        yield of.entry(row["sent_at"], "acknowledged", ": av mottagaren", ": by its receiver", answer=answer)
    elif row["kind"] == "lookup":
        said = _said(row, answer)
        yield of.entry(row["sent_at"], "answered", f": {said.sv}", f": {said.en}", answer=answer, outcome=answer)
    else:
        outcome = answer if row["kind"] == "case" else "late" if late[0] else None
        yield of.entry(
            row["sent_at"], "sent", f": {answer}{late[0]}", f": {answer}{late[1]}", answer=answer, outcome=outcome
        )
        if answer == _APPLICATION:
            yield of.entry(
                row["sent_at"],
                "acknowledged",
                ": av mottagarens system",
                ": by the receiving application",
                answer=answer,
            )
    if read_at is not None:
        yield of.entry(read_at, "read")


# --- how each notice stands -------------------------------------------------------------------------------------------


_ORDER: Final = ("dead", "waiting", "behind", "skipped", "sent")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one notice stands: the furthest that it has come."""

    row: int
    name: int
    """The number in its ``webhook-id``."""
    message: str
    case: str | None
    sequence: int | None
    system: str
    units: tuple[str, ...]
    state: str
    """kvittens · read · acknowledged · sent · waiting · behind · dead · skipped"""
    since: datetime
    by: tuple[str, ...]
    """The units whose kvittens it has."""
    awaits: Mapping[str, str]
    """unit → the act that was asked of it."""
    attempts: int
    answer: str | None
    why: Why | None
    """Why it waits."""
    next_try_at: datetime | None
    row_state: Literal["dead", "waiting", "behind", "skipped", "sent"]
    """How its row is, whatever was told of it before: what has a kvittens may wait, or be dead, when a replay tells it again."""

    @property
    def reached(self) -> bool:
        """It has reached its receiver, and is not to be told again."""
        return self.row_state == "sent"

    @property
    def place(self) -> Place:
        """Where it stands among the notices: first what is dead, then what waits for its turn, then what waits behind what is dead; last
        what has reached its receiver. Of the same the newest is first.
        """
        return _ORDER.index(self.row_state), -self.row


def standings(history: StoredHistory, kvittenser: Mapping[str, Mapping[str, datetime]]) -> list[Standing]:
    """Every notice of what was asked for, in their order; ``kvittenser``: message → unit → when it acknowledged it."""
    found = [
        _standing(history, row, kvittenser.get(row["message"], {})) for row in history.rows if row["kind"] == "notice"
    ]
    return sorted(found, key=lambda one: one.place)


def _standing(history: StoredHistory, row: Row, kvittenser: Mapping[str, datetime]) -> Standing:
    units = tuple(row["told"].get("to", ()))
    by = tuple(unit for unit in units if unit in kvittenser)
    answer, read_at = _parts(str(row["answer"])) if row["state"] == "sent" else (row["answer"], None)
    state, since = row["state"], row["sent_at"] or row["accepted_at"]
    if by:
        state, since = "kvittens", max(kvittenser[unit] for unit in by)
    elif read_at is not None:
        state, since = "read", read_at
    elif state == "sent" and answer in {in_hand.ACKNOWLEDGED, _APPLICATION}:
        state = "acknowledged"
    elif state == "waiting" and row["behind"]:
        state = "behind"
    waits = row["state"] == "waiting"
    why = why_waits(history, row) if waits else None
    return Standing(
        row["id"],
        row["known_as"],
        row["message"],
        row["case_id"],
        row["sequence"],
        row["system"],
        units,
        state,
        since,
        by,
        row["told"].get("awaits") or {},
        row["attempts"],
        answer,
        why,
        None if why is None else why.next_try,
        "behind" if row["state"] == "waiting" and row["behind"] else row["state"],
    )
