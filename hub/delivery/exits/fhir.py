"""Way out: the notice as a FHIR message to ``<base>/$process-message`` (delivery.md §3). Imports FHIR's answers, what an exit is given
and the exits over HTTP only.

A notice is acknowledged by the answer's ``MessageHeader.response`` (AA); by 202, with which FHIR says that the receiver has taken
the message into its custody and answers nobody; and by 204, that it has handled it and has no answer. A 200 without an answer to
this message proves nothing (a login page answers so) and is no acknowledgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from hub import clock
from hub.delivery.exits import answer_start
from hub.delivery.exits.http import Answered, HttpExit, by_status
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.translators import fhir
from hub.translators.retry_after import retry_after
from schemas.directory import System
from schemas.messages import RECEIPT_TYPE
from schemas.ways_out import FhirOut

_ANSWER_BYTES: Final = 256 * 1024
"""Bytes of an answer that are read; one of the hub's own has about 1 KB."""
_WITHOUT_ANSWER: Final = frozenset({202, 204})
"""The statuses that acknowledge without a body (FHIR, operation $process-message)."""


class FhirExit(HttpExit):
    """One call for each message."""

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Make one call; ``judged_answer`` says what its answer means. A receipt is never answered: its status counts."""
        assert isinstance(system.out, FhirOut)
        (outgoing,) = batch
        media_type = outgoing.encoded.media_type
        headers = [
            ("content-type", media_type),
            ("accept", media_type),
            ("authorization", f"Bearer {system.out.token}"),
        ]
        is_receipt = outgoing.encoded.attributes["type"] == RECEIPT_TYPE
        answered = await self.post(
            system,
            system.out.url,
            headers,
            outgoing.encoded.body,
            before_sending,
            answer_bytes=None if is_receipt else _ANSWER_BYTES,
        )
        if isinstance(answered, AttemptOutcome):
            return answered
        now = clock.now()
        return (
            by_status(answered, now) if is_receipt else judged_answer(answered, outgoing.encoded.attributes["id"], now)
        )


def judged_answer(answered: Answered, message_id: str, now: datetime) -> AttemptOutcome:
    """What an answer to the message of that id means (D-6): AA, AR or AE where it has one; else its status."""
    outcome = by_status(answered, now)
    again = retry_after(answered.headers.get(b"retry-after"), now)
    answer = None if answered.packed or not answered.whole else fhir.read_answer(answered.body, message_id)
    if answer is not None and outcome.result != "gone" and (outcome.result == "ok" or answer.code != "ok"):
        said = answer_start.start_of(answer.said.encode())
        code = f"fhir:{answer.code}"
        match answer.code:
            case "ok":
                return AttemptOutcome("ok", code)
            case "transient-error":
                return AttemptOutcome("retry", code, again, said)
            case "fatal-error":
                return AttemptOutcome("dead", code, said=said)
    if outcome.result != "ok" or answered.status in _WITHOUT_ANSWER:
        return outcome
    if not answered.whole:
        return AttemptOutcome("retry", f"{outcome.answer}, and its answer is cut or too long")
    said = "" if answered.packed else answer_start.start_of(answered.body)
    return replace(outcome, result="receiver", answer=f"{outcome.answer} without an answer to this message", said=said)
