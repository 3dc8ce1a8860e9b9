"""SIP's rules in every region: every state × message × sender is accepted, or refused by a named rule, never anything else."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Refused
from hub.processes.engine.case import Case
from hub.processes.engine.decide import Decision
from hub.processes.engine.events import fold, rules_part
from hub.processes.engine.process import load_case
from hub.processes.engine.rule import HUB_PARTY, Context
from hub.processes.engine.unit_view import able, colours, may
from hub.processes.profiles.sip import SIP_PROFILES
from hub.processes.registry import PROCESSES
from hub.processes.shared.disclosure import knows, listed
from hub.processes.sip.disclosure import shows_element
from hub.processes.sip.element_events import is_current, kind_of, text_bytes, value_of
from hub.processes.sip.state import awaits_its_answer, takes_full_part
from schemas.envelope import Message
from schemas.messages import HUB_SOURCE, MESSAGES
from schemas.sip import Lage
from tests.sip.tries import bodies, choose, tried
from tests.sip.walk import DIRECTORY, SIP, Walk
from tests.sip.ways import UNITS, WAYS, begun

NAMED_RULE = re.compile(r"[A-Z]{1,2}-\d+|[a-z]+(-[a-z]+)+")
HOURS = (0, 0, 0, 1, 30, 24 * 12, 24 * 200)
_many = st.integers(0, 10**6)
_walks = st.lists(st.tuples(_many, st.sampled_from(HOURS)), min_size=4, max_size=14)


def test_every_message_of_the_table_is_tried():
    assert tried() | {"sip.lage"} == {rule.message for rule in SIP.rules}


def test_every_message_of_the_language_stands_in_a_table():
    assert {rule.message for process in PROCESSES.values() for rule in process.rules} == set(MESSAGES)


@pytest.mark.parametrize("profile", SIP_PROFILES)
def test_a_whole_sip_goes_its_way(profile: str):
    walk = begun(profile, len(WAYS[profile]))
    assert walk.case is not None
    assert walk.case.status == "ended"


@pytest.mark.parametrize("profile", SIP_PROFILES)
@settings(max_examples=2 * settings.default.max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(_many, _walks)
def test_every_message_is_accepted_or_refused_by_a_named_rule_and_the_case_is_the_fold_of_its_events(
    profile: str, steps: int, chosen: list[tuple[int, int]]
):
    walk = begun(profile, steps % len(WAYS[profile]))
    for number, hours in chosen:
        act = choose(profile, number, walk.case)
        walk.now += timedelta(hours=hours)
        message = walk.message(act)
        before = None if walk.case is None else walk.case.dump()
        possible = _may(walk, message.unit)
        takes_part = walk.case is not None and message.unit in walk.case.participants
        found = walk.decide(message)
        if isinstance(found, Refused):
            assert NAMED_RULE.fullmatch(found.rule), found.rule
            assert found.sv
            assert found.en
            assert walk.case is None or walk.case.dump() == before
            continue
        if takes_part:
            assert message.name in possible, "what is accepted was said to be possible"
        _check(walk, found, message)
        for own, answer in walk.follow(found):
            assert isinstance(answer, Decision), "the hub's own message is accepted"
            _check(walk, answer, own)
    if walk.case is not None:
        _check_history(walk)


def _may(walk: Walk, unit: str) -> tuple[str, ...]:
    """What a unit may do now; it holds of a message of its own just when all guards of the message hold."""
    case = walk.case
    if case is None or unit not in case.participants:
        return ()
    found, party = may(case, unit, DIRECTORY, walk.now), case.participants[unit]["party"]
    role = next(iter(DIRECTORY.unit_by_hsa[unit].roles))
    for name, data in bodies(case.profile).items():
        rule = SIP.rule(name)
        assert rule is not None
        message = Message("m", unit, name, "case", walk.now, "SE2321000255-P99", role, data)
        s = Context(SIP, case, message, data, name, party, DIRECTORY, SIP.profiles[case.profile], walk.now)
        holds = case.status in rule.in_status and party in rule.parties and all(one.holds(s) for one in rule.guards)
        assert (name in found) is holds, name
    return found


def _check_history(walk: Walk) -> None:
    case = walk.case
    assert case is not None
    folded = fold("case", walk.history)
    assert rules_part(folded) == rules_part(case)
    assert {key: asdict(one) for key, one in folded.elements.items()} == {
        key: asdict(one) for key, one in case.elements.items()
    }
    assert rules_part(load_case(case.dump())) == rules_part(case)
    assert case.sequence == len(walk.history)


def _check(walk: Walk, decision: Decision, message: Message) -> None:
    """What holds in every state, whatever the region."""
    case = decision.case
    assert decision.rules
    _check_told(case, decision, message)
    _check_participants(case)
    _check_awaited(case)
    _check_counts(case)
    _check_kept(case)
    _check_colours(case)
    _check_catch_up(case)
    own, profile = case.state, SIP_PROFILES[case.profile]
    assert own.state in {*profile.states, "avslutad", "borttagen"}
    assert case.status != "ended" or own.state == "avslutad"
    assert own.state != "avslutad" or case.status in {"ended", "refused"}
    assert own.version == profile.first_version + len(own.versions)
    if case.status != "open":
        assert not any(one.by for one in case.awaited.values()), "nobody is awaited in a closed case"
        assert not case.due
    if case.status == "refused":
        assert case.person == {}, "C-62"
    if case.blocked:
        assert not case.person.keys() & {"address", "phone"}, "C-62"
        assert not case.contacts
        assert not own.outsiders
        assert all(consent.outcome is None for consent in case.consents.values())


def _check_told(case: Case, decision: Decision, message: Message) -> None:
    left = {facts["unit"] for name, facts in decision.events if name == "left"}
    assert set(decision.tell) <= set(case.participants) | left | case.access.keys()
    assert len(set(decision.tell)) == len(decision.tell), "nobody is told twice"
    if decision.kept_to is not None:
        assert set(decision.tell) <= {decision.kept_to}
    if not case.published and message.unit != HUB_SOURCE:
        assert all(SIP.sees_unpublished(case, unit) for unit in decision.tell), "nobody else knows of it"
    if message.name in {"sip.plan", "sip.kartlaggning", "sip.las", "meddelande", "sip.mote", "sip.uppfoljning"}:
        assert not any(awaits_its_answer(case, unit) for unit in decision.tell), (
            "P-2: who has not answered hears of no plan"
        )


def _check_participants(case: Case) -> None:
    if case.status == "open":
        assert any(takes_full_part(case, unit) for unit in case.participants), "somebody can end it"
    for unit, participant in case.participants.items():
        known = DIRECTORY.unit_by_hsa[unit]
        assert participant["party"] == known.party
        assert participant["roles"], "somebody can act for it"
        assert set(participant["roles"]) <= set(known.roles)
        assert 1 <= participant["since"] <= case.sequence
    assert {unit for unit, answer in case.state.asked.items() if answer != "declined"} <= set(case.participants)


def _check_awaited(case: Case) -> None:
    steps = SIP.steps_of(case)
    for name, step in case.steps.items():
        assert name in steps
        assert 1 <= step["sequence"] <= case.sequence
    for key, one in case.awaited.items():
        assert key == one.step or key.startswith(f"{one.step}/")
        assert one.step in case.steps
        assert set(one.by) <= set(case.participants)
        assert len(set(one.by)) == len(one.by)
        assert not set(one.by) & set(one.done)
        assert all(able(case, unit, one.step, one.act, DIRECTORY) for unit in one.by)
    awaited = Counter(unit for element in case.elements.values() for unit in case.open_awaits(element))
    assert case.status != "open" or case.unanswered == dict(awaited), "C-40: the count is that of the messages"


def _check_counts(case: Case) -> None:
    """What the case counts of its elements is what they hold."""
    profile, own = SIP_PROFILES[case.profile], case.state
    plan = [one for one in case.elements.values() if kind_of(one.address) in profile.elements]
    living = [one for one in plan if is_current(case, one, carries_over=profile.carries_over)]
    assert {kind: count for kind, count in own.living.items() if count} == Counter(
        kind_of(one.address) for one in living
    )
    assert own.size == sum(text_bytes(written[0]) for one in living for written in one.state["fields"].values())
    assert own.unsigned == sum(kind_of(one.address) == "anteckning" and "signed" not in one.state for one in living)
    assert own.shared == sum(
        kind_of(one.address) == "insats" and "ended" not in one.state and bool(value_of(one, "shared"))
        for one in living
    )
    for one in plan:
        parent = case.elements.get(one.state.get("under", ""))
        if parent is not None and parent.removed:
            assert one.removed, "what lies under goes along"
        if parent is not None and "ended" in parent.state:
            assert one.removed or "ended" in one.state
        assert all(1 <= written[1] <= one.version for written in one.state["fields"].values())


def _check_kept(case: Case) -> None:
    """PR-1, LC-6: a saved call is seen by its own unit alone, in no step and no list of another."""
    own = case.state
    if SIP_PROFILES[case.profile].all_read_drafts:
        return  # SA-2
    drafts = {id_: one["caller"] for id_, one in own.meetings.items() if "sent" not in one}
    for unit in case.participants:
        seen = SIP.visible(case, unit)
        others = {id_ for id_, caller in drafts.items() if caller != unit}
        assert not others & set(seen.state.meetings)
        assert not others & {one.about(key) for key, one in seen.awaited.items()}


def _check_catch_up(case: Case) -> None:
    """E-8: how things stand for a unit is valid by its schema, and holds nothing that is another unit's alone."""
    assert SIP.catch_up is not None
    for unit in case.participants:
        _, body = SIP.catch_up(case, [unit])
        read = Lage.model_validate_json(body.model_dump_json(exclude_none=True))
        assert (read.plan is None) is awaits_its_answer(case, unit), "P-2: the plan comes with the yes"
        for one in () if read.plan is None else read.plan.elements:
            assert shows_element(case, unit, case.elements[one.element])
        drafts = {id_ for id_, one in case.state.meetings.items() if "sent" not in one}
        assert not drafts & {one["id"] for one in read.meetings}


def _check_colours(case: Case) -> None:
    """C-30: red where it awaits this unit and role, green where all is done, grey what has not begun, blue what is written."""
    for unit, participant in case.participants.items():
        seen = SIP.visible(case, unit)
        shown = colours(seen, unit, DIRECTORY)
        for step in SIP.steps_of(case):
            expected = dict.fromkeys(participant["roles"], _colour(seen, step))
            awaited = [one for one in seen.awaited.values() if one.step == step and unit in one.by]
            if expected and set(expected.values()) == {"yellow"}:
                red = {role for one in awaited for role in able(seen, unit, step, one.act, DIRECTORY)}
                expected |= dict.fromkeys(red, "red")
            assert shown[step] == expected, step
        if case.status == "open" and knows(case, unit):
            names = {entry.split("/")[0] for entry in listed(case).get(unit, [])}
            assert names >= {one.step for one in case.awaited.values() if unit in one.by}


def _colour(seen: Case, step: str) -> str:
    if step not in seen.steps:
        return "grey"
    if "writing" in seen.steps[step]:
        return "blue"
    return "yellow" if any(one.by for one in seen.awaited.values() if one.step == step) else "green"


def test_the_hub_alone_sends_what_is_its_own():
    assert {rule.message for rule in SIP.rules if HUB_PARTY in rule.parties} == {
        "adressering", "folkbokforing", "frist", "koppling", "sip.lage", "verifiering",
    }  # fmt: skip
    assert UNITS.keys() == SIP_PROFILES.keys()
