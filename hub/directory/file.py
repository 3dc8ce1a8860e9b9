"""Reads and checks the directory as a file, and shows it as one. Imports the language, its sentences and YAML only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub import yaml_text
from hub.directory.secrets import References, Sources, reference
from hub.errors import Misconfigured, Refused
from hub.translators.faults import sentence
from schemas.directory import Directory, DirectoryFault
from schemas.messages import BilingualText
from schemas.ways_out import credentials


@dataclass(frozen=True, slots=True)
class Applied:
    """A directory with where its secrets came from."""

    directory: Directory
    sources: Sources = field(default_factory=dict)
    notes: tuple[BilingualText, ...] = ()
    """What whoever applies it should know."""


def load(file: Path) -> Directory:
    """The directory in a YAML file. Raises ``Refused`` that names every faulty entry."""
    return read(file, None).directory


def read(file: Path, in_force: Applied | None) -> Applied:
    """The directory in a YAML file, its secrets looked up; ``in_force``: what may be kept of it. Raises as ``load``."""
    try:
        content = _read(file)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}") from None
    return of_text(content, in_force, file.parent, BilingualText(sv=str(file), en=str(file)))


_SENT: Final = BilingualText(sv="Katalogen", en="The directory")


def of_text(text: bytes, in_force: Applied | None, folder: Path | None = None, named: BilingualText = _SENT) -> Applied:
    """The directory in a text of YAML; ``folder``: where its references to files begin, None of one that came over the network."""
    sources: Sources = {}
    content: Any = None
    try:
        content = yaml_text.load(text)
        references = References(folder, {} if in_force is None else _secrets(in_force.directory), _sources(in_force))
        sources = _look_up(content, references)
        directory = Directory.model_validate(content)
    except yaml_text.NotYaml as error:
        raise _refused(
            f"{named.sv}: innehållet är ingen YAML som går att läsa ({error})", f"{named.en}, {error}"
        ) from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        faults = [_said(fault, content, sources) for fault in found if not _follows(fault, found)]
        raise _refused(
            f"{named.sv} är ingen katalog som kan införas:" + "".join(f"\n  {one.sv}" for one in faults),
            f"{named.en} does not hold a directory that can be applied:" + "".join(f"\n  {one.en}" for one in faults),
        ) from None
    held_together(directory, named)
    return Applied(directory, sources, tuple(references.notes))


def held_together(directory: Directory, named: BilingualText) -> None:
    """Raises ``Refused`` that names every contradiction in a directory."""
    if faults := directory.faults():
        raise _refused(
            f"{named.sv} håller inte ihop:" + "".join(f"\n  {one.sv}" for one in faults),
            f"{named.en} does not hold together:" + "".join(f"\n  {one.en}" for one in faults),
        )


def _refused(sv: str, en: str) -> Refused:
    return Refused("directory-invalid", sv, en, "/yaml", 400)


_MOST: Final = 64 * 2**20
"""Bytes of a directory; that of all of Sweden would have some tens of megabytes."""


def _read(file: Path) -> bytes:
    """The file's content; a pipe is read to its end, and what has none (``/dev/zero``) is refused."""
    with file.open("rb") as opened:
        content = opened.read(_MOST + 1)
    if len(content) > _MOST:
        raise Misconfigured(f"{file} is larger than {_MOST // 2**20} MB, which no directory is")
    return content


def _sources(in_force: Applied | None) -> Sources:
    return {} if in_force is None else in_force.sources


def _secrets(directory: Directory) -> dict[str, tuple[str, ...]]:
    return {one.id: credentials(one.out) for one in directory.systems}


def _look_up(content: Any, references: References) -> Sources:
    """Put the secrets in the place of their references; what has another form than a directory is left for the check to refuse."""
    sources: Sources = {}
    systems = content.get("systems") if isinstance(content, dict) else None
    for system in systems if isinstance(systems, list) else ():
        out = system.get("out") if isinstance(system, dict) else None
        if not isinstance(out, dict):
            continue
        written = _written(out)
        if written and all(isinstance(one, str) for one in written):
            found = [references.secret(str(system.get("id")), one) for one in written]
            _put(out, [secret for secret, _ in found])
            if any(source is not None for _, source in found):
                sources[str(system.get("id"))] = [source for _, source in found]
    return sources


def _written(out: dict[str, Any]) -> list[Any]:
    """The secrets of a way out, as ``ways_out.credentials`` has them: a webhook's list, or a FHIR endpoint's token."""
    written = out.get("secrets", [])
    return [*(written if isinstance(written, list) else []), *([out["token"]] if "token" in out else [])]


def _put(out: dict[str, Any], secrets: list[str]) -> None:
    """Put others in the place of what ``_written`` found."""
    if "token" in out:
        *secrets, out["token"] = secrets
    if isinstance(out.get("secrets"), list):
        out["secrets"] = secrets


_QUOTES: Final = {
    "string_type": (
        'ange en text; sätt den inom citattecken där den är siffror, true, yes eller no: "0012"',
        'give a text; put it in quotes where it is digits, true, yes or no: "0012"',
    ),
    "missing": ("den saknas", "it is missing"),
    "extra_forbidden": ("det finns ingen sådan uppgift", "there is no such entry"),
}


def _follows(fault: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because entries in it are refused; those have sentences of their own."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in found
    )


def _said(fault: ErrorDetails, content: Any, sources: Sources) -> DirectoryFault:
    """The place and the fault, never the value, which may be a secret; a secret by its system and its reference too."""
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    match fault["loc"]:
        case ("systems", int(number), "out", "webhook", "secrets", int(nth), *_):
            id_ = str(content["systems"][number].get("id"))
            source = sources[id_][nth] if id_ in sources else None
            place += f" (system {id_}, {source or 'written out here'})"
        case ("systems", int(number), "out", "fhir", "token", *_):
            id_ = str(content["systems"][number].get("id"))
            place += f" (system {id_}, {sources[id_][0] if id_ in sources else 'written out here'})"
    context: Mapping[str, Any] = fault.get("ctx") or {}
    if fault["type"] == "value_error":  # from the directory's own checks
        sv, en = context["error"].args
    else:
        sv, en = _QUOTES.get(fault["type"]) or sentence(fault["type"], dict(context))
    return DirectoryFault(f"{place}: {sv}", f"{place}: {en}")


def shown(found: Applied) -> str:
    """The directory as YAML, as ``hub directory apply`` takes it; secrets as references."""
    content = found.directory.model_dump(mode="json", exclude_defaults=True)
    for system in content["systems"]:
        secrets = _written(system["out"])
        sources = found.sources.get(system["id"]) or [None] * len(secrets)
        _put(system["out"], [reference(*one) for one in zip(secrets, sources, strict=True)])
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
