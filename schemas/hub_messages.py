"""The bodies of the hub's own messages (messages.md §3): answers of registers, and deadlines. Imports the parts only."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from schemas.identity_types import KnownHsa, KnownPerson, Kommunkod, Lanskod
from schemas.parts import Code, Line, Part

AddressingOutcome = Literal[
    "listed",
    "listed_in_another_region",
    "only_in_queue",
    "unlisted",
    "region_unknown",
    "protected",
    "not_found",
    "deceased",
    "reserve_number",
    "lookup_unavailable",
    "receiver_not_connected",
    "by_hand",
]
"""law-and-lookups §4. Every outcome but the first two and the last puts the case into the manual queue. ``receiver_not_connected``: the
person is listed, but the health centre or its municipality is not connected to the hub. ``by_hand``: the hub's operations has chosen
the units, since the registers could not.
"""


class Adressering(Part):
    """``adressering``: who was found for the person, or which outcome of law-and-lookups §4."""

    outcome: AddressingOutcome
    health_centre: KnownHsa | None = None
    municipality: Kommunkod | None = None
    municipality_unit: KnownHsa | None = None
    county: Lanskod | None = None
    name: Line | None = None
    address: Line | None = None
    why: tuple[Line, ...] = ()
    """One short sentence per register asked, for the live view and the timeline; nothing personal."""


VerificationOutcome = Literal["verified", "unknown", "no_befattning", "role_not_given", "not_licensed"]


class Verifiering(Part):
    """``verifiering``: what HSA said of a person whom ``unit`` named, or who acted for it in ``role`` (C-3, C-22)."""

    unit: KnownHsa
    actor: KnownHsa
    role: Code
    """The role that was verified; ``legitimerad`` for a licence (C-22), ``personal`` where any befattning suffices (V-7)."""
    outcome: VerificationOutcome
    concerns: Literal["actor", "responsible_physician", "decided_by", "fast_vardkontakt", "samordningsansvarig"] = (
        "actor"
    )
    """Why the person was verified: acted, was named as responsible physician (V-9, V-12, V-13) or as fast vardkontakt (V-7), or
    made a menprovning (C-22)."""


News = Literal["protected", "deceased", "moved", "new_number", "dubbelt_arende"]


class Folkbokforing(Part):
    """``folkbokforing``: what the population register says now of the person in an open case (C-62, C-63).

    Only what is needed: with ``protected`` nothing of where the person lives. ``dubbelt_arende``: by a changed personnummer the
    person turns out to have another open case of the process, where one is allowed (S-1). Both go on; those who coordinate
    them find the other by a search and end one.
    """

    news: News
    personnummer: KnownPerson | None = None
    """With ``new_number``: the person's present number. With ``dubbelt_arende``: the number that the person had in the other case."""
    name: Line | None = None
    address: Line | None = None
    """With ``moved``: the new address."""
    municipality: Kommunkod | None = None


DeadlineName = Literal[
    "inskrivning_sen",
    "kvittens_forsenad",
    "kallelse_sip",
    "utan_fast_vardkontakt",
    "utskriven_utan_fast_vardkontakt",
    "samtycke_upphor",
    "svar_forsenat",
    "svara_senast",
    "initiativ_obesvarat",
    "plan_forsenad",
    "delmal_saknas",
    "kalla_uppfoljning",
    "uppfoljning_dags",
    "uppfoljning_arlig",
    "utvardering_dags",
]


class Frist(Part):
    """``frist``: a deadline has passed (D-9), told once to those concerned.

    ``inskrivning_sen``: no admission notice within 24 h of the admission (2:3); ``kvittens_forsenad``: ``step`` still
    awaits ``units``; ``kallelse_sip``: the call to SIP is due (4:3); ``utan_fast_vardkontakt``: discharge is near and
    none is named (2:5); ``utskriven_utan_fast_vardkontakt``: the person went home without one (V-18);
    ``samtycke_upphor``: the consent's last day has passed (C-23). In SIP (sip-messages.md §6) ``svar_forsenat``,
    ``svara_senast`` and ``initiativ_obesvarat``: ``step`` still awaits the answer of ``units``; ``plan_forsenad``: the plan is
    not approved; ``delmal_saknas``: a unit has written no sub-goal; ``kalla_uppfoljning``: it is time to call to the follow-up;
    ``uppfoljning_dags``, ``uppfoljning_arlig``, ``utvardering_dags``: the day of the follow-up or the evaluation has come.
    """

    name: DeadlineName
    due: datetime
    step: Code | None = None
    of: Line | None = None
    """What the deadline is about, where the case has several: the id of a meeting, the address of an element, or the kind of a
    consent."""
    message: Line | None = None
    """The id of the message whose kvittens or answer is late."""
    units: tuple[KnownHsa, ...] = ()
