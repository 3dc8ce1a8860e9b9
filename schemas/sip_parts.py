"""The parts of SIP's messages: who, contacts, receivers, meetings, elements of the plan. Imports the parts and the identity types
only.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_jsonable_python

from schemas.identity_types import Hsa
from schemas.moments import CANONICAL
from schemas.parts import Code, Day, Flag, Line, Moment, Part, Text, Version, Yes, exactly_one_of, given

Eid = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]
"""The id of a meeting or an element: chosen by the sender, unique in the case for ever, nothing about the person (E-1, D-10)."""
Address = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^(plan|[a-z]{1,15}/[A-Za-z0-9][A-Za-z0-9.-]{0,63})$")
]
"""The address of an element, ``<kind>/<id>``; the plan's own fields are the element ``plan`` (E-1)."""
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of the day, ``10:00``, by the clock in Sweden."""

_ONE_OF = {
    "sv": "Ange exakt ett av {names}",
    "en": "Give exactly one of {names}",
}


def _exactly_one(part: Part, names: tuple[str, ...]) -> None:
    if sum(getattr(part, name) is not None for name in names) != 1:
        listed = ", ".join(names)
        words = {language: text.format(names=listed) for language, text in _ONE_OF.items()}
        raise PydanticCustomError("one_of", "{en}", words)


_SUBJECTS = ("unit", "person", "outsider")
_EXACTLY_ONE = exactly_one_of(*_SUBJECTS)


class Who(Part):
    """At whose request, or who found the need (§1 of the SIP messages)."""

    code: Code
    name: Line | None = None
    relation: Line | None = None


class NamedContact(Part):
    """A person of a unit with contact details."""

    person: Hsa
    unit: Hsa
    phone: Line | None = None
    email: Line | None = None


class Representative(Part):
    """The person's legal representative or guardian (C-25)."""

    name: Line
    relation: Line | None = None
    phone: Line | None = None


class Responsible(Part):
    """Who answers for a part of the plan: a participating unit, the person, or somebody outside who stands in ``narstaende``."""

    model_config = ConfigDict(json_schema_extra=_EXACTLY_ONE)

    unit: Hsa | None = None
    person: Yes | None = None
    outsider: Line | None = None
    name: Line | None = None
    title: Line | None = None
    phone: Line | None = None

    @model_validator(mode="after")
    def _one(self) -> Responsible:
        _exactly_one(self, _SUBJECTS)
        return self


class ReceivingUnit(Part):
    """A unit that is asked or called; ``professions``: those of it who are wanted."""

    unit: Hsa
    kvittera: Flag | None = None
    professions: tuple[Code, ...] = Field(default=(), max_length=20)


class ParticipantRow(Part):
    """A person at a meeting: of a unit, the person, an outsider, or anybody else by relation (C-15)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                *_EXACTLY_ONE["oneOf"],
                {**given("relation"), "not": {"anyOf": [given(name) for name in _SUBJECTS]}},
            ]
        }
    )

    unit: Hsa | None = None
    person: Yes | None = None
    outsider: Line | None = None
    name: Line | None = None
    title: Line | None = None
    phone: Line | None = None
    relation: Line | None = None
    role: Code | None = None

    @model_validator(mode="after")
    def _one(self) -> ParticipantRow:
        if (self.unit, self.person, self.outsider) == (None, None, None) and self.relation is not None:
            return self
        _exactly_one(self, _SUBJECTS)
        return self


class Attended(ParticipantRow):
    """A person who was called or came; ``present`` false: did not come."""

    present: Flag = True


class Meeting(Part):
    """A meeting: the call's, or those of its fields that change."""

    id: Eid
    form: Code | None = None
    start: Moment | None = None
    end: Moment | None = None
    place: Line | None = None
    link: Line | None = None
    link_external: Line | None = None
    phone: Line | None = None
    conference_id: Line | None = None


class Attendee(Part):
    """A person of the called unit who comes, and how (P-7)."""

    name: Line
    title: Line | None = None
    how: Literal["fysiskt", "distans", "telefon"]
    extent: Literal["hela", "del"] = "hela"


class Invitee(Part):
    """A person whom the called unit wishes to bring (P-7)."""

    name: Line
    relation: Line | None = None


class ElementFields(Part):
    """The fields that an edit sets; a field set to null is emptied, a field not named stays (E-2).

    Names beyond these are the keywords of a note's template, with their texts (CL).
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        hide_input_in_errors=True,
        json_schema_extra={"propertyNames": {"pattern": r"^[a-z0-9][a-z0-9_.-]*$", "maxLength": 60}},
    )
    __pydantic_extra__: dict[Code, Text | None] = Field(init=False)
    KNOWN: ClassVar[frozenset[str]]

    # --- of the plan itself ---
    situation: Text | None = None
    huvudmal: Text | None = None
    date: Day | None = None
    time: Clock | None = None
    reason: Text | None = None
    risk_assessment: Text | None = None
    risk_actions: Text | None = None
    relapse_signs: Text | None = None
    support_needs: Text | None = None
    background: Text | None = None
    evaluation_date: Day | None = None
    situation_by: Code | None = None
    kind: Code | None = None
    need_found_by: Who | None = None
    purpose: Text | None = None
    questions: Text | None = None
    follow_up_date: Day | None = None
    """Of the plan (LC, CL), and of an activity."""
    delivery: Code | None = None
    # --- of a participant ---
    unit: Hsa | None = None
    relation: Line | None = None
    name: Line | None = None
    """Of a participant, and of an activity."""
    phone: Line | None = None
    # --- of goals, sub-goals, activities and efforts ---
    definition: Text | None = None
    long_term: Text | None = None
    strengths: Text | None = None
    obstacles: Text | None = None
    responsible: Responsible | None = None
    text: Text | None = None
    area: Code | None = None
    completion_date: Day | None = None
    attainment: Code | None = None
    heading: Line | None = None
    description: Text | None = None
    follow_up: Text | None = None
    follow_up_responsible: Address | None = None
    status: Code | None = None
    shared: Flag | None = None
    outcome: Code | None = None
    # --- of a note ---
    template: Code | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Field → what the edit sets it to, as plain JSON; None empties it."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        values |= self.__pydantic_extra__ or {}
        return {
            name: value.model_dump(mode="json", exclude_none=True)
            if isinstance(value, Part)
            else to_jsonable_python(value)
            for name, value in values.items()
        }

    @model_serializer(mode="wrap")
    def _as_said(self, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        """What was said, nulls included: they empty a field, also where other parts leave out what is null.

        By name when messages are compared, because the order of fields and keywords has no meaning (D-2).
        """
        del write
        return dict(sorted(self.said.items())) if info.context is CANONICAL else self.said


ElementFields.KNOWN = frozenset(ElementFields.model_fields)


class Edit(Part):
    """One edit of one element of the plan (E-2)."""

    element: Address
    change: Literal["tillagd", "andrad", "avslutad", "borttagen"]
    version: Version | None = None
    under: Address | None = None
    """The parent: with ``tillagd``, and to move an element."""
    set: ElementFields | None = None


class FollowedUp(Part):
    """How it has gone with one element of the plan (P-12)."""

    element: Address
    version: Version | None = None
    text: Text | None = None
    status: Code | None = None
    outcome: Code | None = None
    attainment: Code | None = None


class GoalEvaluated(Part):
    """What the evaluation says of one goal (PR)."""

    element: Address
    text: Text
