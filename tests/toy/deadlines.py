"""The toy's deadlines: of what is awaited, of a meeting, of a part, of each kind of consent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.processes.engine.case import Case
from hub.processes.engine.rule import Context
from schemas.agreement import Agreement


def deadlines(case: Case, agreement: Agreement) -> dict[str, datetime]:
    """None once the case has ended; each once."""
    if case.status != "open":
        return {}
    found = {}
    for key, one in case.awaited.items():
        since = datetime.fromisoformat(one.since)
        if one.by:
            found[f"kvittens_forsenad/{key}"] = since + timedelta(hours=agreement.kvittens_hours)
        found[f"uppfoljning_dags/{key.partition('/')[2]}"] = since + timedelta(days=7)
    for address in case.state.due_goals:
        found[f"uppfoljning_dags/{address}"] = datetime.fromisoformat(case.state.due_goals[address])
    for kind, consent in case.consents.items():
        if consent.until is not None:
            until = datetime.fromisoformat(consent.until).replace(tzinfo=UTC)
            found[f"samtycke_upphor/{kind}"] = until + timedelta(days=1)
    return {key: at for key, at in found.items() if case.fired.get(key) != at.isoformat()}


def concerned(case: Case, _: str) -> list[str]:
    return list(case.participants)


def passed(s: Context, key: str) -> None:
    """Without the consent to the plan the case ends."""
    if key == "samtycke_upphor/sip":
        s.emit("toy_ended")
