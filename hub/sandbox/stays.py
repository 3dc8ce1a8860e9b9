"""One stay of the demo: its plan and its outcome. Imports the stay plans, what all played cases share and the store's live view."""

from __future__ import annotations

from dataclasses import dataclass

from hub.sandbox.played import Played, Trail
from hub.sandbox.stay_plan import StayPlan
from hub.store.live_view import CaseView


@dataclass(slots=True, kw_only=True)
class Stay(Played):
    """One admission and its stay."""

    plan: StayPlan
    manual: bool = False
    """The case was in the manual queue."""

    @property
    def reference(self) -> str:
        return f"vk-{self.number}"

    @property
    def is_begun(self) -> bool:
        return self.view is not None and self.view.addressing is not None

    @property
    def found_all(self) -> bool:
        """Whether the registers named a health centre and a municipality that are connected."""
        return self.view is not None and (self.view.addressing or {}).get("outcome") == "listed"

    def happened(self, trail: Trail) -> list[str]:
        """The events of a stay, in a word or two each."""
        found = [text for name, text in _TOLD_OF.items() if trail.acts[name]]
        if self.plan.consent == "menprovning" and trail.acts:
            found.append("menprövning")
        if trail.acts["svu.sip_stallning"] > 1:
            found.append("no to SIP, then yes")
        if trail.acts["svu.klarmarkering"] > 1:
            found.append("edited and adjusted anew")
        if self.manual:
            found.append("somebody found by hand" if trail.acts["deltagare"] else "in the manual queue to the end")
        if "koppling" in trail.told:
            found.append("told of its SIP")
        return found + [f"frist {name}" for name in sorted(trail.frister)]

    def fate_of_refused(self) -> str:
        """Refused by the registers, or by another rule."""
        return "closed by register" if self.rule in {"C-62", "C-63"} else "refused"

    def fate_of_ended(self, view: CaseView, trail: Trail) -> str | None:
        """The outcome once the patient has left, or the registers have closed the case."""
        if "kvittens" in trail.pending.values():
            return None
        if view.status == "refused":
            return self.closed_by_register(view)
        if view.status != "discharged":
            return None
        if trail.news == "protected":
            self.rule = "C-62"
            return "protected"
        return "consent refused" if self.plan.consent == "refused" else "discharged"


_TOLD_OF = {
    "svu.beraknad_utskrivning": "new date",
    "svu.utskrivningsklar_avbruten": "interrupted",
    "svu.utskrivning_angrad": "discharge undone",
    "deltagare": "unit added",
}
