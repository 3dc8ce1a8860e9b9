"""A stored message as it is shown, and the versions of a step (C-50 to C-52). Pure; imports the formats, the processes and the
language only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.contents import ContentVersion
from hub.processes.engine.process import process_of_case
from hub.processes.engine.record import Act, ShownMessage, may_know
from hub.processes.shared import disclosure
from hub.store.inbox import InboxRow, events_of
from hub.translators import formats
from schemas.directory import Directory


def shown_messages(rows: Iterable[InboxRow], case: Case, unit: str) -> dict[int, ShownMessage]:
    """Sequence → each stored message as it is shown to a unit, without those that are kept from it."""
    return {
        row.sequence or 0: ShownMessage(
            row.sequence or 0, disclosure.shown(formats.read_stored(row), case), row.received_at
        )
        for row in rows
        if may_know(unit, events_of(row))
    }


def versions(step: str, acts: Sequence[Act], case: Case) -> list[ContentVersion]:
    """All versions of a step in order, numbered from 1. Everybody sees the same numbers, but for versions that are kept from
    other units: those count for their unit alone.
    """
    contents, names = process_of_case(case).contents, writers(step, case)
    found: list[ContentVersion] = []
    published = False
    for act in acts:
        if act.name not in names or not contents.makes_version(step, act, case):
            continue
        published = published or any(name == "stepped" and facts["step"] == step for name, facts in act.events)
        draft = act.kept_to is not None or contents.is_draft(step, published=published)
        found.append(ContentVersion(len(found) + 1, act, draft))
    return found


def writers(step: str, case: Case) -> Collection[str]:
    """The messages that write a step of the case; empty when the case has no such step."""
    return process_of_case(case).step_messages.get(step, ())


def version(
    step: str,
    found: Sequence[ContentVersion],
    number: int,
    case: Case,
    messages: Mapping[int, ShownMessage],
    directory: Directory,
) -> dict[str, Any]:
    """One version as it is shown, marked when it is an earlier one and naming the one that stands (C-50)."""
    contents = process_of_case(case).contents
    this, stands = found[number - 1], contents.current(step, found, case)
    content = contents.shown(step, found[:number], messages, directory, case)
    return {**line(step, this, stands, messages[this.act.sequence], directory), "content": content}


def line(step: str, this: ContentVersion, stands: int, own: ShownMessage, directory: Directory) -> dict[str, Any]:
    """One version in the list of versions."""
    return {
        "step": step,
        "version": this.number,
        "earlier": this.number != stands,
        "current": stands,
        "draft": this.draft,
        "message": this.act.name,
        "sequence": this.act.sequence,
        "by": own.by(directory),
    }
