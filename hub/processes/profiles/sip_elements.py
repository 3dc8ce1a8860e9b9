"""The elements of the plan per region (P-9, sip-messages.md §4). Imports nothing of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ElementKind:
    """A kind of element in a region."""

    required: tuple[str, ...] = ()
    """Needed at the gate of the plan."""
    optional: tuple[str, ...] = ()
    parent: str | None = None
    """The kind under which it stands; None: it stands in the plan itself."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """Field → the list of codes that it takes (``SipProfile.codes``)."""
    responsible_is_a_unit: bool = False
    """Its responsible is a participating unit, never the person or an outsider."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that it may hold."""
        return (*self.required, *self.optional)


ELEMENTS: Mapping[str, Mapping[str, ElementKind]] = MappingProxyType(
    {
        "mina_planer": {
            "plan": ElementKind(
                ("situation", "huvudmal", "date", "time", "reason"),
                ("risk_assessment", "risk_actions", "relapse_signs", "support_needs"),
            ),
            "deltagare": ElementKind((), ("unit", "relation", "name", "phone")),
            "delmal": ElementKind(("text", "responsible"), responsible_is_a_unit=True),
            "aktivitet": ElementKind(
                ("name",),
                ("description", "follow_up", "follow_up_date", "follow_up_responsible", "status"),
                "delmal",
                {"status": "status"},
            ),
        },
        "prator": {
            "plan": ElementKind(
                ("background", "date", "evaluation_date"),
                ("situation", "situation_by"),
                codes={"situation_by": "situation_by"},
            ),
            "mal": ElementKind(("definition", "long_term", "responsible"), ("strengths", "obstacles")),
            "aktivitet": ElementKind(
                ("heading", "description", "responsible"),
                ("completion_date", "follow_up", "status"),
                "mal",
                {"status": "status"},
            ),
        },
        "samsa": {
            "plan": ElementKind(
                ("kind", "purpose"),
                ("need_found_by", "questions"),
                codes={"kind": "opening", "need_found_by": "initiator"},
            ),
            "delmal": ElementKind(("text",), ("responsible", "completion_date")),
        },
        "lifecare": {
            "plan": ElementKind(("huvudmal",), ("follow_up_date", "delivery"), codes={"delivery": "delivery"}),
            "delmal": ElementKind(
                ("area", "text"), ("completion_date", "attainment"), codes={"area": "area", "attainment": "attainment"}
            ),
            "insats": ElementKind(
                ("text", "responsible"),
                ("completion_date", "shared", "follow_up", "outcome"),
                "delmal",
                {"outcome": "outcome"},
            ),
        },
        "cosmic_link": {
            "plan": ElementKind((), ("follow_up_date",)),
            "anteckning": ElementKind(("template",), codes={"template": "template"}),
        },
    }
)
"""Region's profile → kind → what it holds."""
