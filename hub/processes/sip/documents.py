"""What a SIP has to print, under its region's labels, and which of it is final (sip-messages.md §8, C-55). Pure; imports the engine, the
profiles and the printed parts only.

A document is made of the case as its unit is shown it (``whole``), with the plan's version that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.documents import Content, Names, PrintedDocument, PrintedPart, moment
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.printed_calls import assessment, call, call_parts, consents, heading_of, meeting_asked_for
from hub.processes.sip.printed_plan import comparison, evaluation, follow_up, plan
from hub.processes.sip.printed_values import Part, label
from hub.processes.sip.state import is_locked, sip
from schemas.words import word


def _whole_case(content: Content, names: Names) -> Part:
    """SA-7: everything of the case, for the person."""
    history = tuple(
        (moment(one["at"], names), f"{word(one['state'])}, version {one['version']}") for one in content["states"]
    )
    return (
        PrintedPart("SIP-historik", history),
        *consents(content, names)[:-1],
        *(part for one in content["meetings"] if one["state"] != "saved" for part in call_parts(one, content, names)),
        *plan(content, names),
    )


def _titled(document: str) -> Callable[[Content], str]:
    return lambda content: label(content, document)


def _title_of_the_call(content: Content) -> str:
    return heading_of(meeting_asked_for(content) or {"kind": "ny"}, content)


def _is_locked(document: str) -> Callable[[Case, Content], bool]:
    return lambda case, _: is_locked(case, document)


def _plan_is_final(case: Case, content: Content) -> bool:
    """An archived version that became valid, or the current one while it is valid."""
    own, profile = sip(case), SIP_PROFILES[case.profile]
    version = content["plan"]["version"]
    if profile.locks_documents:
        return version != own.version or is_locked(case, "plan")
    if version != own.version:
        return True
    if case.status == "ended":
        return bool(own.last_valid.get("version") == version)
    return own.state in profile.final_in


def _call_is_final(_: Case, content: Content) -> bool:
    one = meeting_asked_for(content)
    return one is not None and one["state"] != "saved"


def _consent_is_registered(_: Case, content: Content) -> bool:
    return bool(content["samtycken"])


def _never(_: Case, __: Content) -> bool:
    return False


_UNLOCKED = Refused(
    "PR-11",
    "Dokumentet skrivs ut först när det är låst. Signera och lås det med sip.las.",
    "The document is printed once it is locked. Sign and lock it by sip.las.",
    "/document",
    409,
)


def _locked_only(document: str) -> Callable[[Case, Content], Refused | None]:
    """PR-11: where documents are locked, an unlocked one is not printed; an archived version of the plan was locked."""

    def refusal(case: Case, content: Content) -> Refused | None:
        if not SIP_PROFILES[case.profile].locks_documents:
            return None
        archived = document == "plan" and not content["plan"]["current"]
        return None if archived or is_locked(case, document) else _UNLOCKED

    return refusal


DOCUMENTS: Mapping[str, PrintedDocument] = {
    "samtycke": PrintedDocument(_titled("samtycke"), consents, _consent_is_registered, signatures=None),
    "kallelse": PrintedDocument(_title_of_the_call, call, _call_is_final, needs_plan=True, signatures=None),
    "kartlaggning": PrintedDocument(
        _titled("kartlaggning"),
        assessment,
        _is_locked("kartlaggning"),
        refusal=_locked_only("kartlaggning"),
        signatures=None,
    ),
    "plan": PrintedDocument(
        _titled("plan"), plan, _plan_is_final, needs_plan=True, refusal=_locked_only("plan"), signatures="Godkännande"
    ),
    "uppfoljning": PrintedDocument(
        _titled("uppfoljning"),
        follow_up,
        _is_locked("uppfoljning"),
        needs_plan=True,
        refusal=_locked_only("uppfoljning"),
        signatures=None,
    ),
    "utvardering": PrintedDocument(
        _titled("utvardering"),
        evaluation,
        _is_locked("utvardering"),
        needs_plan=True,
        refusal=_locked_only("utvardering"),
        signatures=None,
    ),
    "arende": PrintedDocument(_titled("arende"), _whole_case, _never, needs_plan=True, signatures=None),
    "jamforelse": PrintedDocument(_titled("jamforelse"), comparison, _never, compares=True, signatures=None),
}
