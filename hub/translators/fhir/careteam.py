"""CareTeam: ``deltagare`` (C-10 to C-14), ``roll`` (C-12), ``svu.fast_vardkontakt`` (V-7) and ``kontakt`` (SA-5), with one
participant each. Imports the shapes and the people.

A unit is an Organization by HSA-id, a person a PractitionerRole with person and unit; ``onBehalfOf`` is not used, because no member is
a Practitioner (ctm-1). ``hub_messages`` has the registers' answers, ``outsiders`` the people without an account.
"""

from __future__ import annotations

from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import Assembly, concept, text, unit_reference, write_encounter
from hub.translators.fhir.bundle import View, code_of
from hub.translators.fhir.parties import contact_details, read_contact_details
from hub.translators.fhir.people import Staff, read_staff, write_staff
from hub.translators.fhir.resources import CareTeam, Encounter, Participant
from schemas.envelope import Message
from schemas.shared import Deltagare, Kontakt, Roll
from schemas.svu import FastVardkontakt

_CARE_CONTACT: Final = "fast-vardkontakt"
_CALLS: Final = "kallelseansvarig"


def _only(view: View, team: CareTeam, rule: str) -> Participant:
    if len(team.participant) != 1:
        raise view.refused(rule, team, ".participant")
    view.resolve(team.encounter, Encounter, team, ".encounter")
    return team.participant[0]


def _change(view: View, team: CareTeam, participant: Participant, rule: str, allowed: tuple[str, ...]) -> str:
    """The participant's change; when it is left out, the first of those ``allowed``, where ``""`` means that it is required."""
    change = view.value(team, participant.extension, names.EXT_CHANGE, "valueCode") or allowed[0]
    if not change or change not in allowed:
        raise view.refused(rule, team, f".participant[0].extension('{names.EXT_CHANGE}').value")
    return str(change)


def _member_unit(view: View, team: CareTeam, participant: Participant, rule: str) -> str:
    unit = view.organisation(participant.member, team, ".participant[0].member")
    if unit is None:
        raise view.refused(rule, team, ".participant[0].member")
    return unit


def _member_person(view: View, team: CareTeam, participant: Participant, rule: str) -> Staff:
    staff = read_staff(view, participant.member, team, ".participant[0].member")
    if staff is None or staff.person is None:
        raise view.refused(rule, team, ".participant[0].member")
    return staff


def read_participant(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Deltagare``. Raises ``Refused`` unless there is one participant with its change."""
    participant = _only(view, team, "C-10")
    fields: dict[str, Any] = {"unit": _member_unit(view, team, participant, "C-10")}
    fields["change"] = _change(view, team, participant, "C-10", ("", "tillagd", "borttagen", "uttrade"))
    kvittera = view.value(team, participant.extension, names.EXT_KVITTERA, "valueBoolean")
    if kvittera is not None:
        fields["kvittera"] = kvittera
    return fields


def read_role(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Roll`` (C-12). Raises ``Refused``."""
    participant = _only(view, team, "C-12")
    roles = [code for role in participant.role if (code := code_of(role, names.ROLE)) is not None]
    if len(roles) != 1:
        raise view.refused("C-12", team, ".participant[0].role")
    unit = _member_unit(view, team, participant, "C-12")
    change = _change(view, team, participant, "C-12", ("", "tillagd", "borttagen"))
    return {"unit": unit, "role": roles[0], "change": change}


def read_care_contact(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``FastVardkontakt`` (V-7): person and unit, in that role. Raises ``Refused``."""
    participant = _only(view, team, "V-7")
    staff = _member_person(view, team, participant, "V-7")
    fields: dict[str, Any] = {"person": staff.person}
    if staff.unit is not None:
        fields["unit"] = staff.unit
    fields["change"] = _change(view, team, participant, "V-7", ("utsedd", "andrad", "borttagen"))
    roles = {code_of(role, names.PARTICIPANT): role for role in participant.role}
    if _CARE_CONTACT not in roles or not roles.keys() <= {_CARE_CONTACT, _CALLS, None}:
        raise view.refused("V-7", team, ".participant[0].role")
    fields["kallelseansvarig"] = _CALLS in roles
    if roles[_CARE_CONTACT].text is not None:
        fields["responsibility"] = roles[_CARE_CONTACT].text
    return fields


def read_contact(view: View, team: CareTeam) -> dict[str, Any]:
    """The fields of ``Kontakt`` (SA-5). Raises ``Refused``."""
    participant = _only(view, team, "SA-5")
    staff = _member_person(view, team, participant, "SA-5")
    fields: dict[str, Any] = {"person": staff.person, "unit": staff.unit}
    fields["change"] = _change(view, team, participant, "SA-5", ("tillagd", "andrad", "borttagen"))
    roles = [code for role in participant.role if (code := code_of(role, names.CONTACT_ROLE)) is not None]
    if len(roles) > 1:
        raise view.refused("SA-5", team, ".participant[0].role")
    if roles:
        fields["role"] = roles[0]
    return fields | read_contact_details(view, staff)


def _team(assembly: Assembly, case: dict[str, str], participant: dict[str, Any]) -> list[str]:
    encounter = write_encounter(assembly, case)
    team = {"resourceType": "CareTeam", "status": "active", "encounter": {"reference": encounter}}
    return [assembly.add({**team, "participant": [participant]}), encounter]


def write_participant(assembly: Assembly, _: Message, body: Deltagare, case: dict[str, str]) -> list[str]:
    """``deltagare``: the unit that is added, removed or leaves."""
    extensions: list[dict[str, Any]] = [
        {"url": names.EXT_CHANGE, "valueCode": body.change},
        {"url": names.EXT_KVITTERA, "valueBoolean": body.kvittera},
    ]
    return _team(assembly, case, {"extension": extensions, "member": unit_reference(body.unit)})


def write_role(assembly: Assembly, _: Message, body: Roll, case: dict[str, str]) -> list[str]:
    """``roll``: the unit and the role that it gets or loses (C-12)."""
    change = {"url": names.EXT_CHANGE, "valueCode": body.change}
    role = concept(names.ROLE, body.role)
    return _team(assembly, case, {"extension": [change], "role": [role], "member": unit_reference(body.unit)})


def write_care_contact(assembly: Assembly, _: Message, body: FastVardkontakt, case: dict[str, str]) -> list[str]:
    """``svu.fast_vardkontakt``: person and unit, the responsibility as the role's text (V-7)."""
    role = concept(names.PARTICIPANT, _CARE_CONTACT)
    if body.responsibility is not None:
        role["text"] = text(body.responsibility)
    roles = [role, concept(names.PARTICIPANT, _CALLS)] if body.kallelseansvarig else [role]
    change = {"url": names.EXT_CHANGE, "valueCode": body.change}
    member = {"reference": write_staff(assembly, body.person, body.unit)}
    return _team(assembly, case, {"extension": [change], "role": roles, "member": member})


def write_contact(assembly: Assembly, _: Message, body: Kontakt, case: dict[str, str]) -> list[str]:
    """``kontakt``: person, unit, role, phone and e-mail (SA-5)."""
    telecom = contact_details(body.phone, body.email)
    participant: dict[str, Any] = {"extension": [{"url": names.EXT_CHANGE, "valueCode": body.change}]}
    if body.role is not None:
        participant["role"] = [concept(names.CONTACT_ROLE, body.role)]
    participant["member"] = {"reference": write_staff(assembly, body.person, body.unit, telecom)}
    return _team(assembly, case, participant)
