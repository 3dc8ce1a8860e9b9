"""Reads everything that a batch is about, under the locks of its cases. Imports the translators, the rules and the store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from uuid_utils import uuid7

from hub.intake.arrival import Arrival, is_case_id
from hub.intake.holds import Holds
from hub.intake.loaded import Loaded
from hub.intake.stored import person_named, ref_of
from hub.processes.engine.order import may_precede_its_message, replaced
from hub.processes.engine.process import Process, process_of_case, sharing_consent, standing
from hub.processes.engine.record import kept_to
from hub.processes.engine.rule import Rule
from hub.processes.registry import PROCESSES, process_of, rule_of
from hub.shards import Begins
from hub.store import cases, edits, first_look, held, inbox
from hub.store.inbox import Connection
from hub.translators import formats
from schemas.envelope import Message

Readable = Sequence[tuple[Arrival, Message]]


async def load(
    connection: Connection, arrivals: Sequence[Arrival], new_id: Callable[[], str], begins: Begins
) -> Loaded:
    """What the arrivals are about; their cases stay locked until the transaction ends. ``new_id``: draws the ids of new cases;
    ``begins``: told the first id of the outbox rows that may be written (``hub.shards``).

    The cases are locked first and all else is read after, so that it shows what other hubs have done to them. The case of
    a held message is locked even when the message is to be refused: others may be joining the queue behind it.
    """
    readable = [(a, a.message) for a in arrivals if a.message is not None and (a.refused is None or a.was_held)]
    loaded = Loaded()
    persons = await _lock_persons(connection, readable)
    await _lock_cases(connection, loaded, readable, new_id)
    if persons:
        loaded.open_cases = await cases.open_of(connection, persons)
    await _look(connection, loaded, arrivals, readable, begins)
    await _read_earlier(connection, loaded, readable)
    await _read_elements(connection, loaded, readable)
    await _read_linkable(connection, loaded, readable)
    return loaded


async def _lock_persons(connection: Connection, readable: Readable) -> set[tuple[str, str]]:
    """Locks the persons whose other open cases a rule looks at, and those whose number may change in a process that
    allows one open case per person: (process, personnummer), under every number that the person has and had.

    They are locked before the cases, by all hubs in one order, so that of two that open a case of the same person at
    once one sees the other's.
    """
    looking = [
        message for _, message in readable if _may_look(message.name, tuple(PROCESSES)) and _looks_at_persons(message)
    ]
    if not looking:
        return set()
    known = await cases.persons(connection, {message.subject for message in looking if is_case_id(message.subject)})
    persons: set[tuple[str, str]] = set()
    for message in looking:
        process, numbers = known.get(message.subject, (process_of(message.name, None).name, []))
        new = person_named(message) or getattr(message.data, "personnummer", None)
        persons.update((process, number) for number in (*numbers, new) if number)
    await cases.lock_persons(connection, persons)
    return persons


def _looks_at_persons(message: Message) -> bool:
    """Whether it is decided under a lock on its person, in any process that has such a message."""
    return any(_looks(process, rule) for process in PROCESSES.values() for rule, _, _ in process.parts(message))


@lru_cache(maxsize=4096)  # asked of every message, and nearly none does
def _may_look(name: str, registered: tuple[str, ...]) -> bool:
    """Whether a message of this name, or one that it may carry inside, ever is. ``registered``: the processes' names."""
    rules = [(PROCESSES[one], PROCESSES[one].rule(name)) for one in registered]
    carried = [(process, process.rule(inner)) for process, rule in rules if rule is not None for inner in rule.embeds]
    return any(rule is not None and _looks(process, rule) for process, rule in (*rules, *carried))


def _looks(process: Process, rule: Rule) -> bool:
    return rule.looks_at_others or (rule.is_news_of_the_person and process.one_open_per_person is not None)


async def _lock_cases(connection: Connection, loaded: Loaded, readable: Readable, new_id: Callable[[], str]) -> None:
    refs = {ref for arrival, message in readable if (ref := ref_of(arrival, message)) is not None}
    loaded.ids = await cases.by_ref(connection, refs)
    give_new_ids(loaded, refs, new_id)
    subjects = {message.subject for _, message in readable if is_case_id(message.subject)}
    loaded.cases = await cases.lock(connection, subjects | set(loaded.ids.values()))


def give_new_ids(loaded: Loaded, refs: Iterable[cases.Ref], new_id: Callable[[], str] = lambda: str(uuid7())) -> None:
    """Draws an id for each case that the batch may open, so that ``handle`` itself draws none."""
    for ref in refs:
        if ref not in loaded.ids and ref not in loaded.new_ids:
            loaded.new_ids[ref] = new_id()


async def _look(
    connection: Connection, loaded: Loaded, arrivals: Sequence[Arrival], readable: Readable, begins: Begins
) -> None:
    """D-2: the messages and the envelopes that have come before, and whether a message that is to be revoked has come. C-62: whether
    any hub has had news of the patients, since what this hub remembers of them may be older. D-4: what is held in the queues.
    """
    keys = {arrival.key for arrival in arrivals}
    for arrival, message in readable:
        rule = rule_of(message.name, loaded.case_of(arrival, message))
        if rule is not None and may_precede_its_message(rule) and message.data.message:  # type: ignore[attr-defined]
            keys.add((message.source, message.data.message))  # type: ignore[attr-defined]
    envelopes = {arrival.envelope for arrival, _ in readable if arrival.envelope is not None}
    patients = (getattr(message.data, "patient", None) for _, message in readable)
    loaded.news_read_for = {patient.personnummer for patient in patients if patient is not None}
    loaded.news_read_for |= {
        case.person["personnummer"] for case in loaded.cases.values() if case.addressed is None and case.person
    }
    queues = {key for arrival in arrivals for key in loaded.queue_keys(arrival) if key is not None}
    found = await first_look.look(connection, keys, envelopes, loaded.news_read_for, queues)
    begins(found.first_id)
    loaded.first_id, loaded.news = found.first_id, found.news
    loaded.seen, loaded.envelopes = found.seen, found.envelopes
    loaded.holds = Holds(await held.queues(connection, queues) if found.queues else ())
    await _digest_anew(connection, loaded, arrivals)


async def _digest_anew(connection: Connection, loaded: Loaded, arrivals: Sequence[Arrival]) -> None:
    """An earlier hub may have taken the digest of the bytes, or of an older canonical form. Where the digest differs, the stored message
    is read again and gets the digest of today.
    """
    new = [a for a in arrivals if a.message is not None and not (a.was_held or a.is_own)]
    differ = {a.key for a in new if a.key in loaded.seen and loaded.seen[a.key][0] != a.digest}
    stored = await edits.as_they_came(connection, await inbox.load(connection, list(differ))) if differ else {}
    for key, row in stored.items():
        with contextlib.suppress(Exception):  # a message that cannot be read any more cannot be compared
            loaded.seen[key] = (formats.digest(formats.read_stored(row)), loaded.seen[key][1])


async def _read_earlier(connection: Connection, loaded: Loaded, readable: Readable) -> None:
    """The messages that stand in the cases to which units may come, or whose units may be shown more: those units are
    told them (C-10, C-13). And in a held message's case those that it must not undo (D-4).
    """
    wanted: set[tuple[str, int]] = set()
    for arrival, message in readable:
        case = loaded.case_of(arrival, message)
        if case is None:
            continue
        process = process_of_case(case)
        rule = process.rule(message.name)
        if rule is not None and (
            rule.brings_units_in or (rule.carries_consent and sharing_consent(case).shared_until is not None)
        ):
            wanted.update((case.id, sequence) for sequence in standing(case))
        if arrival.was_held:
            wanted.update((case.id, sequence) for sequence in replaced(process, message, case))
    for (case_id, sequence), row in (await inbox.at(connection, sorted(wanted))).items():
        loaded.earlier.setdefault(case_id, {})[sequence] = formats.read_stored(row)
        loaded.sizes[case_id, sequence] = len(row.raw)
        if kept_to(inbox.events_of(row)) is not None:
            loaded.kept.add((case_id, sequence))


async def _read_linkable(connection: Connection, loaded: Loaded, readable: Readable) -> None:
    """The cases with which messages may link theirs: those named, and the person's open ones of every process."""
    ids: set[str] = set()
    persons: set[str] = set()
    for arrival, message in readable:
        case = loaded.case_of(arrival, message)
        for rule, data, _ in process_of(message.name, case).parts(message):
            ids.update(id_ for id_ in rule.names_cases(data) if is_case_id(id_))
            if rule.links_cases:
                named = person_named(message)
                persons.update(() if case is None else case.numbers)
                persons.update(() if named is None else (named,))
    if ids or persons:
        loaded.linkable = {one.id: one for one in await cases.linkable(connection, ids, persons)}


async def _read_elements(connection: Connection, loaded: Loaded, readable: Readable) -> None:
    """The elements that the messages touch, in the cases that have any (C-40, C-41)."""
    wanted: set[tuple[str, str]] = set()
    for arrival, message in readable:
        case = loaded.case_of(arrival, message)
        if case is not None and case.counts:
            parts = process_of_case(case).parts(message)
            wanted.update((case.id, address) for rule, data, _ in parts for address in rule.addresses(case, data))
    for case_id, element in await cases.elements(connection, sorted(wanted)) if wanted else ():
        loaded.cases[case_id].elements[element.address] = element
