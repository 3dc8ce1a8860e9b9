"""One SIP of the demo: its plan and its outcome. Imports the table, what all played cases share and the store's live view."""

from __future__ import annotations

from dataclasses import dataclass

from hub.sandbox.played import Played, Trail
from hub.sandbox.sip_table import SipPlan
from hub.store.live_view import CaseView


@dataclass(slots=True, kw_only=True)
class Sip(Played):
    """One initiativ and its SIP."""

    plan: SipPlan
    partner: str | None = None
    """The unit that the opener plans with; None where the registers name it."""
    linked: bool = False
    """It is about a person in a stay."""

    @property
    def reference(self) -> str:
        return f"sip-{self.number}"

    @property
    def is_begun(self) -> bool:
        return self.view is not None and self.view.addressing is not None

    def happened(self, trail: Trail) -> list[str]:
        """What befell the SIP, in a few words each."""
        found = sorted(trail.shown)
        if self.plan.crossing:
            found.insert(0, "crossing regions")
        if "koppling" in trail.told:
            found.append("told of its stay")
        return found + [f"frist {name}" for name in sorted(trail.frister)]

    def fate_of_refused(self) -> str:
        """Refused by the registers, or by another rule."""
        return "closed by register" if self.rule in {"C-62", "C-63"} else "SIP refused"

    def fate_of_ended(self, view: CaseView, trail: Trail) -> str | None:
        """The outcome once the case is closed and nothing is awaited."""
        if trail.pending or view.status == "open":
            return None
        if view.status == "refused":
            return self.closed_by_register(view)
        if trail.acts["aterkallelse"]:
            return "SIP revoked"
        if trail.acts["avliden"] or trail.news == "deceased":
            return "SIP deceased"
        return "SIP consent refused" if view.status == "revoked" else "SIP ended"
