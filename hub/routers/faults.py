"""The fault of a record that cannot be read, in a word, and how many records it concerns. Imports aiokafka's errors only."""

from __future__ import annotations

from aiokafka.errors import (
    CorruptRecordException,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)


def reason_of(error: Exception) -> str:
    """A short word for the fault of a record, never the error's text (D-10)."""
    for kind, word in _REASONS.items():
        if isinstance(error, kind):
            return word
    return f"error:{type(error).__name__}"


_REASONS: dict[type[Exception], str] = {
    UnsupportedCodecError: "codec-not-installed",
    CorruptRecordException: "corrupt",
    UnicodeDecodeError: "header-not-utf8",
    RecordTooLargeError: "too-large",
    TopicAuthorizationFailedError: "not-authorised",
}


def end_of_batch(error: Exception) -> int | None:
    """The offset after the producer's batch that aiokafka could not read: operations passes the whole batch. None where
    aiokafka does not show it.
    """
    step = error.__traceback__
    while step is not None:
        if (batch := step.tb_frame.f_locals.get("next_batch")) is not None:
            end = getattr(batch, "next_offset", None)
            return end if isinstance(end, int) else None
        step = step.tb_next
    return None
