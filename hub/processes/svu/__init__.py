"""SVU, the discharge coordination: its steps and its table (processes.md §2). Imports the rows only."""

from __future__ import annotations

from hub.processes.engine.rule import Process
from hub.processes.shared.consent import ATERKALLELSE
from hub.processes.shared.kvittens import KVITTENS
from hub.processes.shared.meddelande import TALK
from hub.processes.shared.participants import DELTAGARE, ROLL
from hub.processes.shared.people import PEOPLE
from hub.processes.shared.registers import ADRESSERING, FOLKBOKFORING, FRIST, VERIFIERING
from hub.processes.svu.inskrivning import INSKRIVNING
from hub.processes.svu.kartlaggning import KARTLAGGNING
from hub.processes.svu.stallningstagande import STALLNINGSTAGANDE
from hub.processes.svu.tid import TID
from hub.processes.svu.utskrivning import UTSKRIVNING
from hub.processes.svu.vardkontakt import VARDKONTAKT

SVU = Process(
    "svu",
    ("inskrivning", "tid", "kartlaggning", "stallningstagande", "utskrivning"),
    (
        *INSKRIVNING,
        ATERKALLELSE,
        *TID,
        *VARDKONTAKT,
        *KARTLAGGNING,
        *STALLNINGSTAGANDE,
        *UTSKRIVNING,
        KVITTENS,
        DELTAGARE,
        ROLL,
        *TALK,
        *PEOPLE,
        ADRESSERING,
        VERIFIERING,
        FOLKBOKFORING,
        FRIST,
    ),
    opening_rule="V-1",
)
