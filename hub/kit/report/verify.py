"""Whether a report is as it was signed, by whom, and of which contract. Imports the document, the page and the keys.

Nothing is believed because a report says it of itself: the name of the signer is the signer's own word until the reader's copy of
the public key agrees.
"""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.errors import Misconfigured
from hub.kit.report.canonical import canonical, digest
from hub.kit.report.contract import contract_digest
from hub.kit.report.document import FORMAT, PARTS, signed_bytes
from hub.kit.report.keys import KnownKey, fingerprint, is_signed
from hub.kit.report.page import WORDS, parts_of
from schemas.version import CONTRACT_VERSION

_LARGEST: Final = 500_000_000
"""Bytes; what is larger is not read."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying came to."""

    faults: tuple[str, ...]
    """A sentence for each thing that is not as it was signed."""
    told: tuple[str, ...] = ()
    """Who signed, of which contract, and the verdict; empty where a fault was found, for then nothing in the file is certain."""
    not_passed: str | None = None
    """A genuine report of a run that was not well: the sentence that says so."""
    other_contract: str | None = None
    """A genuine report that tried another contract than this program's: the sentence that says so."""


def verify(path: Path, known: KnownKey | None = None) -> Verified:
    """Looks at a report, JSON or HTML; ``known``: the key that the reader trusts. Raises ``Misconfigured`` for what is no report."""
    content = _read(path)
    page, text = None, content
    if not content.lstrip().startswith("{"):
        parts = parts_of(content)
        if parts is None:
            raise _no_report(path)
        page, text = parts
    document = _document(path, text)
    faults = [*_signature_faults(document, known)]
    if page is None and content != canonical(document).decode() + "\n":
        faults.append("The file has been written anew: it is not in the form in which it was signed.")
    if page is not None and digest(page.encode()) != document["page"]:
        faults.append("The page has been changed: what it shows is not what was signed.")
    if digest(canonical(document["verdicts"])) != document["verdicts_digest"]:
        faults.append("The digest of the verdicts is not that of the verdicts in it.")
    if faults:
        return Verified(tuple(faults))
    try:
        return Verified((), tuple(_told(document, known)), _not_passed(document), _other_contract(document))
    except (KeyError, TypeError, ValueError):  # somebody signed something else
        raise _no_report(path) from None


def _not_passed(document: Mapping[str, Any]) -> str | None:
    verdicts = document["verdicts"]
    if verdicts["outcome"] == "ok":
        return None
    return f"The report is genuine, and it says of {verdicts['role']}: {WORDS[verdicts['outcome']]}. See in it what and why."


def _other_contract(document: Mapping[str, Any]) -> str | None:
    contract, program = document["verdicts"]["contract"], document["verdicts"]["program"]
    if contract["digest"] == contract_digest():
        return None
    return (
        f"It tried contract {contract['version']} as of version {program}, and this program has contract {CONTRACT_VERSION} with other"
        " rules, scenarios or schemas: it says nothing of them. Run the kit of this version anew, or verify with that one."
    )


def _read(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:  # a device or a pipe would be read without end
            raise _no_report(path)
        return path.read_bytes().decode()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _no_report(path) from None


def _document(path: Path, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
        canonical(found)
    except (ValueError, RecursionError):
        raise _no_report(path) from None
    if not isinstance(found, dict):
        raise _no_report(path)
    form = found.get("format")
    if isinstance(form, str) and form != FORMAT and form.startswith(FORMAT.rpartition("/")[0]):
        raise Misconfigured(
            f"{path} is a report in another form than this program reads ({FORMAT}): verify with the version that made it"
        )
    if form != FORMAT or set(found) != PARTS:
        raise _no_report(path)
    return found


def _no_report(path: Path) -> Misconfigured:
    return Misconfigured(
        f"{path} is no report of the kit: give report.json or report.html, whole, as `hub kit serve --report` wrote it"
    )


def _signature_faults(document: Mapping[str, Any], known: KnownKey | None) -> Iterator[str]:
    if document["signer"] is None or document["signature"] is None:
        yield "Nobody has signed it: anybody may have written it. Run the kit with --key."
        return
    try:
        public = base64.b64decode(document["signer"]["public_key"], validate=True)
        signature = base64.b64decode(document["signature"], validate=True)
    except (KeyError, TypeError, ValueError):
        yield "The signature cannot be read: it has been changed."
        return
    if not is_signed(signed_bytes(document), signature, public):
        yield "The signature does not hold: the report has been changed after it was signed, or another has put his key in it."
    if known is not None and known.public != public:
        whose = known.owner or "the owner of the given key"
        yield f"It is not signed by {whose} ({fingerprint(known.public)}) but with another key ({fingerprint(public)})."


def _told(document: Mapping[str, Any], known: KnownKey | None) -> Iterator[str]:
    signer, verdicts = document["signer"], document["verdicts"]
    digits = fingerprint(base64.b64decode(signer["public_key"]))
    if known is None:
        name = signer["owner"] or "somebody without a name"
        yield f"It is as it was signed with the key {digits}, of {name} by their own word: give --public-key to know whose it is."
    else:
        yield f"It is as {known.owner or 'the owner of the given key'} signed it ({digits})."
    contract = verdicts["contract"]
    same = contract["digest"] == contract_digest()
    whose = "this program's" if same else "not this program's"
    yield f"It is of contract {contract['version']} ({contract['digest'][:19]}…), which is {whose}; made by version {verdicts['program']}."
    yield f"{verdicts['role']}, suite {verdicts['suite']}, seed {verdicts['seed']}: {WORDS[verdicts['outcome']]}."
