"""Faults of the hub's answers: one that is lost, and a hub that is busy. Imports the fault."""

from __future__ import annotations

from collections.abc import Iterator

from hub.intake.arrival import Arrival
from hub.kit.faults.acts import Acts
from hub.kit.faults.fault import Ask, Instead, KitFault, Means
from hub.kit.record import Finding
from schemas.messages import Receipt

_NOT_OVER_HTTP = "it sent no message over HTTP, where alone this fault is made"


class Lost(KitFault):
    """The first message that was taken gets no answer: the connection breaks."""

    name = "lost"
    expected_again = "sends a message again with the same id when the answer did not come"
    expected_once = "gives the same act no other id when the answer did not come"

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._acts = Acts()
        self._key: str | None = None
        """Of the message whose answer is lost."""
        self._again = False

    def answer(self, ask: Ask) -> Instead | None:
        """Sees whether the message comes again."""
        self._again |= ask.key == self._key
        return super().answer(ask)

    def after(self, ask: Ask, status: int) -> Instead | None:
        """Breaks the connection once, after the message has been taken."""
        if self._key is not None or not 200 <= status < 300:
            return None
        self._key = ask.key
        return Instead(None)

    def taken(self, arrival: Arrival, receipt: Receipt) -> Receipt:
        """Looks whether the same act comes under another id."""
        if self._acts.is_again(arrival, receipt):
            name = arrival.message.name if arrival.message else "a message"
            self.wrong(
                self.expected_once, f"{name} came again under another id: the id belongs to the act, not to the call"
            )
        return super().taken(arrival, receipt)

    def findings(self) -> Iterator[Finding]:
        """One of the repeat, one of the id."""
        yield from super().findings()
        if self._key is None:
            yield self.found(self.expected_again, "not_tried", _NOT_OVER_HTTP)
            yield self.found(self.expected_once, "not_tried", _NOT_OVER_HTTP)
            return
        if self._again:
            yield self.found(self.expected_again, "ok")
        else:
            reason = "it did not come again: without an answer nobody knows whether the hub has it, so send it again until one comes"
            yield self.found(self.expected_again, "wrong", reason)
        if not self._told:
            yield self.found(self.expected_once, "ok")


class Busy(KitFault):
    """The first message is answered 429, the next call 503, both with Retry-After."""

    name = "busy"
    _STATUSES = (429, 503)
    _RETRY_AFTER_S = 2

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self._waiting: dict[str, tuple[int, float]] = {}
        """Message → (status it was answered, when it may come again)."""
        self._given: list[int] = []
        self._came: dict[int, str] = {}
        """Status → what was wrong when the message came again; empty where nothing was."""

    def answer(self, ask: Ask) -> Instead | None:
        """Judges a message that comes again; sends the first calls away."""
        waited = self._waiting.pop(ask.key, None)
        if waited is not None:
            status, until = waited
            too_early = f"it came again before the {self._RETRY_AFTER_S} s of Retry-After were over"
            self._came[status] = too_early if ask.at < until else ""
        if len(self._given) == len(self._STATUSES):
            return None
        status = self._STATUSES[len(self._given)]
        self._given.append(status)
        self._waiting[ask.key] = (status, self.means.monotonic() + self._RETRY_AFTER_S)
        return Instead(status, self._RETRY_AFTER_S)

    def findings(self) -> Iterator[Finding]:
        """One of each status."""
        yield from super().findings()
        for status in self._STATUSES:
            expected = (
                f"waits as long as Retry-After says after {status}, and sends the same message again with the same id"
            )
            if status not in self._given:
                yield self.found(
                    expected, "not_tried", _NOT_OVER_HTTP if not self._given else "it sent no second message over HTTP"
                )
            elif status not in self._came:
                yield self.found(
                    expected, "wrong", f"the message that was answered {status} never came again with its id"
                )
            else:
                reason = self._came[status]
                yield self.found(expected, "wrong" if reason else "ok", reason)
