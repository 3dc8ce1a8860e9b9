"""How the steps of a process are read, version by version (C-50), and the fields of its documents, writing by writing
(C-51). Pure; imports the record only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.record import Act, ShownMessage, words
from schemas.directory import Directory
from schemas.envelope import Message


@dataclass(frozen=True, slots=True)
class ContentVersion:
    """One version of a step's content; a ``draft`` is seen by the party that wrote it alone (C-52)."""

    number: int
    act: Act
    draft: bool


class StepContents:
    """The contents of a process; in this one every message that writes a step says the whole step anew."""

    documents: tuple[str, ...] = ()
    """The documents that are written field by field, as the address of a field's history names them; each begins with
    the name of its step."""

    def makes_version(self, step: str, act: Act, case: Case) -> bool:
        """Whether a message that may write the step made a version of it."""
        del step, act, case
        return True

    def is_draft(self, step: str, *, published: bool) -> bool:
        """Whether a version is a draft; ``published``: the step had been taken when it was written, or just was."""
        del step, published
        return False

    def current(self, step: str, found: Sequence[ContentVersion], case: Case) -> int:
        """The number of the version that stands."""
        del step, case
        return found[-1].number

    def needed(self, step: str, found: Sequence[ContentVersion]) -> set[int]:
        """The numbers of the messages in which the words of the last of these versions stand."""
        del step
        return {found[-1].act.sequence}

    def shown(
        self,
        step: str,
        found: Sequence[ContentVersion],
        messages: Mapping[int, ShownMessage],
        directory: Directory,
        case: Case,
    ) -> Any:
        """What the step held at the last of these versions."""
        del step, directory, case
        return words(messages[found[-1].act.sequence].message.data)

    def written(
        self,
        fields: Mapping[str, tuple[int, int]],
        document: str,
        messages: Mapping[int, ShownMessage],
        directory: Directory,
    ) -> dict[str, Any]:
        """Field → its words, version and writer; ``fields`` holds (version, sequence) of the last writing of each."""
        return {
            name: {
                "value": self.value_of(messages[sequence].message, document, name),
                "version": version,
                "sequence": sequence,
                "by": messages[sequence].by(directory),
            }
            for name, (version, sequence) in fields.items()
            if sequence in messages
        }

    def writings(self, acts: Sequence[Act], document: str, name: str) -> list[int]:
        """The numbers of the messages that wrote a field of a document, in order."""
        del acts, document, name
        return []

    def value_of(self, message: Message, document: str, name: str) -> Any:
        """What a message wrote in a field of a document."""
        del message, document, name
