"""Documents that are locked while one unit writes them, signed, and locked for all (C-53, PR-5); notes that are signed (CL). Imports the
engine and the shared rules only.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.processes.engine.case import Case
from hub.processes.engine.events import WRITING
from hub.processes.engine.rule import Context, Fault, Guard, Rule, codes, guard
from hub.processes.shared.audience import ALL_PARTIES, everyone_else, step_told, with_duty
from hub.processes.sip.audience import PLAN_BEGINNINGS, a_ward_of_the_region, move
from hub.processes.sip.element_events import PLAN
from hub.processes.sip.fields import cells
from hub.processes.sip.gate import CONSENT, the_initiativ_is_sent
from hub.processes.sip.needed import first_lacking
from hub.processes.sip.state import coordinating_unit, document, is_locked, sip
from hub.processes.sip.who import is_coordinating_unit, senders, takes_over_from, writer
from schemas.sip import Las

WRITTEN, SIGNED, LOCKED = "written", "signed", "locked"
EVALUATION = "utvardering"


def the_document_is_not_locked(name: str) -> Guard:
    """C-53: nobody writes a locked document until the coordinator unlocks it."""

    def the_document_is_open(s: Context) -> bool:
        return not is_locked(s.case, name)

    return Guard(
        "the_document_is_open",
        "C-53",
        the_document_is_open,
        f"Dokumentet {name} är låst. Samordningsansvarigs enhet låser upp med sip.las.",
        f"The document {name} is locked. The coordinator's unit unlocks it by sip.las.",
        "/type",
    )


def may_write(s: Context, name: str) -> bool:
    """PR-5: whether no other unit holds the document's write lock."""
    stands = document(s.case, name)
    return stands.get("status") != WRITTEN or stands.get("unit") == s.unit


def the_lock_is_free(name: str) -> Guard:
    """PR-5: while a unit writes a document, the others wait until it has signed."""

    def nobody_else_writes(s: Context) -> bool:
        return may_write(s, name)

    return Guard(
        "nobody_else_writes",
        "PR-5",
        nobody_else_writes,
        "En annan enhet skriver dokumentet. Vänta på dess signering, eller be samordningsansvarigs enhet låsa upp det.",
        "Another unit writes the document. Wait for its signing, or ask the coordinator's unit to unlock it.",
        "/type",
    )


def write_the_document(s: Context, name: str) -> None:
    """PR-5: saving takes the write lock; the step is blue from the first saving."""
    stands = document(s.case, name)
    if stands.get("status") != WRITTEN:
        s.emit("document", document=name, status=WRITTEN, unit=s.unit)
    if name not in s.case.steps or "writing" not in s.case.steps[name]:
        step_told(s, name, WRITING, [])


def the_note(data: Las) -> Iterable[str]:
    """Locking the plan looks at all of it; signing a note at the note."""
    if data.document == PLAN:
        return PLAN_BEGINNINGS
    return (data.document,) if "/" in data.document else ()


@guard(
    "PR-5",
    sv="Dokumentet finns inte i ärendets region. Dokumenten är: {codes}.",
    en="The region of the case has no such document. The documents are: {codes}.",
    element="/data/document",
)
def the_document_exists(s: Context) -> bool | Fault:
    if s.profile.signs_notes:
        one = s.case.elements.get(s.data.document)
        known = one is not None and s.data.document.startswith("anteckning/") and not one.removed
        return bool(known) or Fault(codes="anteckning/<id>")
    known_documents = s.profile.codes["document"]
    return s.data.document in known_documents or Fault(codes=codes(known_documents))


@guard(
    "PR-5",
    sv="Det kan inte göras med ett dokument i ärendets region: {codes}.",
    en="That cannot be done with a document in the region of the case: {codes}.",
    element="/data/change",
)
def the_change_exists(s: Context) -> bool | Fault:
    known = s.profile.codes["lock"]
    return s.data.change in known or Fault(codes=codes(known))


@guard(
    "PR-5",
    sv="Enheten håller inte dokumentets skrivlås: den som har sparat signerar.",
    en="The unit does not hold the document's write lock: the one that has saved it signs.",
    element="/source",
)
def who_saved_signs(s: Context) -> bool:
    if s.data.change != "signerad":
        return True
    if s.profile.signs_notes:
        author = s.case.elements[s.data.document].state["unit"]
        return author == s.unit or takes_over_from(s, author)
    stands = document(s.case, s.data.document)
    return (stands.get("status"), stands.get("unit")) == (WRITTEN, s.unit)


@guard(
    "PR-5",
    sv="Anteckningen är redan signerad.",
    en="The note is signed already.",
    element="/data/document",
)
def it_is_signed_once(s: Context) -> bool:
    return not s.profile.signs_notes or "signed" not in s.case.elements[s.data.document].state


@guard(
    "PR-5",
    sv="Bara samordningsansvarigs enhet låser och låser upp.",
    en="Only the coordinator's unit locks and unlocks.",
    element="/source",
)
def the_coordinating_unit_locks(s: Context) -> bool:
    return s.data.change == "signerad" or is_coordinating_unit(s)


@guard(
    "PR-5",
    sv="Dokumentet är inte signerat: signera det före låsning.",
    en="The document is not signed: sign it before it is locked.",
    element="/data/change",
)
def it_is_signed_before_it_is_locked(s: Context) -> bool:
    return s.data.change != "last" or document(s.case, s.data.document).get("status") == SIGNED


@guard(
    "PR-5",
    sv="Dokumentet är varken låst eller under skrivning av en annan enhet.",
    en="The document is neither locked nor written by another unit.",
    element="/data/change",
)
def there_is_a_lock_to_open(s: Context) -> bool:
    if s.data.change != "upplast":
        return True
    return is_locked(s.case, s.data.document) or not may_write(s, s.data.document)


@guard(
    "P-9",
    sv="Planen låses först när allt som krävs står där. Fyll i {field} i {element}.",
    en="The plan is locked when everything required is there. Fill in {field} of {element}.",
    element="/data/document",
)
def a_locked_plan_is_complete(s: Context) -> bool | Fault:
    if s.data.document != PLAN or s.data.change != "last":
        return True
    found = first_lacking(s)
    return found is None or Fault(element=found[0], field=found[1])


@guard(
    "P-13",
    sv="Utvärderingen signeras med date och summary. Skriv dem först.",
    en="The evaluation is signed with date and summary. Write them first.",
    element="/data/document",
)
def a_signed_evaluation_is_complete(s: Context) -> bool:
    if s.data.document != EVALUATION or s.data.change != "signerad":
        return True
    return {"date", "summary"} <= set(document(s.case, EVALUATION).get("fields", {}))


def lock(s: Context) -> None:
    """Signed, locked or unlocked, with what follows for the step and the state."""
    name = s.data.document
    if s.profile.signs_notes:
        _sign_the_note(s)
        return
    status = {"signerad": SIGNED, "last": LOCKED, "upplast": SIGNED}[s.data.change]
    s.emit("document", document=name, status=status)
    if s.data.change == "last":
        step_told(s, name, None, [])
    elif s.data.change == "upplast":
        step_told(s, name, WRITING, [])
    after = s.profile.state_after_lock.get(f"{sip(s.case).state} {name} {s.data.change}")
    if after is not None:
        move(s, after)
    if name == PLAN and s.data.change == "last":
        s.emit("valid", version=sip(s.case).version, at=s.at)


def can_be_approved(case: Case) -> bool:
    """Whether the current version has notes, and all are signed (P-10)."""
    own = sip(case)
    return own.unsigned == 0 and own.living.get("anteckning", 0) > 0


def await_the_approval(s: Context) -> None:
    """CL: while every note is signed, the version awaits the approval of the unit that coordinates now."""
    if not s.profile.signs_notes or sip(s.case).state not in s.profile.approval_starts_in:
        return
    units = with_duty(s, [unit for unit in [coordinating_unit(s.case)] if unit is not None], PLAN, "godkanna")
    if not can_be_approved(s.case) or not units:
        return
    stands = s.case.awaited.get(PLAN)
    if stands is None or stands.by != units:
        step_told(s, PLAN, "godkanna", units)


def _sign_the_note(s: Context) -> None:
    s.emit("edited", element=s.data.document, change="signerad", **writer(s))
    await_the_approval(s)


LAS = Rule(
    "sip.las",
    ALL_PARTIES,
    ("PR-5", "C-53", "P-10"),
    (lock,),
    everyone_else,
    guards=(*senders("sip.las", "P-10"), *CONSENT, the_initiativ_is_sent),
    checks=(
        *cells("sip.las", "PR-5"),
        the_change_exists,
        the_document_exists,
        the_coordinating_unit_locks,
        who_saved_signs,
        it_is_signed_once,
        it_is_signed_before_it_is_locked,
        there_is_a_lock_to_open,
        a_locked_plan_is_complete,
        a_signed_evaluation_is_complete,
    ),
    from_outside=a_ward_of_the_region,
    touches=the_note,
    writes=("plan",),
)
