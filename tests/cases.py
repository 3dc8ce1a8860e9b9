"""A case of an SVU or a SIP from the facts that a test is about."""

from dataclasses import fields
from typing import Any

from hub.processes.engine.awaited import Awaited
from hub.processes.engine.case import Case, StandingConsent
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.state import SipState
from hub.processes.svu.state import SvuState

_STATE = {one.name for one in fields(SvuState)}
_SIP_STATE = {one.name for one in fields(SipState)}
_CONSENT = {one.name for one in fields(StandingConsent)}


def svu_case(id_: str = "case", **facts: Any) -> Case:
    """Core facts, facts of SVU's state and of its consent by name; a step with ``act`` and ``awaits`` awaits them."""
    state = SvuState(**{name: facts.pop(name) for name in [*facts] if name in _STATE})
    consent = {name: facts.pop(name) for name in [*facts] if name in _CONSENT}
    steps, awaited = {}, {}
    for name, step in facts.pop("steps", {}).items():
        steps[name] = {key: step.get(key, 1) for key in ("sequence", "source", "message", "at")}
        if step["act"] == "skriva":
            steps[name]["writing"] = True
        elif step["act"] is not None:
            by, at = list(step["awaits"]), step["at"]
            awaited[name] = Awaited(
                name, step["act"], by, "m", "s", step.get("sequence", 1), at, dict(step.get("done", {}))
            )
    consents = {"": StandingConsent(**consent)} if consent else {}
    return Case(id_, "svu", "mina_planer", state, steps=steps, awaited=awaited, consents=consents, **facts)


def sip_case(profile: str, id_: str = "case", **facts: Any) -> Case:
    """A known SIP with consent to everything; core facts and facts of SIP's state by name."""
    state = SipState(**{name: facts.pop(name) for name in [*facts] if name in _SIP_STATE})
    consents = {kind: StandingConsent("given") for kind in SIP_PROFILES[profile].consent_kinds}
    return Case(id_, "sip", profile, state, **{"published": True, "consents": consents, **facts})
