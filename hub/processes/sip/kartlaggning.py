"""The assessment beside the plan (S-7, P-5). Imports the engine and the shared rules only."""

from __future__ import annotations

from collections.abc import Iterable

from hub.processes.engine.events import WRITING
from hub.processes.engine.rule import Context, Fault, Rule, codes, guard
from hub.processes.profiles.sip_codes import Choices
from hub.processes.shared.audience import ALL_PARTIES, step_told
from hub.processes.sip.audience import a_ward_of_the_region, keep, told_when_sent
from hub.processes.sip.document_words import addresses, write_fields
from hub.processes.sip.fields import cells, is_sent
from hub.processes.sip.gate import CONSENT, may_tell_others_more, the_initiativ_is_sent, the_transfer_is_allowed
from hub.processes.sip.las import the_document_is_not_locked, the_lock_is_free, write_the_document
from hub.processes.sip.state import document, sip
from hub.processes.sip.who import is_the_coordinator, senders, wrote_the_assessment
from schemas.sip import SipKartlaggning

DOCUMENT = "kartlaggning"
NO_CHOICES = Choices(frozenset())


@guard(
    "P-5",
    sv="Ange start, minst ett fält i fields, eller ett i removed.",
    en="Give start, at least one field in fields, or one in removed.",
    element="/data",
)
def something_is_written(s: Context) -> bool:
    return s.data.start or bool(s.data.fields) or bool(s.data.removed)


@guard(
    "P-5",
    sv="Ett fält finns inte i kartläggningen. Fälten är: {codes}.",
    en="A field is not in the kartlaggning. The fields are: {codes}.",
    element="/data/fields",
)
def the_fields_exist(s: Context) -> bool | Fault:
    known = s.profile.codes["assessment"]
    # The name that does not exist is the sender's own text, so it is not repeated (D-10).
    return bool(known.issuperset(s.data.fields)) or Fault(codes=codes(known))


@guard(
    "P-5",
    sv="Fältet har inte det valet, eller bara ett av dem. Valen är: {codes}.",
    en="The field has no such choice, or one of them only. The choices are: {codes}.",
    element="/data/fields",
)
def the_choices_exist(s: Context) -> bool | Fault:
    for name, written in s.data.fields.items():
        known = s.profile.choices.get(name, NO_CHOICES)
        too_many = len(written.choices) > 1 and not known.several
        if too_many or not known.codes.issuperset(written.choices):
            return Fault(f"/data/fields/{name}/choices", codes=codes(known.codes))
    return True


@guard(
    "P-5",
    sv="Bara områden som är skrivna tas bort.",
    en="Only areas that are written are removed.",
    element="/data/removed",
)
def what_is_removed_is_written(s: Context) -> bool:
    return {*s.data.removed} <= set(document(s.case, DOCUMENT).get("fields", {}))


@guard(
    "P-5",
    sv="Huvudmålet är skrivet: kartläggningen görs före den första SIP:en och ändras inte mer.",
    en="The main goal is written: the kartlaggning is made before the first SIP and not changed any more.",
    element="/type",
)
def it_comes_before_the_plan(s: Context) -> bool:
    return not s.profile.ongoing_from or "huvudmal" not in sip(s.case).plan


@guard(
    "P-5",
    sv="Kartläggningen skrivs av samordningsansvarig i egen person, eller av enheten som började den.",
    en="The kartlaggning is written by the coordinator in person, or by the unit that began it.",
    element="/actor",
)
def the_coordinator_writes_it(s: Context) -> bool:
    if "coordinator_unit" not in s.profile.senders["sip.kartlaggning"]:
        return True
    return is_the_coordinator(s) or wrote_the_assessment(s)


@guard(
    "P-15",
    sv=the_transfer_is_allowed.sv,
    en=the_transfer_is_allowed.en,
    element="/type",
)
def after_the_call_it_needs_the_transfer(s: Context) -> bool:
    return not s.case.published or may_tell_others_more(s)


def write(s: Context) -> None:
    """The last word stands and all are kept; who wrote on an older version is told so. What is saved for later is its unit's alone."""
    if not is_sent(s.data):
        keep(s)
        return
    stands = document(s.case, DOCUMENT).get("fields", {})
    for name, field in s.data.fields.items():
        version = stands[name][0] if name in stands else 0
        if field.version is not None and field.version != version:
            s.warnings.append(f"written-meanwhile:{name}")
    if s.profile.locks_documents:
        write_the_document(s, DOCUMENT)
    elif DOCUMENT not in s.case.steps:
        step_told(s, DOCUMENT, WRITING, [])
    said = {
        name: field.model_dump(mode="json", exclude={"version"}, exclude_none=True)
        for name, field in s.data.fields.items()
    }
    write_fields(s, DOCUMENT, said, s.data.removed)


def the_fields(data: SipKartlaggning) -> Iterable[str]:
    """The rows of the fields that are written or removed."""
    return addresses(DOCUMENT, (*data.fields, *data.removed))


KARTLAGGNING = Rule(
    "sip.kartlaggning",
    ALL_PARTIES,
    ("P-5", "S-7", "C-51"),
    (write,),
    told_when_sent,
    guards=(
        *senders("sip.kartlaggning", "P-5"),
        *CONSENT,
        the_initiativ_is_sent,
        it_comes_before_the_plan,
        after_the_call_it_needs_the_transfer,
        the_document_is_not_locked(DOCUMENT),
        the_lock_is_free(DOCUMENT),
    ),
    checks=(
        *cells("sip.kartlaggning", "P-5"),
        something_is_written,
        the_fields_exist,
        the_choices_exist,
        what_is_removed_is_written,
        the_coordinator_writes_it,
    ),
    from_outside=a_ward_of_the_region,
    touches=the_fields,
    writes=("kartlaggning",),
)
