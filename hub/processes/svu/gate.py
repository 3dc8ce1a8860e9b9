"""What an SVU lets through: before the inskrivning, with refused consent, after the discharge (V-2, V-3, V-16). Imports the
engine and the shared guards only.
"""

from __future__ import annotations

from hub.processes.engine.rule import Context, guard
from hub.processes.shared.gate import Gate, consent_is_registered, the_person_is_not_protected

TO_THE_END = frozenset({"open", "discharged"})
"""V-16: what may still be said of a case whose patient has left the ward."""

ALLOWED_WHEN_REFUSED = frozenset(
    {"svu.inskrivning", "kvittens", "samtycke", "aterkallelse", "deltagare", "roll", "makulering", "svu.utskrivning"}
    | {"svu.utskrivning_angrad", "utskrift", "atkomst"}
)
"""V-3's list, and the two that only leave a trace (decided by us: the manuals do not say)."""


@guard(
    "V-2",
    sv="Publicera en inskrivning först: innan dess finns inget att dela.",
    en="Publish an inskrivning first: before that there is nothing to share.",
    element="/type",
    early="inskrivning",
)
def an_inskrivning_is_published(s: Context) -> bool:
    return s.case.published


@guard(
    "V-3",
    sv="Samtycke är nekat: meddelandet tas inte emot förrän ett nytt samtycke är registrerat.",
    en="Consent is refused: the message is not accepted until a new consent is registered.",
    element="/type",
)
def consent_allows(s: Context) -> bool:
    allowed = ALLOWED_WHEN_REFUSED | s.profile.refused_consent_allows
    # What rides inside an allowed message is allowed with it.
    return s.case.samtycke != "refused" or s.name in allowed or s.message.name in allowed


@guard(
    "V-16",
    sv="Ärendet har lämnat startlistan: bara kvittens, läsning och utskrift tas emot. Öppna ett nytt ärende.",
    en="The case has left the start list: only kvittens, reading and printing are accepted. Open a new case.",
    element="/subject",
)
def on_the_start_list(s: Context) -> bool:
    """C-54: what may still be said after the discharge is said while the case is on the start list."""
    return not s.case.has_left(s.now)


SHARING = (an_inskrivning_is_published, the_person_is_not_protected, consent_is_registered, consent_allows)
"""What must hold before anything of the person is shared."""
GATE = Gate(SHARING, consent_allows, on_the_start_list, TO_THE_END)
