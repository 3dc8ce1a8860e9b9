"""How the steps of a SIP are read, version by version, and the fields of its documents, writing by writing (C-50, C-51). Pure; imports
the engine's record and the history of the plan only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.contents import ContentVersion, StepContents
from hub.processes.engine.record import Act, ShownMessage, words
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.sip.call import CALL_FIELDS, step_of
from hub.processes.sip.element_events import PLAN
from hub.processes.sip.events import EVENTS
from hub.processes.sip.lage import plan_of, shown_parts
from hub.processes.sip.plan_history import plan_history
from hub.processes.sip.state import SipState, sip
from schemas.directory import Directory
from schemas.envelope import Message

ASSESSMENT, EVALUATION = "kartlaggning", "utvardering"
_WRITES = {
    PLAN: frozenset({"edited", "version_closed"}),
    ASSESSMENT: frozenset({"wrote", "document_anew"}),
    EVALUATION: frozenset({"wrote"}),
}
"""Step → the events by which a message has made a version of it."""


class SipStepContents(StepContents):
    """SIP's contents."""

    documents = (ASSESSMENT, EVALUATION)

    def makes_version(self, step: str, act: Act, case: Case) -> bool:
        """Where the region has the step and the message has changed it; a call is a version of the step of its kind."""
        if step not in SIP_PROFILES[case.profile].steps:
            return False
        changed = {name for name, _ in act.events}
        if step == ASSESSMENT and act.kept_to is not None:
            return True  # saved for later (C-52)
        if step in _WRITES:
            return not _WRITES[step].isdisjoint(changed)
        named = [facts["id"] for name, facts in act.events if name == "meeting"]
        if named and step != "mote":
            known = sip(case).meetings
            return any(step_of(known[id_]["kind"]) == step for id_ in named if id_ in known)
        return True

    def current(self, step: str, found: Sequence[ContentVersion], case: Case) -> int:
        """The last version; what a unit has saved for later does not stand."""
        del step, case
        return next((one.number for one in reversed(found) if one.act.kept_to is None), found[-1].number)

    def needed(self, step: str, found: Sequence[ContentVersion]) -> set[int]:
        """The version's own message, and those in which its fields were written."""
        last = found[-1].act.sequence
        if step not in self.documents:
            return {last}
        return {last, *(sequence for _, sequence in _fields(found, step).values())}

    def shown(
        self,
        step: str,
        found: Sequence[ContentVersion],
        messages: Mapping[int, ShownMessage],
        directory: Directory,
        case: Case,
    ) -> Any:
        """The plan as it stood, the fields of a document with their writers, the calls as they stood, or the message as it was sent."""
        if step == PLAN:
            history = plan_history(case, [version.act for version in found])
            parts = shown_parts(case, (), history.case)
            own = sip(history.case)
            return words(plan_of(parts, version=own.version, current=False, state=sip(case).state))
        if step in self.documents and found[-1].act.kept_to is None:
            return self.written(_fields(found, step), step, messages, directory)
        if step in {"kallelse", "kallelse_utvardering"}:
            return _calls(found, step)
        return words(messages[found[-1].act.sequence].message.data)

    def writings(self, acts: Sequence[Act], document: str, name: str) -> list[int]:
        """The messages that wrote the field or took it away. In an address ``goals.mal:a`` stands for ``goals.mal/a``."""
        field = name.replace(":", "/")
        return [
            act.sequence
            for act in acts
            for event, facts in act.events
            if event == "wrote" and facts["document"] == document and field in {*facts["fields"], *facts["removed"]}
        ]

    def value_of(self, message: Message, document: str, name: str) -> Any:
        """The field of the assessment or the evaluation; None where the message took it away."""
        data: Any = message.data
        if document == ASSESSMENT:
            found = data.fields.get(name)
            return None if found is None else words(found.model_copy(update={"version": None}))
        if name.startswith("goals."):
            address = name.removeprefix("goals.").replace(":", "/")
            return next((goal.text for goal in data.goals if goal.element == address), None)
        return words(getattr(data, name, None))


CONTENTS = SipStepContents()


def _fields(found: Sequence[ContentVersion], document: str) -> dict[str, tuple[int, int]]:
    """Field → (version, sequence) of its last writing, in the document's version in which these acts end."""
    fields: dict[str, tuple[int, int]] = {}
    for version in found:
        for name, facts in version.act.events:
            if name not in _WRITES[document] or facts["document"] != document:
                continue
            if name == "document_anew":
                fields = {}
                continue
            for field in facts["fields"]:
                fields[field] = (fields.get(field, (0, 0))[0] + 1, version.act.sequence)
            for field in facts["removed"]:
                fields.pop(field, None)
    return fields


def _calls(found: Sequence[ContentVersion], step: str) -> list[dict[str, Any]]:
    """The calls of the step's meetings as these acts left them."""
    seen = Case("", state=SipState())
    for version in found:
        seen.sequence = version.act.sequence
        for name, facts in version.act.events:
            if name == "meeting":
                EVENTS[name](seen, **facts)
    shown = (*CALL_FIELDS, "caller", "receivers", "version", "sent", "recalled", "cancelled")
    return [
        {"id": id_, "kind": one["kind"], **{name: one[name] for name in shown if name in one}}
        for id_, one in sip(seen).meetings.items()
        if step_of(one.get("kind", "ny")) == step and "kind" in one
    ]
