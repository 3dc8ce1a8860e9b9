"""The national registers in words: what each is called, and what one answered when it gave no answer. Imports the catalogue,
the plain rows of the store and the language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, get_args

from hub.catalogue import ids
from hub.catalogue.catalogue import catalogue
from hub.catalogue.remedies import REGISTER
from hub.operations.concern import Said
from hub.store.why_waiting import Why
from schemas.hub_messages import AddressingOutcome, VerificationOutcome
from schemas.words import CODES

NAMES: Final[Mapping[str, Said]] = {
    "folkbokforing": Said("Folkbokföring (PU)", "Population register"),
    "listing_county": Said("Listning: vilket län", "Listings: which county"),
    "listing": Said("Listning: vilken vårdcentral", "Listings: which health centre"),
    "hsa_unit": Said("HSA: enhet", "HSA: unit"),
    "hsa_health_care_unit": Said("HSA: vårdenhet", "HSA: health care unit"),
    "hsa_employee": Said("HSA: person och legitimation", "HSA: person and licence"),
}
"""Contract → what it is called."""
QUESTIONS: Final[Mapping[str, Said]] = {
    "registers": Said("var någon bor och är listad", "where somebody lives and is listed"),
    "verifications": Said("vem som agerade", "who acted"),
    "licences": Said("legitimationer", "licences"),
}
"""Queue of look-ups → what is asked there."""
_OUTCOMES: Final[Mapping[str, Said]] = {
    code: Said(CODES[code], code.replace("_", " "))
    for code in (*get_args(AddressingOutcome), *get_args(VerificationOutcome))
} | {
    "unchanged": Said("oförändrat", "unchanged"),
    "news": Said("något nytt", "news"),
    "no-lookup": Said("ingen fråga ställdes", "nothing was asked"),
    "no-registers-configured": Said("inga register är inställda", "no registers are set"),
}
"""What a question came to → in words."""
_PART: Final = re.compile(r"(?<!\w)(?:(?P<register>\w+)(?::(?P<county>\d\d))?=)?(?P<code>[A-Za-z][\w-]*)")
_NO_MORE: Final = "; asked no more"
_ELSE: Final = "register.other"


def called(register: str) -> Said:
    """A contract's name; of one that only a newer hub has, the contract."""
    return NAMES.get(register, Said(register, register))


def fault(code: str) -> Said:
    """Why a register gave no answer, as a clause; a code of a whole family (``http-503``), or of none, stands last."""
    means = catalogue()[ids.of_register(code)].means
    family = "" if code in REGISTER else f" ({code})"
    return Said(_clause(means.sv) + family, _clause(means.en) + family)


def _clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def answer(said: str) -> Said:
    """What a question to the registers came to, as the outbox has it: ``listed``, ``time-out``, ``listing:12=VP009``, or
    ``listed (hsa_employee=time-out)``.
    """
    ends = said.endswith(_NO_MORE)
    said = said.removesuffix(_NO_MORE)
    sv = _PART.sub(lambda found: _part(found).sv, said) + ("; frågas inte mer" if ends else "")
    return Said(sv, _PART.sub(lambda found: _part(found).en, said) + (_NO_MORE if ends else ""))


_ASKED: Final = re.compile(r"(\w+)(?::(\d\d))?")
_MUNICIPALITY: Final = re.compile(r"kommun (?P<code>\S+) -> (?P<unit>.+) \((?P<how>[^()]*)\)")
_LISTED: Final = re.compile(r"listed -> (?P<unit>[^()]+?)(?: \((?P<fault>[^()]*)\))?")
_HOW: Final = {"directory": Said("enligt katalogen", "by the directory"), "HSA": Said("enligt HSA", "by HSA")}
_NO_HSA_ID: Final = "an id that is no HSA-id"


def step(said: str) -> Said:
    """One line of how a case was addressed (``hub.addressing.adressering``): which register was asked, what one did not answer, and to
    which units that leads.
    """
    if (found := _ASKED.fullmatch(said)) is not None and found[1] in NAMES:
        name, county = NAMES[found[1]], found[2]
        return Said(
            f"{name.sv}{f', län {county}' if county else ''}: tillfrågat",
            f"{name.en}{f', county {county}' if county else ''}: asked",
        )
    if (found := _MUNICIPALITY.fullmatch(said)) is not None:
        how = _HOW.get(found["how"])
        if how is None:
            return Said(
                f"kommun {found['code']}: ingen mottagande enhet", f"municipality {found['code']}: no receiving unit"
            )
        return Said(
            f"kommun {found['code']}: {found['unit']}, {how.sv}",
            f"municipality {found['code']}: {found['unit']}, {how.en}",
        )
    if (found := _LISTED.fullmatch(said)) is not None:
        unit, why = found["unit"], found["fault"]
        sv, en = ("ett id som inte är ett HSA-id" if unit == _NO_HSA_ID else unit), unit
        if why is None:
            return Said(f"listad hos {sv}", f"listed at {en}")
        faults = Said("inte ansluten", why) if why == "not connected" else Said("ingen vårdcentral", "no health centre")
        return Said(f"listad hos {sv} ({faults.sv})", f"listed at {en} ({faults.en})")
    return answer(said)


def in_why(why: Why, raw: str | None) -> Why:
    """Why a question waits, with its last answer in words."""
    if not raw:
        return why
    said = answer(raw)
    return why._replace(sv=why.sv.replace(raw, said.sv), en=why.en.replace(raw, said.en))


def _part(found: re.Match[str]) -> Said:
    """One word of an answer: an outcome, or a fault with the register that it is of."""
    register, county, code = found["register"], found["county"], found["code"]
    if register is None:
        known = code in _OUTCOMES or ids.of_register(code) == _ELSE
        return _OUTCOMES.get(code, Said(code, code)) if known else fault(code)
    name, why = called(register), fault(code)
    return Said(
        f"{name.sv}{f', län {county}' if county else ''}: {why.sv}",
        f"{name.en}{f', county {county}' if county else ''}: {why.en}",
    )
