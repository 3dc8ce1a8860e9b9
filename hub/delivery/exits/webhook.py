"""Way out: a CloudEvent, or a FHIR Bundle alone, over HTTP, signed by the Standard Webhooks scheme (delivery.md §3). Imports what an
exit is given and the exits over HTTP only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from standardwebhooks import Webhook

from hub import clock
from hub.delivery.exits.addresses import Allowed
from hub.delivery.exits.http import HttpExit, by_status
from hub.delivery.outgoing import AttemptOutcome, BeforeSending, Outgoing
from hub.translators import native
from schemas.directory import System
from schemas.ways_out import WebhookOut


class WebhookExit(HttpExit):
    """One call for each notice, receipt and announcement; its answer counts by its status."""

    def __init__(self, allows: Allowed, now: Callable[[], datetime] = clock.now) -> None:
        """``now``: the time that is signed."""
        super().__init__(allows)
        self._now = now

    async def send(self, system: System, batch: Sequence[Outgoing], before_sending: BeforeSending) -> AttemptOutcome:
        """Make one call; ``http.judged`` says what its status means."""
        assert isinstance(system.out, WebhookOut)
        (outgoing,) = batch
        body, media_type = carried(system.out, outgoing)
        now = self._now()
        try:
            signatures = [Webhook(s).sign(outgoing.id, now, body.decode()) for s in system.out.secrets]
        except ValueError:
            return AttemptOutcome("receiver", "secret-cannot-be-used")
        headers = [
            ("content-type", media_type),
            ("webhook-id", outgoing.id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", " ".join(signatures)),
        ]
        answered = await self.post(system, system.out.url, headers, body, before_sending)
        return answered if isinstance(answered, AttemptOutcome) else by_status(answered, now)


def carried(out: WebhookOut, outgoing: Outgoing) -> tuple[bytes, str]:
    """(body, its media type): the Bundle alone, which says everything itself, or the event around the content."""
    if out.body == "bundle":
        return outgoing.encoded.body, outgoing.encoded.media_type
    return native.structured(outgoing.encoded.attributes, outgoing.encoded.body), native.STRUCTURED
