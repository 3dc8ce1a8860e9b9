"""What it means that a deadline has passed, in words. Imports what is said and the language only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.operations.concern import Said
from schemas.words import word

_IN_ENGLISH: Final[Mapping[str, str]] = {
    "inskrivning_sen": "the admission notice is late",
    "kvittens_forsenad": "an acknowledgement is late",
    "kallelse_sip": "the call to the SIP is to be sent",
    "utan_fast_vardkontakt": "no care contact is appointed",
    "utskriven_utan_fast_vardkontakt": "discharged without a care contact",
    "samtycke_upphor": "the consent ends",
    "svar_forsenat": "the answer to the call is late",
    "svara_senast": "the last day to answer the call has passed",
    "initiativ_obesvarat": "the initiative is not answered",
    "plan_forsenad": "the plan is late",
    "delmal_saknas": "sub-goals are missing",
    "kalla_uppfoljning": "the call to the follow-up is to be sent",
    "uppfoljning_dags": "it is time for the follow-up",
    "uppfoljning_arlig": "it is time for the yearly follow-up",
    "utvardering_dags": "it is time for the evaluation",
}


def passed(name: str) -> Said:
    """What it means that the deadline has passed, as a clause; of a deadline that only a newer hub has, its name."""
    return Said(word(name), _IN_ENGLISH.get(name, name.replace("_", " ")))
