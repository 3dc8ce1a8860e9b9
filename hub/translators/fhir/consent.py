"""Consent: ``samtycke`` (C-21 to C-25) and its ``aterkallelse`` (C-24). Imports the shapes.

given = active + permit; refused = rejected + deny; menprövning = active + permit with the legal basis ``menprovning``
in policyRule (it is a legal basis, no consent of the person, and brings no clinical text: fhir.md); withdrawn =
inactive. R4's Consent has no note and no "others"; they are extensions of the hub. ppc-1 holds through policyRule.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from hub.translators.fhir import names
from hub.translators.fhir.assembly import (
    Assembly,
    concept,
    hsa_identifier,
    instant,
    text,
    unit_reference,
    write_encounter,
)
from hub.translators.fhir.bundle import View, code_of, swedish_day
from hub.translators.fhir.resources import Consent, Patient
from hub.translators.fhir.shapes import Extension
from schemas.envelope import Message
from schemas.parts import Samtycke
from schemas.shared import Aterkallelse

_OUTCOMES: Final = {
    ("active", "permit", "samtycke"): "given",
    ("rejected", "deny", "samtycke"): "refused",
    ("active", "deny", "samtycke"): "refused",
    ("active", "permit", "menprovning"): "menprovning",
}
_TEXTS: Final = {names.EXT_OTHERS: "others", names.EXT_COMMENT: "comment"}
_RECIPIENT: Final = {"coding": [{"system": names.PARTICIPATION, "code": "IRCP", "display": "information recipient"}]}
_SCOPE: Final = {"system": names.CONSENT_SCOPE, "code": "patient-privacy"}
_CATEGORY: Final = {"coding": [{"system": names.LOINC, "code": names.LOINC_CONSENT}]}


def read_consent(view: View, consent: Consent) -> dict[str, Any]:
    """The fields of ``Samtycke``. Raises ``Refused``."""
    provision = consent.provision
    basis = code_of(consent.policyRule, names.LEGAL_BASIS)
    if basis is None:
        raise view.refused("C-21", consent, ".policyRule")
    outcome = _OUTCOMES.get((consent.status, (provision.type if provision is not None else None) or "", basis))
    if outcome is None:
        raise view.refused("C-21", consent, ".status")
    assert provision is not None
    if code_of(consent.scope, names.CONSENT_SCOPE) != "patient-privacy":
        raise view.refused("C-21", consent, ".scope")
    view.resolve(consent.patient, Patient, consent, ".patient")
    fields: dict[str, Any] = {"outcome": outcome}
    kind = _kind(view, consent)
    if kind is not None:
        fields["kind"] = kind
    if consent.scope.text is not None:
        fields["scope"] = consent.scope.text
    if provision.period is not None:
        fields["valid_from"] = _day(view, consent, provision.period.start, "start")
        fields["valid_to"] = _day(view, consent, provision.period.end, "end")
    if provision.actor:
        fields["holds_for"] = tuple(
            _required_unit(view, consent, actor.reference, ".provision.actor.reference") for actor in provision.actor
        )
    if consent.performer:
        fields["given_by"] = ", ".join(who.display for who in consent.performer if who.display) or None
    if consent.organization:
        kept_by = {_required_unit(view, consent, one, ".organization") for one in consent.organization}
        if len(kept_by) > 1:
            raise view.refused("hsa-ids-differ", consent, ".organization")
        fields["form_kept_by"] = kept_by.pop()
    for found in consent.extension:
        _read_extension(view, consent, found, fields)
    return fields


def read_withdrawal(view: View, consent: Consent) -> dict[str, Any]:
    """The fields of ``Aterkallelse`` (C-24), for an inactive consent. Raises ``Refused``."""
    if consent.status != "inactive":
        raise view.refused("C-24", consent, ".status")
    if code_of(consent.scope, names.CONSENT_SCOPE) != "patient-privacy":
        raise view.refused("C-24", consent, ".scope")
    view.resolve(consent.patient, Patient, consent, ".patient")
    kind = _kind(view, consent)
    reason = view.value(consent, consent.extension, names.EXT_REASON, "valueString")
    return {"kind": kind, "reason": reason}


def _kind(view: View, consent: Consent) -> str | None:
    """The kind of consent among the categories. Raises ``Refused`` when two differ."""
    kinds = {code for one in consent.category if (code := code_of(one, names.CONSENT_KIND)) is not None}
    if len(kinds) > 1:
        raise view.refused("codes-differ", consent, ".category")
    return kinds.pop() if kinds else None


def _read_extension(view: View, consent: Consent, found: Extension, fields: dict[str, Any]) -> None:
    url = found.url
    value: Any = None
    if url in _TEXTS:
        value = fields[_TEXTS[url]] = found.valueString
    elif url == names.EXT_HOW:
        value = fields["how"] = found.valueCode
    elif url == names.EXT_NPO:
        value = fields["npo"] = found.valueBoolean
    elif url == names.EXT_DECIDED_BY:
        if found.valueIdentifier is not None:
            value = fields["decided_by"] = view.hsa([found.valueIdentifier], consent, f".extension('{url}').value")
    elif url == names.EXT_HOLDS_FOR_NOBODY:
        value = found.valueBoolean
        if value:
            fields["holds_for"] = ()
    else:
        return
    view.extension(consent, consent.extension, url)  # once
    if value is None:
        raise view.refused("extension-value", consent, f".extension('{url}').value")


def _day(view: View, consent: Consent, stated: str | None, end: str) -> date | None:
    return None if stated is None else swedish_day(stated, view, consent, f".provision.period.{end}")


def _required_unit(view: View, consent: Consent, reference: Any, element: str) -> str:
    unit = view.organisation(reference, consent, element)
    if unit is None:
        raise view.refused("hsa-id", consent, element)
    return unit


def write_consent(assembly: Assembly, message: Message, body: Samtycke, patient: str | None) -> str:
    """Add the Consent; return its full URL."""
    refused = body.outcome == "refused"
    extensions: list[dict[str, Any]] = []
    if body.others is not None:
        extensions.append({"url": names.EXT_OTHERS, "valueString": text(body.others)})
    if body.how is not None:
        extensions.append({"url": names.EXT_HOW, "valueCode": body.how})
    if body.comment is not None:
        extensions.append({"url": names.EXT_COMMENT, "valueString": text(body.comment)})
    if body.decided_by is not None:
        extensions.append({"url": names.EXT_DECIDED_BY, "valueIdentifier": hsa_identifier(body.decided_by)})
    if body.npo is not None:
        extensions.append({"url": names.EXT_NPO, "valueBoolean": body.npo})
    if body.holds_for == ():
        extensions.append({"url": names.EXT_HOLDS_FOR_NOBODY, "valueBoolean": True})
    resource: dict[str, Any] = {"resourceType": "Consent"}
    if extensions:
        resource["extension"] = extensions
    resource["status"] = "rejected" if refused else "active"
    resource["scope"] = {"coding": [_SCOPE]} if body.scope is None else {"coding": [_SCOPE], "text": text(body.scope)}
    resource["category"] = [_CATEGORY]
    if body.kind is not None:
        resource["category"] = [_CATEGORY, {"coding": [{"system": names.CONSENT_KIND, "code": body.kind}]}]
    if patient is not None:
        resource["patient"] = {"reference": patient}
    resource["dateTime"] = instant(message.time)
    if body.given_by is not None:
        resource["performer"] = [{"display": text(body.given_by)}]
    if body.form_kept_by is not None:
        resource["organization"] = [unit_reference(body.form_kept_by)]
    basis = "menprovning" if body.outcome == "menprovning" else "samtycke"
    resource["policyRule"] = {"coding": [{"system": names.LEGAL_BASIS, "code": basis}]}
    resource["provision"] = _provision(body, refused)
    return assembly.add(resource)


def _provision(body: Samtycke, refused: bool) -> dict[str, Any]:
    provision: dict[str, Any] = {"type": "deny" if refused else "permit"}
    period = {}
    if body.valid_from is not None:
        period["start"] = body.valid_from.isoformat()
    if body.valid_to is not None:
        period["end"] = body.valid_to.isoformat()
    if period:
        provision["period"] = period
    if body.holds_for:
        provision["actor"] = [{"role": _RECIPIENT, "reference": unit_reference(unit)} for unit in body.holds_for]
    return provision


def write_consent_message(assembly: Assembly, message: Message, body: Samtycke, case: dict[str, str]) -> list[str]:
    """``samtycke`` as a message of its own; an Encounter identifies the case, because R4's Consent cannot."""
    return [write_consent(assembly, message, body, None), write_encounter(assembly, case)]


def write_withdrawal(assembly: Assembly, message: Message, body: Aterkallelse, case: dict[str, str]) -> list[str]:
    """``aterkallelse``: the consent is inactive from now, and why (C-24)."""
    resource: dict[str, Any] = {"resourceType": "Consent"}
    if body.reason is not None:
        resource["extension"] = [{"url": names.EXT_REASON, "valueString": text(body.reason)}]
    resource |= {"status": "inactive", "scope": {"coding": [_SCOPE]}, "category": [_CATEGORY]}
    if body.kind is not None:
        resource["category"] = [_CATEGORY, concept(names.CONSENT_KIND, body.kind)]
    resource["dateTime"] = instant(message.time)
    resource["policyRule"] = concept(names.LEGAL_BASIS, "samtycke")
    return [assembly.add(resource), write_encounter(assembly, case)]
