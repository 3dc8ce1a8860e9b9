"""SVU, the discharge coordination: its steps and its table (processes.md §2). Imports the rows only."""

from __future__ import annotations

from hub.processes.consent import ATERKALLELSE
from hub.processes.kvittens import KVITTENS
from hub.processes.participants import DELTAGARE, ROLL
from hub.processes.people import PEOPLE
from hub.processes.registers import ADRESSERING, FOLKBOKFORING, FRIST, VERIFIERING
from hub.processes.svu.inskrivning import INSKRIVNING
from hub.processes.svu.kartlaggning import KARTLAGGNING
from hub.processes.svu.stallningstagande import STALLNINGSTAGANDE
from hub.processes.svu.tid import TID
from hub.processes.svu.utskrivning import UTSKRIVNING
from hub.processes.svu.vardkontakt import VARDKONTAKT
from hub.processes.table import Process
from hub.processes.talk import TALK

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
