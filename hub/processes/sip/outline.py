"""What the guards and colours of a SIP look at (``Process.outline``, ``Process.position``). Pure; imports the case only."""

from __future__ import annotations

from hub.processes.engine.case import Case
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.state import coordinating_unit, sip, standing_meetings


def outline(case: Case) -> tuple[object, ...]:
    """Everything of a SIP's state that its guards look at, but for what is one unit's."""
    own = sip(case)
    return (
        own.state,
        own.sent,
        own.version > SIP_PROFILES[case.profile].first_version,
        any(True for _ in standing_meetings(case)),
        any(one.get("caller") not in case.participants for _, one in standing_meetings(case)),
        bool(own.coordinator),
        bool(own.last_valid),
        own.unsigned == 0,
        bool(own.living.get("anteckning")),
        "huvudmal" in own.plan,
        case.deceased,
        *[(name, one.get("status")) for name, one in own.documents.items()],
        *[(kind, consent.registered_until is not None) for kind, consent in case.consents.items()],
    )


def position(case: Case, unit: str) -> tuple[object, ...]:
    """What a unit is in the case: opener, coordinator's, asked, called, caller, leader, convener, holder of a lock."""
    own = sip(case)
    standing = [one for _, one in standing_meetings(case)]
    return (
        coordinating_unit(case) == unit,
        own.asked.get(unit),
        any(one.get("caller") == unit and not one.get("recalled") for one in own.meetings.values()),
        any(unit in one.get("receivers", {}) for one in standing),
        any(
            row.get("role") == "motesledare" and row.get("unit") == unit
            for one in standing
            for row in one.get("participants", ())
        ),
        any((one.get("convener") or {"unit": one.get("caller")})["unit"] == unit for one in standing),
        *[one.get("unit") == unit for one in own.documents.values()],
        any(by == unit for _, _, by in own.documents.get("kartlaggning", {}).get("fields", {}).values()),
    )
