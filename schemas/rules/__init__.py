"""What each rule says, in Swedish and English: the one source of contracts/rules.md and of the ``title`` of a refusal.
Imports nothing.

A rule is named by its id (``V-4``), a technical reason by its code (``not-json``). The ids are those of the specification's
chapters: C common, V SVU, S SIP, P where the regions differ, E the plan as a document, PR, SA, LC and CL one region's details,
D delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.rules.common import COMMON
from schemas.rules.delivery import DELIVERY
from schemas.rules.plan import PLAN
from schemas.rules.regions import REGIONS
from schemas.rules.regions_in_detail import REGIONS_IN_DETAIL
from schemas.rules.rule_text import RuleText
from schemas.rules.sip import SIP
from schemas.rules.svu import SVU
from schemas.rules.technical import TECHNICAL

__all__ = ["RULES", "RuleText"]

RULES: Final[Mapping[str, RuleText]] = COMMON | SVU | SIP | PLAN | REGIONS | REGIONS_IN_DETAIL | DELIVERY | TECHNICAL
"""Rule id or technical reason → what it says."""
