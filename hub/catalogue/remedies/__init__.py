"""What only a person can write of each error: its cause, what to do, who must act; of what is no rule also what it means. Imports its rooms.

What errors of a kind have in common stands once (``families``), and each says what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.catalogue.remedies.common import COMMON, DELIVERY_RULES
from hub.catalogue.remedies.delivery import DELIVERY
from hub.catalogue.remedies.discharge import DISCHARGE
from hub.catalogue.remedies.families import BUNDLE, EXPLAINS, IDENTITY
from hub.catalogue.remedies.operations import OPERATIONS
from hub.catalogue.remedies.plans import PLAN, PLANS, REGIONS, REGIONS_IN_DETAIL
from hub.catalogue.remedies.registers import REGISTER
from hub.catalogue.remedies.technical import TECHNICAL
from hub.catalogue.remedies.waiting import HELD, MANUAL, PARTITION
from hub.catalogue.remedies.warnings import WARNING
from hub.catalogue.remedy import Reason, Remedy

RULES: Final[Mapping[str, Remedy]] = (
    COMMON | DISCHARGE | PLANS | PLAN | REGIONS | REGIONS_IN_DETAIL | DELIVERY_RULES | TECHNICAL | OPERATIONS
)
"""Rule or technical reason that refuses → what is done about it."""
REASONS: Final[Mapping[str, Mapping[str, Reason]]] = {
    "held": HELD,
    "manual": MANUAL,
    "delivery": DELIVERY,
    "register": REGISTER,
    "partition": PARTITION,
    "warning": WARNING,
}
"""Kind → reason → what it means and what is done about it."""

__all__ = [
    "BUNDLE",
    "DELIVERY",
    "EXPLAINS",
    "HELD",
    "IDENTITY",
    "MANUAL",
    "PARTITION",
    "REASONS",
    "REGISTER",
    "RULES",
    "WARNING",
]
