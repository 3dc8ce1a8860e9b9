"""What the check says of a file: what it took it for, and every fault with its element, rule and sentences. Imports the errors only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from hub.errors import Refused

KINDS: Final = {
    "message": "a message of a unit, native",
    "batch": "a batch of messages, native",
    "notice": "a notice of the hub, native",
    "receipt": "a receipt of the hub, native",
    "announcement": "an announcement of the hub, native",
    "problem": "a refusal over HTTP (problem+json)",
    "fixture": "a message that is to be refused",
    "fhir-message": "a message of a unit, FHIR",
    "fhir-notice": "a notice of the hub, FHIR",
    "fhir-receipt": "a receipt of the hub, FHIR",
    "fhir-announcement": "an announcement of the hub, FHIR",
    "fhir-resource": "a FHIR resource by itself",
    "soap-request": "a question to a national register, SOAP",
    "soap-answer": "an answer of a national register, SOAP",
    "soap-fault": "a fault of the national platform or a register, SOAP",
    "unknown": "nothing that passes between the parties and the hub",
    "unreadable": "a file that cannot be read",
}
"""What a file can be taken for → the same in words. The names are part of the contract (``hub check --json``)."""


@dataclass(frozen=True, slots=True)
class CheckFault:
    """One fault."""

    element: str
    """JSON pointer, FHIRPath, or the path of an XML element; ``/`` is the whole."""
    rule: str
    sv: str
    en: str

    @classmethod
    def of(cls, refused: Refused) -> Self:
        """The fault that a refusal tells."""
        return cls(refused.element or "/", refused.rule, refused.sv, refused.en)

    def under(self, pointer: str) -> CheckFault:
        """The same fault in a part of something larger."""
        return replace(self, element=f"{pointer}{self.element}".removesuffix("/") or "/")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the content is, and what is wrong with it."""

    kind: str
    """A key of ``KINDS``."""
    name: str | None = None
    """The name of the message, of the contract, or of the resource."""
    faults: tuple[CheckFault, ...] = ()
    note: str = ""
    """What is worth knowing although nothing is wrong."""

    @property
    def status(self) -> int:
        """Exit status: 0 well, 1 with faults, 2 when it cannot be read or is nothing that the hub knows."""
        return 2 if self.kind in {"unknown", "unreadable"} else int(bool(self.faults))

    def as_json(self, file: str) -> dict[str, Any]:
        """The verdict in ``hub check --json``."""
        return {
            "file": file, "is": self.kind, "name": self.name, "status": self.status,
            "faults": [asdict(fault) for fault in self.faults], "note": self.note,
        }  # fmt: skip

    def lines(self, file: str) -> list[str]:
        """The verdict in words."""
        what = KINDS[self.kind]
        if self.kind == "unreadable":
            return [f"{file}: {self.faults[0].sv} {self.faults[0].en}"]
        if not self.status:
            return [f"{file}: ok, {self.name or what}" + (f": {what}" if self.name else "") + self.note]
        many = "" if len(self.faults) == 1 else f"{len(self.faults)} faults in "
        named = f"{self.name}, " if self.name else ""
        lines = [f"{file}: {many}{named}{what}"]
        for fault in self.faults:
            lines += [f"  {fault.rule} at {fault.element}", f"    {fault.sv}", f"    {fault.en}"]
        return lines


def unreadable(sv: str, en: str, *, rule: str = "not-readable", kind: str = "unreadable") -> Verdict:
    """The verdict on a file that holds nothing to be judged."""
    return Verdict(kind, faults=(CheckFault("/", rule, sv, en),))


def findings(refusals: Iterable[Refused]) -> tuple[CheckFault, ...]:
    """The faults that refusals tell, each once."""
    return tuple(dict.fromkeys(map(CheckFault.of, refusals)))
