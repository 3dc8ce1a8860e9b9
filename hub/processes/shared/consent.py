"""Information, samtycke and its withdrawal (C-20 to C-25). Imports the engine and the shared guards only."""

from __future__ import annotations

from typing import Any

from hub.processes.engine.case import Case
from hub.processes.engine.process import process_of_case
from hub.processes.engine.rule import Context, Guard, Rule, guard
from hub.processes.shared.audience import catch_up, everyone_else
from hub.processes.shared.disclosure import scope, visible
from hub.processes.shared.gate import the_person_is_not_protected
from schemas.parts import Information, Samtycke
from schemas.swedish_time import local_day


@guard(
    "C-20",
    sv="Ange reason: varför skriftlig information inte kunde lämnas.",
    en="Give reason: why the written information could not be given.",
    element="/data/reason",
)
def no_information_has_a_reason(s: Context) -> bool:
    return s.data.given or s.data.reason is not None


def inform(s: Context) -> None:
    s.emit("informed", given=s.data.given, **({"reason": s.data.reason} if s.data.reason else {}))


@guard(
    "C-20",
    sv="Registrera information (given ja eller nej) före samtycke.",
    en="Register information (given yes or no) before consent.",
    element="/data",
    early="consent",
)
def information_comes_first(s: Context) -> bool:
    return s.case.information is not None or not s.profile.information_before_consent


@guard(
    "C-22",
    sv="Ange decided_by: HSA-id för den legitimerade som gjorde menprövningen.",
    en="Give decided_by: the HSA-id of the licensed person who made the harm assessment.",
    element="/data/decided_by",
)
def menprovning_names_who_decided(s: Context) -> bool:
    return s.data.outcome != "menprovning" or s.data.decided_by is not None


@guard(
    "C-23",
    sv="Samtycket gäller till och med en dag som redan har varit. Rätta valid_to.",
    en="The consent holds until a day that has already been. Correct valid_to.",
    element="/data/valid_to",
)
def it_has_not_expired(s: Context) -> bool:
    until, since = s.data.valid_to, s.data.valid_from
    return until is None or (until >= local_day(s.now) and (since is None or since <= until))


def consent(s: Context) -> None:
    """C-13, C-24: those who came in while less could be shared get the rest now."""
    before = {unit: visible(s.case, unit) for unit in s.case.participants if scope(s.case, unit) != "all"}
    facts: dict[str, Any] = {} if s.data.valid_to is None else {"until": s.data.valid_to.isoformat()}
    if len(s.data.model_fields_set) > 1:
        facts["record"] = s.data.model_dump(mode="json", exclude_none=True, exclude={"outcome"})
    s.emit("consented", outcome=s.data.outcome, at=s.at, **facts, **_kind(s))
    if s.case.published:
        catch_up(s, before)


@guard(
    "C-24",
    sv="Det finns inget samtycke att återkalla.",
    en="There is no consent to withdraw.",
    element="/type",
)
def there_is_consent_to_withdraw(s: Context) -> bool:
    return any(consent.outcome is not None for consent in s.case.consents.values())


def withdraw(s: Context) -> None:
    s.emit("withdrawn", at=s.at, **_kind(s))


def _kind(s: Context) -> dict[str, str]:
    """The kind of consent that the message is about, where the process has several."""
    kind = s.process.consent_kind(s.data)
    return {"kind": kind} if kind else {}


@guard(
    "C-24",
    sv="Det finns inget samtycke av det slaget att återkalla.",
    en="There is no consent of that kind to withdraw.",
    element="/data/kind",
)
def that_kind_is_registered(s: Context) -> bool:
    """For processes with several kinds of consent."""
    return s.case.consent(s.process.consent_kind(s.data)).outcome is not None


EVERYTHING_EARLY = frozenset({"consent", "inskrivning", "message"})
"""What early messages may wait for: a consent lets all of them go on, a revoked case ends their waiting (V-5)."""


def brings_everything(_: Any) -> frozenset[str]:
    """What early messages wait for and information or a samtycke holds (D-4)."""
    return EVERYTHING_EARLY


def replaces_consent(case: Case, data: Samtycke, _: bool) -> int | None:
    """A yes replaces a no and the reverse; either replaces a withdrawal (D-4)."""
    stands = case.consent(process_of_case(case).consent_kind(data))
    if stands.outcome is None:
        return stands.registered_until
    return stands.at if (data.outcome == "refused") is not (stands.outcome == "refused") else None


def replaces_information(case: Case, data: Information, inside: bool) -> int | None:
    """Information replaces what was informed otherwise (D-4). Inside an admission the reason does not count: the admission
    is not stopped for other words.
    """
    same = data.given is case.information and (inside or data.reason == case.information_reason)
    return None if same else case.information_at


def who_assesses(data: Samtycke, actor: str | None) -> dict[str, str]:
    """C-22: a menprovning is decided and registered by licensed persons."""
    if data.outcome != "menprovning" or data.decided_by is None:
        return {}
    return {"/data/decided_by": data.decided_by} | ({} if actor is None else {"/actor": actor})


def samtycke(parties: frozenset[str], *rules: str) -> Rule:
    """The rule of ``samtycke``, sent by the process's parties."""
    return Rule(
        "samtycke",
        parties,
        ("C-21", "C-22", "C-23", *rules),
        (consent,),
        everyone_else,
        guards=(the_person_is_not_protected, information_comes_first),
        checks=(menprovning_names_who_decided, it_has_not_expired),
        carries_consent=True,
        brings=brings_everything,
        replaces=replaces_consent,
        licensed=who_assesses,
        shown_narrowly=True,
    )


def aterkallelse(parties: frozenset[str], *checks: Guard) -> Rule:
    """The rule of ``aterkallelse``, sent by the process's parties; with several kinds of consent, ``that_kind_is_registered``."""
    return Rule(
        "aterkallelse",
        parties,
        ("C-24",),
        (withdraw,),
        everyone_else,
        guards=(there_is_consent_to_withdraw,),
        checks=checks,
        named_narrowly=True,
    )
