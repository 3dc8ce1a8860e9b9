"""How the regions differ in SIP, as contracts/profiles.md tells it: each row P-1 to P-22 of processes.md §4 as a sentence made from a
region's row of answers. Pure; imports the engine and the profiles only.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.processes.engine.diagram import ProfileAnswer, ProfileQuestion
from hub.processes.profiles.sip import SipProfile
from hub.processes.sip.who import named

_SILENT = ProfileAnswer("nothing of its own", "silent")


def _none(instead: str = "") -> ProfileAnswer:
    return ProfileAnswer(instead, "none")


def _rule(*parts: str) -> ProfileAnswer:
    return ProfileAnswer("; ".join(part for part in parts if part))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _fields(profile: SipProfile, message: str) -> str:
    """The fields of a message in the region, those that the body itself requires among the required ones."""
    cells = profile.cells.get(message, {})
    required = [name for name, cell in cells.items() if cell == "R" and not name.endswith((".id", "edits"))]
    optional = [name for name, cell in cells.items() if cell == "o"]
    said = [f"requires {_listed(required)}"] if required else []
    said += [f"may say {_listed(optional)}"] if optional else []
    return f"`{message}` " + (", ".join(said) or "without fields")


def _by(profile: SipProfile, message: str) -> str:
    who = [
        "a participating unit" if code == "participant" and not profile.receivers_answer else named(code)
        for code in sorted(profile.senders[message])
    ]
    return f"by {' or '.join(who)}"


_KNOWN = {
    "consent": "others learn of it with consent or menprovning",
    "initiativ": "its receivers learn of it when it is sent",
    "sent": "others learn of it when the plan or a call is sent",
    "call": "others learn of it with the first call",
}


def _begins(profile: SipProfile) -> ProfileAnswer:
    return _rule(
        _fields(profile, "sip.initiativ"),
        "not sent without consent" if profile.consent_to_send else "",
        f"{len(profile.consent_kinds)} consents: {_listed(profile.consent_kinds)}" if profile.consent_kinds[0] else "",
        _KNOWN[profile.known_from],
    )


def _answered(profile: SipProfile) -> ProfileAnswer:
    if not profile.receivers_answer:
        return _none()
    return _rule(f"accept or decline before anything else: {_fields(profile, 'sip.svar')}")


def _awaited(profile: SipProfile) -> ProfileAnswer:
    default = "unless marked `false`" if profile.kvittera_default else "where marked `true`"
    words = {
        "all": "kvittens of all other participants",
        "asked": f"kvittens of the receivers, {default}",
        "nobody": "nothing",
        "answers": "an answer of all that are called",
    }
    return _rule(words[profile.call_awaits])


def _receivers(profile: SipProfile) -> ProfileAnswer:
    words = {
        "adds": "the hub adds those whom the registers name",
        "suggests": "the hub suggests to the opener whom the registers name, and adds nobody",
        "person": "the sender; the registers are asked about the person alone",
    }
    naming = [m for m in ("sip.initiativ", "sip.kallelse") if "receivers" in profile.cells[m]]
    return _rule(words[profile.addressing], f"named in {_listed(naming)}" if naming else "")


def _assessment(profile: SipProfile) -> ProfileAnswer:
    if not profile.has("sip.kartlaggning"):
        return _none()
    headings = dict.fromkeys(code.partition(".")[0] for code in sorted(profile.codes["assessment"]))
    return _rule(
        _by(profile, "sip.kartlaggning"),
        f"headings {_listed(headings)}",
        "locked while one unit writes, signed, locked by the coordinator's unit" if profile.locks_documents else "",
    )


def _call(profile: SipProfile) -> ProfileAnswer:
    return _rule(
        f"kinds {_listed(sorted(profile.codes['call']))} {_by(profile, 'sip.kallelse')}",
        _fields(profile, "sip.kallelse"),
        f"changed {_by(profile, 'sip.kallelse_andrad')}: {_fields(profile, 'sip.kallelse_andrad')}",
    )


def _call_answered(profile: SipProfile) -> ProfileAnswer:
    if not profile.has("sip.kallelsesvar"):
        return _none("a kvittens alone" if profile.call_awaits in {"all", "asked"} else "")
    return _rule(f"{_by(profile, 'sip.kallelsesvar')}: {_fields(profile, 'sip.kallelsesvar')}")


def _attended(profile: SipProfile) -> ProfileAnswer:
    if not profile.has("sip.mote"):
        return _none("who took part stands in the plan, as `deltagare`")
    return _rule(f"{_by(profile, 'sip.mote')}: {_fields(profile, 'sip.mote')}")


def _content(profile: SipProfile) -> ProfileAnswer:
    kinds = []
    for name, kind in profile.elements.items():
        said = [f"requires {_listed(kind.required)}"] if kind.required else []
        said += [f"may say {_listed(kind.optional)}"] if kind.optional else []
        under = f" under `{kind.parent}`" if kind.parent else ""
        kinds.append(f"`{name}`{under} {', '.join(said)}")
    return _rule(*kinds, "each note is signed by its author" if profile.signs_notes else "")


def _valid(profile: SipProfile) -> ProfileAnswer:
    words = {
        "units": "`sip.godkannande_start`, then every participating unit approves",
        "person": "the person or the representative approves, then `sip.upprattande` "
        + ("by the unit of the meeting's convener" if profile.has("sip.upprattande") else ""),
        "coordinator": "every note is signed, then the coordinator's unit approves with the person",
    }
    if profile.approved_by in words:
        return _rule(words[profile.approved_by])
    if profile.locks_documents:
        return _rule("signed by who saved it, then locked by the coordinator's unit")
    return _none(f"`{profile.ongoing_from}` by itself" if profile.ongoing_from else "")


def _next_version(profile: SipProfile) -> ProfileAnswer:
    if profile.has("sip.uppdatering"):
        return _rule(
            f"{_by(profile, 'sip.uppdatering')}: {_fields(profile, 'sip.uppdatering')}",
            "all living elements are carried over" if profile.carries_over else "begins empty",
        )
    if profile.has("sip.upprattande"):
        return _rule("`sip.upprattande` of kind `uppfoljd`, as the first time")
    return _none("the plan goes on as one version")


def _followed_up(profile: SipProfile) -> ProfileAnswer:
    if not profile.has("sip.uppfoljning"):
        return _none("in the next version")
    return _rule(f"{_by(profile, 'sip.uppfoljning')}: {_fields(profile, 'sip.uppfoljning')}")


def _evaluated(profile: SipProfile) -> ProfileAnswer:
    if not profile.has("sip.utvardering"):
        return _none()
    return _rule(f"{_by(profile, 'sip.utvardering')}: {_fields(profile, 'sip.utvardering')}", "signed and locked")


def _ends(profile: SipProfile) -> ProfileAnswer:
    who = "by the registered coordinator in person" if profile.coordinator_ends else _by(profile, "sip.avslut")
    return _rule(f"{who}: {_fields(profile, 'sip.avslut')}")


def _consent_lost(profile: SipProfile) -> ProfileAnswer:
    if profile.consent_ends:
        of = ", ".join(f" to `{kind}`" for kind in sorted(profile.consent_ends) if kind)
        return _rule(f"the SIP ends when the consent{of} is withdrawn")
    return _rule("only a new samtycke, kvittens, leaving, printing and the end are accepted")


def _death(profile: SipProfile) -> ProfileAnswer:
    if profile.death_ends:
        return _rule("one that a participant registers ends the SIP")
    if "what" in profile.cells["sip.avslut"]:
        return _rule("the coordinator's unit ends the case by hand, in any state")
    return _SILENT


def _shown_at_1177(profile: SipProfile) -> ProfileAnswer:
    if "show_1177" in profile.cells.get("sip.godkannande", {}):
        return _rule("the approval says whether it is shown, and why not")
    if "delivery" in profile.elements["plan"].fields:
        return _rule("an ongoing SIP, without its ended and unshared parts; `delivery` says how the person is served")
    return _SILENT


def _undone(profile: SipProfile) -> ProfileAnswer:
    if profile.has("sip.aterstallning"):
        return _rule(f"{_by(profile, 'sip.aterstallning')}: {_fields(profile, 'sip.aterstallning')}")
    return _rule("a document is unlocked") if profile.locks_documents else _none()


def _reported(profile: SipProfile) -> ProfileAnswer:
    if profile.reminder is None:
        return _none()
    return _rule(f"the notice of a held physical meeting reminds the region's units of `{profile.reminder}`")


def _told(profile: SipProfile) -> ProfileAnswer:
    return _rule(f"a notice of each act, and the colours of {_listed(profile.steps)}")


def _coordinates(profile: SipProfile) -> ProfileAnswer:
    first = "the opener's unit until another is named" if profile.coordinator_from_opening else ""
    if profile.coordinator_is_the_caller:
        first = "who is named at the opening, then the first caller"
    return _rule(
        first,
        f"`change` {_listed(sorted(profile.coordinator_changes))} {_by(profile, 'sip.samordningsansvarig')}",
        "the person" if profile.coordinator_in_person else "any person of the unit",
    )


def _informed(profile: SipProfile) -> ProfileAnswer:
    if profile.information_before_consent:
        return _rule("yes")
    return _rule("no; it may be registered") if profile.information_is_registered else _none()


DIFFERENCES = (
    ProfileQuestion("P-1", "how a SIP begins", _begins),
    ProfileQuestion("P-2", "what receivers answer to the beginning", _answered),
    ProfileQuestion("P-3", "what a call awaits", _awaited),
    ProfileQuestion("P-4", "who chooses receivers", _receivers),
    ProfileQuestion("P-5", "the assessment", _assessment),
    ProfileQuestion("P-6", "the call", _call),
    ProfileQuestion("P-7", "the answer to a call", _call_answered),
    ProfileQuestion("P-8", "who attended", _attended),
    ProfileQuestion("P-9", "what the plan holds", _content),
    ProfileQuestion("P-10", "how the plan becomes valid", _valid),
    ProfileQuestion("P-11", "the next version", _next_version),
    ProfileQuestion("P-12", "the follow-up", _followed_up),
    ProfileQuestion("P-13", "the evaluation before the end", _evaluated),
    ProfileQuestion("P-14", "who ends it", _ends),
    ProfileQuestion("P-15", "a consent that is withdrawn or has expired", _consent_lost),
    ProfileQuestion("P-16", "a death", _death),
    ProfileQuestion("P-17", "what the person is shown at 1177", _shown_at_1177),
    ProfileQuestion("P-18", "a wrong ending undone", _undone),
    ProfileQuestion("P-19", "a code to report", _reported),
    ProfileQuestion("P-20", "how a unit learns of news", _told),
    ProfileQuestion("P-21", "the coordinator", _coordinates),
    ProfileQuestion("P-22", "information needed before consent", _informed),
)
"""In the order of processes.md §4."""
