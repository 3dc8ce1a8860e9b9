"""Of which entry a raw reason is: what stands in a receipt, a held row, a dead row, a register's fault → the id in the catalogue. Imports
the remedies only.

A reason that the catalogue does not have comes to the entry of its kind that says so: a link never leads nowhere.
"""

from __future__ import annotations

import re
from typing import Final

from hub.catalogue.remedies import DELIVERY, HELD, MANUAL, PARTITION, REGISTER, WARNING

_GAVE_UP = "gave-up:"
_STATUS = re.compile(r"http:(\d{3})")
_IN_WORDS: Final = {
    " without an answer to this message": "no-fhir-answer",
    ", and its answer is cut or too long": "answer-cut",
}
"""The end of an answer → its entry."""
_BEGINNINGS: Final = {
    "its certificate is not trusted": "certificate-not-trusted",
    "the broker refused": "broker-refused",
    "the broker gave no answer": "broker-silent",
    "connection refused": "connection-refused",
    "its name has no address": "no-such-host",
    "no TLS connection could be made": "no-tls",
    "no connection could be made": "no-connection",
    "what it answered is not HTTP": "not-http",
    "the connection broke off before it answered": "broken-off",
    "no active Subscription": "no-subscription",
    "fhir:": "fhir-",
}
"""The beginning of an answer in words → its entry."""


def of_rule(rule: str) -> str:
    """The entry of a rule or a technical reason, which is its id."""
    return rule


def of_held(reason: str) -> str:
    """Why a message is held (``held.reason``)."""
    return _known("held", reason.partition(":")[0], HELD)


def of_manual(outcome: str) -> str:
    """Why a case's receivers are found by hand: the registers' outcome."""
    return _known("manual", outcome, MANUAL)


def of_delivery(answer: str) -> str:
    """What a receiver's last answer was, of a row that is dead, or is tried again (``outbox.answer``)."""
    answer = answer.removeprefix(_GAVE_UP)
    for end, name in _IN_WORDS.items():
        if answer.endswith(end):
            return _known("delivery", name, DELIVERY)
    for beginning, name in _BEGINNINGS.items():
        if answer.startswith(beginning):
            return _known("delivery", name + (answer.removeprefix("fhir:") if name == "fhir-" else ""), DELIVERY)
    if (status := _STATUS.match(answer)) is not None:
        number = status[1]
        name = f"http-{number}" if f"http-{number}" in DELIVERY else f"http-{number[0]}xx"
        return _known("delivery", name if name in DELIVERY else "http-other", DELIVERY)
    return _known("delivery", answer.partition(":")[0], DELIVERY)


def of_register(fault: str) -> str:
    """Why a register gave no answer: ``VP009``, ``time-out``, or with the register before it, ``listing:12=time-out``."""
    fault = fault.rpartition("=")[2]
    if fault in REGISTER:
        return f"register.{fault}"
    if fault.startswith("VP"):
        return "register.VP-other"
    if fault.startswith("http-"):
        return "register.http-5xx" if fault[5:6] == "5" or fault in {"http-408", "http-429"} else "register.http-4xx"
    for name in ("unreadable", "defect"):
        if fault.startswith(f"{name}-"):
            return f"register.{name}"
    return "register.other"


def of_partition(reason: str) -> str:
    """Why a Kafka partition waits, or what a gap in it is."""
    return _known("partition", reason.partition(":")[0], PARTITION)


def of_warning(warning: str) -> str:
    """A warning of a receipt."""
    return _known("warning", warning.partition(":")[0], WARNING)


def _known(kind: str, name: str, known: object) -> str:
    assert isinstance(known, dict)
    return f"{kind}.{name if name in known else 'other'}"
