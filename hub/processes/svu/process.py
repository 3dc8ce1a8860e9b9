"""SVU, the discharge coordination: its steps and its table (processes.md §2). Imports the rules only."""

from __future__ import annotations

from hub.processes.engine.process import Process
from hub.processes.profiles.svu import SVU_PROFILES
from hub.processes.shared.audience import SLUTENVARD
from hub.processes.shared.consent import aterkallelse
from hub.processes.shared.disclosure import visible
from hub.processes.shared.frist import frist
from hub.processes.shared.kvittens import kvittens
from hub.processes.shared.meddelande import felsant, makulering, meddelande
from hub.processes.shared.participants import (
    ROLL,
    deltagare,
    of_a_protected_person_units_only_leave,
    without_consent_units_only_leave,
)
from hub.processes.shared.people import people
from hub.processes.shared.registers import FOLKBOKFORING, VERIFIERING, adressering
from hub.processes.svu.average import monthly_average
from hub.processes.svu.closed import CLOSED
from hub.processes.svu.contents import CONTENTS
from hub.processes.svu.deadlines import concerned, deadlines
from hub.processes.svu.diagram import pictures
from hub.processes.svu.disclosure import also_named, narrowed, sees_unpublished
from hub.processes.svu.documents import DOCUMENTS
from hub.processes.svu.events import EVENTS
from hub.processes.svu.gate import GATE, TO_THE_END
from hub.processes.svu.inskrivning import INSKRIVNING
from hub.processes.svu.kartlaggning import KARTLAGGNING
from hub.processes.svu.koppling import KOPPLING
from hub.processes.svu.makulering import WHOLE_CASE
from hub.processes.svu.participants import slutenvard_stays
from hub.processes.svu.proposals import SvuProposals
from hub.processes.svu.rule_book import RULE_BOOK
from hub.processes.svu.sections import SvuSections, law_clock
from hub.processes.svu.stallningstagande import STALLNINGSTAGANDE
from hub.processes.svu.state import SvuState, discharged_in, outline, standing, vardkontakter, writers
from hub.processes.svu.steps import STEPS, newcomer, still_awaits
from hub.processes.svu.tid import TID
from hub.processes.svu.utskrivning import UTSKRIVNING
from hub.processes.svu.vardkontakt import VARDKONTAKT

SVU = Process(
    name="svu",
    title="SVU",
    steps=STEPS,
    rules=(
        *INSKRIVNING,
        aterkallelse(SLUTENVARD),
        *TID,
        *VARDKONTAKT,
        *KARTLAGGNING,
        *STALLNINGSTAGANDE,
        *UTSKRIVNING,
        kvittens(GATE, "V-6", "V-8", "V-9"),
        deltagare(slutenvard_stays, of_a_protected_person_units_only_leave, without_consent_units_only_leave),
        ROLL,
        meddelande(GATE),
        makulering(GATE, ("V-5",), WHOLE_CASE),
        felsant(GATE),
        *people(GATE),
        adressering("V-2"),
        VERIFIERING,
        FOLKBOKFORING,
        KOPPLING,
        frist("V-18"),
    ),
    opening_rule="V-1",
    profiles=SVU_PROFILES,
    state=SvuState,
    standing=standing,
    outline=outline,
    writers=writers,
    events=EVENTS,
    closed=CLOSED,
    addressing=lambda _: "adds",
    lasting=TO_THE_END,
    sees_unpublished=sees_unpublished,
    visible=visible,
    still_awaits=still_awaits,
    newcomer=newcomer,
    narrowed=narrowed,
    also_named=also_named,
    named={"fast_vardkontakt": vardkontakter},
    counted_in=discharged_in,
    monthly_average=monthly_average,
    law_clock=law_clock,
    deadlines=deadlines,
    concerned=concerned,
    sections=SvuSections(),
    contents=CONTENTS,
    proposals=SvuProposals(),
    documents=DOCUMENTS,
    pictures=pictures,
    rule_book=RULE_BOOK,
)
